/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Appraisals in one process: verify, match, policy and signed result, against the raw signature operations;
 * and re-attestation under an established key with a result that nobody signs, against the rate of signed
 * ones. 10,000 devices drawn uniformly; every evidence is used once.
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
#define NOW        1800000000

typedef struct {
    uint8_t nonce[32];
    uint8_t bytes[FLEET_EVIDENCE_MAX];
    tps_span evidence;
} prepared;

/* What stays the same over all rounds. */
typedef struct {
    tps_verifier *verifier;
    tps_crypto_key *key;
    tps_cose_signer signer;
    fleet *devices;
    prepared *all;
    bench_raw *raw;
} stage;

typedef tps_status (*write_result)(const tps_appraisal *parts, size_t count, const tps_ear_options *options,
                                   const tps_cose_signer *signer, tps_buf out, size_t *size);

/* A form of results that is measured. */
typedef struct {
    const char *name;
    write_result put;
    bool with_claims;
    const char *note;
} form;

static const form forms[] = {
    {"appraise.process", tps_ear_jwt, false,
     "one core; 10,000 devices drawn uniformly, each evidence used once; PSA, 3 components, EAR JWT"},
    {"appraise.process.claims", tps_ear_jwt, true,
     "the same with the claims of the evidence repeated in the result, as tps serve does"},
    {"appraise.process.cwt", tps_ear_cwt, true, "the same with the claims, EAR CWT"},
};

#define FORM_COUNT (sizeof forms / sizeof forms[0])

static void prepare(const stage *s, bool is_again)
{
    for (size_t i = 0; i < PER_ROUND; i++) {
        prepared *p = &s->all[i];
        size_t device = fleet_draw(s->devices);

        bench_require(tps_crypto_random(TPS_BUF_OF(p->nonce)) == TPS_OK, "no random numbers");
        p->evidence = is_again ? fleet_evidence_again(s->devices, device, TPS_SPAN_OF(p->nonce), p->bytes)
                               : fleet_evidence(s->devices, device, TPS_SPAN_OF(p->nonce), p->bytes);
    }
}

/* Appraises all that is prepared; the seconds that it took. Without a form no result is written. */
static double appraise(const stage *s, const form *result_form)
{
    static tps_appraisal appraisal;
    static uint8_t result[RESULT_MAX];
    double start = bench_cpu_seconds();
    size_t size;

    for (size_t i = 0; i < PER_ROUND; i++) {
        tps_appraisal_request request = {.nonce = TPS_SPAN_OF(s->all[i].nonce), .now = NOW};
        tps_ear_options options = {.nonce = request.nonce,
                                   .iat = NOW,
                                   .exp = NOW + 300,
                                   .with_claims = result_form != NULL && result_form->with_claims};
        tps_verifier_appraise(s->verifier, s->all[i].evidence, &request, &appraisal);
        bench_require(appraisal.tier == TPS_EAR_TIER_AFFIRMING, "an appraisal is not affirming");
        bench_require(result_form == NULL || result_form->put(&appraisal, 1, &options, &s->signer,
                                                              TPS_BUF_OF(result), &size) == TPS_OK,
                      "a result cannot be written");
    }
    return bench_cpu_seconds() - start;
}

static double run_raw(const stage *s)
{
    double start = bench_cpu_seconds();

    bench_raw_run(s->raw, PER_ROUND);
    return bench_cpu_seconds() - start;
}

/* A device signs once, and agrees on a key then. */
static void establish(stage *s, size_t device)
{
    static const uint8_t nonce[32] = {1};
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(nonce), .now = NOW};
    uint8_t evidence[FLEET_EVIDENCE_MAX];
    tps_appraisal basis;
    uint8_t key[32];

    fleet_key(device, key);
    tps_verifier_appraise(s->verifier, fleet_evidence(s->devices, device, request.nonce, evidence), &request,
                          &basis);
    bench_require(tps_verifier_establish_key(s->verifier, &basis, TPS_SPAN_OF(key), NOW + 1) == TPS_OK,
                  "a key cannot be established");
}

static stage set_up(void)
{
    tps_verifier_options options = {.allow_unsigned_endorsements = true};
    stage s = {
        .all = calloc(PER_ROUND, sizeof *s.all), .raw = bench_raw_new(), .devices = fleet_new(DEVICES)};

    bench_require(s.all != NULL, "no memory");
    bench_require(tps_verifier_new(&options, &s.verifier) == TPS_OK &&
                      tps_verifier_add_corim(s.verifier, fleet_endorsements(s.devices), NOW, NULL) ==
                          TPS_OK &&
                      tps_crypto_key_generate(TPS_CURVE_P256, &s.key) == TPS_OK,
                  "the verifier cannot be set up");
    s.signer = tps_cose_signer_of_key(s.key, TPS_ALG_ES256);
    for (size_t i = 0; i < DEVICES; i++) {
        establish(&s, i);
    }
    return s;
}

int main(void)
{
    bench_rounds rounds[FORM_COUNT] = {{.rounds = 0}};
    bench_rounds again = {.rounds = ROUNDS};
    stage s;

    bench_pin(0);
    s = set_up();
    for (size_t i = 0; i < ROUNDS; i++) {
        for (size_t n = 0; n < FORM_COUNT; n++) {
            prepare(&s, false);
            rounds[n].rounds = ROUNDS;
            rounds[n].ours[i] = appraise(&s, &forms[n]);
            rounds[n].bound[i] = run_raw(&s);
        }
        prepare(&s, true);
        again.ours[i] = appraise(&s, NULL);
        again.bound[i] = rounds[0].ours[i];
    }
    for (size_t n = 0; n < FORM_COUNT; n++) {
        bench_report_rate(forms[n].name, "appraisals/s", PER_ROUND, &rounds[n], forms[n].note);
    }
    bench_report_rate("appraise.mac0", "appraisals/s", PER_ROUND, &again,
                      "COSE_Mac0 under a key established with the device, no signed result; bound: "
                      "appraise.process");
    tps_crypto_key_free(s.key);
    tps_verifier_free(s.verifier);
    fleet_free(s.devices);
    bench_raw_free(s.raw);
    free(s.all);
    return 0;
}
