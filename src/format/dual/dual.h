/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One reader over CBOR or JSON, for formats that have both encodings: a decoder that is written over it reads
 * either. It is a thin choice between tps/cbor.h and json/reader.h: same rules, same sticky first error, and
 * the input must have been checked (tps_cbor_check(), json_check()) first.
 *
 *     dual_list list = dual_enter_map(&r);
 *     while (dual_next(&r, &list)) {
 *         dual_key key = dual_get_key(&r);
 *         if (dual_key_is(&key, 6, "iat")) { iat = dual_get_int(&r); } else { dual_skip(&r); }
 *     }
 */
#ifndef TPS_FORMAT_DUAL_DUAL_H
#define TPS_FORMAT_DUAL_DUAL_H

#include "format/json/reader.h"
#include "tps/cbor.h"

/** The kinds that both encodings have. */
enum {
    DUAL_OTHER = 0, /**< anything else, or nothing */
    DUAL_INT = 1,
    DUAL_TEXT = 2,
    DUAL_BYTES = 3, /**< of CBOR only: bytes of JSON are text */
    DUAL_ARRAY = 4,
    DUAL_MAP = 5
};

typedef struct {
    bool is_json;
    tps_cbor_reader cbor;
    json_reader json;
    tps_buf *room; /**< for what JSON has to unescape or to decode; shrinks from its front; NULL: none */
} dual_reader;

typedef struct {
    tps_cbor_list cbor;
    json_list json;
} dual_list;

/** A key of a map: an integer or text in CBOR, text in JSON. */
typedef struct {
    bool is_int;
    int64_t number; /**< if is_int */
    json_str text;  /**< otherwise */
} dual_key;

/** A reader at the start of `input`. */
dual_reader dual_reader_init(tps_span input, bool is_json, tps_buf *room);

/** The first error, or TPS_OK. */
tps_status dual_status(const dual_reader *reader);

/** Sets the first error. TPS_OK changes nothing. */
void dual_fail(dual_reader *reader, tps_status status);

/** Gives the error that there is another name, or sets it: for a caller that knows better what is wrong. */
void dual_rename(dual_reader *reader, tps_status status);

/** Bytes between the start of the input and the reader's place. */
size_t dual_offset(const dual_reader *reader);

/** The kind of the next value; moves nothing. */
uint32_t dual_peek(const dual_reader *reader);

/** As tps_cbor_enter_map() and json_enter_object(); after it dual_next() before each dual_get_key(). */
dual_list dual_enter_map(dual_reader *reader);
dual_list dual_enter_array(dual_reader *reader);
bool dual_next(dual_reader *reader, dual_list *list);

/** A map's key. One of CBOR that is neither text nor an integer of 64 bits with sign is an error. */
dual_key dual_get_key(dual_reader *reader);

/** True when the key is `number` (CBOR), or `name` (JSON). */
bool dual_key_is(const dual_reader *reader, const dual_key *key, int64_t number, const char *name);

/** An integer of 64 bits with sign; in JSON without fraction and exponent. */
int64_t dual_get_int(dual_reader *reader);

/** Text; what JSON escapes is unescaped into the room (if that is NULL, escapes are an error). */
tps_span dual_get_text(dual_reader *reader);

/** Bytes: a byte string of CBOR; in JSON text of base64url without padding, decoded into the room. */
tps_span dual_get_bytes(dual_reader *reader);

/** Skips one value and returns its encoding. */
tps_span dual_skip(dual_reader *reader);

/** Where the next value begins, behind white space; and what was read since such a place. */
const uint8_t *dual_place(const dual_reader *reader);
tps_span dual_since(const dual_reader *reader, const uint8_t *place);

/** All that was not read yet. */
tps_span dual_rest(const dual_reader *reader);

/** Checks `input` as tps_cbor_check() or json_check() does. */
TPS_MUST_USE tps_status dual_check(tps_span input, bool is_json, const tps_cbor_limits *cbor_limits,
                                   const json_limits *text_limits, tps_error *why);

#endif
