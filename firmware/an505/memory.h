/* SPDX-License-Identifier: Apache-2.0 */
/* The memory map of the board: which world owns what. C and both linker scripts read it, so numbers are
 * plain. Bit 28 of an address chooses the secure alias of the same memory or peripheral. */
#ifndef AN505_MEMORY_H
#define AN505_MEMORY_H

/* Code of the secure world: SSRAM1, as if it were the chip's code flash. */
#define AN505_SECURE_CODE 0x10000000
#ifndef AN505_SECURE_CODE_SIZE
#define AN505_SECURE_CODE_SIZE 0x00020000
#endif
/* The entry functions have a place that does not move when the secure image changes: images of the non-secure
 * world need not be linked anew. */
#define AN505_VENEERS      0x10000200
#define AN505_VENEERS_SIZE 0x00000020

/* RAM of the secure world: the first 64 KiB of SSRAM2; the stack lies at its beginning, so that what grows
 * too large runs out of memory and not into other data. */
#define AN505_SECURE_RAM        0x38000000
#define AN505_SECURE_RAM_SIZE   0x00010000
#define AN505_SECURE_STACK_SIZE 0x00002000

/* All of the non-secure world's memory, code and data: SSRAM3. */
#define AN505_NONSECURE_RAM      0x28200000
#define AN505_NONSECURE_RAM_SIZE 0x00200000

/* The machine's large memory, which the emulator keeps in a file: its beginning stands for the chip's own
 * flash; its upper half is for tests (secure/flash.h). */
#define AN505_FLASH             0x80000000
#define AN505_FLASH_SIZE        0x00400000
#define AN505_FLASH_MEMORY_SIZE 0x01000000

/* UART 0 is the non-secure world's, the line to the bridge; UART 1 is the secure world's console. */
#define AN505_UART0_NONSECURE 0x40200000
#define AN505_UART1_SECURE    0x50201000

/* The processor's clock, in Hz. */
#define AN505_CLOCK 20000000

#endif
