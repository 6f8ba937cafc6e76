/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file component.h
 * First stage and component in one program, and a connector that calls them: what stands between TPSC_* and
 * the Root of Trust where both are one image.
 */
#ifndef RAM_COMPONENT_H
#define RAM_COMPONENT_H

#include "component/core/component.h"
#include "tps/tpsc_connector_api.h"

/**
 * Run the first stage, then start the component. One component a program.
 * @param platform  Must live until ram_component_stop().
 * @param[out] why  What failed; may be NULL.
 * @return TPS_OK, or what tps_boot() or tps_component_init() returned.
 */
TPS_MUST_USE tps_status ram_component_start(const tps_platform *platform, tps_error *why);

/** Ends the component, and wipes what it knew. */
void ram_component_stop(void);

/** Who calls: this process's user, and its group. */
tps_login ram_component_caller(void);

/** The connector, for tps_client_register(). */
const TPSC_Connector2 *ram_component_connector(void);

#endif
