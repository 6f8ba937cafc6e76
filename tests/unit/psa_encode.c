/* SPDX-License-Identifier: Apache-2.0 */
/* Encoding PSA claims: what decoding would refuse is not encoded; what is encoded comes back; every buffer
 * size. */
#include "support/cbor_hex.h"
#include "support/check.h"
#include "tps/psa.h"

static const uint8_t zeros[80];
static const uint8_t instance_id[33] = {0x01};

#define HASH tps_span_make(zeros, 32)

static tps_psa_claims good(void)
{
    tps_psa_claims claims = {
        .nonce = HASH,
        .instance_id = TPS_SPAN_OF(instance_id),
        .implementation_id = HASH,
        .client_id = -7,
        .lifecycle = 0x3012,
        .boot_seed = tps_span_make(zeros, 8),
        .certification_reference = TPS_SPAN_LITERAL("0123456789012-12345"),
        .verification_service = TPS_SPAN_LITERAL("https://verifier.example"),
        .component_count = 2,
    };

    claims.components[0] = (tps_psa_component){.type = TPS_SPAN_LITERAL("BL"),
                                               .measurement = HASH,
                                               .version = TPS_SPAN_LITERAL("1.2"),
                                               .signer_id = tps_span_make(zeros, 48),
                                               .description = TPS_SPAN_LITERAL("sha-256")};
    claims.components[1] = (tps_psa_component){.measurement = tps_span_make(zeros, 64), .signer_id = HASH};
    return claims;
}

static void assert_same(const tps_psa_claims *a, const tps_psa_claims *b)
{
    assert_int_equal(a->is_2_0_0, b->is_2_0_0);
    assert_span(a->nonce, b->nonce);
    assert_span(a->instance_id, b->instance_id);
    assert_span(a->implementation_id, b->implementation_id);
    assert_int_equal(a->client_id, b->client_id);
    assert_int_equal(a->lifecycle, b->lifecycle);
    assert_span(a->boot_seed, b->boot_seed);
    assert_span(a->certification_reference, b->certification_reference);
    assert_span(a->verification_service, b->verification_service);
    assert_int_equal(a->component_count, b->component_count);
    for (size_t i = 0; i < a->component_count; i++) {
        assert_span(a->components[i].type, b->components[i].type);
        assert_span(a->components[i].measurement, b->components[i].measurement);
        assert_span(a->components[i].version, b->components[i].version);
        assert_span(a->components[i].signer_id, b->components[i].signer_id);
        assert_span(a->components[i].description, b->components[i].description);
    }
}

static void assert_comes_back(const tps_psa_claims *claims)
{
    uint8_t bytes[2048];
    tps_span encoded;
    tps_psa_claims back;

    assert_status(tps_psa_encode(claims, TPS_BUF_OF(bytes), &encoded, NULL), TPS_OK);
    assert_status(tps_cbor_check(encoded, &cbor_limits_deterministic, NULL, NULL), TPS_OK);
    assert_status(tps_psa_decode(encoded, &back, NULL), TPS_OK);
    assert_same(&back, claims);
}

static void what_is_encoded_comes_back(void **state)
{
    tps_psa_claims claims = good();

    (void)state;
    assert_comes_back(&claims);
    claims.boot_seed = TPS_SPAN_EMPTY;
    claims.certification_reference = TPS_SPAN_EMPTY;
    claims.verification_service = TPS_SPAN_EMPTY;
    claims.client_id = INT32_MAX;
    assert_comes_back(&claims);
    claims = good();
    claims.is_2_0_0 = true;
    claims.boot_seed = HASH;
    claims.client_id = INT32_MIN;
    assert_comes_back(&claims);
}

