/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ear.h
 * The EAT Attestation Result (draft-ietf-rats-ear) and its trustworthiness vector (draft-ietf-rats-ar4si):
 * what a verifier says of evidence, as JWT (JSON) and as CWT (CBOR), in three generations of names. All are
 * read; the caller chooses which to write. Without a heap: what is read points into the input, or, where JSON
 * has to be decoded, into the caller's room. Thread-safe for distinct outputs, rooms and key objects.
 */
#ifndef TPS_EAR_H
#define TPS_EAR_H

#include "tps/jws.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Generations of EAR, by their eat_profile. Their labels in CBOR are the same. */
enum {
    TPS_EAR_2023 = 0, /**< tag:github.com,2023:veraison/ear: "ear.status"; what today's clients read. Also
                           tag:github.com,2024:confidential-containers/Trustee */
    TPS_EAR_2025 = 1, /**< tag:ietf.org,2025-07:ear: the same names */
    TPS_EAR_2026 = 2, /**< tag:ietf.org,2026:rats/ear#03, #04, #05: "ear_status", policy ids as an array.
                           Written as #04 */
    TPS_EAR_GENERATIONS = 3 /**< how many there are */
};

/** The claims of the trustworthiness vector, by their CBOR keys. */
enum {
    TPS_EAR_INSTANCE_IDENTITY = 0,
    TPS_EAR_CONFIGURATION = 1,
    TPS_EAR_EXECUTABLES = 2,
    TPS_EAR_FILE_SYSTEM = 3,
    TPS_EAR_HARDWARE = 4,
    TPS_EAR_RUNTIME_OPAQUE = 5,
    TPS_EAR_STORAGE_OPAQUE = 6,
    TPS_EAR_SOURCED_DATA = 7,
    TPS_EAR_CLAIMS = 8 /**< how many there are */
};

/** Values with a meaning of their own, in every claim (AR4SI, 2.3). */
enum {
    TPS_EAR_NO_CLAIM = 0,
    TPS_EAR_UNEXPECTED = 1,
    TPS_EAR_MALFUNCTION = -1,
    TPS_EAR_AFFIRMING = 2,
    TPS_EAR_CRYPTO_FAILED = 99
};

/** Values of single claims (AR4SI, 2.3.4). */
enum {
    TPS_EAR_IDENTITY_TRUSTWORTHY = 2,
    TPS_EAR_IDENTITY_UNTRUSTWORTHY = 96,
    TPS_EAR_IDENTITY_UNRECOGNIZED = 97,
    TPS_EAR_CONFIG_APPROVED = 2,
    TPS_EAR_CONFIG_UNSAFE = 32,
    TPS_EAR_CONFIG_UNSUPPORTABLE = 96,
    TPS_EAR_EXEC_APPROVED_BOOT = 3,
    TPS_EAR_EXEC_APPROVED = 2,
    TPS_EAR_EXEC_UNSAFE = 32,
    TPS_EAR_EXEC_UNRECOGNIZED = 33,
    TPS_EAR_EXEC_CONTRAINDICATED = 96,
    TPS_EAR_HARDWARE_GENUINE = 2,
    TPS_EAR_HARDWARE_UNSAFE = 32,
    TPS_EAR_HARDWARE_CONTRAINDICATED = 96,
    TPS_EAR_HARDWARE_UNRECOGNIZED = 97
};

/** Tiers (CBOR values). */
enum {
    TPS_EAR_TIER_NONE = 0,
    TPS_EAR_TIER_AFFIRMING = 2,
    TPS_EAR_TIER_WARNING = 32,
    TPS_EAR_TIER_CONTRAINDICATED = 96
};

/** The tier of a claim's value: none -1..1; affirming 2..31, -32..-2; warning 32..95, -96..-33; else
 * contraindicated. */
uint8_t tps_ear_tier_of(int8_t value);

/** The worst tier of a vector; claims with tier none do not count, and a vector of only these is none. */
uint8_t tps_ear_tier_of_vector(const int8_t vector[TPS_EAR_CLAIMS]);

/** "none", "affirming", "warning", "contraindicated"; "none" for what is no tier. */
const char *tps_ear_tier_name(uint8_t tier);

/** The profile that a generation is written with; NULL for an unknown one. */
const char *tps_ear_profile(uint32_t generation);

/** The generation of a profile; TPS_EAR_GENERATIONS if it is none of EAR's. */
uint32_t tps_ear_generation_of(tps_span profile);

