/* SPDX-License-Identifier: Apache-2.0 */
/* Wrappers read, in CBOR and in JSON: each refusal by its name, and the published examples. */
#include "support/check.h"
#include "support/vectors.h"
#include "tps/cbor_diagnostic.h"
#include "tps/cmw.h"

static uint8_t room_bytes[4096];
static tps_buf room;

static tps_status read_bytes(tps_span bytes, tps_cmw *out, tps_error *why)
{
    static tps_buf copy;
    tps_status status;

    free(copy.data);
    copy = exact_copy(bytes);
    room = TPS_BUF_OF(room_bytes);
    status = tps_cmw_read(span_of(copy), &room, out, why);
    if (status != TPS_OK && why != NULL) {
        assert_int_equal(why->status, status);
        assert_in_range(why->offset, 0, bytes.size);
    }
    return status;
}

static tps_status read_hex(const char *hex, tps_cmw *out)
{
    tps_buf bytes = bytes_from_hex(hex);
    tps_error why = {0};
    tps_status status = read_bytes(span_of(bytes), out, &why);

    free(bytes.data);
    return status;
}

static tps_status read_text(const char *text, tps_cmw *out)
{
    tps_error why = {0};

    return read_bytes(tps_span_of_text(text), out, &why);
}

/* ---- which encoding ---- */

static void the_first_byte_tells_the_encoding(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t one = (uint8_t)byte;
        uint32_t expected = TPS_CMW_UNKNOWN;

        if (byte == 0x82 || byte == 0x83 || byte == 0x9f) {
            expected = TPS_CMW_CBOR_RECORD;
        } else if (byte == 0xda) {
            expected = TPS_CMW_CBOR_TAG;
        } else if ((byte >= 0xa0 && byte <= 0xbb) || byte == 0xbf) {
            expected = TPS_CMW_CBOR_COLLECTION;
        } else if (byte == '[') {
            expected = TPS_CMW_JSON_RECORD;
        } else if (byte == '{') {
            expected = TPS_CMW_JSON_COLLECTION;
        }
        assert_int_equal(tps_cmw_form(tps_span_make(&one, 1)), expected);
    }
    assert_int_equal(tps_cmw_form(TPS_SPAN_EMPTY), TPS_CMW_UNKNOWN);
    assert_int_equal(tps_cmw_form(TPS_SPAN_LITERAL(" \n\r\t{")), TPS_CMW_JSON_COLLECTION);
    assert_int_equal(tps_cmw_form(TPS_SPAN_LITERAL(" \n")), TPS_CMW_UNKNOWN);
    assert_int_equal(tps_cmw_form(TPS_SPAN_LITERAL(" x")), TPS_CMW_UNKNOWN);
}

/* ---- records and tags ---- */

static void the_records_of_the_rfc_are_read(void **state)
{
    tps_cmw cmw;
    tps_span message;

    (void)state;
    assert_status(read_hex("82 197531 442347da55", &cmw), TPS_OK);
    assert_int_equal(cmw.form, TPS_CMW_CBOR_RECORD);
    assert_int_equal(cmw.content_format, 30001);
    assert_int_equal(cmw.type.size, 0);
    assert_int_equal(cmw.indicator, 0);
    assert_int_equal(cmw.encoded.size, 9);
    assert_status(tps_cmw_message(&cmw, NULL, &message), TPS_OK);
    assert_span(message, TPS_SPAN_LITERAL("\x23\x47\xda\x55"));
    assert_false(tps_cmw_is_collection(&cmw));

    assert_status(read_hex("da637476a7 442347da55", &cmw), TPS_OK);
    assert_int_equal(cmw.form, TPS_CMW_CBOR_TAG);
    assert_int_equal(cmw.content_format, 30001);
    assert_status(tps_cmw_message(&cmw, NULL, &message), TPS_OK);
    assert_span(message, TPS_SPAN_LITERAL("\x23\x47\xda\x55"));

    assert_status(read_text("[\"application/vnd.example.rats-conceptual-msg\", \"I0faVQ\"]", &cmw), TPS_OK);
    assert_int_equal(cmw.form, TPS_CMW_JSON_RECORD);
    assert_span_text(cmw.type, "application/vnd.example.rats-conceptual-msg");
    assert_int_equal(cmw.content_format, TPS_CMW_NO_CONTENT_FORMAT);
    assert_status(tps_cmw_message(&cmw, &room, &message), TPS_OK);
    assert_span(message, TPS_SPAN_LITERAL("\x23\x47\xda\x55"));
}