static void every_buffer_size_is_told_the_size_needed(void **state)
{
    tps_psa_claims claims = good();
    tps_span measured;

    (void)state;
    assert_status(tps_psa_encode(&claims, TPS_BUF_MEASURE, &measured, NULL), TPS_OK);
    assert_null(measured.data);
    for (size_t room = 0; room <= measured.size; room++) {
        uint8_t *exact = malloc(room == 0 ? 1 : room);
        tps_span encoded;

        assert_status(tps_psa_encode(&claims, (tps_buf){exact, room}, &encoded, NULL),
                      room < measured.size ? TPS_BUFFER_TOO_SMALL : TPS_OK);
        assert_int_equal(encoded.size, measured.size);
        free(exact);
    }
}

static void assert_refused(const tps_psa_claims *claims, tps_status expected, const char *detail)
{
    uint8_t bytes[2048];
    tps_span encoded;
    tps_error why = {0};

    assert_status(tps_psa_encode(claims, TPS_BUF_OF(bytes), &encoded, &why), expected);
    assert_int_equal(why.status, expected);
    assert_non_null(strstr(why.detail, detail));
    assert_null(encoded.data);
}

static void what_decoding_would_refuse_is_not_encoded(void **state)
{
    tps_psa_claims claims = good();

    (void)state;
    claims.nonce = TPS_SPAN_EMPTY;
    assert_refused(&claims, TPS_CLAIM_MISSING, "nonce");
    claims = good();
    claims.nonce = tps_span_make(zeros, 33);
    assert_refused(&claims, TPS_CLAIM_BAD_VALUE, "nonce");
    claims = good();
    claims.instance_id = tps_span_make(zeros, 33);
    assert_refused(&claims, TPS_CLAIM_BAD_VALUE, "instance id");
    claims = good();
    claims.lifecycle = 0x3100;
    assert_refused(&claims, TPS_CLAIM_BAD_VALUE, "lifecycle");
    claims = good();
    claims.is_2_0_0 = true;
    assert_refused(&claims, TPS_CLAIM_BAD_VALUE, "boot seed");
    claims.boot_seed = TPS_SPAN_EMPTY;
    assert_refused(&claims, TPS_CLAIM_MISSING, "boot seed");
    claims = good();
    claims.certification_reference = TPS_SPAN_LITERAL("0123456789012");
    assert_refused(&claims, TPS_CLAIM_BAD_VALUE, "certification reference");
    claims = good();
    claims.component_count = 0;
    assert_refused(&claims, TPS_CLAIM_BAD_VALUE, "software components");
    claims.component_count = TPS_PSA_COMPONENTS_MAX + 1;
    assert_refused(&claims, TPS_CLAIM_BAD_VALUE, "software components");
    claims = good();
    claims.components[1].signer_id = TPS_SPAN_EMPTY;
    assert_refused(&claims, TPS_CLAIM_MISSING, "signer id");
}

static void texts_that_are_no_utf8_are_not_encoded(void **state)
{
    tps_span bad = TPS_SPAN_LITERAL("\xc3");
    tps_psa_claims claims = good();

    (void)state;
    claims.verification_service = bad;
    assert_refused(&claims, TPS_CBOR_BAD_UTF8, "verification service");
    claims = good();
    claims.components[1].type = bad;
    assert_refused(&claims, TPS_CBOR_BAD_UTF8, "type");
    claims = good();
    claims.components[1].version = bad;
    assert_refused(&claims, TPS_CBOR_BAD_UTF8, "version");
    claims = good();
    claims.components[0].description = bad;
    assert_refused(&claims, TPS_CBOR_BAD_UTF8, "description");
}

static void claims_that_no_decoder_would_take_for_their_size_are_not_encoded(void **state)
{
    tps_psa_claims claims = good();
    char *text = malloc(65536);

    (void)state;
    memset(text, 'x', 65536);
    claims.verification_service = tps_span_make(text, 65536);
    assert_refused(&claims, TPS_CBOR_TOO_LONG, "claims");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_encoded_comes_back),
        cmocka_unit_test(every_buffer_size_is_told_the_size_needed),
        cmocka_unit_test(what_decoding_would_refuse_is_not_encoded),
        cmocka_unit_test(texts_that_are_no_utf8_are_not_encoded),
        cmocka_unit_test(claims_that_no_decoder_would_take_for_their_size_are_not_encoded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
