/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM whole: examples of every kind and published manifests are read and written again, byte for byte; cut
 * or changed anywhere they end in a value or a named error. */
#include "tps/corim.h"

#include "support/check.h"
#include "support/corim_read.h"
#include "support/notation.h"
#include "support/vectors.h"

static uint8_t rooms[2][16384];

static void write_again(tps_span input, uint8_t *room, tps_span *out)
{
    tps_corim corim;
    tps_span measured;
    tps_span small;
    tps_error why = {0};
    tps_status status;

    assert_status(tps_corim_decode(input, &corim, NULL), TPS_OK);
    assert_status(tps_corim_write(&corim, TPS_BUF_MEASURE, &measured, NULL), TPS_OK);
    assert_null(measured.data);
    status = tps_corim_write(&corim, (tps_buf){room, 16384}, out, &why);
    if (status != TPS_OK) {
        fail_msg("%s: %s", tps_status_name(status), why.detail == NULL ? "" : why.detail);
    }
    assert_int_equal(out->size, measured.size);
    assert_status(tps_corim_write(&corim, (tps_buf){rooms[0], measured.size - 1}, &small, NULL),
                  TPS_BUFFER_TOO_SMALL);
    assert_int_equal(small.size, measured.size);
}

static void the_examples_are_what_their_notation_says(void **state)
{
    (void)state;
    for (size_t i = 0; corim_examples[i] != NULL; i++) {
        tps_buf hex = corim_example_hex(corim_examples[i]);
        tps_buf said = corim_example_notation(corim_examples[i]);
        assert_span(span_of(said), span_of(hex));
        free(hex.data);
        free(said.data);
    }
}

static void examples_of_every_kind_are_written_as_they_were_read(void **state)
{
    tps_cbor_limits strict = tps_cbor_limits_file;

    (void)state;
    strict.form = &tps_cbor_deterministic;
    for (size_t i = 0; corim_examples[i] != NULL; i++) {
        tps_buf example = corim_example_hex(corim_examples[i]);
        tps_span again;
        tps_error why = {0};
        size_t seen = 0;
        tps_status status = corim_read_whole(span_of(example), &seen, &why);
        if (status != TPS_OK) {
            fail_msg("%s: %s (%s)", corim_examples[i], tps_status_name(status),
                     why.detail == NULL ? "" : why.detail);
        }
        assert_true(seen > 0);
        write_again(span_of(example), rooms[1], &again);
        assert_span(again, span_of(example));
        assert_status(tps_cbor_check(again, &strict, NULL, NULL), TPS_OK);
        free(example.data);
    }
}

static void published_manifests_are_written_as_they_were_read(void **state)
{
    static const char *const names[] = {"psa-endorsements", "corim-psa-valid", "corim-enacttrust-valid",
                                        "corim-psa-bad-class"};
    char path[64];

    (void)state;
    vectors_require();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        tps_buf file;
        tps_span again;
        snprintf(path, sizeof path, "veraison/%s.cbor", names[i]);
        file = vector_read(path);
        assert_status(corim_read_whole(span_of(file), NULL, NULL), TPS_OK);
        write_again(span_of(file), rooms[1], &again);
        assert_span(again, span_of(file));
        free(file.data);
    }
}

/* What is taken is written, taken again, and then written alike. */
static void read_anyhow(tps_span input)
{
    tps_buf exact = exact_copy(input);
    tps_error why = {0};
    tps_corim corim;
    tps_status status = corim_read_whole(span_of(exact), NULL, &why);
    tps_span once;
    tps_span twice;

    assert_string_not_equal(tps_status_name(status), "TPS_UNKNOWN");
    if (status == TPS_OK) {
        assert_status(tps_corim_decode(span_of(exact), &corim, NULL), TPS_OK);
        status = tps_corim_write(&corim, TPS_BUF_OF(rooms[0]), &once, &why);
        if (status != TPS_OK) {
            fail_msg("taken, but not written: %s (%s)", tps_status_name(status), why.detail);
        }
        assert_status(tps_corim_decode(once, &corim, NULL), TPS_OK);
        assert_status(tps_corim_write(&corim, TPS_BUF_OF(rooms[1]), &twice, NULL), TPS_OK);
        assert_span(twice, once);
    }
    free(exact.data);
}

static void what_is_cut_anywhere_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; corim_examples[i] != NULL; i++) {
        tps_buf example = corim_example_hex(corim_examples[i]);
        for (size_t size = 0; size < example.size; size++) {
            tps_buf exact = exact_copy(tps_span_make(example.data, size));
            assert_int_not_equal(corim_read_whole(span_of(exact), NULL, NULL), TPS_OK);
            free(exact.data);
        }
        free(example.data);
    }
}

