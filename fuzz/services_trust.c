/* SPDX-License-Identifier: Apache-2.0 */
/* The services of trust: verification, update authorisation, device authentication, lifecycle. The first byte
 * chooses the service, the second the login; the rest are messages of one session, each behind its size in
 * two bytes. An answer is always well-formed, and without room it only says how much it needs. */
#include "component/services/authentication.h"
#include "component/services/lifecycle.h"
#include "component/services/update.h"
#include "component/services/verification.h"
#include "device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SERVICES = 4 };

static tps_handover handover;
static tps_update_state update;
static tps_component component;
static const tps_service_slot slots[SERVICES] = {{&tps_verification_service, NULL, 0},
                                                 {&tps_update_service, &update, sizeof(update)},
                                                 {&tps_authentication_service, NULL, 0},
                                                 {&tps_lifecycle_service, NULL, 0}};

static void make_handover(void)
{
    static const uint8_t class_id[TPS_CLASS_ID_SIZE];

    memset(&handover, 0, sizeof(handover));
    handover.is_made = true;
    handover.lifecycle = TPS_LIFECYCLE_SECURED;
    handover.identity.class_id = TPS_SPAN_OF(class_id);
    handover.identity.image_count = 1;
    handover.identity.images[0] = TPS_SPAN_LITERAL("a");
    handover.identity.release_key_count = 1;
    handover.identity.release_keys[0] = device_release_key();
}

static void send_message(uint32_t session, tps_span message)
{
    size_t size;

    must(tps_component_execute(&component, 1, session, message, (tps_buf){NULL, 0}, &size, NULL) != TPS_OK);
    (void)device_ask(&component, session, message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_login login = {.method = TPSC_LOGIN_USER};
    uint32_t session;
    size_t at = 2;

    if (size < 2) {
        return 0;
    }
    device_erase();
    make_handover();
    device_start(&component, &handover, slots, SERVICES);
    login.uid = data[1] & 1;
    session = device_open(&component, data[0] % SERVICES, &login);
    while (size - at > 2) {
        size_t wanted = data[at] | (size_t)data[at + 1] << 8;

        at += 2;
        wanted = wanted < size - at ? wanted : size - at;
        send_message(session, tps_span_make(data + at, wanted));
        at += wanted;
    }
    tps_component_finish(&component);
    return 0;
}
