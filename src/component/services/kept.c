/* SPDX-License-Identifier: Apache-2.0 */
/* Places in the vault, and the numbers of its failures. */
#include "component/services/kept.h"

#include "tps/secret.h"

tps_status tps_kept_place_open(const tps_request *request, tps_kept_place *place)
{
    TPS_TRY(tps_component_vault(request->component, &place->vault));
    TPS_TRY(tps_session_owner(request->session, place->owner));
    return tps_session_sealing(request->component, request->session, &place->room, &place->context);
}

void tps_kept_place_close(tps_kept_place *place)
{
    tps_wipe(place, sizeof(*place));
}

uint32_t tps_kept_number(tps_status status)
{
    switch (status) {
    case TPS_COMPONENT_STORAGE_FULL: return TPS_KEPT_FULL;
    case TPS_COMPONENT_STORAGE_CORRUPT: return TPS_KEPT_CORRUPT;
    case TPS_COMPONENT_STORAGE_ROLLED_BACK: return TPS_KEPT_ROLLED_BACK;
    case TPS_COMPONENT_STORAGE_NEWER: return TPS_KEPT_NEWER;
    case TPS_COMPONENT_STORAGE_BOUND: return TPS_KEPT_BOUND;
    case TPS_COMPONENT_STORAGE: return TPS_KEPT_FAILED;
    case TPS_COMPONENT_STORAGE_MODE: return TPS_KEPT_MODE;
    default: return 0;
    }
}

tps_status tps_kept_failure(tps_request *request, tps_status status)
{
    uint32_t number = tps_kept_number(status);

    return number == 0 ? status : tps_answer_error(request, number);
}
