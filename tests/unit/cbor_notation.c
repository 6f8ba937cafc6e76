/* SPDX-License-Identifier: Apache-2.0 */
/* Diagnostic notation read: every form of a value, each refusal with its place, room, and the way back. */
#include "tps/cbor_diagnostic.h"

#include "support/check.h"
#include "support/notation.h"
#include "support/page.h"
#include "support/vectors.h"

typedef struct {
    const char *text;
    const char *hex;
} sample;

static void assert_reads(const char *text, const char *hex)
{
    tps_buf expected = bytes_from_hex(hex);
    tps_buf written = exact_copy(tps_span_of_text(text));
    tps_span measured = TPS_SPAN_EMPTY;
    tps_span encoded = TPS_SPAN_EMPTY;
    tps_error why = {0};
    uint8_t room[1100];
    tps_span input = tps_span_make(written.data, written.size);

    if (tps_cbor_from_diagnostic(input, TPS_BUF_OF(room), &encoded, &why) != TPS_OK) {
        fail_msg("%s: %s at %zu: %s", text, tps_status_name(why.status), why.offset,
                 why.detail == NULL ? "" : why.detail);
    }
    assert_span(encoded, span_of(expected));
    assert_status(tps_cbor_from_diagnostic(input, TPS_BUF_MEASURE, &measured, NULL), TPS_OK);
    assert_null(measured.data);
    assert_int_equal(measured.size, expected.size);
    free(expected.data);
    free(written.data);
}

static void assert_all_read(const sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_reads(samples[i].text, samples[i].hex);
    }
}

#define ASSERT_ALL_READ(table) assert_all_read(table, sizeof table / sizeof table[0])

static void integers_of_every_base_and_size_are_read(void **state)
{
    static const sample samples[] = {
        {"0", "00"},
        {"23", "17"},
        {"24", "1818"},
        {"255", "18ff"},
        {"256", "190100"},
        {"65536", "1a00010000"},
        {"4294967296", "1b0000000100000000"},
        {"18446744073709551615", "1bffffffffffffffff"},
        {"18446744073709551616", "c249010000000000000000"},
        {"-1", "20"},
        {"-256", "38ff"},
        {"-18446744073709551616", "3bffffffffffffffff"},
        {"-18446744073709551617", "c349010000000000000000"},
        {"0x0", "00"},
        {"0xfF", "18ff"},
        {"0XA", "0a"},
        {"-0x1", "20"},
        {"0o17", "0f"},
        {"0O7", "07"},
        {"0b101", "05"},
        {"0B1", "01"},
        {"0x0001", "01"},
        {"0x10000000000000000", "c249010000000000000000"},
        {"340282366920938463463374607431768211455", "c250ffffffffffffffffffffffffffffffff"},
    };

    (void)state;
    ASSERT_ALL_READ(samples);
}

static void floats_take_their_shortest_form(void **state)
{
    static const sample samples[] = {
        {"0.0", "f90000"},
        {"-0.0", "f98000"},
        {"1.0", "f93c00"},
        {"1.5", "f93e00"},
        {"1e0", "f93c00"},
        {"65504.0", "f97bff"},
        {"100000.0", "fa47c35000"},
        {"3.4028234663852886e+38", "fa7f7fffff"},
        {"1.1", "fb3ff199999999999a"},
        {"1.0e+300", "fb7e37e43c8800759c"},
        {"1E300", "fb7e37e43c8800759c"},
        {"-4.1", "fbc010666666666666"},
        {"5.960464477539063e-8", "f90001"},
        {"1.401298464324817e-45", "fa00000001"},
        {"1e-400", "f90000"},
        {"NaN", "f97e00"},
        {"Infinity", "f97c00"},
        {"-Infinity", "f9fc00"},
    };

    (void)state;
    ASSERT_ALL_READ(samples);
}

static void words_and_simple_values_are_read(void **state)
{
    static const sample samples[] = {
        {"false", "f4"},      {"true", "f5"},         {"null", "f6"},
        {"undefined", "f7"},  {"simple(0)", "e0"},    {"simple(20)", "f4"},
        {"simple(23)", "f7"}, {"simple(32)", "f820"}, {"simple(255)", "f8ff"},
    };

    (void)state;
    ASSERT_ALL_READ(samples);
}

