/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file uart.h
 * A UART of the board (CMSDK APB UART), polled. Both worlds use it, each for its own.
 */
#ifndef AN505_UART_H
#define AN505_UART_H

#include <stdbool.h>
#include <stdint.h>

/** Switches the UART at `base` on, at 115200 baud, both ways. */
void an505_uart_start(uintptr_t base);

/** One byte out; false while there is no room. */
bool an505_uart_put(uintptr_t base, uint8_t byte);

/** One byte in; false when none has come. */
bool an505_uart_get(uintptr_t base, uint8_t *byte);

#endif
