/* SPDX-License-Identifier: Apache-2.0 */
/* Diagnostic notation: the examples of RFC 8949, floats read back, faults, what must not reach a terminal. */
#include "format/cbor/float.h"
#include "format/text/escape.h"
#include "support/page.h"
#include "support/vectors.h"
#include "tps/cbor_diagnostic.h"

static tps_status diagnose(const char *hex, page *p, tps_error *why)
{
    tps_buf bytes = bytes_from_hex(hex);
    tps_status status;

    p->size = 0;
    p->text[0] = '\0';
    status = tps_cbor_diagnose(span_of(bytes), onto_page, p, why);
    free(bytes.data);
    return status;
}

static void shows(const char *hex, const char *expected)
{
    page p;

    assert_int_equal(diagnose(hex, &p, NULL), TPS_OK);
    assert_string_equal(p.text, expected);
}

static const char *const numbers[][2] = {
    {"00", "0"},
    {"17", "23"},
    {"1818", "24"},
    {"1b000000e8d4a51000", "1000000000000"},
    {"1bffffffffffffffff", "18446744073709551615"},
    {"c249010000000000000000", "2(h'010000000000000000')"},
    {"3bffffffffffffffff", "-18446744073709551616"},
    {"c349010000000000000000", "3(h'010000000000000000')"},
    {"20", "-1"},
    {"3903e7", "-1000"},
    {"f90000", "0.0"},
    {"f98000", "-0.0"},
    {"f93c00", "1.0"},
    {"fb3ff199999999999a", "1.1"},
    {"f93e00", "1.5"},
    {"f97bff", "65504.0"},
    {"fa47c35000", "100000.0"},
    {"fa7f7fffff", "3.4028234663852886e+38"},
    {"fb7e37e43c8800759c", "1.0e+300"},
    {"f90001", "5.960464477539063e-8"},
    {"f90400", "0.00006103515625"},
    {"f9c400", "-4.0"},
    {"fbc010666666666666", "-4.1"},
    {"f97c00", "Infinity"},
    {"f97e00", "NaN"},
    {"f9fc00", "-Infinity"},
    {"fa7f800000", "Infinity"},
    {"fa7fc00000", "NaN"},
    {"faff800000", "-Infinity"},
    {"fb7ff0000000000000", "Infinity"},
    {"fb7ff8000000000000", "NaN"},
    {"fbfff0000000000000", "-Infinity"},
};

static const char *const others[][2] = {
    {"f4", "false"},
    {"f5", "true"},
    {"f6", "null"},
    {"f7", "undefined"},
    {"f0", "simple(16)"},
    {"f8ff", "simple(255)"},
    {"c11a514b67b0", "1(1363896240)"},
    {"c1fb41d452d9ec200000", "1(1363896240.5)"},
    {"d74401020304", "23(h'01020304')"},
    {"d818456449455446", "24(h'6449455446')"},
    {"40", "h''"},
    {"4401020304", "h'01020304'"},
    {"60", "\"\""},
    {"6161", "\"a\""},
    {"62225c", "\"\\\"\\\\\""},
    {"62c3bc", "\"\xc3\xbc\""},
    {"64f0908591", "\"\xf0\x90\x85\x91\""},
    {"80", "[]"},
    {"83010203", "[1, 2, 3]"},
    {"8301820203820405", "[1, [2, 3], [4, 5]]"},
    {"a0", "{}"},
    {"a201020304", "{1: 2, 3: 4}"},
    {"a26161016162820203", "{\"a\": 1, \"b\": [2, 3]}"},
    {"826161a161626163", "[\"a\", {\"b\": \"c\"}]"},
    {"5f42010243030405ff", "(_ h'0102', h'030405')"},
    {"7f657374726561646d696e67ff", "(_ \"strea\", \"ming\")"},
    {"9fff", "[_ ]"},
    {"9f018202039f0405ffff", "[_ 1, [2, 3], [_ 4, 5]]"},
    {"83018202039f0405ff", "[1, [2, 3], [_ 4, 5]]"},
    {"bf61610161629f0203ffff", "{_ \"a\": 1, \"b\": [_ 2, 3]}"},
    {"bf6346756ef563416d7421ff", "{_ \"Fun\": true, \"Amt\": -2}"},
    {"5fff", "''_"},
    {"7fff", "\"\"_"},
};

static void all_show(const char *const (*examples)[2], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        shows(examples[i][0], examples[i][1]);
    }
}

static void examples_of_rfc_8949_are_shown_as_it_shows_them(void **state)
{
    (void)state;
    all_show(numbers, sizeof numbers / sizeof numbers[0]);
    all_show(others, sizeof others / sizeof others[0]);
}

/* The value of "name": "value" behind `at`, cut out of flat JSON; NULL if it stands behind `end`. */
static const char *member(const char *at, const char *end, const char *name, char *out, size_t room)
{
    const char *found = strstr(at, name);
    size_t size = 0;

    if (found == NULL || found > end) {
        return NULL;
    }
    for (found += strlen(name); *found != '"' && size + 1 < room; found++) {
        found += *found == '\\';
        out[size++] = *found;
    }
    out[size] = '\0';
    return out;
}

