/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file core.h
 * What the core's own files share. Services use tps_component_state_of() only, to reach each other.
 */
#ifndef TPS_COMPONENT_CORE_H
#define TPS_COMPONENT_CORE_H

#include "component/core/component.h"

/** The session `id` of `connection`, or NULL. */
tps_session *tps_component_find_session(tps_component *component, uint32_t connection, uint32_t id);

/** The state of a service that is in the component's slots; NULL if it is not, or has none. */
void *tps_component_state_of(const tps_component *component, const tps_service *service);

/**
 * The lifecycle is another from now on: for the lifecycle service, which steps the counter. Nothing is
 * stored here. TPS_LIFECYCLE_DECOMMISSIONED ends every service but those that serve to the end: their
 * sessions are closed, they are stopped and their memory is wiped, and what they are asked from then on is
 * TPS_COMPONENT_DECOMMISSIONED. The secrets of the handover are wiped, too.
 */
void tps_component_lifecycle_set(tps_component *component, uint32_t lifecycle);

/** Starts a service whose memory is all zero, and wipes the work area after it. @return What start()
 * returned. */
TPS_MUST_USE tps_status tps_component_start_service(tps_component *component, const tps_service_slot *slot,
                                                    tps_error *why);

/** Stops a service and wipes its memory. */
void tps_component_stop_service(tps_component *component, const tps_service_slot *slot);

/** Ends a session: tells its service and wipes the entry. */
void tps_component_end_session(tps_component *component, tps_session *session);

#endif
