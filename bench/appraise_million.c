/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a million endorsed devices cost: the latency of an appraisal against that with a thousand, the memory
 * that a verifier takes for each, and how long it takes to build one from manifests of at most 16 MiB.
 *
 * All devices of a fleet have one class and one of 1,000 keys: to make a million keys would take longer than
 * all else here. What the verifier does with them is the same; evidence is of devices drawn from all.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/measure.h"
#include "tps/corim.h"
#include "tps/cose.h"
#include "tps/psa.h"
#include "tps/verifier.h"

#define MILLION      1000000u
#define THOUSAND     1000u
#define KEYS         1000u
#define PER_MANIFEST 40000u
#define ROUNDS       9u
#define PER_ROUND    1500u
#define CORIM_MAX    ((size_t)16 << 20)
#define EVIDENCE_MAX 1024u
#define RESULT_MAX   8192u
#define NOW          1800000000

static const uint8_t class_id[32] = "opentps bench class, 32 bytes...";
static const uint8_t signer_id[32] = "opentps bench signer, 32 bytes..";
static const uint8_t digest[32] = "application, version 0.1.4......";

typedef struct {
    tps_crypto_key *key;
    uint8_t spki[91];
} bench_key;

/* One set of devices: the verifier that knows them, and evidence over nonces of its own. */
typedef struct {
    size_t size;
    tps_verifier *verifier;
    double seconds; /* to build it */
    size_t bytes;   /* that building it took */
    uint8_t (*nonces)[32];
    uint8_t (*evidence)[EVIDENCE_MAX];
    tps_span *messages;
} set;

static bench_key keys[KEYS];

static void make_keys(void)
{
    for (size_t i = 0; i < KEYS; i++) {
        size_t size;
        bench_require(tps_crypto_key_generate(TPS_CURVE_P256, &keys[i].key) == TPS_OK &&
                          tps_crypto_key_spki(keys[i].key, TPS_BUF_OF(keys[i].spki), &size) == TPS_OK,
                      "a device's key cannot be made");
    }
}

/* Instance ids look random, as the hashes that they are. */
static void instance_of(size_t device, uint8_t id[33])
{
    uint64_t word = (uint64_t)device + 1;

    id[0] = 0x01;
    for (size_t i = 0; i < 32; i += 8) {
        word = (word ^ word >> 31) * 0x9e3779b97f4a7c15u;
        memcpy(id + 1 + i, &word, 8);
    }
}

/* ---- endorsements ---- */

/* The devices from `first` on, in a manifest whose bytes are `room`'s. */
static tps_span write_manifest(size_t first, size_t count, tps_buf room)
{
    static uint8_t ids[PER_MANIFEST][33];
    static tps_corim_device devices[PER_MANIFEST];
    uint8_t tag_id[16] = "bench";
    tps_corim_component component = {TPS_SPAN_LITERAL("ARoT"), TPS_SPAN_LITERAL("0.1.4"), TPS_SPAN_OF(digest),
                                     TPS_SPAN_OF(signer_id)};
    tps_corim_manifest manifest = {.profile_kind = TPS_CORIM_PROFILE_PSA,
                                   .id = TPS_SPAN_LITERAL("bench"),
                                   .tag_id = TPS_SPAN_OF(tag_id),
                                   .class_id = TPS_SPAN_OF(class_id),
                                   .vendor = TPS_SPAN_LITERAL("Bench"),
                                   .model = TPS_SPAN_LITERAL("device"),
                                   .components = &component,
                                   .component_count = 1,
                                   .devices = devices,
                                   .device_count = count};
    tps_span encoded;

    memcpy(tag_id + 8, &first, sizeof first);
    for (size_t i = 0; i < count; i++) {
        instance_of(first + i, ids[i]);
        devices[i] = (tps_corim_device){TPS_SPAN_OF(ids[i]), TPS_SPAN_OF(keys[(first + i) % KEYS].spki)};
    }
    bench_require(tps_corim_encode(&manifest, room, &encoded, NULL) == TPS_OK, "a CoRIM cannot be written");
    return encoded;
}

static size_t heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

/* The time is that of taking manifests in, not of writing them. */
static void build(set *s)
{
    tps_verifier_options options = {.allow_unsigned_endorsements = true};
    tps_buf room = {malloc(CORIM_MAX), CORIM_MAX};
    size_t before;

    bench_require(room.data != NULL, "no memory");
    before = heap_bytes();
    bench_require(tps_verifier_new(&options, &s->verifier) == TPS_OK, "no verifier");
    for (size_t first = 0; first < s->size; first += PER_MANIFEST) {
        size_t count = s->size - first < PER_MANIFEST ? s->size - first : PER_MANIFEST;
        tps_span manifest = write_manifest(first, count, room);
        double start = bench_cpu_seconds();
        bench_require(tps_verifier_add_corim(s->verifier, manifest, NOW, NULL) == TPS_OK,
                      "a CoRIM is not taken");
        s->seconds += bench_cpu_seconds() - start;
    }
    s->bytes = heap_bytes() - before;
    free(room.data);
}

/* ---- evidence ---- */

