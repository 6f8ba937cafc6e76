/* SPDX-License-Identifier: Apache-2.0 */
/* The forms in which evidence of one device or several comes: detached bundles, JWTs, collections. */
#include <stdlib.h>

#include "composite_support.h"
#include "support/check.h"
#include "tps/base64.h"
#include "tps/cmw.h"
#include "tps/dice.h"
#include "tps/eat_bundle.h"
#include "tps/eat_json.h"
#include "tps/jws.h"
#include "tps/revocation.h"

#define JWT_TYPE "application/eat+jwt"

/* ---- detached claims ---- */

/* A bundle of a lamp with these digests and these sets. */
static tps_span bundle_of(const submodule *digests, size_t n, const submodule *sets, size_t m)
{
    static uint8_t bytes[1 << 17];
    tps_eat_bundle bundle = {.main_kind = TPS_EAT_SUBMODULE_CBOR_TOKEN,
                             .main_token = psa_lamp_with(submods_of(digests, n)),
                             .detached = {.encoded = submods_of(sets, m), .count = (uint32_t)m}};
    tps_span encoded;

    bundle.main_tag = 18;
    assert_status(tps_eat_bundle_write(&bundle, TPS_BUF_OF(bytes), &encoded, NULL), TPS_OK);
    return keep(encoded);
}

static void detached_claims_are_as_good_as_the_token_with_their_digest(void **state)
{
    tps_device_claims claims = lock_eat();
    tps_span set = claims_of(&claims);
    const submodule digests[] = {{.name = "lock", .raw = digest_of(set)}};
    const submodule sets[] = {{.name = "lock", .bytes = set}};

    (void)state;
    forget_locks_key();
    appraise_all(bundle_of(digests, 1, sets, 1));
    assert_int_equal(count, 2);
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    expect_part(1, "lock", TPS_EAR_TIER_AFFIRMING);
    assert_int_equal(tier, TPS_EAR_TIER_AFFIRMING);
}

static void what_does_not_fit_its_digest_is_refused(void **state)
{
    tps_device_claims claims = lock_eat();
    tps_span set = claims_of(&claims);
    const submodule digests[] = {{.name = "gone", .raw = digest_of(set)},
                                 {.name = "lock", .raw = digest_of(tps_span_make(set.data, set.size - 1))},
                                 {.name = "odd", .raw = TPS_SPAN_LITERAL("\x82\x18\x63\x41\x07")}};
    const submodule sets[] = {
        {.name = "odd", .bytes = set}, {.name = "lock", .bytes = set}, {.name = "extra", .bytes = set}};

    (void)state;
    forget_locks_key();
    appraise_all(bundle_of(digests, 3, sets, 3));
    assert_int_equal(tier, TPS_EAR_TIER_CONTRAINDICATED);
    assert_int_equal(count, 5);
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    for (size_t i = 1; i < count; i++) {
        tps_status expected = strcmp(parts[i].name, "gone") == 0    ? TPS_CLAIM_DETACHED_MISSING
                              : strcmp(parts[i].name, "lock") == 0  ? TPS_CLAIM_DIGEST_MISMATCH
                              : strcmp(parts[i].name, "extra") == 0 ? TPS_CLAIM_DETACHED_EXTRA
                                                                    : TPS_CRYPTO_ALG_REFUSED;
        expect_finding(&parts[i], "evidence.malformed", expected);
    }
}

/* [["CBOR", token], {"lock": set}], both in base64url. */
static tps_span json_bundle_of(const char *type, tps_span token, tps_span set)
{
    static char text[1 << 18];
    static char encoded[2][1 << 16];

    encoded[0][tps_base64url_write(token, encoded[0])] = '\0';
    encoded[1][tps_base64url_write(set, encoded[1])] = '\0';
    snprintf(text, sizeof text, " [ [\"%s\",\"%s\"], {\"lock\":\"%s\"}]", type, encoded[0], encoded[1]);
    return tps_span_of_text(text);
}

