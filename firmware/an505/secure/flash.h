/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file flash.h
 * The flash of the emulated board. mps2-an505 has none: 4 MiB of its external RAM stand for it, which QEMU
 * keeps in a file (`-object memory-backend-file,share=on`), so that they outlive the emulator's process, even
 * one that is killed. RAM would take any write; so this driver does what flash does, and writes a journal of
 * all that it did, by which a checker on the host (tests/firmware/flash_checker.py) sees whether the rules of
 * flash were kept. THIS IS THE EMULATOR'S: a port to a real chip replaces this file by a driver of the chip's
 * controller, with the same two operations of tps_chip.
 *
 * Like flash: programming turns ones into zeros only (what is programmed twice becomes the AND of both), and
 * erasing makes a sector 0xff. Unlike flash it is fast, and does not wear.
 *
 * **The journal** lies in the upper 8 MiB of the same RAM. It is kept only when the host wrote its magic
 * before the start, so that nothing but tests needs it. All numbers are 32 bits, little-endian:
 *
 *     header, 64 bytes                         an entry, padded with zeros to 4 bytes
 *      0  magic, 8 bytes: "tpsFlash"            0  number, from 1 (of a start: operations begun before it)
 *      8  version of this layout: 1             4  1 program, 2 erase, 3 start
 *     12  operations begun                      8  offset in the flash (of a start: operations finished)
 *     16  operations finished                  12  bytes
 *     20  bytes of entries, from 64            16  the data to program
 *     24  stop at this operation, 0: at none
 *     28  after so many of its bytes
 *     32  state: 0 runs, 1 stopped, 2 full
 *
 * An entry is whole before its operation begins to be counted, and the operation changes the flash after that
 * only. A start is written before the first operation of each start; when fewer operations were finished than
 * begun, the power went within the last.
 *
 * Stopping: when operation N begins and the host asked to stop there, the driver does K of its bytes (of an
 * erase K bytes of the sector, from its beginning) and half the bits of the next one, says "stopped", and
 * waits for ever with interrupts masked: the host kills the emulator then. K of all bytes or more: the
 * operation is done, and never acknowledged. A journal that is full says so and is not written any more: no
 * checker believes it.
 */
#ifndef AN505_SECURE_FLASH_H
#define AN505_SECURE_FLASH_H

#include "memory.h"
#include "platform/trustzone_m/chip.h"

#define EMULATED_FLASH_SECTOR_SIZE 4096u
#define EMULATED_FLASH_UNIT_SIZE   16u

#define EMULATED_FLASH_JOURNAL_SIZE    (AN505_FLASH_MEMORY_SIZE / 2u)
#define EMULATED_FLASH_JOURNAL_ADDRESS (AN505_FLASH + EMULATED_FLASH_JOURNAL_SIZE)

/**
 * @brief Fill in the flash of a chip: `flash`, `flash_size`, `sector_size`, `unit_size`, `flash_program`,
 * `flash_erase`; nothing else is touched.
 *
 * Both operations refuse, with TPS_COMPONENT_STORAGE and without a trace, what is not made of whole, aligned
 * units (or is no sector's beginning) or is not within the flash. Neither looks whether units are erased:
 * that is the checker's. `bytes` must not lie in the flash itself. One thread at a time; secure world only,
 * at addresses that the SAU leaves secure.
 */
void emulated_flash_describe(tps_chip *chip);

#endif
