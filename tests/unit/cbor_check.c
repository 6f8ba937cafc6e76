/* SPDX-License-Identifier: Apache-2.0 */
/* The CBOR checker: what is not well-formed, and the limits. Keys, vectors and the deterministic form have
 * files of their own. */
#include "tps/cbor.h"

#include "support/cbor_hex.h"
#include "support/check.h"
#include "support/vectors.h"

#define MESSAGE (&tps_cbor_limits_message)

typedef struct {
    const char *hex;
    tps_status expected;
} sample;

static void assert_samples(const sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_cbor(samples[i].hex, MESSAGE, samples[i].expected);
        assert_cbor(samples[i].hex, &tps_cbor_limits_file, samples[i].expected);
    }
}

#define ASSERT_SAMPLES(table) assert_samples(table, sizeof table / sizeof table[0])

/* RFC 8949, appendix F: the input ends too early. */
static void appendix_f_truncated_items_are_refused(void **state)
{
    static const sample samples[] = {
        {"", TPS_CBOR_TRUNCATED},
        {"18", TPS_CBOR_TRUNCATED},
        {"19", TPS_CBOR_TRUNCATED},
        {"1a", TPS_CBOR_TRUNCATED},
        {"1b", TPS_CBOR_TRUNCATED},
        {"1901", TPS_CBOR_TRUNCATED},
        {"1a0102", TPS_CBOR_TRUNCATED},
        {"1b01020304050607", TPS_CBOR_TRUNCATED},
        {"38", TPS_CBOR_TRUNCATED},
        {"58", TPS_CBOR_TRUNCATED},
        {"78", TPS_CBOR_TRUNCATED},
        {"98", TPS_CBOR_TRUNCATED},
        {"9a01ff00", TPS_CBOR_TRUNCATED},
        {"b8", TPS_CBOR_TRUNCATED},
        {"d8", TPS_CBOR_TRUNCATED},
        {"f8", TPS_CBOR_TRUNCATED},
        {"f900", TPS_CBOR_TRUNCATED},
        {"fa0000", TPS_CBOR_TRUNCATED},
        {"fb000000", TPS_CBOR_TRUNCATED},
        {"41", TPS_CBOR_TRUNCATED},
        {"61", TPS_CBOR_TRUNCATED},
        {"5affffffff00", TPS_CBOR_TRUNCATED},
        {"5bffffffffffffffff010203", TPS_CBOR_TRUNCATED},
        {"7affffffff00", TPS_CBOR_TRUNCATED},
        {"7b7fffffffffffffff010203", TPS_CBOR_TRUNCATED},
        {"81", TPS_CBOR_TRUNCATED},
        {"818181818181818181", TPS_CBOR_TRUNCATED},
        {"8200", TPS_CBOR_TRUNCATED},
        {"a1", TPS_CBOR_TRUNCATED},
        {"a20102", TPS_CBOR_TRUNCATED},
        {"a100", TPS_CBOR_TRUNCATED},
        {"c0", TPS_CBOR_TRUNCATED},
        {"5f4100", TPS_CBOR_TRUNCATED},
        {"7f6100", TPS_CBOR_TRUNCATED},
        {"9f", TPS_CBOR_TRUNCATED},
        {"9f0102", TPS_CBOR_TRUNCATED},
        {"bf", TPS_CBOR_TRUNCATED},
        {"819f", TPS_CBOR_TRUNCATED},
        {"9f8000", TPS_CBOR_TRUNCATED},
        {"9f9f9f9f9fffffffff", TPS_CBOR_TRUNCATED},
        {"9f819f819f9fffffff", TPS_CBOR_TRUNCATED},
        /* These two of the appendix repeat a key, which shows first. */
        {"a2000000", TPS_CBOR_DUPLICATE_KEY},
        {"bf01020102", TPS_CBOR_DUPLICATE_KEY},
    };

    (void)state;
    ASSERT_SAMPLES(samples);
}

/* RFC 8949, appendix F: reserved additional information, in every major type. */
static void appendix_f_reserved_heads_are_refused(void **state)
{
    (void)state;
    for (unsigned major = 0; major < 8; major++) {
        for (unsigned info = 28; info < 32; info++) {
            uint8_t bytes[10] = {(uint8_t)(major << 5 | info)};
            bool has_indefinite = major >= 2 && major != 6;

            if (info < 31 || !has_indefinite) {
                assert_status(tps_cbor_check(TPS_SPAN_OF(bytes), MESSAGE, NULL, NULL), TPS_CBOR_RESERVED);
            }
        }
    }
}

