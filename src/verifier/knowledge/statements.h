/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements of manifests in the general form, as they were encoded: triples of every kind that have no index
 * of their own. They are found by what they speak of, key statements also by their keys, and read by the
 * cursors of corim.h without a heap.
 */
#ifndef TPS_VERIFIER_KNOWLEDGE_STATEMENTS_H
#define TPS_VERIFIER_KNOWLEDGE_STATEMENTS_H

#include "verifier/knowledge/knowledge.h"

/** Kinds of statements, by the numbers of their triples (draft-ietf-rats-corim-10, 5.1.4). */
enum {
    STATEMENT_REFERENCE = 0,
    STATEMENT_ENDORSED = 1,
    STATEMENT_IDENTITY_KEYS = 2,
    STATEMENT_ATTEST_KEYS = 3, /**< those that have no instance in the device index */
    STATEMENT_DEPENDENCY = 4,
    STATEMENT_MEMBERSHIP = 5,
    STATEMENT_COSWID = 6,
    STATEMENT_SERIES = 8,
    STATEMENT_CONDITIONAL = 10
};

/** The most statements of one kind with the same subject: an appraisal may have to look at each. */
#define STATEMENTS_OF_SUBJECT_MAX 4096u

/** What a key statement's digest is of. Its size tells the hash: 32, 48 or 64 bytes of SHA-2. */
enum {
    STATEMENT_BY_KEY = 1,         /**< SubjectPublicKeyInfo (554, 557, 558, certificates 555 and 562) */
    STATEMENT_BY_CERTIFICATE = 2, /**< one certificate in DER (555, 559, 562) */
    STATEMENT_BY_PATH = 3,        /**< a path (561) */
    STATEMENT_BY_SUBJECT = 4 /**< of an endorsed value: environment and element (endorsements/conflicts.c) */
};

struct knowledge_statement {
    uint32_t kind;
    uint32_t source;  /**< manifest */
    tps_span encoded; /**< the one triple: read it as a list with `count` 1 and this `encoded` */
};

/**
 * Adds a triple under what its (first) environment names: instance; else class id; else vendor and model;
 * else vendor; else group; else nothing.
 * @param encoded  The triple as it stands in the manifest, checked by tps_corim_visit(); it is copied.
 * @retval TPS_TOO_LARGE  There are STATEMENTS_OF_SUBJECT_MAX of this kind under it.
 * @retval TPS_OUT_OF_MEMORY, TPS_CRYPTO_NO_ENTROPY
 */
TPS_MUST_USE tps_status knowledge_add_statement(knowledge *k, uint32_t kind,
                                                const tps_corim_environment *environment, tps_span encoded,
                                                uint32_t source);

/** Lets the statement that was added last be found by one of its keys, too. Errors as above. */
TPS_MUST_USE tps_status knowledge_add_statement_key(knowledge *k, uint32_t by, tps_span digest);

/** Keeps the content of a CoSWID under its tag id: text or UUID. Errors as above. */
TPS_MUST_USE tps_status knowledge_add_coswid(knowledge *k, const tps_corim_value *tag_id, tps_span content,
                                             uint32_t source);

/** Forgets statements from `count` on, with their subjects: see knowledge_go_back(). */
void statements_go_back(knowledge *k, const knowledge_mark *mark);

/** Ends all statements. */
void statements_free(knowledge *k);

/** A walk over what may speak of an environment. Private. */
typedef struct {
    const knowledge *k;
    const tps_corim_environment *environment;
    uint32_t kind;
    uint32_t stage;
    uint32_t at;
    int64_t now;
} knowledge_statement_walk;

/**
 * All statements of a kind whose subject an environment could have, that are current: a superset of those
 * whose environment matches. `environment` NULL: those of every subject.
 *
 * The environment must live as long as the walk. Under one subject newer ones come first.
 */
knowledge_statement_walk knowledge_statements_of(const knowledge *k, uint32_t kind,
                                                 const tps_corim_environment *environment, int64_t now);

/** All statements (of keys: kind 2 or 3) with this digest, that are current. `by`: STATEMENT_BY_*. */
knowledge_statement_walk knowledge_statements_by_key(const knowledge *k, uint32_t kind, uint32_t by,
                                                     tps_span digest, int64_t now);

bool knowledge_next_statement(knowledge_statement_walk *walk, knowledge_statement *out);

/** False when no statement of any kind is there: the common case, to be asked first. */
static inline bool knowledge_has_statements(const knowledge *k)
{
    return k->statement_count != 0;
}

/**
 * False when no statement speaks of more than keys: nothing but reference values, endorsed values,
 * conditions, domains and CoSWIDs can match or add claims.
 */
static inline bool knowledge_has_claims(const knowledge *k)
{
    return k->claim_statement_count != 0;
}

/**
 * The content of a CoSWID by its tag id (see tps_coswid_decode()), that is current; for links of kind
 * STATEMENT_COSWID.
 *
 * @param source  That of the link: a maker's links lead to its own CoSWIDs.
 * @return False when there is none.
 */
bool knowledge_find_coswid(const knowledge *k, const tps_corim_value *tag_id, uint32_t source, int64_t now,
                           tps_span *content);

#endif
