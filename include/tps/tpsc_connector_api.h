/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tpsc_connector_api.h
 * What a connector is: the table of operations through which the TPS Client API reaches one kind of secure
 * component. For those who write connectors; applications need tpsc_client_api.h only.
 *
 * Version 1 is the interface of the reference implementation (commit 95ebcaf). It names no session in
 * execute, returns no length of a response, and tells the transaction's id only when the transaction is over,
 * so that nothing can be cancelled. Version 2 mends this. Version 1 connectors are used through
 * tps_connector_v1_adapt() (client/connector_v1.h).
 *
 * All results are TPSC_SUCCESS or TPSC_ERROR_*. TPSC_ERROR_NOT_IMPLEMENTED may have either of its two values.
 */
#ifndef TPS_TPSC_CONNECTOR_API_H
#define TPS_TPSC_CONNECTOR_API_H

#include "tps/tpsc_client_api.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The value of TPSC_Connector2.abi_version. */
#define TPSC_CONNECTOR_ABI_VERSION 2u

/**
 * A connector, ABI version 2. The table and what `context` points to must live, unchanged, until the
 * connector is unregistered.
 *
 * Threads: the library calls every operation from any thread, several at one time, holding no lock; it never
 * uses a connection after its disconnect() has begun, except for cancel_transaction(), which may come at any
 * moment.
 */
typedef struct TPSC_Connector2 {
    uint32_t abi_version; /**< TPSC_CONNECTOR_ABI_VERSION */
    uint32_t reserved;    /**< 0 */
    void *context;        /**< the connector's own, given to every operation */

    /**
     * Connect to the component under a login.
     *
     * @param method                One of TPSC_LOGIN_*.
     * @param data                  What the method needs; NULL if nothing. Valid during the call.
     * @param[out] connection_id    Names the connection from now on; any value.
     *
     * @retval TPSC_ERROR_ACCESS_DENIED   This login is not accepted.
     * @retval TPSC_ERROR_BAD_FORMAT      `data` does not fit `method`.
     * @retval TPSC_ERROR_COMMUNICATION   The component does not answer.
     * @retval TPSC_ERROR_OUT_OF_MEMORY   There are too many connections.
     */
    uint32_t (*connect)(void *context, uint32_t method, const TPSC_ConnectionData *data,
                        uint32_t *connection_id);

    /** End a connection, and with it every session that is still open on it. The connection is over in any
     * case. */
    uint32_t (*disconnect)(void *context, uint32_t connection_id);

    /**
     * List all services of the component.
     *
     * @param[out] services   Room for `*count` entries.
     * @param[in,out] count   In: the room, in entries. Out, also on SHORT_BUFFER: how many services there
     * are.
     */
    uint32_t (*service_discovery)(void *context, uint32_t connection_id, TPSC_ServiceIdentifier *services,
                                  size_t *count);

    /**
     * Open a session with one service.
     *
     * @param service_instance   Valid during the call.
     * @param[out] session_id    Names the session on this connection; any value.
     *
     * @retval TPSC_ERROR_BAD_IDENTIFIER  The component has no such service.
     * @retval TPSC_ERROR_ACCESS_DENIED   The service does not take this connection's login.
     * @retval TPSC_ERROR_OUT_OF_MEMORY, TPSC_ERROR_BUSY  No further session is possible.
     */
    uint32_t (*open_session)(void *context, uint32_t connection_id, const TPSC_UUID *service_instance,
                             uint32_t *session_id);

    /** Close a session. No transaction is executing on it. */
    uint32_t (*close_session)(void *context, uint32_t connection_id, uint32_t session_id);

    /**
     * Send a request and wait for its response.
     *
     * @param transaction_id    Chosen by the library, unique in this process among those that execute; for
     *                          cancel_transaction().
     * @param send_buf, send_len  The request; not to be changed.
     * @param[out] recv_buf     Room for the response. Does not overlap the request. May hold anything after a
     * failure.
     * @param[in,out] recv_len  In: the room, in bytes. Out on SUCCESS: bytes of the response, never more than
     * the room; on SHORT_BUFFER: bytes needed, or 0 if that is not known.
     *
     * @retval TPSC_ERROR_CANCEL          cancel_transaction() was called with this id.
     * @retval TPSC_ERROR_BAD_FORMAT      The request is larger than the connector carries, or not understood.
     * @retval TPSC_ERROR_COMMUNICATION   The component is gone.
     * @retval other                      What the service returned.
     */
    uint32_t (*execute_transaction)(void *context, uint32_t connection_id, uint32_t session_id,
                                    uint32_t transaction_id, const uint8_t *send_buf, size_t send_len,
                                    uint8_t *recv_buf, size_t *recv_len);

    /**
     * Make execute_transaction() with this id return TPSC_ERROR_CANCEL soon. Called from another thread; must
     * not wait. It can overtake: if execute_transaction() has not been entered with this id yet, the
     * connector remembers the id (as many as it serves transactions at once) and returns TPSC_ERROR_CANCEL
     * then. If the transaction is over, nothing happens: ids are not used again soon. A response that arrives
     * later must never be given to another transaction.
     *
     * Optional: NULL, and TPSC_CancelTransaction() is TPSC_ERROR_NOT_SUPPORTED: the execution goes on, and
     * its response is received. For connectors whose calls nobody else could end, as on a microcontroller.
     *
     * @retval TPSC_SUCCESS              It will return soon, or is over.
     * @retval TPSC_ERROR_NOT_SUPPORTED  This connector cannot; the library then drops the response when it
     * comes.
     */
    uint32_t (*cancel_transaction)(void *context, uint32_t connection_id, uint32_t transaction_id);
} TPSC_Connector2;

/** What a connector in a library of its own exports: version 2. The table is the connector's. */
const TPSC_Connector2 *TPSC_GetConnectorAPI2(void);

/**
 * A connector of the reference, ABI version 1. See the reference for its rules; what this project assumes of
 * it: one call at a time, one session at a time, execute_transaction() leaves a CBOR item at the start of
 * `recv_buf`.
 */
typedef struct {
    uint32_t (*connect)(uint32_t connection_method, const TPSC_ConnectionData *connection_data,
                        uint32_t *connection_id);
    uint32_t (*disconnect)(uint32_t connection_id);
    uint32_t (*service_discovery)(TPSC_ServiceIdentifier *result_buf, size_t *len);
    uint32_t (*open_session)(const TPSC_UUID *service_instance, uint32_t *session_id);
    uint32_t (*close_session)(uint32_t session_id);
    uint32_t (*execute_transaction)(const uint8_t *send_buf, size_t send_len, uint8_t *recv_buf,
                                    size_t recv_len, uint32_t *transaction_id);
    uint32_t (*cancel_transaction)(uint32_t transaction_id);
} TPSC_Connector;

/** What a connector of version 1 exports. */
const TPSC_Connector *TPSC_GetConnectorAPI(void);

#if defined(__cplusplus)
static_assert(sizeof(TPSC_Connector) == 7 * sizeof(void (*)(void)), "TPSC_Connector");
#else
_Static_assert(sizeof(TPSC_Connector) == 7 * sizeof(void (*)(void)), "TPSC_Connector");
#endif

#ifdef __cplusplus
}
#endif

#endif