static void appendix_f_simple_values_below_32_in_two_bytes_are_refused(void **state)
{
    (void)state;
    for (unsigned value = 0; value < 256; value++) {
        uint8_t bytes[2] = {0xf8, (uint8_t)value};

        assert_status(tps_cbor_check(TPS_SPAN_OF(bytes), MESSAGE, NULL, NULL),
                      value < 32 ? TPS_CBOR_RESERVED : TPS_OK);
    }
}

/* RFC 8949, appendix F: chunks of another type or without a length, and breaks where none may be. */
static void appendix_f_wrong_chunks_and_breaks_are_refused(void **state)
{
    static const sample samples[] = {
        {"5f00ff", TPS_CBOR_BAD_BREAK},
        {"5f21ff", TPS_CBOR_BAD_BREAK},
        {"5f6100ff", TPS_CBOR_BAD_BREAK},
        {"5f80ff", TPS_CBOR_BAD_BREAK},
        {"5fa0ff", TPS_CBOR_BAD_BREAK},
        {"5fc000ff", TPS_CBOR_BAD_BREAK},
        {"5fe0ff", TPS_CBOR_BAD_BREAK},
        {"7f4100ff", TPS_CBOR_BAD_BREAK},
        {"5f5f4100ffff", TPS_CBOR_BAD_BREAK},
        {"7f7f6100ffff", TPS_CBOR_BAD_BREAK},
        {"ff", TPS_CBOR_BAD_BREAK},
        {"81ff", TPS_CBOR_BAD_BREAK},
        {"8200ff", TPS_CBOR_BAD_BREAK},
        {"a1ff", TPS_CBOR_BAD_BREAK},
        {"a1ff00", TPS_CBOR_BAD_BREAK},
        {"a100ff", TPS_CBOR_BAD_BREAK},
        {"a20000ff", TPS_CBOR_BAD_BREAK},
        {"9f81ff", TPS_CBOR_BAD_BREAK},
        {"9f829f819f9fffffffff", TPS_CBOR_BAD_BREAK},
        {"bf00ff", TPS_CBOR_BAD_BREAK},
        {"bf000100ff", TPS_CBOR_DUPLICATE_KEY},
        {"bf000101ff", TPS_CBOR_BAD_BREAK},
        {"c1ff", TPS_CBOR_BAD_BREAK},
        {"9fc1ff", TPS_CBOR_BAD_BREAK},
    };

    (void)state;
    ASSERT_SAMPLES(samples);
}

static void text_must_be_utf8_chunk_by_chunk(void **state)
{
    static const sample samples[] = {
        {"62c3bc", TPS_OK},
        {"61c3", TPS_CBOR_BAD_UTF8},
        {"62c080", TPS_CBOR_BAD_UTF8},
        {"63eda080", TPS_CBOR_BAD_UTF8},
        {"64f4908080", TPS_CBOR_BAD_UTF8},
        {"7f62c3bc62c3bcff", TPS_OK},
        {"7f61c361bcff", TPS_CBOR_BAD_UTF8},
        {"5f41c341bcff", TPS_OK},
        {"a161ff00", TPS_CBOR_BAD_UTF8},
    };

    (void)state;
    ASSERT_SAMPLES(samples);
}

static void bytes_behind_the_item_are_refused_unless_its_size_is_asked_for(void **state)
{
    const uint8_t bytes[] = {0x82, 0x01, 0x02, 0xff, 0xff};
    tps_error why = {0};
    size_t size = 0;

    (void)state;
    assert_status(tps_cbor_check(TPS_SPAN_OF(bytes), MESSAGE, NULL, &why), TPS_CBOR_TRAILING);
    assert_int_equal(why.offset, 3);
    assert_int_equal(why.status, TPS_CBOR_TRAILING);
    assert_status(tps_cbor_check(TPS_SPAN_OF(bytes), MESSAGE, &size, NULL), TPS_OK);
    assert_int_equal(size, 3);
}

/* `count` times `unit`, then an integer. */
static tps_status check_nested(const char *unit, size_t count, const tps_cbor_limits *limits)
{
    tps_buf bytes = bytes_from_hex(unit);
    tps_buf nested = {malloc(bytes.size * count + 1), bytes.size * count + 1};
    tps_status status;

    for (size_t i = 0; i < count; i++) {
        memcpy(nested.data + i * bytes.size, bytes.data, bytes.size);
    }
    nested.data[nested.size - 1] = 0x00;
    status = tps_cbor_check(span_of(nested), limits, NULL, NULL);
    free(nested.data);
    free(bytes.data);
    return status;
}

