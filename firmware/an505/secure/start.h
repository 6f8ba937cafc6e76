/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file start.h
 * The start of the secure world, its end, and the way out to the non-secure one.
 */
#ifndef AN505_START_H
#define AN505_START_H

#include <stdint.h>
#include <stdnoreturn.h>

/** The secure image's program; called once, after memory and guards are set up. */
noreturn void an505_main(void);

/** Resets the chip. */
noreturn void an505_system_reset(void);

/** Starts the image at `image`, in non-secure memory: two words, its stack pointer and its first instruction,
 * begin it. Every register but the program counter is zero. The secure stack is empty afterwards. */
noreturn void an505_start_nonsecure(const uint32_t *image);

#endif
