/* SPDX-License-Identifier: Apache-2.0 */
/* Storage that begins anew while the component runs, and the services over it. */
#include "component/core/renew.h"

#include "component/core/core.h"

tps_status tps_component_format(tps_component *component)
{
    tps_status status = tps_vault_format(&component->vault, component->platform, component->handover);

    component->vault_status = status;
    component->opened_vault = status == TPS_OK ? &component->vault : NULL;
    return status;
}

tps_status tps_component_renew(tps_component *component, const tps_session *kept)
{
    tps_status first = tps_component_format(component);

    for (size_t i = 0; i < TPS_COMPONENT_SESSIONS_MAX; i++) {
        tps_session *session = &component->sessions[i];

        if (session->service != NULL && session != kept) {
            tps_component_end_session(component, session);
        }
    }
    tps_component_ownership_start(component); /* wipes the old one, and goes on counting E; has none over a
                                                 vault that is closed */
    for (size_t i = 0; i < component->slots_count; i++) {
        const tps_service_slot *slot = &component->slots[i];

        if (slot->service != kept->service) {
            tps_status status;

            tps_component_stop_service(component, slot);
            status = tps_component_start_service(component, slot, NULL);
            first = first == TPS_OK ? status : first;
        }
    }
    return first;
}
