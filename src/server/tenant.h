/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tenant.h
 * A tenant as the running server has it: its verifier with all its trust anchors and endorsements in memory,
 * its signing key, its waiting sessions. Nothing of one tenant is ever reached through another. For one
 * thread at a time.
 */
#ifndef TPS_SERVER_TENANT_H
#define TPS_SERVER_TENANT_H

#include "server/session_table.h"
#include "store/store.h"
#include "tps/crypto.h"
#include "tps/result_keys.h"
#include "tps/verifier.h"

typedef struct {
    int64_t id;
    char name[TPS_STORE_TENANT_NAME_MAX + 1];
    bool allow_unsigned;
    bool in_store; /**< scratch of a reload */
    tps_verifier *verifier;
    uint64_t generation;  /**< how often the verifier was replaced */
    tps_crypto_key *key;  /**< signs results */
    tps_result_keys keys; /**< by name, and as relying parties find it: the store has one key a tenant */
    tps_session_table *sessions;
} tps_tenant;

/** Told of an anchor or endorsement that could not be taken; loading goes on without it. */
typedef void (*tps_tenant_complaint)(void *context, const char *tenant, const char *what, tps_status status,
                                     const tps_error *why);

/**
 * @brief Build a verifier with what the store has for a tenant.
 * @param name      For complaints.
 * @param complain  May be NULL.
 * @retval TPS_STORE_FAILED, TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_tenant_build_verifier(tps_store *store, int64_t tenant, const char *name,
                                                  const tps_verifier_options *options,
                                                  tps_tenant_complaint complain, void *context,
                                                  tps_verifier **verifier);

/** A tenant without its verifier, from what the store has of it. Ended by tps_tenant_free(). */
TPS_MUST_USE tps_status tps_tenant_new(const tps_store_tenant *stored, size_t sessions_max,
                                       tps_tenant **tenant);

/** Ends a tenant and wipes its key. NULL is allowed. */
void tps_tenant_free(tps_tenant *tenant);

/**
 * Makes a tenant in the store, with a new signing key.
 * @retval TPS_STORE_EXISTS, TPS_BAD_ARGUMENT (the name), TPS_STORE_FAILED, TPS_CRYPTO_*
 */
TPS_MUST_USE tps_status tps_tenant_create(tps_store *store, const char *name, bool allow_unsigned);

#endif
