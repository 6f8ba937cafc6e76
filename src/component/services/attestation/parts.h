/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the attestation service share; see attestation.h. */
#ifndef TPS_COMPONENT_ATTESTATION_PARTS_H
#define TPS_COMPONENT_ATTESTATION_PARTS_H

#include "component/core/core.h"
#include "component/services/attestation/attestation.h"
#include "component/services/keys/key_store.h"
#include "tps/device_claims.h"

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

/** What the maker put onto the device, and what the first stage made, into the chains of IAK and AK_0. */
TPS_MUST_USE tps_status attestation_read_chains(const tps_component *component, tps_attestation_state *state);

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

/** The AK_0 of the device, whoever asks: for the certification request only. */
tps_attester attestation_ak(const tps_request *request);

/* ---- claims.c ---- */

/** What evidence is asked for. Spans point into the message. */
typedef struct {
    uint64_t profile;
    tps_span nonce;
    tps_span aud;       /**< `data` is NULL when absent */
    uint64_t intuse;    /**< 0 when absent */
    tps_span leave_out; /**< encoded array of labels; empty when absent */
    tps_span submods;   /**< encoded map; empty when absent */
    tps_span cnf;       /**< encoded; empty when absent */
    tps_span pairwise_id;
} tps_evidence_wish;

/** TPS_EVIDENCE_ERROR_*, or 0: whether such evidence can be asked for by this attester. */
uint32_t attestation_judge_wish(const tps_component *component, const tps_evidence_wish *wish,
                                const tps_attester *attester);

/** Encodes the claims into state->claims. */
TPS_MUST_USE tps_status attestation_encode_psa(tps_request *request, const tps_evidence_wish *wish,
                                               const tps_attester *attester, tps_span *claims,
                                               tps_error *why);
TPS_MUST_USE tps_status attestation_encode_opentps(tps_request *request, const tps_evidence_wish *wish,
                                                   const tps_attester *attester, tps_span *claims,
                                                   tps_error *why);

/* ---- evidence.c, key.c, kept.c: messages ---- */

TPS_MUST_USE tps_status attestation_make_evidence(tps_request *request, tps_error *why);
TPS_MUST_USE tps_status attestation_certification(tps_request *request, tps_error *why);
TPS_MUST_USE tps_status attestation_keep_certificates(tps_request *request, tps_error *why);
TPS_MUST_USE tps_status attestation_keep_result(tps_request *request, tps_error *why);
TPS_MUST_USE tps_status attestation_tell_result(tps_request *request, tps_error *why);

/** Answers {1: bytes of a COSE_Sign1}: straight into the response's room, behind a head whose size was
 * measured. */
TPS_MUST_USE tps_status attestation_answer_sign1(tps_request *request, tps_span payload,
                                                 const tps_cose_make_options *options, tps_crypto_key *key,
                                                 int32_t alg);

/** The certificates of the pairwise identity into state->pairwise_chain; none is no error. */
TPS_MUST_USE tps_status attestation_load_pairwise_chain(const tps_request *request);

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
