/* SPDX-License-Identifier: Apache-2.0 */
/* Attestation by the mode of a session: who signs, what is told, and what a pairwise provider can never see.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/core/applications.h"
#include "component/core/ownership.h"
#include "services_session.h"
#include "tps/device_claims.h"
#include "tps/dice.h"
#include "tps/psa.h"

static const uint8_t shop[32] = {0x5a};
static const uint8_t other_shop[32] = {0x5b};
static const uint8_t nonce[32] = {9, 8, 7};
static uint8_t kept[16384];

static uint32_t session_of(device *d, tps_login login, uint32_t mode, const uint8_t provider[32])
{
    uint32_t session = open_session(d, &tps_attestation_service, login);

    if (mode != TPS_MODE_NONE) {
        bind_session(d, session, mode, provider);
    }
    return session;
}

static void ask_evidence(uint64_t profile, uint64_t key)
{
    message(10, key == 0 ? 2 : 3);
    put_uint(1, profile);
    put_bytes(2, TPS_SPAN_OF(nonce));
    if (key != 0) {
        put_uint(5, key);
    }
}

/* The public key that the session tells for itself, or for the key that it names. */
static tps_crypto_key *told_key(device *d, uint32_t session, uint64_t key)
{
    tps_crypto_key *public_key;

    message(11, key == 0 ? 0 : 1);
    if (key != 0) {
        put_uint(1, key);
    }
    assert_int_equal(tps_cose_key_read(member(send_message(d, session), 1), &public_key), TPS_OK);
    return public_key;
}

/* A token's claims, its signature checked with the key; points into `kept`. */
static tps_device_claims claims_of(tps_span token, tps_crypto_key *key, size_t chain)
{
    tps_device_claims claims;
    tps_cose_message parsed;

    assert_true(token.size <= sizeof(kept));
    memcpy(kept, token.data, token.size);
    assert_int_equal(tps_cose_sign1_parse(tps_span_make(kept, token.size), &parsed, NULL), TPS_OK);
    assert_int_equal(tps_cose_sign1_verify_parsed(&parsed, key, NULL), TPS_OK);
    assert_int_equal(parsed.headers.x5chain_count, chain);
    assert_int_equal(tps_device_claims_decode(parsed.payload, &claims, NULL), TPS_OK);
    return claims;
}

static tps_device_claims evidence(device *d, uint32_t session, uint64_t key, size_t chain)
{
    tps_crypto_key *signer = told_key(d, session, key);
    tps_device_claims claims;

    ask_evidence(TPS_EVIDENCE_OPENTPS, key);
    claims = claims_of(member(send_message(d, session), 1), signer, chain);
    tps_crypto_key_free(signer);
    return claims;
}

static bool contains(tps_span in, tps_span what)
{
    for (size_t i = 0; i + what.size <= in.size; i++) {
        if (memcmp(in.data + i, what.data, what.size) == 0) {
            return true;
        }
    }
    return false;
}

/* Nothing that another provider could know the device by. */
static void assert_unlinkable(const device *d, tps_span answer)
{
    tps_crypto_point iak;
    tps_crypto_point ak;

    assert_int_equal(tps_crypto_key_point(d->attestation.iak, &iak), TPS_OK);
    assert_int_equal(tps_crypto_key_point(d->attestation.ak, &ak), TPS_OK);
    assert_false(contains(answer, tps_span_make(d->handover.ueid + 1, 32)));
    assert_false(contains(answer, tps_span_make(iak.x, 32)));
    assert_false(contains(answer, tps_span_make(ak.x, 32)));
    assert_false(contains(answer, d->handover.identity.serial));
    assert_false(contains(answer, TPS_SPAN_OF(d->handover.boot_seed)));
    assert_false(contains(answer, tps_span_make(d->component.instance.bytes, 16)));
    assert_false(contains(answer, tps_span_make(d->handover.ak_certificate + 100, 32)));
}

