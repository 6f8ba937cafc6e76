/* SPDX-License-Identifier: Apache-2.0 */
/* Natural numbers: the few schoolbook operations that float conversion needs. */
#include "format/text/natural.h"

natural natural_make(uint32_t *limb, uint32_t room, uint64_t value)
{
    limb[0] = (uint32_t)value;
    limb[1] = (uint32_t)(value >> 32);
    return (natural){limb, limb[1] != 0 ? 2 : limb[0] != 0 ? 1 : 0, room};
}

void natural_copy(natural *n, const natural *other)
{
    memcpy(n->limb, other->limb, other->size * sizeof *n->limb);
    n->size = other->size;
}

void natural_multiply_add(natural *n, uint32_t factor, uint32_t addend)
{
    uint64_t carry = addend;

    for (uint32_t i = 0; i < n->size; i++) {
        carry += (uint64_t)n->limb[i] * factor;
        n->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry != 0 && n->size < n->room) {
        n->limb[n->size++] = (uint32_t)carry;
    }
}

void natural_shift_left(natural *n, uint32_t bits)
{
    for (; bits >= 31; bits -= 31) {
        natural_multiply_add(n, 1u << 31, 0);
    }
    natural_multiply_add(n, 1u << bits, 0);
}

void natural_multiply_power_of_ten(natural *n, uint32_t exponent)
{
    for (; exponent >= 9; exponent -= 9) {
        natural_multiply_add(n, 1000000000u, 0);
    }
    for (; exponent > 0; exponent--) {
        natural_multiply_add(n, 10, 0);
    }
}

void natural_add(natural *n, const natural *other)
{
    uint64_t carry = 0;
    uint32_t size = n->size > other->size ? n->size : other->size;

    for (uint32_t i = 0; i < size; i++) {
        carry += (uint64_t)(i < n->size ? n->limb[i] : 0) + (i < other->size ? other->limb[i] : 0);
        n->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    n->size = size;
    if (carry != 0 && n->size < n->room) {
        n->limb[n->size++] = (uint32_t)carry;
    }
}

void natural_subtract(natural *n, const natural *other)
{
    uint32_t borrow = 0;

    for (uint32_t i = 0; i < n->size; i++) {
        uint64_t take = (uint64_t)(i < other->size ? other->limb[i] : 0) + borrow;
        borrow = n->limb[i] < take;
        n->limb[i] = (uint32_t)(n->limb[i] - take);
    }
    while (n->size > 0 && n->limb[n->size - 1] == 0) {
        n->size--;
    }
}

int natural_compare(const natural *a, const natural *b)
{
    if (a->size != b->size) {
        return a->size < b->size ? -1 : 1;
    }
    for (uint32_t i = a->size; i-- > 0;) {
        if (a->limb[i] != b->limb[i]) {
            return a->limb[i] < b->limb[i] ? -1 : 1;
        }
    }
    return 0;
}

uint32_t natural_bits(const natural *n)
{
    uint32_t bits = 32 * n->size;

    if (n->size > 0) {
        for (uint32_t top = n->limb[n->size - 1]; (top & 0x80000000u) == 0; top <<= 1) {
            bits--;
        }
    }
    return bits;
}
