/* SPDX-License-Identifier: Apache-2.0 */
/* Wrappers written, in CBOR and in JSON: what is written is read again, and what is wrong is refused by name.
 */
#include "support/check.h"
#include "support/vectors.h"
#include "tps/cmw.h"

static uint8_t out[2048];

/* Ends a writer over `out`, and returns what it wrote. */
static tps_span written(const tps_cmw_writer *writer)
{
    size_t size = 0;

    assert_status(tps_cmw_writer_finish(writer, &size), TPS_OK);
    return tps_span_make(out, size);
}

static tps_status finish(const tps_cmw_writer *writer)
{
    size_t size;

    return tps_cmw_writer_finish(writer, &size);
}

static tps_cmw_label text_label(const char *text)
{
    return (tps_cmw_label){.text = tps_span_of_text(text)};
}

static tps_cmw_label int_label(int64_t number)
{
    return (tps_cmw_label){.is_int = true, .number = number};
}

static tps_cmw_record record_of(const char *type, const char *message)
{
    return (tps_cmw_record){.type = tps_span_of_text(type), .message = tps_span_of_text(message)};
}

static void put_labelled(tps_cmw_writer *writer, tps_cmw_label label, const char *message)
{
    tps_cmw_record record = record_of("a/b", message);

    tps_cmw_put_label(writer, &label);
    tps_cmw_put_record(writer, &record);
}

static void expect_hex(tps_span actual, const char *hex)
{
    tps_buf expected = bytes_from_hex(hex);

    assert_span(actual, span_of(expected));
    free(expected.data);
}

static void the_published_collection_of_cbor_is_written(void **state)
{
    tps_cmw_record corim = {.type = TPS_SPAN_LITERAL("application/signed-corim+cbor"),
                            .message = TPS_SPAN_LITERAL("\xd2\x84\x43\xa1\x01\x26\xa1"),
                            .indicator = TPS_CMW_REFERENCE_VALUES | TPS_CMW_ENDORSEMENTS};
    tps_cmw_record numbered = {.content_format = 30001, .message = TPS_SPAN_LITERAL("\x23\x47\xda\x55")};
    tps_cmw_writer w = tps_cmw_writer_init(TPS_BUF_OF(out), false);
    tps_cmw_label labels[] = {int_label(1), int_label(2), text_label("s")};
    tps_buf file;

    (void)state;
    vectors_require();
    file = vector_read("cmw/collection-cbor-ok.cbor");
    tps_cmw_put_collection(&w, TPS_SPAN_EMPTY, 3);
    tps_cmw_put_label(&w, &labels[0]);
    tps_cmw_put_record(&w, &corim);
    tps_cmw_put_label(&w, &labels[1]);
    tps_cmw_put_tag(&w, 29884, numbered.message);
    tps_cmw_put_label(&w, &labels[2]);
    tps_cmw_put_record(&w, &numbered);
    assert_span(written(&w), span_of(file));
    free(file.data);
}

static void a_record_of_json_has_its_type_as_text(void **state)
{
    tps_cmw_record record = {.content_format = TPS_CONTENT_FORMAT_PSA,
                             .message = TPS_SPAN_LITERAL("\x23\x47\xda\x55"),
                             .indicator = TPS_CMW_EVIDENCE};
    size_t size;

    (void)state;
    assert_status(tps_cmw_write_record(&record, true, TPS_BUF_OF(out), &size), TPS_OK);
    assert_span_text(tps_span_make(out, size),
                     "[\"application/eat+cwt; eat_profile=\\\"tag:psacertified.org,2023:psa#tfm\\\"\","
                     "\"I0faVQ\",4]");
    record.indicator = 0;
    record.type = TPS_SPAN_LITERAL("a/b");
    assert_status(tps_cmw_write_record(&record, true, TPS_BUF_OF(out), &size), TPS_OK);
    assert_span_text(tps_span_make(out, size), "[\"a/b\",\"I0faVQ\"]");
}