static void pairwise_sessions_show_nothing_that_links(void **state)
{
    device *d = *state;
    static const uint64_t tags[] = {1, 10, 11, 12, 13, 14, 15, 16};
    static const uint8_t digest[32] = {0xd1};
    uint32_t session = session_of(d, administrator(), TPS_MODE_PAIRWISE, shop);
    uint32_t identification = open_session(d, &tps_identification_service, administrator());
    tps_span answer;

    assert_int_equal(tps_component_application_started(&d->component, digest), TPS_OK);
    bind_session(d, identification, TPS_MODE_PAIRWISE, shop);
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        for (uint64_t variant = 0; variant < 8; variant++) {
            message(tags[i], tags[i] == 1 ? 0 : 1 + (variant & 1) + (variant >> 2));
            if (tags[i] != 1) {
                put_uint(1, 1 + (variant & 1));
            }
            if ((variant & 1) != 0) {
                put_bytes(2, TPS_SPAN_OF(nonce));
            }
            if (variant >> 2 != 0) {
                put_uint(5, 1 + (variant & 1));
            }
            if (try_send(d, session, 16384, &answer) == TPS_OK) {
                assert_unlinkable(d, answer);
            }
        }
    }
    ask_evidence(TPS_EVIDENCE_OPENTPS, 0);
    assert_unlinkable(d, send_message(d, session));
    message(13, 2);
    put_bytes(1, TPS_SPAN_OF(nonce));
    put_bytes(2, TPS_SPAN_OF(shop));
    send_expecting(d, session, TPS_EVIDENCE_ERROR_MODE);
    for (uint64_t tag = 10; tag <= 11; tag++) {
        message(tag, 0);
        assert_unlinkable(d, send_message(d, identification));
    }
}

static void each_provider_sees_an_identity_of_its_own(void **state)
{
    device *d = *state;
    uint32_t one = session_of(d, somebody(), TPS_MODE_PAIRWISE, shop);
    uint32_t two = session_of(d, somebody(), TPS_MODE_PAIRWISE, other_shop);
    tps_device_claims claims = evidence(d, one, 0, 0);
    uint8_t sueid[33];
    uint8_t seed[32];

    assert_null(claims.ueid.data);
    assert_int_equal(claims.present & TPS_DEVICE_HAS_BOOTCOUNT, 0);
    assert_true(tps_span_is_text(claims.sueid_label, "p"));
    memcpy(sueid, claims.sueid.data, sizeof(sueid));
    memcpy(seed, claims.bootseed.data, sizeof(seed));
    claims = evidence(d, two, 0, 0);
    assert_memory_not_equal(claims.sueid.data, sueid, sizeof(sueid));
    assert_memory_not_equal(claims.bootseed.data, seed, sizeof(seed));

    device_start(d); /* the same provider, the next boot: the device is the same, the boot another */
    claims = evidence(d, session_of(d, somebody(), TPS_MODE_PAIRWISE, shop), 0, 0);
    assert_memory_equal(claims.sueid.data, sueid, sizeof(sueid));
    assert_memory_not_equal(claims.bootseed.data, seed, sizeof(seed));

    assert_int_equal(tps_component_owner_forget(&d->component), TPS_OK); /* another owner, another device */
    claims = evidence(d, session_of(d, somebody(), TPS_MODE_PAIRWISE, shop), 0, 0);
    assert_memory_not_equal(claims.sueid.data, sueid, sizeof(sueid));
}

static void the_mode_says_which_keys_there_are(void **state)
{
    device *d = *state;
    uint32_t direct = session_of(d, somebody(), TPS_MODE_DIRECT, shop);
    uint32_t pairwise = session_of(d, somebody(), TPS_MODE_PAIRWISE, other_shop);
    uint32_t unbound = session_of(d, somebody(), TPS_MODE_NONE, NULL);

    (void)evidence(d, direct, TPS_EVIDENCE_KEY_IAK, 0);
    (void)evidence(d, unbound, 0, 0);
    (void)evidence(d, direct, TPS_EVIDENCE_KEY_AK, 2); /* AK_0 and L_R; the DeviceID was not certified */
    ask_evidence(TPS_EVIDENCE_PSA, 0);
    send_expecting(d, direct, 0);
    ask_evidence(TPS_EVIDENCE_PSA, TPS_EVIDENCE_KEY_AK);
    send_expecting(d, direct, TPS_EVIDENCE_ERROR_KEY);
    ask_evidence(TPS_EVIDENCE_OPENTPS, 3);
    send_expecting(d, direct, TPS_EVIDENCE_ERROR_KEY);
    ask_evidence(TPS_EVIDENCE_PSA, 0);
    send_expecting(d, pairwise, TPS_EVIDENCE_ERROR_PROFILE);
    for (uint64_t key = 1; key <= 3; key++) {
        ask_evidence(TPS_EVIDENCE_OPENTPS, key);
        send_expecting(d, pairwise, TPS_EVIDENCE_ERROR_KEY);
        message(11, 1);
        put_uint(1, key);
        send_expecting(d, pairwise, TPS_EVIDENCE_ERROR_KEY);
        message(12, 1);
        put_uint(1, key);
        send_expecting(d, pairwise, TPS_EVIDENCE_ERROR_KEY);
    }
}

