/* SPDX-License-Identifier: Apache-2.0 */
/* Attestation at its edges: stores that are full, or cannot be opened; values and certificates that are none;
 * claims that do not go together; states that only a fault brings about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/core/ownership.h"
#include "component/services/attestation/parts.h"
#include "services_session.h"

static const uint8_t shop[32] = {0x5a};
static const uint8_t club[32] = {0xc1};
static const uint8_t nonce[32] = {9, 8, 7};

static uint32_t bound(device *d, uint32_t mode, const uint8_t provider[32])
{
    uint32_t session = open_session(d, &tps_attestation_service, administrator());

    if (mode != TPS_MODE_NONE) {
        bind_session(d, session, mode, provider);
    }
    return session;
}

static tps_status status_of(device *d, uint32_t session)
{
    tps_span answer;

    return try_send(d, session, 16384, &answer);
}

/* A message with evidence in it has no number under 2, so that only its status is looked at. */
static void must_answer(device *d, uint32_t session)
{
    assert_int_equal(status_of(d, session), TPS_OK);
}

static tps_cbor_writer *evidence(uint64_t profile, uint64_t more)
{
    tps_cbor_writer *w = message(10, 2 + more);

    put_uint(1, profile);
    put_bytes(2, TPS_SPAN_OF(nonce));
    return w;
}

/* ---- no owner secret, no vault ---- */

static void without_the_owner_secret_a_provider_gets_nothing(void **state)
{
    device *d = *state;
    uint32_t pairwise = bound(d, TPS_MODE_PAIRWISE, shop);
    uint32_t passport = bound(d, TPS_MODE_PASSPORT, club);
    uint32_t owner = bound(d, TPS_MODE_NONE, NULL);
    uint32_t identity = open_session(d, &tps_identification_service, administrator());
    tps_session unbound = {.login = administrator()};
    uint8_t sueid[TPS_KEYS_UEID_SIZE];
    tps_cbor_writer *w;

    bind_session(d, identity, TPS_MODE_PAIRWISE, shop);
    message(15, 1);
    put_bytes(1, TPS_SPAN_LITERAL("a result"));
    send_expecting(d, passport, 0);
    d->component.ownership.status = TPS_COMPONENT_STORAGE;
    must_answer(d, owner);
    assert_int_equal(status_of(d, passport), TPS_COMPONENT_STORAGE); /* keep another */
    message(16, 0);
    assert_int_equal(status_of(d, passport), TPS_COMPONENT_STORAGE);
    evidence(TPS_EVIDENCE_OPENTPS, 0);
    assert_int_equal(status_of(d, pairwise), TPS_COMPONENT_STORAGE);
    must_answer(d, owner); /* which needs none */
    message(11, 0);
    assert_int_equal(status_of(d, identity), TPS_COMPONENT_STORAGE);
    message(13, 2);
    put_bytes(1, TPS_SPAN_OF(nonce));
    put_bytes(2, TPS_SPAN_OF(shop));
    assert_int_equal(status_of(d, owner), TPS_COMPONENT_STORAGE);
    w = message(14, 1);
    tps_cbor_put_uint(w, 1);
    tps_cbor_put_array(w, 0);
    assert_int_equal(status_of(d, pairwise), TPS_COMPONENT_STORAGE);
    assert_int_equal(tps_attestation_sueid(&d->component, &unbound, sueid), TPS_COMPONENT_NOT_BOUND);
}

static void without_the_vault_nothing_is_kept(void **state)
{
    device *d = *state;
    uint32_t passport = bound(d, TPS_MODE_PASSPORT, club);
    uint32_t pairwise = bound(d, TPS_MODE_PAIRWISE, shop);

    d->component.vault_status = TPS_COMPONENT_STORAGE_CORRUPT;
    message(15, 1);
    put_bytes(1, TPS_SPAN_LITERAL("a result"));
    assert_int_equal(status_of(d, passport), TPS_COMPONENT_STORAGE_CORRUPT);
    message(16, 0);
    assert_int_equal(status_of(d, passport), TPS_COMPONENT_STORAGE_CORRUPT);
    message(12, 0);
    assert_int_equal(status_of(d, pairwise), TPS_COMPONENT_STORAGE_CORRUPT);
}

