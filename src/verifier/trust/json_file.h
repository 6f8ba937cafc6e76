/* SPDX-License-Identifier: Apache-2.0 */
/* What the JSON files of this folder have in common: strings into a room, hexadecimal digits, names of
 * numbers. */
#ifndef TPS_VERIFIER_TRUST_JSON_FILE_H
#define TPS_VERIFIER_TRUST_JSON_FILE_H

#include "format/json/reader.h"

/** A name and the number that it stands for. */
typedef struct {
    const char *name;
    uint32_t number;
} json_word;

/** The number of a string that must be one of the words; sets TPS_BAD_ARGUMENT if it is none. */
uint32_t json_get_word(json_reader *r, const json_word *words, size_t count);

/** The bytes that a string spells in hexadecimal digits, two a byte, put into `room`, which shrinks. Sets
 * TPS_BAD_ARGUMENT for any other string, and for none. */
tps_span json_get_hex(json_reader *r, tps_buf *room);

#endif
