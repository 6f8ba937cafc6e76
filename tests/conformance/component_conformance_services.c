/* SPDX-License-Identifier: Apache-2.0 */
/* The services that the conformance program knows. */
#include "component_conformance.h"

extern const conformance_service conformance_identification, conformance_measurement, conformance_attestation,
    conformance_key_store, conformance_storage, conformance_counters, conformance_random,
    conformance_verification, conformance_update, conformance_authentication, conformance_lifecycle,
    conformance_rot13;

const conformance_service *const conformance_services[] = {
    &conformance_identification, &conformance_measurement,  &conformance_attestation,
    &conformance_key_store,      &conformance_storage,      &conformance_counters,
    &conformance_random,         &conformance_verification, &conformance_update,
    &conformance_authentication, &conformance_lifecycle,    &conformance_rot13,
};

const size_t conformance_services_count = sizeof conformance_services / sizeof conformance_services[0];
