/* SPDX-License-Identifier: Apache-2.0 */
/* The ends of a serial line come, go and come again: a line that was cut goes on where it was; an end that
 * began anew is noticed, and what was under way with the one before is told. */
#include "line/frame.h"
#include "line_support.h"

static line_pair pair;

static int start(void **state)
{
    (void)state;
    line_pair_init(&pair, 7);
    return 0;
}

/** Bytes that one end has written and the other has not read, at any moment. */
static void write_text(tps_line *end, const char *text)
{
    assert_int_equal(tps_line_write(end, tps_span_of_text(text)), strlen(text));
}

static void assert_reads(tps_line *end, const char *text)
{
    uint8_t bytes[512];
    size_t size = tps_line_read(end, TPS_BUF_OF(bytes));

    assert_span_text(tps_span_make(bytes, size), text);
}

static void two_ends_meet_in_a_few_frames(void **state)
{
    (void)state;
    assert_false(tps_line_is_up(&pair.chip));
    line_pair_run(&pair, 20);
    assert_true(tps_line_is_up(&pair.chip));
    assert_true(tps_line_is_up(&pair.host));
    assert_int_equal(tps_line_restarts(&pair.chip), 1);
    assert_int_equal(tps_line_restarts(&pair.host), 1);
    assert_true(pair.carried < 8 * 20);
}

static void an_idle_line_says_little(void **state)
{
    uint32_t before;

    (void)state;
    line_pair_run(&pair, 1000);
    before = pair.carried;
    line_pair_run(&pair, 10000);
    assert_true(pair.carried - before <= 2 * 11 * 19);
    assert_true(tps_line_is_up(&pair.host));
}

static void an_end_that_is_alone_says_hello_twice_a_second(void **state)
{
    (void)state;
    pair.is_cut = true;
    line_pair_run(&pair, 10000);
    assert_in_range(pair.carried, 2 * 19 * 20, 2 * 21 * 21);
    assert_int_equal(tps_line_restarts(&pair.chip), 0);
    pair.is_cut = false;
    line_pair_run(&pair, 600);
    assert_true(tps_line_is_up(&pair.chip) && tps_line_is_up(&pair.host));
}

static void a_line_that_is_cut_and_mended_loses_nothing(void **state)
{
    (void)state;
    line_pair_open(&pair);
    write_text(&pair.chip, "before ");
    pair.is_cut = true;
    line_pair_run(&pair, 60000);
    assert_false(tps_line_is_up(&pair.chip));
    assert_false(tps_line_is_up(&pair.host));
    write_text(&pair.chip, "and after");
    tps_line_finish(&pair.chip);

    pair.is_cut = false;
    line_pair_run(&pair, 5000);

    assert_true(tps_line_is_up(&pair.chip) && tps_line_is_up(&pair.host));
    assert_reads(&pair.host, "before and after");
    assert_true(tps_line_is_at_end(&pair.host));
    assert_int_equal(tps_line_stream(&pair.chip), TPS_LINE_OPEN);
    assert_int_equal(tps_line_restarts(&pair.chip), 1);
    assert_int_equal(tps_line_restarts(&pair.host), 1);
}

static void a_bridge_that_began_anew_is_noticed_and_ends_the_stream_by_name(void **state)
{
    (void)state;
    line_pair_open(&pair);
    write_text(&pair.chip, "lost");
    line_pair_restart_host(&pair);
    line_pair_run(&pair, 50);

    assert_int_equal(tps_line_restarts(&pair.chip), 2);
    assert_int_equal(tps_line_stream(&pair.chip), TPS_LINE_ENDED);
    assert_status(tps_line_stream_status(&pair.chip), TPS_LINE_RESTARTED);
    assert_int_equal(tps_line_write(&pair.chip, TPS_SPAN_LITERAL("x")), 0);
    line_pair_open(&pair);
    write_text(&pair.chip, "again");
    line_pair_run(&pair, 50);
    assert_reads(&pair.host, "again");
}

static void a_chip_that_began_anew_is_noticed_and_ends_the_stream_by_name(void **state)
{
    (void)state;
    line_pair_open(&pair);
    line_pair_restart_chip(&pair);
    line_pair_run(&pair, 50);

    assert_int_equal(tps_line_restarts(&pair.host), 2);
    assert_int_equal(tps_line_stream(&pair.host), TPS_LINE_ENDED);
    assert_status(tps_line_stream_status(&pair.host), TPS_LINE_RESTARTED);
    line_pair_open(&pair);
}

