/* SPDX-License-Identifier: Apache-2.0 */
/* The stream of the serial line: dialling, bytes under credit, its end in order or with a reason. */
#include <assert.h>

#include "line/channels.h"

static_assert(TPS_LINE_ADDRESS_MAX <= TPS_LINE_PAYLOAD_MAX - DIALLED_HEAD,
              "an address goes into one message");
static_assert(TPS_LINE_STREAM_IN >= 2 && TPS_LINE_STREAM_IN <= UINT16_MAX, "a window is told in two bytes");
static_assert(TPS_LINE_STREAM_OUT >= 1 && TPS_LINE_STREAM_OUT <= UINT16_MAX, "rings count in two bytes");

/** Why a stream was reset, as it stands on the line: the place in this table. */
static const tps_status reasons[] = {
    TPS_LINE_ABORTED, TPS_LINE_UNREACHABLE, TPS_LINE_INSECURE, TPS_LINE_BROKEN, TPS_LINE_PROTOCOL,
};

enum { REASON_COUNT = sizeof(reasons) / sizeof(reasons[0]) };

static uint8_t reason_of(tps_status status)
{
    uint8_t reason = REASON_COUNT - 1;

    while (reason > 0 && reasons[reason] != status) {
        reason--;
    }
    return reason;
}

static tps_status status_of(uint8_t reason)
{
    return reasons[reason < REASON_COUNT ? reason : 0];
}

static bool is_alive(const tps_line *line)
{
    return line->stream == TPS_LINE_DIALLING || line->stream == TPS_LINE_OPEN;
}

static void begin(tps_line *line, uint8_t number)
{
    line->stream = TPS_LINE_DIALLING;
    line->stream_status = TPS_OK;
    line->number = number;
    line->credit = 0;
    line->granted = 0;
    line->freed = 0;
    line->is_dial_due = false;
    line->is_accept_due = false;
    line->is_finished = false;
    line->is_finish_told = false;
    line->is_peer_finished = false;
    line->host_size = 0;
    line->path_size = 0;
    line->in_ring = (tps_line_ring){0, 0};
    line->out_ring = (tps_line_ring){0, 0};
}

static void end(tps_line *line, tps_status status)
{
    line->stream = TPS_LINE_ENDED;
    line->stream_status = status;
    line->out_ring.used = 0;
    line->is_dial_due = false;
    line->is_accept_due = false;
}

static void end_in_order(tps_line *line)
{
    if (line->is_finish_told && line->is_peer_finished) {
        end(line, TPS_OK);
    }
}

/* ---- for the caller ---- */

tps_status tps_line_dial(tps_line *line)
{
    if (is_alive(line) || line->role != TPS_LINE_CHIP) {
        return TPS_LINE_BUSY;
    }
    begin(line, (uint8_t)(line->number + 1));
    line->is_dial_due = true;
    return TPS_OK;
}

uint32_t tps_line_stream(const tps_line *line)
{
    return line->stream;
}

tps_status tps_line_stream_status(const tps_line *line)
{
    return line->stream_status;
}

uint8_t tps_line_stream_number(const tps_line *line)
{
    return line->number;
}

tps_span tps_line_host(const tps_line *line)
{
    return tps_span_make(line->address, line->host_size);
}

tps_span tps_line_path(const tps_line *line)
{
    return tps_span_make(line->address + line->host_size, line->path_size);
}

bool tps_line_is_https(const tps_line *line)
{
    return line->is_https;
}

size_t tps_line_write(tps_line *line, tps_span bytes)
{
    size_t room = ring_room(&line->out_ring, sizeof(line->out));
    size_t size = bytes.size < room ? bytes.size : room;

    if (line->stream != TPS_LINE_OPEN || line->is_finished) {
        return 0;
    }
    ring_put(&line->out_ring, line->out, sizeof(line->out), tps_span_make(bytes.data, size));
    return size;
}

