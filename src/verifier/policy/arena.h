/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for one script: a block of fixed size from which all of it comes, the books of which lie in the
 * block itself. So the whole state of a script can be kept as a copy of the block's beginning, and put back.
 */
#ifndef TPS_VERIFIER_POLICY_ARENA_H
#define TPS_VERIFIER_POLICY_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Sizes up to 512 in steps of 16 bytes, then powers of two up to 1 MiB. */
#define ARENA_CLASSES 43u

/** At the start of its block; treat as private, but for what is said of members. */
typedef struct {
    size_t size;
    size_t top;                /**< bytes from the block's start that were ever used: read it */
    bool is_exhausted;         /**< something could not be given; from then on nothing is: read it */
    void *free[ARENA_CLASSES]; /**< given back, by size */
} arena;

/** Makes `block`, aligned as malloc() does, an empty arena. `size` is more than sizeof(arena). */
arena *arena_init(void *block, size_t size);

/** As realloc(), with the old size told; `wanted` 0 gives back. NULL when there is no room. Making smaller
 * never fails. */
void *arena_resize(arena *a, void *old, size_t old_size, size_t wanted);

#endif