static void strings_of_every_base_are_read(void **state)
{
    static const sample samples[] = {
        {"\"\"", "60"},
        {"\"a\"", "6161"},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "68225c2f080c0a0d09"},
        {"\"\\u00fc\\u6c34\\ud800\\udd51\"", "69c3bce6b0b4f0908591"},
        {"\"\xc3\xbc'\"", "63c3bc27"},
        {"''", "40"},
        {"'hi'", "426869"},
        {"'it\\'s \"\\n\"'", "486974277320220a22"},
        {"h''", "40"},
        {"h'01 AB\n cd'", "4301abcd"},
        {"h'68656c /doubled l!/ 6c6f # hello\n'", "4568656c6c6f"},
        {"b64'aGk='", "426869"},
        {"b64'aGk'", "426869"},
        {"b64'+/-_'", "43fbffbf"},
        {"b64'AA /B # x\n'", "43000fc1"},
        {"b64'aA = = '", "4168"},
        {"b32'NBSWY3DP'", "4568656c6c6f"},
        {"b32'nbuq===='", "426869"},
        {"b32'NBUQ'", "426869"},
        {"h32'D1KG'", "426869"},
        {"h32'd1kg===='", "426869"},
        {"h32'D1IMOR3F'", "4568656c6c6f"},
    };

    (void)state;
    ASSERT_ALL_READ(samples);
}

static void adjacent_strings_are_one_of_the_first_ones_kind(void **state)
{
    static const sample samples[] = {
        {"\"Hello \" \"world\"", "6b48656c6c6f20776f726c64"},
        {"\"Hello\" h'20' \"world\"", "6b48656c6c6f20776f726c64"},
        {"\"\" h'48656c6c6f20776f726c64' \"\" b64''", "6b48656c6c6f20776f726c64"},
        {"'Hello ' h'776f726c64'", "4b48656c6c6f20776f726c64"},
        {"'' h'c3' /split/ 'a'", "42c361"},
        {"\"\" h'c3' h'bc'", "62c3bc"},
        {"[\"a\"\"b\"]", "81626162"},
    };

    (void)state;
    ASSERT_ALL_READ(samples);
}

static void containers_tags_and_embedded_items_are_read(void **state)
{
    static const sample samples[] = {
        {"[]", "80"},
        {"[1,2,3]", "83010203"},
        {"[1,[2,3],]", "8201820203"},
        {"{}", "a0"},
        {"{\"a\":1,\"b\":[2,3],}", "a26161016162820203"},
        {"{2:1,1:2,2:3}", "a3020101020203"},
        {"1(1363896240)", "c11a514b67b0"},
        {"18446744073709551615(0)", "dbffffffffffffffff00"},
        {"0xd2( [ ] )", "d8d280"},
        {"61(18([]))", "d83dd280"},
        {"<<>>", "40"},
        {"<<1>>", "4101"},
        {"<< 1, \"a\", >>", "43016161"},
        {"<<<<1>>>>", "424101"},
        {"[_ ]", "9fff"},
        {"[_ 1, 2]", "9f0102ff"},
        {"{_ }", "bfff"},
        {"{_ \"a\": [_ 1]}", "bf61619f01ffff"},
        {"(_ h'01', 'b')", "5f41014162ff"},
        {"(_ \"a\" \"b\", \"\",)", "7f62616260ff"},
        {"''_", "5fff"},
        {"\"\"_", "7fff"},
        {"[''_,\"\"_ ]", "825fff7fff"},
    };

    (void)state;
    ASSERT_ALL_READ(samples);
}

