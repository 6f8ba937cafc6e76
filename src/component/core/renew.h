/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file renew.h
 * Storage that begins anew while the component runs: for the lifecycle service.
 */
#ifndef TPS_COMPONENT_RENEW_H
#define TPS_COMPONENT_RENEW_H

#include "component/core/component.h"

/**
 * Formats the vault, also one that could not be opened at start; one that cannot be formatted stays closed.
 * What services remember of it is wrong from then on: end them, or renew them.
 * @return as tps_vault_format().
 */
TPS_MUST_USE tps_status tps_component_format(tps_component *component);

/**
 * Formats the vault and begins anew: another owner secret, all sessions closed but `kept`, all services but
 * that of `kept` stopped, their memory wiped, and started. So, too, where it cannot be formatted: then there
 * is no owner secret, and services start as over a vault that could not be opened.
 * @return as tps_component_format(); or what a service's start() returned: that service is not usable until
 * the next start.
 */
TPS_MUST_USE tps_status tps_component_renew(tps_component *component, const tps_session *kept);

#endif