static void a_bundle_in_json_is_as_good(void **state)
{
    static uint8_t json[1 << 15];
    tps_device_claims claims = lock_eat();
    submodule digests[] = {{.name = "lock"}};
    tps_span set;
    tps_span bundle;
    size_t size;

    (void)state;
    forget_locks_key();
    assert_status(tps_eat_to_json(claims_of(&claims), TPS_BUF_OF(json), &size, NULL), TPS_OK);
    set = tps_span_make(json, size);
    digests[0].raw = digest_of(set);
    bundle = json_bundle_of("CBOR", psa_lamp_with(submods_of(digests, 1)), set);
    appraise_all(bundle);
    assert_int_equal(count, 2);
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    expect_part(1, "lock", TPS_EAR_TIER_AFFIRMING);
    digests[0].raw = digest_of(TPS_SPAN_LITERAL("no JSON"));
    appraise_all(json_bundle_of("CBOR", psa_lamp_with(submods_of(digests, 1)), TPS_SPAN_LITERAL("no JSON")));
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    expect_finding(&parts[1], "evidence.malformed", TPS_JSON_NOT_WELL_FORMED);
    appraise_all(json_bundle_of("CBAR", lamp(), set));
    expect_finding(&parts[0], "evidence.malformed", TPS_CLAIM_BAD_VALUE);
}

static void a_bundle_in_json_needs_a_token(void **state)
{
    static const char *const mains[] = {"[\"UJCS\",{\"eat_profile\":\"a:b\"}]",
                                        "[\"BUNDLE\",[[\"JWT\",\"a.b.c\"],{\"x\":\"e30\"}]]"};
    const tps_status causes[] = {TPS_VERIFIER_COMPOSITE, TPS_CLAIM_BAD_VALUE};
    char text[200];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "[%s,{\"x\":\"e30\"}]", mains[i]);
        appraise_all(tps_span_of_text(text));
        assert_int_equal(count, 1);
        expect_finding(&parts[0], "evidence.malformed", causes[i]);
    }
}

static void a_bundle_in_a_bundle_is_refused(void **state)
{
    const submodule sets[] = {{.name = "lock", .bytes = TPS_SPAN_LITERAL("\xa0")}};
    tps_eat_bundle outer = {.main_kind = TPS_EAT_SUBMODULE_CBOR_TOKEN, .main_tag = TPS_TAG_EAT_BUNDLE};
    static uint8_t bytes[8192];
    tps_span encoded;

    (void)state;
    outer.main_token = bundle_of(sets, 0, sets, 1);
    outer.detached = (tps_eat_list){submods_of(sets, 1), 1};
    assert_status(tps_eat_bundle_write(&outer, TPS_BUF_OF(bytes), &encoded, NULL), TPS_OK);
    appraise_all(encoded);
    assert_int_equal(count, 1);
    expect_finding(&parts[0], "evidence.malformed", TPS_CLAIM_BAD_VALUE);
}

static void a_digest_without_a_bundle_is_a_part_that_is_missing(void **state)
{
    const submodule digests[] = {{.name = "lock", .raw = digest_of(TPS_SPAN_LITERAL("\xa0"))}};

    (void)state;
    appraise_all(psa_lamp_with(submods_of(digests, 1)));
    assert_int_equal(count, 2);
    expect_finding(&parts[1], "evidence.malformed", TPS_CLAIM_DETACHED_MISSING);
    assert_int_equal(tier, TPS_EAR_TIER_CONTRAINDICATED);
}

static void claims_that_no_digest_covers_are_refused(void **state)
{
    tps_device_claims claims = lock_eat();
    const submodule sets[] = {{.name = "lock", .bytes = claims_of(&claims)}};
    static uint8_t bytes[8192];
    tps_eat_bundle bundle = {.main_kind = TPS_EAT_SUBMODULE_CBOR_TOKEN, .main_tag = 18, .main_token = lamp()};
    tps_span encoded;

    (void)state;
    forget_locks_key();
    bundle.detached = (tps_eat_list){submods_of(sets, 1), 1};
    assert_status(tps_eat_bundle_write(&bundle, TPS_BUF_OF(bytes), &encoded, NULL), TPS_OK);
    appraise_all(encoded);
    assert_int_equal(count, 2);
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    expect_finding(&parts[1], "evidence.malformed", TPS_CLAIM_DETACHED_EXTRA);
    assert_int_equal(tier, TPS_EAR_TIER_CONTRAINDICATED);
}

/* ---- JWTs ---- */

