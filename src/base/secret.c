/* SPDX-License-Identifier: Apache-2.0 */
/* Wiping and constant-time comparison; portable, so without the C library's own variants. */
#include "tps/secret.h"

#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)

void tps_wipe(void *data, size_t size)
{
    if (size > 0) {
        memset(data, 0, size);
        /* Reads what lies there, as far as the compiler knows: the zeros cannot be left out. */
        __asm__ volatile("" : : "r"(data) : "memory");
    }
}

#else

void tps_wipe(void *data, size_t size)
{
    volatile uint8_t *bytes = data;

    while (size-- > 0) {
        *bytes++ = 0;
    }
}

#endif

bool tps_equal_secret(const void *a, const void *b, size_t size)
{
    const volatile uint8_t *left = a;
    const volatile uint8_t *right = b;
    uint8_t difference = 0;

    for (size_t i = 0; i < size; i++) {
        difference |= (uint8_t)(left[i] ^ right[i]);
    }
    return difference == 0;
}
