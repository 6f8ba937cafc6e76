/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the attestation service share; see attestation.h. */
#ifndef TPS_COMPONENT_ATTESTATION_PARTS_H
#define TPS_COMPONENT_ATTESTATION_PARTS_H

#include "component/core/core.h"
#include "component/services/attestation/attestation.h"
#include "component/services/keys/key_store.h"
#include "tps/device_claims.h"

/** Whether there are other services, whose facts and keys attestation works with, and providers. Without them
 * (TPS_ATTESTATION_ALONE) what is for them is not linked. */
#ifdef TPS_ATTESTATION_ALONE
#define HAS_OTHERS false
#else
#define HAS_OTHERS true
#endif

/** A function whose frame is not to lie in its caller's, below which others go deeper. */
#define OWN_FRAME __attribute__((noinline))

enum {
    TAG_EVIDENCE = 10,
    TAG_PUBLIC_KEY = 11,
    TAG_CERTIFICATES = 12,
    TAG_CERTIFICATION = 13,
    TAG_KEEP_CERTIFICATES = 14,
    TAG_KEEP_RESULT = 15,
    TAG_RESULT = 16,
    TAG_ATTEST_KEY = 17,
    TAG_AGREE = 18
};

/** Who speaks for a session. */
typedef struct {
    tps_crypto_key *key; /**< the service's */
    bool is_iak;
    bool is_pairwise;
    tps_span id; /**< ueid, or SUEID_p if pairwise */
    tps_span bootseed;
    const tps_certificate_chain *chain;
} tps_attester;

/** What a session keeps of MAC_p; secret. Lies in session->context. */
typedef struct {
    bool is_there;
    uint8_t key[TPS_KEYS_SIZE];
} tps_attestation_mac;

/** Bytes of {1: COSE_Key} of an elliptic curve, at most (P-384). */
#define CNF_MAX 128u

/* ---- attester.c ---- */

/** An array of certificates in `encoded`, at most TPS_COSE_X5CHAIN_MAX; false if it is none. */
bool attestation_read_chain(tps_span encoded, tps_certificate_chain *chain);

/**
 * What the maker put onto the device, and what the first stage made, for a key into state->chain: read unless
 * it is there.
 * @param whose  TPS_EVIDENCE_KEY_*
 */
TPS_MUST_USE tps_status attestation_load_chain(const tps_component *component, tps_attestation_state *state,
                                               uint32_t whose);

/** The room for chains, to be filled by the caller with another than these. */
tps_buf attestation_chain_room(tps_attestation_state *state);

/**
 * The pairwise identity towards a provider, kept in `state`.
 * @return TPS_OK, or as tps_component_owner_secret() and of crypto.h.
 */
TPS_MUST_USE tps_status attestation_pairwise(const tps_component *component, tps_attestation_state *state,
                                             const uint8_t provider[32]);

/** Forgets it. */
void attestation_forget_pairwise(tps_attestation_state *state);

/**
 * Which key speaks for the request's session.
 * @param key         TPS_EVIDENCE_KEY_*; 0: what the session has by itself.
 * @param[out] error  TPS_EVIDENCE_ERROR_*; then `out` is not filled. 0: it is.
 */
TPS_MUST_USE tps_status attestation_attester(const tps_request *request, uint64_t key, tps_attester *out,
                                             uint32_t *error);

/** The AK_0 of the device, whoever asks, without its chain: that is to be loaded. */
tps_attester attestation_ak(const tps_request *request);

/* ---- claims.c ---- */

/** A number that is not there. */
#define ATTESTATION_ABSENT UINT64_MAX
/** The claim about a key (spec/attestation.cddl). */
#define ATTESTATION_KEY_FACTS (-80011)

/** What evidence is asked for. Spans point into the message. */
typedef struct {
    uint64_t profile;
    uint64_t intuse; /**< or ATTESTATION_ABSENT */
    tps_span nonce;
    tps_span aud;       /**< `data` is NULL when absent */
    tps_span leave_out; /**< encoded array of labels; empty when absent */
    tps_span submods;   /**< encoded map; empty when absent */
    tps_span cnf;       /**< encoded; empty when absent */
    tps_span pairwise_id;
} attestation_wish;

/** A row of a profile's table. */
typedef struct attestation_claim attestation_claim;

