/* SPDX-License-Identifier: Apache-2.0 */
/* What a client and a component process send each other: any bytes as a request frame, as a response frame,
 * and as a message to the ROT13 service. */
#include <stdlib.h>

#include "component/core/component.h"
#include "component/core/frame.h"
#include "component/services/rot13.h"
#include "tps/eat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static tps_status give_secret(void *context, uint8_t secret[TPS_UNIQUE_SECRET_SIZE])
{
    (void)context;
    memset(secret, 0x42, TPS_UNIQUE_SECRET_SIZE);
    return TPS_OK;
}

static tps_status give_bytes(void *context, tps_buf out)
{
    (void)context;
    memset(out.data, 0x42, out.size);
    return TPS_OK;
}

static tps_status read_raw(void *context, uint32_t offset, tps_buf out)
{
    (void)context;
    (void)offset;
    (void)out;
    return TPS_COMPONENT_STORAGE;
}

static tps_status write_raw(void *context, uint32_t offset, tps_span bytes)
{
    (void)context;
    (void)offset;
    (void)bytes;
    return TPS_COMPONENT_STORAGE;
}

static tps_status erase_raw(void *context, uint32_t offset)
{
    (void)context;
    (void)offset;
    return TPS_COMPONENT_STORAGE;
}

static tps_status count(void *context, uint32_t counter, uint64_t *value)
{
    (void)context;
    (void)counter;
    *value = 1;
    return TPS_OK;
}

static tps_status tell_time(void *context, uint64_t *seconds)
{
    (void)context;
    (void)seconds;
    return TPS_UNSUPPORTED;
}

static void no_log(void *context, uint32_t level, const char *text, tps_status status)
{
    (void)context;
    (void)level;
    (void)text;
    (void)status;
}

static tps_status keep_secret(void *context)
{
    (void)context;
    return TPS_OK;
}

static uint32_t tell_debug(void *context)
{
    (void)context;
    return TPS_EAT_DEBUG_DISABLED_SINCE_BOOT;
}

static const tps_platform platform = {.version = TPS_PLATFORM_VERSION,
                                      .unique_secret = give_secret,
                                      .lock_secret = keep_secret,
                                      .debug_status = tell_debug,
                                      .entropy = give_bytes,
                                      .storage_read = read_raw,
                                      .storage_write = write_raw,
                                      .storage_erase = erase_raw,
                                      .counter_read = count,
                                      .counter_increase = count,
                                      .time = tell_time,
                                      .log = no_log};
static const tps_service_slot slots[] = {{&tps_rot13_service, NULL, 0}};
static tps_component component;
static tps_handover handover = {.s0 = {1}};

static uint32_t open_rot13(void)
{
    const tps_login login = {.method = TPSC_LOGIN_PUBLIC};
    TPSC_UUID type = TPSC_UUID_SC_TYPE_INSECURE_TEST;
    TPSC_ServiceIdentifier service;
    uint32_t session;
    size_t services;

    if (tps_component_init(&component, &platform, &handover, type, slots, 1, NULL) != TPS_OK ||
        tps_component_discover(&component, &service, 1, &services) != TPS_OK ||
        tps_component_open(&component, 1, &login, &service.service_instance, &session) != TPS_OK) {
        abort();
    }
    return session;
}

static void read_frames(tps_span input)
{
    TPSC_ServiceIdentifier services[4];
    tps_frame_request request;
    tps_frame_response response;
    size_t read;

    if (tps_frame_read_request(input, &request, NULL) == TPS_OK && request.op == TPS_FRAME_EXECUTE &&
        request.message.size > input.size) {
        abort();
    }
    if (tps_frame_read_response(input, &response, NULL) == TPS_OK && response.kind == TPS_FRAME_SERVICES) {
        (void)!tps_frame_read_services(response.message, services, 4, &read);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint32_t session;
    uint8_t room[256];
    size_t capacity = size > 0 ? data[0] : 0;
    size_t used;
    tps_status status;

    if (session == 0) {
        session = open_rot13();
    }
    read_frames(tps_span_make(data, size));
    status = tps_component_execute(&component, 1, session, tps_span_make(data, size),
                                   (tps_buf){room, capacity}, &used, NULL);
    if (status == TPS_OK &&
        (used == 0 || used > capacity ||
         tps_cbor_check(tps_span_make(room, used), &tps_cbor_limits_message, NULL, NULL) != TPS_OK)) {
        abort();
    }
    return 0;
}
