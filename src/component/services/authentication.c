/* SPDX-License-Identifier: Apache-2.0 */
/* The device authentication service: challenge, proof, and the peer's proof. The peer's certificates are
 * authentication_peer.c's. */
#include "component/services/authentication.h"

#include "component/boot/keys.h"
#include "component/core/limits.h"
#include "component/services/authentication_peer.h"
#include "component/services/members.h"
#include "tps/cose.h"
#include "tps/secret.h"

enum { TAG_CHALLENGE = 10, TAG_PROVE = 11, TAG_VERIFY = 12, TAG_KEY = 13 };
enum { TELL_RESULT = 1, TELL_SPKI = 3, TELL_TIMED = 3 };
enum {
    PROOF_ROLE = 1,
    PROOF_CHALLENGE = 2,
    PROOF_NONCE = 3,
    PROOF_PROVIDER = 4,
    PROOF_PURPOSE = 5,
    PROOF_BINDER = 6,
    PROOF_ORIGIN = 7,
    PROOF_APPLICATION = 8
};

/** Bytes of the answers to `challenge` and `verify`, at most. */
#define ANSWER_MAX 48u
/** Bytes of a proof's payload, at most. */
#define PAYLOAD_MAX 384u

/** Of the component's work area. */
typedef struct {
    uint8_t payload[PAYLOAD_MAX];
    uint8_t proof[TPS_AUTHENTICATION_PROOF_MAX]; /**< or scratch to verify one */
} work_area;

TPS_WORK_FITS(work_area);

/** What a session keeps, in its context. */
typedef struct {
    uint8_t nonce[TPS_AUTHENTICATION_NONCE_SIZE];
    bool is_made;        /**< `nonce` is one of this session's */
    bool is_outstanding; /**< and no proof was checked against it yet */
} session_state;

_Static_assert(sizeof(session_state) <= TPS_SESSION_CONTEXT_SIZE, "fits into a session");

static session_state *state_of(const tps_request *request)
{
    return (session_state *)(void *)request->session->context;
}

/* ---- the key ---- */

tps_status tps_authentication_key(const tps_component *component, const tps_session *session,
                                  tps_crypto_key **key)
{
    const tps_handover *h = tps_component_handover(component);
    tps_vault_context room;
    const tps_vault_context *context = NULL;
    tps_status status;

    if (!h->is_made) {
        return TPS_COMPONENT_NO_IDENTITY;
    }
    if (session->binding.mode == TPS_MODE_NONE && !tps_session_is_administrator(component, session)) {
        return TPS_COMPONENT_NOT_BOUND;
    }
    if (session->binding.mode == TPS_MODE_NONE || session->binding.mode == TPS_MODE_DIRECT) {
        return tps_keys_authentication(h->s0, key);
    }
    status = tps_session_sealing(component, session, &room, &context);
    if (status == TPS_OK) {
        status = tps_keys_pairwise_authentication(h->s0, room.provider, room.owner, key);
    }
    tps_wipe(&room, sizeof(room));
    return status;
}

static tps_status tell_key(tps_request *request, tps_error *why)
{
    tps_cbor_writer w = tps_response_map(request, 2);
    tps_crypto_key *key;
    tps_status status;

    TPS_TRY(tps_request_expect_empty(request, why));
    TPS_TRY(tps_authentication_key(request->component, request->session, &key));
    status = tps_answer_put_key(&w, key, TELL_SPKI);
    tps_crypto_key_free(key);
    TPS_TRY(status);
    return tps_response_end(request, &w);
}

/* ---- challenge ---- */

static tps_status make_nonce(const tps_request *request, session_state *own)
{
    TPS_TRY(request->platform->entropy(request->platform->context, TPS_BUF_OF(own->nonce)));
    own->is_made = true;
    return TPS_OK;
}

