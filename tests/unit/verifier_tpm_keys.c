/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of TPMs: of every kind that signs quotes, in every form in which they are endorsed. */
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "support/keys.h"
#include "support/vectors.h"
#include "tpm_maker.h"

#define LENIENT ((tps_verifier_options){.allow_unsigned_endorsements = true})

static tpm_device lamp;
static EVP_PKEY *rsa;
static tps_crypto_key *rsa_public;
static tps_crypto_key *p384;

static int make_keys(void **state)
{
    uint8_t spki[512];
    uint8_t *at = spki;
    int size;

    (void)state;
    rsa = EVP_RSA_gen(2048);
    size = i2d_PUBKEY(rsa, &at);
    assert_in_range(size, 1, sizeof spki);
    assert_status(tps_crypto_key_from_spki(tps_span_make(spki, (size_t)size), &rsa_public), TPS_OK);
    p384 = test_key_p384();
    return 0;
}

static int free_keys(void **state)
{
    EVP_PKEY_free(rsa);
    tps_crypto_key_free(rsa_public);
    tps_crypto_key_free(p384);
    return support_end(state);
}

/* A verifier that knows the lamp's registers, and `key` as the AK of `device`. */
static tps_verifier *knowing(tps_corim_environment device, const tps_corim_key *keys, size_t count)
{
    const tps_corim_key_statement attest = {.environment = device, .keys = {.items = keys, .count = count}};
    tpm_words words = {.attest = &attest,
                       .attest_count = 1,
                       .registers = &lamp,
                       .values_of = tpm_environment(TPS_SPAN_EMPTY)};
    tps_verifier *v = make_verifier(LENIENT);

    tpm_endorse(v, &words);
    return v;
}

static tps_verifier *knowing_key(const tps_crypto_key *key)
{
    const tps_corim_key written = tpm_key(key);

    return knowing(tpm_environment(tpm_instance(&lamp)), &written, 1);
}

/* ---- RSA ---- */

static void make_rsa_ak(uint32_t scheme)
{
    tps_crypto_rsa numbers;

    assert_status(tps_crypto_key_rsa(rsa_public, &numbers), TPS_OK);
    lamp.ak.size = 0;
    put_be(&lamp.ak, TPS_TPM_ALG_RSA, 2);
    put_be(&lamp.ak, TPS_TPM_ALG_SHA256, 2);
    put_be(&lamp.ak, AK_ATTRIBUTES, 4);
    put_sized(&lamp.ak, TPS_SPAN_EMPTY);
    put_be(&lamp.ak, TPS_TPM_ALG_NULL, 2);
    put_be(&lamp.ak, scheme, 2);
    put_be(&lamp.ak, TPS_TPM_ALG_SHA256, 2);
    put_be(&lamp.ak, 2048, 2);
    put_be(&lamp.ak, 0, 4);
    put_sized(&lamp.ak, tps_span_make(numbers.n, numbers.n_size));
    lamp.evidence.ak = built(&lamp.ak);
}

static void sign_rsa(builder *b, tps_span attest, uint32_t scheme, int padding)
{
    uint8_t signature[256];
    size_t size = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options;

    assert_int_equal(EVP_DigestSignInit(context, &options, EVP_sha256(), NULL, rsa), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(options, padding), 1);
    assert_int_equal(EVP_DigestSign(context, signature, &size, attest.data, attest.size), 1);
    EVP_MD_CTX_free(context);
    b->size = 0;
    put_be(b, scheme, 2);
    put_be(b, TPS_TPM_ALG_SHA256, 2);
    put_sized(b, tps_span_make(signature, size));
}

static void sign_pkcs1(builder *b, tps_span attest)
{
    sign_rsa(b, attest, TPS_TPM_ALG_RSASSA, RSA_PKCS1_PADDING);
}

static void sign_pss(builder *b, tps_span attest)
{
    sign_rsa(b, attest, TPS_TPM_ALG_RSAPSS, RSA_PKCS1_PSS_PADDING);
}

/* It says the one, and is padded as the other. */
static void sign_otherwise(builder *b, tps_span attest)
{
    sign_rsa(b, attest, TPS_TPM_ALG_RSASSA, RSA_PKCS1_PSS_PADDING);
}

