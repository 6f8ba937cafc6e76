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

/** The manifest that something came from. */
typedef struct {
    tps_corim_validity validity;           /**< the manifest's */
    tps_corim_validity signature_validity; /**< its signature's */
    bool is_demonstration;                 /**< signed under the demonstration CA */
    uint8_t maker[32];    /**< SHA-256 of the key of the trust anchor that it leads to; zeros when to none */
    uint8_t identity[32]; /**< of signer and content, see tps_verifier_add_corim_once() */
} knowledge_source;

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
    uint32_t source;
    uint32_t name;     /**< whose it is */
    uint32_t previous; /**< the name's next older one, or KNOWLEDGE_NONE */
} knowledge_reference;

/** The attestation key of a device. */
typedef struct {
    tps_crypto_point point;
    int32_t alg; /**< the one algorithm that it is for; 0: any */
} knowledge_key;

typedef struct {
    tps_crypto_point key;
    uint32_t class_index;
    uint32_t source;
    uint32_t maker_source; /**< the first manifest that leads to a trust anchor, or KNOWLEDGE_NONE */
    uint8_t id_size;
    uint8_t id[KNOWLEDGE_INSTANCE_MAX];
    int16_t alg; /**< the one algorithm that the key is for; 0: any */
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
    knowledge_class *classes;
    size_t class_count;
    size_t class_capacity;
    knowledge_name *names;
    size_t name_count;
    size_t name_capacity;
    knowledge_reference *references;
    size_t reference_count;
    size_t reference_capacity;
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
    knowledge_table class_table;
    knowledge_table name_table;      /**< by class and text */
    knowledge_table reference_table; /**< by all of the component */
    knowledge_table device_table;
    knowledge_table subject_table;
    uint64_t hash_key;              /**< of the tables; 0: not drawn yet */
    struct knowledge_chunk *chunks; /**< where copied bytes lie */
    size_t bytes;                   /**< of heap memory that is held in all of this */
} knowledge;

/** The counts at one moment, to go back to. */
typedef struct {
    size_t sources;
    size_t classes;
    size_t names;
    size_t references;
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
 */
TPS_MUST_USE tps_status knowledge_add_reference(knowledge *k, uint32_t class_index,
                                                const tps_corim_component *component, uint32_t source);

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

/** True unless another maker (the key of a trust anchor, see knowledge_source) speaks for the class. */
bool knowledge_class_is_of(const knowledge *k, uint32_t class_index, const uint8_t maker[32]);

/** True when the manifest that something came from is within its validity. */
bool knowledge_is_current(const knowledge *k, uint32_t source, int64_t now);

/** True when both are the same point. */
bool knowledge_same_key(const tps_crypto_point *a, const tps_crypto_point *b);

#endif