static void the_collections_type_finds_its_place(void **state)
{
    static const char *const expected[] = {
        /* alone with what sorts before it */
        "a3 01 8263612f624178 6161 8263612f624179 685f5f636d77635f74 65312e322e33",
        /* before a longer label */
        "a3 01 8263612f624178 685f5f636d77635f74 65312e322e33 69616161616161616161 8263612f624179",
    };
    tps_cmw_label last[] = {text_label("a"), text_label("aaaaaaaaa")};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        tps_cmw_writer w = tps_cmw_writer_init(TPS_BUF_OF(out), false);
        tps_cmw_put_collection(&w, TPS_SPAN_LITERAL("1.2.3"), 2);
        put_labelled(&w, int_label(1), "x");
        put_labelled(&w, last[i], "y");
        expect_hex(written(&w), expected[i]);
    }
}

static void put_nested(tps_cmw_writer *w)
{
    tps_cmw_label labels[] = {text_label("in"), text_label("last")};

    tps_cmw_put_collection(w, TPS_SPAN_LITERAL("tag:a,2024:b"), 2);
    tps_cmw_put_label(w, &labels[0]);
    tps_cmw_put_collection(w, TPS_SPAN_EMPTY, 2);
    put_labelled(w, text_label("x\"y"), "1");
    put_labelled(w, text_label("z\"z"), "2");
    put_labelled(w, labels[1], "3");
}

static void nested_collections_close_by_themselves(void **state)
{
    tps_cmw_writer w = tps_cmw_writer_init(TPS_BUF_OF(out), true);
    uint8_t room_bytes[256];
    tps_buf room = TPS_BUF_OF(room_bytes);
    tps_cmw cmw;

    (void)state;
    put_nested(&w);
    assert_span_text(written(&w), "{\"__cmwc_t\":\"tag:a,2024:b\",\"in\":{\"x\\\"y\":[\"a/b\",\"MQ\"],"
                                  "\"z\\\"z\":[\"a/b\",\"Mg\"]},\"last\":[\"a/b\",\"Mw\"]}");
    assert_status(tps_cmw_read(written(&w), &room, &cmw, NULL), TPS_OK);
    w = tps_cmw_writer_init(TPS_BUF_OF(out), false);
    put_nested(&w);
    assert_status(tps_cmw_read(written(&w), NULL, &cmw, NULL), TPS_OK);
    assert_int_equal(cmw.count, 2);
    assert_span_text(cmw.collection_type, "tag:a,2024:b");
}

static void measuring_and_writing_agree(void **state)
{
    (void)state;
    for (int is_json = 0; is_json < 2; is_json++) {
        tps_cmw_writer measure = tps_cmw_writer_init(TPS_BUF_MEASURE, is_json);
        tps_cmw_writer small = tps_cmw_writer_init((tps_buf){out, 10}, is_json);
        tps_cmw_writer w = tps_cmw_writer_init(TPS_BUF_OF(out), is_json);
        size_t size;
        size_t small_size;
        put_nested(&measure);
        put_nested(&small);
        put_nested(&w);
        assert_status(tps_cmw_writer_finish(&measure, &size), TPS_OK);
        assert_int_equal(size, written(&w).size);
        assert_status(tps_cmw_writer_finish(&small, &small_size), TPS_BUFFER_TOO_SMALL);
        assert_int_equal(small_size, size);
    }
}

