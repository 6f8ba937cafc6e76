/* SPDX-License-Identifier: Apache-2.0 */
/* The channels of the serial line: hands messages to the stream, keeps the one command and the log, and
 * chooses what is sent next. */
#include "line/line.h"

#include <assert.h>

#include "line/channels.h"

enum { LOG_HEAD = 2 }; /* of a line that waits: its size, and how many were lost before it */

static_assert(TPS_LINE_LOG_ROOM >= LOG_HEAD + TPS_LINE_TEXT_MAX, "the longest line has room");
static_assert(TPS_LINE_LOG_ROOM <= UINT16_MAX, "rings count in two bytes");

void tps_line_init(tps_line *line, uint32_t role, uint32_t session, uint32_t now_ms)
{
    memset(line, 0, sizeof(*line));
    tps_line_link_init(&line->link, session, now_ms);
    line->role = role;
}

bool tps_line_is_up(const tps_line *line)
{
    return tps_line_link_is_up(&line->link);
}

uint32_t tps_line_restarts(const tps_line *line)
{
    return line->restarts;
}

uint32_t tps_line_tick(tps_line *line, uint32_t now_ms)
{
    return tps_line_link_tick(&line->link, now_ms);
}

/* ---- commands ---- */

static void keep_text(tps_line *line, tps_span text)
{
    line->text_size = (uint8_t)(text.size < TPS_LINE_TEXT_MAX ? text.size : TPS_LINE_TEXT_MAX);
    copy_to(line->text, tps_span_make(text.data, line->text_size));
}

bool tps_line_command(tps_line *line, uint32_t *ticket, tps_span *text)
{
    if (!line->is_command_new) {
        return false;
    }
    line->is_command_new = false;
    *ticket = line->ticket;
    *text = tps_span_make(line->text, line->text_size);
    return true;
}

tps_status tps_line_answer(tps_line *line, uint32_t ticket, uint32_t result, tps_span text)
{
    if (line->command != TPS_LINE_UNANSWERED || line->is_text_due || line->ticket != ticket ||
        line->role != TPS_LINE_CHIP) {
        return TPS_NOT_FOUND;
    }
    line->result = (uint8_t)(result < TPS_LINE_FAILED ? result : TPS_LINE_FAILED);
    line->is_command_new = false;
    line->is_text_due = true;
    line->log_before = line->log_ring.used;
    keep_text(line, text);
    return TPS_OK;
}

bool tps_line_is_command(tps_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < ' ' || text.data[i] == 0x7f) {
            return false;
        }
    }
    return text.size > 0 && text.size <= TPS_LINE_TEXT_MAX;
}

tps_status tps_line_ask(tps_line *line, tps_span text)
{
    if (line->command == TPS_LINE_UNANSWERED || line->role != TPS_LINE_HOST) {
        return TPS_LINE_BUSY;
    }
    if (!tps_line_is_command(text)) {
        return TPS_BAD_ARGUMENT;
    }
    line->command = TPS_LINE_UNANSWERED;
    line->command_number++;
    line->is_text_due = true;
    keep_text(line, text);
    return TPS_OK;
}

uint32_t tps_line_asked(const tps_line *line, uint32_t *result, tps_span *text)
{
    *result = line->result;
    *text = tps_span_make(line->text, line->text_size);
    return line->command;
}

static void take_command(tps_line *line, tps_span payload)
{
    if (line->role != TPS_LINE_CHIP || line->command == TPS_LINE_UNANSWERED || payload.size < 2) {
        return; /* a bridge sends one at a time */
    }
    line->command = TPS_LINE_UNANSWERED;
    line->command_number = payload.data[0];
    line->ticket++;
    line->is_command_new = true;
    keep_text(line, tps_span_make(payload.data + 1, payload.size - 1));
}

static void take_answer(tps_line *line, tps_span payload)
{
    if (line->role != TPS_LINE_HOST || line->command != TPS_LINE_UNANSWERED || line->is_text_due ||
        payload.size < 2 || payload.data[0] != line->command_number) {
        return;
    }
    line->command = TPS_LINE_ANSWERED;
    line->result = payload.data[1] < TPS_LINE_FAILED ? payload.data[1] : TPS_LINE_FAILED;
    keep_text(line, tps_span_make(payload.data + 2, payload.size - 2));
}

static bool put_text(tps_line *line)
{
    uint8_t *payload = tps_line_link_payload(&line->link);
    size_t head = 1;

    if (!line->is_text_due || line->log_before > 0) {
        return false;
    }
    line->is_text_due = false;
    payload[0] = line->command_number;
    if (line->role == TPS_LINE_CHIP) {
        payload[head++] = line->result;
        line->command = TPS_LINE_NO_COMMAND;
    }
    memcpy(payload + head, line->text, line->text_size);
    tps_line_link_put(&line->link, line->role == TPS_LINE_CHIP ? MESSAGE_ANSWER : MESSAGE_COMMAND,
                      head + line->text_size);
    return true;
}