static void nesting_10000_deep_is_refused_in_every_kind(void **state)
{
    static const char *const units[] = {"81", "9f", "a100", "a1", "bf00", "c1", "d818", "82c1", "819f"};

    (void)state;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        assert_status(check_nested(units[i], 10000, MESSAGE), TPS_CBOR_TOO_DEEP);
        assert_status(check_nested(units[i], 10000, &tps_cbor_limits_file), TPS_CBOR_TOO_DEEP);
    }
    /* A map of indefinite length is no key, and a string of indefinite length holds no other. */
    assert_status(check_nested("bf", 10000, MESSAGE), TPS_CBOR_NOT_DETERMINISTIC);
    assert_status(check_nested("5f", 10000, MESSAGE), TPS_CBOR_BAD_BREAK);
    assert_status(check_nested("7f", 10000, MESSAGE), TPS_CBOR_BAD_BREAK);
}

static void nesting_is_allowed_exactly_to_the_limit(void **state)
{
    tps_cbor_limits beyond = tps_cbor_limits_file;

    (void)state;
    beyond.depth = 1000;
    assert_status(check_nested("81", 16, MESSAGE), TPS_OK);
    assert_status(check_nested("81", 17, MESSAGE), TPS_CBOR_TOO_DEEP);
    /* An array or map with nothing in it is one all the same: who reads it enters it. */
    assert_cbor("81818181818181818181818181818180", MESSAGE, TPS_OK);
    assert_cbor("8181818181818181818181818181818180", MESSAGE, TPS_CBOR_TOO_DEEP);
    assert_cbor("81818181818181818181818181818181a0", MESSAGE, TPS_CBOR_TOO_DEEP);
    assert_cbor("818181818181818181818181818181819fff", MESSAGE, TPS_CBOR_TOO_DEEP);
    assert_cbor("8181818181818181818181818181818140", MESSAGE, TPS_OK);
    assert_status(check_nested("c1", 16, MESSAGE), TPS_OK);
    assert_status(check_nested("c1", 17, MESSAGE), TPS_CBOR_TOO_DEEP);
    assert_status(check_nested("a100", 16, MESSAGE), TPS_OK);
    assert_status(check_nested("a100", 17, MESSAGE), TPS_CBOR_TOO_DEEP);
    assert_status(check_nested("81", TPS_CBOR_DEPTH_MAX, &tps_cbor_limits_file), TPS_OK);
    assert_status(check_nested("81", TPS_CBOR_DEPTH_MAX, &beyond), TPS_OK);
    assert_status(check_nested("81", TPS_CBOR_DEPTH_MAX + 1, &beyond), TPS_CBOR_TOO_DEEP);
}

/* A string in chunks counts as one level, too. */
static void a_string_in_chunks_is_a_level(void **state)
{
    tps_cbor_limits two = tps_cbor_limits_message;

    (void)state;
    two.depth = 2;
    assert_cbor("815f4100ff", &two, TPS_OK);
    assert_cbor("81815f4100ff", &two, TPS_CBOR_TOO_DEEP);
    two.depth = 0;
    assert_cbor("00", &two, TPS_OK);
    assert_cbor("8100", &two, TPS_CBOR_TOO_DEEP);
}

/* `head`, `count` times `unit`, `tail`. */
static tps_status check_many(const char *head, const char *unit, size_t count, const char *tail)
{
    size_t unit_size = strlen(unit);
    char *hex = malloc(strlen(head) + unit_size * count + strlen(tail) + 1);
    char *at = stpcpy(hex, head);
    tps_status status;

    for (size_t i = 0; i < count; i++) {
        memcpy(at, unit, unit_size);
        at += unit_size;
    }
    strcpy(at, tail);
    status = cbor_hex_check(hex, MESSAGE, NULL);
    free(hex);
    return status;
}

static void entries_are_counted_to_the_limit(void **state)
{
    (void)state;
    assert_status(check_many("990200", "00", 512, ""), TPS_OK);
    assert_status(check_many("990201", "00", 513, ""), TPS_CBOR_TOO_MANY);
    assert_status(check_many("9f", "00", 512, "ff"), TPS_OK);
    assert_status(check_many("9f", "00", 513, "ff"), TPS_CBOR_TOO_MANY);
    assert_status(check_many("5f", "40", 512, "ff"), TPS_OK);
    assert_status(check_many("5f", "40", 513, "ff"), TPS_CBOR_TOO_MANY);
    assert_status(check_many("7f", "60", 513, "ff"), TPS_CBOR_TOO_MANY);
}

static void pairs_of_a_map_are_counted_to_the_limit(void **state)
{
    uint8_t bytes[8 + 514 * 4];

    (void)state;
    for (unsigned is_indefinite = 0; is_indefinite < 2; is_indefinite++) {
        for (size_t pairs = 511; pairs <= 513; pairs++) {
            tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));

            if (is_indefinite) {
                tps_cbor_put_raw(&w, TPS_SPAN_LITERAL("\xbf"));
            } else {
                tps_cbor_put_map(&w, pairs);
            }
            for (size_t i = 0; i < pairs; i++) {
                tps_cbor_put_uint(&w, i);
                tps_cbor_put_null(&w);
            }
            if (is_indefinite) {
                tps_cbor_put_raw(&w, TPS_SPAN_LITERAL("\xff"));
            }
            assert_status(tps_cbor_check(tps_span_make(bytes, w.size), MESSAGE, NULL, NULL),
                          pairs <= 512 ? TPS_OK : TPS_CBOR_TOO_MANY);
        }
    }
}