static tps_span jws_of(tps_span json, tps_crypto_key *key)
{
    static uint8_t text[1 << 16];
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ES256);
    size_t size;

    assert_status(tps_jws_make(json, NULL, &signer, TPS_BUF_OF(text), &size), TPS_OK);
    return keep(tps_span_make(text, size));
}

static tps_span jwt(const tps_device_claims *claims, tps_crypto_key *key)
{
    static uint8_t json[1 << 15];
    size_t size;

    assert_status(tps_eat_to_json(claims_of(claims), TPS_BUF_OF(json), &size, NULL), TPS_OK);
    return jws_of(tps_span_make(json, size), key);
}

/* A token whose header says another algorithm than the one that signed it. */
static tps_span jws_with_alg(const char *alg, const tps_device_claims *claims)
{
    static char text[1 << 16];
    char header[64];
    tps_span token = jwt(claims, device_key(2));
    const uint8_t *dot = memchr(token.data, '.', token.size);
    size_t rest = token.size - (size_t)(dot - token.data);
    size_t size;

    snprintf(header, sizeof header, "{\"alg\":\"%s\"}", alg);
    size = tps_base64url_write(tps_span_of_text(header), text);
    memcpy(text + size, dot, rest);
    return tps_span_make((const uint8_t *)text, size + rest);
}

static void a_jwt_of_an_endorsed_device_is_accepted(void **state)
{
    tps_device_claims claims = lamp_eat();

    (void)state;
    appraise_all(jwt(&claims, device_key(1)));
    assert_int_equal(count, 1);
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    assert_int_equal(parts[0].scheme, TPS_SCHEME_OPENTPS);
    assert_true(parts[0].payload.size > 0 && parts[0].payload.data[0] >= 0xa0);
}

static void a_jwt_of_another_key_is_refused(void **state)
{
    tps_device_claims claims = lamp_eat();
    tps_span token = jwt(&claims, device_key(3));

    (void)state;
    appraise_all(token);
    expect_finding(&parts[0], "evidence.bad-signature", TPS_COSE_BAD_SIGNATURE);
    claims.ueid = instance_of(device_key(3));
    appraise_all(jwt(&claims, device_key(3)));
    expect_finding(&parts[0], "instance-identity.unknown-signer", TPS_VERIFIER_NO_TRUST_ANCHOR);
}

static void a_jwt_without_signature_is_refused(void **state)
{
    tps_device_claims claims = lamp_eat();
    tps_span token = jwt(&claims, device_key(1));
    static uint8_t text[1 << 15];
    const char *none = "eyJhbGciOiJub25lIn0"; /* {"alg":"none"} */
    const uint8_t *dot = memchr(token.data, '.', token.size);
    size_t rest = token.size - (size_t)(dot - token.data);

    (void)state;
    memcpy(text, none, strlen(none));
    memcpy(text + strlen(none), dot, rest);
    appraise_all(tps_span_make(text, strlen(none) + rest));
    expect_finding(&parts[0], "evidence.algorithm-refused", TPS_COSE_ALG_REFUSED);
}

static void a_jwt_by_an_added_key_proves_who_signed(void **state)
{
    tps_device_claims claims = lock_eat();
    tps_crypto_point p;
    uint8_t point[65] = {4};

    (void)state;
    forget_locks_key();
    assert_status(tps_crypto_key_point(device_key(2), &p), TPS_OK);
    memcpy(point + 1, p.x, 32);
    memcpy(point + 33, p.y, 32);
    assert_status(tps_verifier_add_key(v, TPS_SPAN_OF(point)), TPS_OK);
    appraise_all(jwt(&claims, device_key(2)));
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    appraise_all(jwt(&claims, device_key(3)));
    expect_finding(&parts[0], "evidence.bad-signature", TPS_COSE_BAD_SIGNATURE);
}

static void a_jwt_of_a_revoked_device_is_refused(void **state)
{
    tps_device_claims claims = lock_eat();

    (void)state;
    revoke_lock();
    appraise_all(jwt(&claims, device_key(2)));
    expect_finding(&parts[0], "instance-identity.revoked", TPS_VERIFIER_REVOKED_DEVICE);
}