static void a_record_may_say_what_its_message_is(void **state)
{
    tps_cmw cmw;

    (void)state;
    assert_status(read_hex("83 63612f62 4101 03", &cmw), TPS_OK);
    assert_span_text(cmw.type, "a/b");
    assert_int_equal(cmw.indicator, TPS_CMW_REFERENCE_VALUES | TPS_CMW_ENDORSEMENTS);
    assert_status(read_hex("9f 63612f62 4101 181f ff", &cmw), TPS_OK);
    assert_int_equal(cmw.indicator, TPS_CMW_INDICATORS);
    assert_int_equal(cmw.form, TPS_CMW_CBOR_RECORD);
    assert_status(read_text(" [ \"a/b\" , \"AQ\" , 16 ] ", &cmw), TPS_OK);
    assert_int_equal(cmw.indicator, TPS_CMW_POLICY);
    assert_span_text(cmw.encoded, "[ \"a/b\" , \"AQ\" , 16 ]");
}

static void types_are_unescaped_into_the_room(void **state)
{
    static const char text[] = "[\"a\\/b; c=\\\"d\\\"\", \"AQ\"]";
    tps_buf small = {room_bytes, 3};
    tps_cmw cmw;
    tps_error why;

    (void)state;
    assert_status(read_text(text, &cmw), TPS_OK);
    assert_span_text(cmw.type, "a/b; c=\"d\"");
    assert_in_range(sizeof room_bytes - room.size, 10, 20);
    assert_status(tps_cmw_read(tps_span_of_text(text), NULL, &cmw, &why), TPS_JSON_BAD_ESCAPE);
    assert_status(tps_cmw_read(tps_span_of_text(text), &small, &cmw, &why), TPS_BUFFER_TOO_SMALL);
    assert_int_equal(why.status, TPS_BUFFER_TOO_SMALL);
}

static void records_of_cbor_are_refused_by_name(void **state)
{
    static const struct {
        const char *hex;
        tps_status status;
    } bad[] = {
        {"", TPS_CMW_NOT_WELL_FORMED},
        {"d28443a10126a0", TPS_CMW_NOT_WELL_FORMED},
        {"81 63612f62", TPS_CMW_NOT_WELL_FORMED},
        {"84 63612f62 4101 01 01", TPS_CMW_NOT_WELL_FORMED},
        {"9fff", TPS_CMW_NOT_WELL_FORMED},
        {"9f 63612f62 ff", TPS_CMW_NOT_WELL_FORMED},
        {"9f 63612f62 4101 01 01 ff", TPS_CMW_NOT_WELL_FORMED},
        {"82 43612f62 4101", TPS_CMW_BAD_TYPE},
        {"82 60 4101", TPS_CMW_BAD_TYPE},
        {"82 61 61 4101", TPS_CMW_BAD_TYPE},
        {"82 1a00010000 4101", TPS_CMW_BAD_TYPE},
        {"82 1b0000000100000112 4101", TPS_CMW_BAD_TYPE},
        {"82 1bffffffffffffffff 4101", TPS_CMW_BAD_TYPE},
        {"82 20 4101", TPS_CMW_BAD_TYPE},
        {"82 f6 4101", TPS_CMW_BAD_TYPE},
        {"82 6f 23636d772d6a32632d74756e6e656c 4101", TPS_CMW_BAD_TYPE},
        {"82 63612f62 40", TPS_CMW_BAD_VALUE},
        {"82 63612f62 6101", TPS_CMW_BAD_VALUE},
        {"82 63612f62 5f4101ff", TPS_CBOR_INDEFINITE},
        {"82 7f63612f62ff 4101", TPS_CBOR_INDEFINITE},
        {"83 63612f62 4101 00", TPS_CMW_BAD_INDICATOR},
        {"83 63612f62 4101 1820", TPS_CMW_BAD_INDICATOR},
        {"83 63612f62 4101 1b0000000100000001", TPS_CMW_BAD_INDICATOR},
        {"83 63612f62 4101 1bffffffffffffffff", TPS_CMW_BAD_INDICATOR},
        {"83 63612f62 4101 20", TPS_CMW_BAD_INDICATOR},
        {"83 63612f62 4101 4104", TPS_CMW_BAD_INDICATOR},
        {"da637476ff 4101", TPS_OK},
        {"da63740100 4101", TPS_CMW_BAD_TAG},
        {"da00000012 4101", TPS_CMW_BAD_TAG},
        {"da637476a7 40", TPS_CMW_BAD_VALUE},
        {"da637476a7 a0", TPS_CMW_BAD_VALUE},
        {"82 63612f62 4101 00", TPS_CBOR_TRAILING},
        {"82 63612f62 42 01", TPS_CBOR_TRUNCATED},
    };
    tps_cmw cmw = {.form = 77};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        tps_status status = read_hex(bad[i].hex, &cmw);
        if (status != bad[i].status) {
            fail_msg("%s: %s", bad[i].hex, tps_status_name(status));
        }
        assert_true(status == TPS_OK || cmw.form == 77 || cmw.form == TPS_CMW_CBOR_TAG);
    }
}