static void encoding_indicators_are_honoured(void **state)
{
    static const sample samples[] = {
        {"1_i", "01"},
        {"1_0", "1801"},
        {"1_1", "190001"},
        {"1_2", "1a00000001"},
        {"-1_3", "3b0000000000000000"},
        {"1.5_1", "f93e00"},
        {"1.5_2", "fa3fc00000"},
        {"-1.5_3", "fbbff8000000000000"},
        {"0.0_2", "fa00000000"},
        {"-0.0_2", "fa80000000"},
        {"5.960464477539063e-8_2", "fa33800000"},
        {"100000.0_3", "fb40f86a0000000000"},
        {"NaN_1", "f97e00"},
        {"NaN_2", "fa7fc00000"},
        {"NaN_3", "fb7ff8000000000000"},
        {"Infinity_2", "fa7f800000"},
        {"-Infinity_3", "fbfff0000000000000"},
        {"\"a\"_0", "780161"},
        {"h'01'_1", "59000101"},
        {"'' 'a'_2", "5a0000000161"},
        {"[_0 1]", "980101"},
        {"[_i 1]", "8101"},
        {"{_3 1: 2}", "bb00000000000000010102"},
        {"1_0(2)", "d80102"},
        {"<<1>>_0", "580101"},
        {"(_ \"a\"_0)", "7f780161ff"},
    };

    (void)state;
    ASSERT_ALL_READ(samples);
}

static void white_space_and_comments_stand_anywhere_between(void **state)
{
    static const sample samples[] = {
        {" \t\r\n1 ", "01"},
        {"/a/ 1 /b/ /c/", "01"},
        {"# x\n1 # y", "01"},
        {"// x [\n[ // y\n] // z", "80"},
        {"{ / key / 1 / : / : // x\n 2 , # last\n }", "a10102"},
        {"1( / in / 2 / behind / )", "c102"},
        {"//\n1", "01"},
    };

    (void)state;
    ASSERT_ALL_READ(samples);
}

/* Each head here needs more room than was kept for it. */
static void long_contents_move_for_their_heads(void **state)
{
    char text[1200];
    tps_span item;
    size_t size = 0;

    (void)state;
    text[size++] = '[';
    for (int i = 0; i < 256; i++) {
        memcpy(text + size, "1,", 2);
        size += 2;
    }
    memcpy(text + size, "<<\"0123456789012345678901234\">>]", 33);
    item = notation("%s", text);
    assert_int_equal(item.size, 3 + 256 + 2 + 27);
    assert_memory_equal(item.data, "\x99\x01\x01\x01", 4);
    assert_memory_equal(item.data + 3 + 255,
                        "\x01\x58\x1b\x78\x19"
                        "0123",
                        9);
}

typedef struct {
    const char *text;
    tps_status status;
    size_t offset;
} fault;

static void assert_all_refused(const fault *faults, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t room[64];
        tps_span encoded = TPS_SPAN_LITERAL("before");
        tps_error why = {0};
        tps_status status =
            tps_cbor_from_diagnostic(tps_span_of_text(faults[i].text), TPS_BUF_OF(room), &encoded, &why);

        if (status != faults[i].status || why.status != status || why.offset != faults[i].offset) {
            fail_msg("%s: %s at %zu (%s)", faults[i].text, tps_status_name(status), why.offset,
                     why.detail == NULL ? "" : why.detail);
        }
        assert_span_text(encoded, "before");
        if (status == TPS_CBOR_BAD_DIAGNOSTIC) {
            assert_non_null(why.detail);
        }
        assert_status(
            tps_cbor_from_diagnostic(tps_span_of_text(faults[i].text), TPS_BUF_OF(room), &encoded, NULL),
            status);
    }
}

#define ASSERT_ALL_REFUSED(table) assert_all_refused(table, sizeof table / sizeof table[0])
#define BAD                       TPS_CBOR_BAD_DIAGNOSTIC