size_t tps_line_read(tps_line *line, tps_buf bytes)
{
    size_t size = ring_take(&line->in_ring, line->in, sizeof(line->in), bytes.data, bytes.size);

    line->freed = (uint16_t)(line->freed + size);
    return size;
}

bool tps_line_is_at_end(const tps_line *line)
{
    return line->in_ring.used == 0 && (line->stream == TPS_LINE_ENDED || line->is_peer_finished);
}

void tps_line_finish(tps_line *line)
{
    if (line->stream == TPS_LINE_OPEN) {
        line->is_finished = true;
    }
}

void tps_line_reset(tps_line *line, tps_status why)
{
    if (!is_alive(line)) {
        return;
    }
    if (!line->is_dial_due) { /* else the other end never heard of it */
        line->is_reset_due = true;
        line->reset_number = line->number;
        line->reset_reason = reason_of(why);
    }
    end(line, status_of(reason_of(why)));
}

static bool is_printable(tps_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] <= ' ' || text.data[i] > '~') {
            return false;
        }
    }
    return true;
}

tps_status tps_line_accept(tps_line *line, bool is_https, tps_span host, tps_span path)
{
    size_t size = host.size + path.size;

    if (line->stream != TPS_LINE_DIALLING || line->role != TPS_LINE_HOST || line->is_accept_due ||
        !is_printable(host) || !is_printable(path)) {
        return TPS_BAD_ARGUMENT;
    }
    if (host.size > sizeof(line->address) || size > sizeof(line->address) ||
        size + DIALLED_HEAD > tps_line_link_room(&line->link)) {
        return TPS_TOO_LARGE;
    }
    line->is_https = is_https;
    line->host_size = (uint8_t)host.size;
    line->path_size = (uint8_t)path.size;
    copy_to(line->address, host);
    copy_to(line->address + host.size, path);
    line->stream = TPS_LINE_OPEN;
    line->granted = TPS_LINE_STREAM_IN;
    line->is_accept_due = true;
    return TPS_OK;
}

/* ---- in ---- */

/** A dial while another stream is alive gives that one up: the chip knows of none. */
static void take_dial(tps_line *line, tps_span payload)
{
    if (line->role != TPS_LINE_HOST || payload.size < 3) {
        return;
    }
    begin(line, payload.data[0]);
    line->is_reset_due = false;
    line->credit = tps_line_frame_get16(payload.data + 1);
}

static void take_dialled(tps_line *line, tps_span payload)
{
    const uint8_t *bytes = payload.data;
    bool has_address = payload.size >= DIALLED_HEAD;
    tps_span address = tps_span_make(bytes + DIALLED_HEAD, has_address ? payload.size - DIALLED_HEAD : 0);

    if (line->role != TPS_LINE_CHIP || line->stream != TPS_LINE_DIALLING || line->is_dial_due) {
        return;
    }
    if (!has_address || bytes[4] > address.size || address.size > sizeof(line->address) ||
        !is_printable(address)) {
        tps_line_reset(line, TPS_LINE_PROTOCOL);
        return;
    }
    line->is_https = (bytes[3] & DIALLED_IS_HTTPS) != 0;
    line->host_size = bytes[4];
    line->path_size = (uint8_t)(address.size - bytes[4]);
    copy_to(line->address, address);
    line->credit = tps_line_frame_get16(bytes + 1);
    line->stream = TPS_LINE_OPEN;
}

static void take_bytes(tps_line *line, tps_span bytes)
{
    if (bytes.size > line->granted || line->is_peer_finished) {
        tps_line_reset(line, TPS_LINE_PROTOCOL);
        return;
    }
    line->granted = (uint16_t)(line->granted - bytes.size);
    ring_put(&line->in_ring, line->in, sizeof(line->in), bytes);
}

static void take_credit(tps_line *line, tps_span payload)
{
    uint16_t more = payload.size < 3 ? UINT16_MAX : tps_line_frame_get16(payload.data + 1);

    if (payload.size < 3 || more > UINT16_MAX - line->credit) {
        tps_line_reset(line, TPS_LINE_PROTOCOL);
        return;
    }
    line->credit = (uint16_t)(line->credit + more);
}

