/* SPDX-License-Identifier: Apache-2.0 */
/* The component with every service of the Root of Trust, after the first stage. */
#include "caller.h"
#include "component/core/component.h"
#include "component/services/attestation/attestation.h"
#include "component/services/authentication.h"
#include "component/services/counters.h"
#include "component/services/identification.h"
#include "component/services/keys/key_store.h"
#include "component/services/lifecycle.h"
#include "component/services/measurement.h"
#include "component/services/random.h"
#include "component/services/storage.h"
#include "component/services/update.h"
#include "component/services/verification.h"

extern tps_platform sizes_platform;
extern tps_handover sizes_handover;
extern TPSC_UUID sizes_type;
extern tps_login sizes_login;
PROVIDED tps_component component;
PROVIDED tps_measurement_state measurement;
PROVIDED tps_attestation_state attestation;
PROVIDED tps_key_store_state key_store;
PROVIDED tps_update_state update;

static const tps_service_slot slots[] = {{&tps_measurement_service, &measurement, sizeof(measurement)},
                                         {&tps_attestation_service, &attestation, sizeof(attestation)},
                                         {&tps_identification_service, NULL, 0},
                                         {&tps_key_store_service, &key_store, sizeof(key_store)},
                                         {&tps_storage_service, NULL, 0},
                                         {&tps_counters_service, NULL, 0},
                                         {&tps_random_service, NULL, 0},
                                         {&tps_update_service, &update, sizeof(update)},
                                         {&tps_authentication_service, NULL, 0},
                                         {&tps_verification_service, NULL, 0},
                                         {&tps_lifecycle_service, NULL, 0}};

tps_status sizes_entry(void)
{
    uint32_t session = 0;
    size_t size;

    TPS_TRY(tps_component_init(&component, &sizes_platform, &sizes_handover, sizes_type, slots,
                               sizeof(slots) / sizeof(slots[0]), NULL));
    TPS_TRY(tps_component_open(&component, 1, &sizes_login, &sizes_type, &session));
    TPS_TRY(tps_component_execute(&component, 1, session, sizes_input, sizes_output, &size, NULL));
    TPS_TRY(tps_component_close(&component, 1, session));
    tps_component_finish(&component);
    return TPS_OK;
}