static void an_identity_of_an_old_owner_is_made_anew(void **state)
{
    device *d = *state;
    uint32_t session = bound(d, TPS_MODE_PAIRWISE, shop);
    const tps_crypto_key *before;

    message(11, 0);
    must_answer(d, session);
    before = d->attestation.pairwise.key;
    must_answer(d, session);
    assert_ptr_equal(d->attestation.pairwise.key, before);
    d->component.ownership.generation++;
    must_answer(d, session);
    assert_int_equal(d->attestation.pairwise.generation, d->component.ownership.generation);
}

/* ---- what is kept ---- */

static void put_chain(size_t count, tps_span certificate, const uint8_t *provider)
{
    tps_cbor_writer *w = message(14, provider != NULL ? 2 : 1);

    tps_cbor_put_uint(w, 1);
    tps_cbor_put_array(w, count);
    for (size_t i = 0; i < count; i++) {
        tps_cbor_put_bytes(w, certificate);
    }
    if (provider != NULL) {
        put_bytes(2, tps_span_make(provider, 32));
    }
}

static void certificates_that_are_none_are_not_kept(void **state)
{
    static const uint8_t large[TPS_PAIRWISE_CHAIN_MAX] = {0x30};
    device *d = *state;
    uint32_t pairwise = bound(d, TPS_MODE_PAIRWISE, shop);
    uint32_t owner = bound(d, TPS_MODE_NONE, NULL);
    uint32_t other = bound(d, TPS_MODE_DIRECT, club);

    put_chain(0, TPS_SPAN_EMPTY, NULL);
    send_expecting(d, pairwise, TPS_EVIDENCE_ERROR_CERTIFICATE);
    put_chain(1, TPS_SPAN_LITERAL("\x30"), NULL);
    send_expecting(d, pairwise, TPS_EVIDENCE_ERROR_CERTIFICATE);
    put_chain(1, TPS_SPAN_OF(large), NULL);
    send_expecting(d, pairwise, TPS_EVIDENCE_ERROR_CERTIFICATE);
    put_chain(TPS_COSE_X5CHAIN_MAX + 1, TPS_SPAN_LITERAL("\x30"), NULL);
    send_expecting(d, pairwise, TPS_EVIDENCE_ERROR_CERTIFICATE);

    put_chain(1, TPS_SPAN_LITERAL("\x30"), shop); /* a pairwise session names nobody */
    send_expecting(d, pairwise, TPS_EVIDENCE_ERROR_PROVIDER);
    send_expecting(d, owner, TPS_EVIDENCE_ERROR_CERTIFICATE); /* the owner may */
    send_expecting(d, other, TPS_EVIDENCE_ERROR_CERTIFICATE);
    put_chain(1, TPS_SPAN_LITERAL("\x30"), nonce); /* whom nobody brought */
    send_expecting(d, owner, TPS_EVIDENCE_ERROR_PROVIDER);
    put_chain(1, TPS_SPAN_LITERAL("\x30"), club); /* who is direct */
    send_expecting(d, owner, TPS_EVIDENCE_ERROR_PROVIDER);
    send_expecting(d, open_session(d, &tps_attestation_service, somebody()), TPS_EVIDENCE_ERROR_PROVIDER);
    put_chain(1, TPS_SPAN_LITERAL("\x30"), NULL);
    send_expecting(d, owner, TPS_EVIDENCE_ERROR_PROVIDER);
}

/* Puts a value where the certificates of a provider lie. */
static void store_chain(device *d, const uint8_t provider[32], tps_span value)
{
    static const uint8_t owner[TPS_VAULT_OWNER_SIZE];
    tps_vault_id id = tps_vault_id_make(TPS_VAULT_ATTESTATION, owner, tps_span_make(provider, 32));
    tps_vault_context context;
    const uint8_t *secret;
    tps_vault *vault;

    assert_int_equal(tps_component_vault(&d->component, &vault), TPS_OK);
    assert_int_equal(tps_component_owner_secret(&d->component, &secret), TPS_OK);
    memcpy(context.provider, provider, 32);
    memcpy(context.owner, secret, 32);
    assert_int_equal(tps_vault_put(vault, &id, &context, value, TPS_VAULT_BOUND), TPS_OK);
}

