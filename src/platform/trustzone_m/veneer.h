/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file veneer.h
 * The one entry function of the secure image, tps_veneer() (component/core/veneer.h), as CMSE knows it: built
 * with -mcmse only, for an Armv8-M core with the Security Extension.
 *
 * How memory of the non-secure world is judged: by the TTA instruction, which asks SAU, IDAU and the
 * non-secure MPU, and by TT, which asks the MPU of the secure world: so that what the caller may not reach is
 * refused, and what the secure world may not reach (a peripheral of the other one) does not end in a fault. A
 * range must lie in one region of each of them, so that both of its ends speak for all of it; the start-up
 * code sees to it that regions of the SAU do not overlap, and that behind each there is memory or a
 * controller that answers. If the calling thread is unprivileged (CONTROL_NS.nPRIV), what only privileged
 * code of that world may reach is refused, too (TTAT): else a thread could use the secure world to reach what
 * its own system keeps from it. The same bit says which of the other world's users calls (gateway.h). It is
 * the calling thread's: calls come from thread mode, and a system that switches threads during one gives the
 * register back its value before the call goes on.
 *
 * Calls come from thread mode. In a handler, IPSR is not 0 in this function either, whichever world the
 * exception belongs to, and the call is BUSY before a byte is read: a handler may have interrupted another
 * call anywhere, and what it would wait for cannot go on before it returns. Each such call needs some 40
 * bytes of the secure main stack beside what the hardware stacks for the exception, at most once for each
 * priority of the non-secure world.
 *
 * On return the compiler clears r1 to r3, r12 and the flags; r4 to r11 are the caller's again, r0 is the
 * result. There is no floating-point unit in use: the image is built for soft floating point.
 */
#ifndef TPS_PLATFORM_TRUSTZONE_M_VENEER_H
#define TPS_PLATFORM_TRUSTZONE_M_VENEER_H

#include "platform/trustzone_m/gateway.h"

/** The non-secure world's memory and its privilege, for tps_gateway_init(). */
extern const tps_gateway_memory tps_veneer_memory;

/**
 * Say which gateway serves tps_veneer(); until then, and with NULL, its calls are TPSC_ERROR_COMMUNICATION.
 * Before the non-secure world is started.
 */
void tps_veneer_open(tps_gateway *gateway);

#endif
