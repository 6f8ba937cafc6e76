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

/* Causes of what a start can meet most; a chip has no room for the texts of all (some 18 KiB). */
typedef struct {
    tps_status status;
    const char *cause;
} status_cause;

#define KEEP_COMPONENT(name, cause) {TPS_##name, cause},
#define KEEP_CRYPTO(name, cause)    {TPS_##name, cause},
#define KEEP_BASE(name, cause)
#define KEEP_CBOR(name, cause)
#define KEEP_COSE(name, cause)
#define KEEP_CLAIMS(name, cause)
#define KEEP_CORIM(name, cause)
#define KEEP_JSON(name, cause)
#define KEEP_VERIFIER(name, cause)
#define KEEP_STORE(name, cause)
#define KEEP_SERVER(name, cause)
#define KEEP_DEVICE(name, cause)
#define KEEP_DER(name, cause)
#define KEEP_DICE(name, cause)
#define KEEP_CMW(name, cause)
#define KEEP_EAR(name, cause)
#define KEEP_LINE(name, cause)
#define KEEP_TPM(name, cause)
#define STATUS_CAUSE(name, layer, code, cause, next) KEEP_##layer(name, cause)

static const status_cause causes[] = {TPS_STATUS_LIST(STATUS_CAUSE){TPS_NOT_FOUND, "it is not there"}};

static const char *find_cause(tps_status status)
{
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        if (causes[i].status == status) {
            return causes[i].cause;
        }
    }
    return "it failed";
}

void an505_console_put_status(tps_status status)
{
    if (status != TPS_OK) {
        an505_console_put(": ");
        an505_console_put(find_cause(status));
        an505_console_put(" (tps status ");
        an505_console_put_hex(status);
        an505_console_put(")");
    }
    an505_console_put("\n");
}

void an505_console_line(const char *text, tps_status status)
{
    an505_console_put("secure: ");
    an505_console_put(text);
    an505_console_put_status(status);
}
