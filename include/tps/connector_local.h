/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file connector_local.h
 * The connector to a component process on the same Linux system, over its Unix socket
 * (spec/local-connector.cddl).
 *
 *     tps_connector_local *local;
 *     if (tps_connector_local_new("/run/tps/component.sock", &local) == TPS_OK) {
 *         tps_client_register(tps_connector_local_table(local));    // tps/tpsc_registry.h
 *         ... TPSC_* ...                                            // close every session
 *         tps_client_unregister(tps_connector_local_table(local));
 *         tps_connector_local_free(local);
 *     }
 *
 * Each connection is a socket of its own; the component learns from the kernel who is behind it. Transactions
 * of one connection are sent one after the other; those of different sessions run beside each other, because
 * TPSC_OpenSession() gives each session its connection. A cancelled execution returns at once: a request that
 * the component has not begun is not begun, and a response that comes nevertheless is dropped by its
 * transaction's id.
 *
 * A component that does not answer connect, discovery, open or close within 10 s is TPSC_ERROR_COMMUNICATION;
 * an execution waits as long as the service needs, or until it is cancelled.
 *
 * Messages of up to 64 KiB are carried; a larger request is TPSC_ERROR_BAD_FORMAT.
 *
 * The application logins hold in a program that the device's first stage verified and started (tps-boot
 * --start): it finds in its environment TPS_COMPONENT_FD, the number of a descriptor, its door to the
 * component. Every connector of the process then connects through it, whatever `path` is. The descriptor is
 * made close-on-exec when the first connector is made: no program that this one executes later has it. For
 * all other programs the component refuses the application logins (TPSC_ERROR_ACCESS_DENIED).
 */
#ifndef TPS_CONNECTOR_LOCAL_H
#define TPS_CONNECTOR_LOCAL_H

#include "tps/status.h"
#include "tps/tpsc_connector_api.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Connections of one connector at one time. */
#define TPS_CONNECTOR_LOCAL_CONNECTIONS_MAX 48u

typedef struct tps_connector_local tps_connector_local;

/**
 * @brief Make a connector. Nothing is connected yet; the component need not run.
 *
 * @param path        The component's socket, at most 107 bytes. Copied. May be NULL where there is a door.
 * @param[out] local  End it with tps_connector_local_free().
 *
 * @retval TPS_OK
 * @retval TPS_TOO_LARGE      The path is too long for a Unix socket.
 * @retval TPS_BAD_ARGUMENT   TPS_COMPONENT_FD is set, but is no such descriptor (a program that was started
 * by an application has none of its own: unset it); or there is neither path nor door.
 * @retval TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_connector_local_new(const char *path, tps_connector_local **local);

/** The table for tps_client_register(). Lives as long as the connector. */
const TPSC_Connector2 *tps_connector_local_table(const tps_connector_local *local);

/** Ends a connector, which must not be registered any more. NULL is allowed. */
void tps_connector_local_free(tps_connector_local *local);

#ifdef __cplusplus
}
#endif

#endif