static void records_that_say_what_is_wrong_are_refused_by_name(void **state)
{
    static char long_type[TPS_CMW_TYPE_MAX + 2];
    tps_span x = TPS_SPAN_LITERAL("x");
    tps_span type = TPS_SPAN_LITERAL("a/b");
    size_t size;

    (void)state;
    memset(long_type, 'a', sizeof long_type - 1);
    memcpy(long_type, "a/b;c=", 6);
    for (int is_json = 0; is_json < 2; is_json++) {
        const struct {
            tps_cmw_record record;
            tps_status status;
        } cases[] = {
            {{.type = TPS_SPAN_LITERAL("#cmw-c2j-tunnel"), .message = x}, TPS_CMW_BAD_TYPE},
            {{.type = tps_span_of_text(long_type), .message = x}, TPS_CMW_BAD_TYPE},
            {{.content_format = 65536, .message = x}, TPS_CMW_BAD_TYPE},
            {{.content_format = 30001, .message = x}, is_json ? TPS_CMW_BAD_TYPE : TPS_OK},
            {{.type = type}, TPS_CMW_BAD_VALUE},
            {{.type = type, .message = x, .indicator = 32}, TPS_CMW_BAD_INDICATOR},
            {{.type = type, .message = x, .indicator = 31}, TPS_OK},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            assert_status(tps_cmw_write_record(&cases[i].record, is_json, TPS_BUF_OF(out), &size),
                          cases[i].status);
        }
    }
}

static void tags_that_do_not_exist_are_refused(void **state)
{
    tps_cmw_writer w = tps_cmw_writer_init(TPS_BUF_OF(out), true);

    (void)state;
    tps_cmw_put_tag(&w, 263, TPS_SPAN_LITERAL("x"));
    assert_status(finish(&w), TPS_UNSUPPORTED);
    w = tps_cmw_writer_init(TPS_BUF_OF(out), false);
    tps_cmw_put_tag(&w, 65025, TPS_SPAN_LITERAL("x"));
    assert_status(finish(&w), TPS_CMW_BAD_TAG);
    w = tps_cmw_writer_init(TPS_BUF_OF(out), false);
    tps_cmw_put_tag(&w, 263, TPS_SPAN_EMPTY);
    assert_status(finish(&w), TPS_CMW_BAD_VALUE);
    w = tps_cmw_writer_init(TPS_BUF_OF(out), false);
    tps_cmw_put_tag(&w, 263, TPS_SPAN_LITERAL("x"));
    expect_hex(written(&w), "da63740209 4178");
}

static void collections_that_cannot_be_are_refused_by_name(void **state)
{
    tps_cmw_writer w = tps_cmw_writer_init(TPS_BUF_OF(out), false);
    tps_cmw_label one = int_label(1);

    (void)state;
    tps_cmw_put_collection(&w, TPS_SPAN_LITERAL("no type"), 1);
    assert_status(finish(&w), TPS_CMW_BAD_COLLECTION_TYPE);
    w = tps_cmw_writer_init(TPS_BUF_OF(out), false);
    tps_cmw_put_collection(&w, TPS_SPAN_EMPTY, 0);
    assert_status(finish(&w), TPS_CMW_EMPTY_COLLECTION);
    w = tps_cmw_writer_init(TPS_BUF_OF(out), false);
    for (uint32_t depth = 0; depth < TPS_CMW_DEPTH_MAX; depth++) {
        tps_cmw_put_collection(&w, TPS_SPAN_EMPTY, 1);
        tps_cmw_put_label(&w, &one);
    }
    tps_cmw_put_collection(&w, TPS_SPAN_EMPTY, 1);
    assert_status(finish(&w), TPS_CMW_TOO_DEEP);
}

static void labels_that_cannot_be_are_refused_by_name(void **state)
{
    static const struct {
        bool is_json;
        tps_cmw_label first;
        tps_cmw_label second;
        tps_status status;
    } cases[] = {
        {false, {.text = {(const uint8_t *)"", 0}}, {.is_int = true}, TPS_CMW_BAD_LABEL},
        {false, {.text = {(const uint8_t *)"__cmwc_t", 8}}, {.is_int = true}, TPS_CMW_BAD_LABEL},
        {true, {.is_int = true}, {.is_int = true}, TPS_CMW_BAD_LABEL},
        {false, {.is_int = true, .number = 2}, {.is_int = true, .number = 1}, TPS_BAD_ARGUMENT},
        {false, {.is_int = true, .number = 2}, {.is_int = true, .number = 2}, TPS_BAD_ARGUMENT},
        {false, {.is_int = true, .number = 2}, {.is_int = true, .number = 3}, TPS_OK},
    };
    tps_cmw_record record = record_of("a/b", "x");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_cmw_writer w = tps_cmw_writer_init(TPS_BUF_OF(out), cases[i].is_json);
        tps_cmw_put_collection(&w, TPS_SPAN_EMPTY, 2);
        tps_cmw_put_label(&w, &cases[i].first);
        tps_cmw_put_record(&w, &record);
        tps_cmw_put_label(&w, &cases[i].second);
        tps_cmw_put_record(&w, &record);
        assert_status(finish(&w), cases[i].status);
    }
}

