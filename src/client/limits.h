/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file limits.h
 * The limits of the TPS Client API's static table. A build for a small chip sets its own with -D.
 */
#ifndef TPS_CLIENT_LIMITS_H
#define TPS_CLIENT_LIMITS_H

/** Connectors registered at one time. */
#ifndef TPS_CLIENT_CONNECTORS_MAX
#define TPS_CLIENT_CONNECTORS_MAX 8u
#endif

/** Services known, of all connectors together (20 bytes each). */
#ifndef TPS_CLIENT_SERVICES_MAX
#define TPS_CLIENT_SERVICES_MAX 64u
#endif

/** Services of one connector: their identifiers lie on the stack during discovery (76 bytes each). */
#ifndef TPS_CLIENT_SERVICES_PER_CONNECTOR
#define TPS_CLIENT_SERVICES_PER_CONNECTOR 16u
#endif

/** Sessions open at one time; at most 255. */
#ifndef TPS_CLIENT_SESSIONS_MAX
#define TPS_CLIENT_SESSIONS_MAX 32u
#endif

/** Transactions that execute at one time. */
#ifndef TPS_CLIENT_TRANSACTIONS_MAX
#define TPS_CLIENT_TRANSACTIONS_MAX 16u
#endif

#endif
