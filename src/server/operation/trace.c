/* SPDX-License-Identifier: Apache-2.0 */
/* W3C Trace Context: strict reading, new identifiers, spans to the log. */
#include "server/operation/trace.h"

#include <stdatomic.h>
#include <time.h>

#include "tps/crypto.h"

#define PARENT_TEXT (TPS_TRACE_PARENT_SIZE - 1)

/* ---- reading ---- */

/* Lower case only: the field has one spelling. -1 for anything else. */
static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(const uint8_t *text, uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

/* version "-" trace-id "-" parent-id "-" flags; a later version may have more behind another "-". */
static bool read_parent(tps_span text, tps_trace *trace)
{
    const uint8_t *at = text.data;
    uint8_t version;

    if (text.size < PARENT_TEXT || at[2] != '-' || at[35] != '-' || at[52] != '-' ||
        !read_hex(at, &version, 1) || version == 0xff ||
        !read_hex(at + 3, trace->trace_id, TPS_TRACE_ID_SIZE) ||
        !read_hex(at + 36, trace->parent_id, TPS_TRACE_SPAN_SIZE) || !read_hex(at + 53, &trace->flags, 1)) {
        return false;
    }
    if (text.size > PARENT_TEXT && (version == 0 || at[PARENT_TEXT] != '-')) {
        return false;
    }
    trace->flags &= TPS_TRACE_SAMPLED | TPS_TRACE_RANDOM;
    return !is_zero(trace->trace_id, TPS_TRACE_ID_SIZE) && !is_zero(trace->parent_id, TPS_TRACE_SPAN_SIZE);
}

bool tps_trace_parent_is_valid(tps_span traceparent)
{
    tps_trace trace;

    return read_parent(traceparent, &trace);
}

static bool is_key_start(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_key_character(uint8_t c)
{
    return is_key_start(c) || (c != '\0' && memchr("_-*/@", c, 5) != NULL);
}

/* simple-key, or tenant "@" system: at most 256 characters, one "@" at most (3.3.1.3.1). */
static bool is_key(tps_span key)
{
    size_t ats = 0;

    if (key.size == 0 || key.size > 256 || !is_key_start(key.data[0])) {
        return false;
    }
    for (size_t i = 0; i < key.size; i++) {
        if (!is_key_character(key.data[i])) {
            return false;
        }
        if (key.data[i] == '@') {
            size_t system = key.size - i - 1;

            ats++;
            if (i > 241 || system == 0 || system > 14 || !is_key_start(key.data[i + 1])) {
                return false;
            }
        }
    }
    return ats <= 1;
}

/* Up to 256 printable characters without comma and equals sign, not ending in a space (3.3.1.3.2). */
static bool is_value(tps_span value)
{
    if (value.size == 0 || value.size > 256 || value.data[value.size - 1] == ' ') {
        return false;
    }
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] < ' ' || value.data[i] > '~' || value.data[i] == ',' || value.data[i] == '=') {
            return false;
        }
    }
    return true;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static tps_span trimmed(tps_span text)
{
    while (text.size > 0 && is_blank(text.data[0])) {
        text = tps_span_make(text.data + 1, text.size - 1);
    }
    while (text.size > 0 && is_blank(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

/* Members between commas; empty ones may be there, and keys must differ. */
bool tps_trace_state_is_valid(tps_span tracestate)
{
    tps_span keys[TPS_TRACE_STATE_COUNT];
    size_t count = 0;
    size_t at = 0;

    if (tracestate.size > TPS_TRACE_STATE_MAX) {
        return false;
    }
    while (at < tracestate.size) {
        const uint8_t *comma = memchr(tracestate.data + at, ',', tracestate.size - at);
        size_t end = comma == NULL ? tracestate.size : (size_t)(comma - tracestate.data);
        tps_span member = trimmed(tps_span_make(tracestate.data + at, end - at));
        const uint8_t *equals = member.size == 0 ? NULL : memchr(member.data, '=', member.size);
        tps_span key = tps_span_make(member.data, equals == NULL ? 0 : (size_t)(equals - member.data));

        at = end + 1;
        if (member.size == 0) {
            continue;
        }
        if (equals == NULL || count == TPS_TRACE_STATE_COUNT || !is_key(key) ||
            !is_value(tps_span_make(equals + 1, member.size - key.size - 1))) {
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            if (tps_span_equal(keys[i], key)) {
                return false;
            }
        }
        keys[count++] = key;
    }
    return true;
}

/* ---- making ---- */

static void draw(tps_trace_source *source, uint8_t *out, size_t size)
{
    static atomic_uint_least64_t counter;

    do {
        if (source->left < size) {
            source->left = sizeof(source->pool);
            if (tps_crypto_random(TPS_BUF_OF(source->pool)) != TPS_OK) {
                uint64_t number = ++counter;

                source->left = 0;
                memset(out, 0, size);
                memcpy(out, &number, size < sizeof(number) ? size : sizeof(number));
                return;
            }
        }
        source->left -= size;
        memcpy(out, source->pool + source->left, size);
    } while (is_zero(out, size));
}

bool tps_trace_begin(tps_trace *trace, tps_trace_source *source, tps_span traceparent, tps_span tracestate)
{
    bool is_followed = read_parent(traceparent, trace);

    trace->state_size = 0;
    if (is_followed && tracestate.size > 0 && tps_trace_state_is_valid(tracestate)) {
        memcpy(trace->state, tracestate.data, tracestate.size);
        trace->state_size = (uint16_t)tracestate.size;
    }
    if (!is_followed) {
        draw(source, trace->trace_id, TPS_TRACE_ID_SIZE);
        memset(trace->parent_id, 0, TPS_TRACE_SPAN_SIZE);
        trace->flags = TPS_TRACE_RANDOM;
    }
    draw(source, trace->span_id, TPS_TRACE_SPAN_SIZE);
    return is_followed;
}

void tps_trace_begin_within(tps_trace *child, const tps_trace *parent, tps_trace_source *source)
{
    *child = *parent;
    memcpy(child->parent_id, parent->span_id, TPS_TRACE_SPAN_SIZE);
    draw(source, child->span_id, TPS_TRACE_SPAN_SIZE);
}

/* ---- writing ---- */

static char *put_hex(char *out, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    return out;
}

void tps_trace_write(const tps_trace *trace, char out[TPS_TRACE_PARENT_SIZE])
{
    uint8_t version = 0;
    char *at = put_hex(out, &version, 1);

    *at++ = '-';
    at = put_hex(at, trace->trace_id, TPS_TRACE_ID_SIZE);
    *at++ = '-';
    at = put_hex(at, trace->span_id, TPS_TRACE_SPAN_SIZE);
    *at++ = '-';
    at = put_hex(at, &trace->flags, 1);
    *at = '\0';
}

void tps_trace_request_id(const tps_trace *trace, char out[TPS_TRACE_REQUEST_SIZE])
{
    *put_hex(out, trace->span_id, TPS_TRACE_SPAN_SIZE) = '\0';
}

void tps_trace_log(const tps_trace *trace, const char *name, const char *tenant, int64_t duration_us)
{
    tps_log_level level = (trace->flags & TPS_TRACE_SAMPLED) != 0 ? TPS_LOG_INFO : TPS_LOG_DEBUG;
    bool has_parent = !is_zero(trace->parent_id, TPS_TRACE_SPAN_SIZE);

    tps_log_event(level | TPS_LOG_EACH, "span", tps_log_text("name", name), tps_log_text("tenant", tenant),
                  tps_log_hex("trace_id", TPS_SPAN_OF(trace->trace_id)),
                  tps_log_hex("span_id", TPS_SPAN_OF(trace->span_id)),
                  tps_log_hex("parent_id", has_parent ? TPS_SPAN_OF(trace->parent_id) : TPS_SPAN_EMPTY),
                  tps_log_number("duration_us", duration_us));
}

uint64_t tps_trace_now_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}
