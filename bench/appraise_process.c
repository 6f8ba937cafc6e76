/* SPDX-License-Identifier: Apache-2.0 */
/*
 * appraise.process: verify, match, policy and signed result in one process, against the raw signature
 * operations. 10,000 devices drawn uniformly; every evidence is used once.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/fleet.h"
#include "bench/measure.h"
#include "tps/crypto.h"
#include "tps/verifier.h"

#define DEVICES    10000u
#define ROUNDS     9u
#define PER_ROUND  1500u
#define RESULT_MAX 8192u

typedef struct {
    uint8_t nonce[32];
    uint8_t bytes[FLEET_EVIDENCE_MAX];
    tps_span evidence;
} prepared;

static void prepare(fleet *devices, prepared *all)
{
    for (size_t i = 0; i < PER_ROUND; i++) {
        bench_require(tps_crypto_random(TPS_BUF_OF(all[i].nonce)) == TPS_OK, "no random numbers");
        all[i].evidence =
            fleet_evidence(devices, fleet_draw(devices), TPS_SPAN_OF(all[i].nonce), all[i].bytes);
    }
}

static void appraise(tps_verifier *verifier, const tps_cose_signer *signer, const prepared *all)
{
    static tps_appraisal appraisal;
    static uint8_t result[RESULT_MAX];
    size_t size;

    for (size_t i = 0; i < PER_ROUND; i++) {
        tps_appraisal_request request = {.nonce = TPS_SPAN_OF(all[i].nonce), .now = 1800000000};
        tps_ear_options options = {.nonce = request.nonce, .iat = request.now, .exp = request.now + 300};
        tps_verifier_appraise(verifier, all[i].evidence, &request, &appraisal);
        bench_require(appraisal.tier == TPS_EAR_TIER_AFFIRMING, "an appraisal is not affirming");
        bench_require(tps_ear_jwt(&appraisal, 1, &options, signer, TPS_BUF_OF(result), &size) == TPS_OK,
                      "a result cannot be written");
    }
}

int main(void)
{
    tps_verifier_options options = {.allow_unsigned_endorsements = true};
    tps_verifier *verifier = NULL;
    tps_crypto_key *key = NULL;
    tps_cose_signer signer;
    bench_rounds rounds = {.rounds = ROUNDS};
    prepared *all = calloc(PER_ROUND, sizeof *all);
    bench_raw *raw = bench_raw_new();
    fleet *devices;

    bench_pin(0);
    bench_require(all != NULL, "no memory");
    devices = fleet_new(DEVICES);
    bench_require(tps_verifier_new(&options, &verifier) == TPS_OK &&
                      tps_verifier_add_corim(verifier, fleet_endorsements(devices), 1800000000, NULL) ==
                          TPS_OK &&
                      tps_crypto_key_generate(TPS_CURVE_P256, &key) == TPS_OK,
                  "the verifier cannot be set up");
    signer = tps_cose_signer_of_key(key, TPS_ALG_ES256);

    for (size_t i = 0; i < ROUNDS; i++) {
        double start;
        prepare(devices, all);
        start = bench_cpu_seconds();
        appraise(verifier, &signer, all);
        rounds.ours[i] = bench_cpu_seconds() - start;
        start = bench_cpu_seconds();
        bench_raw_run(raw, PER_ROUND);
        rounds.bound[i] = bench_cpu_seconds() - start;
    }
    bench_report_rate(
        "appraise.process", "appraisals/s", PER_ROUND, &rounds,
        "one core; 10,000 devices drawn uniformly, each evidence used once; PSA, 3 components, EAR JWT");

    tps_crypto_key_free(key);
    tps_verifier_free(verifier);
    fleet_free(devices);
    bench_raw_free(raw);
    free(all);
    return 0;
}
