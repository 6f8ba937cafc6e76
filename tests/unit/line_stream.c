/* SPDX-License-Identifier: Apache-2.0 */
/* The stream of the serial line: opened, filled under credit, ended in order or by a reason; and whatever the
 * other end says, no more than was granted is kept. */
#include "line/channels.h"
#include "line_support.h"

static line_pair pair;

static int start(void **state)
{
    (void)state;
    line_pair_init(&pair, 3);
    line_pair_run(&pair, 20);
    return 0;
}

static int start_open(void **state)
{
    (void)start(state);
    line_pair_open(&pair);
    line_pair_run(&pair, 20);
    return 0;
}

static size_t write_as_much_as_fits(tps_line *end)
{
    static const uint8_t bytes[4096] = {1};

    return tps_line_write(end, TPS_SPAN_OF(bytes));
}

static size_t read_all(tps_line *end)
{
    uint8_t bytes[4096];

    return tps_line_read(end, TPS_BUF_OF(bytes));
}

static void the_chip_learns_host_path_and_scheme(void **state)
{
    (void)state;
    assert_span_text(tps_line_host(&pair.chip), "example");
    assert_span_text(tps_line_path(&pair.chip), "/t/a");
    assert_true(tps_line_is_https(&pair.chip));
    assert_status(tps_line_stream_status(&pair.chip), TPS_OK);
}

static void only_a_chip_dials_and_one_stream_at_a_time(void **state)
{
    (void)state;
    assert_int_equal(tps_line_stream(&pair.chip), TPS_LINE_IDLE);
    assert_status(tps_line_dial(&pair.host), TPS_LINE_BUSY);
    assert_status(tps_line_dial(&pair.chip), TPS_OK);
    assert_status(tps_line_dial(&pair.chip), TPS_LINE_BUSY);
    line_pair_run(&pair, 50);
    assert_status(tps_line_accept(&pair.host, false, TPS_SPAN_LITERAL("h"), TPS_SPAN_EMPTY), TPS_OK);
    line_pair_run(&pair, 50);
    assert_status(tps_line_dial(&pair.chip), TPS_LINE_BUSY);
    assert_false(tps_line_is_https(&pair.chip));
}

static void an_address_that_no_chip_could_use_is_not_accepted(void **state)
{
    static const char *const bad[] = {"a b", "a\r\nb", "a\x7f", "\xc3\xa4"};
    char longest[300];

    (void)state;
    memset(longest, 'a', sizeof(longest));
    assert_status(tps_line_accept(&pair.host, false, TPS_SPAN_LITERAL("h"), TPS_SPAN_EMPTY),
                  TPS_BAD_ARGUMENT);
    assert_status(tps_line_dial(&pair.chip), TPS_OK);
    line_pair_run(&pair, 50);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_status(tps_line_accept(&pair.host, false, tps_span_of_text(bad[i]), TPS_SPAN_EMPTY),
                      TPS_BAD_ARGUMENT);
        assert_status(tps_line_accept(&pair.host, false, TPS_SPAN_LITERAL("h"), tps_span_of_text(bad[i])),
                      TPS_BAD_ARGUMENT);
    }
    assert_status(tps_line_accept(&pair.host, false, TPS_SPAN_OF(longest), TPS_SPAN_EMPTY), TPS_TOO_LARGE);
    assert_status(
        tps_line_accept(&pair.host, false, tps_span_make(longest, TPS_LINE_ADDRESS_MAX + 1), TPS_SPAN_EMPTY),
        TPS_TOO_LARGE);
    pair.host.link.limit = 50;
    assert_status(tps_line_accept(&pair.host, false, tps_span_make(longest, 46), TPS_SPAN_EMPTY),
                  TPS_TOO_LARGE);
    pair.host.link.limit = 237;
    assert_status(
        tps_line_accept(&pair.host, false, tps_span_make(longest, TPS_LINE_ADDRESS_MAX), TPS_SPAN_EMPTY),
        TPS_OK);
    assert_status(tps_line_accept(&pair.host, false, TPS_SPAN_LITERAL("h"), TPS_SPAN_EMPTY),
                  TPS_BAD_ARGUMENT);
    line_pair_run(&pair, 50);
    assert_int_equal(tps_line_host(&pair.chip).size, TPS_LINE_ADDRESS_MAX);
    assert_status(tps_line_accept(&pair.chip, false, TPS_SPAN_LITERAL("h"), TPS_SPAN_EMPTY),
                  TPS_BAD_ARGUMENT);
}

