/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every published COSE vector (cose-wg/Examples): it verifies or decrypts, or is refused as its name says;
 * and what is signed, authenticated, derived and used as key on the way is what the vector says, byte for
 * byte.
 */
#include "format/cose/aead.h"
#include "format/cose/headers.h"
#include "format/cose/kdf.h"
#include "format/cose/recipient.h"
#include "format/cose/structure.h"
#include "support/check.h"
#include "support/published.h"
#include "support/vectors.h"
#include "tps/cose_encrypt.h"

/* A vector, its message, and the terms of one who knows it. */
typedef struct {
    json_t *json;
    tps_buf message;
    tps_buf aad;
    tps_cose_terms terms;
    tps_cose_message parsed;
    bool is_changed; /* by the test: shared secrets are not the vector's */
} vector;

/* The member of "input" that says what kind of message it is. */
static const json_t *kind_of(const vector *v, const char *kind)
{
    return json_object_get(json_object_get(v->json, "input"), kind);
}

static void vector_open(vector *v, const char *name)
{
    static const char *const kinds[] = {"sign0", "mac0", "encrypted", "enveloped"};

    *v = (vector){.json = published_json(name)};
    v->message = published_hex(v->json, "output.cbor");
    for (size_t i = 0; i < 4; i++) {
        const json_t *kind = kind_of(v, kinds[i]);
        const char *external = json_string_value(json_object_get(kind, "external"));

        if (external != NULL) {
            v->aad = bytes_from_hex(external);
        }
        /* Some have their algorithm where anybody can change it: taken by name only. */
        v->terms.permit_unprotected_alg |=
            json_object_get(json_object_get(kind, "unprotected"), "alg") != NULL;
    }
    v->terms.aad = span_of(v->aad);
}

static void vector_close(vector *v)
{
    free(v->aad.data);
    free(v->message.data);
    json_decref(v->json);
}

static void assert_hex(const vector *v, const char *path, tps_span actual)
{
    tps_buf expected = published_hex(v->json, path);

    assert_span(actual, span_of(expected));
    free(expected.data);
}

static void assert_plain(const vector *v, tps_span plain)
{
    if (json_object_get(json_object_get(v->json, "input"), "plaintext_hex") != NULL) {
        assert_hex(v, "input.plaintext_hex", plain);
    } else {
        assert_span_text(plain, published_text(v->json, "input.plaintext"));
    }
}

/* What is signed or authenticated, in one piece. */
static void assert_structure(const vector *v, const char *start, const char *path)
{
    uint8_t room[512];
    cose_structure structure;
    tps_span joined;

    assert_status(cose_structure_of(&v->parsed, start, &v->terms, &structure), TPS_OK);
    assert_status(cose_structure_join(&structure, TPS_BUF_OF(room), &joined), TPS_OK);
    assert_hex(v, path, joined);
}

static tps_status check_sign1(vector *v)
{
    tps_crypto_key *key = published_key(v->json, "input.sign0.key");
    tps_status status = tps_cose_sign1_parse(span_of(v->message), &v->parsed, NULL);

    if (status == TPS_OK) {
        status = tps_cose_sign1_verify_parsed(&v->parsed, key, &v->terms);
    }
    if (status == TPS_OK) {
        assert_plain(v, v->parsed.payload);
        assert_structure(v, COSE_SIGNATURE1_START, "intermediates.ToBeSign_hex");
    }
    tps_crypto_key_free(key);
    return status;
}

static tps_status check_mac0(vector *v)
{
    tps_buf secret = published_secret(v->json, "input.mac0.recipients.0.key");
    tps_cose_secret key = {.bytes = span_of(secret)};
    tps_status status = tps_cose_sign1_parse(span_of(v->message), &v->parsed, NULL);

    if (status == TPS_OK) {
        status = tps_cose_mac0_verify_parsed(&v->parsed, &key, &v->terms);
    }
    if (status == TPS_OK) {
        assert_plain(v, v->parsed.payload);
        assert_structure(v, COSE_MAC0_START, "intermediates.ToMac_hex");
        assert_hex(v, "intermediates.CEK_hex", key.bytes);
    }
    free(secret.data);
    return status;
}

