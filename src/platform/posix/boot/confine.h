/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file confine.h
 * What the supervisor takes from itself, and so from all that it starts.
 */
#ifndef TPS_PLATFORM_POSIX_BOOT_CONFINE_H
#define TPS_PLATFORM_POSIX_BOOT_CONFINE_H

#include "tps/status.h"

/**
 * No core dumps, not traceable (not dumpable), no new privileges by programs that it starts, and a filter of
 * system calls without those that look into other processes or change the system: tracing, other processes'
 * memory and descriptors, kernel modules, mounts, namespaces, key rings, performance events, input put into a
 * terminal. It holds for the component, which narrows it to a list of its own, and for applications: neither
 * a debugger nor what makes containers can be one.
 * @retval TPS_COMPONENT_NOT_LOCKED  It did not work: start nothing.
 */
TPS_MUST_USE tps_status tps_boot_confine(void);

/**
 * The environment of the component: empty, but for what a build with sanitizers or coverage needs.
 * @return A list for execve(); valid for ever.
 */
char *const *tps_boot_component_environment(void);

/**
 * The environment of an application: this process's without what would have the loader or the C library run
 * other code than was verified, and with the door's number.
 * @return A list for execve(), or NULL without memory. Never freed: the caller executes a program.
 */
char *const *tps_boot_application_environment(int door);

#endif
