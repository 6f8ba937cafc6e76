/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements of manifests in the general form, as they were encoded: triples of every kind that have no index
 * of their own. They are found by what they speak of, and read by the cursors of corim.h without a heap.
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

typedef struct {
    uint32_t kind;
    uint32_t source;  /**< manifest */
    tps_span encoded; /**< the one triple: read it as a list with `count` 1 and this `encoded` */
    uint32_t next;    /**< private: of those with the same subject */
} knowledge_statement;

/**
 * Adds a triple under what its (first) environment names: class id; else vendor and model; else instance;
 * else group; else nothing.
 * @param encoded  The triple as it stands in the manifest, checked by tps_corim_visit(); it is copied.
 */
TPS_MUST_USE tps_status knowledge_add_statement(knowledge *k, uint32_t kind,
                                                const tps_corim_environment *environment, tps_span encoded,
                                                uint32_t source);

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
 */
knowledge_statement_walk knowledge_statements_of(const knowledge *k, uint32_t kind,
                                                 const tps_corim_environment *environment, int64_t now);
bool knowledge_next_statement(knowledge_statement_walk *walk, knowledge_statement *out);

#endif
