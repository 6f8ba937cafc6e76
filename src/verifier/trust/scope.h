/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For what the trust anchors of a verifier are trusted. Scopes belong to keys: certificates of one key, and
 * the key itself, share what was said of any of them. One scope must permit a question as a whole; what any
 * of a key's scopes permits is permitted.
 */
#ifndef TPS_VERIFIER_TRUST_SCOPE_H
#define TPS_VERIFIER_TRUST_SCOPE_H

#include "tps/anchor.h"
#include "tps/corim.h"

/** A scope of a key. With it go all older ones of the same key: it stands for all of them. */
typedef struct scope scope;

/** Scopes of all anchors, in the order in which they were added. A zeroed list is empty and valid. */
typedef struct {
    scope **items;
    size_t count;
    size_t capacity;
} scope_list;

/** No triple: the question is about evidence. */
#define SCOPE_NO_TRIPLE UINT32_MAX

/** May somebody say, or certify, something about devices? What is empty is not told: a scope that restricts
 * by it does not permit the question. */
typedef struct {
    uint32_t use;    /**< one of TPS_ANCHOR_* */
    uint32_t triple; /**< number of the kind of triple, 0 to 31, or SCOPE_NO_TRIPLE */
    tps_span class_id;
    tps_span vendor;
    tps_span model;
    tps_span instance; /**< instance id */
} scope_question;

/**
 * The question whether an environment of a triple may be endorsed. Of class ids and instances the content
 * counts, whatever their kind; an instance that is named by its key is in no range.
 */
scope_question scope_ask(uint32_t triple, const tps_corim_environment *environment);

/** The scopes of a key; NULL when it is no anchor. `maker`: SHA-256 of its SubjectPublicKeyInfo. */
const scope *scope_of(const scope_list *list, const uint8_t maker[32]);

/** Whether a scope, or an older one of the same key, permits it. NULL permits nothing. */
bool scope_permits(const scope *newest, const scope_question *question);

/** Whether any of them has this use, for something. */
bool scope_has_use(const scope *newest, uint32_t use);

/**
 * Adds a copy of a scope to those of a key.
 * @retval TPS_OK, TPS_OUT_OF_MEMORY
 * @retval TPS_BAD_ARGUMENT  As tps_verifier_add_scoped_anchor() says.
 * @retval TPS_TOO_LARGE     There are 4,096 already.
 */
TPS_MUST_USE tps_status scope_add(scope_list *list, const uint8_t maker[32], const tps_anchor_scope *given);

/** SHA-256 of one of them and of whose it is: equal scopes have equal digests. @retval TPS_OK,
 * TPS_CRYPTO_FAILED */
TPS_MUST_USE tps_status scope_digest(const scope_list *list, size_t index, uint8_t sha256[32]);

/** Forgets those behind the first `count`. */
void scope_cut(scope_list *list, size_t count);

/** Ends all of them. */
void scope_free(scope_list *list);

#endif