/* The same within a tag, whose size is put right. */
static void tags_that_are_cut_anywhere_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; corim_examples[i] != NULL; i++) {
        tps_buf example = corim_example_hex(corim_examples[i]);
        tps_corim corim;
        tps_corim_tag tag;
        tps_corim_cursor cursor;
        tps_coswid coswid;
        assert_status(tps_corim_decode(span_of(example), &corim, NULL), TPS_OK);
        cursor = TPS_CORIM_WALK(corim.tags);
        assert_true(tps_corim_next_tag(&cursor, &tag));
        for (size_t size = 0; size < tag.content.size; size++) {
            tps_buf exact = exact_copy(tps_span_make(tag.content.data, size));
            tps_corim_comid comid;
            tps_corim_cotl cotl;
            assert_int_not_equal(tps_corim_comid_decode(span_of(exact), &comid, NULL), TPS_OK);
            assert_int_not_equal(tps_corim_cotl_decode(span_of(exact), &cotl, NULL), TPS_OK);
            assert_int_not_equal(tps_coswid_decode(span_of(exact), &coswid, NULL), TPS_OK);
            free(exact.data);
        }
        free(example.data);
    }
}

static void what_is_changed_anywhere_ends_in_a_value_or_a_named_error(void **state)
{
    (void)state;
    for (size_t i = 0; corim_examples[i] != NULL; i++) {
        tps_buf example = corim_example_hex(corim_examples[i]);
        for (size_t at = 0; at < example.size; at++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                example.data[at] ^= (uint8_t)(1u << bit);
                read_anyhow(span_of(example));
                example.data[at] ^= (uint8_t)(1u << bit);
            }
        }
        free(example.data);
    }
}

/* Any order, any length of head, indefinite lengths: the same values, and one encoding. */
static void what_was_not_deterministic_becomes_so(void **state)
{
    tps_span input = notation(
        "501({5: [{2: [1], 1: 32(\"u\"), 0: \"e\"}], 0: \"a\", 24: 0, -1: 1, \"aa\": 5, \"x\": 2, 7: 3, "
        "1: [_ 506(<<{_ 4: {0: [_ [_ {0: {2: \"m\", 1: \"v\"}}, [_ {1: {14: {\"b\": [[1, h'%064d']], "
        "5_3: [[9, h'00']], \"a\": [[9, h'01']], 1: [[9, h'02']]}, 0: {1: 1, 0: \"v\"}}}]]]}, "
        "1: {1: 0, 0: \"b\"}}>>)]})",
        0);
    tps_span again;
    tps_span wanted =
        notation("501({0: \"a\", 1: [506(<<{1: {0: \"b\", 1: 0}, 4: {0: [[{0: {1: \"v\", 2: \"m\"}}, "
                 "[{1: {0: {0: \"v\", 1: 1}, 14: {1: [[9, h'02']], 5: [[9, h'00']], "
                 "\"a\": [[9, h'01']], \"b\": [[1, h'%064d']]}}}]]]}}>>)], "
                 "5: [{0: \"e\", 1: 32(\"u\"), 2: [1]}], 7: 3, 24: 0, -1: 1, \"x\": 2, \"aa\": 5})",
                 0);

    (void)state;
    write_again(input, rooms[1], &again);
    assert_span(again, wanted);
}

