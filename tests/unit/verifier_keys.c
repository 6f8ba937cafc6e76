/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of every kind that evidence may be signed with, and what a key says of its own use, held against what
 * was signed. */
#include "support/check.h"
#include "tps/base64.h"
#include "verifier/state.h"
#include "verifier/trust/key_read.h"
#include "verifier_support.h"

#define ONLY_KEYS ((tps_verifier_options){.allow_unsigned_endorsements = true, .require_key = true})

static uint8_t room[1024];

/* A public key on a curve as COSE_Key with an alg (3); 0: none. */
static tps_span cose_key_of(const tps_crypto_key *key, int64_t alg)
{
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    bool is_okp = tps_crypto_key_kind(key) == TPS_KEY_OKP;
    tps_crypto_point point;

    assert_status(tps_crypto_key_point(key, &point), TPS_OK);
    tps_cbor_put_map(&w, 3u + !is_okp + (alg != 0));
    tps_cbor_put_int(&w, 1);
    tps_cbor_put_int(&w, tps_crypto_key_kind(key));
    if (alg != 0) {
        tps_cbor_put_int(&w, 3);
        tps_cbor_put_int(&w, alg);
    }
    tps_cbor_put_int(&w, -1);
    tps_cbor_put_int(&w, point.curve);
    tps_cbor_put_int(&w, -2);
    tps_cbor_put_bytes(&w, tps_span_make(point.x, point.size));
    if (!is_okp) {
        tps_cbor_put_int(&w, -3);
        tps_cbor_put_bytes(&w, tps_span_make(point.y, point.size));
    }
    return tps_span_make(room, w.size);
}

/* As JWK with more members: "" or one with a comma before it. */
static tps_span jwk_of(const tps_crypto_key *key, const char *more)
{
    static const char *const names[] = {[TPS_CURVE_P256] = "P-256",
                                        [TPS_CURVE_P384] = "P-384",
                                        [TPS_CURVE_P521] = "P-521",
                                        [TPS_CURVE_ED25519] = "Ed25519"};
    bool is_okp = tps_crypto_key_kind(key) == TPS_KEY_OKP;
    tps_crypto_point point;
    char x[100];
    char y[100];

    assert_status(tps_crypto_key_point(key, &point), TPS_OK);
    x[tps_base64url_write(tps_span_make(point.x, point.size), x)] = '\0';
    y[tps_base64url_write(tps_span_make(point.y, point.size), y)] = '\0';
    snprintf((char *)room, sizeof room, "{\"kty\":\"%s\",\"crv\":\"%s\",\"x\":\"%s\"%s%s%s%s}",
             is_okp ? "OKP" : "EC", names[point.curve], x, is_okp ? "" : ",\"y\":\"", is_okp ? "" : y,
             is_okp ? "" : "\"", more);
    return tps_span_of_text((const char *)room);
}

static tps_span token(tps_crypto_key *key, int32_t alg)
{
    tps_psa_claims claims = lamp_psa();

    return sign_psa(&claims, key, alg);
}

/* A verifier with this key alone, which has `expected` for a status; NULL if it is no key. */
static tps_verifier *verifier_with(tps_span key, tps_status expected)
{
    tps_verifier *v = make_verifier(ONLY_KEYS);

    assert_status(tps_verifier_add_key(v, key), expected);
    if (expected == TPS_OK) {
        return v;
    }
    tps_verifier_free(v);
    return NULL;
}

/* The signature is good: what is missing is only who the device is. */
static void expect_verified(tps_verifier *v, tps_span evidence)
{
    const tps_appraisal *a = appraise(v, evidence);

    expect_finding(a, "hardware.unknown-class", TPS_OK);
    assert_true(a->payload.size > 0);
}

static void expect_key_use(tps_verifier *v, tps_span evidence)
{
    const tps_appraisal *a = appraise(v, evidence);

    expect_finding(a, "evidence.key-use", TPS_COSE_KEY_USE);
    assert_int_equal(a->payload.size, 0);
    assert_int_equal(a->vector[TPS_EAR_INSTANCE_IDENTITY], TPS_EAR_CRYPTO_FAILED);
}

/* ---- what a key says of its use ---- */