static void a_chip_that_began_anew_under_its_old_number_is_noticed_too(void **state)
{
    uint32_t session = pair.chip.link.mine;

    (void)state;
    line_pair_open(&pair);
    write_text(&pair.chip, "some");
    line_pair_run(&pair, 50);
    tps_line_init(&pair.chip, TPS_LINE_CHIP, session, pair.now);
    line_pair_run(&pair, 50);

    assert_status(tps_line_stream_status(&pair.host), TPS_LINE_RESTARTED);
    assert_int_equal(tps_line_restarts(&pair.host), 2);
    line_pair_open(&pair);
    write_text(&pair.chip, "anew");
    line_pair_run(&pair, 50);
    assert_reads(&pair.host, "anew");
}

static void either_end_may_begin_anew_at_any_millisecond(void **state)
{
    (void)state;
    for (uint32_t moment = 0; moment < 240; moment++) {
        line_pair_init(&pair, moment);
        pair.losses = moment % 3 * 1000;
        assert_status(tps_line_dial(&pair.chip), TPS_OK);
        line_pair_run(&pair, moment / 2);
        if (tps_line_stream(&pair.host) == TPS_LINE_DIALLING) {
            assert_status(tps_line_accept(&pair.host, false, TPS_SPAN_LITERAL("h"), TPS_SPAN_EMPTY), TPS_OK);
        }
        (void)tps_line_write(&pair.host, TPS_SPAN_LITERAL("something that takes a while on this line"));
        line_pair_run(&pair, moment % 16);
        (moment % 2 == 0 ? line_pair_restart_chip : line_pair_restart_host)(&pair);
        line_pair_run(&pair, 3000);
        if (tps_line_stream(&pair.chip) == TPS_LINE_DIALLING) { /* the new bridge was asked, or will be */
            tps_line_reset(&pair.chip, TPS_LINE_ABORTED);
        }
        assert_int_not_equal(tps_line_stream(&pair.chip), TPS_LINE_OPEN);
        line_pair_open(&pair);
        write_text(&pair.chip, "all is well");
        line_pair_run(&pair, 2000);
        assert_reads(&pair.host, "all is well");
    }
}

static void a_dial_waits_for_a_bridge_and_survives_its_coming(void **state)
{
    (void)state;
    pair.is_cut = true;
    assert_status(tps_line_dial(&pair.chip), TPS_OK);
    line_pair_run(&pair, 20000);
    assert_int_equal(tps_line_stream(&pair.chip), TPS_LINE_DIALLING);
    pair.is_cut = false;
    line_pair_run(&pair, 1000);
    assert_int_equal(tps_line_stream(&pair.host), TPS_LINE_DIALLING);
}

static void frames_for_the_end_before_do_not_reach_the_one_after(void **state)
{
    uint8_t old[600];
    size_t size = 0;

    (void)state;
    line_pair_open(&pair);
    write_text(&pair.chip, "for the old one");
    size = tps_line_transmit(&pair.chip, old, sizeof(old));
    assert_true(size > 20);
    line_pair_restart_host(&pair);
    line_pair_run(&pair, 50);
    line_pair_open(&pair);

    tps_line_receive(&pair.host, old, size);
    line_pair_run(&pair, 1000);
    assert_reads(&pair.host, "");
    assert_int_equal(tps_line_restarts(&pair.host), 1);
}

static void a_line_that_is_short_circuited_is_no_other_end(void **state)
{
    uint8_t bytes[64];
    size_t size;

    (void)state;
    for (int i = 0; i < 100; i++) {
        (void)tps_line_tick(&pair.chip, pair.now += 500);
        while ((size = tps_line_transmit(&pair.chip, bytes, sizeof(bytes))) > 0) {
            tps_line_receive(&pair.chip, bytes, size);
        }
    }
    assert_false(tps_line_is_up(&pair.chip));
    assert_int_equal(tps_line_restarts(&pair.chip), 0);
}

static void say(tps_line *to, uint32_t kind, uint8_t sequence, uint32_t from, uint32_t for_whom,
                tps_span payload)
{
    uint8_t wire[TPS_LINE_FRAME_WIRE_MAX];
    const tps_line_frame_header header = {
        .kind = kind, .sequence = sequence, .message = 0x30, .from = from, .to = for_whom};

    if (payload.size > 0) {
        memcpy(tps_line_frame_payload(wire), payload.data, payload.size);
    }
    tps_line_receive(to, wire, tps_line_frame_write(wire, &header, payload.size));
}

static void a_hello_that_cannot_be_read_is_none(void **state)
{
    (void)state;
    say(&pair.chip, TPS_LINE_FRAME_HELLO, 0, 99, 0, TPS_SPAN_EMPTY);
    say(&pair.chip, TPS_LINE_FRAME_HELLO, 0, 99, 0, TPS_SPAN_LITERAL("\x81"));
    assert_int_equal(tps_line_restarts(&pair.chip), 0);
    say(&pair.chip, TPS_LINE_FRAME_HELLO, 0, 99, 0, TPS_SPAN_LITERAL("\x82 and more, of a later version"));
    assert_int_equal(tps_line_restarts(&pair.chip), 1);
    assert_int_equal(tps_line_link_room(&pair.chip.link), 130);
}

