/* SPDX-License-Identifier: Apache-2.0 */
/* One line of log, as text or JSON. Pure: it writes into the caller's room, and knows no file and no clock.
 */
#include <inttypes.h>
#include <stdio.h>

#include "format/text/escape.h"
#include "server/operation/log_internal.h"

#define TAIL 24u /* room kept for ,"cut":true}\n */

typedef struct {
    char *room;
    size_t size, limit;
    bool is_cut;
    bool has_members;
} line_writer;

/* What stands behind the limit (put_always()) is no room. */
static size_t room_left(const line_writer *w)
{
    return w->size < w->limit ? w->limit - w->size : 0;
}

/* As much of the text as `most` bytes hold, in whole characters. */
static tps_span cut(tps_span text, size_t most)
{
    if (text.size > most) {
        while (most > 0 && (text.data[most] & 0xc0) == 0x80) {
            most--;
        }
        text.size = most;
    }
    return text;
}

/* Takes what fits; of text that does not, whole characters. */
static void put(void *context, const char *text, size_t size)
{
    line_writer *w = context;
    tps_span fits = cut(tps_span_make(text, size), room_left(w));

    if (w->is_cut || size == 0) {
        return;
    }
    if (fits.size < size) {
        w->is_cut = true;
        fits.size = text[0] == '\\' ? 0 : fits.size; /* half an escape is none */
    }
    memcpy(w->room + w->size, text, fits.size);
    w->size += fits.size;
}

static void put_text(line_writer *w, const char *text)
{
    put(w, text, strlen(text));
}

/* Past the limit: what must stand there for the line to be one. There is room by TAIL. */
static void put_always(line_writer *w, const char *text)
{
    size_t size = strlen(text);

    memcpy(w->room + w->size, text, size);
    w->size += size;
}

static void put_escaped(line_writer *w, tps_span text, uint32_t mode)
{
    uint8_t room[2 * TPS_LOG_TEXT_MAX];
    tps_span value = cut(text, TPS_LOG_TEXT_MAX);
    size_t size = tps_log_redact(value, TPS_BUF_OF(room));

    escape_text(tps_span_make(room, size), mode, put, w);
    if (value.size < text.size) {
        put_text(w, "...");
    }
}

static void put_hex(line_writer *w, tps_span bytes)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.size && i < TPS_LOG_TEXT_MAX / 2; i++) {
        char pair[2] = {digits[bytes.data[i] >> 4], digits[bytes.data[i] & 15]};

        put(w, pair, 2);
    }
}

/* In text, values of these characters alone need no quotes. */
static bool is_plain(tps_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] <= ' ' || text.data[i] >= 0x7f || memchr("\"=\\,", text.data[i], 4) != NULL) {
            return false;
        }
    }
    return text.size > 0;
}

static void put_value(line_writer *w, const tps_log_member *member, bool as_json)
{
    char number[24];
    bool quoted = member->kind == TPS_LOG_KIND_TEXT ? as_json || !is_plain(member->text)
                                                    : as_json && member->kind == TPS_LOG_KIND_HEX;

    if (quoted) {
        put_text(w, "\"");
    }
    if (member->kind == TPS_LOG_KIND_TEXT) {
        put_escaped(w, member->text, ESCAPE_QUOTED);
    } else if (member->kind == TPS_LOG_KIND_HEX) {
        put_hex(w, member->text);
    } else if (member->kind == TPS_LOG_KIND_BOOL) {
        put_text(w, member->number != 0 ? "true" : "false");
    } else {
        (void)snprintf(number, sizeof(number), "%" PRId64, member->number);
        put_text(w, number);
    }
    if (quoted) {
        put_always(w, "\""); /* the value may have been cut */
    }
}

/* A member begins only where its name and something of its value fit. */
static void put_member(line_writer *w, const tps_log_member *member, bool as_json)
{
    size_t name_size;

    if (member->name == NULL || w->is_cut) {
        return;
    }
    name_size = strlen(member->name);
    if (room_left(w) < name_size + 32) {
        w->is_cut = true;
        return;
    }
    put_text(w, as_json ? ",\"" : w->has_members ? " " : ": ");
    w->has_members = true;
    put(w, member->name, name_size);
    put_text(w, as_json ? "\":" : "=");
    put_value(w, member, as_json);
}

static const char *level_name(tps_log_level level)
{
    return level <= TPS_LOG_ERROR     ? "error"
           : level <= TPS_LOG_WARNING ? "warning"
           : level <= TPS_LOG_INFO    ? "info"
                                      : "debug";
}

static void put_time(line_writer *w, const struct timespec *time)
{
    struct tm parts;
    char text[40] = "";
    char millis[8];

    if (gmtime_r(&time->tv_sec, &parts) != NULL) {
        (void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
    }
    (void)snprintf(millis, sizeof(millis), ".%03uZ", (unsigned)(time->tv_nsec / 1000000) % 1000);
    put_text(w, text);
    put_text(w, millis);
}

static void put_head_as_json(line_writer *w, const tps_log_record *record)
{
    put_text(w, "{\"time\":\"");
    put_time(w, &record->time);
    put_text(w, "\",\"level\":\"");
    put_text(w, level_name(record->level));
    put_text(w, "\",\"message\":\"");
    put_escaped(w, record->message, ESCAPE_QUOTED);
    put_always(w, "\"");
}

static void put_head_as_text(line_writer *w, const tps_log_record *record)
{
    if (record->for_journal) {
        char priority[3] = {'<', (char)('0' + record->level % 8), '>'};

        put(w, priority, sizeof(priority));
    } else {
        put_time(w, &record->time);
        put_text(w, " ");
        put_text(w, level_name(record->level));
        put_text(w, ": ");
    }
    put_escaped(w, record->message, ESCAPE_PLAIN);
}

size_t tps_log_write_record(const tps_log_record *record, char line[TPS_LOG_LINE_MAX])
{
    line_writer w = {.room = line, .limit = TPS_LOG_LINE_MAX - TAIL};
    bool as_json = record->format == TPS_LOG_AS_JSON;
    tps_log_member worker = tps_log_number(record->worker == 0 ? NULL : "worker", record->worker);

    if (as_json) {
        put_head_as_json(&w, record);
    } else {
        put_head_as_text(&w, record);
    }
    put_member(&w, &worker, as_json);
    for (size_t i = 0; i < record->count; i++) {
        put_member(&w, &record->members[i], as_json);
    }
    if (w.is_cut) {
        put_always(&w, as_json ? ",\"cut\":true" : " cut=true");
    }
    put_always(&w, as_json ? "}\n" : "\n");
    return w.size;
}
