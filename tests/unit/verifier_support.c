/* SPDX-License-Identifier: Apache-2.0 */
/* A maker, its devices and their evidence. */
#include "verifier_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/x509.h"
#include "support/keys.h"

const uint8_t the_nonce[32] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                               1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
const uint8_t lamp_class[32] = {0x1a, 0x3b};
const uint8_t lock_class[32] = {0x10, 0xcc};

static const uint8_t oemid[3] = {1, 2, 3};
static const uint8_t boot_seed[32] = {0xb5};
static const uint8_t tag_of_lamp[16] = {1};
static const uint8_t tag_of_lock[16] = {2};

static tps_crypto_key *keys[256];

tps_crypto_key *device_key(uint8_t number)
{
    if (keys[number] == NULL) {
        keys[number] = test_key(number);
    }
    return keys[number];
}

int support_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < 256; i++) {
        tps_crypto_key_free(keys[i]);
        keys[i] = NULL;
    }
    return 0;
}

tps_span instance_of(tps_crypto_key *key)
{
    static uint8_t ids[8][33];
    static size_t next;
    uint8_t *id = ids[next++ % 8];
    uint8_t bytes[65] = {0x04};
    tps_crypto_point point;
    tps_digest digest;

    assert_int_equal(tps_crypto_key_point(key, &point), TPS_OK);
    assert_int_equal(point.size, 32);
    memcpy(bytes + 1, point.x, 32);
    memcpy(bytes + 33, point.y, 32);
    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_OF(bytes), &digest), TPS_OK);
    id[0] = 0x01;
    memcpy(id + 1, digest.bytes, 32);
    return tps_span_make(id, 33);
}

static const uint8_t digests[2][3][32] = {{{0xa1}, {0xa2}, {0xa3}}, {{0xb1}, {0xb2}, {0xb3}}};
static const uint8_t signers[2][32] = {{0x51}, {0x52}};

static const tps_corim_component *software_of(size_t which)
{
    static tps_corim_component software[2][3];
    static const char *const names[3] = {"boot", "rot", "app"};

    for (size_t i = 0; i < 3; i++) {
        software[which][i] =
            (tps_corim_component){tps_span_of_text(names[i]), TPS_SPAN_LITERAL("1.0"),
                                  TPS_SPAN_OF(digests[which][i]), TPS_SPAN_OF(signers[which])};
    }
    return software[which];
}

const tps_corim_component *lamp_software(void)
{
    return software_of(0);
}

const tps_corim_component *lock_software(void)
{
    return software_of(1);
}

tps_psa_claims lamp_psa(void)
{
    tps_psa_claims claims = {
        .nonce = TPS_SPAN_OF(the_nonce),
        .instance_id = instance_of(device_key(1)),
        .implementation_id = TPS_SPAN_OF(lamp_class),
        .client_id = -1,
        .lifecycle = 0x3000,
        .boot_seed = TPS_SPAN_OF(boot_seed),
        .component_count = 3,
    };

    for (size_t i = 0; i < 3; i++) {
        const tps_corim_component *c = &lamp_software()[i];
        claims.components[i] = (tps_psa_component){
            .type = c->name, .version = c->version, .measurement = c->digest, .signer_id = c->signer_id};
    }
    return claims;
}

tps_device_claims lamp_eat(void)
{
    tps_device_claims claims = {
        .present = TPS_DEVICE_HAS_OEMBOOT,
        .profile = TPS_SPAN_LITERAL(TPS_DEVICE_PROFILE),
        .nonce = TPS_SPAN_OF(the_nonce),
        .ueid = instance_of(device_key(1)),
        .oemid = TPS_SPAN_OF(oemid),
        .hwmodel = TPS_SPAN_OF(lamp_class),
        .dbgstat = TPS_EAT_DEBUG_DISABLED_SINCE_BOOT,
        .oemboot = true,
        .component_count = 3,
    };

    for (size_t i = 0; i < 3; i++) {
        const tps_corim_component *c = &lamp_software()[i];
        claims.components[i] = (tps_device_component){c->name, c->version, c->digest, c->signer_id};
    }
    return claims;
}