static void stored_certificates_that_are_none_are_no_chain(void **state)
{
    device *d = *state;
    uint32_t session = bound(d, TPS_MODE_PAIRWISE, shop);

    store_chain(d, shop, TPS_SPAN_LITERAL("\xa0"));
    message(12, 0);
    assert_int_equal(status_of(d, session), TPS_COMPONENT_STORAGE_CORRUPT);
}

static void results_have_bounds(void **state)
{
    device *d = *state;
    uint32_t session = bound(d, TPS_MODE_PASSPORT, club);
    uint8_t provider[32] = {0};
    tps_vault_id id = tps_vault_id_make(TPS_VAULT_TEST, NULL, TPS_SPAN_LITERAL("0"));
    static const uint8_t large[TPS_VAULT_VALUE_MAX];
    tps_vault *vault;
    tps_status status;

    for (size_t i = 0; i < TPS_ATTESTATION_VALUES_MAX; i++) {
        provider[0] = (uint8_t)i;
        store_chain(d, provider, TPS_SPAN_LITERAL("\x80"));
    }
    message(15, 1);
    put_bytes(1, TPS_SPAN_LITERAL("a result"));
    send_expecting(d, session, TPS_EVIDENCE_ERROR_FULL);
    assert_int_equal(tps_component_owner_forget(&d->component), TPS_OK);

    session = bound(d, TPS_MODE_PASSPORT, club);
    assert_int_equal(tps_component_vault(&d->component, &vault), TPS_OK);
    do { /* until nothing goes in any more */
        id.name[0]++;
        status = tps_vault_put(vault, &id, NULL, TPS_SPAN_OF(large), 0);
    } while (status == TPS_OK);
    assert_int_equal(status, TPS_COMPONENT_STORAGE_FULL);
    message(15, 1);
    put_bytes(1, tps_span_make(large, TPS_RESULT_MAX));
    send_expecting(d, session, TPS_EVIDENCE_ERROR_FULL);
}

/* No such key is ever made; what else could not sign is not foreseen. */
static void a_key_that_cannot_sign_makes_no_evidence(void **state)
{
    device *d = *state;
    uint32_t session = bound(d, TPS_MODE_NONE, NULL);
    tps_crypto_key *iak = d->attestation.iak;

    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P384, &d->attestation.iak), TPS_OK);
    evidence(TPS_EVIDENCE_OPENTPS, 0);
    assert_int_not_equal(status_of(d, session), TPS_OK);
    tps_crypto_key_free(d->attestation.iak);
    d->attestation.iak = iak;
    must_answer(d, session);
}

/* ---- claims ---- */

static void a_psa_token_has_no_other_claims(void **state)
{
    device *d = *state;
    uint32_t session = bound(d, TPS_MODE_NONE, NULL);

    for (uint64_t label = 3; label <= 7; label++) {
        tps_cbor_writer *w = evidence(TPS_EVIDENCE_PSA, label == 5 ? 0 : 1);

        if (label == 3) {
            put_text(3, "somebody");
        } else if (label == 4) {
            put_uint(4, 1);
        } else if (label == 6) {
            tps_cbor_put_uint(w, 6);
            tps_cbor_put_array(w, 0);
        } else if (label == 7) {
            tps_cbor_put_uint(w, 7);
            tps_cbor_put_map(w, 0);
        }
        if (label == 5) {
            must_answer(d, session);
        } else {
            send_expecting(d, session, TPS_EVIDENCE_ERROR_CLAIM);
        }
    }
}

