/* SPDX-License-Identifier: Apache-2.0 */
/* Reads texts in diagnostic notation, each behind its size in four bytes, big end first; answers to each with
 * a line: the name of the status, and the CBOR in hex or the fault. notation_judge.py compares. */
#include <stdio.h>

#include "tps/cbor_diagnostic.h"

static uint8_t text[1 << 20];
static uint8_t item[1 << 20];

static size_t read_size(void)
{
    uint8_t head[4];

    if (fread(head, 1, sizeof head, stdin) != sizeof head) {
        return SIZE_MAX;
    }
    return (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
}

int main(void)
{
    for (size_t size = read_size(); size != SIZE_MAX; size = read_size()) {
        tps_span encoded = TPS_SPAN_EMPTY;
        tps_error why = {0};
        tps_status status;

        if (size > sizeof text || fread(text, 1, size, stdin) != size) {
            return 2;
        }
        status = tps_cbor_from_diagnostic(tps_span_make(text, size), TPS_BUF_OF(item), &encoded, &why);
        printf("%s ", tps_status_name(status));
        for (size_t i = 0; i < encoded.size; i++) {
            printf("%02x", encoded.data[i]);
        }
        if (status != TPS_OK) {
            printf("at %zu: %s", why.offset, why.detail == NULL ? "" : why.detail);
        }
        printf("\n");
    }
    return 0;
}
