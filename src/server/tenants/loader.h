/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file loader.h
 * Keeps what the server knows in step with the store: a thread with a store handle of its own waits for
 * changes, builds the parts of tenants that changed beside those in use, and hands them to the event loop. A
 * tenant of a million devices is rebuilt without a request that waits for it; what was only added is added.
 */
#ifndef TPS_SERVER_LOADER_H
#define TPS_SERVER_LOADER_H

#include "server/tenants/tenant.h"

struct event_base;

/** What the loader hands over. The receiver owns all that is not NULL. */
typedef struct {
    int64_t tenant;
    char name[TPS_STORE_TENANT_NAME_MAX + 1];
    int64_t revision;
    bool is_gone; /**< there is no such tenant any more; nothing else is set */
    bool has_settings;
    /** They cannot be read: those in force stay, and where there are none, `settings` is closed (attest by
     * token). */
    bool settings_stay;
    tps_tenant_settings settings;
    tps_session_keys session_keys; /**< with has_settings; wiped by the loader afterwards */
    uint64_t ordered;              /**< with has_settings: how many verifiers were ordered so far */
    uint64_t built;                /**< not 0: the verifier is, or would have been, this one of them */
    tps_verifier *verifier;        /**< a new one */
    /** The one in use believes what was taken away, and no new one can be built: there is none from now on.
     */
    bool verifier_ends;
    tps_store_item *added; /**< items for the verifier in use, as tps_tenant_add_to_verifier() takes them */
    size_t added_count;
    tps_tenant_keys *keys;
    tps_access_table *access;
} tps_loaded;

/** What the loader asks of its user; all but `complain` are called in the event loop. */
typedef struct {
    void *context;
    /** Take what was loaded. */
    void (*loaded)(void *context, tps_loaded *loaded);
    /** All of the store up to this revision is handed over, with session keys of this generation of the
     * store, or (not TPS_OK) the store could not be read. */
    void (*in_step)(void *context, int64_t revision, const char *generation, tps_status status);
    /** In threads of the loader's. */
    tps_tenant_complaint complain;
} tps_loader_ops;

typedef struct tps_loader tps_loader;

/** Handles on one store, used by nobody else until tps_loader_free(). */
typedef struct {
    tps_store *loading;
    tps_store
        *building; /**< for a second thread, which builds the verifiers of large tenants; NULL: none does */
} tps_loader_stores;

/**
 * @brief Load everything once, in the caller's thread, and start the threads.
 * @param options  Of verifiers; allow_unsigned_endorsements is the tenant's own.
 * @retval TPS_STORE_*, TPS_OUT_OF_MEMORY, TPS_IO
 */
TPS_MUST_USE tps_status tps_loader_new(struct event_base *base, const tps_loader_stores *stores,
                                       const tps_verifier_options *options, const tps_loader_ops *ops,
                                       tps_loader **loader);

/** Look at once: this process has committed a change. */
void tps_loader_look(tps_loader *loader);

/**
 * Build this tenant's verifier anew, from the store, as soon as it can be read: the one in use was given what
 * then was not stored.
 */
void tps_loader_rebuild(tps_loader *loader, int64_t tenant);

/** Ends the threads. NULL is allowed. */
void tps_loader_free(tps_loader *loader);

#endif
