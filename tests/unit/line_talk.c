/* SPDX-License-Identifier: Apache-2.0 */
/* Commands and their answers, and the log, over the serial line: each in its place, none twice, what is lost
 * is told. */
#include "line/channels.h"
#include "line_support.h"

static line_pair pair;

static int start(void **state)
{
    (void)state;
    line_pair_init(&pair, 11);
    line_pair_run(&pair, 20);
    return 0;
}

static void ask(const char *text)
{
    assert_status(tps_line_ask(&pair.host, tps_span_of_text(text)), TPS_OK);
    line_pair_run(&pair, 50);
}

static uint32_t take(const char *text)
{
    uint32_t ticket;
    tps_span command;

    assert_true(tps_line_command(&pair.chip, &ticket, &command));
    assert_span_text(command, text);
    assert_false(tps_line_command(&pair.chip, &ticket, &command));
    return ticket;
}

static void assert_answered(uint32_t expected_result, const char *expected_text)
{
    uint32_t result;
    tps_span text;

    assert_int_equal(tps_line_asked(&pair.host, &result, &text), TPS_LINE_ANSWERED);
    assert_int_equal(result, expected_result);
    assert_span_text(text, expected_text);
}

static uint32_t asked(void)
{
    uint32_t result;
    tps_span text;

    return tps_line_asked(&pair.host, &result, &text);
}

static void assert_next_log(const char *expected, uint32_t expected_lost)
{
    uint8_t text[TPS_LINE_TEXT_MAX];
    size_t size = 0;
    uint32_t lost = 0;

    assert_true(tps_line_next_log(&pair.host, text, &size, &lost));
    assert_span_text(tps_span_make(text, size), expected);
    assert_int_equal(lost, expected_lost);
}

static void assert_no_log(void)
{
    uint8_t text[TPS_LINE_TEXT_MAX];
    size_t size;
    uint32_t lost;

    assert_false(tps_line_next_log(&pair.host, text, &size, &lost));
}

static void chip_says(const char *text)
{
    tps_line_log(&pair.chip, tps_span_of_text(text));
}

static void a_command_is_answered(void **state)
{
    uint32_t ticket;

    (void)state;
    assert_int_equal(asked(), TPS_LINE_NO_COMMAND);
    ask("status");
    assert_int_equal(asked(), TPS_LINE_UNANSWERED);
    ticket = take("status");
    assert_status(tps_line_answer(&pair.chip, ticket, TPS_LINE_REFUSED, TPS_SPAN_LITERAL("it is off")),
                  TPS_OK);
    assert_status(tps_line_answer(&pair.chip, ticket, TPS_LINE_GOOD, TPS_SPAN_LITERAL("twice")),
                  TPS_NOT_FOUND);
    line_pair_run(&pair, 50);
    assert_answered(TPS_LINE_REFUSED, "it is off");
    assert_status(tps_line_answer(&pair.chip, ticket, TPS_LINE_GOOD, TPS_SPAN_LITERAL("twice")),
                  TPS_NOT_FOUND);
    ask("again");
    assert_status(tps_line_answer(&pair.chip, ticket, TPS_LINE_GOOD, TPS_SPAN_LITERAL("the old one")),
                  TPS_NOT_FOUND);
    assert_status(tps_line_answer(&pair.chip, take("again"), TPS_LINE_GOOD, TPS_SPAN_EMPTY), TPS_OK);
    line_pair_run(&pair, 50);
    assert_answered(TPS_LINE_GOOD, "");
}

static void one_command_waits_at_a_time_and_only_the_bridge_asks(void **state)
{
    (void)state;
    ask("first");
    assert_status(tps_line_ask(&pair.host, TPS_SPAN_LITERAL("second")), TPS_LINE_BUSY);
    assert_status(tps_line_ask(&pair.chip, TPS_SPAN_LITERAL("question")), TPS_LINE_BUSY);
    line_forge(&pair.chip, MESSAGE_COMMAND, TPS_SPAN_LITERAL("\x09second"));
    (void)take("first");
}

static void a_command_is_a_line_of_bounded_length(void **state)
{
    char text[TPS_LINE_TEXT_MAX + 1];

    (void)state;
    memset(text, 'x', sizeof(text));
    assert_status(tps_line_ask(&pair.host, TPS_SPAN_OF(text)), TPS_BAD_ARGUMENT);
    assert_status(tps_line_ask(&pair.host, TPS_SPAN_EMPTY), TPS_BAD_ARGUMENT);
    assert_status(tps_line_ask(&pair.host, TPS_SPAN_LITERAL("on\n")), TPS_BAD_ARGUMENT);
    assert_status(tps_line_ask(&pair.host, TPS_SPAN_LITERAL("\x7f")), TPS_BAD_ARGUMENT);
    assert_int_equal(asked(), TPS_LINE_NO_COMMAND);
    text[TPS_LINE_TEXT_MAX] = '\0';
    ask(text);
    (void)take(text);
}

