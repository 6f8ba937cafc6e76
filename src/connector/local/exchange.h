/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file exchange.h
 * One connection to a component process: a request goes out, its response comes back, and another thread may
 * end the wait. Private to the local connector.
 */
#ifndef TPS_CONNECTOR_LOCAL_EXCHANGE_H
#define TPS_CONNECTOR_LOCAL_EXCHANGE_H

#include <pthread.h>
#include <sys/un.h>

#include "component/core/frame.h"

/** Cancels that came before their execution did; as many as the client library executes at once. */
#define TPS_LOCAL_EARLY_MAX 16u

/** Executions on one connection, waiting for their turn or under way. */
#define TPS_LOCAL_EXECUTIONS_MAX 16u

/** An execution, from its entry to its return. */
typedef struct {
    uint32_t id; /**< the transaction's, chosen by the library */
    bool used;
    bool cancelled;
} tps_local_execution;

typedef struct {
    uint32_t id;    /**< the connection's; set by local.c */
    uint32_t users; /**< guarded by local.c's lock */
    int fd;
    int wake; /**< an eventfd: written by a cancel to end the wait of the execution that is under way */

    pthread_mutex_t lock;  /**< of all below; never held while waiting for the socket */
    pthread_cond_t turn;   /**< the socket is free, or somebody was cancelled */
    bool busy;             /**< one thread sends or waits for a response */
    bool woken;            /**< `wake` was written, and not read since */
    bool broken;           /**< the component is gone, or spoke nonsense */
    uint32_t last_frame;   /**< the number of the last frame sent: what responses are told apart by */
    uint32_t under_way;    /**< frame number of the execution that is under way; 0: none */
    uint32_t under_way_id; /**< and its transaction's id */
    tps_local_execution executions[TPS_LOCAL_EXECUTIONS_MAX];
    uint32_t early[TPS_LOCAL_EARLY_MAX];
    size_t early_next;

    int patience; /**< of the thread that is `busy`: how long it waits, in milliseconds; -1 for ever */
    uint8_t frame[TPS_FRAME_MAX]; /**< of the thread that is `busy` */
} tps_local_connection;

/** Takes what a successful response carries; returns the operation's result. Called while the frame is there.
 */
typedef uint32_t (*tps_local_keep)(void *context, const tps_frame_response *response);

/** Connect to the socket, or, unless `door` is -1, through that. TPSC_ERROR_COMMUNICATION when nobody
 * listens, ACCESS_DENIED when the path is barred. */
uint32_t tps_local_connection_open(const struct sockaddr_un *address, int door, tps_local_connection **out);

/** Close and free. NULL is allowed. Nobody uses it any more. */
void tps_local_connection_free(tps_local_connection *connection);

/**
 * Send a request (not EXECUTE) and wait for its response, which must carry `kind`.
 * @param keep  Called on success, unless NULL.
 */
uint32_t tps_local_exchange(tps_local_connection *connection, tps_frame_request *request, uint32_t kind,
                            tps_local_keep keep, void *context);

/** Send EXECUTE and wait, unless `transaction_id` is cancelled. As TPSC_Connector2.execute_transaction. */
uint32_t tps_local_execute(tps_local_connection *connection, uint32_t transaction_id,
                           tps_frame_request *request, uint8_t *recv_buf, size_t *recv_len);

/** As TPSC_Connector2.cancel_transaction. Does not wait. */
void tps_local_cancel(tps_local_connection *connection, uint32_t transaction_id);

#endif
