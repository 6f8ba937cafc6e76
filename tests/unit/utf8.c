/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8: every boundary of the table in RFC 3629, section 4. */
#include "format/text/utf8.h"

#include "support/check.h"

static bool is_valid(const char *bytes, size_t size)
{
    tps_buf copy = exact_copy(tps_span_make(bytes, size));
    bool valid = utf8_is_valid((tps_span){copy.data, copy.size});

    free(copy.data);
    return valid;
}

#define VALID(literal)   assert_true(is_valid(literal, sizeof literal - 1))
#define INVALID(literal) assert_false(is_valid(literal, sizeof literal - 1))

static void shortest_forms_of_scalar_values_are_valid(void **state)
{
    (void)state;
    assert_true(utf8_is_valid(TPS_SPAN_EMPTY));
    VALID("\x00");
    VALID("plain\x7f");
    VALID("\xc2\x80");
    VALID("\xdf\xbf");
    VALID("\xe0\xa0\x80");
    VALID("\xec\xbf\xbf");
    VALID("\xed\x80\x80");
    VALID("\xed\x9f\xbf");
    VALID("\xee\x80\x80");
    VALID("\xef\xbf\xbf");
    VALID("\xf0\x90\x80\x80");
    VALID("\xf3\xbf\xbf\xbf");
    VALID("\xf4\x8f\xbf\xbf");
    VALID("a\xc3\xbc\xe6\xb0\xb4\xf0\x90\x85\x91z");
}

static void long_forms_are_refused(void **state)
{
    (void)state;
    INVALID("\xc0\x80");
    INVALID("\xc1\xbf");
    INVALID("\xe0\x80\x80");
    INVALID("\xe0\x9f\xbf");
    INVALID("\xf0\x80\x80\x80");
    INVALID("\xf0\x8f\xbf\xbf");
}

static void surrogates_and_values_beyond_the_last_are_refused(void **state)
{
    (void)state;
    INVALID("\xed\xa0\x80");
    INVALID("\xed\xbf\xbf");
    INVALID("\xf4\x90\x80\x80");
    INVALID("\xf5\x80\x80\x80");
    INVALID("\xff");
    INVALID("\xfe");
}

static void cut_and_stray_bytes_are_refused(void **state)
{
    (void)state;
    INVALID("\x80");
    INVALID("\xbf");
    INVALID("\xc2");
    INVALID("\xe2\x82");
    INVALID("\xf0\x90\x80");
    INVALID("a\xf0\x90\x80");
    INVALID("\xc2\x7f");
    INVALID("\xc2\xc0");
    INVALID("\xe2\x82\x28");
    INVALID("\xe2\x82\xc0");
    INVALID("\xf0\x90\x28\x80");
    INVALID("\xf0\x90\x80\xc0");
}

/* Every sequence of two bytes, against the rule itself: one character of ASCII each, or one of
 * U+0080..U+07FF. */
static void all_pairs_of_bytes_are_judged_right(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++) {
        for (unsigned second = 0; second < 256; second++) {
            uint8_t pair[2] = {(uint8_t)first, (uint8_t)second};
            unsigned value = (first & 0x1f) << 6 | (second & 0x3f);
            bool is_two = (first & 0xe0) == 0xc0 && (second & 0xc0) == 0x80 && value >= 0x80;
            bool expected = (first < 0x80 && second < 0x80) || is_two;

            assert_int_equal(utf8_is_valid(TPS_SPAN_OF(pair)), expected);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shortest_forms_of_scalar_values_are_valid),
        cmocka_unit_test(long_forms_are_refused),
        cmocka_unit_test(surrogates_and_values_beyond_the_last_are_refused),
        cmocka_unit_test(cut_and_stray_bytes_are_refused),
        cmocka_unit_test(all_pairs_of_bytes_are_judged_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
