/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of the vault's failures. */
#include "component/services/kept.h"

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