static void records_of_json_are_refused_by_name(void **state)
{
    static const struct {
        const char *text;
        tps_status status;
    } bad[] = {
        {"[]", TPS_CMW_NOT_WELL_FORMED},
        {"[\"a/b\"]", TPS_CMW_NOT_WELL_FORMED},
        {"[\"a/b\",\"AQ\",1,1]", TPS_CMW_NOT_WELL_FORMED},
        {"[263,\"AQ\"]", TPS_CMW_BAD_TYPE},
        {"[null,\"AQ\"]", TPS_CMW_BAD_TYPE},
        {"[\"a\",\"AQ\"]", TPS_CMW_BAD_TYPE},
        {"[\"#cmw-c2j-tunnel\",\"AQ\"]", TPS_CMW_BAD_TYPE},
        {"[\"a/b\",\"\"]", TPS_CMW_BAD_VALUE},
        {"[\"a/b\",\"A\"]", TPS_CMW_BAD_VALUE},
        {"[\"a/b\",\"AQ==\"]", TPS_CMW_BAD_VALUE},
        {"[\"a/b\",\"AR\"]", TPS_CMW_BAD_VALUE},
        {"[\"a/b\",\"AAB\"]", TPS_CMW_BAD_VALUE},
        {"[\"a/b\",\"AAAAA\"]", TPS_CMW_BAD_VALUE},
        {"[\"a/b\",\"+/+/\"]", TPS_CMW_BAD_VALUE},
        {"[\"a/b\",\"A Q\"]", TPS_CMW_BAD_VALUE},
        {"[\"a/b\",\"\\u0041Q\"]", TPS_CMW_BAD_VALUE},
        {"[\"a/b\",1]", TPS_CMW_BAD_VALUE},
        {"[\"a/b\",null]", TPS_CMW_BAD_VALUE},
        {"[\"a/b\",\"-_-_\"]", TPS_OK},
        {"[\"a/b\",\"azAZ09\"]", TPS_CMW_BAD_VALUE}, /* 9 has bits too many at the end */
        {"[\"a/b\",\"a{AA\"]", TPS_CMW_BAD_VALUE},
        {"[\"a/b\",\"AAA\"]", TPS_OK},
        {"[\"a/b\",\"AQ\",0]", TPS_CMW_BAD_INDICATOR},
        {"[\"a/b\",\"AQ\",32]", TPS_CMW_BAD_INDICATOR},
        {"[\"a/b\",\"AQ\",-1]", TPS_CMW_BAD_INDICATOR},
        {"[\"a/b\",\"AQ\",1.0]", TPS_CMW_BAD_INDICATOR},
        {"[\"a/b\",\"AQ\",\"1\"]", TPS_CMW_BAD_INDICATOR},
        {"[\"a/b\",\"AQ\",99999999999999999999]", TPS_CMW_BAD_INDICATOR},
        {"[\"a/b\",\"AQ\"", TPS_JSON_TRUNCATED},
        {"[\"a/b\",\"AQ\"]x", TPS_JSON_TRAILING},
        {"[\"a/b\",\"AQ\",]", TPS_JSON_NOT_WELL_FORMED},
    };
    tps_cmw cmw;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        tps_status status = read_text(bad[i].text, &cmw);
        if (status != bad[i].status) {
            fail_msg("%s: %s", bad[i].text, tps_status_name(status));
        }
    }
}