static void a_jwt_counts_while_its_endorsement_does(void **state)
{
    tps_corim_manifest manifest = lamp_manifest();
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW + 11};
    tps_device_claims claims = lamp_eat();
    tps_span token = jwt(&claims, device_key(1));

    (void)state;
    tps_verifier_free(v);
    v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    manifest.validity = (tps_corim_validity){.is_present = true, .not_after = NOW + 10};
    assert_status(tps_verifier_add_corim(v, encode(&manifest), NOW, NULL), TPS_OK);
    appraise_all(token);
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    appraise_within(token, TPS_BUF_OF(room), TPS_PARTS_MAX, &request);
    expect_finding(&parts[0], "instance-identity.endorsement-expired", TPS_CORIM_EXPIRED);
}

static void a_jwt_counts_while_its_endorser_does(void **state)
{
    tps_device_claims claims = lamp_eat();
    tps_span token = jwt(&claims, device_key(1));
    uint8_t spki[128];
    tps_digest digest;
    size_t size;

    (void)state;
    trust_two_makers();
    appraise_all(token);
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    assert_status(tps_crypto_key_spki(device_key(30), TPS_BUF_OF(spki), &size), TPS_OK);
    assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(spki, size), &digest), TPS_OK);
    assert_status(tps_verifier_revoke(v, &(tps_revocation){.kind = TPS_REVOKED_KEY,
                                                           .value = tps_span_make(digest.bytes, 32)}),
                  TPS_OK);
    appraise_all(token);
    expect_finding(&parts[0], "instance-identity.signer-withdrawn", TPS_VERIFIER_SIGNER_WITHDRAWN);
}

static void a_ueid_is_of_its_key_in_a_jwt_too(void **state)
{
    tps_device_claims claims = lamp_eat();
    tps_corim_manifest manifest = lamp_manifest();
    tps_corim_device wrong = manifest.devices[0];

    (void)state;
    tps_verifier_free(v);
    v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    wrong.instance_id = instance_of(device_key(3));
    manifest.devices = &wrong;
    claims.ueid = wrong.instance_id;
    assert_status(tps_verifier_add_corim(v, encode(&manifest), NOW, NULL), TPS_OK);
    appraise_all(jwt(&claims, device_key(1)));
    expect_finding(&parts[0], "instance-identity.other-device", TPS_VERIFIER_INSTANCE_MISMATCH);
}

static void who_says_which_key_is_obeyed_for_jwts(void **state)
{
    tps_device_claims claims = lamp_eat();
    tps_corim_manifest manifest = lamp_manifest();
    tps_crypto_point p;
    uint8_t point[65] = {4};

    (void)state;
    tps_verifier_free(v);
    v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true, .require_key = true});
    assert_status(tps_verifier_add_corim(v, encode(&manifest), NOW, NULL), TPS_OK);
    appraise_all(jwt(&claims, device_key(1)));
    expect_finding(&parts[0], "instance-identity.unknown-signer", TPS_VERIFIER_NO_TRUST_ANCHOR);
    assert_status(tps_crypto_key_point(device_key(1), &p), TPS_OK);
    memcpy(point + 1, p.x, 32);
    memcpy(point + 33, p.y, 32);
    assert_status(tps_verifier_add_key(v, TPS_SPAN_OF(point)), TPS_OK);
    appraise_all(jwt(&claims, device_key(1)));
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
}

static void a_jwk_for_another_algorithm_checks_no_jwt(void **state)
{
    tps_device_claims claims = lock_eat();
    tps_crypto_point p;
    char jwk[300];
    char x[64] = "";
    char y[64] = "";

    (void)state;
    forget_locks_key();
    assert_status(tps_crypto_key_point(device_key(2), &p), TPS_OK);
    x[tps_base64url_write(tps_span_make(p.x, 32), x)] = '\0';
    y[tps_base64url_write(tps_span_make(p.y, 32), y)] = '\0';
    snprintf(jwk, sizeof jwk,
             "{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ES256\",\"x\":\"%s\",\"y\":\"%s\"}", x, y);
    assert_status(tps_verifier_add_key(v, tps_span_of_text(jwk)), TPS_OK);
    appraise_all(jwt(&claims, device_key(2)));
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
    appraise_all(jws_with_alg("ES384", &claims));
    expect_finding(&parts[0], "evidence.key-use", TPS_COSE_KEY_USE);
}