/* The pieces of the Enc_structure, one after the other. */
static void assert_aad(const vector *v, const char *context)
{
    uint8_t room[256];
    size_t size = 0;
    cose_enc_structure structure;
    tps_crypto_aad aad = cose_enc_structure_init(&structure, context, v->parsed.protected_raw, v->terms.aad);

    for (size_t i = 0; i < aad.count; i++) {
        memcpy(room + size, aad.parts[i].data == NULL ? room : aad.parts[i].data, aad.parts[i].size);
        size += aad.parts[i].size;
    }
    assert_hex(v, "intermediates.AAD_hex", tps_span_make(room, size));
}

static tps_status check_encrypt0(vector *v)
{
    tps_buf secret = published_secret(v->json, "input.encrypted.recipients.0.key");
    tps_cose_secret key = {.bytes = span_of(secret)};
    tps_status status = tps_cose_encrypted_parse(span_of(v->message), NULL, &v->parsed, NULL);
    uint8_t room[64];
    tps_span plain;

    if (status == TPS_OK) {
        status = tps_cose_encrypt0_open(&v->parsed, &key, &v->terms, TPS_BUF_OF(room), &plain);
    }
    if (status == TPS_OK) {
        assert_plain(v, plain);
        assert_aad(v, "Encrypt0");
        assert_hex(v, "intermediates.CEK_hex", key.bytes);
    }
    free(secret.data);
    return status;
}

/* The COSE_KDF_Context of the only recipient, whose protected bucket begins behind the heads of two arrays.
 */
static void assert_context(const vector *v)
{
    tps_cbor_reader r = tps_cbor_reader_init(v->parsed.recipients);
    tps_cose_message recipient = {.tag = 0};
    uint8_t room[TPS_COSE_KDF_CONTEXT_MAX];
    cose_derivation how = {.recipient = &recipient};
    bool is_wrap;
    tps_span context;

    tps_cbor_enter_array(&r);
    tps_cbor_enter_array(&r);
    recipient.protected_raw = tps_cbor_get_bytes(&r);
    recipient.unprotected_raw = tps_cbor_skip(&r);
    assert_status(cose_headers_read(&recipient, NULL, NULL), TPS_OK);
    is_wrap = cose_recipient_kind(recipient.headers.alg) == COSE_ECDH_WRAP;
    how.alg = is_wrap ? cose_wrap_alg((int32_t)recipient.headers.alg) : (int32_t)v->parsed.headers.alg;
    how.key_size = is_wrap ? cose_wrap_key_size(how.alg) : cose_content_key_size(how.alg);
    assert_status(cose_kdf_context(&how, TPS_BUF_OF(room), &context), TPS_OK);
    assert_hex(v, "intermediates.recipients.0.Context_hex", context);
}

/* The agreement of a vector: ours, and the vector's word on what must come of it. */
typedef struct {
    const vector *v;
    tps_crypto_key *key;
} agreement;

static tps_status agree(void *context, const tps_crypto_key *peer, tps_buf secret)
{
    const agreement *a = context;

    TPS_TRY(tps_crypto_ecdh(a->key, peer, secret));
    if (!a->v->is_changed) {
        assert_hex(a->v, "intermediates.recipients.0.Secret_hex", tps_span_make(secret.data, secret.size));
    }
    return TPS_OK;
}