static void the_published_diagnostic_column_is_met(void **state)
{
    tps_buf file;
    int compared = 0;

    (void)state;
    vectors_require();
    file = vector_read("cbor/appendix_a.json");
    for (const char *at = strchr((char *)file.data, '{'); at != NULL;) {
        const char *next = strstr(at, "\n  {");
        const char *end = next == NULL ? (char *)file.data + file.size : next;
        char hex[256];
        char expected[256];
        /* f818, a two-byte simple value below 32, was allowed by RFC 7049 and is not well-formed since RFC
         * 8949. */
        if (member(at, end, "\"hex\": \"", hex, sizeof hex) != NULL && strcmp(hex, "f818") != 0) {
            page p;
            assert_int_equal(diagnose(hex, &p, NULL), TPS_OK);
            if (member(at, end, "\"diagnostic\": \"", expected, sizeof expected) != NULL) {
                assert_string_equal(p.text, expected);
                compared++;
            }
        }
        at = next == NULL ? NULL : next + 1;
    }
    free(file.data);
    assert_true(compared >= 15);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static size_t digits_of(const char *text)
{
    size_t count = 0;
    size_t zeros = 0;

    for (; *text != '\0' && *text != 'e'; text++) {
        if (*text >= '1' && *text <= '9') {
            count += zeros + 1;
            zeros = 0;
        } else if (*text == '0' && count > 0) {
            zeros++;
        }
    }
    return count;
}

/* The C library's number of digits is the smallest with which reading gives the value back. */
static void is_shortest_and_exact(uint64_t bits)
{
    char text[CBOR_FLOAT_TEXT_MAX + 1];
    char other[64];
    double value;
    double back;
    int precision = 1;

    memcpy(&value, &bits, sizeof value);
    text[cbor_float_text(bits, 8, text)] = '\0';
    back = strtod(text, NULL);
    assert_memory_equal(&back, &value, sizeof value);
    do {
        snprintf(other, sizeof other, "%.*e", precision - 1, value);
    } while (strtod(other, NULL) != value && precision++ < 17);
    assert_int_equal(digits_of(text), digits_of(other));
}

static void floats_read_back_exactly_and_are_short(void **state)
{
    static const uint64_t hard[] = {1,
                                    0x000fffffffffffff,
                                    0x0010000000000000,
                                    0x7fefffffffffffff,
                                    0x4340000000000000,
                                    0x4330000000000001,
                                    0x3ff0000000000000,
                                    0x4024000000000000,
                                    0x444b1ae4d6e2ef50,
                                    0x3eb0c6f7a0b5ed8d,
                                    0x44b52d02c7e14af6,
                                    0x8000000000000001};
    uint64_t seed = 0x9e3779b97f4a7c15;

    (void)state;
    for (size_t i = 0; i < sizeof hard / sizeof hard[0]; i++) {
        is_shortest_and_exact(hard[i]);
    }
    for (int i = 0; i < 1000; i++) {
        uint64_t bits = next_random(&seed);
        if ((bits >> 52 & 0x7ff) != 0x7ff) {
            is_shortest_and_exact(bits);
        }
        is_shortest_and_exact((uint64_t)1 << 62 | (uint64_t)(i % 60) << 52); /* powers of two */
    }
}

static void a_nan_with_a_payload_shows_its_bits(void **state)
{
    (void)state;
    shows("f97e01", "NaN /0x7e01/");
    shows("fbfff8000000000000", "NaN /0xfff8000000000000/");
}

static void what_steers_a_terminal_is_escaped(void **state)
{
    (void)state;
    shows("641b5b324a", "\"\\u001b[2J\"");
    shows("63c29b6d", "\"\\u009bm\"");
    shows("63e280ae", "\"\\u202e\"");
    shows("64f3a08081", "\"\\udb40\\udc01\"");
    shows("630a0d09", "\"\\n\\r\\t\"");
    shows("617f", "\"\\u007f\"");
}

static void larger_things_take_a_line_an_entry(void **state)
{
    (void)state;
    shows("d28443a10126a058190000000000000000000000000000000000000000000000000041ff",
          "18([\n"
          "  h'a10126',\n"
          "  {},\n"
          "  h'00000000000000000000000000000000000000000000000000',\n"
          "  h'ff'\n"
          "])");
    shows("a2015819000000000000000000000000000000000000000000000000000203",
          "{\n  1: h'00000000000000000000000000000000000000000000000000',\n  2: 3\n}");
}

static void fails_with(const char *hex, tps_status status, size_t offset, const char *expected)
{
    tps_error why = {0};
    page p;

    assert_int_equal(diagnose(hex, &p, &why), status);
    assert_int_equal(why.offset, offset);
    assert_string_equal(p.text, expected);
}

static void a_fault_ends_the_output_with_a_note_at_its_offset(void **state)
{
    (void)state;
    fails_with("", TPS_CBOR_TRUNCATED, 0, "\n/ at byte 0: the CBOR ends in the middle of an item /");
    fails_with("830102", TPS_CBOR_TRUNCATED, 3,
               "[\n  1,\n  2\n/ at byte 3: the CBOR ends in the middle of an item /");
    fails_with("0000", TPS_CBOR_TRAILING, 1, "0\n/ at byte 1: bytes follow the CBOR item /");
    fails_with("6261", TPS_CBOR_TRUNCATED, 0, "\n/ at byte 0: the CBOR ends in the middle of an item /");
    fails_with("82016261", TPS_CBOR_TRUNCATED, 2,
               "[\n  1\n/ at byte 2: the CBOR ends in the middle of an item /");
    fails_with("bf01ff", TPS_CBOR_BAD_BREAK, 2, "{_ 1\n/ at byte 2: a break stands where none may be /");
    fails_with("1c", TPS_CBOR_RESERVED, 0, "\n/ at byte 0: a CBOR head uses a reserved value /");
    fails_with("61ff", TPS_CBOR_BAD_UTF8, 1, "\"\\ufffd\"\n/ at byte 1: a text string is not UTF-8 /");
    fails_with("7f61ff", TPS_CBOR_BAD_UTF8, 2,
               "(_\n  \"\\ufffd\"\n/ at byte 2: a text string is not UTF-8 /");
    fails_with("7820ff", TPS_CBOR_TRUNCATED, 0, "\n/ at byte 0: the CBOR ends in the middle of an item /");
    fails_with("c1c1", TPS_CBOR_TRUNCATED, 2, "1(1(\n/ at byte 2: the CBOR ends in the middle of an item /");
    fails_with("5f5f", TPS_CBOR_BAD_BREAK, 1, "(_\n/ at byte 1: a break stands where none may be /");
    fails_with("bbfffffffffffffffe01", TPS_CBOR_TRUNCATED, 10,
               "{\n  1\n/ at byte 10: the CBOR ends in the middle of an item /");
}

static void nesting_beyond_the_limit_ends_in_a_note(void **state)
{
    uint8_t deep[10000];
    tps_error why = {0};
    page p = {.size = 0};

    (void)state;
    memset(deep, 0x81, sizeof deep);
    assert_int_equal(tps_cbor_diagnose(TPS_SPAN_OF(deep), onto_page, &p, &why), TPS_CBOR_TOO_DEEP);
    assert_int_equal(why.offset, TPS_CBOR_DEPTH_MAX + 1);
    assert_non_null(strstr(p.text, "nested deeper"));
}

static void escapes_by_mode(void **state)
{
    page p = {.size = 0};

    (void)state;
    escape_text(TPS_SPAN_LITERAL("a\"\\\x01\xff"), ESCAPE_PLAIN, onto_page, &p);
    assert_string_equal(p.text, "a\"\\\\\\u0001\\ufffd");
    p.size = 0;
    escape_text(TPS_SPAN_LITERAL("{\"a\\n\":1}\n"), ESCAPE_SOURCE, onto_page, &p);
    assert_string_equal(p.text, "{\"a\\n\":1}\\n");
}

/* Half a character at the end, and halves in the middle. */
static void what_may_be_shown_is_told_character_by_character(void **state)
{
    size_t length = 0;

    (void)state;
    assert_true(escape_is_shown(TPS_SPAN_LITERAL("a"), &length) && length == 1);
    assert_true(escape_is_shown(TPS_SPAN_LITERAL("\xc3\xbcx"), &length) && length == 2);
    assert_true(escape_is_shown(TPS_SPAN_LITERAL("\xf0\x90\x85\x91"), &length) && length == 4);
    assert_false(escape_is_shown(TPS_SPAN_LITERAL("\xf0\x90\x85"), &length));
    assert_int_equal(length, 1);
    assert_false(escape_is_shown(TPS_SPAN_LITERAL("\xe6\xb0x"), &length));
    assert_false(escape_is_shown(TPS_SPAN_LITERAL("\xe2\x80\xae"), &length));
    assert_int_equal(length, 3);
    assert_false(escape_is_shown(TPS_SPAN_LITERAL("\x1b"), &length));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_of_rfc_8949_are_shown_as_it_shows_them),
        cmocka_unit_test(the_published_diagnostic_column_is_met),
        cmocka_unit_test(floats_read_back_exactly_and_are_short),
        cmocka_unit_test(a_nan_with_a_payload_shows_its_bits),
        cmocka_unit_test(what_steers_a_terminal_is_escaped),
        cmocka_unit_test(larger_things_take_a_line_an_entry),
        cmocka_unit_test(a_fault_ends_the_output_with_a_note_at_its_offset),
        cmocka_unit_test(nesting_beyond_the_limit_ends_in_a_note),
        cmocka_unit_test(escapes_by_mode),
        cmocka_unit_test(what_may_be_shown_is_told_character_by_character),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