/** "instance-identity", "configuration", ... for 0..7; "unknown" for all else. */
const char *tps_ear_claim_name(uint32_t claim);

/* ---- reading ---- */

/** Bits of `present`. */
enum { TPS_EAR_HAS_EXP = 1, TPS_EAR_HAS_NBF = 2, TPS_EAR_HAS_STATUS = 4, TPS_EAR_HAS_RAW_CMW = 8 };

/** A result that was read and checked as a whole; its appraisals are walked by tps_ear_appraisals(). */
typedef struct {
    uint32_t generation; /**< TPS_EAR_2023 ... */
    uint32_t present;    /**< TPS_EAR_HAS_* */
    bool is_json;
    uint8_t status;    /**< TPS_EAR_TIER_* over all appraisals, if TPS_EAR_HAS_STATUS (2026 only) */
    tps_span encoded;  /**< the claims, as they are encoded */
    tps_span profile;  /**< eat_profile */
    int64_t iat;       /**< seconds since 1970; not negative, as the other times */
    int64_t exp;       /**< if TPS_EAR_HAS_EXP */
    int64_t nbf;       /**< if TPS_EAR_HAS_NBF */
    tps_span issuer;   /**< empty when absent */
    tps_span audience; /**< aud as encoded: text or an array of it; empty when absent */
    tps_span
        confirmation;       /**< cnf as encoded: the key of whoever may present the result, a map of RFC 8747
                                 (tps_cwt_confirmation_decode()), or an object of RFC 7800; empty when absent */
    tps_span nonce;         /**< eat_nonce as encoded: for tps_ear_nonce_is(); empty when absent */
    tps_span developer;     /**< of the verifier */
    tps_span build;         /**< of the verifier */
    tps_span raw_evidence;  /**< its bytes; if TPS_EAR_HAS_RAW_CMW, a record of cmw.h as it is encoded; empty
                                 when absent */
    tps_span submods;       /**< as encoded; for tps_ear_appraisals() */
    uint32_t submod_count;  /**< 1 or more */
    uint32_t unknown_count; /**< claims that are not known here, and were passed over */
} tps_ear;

/** One appraisal: a submodule of a result. */
typedef struct {
    tps_span name;                 /**< of the submodule */
    tps_span encoded;              /**< its claims, as they are encoded */
    tps_span profile;              /**< empty when absent */
    uint32_t generation;           /**< of the result */
    bool is_json;                  /**< of the result */
    uint8_t status;                /**< TPS_EAR_TIER_* */
    uint8_t vector_claims;         /**< bit i: the vector has claim i; 0: there is no vector */
    int8_t vector[TPS_EAR_CLAIMS]; /**< 0 where a claim is absent */
    tps_span
        policy_ids; /**< as encoded, text or an array of it: for tps_ear_policy_ids(); empty when absent */
    tps_span nonce; /**< of the evidence, as encoded: for tps_ear_nonce_is(); empty when absent */
    uint32_t unknown_count; /**< claims that are not known here: for tps_ear_appraisal_extras() */
} tps_ear_appraisal;

/**
 * @brief Read the claims of a result, and check all of them.
 *
 * Strict where a wrong result would be believed: times are whole seconds (in JSON of the first generation
 * 1.666529184e+09 is taken, as its writers have it, when it is whole), a status is one of the four tiers, and
 * no better than the worst claim that it stands for. Tiers have the order affirming, none, warning,
 * contraindicated here: "none" promises nothing, and who claims nothing is not affirmed. Claims that are not
 * known, and those in the names of another generation, are counted and passed over.
 *
 * @param claims    Claims of CBOR (a map), or of JSON (an object, behind white space or not); at most 64 KiB.
 * @param room      For JSON: what is escaped or in base64 goes to its front, at most as many bytes as
 *                  `claims` has. NULL for CBOR, or to refuse escapes and raw evidence.
 * @param[out] out  Points into `claims` and `room`; untouched unless TPS_OK.
 * @param[out] why  Offset, and the claim's name; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_EAR_UNKNOWN_PROFILE  eat_profile is absent or none of the generations.
 * @retval TPS_EAR_CLAIM_MISSING    iat, verifier id, submods, or an appraisal's status is absent.
 * @retval TPS_EAR_BAD_CLAIM        A claim's type or value.
 * @retval TPS_EAR_BAD_TIME         iat, exp or nbf is negative or no whole number of seconds.
 * @retval TPS_EAR_BAD_VECTOR       A vector is empty, or a value is outside -128..127.
 * @retval TPS_EAR_BAD_STATUS       A status is no tier: name in JSON, number in CBOR.
 * @retval TPS_EAR_STATUS_TOO_GOOD  A status is better than the worst claim of its vector; or the result's
 * than the worst of its appraisals.
 * @retval TPS_EAR_NO_APPRAISAL     submods is empty.
 * @retval TPS_CBOR_*, TPS_JSON_*   From tps_cbor_check() or its counterpart: claims that stand twice, too.
 * @retval TPS_BUFFER_TOO_SMALL     The room.
 *
 * Stack, on a Cortex-M33: at most 2.6 KiB, the checkers included. No recursion. draft-ietf-rats-ear, 3.
 */
