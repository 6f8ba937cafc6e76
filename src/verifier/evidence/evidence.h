/* SPDX-License-Identifier: Apache-2.0 */
/* The claims of either evidence profile, brought to the one form that is matched and judged. */
#ifndef TPS_VERIFIER_EVIDENCE_H
#define TPS_VERIFIER_EVIDENCE_H

#include "tps/corim.h"
#include "tps/cwt.h"
#include "tps/device_claims.h"
#include "tps/jws.h"
#include "tps/psa.h"
#include "tps/verifier.h"
#include "verifier/evidence/tpm.h"

#define EVIDENCE_COMPONENTS_MAX 32u

/** How evidence is protected, and so how it is taken apart and who checks it. */
enum {
    EVIDENCE_COSE = 1,   /**< COSE_Sign1 or COSE_Mac0: trust_establish() */
    EVIDENCE_CLAIMS = 2, /**< claims in a token of another part, whose signature covers them */
    EVIDENCE_JWS = 3,    /**< a JWT (RFC 9711, 7.2): trust_jws() */
    EVIDENCE_TPM = 4,    /**< a TPM's quote: trust_tpm() */
    /* What holds evidence of the forms above (composite.c). */
    EVIDENCE_BUNDLE = 16,     /**< a detached bundle in CBOR (RFC 9711, 5) */
    EVIDENCE_BUNDLE_JSON = 17 /**< one in JSON */
};

/** CoAP content formats of detached bundles (RFC 9782). */
enum { EVIDENCE_FORMAT_BUNDLE = 265, EVIDENCE_FORMAT_BUNDLE_JSON = 266 };

/** Evidence that was taken apart. Spans point into it. */
typedef struct {
    uint32_t form;         /**< EVIDENCE_* */
    tps_span payload;      /**< the claims that are signed, in CBOR; empty until they are found */
    tps_cose_message cose; /**< EVIDENCE_COSE */
    tps_jws jws;           /**< EVIDENCE_JWS */
    tps_jws_header jws_header;
} evidence_message;

/** What the evidence says. Spans point into its payload. */
typedef struct {
    uint32_t scheme; /**< TPS_SCHEME_* */
    union {
        tps_psa_claims psa;
        tps_device_claims eat;
        evidence_tpm tpm;
    } claims;
    tps_span nonce;
    tps_span aud;         /**< empty when absent */
    tps_cwt_claims cwt;   /**< exp, nbf, iat, whatever the profile says of them */
    bool has_submods;     /**< nothing appraises them */
    tps_span instance_id; /**< empty in pairwise evidence without ueid: then the sueid */
    tps_span class_id;
    size_t component_count;
    tps_corim_component components[EVIDENCE_COMPONENTS_MAX]; /**< an all-zero signer is shown as none */
} evidence_claims;

/**
 * Takes evidence apart and reads what it says. Nothing is verified.
 * @param form      How it is protected: COSE, CLAIMS, JWS.
 * @param room      For what has to be decoded, taken from its front; NULL: there is none.
 * @param[out] e    `scheme` is set always.
 * @param[out] why  Where and why it failed.
 * @retval TPS_OK
 * @retval TPS_TOO_LARGE    More than 64 KiB.
 * @retval TPS_UNSUPPORTED  It is under a shared key, and none is known; it is a JWT, and there is no room; or
 * it holds several parts.
 * @retval TPS_BUFFER_TOO_SMALL  `room`.
 * @retval TPS_COSE_*, TPS_CLAIM_*, TPS_CBOR_*, TPS_JWT_*, TPS_JSON_*
 */
TPS_MUST_USE tps_status evidence_open(const tps_verifier *v, tps_span bytes, uint32_t form, tps_buf *room,
                                      evidence_message *message, evidence_claims *e, tps_error *why);

/** Takes from the room's front what was written there: all that ends with `used`. What lies elsewhere takes
 * nothing. */
void evidence_take_room(tps_buf *room, tps_span used);

/** How evidence is protected, by its first bytes: EVIDENCE_COSE when it is nothing else that is known. */
uint32_t evidence_form_of(tps_span bytes);

/**
 * Reads the payload of evidence by its profile.
 * @param[out] out  `scheme` is that of the decoder that took it; TPS_SCHEME_UNKNOWN when none did.
 * @retval TPS_CLAIM_*, TPS_CBOR_*
 */
TPS_MUST_USE tps_status evidence_read(tps_span payload, evidence_claims *out, tps_error *why);

/** As evidence_read(), of claims that lie in the token of another part: they need no nonce of their own.
 * @retval TPS_VERIFIER_COMPOSITE  They are an answer below a DICE chain, of which there is none. */
TPS_MUST_USE tps_status evidence_read_part(tps_span payload, evidence_claims *out, tps_error *why);

/** As evidence_read(), of a TPM (tpm.h): `bytes` is all of its evidence. Spans point into `out`, too. */
TPS_MUST_USE tps_status evidence_read_tpm(tps_span bytes, evidence_claims *out, tps_error *why);

/** Sets `scheme` and `claims` alone, of a payload that evidence_read() took before: it is not checked again.
 * Errors as there. */
TPS_MUST_USE tps_status evidence_read_again(tps_span payload, evidence_claims *out);

/** An all-zero signer stands for none (PSA tokens cannot leave it out). */
tps_span evidence_signer(tps_span signer_id);

#endif
