/* SPDX-License-Identifier: Apache-2.0 */
/* The component without services: sessions, dispatch, the vault. */
#include "caller.h"
#include "component/core/component.h"

extern tps_platform sizes_platform;
extern tps_handover sizes_handover;
extern TPSC_UUID sizes_type;
extern tps_login sizes_login;
PROVIDED tps_component component;

tps_status sizes_entry(void)
{
    uint32_t session = 0;
    size_t size;

    TPS_TRY(tps_component_init(&component, &sizes_platform, &sizes_handover, sizes_type, NULL, 0, NULL));
    TPS_TRY(tps_component_open(&component, 1, &sizes_login, &sizes_type, &session));
    TPS_TRY(tps_component_execute(&component, 1, session, sizes_input, sizes_output, &size, NULL));
    TPS_TRY(tps_component_close(&component, 1, session));
    tps_component_finish(&component);
    return TPS_OK;
}