TPS_MUST_USE tps_status tps_ear_decode(tps_span claims, tps_buf *room, tps_ear *out, tps_error *why);

/** A walk over appraisals, policy ids or extras; private, but for `status`: TPS_OK, or TPS_BUFFER_TOO_SMALL
 * when the room ended a walk early. */
typedef struct {
    tps_span rest;
    uint64_t left;
    uint32_t generation;
    uint8_t close;
    bool is_json;
    bool has_entry;
    bool is_appraisal;
    bool is_single;
    tps_status status;
} tps_ear_walk;

/** The appraisals of a result that was read. */
tps_ear_walk tps_ear_appraisals(const tps_ear *ear);

/**
 * The next appraisal into `out`; false behind the last one, and when the room is too small (`walk->status`).
 * @param room  As in tps_ear_decode().
 */
bool tps_ear_next_appraisal(tps_ear_walk *walk, tps_buf *room, tps_ear_appraisal *out);

/** The identifiers of the policies that an appraisal was made under, in their order; then
 * tps_ear_next_policy_id(), as tps_ear_next_appraisal(). */
tps_ear_walk tps_ear_policy_ids(const tps_ear_appraisal *appraisal);
bool tps_ear_next_policy_id(tps_ear_walk *walk, tps_buf *room, tps_span *id);

/** A claim that is not known here: an extension, such as annotated evidence. */
typedef struct {
    bool is_int;    /**< CBOR only */
    int64_t number; /**< if is_int */
    tps_span name;  /**< otherwise */
    tps_span value; /**< as it is encoded */
} tps_ear_extra;

/** What a result, or an appraisal, says beyond the claims of this header; then tps_ear_next_extra(), as
 * tps_ear_next_appraisal(). */
tps_ear_walk tps_ear_extras(const tps_ear *ear);
tps_ear_walk tps_ear_appraisal_extras(const tps_ear_appraisal *appraisal);
bool tps_ear_next_extra(tps_ear_walk *walk, tps_buf *room, tps_ear_extra *extra);

/** True when `nonce`, 8 to 64 bytes, is one of those of a result or an appraisal (its member `nonce`). In
 * JSON they are compared as base64 of either alphabet, with padding or without. */
bool tps_ear_nonce_is(tps_span encoded, bool is_json, tps_span nonce);

/* ---- verifying ---- */

/** What a relying party asks of a result. Zeros are strict: it must have an expiry, and be neither over nor
 * of the future. */
typedef struct {
    int64_t now;           /**< seconds since 1970; not negative */
    uint32_t leeway;       /**< seconds by which clocks may differ */
    bool permit_no_expiry; /**< take results without exp, which are good for ever */
    tps_span nonce;        /**< must be in eat_nonce; empty: not compared */
    tps_span audience;     /**< must be aud, if the result has one; empty: not compared */
} tps_ear_terms;

/**
 * @brief Verify a result in a JWT, and read it.
 *
 * @param text      The compact JWS; white space around it is allowed. Header and claims at most 64 KiB each.
 * @param key       The verifier's public key: it must have signed, by an algorithm that fits the key.
 * @param terms     When and for whom.
 * @param room      The claims are decoded into it, and what they escape: twice `text.size` bytes are always
 *                  enough. Shrinks from its front.
 * @param[out] out  Points into `room`; untouched unless TPS_OK.
 * @param[out] why  May be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_CRYPTO_BAD_SIGNATURE, TPS_COSE_ALG_REFUSED, TPS_CRYPTO_ALG_REFUSED, TPS_CRYPTO_FAILED
 *                                                 As tps_jws_verify_as().
 * @retval TPS_EAR_EXPIRED, TPS_EAR_NOT_YET_VALID  By `terms->now`: exp is over; or iat or nbf is to come.
 * @retval TPS_EAR_CLAIM_MISSING                   Also: there is no exp, or no nonce though one is asked for.
 * @retval TPS_EAR_BAD_CLAIM                       Also: it answers another nonce, or is for another audience;
 * its claims are of the other encoding.
 * @retval TPS_BAD_BASE64                          The payload is none.
 * @retval TPS_BUFFER_TOO_SMALL                    The room.
 * @retval others                                  As tps_jws_parse(), tps_jws_read_header(),
 * tps_ear_decode().
 *
 * Stack on a Cortex-M33: 2.9 KiB of ours; so for tps_ear_verify_cwt().
 */