static tps_status challenge(tps_request *request, tps_error *why)
{
    session_state *own = state_of(request);
    tps_cbor_writer w = tps_response_begin(request);

    TPS_TRY(tps_request_expect_empty(request, why));
    TPS_TRY(tps_answer_needs(request, ANSWER_MAX));
    own->is_outstanding = false; /* of an earlier one nothing is taken any more, whatever happens */
    TPS_TRY(make_nonce(request, own));
    own->is_outstanding = true;
    tps_cbor_put_map(&w, 1);
    tps_cbor_pair_bytes(&w, TELL_RESULT, TPS_SPAN_OF(own->nonce));
    return tps_response_end(request, &w);
}

/* ---- prove ---- */

static const tps_member_rule prove_rules[] = {
    {1, TPS_MEMBER_BYTES, false, TPS_AUTHENTICATION_CHALLENGE_MIN, TPS_AUTHENTICATION_CHALLENGE_MAX},
    {2, TPS_MEMBER_TEXT, false, 1, TPS_AUTHENTICATION_PURPOSE_MAX},
    {3, TPS_MEMBER_BYTES, true, TPS_AUTHENTICATION_BINDER_MIN, TPS_AUTHENTICATION_BINDER_MAX}};

/** Who computed the binder: the session's login shows it, the caller does not say it. */
static void put_binder(tps_cbor_writer *w, const tps_login *login, tps_span binder)
{
    bool is_measured = login->method >= TPSC_LOGIN_APPLICATION;

    tps_cbor_pair_bytes(w, PROOF_BINDER, binder);
    tps_cbor_pair_uint(w, PROOF_ORIGIN,
                       is_measured ? TPS_BINDER_OF_MEASURED_APPLICATION : TPS_BINDER_OF_CALLER);
    if (is_measured) {
        tps_cbor_pair_bytes(w, PROOF_APPLICATION, TPS_SPAN_OF(login->application));
    }
}

static tps_status write_payload(const tps_request *request, const tps_member *asked, tps_buf room,
                                tps_span *payload)
{
    const tps_session *session = request->session;
    const session_state *own = state_of(request);
    tps_cbor_writer w = tps_cbor_writer_init(room);
    bool is_bound = session->binding.mode != TPS_MODE_NONE;
    uint64_t of_binder = !asked[2].is_there ? 0 : session->login.method >= TPSC_LOGIN_APPLICATION ? 3 : 2;

    tps_cbor_put_map(&w, 4 + (is_bound ? 1u : 0u) + of_binder);
    tps_cbor_pair_uint(&w, PROOF_ROLE, TPS_PROOF_OF_DEVICE);
    tps_cbor_pair_bytes(&w, PROOF_CHALLENGE, asked[0].bytes);
    tps_cbor_pair_bytes(&w, PROOF_NONCE, TPS_SPAN_OF(own->nonce));
    if (is_bound) {
        tps_cbor_pair_bytes(&w, PROOF_PROVIDER, TPS_SPAN_OF(session->binding.provider));
    }
    tps_cbor_pair_text_span(&w, PROOF_PURPOSE, asked[1].bytes);
    if (asked[2].is_there) {
        put_binder(&w, &session->login, asked[2].bytes);
    }
    return tps_cbor_writer_finish(&w, payload);
}

static tps_status sign_proof(const tps_request *request, tps_span payload, tps_buf room, tps_span *proof)
{
    tps_cose_make_options options = {.content_type = TPS_SPAN_LITERAL(TPS_AUTHENTICATION_CONTENT_TYPE),
                                     .aad = TPS_SPAN_LITERAL(TPS_AUTHENTICATION_AAD)};
    uint8_t id[TPS_SHA256_SIZE];
    tps_cose_signer signer;
    tps_crypto_key *key;
    tps_status status;

    TPS_TRY(tps_authentication_key(request->component, request->session, &key));
    signer = tps_cose_signer_of_key(key, TPS_ALG_ESP256);
    status = tps_key_id_of(key, id);
    if (status == TPS_OK) {
        options.kid = TPS_SPAN_OF(id);
        status = tps_cose_sign1_make(payload, &options, &signer, room, proof);
    }
    tps_crypto_key_free(key);
    return status;
}

