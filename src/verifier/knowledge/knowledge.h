/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a verifier knows from endorsements: classes of devices with their reference values, and devices with
 * their attestation keys; found by class id and by instance id in constant time, reference values by the
 * component's name. Grows only; a load that fails is taken back as a whole.
 *
 * Everything is reached by index, so that it can move when it grows. KNOWLEDGE_NONE is no index.
 */
#ifndef TPS_VERIFIER_KNOWLEDGE_H
#define TPS_VERIFIER_KNOWLEDGE_H

#include "tps/corim.h"
#include "tps/crypto.h"

#define KNOWLEDGE_NONE UINT32_MAX

/** Bytes of an instance id at most. */
#define KNOWLEDGE_INSTANCE_MAX 33u

/** Reference values of one class at most: an appraisal may have to look at each for each component of the
 * evidence, and everybody else waits for it. */
#define KNOWLEDGE_REFERENCES_MAX 4096u

/**
 * Where something came from: a tag (CoMID, CoSWID, CoTL) of a manifest. What a caller leaves zero is always
 * valid, of nobody, and of no tag.
 */
typedef struct {
    tps_corim_validity validity;           /**< the manifest's */
    tps_corim_validity signature_validity; /**< its signature's */
    bool is_demonstration;                 /**< signed under the demonstration CA */
    bool needs_activation; /**< a CoTL stands in the manifest: counts only while one activates the tag */
    uint32_t signer;       /**< index + 1 of who signed, see knowledge_add_signer(); 0: nobody */
    uint32_t tag;          /**< index + 1 of the tag, see knowledge_add_tag(); 0: none */
    uint8_t maker[32];     /**< SHA-256 of the key of the trust anchor that it leads to; zeros when to none */
    uint8_t identity[32];  /**< of signer and content, see tps_verifier_add_corim_once() */
} knowledge_source;

/** Who signed. */
typedef struct {
    tps_span path;        /**< from its key to the trust anchor, as endorsements/signers.c keeps it */
    int64_t counts_until; /**< from this second on nothing of it counts; INT64_MAX: it counts */
} knowledge_signer;

/** A version of a tag. */
typedef struct {
    uint8_t owner[32]; /**< the maker; else the signer's key; zeros when nobody signed: within it ids count */
    uint32_t id_kind;  /**< TPS_CORIM_TEXT or _UUID */
    tps_span id;
    uint64_t version;
    uint8_t content[32];      /**< SHA-256 of the tag's content */
    uint32_t signer;          /**< index + 1 */
    uint32_t source;          /**< the one that said most of it, or KNOWLEDGE_NONE */
    uint32_t superseded_by;   /**< the tag that came in its place, or KNOWLEDGE_NONE */
    uint32_t last_activation; /**< the newest of its list, or KNOWLEDGE_NONE */
} knowledge_tag;

/** A CoTL's word that a tag counts. Private to sources.c. */
typedef struct {
    tps_corim_validity validity;
    uint32_t source; /**< the CoTL */
    uint32_t tag;
    uint32_t previous; /**< the tag's next older one, or KNOWLEDGE_NONE */
} knowledge_activation;

typedef struct {
    tps_span id;
    tps_span vendor;        /**< empty when unknown */
    tps_span model;         /**< empty when unknown */
    uint32_t vendor_source; /**< the manifest that told the vendor */
    uint32_t model_source;  /**< the manifest that told the model */
    uint32_t maker_source;  /**< the first manifest that leads to a trust anchor, or KNOWLEDGE_NONE */
    uint32_t last_name;     /**< the newest of its list, or KNOWLEDGE_NONE */
    uint32_t reference_count;
} knowledge_class;

/** The name of a component of a class, with its reference values. */
typedef struct {
    tps_span text;
    uint32_t class_index;
    uint32_t previous;       /**< the class's next older one, or KNOWLEDGE_NONE */
    uint32_t last_reference; /**< the newest of its list, or KNOWLEDGE_NONE */
} knowledge_name;