static void a_sender_waits_until_the_reader_has_room(void **state)
{
    size_t written = 0;
    size_t read = 0;

    (void)state;
    for (int i = 0; i < 50; i++) {
        written += write_as_much_as_fits(&pair.host);
        line_pair_run(&pair, 100);
    }
    assert_int_equal(written, TPS_LINE_STREAM_IN + TPS_LINE_STREAM_OUT);
    assert_int_equal(pair.chip.in_ring.used, TPS_LINE_STREAM_IN);
    for (int i = 0; i < 50; i++) {
        read += read_all(&pair.chip);
        line_pair_run(&pair, 100);
    }
    assert_int_equal(read, written);
    assert_true(write_as_much_as_fits(&pair.host) > 0);
}

static void each_direction_ends_by_itself(void **state)
{
    (void)state;
    assert_int_equal(tps_line_write(&pair.chip, TPS_SPAN_LITERAL("question")), 8);
    tps_line_finish(&pair.chip);
    assert_int_equal(write_as_much_as_fits(&pair.chip), 0);
    line_pair_run(&pair, 100);
    assert_false(tps_line_is_at_end(&pair.host));
    assert_int_equal(read_all(&pair.host), 8);
    assert_true(tps_line_is_at_end(&pair.host));
    assert_int_equal(tps_line_stream(&pair.chip), TPS_LINE_OPEN);

    assert_int_equal(tps_line_write(&pair.host, TPS_SPAN_LITERAL("an answer")), 9);
    line_pair_run(&pair, 100);
    tps_line_finish(&pair.host);
    line_pair_run(&pair, 100);
    assert_int_equal(tps_line_stream(&pair.chip), TPS_LINE_ENDED);
    assert_int_equal(tps_line_stream(&pair.host), TPS_LINE_ENDED);
    assert_false(tps_line_is_at_end(&pair.chip));
    assert_int_equal(read_all(&pair.chip), 9);
    assert_true(tps_line_is_at_end(&pair.chip));
    assert_status(tps_line_stream_status(&pair.chip), TPS_OK);
    tps_line_finish(&pair.chip);
    tps_line_reset(&pair.chip, TPS_LINE_ABORTED);
    assert_status(tps_line_stream_status(&pair.chip), TPS_OK);
}

static void the_other_end_hears_why_a_stream_was_given_up(void **state)
{
    static const struct {
        tps_status given, told;
    } cases[] = {
        {TPS_LINE_ABORTED, TPS_LINE_ABORTED},   {TPS_LINE_UNREACHABLE, TPS_LINE_UNREACHABLE},
        {TPS_LINE_INSECURE, TPS_LINE_INSECURE}, {TPS_LINE_BROKEN, TPS_LINE_BROKEN},
        {TPS_LINE_PROTOCOL, TPS_LINE_PROTOCOL}, {TPS_OUT_OF_MEMORY, TPS_LINE_ABORTED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t end = 0; end < 2; end++) {
            tps_line *from = end == 0 ? &pair.chip : &pair.host;
            tps_line *to = end == 0 ? &pair.host : &pair.chip;

            line_pair_open(&pair);
            tps_line_reset(from, cases[i].given);
            assert_status(tps_line_stream_status(from), cases[i].told);
            line_pair_run(&pair, 50);
            assert_int_equal(tps_line_stream(to), TPS_LINE_ENDED);
            assert_status(tps_line_stream_status(to), cases[i].told);
            assert_int_equal(write_as_much_as_fits(to), 0);
            assert_true(tps_line_is_at_end(to));
        }
    }
}

