/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file connector_v1.h
 * Makes a connector of ABI version 1 (the reference's) usable beside those of version 2.
 *
 * What version 1 cannot say, and what the adapter does about it:
 * - No session in execute: one session at a time; a second open_session() returns TPSC_ERROR_BUSY.
 * - No connection in discovery: its answer is the same for all.
 * - No length of a response: the room is zeroed first, and the response is the one CBOR item found at its
 * start. What is no CBOR item gives TPSC_ERROR_COMMUNICATION. After SHORT_BUFFER the size needed is unknown:
 * 0.
 * - The transaction's id comes too late to cancel: cancel_transaction() returns TPSC_ERROR_NOT_SUPPORTED. The
 * library drops the response when it comes, and the waiting thread returns TPSC_ERROR_CANCEL then.
 * - Nothing is said about threads: one call at a time; another that comes meanwhile returns TPSC_ERROR_BUSY,
 *   but for close_session() and disconnect(), which are then done when the first call ends.
 */
#ifndef TPS_CLIENT_CONNECTOR_V1_H
#define TPS_CLIENT_CONNECTOR_V1_H

#include <stdatomic.h>
#include <stdbool.h>

#include "tps/tpsc_connector_api.h"

/** Closings that can wait for a call to end; more than the sessions and discoveries that one process runs at
 * a time. */
#define TPS_CONNECTOR_V1_DEFERRED_MAX 8u

/** The adapter's memory, the caller's. Private, but for `table`: register that with tps_client_register(). */
typedef struct {
    TPSC_Connector2 table;
    const TPSC_Connector *v1;
    atomic_flag busy;
    bool session_open;
    uint32_t session_connection; /**< the connection that the open session belongs to */
    uint32_t session_id;
    struct {
        bool is_session;
        uint32_t id;
    } deferred[TPS_CONNECTOR_V1_DEFERRED_MAX];
    uint32_t deferred_count;
} tps_connector_v1;

/**
 * @brief Prepare an adapter.
 *
 * @param[out] adapter  Must not move and must live until its table is unregistered.
 * @param v1            Must live as long.
 *
 * @retval TPSC_SUCCESS             `adapter->table` can be registered.
 * @retval TPSC_ERROR_NULL_POINTER  An argument, or an operation of `v1`, is NULL.
 */
uint32_t tps_connector_v1_adapt(tps_connector_v1 *adapter, const TPSC_Connector *v1);

#endif
