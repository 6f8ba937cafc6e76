/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file gateway.h
 * The way from the non-secure world into the component: takes one tps_veneer_call (component/core/veneer.h)
 * at a time, and believes nothing in it. What is asked for is copied into secure memory once, judged there
 * and answered there; the other world's memory is written last, and only with what was asked for.
 *
 * Portable: how memory of the other world is judged and reached is a small table of operations. veneer.h has
 * the one of a chip, tests have one that changes every byte as soon as it was read.
 *
 * The other world is two users, as the processor tells them apart: its privileged code, uid 0 and gid 0, and
 * its code without privilege (the tasks that an operating system there keeps in bounds), uid 1 and gid 1.
 * Both may log in as PUBLIC, USER, and GROUP with their own gid. If the first stage verified the image that
 * runs there, privileged code may also log in as APPLICATION, USER_APPLICATION and GROUP_APPLICATION with gid
 * 0, under the digest of that image. Code without privilege may not: a digest is the whole image's, so that
 * under APPLICATION it would own what privileged code keeps, and would speak to providers for all of the
 * image, while its own system trusts it with less. Tasks without privilege are one user together.
 *
 * A connection belongs to who made it: for the other user it is as if it did not exist. Whether a login
 * speaks for the device's owner is the platform's to say (is_administrator()). No user can have more than
 * TPS_COMPONENT_SESSIONS_PER_USER sessions and TPS_GATEWAY_CONNECTIONS_PER_USER connections: the rest is
 * there for the other.
 */
#ifndef TPS_PLATFORM_TRUSTZONE_M_GATEWAY_H
#define TPS_PLATFORM_TRUSTZONE_M_GATEWAY_H

#include <stdatomic.h>

#include "component/core/component.h"
#include "component/core/veneer.h"

/** Connections at one time: TPSC_OpenSession() takes one for each session, discovery one more for a moment.
 */
#ifndef TPS_GATEWAY_CONNECTIONS_MAX
#define TPS_GATEWAY_CONNECTIONS_MAX (TPS_COMPONENT_SESSIONS_MAX + 2u)
#endif

/** Of one user: each of its sessions, and one for discovery. */
#ifndef TPS_GATEWAY_CONNECTIONS_PER_USER
#define TPS_GATEWAY_CONNECTIONS_PER_USER (TPS_COMPONENT_SESSIONS_PER_USER + 1u)
#endif

/** The users of the non-secure world, and their groups: privileged code, and code without privilege. */
#define TPS_GATEWAY_UID              0u
#define TPS_GATEWAY_GID              0u
#define TPS_GATEWAY_UID_UNPRIVILEGED 1u
#define TPS_GATEWAY_GID_UNPRIVILEGED 1u

/**
 * The non-secure world: its memory, and who calls. Every operation must be there. Sizes are never 0, and no
 * range wraps around the end of the address space: the gateway has seen to that. Each operation on memory
 * looks at every byte of its range.
 */
typedef struct {
    void *context; /**< given to every operation */

    /** Copy from the other world, reading each byte once. False, and nothing was read, unless the caller may
     * read all of it. */
    bool (*read)(void *context, uintptr_t address, tps_buf out);

    /** True if the caller may write all of it. */
    bool (*may_write)(void *context, uintptr_t address, size_t size);

    /** Copy into the other world. Judges anew; false, and nothing was written, unless the caller may write
     * all of it. */
    bool (*write)(void *context, uintptr_t address, tps_span bytes);

    /** True if the code that made this call is privileged in its world. Asked once a call, before anything is
     * read. */
    bool (*is_privileged)(void *context);
} tps_gateway_memory;

/** Who speaks through the gateway. Private. */
typedef struct {
    uint32_t id;     /**< names it; 0: free */
    tps_login login; /**< its uid says whose it is, under every method */
} tps_gateway_connection;

/** A gateway: in secure memory. Its members are private. Two messages, and some 50 bytes a connection. */
typedef struct {
    tps_component *component;
    const tps_gateway_memory *memory;
    atomic_flag busy;     /**< a call is under way */
    bool has_application; /**< the first stage verified the image of the other world */
    uint8_t application[32];
    bool has_told; /**< that the other world named memory that is not its own: once a start */
    uint32_t last_connection;
    tps_gateway_connection connections[TPS_GATEWAY_CONNECTIONS_MAX];
    _Alignas(8) uint8_t message[TPS_COMPONENT_MESSAGE_MAX];
    _Alignas(8) uint8_t response[TPS_COMPONENT_MESSAGE_MAX];
} tps_gateway;

/**
 * @brief Begin, before the other world does.
 *
 * @param[out] gateway  The caller's memory, secure; must not move afterwards.
 * @param component     Runs; must live as long.
 * @param memory        Must live as long.
 * @param image         Name of the image that the other world runs. If the first stage verified it, its start
 * is counted (component/core/applications.h) and the application logins are its own; NULL or any other name,
 * and there are none.
 *
 * @retval TPS_OK
 * @retval TPS_COMPONENT_FULL  As tps_component_application_started(): start nothing.
 */
TPS_MUST_USE tps_status tps_gateway_init(tps_gateway *gateway, tps_component *component,
                                         const tps_gateway_memory *memory, const char *image);

/** Ends every connection, with its sessions, and wipes the gateway. The component stays. */
void tps_gateway_finish(tps_gateway *gateway);

/**
 * @brief Serve one call.
 *
 * In this order: the caller's privilege is asked; the descriptor is judged (aligned for 4, readable,
 * writable) and copied; every range that its `op` names is judged, and what is to be sent is copied; the
 * component answers into secure memory; the answer is copied out whole, or not at all; the one member of the
 * descriptor that the call returns is written last. Both copies are wiped then. Where the other world took
 * its own memory away meanwhile, what the call had made (a connection, a session) is undone.
 *
 * May be called from an interrupt that came while a call is under way: that is BUSY.
 *
 * @param address  Of a tps_veneer_call, as the other world says.
 *
 * @return TPSC_SUCCESS or TPSC_ERROR_*, as component/core/veneer.h says for tps_veneer().
 *
 * Stack: about 150 bytes beside the component's.
 */
uint32_t tps_gateway_call(tps_gateway *gateway, uintptr_t address);

#endif
