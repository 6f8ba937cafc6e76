/* SPDX-License-Identifier: Apache-2.0 */
/* The measurement service: tells what the first stage measured. */
#include "component/services/measurement.h"

enum { TAG_LIST = 10, KEY_IMAGES = 1, KEY_BOOT_COUNT = 2, KEY_BOOT_DIGEST = 3 };

static tps_status handle(tps_request *request, tps_error *why)
{
    const tps_handover *m = tps_component_handover(request->component);
    tps_cbor_writer w = tps_response_begin(request);

    if (request->tag != TAG_LIST) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "tag");
    }
    TPS_TRY(tps_request_expect_empty(request, why));
    tps_cbor_put_map(&w, m->has_boot_count ? 3 : 2);
    tps_cbor_put_uint(&w, KEY_IMAGES);
    tps_handover_put_images(&w, m);
    if (m->has_boot_count) {
        tps_cbor_put_uint(&w, KEY_BOOT_COUNT);
        tps_cbor_put_uint(&w, m->boot_count);
    }
    tps_cbor_put_uint(&w, KEY_BOOT_DIGEST);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(m->boot_digest));
    return tps_response_end(request, &w);
}

static const uint8_t features[] = {0x81, 0x0a}; /* [list] */

const tps_service tps_measurement_service = {
    .id = TPSC_UUID_INIT(0x13, 0x8b, 0x2f, 0x98, 0xe7, 0x69, 0x58, 0xd1, 0xa8, 0x65, 0x00, 0x5e, 0x37, 0xa6,
                         0xa9, 0x03),
    .name = "opentps measurement",
    .version = {0, 1, 0},
    .logins = tps_logins_named, /* a boot count tells devices apart */
    .logins_count = TPS_LOGINS_NAMED_COUNT,
    .features = {features, sizeof(features)},
    .handle = handle,
};
