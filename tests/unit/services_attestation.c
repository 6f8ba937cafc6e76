/* SPDX-License-Identifier: Apache-2.0 */
/* Measurement, identification and attestation over a platform in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "services_support.h"
#include "tps/device_claims.h"
#include "tps/psa.h"

#define NONCE_32 "58200101010101010101010101010101010101010101010101010101010101010101"
#define ASK_PSA  "caa2010102" NONCE_32
#define ASK_OURS "caa2010202" NONCE_32

static tps_status find_iak(void *context, const tps_cose_sign1 *message, tps_crypto_key **key)
{
    device *d = context;

    (void)message;
    *key = d->attestation.iak;
    return TPS_OK;
}

/* The verified payload of the evidence in an answer. */
static tps_cose_sign1 verified(device *d, tps_span answer)
{
    tps_cose_key_finder finder = {find_iak, d};
    tps_cose_sign1 message;

    assert_int_equal(tps_cose_sign1_verify(member(answer, 1), &finder, NULL, &message, NULL), TPS_OK);
    return message;
}

static uint64_t claims_count(tps_span payload)
{
    tps_cbor_reader r = tps_cbor_reader_init(payload);
    tps_cbor_list map = tps_cbor_enter_map(&r);

    return map.left;
}

static void a_psa_token_has_its_claims_and_no_others(void **state)
{
    device *d = *state;
    tps_login login = user(1000);
    tps_cose_sign1 token = verified(d, ask_hex(d, &tps_attestation_service, &login, ASK_PSA));
    tps_psa_claims claims;
    int32_t client_id;

    assert_int_equal(token.headers.alg, TPS_ALG_ES256);
    assert_int_equal(token.headers.x5chain_count, 0);
    assert_int_equal(tps_psa_decode(token.payload, &claims, NULL), TPS_OK);
    assert_false(claims.is_2_0_0);
    assert_int_equal(claims_count(token.payload), 8);
    assert_true(tps_span_equal(claims.instance_id, TPS_SPAN_OF(d->handover.ueid)));
    assert_true(tps_span_equal(claims.boot_seed, TPS_SPAN_OF(d->handover.boot_seed)));
    assert_int_equal(claims.lifecycle, 0x3000);
    assert_int_equal(claims.component_count, 2);
    assert_true(tps_span_is_text(claims.components[1].type, "application"));
    assert_true(tps_span_is_text(claims.components[1].version, "1.0.0"));
    assert_int_equal(tps_attestation_client_id(&login, &client_id), TPS_OK);
    assert_int_equal(claims.client_id, client_id);
    assert_true(client_id < 0);
}

static void callers_have_client_ids_of_their_own(void **state)
{
    tps_login one = user(1000);
    tps_login other = user(1001);
    tps_login group = {.method = TPSC_LOGIN_GROUP, .gid = 1000};
    int32_t ids[3];

    (void)state;
    assert_int_equal(tps_attestation_client_id(&one, &ids[0]), TPS_OK);
    assert_int_equal(tps_attestation_client_id(&other, &ids[1]), TPS_OK);
    assert_int_equal(tps_attestation_client_id(&group, &ids[2]), TPS_OK);
    assert_int_not_equal(ids[0], ids[1]);
    assert_int_not_equal(ids[0], ids[2]);
}

static void opentps_evidence_tells_the_state(void **state)
{
    device *d = *state;
    tps_login login = user(1000);
    tps_span answer = ask_hex(d, &tps_attestation_service, &login,
                              "caa4010202" NONCE_32 "036161"
                              "0401");
    tps_cose_sign1 token = verified(d, answer);
    tps_device_claims claims;

    assert_int_equal(token.headers.alg, TPS_ALG_ESP256);
    assert_int_equal(tps_device_claims_decode(token.payload, &claims, NULL), TPS_OK);
    assert_true(tps_span_is_text(claims.aud, "a"));
    assert_int_equal(claims.intuse, 1);
    assert_true(claims.oemboot);
    assert_int_equal(claims.bootcount, 1);
    assert_int_equal(claims.dbgstat, TPS_EAT_DEBUG_DISABLED_SINCE_BOOT);
    assert_int_equal(claims.component_count, 2);
    assert_int_equal(claims.components[1].signer_id.size, 32);
}

