/* SPDX-License-Identifier: Apache-2.0 */
/* Starts PSA Crypto before main(), for test programs that are linked with the back end psa/: there it is the
 * program's job, once. */
#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((constructor)) static void start(void)
{
    if (psa_crypto_init() != PSA_SUCCESS) {
        fputs("PSA Crypto does not start\n", stderr);
        abort();
    }
}