/* Its text in JSON may be longer, if it is escaped. */
static void a_type_has_512_bytes_at_most(void **state)
{
    char type[TPS_CMW_TYPE_MAX + 2];
    char text[TPS_CMW_TYPE_MAX + 64];
    tps_cmw cmw;

    (void)state;
    memset(type, 'c', sizeof type);
    memcpy(type, "a/b;c=", 6);
    for (int size = TPS_CMW_TYPE_MAX; size <= (int)TPS_CMW_TYPE_MAX + 1; size++) {
        tps_status expected = size == TPS_CMW_TYPE_MAX ? TPS_OK : TPS_CMW_BAD_TYPE;
        snprintf(text, sizeof text, "[\"%.*s\",\"AQ\"]", size, type);
        assert_status(read_text(text, &cmw), expected);
        snprintf(text, sizeof text, "[\"\\u0061%.*s\",\"AQ\"]", size - 1, type + 1);
        assert_status(read_text(text, &cmw), expected);
    }
}

/* ---- collections ---- */

static void expect_entry(tps_cmw_walk *walk, int64_t number, const char *text, tps_cmw *entry)
{
    tps_cmw_label label;

    assert_true(tps_cmw_next(walk, &room, &label, entry));
    assert_int_equal(label.is_int, text == NULL);
    if (text == NULL) {
        assert_int_equal(label.number, number);
    } else {
        assert_span_text(label.text, text);
    }
}

static void the_published_collection_of_cbor_is_read(void **state)
{
    tps_buf file;
    tps_cmw cmw;
    tps_cmw entry;
    tps_cmw_walk walk;

    (void)state;
    vectors_require();
    file = vector_read("cmw/collection-cbor-ok.cbor");
    assert_status(read_bytes(span_of(file), &cmw, NULL), TPS_OK);
    assert_int_equal(cmw.form, TPS_CMW_CBOR_COLLECTION);
    assert_true(tps_cmw_is_collection(&cmw));
    assert_int_equal(cmw.count, 3);
    assert_int_equal(cmw.collection_type.size, 0);

    walk = tps_cmw_entries(&cmw);
    expect_entry(&walk, 1, NULL, &entry);
    assert_span_text(entry.type, "application/signed-corim+cbor");
    assert_span(entry.value, TPS_SPAN_LITERAL("\xd2\x84\x43\xa1\x01\x26\xa1"));
    assert_int_equal(entry.indicator, 3);
    expect_entry(&walk, 2, NULL, &entry);
    assert_int_equal(entry.form, TPS_CMW_CBOR_TAG);
    assert_int_equal(entry.content_format, 29884);
    assert_span(entry.value, TPS_SPAN_LITERAL("\x23\x47\xda\x55"));
    expect_entry(&walk, 0, "s", &entry);
    assert_int_equal(entry.content_format, 30001);
    assert_int_equal(tps_cmw_left(&walk), 0);
    assert_false(tps_cmw_next(&walk, &room, NULL, &entry));
    free(file.data);
}

static void the_published_collection_is_what_its_notation_says(void **state)
{
    tps_buf notation;
    tps_buf file;
    uint8_t bytes[256];
    tps_span encoded;

    (void)state;
    vectors_require();
    notation = vector_read("cmw/collection-cbor-ok.diag");
    file = vector_read("cmw/collection-cbor-ok.cbor");
    assert_status(tps_cbor_from_diagnostic(span_of(notation), TPS_BUF_OF(bytes), &encoded, NULL), TPS_OK);
    assert_span(encoded, span_of(file));
    free(notation.data);
    free(file.data);
}

