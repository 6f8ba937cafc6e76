/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets for credential activation: their form, and what is refused. e2e.tpm_swtpm lets a TPM open them. */
#include "support/keys.h"
#include "tpm_support.h"
#include "tps/tpm_credential.h"

static const uint8_t name[34] = {0, TPS_TPM_ALG_SHA256, 1};
static const uint8_t secret[32] = {5};
static tps_tpm_ek ek;

static int make_key(void **state)
{
    (void)state;
    ek = (tps_tpm_ek){.key = test_key(1), .name_alg = TPS_TPM_ALG_SHA256, .symmetric_bits = 128};
    return 0;
}

static int free_key(void **state)
{
    (void)state;
    tps_crypto_key_free(ek.key);
    return 0;
}

static void a_credential_has_the_form_of_tpm2_tools(void **state)
{
    uint8_t out[TPS_TPM_CREDENTIAL_MAX];
    uint8_t again[TPS_TPM_CREDENTIAL_MAX];
    size_t size;

    (void)state;
    assert_status(
        tps_tpm_credential_make(&ek, TPS_SPAN_OF(name), TPS_SPAN_OF(secret), TPS_BUF_OF(out), &size), TPS_OK);
    assert_int_equal(size, 8 + 2 + 2 + 32 + 34 + 2 + 68);
    assert_memory_equal(out, "\xba\xdc\xc0\xde\0\0\0\1", 8);
    assert_int_equal(out[9], 2 + 32 + 34);
    assert_int_equal(out[11], 32);
    assert_int_equal(out[10 + 68 + 1], 68);
    assert_null(memmem(out, size, secret, sizeof secret));
    assert_status(
        tps_tpm_credential_make(&ek, TPS_SPAN_OF(name), TPS_SPAN_OF(secret), TPS_BUF_OF(again), &size),
        TPS_OK);
    assert_memory_not_equal(out, again, size); /* another seed each time */
}

static void what_cannot_be_wrapped_is_refused(void **state)
{
    static const uint8_t large[33];
    uint8_t out[TPS_TPM_CREDENTIAL_MAX];
    tps_tpm_ek other = ek;
    size_t size;

    (void)state;
    assert_status(tps_tpm_credential_make(&ek, TPS_SPAN_OF(name), TPS_SPAN_OF(large), TPS_BUF_OF(out), &size),
                  TPS_BAD_ARGUMENT);
    assert_status(tps_tpm_credential_make(&ek, TPS_SPAN_OF(name), TPS_SPAN_EMPTY, TPS_BUF_OF(out), &size),
                  TPS_BAD_ARGUMENT);
    assert_status(tps_tpm_credential_make(&ek, TPS_SPAN_EMPTY, TPS_SPAN_OF(secret), TPS_BUF_OF(out), &size),
                  TPS_BAD_ARGUMENT);
    assert_status(
        tps_tpm_credential_make(&ek, TPS_SPAN_OF(name), TPS_SPAN_OF(secret), (tps_buf){out, 100}, &size),
        TPS_BUFFER_TOO_SMALL);
    assert_int_equal(size, 148);
    other.name_alg = TPS_TPM_ALG_SHA1;
    assert_status(
        tps_tpm_credential_make(&other, TPS_SPAN_OF(name), TPS_SPAN_OF(secret), TPS_BUF_OF(out), &size),
        TPS_TPM_SHA1);
    other = ek;
    other.symmetric_bits = 192;
    assert_status(
        tps_tpm_credential_make(&other, TPS_SPAN_OF(name), TPS_SPAN_OF(secret), TPS_BUF_OF(out), &size),
        TPS_BAD_ARGUMENT);
}

static void larger_name_algorithms_and_keys_are_taken(void **state)
{
    uint8_t out[TPS_TPM_CREDENTIAL_MAX];
    tps_tpm_ek other = {.key = test_key_p384(), .name_alg = TPS_TPM_ALG_SHA384, .symmetric_bits = 256};
    size_t size;

    (void)state;
    assert_status(
        tps_tpm_credential_make(&other, TPS_SPAN_OF(name), TPS_SPAN_OF(secret), TPS_BUF_OF(out), &size),
        TPS_OK);
    assert_int_equal(size, 8 + 2 + 2 + 48 + 34 + 2 + 4 + 96);
    tps_crypto_key_free(other.key);
}

static void only_endorsement_keys_are_endorsement_keys(void **state)
{
    builder b;
    tps_tpm_public ak;
    tps_tpm_ek made;
    tps_error why = {0};

    (void)state;
    assert_status(tps_tpm_public_decode(make_ak(&b, ek.key, AK_ATTRIBUTES), &ak, NULL), TPS_OK);
    assert_status(tps_tpm_ek_of_public(&ak, &made, &why), TPS_TPM_KEY_ATTRIBUTES);
    assert_names(&why, "decrypt is clear");
    assert_status(tps_tpm_ek_of_certificate(built(&b), &made), TPS_CRYPTO_BAD_CERTIFICATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_credential_has_the_form_of_tpm2_tools),
        cmocka_unit_test(what_cannot_be_wrapped_is_refused),
        cmocka_unit_test(larger_name_algorithms_and_keys_are_taken),
        cmocka_unit_test(only_endorsement_keys_are_endorsement_keys),
    };

    return cmocka_run_group_tests(tests, make_key, free_key);
}