static void rsa_keys_sign_in_either_scheme(void **state)
{
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    make_rsa_ak(TPS_TPM_ALG_RSASSA);
    v = knowing_key(rsa_public);
    expect_affirming(appraise(v, tpm_answer_by(&lamp, sign_pkcs1)));
    expect_finding(appraise(v, tpm_answer_by(&lamp, sign_otherwise)), "evidence.bad-signature",
                   TPS_COSE_BAD_SIGNATURE);
    expect_finding(appraise(v, tpm_answer_by(&lamp, sign_pss)), "evidence.malformed", TPS_TPM_OTHER_SCHEME);
    tps_verifier_free(v);
    make_rsa_ak(TPS_TPM_ALG_RSAPSS);
    v = knowing_key(rsa_public);
    expect_affirming(appraise(v, tpm_answer_by(&lamp, sign_pss)));
    lamp.values[1][0] ^= 1; /* what was signed is another */
    lamp.quote.bytes[lamp.quote.size - 1] ^= 1;
    expect_finding(appraise(v, tpm_wrap(&lamp)), "evidence.bad-signature", TPS_COSE_BAD_SIGNATURE);
    tps_verifier_free(v);
}

static void a_key_signs_in_schemes_of_its_kind(void **state)
{
    tps_crypto_key *edwards = NULL;
    tps_verifier *v;

    (void)state;
    assert_status(tps_crypto_key_generate(TPS_CURVE_ED25519, &edwards), TPS_OK);
    tpm_start(&lamp);
    lamp.evidence.instance = tpm_instance(&lamp);
    lamp.evidence.ak = TPS_SPAN_EMPTY;
    {
        const tps_corim_key keys[3] = {tpm_key(device_key(1)), tpm_key(rsa_public), tpm_key(edwards)};
        for (size_t i = 0; i < 3; i++) {
            v = knowing(tpm_environment(lamp.evidence.instance), &keys[i], 1);
            if (i == 0) {
                expect_affirming(appraise(v, tpm_answer(&lamp)));
            } else {
                expect_finding(appraise(v, tpm_answer(&lamp)), "evidence.algorithm-refused",
                               TPS_COSE_ALG_REFUSED);
            }
            if (i != 1) {
                expect_finding(appraise(v, tpm_answer_by(&lamp, sign_pkcs1)), "evidence.algorithm-refused",
                               TPS_COSE_ALG_REFUSED);
            }
            tps_verifier_free(v);
        }
    }
    tps_crypto_key_free(edwards);
}

/* ---- curves ---- */

static void sign_p384(builder *b, tps_span attest)
{
    tps_span hash = tpm_hash(TPS_ALG_SHA384, attest);
    tps_digest digest = {.size = hash.size};
    uint8_t signature[96];
    size_t size;

    memcpy(digest.bytes, hash.data, hash.size);
    assert_status(tps_crypto_sign(p384, TPS_ALG_ESP384, &digest, TPS_BUF_OF(signature), &size), TPS_OK);
    b->size = 0;
    put_be(b, TPS_TPM_ALG_ECDSA, 2);
    put_be(b, TPS_TPM_ALG_SHA384, 2);
    put_sized(b, tps_span_make(signature, 48));
    put_sized(b, tps_span_make(signature + 48, 48));
}

/* The public area of a key of a curve whose scheme has SHA-384. */
static void make_ak_384(tps_crypto_key *key, uint32_t curve)
{
    tps_crypto_point point;

    assert_status(tps_crypto_key_point(key, &point), TPS_OK);
    lamp.ak.size = 0;
    put_be(&lamp.ak, TPS_TPM_ALG_ECC, 2);
    put_be(&lamp.ak, TPS_TPM_ALG_SHA384, 2);
    put_be(&lamp.ak, AK_ATTRIBUTES, 4);
    put_sized(&lamp.ak, TPS_SPAN_EMPTY);
    put_be(&lamp.ak, TPS_TPM_ALG_NULL, 2);
    put_be(&lamp.ak, TPS_TPM_ALG_ECDSA, 2);
    put_be(&lamp.ak, TPS_TPM_ALG_SHA384, 2);
    put_be(&lamp.ak, curve, 2);
    put_be(&lamp.ak, TPS_TPM_ALG_NULL, 2);
    put_sized(&lamp.ak, tps_span_make(point.x, point.size));
    put_sized(&lamp.ak, tps_span_make(point.y, point.size));
    lamp.evidence.ak = built(&lamp.ak);
    lamp.hash = TPS_ALG_SHA384;
}

