/* SPDX-License-Identifier: Apache-2.0 */
/* The non-secure world's start-up, and the few things of the board that it has: a line, a clock, a light. */
#include "nonsecure/board.h"

#include "memory.h"
#include "uart.h"

/* From the linker script. */
extern uint32_t board_stack_top[], board_bss_start[], board_bss_end[];

void board_reset(void);
void board_tick(void);

__attribute__((section(".vectors"), used)) static const uintptr_t vectors[16] = {
    [0] = (uintptr_t)board_stack_top,
    [1] = (uintptr_t)board_reset,
    /* No handlers of faults: what goes wrong here is told by the secure world. */
    [15] = (uintptr_t)board_tick,
};

/* The system timer of this world (Armv8-M, SysTick). */
#define SYST_CSR (*(volatile uint32_t *)0xE000E010)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018)

static volatile uint32_t milliseconds;
static bool is_lit;

__attribute__((weak)) void board_tick(void)
{
    milliseconds++;
}

void board_reset(void)
{
    for (uint32_t *to = board_bss_start; to < board_bss_end; to++) {
        *to = 0;
    }
    an505_uart_start(AN505_UART0_NONSECURE);
    SYST_RVR = AN505_CLOCK / 1000 - 1;
    SYST_CVR = 0;
    SYST_CSR = 7; /* the processor's clock, with interrupt */
    board_main();
}

size_t board_line_read(uint8_t *to, size_t room)
{
    size_t got = 0;

    while (got < room && an505_uart_get(AN505_UART0_NONSECURE, &to[got])) {
        got++;
    }
    return got;
}

size_t board_line_write(const uint8_t *from, size_t size)
{
    size_t put = 0;

    while (put < size && an505_uart_put(AN505_UART0_NONSECURE, from[put])) {
        put++;
    }
    return put;
}

uint32_t board_milliseconds(void)
{
    return milliseconds;
}

void board_light(bool on)
{
    is_lit = on; /* the emulator has none to show */
}

bool board_is_lit(void)
{
    return is_lit;
}