static void data_out_of_order_or_from_strangers_is_not_taken(void **state)
{
    uint8_t text[TPS_LINE_TEXT_MAX];
    uint32_t lost;
    size_t size;
    uint32_t chip = pair.chip.link.mine;
    uint32_t host = pair.host.link.mine;

    (void)state;
    line_pair_run(&pair, 20);
    say(&pair.host, TPS_LINE_FRAME_DATA, 1, chip, host, TPS_SPAN_LITERAL("\0too early"));
    say(&pair.host, TPS_LINE_FRAME_DATA, 0, chip, host + 1, TPS_SPAN_LITERAL("\0not for you"));
    say(&pair.host, TPS_LINE_FRAME_DATA, 0, chip + 7, host, TPS_SPAN_LITERAL("\0from a stranger"));
    assert_false(tps_line_next_log(&pair.host, text, &size, &lost));
    say(&pair.host, TPS_LINE_FRAME_DATA, 0, chip, host, TPS_SPAN_LITERAL("\0now"));
    say(&pair.host, TPS_LINE_FRAME_DATA, 0, chip, host, TPS_SPAN_LITERAL("\0again"));
    assert_true(tps_line_next_log(&pair.host, text, &size, &lost));
    assert_span_text(tps_span_make(text, size), "now");
    assert_false(tps_line_next_log(&pair.host, text, &size, &lost));
}

static void a_message_that_is_acknowledged_while_it_is_repeated_goes_out_whole(void **state)
{
    uint8_t first[300], again[300];
    size_t size, begun, rest;

    (void)state;
    line_pair_open(&pair);
    line_pair_run(&pair, 20);
    write_text(&pair.chip, "once");
    size = tps_line_transmit(&pair.chip, first, sizeof(first));
    (void)tps_line_tick(&pair.chip, pair.now + 2 * TPS_LINE_REPEAT_MS);
    begun = tps_line_transmit(&pair.chip, again, 10);
    tps_line_receive(&pair.host, first, size);
    do {
        rest = tps_line_transmit(&pair.host, first, sizeof(first));
        tps_line_receive(&pair.chip, first, rest);
    } while (rest > 0);
    write_text(&pair.chip, "more");
    rest = tps_line_transmit(&pair.chip, again + begun, size - begun);

    assert_int_equal(begun + rest, size);
    tps_line_receive(&pair.host, again, size);
    assert_int_equal(pair.host.link.reader.garbled, 0);
    line_pair_run(&pair, 20);
    assert_reads(&pair.host, "oncemore");
    assert_int_equal(pair.host.link.reader.garbled, 0);
}

static void a_session_of_zero_is_another_one(void **state)
{
    (void)state;
    tps_line_init(&pair.chip, TPS_LINE_CHIP, 0, pair.now);
    line_pair_run(&pair, 20);
    assert_true(tps_line_is_up(&pair.chip));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(two_ends_meet_in_a_few_frames, start),
        cmocka_unit_test_setup(an_idle_line_says_little, start),
        cmocka_unit_test_setup(an_end_that_is_alone_says_hello_twice_a_second, start),
        cmocka_unit_test_setup(a_line_that_is_cut_and_mended_loses_nothing, start),
        cmocka_unit_test_setup(a_bridge_that_began_anew_is_noticed_and_ends_the_stream_by_name, start),
        cmocka_unit_test_setup(a_chip_that_began_anew_is_noticed_and_ends_the_stream_by_name, start),
        cmocka_unit_test_setup(a_chip_that_began_anew_under_its_old_number_is_noticed_too, start),
        cmocka_unit_test_setup(either_end_may_begin_anew_at_any_millisecond, start),
        cmocka_unit_test_setup(a_dial_waits_for_a_bridge_and_survives_its_coming, start),
        cmocka_unit_test_setup(frames_for_the_end_before_do_not_reach_the_one_after, start),
        cmocka_unit_test_setup(a_line_that_is_short_circuited_is_no_other_end, start),
        cmocka_unit_test_setup(a_hello_that_cannot_be_read_is_none, start),
        cmocka_unit_test_setup(data_out_of_order_or_from_strangers_is_not_taken, start),
        cmocka_unit_test_setup(a_message_that_is_acknowledged_while_it_is_repeated_goes_out_whole, start),
        cmocka_unit_test_setup(a_session_of_zero_is_another_one, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
