/* SPDX-License-Identifier: Apache-2.0 */
/* A program of someone else that wants CBOR and nothing more: it must link without any cryptography. */
#include "tps/cbor_diagnostic.h"

#include <stdio.h>

static void onto_stdout(void *context, const char *text, size_t size)
{
    (void)context;
    fwrite(text, 1, size, stdout);
}

int main(void)
{
    uint8_t room[64];
    tps_span item;

    if (tps_cbor_from_diagnostic(TPS_SPAN_LITERAL("{1: [true, 1.5], \"a\": h'00 01'}"), TPS_BUF_OF(room),
                                 &item, NULL) != TPS_OK ||
        tps_cbor_diagnose(item, onto_stdout, NULL, NULL) != TPS_OK) {
        return 1;
    }
    printf("\n");
    return 0;
}
