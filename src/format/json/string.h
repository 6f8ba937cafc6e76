/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the JSON reader: escapes of strings, and the step that the checker and skipping share. */
#ifndef TPS_FORMAT_JSON_STRING_H
#define TPS_FORMAT_JSON_STRING_H

#include "format/json/reader.h"

/**
 * The escape at `at`, where a backslash stands (RFC 8259, 7); a surrogate pair is one.
 * @param[out] code    The character.
 * @param[out] length  Bytes of the escape.
 * @retval TPS_OK, TPS_JSON_TRUNCATED (the text ends inside), TPS_JSON_BAD_ESCAPE.
 */
tps_status json_escape_read(const uint8_t *at, const uint8_t *end, uint32_t *code, size_t *length);

/** The bytes of a string's value, one at a time. */
typedef struct {
    const uint8_t *at;
    const uint8_t *end;
    uint8_t bytes[4]; /**< of the character that an escape stood for, last one first */
    uint8_t left;     /**< of them */
} json_str_walk;

json_str_walk json_str_begin(json_str string);

/** The next byte, or -1 at the end. */
int json_str_next(json_str_walk *walk);

/** Moves over a value that is no container; enters one that is, and returns true. */
bool json_step(json_reader *reader, json_list *inner);

#endif