static void passports_have_results_and_no_evidence(void **state)
{
    device *d = *state;
    uint32_t session = session_of(d, somebody(), TPS_MODE_PASSPORT, shop);
    uint32_t direct = session_of(d, somebody(), TPS_MODE_DIRECT, other_shop);
    tps_span answer;

    ask_evidence(TPS_EVIDENCE_OPENTPS, 0);
    send_expecting(d, session, TPS_EVIDENCE_ERROR_MODE);
    for (uint64_t tag = 11; tag <= 12; tag++) {
        message(tag, 0);
        send_expecting(d, session, TPS_EVIDENCE_ERROR_MODE);
    }
    message(16, 0);
    send_expecting(d, session, TPS_EVIDENCE_ERROR_NOTHING);
    send_expecting(d, direct, TPS_EVIDENCE_ERROR_MODE);
    message(15, 1);
    put_bytes(1, TPS_SPAN_LITERAL("an EAR"));
    send_expecting(d, direct, TPS_EVIDENCE_ERROR_MODE);
    assert_int_equal(try_send(d, session, 2, &answer), TPS_BUFFER_TOO_SMALL);
    send_expecting(d, session, 0);
    message(15, 1);
    put_bytes(1, tps_span_make(kept, TPS_RESULT_MAX + 1));
    assert_int_equal(try_send(d, session, 64, &answer), TPS_COMPONENT_BAD_MESSAGE);

    device_start(d);
    session = session_of(d, somebody(), TPS_MODE_PASSPORT, shop);
    message(16, 0);
    assert_true(tps_span_is_text(member(send_message(d, session), 1), "an EAR"));
    session = session_of(d, administrator(), TPS_MODE_PASSPORT, shop);
    message(16, 0);
    send_expecting(d, session, TPS_EVIDENCE_ERROR_NOTHING);
    session = open_session(d, &tps_identification_service, somebody());
    bind_session(d, session, TPS_MODE_PASSPORT, shop);
    message(11, 0);
    assert_int_equal(try_send(d, session, 4096, &answer), TPS_COMPONENT_DENIED);
}