static void boots_are_counted_and_have_seeds_of_their_own(void **state)
{
    device *d = *state;
    uint8_t seed[32];

    memcpy(seed, d->handover.boot_seed, sizeof(seed));
    device_start(d);

    assert_int_equal(d->handover.boot_count, 2);
    assert_memory_not_equal(seed, d->handover.boot_seed, sizeof(seed));
}

static void changed_firmware_is_told_without_version_and_signer(void **state)
{
    device *d = *state;
    tps_login login = user(1000);
    uint8_t digest[32];
    tps_psa_claims psa;
    tps_device_claims eat;

    memcpy(digest, d->handover.images[1].digest, sizeof(digest));
    d->image[0] ^= 1;
    device_start(d);

    assert_int_equal(
        tps_psa_decode(verified(d, ask_hex(d, &tps_attestation_service, &login, ASK_PSA)).payload, &psa,
                       NULL),
        TPS_OK);
    assert_memory_not_equal(psa.components[1].measurement.data, digest, sizeof(digest));
    assert_int_equal(psa.components[1].version.size, 0);
    for (size_t i = 0; i < 32; i++) {
        assert_int_equal(psa.components[1].signer_id.data[i], 0);
    }
    assert_int_equal(
        tps_device_claims_decode(verified(d, ask_hex(d, &tps_attestation_service, &login, ASK_OURS)).payload,
                                 &eat, NULL),
        TPS_OK);
    assert_false(eat.oemboot);
    assert_int_equal(eat.components[1].signer_id.size, 0);
    assert_int_equal(eat.swversion.size, 0);
}

static void a_manifest_counts_for_its_image_class_and_signer_only(void **state)
{
    device *d = *state;
    tps_crypto_key *other;
    tps_crypto_key *kept = d->release_key;

    d->manifest[d->manifest_size - 1] ^= 1; /* the signature */
    device_start(d);
    assert_false(d->handover.images[1].is_signed);

    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P256, &other), TPS_OK);
    d->release_key = other; /* the identity names another */
    device_sign_image(d, "1.0.1");
    d->release_key = kept;
    tps_crypto_key_free(other);
    device_start(d);
    assert_false(d->handover.images[1].is_signed);

    device_sign_image(d, "1.0.1");
    device_start(d);
    assert_true(d->handover.images[1].is_signed);
    assert_string_equal(d->handover.images[1].version, "1.0.1");

    d->image[d->image_size++] = 0x5a; /* the same bytes and one more */
    device_start(d);
    assert_false(d->handover.images[1].is_signed);
}

static void a_missing_image_is_not_made_up(void **state)
{
    device *d = *state;
    tps_login login = user(1000);
    tps_psa_claims claims;

    d->image_size = 0;
    device_start(d);

    assert_int_equal(d->handover.image_count, 1);
    assert_false(d->handover.are_all_signed);
    assert_int_equal(
        tps_psa_decode(verified(d, ask_hex(d, &tps_attestation_service, &login, ASK_PSA)).payload, &claims,
                       NULL),
        TPS_OK);
    assert_int_equal(claims.component_count, 1);
}

static void a_device_that_was_not_made_gives_no_evidence(void **state)
{
    device *d = *state;
    tps_login login = user(1000);
    uint8_t room[256];
    tps_span answer;

    d->identity_size = 0;
    device_start(d);

    assert_int_equal(tps_lifecycle_in_psa(d->handover.lifecycle), 0x1000);
    assert_int_equal(error_of(ask_hex(d, &tps_attestation_service, &login, ASK_OURS)),
                     TPS_EVIDENCE_ERROR_NOT_MADE);
    assert_int_equal(
        ask(d, &tps_identification_service, &login, TPS_SPAN_LITERAL("\xca\xa0"), TPS_BUF_OF(room), &answer),
        TPS_COMPONENT_NO_IDENTITY);
}

static void an_open_debugger_is_told(void **state)
{
    device *d = *state;

    d->is_open = true;
    device_start(d);

    assert_int_equal(tps_lifecycle_in_psa(d->handover.lifecycle), 0x5000);
}

