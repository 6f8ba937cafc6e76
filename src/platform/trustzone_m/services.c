/* SPDX-License-Identifier: Apache-2.0 */
/* The services of a chip, each with its memory. */
#include "platform/trustzone_m/services.h"

#include "component/services/attestation/attestation.h"
#include "component/services/authentication.h"
#include "component/services/counters.h"
#include "component/services/identification.h"
#include "component/services/keys/key_store.h"
#include "component/services/lifecycle.h"
#include "component/services/measurement.h"
#include "component/services/random.h"
#ifdef TPS_TRUSTZONE_M_ROT13
#include "component/services/rot13.h"
#endif
#include "component/services/storage.h"
#include "component/services/update.h"
#include "component/services/verification.h"

static tps_measurement_state measurement;
static tps_attestation_state attestation;
static tps_key_store_state key_store;
static tps_update_state update;

const tps_service_slot tps_trustzone_m_services[] = {
    {&tps_measurement_service, &measurement, sizeof(measurement)},
    {&tps_attestation_service, &attestation, sizeof(attestation)},
    {&tps_identification_service, NULL, 0},
    {&tps_key_store_service, &key_store, sizeof(key_store)},
    {&tps_storage_service, NULL, 0},
    {&tps_counters_service, NULL, 0},
    {&tps_random_service, NULL, 0},
    {&tps_verification_service, NULL, 0},
    {&tps_update_service, &update, sizeof(update)},
    {&tps_authentication_service, NULL, 0},
    {&tps_lifecycle_service, NULL, 0},
#ifdef TPS_TRUSTZONE_M_ROT13
    {&tps_rot13_service, NULL, 0},
#endif
};

const size_t tps_trustzone_m_services_count =
    sizeof(tps_trustzone_m_services) / sizeof(tps_trustzone_m_services[0]);
