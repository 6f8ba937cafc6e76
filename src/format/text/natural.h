/* SPDX-License-Identifier: Apache-2.0 */
/* Natural numbers of some thousand bits in the caller's room, for exact conversion between decimal text and
 * floats. Not for cryptography: time depends on the values. */
#ifndef TPS_FORMAT_NATURAL_H
#define TPS_FORMAT_NATURAL_H

#include "tps/span.h"

/** A natural number, little end first; no zero limb at its high end. What does not fit into `room` limbs is
 * lost: the caller knows how large its numbers can be. */
typedef struct {
    uint32_t *limb;
    uint32_t size; /**< limbs in use */
    uint32_t room; /**< limbs at `limb` */
} natural;

/** The number `value`, in the `room` limbs (two at least) at `limb`. */
natural natural_make(uint32_t *limb, uint32_t room, uint64_t value);

/** n = other; both have the same room. */
void natural_copy(natural *n, const natural *other);

/** n = n * factor + addend. */
void natural_multiply_add(natural *n, uint32_t factor, uint32_t addend);

/** n = n * 2^bits. */
void natural_shift_left(natural *n, uint32_t bits);

/** n = n * 10^exponent. */
void natural_multiply_power_of_ten(natural *n, uint32_t exponent);

/** n = n + other. */
void natural_add(natural *n, const natural *other);

/** n = n - other, which must not be larger. */
void natural_subtract(natural *n, const natural *other);

/** Below 0, 0 or above, as a is less than, equal to or greater than b. */
int natural_compare(const natural *a, const natural *b);

/** The number of bits without leading zeros; 0 for 0. */
uint32_t natural_bits(const natural *n);

#endif