static tps_span sign(tps_span payload, tps_crypto_key *key, int32_t alg, const tps_span *chain, size_t count)
{
    static uint8_t room[1 << 18];
    static uint8_t scratch[1 << 18]; /* for EdDSA */
    tps_cose_sign1_options options = {
        .x5chain = chain, .x5chain_count = count, .scratch = TPS_BUF_OF(scratch)};
    tps_cose_signer signer = tps_cose_signer_of_key(key, alg);
    tps_span message;

    assert_int_equal(tps_cose_sign1_make(payload, &options, &signer, TPS_BUF_OF(room), &message), TPS_OK);
    return message;
}

tps_span sign_bytes(tps_span payload, tps_crypto_key *key, int32_t alg)
{
    return sign(payload, key, alg, NULL, 0);
}

tps_span sign_psa(const tps_psa_claims *claims, tps_crypto_key *key, int32_t alg)
{
    static uint8_t room[8192];
    tps_span payload;

    assert_int_equal(tps_psa_encode(claims, TPS_BUF_OF(room), &payload, NULL), TPS_OK);
    return sign(payload, key, alg, NULL, 0);
}

tps_span sign_eat(const tps_device_claims *claims, tps_crypto_key *key, const tps_span *chain, size_t count)
{
    static uint8_t room[8192];
    tps_span payload;

    assert_int_equal(tps_device_claims_encode(claims, TPS_BUF_OF(room), &payload, NULL), TPS_OK);
    return sign(payload, key, TPS_ALG_ESP256, chain, count);
}

static tps_corim_manifest manifest_of(size_t which)
{
    static uint8_t spki[2][128];
    static tps_corim_device devices[2];
    tps_crypto_key *key = device_key(which == 0 ? 1 : 2);
    size_t size;

    assert_int_equal(tps_crypto_key_spki(key, TPS_BUF_OF(spki[which]), &size), TPS_OK);
    devices[which] = (tps_corim_device){instance_of(key), tps_span_make(spki[which], size)};
    return (tps_corim_manifest){
        .profile_kind = TPS_CORIM_PROFILE_PSA,
        .id = TPS_SPAN_LITERAL("test-manifest"),
        .tag_id = which == 0 ? TPS_SPAN_OF(tag_of_lamp) : TPS_SPAN_OF(tag_of_lock),
        .class_id = which == 0 ? TPS_SPAN_OF(lamp_class) : TPS_SPAN_OF(lock_class),
        .vendor = TPS_SPAN_LITERAL("Lumen"),
        .model = which == 0 ? TPS_SPAN_LITERAL("Lamp") : TPS_SPAN_LITERAL("Lock"),
        .components = software_of(which),
        .component_count = 3,
        .devices = &devices[which],
        .device_count = 1,
    };
}

tps_corim_manifest lamp_manifest(void)
{
    return manifest_of(0);
}

tps_corim_manifest lock_manifest(void)
{
    return manifest_of(1);
}

/* A tag of the same id and version has the same content: where a test leaves the id alone, each content has
 * an id of its own. */
tps_span encode(const tps_corim_manifest *manifest)
{
    static uint8_t room[16384];
    tps_corim_manifest named = *manifest;
    tps_digest digest;
    tps_span encoded;

    assert_int_equal(tps_corim_encode(&named, TPS_BUF_OF(room), &encoded, NULL), TPS_OK);
    if (manifest->tag_id.data == tag_of_lamp || manifest->tag_id.data == tag_of_lock) {
        assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, encoded, &digest), TPS_OK);
        named.tag_id = tps_span_make(digest.bytes, 16);
        assert_int_equal(tps_corim_encode(&named, TPS_BUF_OF(room), &encoded, NULL), TPS_OK);
    }
    return encoded;
}

static tps_span issue(const tps_x509_request *request, tps_crypto_key *key, tps_span issuer,
                      tps_crypto_key *issuer_key)
{
    static uint8_t rooms[16][1024];
    static size_t next;
    uint8_t *room = rooms[next++ % 16];
    size_t size;

    assert_int_equal(tps_x509_issue(request, key, issuer, issuer_key, (tps_buf){room, 1024}, &size), TPS_OK);
    return tps_span_make(room, size);
}

