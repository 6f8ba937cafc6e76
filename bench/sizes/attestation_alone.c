/* SPDX-License-Identifier: Apache-2.0 */
/* A device that only attests: the TPS Client API, and behind its connector the attestation service without
 * other services: evidence in both profiles, by IAK and AK_0, their public keys and certificates. The core
 * with its sessions, the vault and the first stage are not in this sum; component_core and component_boot
 * have them. */
#include "caller.h"
#include "component/services/attestation/attestation.h"
#include "tps/tpsc_client_api.h"

extern const TPSC_ServiceSelector sizes_selector;
extern tps_component *sizes_component;
extern tps_request sizes_request;
extern uint8_t sizes_message[4096];
PROVIDED tps_attestation_state attestation;

static uint32_t ask(void)
{
    TPSC_ServiceIdentifier service;
    TPSC_MessageBuffer message;
    TPSC_Session session;
    size_t count = 1;
    uint32_t result = TPSC_ServiceDiscovery(&sizes_selector, &count, &service);

    if (result == TPSC_SUCCESS) {
        result = TPSC_OpenSession(&service.service_instance, TPSC_LOGIN_PUBLIC, NULL, &session);
    }
    if (result == TPSC_SUCCESS) {
        result = TPSC_InitializeTransaction(&message, sizes_message, sizeof(sizes_message));
    }
    if (result == TPSC_SUCCESS) {
        result = TPSC_ExecuteTransaction(&session, &message, &message);
    }
    (void)TPSC_FinalizeTransaction(&message);
    (void)TPSC_CloseSession(&session);
    return result;
}

/* What the core does with a service. */
static __attribute__((noinline)) tps_status serve(void)
{
    TPS_TRY(tps_attestation_service.start(sizes_component, &attestation, NULL));
    TPS_TRY(tps_attestation_service.handle(&sizes_request, NULL));
    tps_attestation_service.stop(sizes_component, &attestation);
    return TPS_OK;
}

tps_status sizes_entry(void)
{
    TPS_TRY(serve());
    return ask() == TPSC_SUCCESS ? TPS_OK : TPS_UNSUPPORTED;
}
