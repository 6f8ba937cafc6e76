/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file component.h
 * The core of the Root of Trust: a platform below, services above, sessions and dispatch between them. It has
 * no heap, no threads and no globals: one `tps_component` is one secure component, and a test may run
 * several.
 *
 * Whoever moves messages (platform/posix's process, an interrupt handler of a secure world) calls this in one
 * thread: init, then discover, open, execute and close as clients ask, hang_up when one is gone, and finish.
 */
#ifndef TPS_COMPONENT_COMPONENT_H
#define TPS_COMPONENT_COMPONENT_H

#include "component/core/limits.h"
#include "component/core/ownership.h"
#include "component/core/service.h"

/** A service as one component runs it. */
typedef struct {
    const tps_service *service;
    void *state;       /**< the service's memory, aligned for 8; NULL if it needs none. Zeroed by
                          tps_component_init() */
    size_t state_size; /**< bytes of it; at least service->state_size */
} tps_service_slot;

/** A secure component. Its members are private. Mostly the vault, the work area, and
 * TPS_COMPONENT_SESSIONS_MAX times some 170 bytes. */
struct tps_component {
    const tps_platform *platform;
    tps_handover *handover;
    const tps_service_slot *slots;
    size_t slots_count;
    TPSC_UUID type;
    TPSC_UUID instance;
    TPSC_UUID instances[TPS_COMPONENT_SERVICES_MAX];
    uint32_t lifecycle; /* TPS_LIFECYCLE_* as it is now */
    tps_vault vault;
    tps_vault *opened_vault; /**< `vault`, if it could be opened */
    tps_status vault_status; /**< of its opening */
    tps_ownership ownership;
    uint32_t next_session;
    tps_session sessions[TPS_COMPONENT_SESSIONS_MAX];
    size_t applications_count;
    tps_application applications[TPS_COMPONENT_APPLICATIONS_MAX];
    _Alignas(8) uint8_t work[TPS_COMPONENT_WORK_SIZE];
};

/**
 * @brief Start a component.
 *
 * @param[out] component  The caller's memory; must not move afterwards.
 * @param platform        Must live as long as the component.
 * @param handover        From the first stage (component/boot/boot.h). Must live as long; wipe it afterwards.
 * The component wipes its secrets itself where the device comes to its end while it runs.
 * @param type            TPSC_UUID_SC_TYPE_*; what kind of component this is.
 * @param slots, count    The services, at most TPS_COMPONENT_SERVICES_MAX, no two with the same name. Must
 * live as long.
 * @param[out] why        Which service failed, by name, in `detail`; may be NULL.
 *
 * @retval TPS_OK                   It runs.
 * @retval TPS_BAD_ARGUMENT         The platform's version, an operation, the handover or a slot is wrong.
 * @retval other                    What a service's start() returned, or of crypto.h. Nothing needs to be
 * finished.
 */
TPS_MUST_USE tps_status tps_component_init(tps_component *component, const tps_platform *platform,
                                           tps_handover *handover, TPSC_UUID type,
                                           const tps_service_slot *slots, size_t count, tps_error *why);

/** Closes every session and wipes what the component knew. */
void tps_component_finish(tps_component *component);

/**
 * List the component's services, in the order of the slots.
 * @param[out] count  How many there are.
 * @retval TPS_BUFFER_TOO_SMALL  More than `capacity`; nothing was written.
 */
TPS_MUST_USE tps_status tps_component_discover(const tps_component *component,
                                               TPSC_ServiceIdentifier *services, size_t capacity,
                                               size_t *count);

/**
 * Open a session for the client behind `connection`.
 *
 * @param login         Who it is. The caller has proven it.
 * @param[out] session  Names the session; never 0, and not used again soon.
 *
 * @retval TPS_COMPONENT_NO_SERVICE  `instance` is no service of this component.
 * @retval TPS_COMPONENT_DENIED      The service does not take this login method.
 * @retval TPS_COMPONENT_FULL        TPS_COMPONENT_SESSIONS_MAX, or TPS_COMPONENT_SESSIONS_PER_CONNECTION for
 * this client, or TPS_COMPONENT_SESSIONS_PER_USER for its user.
 * @retval other                     What the service's open() returned.
 */
TPS_MUST_USE tps_status tps_component_open(tps_component *component, uint32_t connection,
                                           const tps_login *login, const TPSC_UUID *instance,
                                           uint32_t *session);

/** Close a session. @retval TPS_COMPONENT_NO_SESSION  This connection has no such session. */
TPS_MUST_USE tps_status tps_component_close(tps_component *component, uint32_t connection, uint32_t session);

/** The client behind `connection` is gone: closes all of its sessions. */
void tps_component_hang_up(tps_component *component, uint32_t connection);

/**
 * Answer one message.
 *
 * @param message    Untrusted bytes, at most TPS_COMPONENT_MESSAGE_MAX.
 * @param response   Room; `data` NULL if there is none. Wiped if the service fails. Must not overlap
 * `message`.
 * @param[out] size  Bytes of the response, or needed if TPS_BUFFER_TOO_SMALL; else 0.
 * @param[out] why   For the log; may be NULL.
 *
 * @retval TPS_COMPONENT_NO_SESSION   This connection has no such session.
 * @retval TPS_TOO_LARGE              The message has more than TPS_COMPONENT_MESSAGE_MAX bytes.
 * @retval TPS_COMPONENT_BAD_MESSAGE  No tag, or what the service returned.
 * @retval TPS_COMPONENT_DECOMMISSIONED  The device is at its end, and the service does not serve to the end.
 * GetFeatures is answered.
 * @retval TPS_CBOR_*                 The message is not well-formed CBOR within tps_cbor_limits_message.
 * @retval other                      What the service returned.
 */
TPS_MUST_USE tps_status tps_component_execute(tps_component *component, uint32_t connection, uint32_t session,
                                              tps_span message, tps_buf response, size_t *size,
                                              tps_error *why);

/**
 * The TPSC_ERROR_* that a client sees for a status. Statuses of CBOR, COSE and claims, TOO_LARGE,
 * BAD_ARGUMENT and COMPONENT_BAD_MESSAGE are BAD_FORMAT; BUFFER_TOO_SMALL is SHORT_BUFFER; COMPONENT_DENIED
 * and COMPONENT_NOT_BOUND ACCESS_DENIED; COMPONENT_FULL and OUT_OF_MEMORY OUT_OF_MEMORY; COMPONENT_NO_SERVICE
 * BAD_IDENTIFIER; COMPONENT_NO_SESSION BAD_STATE; COMPONENT_CANCELLED CANCEL; COMPONENT_UNREACHABLE
 * COMMUNICATION; CRYPTO_BAD_TAG SECURITY; NOT_FOUND NO_DATA; UNSUPPORTED NOT_SUPPORTED; everything else
 * GENERIC.
 */
uint32_t tps_component_result(tps_status status);

#endif