static void take_open(tps_line *line, uint8_t message, tps_span payload)
{
    switch (message) {
    case MESSAGE_BYTES: take_bytes(line, tps_span_make(payload.data + 1, payload.size - 1)); break;
    case MESSAGE_CREDIT: take_credit(line, payload); break;
    case MESSAGE_FINISH:
        line->is_peer_finished = true;
        end_in_order(line);
        break;
    default: break;
    }
}

void line_stream_take(tps_line *line, uint8_t message, tps_span payload)
{
    if (message == MESSAGE_DIAL) {
        take_dial(line, payload);
    } else if (payload.size == 0 || payload.data[0] != line->number || !is_alive(line)) {
        return; /* of a stream that is over */
    } else if (message == MESSAGE_DIALLED) {
        take_dialled(line, payload);
    } else if (message == MESSAGE_RESET) {
        end(line, status_of(payload.size < 2 ? 0 : payload.data[1]));
    } else if (line->stream == TPS_LINE_OPEN) {
        take_open(line, message, payload);
    }
}

void line_stream_anew(tps_line *line)
{
    line->is_reset_due = false;
    if (is_alive(line) && !line->is_dial_due) {
        end(line, TPS_LINE_RESTARTED);
    }
}

/* ---- out ---- */

static void put_dialled(tps_line *line, uint8_t *payload)
{
    size_t size = (size_t)line->host_size + line->path_size;

    payload[3] = line->is_https ? DIALLED_IS_HTTPS : 0;
    payload[4] = line->host_size;
    memcpy(payload + DIALLED_HEAD, line->address, size);
    tps_line_link_put(&line->link, MESSAGE_DIALLED, DIALLED_HEAD + size);
}

static void put_credit(tps_line *line, uint8_t *payload)
{
    tps_line_frame_put16(payload + 1, line->freed);
    line->granted = (uint16_t)(line->granted + line->freed);
    line->freed = 0;
    tps_line_link_put(&line->link, MESSAGE_CREDIT, 3);
}

bool line_stream_put_control(tps_line *line)
{
    uint8_t *payload = tps_line_link_payload(&line->link);

    payload[0] = line->number;
    tps_line_frame_put16(payload + 1, TPS_LINE_STREAM_IN);
    if (line->is_reset_due) {
        line->is_reset_due = false;
        payload[0] = line->reset_number;
        payload[1] = line->reset_reason;
        tps_line_link_put(&line->link, MESSAGE_RESET, 2);
    } else if (line->is_dial_due) {
        line->is_dial_due = false;
        line->granted = TPS_LINE_STREAM_IN;
        tps_line_link_put(&line->link, MESSAGE_DIAL, 3);
    } else if (line->is_accept_due) {
        line->is_accept_due = false;
        put_dialled(line, payload);
    } else if (line->stream == TPS_LINE_OPEN && !line->is_peer_finished &&
               line->freed >= TPS_LINE_STREAM_IN / 2) {
        put_credit(line, payload);
    } else {
        return false;
    }
    return true;
}

bool line_stream_put_bytes(tps_line *line)
{
    uint8_t *payload = tps_line_link_payload(&line->link);
    size_t size = tps_line_link_room(&line->link) - 1;

    if (line->stream != TPS_LINE_OPEN || line->is_finish_told) {
        return false;
    }
    payload[0] = line->number;
    if (line->out_ring.used == 0 && line->is_finished) {
        line->is_finish_told = true;
        tps_line_link_put(&line->link, MESSAGE_FINISH, 1);
        end_in_order(line);
        return true;
    }
    size = size < line->credit ? size : line->credit;
    size = ring_take(&line->out_ring, line->out, sizeof(line->out), payload + 1, size);
    if (size == 0) {
        return false;
    }
    line->credit = (uint16_t)(line->credit - size);
    tps_line_link_put(&line->link, MESSAGE_BYTES, 1 + size);
    return true;
}
