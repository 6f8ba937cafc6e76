/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file appraisal.h
 * Appraising evidence (RFC 9334, 8.3): what it must answer to, and what comes out, for evidence by itself, in
 * a wrapper, or of a composite device.
 *
 * Threads: as verifier.h.
 */
#ifndef TPS_APPRAISAL_H
#define TPS_APPRAISAL_H

#include "tps/ear.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tps_verifier tps_verifier;

/** The schemes: how evidence is read and matched. */
enum {
    TPS_SCHEME_UNKNOWN = 0,
    TPS_SCHEME_PSA = 1,     /**< a PSA token (RFC 9783) */
    TPS_SCHEME_OPENTPS = 2, /**< an EAT of the opentps device profile */
    TPS_SCHEME_DICE = 3,    /**< an answer signed below a DICE chain, whose layers are the claims */
    TPS_SCHEME_TPM = 4      /**< a TPM 2.0 quote, with or without its event log */
};

/** "PSA_IOT", "OPENTPS", "DICE", "TPM2" or "UNKNOWN": the submodule's name in the EAR. */
const char *tps_scheme_name(uint32_t scheme);

/** How evidence shows that it is fresh (RFC 9334, 10). */
enum {
    TPS_FRESHNESS_NONE = 0,  /**< of a result: it was not judged, so nothing is affirming */
    TPS_FRESHNESS_NONCE = 1, /**< it has the request's nonce, which is used once */
    TPS_FRESHNESS_TIME = 2,  /**< its nonce carries the time of its making, authenticated (freshness.h) */
    TPS_FRESHNESS_EPOCH = 3  /**< its nonce is the id of an epoch that counts now */
};

/** What evidence, and so a result, is tied to beside its nonce (spec/keys.md). */
enum {
    TPS_BOUND_NONE = 0,    /**< nothing: it could have been relayed. Give no credential on it */
    TPS_BOUND_KEY = 1,     /**< the key in its `cnf`, or whose thumbprint is there (RFC 8747, RFC 9679) */
    TPS_BOUND_CHANNEL = 2, /**< the channel whose binder was its nonce */
};

/** What is remembered of a device from its last appraisals, by who keeps such a memory; policies may ask it.
 */
typedef struct {
    bool is_known;      /**< false: nothing below counts */
    uint64_t count;     /**< appraisals so far */
    int64_t first_seen; /**< seconds since 1970 */
    int64_t last_seen;  /**< seconds since 1970 */
    uint8_t last_tier;  /**< TPS_EAR_TIER_* */
    bool has_bootcount;
    uint64_t bootcount; /**< the highest that it told */
    bool has_security_counter;
    uint64_t security_counter; /**< the highest that it told */
} tps_device_history;

/** What the evidence must answer to. Zero-initialise. */
typedef struct {
    uint32_t freshness; /**< TPS_FRESHNESS_NONCE, _TIME, _EPOCH; 0 is _NONCE */
    tps_span nonce;     /**< _NONCE: the nonce that was given out; empty: freshness is not judged, and so no
                           appraisal is affirming */
    bool is_nonce_of_relying_party; /**< _NONCE: the client brought it; the result says so */
    bool is_binder;                 /**< _NONCE: `nonce` is the binder of a channel to this very peer */
    uint32_t binder_origins;     /**< which origins of a binder are enough: bits 1 << TPS_DEVICE_BINDER_*; 0:
                                    the component's alone. _APPLICATION: one that the evidence measures */
    tps_span nonce_key;          /**< _TIME: the key of tps_nonce_make(), 32 bytes */
    tps_span nonce_context;      /**< _TIME: what the nonce was bound to, such as tenant and session */
    int64_t max_age;             /**< _TIME: seconds after which a nonce is too old; 0: 300 */
    struct tps_nonce_uses *uses; /**< _TIME: where used nonces are noted, so that each counts once
                                    (freshness.h); NULL: the caller sees to it */
    const tps_span *epochs;      /**< _EPOCH: ids that count now */
    size_t epoch_count;
    tps_span aud;     /**< who asks, as text: evidence that names another audience is refused; empty: not
                         compared */
    tps_span service; /**< for which service, as text: chooses among policies; may be empty */
    const tps_device_history *history; /**< may be NULL: nothing is known */
    int64_t now;                       /**< seconds since 1970 */
} tps_appraisal_request;

#define TPS_FINDINGS_MAX     16u
#define TPS_FINDING_TEXT_MAX 192u

/** One thing that is not affirming, for people: what, why, and what to do. Texts are UTF-8, zero-terminated,
 * cut to fit. */