static void a_cose_key_verifies_its_own_algorithm_alone(void **state)
{
    tps_verifier *any = verifier_with(cose_key_of(device_key(1), 0), TPS_OK);
    tps_verifier *es256 = verifier_with(cose_key_of(device_key(1), TPS_ALG_ES256), TPS_OK);
    tps_verifier *esp256 = verifier_with(cose_key_of(device_key(1), TPS_ALG_ESP256), TPS_OK);

    (void)state;
    expect_verified(any, token(device_key(1), TPS_ALG_ES256));
    expect_verified(any, token(device_key(1), TPS_ALG_ESP256));
    expect_verified(es256, token(device_key(1), TPS_ALG_ES256));
    expect_key_use(es256, token(device_key(1), TPS_ALG_ESP256));
    expect_key_use(esp256, token(device_key(1), TPS_ALG_ES256));
    tps_verifier_free(any);
    tps_verifier_free(es256);
    tps_verifier_free(esp256);
}

static void a_key_whose_alg_does_not_fit_it_is_refused(void **state)
{
    static const int64_t wrong[] = {TPS_ALG_ES384,  TPS_ALG_EDDSA, TPS_ALG_PS256,   TPS_ALG_HMAC256,
                                    -25 /* ECDH */, INT64_MAX,     (1LL << 32) - 7, INT64_MIN};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        verifier_with(cose_key_of(device_key(1), wrong[i]), TPS_COSE_KEY_USE);
    }
}

/* JOSE's ES256 is ECDSA on P-256 with SHA-256, by whichever of its names COSE calls it. */
static void a_jwk_verifies_its_own_algorithm_by_both_names(void **state)
{
    tps_verifier *v = verifier_with(jwk_of(device_key(1), ",\"alg\":\"ES256\""), TPS_OK);

    (void)state;
    expect_verified(v, token(device_key(1), TPS_ALG_ES256));
    expect_verified(v, token(device_key(1), TPS_ALG_ESP256));
    assert_status(tps_verifier_add_key(v, jwk_of(device_key(1), ",\"alg\":\"ES384\"")), TPS_COSE_KEY_USE);
    tps_verifier_free(v);
}

/* ES512 is verified with P-256, too: but not under a key that is for something else. */
static void a_jwk_refuses_another_algorithm_that_would_fit(void **state)
{
    tps_crypto_key *p521;
    tps_verifier *v;

    (void)state;
    assert_status(tps_crypto_key_generate(TPS_CURVE_P521, &p521), TPS_OK);
    v = verifier_with(jwk_of(p521, ",\"alg\":\"ES512\""), TPS_OK);
    expect_verified(v, token(p521, TPS_ALG_ES512));
    expect_verified(v, token(p521, TPS_ALG_ESP512));
    expect_key_use(v, token(device_key(1), TPS_ALG_ES256));
    tps_verifier_free(v);
    tps_crypto_key_free(p521);
}

static void what_a_jwk_says_of_its_use_is_obeyed(void **state)
{
    static const struct {
        const char *more;
        tps_status expected;
    } cases[] = {
        {",\"use\":\"sig\"", TPS_OK},
        {",\"key_ops\":[\"verify\"]", TPS_OK},
        {",\"use\":\"sig\",\"key_ops\":[\"sign\",\"verify\"]", TPS_OK},
        {",\"use\":\"enc\"", TPS_OK}, /* as keys in the field say */
        {",\"use\":\"enc\",\"alg\":\"ES384\"", TPS_COSE_KEY_USE},
        {",\"use\":\"enc\",\"key_ops\":[\"deriveKey\"]", TPS_COSE_KEY_USE},
        {",\"use\":\"other\"", TPS_COSE_KEY_USE},
        {",\"key_ops\":[\"sign\"]", TPS_COSE_KEY_USE},
        {",\"key_ops\":[\"deriveKey\"]", TPS_COSE_KEY_USE},
        {",\"use\":\"enc\",\"key_ops\":[\"verify\"]", TPS_COSE_KEY_USE},
        {",\"alg\":\"ECDH-ES\"", TPS_COSE_KEY_USE},
        {",\"alg\":\"HS256\"", TPS_COSE_KEY_USE},
        {",\"key_ops\":[\"verify\",\"verify\"]", TPS_JWK_BAD_KEY},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_verifier_free(verifier_with(jwk_of(device_key(1), cases[i].more), cases[i].expected));
    }
}

