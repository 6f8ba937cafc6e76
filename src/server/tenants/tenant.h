/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tenant.h
 * A tenant as the running server has it in memory, in parts, each made whole beside and put in place of the
 * one before: settings, keys, access, and a verifier with all its trust anchors, endorsements, policies and
 * revocations. Nothing of one tenant is ever reached through another. A part serves one thread at a time: it
 * is made in the loader's thread, and then belongs to the event loop.
 */
#ifndef TPS_SERVER_TENANT_H
#define TPS_SERVER_TENANT_H

#include "server/access/principal.h"
#include "server/access/rate_limit.h"
#include "server/audit/audit.h"
#include "server/session.h"
#include "server/tenants/settings.h"
#include "store/store.h"
#include "tps/crypto.h"
#include "tps/result_keys.h"
#include "tps/verifier.h"

/** The keys that sign a tenant's results: the ring, and the key objects in it. */
typedef struct {
    tps_result_keys ring;
    tps_crypto_key *keys[TPS_RESULT_KEYS_MAX];
    size_t count;
} tps_tenant_keys;

/** A tenant. It stays where it is as long as the server runs, so that what is under way can point to it. */
typedef struct {
    int64_t id;
    char name[TPS_STORE_TENANT_NAME_MAX + 1];
    bool is_gone;      /**< it was removed from the store */
    int64_t revision;  /**< of the store, as loaded */
    bool has_settings; /**< `settings` were read; else nothing is open */
    tps_tenant_settings settings;
    tps_session_keys session_keys;
    tps_verifier *verifier;
    tps_tenant_keys *keys;
    tps_access_table *access;
    uint64_t ordered, built; /**< verifiers that were to be built, and that one which was last */
    uint64_t generation;     /**< how often the verifier was replaced */
    tps_rate_bucket rate;    /**< of its requests at this node */
    uint32_t metrics_label;  /**< operation/metrics.h */
} tps_tenant;

/** Told of an item that could not be taken; loading goes on without it. */
typedef void (*tps_tenant_complaint)(void *context, const char *tenant, const char *what, tps_status status,
                                     const tps_error *why);

/**
 * @brief Build a verifier with what the store has for a tenant: anchors, policies, endorsements, revocations.
 * @param name      For complaints.
 * @param complain  May be NULL.
 * @retval TPS_STORE_FAILED, TPS_STORE_AWAY, TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_tenant_build_verifier(tps_store *store, int64_t tenant, const char *name,
                                                  const tps_verifier_options *options,
                                                  tps_tenant_complaint complain, void *context,
                                                  tps_verifier **verifier);

/**
 * @brief Give one item that was added to a verifier that is in use: an endorsement, revocation or CRL.
 * @retval TPS_OK  Also when the verifier knew it. @retval others  As the verifier's functions.
 */
TPS_MUST_USE tps_status tps_tenant_add_to_verifier(tps_verifier *verifier, const tps_store_item *item,
                                                   int64_t now, tps_error *why);

/** The tenant's keys as the store has them. @retval TPS_STORE_*, TPS_CRYPTO_*, TPS_OUT_OF_MEMORY */
TPS_MUST_USE tps_status tps_tenant_build_keys(tps_store *store, int64_t tenant, tps_tenant_keys **keys);

/** Ends keys. NULL is allowed. */
void tps_tenant_keys_free(tps_tenant_keys *keys);

/** A tenant without parts. NULL when out of memory. */
tps_tenant *tps_tenant_new(int64_t id, const char *name);

/** Ends a tenant with its parts, and wipes its keys. NULL is allowed. */
void tps_tenant_free(tps_tenant *tenant);

/**
 * Makes a tenant in the store, with a new secret and a signing key, within the caller's group.
 * @retval TPS_STORE_EXISTS, TPS_BAD_ARGUMENT (the name), TPS_STORE_*, TPS_CRYPTO_*
 */
TPS_MUST_USE tps_status tps_tenant_create_in_group(tps_store *store, const char *name,
                                                   const tps_tenant_settings *settings,
                                                   const tps_audit_note *note);

/** The same in a group of its own. */
TPS_MUST_USE tps_status tps_tenant_create(tps_store *store, const char *name,
                                          const tps_tenant_settings *settings, const tps_audit_note *note);

/** Adds a new key to a tenant's ring, in the store, within the caller's group: it signs from `active_from`
 * on.
 * @param[out] id  Its kid. @retval TPS_STORE_*, TPS_CRYPTO_*, TPS_TOO_LARGE (the ring is full) */
TPS_MUST_USE tps_status tps_tenant_add_key(tps_store *store, int64_t tenant, int64_t active_from,
                                           const tps_audit_note *note, char id[TPS_RESULT_KEY_ID_SIZE]);

/* ---- how items are kept: names and attributes ----
 * anchor         name: SHA-256 of the body, hexadecimal; body: DER certificate, or a public key; attributes:
 * {} or
 *                {"scopes": [...]} (tps_verifier_add_anchor_with_scopes())
 * endorsement    name: identity of signer and content, hexadecimal; body: the CoRIM; attributes {}
 * policy         name: a UUID; body: Lua; attributes {"name": ..., "active": true|false, "selector":
 * {"class_id": hex, "vendor": text, "model": text, "scheme": "PSA_IOT"|..., "service": text}, "type": media
 * type} revocation     name: of the administrator's choice; body: the list (tps_verifier_revoke_list());
 * attributes
 * {} crl            name: SHA-256 of its issuer's name, hexadecimal; body: DER; attributes {} result key
 * name: kid; body: the private scalar; attributes {"active_from": s, "retired_at": s or null} token name: of
 * the administrator's choice; body: SHA-256 of the token; attributes {"scopes": [...], "expires": s or null}
 * administrator  name: of the administrator's choice; attributes: access/principal.h */

#endif
