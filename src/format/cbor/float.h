/* SPDX-License-Identifier: Apache-2.0 */
/* Floats of CBOR as decimal text, exactly, without the C library's printf (portable code has none). */
#ifndef TPS_FORMAT_CBOR_FLOAT_H
#define TPS_FORMAT_CBOR_FLOAT_H

#include "tps/span.h"

/** Room for any float's text, without a final zero. */
#define CBOR_FLOAT_TEXT_MAX 48u

/**
 * Write a float of `width` bytes (2, 4 or 8; its bits in `bits`) as the shortest decimal number that a reader
 * of doubles reads back as the same value, always with a point: 1.0, 0.00006103515625, 1.0e+300, -Infinity. A
 * NaN other than the usual one says its bits in a comment: NaN /0x7e01/.
 *
 * @return The number of characters written to `out`. Stack: about 700 bytes.
 */
size_t cbor_float_text(uint64_t bits, uint32_t width, char out[CBOR_FLOAT_TEXT_MAX]);

#endif