static void an_answer_is_cut_and_its_result_is_one_of_three(void **state)
{
    char text[TPS_LINE_TEXT_MAX + 20];

    (void)state;
    memset(text, 'y', sizeof(text));
    ask("much");
    assert_status(tps_line_answer(&pair.chip, take("much"), 77, TPS_SPAN_OF(text)), TPS_OK);
    line_pair_run(&pair, 50);
    text[TPS_LINE_TEXT_MAX] = '\0';
    assert_answered(TPS_LINE_FAILED, text);
}

static void a_command_is_lost_with_the_chip_that_had_it(void **state)
{
    (void)state;
    ask("who is there");
    line_pair_restart_chip(&pair);
    line_pair_run(&pair, 50);
    assert_int_equal(asked(), TPS_LINE_LOST);
    ask("once more");
    assert_status(tps_line_answer(&pair.chip, take("once more"), 0, TPS_SPAN_LITERAL("me")), TPS_OK);
    line_pair_run(&pair, 50);
    assert_answered(TPS_LINE_GOOD, "me");
}

static void a_command_that_was_not_sent_yet_waits_for_the_chip(void **state)
{
    (void)state;
    line_pair_init(&pair, 1);
    ask("early");
    assert_int_equal(asked(), TPS_LINE_UNANSWERED);
    assert_status(tps_line_answer(&pair.chip, take("early"), 0, TPS_SPAN_LITERAL("bird")), TPS_OK);
    line_pair_run(&pair, 50);
    assert_answered(TPS_LINE_GOOD, "bird");
}

static void nobody_is_answered_when_the_bridge_that_asked_is_gone(void **state)
{
    uint32_t ticket;

    (void)state;
    ask("slow");
    ticket = take("slow");
    line_pair_restart_host(&pair);
    line_pair_run(&pair, 50);
    assert_status(tps_line_answer(&pair.chip, ticket, 0, TPS_SPAN_LITERAL("late")), TPS_NOT_FOUND);
    ask("quick");
    assert_status(tps_line_answer(&pair.chip, ticket, 0, TPS_SPAN_LITERAL("late")), TPS_NOT_FOUND);
    assert_status(tps_line_answer(&pair.chip, take("quick"), 0, TPS_SPAN_LITERAL("soon")), TPS_OK);
    line_pair_run(&pair, 50);
    assert_answered(TPS_LINE_GOOD, "soon");
}

static void what_is_no_command_and_no_answer_means_nothing(void **state)
{
    uint32_t ticket;
    tps_span command;

    (void)state;
    line_forge(&pair.chip, MESSAGE_COMMAND, TPS_SPAN_LITERAL("\x01"));
    line_forge(&pair.chip, MESSAGE_ANSWER, TPS_SPAN_LITERAL("\x01\x00x"));
    line_forge(&pair.chip, MESSAGE_LOG, TPS_SPAN_LITERAL("\x00x"));
    line_forge(&pair.host, MESSAGE_COMMAND, TPS_SPAN_LITERAL("\x01x"));
    line_forge(&pair.host, MESSAGE_ANSWER, TPS_SPAN_LITERAL("\x00\x00x"));
    line_forge(&pair.host, MESSAGE_LOG, TPS_SPAN_EMPTY);
    assert_false(tps_line_command(&pair.chip, &ticket, &command));
    assert_int_equal(pair.chip.log_ring.used, 0);
    assert_int_equal(asked(), TPS_LINE_NO_COMMAND);
    assert_no_log();
    assert_status(tps_line_answer(&pair.host, 0, 0, TPS_SPAN_EMPTY), TPS_NOT_FOUND);
}

static void an_answer_to_another_command_is_none(void **state)
{
    (void)state;
    assert_status(tps_line_ask(&pair.host, TPS_SPAN_LITERAL("now")), TPS_OK);
    line_forge(&pair.host, MESSAGE_ANSWER, TPS_SPAN_LITERAL("\x01\x00too early"));
    line_pair_run(&pair, 1);
    line_forge(&pair.host, MESSAGE_ANSWER, TPS_SPAN_LITERAL("\x02\x00of another"));
    line_forge(&pair.host, MESSAGE_ANSWER, TPS_SPAN_LITERAL("\x01"));
    assert_int_equal(asked(), TPS_LINE_UNANSWERED);
    line_forge(&pair.host, MESSAGE_ANSWER, TPS_SPAN_LITERAL("\x01\x63right"));
    assert_answered(TPS_LINE_FAILED, "right");
}

static void lines_of_the_log_wait_for_a_bridge(void **state)
{
    (void)state;
    line_pair_init(&pair, 2);
    chip_says("started");
    chip_says("");
    chip_says("ready");
    line_pair_run(&pair, 50);
    assert_next_log("started", 0);
    assert_next_log("", 0);
    assert_next_log("ready", 0);
    assert_no_log();
}

