/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A JSON writer into a buffer, for results and answers: no heap, one path for measuring and writing (as the
 * CBOR writer). Commas and quotes are its business; members stand in the order they are put.
 */
#ifndef TPS_FORMAT_JSON_WRITER_H
#define TPS_FORMAT_JSON_WRITER_H

#include "tps/span.h"
#include "tps/status.h"

/** Nesting at most. */
#define JSON_DEPTH_MAX 31u

typedef struct {
    char *data;
    size_t capacity;
    size_t size;      /**< characters put so far, whether they fitted or not */
    uint32_t filled;  /**< a bit a level: it has an entry already */
    uint32_t objects; /**< a bit a level: it is an object */
    uint32_t depth;
    bool is_named; /**< a name was put, and its value not yet */
    tps_status status;
} json_writer;

json_writer json_writer_init(tps_buf buffer);

void json_begin_object(json_writer *writer);
void json_end_object(json_writer *writer);
void json_begin_array(json_writer *writer);
void json_end_array(json_writer *writer);

/** A member's name; its value is put next. */
void json_key(json_writer *writer, const char *name);
void json_key_span(json_writer *writer, tps_span name);

void json_int(json_writer *writer, int64_t value);
void json_uint(json_writer *writer, uint64_t value);

/** The shortest decimal number that reads back as the same double, always with a point: 1.0, 1.0e+300. What
 * is no number, or infinite, cannot be written in JSON: TPS_BAD_ARGUMENT at the end. */
void json_double(json_writer *writer, double value);
void json_bool(json_writer *writer, bool value);
void json_put_null(json_writer *writer);
void json_text(json_writer *writer, const char *text);

/** A string; control characters, quotes and bytes that are not UTF-8 are escaped (the latter as U+FFFD). */
void json_text_span(json_writer *writer, tps_span text);

/** Bytes as a string of base64url without padding, of base64 with padding, or of hex digits. */
void json_base64url(json_writer *writer, tps_span bytes);
void json_base64(json_writer *writer, tps_span bytes);
void json_hex(json_writer *writer, tps_span bytes);

/** A value that is JSON already. */
void json_raw(json_writer *writer, tps_span json);

/** A member: its name and its value. */
static inline void json_member_text(json_writer *writer, const char *name, const char *text)
{
    json_key(writer, name);
    json_text(writer, text);
}

static inline void json_member_int(json_writer *writer, const char *name, int64_t value)
{
    json_key(writer, name);
    json_int(writer, value);
}

static inline void json_member_uint(json_writer *writer, const char *name, uint64_t value)
{
    json_key(writer, name);
    json_uint(writer, value);
}

static inline void json_member_bool(json_writer *writer, const char *name, bool value)
{
    json_key(writer, name);
    json_bool(writer, value);
}

static inline void json_member_hex(json_writer *writer, const char *name, tps_span bytes)
{
    json_key(writer, name);
    json_hex(writer, bytes);
}

/** A member with a text, or nothing where the text is empty. */
static inline void json_member_text_if_any(json_writer *writer, const char *name, tps_span text)
{
    if (text.size != 0) {
        json_key(writer, name);
        json_text_span(writer, text);
    }
}

/**
 * Ends writing. @param[out] size  Characters written, or needed.
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL
 * @retval TPS_BAD_ARGUMENT  What was put is not one JSON value: objects and arrays do not close or not with
 * their own bracket, nest too deep, a member lacks its name or its value, no value was put or a second one.
 */
TPS_MUST_USE tps_status json_writer_finish(const json_writer *writer, size_t *size);

#endif
