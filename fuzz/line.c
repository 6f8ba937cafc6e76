/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes one end of the serial line: raw bytes, frames that are right but for what they say, and the calls of
 * an application, in any order. What the end says must be frames of its own, and what it keeps within its
 * bounds.
 */
#include <stdlib.h>

#include "line/line.h"

typedef struct {
    tps_span left;
    tps_line line;
    tps_line_frame_reader heard;
    uint8_t peer_expects; /* as an honest other end counts */
    uint32_t now;
} run;

static uint8_t next(run *r)
{
    uint8_t byte = 0;

    if (r->left.size > 0) {
        byte = r->left.data[0];
        r->left = tps_span_make(r->left.data + 1, r->left.size - 1);
    }
    return byte;
}

static tps_span next_bytes(run *r)
{
    size_t size = next(r);
    tps_span bytes;

    size = size < r->left.size ? size : r->left.size;
    bytes = tps_span_make(r->left.data, size);
    r->left = tps_span_make(r->left.data + size, r->left.size - size);
    return bytes;
}

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

static void transmit(run *r, size_t most)
{
    tps_line_frame_header header;
    tps_span payload;
    uint8_t byte;

    for (size_t i = 0; i < most && tps_line_transmit(&r->line, &byte, 1) == 1; i++) {
        if (tps_line_frame_read(&r->heard, byte, &header, &payload)) {
            require(header.from == 7 && payload.size <= TPS_LINE_PAYLOAD_MAX);
            r->peer_expects =
                header.kind == TPS_LINE_FRAME_DATA ? (uint8_t)(header.sequence + 1) : r->peer_expects;
        }
    }
    require(r->heard.garbled == 0);
}

static void forge(run *r)
{
    uint8_t wire[TPS_LINE_FRAME_WIRE_MAX];
    uint8_t how = next(r);
    const tps_line_frame_header header = {.kind = 1 + how % 3u,
                                          .sequence = (uint8_t)(r->line.link.next + (how >> 6)),
                                          .next = r->peer_expects,
                                          .message = next(r),
                                          .from = (how & 8) != 0 ? 8 : 9,
                                          .to = (how & 16) != 0 ? 0 : 7};
    tps_span payload = next_bytes(r);
    size_t size = payload.size < TPS_LINE_PAYLOAD_MAX ? payload.size : TPS_LINE_PAYLOAD_MAX;

    if ((how & 32) != 0) {
        r->left =
            tps_span_make(payload.data, r->left.size + payload.size); /* read them as what follows, too */
    }
    if (size > 0) {
        memcpy(tps_line_frame_payload(wire), payload.data, size);
        if ((how & 4) == 0) { /* of the stream that is there */
            tps_line_frame_payload(wire)[0] = r->line.number;
        }
    }
    tps_line_receive(&r->line, wire, tps_line_frame_write(wire, &header, size));
}

static void use_stream(run *r)
{
    uint8_t room[300];

    switch (next(r) % 7) {
    case 0: (void)(tps_line_dial(&r->line) == TPS_OK); break;
    case 1: (void)(tps_line_accept(&r->line, true, next_bytes(r), next_bytes(r)) == TPS_OK); break;
    case 2: (void)tps_line_write(&r->line, next_bytes(r)); break;
    case 3: (void)tps_line_read(&r->line, (tps_buf){room, next(r)}); break;
    case 4: tps_line_finish(&r->line); break;
    case 5: tps_line_reset(&r->line, TPS_LINE_BROKEN); break;
    default: (void)tps_line_is_at_end(&r->line); break;
    }
}

static void use_words(run *r)
{
    uint8_t text[TPS_LINE_TEXT_MAX];
    uint32_t number = 0;
    tps_span words = TPS_SPAN_EMPTY;
    size_t size = 0;

    switch (next(r) % 5) {
    case 0: (void)(tps_line_ask(&r->line, next_bytes(r)) == TPS_OK); break;
    case 1:
        if (tps_line_command(&r->line, &number, &words)) {
            require(words.size <= TPS_LINE_TEXT_MAX);
        }
        (void)(tps_line_answer(&r->line, number, next(r), next_bytes(r)) == TPS_OK);
        break;
    case 2:
        (void)tps_line_asked(&r->line, &number, &words);
        require(words.size <= TPS_LINE_TEXT_MAX && number <= TPS_LINE_FAILED);
        break;
    case 3: tps_line_log(&r->line, next_bytes(r)); break;
    default: require(!tps_line_next_log(&r->line, text, &size, &number) || size <= sizeof(text)); break;
    }
}

static void step(run *r)
{
    tps_span bytes;

    switch (next(r) % 6) {
    case 0:
        bytes = next_bytes(r);
        tps_line_receive(&r->line, bytes.data, bytes.size);
        break;
    case 1: forge(r); break;
    case 2: use_stream(r); break;
    case 3: use_words(r); break;
    case 4: transmit(r, next(r)); break;
    default: require(tps_line_tick(&r->line, r->now += (uint32_t)next(r) * 8) <= TPS_LINE_ALIVE_MS); break;
    }
    require(r->line.in_ring.used <= TPS_LINE_STREAM_IN && r->line.out_ring.used <= TPS_LINE_STREAM_OUT);
    require(r->line.granted + r->line.freed + r->line.in_ring.used <= TPS_LINE_STREAM_IN ||
            r->line.stream == TPS_LINE_IDLE);
    require(r->line.log_ring.used <= TPS_LINE_LOG_ROOM && r->line.log_before <= r->line.log_ring.used);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static run r;

    memset(&r, 0, sizeof(r));
    r.left = tps_span_make(data, size);
    tps_line_init(&r.line, next(&r) % 2 == 0 ? TPS_LINE_CHIP : TPS_LINE_HOST, 7, 0);
    while (r.left.size > 0) {
        step(&r);
    }
    transmit(&r, SIZE_MAX);
    return 0;
}