static void an_attestation_ca_gets_both_keys_and_proof_of_both(void **state)
{
    device *d = *state;
    uint32_t pairwise = session_of(d, somebody(), TPS_MODE_PAIRWISE, shop);
    uint32_t owner = session_of(d, administrator(), TPS_MODE_NONE, NULL);
    tps_crypto_key *ak = told_key(d, owner, TPS_EVIDENCE_KEY_AK);
    tps_crypto_key *ak_p = told_key(d, pairwise, 0);
    tps_device_claims own = evidence(d, pairwise, 0, 0);
    uint8_t sueid[33];
    tps_device_claims claims;
    tps_cose_message outer;
    tps_crypto_key *confirmed;
    tps_span answer;
    tps_cbor_reader r;

    memcpy(sueid, own.sueid.data, sizeof(sueid));
    message(13, 2);
    put_bytes(1, TPS_SPAN_OF(nonce));
    put_bytes(2, TPS_SPAN_OF(shop));
    assert_int_equal(try_send(d, pairwise, 16384, &answer), TPS_COMPONENT_DENIED);
    answer = member(send_message(d, owner), 1);
    assert_int_equal(tps_cose_sign1_parse(answer, &outer, NULL), TPS_OK);
    assert_int_equal(tps_cose_sign1_verify_parsed(&outer, ak_p, NULL), TPS_OK);
    claims = claims_of(outer.payload, ak, 2);
    assert_int_equal(claims.intuse, TPS_EAT_USE_CERTIFICATE_ISSUANCE);
    assert_memory_equal(claims.pairwise_id.data, sueid, sizeof(sueid));
    assert_memory_equal(claims.ueid.data, d->handover.ueid, 33);
    assert_false(contains(tps_span_make(kept, outer.payload.size), TPS_SPAN_OF(shop))); /* not for whom */
    r = tps_cbor_reader_init(claims.cnf);
    (void)tps_cbor_enter_map(&r);
    assert_int_equal(tps_cbor_get_uint(&r), 1);
    assert_int_equal(tps_cose_key_read(tps_cbor_skip(&r), &confirmed), TPS_OK);
    tps_crypto_point a;
    tps_crypto_point b;
    assert_int_equal(tps_crypto_key_point(confirmed, &a), TPS_OK);
    assert_int_equal(tps_crypto_key_point(ak_p, &b), TPS_OK);
    assert_memory_equal(a.x, b.x, 32);
    tps_crypto_key_free(confirmed);

    message(13, 2);
    put_bytes(1, TPS_SPAN_OF(nonce));
    put_bytes(2, TPS_SPAN_OF(other_shop));
    send_expecting(d, owner, TPS_EVIDENCE_ERROR_PROVIDER);
    message(13, 2);
    put_bytes(1, tps_span_make(nonce, 7));
    put_bytes(2, TPS_SPAN_OF(shop));
    send_expecting(d, owner, TPS_EVIDENCE_ERROR_NONCE);
    tps_crypto_key_free(ak);
    tps_crypto_key_free(ak_p);
}

/* A certificate of a key by the release key, as a chain of one, as the value of a member. */
static void put_certificate(device *d, uint64_t member_key, const tps_crypto_key *key)
{
    static uint8_t name[TPS_DICE_NAME_MAX];
    static uint8_t der[1024];
    tps_dice_certificate_plan plan = {.subject_key = key};
    tps_cbor_writer *w;
    tps_span encoded;

    assert_int_equal(tps_dice_name_encode(TPS_SPAN_LITERAL("ACA"), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY,
                                          TPS_BUF_OF(name), &plan.issuer),
                     TPS_OK);
    plan.subject = plan.issuer;
    assert_int_equal(tps_dice_certificate_make(&plan, d->release_key, TPS_BUF_OF(der), &encoded), TPS_OK);
    w = message(14, 1);
    tps_cbor_put_uint(w, member_key);
    tps_cbor_put_array(w, 1);
    tps_cbor_put_bytes(w, encoded);
}

static void certificates_are_kept_for_the_key_that_they_certify(void **state)
{
    device *d = *state;
    uint32_t session = session_of(d, somebody(), TPS_MODE_PAIRWISE, shop);
    uint32_t stranger =
        session_of(d, (tps_login){.method = TPSC_LOGIN_USER, .uid = 7}, TPS_MODE_PAIRWISE, shop);
    uint32_t passport = session_of(d, somebody(), TPS_MODE_PASSPORT, other_shop);
    tps_crypto_key *key = told_key(d, session, 0);

    put_certificate(d, 1, d->release_key);
    send_expecting(d, session, TPS_EVIDENCE_ERROR_CERTIFICATE);
    put_certificate(d, 1, key);
    send_expecting(d, stranger, TPS_EVIDENCE_ERROR_PROVIDER);
    send_expecting(d, passport, TPS_EVIDENCE_ERROR_MODE);
    send_expecting(d, session_of(d, administrator(), TPS_MODE_NONE, NULL), TPS_EVIDENCE_ERROR_PROVIDER);
    send_expecting(d, session, 0);
    (void)evidence(d, session, 0, 1);
    device_start(d);
    session = session_of(d, somebody(), TPS_MODE_PAIRWISE, shop);
    (void)evidence(d, session, 0, 1);

    message(14, 1);
    put_uint(1, 0);
    send_expecting(d, session, TPS_EVIDENCE_ERROR_CERTIFICATE);

    d->image[0] ^= 1; /* other firmware: another AK_p, and no certificate for it */
    device_sign_image(d, "1.0.1");
    device_start(d);
    (void)evidence(d, session_of(d, somebody(), TPS_MODE_PAIRWISE, shop), 0, 0);
    tps_crypto_key_free(key);
}

