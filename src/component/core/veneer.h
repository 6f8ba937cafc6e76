/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file veneer.h
 * What the two worlds of a TrustZone-M chip say to each other: one descriptor, one entry function. The
 * non-secure connector (connector/trustzone_m) fills it, the secure gateway (platform/trustzone_m/gateway.h)
 * takes one copy of it before it looks at anything, and judges every address in it.
 *
 * The layout is the interface between two images that are built apart: members are 32 bits wide on the chip,
 * and TPS_VENEER_VERSION changes with it.
 */
#ifndef TPS_COMPONENT_VENEER_H
#define TPS_COMPONENT_VENEER_H

#include <stdint.h>

/** The version of tps_veneer_call, in its `version`. */
#define TPS_VENEER_VERSION 1u

/** What a call asks for. */
enum {
    TPS_VENEER_CONNECT = 1,    /**< in: method, gid; out: connection */
    TPS_VENEER_DISCONNECT = 2, /**< in: connection; ends its sessions */
    TPS_VENEER_DISCOVER = 3,   /**< in: connection, receive, room; out: received, a whole number of
                                    TPSC_ServiceIdentifier */
    TPS_VENEER_OPEN = 4,       /**< in: connection, send (16 bytes: the instance's UUID); out: session */
    TPS_VENEER_CLOSE = 5,      /**< in: connection, session */
    TPS_VENEER_EXECUTE = 6     /**< in: connection, session, send, receive, room; out: received */
};

/** One call. Addresses are the non-secure world's; a member that `op` does not name is ignored. */
typedef struct {
    uint32_t version;    /**< TPS_VENEER_VERSION */
    uint32_t op;         /**< TPS_VENEER_* */
    uint32_t connection; /**< names a connection; never 0 */
    uint32_t session;    /**< names a session of this connection; never 0 */
    uint32_t method;     /**< TPSC_LOGIN_* */
    uint32_t gid;        /**< of the login methods with a group */
    uintptr_t send;      /**< address of bytes for the secure world */
    uint32_t send_size;  /**< bytes there; TPS_COMPONENT_MESSAGE_MAX at most */
    uintptr_t receive;   /**< address of room for the answer; must not overlap this descriptor */
    uint32_t room;       /**< bytes of it */
    uint32_t received;   /**< out: bytes of the answer; with TPSC_ERROR_SHORT_BUFFER those needed */
} tps_veneer_call;

/**
 * @brief The entry function of the secure world (a CMSE veneer); the only one.
 *
 * @param call  In non-secure memory, aligned for 4. Copied once; on return its out members are written.
 *
 * @retval TPSC_SUCCESS
 * @retval TPSC_ERROR_BUSY           A call is under way, of another thread; or this one came from an
 * exception handler: calls come from thread mode only. Nothing was done, `call` was not read.
 * @retval TPSC_ERROR_SECURITY       An address or a size is not the non-secure world's: `call` itself, or
 * what it names. Nothing was done. Or it was taken away while the call was under way: nothing more was
 * written; what was asked may be done.
 * @retval TPSC_ERROR_NOT_SUPPORTED  Another version, or an unknown `op`.
 * @retval TPSC_ERROR_BAD_FORMAT     A size is larger than the component takes, or `receive` overlaps `call`.
 * @retval TPSC_ERROR_BAD_STATE      There is no such connection, or no such session on it.
 * @retval TPSC_ERROR_COMMUNICATION  The component does not run.
 * @retval others                    As connector/local's operations: TPSC_ERROR_* of the component.
 */
uint32_t tps_veneer(tps_veneer_call *call);

#endif
