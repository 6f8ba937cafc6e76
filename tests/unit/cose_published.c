/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Sign1 and COSE_Mac0 as others publish them: what our strict rules admit verifies, the rest has a named
 * error. */
#include "support/check.h"
#include "support/keys.h"
#include "support/published.h"
#include "support/vectors.h"
#include "tps/cose.h"

static tps_status verify_with(tps_span message, tps_crypto_key *key, tps_span aad, tps_cose_sign1 *out)
{
    tps_cose_key_finder finder = test_finder(key);

    tps_cose_terms terms = {.aad = aad};

    return tps_cose_sign1_verify(message, &finder, &terms, out, NULL);
}

/* Verifies the message of a vector of cose-wg/Examples with its key; `aad` may be NULL. */
static void assert_example(const char *name, const char *aad, tps_status expected)
{
    json_t *vector = published_json(name);
    tps_buf message = published_hex(vector, "output.cbor");
    tps_crypto_key *key = published_key(vector, "input.sign0.key");
    tps_buf external = bytes_from_hex(aad == NULL ? "" : aad);
    tps_cose_sign1 out;

    assert_status(verify_with(span_of(message), key, span_of(external), &out), expected);
    if (expected == TPS_OK && json_object_get(json_object_get(vector, "input"), "plaintext") != NULL) {
        assert_span_text(out.payload, published_text(vector, "input.plaintext"));
    }
    tps_crypto_key_free(key);
    free(external.data);
    free(message.data);
    json_decref(vector);
}

static void es256_and_es384_examples_verify(void **state)
{
    (void)state;
    vectors_require();
    assert_example("cose/ecdsa-examples/ecdsa-sig-01.json", NULL, TPS_OK);
    assert_example("cose/ecdsa-examples/ecdsa-sig-02.json", NULL, TPS_OK);
    assert_example("cose/CWT/A_3.json", NULL, TPS_OK);
}

static void sign_pass_02_verifies_with_its_external_data_only(void **state)
{
    (void)state;
    vectors_require();
    assert_example("cose/sign1-tests/sign-pass-02.json", "11aa22bb33cc44dd55006699", TPS_OK);
    assert_example("cose/sign1-tests/sign-pass-02.json", "11aa22bb33cc44dd55006698", TPS_COSE_BAD_SIGNATURE);
    assert_example("cose/sign1-tests/sign-pass-02.json", NULL, TPS_COSE_BAD_SIGNATURE);
    assert_example("cose/ecdsa-examples/ecdsa-sig-01.json", "00", TPS_COSE_BAD_SIGNATURE);
}

/* Its algorithm stands in the unprotected bucket, where anybody can change it: a good signature, refused by
 * design. */
static void sign_pass_01_is_refused_because_its_algorithm_is_unprotected(void **state)
{
    (void)state;
    vectors_require();
    assert_example("cose/sign1-tests/sign-pass-01.json", NULL, TPS_COSE_BAD_HEADER);
}

static void the_examples_that_must_fail_fail_by_name(void **state)
{
    (void)state;
    vectors_require();
    assert_example("cose/sign1-tests/sign-fail-01.json", NULL, TPS_COSE_NOT_WELL_FORMED);
    assert_example("cose/sign1-tests/sign-fail-02.json", NULL, TPS_COSE_BAD_SIGNATURE);
    assert_example("cose/sign1-tests/sign-fail-03.json", NULL, TPS_COSE_ALG_REFUSED);
}

/* ES512 over P-256: RFC 9053 allows it, RFC 9864 deprecates it; it is verified, and not made here. */
static void ecdsa_sig_04_verifies(void **state)
{
    (void)state;
    vectors_require();
    assert_example("cose/ecdsa-examples/ecdsa-sig-04.json", NULL, TPS_OK);
}

static void psa_tokens_verify_with_their_keys(void **state)
{
    static const struct {
        const char *token;
        const char *key;
    } tokens[] = {
        {"psa/psa-sign1.cbor", "psa/tfm-es-iak.json"},
        {"veraison/psa-evidence.cbor", "veraison/psa-evidence-pub.jwk"},
        {"veraison/psa.good.cose", "veraison/psa.good-pub.jwk"},
    };

    (void)state;
    vectors_require();
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        tps_buf token = vector_read(tokens[i].token);
        tps_crypto_key *key = published_jwk(tokens[i].key);
        tps_crypto_key *other = test_key(1);
        tps_cose_sign1 out;

        assert_status(verify_with(span_of(token), key, TPS_SPAN_EMPTY, &out), TPS_OK);
        assert_int_equal(out.tag, TPS_TAG_COSE_SIGN1);
        assert_int_equal(out.headers.alg, TPS_ALG_ES256);
        assert_status(verify_with(span_of(token), other, TPS_SPAN_EMPTY, &out), TPS_COSE_BAD_SIGNATURE);
        tps_crypto_key_free(other);
        tps_crypto_key_free(key);
        free(token.data);
    }
}