static void the_published_collection_of_json_is_read(void **state)
{
    tps_buf file;
    tps_cmw cmw;
    tps_cmw entry;
    tps_cmw_walk walk;
    tps_span message;

    (void)state;
    vectors_require();
    file = vector_read("cmw/collection-ok.json");
    assert_status(read_bytes(span_of(file), &cmw, NULL), TPS_OK);
    assert_int_equal(cmw.form, TPS_CMW_JSON_COLLECTION);
    assert_int_equal(cmw.count, 2);
    walk = tps_cmw_entries(&cmw);
    expect_entry(&walk, 0, "a", &entry);
    assert_span_text(entry.type, "application/vnd.a");
    assert_status(tps_cmw_message(&entry, &room, &message), TPS_OK);
    assert_span_text(message, "a");
    expect_entry(&walk, 0, "b", &entry);
    assert_span_text(entry.type, "application/vnd.b");
    assert_status(tps_cmw_message(&entry, &room, &message), TPS_OK);
    assert_span_text(message, "b");
    assert_false(tps_cmw_next(&walk, &room, NULL, &entry));
    free(file.data);
}

static void collections_may_lie_in_collections(void **state)
{
    static const char text[] = "{\"__cmwc_t\": \"1.2.3\", \"x\\u0041\": {\"y\": [\"a/b\", \"AQ\", 4], "
                               "\"__cmwc_t\":\"tag:a,b\"},\n \"z\": [\"c/d\", \"Ag\"] }";
    tps_cmw cmw;
    tps_cmw inner;
    tps_cmw entry;
    tps_cmw_walk outer_walk;
    tps_cmw_walk walk;

    (void)state;
    assert_status(read_text(text, &cmw), TPS_OK);
    assert_span_text(cmw.collection_type, "1.2.3");
    assert_int_equal(cmw.count, 2);
    outer_walk = tps_cmw_entries(&cmw);
    expect_entry(&outer_walk, 0, "xA", &inner);
    assert_span_text(inner.collection_type, "tag:a,b");
    assert_int_equal(inner.count, 1);
    walk = tps_cmw_entries(&inner);
    expect_entry(&walk, 0, "y", &entry);
    assert_int_equal(entry.indicator, TPS_CMW_EVIDENCE);
    assert_false(tps_cmw_next(&walk, &room, NULL, &entry));
    expect_entry(&outer_walk, 0, "z", &entry);
    assert_span_text(entry.encoded, "[\"c/d\", \"Ag\"]");
    assert_int_equal(tps_cmw_entries(&entry).left, 0);

    /* the same shape in CBOR, of indefinite length */
    assert_status(read_hex("bf 6178 bf 20 82 63612f62 4101 685f5f636d77635f74 65312e322e33 ff ff", &cmw),
                  TPS_OK);
    outer_walk = tps_cmw_entries(&cmw);
    expect_entry(&outer_walk, 0, "x", &inner);
    assert_span_text(inner.collection_type, "1.2.3");
    walk = tps_cmw_entries(&inner);
    expect_entry(&walk, -1, NULL, &entry);
    assert_span_text(entry.type, "a/b");
}

static void a_walk_stops_when_the_room_is_too_small(void **state)
{
    static const char text[] = "{\"\\u0061\":[\"a/b\",\"AQ\"],\"c\":[\"a\\/b\",\"AQ\"]}";
    tps_buf none = {room_bytes, 0};
    tps_cmw cmw;
    tps_cmw entry;
    tps_cmw_walk walk;

    (void)state;
    assert_status(read_text(text, &cmw), TPS_OK);
    walk = tps_cmw_entries(&cmw);
    assert_false(tps_cmw_next(&walk, &none, NULL, &entry));
    assert_int_equal(tps_cmw_left(&walk), 2);
    assert_true(tps_cmw_next(&walk, &room, NULL, &entry));
    assert_false(tps_cmw_next(&walk, &none, NULL, &entry));
    assert_int_equal(tps_cmw_left(&walk), 1);
    assert_true(tps_cmw_next(&walk, &room, NULL, &entry));
    assert_false(tps_cmw_next(&walk, &room, NULL, &entry));
}

