/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file limits.h
 * The component's limits, in one place. A build for a small chip sets its own with -D.
 */
#ifndef TPS_COMPONENT_LIMITS_H
#define TPS_COMPONENT_LIMITS_H

/** Services of one component. */
#ifndef TPS_COMPONENT_SERVICES_MAX
#define TPS_COMPONENT_SERVICES_MAX 16u
#endif

/** Sessions open at one time. */
#ifndef TPS_COMPONENT_SESSIONS_MAX
#define TPS_COMPONENT_SESSIONS_MAX 128u
#endif

/** Sessions of one connection, so that one client cannot take them all. */
#ifndef TPS_COMPONENT_SESSIONS_PER_CONNECTION
#define TPS_COMPONENT_SESSIONS_PER_CONNECTION 16u
#endif

/** Sessions of one user, over all connections: what is left is for the others. */
#ifndef TPS_COMPONENT_SESSIONS_PER_USER
#define TPS_COMPONENT_SESSIONS_PER_USER (TPS_COMPONENT_SESSIONS_MAX - TPS_COMPONENT_SESSIONS_MAX / 4)
#endif

/** Applications that the first stage starts, told apart by their digests, from one start to the next. */
#ifndef TPS_COMPONENT_APPLICATIONS_MAX
#define TPS_COMPONENT_APPLICATIONS_MAX 8u
#endif

/** A request or a response, in bytes. */
#ifndef TPS_COMPONENT_MESSAGE_MAX
#define TPS_COMPONENT_MESSAGE_MAX 65536u
#endif

/** Bytes of the work area that services have in turn: the most that any of them asks for. One that asks for
 * more does not compile. */
#ifndef TPS_COMPONENT_WORK_SIZE
#define TPS_COMPONENT_WORK_SIZE 8192u
#endif

#endif
