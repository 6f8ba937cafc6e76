/* SPDX-License-Identifier: Apache-2.0 */
/* Starts PSA Crypto as a chip has it before main(), as a firmware does: random bytes are the system's. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "crypto/psa/start.h"

static tps_status fill(void *context, tps_buf out)
{
    (void)context;
    return getrandom(out.data, out.size, 0) == (ssize_t)out.size ? TPS_OK : TPS_CRYPTO_NO_ENTROPY;
}

__attribute__((constructor)) static void start(void)
{
    if (tps_psa_start(&(tps_psa_entropy){.fill = fill}) != TPS_OK) {
        fputs("PSA Crypto does not start\n", stderr);
        abort();
    }
}