typedef struct {
    uint32_t claim;    /**< TPS_EAR_INSTANCE_IDENTITY ... */
    int8_t value;      /**< what this finding makes of the claim */
    tps_status status; /**< the named error, when one stands behind it; else TPS_OK */
    char name[48];     /**< a stable name for programs, such as "executables.unknown-measurement" */
    char cause[TPS_FINDING_TEXT_MAX];
    char evidence[TPS_FINDING_TEXT_MAX]; /**< what the evidence says, such as a digest; empty when nothing
                                            adds to the cause */
    char known[TPS_FINDING_TEXT_MAX]; /**< what the endorsements have instead, such as versions; may be empty
                                       */
    char next_step[TPS_FINDING_TEXT_MAX];
} tps_finding;

/** The most parts of a composite device, the lead counted. */
#define TPS_PARTS_MAX 16u

/** How deep parts may lie in each other, the outermost counted; and collections. */
#define TPS_PARTS_DEPTH_MAX 4u

#define TPS_PART_NAME_MAX 64u
#define TPS_POLICY_ID_MAX 96u
#define TPS_PURPOSE_MAX   96u

/** The outcome of one appraisal. Plain data, about 14 KiB; copy it as you like. Texts are UTF-8,
 * zero-terminated. */
typedef struct {
    char name[TPS_PART_NAME_MAX];  /**< of a part of a composite device; empty for what stands alone */
    uint32_t scheme;               /**< TPS_SCHEME_* */
    int8_t vector[TPS_EAR_CLAIMS]; /**< values as in ear.h; an unset claim is 0 */
    uint8_t tier;                  /**< the status: no better than the worst claim */
    bool is_demonstration;         /**< trust came from the demonstration CA */
    bool is_mac;            /**< a shared key authenticated the evidence: this is no receipt for others */
    bool is_fresh;          /**< the evidence answered the request */
    uint32_t freshness;     /**< TPS_FRESHNESS_*: in which way */
    uint32_t bound;         /**< TPS_BOUND_* */
    uint32_t binder_origin; /**< TPS_DEVICE_BINDER_*, of what answers a binder */
    uint8_t
        evidence_sha256[32];   /**< of what was in a wrapper; of the wrapper, if it could not be taken off */
    uint8_t signer_sha256[32]; /**< of the SubjectPublicKeyInfo that verified; zeros if none did, or a shared
                                  key */
    uint8_t instance_id[33];   /**< ueid or PSA instance id */
    bool is_nonce_of_relying_party; /**< freshness was the relying party's */
    size_t instance_id_size;        /**< 0 when unknown */
    char device_class[96];          /**< endorsed vendor and model; empty when unknown */
    uint8_t class_id[32];     /**< of the class that was established: what the evidence claims agrees with
                                 what the device was endorsed or certified for */
    size_t class_id_size;     /**< 0 when none was established */
    uint8_t maker_sha256[32]; /**< of the key of the trust anchor behind the device: that its own key leads
                                 to, else of who endorsed its class or it; zeros without one. Neither is
                                 written into results */
    char purpose[TPS_PURPOSE_MAX];     /**< what the class is for, as endorsed; empty when unknown */
    char policy_id[TPS_POLICY_ID_MAX]; /**< of the policy that judged; empty when none came to it */
    uint8_t policy_sha256[32];         /**< of its text; zeros when none came to it */
    size_t finding_count;
    tps_finding findings[TPS_FINDINGS_MAX];
    tps_span payload; /**< the verified claims, inside the evidence; empty unless the signature is good */
    tps_span confirmation; /**< the `cnf` of verified evidence, encoded, inside the evidence; else empty */
} tps_appraisal;

/**
 * @brief Appraise evidence.
 *
 * Never fails for what the evidence is: malformed, forged or stale evidence gives an appraisal whose vector
 * and findings say so. Bad signatures and unreadable bytes set every claim to TPS_EAR_CRYPTO_FAILED or
 * TPS_EAR_UNEXPECTED's tier "contraindicated" (99), as existing verifiers do.
 *
 * PSA (RFC 9783): the signer must be endorsed for this very instance, and every software component must match
 * one reference value of its class in type, digest and signer, with every endorsed component present and none
 * pooled over devices.
 *
 * @param evidence  COSE_Sign1; COSE_Mac0 if a shared key was added; or a TPM's (tpm.h); at most 64 KiB, of a
 *                  TPM with its event log TPS_TPM_EVIDENCE_MAX.
 * @param request   What it must answer to.
 * @param[out] out  Filled always.
 */
void tps_verifier_appraise(tps_verifier *verifier, tps_span evidence, const tps_appraisal_request *request,
                           tps_appraisal *out);

