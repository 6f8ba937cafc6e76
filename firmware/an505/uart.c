/* SPDX-License-Identifier: Apache-2.0 */
/* CMSDK APB UART (DDI 0479, 4.3), polled. */
#include "uart.h"

#include "memory.h"

/* Offsets of registers, and their bits. */
enum { DATA = 0x00, STATE = 0x04, CTRL = 0x08, BAUDDIV = 0x10 };
enum { STATE_TX_FULL = 1, STATE_RX_FULL = 2, CTRL_TX_ENABLE = 1, CTRL_RX_ENABLE = 2 };

static volatile uint32_t *at(uintptr_t base, uint32_t offset)
{
    return (volatile uint32_t *)(base + offset);
}

void an505_uart_start(uintptr_t base)
{
    *at(base, BAUDDIV) = AN505_CLOCK / 115200;
    *at(base, CTRL) = CTRL_TX_ENABLE | CTRL_RX_ENABLE;
}

bool an505_uart_put(uintptr_t base, uint8_t byte)
{
    if ((*at(base, STATE) & STATE_TX_FULL) != 0) {
        return false;
    }
    *at(base, DATA) = byte;
    return true;
}

bool an505_uart_get(uintptr_t base, uint8_t *byte)
{
    if ((*at(base, STATE) & STATE_RX_FULL) == 0) {
        return false;
    }
    *byte = (uint8_t)*at(base, DATA);
    return true;
}
