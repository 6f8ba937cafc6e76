/* SPDX-License-Identifier: Apache-2.0 */
/* A serial line that flips, loses and doubles bytes: all that is sent arrives once and in order, on all
 * channels at once, however bad the line; and what cannot arrive is told. */
#include "line_support.h"

enum { STREAM_SIZE = 20000, LINES = 60, COMMANDS = 20, PATIENCE_MS = 3000000 };

/** What one end has sent and received of a stream whose bytes follow from their places. */
typedef struct {
    uint32_t written;
    uint32_t read;
} flow;

static uint8_t byte_at(uint32_t place)
{
    return (uint8_t)((place * 2654435761u) >> 24 & ((place & 64) != 0 ? 0 : 255)); /* with runs of zeros */
}

static void write_some(line_pair *pair, tps_line *end, flow *at)
{
    uint8_t bytes[300];
    size_t size = line_pair_random(pair) % sizeof(bytes);

    size = size < STREAM_SIZE - at->written ? size : STREAM_SIZE - at->written;
    for (size_t i = 0; i < size; i++) {
        bytes[i] = byte_at(at->written + (uint32_t)i);
    }
    at->written += (uint32_t)tps_line_write(end, tps_span_make(bytes, size));
    if (at->written == STREAM_SIZE) {
        tps_line_finish(end);
    }
}

static void read_some(line_pair *pair, tps_line *end, flow *at)
{
    uint8_t bytes[100];
    size_t size = tps_line_read(end, (tps_buf){bytes, line_pair_random(pair) % sizeof(bytes)});

    for (size_t i = 0; i < size; i++) {
        assert_int_equal(bytes[i], byte_at(at->read + (uint32_t)i));
    }
    at->read += (uint32_t)size;
}

static void log_some(line_pair *pair, uint32_t *logged, uint32_t *seen)
{
    char text[TPS_LINE_TEXT_MAX];
    uint8_t got[TPS_LINE_TEXT_MAX];
    size_t size;
    uint32_t lost;

    if (*logged < LINES && line_pair_random(pair) % 32 == 0 && pair->chip.log_ring.used < 300) {
        (void)snprintf(text, sizeof(text), "line %u of the log", *logged);
        tps_line_log(&pair->chip, tps_span_of_text(text));
        *logged += 1;
    }
    while (tps_line_next_log(&pair->host, got, &size, &lost)) {
        (void)snprintf(text, sizeof(text), "line %u of the log", *seen);
        assert_span_text(tps_span_make(got, size), text);
        assert_int_equal(lost, 0);
        *seen += 1;
    }
}

/** The chip answers each command with its text turned around by one: "command 7" -> "command 7!". */
static void command_some(line_pair *pair, uint32_t *asked, uint32_t *answered)
{
    char text[TPS_LINE_TEXT_MAX];
    uint32_t ticket;
    uint32_t result;
    tps_span got;

    if (tps_line_command(&pair->chip, &ticket, &got)) {
        int size = snprintf(text, sizeof(text), "%.*s!", (int)got.size, (const char *)got.data);

        assert_status(tps_line_answer(&pair->chip, ticket, *answered % 3, tps_span_make(text, (size_t)size)),
                      TPS_OK);
    }
    if (*asked > *answered && tps_line_asked(&pair->host, &result, &got) == TPS_LINE_ANSWERED) {
        (void)snprintf(text, sizeof(text), "command %u!", *answered);
        assert_span_text(got, text);
        assert_int_equal(result, *answered % 3);
        *answered += 1;
    }
    if (*asked == *answered && *asked < COMMANDS) {
        (void)snprintf(text, sizeof(text), "command %u", *asked);
        assert_status(tps_line_ask(&pair->host, tps_span_of_text(text)), TPS_OK);
        *asked += 1;
    }
}

static void everything_arrives(uint32_t flips, uint32_t losses, uint32_t doubles)
{
    static line_pair pair;
    flow up = {0, 0};
    flow down = {0, 0};
    uint32_t logged = 0, seen = 0, asked = 0, answered = 0;

    line_pair_init(&pair, 12345 + flips + losses + doubles);
    line_pair_open(&pair);
    pair.flips = flips;
    pair.losses = losses;
    pair.doubles = doubles;
    for (uint32_t ms = 0;
         ms < PATIENCE_MS &&
         (up.read < STREAM_SIZE || down.read < STREAM_SIZE || seen < LINES || answered < COMMANDS ||
          tps_line_stream(&pair.chip) == TPS_LINE_OPEN || tps_line_stream(&pair.host) == TPS_LINE_OPEN);
         ms++) {
        line_pair_step(&pair);
        write_some(&pair, &pair.chip, &up);
        write_some(&pair, &pair.host, &down);
        read_some(&pair, &pair.host, &up);
        read_some(&pair, &pair.chip, &down);
        log_some(&pair, &logged, &seen);
        command_some(&pair, &asked, &answered);
    }

    assert_int_equal(up.read, STREAM_SIZE);
    assert_int_equal(down.read, STREAM_SIZE);
    assert_int_equal(seen, LINES);
    assert_int_equal(answered, COMMANDS);
    assert_true(tps_line_is_at_end(&pair.chip) && tps_line_is_at_end(&pair.host));
    assert_int_equal(tps_line_stream(&pair.chip), TPS_LINE_ENDED);
    assert_int_equal(tps_line_stream(&pair.host), TPS_LINE_ENDED);
    assert_status(tps_line_stream_status(&pair.chip), TPS_OK);
    assert_status(tps_line_stream_status(&pair.host), TPS_OK);
    assert_int_equal(tps_line_restarts(&pair.chip), 1);
    assert_int_equal(tps_line_restarts(&pair.host), 1);
    print_message("flips %u, losses %u, doubles %u in a million: %u ms, %u bytes, %u repeated, %u garbled\n",
                  flips, losses, doubles, pair.now - (UINT32_MAX - 3000), pair.carried,
                  pair.chip.link.repeated + pair.host.link.repeated,
                  pair.chip.link.reader.garbled + pair.host.link.reader.garbled);
    if (flips + losses + doubles == 0) {
        assert_int_equal(pair.chip.link.repeated + pair.host.link.repeated, 0);
    }
}

static void everything_arrives_on_a_quiet_line(void **state)
{
    (void)state;
    everything_arrives(0, 0, 0);
}

static void everything_arrives_though_bits_are_flipped(void **state)
{
    (void)state;
    everything_arrives(10, 0, 0);
    everything_arrives(300, 0, 0);
    everything_arrives(3000, 0, 0);
}

static void everything_arrives_though_bytes_are_lost(void **state)
{
    (void)state;
    everything_arrives(0, 300, 0);
    everything_arrives(0, 3000, 0);
}

static void everything_arrives_though_bytes_come_twice(void **state)
{
    (void)state;
    everything_arrives(0, 0, 300);
    everything_arrives(0, 0, 3000);
}

static void everything_arrives_though_all_of_it_happens(void **state)
{
    (void)state;
    everything_arrives(1000, 1000, 1000);
    everything_arrives(3000, 2000, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_arrives_on_a_quiet_line),
        cmocka_unit_test(everything_arrives_though_bits_are_flipped),
        cmocka_unit_test(everything_arrives_though_bytes_are_lost),
        cmocka_unit_test(everything_arrives_though_bytes_come_twice),
        cmocka_unit_test(everything_arrives_though_all_of_it_happens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