/** One piece of software that a class may run. */
typedef struct {
    tps_corim_component component;
    uint32_t source;     /**< the first that said it; ask knowledge_reference_is_current() */
    uint32_t last_vouch; /**< further ones: the newest of their list, or KNOWLEDGE_NONE */
    uint32_t last_joint; /**< the newest of those with the same release's digests, or KNOWLEDGE_NONE */
    uint32_t name;       /**< whose it is */
    uint32_t previous;   /**< the name's next older one, or KNOWLEDGE_NONE */
} knowledge_reference;

/** A further manifest that says the same. Private to knowledge.c. */
typedef struct {
    uint32_t source;
    uint32_t reference;
    uint32_t previous; /**< the reference value's next older one, or KNOWLEDGE_NONE */
} knowledge_vouch;

/** A manifest's word that two reference values are one release. Private to releases.c. */
typedef struct {
    uint32_t reference;
    uint32_t other;
    uint32_t source;
    uint32_t previous; /**< the reference value's next older one, or KNOWLEDGE_NONE */
} knowledge_joint;

/** The attestation key of a device: itself, or the thumbprint by which it is known. */
typedef struct {
    tps_crypto_point point;
    int32_t alg;         /**< the one algorithm that it is for; 0: any */
    uint32_t by;         /**< 0: the point; else STATEMENT_BY_KEY or _BY_CERTIFICATE (statements.h) */
    tps_span thumbprint; /**< SHA-2: 32, 48 or 64 bytes; of the key or certificate */
} knowledge_key;

/** A device with its attestation key; 116 bytes, of which a million are held. */
typedef struct {
    uint8_t key[64]; /**< see knowledge_device_point(), knowledge_device_thumbprint() */
    uint32_t class_index;
    uint32_t source;
    uint32_t maker_source; /**< the first manifest that leads to a trust anchor, or KNOWLEDGE_NONE */
    int16_t alg;           /**< the one algorithm that the key is for; 0: any */
    uint8_t curve;         /**< TPS_CURVE_*; 0 of a thumbprint */
    uint8_t by;            /**< see knowledge_key */
    uint8_t thumbprint_size;
    uint8_t id_size;
    uint8_t id[KNOWLEDGE_INSTANCE_MAX];
} knowledge_device;

/** A hash table of indices; treat as private. */
typedef struct {
    uint32_t *slots; /**< index + 1; 0 is empty */
    size_t capacity; /**< a power of two */
    size_t count;
} knowledge_table;

/** A triple in the general form; see statements.h. */
typedef struct knowledge_statement knowledge_statement;

/** By what statements are found: an identifier of an environment, or a key. Private to statements.c. */
typedef struct {
    uint32_t scope; /**< the kind of statement and what the parts are */
    uint32_t count;
    uint32_t last_link; /**< the newest of its list, or KNOWLEDGE_NONE */
    tps_span parts[2];
} knowledge_subject;

/** A statement under a subject. Private to statements.c. */
typedef struct {
    uint32_t statement;
    uint32_t subject;
    uint32_t previous; /**< the subject's next older one, or KNOWLEDGE_NONE */
} knowledge_link;