static void a_jwt_of_a_profile_for_chains_is_refused(void **state)
{
    static const char json[] = "{\"eat_profile\":\"" TPS_DICE_PROFILE "\",\"eat_nonce\":\"AQIDBAUGBwg\"}";

    (void)state;
    appraise_all(jws_of(tps_span_make((const uint8_t *)json, sizeof json - 1), device_key(1)));
    expect_finding(&parts[0], "evidence.malformed", TPS_CLAIM_UNKNOWN_PROFILE);
}

/* Evidence towards a provider names no ueid: the maker may endorse what it names. */
static void a_pairwise_jwt_needs_an_endorsement_of_its_own(void **state)
{
    static const uint8_t sueid[33] = {1, 2, 3};
    tps_device_claims claims = lamp_eat();
    tps_corim_manifest manifest = lamp_manifest();
    tps_corim_device device = manifest.devices[0];

    (void)state;
    tps_verifier_free(v);
    v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    device.instance_id = TPS_SPAN_OF(sueid);
    manifest.devices = &device;
    assert_status(tps_verifier_add_corim(v, encode(&manifest), NOW, NULL), TPS_OK);
    claims.ueid = TPS_SPAN_EMPTY;
    claims.sueid = TPS_SPAN_OF(sueid);
    claims.sueid_label = TPS_SPAN_LITERAL("p");
    appraise_all(jwt(&claims, device_key(1)));
    expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
}

static void pairwise_evidence_tells_nothing_that_links(void **state)
{
    static const uint8_t sueid[33] = {1, 2, 3};
    tps_device_claims claims = lamp_eat();

    (void)state;
    claims.ueid = TPS_SPAN_EMPTY;
    claims.sueid = TPS_SPAN_OF(sueid);
    claims.sueid_label = TPS_SPAN_LITERAL("p");
    claims.bootcount = 7;
    claims.present |= TPS_DEVICE_HAS_BOOTCOUNT;
    appraise_all(sign_eat(&claims, device_key(1), NULL, 0));
    expect_finding(&parts[0], "evidence.malformed", TPS_CLAIM_BAD_VALUE);
}

/* Of several keys the one that came closest is told of. */
static void the_closest_key_is_told_of(void **state)
{
    tps_device_claims claims = lock_eat();
    tps_crypto_key *other = NULL;
    tps_crypto_point p;
    char jwk[400];
    char x[80] = "";
    char y[80] = "";
    uint8_t point[65] = {4};

    (void)state;
    forget_locks_key();
    assert_status(tps_crypto_key_point(device_key(9), &p), TPS_OK);
    memcpy(point + 1, p.x, 32);
    memcpy(point + 33, p.y, 32);
    assert_status(tps_verifier_add_key(v, TPS_SPAN_OF(point)), TPS_OK);
    assert_status(tps_crypto_key_generate(TPS_CURVE_P384, &other), TPS_OK);
    assert_status(tps_crypto_key_point(other, &p), TPS_OK);
    tps_crypto_key_free(other);
    x[tps_base64url_write(tps_span_make(p.x, 48), x)] = '\0';
    y[tps_base64url_write(tps_span_make(p.y, 48), y)] = '\0';
    snprintf(jwk, sizeof jwk,
             "{\"kty\":\"EC\",\"crv\":\"P-384\",\"alg\":\"ES384\",\"x\":\"%s\",\"y\":\"%s\"}", x, y);
    assert_status(tps_verifier_add_key(v, tps_span_of_text(jwk)), TPS_OK);
    appraise_all(jwt(&claims, device_key(2)));
    expect_finding(&parts[0], "evidence.bad-signature", TPS_COSE_BAD_SIGNATURE);
}

static void a_jwt_needs_room(void **state)
{
    tps_device_claims claims = lamp_eat();
    tps_span token = jwt(&claims, device_key(1));
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};

    (void)state;
    expect_finding(appraise(v, token), "evidence.malformed", TPS_UNSUPPORTED);
    for (size_t size = 0; size < TPS_APPRAISAL_ROOM(token.size); size += 97) {
        tps_buf within = {malloc(size + 1), size};
        assert_non_null(within.data);
        appraise_within(token, within, TPS_PARTS_MAX, &request);
        if (parts[0].tier != TPS_EAR_TIER_AFFIRMING) {
            expect_finding(&parts[0], "evidence.malformed", TPS_BUFFER_TOO_SMALL);
        }
        free(within.data);
    }
    assert_int_equal(parts[0].tier, TPS_EAR_TIER_AFFIRMING);
}