static const fault no_notation[] = {
    {"", BAD, 0},
    {"  ", BAD, 2},
    {"x", BAD, 0},
    {"True", BAD, 0},
    {"nul", BAD, 0},
    {"1 2", BAD, 2},
    {"1,", BAD, 1},
    {"[", BAD, 1},
    {"[1", BAD, 2},
    {"[1 2]", BAD, 3},
    {"[,]", BAD, 1},
    {"[1,,2]", BAD, 3},
    {"[1}", BAD, 2},
    {"]", BAD, 0},
    {"{1}", BAD, 2},
    {"{1:}", BAD, 3},
    {"{1:2", BAD, 4},
    {"{1:2]", BAD, 4},
    {"{:1}", BAD, 1},
    {"{1:2,3}", BAD, 6},
    {"{1,2}", BAD, 2},
    {"(1)", BAD, 0},
    {"(_ )", BAD, 3},
    {"(_ 1)", BAD, 3},
    {"(_ \"a\", h'01')", BAD, 8},
    {"(_ ''_)", BAD, 3},
    {"(_ \"a\"", BAD, 6},
    {"(_ [])", BAD, 3},
    {"1(2", BAD, 3},
    {"1(2,3)", BAD, 3},
    {"1()", BAD, 2},
    {"1(", BAD, 2},
    {"1 (2)", BAD, 2},
    {"<1>", BAD, 0},
    {"<<1>", BAD, 3},
    {"<<1", BAD, 3},
    {"<<1>>_", BAD, 6},
    {"/ never", BAD, 0},
    {"1 / never", BAD, 2},
    {"01", BAD, 0},
    {"-01", BAD, 1},
    {"-0", BAD, 0},
    {"-", BAD, 1},
    {"+1", BAD, 0},
    {"0x", BAD, 2},
    {"0xg", BAD, 2},
    {"0o8", BAD, 2},
    {"0b2", BAD, 2},
    {"0x1.8p1", BAD, 3},
    {"0x1p1", BAD, 3},
    {"0x1P1", BAD, 3},
    {".5", BAD, 0},
    {"1.", BAD, 2},
    {"1.e1", BAD, 2},
    {"1e", BAD, 2},
    {"1e+", BAD, 3},
    {"1.5.2", BAD, 3},
    {"-NaN", BAD, 1},
    {"simple()", BAD, 7},
    {"simple(01)", BAD, 9},
    {"simple(1", BAD, 8},
    {"simple(-1)", BAD, 7},
    {"simple 1", BAD, 0},
    {"1_4", BAD, 2},
    {"1_", BAD, 2},
    {"[_9 1]", BAD, 2},
    {"1_(2)", BAD, 3},
    {"1.5_4", BAD, 4},
};

static void what_is_no_notation_is_refused_at_its_place(void **state)
{
    (void)state;
    ASSERT_ALL_REFUSED(no_notation);
}

static void wrong_strings_are_refused_at_their_place(void **state)
{
    static const fault faults[] = {
        {"\"a", BAD, 2},
        {"'a", BAD, 2},
        {"\"\\x\"", BAD, 1},
        {"\"\\ud800\"", BAD, 1},
        {"\"\\'\"", BAD, 1},
        {"'\\", BAD, 1},
        {"\"\n\"", BAD, 1},
        {"h'0'", BAD, 4},
        {"h'0g'", BAD, 3},
        {"h'00", BAD, 4},
        {"h'00=='", BAD, 6},
        {"h'/ never", BAD, 2},
        {"b64'A'", BAD, 6},
        {"b64'aGk=='", BAD, 9},
        {"b64'aGl'", BAD, 8},
        {"b64'aG=k'", BAD, 7},
        {"b64'===='", BAD, 8},
        {"b64'aGk= x'", BAD, 9},
        {"b32'N'", BAD, 6},
        {"b32'NB1'", BAD, 6},
        {"b32'NBU'", BAD, 8},
        {"h32'W'", BAD, 4},
        {"h32'@'", BAD, 4},
        {"b32'[a]'", BAD, 4},
        {"b33'A'", BAD, 0},
        {"\"a\"_ ", BAD, 5},
        {"\"a\"_5", BAD, 4},
        {"\"a\" 'b' 1", BAD, 8},
        {"b64'AA# x'", BAD, 10},
        {"\"\xff\"", TPS_CBOR_BAD_UTF8, 1},
        {"\"a\\n\xc3\"", TPS_CBOR_BAD_UTF8, 4},
        {"'\xff'", TPS_CBOR_BAD_UTF8, 1},
        {"[\"\" h'ff']", TPS_CBOR_BAD_UTF8, 1},
    };

    (void)state;
    ASSERT_ALL_REFUSED(faults);
}