static void what_to_leave_out_is_a_list_of_what_may_be(void **state)
{
    device *d = *state;
    uint32_t session = bound(d, TPS_MODE_NONE, NULL);
    tps_cbor_writer *w = evidence(TPS_EVIDENCE_OPENTPS, 1);

    put_uint(6, 260);
    send_expecting(d, session, TPS_EVIDENCE_ERROR_CLAIM);
    w = evidence(TPS_EVIDENCE_OPENTPS, 1);
    tps_cbor_put_uint(w, 6);
    tps_cbor_put_array(w, 2);
    tps_cbor_put_uint(w, 999);
    tps_cbor_put_uint(w, 260);
    send_expecting(d, session, TPS_EVIDENCE_ERROR_CLAIM);
    w = evidence(TPS_EVIDENCE_OPENTPS, 1);
    tps_cbor_put_uint(w, 6);
    tps_cbor_put_array(w, 1);
    tps_cbor_put_text(w, "260");
    send_expecting(d, session, TPS_EVIDENCE_ERROR_CLAIM);
}

static void nested_tokens_are_few_small_and_named(void **state)
{
    static const uint8_t large[TPS_SUBMODS_SIZE_MAX + 1] = {0xd2};
    static char name[300];
    device *d = *state;
    uint32_t session = bound(d, TPS_MODE_NONE, NULL);

    memset(name, 'n', sizeof(name) - 1);
    for (int variant = 0; variant < 6; variant++) {
        tps_cbor_writer *w = evidence(TPS_EVIDENCE_OPENTPS, 1);
        uint64_t count = variant == 0 ? TPS_DEVICE_SUBMODS_MAX + 1 : 1;

        tps_cbor_put_uint(w, 7);
        if (variant == 5) {
            tps_cbor_put_array(w, 1);
            tps_cbor_put_text(w, "no map");
            send_expecting(d, session, TPS_EVIDENCE_ERROR_SUBMODULE);
            continue;
        }
        tps_cbor_put_map(w, count);
        for (uint64_t i = 0; i < count; i++) {
            char one[2] = {(char)('a' + i), 0};

            if (variant == 4) {
                tps_cbor_put_uint(w, 1);
            } else {
                tps_cbor_put_text(w, variant == 2 ? name : one);
            }
            tps_cbor_put_bytes(w, variant == 1   ? TPS_SPAN_OF(large)
                                  : variant == 3 ? TPS_SPAN_LITERAL("\xd1")
                                                 : TPS_SPAN_LITERAL("\xd2\x84"));
        }
        send_expecting(d, session, TPS_EVIDENCE_ERROR_SUBMODULE);
    }
}

static uint32_t debug_of_no_number(void *context)
{
    (void)context;
    return 99;
}

static void what_is_unusual_is_in_evidence(void **state)
{
    device *d = *state;
    uint32_t session = bound(d, TPS_MODE_DIRECT, club);
    uint32_t pairwise = bound(d, TPS_MODE_PAIRWISE, shop);
    uint32_t application =
        open_session(d, &tps_measurement_service,
                     (tps_login){.method = TPSC_LOGIN_APPLICATION, .uid = 1000, .application = {0xa9}});
    tps_update_record *record = &d->update.staged.records[0];
    uint8_t digest[32];
    tps_span token;
    bool is_there = false;

    message(11, 1); /* a register of an application's own */
    put_bytes(2, TPS_SPAN_OF(nonce));
    (void)send_message(d, application);
    d->update.staged.count = 1;
    memcpy(record->image, "application", 12);
    memcpy(record->version, "9.9.9", 6);
    memset(digest, 0x99, sizeof(digest));
    memcpy(record->digest, digest, 32);
    evidence(TPS_EVIDENCE_OPENTPS, 0);
    token = member(send_message(d, session), 1);
    for (size_t i = 0; i + 32 <= token.size; i++) {
        is_there = is_there || memcmp(token.data + i, digest, 32) == 0;
    }
    assert_true(is_there);
    must_answer(d, pairwise);
    d->platform.debug_status = debug_of_no_number;
    must_answer(d, session);
    d->handover.image_count = 0;
    send_expecting(d, session, TPS_EVIDENCE_ERROR_NOT_MADE);
    session = open_session(d, &tps_identification_service, somebody());
    message(10, 0);
    must_answer(d, session);
}