static void a_jwt_that_is_too_large_is_refused(void **state)
{
    static uint8_t text[65537];

    (void)state;
    memset(text, 'A', sizeof text);
    memcpy(text, "eyJ", 3);
    appraise_all(TPS_SPAN_OF(text));
    expect_finding(&parts[0], "evidence.malformed", TPS_TOO_LARGE);
}

static void tokens_of_the_other_encoding_may_be_carried(void **state)
{
    static char text[1 << 16];
    tps_device_claims claims = lock_eat();
    submodule inside[] = {{.name = "lock", .text = text}};
    tps_span token = jwt(&claims, device_key(2));

    (void)state;
    snprintf(text, sizeof text, "[\"JWT\",\"%.*s\"]", (int)token.size, (const char *)token.data);
    appraise_all(psa_lamp_with(submods_of(inside, 1)));
    expect_part(1, "lock", TPS_EAR_TIER_AFFIRMING);
    snprintf(text, sizeof text, "[\"JWX\",\"eyJ\"]");
    appraise_all(psa_lamp_with(submods_of(inside, 1)));
    expect_finding(&parts[1], "evidence.malformed", TPS_CLAIM_BAD_VALUE);
    snprintf(text, sizeof text, "[\"UJCS\",{\"dbgstat\":\"off\"}]");
    appraise_all(psa_lamp_with(submods_of(inside, 1)));
    expect_finding(&parts[1], "evidence.malformed", TPS_CLAIM_BAD_VALUE);
    snprintf(text, sizeof text, "[\"UJCS\",{\"eat_profile\":\"a:b\"}]");
    appraise_all(psa_lamp_with(submods_of(inside, 1)));
    expect_finding(&parts[1], "evidence.malformed", TPS_CLAIM_UNKNOWN_PROFILE);
}

/* ---- collections ---- */

static tps_span record_of(const char *type, tps_span message, uint32_t indicator, bool is_json)
{
    static uint8_t bytes[1 << 16];
    tps_cmw_record record = {.type = tps_span_of_text(type), .message = message, .indicator = indicator};
    size_t size;

    assert_status(tps_cmw_write_record(&record, is_json, TPS_BUF_OF(bytes), &size), TPS_OK);
    return keep(tps_span_make(bytes, size));
}

static void a_record_of_a_jwt_is_read_by_its_type(void **state)
{
    tps_device_claims claims = lamp_eat();
    tps_span token = jwt(&claims, device_key(1));

    (void)state;
    for (int is_json = 0; is_json < 2; is_json++) {
        appraise_all(record_of(JWT_TYPE, token, TPS_CMW_EVIDENCE, is_json));
        assert_int_equal(count, 1);
        expect_part(0, "", TPS_EAR_TIER_AFFIRMING);
        appraise_all(record_of("application/eat+cwt", token, 0, is_json));
        expect_part(0, "", TPS_EAR_TIER_CONTRAINDICATED);
        appraise_all(record_of(JWT_TYPE, lamp(), 0, is_json));
        expect_finding(&parts[0], "evidence.malformed", TPS_JWT_NOT_WELL_FORMED);
    }
}

static tps_cmw_writer writer;
static uint8_t written[1 << 16];

static void put(const char *label, const char *type, tps_span message)
{
    tps_cmw_label name = {.text = tps_span_of_text(label)};
    tps_cmw_record record = {.type = tps_span_of_text(type), .message = message};

    tps_cmw_put_label(&writer, &name);
    tps_cmw_put_record(&writer, &record);
}

static void put_inner(const char *label, uint32_t n)
{
    tps_cmw_label name = {.text = tps_span_of_text(label)};

    tps_cmw_put_label(&writer, &name);
    tps_cmw_put_collection(&writer, TPS_SPAN_EMPTY, n);
}

static tps_span finish(void)
{
    size_t size;

    assert_status(tps_cmw_writer_finish(&writer, &size), TPS_OK);
    return tps_span_make(written, size);
}

static void begin(bool is_json, uint32_t n)
{
    writer = tps_cmw_writer_init(TPS_BUF_OF(written), is_json);
    tps_cmw_put_collection(&writer, TPS_SPAN_EMPTY, n);
}