static tps_status check_encrypt(vector *v)
{
    agreement a = {v, published_private_key(v->json, "input.enveloped.recipients.0.key")};
    tps_cose_agreement own = {TPS_CURVE_P256, agree, &a};
    tps_cose_receiver receiver = {
        .kid = tps_span_of_text(published_text(v->json, "input.enveloped.recipients.0.key.kid")),
        .agreement = &own};
    tps_status status = tps_cose_encrypted_parse(span_of(v->message), NULL, &v->parsed, NULL);
    cose_content_key key = {.size = 0};
    uint8_t room[64];
    tps_span plain;

    if (status == TPS_OK) {
        status = tps_cose_encrypt_open(&v->parsed, &receiver, &v->terms, TPS_BUF_OF(room), &plain);
    }
    if (status == TPS_OK) {
        assert_plain(v, plain);
        assert_aad(v, "Encrypt");
        assert_context(v);
        assert_status(cose_find_key(&v->parsed, "Enc_Recipient", (int32_t)v->parsed.headers.alg,
                                    TPS_KEY_OP_DECRYPT, &receiver, &key),
                      TPS_OK);
        assert_hex(v, "intermediates.CEK_hex", tps_span_make(key.bytes, key.size));
    }
    tps_crypto_key_free(a.key);
    return status;
}

static tps_status check_vector(vector *v)
{
    if (kind_of(v, "sign0") != NULL) {
        return check_sign1(v);
    }
    if (kind_of(v, "mac0") != NULL) {
        return check_mac0(v);
    }
    return kind_of(v, "encrypted") != NULL ? check_encrypt0(v) : check_encrypt(v);
}

static const struct {
    const char *name;
    tps_status expected;
} vectors[] = {
    {"cose/CWT/A_3.json", TPS_OK},
    {"cose/CWT/A_4.json", TPS_OK},
    {"cose/aes-gcm-examples/aes-gcm-enc-01.json", TPS_OK},
    {"cose/aes-gcm-examples/aes-gcm-enc-02.json", TPS_OK},
    {"cose/ecdh-direct-examples/p256-hkdf-256-01.json", TPS_OK},
    {"cose/ecdh-wrap-examples/p256-wrap-128-01.json", TPS_OK},
    {"cose/ecdh-wrap-examples/p256-wrap-128-02.json", TPS_OK},
    {"cose/ecdsa-examples/ecdsa-sig-01.json", TPS_OK},
    {"cose/ecdsa-examples/ecdsa-sig-02.json", TPS_OK},
    {"cose/ecdsa-examples/ecdsa-sig-04.json", TPS_OK},
    {"cose/eddsa-examples/eddsa-sig-01.json", TPS_OK},
    {"cose/encrypted-tests/enc-pass-01.json", TPS_OK},
    {"cose/mac0-tests/HMac-01.json", TPS_OK},
    {"cose/mac0-tests/mac-pass-01.json", TPS_OK},
    {"cose/mac0-tests/mac-pass-02.json", TPS_OK},
    {"cose/sign1-tests/sign-pass-01.json", TPS_OK},
    {"cose/sign1-tests/sign-pass-02.json", TPS_OK},
    {"cose/encrypted-tests/enc-fail-01.json", TPS_COSE_NOT_WELL_FORMED},
    {"cose/mac0-tests/mac-fail-01.json", TPS_COSE_NOT_WELL_FORMED},
    {"cose/mac0-tests/mac-fail-02.json", TPS_COSE_BAD_TAG},
    {"cose/sign1-tests/sign-fail-01.json", TPS_COSE_NOT_WELL_FORMED},
    {"cose/sign1-tests/sign-fail-02.json", TPS_COSE_BAD_SIGNATURE},
    {"cose/sign1-tests/sign-fail-03.json", TPS_COSE_ALG_REFUSED},
};

/* psa/ has no Ed25519. */
static bool is_lacking(const char *name)
{
    tps_crypto_key *key = NULL;
    bool lacks = strstr(name, "eddsa") != NULL &&
                 tps_crypto_key_generate(TPS_CURVE_ED25519, &key) == TPS_CRYPTO_ALG_REFUSED;

    tps_crypto_key_free(key);
    if (lacks) {
        print_message("skipped: %s: this back end has no Ed25519\n", name);
    }
    return lacks;
}

