/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file lockdown.h
 * Takes from the component process whatever it does not need: before the first byte of a client is read.
 */
#ifndef TPS_PLATFORM_POSIX_LOCKDOWN_H
#define TPS_PLATFORM_POSIX_LOCKDOWN_H

#include "platform/posix/posix.h"

/** What holds now. */
typedef struct {
    int landlock_abi; /**< the kernel's version of Landlock in force; 0: the kernel has none */
    bool relaxed; /**< built with sanitizers: the filter of system calls forbids a list instead of allowing
                     one */
    bool memory_locked;
} tps_lockdown;

/**
 * No core dumps, not dumpable (and so not traceable by other programs of the same user), no new privileges:
 * also of the first stage.
 * @retval TPS_COMPONENT_NOT_LOCKED  It failed.
 */
TPS_MUST_USE tps_status tps_lockdown_process(void);

/**
 * Keep all memory that this process has and will have out of swap.
 * @return false unless RLIMIT_MEMLOCK is unlimited: with less, memory would run out later. Nothing is locked
 * then.
 */
bool tps_lockdown_memory(void);

/** The kernel's version of Landlock; 0: it has none. */
int tps_lockdown_landlock_abi(void);

/**
 * @brief Lock the process down. It cannot be undone.
 *
 * No core dumps, not traceable by others of the same user, no new privileges. System calls: an allow-list
 * (seccomp) without any that makes a socket, a process or executable memory; breaking it ends the process.
 * Files (Landlock, where the kernel has it): of DIR what the maker provided can be read, DIR/secure read and
 * written, nothing else opened, DIR/boot least of all; no TCP, no abstract Unix sockets, no signals to
 * others but to itself. All memory is kept out of swap where tps_lockdown_memory() can do it, else `memory`,
 * if the system's limits allow it.
 *
 * @param posix   Open.
 * @param memory  Where the secrets lie.
 * @param[out] out  What was reached.
 *
 * @retval TPS_COMPONENT_NOT_LOCKED  A part other than Landlock and the memory failed: do not serve.
 */
TPS_MUST_USE tps_status tps_lockdown_enter(const tps_posix *posix, tps_buf memory, tps_lockdown *out);

#endif