static void each_message_of_a_collection_is_a_part(void **state)
{
    tps_span first = lamp();
    tps_span second = lock();

    (void)state;
    for (int is_json = 0; is_json < 2; is_json++) {
        begin(is_json, 2);
        put_inner("door", 1);
        put("lock", "application/eat+cwt", second);
        put("lamp", "application/eat+cwt", first);
        appraise_all(finish());
        assert_int_equal(count, 2);
        expect_part(0, "door/lock", TPS_EAR_TIER_AFFIRMING);
        expect_part(1, "lamp", TPS_EAR_TIER_AFFIRMING);
        assert_int_equal(tier, TPS_EAR_TIER_AFFIRMING);
    }
}

static void submodules_have_the_path_of_their_entry(void **state)
{
    const submodule inside[] = {{.name = "lock", .bytes = lock()}};
    tps_cmw_label number = {.is_int = true, .number = -7};
    tps_cmw_record record = {.type = TPS_SPAN_LITERAL("application/eat+cwt"),
                             .message = lamp_with(inside, 1)};

    (void)state;
    begin(false, 1);
    tps_cmw_put_label(&writer, &number);
    tps_cmw_put_record(&writer, &record);
    appraise_all(finish());
    assert_int_equal(count, 2);
    expect_part(0, "-7", TPS_EAR_TIER_AFFIRMING);
    expect_part(1, "-7/lock", TPS_EAR_TIER_AFFIRMING);
}

static void a_message_of_another_type_is_a_part_that_is_refused(void **state)
{
    tps_cmw_label name = {.text = TPS_SPAN_LITERAL("ear")};
    tps_cmw_record result = {
        .type = TPS_SPAN_LITERAL("application/eat+cwt"), .message = lock(), .indicator = TPS_CMW_RESULTS};

    (void)state;
    begin(false, 3);
    tps_cmw_put_label(&writer, &name);
    tps_cmw_put_record(&writer, &result);
    put("lamp", "application/eat+cwt", lamp());
    put("corim", "application/rim+cbor", lamp());
    appraise_all(finish());
    assert_int_equal(count, 3);
    expect_finding(&parts[0], "evidence.malformed", TPS_VERIFIER_WRAPPED_TYPE);
    expect_part(1, "lamp", TPS_EAR_TIER_AFFIRMING);
    expect_finding(&parts[2], "evidence.malformed", TPS_VERIFIER_WRAPPED_TYPE);
    assert_int_equal(tier, TPS_EAR_TIER_CONTRAINDICATED);
}

static void a_type_that_is_not_the_evidences_is_told(void **state)
{
    (void)state;
    appraise_all(record_of("application/psa-attestation-token", lamp(), 0, false));
    assert_int_equal(count, 1);
    expect_finding(&parts[0], "evidence.other-type", TPS_VERIFIER_TYPE_MISMATCH);
}

static void a_long_profile_is_cut_where_it_is_told(void **state)
{
    static uint8_t bytes[256];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));
    static const char profile[] =
        "tag:example.com,2026:a-profile-whose-name-is-longer-than-what-is-shown-to-people-of-it";
    tps_span message;

    (void)state;
    tps_cbor_put_map(&w, 1);
    tps_cbor_put_int(&w, TPS_EAT_PROFILE);
    tps_cbor_put_text(&w, profile);
    message = keep(sign_bytes(tps_span_make(bytes, w.size), device_key(1), TPS_ALG_ES256));
    appraise_all(record_of("application/psa-attestation-token", message, 0, false));
    expect_finding(&parts[0], "evidence.other-type", TPS_VERIFIER_TYPE_MISMATCH);
    assert_true(strlen(parts[0].findings[0].evidence) < sizeof profile);
}

static void a_type_that_is_no_number_of_evidence_is_refused(void **state)
{
    tps_cmw_record record = {.content_format = 60, .message = lamp()};
    size_t size;

    (void)state;
    assert_status(tps_cmw_write_record(&record, false, TPS_BUF_OF(written), &size), TPS_OK);
    appraise_all(tps_span_make(written, size));
    expect_finding(&parts[0], "evidence.malformed", TPS_VERIFIER_WRAPPED_TYPE);
}