static void what_cannot_be_encoded_is_refused(void **state)
{
    static const fault faults[] = {
        {"24_i", TPS_CBOR_OUT_OF_RANGE, 4},
        {"256_0", TPS_CBOR_OUT_OF_RANGE, 5},
        {"1.1_1", TPS_CBOR_OUT_OF_RANGE, 5},
        {"1.1_2", TPS_CBOR_OUT_OF_RANGE, 5},
        {"1.5_0", TPS_CBOR_OUT_OF_RANGE, 5},
        {"1.5_i", TPS_CBOR_OUT_OF_RANGE, 5},
        {"1.5_", TPS_CBOR_OUT_OF_RANGE, 4},
        {"1e400", TPS_CBOR_OUT_OF_RANGE, 0},
        {"simple(24)", TPS_CBOR_OUT_OF_RANGE, 7},
        {"simple(31)", TPS_CBOR_OUT_OF_RANGE, 7},
        {"simple(256)", TPS_CBOR_OUT_OF_RANGE, 7},
        {"18446744073709551616_3", TPS_CBOR_OUT_OF_RANGE, 0},
        {"18446744073709551616(1)", TPS_CBOR_OUT_OF_RANGE, 0},
        {"-1(1)", TPS_CBOR_OUT_OF_RANGE, 0},
        {"[_i 0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]", TPS_CBOR_OUT_OF_RANGE, 52},
    };

    (void)state;
    ASSERT_ALL_REFUSED(faults);
}

static void integers_end_at_the_documented_size(void **state)
{
    char text[TPS_CBOR_DIAGNOSTIC_INTEGER_BITS_MAX / 4 + 4] = "0x";
    tps_error why = {0};
    tps_span item;
    tps_span encoded;

    (void)state;
    memset(text + 2, 'f', sizeof text - 4);
    item = notation("%s", text);
    assert_int_equal(item.size, 1 + 3 + TPS_CBOR_DIAGNOSTIC_INTEGER_BITS_MAX / 8);
    text[sizeof text - 2] = '0';
    assert_status(
        tps_cbor_from_diagnostic(tps_span_make(text, sizeof text - 1), TPS_BUF_MEASURE, &encoded, &why),
        TPS_CBOR_OUT_OF_RANGE);
}

static void nesting_goes_to_its_limit_and_no_deeper(void **state)
{
    char text[2 * TPS_CBOR_DIAGNOSTIC_DEPTH_MAX + 2];
    tps_span encoded = TPS_SPAN_EMPTY;
    tps_error why = {0};

    (void)state;
    for (size_t depth = TPS_CBOR_DIAGNOSTIC_DEPTH_MAX; depth <= TPS_CBOR_DIAGNOSTIC_DEPTH_MAX + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_status(
            tps_cbor_from_diagnostic(tps_span_make(text, 2 * depth), TPS_BUF_MEASURE, &encoded, &why),
            depth == TPS_CBOR_DIAGNOSTIC_DEPTH_MAX ? TPS_OK : TPS_CBOR_TOO_DEEP);
    }
    assert_int_equal(why.offset, TPS_CBOR_DIAGNOSTIC_DEPTH_MAX + 1);
}

static const char rich[] =
    "{1: [_ 1.5, h'00' 'a', \"\\u00fc\"], -2: 18446744073709551616, \"k\": 61(<<[true]>>), "
    "3_1: (_ \"x\", \"y\"), /c/ 4: {_ 5: ''_}, 6: 123456789012345678901234567890.5e1}";

static void every_smaller_room_is_refused_with_the_size_needed(void **state)
{
    char text[sizeof rich];
    tps_span encoded = TPS_SPAN_EMPTY;
    tps_span whole;

    (void)state;
    memcpy(text, rich, sizeof rich);
    whole = notation("%s", text);
    for (size_t room = 0; room < whole.size; room++) {
        uint8_t *exact = malloc(room + 1);
        tps_error why = {0};

        exact[room] = 0xa5;
        assert_status(
            tps_cbor_from_diagnostic(tps_span_of_text(text), (tps_buf){exact, room}, &encoded, &why),
            TPS_BUFFER_TOO_SMALL);
        assert_status(why.status, TPS_BUFFER_TOO_SMALL);
        assert_int_equal(encoded.size, whole.size);
        assert_int_equal(exact[room], 0xa5);
        free(exact);
    }
}