/* A bad signature tells more than a key that was not tried, and that more than one that cannot fit. */
static void the_cause_is_the_key_that_came_closest(void **state)
{
    tps_verifier *v = make_verifier(ONLY_KEYS);
    tps_crypto_key *p384;

    (void)state;
    assert_status(tps_crypto_key_generate(TPS_CURVE_P384, &p384), TPS_OK);
    assert_status(tps_verifier_add_key(v, cose_key_of(p384, 0)), TPS_OK);
    expect_finding(appraise(v, token(device_key(1), TPS_ALG_ES256)), "evidence.algorithm-refused",
                   TPS_COSE_ALG_REFUSED);
    assert_status(tps_verifier_add_key(v, cose_key_of(device_key(1), TPS_ALG_ESP256)), TPS_OK);
    assert_status(tps_verifier_add_key(v, jwk_of(p384, "")), TPS_OK);
    expect_key_use(v, token(device_key(1), TPS_ALG_ES256));
    assert_status(tps_verifier_add_key(v, cose_key_of(device_key(2), 0)), TPS_OK);
    assert_status(tps_verifier_add_key(v, cose_key_of(device_key(3), TPS_ALG_ESP256)), TPS_OK);
    expect_finding(appraise(v, token(device_key(1), TPS_ALG_ES256)), "evidence.bad-signature",
                   TPS_COSE_BAD_SIGNATURE);
    tps_verifier_free(v);
    tps_crypto_key_free(p384);
}

static void a_signer_of_endorsements_is_held_to_its_algorithm_too(void **state)
{
    tps_corim_manifest manifest = lamp_manifest();
    tps_span corim = sign_manifest(&manifest, device_key(30), NULL, 0, (tps_corim_validity){0});
    tps_verifier *v = verifier_with(cose_key_of(device_key(30), TPS_ALG_ES256), TPS_OK);
    tps_verifier *other = verifier_with(cose_key_of(device_key(30), TPS_ALG_ESP256), TPS_OK);
    tps_status first = tps_verifier_add_corim(v, corim, NOW, NULL);
    tps_status second = tps_verifier_add_corim(other, corim, NOW, NULL);

    (void)state;
    assert_true((first == TPS_OK && second == TPS_COSE_KEY_USE) ||
                (first == TPS_COSE_KEY_USE && second == TPS_OK)); /* whichever it is signed with */
    tps_verifier_free(v);
    tps_verifier_free(other);
}

/* An endorsed key that is for something else is the cause, however good the signature. */
static void an_endorsed_key_is_held_to_its_algorithm(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_psa_claims claims = lamp_psa();
    uint32_t device = knowledge_find_device(&v->knowledge, claims.instance_id);

    (void)state;
    assert_int_not_equal(device, KNOWLEDGE_NONE);
    v->knowledge.devices[device].alg = TPS_ALG_ES256;
    expect_affirming(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)));
    expect_key_use(v, sign_psa(&claims, device_key(1), TPS_ALG_ESP256));
    tps_verifier_free(v);
}

/* ---- kinds ---- */

static void every_form_of_an_ed25519_key_verifies(void **state)
{
    tps_crypto_key *key;
    tps_crypto_point point;
    tps_span forms[4];
    uint8_t copies[4][256];
    size_t size;

    (void)state;
    assert_status(tps_crypto_key_generate(TPS_CURVE_ED25519, &key), TPS_OK);
    assert_status(tps_crypto_key_point(key, &point), TPS_OK);
    assert_status(tps_crypto_key_spki(key, TPS_BUF_OF(copies[0]), &size), TPS_OK);
    forms[0] = tps_span_make(copies[0], size);
    forms[1] = tps_span_make(point.x, 32);
    forms[2] = cose_key_of(key, TPS_ALG_EDDSA);
    memcpy(copies[2], forms[2].data, forms[2].size);
    forms[2].data = copies[2];
    forms[3] = jwk_of(key, ",\"alg\":\"EdDSA\"");
    for (size_t i = 0; i < 4; i++) {
        tps_verifier *v = verifier_with(forms[i], TPS_OK);
        tps_buf evidence = exact_copy(token(key, TPS_ALG_EDDSA));

        expect_verified(v, tps_span_make(evidence.data, evidence.size));
        evidence.data[evidence.size - 1] ^= 1;
        expect_finding(appraise(v, tps_span_make(evidence.data, evidence.size)), "evidence.bad-signature",
                       TPS_COSE_BAD_SIGNATURE);
        if (i == 2) {
            expect_key_use(v, token(key, TPS_ALG_ED25519));
        } else {
            expect_verified(v, token(key, TPS_ALG_ED25519));
        }
        expect_finding(appraise(v, token(device_key(1), TPS_ALG_ES256)),
                       i < 2 ? "evidence.algorithm-refused" : "evidence.key-use",
                       i < 2 ? TPS_COSE_ALG_REFUSED : TPS_COSE_KEY_USE);
        free(evidence.data);
        tps_verifier_free(v);
    }
    tps_crypto_key_free(key);
}

