/* SPDX-License-Identifier: Apache-2.0 */
/* What judge.py must find: a branch, an address and a comparison that a secret decides. */
#include <stdio.h>
#include <string.h>

#include "tps/crypto.h"
#include "tps/secret.h"

static const char table[256] = {1};

__attribute__((noinline)) static int branch(const uint8_t *secret)
{
    return (secret[0] & 1) != 0 ? puts("odd") : puts("even");
}

__attribute__((noinline)) static int look_up(const uint8_t *secret)
{
    return table[secret[1]];
}

__attribute__((noinline)) static int compare(const uint8_t *secret, const uint8_t *other)
{
    return memcmp(secret, other, 16) == 0 ? puts("equal") : puts("different");
}

int main(void)
{
    static const uint8_t other[32] = {1};
    uint8_t secret[32];
    volatile int found = 0;

    if (tps_crypto_hkdf(TPS_SPAN_OF(other), TPS_SPAN_EMPTY, TPS_SPAN_LITERAL("secret"), TPS_BUF_OF(secret)) !=
        TPS_OK) {
        return 1;
    }
    found += branch(secret);
    found += look_up(secret);
    found += compare(secret, other);
    found += tps_equal_secret(secret, other, sizeof(other)) ? 1 : 0; /* this is how it is done: not found */
    return 0;
}