static void claims_may_be_left_out_and_never_falsified(void **state)
{
    device *d = *state;
    uint32_t session = session_of(d, somebody(), TPS_MODE_NONE, NULL);
    tps_crypto_key *key = told_key(d, session, 0);
    static const int64_t labels[] = {260, 262, 267, 268, 270, 271};
    tps_device_claims claims;
    tps_cbor_writer *w;

    w = message(10, 3);
    put_uint(1, TPS_EVIDENCE_OPENTPS);
    put_bytes(2, TPS_SPAN_OF(nonce));
    tps_cbor_put_uint(w, 6);
    tps_cbor_put_array(w, 6);
    for (size_t i = 0; i < 6; i++) {
        tps_cbor_put_int(w, labels[i]);
    }
    claims = claims_of(member(send_message(d, session), 1), key, 0);
    assert_int_equal(claims.present, TPS_DEVICE_HAS_LIFECYCLE | TPS_DEVICE_HAS_SECURITY_COUNTER);
    assert_int_equal(claims.bootseed.size + claims.swname.size + claims.hwversion.size, 0);
    assert_true(claims.registers.size > 0 && claims.applications.size > 0 && claims.staged.size > 0);
    for (int64_t label = 255; label < 280; label++) {
        bool may =
            label == 260 || label == 262 || label == 267 || label == 268 || label == 270 || label == 271;

        w = message(10, 3);
        put_uint(1, TPS_EVIDENCE_OPENTPS);
        put_bytes(2, TPS_SPAN_OF(nonce));
        tps_cbor_put_uint(w, 6);
        tps_cbor_put_array(w, 1);
        tps_cbor_put_int(w, label);
        send_expecting(d, session, may ? 0 : TPS_EVIDENCE_ERROR_CLAIM);
    }
    tps_crypto_key_free(key);
}

static void tokens_of_others_are_carried_if_they_are_tokens(void **state)
{
    device *d = *state;
    uint32_t session = session_of(d, somebody(), TPS_MODE_NONE, NULL);
    static uint8_t token[4096];
    size_t size;

    ask_evidence(TPS_EVIDENCE_OPENTPS, 0);
    tps_span inner = member(send_message(d, session), 1);
    size = inner.size;
    memcpy(token, inner.data, size);
    for (int variant = 0; variant < 5; variant++) {
        tps_cbor_writer *w = message(10, 3);

        put_uint(1, TPS_EVIDENCE_OPENTPS);
        put_bytes(2, TPS_SPAN_OF(nonce));
        tps_cbor_put_uint(w, 7);
        tps_cbor_put_map(w, variant == 3 ? 0 : 1);
        if (variant != 3) {
            tps_cbor_put_text(w, variant == 4 ? "" : "modem");
            tps_cbor_put_bytes(w, variant == 1 ? TPS_SPAN_LITERAL("\xd2")
                                               : tps_span_make(token, variant == 2 ? 0 : size));
        }
        send_expecting(d, session, variant == 0 ? 0 : TPS_EVIDENCE_ERROR_SUBMODULE);
    }
}