/* Cut or changed anywhere, it has an answer; and what is taken is well-formed CBOR. */
static void every_damage_has_an_answer(void **state)
{
    static const char bits[] = "\"'[]{}()<>_,:/# \\019hbe.-\x7f\xff";
    char text[sizeof rich];
    uint8_t room[512];

    (void)state;
    for (size_t at = 0; at < sizeof rich - 1; at++) {
        for (size_t i = 0; i < sizeof bits; i++) {
            tps_span encoded = TPS_SPAN_EMPTY;
            tps_error why = {0};
            size_t size = i == sizeof bits - 1 ? at : sizeof rich - 1;
            tps_status status;
            memcpy(text, rich, sizeof rich);
            text[at] = bits[i];
            status = tps_cbor_from_diagnostic(tps_span_make(text, size), TPS_BUF_OF(room), &encoded, &why);
            assert_true(status == TPS_OK || (why.status == status && why.offset <= size));
            if (status == TPS_OK) {
                tps_cbor_reader r = tps_cbor_reader_init(encoded);
                tps_cbor_skip(&r);
                assert_status(tps_cbor_reader_finish(&r), TPS_OK);
            }
        }
    }
}

static void nothing_is_read_behind_an_empty_text(void **state)
{
    tps_span encoded;

    (void)state;
    assert_status(tps_cbor_from_diagnostic(TPS_SPAN_EMPTY, TPS_BUF_MEASURE, &encoded, NULL), BAD);
}

static void what_is_shown_reads_back(void **state)
{
    static const char *const items[] = {
        "{1: -2, 10: h'0011', \"t\": [true, null, 1.1, -0.0, 1.0e+300], 18446744073709551615: 61(2(h'010000'))}",
        "[\"\\u0000\\u001b\\\"\\\\\\ud800\\udd51\\u202e\", NaN, -Infinity, 3.4028234663852886e+38, simple(255)]",
        "[_ (_ 'a', 'b'), {_ \"a\": ''_}, \"\"_, undefined]",
        "[h'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', [[[[[[1, 2], 3], 4], 5], 6], 7]]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        tps_span item = notation("%s", items[i]);
        page p = {.size = 0};
        tps_span again;

        assert_status(tps_cbor_diagnose(item, onto_page, &p, NULL), TPS_OK);
        p.text[p.size] = '\0';
        again = notation("%s", p.text);
        assert_span(again, item);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_of_every_base_and_size_are_read),
        cmocka_unit_test(floats_take_their_shortest_form),
        cmocka_unit_test(words_and_simple_values_are_read),
        cmocka_unit_test(strings_of_every_base_are_read),
        cmocka_unit_test(adjacent_strings_are_one_of_the_first_ones_kind),
        cmocka_unit_test(containers_tags_and_embedded_items_are_read),
        cmocka_unit_test(encoding_indicators_are_honoured),
        cmocka_unit_test(white_space_and_comments_stand_anywhere_between),
        cmocka_unit_test(long_contents_move_for_their_heads),
        cmocka_unit_test(what_is_no_notation_is_refused_at_its_place),
        cmocka_unit_test(wrong_strings_are_refused_at_their_place),
        cmocka_unit_test(what_cannot_be_encoded_is_refused),
        cmocka_unit_test(integers_end_at_the_documented_size),
        cmocka_unit_test(nesting_goes_to_its_limit_and_no_deeper),
        cmocka_unit_test(every_smaller_room_is_refused_with_the_size_needed),
        cmocka_unit_test(every_damage_has_an_answer),
        cmocka_unit_test(nothing_is_read_behind_an_empty_text),
        cmocka_unit_test(what_is_shown_reads_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