/* A count that the input cannot hold is a lie about its end, not a large array. */
static void a_dishonest_count_is_called_truncated(void **state)
{
    (void)state;
    assert_cbor("9a00100000", MESSAGE, TPS_CBOR_TRUNCATED);
    assert_cbor("9bffffffffffffffff", MESSAGE, TPS_CBOR_TRUNCATED);
    assert_cbor("9bfffffffffffffffe00ff", MESSAGE, TPS_CBOR_TRUNCATED);
    assert_cbor("bbffffffffffffffff0000ff", MESSAGE, TPS_CBOR_TRUNCATED);
    assert_cbor("bb80000000000000000000", MESSAGE, TPS_CBOR_TRUNCATED);
    assert_cbor("bb7fffffffffffffff0000", MESSAGE, TPS_CBOR_TRUNCATED);
}

static void size_is_allowed_exactly_to_the_limit(void **state)
{
    uint8_t *bytes = calloc(1, 65538);

    (void)state;
    bytes[0] = 0x59;
    bytes[1] = 0xff;
    bytes[2] = 0xfd;
    assert_status(tps_cbor_check(tps_span_make(bytes, 65536), MESSAGE, NULL, NULL), TPS_OK);
    bytes[2] = 0xfe;
    assert_status(tps_cbor_check(tps_span_make(bytes, 65537), MESSAGE, NULL, NULL), TPS_CBOR_TOO_LONG);
    free(bytes);
}

static void an_item_of_a_sequence_that_passes_the_limit_is_too_long_and_not_truncated(void **state)
{
    const tps_cbor_limits four = {4, 4, 4, NULL};
    const uint8_t fits[] = {0x43, 1, 2, 3, 0xff};
    const uint8_t passes[] = {0x44, 1, 2, 3, 4};
    const uint8_t cut[] = {0x44, 1, 2};
    size_t size = 0;

    (void)state;
    assert_status(tps_cbor_check(TPS_SPAN_OF(fits), &four, &size, NULL), TPS_OK);
    assert_int_equal(size, 4);
    assert_status(tps_cbor_check(TPS_SPAN_OF(passes), &four, &size, NULL), TPS_CBOR_TOO_LONG);
    assert_status(tps_cbor_check(TPS_SPAN_OF(cut), &four, &size, NULL), TPS_CBOR_TRUNCATED);
}

static void the_fault_is_named_with_its_offset(void **state)
{
    tps_error why = {0};

    (void)state;
    assert_status(cbor_hex_check("8301021c", MESSAGE, &why), TPS_CBOR_RESERVED);
    assert_int_equal(why.status, TPS_CBOR_RESERVED);
    assert_int_equal(why.offset, 3);
    assert_status(cbor_hex_check("", MESSAGE, &why), TPS_CBOR_TRUNCATED);
    assert_int_equal(why.offset, 0);
    assert_status(cbor_hex_check("8201ff", MESSAGE, &why), TPS_CBOR_BAD_BREAK);
    assert_int_equal(why.offset, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appendix_f_truncated_items_are_refused),
        cmocka_unit_test(appendix_f_reserved_heads_are_refused),
        cmocka_unit_test(appendix_f_simple_values_below_32_in_two_bytes_are_refused),
        cmocka_unit_test(appendix_f_wrong_chunks_and_breaks_are_refused),
        cmocka_unit_test(text_must_be_utf8_chunk_by_chunk),
        cmocka_unit_test(bytes_behind_the_item_are_refused_unless_its_size_is_asked_for),
        cmocka_unit_test(nesting_10000_deep_is_refused_in_every_kind),
        cmocka_unit_test(nesting_is_allowed_exactly_to_the_limit),
        cmocka_unit_test(a_string_in_chunks_is_a_level),
        cmocka_unit_test(entries_are_counted_to_the_limit),
        cmocka_unit_test(pairs_of_a_map_are_counted_to_the_limit),
        cmocka_unit_test(a_dishonest_count_is_called_truncated),
        cmocka_unit_test(size_is_allowed_exactly_to_the_limit),
        cmocka_unit_test(an_item_of_a_sequence_that_passes_the_limit_is_too_long_and_not_truncated),
        cmocka_unit_test(the_fault_is_named_with_its_offset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