static void the_attestation_ca_is_asked_by_the_owner_for_who_is_pairwise(void **state)
{
    device *d = *state;
    uint32_t direct = bound(d, TPS_MODE_DIRECT, club);
    uint32_t passport = bound(d, TPS_MODE_PASSPORT, nonce);

    message(13, 2);
    put_bytes(1, TPS_SPAN_OF(nonce));
    put_bytes(2, TPS_SPAN_OF(shop));
    send_expecting(d, passport, TPS_EVIDENCE_ERROR_MODE);
    send_expecting(d, direct, TPS_EVIDENCE_ERROR_PROVIDER); /* nobody brought it */
    message(13, 2);
    put_bytes(1, TPS_SPAN_OF(nonce));
    put_bytes(2, TPS_SPAN_OF(club));
    send_expecting(d, direct, TPS_EVIDENCE_ERROR_PROVIDER); /* it is direct */
    (void)bound(d, TPS_MODE_PAIRWISE, shop);
    message(13, 2);
    put_bytes(1, TPS_SPAN_OF(nonce));
    put_bytes(2, TPS_SPAN_OF(shop));
    must_answer(d, direct);
}

/* ---- keys ---- */

static void a_mac_needs_a_key_on_the_same_curve_and_for_that(void **state)
{
    device *d = *state;
    uint32_t session = bound(d, TPS_MODE_DIRECT, club);
    uint32_t store = open_session(d, &tps_key_store_service, administrator());
    tps_crypto_key *peer;
    tps_cbor_writer *w;

    bind_session(d, store, TPS_MODE_DIRECT, club);
    for (int i = 0; i < 2; i++) {
        message(10, i == 0 ? 2 : 3);
        put_text(1, i == 0 ? "any" : "few");
        put_uint(5, TPS_KEY_P256_AGREE);
        if (i == 1) {
            put_uint(9, 3);
        }
        send_expecting(d, store, 0);
    }
    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P384, &peer), TPS_OK);
    w = message(18, 2);
    put_text(1, "any");
    tps_cbor_put_uint(w, 2);
    assert_int_equal(tps_cose_key_put(w, peer), TPS_OK);
    send_expecting(d, session, TPS_EVIDENCE_ERROR_KEY);
    tps_crypto_key_free(peer);
    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P256, &peer), TPS_OK);
    w = message(18, 2);
    put_text(1, "few"); /* its uses are counted, and those of a MAC would not be */
    tps_cbor_put_uint(w, 2);
    assert_int_equal(tps_cose_key_put(w, peer), TPS_OK);
    send_expecting(d, session, TPS_EVIDENCE_ERROR_NAME);
    tps_crypto_key_free(peer);
    message(18, 0);
    assert_int_equal(status_of(d, session), TPS_COMPONENT_BAD_MESSAGE);
    message(17, 0);
    assert_int_equal(status_of(d, session), TPS_COMPONENT_BAD_MESSAGE);
}

static void a_key_is_confirmed_for_a_passport_only(void **state)
{
    device *d = *state;
    uint32_t session = bound(d, TPS_MODE_DIRECT, club);
    tps_cbor_writer *w;

    evidence(TPS_EVIDENCE_OPENTPS, 2);
    put_text(9, "key");
    put_bytes(10, TPS_SPAN_OF(club)); /* which is direct */
    send_expecting(d, session, TPS_EVIDENCE_ERROR_PROVIDER);
    d->handover.is_made = false;
    w = evidence(TPS_EVIDENCE_OPENTPS, 1);
    tps_cbor_put_uint(w, 11);
    tps_cbor_put_bool(w, true);
    send_expecting(d, session, TPS_EVIDENCE_ERROR_NOT_MADE);
    d->handover.is_made = true;
}

/* ---- chains ---- */

static tps_cbor_writer provided;
static uint8_t provided_bytes[64];