TPS_MUST_USE tps_status tps_ear_verify_jwt(tps_span text, struct tps_crypto_key *key,
                                           const tps_ear_terms *terms, tps_buf *room, tps_ear *out,
                                           tps_error *why);

/**
 * @brief Verify a result in a CWT (COSE_Sign1, with or without the tags 61 and 18), and read it.
 *
 * Parameters and errors as tps_ear_verify_jwt(), with those of tps_cose_sign1_verify() in place of JOSE's;
 * `out` points into `message`, and no room is needed. MACs are not taken: whoever can check one can make one.
 */
TPS_MUST_USE tps_status tps_ear_verify_cwt(tps_span message, const tps_cose_key_finder *keys,
                                           const tps_ear_terms *terms, tps_ear *out, tps_error *why);

/** What tps_ear_verify_*() ask of a result that was read: for one whose signature is checked elsewhere.
 * Errors as there. */
TPS_MUST_USE tps_status tps_ear_check(const tps_ear *ear, const tps_ear_terms *terms, tps_error *why);

/* ---- writing ---- */

/** One appraisal to write. */
typedef struct {
    tps_span name;         /**< of the submodule; not empty */
    uint8_t status;        /**< TPS_EAR_TIER_* */
    uint8_t vector_claims; /**< bit i: write claim i; 0 leaves the vector out */
    int8_t vector[TPS_EAR_CLAIMS];
    const tps_span *policy_ids; /**< before 2026 one at most */
    uint32_t policy_id_count;
    tps_span nonce; /**< of the evidence, 8 to 64 bytes; empty leaves it out. 2026 only */
    tps_span more;  /**< further claims, as in tps_ear_content */
} tps_ear_appraisal_content;

/** A result to write. Empty members are left out. */
typedef struct {
    uint32_t generation;
    bool is_json;
    bool has_exp;
    bool has_status; /**< 2026 only */
    uint8_t status;
    tps_span issuer;
    tps_span audience;
    int64_t iat;
    int64_t exp;
    tps_span confirmation; /**< cnf, encoded: a map of RFC 8747, or an object of RFC 7800 */
    tps_span nonce;        /**< 8 to 64 bytes */
    tps_span developer;    /**< not left out */
    tps_span build;        /**< not left out */
    tps_span raw_evidence;
    const tps_ear_appraisal_content
        *appraisals; /**< in CBOR in the order of their names' lengths, then bytes */
    uint32_t appraisal_count;
    tps_span more; /**< claims that this header does not know, as a map of CBOR in its order, with labels
                        that are text or below -65,536; or as an object of JSON, names without escapes */
} tps_ear_content;

/**
 * @brief Write the claims of a result: for tps_jws_make_with(), or as payload of tps_cose_sign1_make().
 *
 * CBOR is deterministic (RFC 8949, 4.2). What was written is read again by tps_ear_decode(), so that nothing
 * leaves that it would refuse.
 *
 * @param out        Room; TPS_BUF_MEASURE measures (and reads nothing).
 * @param room       For reading it again: see tps_ear_decode(). NULL for CBOR.
 * @param[out] size  Bytes written, or needed.
 *
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL
 * @retval TPS_BAD_ARGUMENT  An unknown generation, or what this generation has no place for; a nonce of
 * another size; `more` or `confirmation` is no map of its encoding.
 * @retval TPS_EAR_*, TPS_CBOR_*, TPS_JSON_*  What tps_ear_decode() finds wrong: a status too good, extras
 * that are none, names in the wrong order (TPS_CBOR_NOT_DETERMINISTIC). `out` then holds them all the same.
 *
 * Stack on a Cortex-M33: 2.8 KiB.
 */
TPS_MUST_USE tps_status tps_ear_encode(const tps_ear_content *content, tps_buf *room, tps_buf out,
                                       size_t *size);

#ifdef __cplusplus
}
#endif

#endif