static void every_vector_verifies_or_is_refused_as_its_name_says(void **state)
{
    (void)state;
    vectors_require();
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        vector v;

        if (is_lacking(vectors[i].name)) {
            continue;
        }
        vector_open(&v, vectors[i].name);
        print_message("%s\n", vectors[i].name);
        assert_status(check_vector(&v), vectors[i].expected);
        assert_int_equal(json_is_true(json_object_get(v.json, "fail")), vectors[i].expected != TPS_OK);
        vector_close(&v);
    }
}

static void an_unprotected_algorithm_is_refused_unless_permitted(void **state)
{
    static const char *const names[] = {
        "cose/sign1-tests/sign-pass-01.json",
        "cose/mac0-tests/mac-pass-01.json",
        "cose/mac0-tests/mac-pass-02.json",
        "cose/encrypted-tests/enc-pass-01.json",
    };

    (void)state;
    vectors_require();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        vector v;

        vector_open(&v, names[i]);
        v.terms.permit_unprotected_alg = false;
        assert_status(check_vector(&v), TPS_COSE_BAD_HEADER);
        vector_close(&v);
    }
}

/* What may change without harm: the unprotected bucket, or, of the only recipient's, the pair with its kid.
 */
static tps_span harmless_of(const vector *v)
{
    tps_cbor_reader r = tps_cbor_reader_init(v->parsed.recipients);
    tps_span kid;

    if (v->parsed.recipients.size == 0) {
        return v->parsed.unprotected_raw;
    }
    tps_cbor_enter_array(&r);
    tps_cbor_enter_array(&r);
    tps_cbor_skip(&r);
    assert_true(tps_cose_header_find(tps_cbor_skip(&r), TPS_HEADER_KID, &kid));
    return tps_span_make(kid.data - 1, kid.size + 1);
}

/* A change anywhere is refused, but in the unprotected bucket, where a kid only proposes a key. */
static void every_bit_of_every_vector_counts(void **state)
{
    (void)state;
    vectors_require();
    for (size_t i = 0; vectors[i].expected == TPS_OK; i++) {
        tps_span harmless;
        vector v;

        if (is_lacking(vectors[i].name)) {
            continue;
        }
        vector_open(&v, vectors[i].name);
        assert_status(check_vector(&v), TPS_OK);
        harmless = harmless_of(&v);
        v.is_changed = true;
        for (size_t bit = 0; bit < 8 * v.message.size; bit += TEST_BIT_STEP) {
            uint8_t *byte = &v.message.data[bit / 8];

            *byte ^= (uint8_t)(1u << bit % 8);
            /* What is accepted is compared with the vector inside. */
            if (check_vector(&v) == TPS_OK &&
                (byte < harmless.data || byte >= harmless.data + harmless.size)) {
                fail_msg("%s: bit %zu does not count", vectors[i].name, bit);
            }
            *byte ^= (uint8_t)(1u << bit % 8);
        }
        vector_close(&v);
    }
}

static void every_vector_cut_at_any_byte_is_refused(void **state)
{
    (void)state;
    vectors_require();
    for (size_t i = 0; vectors[i].expected == TPS_OK; i++) {
        vector v;
        tps_buf whole;

        if (is_lacking(vectors[i].name)) {
            continue;
        }
        vector_open(&v, vectors[i].name);
        whole = v.message;
        for (size_t size = 0; size < whole.size; size++) {
            v.message = exact_copy(tps_span_make(whole.data, size));
            assert_status(check_vector(&v), TPS_CBOR_TRUNCATED);
            free(v.message.data);
        }
        v.message = whole;
        vector_close(&v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_verifies_or_is_refused_as_its_name_says),
        cmocka_unit_test(an_unprotected_algorithm_is_refused_unless_permitted),
        cmocka_unit_test(every_bit_of_every_vector_counts),
        cmocka_unit_test(every_vector_cut_at_any_byte_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
