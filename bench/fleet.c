/* SPDX-License-Identifier: Apache-2.0 */
/* A made-up fleet for the benchmarks. Its three pieces of software are those of a common PSA device. */
#include "bench/fleet.h"

#include <stdlib.h>

#include "bench/measure.h"
#include "tps/corim.h"
#include "tps/cose.h"
#include "tps/crypto.h"
#include "tps/psa.h"

#define COMPONENTS 3u

typedef struct {
    tps_crypto_key *key;
    uint8_t spki[91];
    tps_digest digest;
} device_key;

struct fleet {
    size_t size;
    size_t key_count;
    device_key *keys; /* device n has key n % key_count */
    uint8_t *corim;
    uint64_t random;
};

static const uint8_t class_id[32] = "opentps bench class, 32 bytes...";
static const uint8_t signer_id[32] = "opentps bench signer, 32 bytes..";
static const uint8_t digests[COMPONENTS][32] = {"boot loader, version 2.1.0......",
                                                "root of trust, version 1.3.5....",
                                                "application, version 0.1.4......"};
static const char *const names[COMPONENTS] = {"BL", "PRoT", "ARoT"};
static const char *const versions[COMPONENTS] = {"2.1.0", "1.3.5", "0.1.4"};

static void make_key(device_key *k)
{
    size_t size;

    bench_require(tps_crypto_key_generate(TPS_CURVE_P256, &k->key) == TPS_OK &&
                      tps_crypto_key_spki(k->key, TPS_BUF_OF(k->spki), &size) == TPS_OK &&
                      size == sizeof k->spki &&
                      tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_OF(k->spki), &k->digest) == TPS_OK,
                  "a device's key cannot be made");
}

/* Of the hash of its key, told from those of others that have the same key. */
static void instance_of(const fleet *f, size_t device, uint8_t id[33])
{
    uint64_t turn = device / f->key_count;
    uint64_t word;

    id[0] = 0x01;
    memcpy(id + 1, f->keys[device % f->key_count].digest.bytes, 32);
    memcpy(&word, id + 1, sizeof word);
    word ^= turn * 0x9e3779b97f4a7c15u;
    memcpy(id + 1, &word, sizeof word);
}

fleet *fleet_new_sharing(size_t size, size_t keys)
{
    fleet *f = calloc(1, sizeof *f);

    bench_require(f != NULL, "no memory");
    f->size = size;
    f->key_count = keys;
    f->random = 0x9e3779b97f4a7c15u;
    f->keys = calloc(keys, sizeof *f->keys);
    bench_require(f->keys != NULL, "no memory");
    for (size_t i = 0; i < keys; i++) {
        make_key(&f->keys[i]);
    }
    return f;
}

fleet *fleet_new(size_t size)
{
    return fleet_new_sharing(size, size);
}

/* The manifest in a buffer of its size, which the fleet keeps. */
static tps_span write_manifest(fleet *f, const tps_corim_manifest *manifest)
{
    tps_span encoded;

    bench_require(tps_corim_encode(manifest, TPS_BUF_MEASURE, &encoded, NULL) == TPS_OK,
                  "cannot measure the CoRIM");
    free(f->corim);
    f->corim = malloc(encoded.size);
    bench_require(f->corim != NULL &&
                      tps_corim_encode(manifest, (tps_buf){f->corim, encoded.size}, &encoded, NULL) == TPS_OK,
                  "cannot write the CoRIM");
    return encoded;
}

