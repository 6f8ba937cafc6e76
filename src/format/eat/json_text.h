/* SPDX-License-Identifier: Apache-2.0 */
/* Strings of JSON that stand for something else, and selectors of tokens. */
#ifndef TPS_FORMAT_EAT_JSON_TEXT_H
#define TPS_FORMAT_EAT_JSON_TEXT_H

#include "format/json/reader.h"
#include "tps/eat_json.h"

/** The bytes that base64url without padding stands for. */
bool json_text_is_base64url(tps_span text);

/** Puts a byte string for text that is base64url. */
void json_text_put_base64url(tps_cbor_writer *writer, tps_span text);

/** True for dotted decimal numbers: [0-2](.0|.[1-9][0-9]*)+ (RFC 9711, 7.2.1). */
bool json_text_is_oid(tps_span text);

/** Puts the byte string of an OID's text; false for what tps_eat_oid_text() could not give back: an arc
 * beyond 64 bits, or a longer text. */
bool json_text_put_oid(tps_cbor_writer *writer, tps_span text);

/** Puts a string as text (`is_bytes` false), or its UTF-8 as a byte string. */
void json_text_put(tps_cbor_writer *writer, json_str string, bool is_bytes);

/** The bytes of a string's value. */
size_t json_text_size(json_str string);

/** What a selector [type, value] has for second element. */
typedef struct {
    uint32_t kind;  /**< TPS_EAT_JSON_*, or JSON_TEXT_DIGEST */
    tps_span value; /**< as it stands in the text */
} json_selector;

#define JSON_TEXT_DIGEST 5u

/**
 * Reads a selector from text that json_check() has seen.
 * @retval TPS_CLAIM_BAD_VALUE  Not two elements, or an unknown type.
 * @retval TPS_CLAIM_BAD_TYPE   No array, or the second element is of another kind than its type wants.
 */
TPS_MUST_USE tps_status json_selector_read(tps_span text, json_selector *out);

#endif
