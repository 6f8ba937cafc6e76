/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated serial line of the tests. */
#include "line_support.h"

void line_pair_restart_chip(line_pair *pair)
{
    tps_line_init(&pair->chip, TPS_LINE_CHIP, ++pair->sessions, pair->now);
}

void line_pair_restart_host(line_pair *pair)
{
    tps_line_init(&pair->host, TPS_LINE_HOST, ++pair->sessions, pair->now);
}

void line_pair_init(line_pair *pair, uint32_t seed)
{
    memset(pair, 0, sizeof(*pair));
    pair->random = seed | 1;
    pair->now = UINT32_MAX - 3000; /* the clock goes around while the test runs */
    line_pair_restart_chip(pair);
    line_pair_restart_host(pair);
}

uint32_t line_pair_random(line_pair *pair)
{
    pair->random ^= pair->random << 13;
    pair->random ^= pair->random >> 17;
    pair->random ^= pair->random << 5;
    return pair->random;
}

static bool happens(line_pair *pair, uint32_t in_a_million)
{
    return in_a_million > 0 && line_pair_random(pair) % 1000000 < in_a_million;
}

static void carry(line_pair *pair, tps_line *from, tps_line *to)
{
    uint8_t byte;

    for (int i = 0; i < 11 && tps_line_transmit(from, &byte, 1) == 1; i++) {
        pair->carried++;
        if (happens(pair, pair->flips)) {
            byte ^= (uint8_t)(1u << (line_pair_random(pair) % 8));
        }
        if (pair->is_cut || happens(pair, pair->losses)) {
            continue;
        }
        tps_line_receive(to, &byte, 1);
        if (happens(pair, pair->doubles)) {
            tps_line_receive(to, &byte, 1);
        }
    }
}

void line_pair_step(line_pair *pair)
{
    pair->now++;
    assert_true(tps_line_tick(&pair->chip, pair->now) <= TPS_LINE_ALIVE_MS);
    assert_true(tps_line_tick(&pair->host, pair->now) <= TPS_LINE_ALIVE_MS);
    carry(pair, &pair->chip, &pair->host);
    carry(pair, &pair->host, &pair->chip);
}

void line_pair_run(line_pair *pair, uint32_t ms)
{
    for (uint32_t i = 0; i < ms; i++) {
        line_pair_step(pair);
    }
}

void line_pair_open(line_pair *pair)
{
    assert_status(tps_line_dial(&pair->chip), TPS_OK);
    for (int i = 0; i < 60000 && tps_line_stream(&pair->chip) == TPS_LINE_DIALLING; i++) {
        line_pair_step(pair);
        if (tps_line_stream(&pair->host) == TPS_LINE_DIALLING) {
            assert_status(
                tps_line_accept(&pair->host, true, TPS_SPAN_LITERAL("example"), TPS_SPAN_LITERAL("/t/a")),
                TPS_OK);
        }
    }
    assert_int_equal(tps_line_stream(&pair->chip), TPS_LINE_OPEN);
    assert_int_equal(tps_line_stream(&pair->host), TPS_LINE_OPEN);
}

void line_forge(tps_line *to, uint8_t message, tps_span payload)
{
    uint8_t wire[TPS_LINE_FRAME_WIRE_MAX];
    const tps_line_frame_header header = {
        .kind = TPS_LINE_FRAME_DATA,
        .sequence = to->link.next,
        .next = (uint8_t)(to->link.sequence + (to->link.flight_size > 0 ? 1 : 0)),
        .message = message,
        .from = to->link.peer,
        .to = to->link.mine};

    if (payload.size > 0) {
        memcpy(tps_line_frame_payload(wire), payload.data, payload.size);
    }
    tps_line_receive(to, wire, tps_line_frame_write(wire, &header, payload.size));
}

uint8_t line_overhear(tps_line *from, tps_span *payload)
{
    static tps_line_frame_reader reader;
    tps_line_frame_header header;
    uint8_t byte;

    while (tps_line_transmit(from, &byte, 1) == 1) {
        if (tps_line_frame_read(&reader, byte, &header, payload) && header.kind == TPS_LINE_FRAME_DATA) {
            return header.message;
        }
    }
    return 0;
}