static void lose_command(tps_line *line)
{
    if (line->role == TPS_LINE_CHIP) {
        line->command = TPS_LINE_NO_COMMAND;
        line->is_command_new = false;
        line->is_text_due = false;
        line->log_before = 0;
    } else if (line->command == TPS_LINE_UNANSWERED && !line->is_text_due) {
        line->command = TPS_LINE_LOST;
    }
}

/* ---- the log ---- */

static uint8_t one_more(uint8_t lost)
{
    return lost < UINT8_MAX ? (uint8_t)(lost + 1) : lost;
}

/** Keeps a line with what was lost before it. @return false: there is no room. */
static bool keep_line(tps_line *line, uint8_t lost, tps_span text)
{
    size_t size = text.size < TPS_LINE_TEXT_MAX ? text.size : TPS_LINE_TEXT_MAX;
    const uint8_t head[LOG_HEAD] = {(uint8_t)size, lost};

    if (ring_room(&line->log_ring, sizeof(line->log)) < LOG_HEAD + size) {
        return false;
    }
    ring_put(&line->log_ring, line->log, sizeof(line->log), TPS_SPAN_OF(head));
    ring_put(&line->log_ring, line->log, sizeof(line->log), tps_span_make(text.data, size));
    return true;
}

void tps_line_log(tps_line *line, tps_span text)
{
    if (keep_line(line, line->log_lost, text)) {
        line->log_lost = 0;
    } else {
        line->log_lost = one_more(line->log_lost);
    }
}

bool tps_line_next_log(tps_line *line, uint8_t text[TPS_LINE_TEXT_MAX], size_t *size, uint32_t *lost)
{
    uint8_t head[LOG_HEAD];

    if (ring_take(&line->log_ring, line->log, sizeof(line->log), head, LOG_HEAD) == 0) {
        return false;
    }
    *size = ring_take(&line->log_ring, line->log, sizeof(line->log), text, head[0]);
    *lost = head[1];
    return true;
}

static bool take_log(tps_line *line, tps_span payload)
{
    if (line->role != TPS_LINE_HOST || payload.size == 0) {
        return true;
    }
    return keep_line(line, payload.data[0], tps_span_make(payload.data + 1, payload.size - 1));
}

static bool put_log(tps_line *line)
{
    uint8_t *payload = tps_line_link_payload(&line->link);
    uint16_t waiting = line->log_ring.used;
    uint32_t lost;
    size_t size;

    if (line->role != TPS_LINE_CHIP || !tps_line_next_log(line, payload + 1, &size, &lost)) {
        return false;
    }
    waiting = (uint16_t)(waiting - line->log_ring.used);
    line->log_before =
        (uint16_t)(line->log_before - (line->log_before < waiting ? line->log_before : waiting));
    payload[0] = (uint8_t)lost;
    line->is_log_under_way = true;
    tps_line_link_put(&line->link, MESSAGE_LOG, 1 + size);
    return true;
}

/** The line under way may have arrived or not; the next one says that one is missing. */
static void lose_log(tps_line *line)
{
    uint8_t *lost = line->log_ring.used == 0 ? &line->log_lost
                                             : &line->log[(line->log_ring.first + 1u) % sizeof(line->log)];

    if (line->is_log_under_way) {
        *lost = one_more(*lost);
    }
}

/* ---- in ---- */

/** @return false: there is no room for it now; it is to come again. */
static bool take(tps_line *line, uint8_t message, tps_span payload)
{
    switch (message) {
    case MESSAGE_COMMAND: take_command(line, payload); return true;
    case MESSAGE_ANSWER: take_answer(line, payload); return true;
    case MESSAGE_LOG: return take_log(line, payload);
    default: line_stream_take(line, message, payload); return true;
    }
}

static void begin_anew(tps_line *line)
{
    line->restarts++;
    lose_log(line);
    lose_command(line);
    line_stream_anew(line);
}

void tps_line_receive(tps_line *line, const uint8_t *bytes, size_t size)
{
    tps_span payload;
    uint8_t message;

    for (size_t i = 0; i < size; i++) {
        uint32_t brought = tps_line_link_receive(&line->link, bytes[i], &message, &payload);

        if (brought == TPS_LINE_LINK_ANEW) {
            begin_anew(line);
        } else if (brought == TPS_LINE_LINK_MESSAGE && take(line, message, payload)) {
            tps_line_link_accept(&line->link);
        }
        line->is_log_under_way &= line->link.flight_size > 0;
    }
}

/* ---- out ---- */

static bool put_log_or_bytes(tps_line *line)
{
    if (line->is_log_next && put_log(line)) {
        line->is_log_next = false;
        return true;
    }
    if (line_stream_put_bytes(line)) {
        line->is_log_next = true;
        return true;
    }
    return put_log(line);
}

size_t tps_line_transmit(tps_line *line, uint8_t *bytes, size_t room)
{
    if (tps_line_link_is_free(&line->link)) {
        (void)(put_text(line) || line_stream_put_control(line) || put_log_or_bytes(line));
    }
    return tps_line_link_transmit(&line->link, bytes, room);
}
