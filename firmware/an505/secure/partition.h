/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file partition.h
 * What belongs to which world: everything is secure but SSRAM3, UART 0 and the few bytes of the veneers.
 */
#ifndef AN505_PARTITION_H
#define AN505_PARTITION_H

/** Sets SAU, MPC, PPC, MPU and the rules of faults and interrupts. First thing after a reset; the non-secure
 * world cannot reach any of these registers. */
void an505_partition_set(void);

#endif