typedef struct {
    knowledge_source *sources;
    size_t source_count;
    size_t source_capacity;
    knowledge_signer *signers;
    size_t signer_count;
    size_t signer_capacity;
    knowledge_tag *tags;
    size_t tag_count;
    size_t tag_capacity;
    knowledge_activation *activations;
    size_t activation_count;
    size_t activation_capacity;
    knowledge_class *classes;
    size_t class_count;
    size_t class_capacity;
    knowledge_name *names;
    size_t name_count;
    size_t name_capacity;
    knowledge_reference *references;
    size_t reference_count;
    size_t reference_capacity;
    knowledge_vouch *vouches;
    size_t vouch_count;
    size_t vouch_capacity;
    knowledge_joint *joints;
    size_t joint_count;
    size_t joint_capacity;
    knowledge_device *devices;
    size_t device_count; /**< with those that a newer endorsement replaced */
    size_t device_capacity;
    knowledge_statement *statements;
    size_t statement_count;
    size_t statement_capacity;
    size_t claim_statement_count; /**< those that speak of more than keys */
    knowledge_subject *subjects;
    size_t subject_count;
    size_t subject_capacity;
    knowledge_link *links;
    size_t link_count;
    size_t link_capacity;
    knowledge_table source_table; /**< by identity */
    knowledge_table signer_table; /**< by path */
    knowledge_table tag_table;    /**< by owner and id: the newest version */
    knowledge_table class_table;
    knowledge_table name_table;      /**< by class and text */
    knowledge_table reference_table; /**< by all of the component */
    knowledge_table release_table;   /**< by all of it but the digest: the newest of each digest size */
    knowledge_table device_table;
    knowledge_table subject_table;
    int64_t load_time;              /**< the time of the load under way: what is withdrawn then is no bar */
    uint64_t hash_key;              /**< of the tables; 0: not drawn yet */
    struct knowledge_chunk *chunks; /**< where copied bytes lie */
    size_t bytes;                   /**< of heap memory that is held in all of this */
} knowledge;

/** The counts at one moment, to go back to. */
typedef struct {
    size_t sources;
    size_t signers;
    size_t tags;
    size_t activations;
    size_t classes;
    size_t names;
    size_t references;
    size_t vouches;
    size_t joints;
    size_t devices;
    size_t statements;
    size_t subjects;
    size_t links;
} knowledge_mark;

/** Ends all of it. A zeroed one is empty and valid. */
void knowledge_free(knowledge *k);

knowledge_mark knowledge_mark_now(const knowledge *k);

/** Forgets everything that came after the mark. Copied bytes stay until knowledge_free(). */
void knowledge_go_back(knowledge *k, const knowledge_mark *mark);

/** The functions that add return TPS_OUT_OF_MEMORY and TPS_CRYPTO_NO_ENTROPY, and copy what spans point to.
 */
TPS_MUST_USE tps_status knowledge_add_source(knowledge *k, const knowledge_source *source, uint32_t *index);

/** Who signed, made if it is not known; see knowledge_signer. `counts_until` is set in either case. */
TPS_MUST_USE tps_status knowledge_add_signer(knowledge *k, tps_span path, int64_t counts_until,
                                             uint32_t *index);

/** True when what this signer (index + 1; 0: nobody) vouched for counts no more. */
bool knowledge_is_withdrawn(const knowledge *k, uint32_t signer, int64_t now);

/**
 * @brief A tag, made if this version of it is not known. What older versions said counts no more.
 *
 * @param given     owner, id, version, content and signer; the rest is private.
 * @param[out] tag  Its index.
 * @retval TPS_VERIFIER_TAG_OLDER    A newer version is known, or a tag that replaced it.
 * @retval TPS_VERIFIER_TAG_CHANGED  This version is known with another content.
 */
TPS_MUST_USE tps_status knowledge_add_tag(knowledge *k, const knowledge_tag *given, uint32_t *tag);

/** A tag of the same owner counts no more, now and when it comes later: `tag` has replaced it.
 * @retval TPS_CORIM_BAD_VALUE  It is the tag itself. */
TPS_MUST_USE tps_status knowledge_replace_tag(knowledge *k, uint32_t tag, const tps_corim_value *replaced);

/**
 * A CoTL (`source`) activates a tag of the same owner.
 * @retval TPS_NOT_FOUND  No tag of this id has this version as its newest.
 */
TPS_MUST_USE tps_status knowledge_activate_tag(knowledge *k, const uint8_t owner[32],
                                               const tps_corim_identity *identity,
                                               const tps_corim_validity *validity, uint32_t source);

