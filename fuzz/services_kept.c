/* SPDX-License-Identifier: Apache-2.0 */
/* Conversations with the services that keep things: sealed storage, counters, registers, random bytes. The
 * input is a row of records, each a byte that chooses service, login and whether the component starts anew, a
 * byte that says how long the message is, and the message. Answers are well-formed, what a value or a counter
 * was is so after each start, and no counter ever goes back. */
#include "component/boot/boot.h"
#include "component/services/counters.h"
#include "component/services/measurement.h"
#include "component/services/random.h"
#include "component/services/storage.h"
#include "device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SERVICES = 4, LOGINS = 4 };

static tps_handover handover;
static tps_component component;
static tps_measurement_state measurement;
static const tps_service_slot slots[SERVICES] = {
    {&tps_storage_service, NULL, 0},
    {&tps_counters_service, NULL, 0},
    {&tps_measurement_service, &measurement, sizeof(measurement)},
    {&tps_random_service, NULL, 0},
};
static const tps_login logins[LOGINS] = {{.method = TPSC_LOGIN_USER, .uid = 0},
                                         {.method = TPSC_LOGIN_USER, .uid = 1},
                                         {.method = TPSC_LOGIN_APPLICATION, .application = {1}},
                                         {.method = TPSC_LOGIN_GROUP_APPLICATION, .application = {2}}};

/* Whatever was stored, it can be read again. */
static void start(void)
{
    device_start(&component, &handover, slots, SERVICES);
}

static tps_span send_message(uint32_t service, uint32_t login, tps_span message)
{
    uint32_t session = device_open(&component, service, &logins[login]);
    tps_span answer = device_ask(&component, session, message);

    must(tps_component_close(&component, 1, session) == TPS_OK);
    return answer;
}

/* The counter "a" of a login; 0 if there is none. */
static uint64_t counter_of(uint32_t login)
{
    tps_cbor_reader r =
        tps_cbor_reader_init(send_message(1, login, TPS_SPAN_LITERAL("\xcb\xa1\x01\x61\x61")));
    tps_cbor_list map;

    (void)tps_cbor_get_tag(&r);
    map = tps_cbor_enter_map(&r);
    return tps_cbor_next(&r, &map) && tps_cbor_get_uint(&r) == 1 ? tps_cbor_get_uint(&r) : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t seen[LOGINS] = {0};

    device_erase();
    if (!handover.is_made) { /* once: it is the same each time */
        device_make();
        must(tps_boot(&device_platform, &handover, NULL) == TPS_OK);
    }
    start();
    while (size >= 2) {
        uint32_t service = data[0] % SERVICES;
        uint32_t login = data[0] / SERVICES % LOGINS;
        bool is_start = (data[0] & 0x80) != 0;
        size_t length = data[1] < size - 2 ? data[1] : size - 2;
        uint64_t now;

        (void)send_message(service, login, tps_span_make(data + 2, length));
        data += 2 + length;
        size -= 2 + length;
        if (is_start) {
            tps_component_finish(&component);
            start();
        }
        now = counter_of(login);
        must(now >= seen[login]);
        seen[login] = now;
    }
    tps_component_finish(&component);
    return 0;
}
