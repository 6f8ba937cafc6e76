/* SPDX-License-Identifier: Apache-2.0 */
/* The table of statuses: what status.h promises of every entry. */
#include "support/check.h"

#include <ctype.h>

#define STATUS_VALUE(name, layer, code, cause, next) TPS_##name,
static const tps_status all[] = {TPS_STATUS_LIST(STATUS_VALUE)};
#undef STATUS_VALUE

#define COUNT (sizeof all / sizeof all[0])

static void every_status_has_a_number_of_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_not_equal(all[i], TPS_OK);
        for (size_t j = i + 1; j < COUNT; j++) {
            if (all[i] == all[j]) {
                fail_msg("%s has the number of another", tps_status_name(all[i]));
            }
        }
    }
}

static void codes_of_a_layer_count_up_without_gaps(void **state)
{
    uint32_t last[32] = {0};

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        uint32_t layer = all[i] >> 16;

        assert_in_range(layer, TPS_LAYER_BASE, 31);
        assert_int_equal(all[i] & 0xffff, last[layer] + 1);
        last[layer]++;
    }
}

static void check_words(const char *words)
{
    size_t size = strlen(words);

    assert_true(size > 0);
    assert_true(words[size - 1] != '.');
    /* Lower case, unless the first word is an acronym or a name (CBOR, CoRIM, JWK). */
    assert_false(isupper((unsigned char)words[0]) && islower((unsigned char)words[1]) && words[1] != 'o');
}

static void every_status_has_name_cause_and_next_step_for_people(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        assert_memory_equal(tps_status_name(all[i]), "TPS_", 4);
        assert_string_not_equal(tps_status_name(all[i]), "TPS_UNKNOWN");
        check_words(tps_status_cause(all[i]));
        check_words(tps_status_next_step(all[i]));
    }
}

static void names_are_those_of_the_source(void **state)
{
    (void)state;
    assert_string_equal(tps_status_name(TPS_OK), "TPS_OK");
    assert_string_equal(tps_status_name(TPS_CBOR_TRUNCATED), "TPS_CBOR_TRUNCATED");
    assert_string_equal(tps_status_cause(TPS_CBOR_TRUNCATED), "the CBOR ends in the middle of an item");
    assert_int_equal(TPS_CBOR_TRUNCATED, 0x00030001);
}

static void an_unknown_status_has_words_too(void **state)
{
    (void)state;
    assert_string_equal(tps_status_name(0xdeadbeef), "TPS_UNKNOWN");
    assert_non_null(tps_status_cause(0xdeadbeef));
    assert_non_null(tps_status_next_step(0xdeadbeef));
}

static void fail_fills_the_error_and_passes_the_status_on(void **state)
{
    tps_error why = {0};

    (void)state;
    assert_status(tps_fail(&why, TPS_IO, 7, "disk"), TPS_IO);
    assert_int_equal(why.status, TPS_IO);
    assert_int_equal(why.offset, 7);
    assert_string_equal(why.detail, "disk");
    assert_status(tps_fail(NULL, TPS_IO, 0, NULL), TPS_IO);
}

static tps_status try_twice(tps_status first, unsigned *calls)
{
    TPS_TRY(first);
    (*calls)++;
    return TPS_OK;
}

static void try_returns_from_the_function_that_uses_it(void **state)
{
    unsigned calls = 0;

    (void)state;
    assert_status(try_twice(TPS_NOT_FOUND, &calls), TPS_NOT_FOUND);
    assert_int_equal(calls, 0);
    assert_status(try_twice(TPS_OK, &calls), TPS_OK);
    assert_int_equal(calls, 1);
}

static void spans_compare_by_their_bytes(void **state)
{
    uint8_t bytes[] = {1, 2, 3};

    (void)state;
    assert_true(tps_span_equal(TPS_SPAN_EMPTY, tps_span_make(bytes, 0)));
    assert_true(tps_span_equal(TPS_SPAN_OF(bytes), tps_span_make(bytes, 3)));
    assert_false(tps_span_equal(TPS_SPAN_OF(bytes), tps_span_make(bytes, 2)));
    assert_false(tps_span_equal(TPS_SPAN_LITERAL("abc"), TPS_SPAN_LITERAL("abd")));
    assert_true(tps_span_is_text(TPS_SPAN_LITERAL("abc"), "abc"));
    assert_false(tps_span_is_text(TPS_SPAN_LITERAL("abc"), "abcd"));
    assert_int_equal(tps_span_of_text(NULL).size, 0);
    assert_int_equal(TPS_BUF_OF(bytes).size, 3);
    assert_null(TPS_BUF_MEASURE.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_a_number_of_its_own),
        cmocka_unit_test(codes_of_a_layer_count_up_without_gaps),
        cmocka_unit_test(every_status_has_name_cause_and_next_step_for_people),
        cmocka_unit_test(names_are_those_of_the_source),
        cmocka_unit_test(an_unknown_status_has_words_too),
        cmocka_unit_test(fail_fills_the_error_and_passes_the_status_on),
        cmocka_unit_test(try_returns_from_the_function_that_uses_it),
        cmocka_unit_test(spans_compare_by_their_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