static void keys_of_p384_sign_with_sha384(void **state)
{
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    make_ak_384(p384, 4);
    v = knowing_key(p384);
    expect_affirming(appraise(v, tpm_answer_by(&lamp, sign_p384)));
    tps_verifier_free(v);
    /* P-256 does not go with SHA-384 */
    tpm_start(&lamp);
    make_ak_384(device_key(1), 3);
    v = knowing_key(device_key(1));
    expect_finding(appraise(v, tpm_answer_by(&lamp, sign_p384)), "evidence.bad-signature",
                   TPS_COSE_BAD_SIGNATURE); /* its numbers are too large for the curve */
    tps_verifier_free(v);
}

static void sign_256_with_384(builder *b, tps_span attest)
{
    (void)attest;
    b->size = 0;
    put_be(b, TPS_TPM_ALG_ECDSA, 2);
    put_be(b, TPS_TPM_ALG_SHA384, 2);
    put_be(b, 1, 2);
    put_be(b, 7, 1);
    put_be(b, 1, 2);
    put_be(b, 7, 1);
}

static void sign_large_s(builder *b, tps_span attest)
{
    static const uint8_t large[66] = {1};

    (void)attest;
    b->size = 0;
    put_be(b, TPS_TPM_ALG_ECDSA, 2);
    put_be(b, TPS_TPM_ALG_SHA256, 2);
    put_be(b, 1, 2);
    put_be(b, 7, 1);
    put_sized(b, TPS_SPAN_OF(large));
}

static void numbers_and_hashes_of_another_curve_are_refused(void **state)
{
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    make_ak_384(device_key(1), 3);
    v = knowing_key(device_key(1));
    expect_finding(appraise(v, tpm_answer_by(&lamp, sign_256_with_384)), "evidence.algorithm-refused",
                   TPS_COSE_ALG_REFUSED);
    tps_verifier_free(v);
    tpm_start(&lamp);
    v = knowing_key(device_key(1));
    expect_finding(appraise(v, tpm_answer_by(&lamp, sign_256_with_384)), "evidence.malformed",
                   TPS_TPM_OTHER_SCHEME); /* the key is one for SHA-256 */
    expect_finding(appraise(v, tpm_answer_by(&lamp, sign_large_s)), "evidence.bad-signature",
                   TPS_COSE_BAD_SIGNATURE);
    tps_verifier_free(v);
}

/* ---- how a key is endorsed ---- */