static tps_status prove(tps_request *request, tps_error *why)
{
    session_state *own = state_of(request);
    tps_cbor_writer w = tps_response_begin(request);
    work_area *work = tps_component_work(request->component);
    tps_span payload;
    tps_span proof;
    tps_member asked[3];

    TPS_TRY(tps_members_read(request->body, prove_rules, 3, asked, why));
    if (!own->is_made) {
        TPS_TRY(make_nonce(request, own));
    }
    TPS_TRY(write_payload(request, asked, TPS_BUF_OF(work->payload), &payload));
    TPS_TRY(sign_proof(request, payload, TPS_BUF_OF(work->proof), &proof));
    tps_cbor_put_map(&w, 1);
    tps_cbor_pair_bytes(&w, TELL_RESULT, proof);
    return tps_response_end(request, &w);
}

/* ---- verify ---- */

static const tps_member_rule verify_rules[] = {
    {1, TPS_MEMBER_BYTES, false, 1, 2 * TPS_AUTHENTICATION_PROOF_MAX},
    {2, TPS_MEMBER_TEXT, false, 1, TPS_AUTHENTICATION_PURPOSE_MAX},
    {3, TPS_MEMBER_BYTES, true, TPS_AUTHENTICATION_BINDER_MIN, TPS_AUTHENTICATION_BINDER_MAX},
    {4, TPS_MEMBER_ITEM, true, 1, TPS_COMPONENT_MESSAGE_MAX},
    {5, TPS_MEMBER_BYTES, false, 1, 512}};

/** Whether a signed payload says what was asked, to the last member. */
static bool says_it(const tps_request *request, tps_span payload, const tps_member *asked)
{
    static const tps_member_rule rules[] = {
        {PROOF_ROLE, TPS_MEMBER_UINT, false, TPS_PROOF_OF_PROVIDER, TPS_PROOF_OF_PROVIDER},
        {PROOF_CHALLENGE, TPS_MEMBER_BYTES, false, TPS_AUTHENTICATION_NONCE_SIZE,
         TPS_AUTHENTICATION_NONCE_SIZE},
        {PROOF_NONCE, TPS_MEMBER_BYTES, false, TPS_AUTHENTICATION_CHALLENGE_MIN,
         TPS_AUTHENTICATION_CHALLENGE_MAX},
        {PROOF_PROVIDER, TPS_MEMBER_BYTES, false, 32, 32},
        {PROOF_PURPOSE, TPS_MEMBER_TEXT, false, 1, TPS_AUTHENTICATION_PURPOSE_MAX},
        {PROOF_BINDER, TPS_MEMBER_BYTES, true, TPS_AUTHENTICATION_BINDER_MIN, TPS_AUTHENTICATION_BINDER_MAX}};
    tps_member said[6];

    return tps_cbor_check(payload, &tps_cbor_limits_message, NULL, NULL) == TPS_OK &&
           tps_members_read(payload, rules, 6, said, NULL) == TPS_OK &&
           tps_span_equal(said[1].bytes, TPS_SPAN_OF(state_of(request)->nonce)) &&
           tps_span_equal(said[3].bytes, TPS_SPAN_OF(request->session->binding.provider)) &&
           tps_span_equal(said[4].bytes, asked[1].bytes) && said[5].is_there == asked[2].is_there &&
           tps_span_equal(said[5].bytes, asked[2].bytes);
}