static void requests_that_the_profile_does_not_allow_have_named_errors(void **state)
{
    device *d = *state;
    tps_login login = user(1000);
    const struct {
        const char *hex;
        uint64_t error;
    } cases[] = {
        {"caa201030248"
         "0101010101010101",
         TPS_EVIDENCE_ERROR_PROFILE},
        {"caa0", TPS_EVIDENCE_ERROR_PROFILE},
        {"caa201010248"
         "0101010101010101",
         TPS_EVIDENCE_ERROR_NONCE},
        {"caa201020247"
         "01010101010101",
         TPS_EVIDENCE_ERROR_NONCE},
        {"caa10102", TPS_EVIDENCE_ERROR_NONCE},
        {"caa3010102" NONCE_32 "036161", TPS_EVIDENCE_ERROR_CLAIM},
        {"caa3010102" NONCE_32 "0401", TPS_EVIDENCE_ERROR_CLAIM},
        {"caa3010202" NONCE_32 "0360", TPS_EVIDENCE_ERROR_CLAIM},
        {"caa3010202" NONCE_32 "0406", TPS_EVIDENCE_ERROR_CLAIM},
        {"caa3010202" NONCE_32 "0400", TPS_EVIDENCE_ERROR_CLAIM},
        {"caa3010102" NONCE_32 "0400", TPS_EVIDENCE_ERROR_CLAIM},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(error_of(ask_hex(d, &tps_attestation_service, &login, cases[i].hex)),
                         cases[i].error);
    }
}

/* A request with a nonce, and an audience unless its size is SIZE_MAX. */
static uint64_t error_with(device *d, uint64_t profile, size_t nonce_size, size_t aud_size)
{
    static uint8_t text[300];
    static uint8_t room[8192];
    tps_login login = user(1000);
    uint8_t message[512];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(message));
    tps_span answer;

    memset(text, 'a', sizeof(text));
    tps_cbor_put_tag(&w, 10);
    tps_cbor_put_map(&w, aud_size == SIZE_MAX ? 2 : 3);
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_uint(&w, profile);
    tps_cbor_put_uint(&w, 2);
    tps_cbor_put_bytes(&w, tps_span_make(text, nonce_size));
    if (aud_size != SIZE_MAX) {
        tps_cbor_put_uint(&w, 3);
        tps_cbor_put_text_span(&w, tps_span_make(text, aud_size));
    }
    assert_int_equal(
        ask(d, &tps_attestation_service, &login, tps_span_make(message, w.size), TPS_BUF_OF(room), &answer),
        TPS_OK);
    return error_of(answer);
}

static void nonces_and_audiences_have_the_sizes_of_their_profile(void **state)
{
    device *d = *state;

    for (size_t size = 0; size <= 65; size++) {
        bool is_psa = size == 32 || size == 48 || size == 64;
        bool is_ours = size >= 8 && size <= 64;

        assert_int_equal(error_with(d, TPS_EVIDENCE_PSA, size, SIZE_MAX),
                         is_psa ? 0 : TPS_EVIDENCE_ERROR_NONCE);
        assert_int_equal(error_with(d, TPS_EVIDENCE_OPENTPS, size, SIZE_MAX),
                         is_ours ? 0 : TPS_EVIDENCE_ERROR_NONCE);
    }
    assert_int_equal(error_with(d, TPS_EVIDENCE_OPENTPS, 32, 256), 0);
    assert_int_equal(error_with(d, TPS_EVIDENCE_OPENTPS, 32, 257), TPS_EVIDENCE_ERROR_CLAIM);
}

static void what_is_no_request_is_refused(void **state)
{
    device *d = *state;
    tps_login login = user(1000);
    const tps_service *services[] = {&tps_attestation_service, &tps_identification_service,
                                     &tps_measurement_service, &tps_key_store_service};
    const tps_span messages[] = {
        TPS_SPAN_LITERAL("\xca\x01"),             /* no map */
        TPS_SPAN_LITERAL("\xca\xa1\x18\x63\x01"), /* an unknown member */
        TPS_SPAN_LITERAL("\xca\xa1\x02\x61\x61"), /* a nonce that is text */
        TPS_SPAN_LITERAL("\xd8\x63\xa0"),         /* an unknown tag */
    };
    uint8_t room[4096];
    tps_span answer;

    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 4; j++) {
            assert_int_equal(ask(d, services[i], &login, messages[j], TPS_BUF_OF(room), &answer),
                             TPS_COMPONENT_BAD_MESSAGE);
        }
    }
}