/* A tree of the caller's: nothing is read, all of it comes from items. */
static void a_tree_of_items_is_written(void **state)
{
    static const uint8_t uuid[16] = {0x1d};
    static const uint8_t hash[32] = {0xaa};
    tps_corim_label role = {1, TPS_SPAN_EMPTY};
    tps_corim_entity entity = {.name = TPS_SPAN_LITERAL("e"), .roles = {&role, 1, TPS_SPAN_EMPTY}};
    tps_corim_digest digest = {.alg = -16, .value = TPS_SPAN_OF(hash)};
    tps_corim_extension additions[] = {
        {{.type = TPS_CBOR_NINT, .value = UINT64_MAX}, TPS_SPAN_LITERAL("\xf6")},
        {{.type = TPS_CBOR_NINT, .value = 1}, TPS_SPAN_LITERAL("\xf5")}};
    tps_corim_measurement m = {.svn = 3,
                               .has_svn = true,
                               .digests = {&digest, 1, TPS_SPAN_EMPTY},
                               .extensions = {additions, 2, TPS_SPAN_EMPTY, 0}};
    tps_corim_statement statement = {.environment = {.vendor = TPS_SPAN_LITERAL("v")},
                                     .measurements = {&m, 1, TPS_SPAN_EMPTY}};
    tps_corim_comid comid = {.identity = {.id = {TPS_CORIM_UUID, 0, TPS_SPAN_OF(uuid)}},
                             .endorsed_values = {&statement, 1, TPS_SPAN_EMPTY}};
    tps_corim_identity listed = {.id = {TPS_CORIM_TEXT, 0, TPS_SPAN_LITERAL("t")}};
    tps_corim_cotl cotl = {
        .identity = listed, .tags = {&listed, 1, TPS_SPAN_EMPTY}, .validity = {true, false, 0, 9}};
    tps_corim_tag tags[] = {{.tag = TPS_CORIM_TAG_COMID, .comid = &comid},
                            {.tag = TPS_CORIM_TAG_COTL, .cotl = &cotl}};
    tps_corim corim = {.id = {TPS_CORIM_TEXT, 0, TPS_SPAN_LITERAL("a")},
                       .tags = {tags, 2, TPS_SPAN_EMPTY},
                       .entities = {&entity, 1, TPS_SPAN_EMPTY}};
    tps_span encoded;
    tps_error why = {0};

    (void)state;
    assert_status(tps_corim_write(&corim, TPS_BUF_OF(rooms[0]), &encoded, NULL), TPS_OK);
    assert_span(
        encoded,
        notation("501({0: \"a\", 1: [506(<<{1: {0: h'1d000000000000000000000000000000'}, 4: {1: [[{0: "
                 "{1: \"v\"}}, [{1: {1: 3, 2: [[1, h'aa%062d']], -2: true, -18446744073709551616: "
                 "null}}]]]}}>>), 508(<<{0: {0: \"t\"}, 1: [{0: \"t\"}], 2: {1: 1(9)}}>>)], "
                 "5: [{0: \"e\", 2: [1]}]})",
                 0));
    assert_status(tps_corim_write(&corim, TPS_BUF_MEASURE, &encoded, NULL), TPS_OK);

    /* what nobody could read is not written */
    statement.environment.vendor = TPS_SPAN_EMPTY;
    assert_status(tps_corim_write(&corim, TPS_BUF_OF(rooms[0]), &encoded, &why), TPS_CORIM_BAD_VALUE);
    assert_string_equal(why.detail, "environment: it is empty");
    assert_int_equal(encoded.size, 0);
}

static void tags_and_lists_that_cannot_be_read_are_not_written(void **state)
{
    tps_corim_tag tags[] = {{.tag = TPS_CORIM_TAG_COMID, .content = TPS_SPAN_LITERAL("\xa0")}};
    tps_corim corim = {.id = {TPS_CORIM_TEXT, 0, TPS_SPAN_LITERAL("a")}, .tags = {tags, 1, TPS_SPAN_EMPTY}};
    tps_span encoded;

    (void)state;
    assert_status(tps_corim_write(&corim, TPS_BUF_MEASURE, &encoded, NULL), TPS_CORIM_BAD_VALUE);
    tags[0].tag = TPS_CORIM_TAG_COTL;
    assert_status(tps_corim_write(&corim, TPS_BUF_MEASURE, &encoded, NULL), TPS_CORIM_BAD_VALUE);
    corim.tags = (tps_corim_tags){NULL, 1, TPS_SPAN_LITERAL("\x05")};
    assert_int_not_equal(tps_corim_write(&corim, TPS_BUF_MEASURE, &encoded, NULL), TPS_OK);
}

static void a_tag_of_a_profile_is_kept(void **state)
{
    tps_span input = notation("501({0: \"a\", 1: [507({1: 2}), 505(<<{}>>)]})");
    tps_span again;

    (void)state;
    write_again(input, rooms[1], &again);
    assert_span(again, input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_are_what_their_notation_says),
        cmocka_unit_test(examples_of_every_kind_are_written_as_they_were_read),
        cmocka_unit_test(published_manifests_are_written_as_they_were_read),
        cmocka_unit_test(what_is_cut_anywhere_is_refused),
        cmocka_unit_test(tags_that_are_cut_anywhere_are_refused),
        cmocka_unit_test(what_is_changed_anywhere_ends_in_a_value_or_a_named_error),
        cmocka_unit_test(what_was_not_deterministic_becomes_so),
        cmocka_unit_test(a_tree_of_items_is_written),
        cmocka_unit_test(tags_and_lists_that_cannot_be_read_are_not_written),
        cmocka_unit_test(a_tag_of_a_profile_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
