/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file connector_trustzone_m.h
 * The connector to the component in the secure world of the same microcontroller (TrustZone-M), for the image
 * that runs in the non-secure world. That image is linked with the import library of the secure one, which
 * has the address of the entry function.
 *
 *     tps_client_register(tps_connector_trustzone_m_table());    // tps/tpsc_registry.h
 *     ... TPSC_* ...
 *
 * A call runs in the secure world to its end, on the caller's time. Interrupts of the non-secure world come
 * through meanwhile; TPSC_* must not be called from their handlers, and those that reach the secure world are
 * TPSC_ERROR_BUSY there. So is a call of one thread while another's is under way: try again when that had
 * time to go on. An end (TPSC_CloseSession()) that comes at such a moment is done with the next call.
 *
 * Nothing can be cancelled: TPSC_CancelTransaction() is TPSC_ERROR_NOT_SUPPORTED.
 *
 * Buffers and structures given to TPSC_* must lie in memory that the calling thread may write (buffers to
 * send: read), each within one region of the memory protection unit, else the call is TPSC_ERROR_SECURITY.
 *
 * The logins are PUBLIC, USER, GROUP with gid 0, and the application logins, under the digest of the image
 * that the secure world verified and started. A thread without privilege is another user, of gid 1, who has
 * no application logins, and finds none of what privileged code keeps or has open. How large a message may be
 * is the component's to say: a larger one is TPSC_ERROR_BAD_FORMAT.
 */
#ifndef TPS_CONNECTOR_TRUSTZONE_M_H
#define TPS_CONNECTOR_TRUSTZONE_M_H

#include "tps/tpsc_connector_api.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief The connector's table, for tps_client_register() (tps/tpsc_registry.h).
 *
 * @return The one table, as there is one secure world: static, never NULL, the same at each call, alive as
 * long as the program. Its operations take no room of the caller's; register it once.
 *
 * This function cannot fail. What its operations answer are those of tps/tpsc_connector_api.h, and of TPSC_*:
 *
 *   TPSC_ERROR_BUSY           a call was under way, or a handler called
 *   TPSC_ERROR_SECURITY       memory that the calling thread may not reach, or that crosses a region
 *   TPSC_ERROR_BAD_FORMAT     more bytes than the component takes (TPS_COMPONENT_MESSAGE_MAX of its build)
 *   TPSC_ERROR_SHORT_BUFFER   the answer needs more room; the size needed, in bytes, is told
 *   TPSC_ERROR_NOT_SUPPORTED  the images were built for other versions of the interface between them
 *   TPSC_ERROR_COMMUNICATION  the secure world serves nobody yet, or its answer is none
 *
 * Any thread may call, none at the same time as another: the second is BUSY. GlobalPlatform TPS Client API;
 * connector ABI version 2.
 */
const TPSC_Connector2 *tps_connector_trustzone_m_table(void);

#ifdef __cplusplus
}
#endif

#endif