/** TPS_OK with `*error` 0: the proof is this key's, and says what was asked. */
static tps_status check_proof(const tps_request *request, tps_crypto_key *key, const tps_member *asked,
                              uint32_t *error)
{
    work_area *work = tps_component_work(request->component);
    tps_cose_terms terms = {.aad = TPS_SPAN_LITERAL(TPS_AUTHENTICATION_AAD),
                            .scratch = TPS_BUF_OF(work->proof)};
    tps_cose_sign1 message;
    tps_status status = tps_cose_sign1_parse(asked[0].bytes, &message, NULL);

    if (status == TPS_OK) {
        status = tps_cose_sign1_verify_parsed(&message, key, &terms);
    }
    *error = TPS_AUTHENTICATION_ERROR_PROOF;
    if (status == TPS_CRYPTO_FAILED || status == TPS_OUT_OF_MEMORY) {
        return status;
    }
    if (status != TPS_OK) {
        return TPS_OK;
    }
    *error = says_it(request, message.payload, asked) ? 0 : TPS_AUTHENTICATION_ERROR_CONTENT;
    return TPS_OK;
}

static tps_status answer_verified(tps_request *request, const tps_crypto_key *key, bool is_timed)
{
    tps_cbor_writer w = tps_response_begin(request);
    uint8_t id[TPS_SHA256_SIZE];

    TPS_TRY(tps_key_id_of(key, id));
    tps_cbor_put_map(&w, 2);
    tps_cbor_pair_bytes(&w, TELL_RESULT, TPS_SPAN_OF(id));
    tps_cbor_pair_bool(&w, TELL_TIMED, is_timed);
    return tps_response_end(request, &w);
}

static tps_status verify(tps_request *request, tps_error *why)
{
    session_state *own = state_of(request);
    authentication_peer peer = {.provider = request->session->binding.provider};
    tps_member asked[5];
    uint32_t error;
    tps_status status;

    TPS_TRY(tps_members_read(request->body, verify_rules, 5, asked, why));
    TPS_TRY(tps_answer_needs(request, ANSWER_MAX));
    if (request->session->binding.mode == TPS_MODE_NONE) {
        return TPS_COMPONENT_NOT_BOUND;
    }
    if (!own->is_outstanding) {
        return tps_answer_error(request, TPS_AUTHENTICATION_ERROR_NONCE);
    }
    own->is_outstanding = false; /* one proof a challenge, good or bad */
    peer.root = asked[4].bytes;
    peer.chain = asked[3].bytes;
    TPS_TRY(authentication_peer_key(request->platform, &peer, &error, why));
    if (error != 0) {
        return tps_answer_error(request, error);
    }
    status = check_proof(request, peer.key, asked, &error);
    if (status == TPS_OK) {
        status =
            error != 0 ? tps_answer_error(request, error) : answer_verified(request, peer.key, peer.is_timed);
    }
    tps_crypto_key_free(peer.key);
    return status;
}

static tps_status handle(tps_request *request, tps_error *why)
{
    switch (request->tag) {
    case TAG_CHALLENGE: return challenge(request, why);
    case TAG_PROVE: return prove(request, why);
    case TAG_VERIFY: return verify(request, why);
    case TAG_KEY: return tell_key(request, why);
    default: return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "tag");
    }
}

/* {1: [ESP256], 2: challenges of 16 to 64 bytes, 3: 4 certificates} */
static const uint8_t features[] = {0xa3, 0x01, 0x81, 0x28, 0x02, 0x82, 0x10, 0x18, 0x40, 0x03, 0x04};

const tps_service tps_authentication_service = {
    .id = TPSC_UUID_INIT(0xe2, 0x8c, 0xd9, 0x23, 0x11, 0x65, 0x5a, 0x7b, 0xa3, 0x25, 0x41, 0x23, 0xb2, 0x31,
                         0xbb, 0x96),
    .name = "opentps authentication",
    .version = {0, 1, 0},
    .logins = tps_logins_named,
    .logins_count = TPS_LOGINS_NAMED_COUNT,
    .features = {features, sizeof(features)},
    .work_size = sizeof(work_area),
    .takes_bindings = true,
    .handle = handle,
};
