/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file state.h
 * The client's one static table: TPSC_* takes no context, so this is where it lives. Private to src/client.
 *
 * Everything in it is read and written between tps_client_lock() and tps_client_unlock() only. The guard
 * spins, so what happens between the two is short, calls no connector and touches no caller's memory that
 * could fault late. On a system with priorities, threads of different priority should not share it for long:
 * it is held for a walk over small arrays.
 */
#ifndef TPS_CLIENT_STATE_H
#define TPS_CLIENT_STATE_H

#include <stdbool.h>

#include "client/limits.h"
#include "tps/tpsc_connector_api.h"

/** A registered connector. `users` counts sessions and calls under way: while it is not 0, the connector
 * stays. */
typedef struct {
    const TPSC_Connector2 *connector; /**< NULL: free */
    uint32_t users;
    uint32_t order; /**< grows with every registration */
} tps_client_connector;

/** Which connector has a service instance. */
typedef struct {
    TPSC_UUID instance;
    tps_client_connector *owner; /**< NULL: free */
} tps_client_service;

/** An open session, or one that is being opened or closed. */
typedef struct {
    tps_client_connector *owner; /**< NULL: free */
    TPSC_UUID instance;          /**< what TPSC_Session.service_id points to */
    uint32_t generation;         /**< grows with every use of this entry, so that stale copies are known */
    uint32_t connection_id;
    uint32_t session_id; /**< the connector's */
    uint32_t executing;  /**< transactions under way */
    bool open;           /**< usable: neither being opened nor being closed */
} tps_client_session;

/** A transaction that executes. */
typedef struct {
    const TPSC_MessageBuffer *recv; /**< NULL: free */
    const TPSC_MessageBuffer *send;
    tps_client_session *session;
    uint32_t id;
    bool cancelled;
} tps_client_transaction;

typedef struct {
    tps_client_connector connectors[TPS_CLIENT_CONNECTORS_MAX];
    tps_client_service services[TPS_CLIENT_SERVICES_MAX];
    tps_client_session sessions[TPS_CLIENT_SESSIONS_MAX];
    tps_client_transaction transactions[TPS_CLIENT_TRANSACTIONS_MAX];
    uint32_t last_order;
    uint32_t last_transaction;
} tps_client_state;

_Static_assert(TPS_CLIENT_SESSIONS_MAX <= 255, "a session's number has 8 bits for its entry");

extern tps_client_state tps_client;

void tps_client_lock(void);
void tps_client_unlock(void);

/** One more, one fewer user. Release locks; the first is called with the lock held. */
void tps_client_use_locked(tps_client_connector *connector);
void tps_client_release(tps_client_connector *connector);

/** The registered connector that follows `order`, in use by the caller now; NULL if there is none. Locks. */
tps_client_connector *tps_client_next_connector(uint32_t order);

/** False when all registered connectors run every call to its end. Called with the lock held. */
bool tps_client_can_cancel_locked(void);

/** Forget what a connector offers. Called with the lock held. */
void tps_client_forget_services_locked(const tps_client_connector *owner);

/** The entry of a known instance, or NULL. Called with the lock held. */
tps_client_service *tps_client_find_service_locked(const TPSC_UUID *instance);

/** Asks all connectors anew; as TPSC_ServiceDiscovery() without a selector and its results. */
uint32_t tps_client_refresh(void);

/** The entry of an open session, or NULL. Called with the lock held. */
tps_client_session *tps_client_find_session_locked(const TPSC_Session *session);

/** True when both hold the same 16 bytes. */
bool tps_client_uuid_equal(const TPSC_UUID *a, const TPSC_UUID *b);

/** True when all bytes are 0. */
bool tps_client_uuid_is_nil(const TPSC_UUID *uuid);

/** The published value for the reference's slip: see TPSC_ERROR_NOT_IMPLEMENTED_REFERENCE. */
uint32_t tps_client_result(uint32_t result);

#endif