static void a_dial_can_be_refused_and_taken_back(void **state)
{
    tps_span payload;

    (void)state;
    assert_status(tps_line_dial(&pair.chip), TPS_OK);
    line_pair_run(&pair, 50);
    tps_line_reset(&pair.host, TPS_LINE_UNREACHABLE);
    line_pair_run(&pair, 50);
    assert_status(tps_line_stream_status(&pair.chip), TPS_LINE_UNREACHABLE);

    assert_status(tps_line_dial(&pair.chip), TPS_OK);
    tps_line_reset(&pair.chip, TPS_LINE_ABORTED);
    assert_int_equal(line_overhear(&pair.chip, &payload), 0);

    assert_status(tps_line_dial(&pair.chip), TPS_OK);
    line_pair_run(&pair, 50);
    tps_line_reset(&pair.chip, TPS_LINE_ABORTED);
    line_pair_run(&pair, 50);
    assert_int_equal(tps_line_stream(&pair.host), TPS_LINE_ENDED);
    assert_status(tps_line_stream_status(&pair.host), TPS_LINE_ABORTED);
}

static void a_stream_that_was_given_up_is_told_by_its_own_number(void **state)
{
    uint8_t number = pair.chip.number;
    tps_span payload;

    (void)state;
    tps_line_reset(&pair.chip, TPS_LINE_ABORTED);
    assert_status(tps_line_dial(&pair.chip), TPS_OK);
    assert_int_equal(line_overhear(&pair.chip, &payload), MESSAGE_RESET);
    assert_span(payload, tps_span_make((const uint8_t[]){number, 0}, 2));
    line_forge(&pair.chip, 0x7f, TPS_SPAN_EMPTY);
    assert_int_equal(line_overhear(&pair.chip, &payload), MESSAGE_DIAL);
    assert_int_equal(payload.data[0], number + 1);
}

static void another_end_hears_nothing_of_a_stream_that_was_given_up(void **state)
{
    tps_span payload;

    (void)state;
    tps_line_reset(&pair.chip, TPS_LINE_ABORTED);
    line_pair_restart_host(&pair);
    pair.host.link.is_hello_due = true;
    while (tps_line_restarts(&pair.chip) == 1) {
        uint8_t byte;

        assert_int_equal(tps_line_transmit(&pair.host, &byte, 1), 1);
        tps_line_receive(&pair.chip, &byte, 1);
    }
    pair.chip.link.is_known = true;
    assert_int_equal(line_overhear(&pair.chip, &payload), 0);
}

static void a_stream_that_follows_at_once_is_another_one(void **state)
{
    uint8_t before = tps_line_stream_number(&pair.host);

    (void)state;
    (void)write_as_much_as_fits(&pair.host);
    tps_line_reset(&pair.chip, TPS_LINE_ABORTED);
    assert_status(tps_line_dial(&pair.chip), TPS_OK);
    line_pair_run(&pair, 100);
    assert_int_equal(tps_line_stream(&pair.host), TPS_LINE_DIALLING);
    assert_int_not_equal(tps_line_stream_number(&pair.host), before);
    assert_status(tps_line_accept(&pair.host, true, TPS_SPAN_LITERAL("h"), TPS_SPAN_EMPTY), TPS_OK);
    line_pair_run(&pair, 100);
    assert_int_equal(read_all(&pair.chip), 0);
    assert_int_equal(tps_line_stream(&pair.chip), TPS_LINE_OPEN);
}

/** The end gives the stream up for what was forged, and says so. */
static void assert_breaks_the_rules(tps_line *end, uint8_t message, tps_span payload)
{
    tps_span told;

    line_forge(end, message, payload);
    assert_int_equal(tps_line_stream(end), TPS_LINE_ENDED);
    assert_status(tps_line_stream_status(end), TPS_LINE_PROTOCOL);
    assert_int_equal(line_overhear(end, &told), MESSAGE_RESET);
    assert_span(told, tps_span_make((const uint8_t[]){end->number, 4}, 2));
}

