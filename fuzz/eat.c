/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes claims of RFC 9711 in CBOR: what decodes in deterministic form is encoded to the same bytes; its
 * lists give as many entries as they count; what has a form in JSON comes back from it, and from there on
 * nothing changes any more. Registered claims, bundles and unprotected claims are read by the way.
 */
#include <stdlib.h>

#include "tps/eat_json.h"

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

static const tps_cbor_limits deterministic = {65536, 16, 512, &tps_cbor_deterministic};

/* Each list must give what it counts. */
static void count_entries(const tps_eat_claims *claims)
{
    tps_eat_iterator nonces = tps_eat_each(&claims->nonces);
    tps_eat_iterator sueids = tps_eat_each(&claims->sueids);
    tps_eat_iterator dloas = tps_eat_each(&claims->dloas);
    tps_eat_iterator manifests = tps_eat_each(&claims->manifests);
    tps_eat_iterator measurements = tps_eat_each(&claims->measurements);
    tps_eat_iterator submods = tps_eat_each(&claims->submods);
    tps_eat_submodule submodule;
    tps_eat_manifest manifest;
    tps_eat_sueid sueid;
    tps_eat_dloa dloa;
    tps_span nonce;
    size_t counts[6] = {0};

    while (tps_eat_next_nonce(&nonces, &nonce)) {
        require(tps_eat_answers(claims, nonce));
        counts[0]++;
    }
    for (; tps_eat_next_sueid(&sueids, &sueid); counts[1]++) {
    }
    for (; tps_eat_next_dloa(&dloas, &dloa); counts[2]++) {
    }
    for (; tps_eat_next_manifest(&manifests, &manifest); counts[3]++) {
    }
    for (; tps_eat_next_manifest(&measurements, &manifest); counts[4]++) {
    }
    while (tps_eat_next_submodule(&submods, &submodule)) {
        require(tps_eat_find_submodule(claims, submodule.name, &submodule));
        counts[5]++;
    }
    require(counts[0] == claims->nonces.count && counts[1] == claims->sueids.count);
    require(counts[2] == claims->dloas.count && counts[3] == claims->manifests.count);
    require(counts[4] == claims->measurements.count && counts[5] == claims->submods.count);
}

static void count_results(const tps_eat_claims *claims)
{
    tps_eat_iterator groups = tps_eat_each(&claims->measres);
    tps_eat_measurement_results group;
    size_t count = 0;

    for (; tps_eat_next_measurement_results(&groups, &group); count++) {
        tps_eat_iterator results = tps_eat_each(&group.results);
        tps_eat_result result;
        size_t inside = 0;
        for (; tps_eat_next_result(&results, &result); inside++) {
        }
        require(inside == group.results.count);
    }
    require(count == claims->measres.count);
}

static void encode_again(tps_span input, const tps_eat_claims *claims)
{
    static uint8_t room[65536];
    tps_span encoded;

    require(tps_eat_encode(claims, TPS_BUF_OF(room), &encoded, NULL) == TPS_OK);
    require(tps_span_equal(encoded, input));
}

static void turn(tps_span input)
{
    static uint8_t json[1 << 20];
    static uint8_t once[1 << 20];
    static uint8_t again[1 << 20];
    static uint8_t twice[1 << 20];
    tps_span first;
    tps_span second;
    size_t size;
    size_t size_again;
    tps_status status;

    if (tps_eat_to_json(input, TPS_BUF_OF(json), &size, NULL) != TPS_OK) {
        return;
    }
    status = tps_eat_from_json(tps_span_make(json, size), TPS_BUF_OF(once), &first, NULL);
    if (status == TPS_JSON_TOO_LONG || status == TPS_JSON_TOO_MANY || status == TPS_JSON_TOO_DEEP ||
        status == TPS_JSON_UNTRACKED_NAMES) {
        return; /* base64url is longer than bytes, and "DIGEST" a level more */
    }
    require(status == TPS_OK);
    require(tps_cbor_check(first, &deterministic, NULL, NULL) == TPS_OK);
    require(tps_eat_to_json(first, TPS_BUF_OF(again), &size_again, NULL) == TPS_OK);
    if (tps_cbor_check(input, &deterministic, NULL, NULL) == TPS_OK) {
        require(size == size_again && memcmp(json, again, size) == 0);
    }
    require(tps_eat_from_json(tps_span_make(again, size_again), TPS_BUF_OF(twice), &second, NULL) == TPS_OK);
    require(tps_span_equal(first, second));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t room[65536];
    tps_span input = tps_span_make(data, size);
    tps_eat_claims claims;
    tps_error why = {0};
    tps_span encoded;

    if (tps_eat_decode(input, &claims, &why) != TPS_OK) {
        require(why.status != TPS_OK);
        require(tps_eat_walk(input, NULL, NULL) != TPS_OK);
        return 0;
    }
    count_entries(&claims);
    count_results(&claims);
    require(tps_cwt_decode(input, &claims.cwt, NULL) == TPS_OK);
    (void)tps_cwt_check_time(&claims.cwt, INT64_MAX, 60, NULL);
    (void)tps_cwt_is_for(&claims.cwt, TPS_SPAN_LITERAL("a"));
    if (tps_cbor_check(input, &deterministic, NULL, NULL) == TPS_OK) {
        encode_again(input, &claims);
        require(tps_cwt_encode(&claims.cwt, TPS_BUF_OF(room), &encoded, NULL) == TPS_OK);
        require(tps_cbor_check(encoded, &deterministic, NULL, NULL) == TPS_OK);
    }
    if (tps_eat_walk(input, NULL, NULL) == TPS_OK) {
        turn(input);
    }
    return 0;
}
