/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file audit.h
 * The audit log (spec/audit.md): each change of what a tenant has or is leaves one entry in the tenant's
 * chain, in the transaction of the change, so that there is never the one without the other. An entry says
 * what happened, who did it, from where, by which request, and names what was changed by its digest; it holds
 * no secret and no body.
 *
 * The functions below that change something do both. They belong into one transaction of the store: within
 * the write of a job, which is one already (jobs.h), or between begin_group and commit_group. When one
 * returns a status that store.h names for the operation, nothing was changed and nothing is in the log; after
 * any other failure the transaction can only be abandoned.
 *
 * Thread-safe for distinct stores.
 */
#ifndef TPS_SERVER_AUDIT_H
#define TPS_SERVER_AUDIT_H

#include "store/store.h"

/** What can happen, with its name in entries. Names never change; new ones may come. */
#define TPS_AUDIT_EVENTS(X)                           \
    X(TENANT_CREATED, "tenant.created")               \
    X(SETTINGS_CHANGED, "settings.changed")           \
    X(SECRET_CHANGED, "secret.changed")               \
    X(ANCHOR_ADDED, "anchor.added")                   \
    X(ANCHOR_CHANGED, "anchor.changed")               \
    X(ANCHOR_REMOVED, "anchor.removed")               \
    X(ENDORSEMENT_ADDED, "endorsement.added")         \
    X(ENDORSEMENT_CHANGED, "endorsement.changed")     \
    X(ENDORSEMENT_REMOVED, "endorsement.removed")     \
    X(POLICY_ADDED, "policy.added")                   \
    X(POLICY_CHANGED, "policy.changed")               \
    X(POLICY_REMOVED, "policy.removed")               \
    X(REVOCATION_ADDED, "revocation.added")           \
    X(REVOCATION_CHANGED, "revocation.changed")       \
    X(REVOCATION_REMOVED, "revocation.removed")       \
    X(CRL_ADDED, "crl.added")                         \
    X(CRL_CHANGED, "crl.changed")                     \
    X(CRL_REMOVED, "crl.removed")                     \
    X(KEY_ADDED, "key.added")                         \
    X(KEY_CHANGED, "key.changed")                     \
    X(KEY_REMOVED, "key.removed")                     \
    X(TOKEN_ADDED, "token.added")                     \
    X(TOKEN_CHANGED, "token.changed")                 \
    X(TOKEN_REMOVED, "token.removed")                 \
    X(ADMINISTRATOR_ADDED, "administrator.added")     \
    X(ADMINISTRATOR_CHANGED, "administrator.changed") \
    X(ADMINISTRATOR_REMOVED, "administrator.removed") \
    X(TENANT_REMOVED, "tenant.removed")               \
    X(STORE_RESTORED, "store.restored")               \
    X(CHECKPOINT, "audit.checkpoint")

/** TPS_AUDIT_TENANT_CREATED ... */
enum {
#define TPS_AUDIT_AS_ENUM(name, text) TPS_AUDIT_##name,
    TPS_AUDIT_EVENTS(TPS_AUDIT_AS_ENUM)
#undef TPS_AUDIT_AS_ENUM
        TPS_AUDIT_EVENT_COUNT
};

/** An event's name in entries; NULL for no event. */
const char *tps_audit_event_name(uint32_t event);

#define TPS_AUDIT_KIND_SIZE    16u /**< bytes with the final zero: what is longer is cut */
#define TPS_AUDIT_NAME_SIZE    192u
#define TPS_AUDIT_FROM_SIZE    64u
#define TPS_AUDIT_REQUEST_SIZE 64u

/** Who changes something, from where, by which request. A plain value, to be copied along with a job. */
typedef struct {
    /** "anybody" (what is open to all), "token", "oidc", "certificate", "command line" (whoever runs `tps` on
     * the store), "server" (nobody: the server itself, as it makes the first tenant or a checkpoint) */
    char kind[TPS_AUDIT_KIND_SIZE];
    char name[TPS_AUDIT_NAME_SIZE]; /**< a token's name, a subject, a user's name; empty for "anybody" and
                                       "server" */
    char from[TPS_AUDIT_FROM_SIZE]; /**< the client's address, without a port; empty: no client */
    char request[TPS_AUDIT_REQUEST_SIZE]; /**< the request's id, as the log and the trace have it; or empty */
} tps_audit_origin;