static void what_moves_is_in_every_evidence(void **state)
{
    device *d = *state;
    static const uint8_t digest[32] = {0xd1};
    tps_login application = {.method = TPSC_LOGIN_APPLICATION, .application = {0xd1}};
    uint32_t direct = session_of(d, somebody(), TPS_MODE_NONE, NULL);
    uint32_t pairwise = session_of(d, somebody(), TPS_MODE_PAIRWISE, shop);
    uint32_t measuring = open_session(d, &tps_measurement_service, administrator());
    tps_device_claims claims = evidence(d, direct, 0, 0);
    uint8_t head[128];

    assert_int_equal(claims.registers.size, 1); /* none was extended, none started, nothing is staged */
    assert_int_equal(claims.applications.size, 1);
    assert_int_equal(claims.staged.size, 1);
    assert_int_equal(claims.lifecycle, d->handover.lifecycle);
    assert_int_equal(claims.binder_origin, TPS_DEVICE_BINDER_CALLER);

    message(11, 2);
    put_uint(1, 0);
    put_bytes(2, TPS_SPAN_OF(digest));
    send_expecting(d, measuring, 0);
    assert_int_equal(tps_component_application_started(&d->component, digest), TPS_OK);
    claims = evidence(d, direct, 0, 0);
    assert_int_equal(claims.registers.size, 1 + 1 + 1 + 34 + 1);
    assert_int_equal(claims.applications.size, 1 + 1 + 34 + 1);
    memcpy(head, claims.registers.data, claims.registers.size);
    claims = evidence(d, pairwise, 0, 0);
    assert_int_equal(claims.registers.size, 1 + 1 + 1 + 34);
    assert_int_equal(claims.applications.size, 34);
    assert_memory_not_equal(claims.registers.data + 5, head + 5, 32);

    claims = evidence(d, session_of(d, application, TPS_MODE_NONE, NULL), 0, 0);
    assert_int_equal(claims.binder_origin, TPS_DEVICE_BINDER_APPLICATION);
    assert_memory_equal(claims.application.data, digest, 32);
    d->is_open = true;
    claims = evidence(d, direct, 0, 0);
    assert_int_equal(claims.dbgstat, TPS_EAT_DEBUG_ENABLED);
    assert_int_equal(claims.lifecycle == TPS_DEVICE_LIFECYCLE_SECURED, false);
}

/* A key of the key store, in a session that is bound as the one that will speak of it. */
static void make_key(device *d, const char *name, uint64_t kind, uint32_t mode, const uint8_t provider[32])
{
    uint32_t session = open_session(d, &tps_key_store_service, somebody());

    if (mode != TPS_MODE_NONE) {
        bind_session(d, session, mode, provider);
    }
    message(10, 2);
    put_text(1, name);
    put_uint(5, kind);
    send_expecting(d, session, 0);
    close_session(d, session);
}

static void ask_key(const char *name, uint64_t key)
{
    message(17, key == 0 ? 2 : 3);
    put_text(1, name);
    put_bytes(2, TPS_SPAN_OF(nonce));
    if (key != 0) {
        put_uint(4, key);
    }
}

/* The claim about a key, under the label -80011. */
static tps_span facts_in(tps_span claims)
{
    tps_cbor_reader r = tps_cbor_reader_init(claims);
    tps_cbor_list map = tps_cbor_enter_map(&r);
    tps_span found = TPS_SPAN_EMPTY;

    while (tps_cbor_next(&r, &map)) {
        int64_t label = tps_cbor_get_int(&r);
        tps_span value = tps_cbor_skip(&r);

        found = label == -80011 ? value : found;
    }
    assert_int_equal(r.status, TPS_OK);
    assert_true(found.size > 0);
    return found;
}