/* What is signed with EdDSA is put together before it is checked: the room for it is kept, or given back. */
static void eddsa_takes_messages_of_every_size(void **state)
{
    static uint8_t payload[200000];
    static const size_t sizes[] = {10, 60000, 300, 200000, 60000};
    tps_verifier *v = make_verifier(ONLY_KEYS);
    tps_crypto_key *key;

    (void)state;
    assert_status(tps_crypto_key_generate(TPS_CURVE_ED25519, &key), TPS_OK);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        tps_span bytes = sign_bytes(tps_span_make(payload, sizes[i]), key, TPS_ALG_EDDSA);
        tps_cose_sign1 message;

        assert_status(tps_cose_sign1_parse(bytes, &message, NULL), TPS_OK);
        assert_status(verifier_check_signature(v, &message, key, NULL), TPS_OK);
        assert_true(v->scratch.size < 131072);
    }
    tps_crypto_key_free(key);
    tps_verifier_free(v);
}

/* RFC 7515, A.2: a public RSA key of 2,048 bits. */
static void an_rsa_key_is_taken(void **state)
{
    static const char jwk[] =
        "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"alg\":\"PS256\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k"
        "0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo"
        "9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo"
        "5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\"}";
    char other[sizeof jwk];
    tps_verifier *v = verifier_with(tps_span_of_text(jwk), TPS_OK);

    (void)state;
    expect_key_use(v, token(device_key(1), TPS_ALG_ES256));
    strcpy(other, jwk);
    memcpy(strstr(other, "PS256"), "RS256", 5);
    assert_status(tps_verifier_add_key(v, tps_span_of_text(other)), TPS_COSE_KEY_USE);
    tps_verifier_free(v);
}

static void what_is_shared_is_no_public_key(void **state)
{
    static const uint8_t cose[32] = {0xa2, 0x01, 0x04, 0x20, 0x58, 26}; /* as large as an Ed25519 key */

    (void)state;
    verifier_with(
        TPS_SPAN_LITERAL("{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T\"}"),
        TPS_JWK_BAD_KEY);
    verifier_with(TPS_SPAN_OF(cose), TPS_COSE_BAD_KEY);
}

static void a_bare_point_of_p521_is_taken(void **state)
{
    uint8_t bytes[133] = {0x04};
    tps_crypto_key *key;
    tps_crypto_point point;
    found_key found;

    (void)state;
    assert_status(tps_crypto_key_generate(TPS_CURVE_P521, &key), TPS_OK);
    assert_status(tps_crypto_key_point(key, &point), TPS_OK);
    memcpy(bytes + 1, point.x, 66);
    memcpy(bytes + 67, point.y, 66);
    assert_status(key_read(TPS_SPAN_OF(bytes), &found), TPS_OK);
    assert_int_equal(tps_crypto_key_curve(found.key), TPS_CURVE_P521);
    assert_int_equal(found.algs.alg, TPS_ALG_NONE);
    tps_crypto_key_free(found.key);
    tps_crypto_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cose_key_verifies_its_own_algorithm_alone),
        cmocka_unit_test(a_key_whose_alg_does_not_fit_it_is_refused),
        cmocka_unit_test(a_jwk_verifies_its_own_algorithm_by_both_names),
        cmocka_unit_test(a_jwk_refuses_another_algorithm_that_would_fit),
        cmocka_unit_test(what_a_jwk_says_of_its_use_is_obeyed),
        cmocka_unit_test(the_cause_is_the_key_that_came_closest),
        cmocka_unit_test(a_signer_of_endorsements_is_held_to_its_algorithm_too),
        cmocka_unit_test(an_endorsed_key_is_held_to_its_algorithm),
        cmocka_unit_test(every_form_of_an_ed25519_key_verifies),
        cmocka_unit_test(eddsa_takes_messages_of_every_size),
        cmocka_unit_test(an_rsa_key_is_taken),
        cmocka_unit_test(what_is_shared_is_no_public_key),
        cmocka_unit_test(a_bare_point_of_p521_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
