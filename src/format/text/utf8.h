/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 (RFC 3629): one strict check, shared by CBOR and JSON. */
#ifndef TPS_FORMAT_UTF8_H
#define TPS_FORMAT_UTF8_H

#include "tps/span.h"

/** True when every byte belongs to a shortest-form sequence of a scalar value (no surrogates, at most
 * U+10FFFF). */
bool utf8_is_valid(tps_span text);

/** Writes the UTF-8 of a scalar value; returns its bytes, 1 to 4. */
size_t utf8_write(uint32_t code, uint8_t out[4]);

#endif