static void a_key_is_attested_as_the_key_store_knows_it(void **state)
{
    /* kind 1, usages [1], generated, not exportable, persistent, not bound, not shared */
    static const uint8_t plain[] = {0xa7, 1, 1, 2, 0x81, 1, 3, 1, 4, 0xf4, 5, 1, 6, 0xf4, 7, 0xf4};
    device *d = *state;
    uint32_t unbound = session_of(d, somebody(), TPS_MODE_NONE, NULL);
    uint32_t pairwise = session_of(d, somebody(), TPS_MODE_PAIRWISE, shop);
    uint32_t passport = session_of(d, somebody(), TPS_MODE_PASSPORT, other_shop);
    tps_crypto_key *iak = told_key(d, unbound, 0);
    tps_crypto_key *ak_p = told_key(d, pairwise, 0);
    tps_cose_message token;
    tps_eat_claims claims;
    tps_span facts;

    make_key(d, "mine", 1, TPS_MODE_NONE, NULL);
    make_key(d, "theirs", 1, TPS_MODE_PAIRWISE, shop);
    make_key(d, "secret", 8, TPS_MODE_NONE, NULL);
    ask_key("mine", 0);
    assert_int_equal(tps_cose_sign1_parse(member(send_message(d, unbound), 1), &token, NULL), TPS_OK);
    assert_int_equal(tps_cose_sign1_verify_parsed(&token, iak, NULL), TPS_OK);
    assert_int_equal(tps_eat_decode(token.payload, &claims, NULL), TPS_OK);
    assert_true(tps_span_is_text(claims.profile, TPS_KEY_ATTESTATION_PROFILE));
    assert_true(tps_eat_answers(&claims, TPS_SPAN_OF(nonce)));
    assert_true(tps_span_equal(facts_in(token.payload), TPS_SPAN_OF(plain)));

    ask_key("theirs", 0);
    assert_int_equal(tps_cose_sign1_parse(member(send_message(d, pairwise), 1), &token, NULL), TPS_OK);
    assert_unlinkable(d, token.payload);
    assert_int_equal(tps_cose_sign1_verify_parsed(&token, ak_p, NULL), TPS_OK);
    facts = facts_in(token.payload);
    assert_memory_equal(facts.data + facts.size - 32, shop, 32);

    ask_key("theirs", 0);
    send_expecting(d, unbound, TPS_EVIDENCE_ERROR_NAME); /* invisible outside of its context */
    ask_key("mine", 0);
    send_expecting(d, pairwise, TPS_EVIDENCE_ERROR_NAME);
    send_expecting(d, passport, TPS_EVIDENCE_ERROR_MODE);
    ask_key("secret", 0);
    send_expecting(d, unbound, TPS_EVIDENCE_ERROR_NAME);
    ask_key("mine", TPS_EVIDENCE_KEY_AK);
    send_expecting(d, unbound, 0);
    ask_key("theirs", TPS_EVIDENCE_KEY_IAK);
    send_expecting(d, pairwise, TPS_EVIDENCE_ERROR_KEY);
    tps_crypto_key_free(iak);
    tps_crypto_key_free(ak_p);
}

static void evidence_confirms_a_key_of_this_device_only(void **state)
{
    device *d = *state;
    uint32_t session = session_of(d, somebody(), TPS_MODE_NONE, NULL);
    tps_crypto_key *key = told_key(d, session, 0);
    tps_device_claims claims;

    (void)session_of(d, somebody(), TPS_MODE_PASSPORT, shop);
    make_key(d, "ldevid", 1, TPS_MODE_PASSPORT, shop);
    for (int variant = 0; variant < 3; variant++) {
        message(10, 4);
        put_uint(1, TPS_EVIDENCE_OPENTPS);
        put_bytes(2, TPS_SPAN_OF(nonce));
        put_text(9, variant == 1 ? "nobody's" : "ldevid");
        put_bytes(10, variant == 2 ? TPS_SPAN_OF(other_shop) : TPS_SPAN_OF(shop));
        if (variant > 0) {
            send_expecting(d, session, variant == 1 ? TPS_EVIDENCE_ERROR_NAME : TPS_EVIDENCE_ERROR_PROVIDER);
            continue;
        }
        claims = claims_of(member(send_message(d, session), 1), key, 0);
        assert_true(claims.cnf.size > 70);
    }
    tps_crypto_key_free(key);
}

static void put_peer(const char *name, const tps_crypto_key *peer)
{
    tps_cbor_writer *w = message(18, 2);

    put_text(1, name);
    tps_cbor_put_uint(w, 2);
    assert_int_equal(tps_cose_key_put(w, peer), TPS_OK);
}