static void collections_may_not_be_too_deep_or_too_wide(void **state)
{
    static const char labels[] = "a\0b\0c\0d\0e\0f\0g\0h\0i\0j\0k\0l\0m\0n\0o\0p\0q";

    (void)state;
    begin(false, 1);
    for (int i = 1; i < 4; i++) {
        put_inner("x", 1);
    }
    put("lamp", "application/eat+cwt", lamp());
    appraise_all(finish());
    expect_part(0, "x/x/x/lamp", TPS_EAR_TIER_AFFIRMING);
    begin(false, 1);
    for (int i = 1; i < 5; i++) {
        put_inner("x", 1);
    }
    put("lamp", "application/eat+cwt", lamp());
    appraise_all(finish());
    assert_int_equal(count, 1);
    expect_finding(&parts[0], "evidence.malformed", TPS_CMW_TOO_DEEP);
    begin(false, TPS_PARTS_MAX + 1);
    for (uint32_t i = 0; i <= TPS_PARTS_MAX; i++) {
        put(labels + (size_t)2 * i, "application/eat+cwt", TPS_SPAN_LITERAL("x"));
    }
    appraise_all(finish());
    assert_int_equal(count, TPS_PARTS_MAX);
    expect_finding(&parts[0], "evidence.too-many-parts", TPS_TOO_LARGE);
}

static void a_json_collection_needs_room(void **state)
{
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};
    tps_span whole;

    (void)state;
    begin(true, 1);
    put("l\n", "application/eat+cwt", lamp());
    whole = finish();
    for (size_t size = 0; size < whole.size; size += 13) {
        tps_buf within = {malloc(size + 1), size};
        assert_non_null(within.data);
        appraise_within(whole, within, TPS_PARTS_MAX, &request);
        assert_int_equal(count, 1);
        if (tier != TPS_EAR_TIER_AFFIRMING) {
            assert_int_equal(tier, TPS_EAR_TIER_CONTRAINDICATED);
            assert_string_not_equal(parts[0].findings[0].cause, "");
        }
        free(within.data);
    }
    assert_int_equal(tier, TPS_EAR_TIER_AFFIRMING);
    expect_part(0, "l?", TPS_EAR_TIER_AFFIRMING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(detached_claims_are_as_good_as_the_token_with_their_digest),
        TEST(what_does_not_fit_its_digest_is_refused),
        TEST(a_bundle_in_json_is_as_good),
        TEST(a_bundle_in_json_needs_a_token),
        TEST(a_bundle_in_a_bundle_is_refused),
        TEST(a_digest_without_a_bundle_is_a_part_that_is_missing),
        TEST(claims_that_no_digest_covers_are_refused),
        TEST(a_jwt_of_an_endorsed_device_is_accepted),
        TEST(a_jwt_of_another_key_is_refused),
        TEST(a_jwt_without_signature_is_refused),
        TEST(a_jwt_by_an_added_key_proves_who_signed),
        TEST(a_jwt_of_a_revoked_device_is_refused),
        TEST(a_jwt_counts_while_its_endorsement_does),
        TEST(a_jwt_counts_while_its_endorser_does),
        TEST(a_ueid_is_of_its_key_in_a_jwt_too),
        TEST(who_says_which_key_is_obeyed_for_jwts),
        TEST(a_jwk_for_another_algorithm_checks_no_jwt),
        TEST(a_jwt_of_a_profile_for_chains_is_refused),
        TEST(a_pairwise_jwt_needs_an_endorsement_of_its_own),
        TEST(pairwise_evidence_tells_nothing_that_links),
        TEST(the_closest_key_is_told_of),
        TEST(a_jwt_needs_room),
        TEST(a_jwt_that_is_too_large_is_refused),
        TEST(tokens_of_the_other_encoding_may_be_carried),
        TEST(a_record_of_a_jwt_is_read_by_its_type),
        TEST(each_message_of_a_collection_is_a_part),
        TEST(submodules_have_the_path_of_their_entry),
        TEST(a_message_of_another_type_is_a_part_that_is_refused),
        TEST(a_type_that_is_not_the_evidences_is_told),
        TEST(a_long_profile_is_cut_where_it_is_told),
        TEST(a_type_that_is_no_number_of_evidence_is_refused),
        TEST(collections_may_not_be_too_deep_or_too_wide),
        TEST(a_json_collection_needs_room),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
