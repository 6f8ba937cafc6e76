/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes claims in JSON: what becomes CBOR is in deterministic form, measures as it writes, and comes back
 * from JSON unchanged if it is a claims set at all. Tokens and bundles in JSON are taken apart by the way.
 */
#include <stdlib.h>

#include "tps/eat_bundle.h"
#include "tps/eat_json.h"

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

static void take_others(tps_span input)
{
    static uint8_t room[65536];
    tps_eat_json_token token;
    tps_eat_bundle bundle;
    tps_eat_detached detached;
    size_t count = 0;

    if (tps_eat_json_token_read(input, TPS_BUF_OF(room), &token, NULL) == TPS_OK) {
        require(token.kind >= TPS_EAT_JSON_JWT && token.kind <= TPS_EAT_JSON_UJCS);
    }
    if (tps_eat_bundle_read_json(input, TPS_BUF_OF(room), &bundle, NULL) == TPS_OK) {
        tps_eat_iterator it = tps_eat_each(&bundle.detached);
        for (; tps_eat_next_detached(&it, &detached); count++) {
        }
        require(count == bundle.detached.count);
        require(tps_eat_json_token_read(bundle.main_token, TPS_BUF_OF(room), &token, NULL) !=
                TPS_CLAIM_BAD_TYPE);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const tps_cbor_limits deterministic = {1 << 20, 16, 512, &tps_cbor_deterministic};
    static uint8_t room[1 << 20];
    static uint8_t json[1 << 20];
    static uint8_t again[1 << 20];
    tps_span input = tps_span_make(data, size);
    tps_error why = {0};
    tps_span cbor;
    tps_span measured;
    size_t length;

    take_others(input);
    if (tps_eat_from_json(input, TPS_BUF_OF(room), &cbor, &why) != TPS_OK) {
        require(why.status != TPS_OK);
        return 0;
    }
    require(tps_cbor_check(cbor, &deterministic, NULL, NULL) == TPS_OK);
    require(tps_eat_from_json(input, TPS_BUF_MEASURE, &measured, NULL) == TPS_OK);
    require(measured.size == cbor.size);
    if (tps_eat_walk(cbor, NULL, NULL) != TPS_OK) {
        return 0;
    }
    require(tps_eat_to_json(cbor, TPS_BUF_OF(json), &length, &why) == TPS_OK);
    if (length > 65536) {
        return 0;
    }
    require(tps_eat_from_json(tps_span_make(json, length), TPS_BUF_OF(again), &measured, NULL) == TPS_OK);
    require(tps_span_equal(measured, cbor));
    return 0;
}
