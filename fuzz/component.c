/* SPDX-License-Identifier: Apache-2.0 */
/* What a client and a component process send each other: any bytes as a request frame, as a response frame,
 * and as a message to the ROT13 service. */
#include "component/core/frame.h"
#include "component/services/rot13.h"
#include "device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const tps_service_slot slots[] = {{&tps_rot13_service, NULL, 0}};
static tps_component component;
static tps_handover handover = {.s0 = {1}};

static uint32_t open_rot13(void)
{
    const tps_login login = {.method = TPSC_LOGIN_PUBLIC};

    device_erase();
    device_start(&component, &handover, slots, 1);
    return device_open(&component, 0, &login);
}

static void read_frames(tps_span input)
{
    TPSC_ServiceIdentifier services[4];
    tps_frame_request request;
    tps_frame_response response;
    size_t read;

    if (tps_frame_read_request(input, &request, NULL) == TPS_OK && request.op == TPS_FRAME_EXECUTE &&
        request.message.size > input.size) {
        must(false);
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
    if (status == TPS_OK) {
        must(used > 0 && used <= capacity);
        must(tps_cbor_check(tps_span_make(room, used), &tps_cbor_limits_message, NULL, NULL) == TPS_OK);
    }
    return 0;
}