static void nobody_in_particular_may_ask_for_the_class_only(void **state)
{
    device *d = *state;
    tps_login nobody = {.method = TPSC_LOGIN_PUBLIC};
    const tps_service *closed[] = {&tps_attestation_service, &tps_measurement_service,
                                   &tps_key_store_service};
    uint8_t room[4096];
    tps_span answer;

    assert_true(tps_span_is_text(member(ask_hex(d, &tps_identification_service, &nobody, "caa0"), 6),
                                 TPS_COMPONENT_NAME_INSECURE));
    assert_int_equal(
        ask(d, &tps_identification_service, &nobody, TPS_SPAN_LITERAL("\xcb\xa0"), TPS_BUF_OF(room), &answer),
        TPS_COMPONENT_DENIED);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(ask(d, closed[i], &nobody, TPS_SPAN_LITERAL("\xca\xa0"), TPS_BUF_OF(room), &answer),
                         TPS_COMPONENT_DENIED);
    }
}

static void too_little_room_tells_the_size(void **state)
{
    device *d = *state;
    tps_login login = user(1000);
    uint8_t room[4096];
    uint8_t message[64] = {0xca, 0xa2, 1, 2, 2, 0x58, 32};
    tps_span answer;
    size_t size;

    assert_int_equal(
        ask(d, &tps_attestation_service, &login, tps_span_make(message, 39), (tps_buf){room, 100}, &answer),
        TPS_BUFFER_TOO_SMALL);
    size = answer.size;
    assert_int_equal(
        ask(d, &tps_attestation_service, &login, tps_span_make(message, 39), TPS_BUF_MEASURE, &answer),
        TPS_BUFFER_TOO_SMALL);
    assert_int_equal(answer.size, size);
    assert_int_equal(
        ask(d, &tps_attestation_service, &login, tps_span_make(message, 39), (tps_buf){room, size}, &answer),
        TPS_OK);
    assert_int_equal(answer.size, size);
    assert_int_equal(ask(d, &tps_attestation_service, &login, tps_span_make(message, 39),
                         (tps_buf){room, size - 1}, &answer),
                     TPS_BUFFER_TOO_SMALL);
}

/* Every operation of the platform fails once, at every place of a start. */
static void a_start_fails_whole_or_works(void **state)
{
    device *d = *state;
    unsigned whole;

    device_stop(d);
    d->calls = 0;
    device_start(d);
    whole = d->calls;
    for (unsigned n = 1; n <= whole; n++) {
        tps_status status;

        d->calls = 0;
        d->fail_at = n;
        status = device_try_start(d);
        if (status == TPS_OK) { /* without its vault, at worst */
            assert_non_null(d->attestation.iak);
            continue;
        }
        assert_true(status == TPS_COMPONENT_NO_SECRET || status == TPS_COMPONENT_STORAGE ||
                    status == TPS_COMPONENT_NOT_LOCKED || status == TPS_CRYPTO_NO_ENTROPY);
        assert_null(d->attestation.iak);
    }
    d->fail_at = 0;
    device_start(d);
}

static void an_identity_that_cannot_be_read_stops_the_start(void **state)
{
    device *d = *state;

    for (size_t i = 0; i < d->identity_size; i++) {
        d->identity[i] ^= 0xff;
        (void)device_try_start(d); /* whatever it says, it neither crashes nor leaks */
        d->identity[i] ^= 0xff;
    }
    d->identity_size--;
    assert_int_equal(device_try_start(d), TPS_CBOR_TRUNCATED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, device_setup, device_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_psa_token_has_its_claims_and_no_others),
        TEST(callers_have_client_ids_of_their_own),
        TEST(opentps_evidence_tells_the_state),
        TEST(boots_are_counted_and_have_seeds_of_their_own),
        TEST(changed_firmware_is_told_without_version_and_signer),
        TEST(a_manifest_counts_for_its_image_class_and_signer_only),
        TEST(a_missing_image_is_not_made_up),
        TEST(a_device_that_was_not_made_gives_no_evidence),
        TEST(an_open_debugger_is_told),
        TEST(requests_that_the_profile_does_not_allow_have_named_errors),
        TEST(nonces_and_audiences_have_the_sizes_of_their_profile),
        TEST(what_is_no_request_is_refused),
        TEST(nobody_in_particular_may_ask_for_the_class_only),
        TEST(too_little_room_tells_the_size),
        TEST(a_start_fails_whole_or_works),
        TEST(an_identity_that_cannot_be_read_stops_the_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