static tps_corim_key cose_key_of(const tps_crypto_key *key, uint8_t *room, size_t size)
{
    tps_cbor_writer w = tps_cbor_writer_init((tps_buf){room, size});
    tps_span encoded;

    assert_status(tps_cose_key_put(&w, key), TPS_OK);
    assert_status(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    return (tps_corim_key){.tag = TPS_CORIM_TAG_COSE_KEY, .value = encoded};
}

static void a_key_of_a_node_is_endorsed_in_any_form(void **state)
{
    static const uint8_t node[16] = {0x7d};
    static const uint32_t kinds[] = {TPS_CORIM_UUID, TPS_CORIM_BYTES};
    tps_span root = make_ca("Root", device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_span certificate = tpm_certify(tpm_plan_ak, device_key(1), root, device_key(20));
    uint8_t room[128];
    tps_corim_key keys[] = {
        tpm_key(device_key(1)),
        {.tag = TPS_CORIM_TAG_CERTIFICATE_DER, .value = certificate},
        {.tag = TPS_CORIM_TAG_CERTIFICATE_PEM, .value = tpm_pem(certificate, "CERTIFICATE")},
        cose_key_of(device_key(1), room, sizeof room),
    };

    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        tps_corim_environment device = tpm_environment(TPS_SPAN_EMPTY);
        tps_verifier *v;

        tpm_start(&lamp);
        lamp.evidence.instance = TPS_SPAN_OF(node);
        device.instance = (tps_corim_value){
            .kind = kinds[i % 2], .number = i % 2 == 0 ? TPS_CORIM_TAG_UUID : 0, .bytes = TPS_SPAN_OF(node)};
        v = knowing(device, &keys[i], 1);
        expect_affirming(appraise(v, tpm_answer(&lamp)));
        lamp.key = device_key(2); /* who signs is not the one in the evidence, which is endorsed */
        expect_finding(appraise(v, tpm_answer(&lamp)), "evidence.bad-signature", TPS_COSE_BAD_SIGNATURE);
        lamp.evidence.ak = make_ak(&lamp.ak, device_key(2), AK_ATTRIBUTES);
        expect_finding(appraise(v, tpm_answer(&lamp)), "instance-identity.other-device",
                       TPS_VERIFIER_INSTANCE_MISMATCH);
        tps_verifier_free(v);
    }
}

static void one_of_the_keys_of_a_node_is_enough(void **state)
{
    static const uint8_t node[16] = {0x7d};
    const tps_corim_key keys[2] = {tpm_key(device_key(2)), tpm_key(device_key(1))};
    tps_corim_environment device = tpm_environment(TPS_SPAN_EMPTY);
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    lamp.evidence.instance = TPS_SPAN_OF(node);
    device.instance = (tps_corim_value){.kind = TPS_CORIM_BYTES, .bytes = TPS_SPAN_OF(node)};
    v = knowing(device, keys, 2);
    expect_affirming(appraise(v, tpm_answer(&lamp)));
    lamp.evidence.ak = TPS_SPAN_EMPTY; /* the endorsed keys are tried in turn */
    expect_affirming(appraise(v, tpm_answer(&lamp)));
    tps_verifier_free(v);
}

static void a_thumbprint_is_enough_with_the_key_in_the_evidence(void **state)
{
    static const uint8_t node[16] = {0x7d};
    tps_corim_key key = {.tag = TPS_CORIM_TAG_KEY_THUMBPRINT};
    tps_corim_environment device = tpm_environment(TPS_SPAN_EMPTY);
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    key.digest =
        (tps_corim_digest){.alg = TPS_ALG_SHA256, .value = tpm_hash(TPS_ALG_SHA256, tpm_spki(device_key(1)))};
    v = knowing(device, &key, 1);
    expect_affirming(appraise(v, tpm_answer(&lamp)));
    lamp.key = device_key(2);
    expect_finding(appraise(v, tpm_answer(&lamp)), "evidence.bad-signature", TPS_COSE_BAD_SIGNATURE);
    lamp.evidence.ak = TPS_SPAN_EMPTY;
    lamp.evidence.instance = TPS_SPAN_OF(node);
    expect_finding(appraise(v, tpm_answer(&lamp)), "instance-identity.unknown-signer",
                   TPS_VERIFIER_NO_TRUST_ANCHOR);
    tps_verifier_free(v);
    device.instance = (tps_corim_value){.kind = TPS_CORIM_BYTES, .bytes = TPS_SPAN_OF(node)};
    v = knowing(device, &key, 1); /* a thumbprint verifies nothing */
    expect_finding(appraise(v, tpm_answer(&lamp)), "evidence.unverifiable", TPS_CRYPTO_BAD_KEY);
    tps_verifier_free(v);
}

static void a_thumbprint_of_another_instance_speaks_of_that(void **state)
{
    static const uint8_t other[33] = {1, 5};
    tps_corim_key key = {.tag = TPS_CORIM_TAG_KEY_THUMBPRINT};
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    key.digest =
        (tps_corim_digest){.alg = TPS_ALG_SHA256, .value = tpm_hash(TPS_ALG_SHA256, tpm_spki(device_key(1)))};
    v = knowing(tpm_environment(TPS_SPAN_OF(other)), &key, 1);
    expect_finding(appraise(v, tpm_answer(&lamp)), "instance-identity.other-device",
                   TPS_VERIFIER_INSTANCE_MISMATCH);
    tps_verifier_free(v);
}

static void an_endorsement_counts_within_its_validity(void **state)
{
    const tps_corim_key key = tpm_key(device_key(1));
    tps_corim_key_statement attest = {.keys = ONE(&key)};
    tpm_words words = {.attest = &attest, .attest_count = 1, .not_after = NOW + 10};
    tps_appraisal_request request = {.nonce = tps_span_make(the_nonce, 32), .now = NOW + 11};
    tps_verifier *v = make_verifier(LENIENT);
    tps_appraisal a;

    (void)state;
    tpm_start(&lamp);
    attest.environment = tpm_environment(tpm_instance(&lamp));
    tpm_endorse(v, &words);
    expect_finding(appraise(v, tpm_answer(&lamp)), "executables.no-reference-values", TPS_OK);
    tps_verifier_appraise(v, tpm_answer(&lamp), &request, &a);
    expect_finding(&a, "instance-identity.endorsement-expired", TPS_CORIM_EXPIRED);
    tps_verifier_free(v);
}

/* ---- what the evidence itself must be ---- */

static void nonce_and_audience_beside_the_quote_are_those_that_it_hashes(void **state)
{
    tps_appraisal_request request = {
        .nonce = tps_span_make(the_nonce, 32), .aud = TPS_SPAN_LITERAL("shop"), .now = NOW};
    uint8_t data[32];
    size_t size;
    tps_appraisal a;
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    v = knowing_key(device_key(1));
    assert_status(tps_tpm_qualifying_data(request.nonce, request.aud, data, &size), TPS_OK);
    lamp.qualifying = tps_span_make(data, size);
    lamp.evidence.nonce = request.nonce;
    lamp.evidence.aud = request.aud;
    tps_verifier_appraise(v, tpm_answer(&lamp), &request, &a);
    expect_affirming(&a);
    request.aud = TPS_SPAN_LITERAL("club");
    tps_verifier_appraise(v, tpm_answer(&lamp), &request, &a);
    expect_finding(&a, "freshness.other-audience", TPS_VERIFIER_AUDIENCE);
    lamp.evidence.aud = request.aud;
    tps_verifier_appraise(v, tpm_answer(&lamp), &request, &a);
    expect_finding(&a, "evidence.malformed", TPS_TPM_QUALIFYING_DATA);
    tps_verifier_free(v);
}

static void sign_sha1(builder *b, tps_span attest)
{
    make_signature(b, device_key(1), attest);
    b->bytes[3] = TPS_TPM_ALG_SHA1;
}

static void what_cannot_be_evidence_is_refused_by_name(void **state)
{
    static const uint8_t short_key[3] = {0};
    tps_verifier *v;
    tps_span kept;

    (void)state;
    tpm_start(&lamp);
    v = knowing_key(device_key(1));
    expect_finding(appraise(v, tpm_answer_by(&lamp, sign_sha1)), "evidence.malformed", TPS_TPM_SHA1);
    (void)tpm_answer(&lamp);
    kept = lamp.evidence.attest;
    lamp.evidence.attest = TPS_SPAN_OF(short_key);
    expect_finding(appraise(v, tpm_wrap(&lamp)), "evidence.malformed", TPS_TPM_TRUNCATED);
    lamp.evidence.attest = kept;
    kept = lamp.evidence.signature;
    lamp.evidence.signature = TPS_SPAN_OF(short_key);
    expect_finding(appraise(v, tpm_wrap(&lamp)), "evidence.malformed", TPS_TPM_UNSUPPORTED);
    lamp.evidence.signature = kept;
    lamp.evidence.ak = TPS_SPAN_OF(short_key);
    expect_finding(appraise(v, tpm_wrap(&lamp)), "evidence.malformed", TPS_TPM_TRUNCATED);
    expect_finding(appraise(v, TPS_SPAN_LITERAL("r/1RDR4AYABYAC")), "evidence.malformed",
                   TPS_TPM_BAD_EVIDENCE);
    tps_verifier_free(v);
}

static void a_point_that_is_on_no_curve_is_no_key(void **state)
{
    tps_verifier *v;

    (void)state;
    tpm_start(&lamp);
    v = knowing_key(device_key(1));
    lamp.ak.bytes[lamp.ak.size - 1] ^= 1;
    expect_finding(appraise(v, tpm_answer(&lamp)), "evidence.unverifiable", TPS_CRYPTO_BAD_KEY);
    tps_verifier_free(v);
}

/* Its nonce is none of ours; but the signature is EnactTrust's, under the key that its manifest endorses. */
static void enacttrusts_token_is_of_the_key_that_is_endorsed(void **state)
{
    tps_buf token;
    tps_buf manifest;
    tps_appraisal_request request = {.now = NOW};
    tps_verifier *v = make_verifier(LENIENT);
    tps_appraisal a;

    (void)state;
    vectors_require();
    token = vector_read("tpm/enacttrust-basic.token");
    manifest = vector_read("veraison/corim-enacttrust-valid.cbor");
    if (tps_verifier_add_corim(v, span_of(manifest), NOW, NULL) == TPS_OK) {
        tps_verifier_appraise(v, span_of(token), &request, &a);
        assert_int_equal(a.scheme, TPS_SCHEME_TPM);
        assert_int_equal(a.finding_count, 1);
        assert_string_equal(a.findings[0].name, "freshness.not-judged");
        token.data[token.size - 1] ^= 1;
        tps_verifier_appraise(v, span_of(token), &request, &a);
        expect_finding(&a, "evidence.bad-signature", TPS_COSE_BAD_SIGNATURE);
    } else {
        fail_msg("EnactTrust's manifest is not taken");
    }
    tps_verifier_free(v);
    free(token.data);
    free(manifest.data);
}

/* The example of the specification, made by another library: appraised as what it says. */
static void the_example_of_the_specification_is_affirming(void **state)
{
    tps_buf text = file_read("spec/examples/tpm-evidence-quote.hex");
    tps_buf example;
    uint8_t nonce[32];
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(nonce),
                                     .aud = TPS_SPAN_LITERAL("https://verifier.example/t/lights"),
                                     .now = NOW};
    tps_tpm_evidence e;
    tps_corim_key key = {.tag = TPS_CORIM_TAG_KEY_PEM};
    tps_tpm_public ak;
    tps_crypto_key *public_key = NULL;
    tps_verifier *v;
    tps_appraisal a;
    size_t size = 0;

    (void)state;
    for (size_t i = 0; i < text.size; i++) { /* without line ends */
        if (text.data[i] != '\n') {
            text.data[size++] = text.data[i];
        }
    }
    text.data[size] = '\0';
    example = bytes_from_hex((const char *)text.data);
    for (size_t i = 0; i < sizeof nonce; i++) {
        nonce[i] = (uint8_t)i;
    }
    assert_status(tps_tpm_evidence_decode(span_of(example), TPS_BUF_MEASURE, &e, NULL), TPS_OK);
    assert_status(tps_tpm_public_decode(e.ak, &ak, NULL), TPS_OK);
    assert_status(tps_tpm_public_key(&ak, &public_key), TPS_OK);
    key = tpm_key(public_key);
    tpm_start(&lamp); /* which ran the same */
    v = knowing(tpm_environment(TPS_SPAN_EMPTY), &key, 1);
    tps_verifier_appraise(v, span_of(example), &request, &a);
    expect_affirming(&a);
    nonce[0] = 1;
    tps_verifier_appraise(v, span_of(example), &request, &a);
    expect_finding(&a, "freshness.nonce-mismatch", TPS_VERIFIER_NONCE_MISMATCH);
    tps_verifier_free(v);
    tps_crypto_key_free(public_key);
    free(text.data);
    free(example.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rsa_keys_sign_in_either_scheme),
        cmocka_unit_test(a_key_signs_in_schemes_of_its_kind),
        cmocka_unit_test(keys_of_p384_sign_with_sha384),
        cmocka_unit_test(numbers_and_hashes_of_another_curve_are_refused),
        cmocka_unit_test(a_key_of_a_node_is_endorsed_in_any_form),
        cmocka_unit_test(one_of_the_keys_of_a_node_is_enough),
        cmocka_unit_test(a_thumbprint_is_enough_with_the_key_in_the_evidence),
        cmocka_unit_test(a_thumbprint_of_another_instance_speaks_of_that),
        cmocka_unit_test(an_endorsement_counts_within_its_validity),
        cmocka_unit_test(nonce_and_audience_beside_the_quote_are_those_that_it_hashes),
        cmocka_unit_test(what_cannot_be_evidence_is_refused_by_name),
        cmocka_unit_test(a_point_that_is_on_no_curve_is_no_key),
        cmocka_unit_test(enacttrusts_token_is_of_the_key_that_is_endorsed),
        cmocka_unit_test(the_example_of_the_specification_is_affirming),
    };

    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