tps_span fleet_endorsements_of(fleet *f, size_t first, size_t count)
{
    uint8_t tag_id[16] = "bench-tag";
    tps_corim_device *devices = calloc(count, sizeof *devices);
    uint8_t(*ids)[33] = calloc(count, sizeof *ids);
    tps_corim_component components[COMPONENTS];
    tps_corim_manifest manifest = {.profile_kind = TPS_CORIM_PROFILE_PSA,
                                   .id = TPS_SPAN_LITERAL("bench"),
                                   .tag_id = TPS_SPAN_OF(tag_id),
                                   .class_id = TPS_SPAN_OF(class_id),
                                   .vendor = TPS_SPAN_LITERAL("Bench"),
                                   .model = TPS_SPAN_LITERAL("device"),
                                   .components = components,
                                   .component_count = COMPONENTS,
                                   .devices = devices,
                                   .device_count = count};
    tps_span encoded;

    bench_require(devices != NULL && ids != NULL, "no memory");
    memcpy(tag_id + 10, &first, 6);
    for (size_t i = 0; i < COMPONENTS; i++) {
        components[i] = (tps_corim_component){tps_span_of_text(names[i]), tps_span_of_text(versions[i]),
                                              TPS_SPAN_OF(digests[i]), TPS_SPAN_OF(signer_id)};
    }
    for (size_t i = 0; i < count; i++) {
        instance_of(f, first + i, ids[i]);
        devices[i].instance_id = TPS_SPAN_OF(ids[i]);
        devices[i].spki = TPS_SPAN_OF(f->keys[(first + i) % f->key_count].spki);
    }
    encoded = write_manifest(f, &manifest);
    free(devices);
    free(ids);
    return encoded;
}

tps_span fleet_endorsements(fleet *f)
{
    return fleet_endorsements_of(f, 0, f->size);
}

/* The encoded claims of a device over a nonce. */
static tps_span put_claims(const fleet *f, size_t device, tps_span nonce, tps_buf out)
{
    uint8_t instance_id[33];
    tps_psa_claims claims = {.nonce = nonce,
                             .instance_id = TPS_SPAN_OF(instance_id),
                             .implementation_id = TPS_SPAN_OF(class_id),
                             .client_id = 1,
                             .lifecycle = 0x3000,
                             .boot_seed = TPS_SPAN_OF(signer_id),
                             .component_count = COMPONENTS};
    tps_span encoded;

    instance_of(f, device, instance_id);
    for (size_t i = 0; i < COMPONENTS; i++) {
        claims.components[i] = (tps_psa_component){.type = tps_span_of_text(names[i]),
                                                   .measurement = TPS_SPAN_OF(digests[i]),
                                                   .version = tps_span_of_text(versions[i]),
                                                   .signer_id = TPS_SPAN_OF(signer_id)};
    }
    bench_require(tps_psa_encode(&claims, out, &encoded, NULL) == TPS_OK, "cannot make claims");
    return encoded;
}

tps_span fleet_evidence(fleet *f, size_t index, tps_span nonce, uint8_t out[FLEET_EVIDENCE_MAX])
{
    tps_cose_signer signer = tps_cose_signer_of_key(f->keys[index % f->key_count].key, TPS_ALG_ES256);
    uint8_t payload[FLEET_EVIDENCE_MAX];
    tps_span message;

    bench_require(tps_cose_sign1_make(put_claims(f, index, nonce, TPS_BUF_OF(payload)), NULL, &signer,
                                      (tps_buf){out, FLEET_EVIDENCE_MAX}, &message) == TPS_OK,
                  "cannot make evidence");
    return message;
}

void fleet_key(size_t index, uint8_t key[32])
{
    for (size_t i = 0; i < 32; i++) {
        key[i] = (uint8_t)((index >> i % 4 * 8) + i);
    }
}

tps_span fleet_evidence_again(const fleet *f, size_t index, tps_span nonce, uint8_t out[FLEET_EVIDENCE_MAX])
{
    uint8_t payload[FLEET_EVIDENCE_MAX];
    uint8_t key[32];
    tps_cose_secret secret = {.bytes = TPS_SPAN_OF(key)};
    tps_span message;

    fleet_key(index, key);
    bench_require(tps_cose_mac0_make(put_claims(f, index, nonce, TPS_BUF_OF(payload)), NULL, TPS_ALG_HMAC256,
                                     &secret, (tps_buf){out, FLEET_EVIDENCE_MAX}, &message) == TPS_OK,
                  "cannot make evidence under a shared key");
    return message;
}

/* xorshift64*: draws need to be uniform, not secret. */
size_t fleet_draw(fleet *f)
{
    f->random ^= f->random >> 12;
    f->random ^= f->random << 25;
    f->random ^= f->random >> 27;
    return (size_t)((f->random * 0x2545f4914f6cdd1du) >> 33) % f->size;
}

void fleet_free(fleet *f)
{
    for (size_t i = 0; i < f->key_count; i++) {
        tps_crypto_key_free(f->keys[i].key);
    }
    free(f->keys);
    free(f->corim);
    free(f);
}