static void a_token_with_any_one_bit_changed_is_refused(void **state)
{
    tps_buf token;
    tps_crypto_key *key;
    tps_cose_sign1 out;

    (void)state;
    vectors_require();
    token = vector_read("psa/psa-sign1.cbor");
    key = published_jwk("psa/tfm-es-iak.json");
    for (size_t bit = 0; bit < 8 * token.size; bit += TEST_BIT_STEP) {
        token.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(verify_with(span_of(token), key, TPS_SPAN_EMPTY, &out), TPS_OK);
        token.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_status(verify_with(span_of(token), key, TPS_SPAN_EMPTY, &out), TPS_OK);
    tps_crypto_key_free(key);
    free(token.data);
}

static void a_token_cut_at_any_byte_is_refused(void **state)
{
    tps_buf token;
    tps_cose_sign1 out;

    (void)state;
    vectors_require();
    token = vector_read("psa/psa-sign1.cbor");
    for (size_t size = 0; size < token.size; size++) {
        tps_buf cut = exact_copy(tps_span_make(token.data, size));

        assert_status(tps_cose_sign1_parse(span_of(cut), &out, NULL), TPS_CBOR_TRUNCATED);
        free(cut.data);
    }
    free(token.data);
}

static void a_mac0_is_taken_apart_and_never_verified_as_sign1(void **state)
{
    tps_buf token;
    tps_crypto_key *key;
    tps_cose_sign1 out;

    (void)state;
    vectors_require();
    token = vector_read("psa/psa-mac0.cbor");
    key = published_jwk("psa/tfm-es-iak.json");
    assert_status(tps_cose_sign1_parse(span_of(token), &out, NULL), TPS_OK);
    assert_int_equal(out.tag, TPS_TAG_COSE_MAC0);
    assert_int_equal(out.headers.alg, 5);
    assert_int_equal(out.signature.size, 32);
    assert_status(verify_with(span_of(token), key, TPS_SPAN_EMPTY, &out), TPS_COSE_NOT_WELL_FORMED);
    token.data[0] = 0xd2; /* and it does not help to call it one */
    assert_status(verify_with(span_of(token), key, TPS_SPAN_EMPTY, &out), TPS_COSE_ALG_REFUSED);
    free(token.data);

    token = vector_read("psa/psa-sign1.cbor");
    token.data[0] = 0xd1;
    assert_status(verify_with(span_of(token), key, TPS_SPAN_EMPTY, &out), TPS_COSE_NOT_WELL_FORMED);
    tps_crypto_key_free(key);
    free(token.data);
}

static void messages_of_other_kinds_are_no_sign1(void **state)
{
    static const char *const names[] = {"cose/encrypted-tests/enc-pass-01.json",
                                        "cose/ecdh-direct-examples/p256-hkdf-256-01.json",
                                        "cose/aes-gcm-examples/aes-gcm-enc-01.json"};

    (void)state;
    vectors_require();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_t *vector = published_json(names[i]);
        tps_buf message = published_hex(vector, "output.cbor");
        tps_cose_sign1 out;

        assert_status(tps_cose_sign1_parse(span_of(message), &out, NULL), TPS_COSE_NOT_WELL_FORMED);
        free(message.data);
        json_decref(vector);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(es256_and_es384_examples_verify),
        cmocka_unit_test(sign_pass_02_verifies_with_its_external_data_only),
        cmocka_unit_test(sign_pass_01_is_refused_because_its_algorithm_is_unprotected),
        cmocka_unit_test(the_examples_that_must_fail_fail_by_name),
        cmocka_unit_test(ecdsa_sig_04_verifies),
        cmocka_unit_test(psa_tokens_verify_with_their_keys),
        cmocka_unit_test(a_token_with_any_one_bit_changed_is_refused),
        cmocka_unit_test(a_token_cut_at_any_byte_is_refused),
        cmocka_unit_test(a_mac0_is_taken_apart_and_never_verified_as_sign1),
        cmocka_unit_test(messages_of_other_kinds_are_no_sign1),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
