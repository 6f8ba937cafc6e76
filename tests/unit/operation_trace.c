/* SPDX-License-Identifier: Apache-2.0 */
/* W3C Trace Context: which fields are followed, what is passed on, and that identifiers are new. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/operation/trace.h"

#define GOOD "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

static tps_trace_source source;

static bool begin(tps_trace *trace, const char *parent, const char *state)
{
    return tps_trace_begin(trace, &source, tps_span_of_text(parent), tps_span_of_text(state));
}

static void a_callers_trace_is_followed_with_a_span_of_our_own(void **state)
{
    tps_trace trace;
    char parent[TPS_TRACE_PARENT_SIZE];
    char id[TPS_TRACE_REQUEST_SIZE];

    (void)state;
    assert_true(begin(&trace, GOOD, "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7"));
    tps_trace_write(&trace, parent);
    tps_trace_request_id(&trace, id);

    assert_memory_equal(parent, GOOD, 36);
    assert_memory_not_equal(parent + 36, GOOD + 36, 16);
    assert_string_equal(parent + 52, "-01");
    assert_memory_equal(id, parent + 36, 16);
    assert_int_equal(strlen(id), 16);
    assert_int_equal(trace.parent_id[7], 0xb7);
    assert_int_equal(trace.state_size, 39);
    assert_memory_equal(trace.state, "congo=", 6);
}

static void without_a_good_parent_a_trace_begins_here(void **state)
{
    static const char *const bad[] = {
        "",
        "00",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what",
        "00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "0g-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.what",
        " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    };
    tps_trace first, trace;

    (void)state;
    assert_false(begin(&first, "", ""));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(tps_trace_parent_is_valid(tps_span_of_text(bad[i])));
        assert_false(begin(&trace, bad[i], "congo=t61rcWkgMzE"));
        assert_memory_not_equal(trace.trace_id, first.trace_id, TPS_TRACE_ID_SIZE);
        assert_int_equal(trace.state_size, 0);
        assert_int_equal(trace.flags, TPS_TRACE_RANDOM);
        assert_memory_equal(trace.parent_id, "\0\0\0\0\0\0\0\0", TPS_TRACE_SPAN_SIZE);
    }
}

static void a_later_version_is_read_as_far_as_it_is_known(void **state)
{
    tps_trace trace;

    (void)state;
    assert_true(begin(&trace, "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future", ""));
    assert_true(begin(&trace, "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff", ""));
    assert_int_equal(trace.flags, TPS_TRACE_SAMPLED | TPS_TRACE_RANDOM);
}

static void assert_state(const char *text, bool valid)
{
    assert_int_equal(tps_trace_state_is_valid(tps_span_of_text(text)), valid);
}

static void a_tracestate_is_passed_on_only_if_it_is_one(void **state)
{
    char text[TPS_TRACE_STATE_MAX + 8];
    size_t size = 0;

    (void)state;
    assert_state("", true);
    assert_state("a=1", true);
    assert_state("a=1, ,b=2\t,", true);
    assert_state("0tenant-_*/@system=v v", true);
    assert_state("a", false);
    assert_state("=1", false);
    assert_state("a=", false);
    assert_state("a=1=2", false);
    assert_state("a=1,a=2", false);
    assert_state("A=1", false);
    assert_state("-a=1", false);
    assert_state("a@=1", false);
    assert_state("a@b@c=1", false);
    assert_state("a@_b=1", false);
    assert_state("a@bcdefghijklmn=1", true);
    assert_state("a@bcdefghijklmno1=1", false);
    assert_state("a=\x7f", false);
    assert_state("a b=1", false);
    for (unsigned i = 0; i < TPS_TRACE_STATE_COUNT; i++) {
        size += (size_t)snprintf(text + size, sizeof(text) - size, "k%u=1,", i);
    }
    assert_state(text, true);
    (void)snprintf(text + size, sizeof(text) - size, "more=1");
    assert_state(text, false);
    memset(text, 'v', sizeof(text));
    memcpy(text, "a=", 2);
    text[2 + 256] = '\0';
    assert_state(text, true);
    text[2 + 256] = 'v';
    text[2 + 257] = '\0';
    assert_state(text, false);
    memset(text, 'k', 257);
    memcpy(text + 256, "=v", 3);
    assert_state(text, true);
    memcpy(text + 256, "k=v", 4);
    assert_state(text, false);
    memset(text, ',', sizeof(text));
    text[TPS_TRACE_STATE_MAX] = '\0';
    assert_state(text, true);
    text[TPS_TRACE_STATE_MAX] = ',';
    text[TPS_TRACE_STATE_MAX + 1] = '\0';
    assert_state(text, false);
}

static void a_bad_tracestate_does_not_lose_the_trace(void **state)
{
    tps_trace trace;

    (void)state;
    assert_true(begin(&trace, GOOD, "a=1,a=2"));
    assert_int_equal(trace.state_size, 0);
}

static void a_span_within_has_the_request_as_parent(void **state)
{
    tps_trace request, part;

    (void)state;
    assert_true(begin(&request, GOOD, "a=1"));
    tps_trace_begin_within(&part, &request, &source);
    assert_memory_equal(part.trace_id, request.trace_id, TPS_TRACE_ID_SIZE);
    assert_memory_equal(part.parent_id, request.span_id, TPS_TRACE_SPAN_SIZE);
    assert_memory_not_equal(part.span_id, request.span_id, TPS_TRACE_SPAN_SIZE);
    assert_int_equal(part.state_size, 3);
}

static void identifiers_differ_over_many_draws(void **state)
{
    static uint8_t seen[1000][TPS_TRACE_SPAN_SIZE];
    tps_trace trace;

    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        (void)begin(&trace, "", "");
        memcpy(seen[i], trace.span_id, TPS_TRACE_SPAN_SIZE);
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(seen[i], seen[j], TPS_TRACE_SPAN_SIZE);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_callers_trace_is_followed_with_a_span_of_our_own),
        cmocka_unit_test(without_a_good_parent_a_trace_begins_here),
        cmocka_unit_test(a_later_version_is_read_as_far_as_it_is_known),
        cmocka_unit_test(a_tracestate_is_passed_on_only_if_it_is_one),
        cmocka_unit_test(a_bad_tracestate_does_not_lose_the_trace),
        cmocka_unit_test(a_span_within_has_the_request_as_parent),
        cmocka_unit_test(identifiers_differ_over_many_draws),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