static tps_span with_number(uint8_t number, const char *bytes, size_t size)
{
    static uint8_t payload[TPS_LINE_PAYLOAD_MAX];

    payload[0] = number;
    memcpy(payload + 1, bytes, size);
    return tps_span_make(payload, size + 1);
}

static void more_bytes_than_were_granted_break_the_rules(void **state)
{
    char bytes[200] = {0};

    (void)state;
    for (size_t left = TPS_LINE_STREAM_IN; left > 0;) {
        size_t size = left < sizeof(bytes) ? left : sizeof(bytes);

        line_forge(&pair.chip, MESSAGE_BYTES, with_number(pair.chip.number, bytes, size));
        left -= size;
    }
    assert_int_equal(tps_line_stream(&pair.chip), TPS_LINE_OPEN);
    assert_int_equal(tps_line_read(&pair.chip, (tps_buf){(uint8_t *)bytes, 100}),
                     100); /* room, but not granted yet */
    assert_breaks_the_rules(&pair.chip, MESSAGE_BYTES, with_number(pair.chip.number, bytes, 1));
}

static void bytes_after_the_end_break_the_rules(void **state)
{
    (void)state;
    line_forge(&pair.host, MESSAGE_FINISH, with_number(pair.host.number, "", 0));
    assert_breaks_the_rules(&pair.host, MESSAGE_BYTES, with_number(pair.host.number, "x", 1));
}

static void credit_beyond_all_bounds_breaks_the_rules(void **state)
{
    (void)state;
    assert_breaks_the_rules(&pair.host, MESSAGE_CREDIT, with_number(pair.host.number, "\xff\xff", 2));
    line_pair_init(&pair, 5);
    line_pair_open(&pair);
    line_pair_run(&pair, 20);
    assert_breaks_the_rules(&pair.chip, MESSAGE_CREDIT, with_number(pair.chip.number, "\x01", 1));
}

static void an_answer_to_a_dial_that_cannot_be_read_breaks_the_rules(void **state)
{
    char longest[TPS_LINE_ADDRESS_MAX + 5] = {1, 0, 0, 1};
    const struct {
        const char *bytes;
        size_t size;
    } cases[] = {
        {"\1\0\0", 3}, {"\1\0\0\2h", 5}, {"\1\0\0\1h p", 7}, {"\1\0\0\0p\n", 6}, {longest, sizeof(longest)}};

    (void)state;
    memset(longest + 4, 'a', sizeof(longest) - 4);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        line_pair_init(&pair, 9);
        line_pair_run(&pair, 20);
        assert_status(tps_line_dial(&pair.chip), TPS_OK);
        line_pair_run(&pair, 50);
        assert_breaks_the_rules(&pair.chip, MESSAGE_DIALLED,
                                with_number(pair.chip.number, cases[i].bytes, cases[i].size));
    }
}

static void what_means_nothing_changes_nothing(void **state)
{
    uint8_t number = pair.chip.number;

    (void)state;
    line_forge(&pair.chip, MESSAGE_BYTES, TPS_SPAN_EMPTY);
    line_forge(&pair.chip, MESSAGE_BYTES, with_number((uint8_t)(number + 1), "x", 1));
    line_forge(&pair.chip, MESSAGE_RESET, with_number((uint8_t)(number - 1), "\1", 1));
    line_forge(&pair.chip, MESSAGE_DIAL, with_number(number, "\1\0", 2));
    line_forge(&pair.chip, MESSAGE_DIALLED, with_number(number, "\1\0\0\1x", 5));
    line_forge(&pair.chip, 0x1f, with_number(number, "x", 1));
    line_forge(&pair.chip, 0x77, with_number(number, "x", 1));
    line_forge(&pair.host, MESSAGE_DIAL, with_number(number, "\1", 1));
    line_forge(&pair.host, MESSAGE_DIALLED, with_number(number, "\1\0\0\1x", 5));
    assert_int_equal(tps_line_stream(&pair.chip), TPS_LINE_OPEN);
    assert_int_equal(tps_line_stream(&pair.host), TPS_LINE_OPEN);
    assert_span_text(tps_line_host(&pair.chip), "example");
    assert_int_equal(read_all(&pair.chip), 0);
}

