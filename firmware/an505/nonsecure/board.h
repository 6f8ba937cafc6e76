/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file board.h
 * What the board gives to programs of the non-secure world. One thread; none of it waits.
 */
#ifndef AN505_BOARD_H
#define AN505_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

/** The program: called once, with the line and the clock switched on. */
noreturn void board_main(void);

/** Bytes that came in over the line. @return how many, at most `room`. */
size_t board_line_read(uint8_t *to, size_t room);

/** Bytes out. @return how many were taken, at most `size`. */
size_t board_line_write(const uint8_t *from, size_t size);

/** Milliseconds since the start; begins anew after 2^32. */
uint32_t board_milliseconds(void);

/** Switches the light. */
void board_light(bool on);

/** Whether it is on. */
bool board_is_lit(void);

#endif
