/* SPDX-License-Identifier: Apache-2.0 */
/* JSON read with the reader and written with the writer, value for value: for the fuzz target and for the
 * comparison with another reader. Only for text that json_check() has let through. */
#ifndef TPS_TEST_JSON_COPY_H
#define TPS_TEST_JSON_COPY_H

#include "format/json/reader.h"
#include "format/json/writer.h"

/* Room for one unescaped string. */
static uint8_t json_copy_room[65536];

static inline tps_span json_copy_string(json_reader *r, json_str string)
{
    tps_buf room = TPS_BUF_OF(json_copy_room);
    tps_span value = TPS_SPAN_EMPTY;
    tps_status status = json_str_value(string, &room, &value);

    if (status != TPS_OK) {
        json_fail(r, status);
    }
    return value;
}

static inline void json_copy_integer(json_reader *r, json_writer *w)
{
    json_reader ahead = *r;
    int64_t value = json_get_int(&ahead);

    if (ahead.status == TPS_OK) {
        json_int(w, value);
        *r = ahead;
        return;
    }
    ahead = *r;
    if (ahead.status == TPS_OK && json_get_uint(&ahead) > 0 && ahead.status == TPS_OK) {
        json_uint(w, json_get_uint(r));
        return;
    }
    json_raw(w, json_skip(r)); /* beyond 64 bits */
}

static inline void json_copy_number(json_reader *r, json_writer *w)
{
    json_reader ahead = *r;
    double value = json_get_double(&ahead);

    if (ahead.status == TPS_JSON_OUT_OF_RANGE) {
        json_raw(w, json_skip(r));
        return;
    }
    json_double(w, value);
    *r = ahead;
}

/* Recursive: as deep as the checker allowed. */
static inline void json_copy_value(json_reader *r, json_writer *w)
{
    uint32_t kind = json_peek(r);
    json_list list;

    switch (kind) {
    case JSON_OBJECT:
        list = json_enter_object(r);
        json_begin_object(w);
        while (json_next(r, &list)) {
            json_key_span(w, json_copy_string(r, json_get_name(r)));
            json_copy_value(r, w);
        }
        json_end_object(w);
        break;
    case JSON_ARRAY:
        list = json_enter_array(r);
        json_begin_array(w);
        while (json_next(r, &list)) {
            json_copy_value(r, w);
        }
        json_end_array(w);
        break;
    case JSON_STRING: json_text_span(w, json_copy_string(r, json_get_string(r))); break;
    case JSON_INTEGER: json_copy_integer(r, w); break;
    case JSON_NUMBER: json_copy_number(r, w); break;
    case JSON_BOOL: json_bool(w, json_get_bool(r)); break;
    case JSON_NULL:
        json_get_null(r);
        json_put_null(w);
        break;
    default: json_fail(r, TPS_JSON_NOT_WELL_FORMED); break;
    }
}

#endif
