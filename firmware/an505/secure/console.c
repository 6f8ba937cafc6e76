/* SPDX-License-Identifier: Apache-2.0 */
/* The secure world's console: UART 1, polled. */
#include "secure/console.h"

#include "memory.h"
#include "uart.h"

void an505_console_start(void)
{
    an505_uart_start(AN505_UART1_SECURE);
}

static void put(char c)
{
    while (!an505_uart_put(AN505_UART1_SECURE, (uint8_t)c)) {
    }
}

void an505_console_put(const char *text)
{
    for (; *text != '\0'; text++) {
        put(*text);
    }
}

void an505_console_put_hex(uint32_t number)
{
    an505_console_put("0x");
    for (int shift = 28; shift >= 0; shift -= 4) {
        put("0123456789abcdef"[number >> shift & 15]);
    }
}

void an505_console_line(const char *text, tps_status status)
{
    an505_console_put("secure: ");
    an505_console_put(text);
    if (status != TPS_OK) {
        an505_console_put(": ");
        an505_console_put(tps_status_cause(status));
        an505_console_put(": ");
        an505_console_put(tps_status_next_step(status));
    }
    an505_console_put("\n");
}