static void bytes_before_the_stream_is_open_are_not_taken(void **state)
{
    (void)state;
    assert_status(tps_line_dial(&pair.chip), TPS_OK);
    line_forge(&pair.chip, MESSAGE_DIALLED,
               with_number(pair.chip.number, "\1\0\0\1x", 5)); /* before it was asked */
    assert_int_equal(tps_line_stream(&pair.chip), TPS_LINE_DIALLING);
    line_pair_run(&pair, 1);
    line_forge(&pair.chip, MESSAGE_BYTES, with_number(pair.chip.number, "x", 1));
    assert_int_equal(read_all(&pair.chip), 0);
}

static void a_reason_that_is_not_known_is_that_it_was_given_up(void **state)
{
    (void)state;
    line_forge(&pair.chip, MESSAGE_RESET, with_number(pair.chip.number, "\x63", 1));
    assert_status(tps_line_stream_status(&pair.chip), TPS_LINE_ABORTED);
    line_forge(&pair.host, MESSAGE_RESET, with_number(pair.host.number, "", 0));
    assert_status(tps_line_stream_status(&pair.host), TPS_LINE_ABORTED);
}

static void a_dial_gives_up_the_stream_before(void **state)
{
    (void)state;
    (void)write_as_much_as_fits(&pair.host);
    line_forge(&pair.host, MESSAGE_DIAL, with_number(77, "\0\5", 2));
    assert_int_equal(tps_line_stream(&pair.host), TPS_LINE_DIALLING);
    assert_int_equal(tps_line_stream_number(&pair.host), 77);
    assert_status(tps_line_accept(&pair.host, false, TPS_SPAN_LITERAL("h"), TPS_SPAN_EMPTY), TPS_OK);
    assert_int_equal(pair.host.credit, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_chip_learns_host_path_and_scheme, start_open),
        cmocka_unit_test_setup(only_a_chip_dials_and_one_stream_at_a_time, start),
        cmocka_unit_test_setup(an_address_that_no_chip_could_use_is_not_accepted, start),
        cmocka_unit_test_setup(a_sender_waits_until_the_reader_has_room, start_open),
        cmocka_unit_test_setup(each_direction_ends_by_itself, start_open),
        cmocka_unit_test_setup(the_other_end_hears_why_a_stream_was_given_up, start),
        cmocka_unit_test_setup(a_dial_can_be_refused_and_taken_back, start),
        cmocka_unit_test_setup(a_stream_that_was_given_up_is_told_by_its_own_number, start_open),
        cmocka_unit_test_setup(another_end_hears_nothing_of_a_stream_that_was_given_up, start_open),
        cmocka_unit_test_setup(a_stream_that_follows_at_once_is_another_one, start_open),
        cmocka_unit_test_setup(more_bytes_than_were_granted_break_the_rules, start_open),
        cmocka_unit_test_setup(bytes_after_the_end_break_the_rules, start_open),
        cmocka_unit_test_setup(credit_beyond_all_bounds_breaks_the_rules, start_open),
        cmocka_unit_test_setup(an_answer_to_a_dial_that_cannot_be_read_breaks_the_rules, start),
        cmocka_unit_test_setup(what_means_nothing_changes_nothing, start_open),
        cmocka_unit_test_setup(bytes_before_the_stream_is_open_are_not_taken, start),
        cmocka_unit_test_setup(a_reason_that_is_not_known_is_that_it_was_given_up, start_open),
        cmocka_unit_test_setup(a_dial_gives_up_the_stream_before, start_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