tps_span sign_manifest(const tps_corim_manifest *manifest, tps_crypto_key *key, const tps_span *chain,
                       size_t count, tps_corim_validity validity)
{
    static uint8_t room[16384];
    tps_corim_signer who = {
        .name = TPS_SPAN_LITERAL("Lumen"), .validity = validity, .x5chain = chain, .x5chain_count = count};
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ESP256);
    tps_span message;

    assert_int_equal(tps_corim_sign(encode(manifest), &who, &signer, TPS_BUF_OF(room), &message), TPS_OK);
    return message;
}

tps_span make_ca(const char *name, tps_crypto_key *key, tps_span issuer, tps_crypto_key *issuer_key)
{
    tps_x509_request request = {.common_name = name,
                                .ca = true,
                                .path_length = -1,
                                .not_before = NOW - 1000,
                                .not_after = NOW + 100000};

    return issue(&request, key, issuer, issuer_key == NULL ? key : issuer_key);
}

tps_span make_leaf(const char *name, tps_crypto_key *key, tps_span issuer, tps_crypto_key *issuer_key,
                   int64_t not_after)
{
    tps_x509_request request = {.common_name = name,
                                .not_before = NOW - 1000,
                                .not_after = not_after,
                                .purpose = TPS_X509_ATTESTATION,
                                .class_id = TPS_SPAN_OF(lamp_class)};

    return issue(&request, key, issuer, issuer_key);
}

tps_span make_leaf_for(uint32_t purpose, tps_span class_id, tps_crypto_key *key, tps_span issuer,
                       tps_crypto_key *issuer_key, int64_t not_after)
{
    tps_x509_request request = {.common_name = "Leaf",
                                .not_before = NOW - 1000,
                                .not_after = not_after,
                                .purpose = (tps_x509_purpose)purpose,
                                .class_id = class_id};

    return issue(&request, key, issuer, issuer_key);
}

tps_verifier *make_verifier(tps_verifier_options options)
{
    tps_verifier *v;

    assert_int_equal(tps_verifier_new(&options, &v), TPS_OK);
    return v;
}

tps_verifier *maker_verifier(void)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    tps_corim_manifest lamp = lamp_manifest();
    tps_corim_manifest lock = lock_manifest();

    assert_int_equal(tps_verifier_add_corim(v, encode(&lamp), NOW, NULL), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, encode(&lock), NOW, NULL), TPS_OK);
    return v;
}

const tps_appraisal *appraise(tps_verifier *v, tps_span evidence)
{
    static tps_appraisal appraisal;
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};

    tps_verifier_appraise(v, evidence, &request, &appraisal);
    return &appraisal;
}

static void print_findings(const tps_appraisal *appraisal)
{
    printf("%s\n", tps_ear_tier_name(appraisal->tier));
    for (size_t i = 0; i < appraisal->finding_count; i++) {
        printf("  %s: %s\n", appraisal->findings[i].name, appraisal->findings[i].cause);
    }
}

void expect_finding(const tps_appraisal *appraisal, const char *name, tps_status status)
{
    assert_int_not_equal(appraisal->tier, TPS_EAR_TIER_AFFIRMING);
    for (size_t i = 0; i < appraisal->finding_count; i++) {
        const tps_finding *f = &appraisal->findings[i];
        assert_string_not_equal(f->cause, "");
        assert_string_not_equal(f->next_step, "");
        if (strcmp(f->name, name) == 0 && f->status == status) {
            return;
        }
    }
    print_findings(appraisal);
    fail_msg("there is no finding %s (%s)", name, tps_status_name(status));
}

void expect_affirming(const tps_appraisal *appraisal)
{
    if (appraisal->tier != TPS_EAR_TIER_AFFIRMING) {
        print_findings(appraisal);
        fail_msg("not affirming");
    }
    assert_int_equal(appraisal->finding_count, 0);
}