static void lines_without_room_are_counted(void **state)
{
    char text[TPS_LINE_TEXT_MAX + 2];

    (void)state;
    memset(text, 'z', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    for (int i = 0; i < 3; i++) {
        chip_says(text); /* cut to 128; three of them fill the room */
    }
    for (int i = 0; i < 300; i++) {
        chip_says(text);
    }
    line_pair_run(&pair, 100);
    text[TPS_LINE_TEXT_MAX] = '\0';
    for (int i = 0; i < 3; i++) {
        assert_next_log(text, 0);
    }
    chip_says("here I am");
    line_pair_run(&pair, 50);
    assert_next_log("here I am", 255);
    chip_says("as before");
    line_pair_run(&pair, 50);
    assert_next_log("as before", 0);
}

static void a_bridge_that_takes_no_lines_makes_the_chip_wait(void **state)
{
    char text[104];

    (void)state;
    memset(text, 'w', 90);
    for (int i = 0; i < 10; i++) {
        (void)snprintf(text + 90, sizeof(text) - 90, "%d", i);
        chip_says(text);
        line_pair_run(&pair, 1000);
    }
    assert_true(pair.chip.link.repeated > 0);
    for (int i = 0; i < 10; i++) {
        (void)snprintf(text + 90, sizeof(text) - 90, "%d", i);
        assert_next_log(text, 0);
        line_pair_run(&pair, 4000);
    }
    assert_no_log();
}

static void a_line_that_may_not_have_arrived_is_told_to_the_next_bridge(void **state)
{
    tps_span payload;

    (void)state;
    for (size_t behind = 0; behind < 2; behind++) {
        (void)start(state);
        chip_says("under way");
        assert_int_equal(line_overhear(&pair.chip, &payload), MESSAGE_LOG);
        if (behind == 1) {
            chip_says("next");
        }
        line_pair_restart_host(&pair);
        line_pair_run(&pair, 50);
        if (behind == 0) {
            chip_says("next");
            line_pair_run(&pair, 50);
        }
        assert_next_log("next", 1);
    }
    line_pair_restart_host(&pair);
    line_pair_run(&pair, 50);
    chip_says("all were acknowledged");
    line_pair_run(&pair, 50);
    assert_next_log("all were acknowledged", 0);
}

static void the_log_of_a_command_comes_before_its_answer(void **state)
{
    tps_span payload;
    static const uint8_t order[] = {MESSAGE_LOG, MESSAGE_LOG, MESSAGE_ANSWER, MESSAGE_LOG};

    (void)state;
    ask("do");
    chip_says("doing");
    chip_says("done");
    assert_status(tps_line_answer(&pair.chip, take("do"), 0, TPS_SPAN_LITERAL("yes")), TPS_OK);
    chip_says("and now to something else");
    for (size_t i = 0; i < sizeof(order); i++) {
        assert_int_equal(line_overhear(&pair.chip, &payload), order[i]);
        line_forge(&pair.chip, 0x7f, TPS_SPAN_EMPTY); /* acknowledges */
    }
}

static void log_and_stream_take_turns(void **state)
{
    static const uint8_t bytes[TPS_LINE_STREAM_OUT] = {1};
    tps_span payload;
    uint8_t first;
    uint8_t second;

    (void)state;
    line_pair_open(&pair);
    line_pair_run(&pair, 50);
    assert_int_equal(tps_line_write(&pair.chip, TPS_SPAN_OF(bytes)), sizeof(bytes));
    chip_says("a line");
    chip_says("another");
    first = line_overhear(&pair.chip, &payload);
    line_forge(&pair.chip, 0x7f, TPS_SPAN_EMPTY);
    second = line_overhear(&pair.chip, &payload);
    assert_true((first == MESSAGE_LOG && second == MESSAGE_BYTES) ||
                (first == MESSAGE_BYTES && second == MESSAGE_LOG));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_command_is_answered, start),
        cmocka_unit_test_setup(one_command_waits_at_a_time_and_only_the_bridge_asks, start),
        cmocka_unit_test_setup(a_command_is_a_line_of_bounded_length, start),
        cmocka_unit_test_setup(an_answer_is_cut_and_its_result_is_one_of_three, start),
        cmocka_unit_test_setup(a_command_is_lost_with_the_chip_that_had_it, start),
        cmocka_unit_test_setup(a_command_that_was_not_sent_yet_waits_for_the_chip, start),
        cmocka_unit_test_setup(nobody_is_answered_when_the_bridge_that_asked_is_gone, start),
        cmocka_unit_test_setup(what_is_no_command_and_no_answer_means_nothing, start),
        cmocka_unit_test_setup(an_answer_to_another_command_is_none, start),
        cmocka_unit_test_setup(lines_of_the_log_wait_for_a_bridge, start),
        cmocka_unit_test_setup(lines_without_room_are_counted, start),
        cmocka_unit_test_setup(a_bridge_that_takes_no_lines_makes_the_chip_wait, start),
        cmocka_unit_test_setup(a_line_that_may_not_have_arrived_is_told_to_the_next_bridge, start),
        cmocka_unit_test_setup(the_log_of_a_command_comes_before_its_answer, start),
        cmocka_unit_test_setup(log_and_stream_take_turns, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