static void a_verifier_and_the_device_agree_on_a_mac_for_this_boot(void **state)
{
    device *d = *state;
    uint32_t session = session_of(d, somebody(), TPS_MODE_PAIRWISE, shop);
    tps_device_claims claims = evidence(d, session, 0, 0);
    tps_crypto_key *peer;
    tps_crypto_key *kex;
    tps_cose_message token;
    uint8_t shared[32];
    uint8_t mac[32];
    uint8_t seed[32];
    tps_span answer;

    memcpy(seed, claims.bootseed.data, sizeof(seed));
    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P256, &peer), TPS_OK);
    message(10, 3);
    put_uint(1, TPS_EVIDENCE_OPENTPS);
    put_bytes(2, TPS_SPAN_OF(nonce));
    put_uint(8, TPS_EVIDENCE_MAC0);
    send_expecting(d, session, TPS_EVIDENCE_ERROR_MAC);
    make_key(d, "kex", 4, TPS_MODE_PAIRWISE, shop);
    make_key(d, "signs", 1, TPS_MODE_PAIRWISE, shop);
    put_peer("signs", peer);
    send_expecting(d, session, TPS_EVIDENCE_ERROR_NAME);
    put_peer("none", peer);
    send_expecting(d, session, TPS_EVIDENCE_ERROR_NAME);
    message(18, 2);
    put_text(1, "kex");
    put_uint(2, 0);
    send_expecting(d, session, TPS_EVIDENCE_ERROR_KEY);
    uint32_t unbound = session_of(d, somebody(), TPS_MODE_NONE, NULL);
    put_peer("kex", peer);
    send_expecting(d, unbound, TPS_EVIDENCE_ERROR_MODE);
    send_expecting(d, session, 0);

    ask_key("kex", 0); /* its public part, as the device attests it */
    assert_int_equal(tps_cose_sign1_parse(member(send_message(d, session), 1), &token, NULL), TPS_OK);
    tps_eat_claims eat;
    assert_int_equal(tps_eat_decode(token.payload, &eat, NULL), TPS_OK);
    tps_span cnf = eat.cwt.cnf;
    tps_cbor_reader r = tps_cbor_reader_init(cnf);
    (void)tps_cbor_enter_map(&r);
    (void)tps_cbor_get_uint(&r);
    assert_int_equal(tps_cose_key_read(tps_cbor_skip(&r), &kex), TPS_OK);
    assert_int_equal(tps_crypto_ecdh(peer, kex, TPS_BUF_OF(shared)), TPS_OK);
    assert_int_equal(tps_keys_mac(TPS_SPAN_OF(shared), seed, mac), TPS_OK);

    message(10, 3);
    put_uint(1, TPS_EVIDENCE_OPENTPS);
    put_bytes(2, TPS_SPAN_OF(nonce));
    put_uint(8, TPS_EVIDENCE_MAC0);
    answer = member(send_message(d, session), 1);
    assert_unlinkable(d, answer);
    tps_cose_secret secret = {.bytes = TPS_SPAN_OF(mac)};
    assert_int_equal(tps_cose_mac0_verify(answer, &secret, NULL, &token, NULL), TPS_OK);
    assert_int_equal(tps_device_claims_decode(token.payload, &claims, NULL), TPS_OK);
    assert_memory_equal(claims.bootseed.data, seed, 32);
    assert_int_equal(token.headers.kid.size, TPS_MAC_KID_SIZE);
    tps_crypto_key_free(peer);
    tps_crypto_key_free(kex);
}

/* Every call of the platform fails once, in evidence of a pairwise session: an answer, or a named failure. */
static void evidence_survives_a_failing_platform(void **state)
{
    device *d = *state;
    uint32_t session = session_of(d, somebody(), TPS_MODE_PAIRWISE, shop);
    tps_span answer;
    bool has_struck = true;

    for (unsigned n = 1; has_struck; n++) {
        ask_evidence(TPS_EVIDENCE_OPENTPS, 0);
        d->calls = 0;
        d->fail_at = n;
        tps_status status = try_send(d, session, 16384, &answer);
        has_struck = d->calls >= n;
        d->fail_at = 0;
        assert_true(status == TPS_OK || (has_struck && answer.size == 0));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, device_setup, device_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pairwise_sessions_show_nothing_that_links),
        TEST(each_provider_sees_an_identity_of_its_own),
        TEST(the_mode_says_which_keys_there_are),
        TEST(passports_have_results_and_no_evidence),
        TEST(an_attestation_ca_gets_both_keys_and_proof_of_both),
        TEST(certificates_are_kept_for_the_key_that_they_certify),
        TEST(claims_may_be_left_out_and_never_falsified),
        TEST(tokens_of_others_are_carried_if_they_are_tokens),
        TEST(what_moves_is_in_every_evidence),
        TEST(a_key_is_attested_as_the_key_store_knows_it),
        TEST(evidence_confirms_a_key_of_this_device_only),
        TEST(a_verifier_and_the_device_agree_on_a_mac_for_this_boot),
        TEST(evidence_survives_a_failing_platform),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
