/* SPDX-License-Identifier: Apache-2.0 */
/* The attestation service of a device that only attests, built with TPS_ATTESTATION_ALONE: evidence as ever,
 * and of what needs other services nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/core/binding.h"
#include "component/services/attestation/parts.h"
#include "services_session.h"
#include "tps/device_claims.h"
#include "tps/psa.h"

static const uint8_t nonce[32] = {1, 2, 3};

static tps_cbor_writer *evidence(uint64_t profile, uint64_t more)
{
    tps_cbor_writer *w = message(TAG_EVIDENCE, 2 + more);

    put_uint(1, profile);
    put_bytes(2, TPS_SPAN_OF(nonce));
    return w;
}

/* The payload of the evidence in an answer, whose signature is the key's. */
static tps_span verified(tps_span answer, tps_crypto_key *key)
{
    tps_cbor_reader r = tps_cbor_reader_init(answer);
    tps_cose_message parsed;
    tps_span token;

    (void)tps_cbor_get_tag(&r);
    (void)tps_cbor_enter_map(&r);
    assert_int_equal(tps_cbor_get_uint(&r), 1);
    token = tps_cbor_get_bytes(&r);
    assert_int_equal(tps_cose_sign1_parse(token, &parsed, NULL), TPS_OK);
    assert_int_equal(tps_cose_sign1_verify_parsed(&parsed, key, NULL), TPS_OK);
    return parsed.payload;
}

/* A register is extended, and evidence has none all the same: nobody else's facts are asked for. */
static void evidence_tells_of_the_device_and_of_no_other_service(void **state)
{
    device *d = *state;
    uint32_t session = open_session(d, &tps_attestation_service, somebody());
    uint32_t measuring = open_session(d, &tps_measurement_service, administrator());
    tps_device_claims claims;
    tps_psa_claims psa;

    message(11, 2);
    put_uint(1, 0);
    put_bytes(2, TPS_SPAN_OF(nonce));
    send_expecting(d, measuring, 0);
    evidence(TPS_EVIDENCE_PSA, 0);
    assert_int_equal(tps_psa_decode(verified(send_message(d, session), d->attestation.iak), &psa, NULL),
                     TPS_OK);
    assert_true(tps_span_equal(psa.nonce, TPS_SPAN_OF(nonce)));
    evidence(TPS_EVIDENCE_OPENTPS, 1);
    put_uint(5, TPS_EVIDENCE_KEY_AK);
    assert_int_equal(
        tps_device_claims_decode(verified(send_message(d, session), d->attestation.ak), &claims, NULL),
        TPS_OK);

    assert_true(tps_span_equal(claims.nonce, TPS_SPAN_OF(nonce)));
    assert_true(tps_span_equal(claims.registers, TPS_SPAN_LITERAL("\x80")));
    assert_true(tps_span_equal(claims.staged, TPS_SPAN_LITERAL("\x80")));
}

static void what_needs_others_has_a_named_error(void **state)
{
    device *d = *state;
    uint32_t session = open_session(d, &tps_attestation_service, somebody());
    tps_cbor_writer *w;

    evidence(TPS_EVIDENCE_OPENTPS, 1);
    put_text(9, "key");
    send_expecting(d, session, TPS_EVIDENCE_ERROR_NAME);
    evidence(TPS_EVIDENCE_OPENTPS, 1);
    put_uint(8, TPS_EVIDENCE_MAC0);
    send_expecting(d, session, TPS_EVIDENCE_ERROR_MAC);
    w = evidence(TPS_EVIDENCE_OPENTPS, 1);
    tps_cbor_put_uint(w, 7);
    tps_cbor_put_map(w, 1);
    tps_cbor_put_text(w, "a");
    tps_cbor_put_bytes(w, TPS_SPAN_LITERAL("\xd2\x84\x40\xa0\x40\x40"));
    send_expecting(d, session, TPS_EVIDENCE_ERROR_SUBMODULE);
}

static void messages_for_providers_and_keys_are_not_known(void **state)
{
    device *d = *state;
    uint32_t session = open_session(d, &tps_attestation_service, administrator());
    tps_span answer;

    message(TPS_TAG_BIND, 1);
    put_uint(1, TPS_MODE_DIRECT);
    assert_int_equal(try_send(d, session, 4096, &answer), TPS_COMPONENT_BAD_MESSAGE);
    for (uint64_t tag = TAG_CERTIFICATION; tag <= TAG_AGREE; tag++) {
        message(tag, 0);
        assert_int_equal(try_send(d, session, 4096, &answer), TPS_COMPONENT_BAD_MESSAGE);
    }
    message(TAG_PUBLIC_KEY, 0);
    (void)send_message(d, session);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, device_setup, device_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(evidence_tells_of_the_device_and_of_no_other_service),
        TEST(what_needs_others_has_a_named_error),
        TEST(messages_for_providers_and_keys_are_not_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
