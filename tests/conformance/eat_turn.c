/* SPDX-License-Identifier: Apache-2.0 */
/* Reads claims, each behind a letter and its size in four bytes, big end first: 'j' claims in JSON, which
 * become CBOR; 'c' claims in CBOR, which are decoded, encoded, and become JSON. Answers to each with a line:
 * a status, the CBOR (as it was turned, or encoded) in hex or "-", and the JSON. eat_judge.py compares. */
#include <stdio.h>

#include "tps/eat_json.h"

static uint8_t input[1 << 17];
static uint8_t cbor_room[1 << 17];
static uint8_t json_room[1 << 18];

static bool read_head(char *kind, size_t *size)
{
    uint8_t head[5];

    if (fread(head, 1, sizeof head, stdin) != sizeof head) {
        return false;
    }
    *kind = (char)head[0];
    *size = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
    return *size <= sizeof input && fread(input, 1, *size, stdin) == *size;
}

static tps_status encode_again(tps_span given, tps_span *cbor)
{
    static tps_eat_claims claims;

    TPS_TRY(tps_eat_decode(given, &claims, NULL));
    return tps_eat_encode(&claims, TPS_BUF_OF(cbor_room), cbor, NULL);
}

static void answer(tps_status status, tps_span cbor, size_t size)
{
    printf("%s ", tps_status_name(status));
    for (size_t i = 0; i < cbor.size; i++) {
        printf("%02x", cbor.data[i]);
    }
    printf("%s %.*s\n", cbor.size == 0 ? "-" : "", (int)size, (const char *)json_room);
}

int main(void)
{
    size_t size = 0;
    char kind;

    while (read_head(&kind, &size)) {
        tps_span given = tps_span_make(input, size);
        tps_span cbor = TPS_SPAN_EMPTY;
        size_t written = 0;
        tps_status status = kind == 'j' ? tps_eat_from_json(given, TPS_BUF_OF(cbor_room), &cbor, NULL)
                                        : encode_again(given, &cbor);
        if (status == TPS_OK) {
            status = tps_eat_to_json(cbor, TPS_BUF_OF(json_room), &written, NULL);
        }
        answer(status, cbor, status == TPS_OK ? written : 0);
    }
    return 0;
}