/** True when what is known from `known` says all that `source` would, for as long. */
bool knowledge_says_as_much(const knowledge *k, uint32_t known, uint32_t source);

/** True unless a newer tag took its place, or its signer is withdrawn, at the time of the load under way: it
 * contradicts nothing any more. */
bool knowledge_stands(const knowledge *k, uint32_t source);

/** The same at another moment. */
bool knowledge_stands_at(const knowledge *k, uint32_t source, int64_t now);

/**
 * The class with this id, made if it is not known. Vendor and model fill what was empty.
 * @retval TPS_VERIFIER_CONFLICT  It is known with another vendor or model.
 * @retval TPS_VERIFIER_CLASS_OF_ANOTHER  The first manifest that spoke of it leads to another trust anchor.
 */
TPS_MUST_USE tps_status knowledge_add_class(knowledge *k, tps_span id, tps_span vendor, tps_span model,
                                            uint32_t source, uint32_t *index);

/**
 * What is known already, from a manifest that is valid as long at least, adds nothing.
 * @retval TPS_TOO_LARGE  The class has KNOWLEDGE_REFERENCES_MAX of them.
 * @retval TPS_VERIFIER_CONFLICT  The same version of the same signer stands with another digest of this size.
 */
TPS_MUST_USE tps_status knowledge_add_reference(knowledge *k, uint32_t class_index,
                                                const tps_corim_component *component, uint32_t source);

/** The key of a device, as it was endorsed: not known to be on its curve. Of size 0 (and so no key) where
 * the device is known by a thumbprint. */
void knowledge_device_point(const knowledge_device *device, tps_crypto_point *point);

/** The thumbprint of a device's key or certificate (`by` says which); empty where the key itself is known. */
tps_span knowledge_device_thumbprint(const knowledge_device *device);

/** What was said of the key's algorithm stays, where the newer endorsement says nothing of it.
 * @retval TPS_VERIFIER_CONFLICT  The instance is known with another key, algorithm or class.
 * @retval TPS_VERIFIER_INSTANCE_OF_ANOTHER  The first manifest that spoke of it leads to another trust
 * anchor.
 */
TPS_MUST_USE tps_status knowledge_add_device(knowledge *k, tps_span instance_id, uint32_t class_index,
                                             const knowledge_key *key, uint32_t source);

/** Index of the manifest, class, name or device, or KNOWLEDGE_NONE. */
uint32_t knowledge_find_source(const knowledge *k, tps_span identity);
uint32_t knowledge_find_class(const knowledge *k, tps_span id);
uint32_t knowledge_find_name(const knowledge *k, uint32_t class_index, tps_span text);
uint32_t knowledge_find_device(const knowledge *k, tps_span instance_id);

/** The newest reference value that is this very component, or KNOWLEDGE_NONE. */
uint32_t knowledge_find_reference(const knowledge *k, uint32_t class_index,
                                  const tps_corim_component *component);

/** True unless another maker (the key of a trust anchor, see knowledge_source) speaks for the class. */
bool knowledge_class_is_of(const knowledge *k, uint32_t class_index, const uint8_t maker[32]);

/** True unless another maker endorsed the device first. */
bool knowledge_device_is_of(const knowledge *k, uint32_t device, const uint8_t maker[32]);

/** True when a manifest leads to this maker (NULL: any), or to no trust anchor at all: whoever loaded that
 * permitted all of it. */
bool knowledge_source_is_of(const knowledge *k, uint32_t source, const uint8_t *maker);

/** True when what something came from counts: manifest and signature are within their validity, its signer is
 * not withdrawn, its tag not superseded, and activated where a CoTL must. */
bool knowledge_is_current(const knowledge *k, uint32_t source, int64_t now);

/** The same of a reference value: one of those who said it counts. */
bool knowledge_reference_is_current(const knowledge *k, uint32_t reference, int64_t now);

/** True when both are the same point. */
bool knowledge_same_key(const tps_crypto_point *a, const tps_crypto_point *b);

#endif
