/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal numbers in text as doubles, without the C library's strtod (portable code has none). */
#ifndef TPS_FORMAT_DECIMAL_H
#define TPS_FORMAT_DECIMAL_H

#include "tps/span.h"

/**
 * The double nearest to a decimal number, ties to even (IEEE 754, 4.3.1), whatever its number of digits.
 *
 * @param text       Digits, perhaps with a sign before, a point inside, and an exponent (e or E, a sign,
 * digits) behind. The caller has checked that it is so.
 * @param[out] bits  The double's bits; infinity when the number is beyond the largest double.
 * @return false when it is beyond.
 *
 * No floating-point arithmetic. Stack: about 1.1 KiB.
 */
bool decimal_to_double(tps_span text, uint64_t *bits);

#endif