static void make_evidence(set *s, size_t index, size_t device)
{
    uint8_t id[33];
    uint8_t payload[EVIDENCE_MAX];
    tps_cose_signer signer = tps_cose_signer_of_key(keys[device % KEYS].key, TPS_ALG_ES256);
    tps_psa_claims claims = {.nonce = TPS_SPAN_OF(s->nonces[index]),
                             .instance_id = TPS_SPAN_OF(id),
                             .implementation_id = TPS_SPAN_OF(class_id),
                             .client_id = 1,
                             .lifecycle = 0x3000,
                             .boot_seed = TPS_SPAN_OF(signer_id),
                             .component_count = 1};
    tps_span encoded;

    claims.components[0] = (tps_psa_component){.type = TPS_SPAN_LITERAL("ARoT"),
                                               .measurement = TPS_SPAN_OF(digest),
                                               .version = TPS_SPAN_LITERAL("0.1.4"),
                                               .signer_id = TPS_SPAN_OF(signer_id)};
    instance_of(device, id);
    bench_require(tps_crypto_random(TPS_BUF_OF(s->nonces[index])) == TPS_OK &&
                      tps_psa_encode(&claims, TPS_BUF_OF(payload), &encoded, NULL) == TPS_OK &&
                      tps_cose_sign1_make(encoded, NULL, &signer, TPS_BUF_OF(s->evidence[index]),
                                          &s->messages[index]) == TPS_OK,
                  "evidence cannot be made");
}

static void prepare(set *s)
{
    for (size_t i = 0; i < PER_ROUND; i++) {
        uint64_t bits = 0;
        bench_require(tps_crypto_random((tps_buf){(uint8_t *)&bits, sizeof bits}) == TPS_OK,
                      "no random bits");
        make_evidence(s, i, (size_t)(bits % s->size));
    }
}

static double appraise(const set *s, const tps_cose_signer *signer)
{
    static tps_appraisal appraisal;
    static uint8_t result[RESULT_MAX];
    double start = bench_cpu_seconds();
    size_t size;

    for (size_t i = 0; i < PER_ROUND; i++) {
        tps_appraisal_request request = {.nonce = TPS_SPAN_OF(s->nonces[i]), .now = NOW};
        tps_ear_options options = {.nonce = request.nonce, .iat = NOW, .exp = NOW + 300};
        tps_verifier_appraise(s->verifier, s->messages[i], &request, &appraisal);
        bench_require(appraisal.tier == TPS_EAR_TIER_AFFIRMING, "an appraisal is not affirming");
        bench_require(tps_ear_jwt(&appraisal, 1, &options, signer, TPS_BUF_OF(result), &size) == TPS_OK,
                      "a result cannot be written");
    }
    return bench_cpu_seconds() - start;
}

static double run_raw(bench_raw *raw)
{
    double start = bench_cpu_seconds();

    bench_raw_run(raw, PER_ROUND);
    return bench_cpu_seconds() - start;
}

static set new_set(size_t size)
{
    set s = {.size = size,
             .nonces = calloc(PER_ROUND, sizeof *s.nonces),
             .evidence = calloc(PER_ROUND, sizeof *s.evidence),
             .messages = calloc(PER_ROUND, sizeof *s.messages)};

    bench_require(s.nonces != NULL && s.evidence != NULL && s.messages != NULL, "no memory");
    build(&s);
    return s;
}

static void free_set(set *s)
{
    tps_verifier_free(s->verifier);
    free(s->nonces);
    free(s->evidence);
    free(s->messages);
}

static void report(const set *many, const set *few, const bench_rounds *rounds)
{
    double ratio = 1 / bench_median_ratio(rounds);
    tps_verifier_counts counts;

    tps_verifier_count(many->verifier, &counts);
    printf("{\"name\":\"appraise.million\",\"ratio\":%.3f,\"value\":%.2f,\"unit\":\"us\",\"bound\":%.2f,"
           "\"note\":\"one appraisal with its EAR JWT among 1,000,000 devices, against 1,000; built from "
           "%u manifests in %.1f s\"}\n",
           ratio, bench_median_ours(rounds) / PER_ROUND * 1e6, bench_median_bound(rounds) / PER_ROUND * 1e6,
           MILLION / PER_MANIFEST, many->seconds);
    printf("{\"name\":\"appraise.memory\",\"ratio\":%.3f,\"value\":%.1f,\"unit\":\"bytes/device\","
           "\"bound\":512,\"note\":\"of the heap, for 1,000,000 devices; by its own count %.1f; with 1,000 "
           "devices %.1f\"}\n",
           (double)many->bytes / MILLION / 512, (double)many->bytes / MILLION, (double)counts.bytes / MILLION,
           (double)few->bytes / THOUSAND);
}

int main(void)
{
    bench_rounds rounds = {.rounds = ROUNDS};
    bench_rounds raw_rounds = {.rounds = ROUNDS};
    bench_raw *raw = bench_raw_new();
    tps_crypto_key *key = NULL;
    tps_cose_signer signer;
    set few;
    set many;

    bench_pin(0);
    make_keys();
    few = new_set(THOUSAND);
    many = new_set(MILLION);
    bench_require(tps_crypto_key_generate(TPS_CURVE_P256, &key) == TPS_OK, "no key");
    signer = tps_cose_signer_of_key(key, TPS_ALG_ES256);
    for (size_t i = 0; i < ROUNDS; i++) {
        prepare(&many);
        prepare(&few);
        rounds.ours[i] = appraise(&many, &signer);
        rounds.bound[i] = appraise(&few, &signer);
        raw_rounds.ours[i] = rounds.ours[i];
        raw_rounds.bound[i] = run_raw(raw);
    }
    report(&many, &few, &rounds);
    bench_report_rate("appraise.process.million", "appraisals/s", PER_ROUND, &raw_rounds,
                      "one core; verify, match among 1,000,000 devices, policy, EAR JWT, against the raw "
                      "verification and signature; PSA, 1 component");
    bench_raw_free(raw);
    tps_crypto_key_free(key);
    free_set(&many);
    free_set(&few);
    for (size_t i = 0; i < KEYS; i++) {
        tps_crypto_key_free(keys[i].key);
    }
    return 0;
}
