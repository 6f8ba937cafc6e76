/* SPDX-License-Identifier: Apache-2.0 */
/* Makes evidence of composite devices. */
#include "composite_support.h"

#include "crypto/x509.h"
#include "support/check.h"
#include "tps/eat_bundle.h"
#include "tps/revocation.h"

tps_verifier *v;
tps_appraisal parts[TPS_PARTS_MAX];
size_t count;
uint8_t tier;
uint8_t room[COMPOSITE_ROOM];

/* Bytes of the test that runs. */
static uint8_t arena[1 << 20];
static size_t arena_used;

tps_span keep(tps_span bytes)
{
    uint8_t *copy = arena + arena_used;

    assert_true(bytes.size <= sizeof arena - arena_used);
    memcpy(copy, bytes.data, bytes.size);
    arena_used += bytes.size;
    return tps_span_make(copy, bytes.size);
}

int composite_set_up(void **state)
{
    (void)state;
    arena_used = 0;
    v = maker_verifier();
    return 0;
}

int composite_tear_down(void **state)
{
    (void)state;
    tps_verifier_free(v);
    return 0;
}

void appraise_within(tps_span bytes, tps_buf within, size_t capacity, const tps_appraisal_request *request)
{
    memset(parts, 0xee, sizeof parts);
    tps_verifier_appraise_all(v, bytes, within, request, parts, capacity, &count, &tier);
}

void appraise_all(tps_span bytes)
{
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};

    appraise_within(bytes, TPS_BUF_OF(room), TPS_PARTS_MAX, &request);
}

/* ---- making ---- */

tps_span submods_of(const submodule *list, size_t n)
{
    static uint8_t bytes[1 << 17];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));
    tps_span map;

    tps_cbor_put_map(&w, n);
    for (size_t i = 0; i < n; i++) {
        tps_cbor_put_text(&w, list[i].name);
        if (list[i].bytes.size > 0) {
            tps_cbor_put_bytes(&w, list[i].bytes);
        } else if (list[i].raw.size > 0) {
            tps_cbor_put_raw(&w, list[i].raw);
        } else {
            tps_cbor_put_text(&w, list[i].text);
        }
    }
    assert_status(tps_cbor_writer_finish(&w, &map), TPS_OK);
    return keep(map);
}

tps_span digest_of(tps_span claims)
{
    static uint8_t bytes[64];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));
    tps_span encoded;

    assert_status(tps_eat_put_digest(&w, TPS_ALG_SHA256, claims), TPS_OK);
    assert_status(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    return keep(encoded);
}

tps_device_claims lock_eat(void)
{
    tps_device_claims claims = lamp_eat();

    claims.ueid = instance_of(device_key(2));
    claims.hwmodel = TPS_SPAN_OF(lock_class);
    for (size_t i = 0; i < 3; i++) {
        const tps_corim_component *c = &lock_software()[i];
        claims.components[i] = (tps_device_component){c->name, c->version, c->digest, c->signer_id};
    }
    return claims;
}

tps_span lamp(void)
{
    tps_device_claims claims = lamp_eat();

    return keep(sign_eat(&claims, device_key(1), NULL, 0));
}

tps_span lock(void)
{
    tps_device_claims claims = lock_eat();

    return keep(sign_eat(&claims, device_key(2), NULL, 0));
}

tps_span claims_of(const tps_device_claims *claims)
{
    static uint8_t bytes[8192];
    tps_span encoded;

    assert_status(tps_device_claims_encode(claims, TPS_BUF_OF(bytes), &encoded, NULL), TPS_OK);
    return keep(encoded);
}

tps_span lamp_with(const submodule *list, size_t n)
{
    tps_device_claims claims = lamp_eat();

    claims.submods = submods_of(list, n);
    return keep(sign_eat(&claims, device_key(1), NULL, 0));
}

tps_span psa_under(const tps_psa_claims *claims, tps_span submods, tps_crypto_key *key, const tps_span *leaf)
{
    static uint8_t bytes[1 << 17];
    static uint8_t message[1 << 17];
    const tps_cose_sign1_options options = {.x5chain = leaf, .x5chain_count = leaf == NULL ? 0 : 1};
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ES256);
    tps_span signed_one;
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));
    uint8_t encoded[4096];
    tps_span map;

    assert_status(tps_psa_encode(claims, TPS_BUF_OF(encoded), &map, NULL), TPS_OK);
    assert_true(map.data[0] >= 0xa0 && map.data[0] < 0xb7);
    tps_cbor_put_map(&w, (uint64_t)(map.data[0] - 0xa0) + 1);
    tps_cbor_put_int(&w, TPS_EAT_SUBMODS);
    tps_cbor_put_raw(&w, submods);
    memcpy(bytes + w.size, map.data + 1, map.size - 1);
    assert_status(tps_cose_sign1_make(tps_span_make(bytes, w.size + map.size - 1), &options, &signer,
                                      TPS_BUF_OF(message), &signed_one),
                  TPS_OK);
    return keep(signed_one);
}

tps_span psa_with(const tps_psa_claims *claims, tps_span submods)
{
    return psa_under(claims, submods, device_key(1), NULL);
}

tps_span psa_lamp_with(tps_span submods)
{
    tps_psa_claims claims = lamp_psa();

    return psa_with(&claims, submods);
}

void forget_locks_key(void)
{
    tps_corim_manifest lamp_one = lamp_manifest();
    tps_corim_manifest lock_class_only = lock_manifest();

    tps_verifier_free(v);
    v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    lock_class_only.device_count = 0;
    assert_status(tps_verifier_add_corim(v, encode(&lamp_one), NOW, NULL), TPS_OK);
    assert_status(tps_verifier_add_corim(v, encode(&lock_class_only), NOW, NULL), TPS_OK);
}

void expect_part(size_t index, const char *name, uint8_t expected)
{
    assert_true(index < count);
    assert_string_equal(parts[index].name, name);
    if (parts[index].tier != expected) {
        fail_msg("part %s is %s: %s", name, tps_ear_tier_name(parts[index].tier),
                 parts[index].finding_count > 0 ? parts[index].findings[0].cause : "");
    }
}

void trust_two_makers(void)
{
    tps_corim_validity valid = {.is_present = true, .not_after = NOW + 1000};
    tps_corim_manifest manifests[2] = {lamp_manifest(), lock_manifest()};

    tps_verifier_free(v);
    v = make_verifier((tps_verifier_options){0});
    manifests[1].device_count = 0;
    for (uint8_t i = 0; i < 2; i++) {
        tps_crypto_key *root = device_key((uint8_t)(20 + i));
        tps_crypto_key *signer = device_key((uint8_t)(30 + i));
        tps_span ca = make_ca(i == 0 ? "Lumen" : "Chiave", root, TPS_SPAN_EMPTY, NULL);
        tps_span chain[2] = {
            make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, signer, ca, root, NOW + 1000), ca};
        assert_status(tps_verifier_add_anchor(v, ca), TPS_OK);
        assert_status(
            tps_verifier_add_corim(v, sign_manifest(&manifests[i], signer, chain, 2, valid), NOW, NULL),
            TPS_OK);
    }
}

void revoke_lock(void)
{
    const tps_revocation revoked = {.kind = TPS_REVOKED_DEVICE, .value = instance_of(device_key(2))};

    assert_status(tps_verifier_revoke(v, &revoked), TPS_OK);
}
