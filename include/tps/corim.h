/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file corim.h
 * Concise Reference Integrity Manifests (draft-ietf-rats-corim-10): what a maker says of its devices, so that
 * a verifier can judge evidence. Read in place by a visitor, written into the caller's buffer; no heap.
 *
 * Read: a CoRIM (tag 501) or a signed one (COSE_Sign1 around it, its payload enclosed, detached or hashed);
 * CoMIDs (506) with triples of every kind, CoTLs (508), and (coswid.h) CoSWIDs (505). What a profile added is
 * kept and reported, so that nothing is lost in silence; what the draft does not allow is refused by name,
 * and so are older wrappers (500, 502) and untagged maps.
 *
 * Written: any of it with tps_corim_write(); and with tps_corim_encode(), without building a tree first,
 * reference values and attestation keys of one class of devices, in a PSA profile or the opentps profile.
 *
 * Thread-safe for distinct outputs and cursors.
 */
#ifndef TPS_CORIM_H
#define TPS_CORIM_H

#include "tps/cose.h"

#ifdef __cplusplus
extern "C" {
#endif

/** CBOR tags of CoRIM. */
enum {
    TPS_CORIM_TAG_TIME = 1,
    TPS_CORIM_TAG_URI = 32,
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
    TPS_CORIM_TAG_MASKED = 563,
    TPS_CORIM_TAG_RANGE = 564,
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

/** The most digests of one thing: one an algorithm (draft-10, 7.7). More are refused. */
#define TPS_CORIM_DIGESTS_MAX 16u
/** The most members of one map that are not the draft's own, and the most registers of one measurement. */
#define TPS_CORIM_EXTENSIONS_MAX 64u
#define TPS_CORIM_REGISTERS_MAX  1024u

/* ---- the model: the same for reading and for writing ---- */

/** What a value that may have several types is. */
enum {
    TPS_CORIM_ABSENT = 0,
    TPS_CORIM_TEXT = 1,              /**< `number` 32 when it is a tagged URI */
    TPS_CORIM_UINT = 2,              /**< `number` */
    TPS_CORIM_UUID = 3,              /**< 16 bytes; `number` 37 when tagged, 0 where the format has it bare */
    TPS_CORIM_OID = 4,               /**< tag 111: BER without tag and length */
    TPS_CORIM_BYTES = 5,             /**< tag 560 */
    TPS_CORIM_UEID = 6,              /**< tag 550: 7 to 33 bytes */
    TPS_CORIM_IMPLEMENTATION_ID = 7, /**< tag 600: 32 bytes */
    TPS_CORIM_REFVAL_ID = 8,         /**< tag 601: `bytes` is the encoded map */
    TPS_CORIM_KEY = 9,               /**< an instance that is named by its key: `number` is the tag */
    TPS_CORIM_OTHER = 10 /**< a profile's own type: `bytes` is the encoded item, `number` its tag */
};

/** An identifier with its kind. */
typedef struct {
    uint32_t kind;   /**< TPS_CORIM_TEXT ... */
    uint64_t number; /**< see the kinds */
    tps_span bytes;  /**< the content without tag and head, unless the kind says otherwise */
} tps_corim_value;

/** A number or a name: of a digest's algorithm, a role, a version scheme, a relation. */
typedef struct {
    int64_t number; /**< when `text` is empty */
    tps_span text;
} tps_corim_label;

/**
 * Lists. What was read has `encoded`, the elements one behind the other as they stand in the manifest,
 * checked already; what is to be written may have `items` instead, an array of the caller's. Both are walked
 * alike:
 *
 *     tps_corim_cursor cursor = TPS_CORIM_WALK(measurement->digests);
 *     tps_corim_digest digest;
 *     while (tps_corim_next_digest(&cursor, &digest)) { ... }
 *
 * An empty list is an absent one, unless said otherwise.
 */
#define TPS_CORIM_LIST(name, type) \
    typedef struct {               \
        const type *items;         \
        size_t count;              \
        tps_span encoded;          \
    } name

/** A list that is being walked. Private, but for `reader.status`: TPS_OK after a list that was checked. */
typedef struct {
    tps_cbor_reader reader;
    const void *items;
    size_t left;
    uint64_t known;
} tps_corim_cursor;

/** A cursor at the start of a list. */
#define TPS_CORIM_WALK(list) tps_corim_walk((list).items, (list).count, (list).encoded)
tps_corim_cursor tps_corim_walk(const void *items, size_t count, tps_span encoded);

/** A member that the draft does not know, of a map that may be extended. */
typedef struct {
    tps_cbor_item key; /**< a TPS_CBOR_UINT, _NINT or _TEXT */
    tps_span value;    /**< the encoded item; written as it stands */
} tps_corim_extension;

typedef struct {
    const tps_corim_extension *items;
    size_t count;
    tps_span encoded; /**< all pairs of the map */
    uint64_t known;   /**< a bit for each key that is no extension */
} tps_corim_extensions;

tps_corim_cursor tps_corim_walk_extensions(const tps_corim_extensions *extensions);

TPS_CORIM_LIST(tps_corim_labels, tps_corim_label);
TPS_CORIM_LIST(tps_corim_values, tps_corim_value);
TPS_CORIM_LIST(tps_corim_texts, tps_span);

/** A validity; CBOR epoch times in whole seconds since 1970 (times with a fraction are refused). */
typedef struct {
    bool is_present;
    bool has_not_before;
    int64_t not_before;
    int64_t not_after;
} tps_corim_validity;

/** A digest [algorithm, value]. */
typedef struct {
    int32_t alg;          /**< the number that COSE has for it: -16 SHA-256, -43, -44; 0 for another */
    tps_span value;       /**< of the algorithm's size, when that is known */
    tps_corim_label name; /**< as it stands; left zero, it is written as named information has it (1, 7, 8) */
} tps_corim_digest;
TPS_CORIM_LIST(tps_corim_digests, tps_corim_digest);

/** A cryptographic key, certificate, thumbprint or (560) opaque key identifier; `tag` says which. */
typedef struct {
    uint64_t tag;            /**< TPS_CORIM_TAG_KEY_PEM ..., or one that a profile defines */
    tps_span value;          /**< text (554..556) or bytes (560, 562) without head; else the encoded item */
    tps_corim_digest digest; /**< of thumbprints (557, 559, 561): it is what is written */
} tps_corim_key;
TPS_CORIM_LIST(tps_corim_keys, tps_corim_key);

/** Somebody with a part in a manifest or tag (draft-10, 7.2). Roles of a manifest: 1 creator, 2 signer; of a
 * CoMID: 0 tag creator, 1 creator, 2 maintainer. */
typedef struct {
    tps_span name;
    tps_span reg_id; /**< a URI; empty when absent */
    tps_corim_labels roles;
    tps_corim_extensions extensions;
} tps_corim_entity;
TPS_CORIM_LIST(tps_corim_entities, tps_corim_entity);

/** The name of a tag (CoMID, CoSWID, CoTL) and its version. */
typedef struct {
    tps_corim_value id; /**< text or UUID */
    bool has_version;
    uint64_t version; /**< 0 when absent */
} tps_corim_identity;
TPS_CORIM_LIST(tps_corim_identities, tps_corim_identity);

/** What something is said of: a class of devices, an instance, a group; each may be absent, not all. */
typedef struct {
    tps_corim_value class_id; /**< TPS_CORIM_BYTES, _OID, _UUID, _IMPLEMENTATION_ID, _OTHER; or absent */
    tps_span vendor;          /**< empty when absent */
    tps_span model;           /**< empty when absent; a model needs a vendor */
    bool has_layer;
    bool has_index;
    uint64_t layer;
    uint64_t index;
    tps_corim_value instance; /**< TPS_CORIM_UEID, _UUID, _BYTES, _KEY, _OTHER; or absent */
    tps_corim_value group;    /**< TPS_CORIM_UUID, _BYTES, _OTHER; or absent */
} tps_corim_environment;
TPS_CORIM_LIST(tps_corim_environments, tps_corim_environment);

/** Modes of operation: bits of `flags` (draft-10, 5.1.4.5.5). */
enum {
    TPS_CORIM_FLAG_CONFIGURED = 0,
    TPS_CORIM_FLAG_SECURE = 1,
    TPS_CORIM_FLAG_RECOVERY = 2,
    TPS_CORIM_FLAG_DEBUG = 3,
    TPS_CORIM_FLAG_REPLAY_PROTECTED = 4,
    TPS_CORIM_FLAG_INTEGRITY_PROTECTED = 5,
    TPS_CORIM_FLAG_RUNTIME_MEASURED = 6,
    TPS_CORIM_FLAG_IMMUTABLE = 7,
    TPS_CORIM_FLAG_TCB = 8,
    TPS_CORIM_FLAG_CONFIDENTIALITY_PROTECTED = 9,
    TPS_CORIM_FLAG_COUNT = 10
};

/** A named register with its digests, such as a PCR. */
typedef struct {
    tps_cbor_item id; /**< a TPS_CBOR_UINT or a TPS_CBOR_TEXT */
    tps_corim_digests digests;
} tps_corim_register;
TPS_CORIM_LIST(tps_corim_registers, tps_corim_register);

/** A number, or a range with its bounds; a bound that is absent is infinite. */
typedef struct {
    bool is_present;
    bool is_number; /**< `min` is the number, no range (564) */
    bool has_min;
    bool has_max;
    int64_t min;
    int64_t max;
} tps_corim_range;

/** One measurement, with at least one value. Members that are absent are empty, zero or false. */
typedef struct {
    tps_corim_value key; /**< mkey: TPS_CORIM_TEXT, _UINT, _UUID, _OID, _REFVAL_ID, _OTHER; or absent */
    tps_span version;    /**< 0 */
    bool has_version_scheme;
    tps_corim_label version_scheme; /**< RFC 9393, 4.1: 16384 is semver */
    bool has_svn;
    uint32_t svn_tag; /**< 1: 0 for a bare number; TPS_CORIM_TAG_SVN; _MIN_SVN: this one or a later one */
    uint64_t svn;
    tps_corim_digests digests; /**< 2 */
    uint32_t flags_present;    /**< 3: bits 1 << TPS_CORIM_FLAG_*: which are told */
    uint32_t flags;            /**< their values */
    tps_corim_extensions flag_extensions;
    uint64_t raw_tag;                /**< 4: 0 absent; TPS_CORIM_TAG_BYTES, _MASKED, or a profile's */
    tps_span raw_value;              /**< may be empty */
    tps_span raw_mask;               /**< of 563, or member 5 */
    bool is_mask_apart;              /**< the mask is the obsolete member 5 */
    tps_span mac;                    /**< 6: 6 or 8 bytes */
    tps_span ip;                     /**< 7: 4 or 16 bytes */
    tps_span serial;                 /**< 8: text */
    tps_span ueid;                   /**< 9: 7 to 33 bytes */
    tps_span uuid;                   /**< 10: 16 bytes */
    tps_span name;                   /**< 11: text */
    tps_corim_keys keys;             /**< 13 */
    tps_corim_registers registers;   /**< 14 */
    tps_corim_range range;           /**< 15 */
    tps_corim_extensions extensions; /**< further values */
    tps_corim_keys authorized_by;
} tps_corim_measurement;
TPS_CORIM_LIST(tps_corim_measurements, tps_corim_measurement);

/** Measurements of an environment: reference or endorsed values, or a state that is a condition. */
typedef struct {
    tps_corim_environment environment;
    tps_corim_measurements measurements;
} tps_corim_statement;
TPS_CORIM_LIST(tps_corim_statements, tps_corim_statement);

/** Keys of an environment (identity or attestation keys), under conditions that may be absent. */
typedef struct {
    tps_corim_environment environment;
    tps_corim_keys keys;
    tps_corim_value element; /**< mkey */
    tps_corim_keys authorized_by;
} tps_corim_key_statement;
TPS_CORIM_LIST(tps_corim_key_statements, tps_corim_key_statement);

/** A domain and what belongs to it, or what it depends on. */
typedef struct {
    tps_corim_environment domain;
    tps_corim_environments members;
} tps_corim_domain;
TPS_CORIM_LIST(tps_corim_domains, tps_corim_domain);

/** CoSWIDs with the reference values of an environment. */
typedef struct {
    tps_corim_environment environment;
    tps_corim_values tag_ids; /**< text or UUID */
} tps_corim_coswid_link;
TPS_CORIM_LIST(tps_corim_coswid_links, tps_corim_coswid_link);

/** What is endorsed when all conditions hold. */
typedef struct {
    tps_corim_statements conditions;
    tps_corim_statements endorsements;
} tps_corim_conditional;
TPS_CORIM_LIST(tps_corim_conditionals, tps_corim_conditional);

/** One step of a series: `addition` is endorsed when `selection` holds. */
typedef struct {
    tps_corim_measurements selection;
    tps_corim_measurements addition;
} tps_corim_series_step;
TPS_CORIM_LIST(tps_corim_series_steps, tps_corim_series_step);

/** When the condition holds, the first step that holds counts. */
typedef struct {
    tps_corim_environment environment;
    tps_corim_measurements claims; /**< may be empty */
    tps_corim_keys authorized_by;
    tps_corim_series_steps steps;
} tps_corim_series;
TPS_CORIM_LIST(tps_corim_series_list, tps_corim_series);

/** Another CoMID that this one supplements (0) or replaces (1). */
typedef struct {
    tps_corim_value id;
    tps_corim_label relation;
} tps_corim_linked_tag;
TPS_CORIM_LIST(tps_corim_linked_tags, tps_corim_linked_tag);

/** A CoMID (506). At least one of its triples is there. */
typedef struct {
    tps_span language; /**< empty when absent */
    tps_corim_identity identity;
    tps_corim_entities entities;
    tps_corim_linked_tags linked_tags;
    tps_corim_statements reference_values;   /**< triples 0 */
    tps_corim_statements endorsed_values;    /**< 1 */
    tps_corim_key_statements identity_keys;  /**< 2 */
    tps_corim_key_statements attest_keys;    /**< 3 */
    tps_corim_domains dependencies;          /**< 4 */
    tps_corim_domains memberships;           /**< 5 */
    tps_corim_coswid_links coswid_links;     /**< 6 */
    tps_corim_series_list series;            /**< 8: conditional endorsement series */
    tps_corim_conditionals conditionals;     /**< 10: conditional endorsements */
    tps_corim_extensions triples_extensions; /**< triples of kinds that the draft does not know */
    tps_corim_extensions extensions;
} tps_corim_comid;

/** A CoTL (508): the tags that count, all or none. */
typedef struct {
    tps_corim_identity identity;
    tps_corim_identities tags;
    tps_corim_validity validity;
} tps_corim_cotl;

/** A tag of a manifest. When written, `comid` or `cotl` stand for `content` if they are not NULL. */
typedef struct {
    uint64_t tag;     /**< TPS_CORIM_TAG_COMID, _COSWID, _COTL, or a profile's */
    tps_span content; /**< the encoded CoMID, CoSWID, CoTL; of another tag the encoded item in it */
    const tps_corim_comid *comid;
    const tps_corim_cotl *cotl;
} tps_corim_tag;
TPS_CORIM_LIST(tps_corim_tags, tps_corim_tag);

/** Where another manifest is found. */
typedef struct {
    tps_corim_texts uris;
    bool are_uris_listed; /**< one URI stands in an array all the same */
    tps_corim_digests thumbprints;
    bool are_thumbprints_listed; /**< one thumbprint stands in an array all the same */
} tps_corim_locator;
TPS_CORIM_LIST(tps_corim_locators, tps_corim_locator);

/** The manifest without its tags. Spans point into the input. */
typedef struct {
    bool is_signed;
    tps_cose_sign1 envelope; /**< of a signed one: taken apart, NOT verified */
    tps_span signer_name;    /**< corim-meta or CWT issuer; not verified; empty when unsigned */
    tps_span signer_uri;     /**< empty when absent */
    tps_corim_extensions signer_extensions; /**< of corim-meta's signer */
    tps_corim_validity signature_validity;  /**< corim-meta, or CWT nbf and exp */
    tps_span subject;                       /**< of CWT claims; empty when absent */
    int64_t hash_alg;                       /**< of a hash envelope: TPS_ALG_SHA256 ...; else 0 */
    tps_span location;                      /**< of a hash envelope; empty when absent */
    tps_span body;                          /**< the tagged map (501) */
    tps_corim_value id;                     /**< text or UUID */
    tps_corim_tags tags;                    /**< at least one */
    tps_corim_locators dependents;          /**< not followed */
    tps_corim_value profile;                /**< TPS_CORIM_TEXT (a URI), _OID, or TPS_CORIM_ABSENT */
    uint32_t profile_kind;                  /**< TPS_CORIM_PROFILE_*; of no meaning when written */
    tps_corim_validity validity;
    tps_corim_entities entities;
    tps_corim_extensions extensions;
} tps_corim;

/** The next element of a list; false at its end, and (see tps_corim_cursor) where it cannot be read. */
bool tps_corim_next_extension(tps_corim_cursor *cursor, tps_corim_extension *out);
bool tps_corim_next_label(tps_corim_cursor *cursor, tps_corim_label *out);
bool tps_corim_next_value(tps_corim_cursor *cursor, tps_corim_value *out); /**< of tag ids */
bool tps_corim_next_uri(tps_corim_cursor *cursor, tps_span *out);
bool tps_corim_next_digest(tps_corim_cursor *cursor, tps_corim_digest *out);
bool tps_corim_next_key(tps_corim_cursor *cursor, tps_corim_key *out);
bool tps_corim_next_entity(tps_corim_cursor *cursor, tps_corim_entity *out);
bool tps_corim_next_identity(tps_corim_cursor *cursor, tps_corim_identity *out);
bool tps_corim_next_environment(tps_corim_cursor *cursor, tps_corim_environment *out);
bool tps_corim_next_register(tps_corim_cursor *cursor, tps_corim_register *out);
bool tps_corim_next_measurement(tps_corim_cursor *cursor, tps_corim_measurement *out);
bool tps_corim_next_statement(tps_corim_cursor *cursor, tps_corim_statement *out);
bool tps_corim_next_key_statement(tps_corim_cursor *cursor, tps_corim_key_statement *out);
bool tps_corim_next_domain(tps_corim_cursor *cursor, tps_corim_domain *out);
bool tps_corim_next_coswid_link(tps_corim_cursor *cursor, tps_corim_coswid_link *out);
bool tps_corim_next_series(tps_corim_cursor *cursor, tps_corim_series *out);
bool tps_corim_next_series_step(tps_corim_cursor *cursor, tps_corim_series_step *out);
bool tps_corim_next_conditional(tps_corim_cursor *cursor, tps_corim_conditional *out);
bool tps_corim_next_linked_tag(tps_corim_cursor *cursor, tps_corim_linked_tag *out);
bool tps_corim_next_locator(tps_corim_cursor *cursor, tps_corim_locator *out);
bool tps_corim_next_tag(tps_corim_cursor *cursor, tps_corim_tag *out);

/* ---- reading ---- */

/**
 * @brief Read a manifest's own members, and check that all of it is well-formed.
 *
 * No signature is checked: verify `out->envelope` with tps_cose_sign1_verify_parsed() before believing
 * anything. The content of the tags is read by tps_corim_visit() or, one by one, tps_corim_comid_decode().
 *
 * @param input     A tagged CoRIM (501), or a COSE_Sign1 (18) whose payload is one; at most 16 MiB.
 * @param[out] out  Points into `input`; undefined unless TPS_OK.
 * @param[out] why  Offset (within the body, for what lies in it) and `detail`; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_CORIM_NOT_WELL_FORMED  Neither of the two; an untagged map, an old wrapper (500, 502), a
 * COSE_Sign1 of another content type, or one that names its signer neither in corim-meta nor in CWT claims,
 * or differently in the two (draft-10, 4.2); a mandatory member is missing.
 * @retval TPS_CORIM_BAD_VALUE        A member has a wrong type, or its validity ends before it begins.
 * @retval TPS_CORIM_UNSUPPORTED      More extensions or digests than the limits above.
 * @retval TPS_COSE_DETACHED          The manifest is not in the message: see tps_corim_decode_with(). `out`
 * then has what the envelope says.
 * @retval TPS_COSE_*, TPS_CBOR_*     From tps_cose_sign1_parse() or tps_cbor_check() under
 * tps_cbor_limits_file.
 *
 * Stack: on a Cortex-M33 less than 1.5 KiB, the checker's included. draft-10, 4.
 */
TPS_MUST_USE tps_status tps_corim_decode(tps_span input, tps_corim *out, tps_error *why);

/**
 * @brief Read a signed manifest whose signature comes without it: detached, or over its hash alone (hash
 * envelope, parameters 258 and 259).
 *
 * @param content   The tagged CoRIM (501) from elsewhere; its hash must be the signed one. For a detached
 * payload it becomes `out->envelope.payload`, so that verifying covers it. Ignored when `input` has its own.
 *
 * @retval TPS_CORIM_NOT_WELL_FORMED  Also: `content` has another hash than the envelope says.
 * @retval others                     As tps_corim_decode(), and of the hash.
 */
TPS_MUST_USE tps_status tps_corim_decode_with(tps_span input, tps_span content, tps_corim *out,
                                              tps_error *why);

/** TPS_OK if `now` (seconds since 1970) lies within the validity, or there is none; else TPS_CORIM_EXPIRED.
 */
TPS_MUST_USE tps_status tps_corim_validity_check(const tps_corim_validity *validity, int64_t now);

/**
 * @brief Read the content of a tag 506, or 508, to its last member.
 *
 * @param content   As of tps_corim_tag.
 * @param[out] out  Points into `content`; undefined unless TPS_OK.
 * @param[out] why  Offset within `content`, and `detail`; may be NULL.
 *
 * @retval TPS_CORIM_BAD_VALUE    It breaks the format's CDDL (draft-10, appendix A).
 * @retval TPS_CORIM_UNSUPPORTED  More extensions, digests or registers than the limits above.
 * @retval TPS_CBOR_*             From tps_cbor_check() under tps_cbor_limits_file.
 *
 * Stack: on a Cortex-M33 less than 2.5 KiB, the checker's included.
 */
TPS_MUST_USE tps_status tps_corim_comid_decode(tps_span content, tps_corim_comid *out, tps_error *why);
TPS_MUST_USE tps_status tps_corim_cotl_decode(tps_span content, tps_corim_cotl *out, tps_error *why);

/**
 * Takes what is found, in the order of the manifest's tags and of the triples' numbers; any member may be
 * NULL. A CoMID is read to its end before the first call about it. Whatever is not TPS_OK ends the visit and
 * is returned by tps_corim_visit(). What the arguments point to lives during the call; their spans point into
 * the manifest.
 */
typedef struct {
    void *context;
    tps_status (*comid)(void *context, const tps_corim_comid *comid);
    tps_status (*reference_value)(void *context, const tps_corim_environment *environment,
                                  const tps_corim_measurement *measurement);
    tps_status (*endorsed_value)(void *context, const tps_corim_environment *environment,
                                 const tps_corim_measurement *measurement);
    tps_status (*identity_keys)(void *context, const tps_corim_key_statement *statement);
    tps_status (*attest_keys)(void *context, const tps_corim_key_statement *statement);
    tps_status (*dependency)(void *context, const tps_corim_domain *domain);
    tps_status (*membership)(void *context, const tps_corim_domain *domain);
    tps_status (*coswid_link)(void *context, const tps_corim_coswid_link *link);
    tps_status (*series)(void *context, const tps_corim_series *series);
    tps_status (*conditional)(void *context, const tps_corim_conditional *conditional);
    tps_status (*cotl)(void *context, const tps_corim_cotl *cotl);
    /** The content of a CoSWID, well-formed; see tps_coswid_decode() (coswid.h). */
    tps_status (*coswid)(void *context, tps_span content);
    /**
     * Whatever has no function above, so that nothing counts that nobody looked at: once for each kind of
     * triples and for each tag whose function is NULL ("endorsed values", "CoTL", ...), and for tags, triples
     * and members that the draft does not know. Not told are extensions within an entity or a measurement:
     * look at their `extensions`.
     */
    tps_status (*unsupported)(void *context, const char *name);
} tps_corim_visitor;

/**
 * @brief Walk through a decoded manifest's tags, and check them.
 *
 * @param corim     From tps_corim_decode().
 * @param visitor   See tps_corim_visitor.
 * @param[out] why  Offset within the tag in question, and `detail`; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_CORIM_BAD_VALUE, TPS_CORIM_UNSUPPORTED, TPS_CBOR_*  See tps_corim_comid_decode().
 * @retval others                     What the visitor returned.
 *
 * Stack: on a Cortex-M33 less than 3 KiB, the checker's included, beside the visitor's.
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
 * @retval TPS_CORIM_UNSUPPORTED  Another kind of measurement, one with members beside those (they would go
 * uncompared), or an unknown profile.
 * @retval TPS_CORIM_BAD_VALUE    A mandatory member is missing or of a wrong size.
 */
TPS_MUST_USE tps_status tps_corim_component_of(const tps_corim_measurement *measurement,
                                               uint32_t profile_kind, tps_corim_component *out,
                                               tps_error *why);

/** The name of a key's or tag's number for people: "PEM public key", ... */
const char *tps_corim_tag_name(uint64_t tag);

/** The name of a flag (TPS_CORIM_FLAG_*) for people: "secure", ...; NULL if there is none. */
const char *tps_corim_flag_name(uint32_t flag);

/** TPS_CORIM_PROFILE_* of a profile's URI. */
uint32_t tps_corim_profile_of(tps_span uri);

/** The URI of a profile, or NULL for TPS_CORIM_PROFILE_UNKNOWN. */
const char *tps_corim_profile_uri(uint32_t profile_kind);

/* ---- writing ---- */

/**
 * @brief Write any manifest, unsigned (tag 501), deterministically.
 *
 * Lists keep their order; members, registers and extensions are sorted. What tps_corim_decode() read is
 * written again from its values, tag by tag and triple by triple: a manifest in deterministic encoding gives
 * the same bytes. CoSWIDs, COSE_Keys and the values of extensions are written as they stand. The envelope's
 * members are not written: see tps_corim_sign().
 *
 * @param corim         From tps_corim_decode(), or of the caller's making.
 * @param out           Room; TPS_BUF_MEASURE only measures.
 * @param[out] encoded  Inside `out`; with too little room its `size` is the size needed.
 * @param[out] why      Where in what was written, and why, it would be refused; may be NULL.
 *
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL
 * @retval TPS_CORIM_*, TPS_CBOR_*  What was written is not what tps_corim_decode() and tps_corim_visit()
 * take: nothing that is refused when read is ever written. (Measuring finds it only where a list cannot be
 * read.)
 *
 * Stack: on a Cortex-M33 3.2 KiB, the checker's included. Time: linear, but for unsorted registers and
 * extensions, whose number is limited.
 */
TPS_MUST_USE tps_status tps_corim_write(const tps_corim *corim, tps_buf out, tps_span *encoded,
                                        tps_error *why);

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
    bool has_cwt_claims;         /**< say name and validity in CWT claims, too (header 15) */
    bool has_no_meta;            /**< and not in corim-meta: what the draft is moving to; without `uri` */
    bool is_detached;            /**< leave the manifest out: nil stands there */
    tps_span subject;            /**< of the CWT claims: text, at most 256 bytes; may be empty */
    int32_t hash_alg;  /**< TPS_ALG_SHA256 ...: sign the manifest's hash alone (hash envelope); or 0 */
    tps_span location; /**< of a hash envelope: where the manifest is; at most 256 bytes, may be empty */
} tps_corim_signer;

/**
 * @brief Sign a manifest: COSE_Sign1 with content type, corim-meta, CWT claims and x5chain protected.
 *
 * @param corim         From tps_corim_encode().
 * @param out           Room; TPS_BUF_MEASURE only measures (nothing is signed).
 * @param[out] encoded  Inside `out`; with too little room its `size` is the size needed.
 *
 * @retval TPS_OK
 * @retval TPS_BUFFER_TOO_SMALL
 * @retval TPS_BAD_ARGUMENT  `who` has no name, a text is too long, a validity ends before it begins, or two
 * of its members exclude each other.
 * @retval others            What tps_crypto_hash_of() or tps_cose_sign1_make() returned.
 */
TPS_MUST_USE tps_status tps_corim_sign(tps_span corim, const tps_corim_signer *who,
                                       const tps_cose_signer *signer, tps_buf out, tps_span *encoded);

#ifdef __cplusplus
}
#endif

#endif