static void collections_are_refused_by_name(void **state)
{
    static const struct {
        const char *hex;
        tps_status status;
    } bad[] = {
        {"a0", TPS_CMW_EMPTY_COLLECTION},
        {"bfff", TPS_CMW_EMPTY_COLLECTION},
        {"a1 685f5f636d77635f74 65312e322e33", TPS_CMW_EMPTY_COLLECTION},
        {"a1 01 a0", TPS_CMW_EMPTY_COLLECTION},
        {"a2 01 82 63612f62 4101 685f5f636d77635f74 01", TPS_CMW_BAD_COLLECTION_TYPE},
        {"a2 01 82 63612f62 4101 685f5f636d77635f74 6131", TPS_CMW_BAD_COLLECTION_TYPE},
        {"a1 60 82 63612f62 4101", TPS_CMW_BAD_LABEL},
        {"a1 4101 82 63612f62 4101", TPS_CMW_BAD_LABEL},
        {"a1 1bffffffffffffffff 82 63612f62 4101", TPS_CMW_BAD_LABEL},
        {"a1 3bffffffffffffffff 82 63612f62 4101", TPS_CMW_BAD_LABEL},
        {"a1 f5 82 63612f62 4101", TPS_CMW_BAD_LABEL},
        {"a1 01 01", TPS_CMW_NOT_WELL_FORMED},
        {"a1 01 4101", TPS_CMW_NOT_WELL_FORMED},
        {"a1 01 c1 01", TPS_CMW_BAD_TAG},
        {"a1 01 db00000000637476a7 4101", TPS_CMW_BAD_TAG},
        {"a2 01 82 63612f62 4101 01 82 63612f62 4101", TPS_CBOR_DUPLICATE_KEY},
        {"a1 01 82 63612f62 40", TPS_CMW_BAD_VALUE},
        {"a101a101a101a101a101a101a101a101 82 63612f62 4101", TPS_OK},
        {"a101a101a101a101a101a101a101a101a101 82 63612f62 4101", TPS_CMW_TOO_DEEP},
    };
    tps_cmw cmw;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        tps_status status = read_hex(bad[i].hex, &cmw);
        if (status != bad[i].status) {
            fail_msg("%s: %s", bad[i].hex, tps_status_name(status));
        }
    }
    assert_status(read_text("{}", &cmw), TPS_CMW_EMPTY_COLLECTION);
    assert_status(read_text("{\"\":[\"a/b\",\"AQ\"]}", &cmw), TPS_CMW_BAD_LABEL);
    assert_status(read_text("{\"a\":null}", &cmw), TPS_CMW_NOT_WELL_FORMED);
    assert_status(read_text("{\"a\":[\"a/b\",\"AQ\"],\"\\u0061\":[\"a/b\",\"AQ\"]}", &cmw),
                  TPS_JSON_DUPLICATE_NAME);
    assert_status(read_text("{\"__cmwc_t\":7,\"a\":[\"a/b\",\"AQ\"]}", &cmw), TPS_CMW_BAD_COLLECTION_TYPE);
    assert_status(read_text("{\"__cmwc\\u005ft\":\"x y\",\"a\":[\"a/b\",\"AQ\"]}", &cmw),
                  TPS_CMW_BAD_COLLECTION_TYPE);
}

static void a_collections_type_that_is_escaped_beyond_its_limit_is_refused(void **state)
{
    char type[TPS_CMW_TYPE_MAX + 2];
    char text[TPS_CMW_TYPE_MAX + 64];
    tps_cmw cmw;

    (void)state;
    memset(type, 'c', sizeof type);
    for (int size = TPS_CMW_TYPE_MAX - 2; size <= (int)TPS_CMW_TYPE_MAX - 1; size++) {
        snprintf(text, sizeof text, "{\"a\":[\"a/b\",\"AQ\"],\"__cmwc_t\":\"\\u0075:%.*s\"}", size, type);
        assert_status(read_text(text, &cmw),
                      size == TPS_CMW_TYPE_MAX - 2 ? TPS_OK : TPS_CMW_BAD_COLLECTION_TYPE);
    }
}