static tps_status read_provided(void *context, uint32_t part, const char *image, uint64_t offset, tps_buf out,
                                size_t *size)
{
    (void)context;
    (void)part;
    (void)image;
    *size = 0;
    if (offset == 0) {
        memcpy(out.data, provided_bytes, provided.size);
        *size = provided.size;
    }
    return TPS_OK;
}

static void put_provided(size_t certificates)
{
    provided = tps_cbor_writer_init(TPS_BUF_OF(provided_bytes));
    tps_cbor_put_array(&provided, certificates);
    for (size_t i = 0; i < certificates; i++) {
        tps_cbor_put_bytes(&provided, TPS_SPAN_LITERAL("\x30"));
    }
}

static void the_chain_of_ak_0_has_room_for_the_makers(void **state)
{
    device *d = *state;
    tps_attestation_state *a = &d->attestation;

    d->platform.provided_read = read_provided;
    put_provided(TPS_COSE_X5CHAIN_MAX - 2);
    assert_int_equal(attestation_load_chain(&d->component, a, TPS_EVIDENCE_KEY_AK), TPS_OK);
    assert_int_equal(a->chain.count, TPS_COSE_X5CHAIN_MAX);
    put_provided(TPS_COSE_X5CHAIN_MAX - 1);
    (void)attestation_chain_room(a);
    assert_int_equal(attestation_load_chain(&d->component, a, TPS_EVIDENCE_KEY_AK),
                     TPS_COMPONENT_BAD_IDENTITY);
    d->handover.layer_certificate_size = 0;
    assert_int_equal(attestation_load_chain(&d->component, a, TPS_EVIDENCE_KEY_AK), TPS_OK);
    assert_int_equal(a->chain.count, 0);
}

/* One room for all chains: the one that was used last is read once, and another is never taken for it. */
static void a_chain_is_read_anew_for_another_key_only(void **state)
{
    device *d = *state;
    tps_attestation_state *a = &d->attestation;

    d->platform.provided_read = read_provided;
    put_provided(2);
    assert_int_equal(attestation_load_chain(&d->component, a, TPS_EVIDENCE_KEY_AK), TPS_OK);
    assert_int_equal(a->chain.count, 4);
    put_provided(3);
    assert_int_equal(attestation_load_chain(&d->component, a, TPS_EVIDENCE_KEY_AK), TPS_OK);
    assert_int_equal(a->chain.count, 4);
    assert_int_equal(attestation_load_chain(&d->component, a, TPS_EVIDENCE_KEY_IAK), TPS_OK);
    assert_int_equal(a->chain.count, 3);

    provided.size--; /* cut off: then there is none, and the next asks again */
    assert_int_not_equal(attestation_load_chain(&d->component, a, TPS_EVIDENCE_KEY_AK), TPS_OK);
    put_provided(1);
    assert_int_equal(attestation_load_chain(&d->component, a, TPS_EVIDENCE_KEY_IAK), TPS_OK);
    assert_int_equal(a->chain.count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, device_setup, device_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_the_owner_secret_a_provider_gets_nothing),
        TEST(without_the_vault_nothing_is_kept),
        TEST(an_identity_of_an_old_owner_is_made_anew),
        TEST(certificates_that_are_none_are_not_kept),
        TEST(stored_certificates_that_are_none_are_no_chain),
        TEST(results_have_bounds),
        TEST(a_key_that_cannot_sign_makes_no_evidence),
        TEST(a_psa_token_has_no_other_claims),
        TEST(what_to_leave_out_is_a_list_of_what_may_be),
        TEST(nested_tokens_are_few_small_and_named),
        TEST(what_is_unusual_is_in_evidence),
        TEST(the_attestation_ca_is_asked_by_the_owner_for_who_is_pairwise),
        TEST(a_mac_needs_a_key_on_the_same_curve_and_for_that),
        TEST(a_key_is_confirmed_for_a_passport_only),
        TEST(the_chain_of_ak_0_has_room_for_the_makers),
        TEST(a_chain_is_read_anew_for_another_key_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
