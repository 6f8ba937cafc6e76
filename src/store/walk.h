/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file walk.h
 * A walk over all that a store has, in an order that is the same for every kind of store: tenants by name;
 * then of each its items by sequence, the used nonces of clients by their bytes, its audit log; then all
 * sessions by id and tenant. In pieces, so that little is in memory at once.
 */
#ifndef TPS_STORE_WALK_H
#define TPS_STORE_WALK_H

#include "store/store.h"

/** Where to begin within a tenant. */
typedef struct {
    int64_t items_after; /**< 0: all */
    int64_t audit_from;  /**< 1: all */
} tps_store_place;

/** What the walk calls. What returns anything but TPS_OK ends it. NULL: not wanted. */
typedef struct {
    tps_status (*tenant)(void *context, const tps_store_tenant *tenant);
    /** Before the items of a tenant; it may set `place`. */
    tps_status (*begin)(void *context, int64_t tenant, const char *name, tps_store_place *place);
    tps_status (*item)(void *context, const tps_store_item *item);
    tps_status (*nonce)(void *context, tps_span nonce);
    tps_status (*entry)(void *context, const tps_store_audit_entry *entry);
    /** Before the sessions; it may set id and tenant of `after` and return true in `is_set`. */
    tps_status (*begin_sessions)(void *context, tps_store_session *after, bool *is_set);
    tps_status (*session)(void *context, const tps_store_session *session);
    void *context;
} tps_store_walker;

/**
 * @brief Walk. Within a snapshot of the store, if what is seen shall fit together.
 * @retval TPS_STORE_FAILED, TPS_STORE_AWAY, TPS_OUT_OF_MEMORY  The store's failures; or what was returned.
 */
TPS_MUST_USE tps_status tps_store_walk(tps_store *store, const tps_store_walker *walker);

#endif
