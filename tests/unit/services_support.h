/* SPDX-License-Identifier: Apache-2.0 */
/* A device in memory for tests of the services: a platform that can fail its Nth call, what a maker puts onto
 * a device, and a component that runs on both. */
#ifndef TPS_TEST_SERVICES_SUPPORT_H
#define TPS_TEST_SERVICES_SUPPORT_H

#include "component/boot/boot.h"
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
#include "flash_support.h"

#define TRACE_MAX 65536u

/* One device. */
typedef struct {
    tps_platform platform;
    unsigned calls;   /* of operations that can fail, so far */
    unsigned fail_at; /* the call that fails; 0: none */
    unsigned resets;  /* of the device */
    uint8_t secret[32];
    uint64_t counters[TPS_COUNTERS_MAX];
    flash flash; /* of the vault: power is cut here (flash_cut(), flash_power_on()) */
    uint8_t identity[TPS_IDENTITY_MAX + 64];
    size_t identity_size; /* 0: the device was not made */
    uint8_t r_image[64];  /* of the component itself, the image "component": the first */
    size_t r_image_size;
    uint8_t r_manifest[TPS_MANIFEST_MAX + 64];
    size_t r_manifest_size;
    uint8_t image[4000];
    size_t image_size; /* of the image "application"; 0: it is missing */
    uint8_t manifest[TPS_MANIFEST_MAX + 64];
    size_t manifest_size;
    uint8_t certificates[TPS_CERTIFICATES_MAX + 64];
    size_t certificates_size; /* 0: none */
    bool has_no_counters;
    bool is_open; /* a debugger reaches it */
    tps_crypto_key *release_key;

    tps_component component;
    tps_service_slot slots[TPS_COMPONENT_SERVICES_MAX];
    bool is_running;
    bool is_locked; /* the unique secret */
    tps_handover handover;
    tps_measurement_state measurement;
    tps_attestation_state attestation;
    tps_key_store_state key_store;
    tps_update_state update;

    uint8_t trace[TRACE_MAX]; /* every message of the test, both ways */
    size_t trace_size;
} device;

/* A made device with a signed image, version 1.0.0; not started. */
device *device_new(void);
void device_free(device *d);

/* Writes an identity whose images are "component" and this name. */
void device_name_image(device *d, tps_span name);

/* Signs a manifest for the image as it is now. */
void device_sign_image(device *d, const char *version);

/* The same with a manifest of the test's own, whose digest and size are filled in. */
void device_sign_manifest(device *d, tps_manifest manifest);

/* Signs a manifest for the component's own image as it is now. */
void device_sign_component(device *d, uint32_t security_counter);

/* A manifest as device_sign_image() signs it. */
tps_manifest device_manifest(const char *version);

/* Starts the component, as often as wanted (it is stopped first). */
tps_status device_try_start(device *d);
void device_start(device *d);

/* For cmocka: a test with a device that has started, which `*state` is; and its end. */
int device_setup(void **state);
int device_teardown(void **state);
void device_stop(device *d);

/* A login of a user. */
tps_login user(uint32_t uid);

/* One message to a service under a login: opens a session, sends, closes. `answer` is inside `room`. */
tps_status ask(device *d, const tps_service *service, const tps_login *login, tps_span message, tps_buf room,
               tps_span *answer);

/* The same in hex, with a full room, and it must work; the answer points to static memory. */
tps_span ask_hex(device *d, const tps_service *service, const tps_login *login, const char *hex);

/* The byte string or text under `key` in the map below an answer's tag; fails the test if it is not there. */
tps_span member(tps_span answer, uint64_t key);

/* The number under key 2 of an answer, an error; 0 if there is none. */
uint64_t error_of(tps_span answer);

#endif