/** What claims say. Empty spans and ATTESTATION_ABSENT are left out. The first two are the caller's. */
typedef struct {
    attestation_wish wish;
    tps_attester attester;
    const tps_request *request;
    const attestation_claim *claims; /**< which, in their order */
    size_t claims_count;
    const tps_key_facts *key; /**< of key attestations */
    tps_span profile;
    tps_span ueid;
    tps_span sueid;
    tps_span class_id;
    tps_span oemid;
    tps_span hwversion;
    tps_span bootseed;
    tps_span swname;
    tps_span swversion;
    tps_span application;
    uint64_t oemboot; /**< 0 or 1 */
    uint64_t debug;
    uint64_t lifecycle; /**< as the profile numbers them */
    uint64_t bootcount;
    uint64_t security_counter;
    uint64_t binder_origin;
    uint64_t client; /**< -1 minus it is the id */
} attestation_facts;

/** TPS_EVIDENCE_ERROR_*, or 0: whether such evidence can be asked for by this attester. */
uint32_t attestation_judge_wish(const tps_component *component, const attestation_wish *wish,
                                const tps_attester *attester);

/** The facts for a wish that was judged. @return TPS_OK, or of crypto.h. */
TPS_MUST_USE tps_status attestation_gather(tps_request *request, attestation_facts *facts);

/** The facts of a key attestation. */
void attestation_gather_key(tps_request *request, const tps_key_facts *key, attestation_facts *facts);

/** Puts the claims: one map, in deterministic form. What is told does not change while a request is handled,
 * so that measured and written are the same. */
void attestation_put_claims(tps_cbor_writer *writer, const attestation_facts *facts);

/* ---- evidence.c, key.c, kept.c: messages ---- */

TPS_MUST_USE tps_status attestation_make_evidence(tps_request *request, tps_error *why);
TPS_MUST_USE tps_status attestation_certification(tps_request *request, tps_error *why);
TPS_MUST_USE tps_status attestation_keep_certificates(tps_request *request, tps_error *why);
TPS_MUST_USE tps_status attestation_keep_result(tps_request *request, tps_error *why);
TPS_MUST_USE tps_status attestation_tell_result(tps_request *request, tps_error *why);

/** What a token is protected by. */
typedef struct {
    tps_crypto_key *key; /**< signs it; NULL: it is a COSE_Mac0 */
    tps_span mac_key;    /**< for that */
    int32_t alg;
    tps_cose_make_options options;
} attestation_seal;

/** Answers {1: head of a byte string}, and finds the room behind it. */
TPS_MUST_USE tps_status attestation_open_answer(tps_request *request, size_t size, tps_buf *room);

/** Options with the attester's chain. */
tps_cose_make_options attestation_with_chain(const tps_attester *attester);

/**
 * Answers {1: token over the claims}, all in the response's room: first the sizes are measured, then the
 * claims are written where they will stand.
 * @param seals  From the inside out, `count` of them, 1 or 2: each is the payload of the next.
 */
TPS_MUST_USE tps_status attestation_answer_claims(tps_request *request, const attestation_facts *facts,
                                                  const attestation_seal *seals, size_t count);

/** The certificates of the pairwise identity into state->chain; none is no error. */
TPS_MUST_USE tps_status attestation_load_pairwise_chain(const tps_request *request);

/** Puts what is true of a key. */
void attestation_put_key_facts(tps_cbor_writer *writer, const tps_key_facts *facts);

TPS_MUST_USE tps_status attestation_attest_key(tps_request *request, tps_error *why);
TPS_MUST_USE tps_status attestation_agree(tps_request *request, tps_error *why);

/** Which key evidence shall confirm. */
typedef struct {
    bool is_authentication; /**< the authentication service's for the session */
    tps_span name;          /**< else of the key store */
    tps_span passport;      /**< empty, or a provider in that mode: the same login's key in its context */
} tps_confirm_wish;

/**
 * {1: COSE_Key} of the key that is wished for.
 * @param[out] cnf    Inside `room`, CNF_MAX bytes.
 * @param[out] error  TPS_EVIDENCE_ERROR_*: then there is no `cnf`. Untouched otherwise.
 */
TPS_MUST_USE tps_status attestation_confirm(const tps_request *request, const tps_confirm_wish *wish,
                                            tps_buf room, tps_span *cnf, uint32_t *error);

/** The MAC_p of the request's session. */
tps_attestation_mac *attestation_mac_of(const tps_request *request);

#endif