/**
 * @brief Appraise evidence that may come in a wrapper (CMW, RFC 9999).
 *
 * A wrapper must hold one message: a record, a tag, or a collection with one of them. Its type must be one of
 *   application/eat+cwt                         (263), which leaves the profile open,
 *   application/eat+cwt; eat_profile="..."      with the profile of a PSA token (10003) or of opentps,
 *   application/eat-cwt; profile="http://arm.com/psa/2.0.0", application/psa-attestation-token.
 * What begins like no wrapper is evidence by itself. All else is as in tps_verifier_appraise(), to which what
 * is inside goes; a wrapper proves nothing. Findings of its own:
 *   evidence.malformed   the wrapper is none (TPS_CMW_*, TPS_CBOR_*, TPS_JSON_*), or it holds several
 * messages or one of another type (TPS_VERIFIER_WRAPPED_TYPE) evidence.other-type  the evidence's profile is
 * not what the type says (TPS_VERIFIER_TYPE_MISMATCH)
 *
 * @param bytes  What came.
 * @param room   For wrappers of JSON: as many bytes as `bytes` has are enough. It must stay as long as
 *               `out->payload` is used.
 */
void tps_verifier_appraise_wrapped(tps_verifier *verifier, tps_span bytes, tps_buf room,
                                   const tps_appraisal_request *request, tps_appraisal *out);

/** Room that is enough for tps_verifier_appraise_all() of so many bytes. */
#define TPS_APPRAISAL_ROOM(size) (4 * (size_t)(size) + 4096)

/**
 * @brief Appraise all that came: evidence, or evidence of a composite device with its parts (RFC 9334, 3.3).
 *
 * It may be
 *   - one message, or one in a wrapper, as in tps_verifier_appraise_wrapped();
 *   - a JWT (RFC 9711, 7.2) of the opentps profile, signed by an endorsed or an added key; as wrapper type
 *     application/eat+jwt (264);
 *   - a detached bundle (RFC 9711, 5), in CBOR with its tag 602, or in JSON; as wrapper type
 *     application/eat-bun+cbor (265), application/eat-bun+json (266);
 *   - a collection of wrappers (RFC 9999) of all these, and collections in it.
 * Submodules of any of them (RFC 9711, 4.2.18) are parts, too, and so on. Each part is appraised by itself,
 * by its own endorsements and policy:
 *   - A nested token answers for itself: it needs a signer that is known, and the request's nonce, for the
 *     signature around it says only that it was carried. So does each message of a collection, which nobody
 *     signed: nothing shows there that its parts are of one device.
 *   - Claims in a token, and detached claims of which it has the digest, are as good and as fresh as that
 *     token; a nonce of their own must be the request's. They name a class for which no other maker speaks
 *     than the token's own, and no instance with a key of its own. No such part is better than the part that
 *     signed it (evidence.carrier), and it is in a channel if that part is.
 *   - A part of a type that is not known, a digest without its claims, claims without their digest, are parts
 *     that are refused (evidence.malformed). A part that is no answer, or whose signature is not good, is
 *     refused, and nothing that lies in it is looked at.
 *   - The same device twice is refused, in whichever schemes: evidence.repeated-part. It is the same by its
 *     instance id, or by the key that signed (of parts that are signed themselves).
 * Names are paths: "soc/tee" for the submodule "tee" of the part "soc"; a '/' in a label is written "~1", a
 * '~' "~0" (RFC 6901, 3), so that no label looks like a path. The lead, what stands alone or outside of all
 * others, has the label of its entry, or none. Parts come level by level, so that `parts[0]`
 * is the lead, or of a collection its first entry.
 *
 * @param bytes          What came.
 * @param room           For what has to be decoded: TPS_APPRAISAL_ROOM() bytes. It must stay as long as
 *                       payloads of `parts` are used.
 * @param request        What it must answer to. A nonce that is used up is so once, for all parts.
 * @param[out] parts     Room for `capacity` appraisals; `parts[0]` is always filled.
 * @param capacity       1 to TPS_PARTS_MAX. When there are more parts, or they lie deeper than
 *                       TPS_PARTS_DEPTH_MAX, evidence.too-many-parts refuses the lead.
 * @param[out] count     How many there are: 1 or more.
 * @param[out] tier      Of the whole: affirming if all parts are; else the worst of them.
 */
void tps_verifier_appraise_all(tps_verifier *verifier, tps_span bytes, tps_buf room,
                               const tps_appraisal_request *request, tps_appraisal *parts, size_t capacity,
                               size_t *count, uint8_t *tier);

/**
 * @brief Whether evidence is of the profile that the media type beside it names.
 *
 * For evidence that comes without a wrapper, under a Content-Type: what a wrapper's type must agree with is
 * asked of it, too. Nothing is verified.
 *
 * @param evidence  In any form of tps_verifier_appraise_all() but a wrapper.
 * @param type      The type of evidence in any of these forms, as it came.
 * @retval TPS_OK                      They agree; or the type leaves the profile open, or the evidence names
 * none, or cannot be taken apart, of which the appraisal will tell.
 * @retval TPS_VERIFIER_TYPE_MISMATCH  The evidence names another profile, or begins like evidence in another
 * form: a JWT, a bundle, a TPM's.
 * @retval TPS_VERIFIER_WRAPPED_TYPE   The type is none of those.
 */
TPS_MUST_USE tps_status tps_verifier_check_type(tps_span evidence, tps_span type);

#ifdef __cplusplus
}
#endif

#endif
