/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file builder.h
 * Builds verifiers of large tenants in a thread of its own, with a store handle of its own, so that the
 * loader goes on with all other tenants meanwhile.
 */
#ifndef TPS_SERVER_BUILDER_H
#define TPS_SERVER_BUILDER_H

#include "server/tenants/handover.h"

/** Whose verifier is to be built. */
typedef struct {
    int64_t tenant;
    char name[TPS_STORE_TENANT_NAME_MAX + 1];
    int64_t revision;
    uint64_t number; /**< of this tenant's orders, from 1 */
    bool allow_unsigned;
    bool must_end; /**< the verifier in use believes what was taken away: none is better, if none can be built
                    */
} tps_build_order;

/** What came of an order. */
typedef struct {
    int64_t tenant;
    uint64_t number;
    bool is_built; /**< else what is in use stays, or (must_end) has ended */
} tps_build_outcome;

/** With what it is built. */
typedef struct {
    tps_store *store;
    tps_verifier_options options; /**< but for allow_unsigned_endorsements */
    tps_tenant_complaint complain;
    void *context;
    tps_handover *handover;
} tps_build_means;

/**
 * Builds one, in the caller's thread, and hands it over.
 * @retval TPS_OK  Also where something that must count cannot be read: see the outcome.
 * @retval TPS_STORE_AWAY, TPS_STORE_FAILED, TPS_OUT_OF_MEMORY  Nothing was handed over.
 */
TPS_MUST_USE tps_status tps_build(const tps_build_means *means, const tps_build_order *order,
                                  tps_build_outcome *outcome);

typedef struct tps_builder tps_builder;

/** Starts the thread. @retval TPS_OUT_OF_MEMORY, TPS_IO */
TPS_MUST_USE tps_status tps_builder_new(const tps_build_means *means, tps_builder **builder);

/** From the loader's thread: an order that waits for the same tenant gives way to this one. While the store
 * is away, it is tried again and again. @retval TPS_OUT_OF_MEMORY */
TPS_MUST_USE tps_status tps_builder_order(tps_builder *builder, const tps_build_order *order);

/** The next outcome: what it tells of has been handed over. False when there is none. */
bool tps_builder_next_outcome(tps_builder *builder, tps_build_outcome *outcome);

/** Ends the thread, once what it is building is built. NULL is allowed. */
void tps_builder_free(tps_builder *builder);

#endif