/** An origin; what is NULL is left empty, what is too long is cut at a whole character. */
tps_audit_origin tps_audit_origin_make(const char *kind, const char *name, const char *from,
                                       const char *request);

/** Whoever runs this process, by the user's name on this machine; for commands. */
tps_audit_origin tps_audit_origin_local(void);

/** Something more that an entry tells of what was changed: a text, as a certificate's subject or scopes. No
 * secrets. */
typedef struct {
    const char *name; /**< a-z and "_"; not "name", "sequence", "body_size", "body_sha256" with an item */
    tps_span text;    /**< UTF-8; at most TPS_AUDIT_TEXT_MAX bytes of it are kept */
} tps_audit_detail;

#define TPS_AUDIT_DETAILS_MAX 6u
#define TPS_AUDIT_TEXT_MAX    1024u

/** What is to be told of a change, whatever it is. */
typedef struct {
    const tps_audit_origin *origin;
    int64_t now;                     /**< seconds since 1970 */
    const tps_audit_detail *details; /**< may be NULL */
    size_t detail_count;
} tps_audit_note;

/**
 * @brief Append an entry for a change that the caller makes himself, in the same transaction.
 * @param event  TPS_AUDIT_*.
 * @retval TPS_OK
 * @retval TPS_STORE_FAILED  Whatever it is: there is no such event or tenant, too many details, or one whose
 *                           name cannot be. The change is made, so this is never an answer: the transaction
 *                           must not go on.
 * @retval TPS_STORE_AWAY, TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_audit_append(tps_store *store, int64_t tenant, uint32_t event,
                                         const tps_audit_note *note);

/** put_item of the store, and its entry, "added" or "changed": the item's name and sequence, its body's size
 * and SHA-256 (but of keys and tokens, whose bodies are secret). */
TPS_MUST_USE tps_status tps_audit_put_item(tps_store *store, int64_t tenant, const tps_store_item *item,
                                           int64_t expected, const tps_audit_note *note, int64_t *sequence);

/** remove_item of the store, and its entry: the item's name and the sequence that it had. */
TPS_MUST_USE tps_status tps_audit_remove_item(tps_store *store, int64_t tenant, uint32_t kind, tps_span name,
                                              int64_t expected, const tps_audit_note *note);

/** set_settings of the store, and its entry: the settings before and after. */
TPS_MUST_USE tps_status tps_audit_set_settings(tps_store *store, const char *tenant, tps_span settings,
                                               int64_t expected, const tps_audit_note *note);

/** create_tenant of the store, and the first entry of its chain. @param[out] id  Its number; may be NULL. */
TPS_MUST_USE tps_status tps_audit_create_tenant(tps_store *store, const tps_store_tenant *tenant,
                                                const tps_audit_note *note, int64_t *id);

/** remove_tenant of the store, and an entry in the chain of the tenant "default", as the removed one's chain
 * goes with it: how far it came, and its last hash. Where there is no tenant "default", nothing keeps the
 * entry. The tenant "default" itself cannot be removed: TPS_BAD_ARGUMENT. */
TPS_MUST_USE tps_status tps_audit_remove_tenant(tps_store *store, const char *tenant,
                                                const tps_audit_note *note);

/**
 * @brief The last entry of a tenant's chain.
 *
 * Sequences have no gaps, so that it is found in a few dozen reads, however long the chain is.
 *
 * @param visit  Gets it, unless the chain is empty.
 * @retval TPS_NOT_FOUND  The chain is empty.
 * @retval others         What the store or `visit` returned.
 */
TPS_MUST_USE tps_status tps_audit_last(tps_store *store, int64_t tenant, tps_store_visit_audit visit,
                                       void *context);

#endif
