/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file corim.h
 * Concise Reference Integrity Manifests (draft-ietf-rats-corim-10): what a maker says of its devices, so that
 * a verifier can judge evidence. Read in place by a visitor, written into the caller's buffer; no heap.
 *
 * Read: a CoRIM (tag 501) or a signed one (COSE_Sign1 around it); of its tags the CoMIDs (506), of their
 * triples reference values (0), identity keys (2) and attestation keys (3). All else is checked to be
 * well-formed and reported by name, so that nothing is lost in silence. Older wrappers (500, 502) and
 * untagged maps are refused.
 *
 * Written: reference values and attestation keys of one class of devices, in a PSA profile or the opentps
 * profile.
 */
#ifndef TPS_CORIM_H
#define TPS_CORIM_H

#include "tps/cose.h"

#ifdef __cplusplus
extern "C" {
#endif

/** CBOR tags of CoRIM. */
enum {
    TPS_CORIM_TAG_UUID = 37,
    TPS_CORIM_TAG_OID = 111,
    TPS_CORIM_TAG_LEGACY = 500,
    TPS_CORIM_TAG_CORIM = 501,
    TPS_CORIM_TAG_LEGACY_SIGNED = 502,
    TPS_CORIM_TAG_COSWID = 505,
    TPS_CORIM_TAG_COMID = 506,
    TPS_CORIM_TAG_COTL = 508,
    TPS_CORIM_TAG_UEID = 550,
    TPS_CORIM_TAG_INT = 551,
    TPS_CORIM_TAG_SVN = 552,
    TPS_CORIM_TAG_MIN_SVN = 553,
    TPS_CORIM_TAG_KEY_PEM = 554,
    TPS_CORIM_TAG_CERTIFICATE_PEM = 555,
    TPS_CORIM_TAG_PATH_PEM = 556,
    TPS_CORIM_TAG_KEY_THUMBPRINT = 557,
    TPS_CORIM_TAG_COSE_KEY = 558,
    TPS_CORIM_TAG_CERTIFICATE_THUMBPRINT = 559,
    TPS_CORIM_TAG_BYTES = 560,
    TPS_CORIM_TAG_PATH_THUMBPRINT = 561,
    TPS_CORIM_TAG_CERTIFICATE_DER = 562,
    TPS_CORIM_TAG_IMPLEMENTATION_ID = 600, /**< legacy PSA profile */
    TPS_CORIM_TAG_REFVAL_ID = 601          /**< legacy PSA profile */
};

/** Profiles that opentps knows (tps_corim.profile_kind). */
enum {
    TPS_CORIM_PROFILE_UNKNOWN = 0,
    TPS_CORIM_PROFILE_PSA_IOT = 1, /**< legacy: read, never written */
    TPS_CORIM_PROFILE_PSA = 2,
    TPS_CORIM_PROFILE_OPENTPS = 3
};

#define TPS_CORIM_PROFILE_PSA_IOT_URI "http://arm.com/psa/iot/1"
#define TPS_CORIM_PROFILE_PSA_URI     "tag:arm.com,2025:psa#1.0.0"
/** See spec/endorsements.md. */
#define TPS_CORIM_PROFILE_OPENTPS_URI "tag:opentps.org,2026:endorsements"

/** The content type of a signed CoRIM. */
#define TPS_CORIM_CONTENT_TYPE "application/rim+cbor"

/** The size of a PSA implementation id, and of the opentps profile's class id (the hwmodel claim), in bytes.
 */
#define TPS_CORIM_CLASS_ID_SIZE 32u

/** How many digests or keys of one measurement or triple are kept; more are refused. */
#define TPS_CORIM_DIGESTS_MAX 4u
#define TPS_CORIM_KEYS_MAX    4u

/* ---- reading ---- */

/** What a value that may have several types is. */
enum {
    TPS_CORIM_ABSENT = 0,
    TPS_CORIM_TEXT = 1,
    TPS_CORIM_UINT = 2,              /**< `number` */
    TPS_CORIM_UUID = 3,              /**< 16 bytes; tag 37, or bare where the format has it so */
    TPS_CORIM_OID = 4,               /**< tag 111 */
    TPS_CORIM_BYTES = 5,             /**< tag 560 */
    TPS_CORIM_UEID = 6,              /**< tag 550 */
    TPS_CORIM_IMPLEMENTATION_ID = 7, /**< tag 600 */
    TPS_CORIM_REFVAL_ID = 8,         /**< tag 601: `bytes` is the encoded map */
    TPS_CORIM_KEY = 9,               /**< an instance that is named by its key: `number` is the tag */
    TPS_CORIM_OTHER = 10             /**< well-formed and not understood: `bytes` is the encoded item */
};

/** An identifier with its kind. */
typedef struct {
    uint32_t kind;   /**< TPS_CORIM_TEXT ... */
    uint64_t number; /**< of TPS_CORIM_UINT; the tag of TPS_CORIM_KEY and TPS_CORIM_OTHER */
    tps_span bytes;  /**< the content without tag and head, unless the kind says otherwise */
} tps_corim_value;

/** A validity; CBOR epoch times, in seconds since 1970. */
typedef struct {
    bool is_present;
    bool has_not_before;
    int64_t not_before;
    int64_t not_after;
} tps_corim_validity;

/** The manifest without its tags. Spans point into the input. */
typedef struct {
    bool is_signed;
    tps_cose_sign1 envelope;               /**< of a signed one: taken apart, NOT verified */
    tps_span signer_name;                  /**< corim-meta; not verified; empty when unsigned */
    tps_span signer_uri;                   /**< empty when absent */
    tps_corim_validity signature_validity; /**< corim-meta */
    tps_span body;                         /**< the tagged map (501) */
    tps_corim_value id;                    /**< text or UUID */
    tps_corim_value profile;               /**< TPS_CORIM_TEXT (a URI), _OID, or TPS_CORIM_ABSENT */
    uint32_t profile_kind;                 /**< TPS_CORIM_PROFILE_* */
    tps_corim_validity validity;
    tps_span entity_name;         /**< of the first entity; empty when there is none */
    uint32_t dependent_rim_count; /**< counted, not followed */
    uint32_t tag_count;           /**< at least 1 */
    tps_span tags;                /**< the encoded array of tags, for tps_corim_visit() */
} tps_corim;

/**
 * @brief Read a manifest's own members, and check that all of it is well-formed.
 *
 * No signature is checked: verify `out->envelope` with tps_cose_sign1_verify_parsed() before believing
 * anything.
 *
 * @param input     A tagged CoRIM (501), or a COSE_Sign1 (18) whose payload is one.
 * @param[out] out  Points into `input`; undefined unless TPS_OK.
 * @param[out] why  Offset (within the body, for what lies in it) and `detail`; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_CORIM_NOT_WELL_FORMED  Neither of the two; an untagged map, an old wrapper (500, 502), a
 * COSE_Sign1 of another content type or without corim-meta (draft-10, 4.2); a mandatory member is missing.
 * @retval TPS_CORIM_BAD_VALUE        A member has a wrong type, or its validity ends before it begins.
 * @retval TPS_COSE_*, TPS_CBOR_*     From tps_cose_sign1_parse() or tps_cbor_check() under
 * tps_cbor_limits_file.
 *
 * Thread-safe for distinct `out`. Stack: about 1 KiB beside the checker's.
 */
TPS_MUST_USE tps_status tps_corim_decode(tps_span input, tps_corim *out, tps_error *why);

/** TPS_OK if `now` (seconds since 1970) lies within the validity, or there is none; else TPS_CORIM_EXPIRED.
 */
TPS_MUST_USE tps_status tps_corim_validity_check(const tps_corim_validity *validity, int64_t now);

/** A CoMID's own members. */
typedef struct {
    tps_corim_value id;   /**< text or UUID */
    uint64_t version;     /**< 0 when absent */
    tps_span language;    /**< empty when absent */
    tps_span entity_name; /**< of the first entity; empty when absent */
} tps_corim_comid;

/** What something is said of: a class of devices, an instance, a group; each may be absent. */
typedef struct {
    tps_corim_value class_id; /**< TPS_CORIM_BYTES, _IMPLEMENTATION_ID, _OID, _UUID, ...; or absent */
    tps_span vendor;          /**< empty when absent */
    tps_span model;           /**< empty when absent */
    bool has_layer;
    bool has_index;
    uint64_t layer;
    uint64_t index;
    tps_corim_value instance; /**< TPS_CORIM_UEID, _UUID, _BYTES, _KEY, ...; or absent */
    tps_corim_value group;    /**< TPS_CORIM_UUID, _BYTES, ...; or absent */
} tps_corim_environment;

/** A digest; `alg` is the number that COSE has for it: -16 SHA-256, -43 SHA-384, -44 SHA-512; 0 for another.
 */
typedef struct {
    int32_t alg;
    tps_span value;
} tps_corim_digest;

/** A cryptographic key, certificate, thumbprint or (560) opaque key identifier; `tag` says which. */
typedef struct {
    uint64_t tag;   /**< TPS_CORIM_TAG_KEY_PEM ... */
    tps_span value; /**< text or bytes without head; the encoded item for 557, 558 (a map), 559, 561 */
} tps_corim_key;

/** One measurement. Absent members are empty, zero or absent. */
typedef struct {
    tps_corim_value key; /**< mkey: TPS_CORIM_TEXT, _UINT, _UUID, _OID, _REFVAL_ID; or absent */
    tps_span version;    /**< text */
    bool has_svn;
    bool is_min_svn;
    uint64_t svn;
    size_t digest_count;
    tps_corim_digest digests[TPS_CORIM_DIGESTS_MAX];
    tps_span raw_value; /**< tag 560 */
    tps_span name;      /**< text */
    size_t key_count;
    tps_corim_key keys[TPS_CORIM_KEYS_MAX]; /**< cryptokeys (13) */
    uint32_t unsupported_count; /**< further members that are checked only for being well-formed */
} tps_corim_measurement;

/**
 * Takes what is found, in the order of the manifest; any member may be NULL. Whatever is not TPS_OK ends the
 * visit and is returned by tps_corim_visit(). What the arguments point to lives during the call; their spans
 * point into the manifest.
 */
typedef struct {
    void *context;
    tps_status (*comid)(void *context, const tps_corim_comid *comid);
    tps_status (*reference_value)(void *context, const tps_corim_environment *environment,
                                  const tps_corim_measurement *measurement);
    tps_status (*attest_keys)(void *context, const tps_corim_environment *environment,
                              const tps_corim_key *keys, size_t count);
    tps_status (*identity_keys)(void *context, const tps_corim_environment *environment,
                                const tps_corim_key *keys, size_t count);
    /** A tag or triple that is not read: "CoSWID", "CoTL", "endorsed values", "conditional endorsement
     * series" ... */
    tps_status (*unsupported)(void *context, const char *name);
} tps_corim_visitor;

/**
 * @brief Walk through a decoded manifest's tags.
 *
 * @param corim     From tps_corim_decode().
 * @param visitor   See tps_corim_visitor.
 * @param[out] why  Offset within the tag in question, and `detail`; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_CORIM_BAD_VALUE        A CoMID breaks the format's CDDL.
 * @retval TPS_CORIM_UNSUPPORTED      A measurement or triple has more digests or keys than can be kept, or a
 * tag of an unknown number.
 * @retval TPS_CBOR_*                 The content of a tag is not well-formed.
 * @retval others                     What the visitor returned.
 *
 * Stack: about 1 KiB beside the checker's.
 */
TPS_MUST_USE tps_status tps_corim_visit(const tps_corim *corim, const tps_corim_visitor *visitor,
                                        tps_error *why);

/** A piece of software that is measured, whichever way a profile writes it. */
typedef struct {
    tps_span name;      /**< text: "boot", "PRoT"; may be empty */
    tps_span version;   /**< text; may be empty */
    tps_span digest;    /**< 32, 48 or 64 bytes */
    tps_span signer_id; /**< 32, 48 or 64 bytes; in the opentps profile empty for unsigned software */
} tps_corim_component;

/**
 * @brief Read a reference value as a piece of software, by the rules of the manifest's profile.
 *
 * Legacy PSA: mkey is tag 601 with type, version and signer; one digest. PSA: mkey is
 * "psa.software-component", the members are name, version, digests and one cryptokey (560). opentps: the same
 * under "opentps.software-component", the cryptokey optional.
 *
 * @param profile_kind  TPS_CORIM_PROFILE_*.
 * @param[out] out      The first digest whose algorithm is known.
 *
 * @retval TPS_CORIM_UNSUPPORTED  Another kind of measurement, or an unknown profile.
 * @retval TPS_CORIM_BAD_VALUE    A mandatory member is missing or of a wrong size.
 */
TPS_MUST_USE tps_status tps_corim_component_of(const tps_corim_measurement *measurement,
                                               uint32_t profile_kind, tps_corim_component *out,
                                               tps_error *why);

/** The name of a key's or tag's number for people: "PEM public key", ... */
const char *tps_corim_tag_name(uint64_t tag);

/** TPS_CORIM_PROFILE_* of a profile's URI. */
uint32_t tps_corim_profile_of(tps_span uri);

/** The URI of a profile, or NULL for TPS_CORIM_PROFILE_UNKNOWN. */
const char *tps_corim_profile_uri(uint32_t profile_kind);

/* ---- writing ---- */

/** A device's attestation key, for an attest-key triple. */
typedef struct {
    tps_span instance_id; /**< 33 bytes, the first 0x01: ueid or PSA instance id */
    tps_span spki;        /**< DER SubjectPublicKeyInfo; written as PEM (tag 554) */
} tps_corim_device;

/**
 * A manifest to write: one CoMID for one class of devices, with its reference values, the keys of its
 * devices, or both. Empty members are left out. The same content gives the same bytes.
 */
typedef struct {
    uint32_t profile_kind; /**< TPS_CORIM_PROFILE_PSA or TPS_CORIM_PROFILE_OPENTPS */
    tps_span id;           /**< the manifest's name, text; by convention URI or UUID in text form */
    tps_span tag_id;       /**< the CoMID's name, a UUID of 16 bytes */
    uint64_t tag_version;  /**< of the CoMID; must rise when the content changes under the same tag_id */
    tps_corim_validity validity;
    tps_span entity_name; /**< the maker; text */
    tps_span class_id;    /**< 32 bytes: PSA implementation id; hwmodel of the opentps profile */
    tps_span vendor;      /**< text; mandatory in the opentps profile */
    tps_span model;       /**< text; mandatory in the opentps profile */
    const tps_corim_component *components;
    size_t component_count;
    const tps_corim_device *devices;
    size_t device_count;
} tps_corim_manifest;

/**
 * @brief Write an unsigned manifest (tag 501), deterministically.
 *
 * @param out           Room; TPS_BUF_MEASURE only measures.
 * @param[out] encoded  Inside `out`; with too little room its `size` is the size needed.
 *
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL
 * @retval TPS_BAD_ARGUMENT  The profile is not one of the two, a size is wrong, or both lists are empty;
 * `why` names it.
 */
TPS_MUST_USE tps_status tps_corim_encode(const tps_corim_manifest *manifest, tps_buf out, tps_span *encoded,
                                         tps_error *why);

/** Who signs a manifest. */
typedef struct {
    tps_span name;               /**< text, 1..128 bytes; mandatory */
    tps_span uri;                /**< text, at most 256 bytes; may be empty */
    tps_corim_validity validity; /**< of the signature */
    const tps_span *x5chain;     /**< DER certificates, leaf first */
    size_t x5chain_count;        /**< 0: then the verifier must know the key by `kid` or at all */
    tps_span kid;                /**< may be empty */
} tps_corim_signer;

/**
 * @brief Sign a manifest: COSE_Sign1 with content type, corim-meta and x5chain protected.
 *
 * @param corim         From tps_corim_encode().
 * @param out           Room; TPS_BUF_MEASURE only measures (nothing is signed).
 * @param[out] encoded  Inside `out`; with too little room its `size` is the size needed.
 *
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL, TPS_BAD_ARGUMENT, or what tps_cose_sign1_make() returns.
 */
TPS_MUST_USE tps_status tps_corim_sign(tps_span corim, const tps_corim_signer *who,
                                       const tps_cose_signer *signer, tps_buf out, tps_span *encoded);

#ifdef __cplusplus
}
#endif

#endif