static void what_stands_where_it_may_not_is_refused(void **state)
{
    tps_cmw_record record = record_of("a/b", "x");
    tps_cmw_label label = int_label(1);
    tps_cmw_writer w = tps_cmw_writer_init(TPS_BUF_OF(out), false);

    (void)state;
    assert_status(finish(&w), TPS_BAD_ARGUMENT); /* nothing */
    tps_cmw_put_record(&w, &record);
    assert_status(finish(&w), TPS_OK);
    tps_cmw_put_record(&w, &record); /* a second one */
    assert_status(finish(&w), TPS_BAD_ARGUMENT);
    w = tps_cmw_writer_init(TPS_BUF_OF(out), false);
    tps_cmw_put_label(&w, &label); /* outside of a collection */
    assert_status(finish(&w), TPS_BAD_ARGUMENT);
    w = tps_cmw_writer_init(TPS_BUF_OF(out), false);
    tps_cmw_put_collection(&w, TPS_SPAN_EMPTY, 1);
    tps_cmw_put_record(&w, &record); /* without label */
    assert_status(finish(&w), TPS_BAD_ARGUMENT);
    w = tps_cmw_writer_init(TPS_BUF_OF(out), false);
    tps_cmw_put_collection(&w, TPS_SPAN_EMPTY, 1);
    tps_cmw_put_label(&w, &label);
    tps_cmw_put_label(&w, &label); /* two labels */
    tps_cmw_put_label(&w, &label);
    tps_cmw_put_tag(&w, 1, record.message);
    tps_cmw_put_collection(&w, TPS_SPAN_EMPTY, 1);
    assert_status(finish(&w), TPS_BAD_ARGUMENT);
    w = tps_cmw_writer_init(TPS_BUF_OF(out), false);
    tps_cmw_put_collection(&w, TPS_SPAN_EMPTY, 1);
    assert_status(finish(&w), TPS_BAD_ARGUMENT); /* not all of it */
}

static void the_first_error_is_kept(void **state)
{
    tps_cmw_record wrong = {.type = TPS_SPAN_LITERAL("a/b")};
    tps_cmw_record record = record_of("a/b", "x");
    tps_cmw_writer w = tps_cmw_writer_init(TPS_BUF_OF(out), false);

    (void)state;
    tps_cmw_put_record(&w, &wrong);
    tps_cmw_put_record(&w, &record);
    tps_cmw_put_collection(&w, TPS_SPAN_EMPTY, 0);
    assert_status(finish(&w), TPS_CMW_BAD_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_collection_of_cbor_is_written),
        cmocka_unit_test(a_record_of_json_has_its_type_as_text),
        cmocka_unit_test(the_collections_type_finds_its_place),
        cmocka_unit_test(nested_collections_close_by_themselves),
        cmocka_unit_test(measuring_and_writing_agree),
        cmocka_unit_test(records_that_say_what_is_wrong_are_refused_by_name),
        cmocka_unit_test(tags_that_do_not_exist_are_refused),
        cmocka_unit_test(collections_that_cannot_be_are_refused_by_name),
        cmocka_unit_test(labels_that_cannot_be_are_refused_by_name),
        cmocka_unit_test(what_stands_where_it_may_not_is_refused),
        cmocka_unit_test(the_first_error_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