static void truncation_and_flips_are_refused_or_read(void **state)
{
    static const char hex[] = "a3 01 83 63612f62 4101 04 02 da63747632 442347da55 6161 a1 20 82 03 4109";
    static const char text[] =
        "{\"a\":[\"a/b;c=\\\"d\\\"\",\"AQ\",4],\"b\":{\"__cmwc_t\":\"1.2\",\"c\":[\"d/e\",\"Ag\"]}}";
    tps_buf bytes = bytes_from_hex(hex);
    tps_cmw cmw;
    tps_error why;

    (void)state;
    assert_status(read_bytes(span_of(bytes), &cmw, &why), TPS_OK);
    for (size_t size = 0; size < bytes.size; size++) {
        assert_int_not_equal(read_bytes(tps_span_make(bytes.data, size), &cmw, &why), TPS_OK);
    }
    for (size_t bit = 0; bit < bytes.size * 8; bit++) {
        bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        (void)read_bytes(span_of(bytes), &cmw, &why);
        bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_status(read_text(text, &cmw), TPS_OK);
    for (size_t size = 0; size < sizeof text - 1; size++) {
        assert_int_not_equal(read_bytes(tps_span_make(text, size), &cmw, &why), TPS_OK);
    }
    free(bytes.data);
}

static void a_message_is_read_from_one_wrapper_only(void **state)
{
    tps_buf small = {room_bytes, 1};
    tps_cmw cmw = {.form = TPS_CMW_UNKNOWN};
    tps_span message;

    (void)state;
    assert_status(tps_cmw_message(&cmw, &room, &message), TPS_BAD_ARGUMENT);
    assert_status(read_text("{\"a\":[\"a/b\",\"AQID\"]}", &cmw), TPS_OK);
    assert_status(tps_cmw_message(&cmw, &room, &message), TPS_BAD_ARGUMENT);
    assert_status(read_text("[\"a/b\",\"AQID\"]", &cmw), TPS_OK);
    assert_status(tps_cmw_message(&cmw, &small, &message), TPS_BUFFER_TOO_SMALL);
    assert_int_equal(message.size, 3);
    assert_status(tps_cmw_message(&cmw, NULL, &message), TPS_BUFFER_TOO_SMALL);
    assert_int_equal(small.size, 1);
    assert_status(tps_cmw_message(&cmw, &room, &message), TPS_OK);
    assert_int_equal(sizeof room_bytes - room.size, 3);
}

static void labels_have_the_order_of_deterministic_cbor(void **state)
{
    static const tps_cmw_label order[] = {
        {.is_int = true, .number = 0},         {.is_int = true, .number = 24},
        {.is_int = true, .number = INT64_MAX}, {.is_int = true, .number = -1},
        {.is_int = true, .number = INT64_MIN}, {.text = {(const uint8_t *)"", 0}},
        {.text = {(const uint8_t *)"b", 1}},   {.text = {(const uint8_t *)"c", 1}},
        {.text = {(const uint8_t *)"aa", 2}},
    };
    size_t count = sizeof order / sizeof order[0];

    (void)state;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            int expected = i < j ? -1 : i > j;
            assert_int_equal(tps_cmw_label_compare(&order[i], &order[j]), expected);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_byte_tells_the_encoding),
        cmocka_unit_test(the_records_of_the_rfc_are_read),
        cmocka_unit_test(a_record_may_say_what_its_message_is),
        cmocka_unit_test(types_are_unescaped_into_the_room),
        cmocka_unit_test(records_of_cbor_are_refused_by_name),
        cmocka_unit_test(records_of_json_are_refused_by_name),
        cmocka_unit_test(a_type_has_512_bytes_at_most),
        cmocka_unit_test(the_published_collection_of_cbor_is_read),
        cmocka_unit_test(the_published_collection_is_what_its_notation_says),
        cmocka_unit_test(the_published_collection_of_json_is_read),
        cmocka_unit_test(collections_may_lie_in_collections),
        cmocka_unit_test(a_walk_stops_when_the_room_is_too_small),
        cmocka_unit_test(collections_are_refused_by_name),
        cmocka_unit_test(a_collections_type_that_is_escaped_beyond_its_limit_is_refused),
        cmocka_unit_test(truncation_and_flips_are_refused_or_read),
        cmocka_unit_test(a_message_is_read_from_one_wrapper_only),
        cmocka_unit_test(labels_have_the_order_of_deterministic_cbor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
