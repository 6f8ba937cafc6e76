/* SPDX-License-Identifier: Apache-2.0 */
/* The identification service: two messages, told apart by who may ask them. */
#include "component/services/identification.h"

#include "component/core/core.h"
#include "component/services/attestation/attestation.h"
#include "tps/device_claims.h"
#include "tps/psa.h"

enum { TAG_CLASS = 10, TAG_INSTANCE = 11 };

enum {
    CLASS_VENDOR = 1,
    CLASS_MODEL = 2,
    CLASS_OEMID = 3,
    CLASS_ID = 4,
    CLASS_HWVERSION = 5,
    CLASS_COMPONENT = 6,
    CLASS_IS_INSECURE = 7,
    CLASS_PROFILES = 8,
    CLASS_FIRMWARE = 9,
    CLASS_FIRMWARE_VERSION = 10
};

enum {
    INSTANCE_UEID = 1,
    INSTANCE_SERIAL = 2,
    INSTANCE_COMPONENT = 3,
    INSTANCE_LIFECYCLE = 4,
    INSTANCE_DEBUG = 5
};

static tps_status tell_class(tps_request *request, const tps_handover *m)
{
    const tps_device_identity *id = &m->identity;
    const tps_boot_image *last = m->image_count == 0 ? NULL : &m->images[m->image_count - 1];
    bool is_insecure = (request->platform->properties & TPS_PLATFORM_INSECURE) != 0;
    bool has_version = last != NULL && last->is_signed;
    tps_cbor_writer w = tps_response_map(request, 8u + (last != NULL ? 1u : 0u) + (has_version ? 1u : 0u));

    tps_cbor_pair_text_span(&w, CLASS_VENDOR, id->vendor);
    tps_cbor_pair_text_span(&w, CLASS_MODEL, id->model);
    tps_cbor_pair_bytes(&w, CLASS_OEMID, id->oemid);
    tps_cbor_pair_bytes(&w, CLASS_ID, id->class_id);
    tps_cbor_pair_text_span(&w, CLASS_HWVERSION, id->hwversion);
    tps_cbor_pair_text(&w, CLASS_COMPONENT, is_insecure ? TPS_COMPONENT_NAME_INSECURE : TPS_COMPONENT_NAME);
    tps_cbor_pair_bool(&w, CLASS_IS_INSECURE, is_insecure);
    tps_cbor_pair_array(&w, CLASS_PROFILES, 2);
    tps_cbor_put_text(&w, TPS_PSA_PROFILE);
    tps_cbor_put_text(&w, TPS_DEVICE_PROFILE);
    if (last != NULL) {
        tps_cbor_pair_text(&w, CLASS_FIRMWARE, last->name);
    }
    if (has_version) {
        tps_cbor_pair_text(&w, CLASS_FIRMWARE_VERSION, last->version);
    }
    return tps_response_end(request, &w);
}

/** What a provider in pairwise mode may know: its own name for the device, and nothing that others see. */
static tps_status tell_pairwise(tps_request *request)
{
    tps_cbor_writer w;
    uint8_t sueid[TPS_KEYS_UEID_SIZE];

    TPS_TRY(tps_attestation_sueid(request->component, request->session, sueid));
    w = tps_response_map(request, 1);
    tps_cbor_pair_bytes(&w, INSTANCE_UEID, TPS_SPAN_OF(sueid));
    return tps_response_end(request, &w);
}

static tps_status tell_instance(tps_request *request, const tps_handover *m)
{
    uint32_t mode = request->session->binding.mode;
    TPSC_UUID instance = tps_component_instance(request->component);
    uint32_t debug = tps_component_debug(request->component);
    uint32_t lifecycle = tps_lifecycle_under_debug(tps_component_lifecycle(request->component), debug);
    tps_cbor_writer w;

    if (request->session->login.method == TPSC_LOGIN_PUBLIC || mode == TPS_MODE_PASSPORT) {
        return TPS_COMPONENT_DENIED;
    }
    if (mode == TPS_MODE_PAIRWISE) {
        return tell_pairwise(request);
    }
    w = tps_response_map(request, 5);
    tps_cbor_pair_bytes(&w, INSTANCE_UEID, TPS_SPAN_OF(m->ueid));
    tps_cbor_pair_text_span(&w, INSTANCE_SERIAL, m->identity.serial);
    tps_cbor_pair_bytes(&w, INSTANCE_COMPONENT, TPS_SPAN_OF(instance.bytes));
    tps_cbor_pair_uint(&w, INSTANCE_LIFECYCLE, tps_lifecycle_in_psa(lifecycle));
    tps_cbor_pair_uint(&w, INSTANCE_DEBUG, debug);
    return tps_response_end(request, &w);
}

static tps_status handle(tps_request *request, tps_error *why)
{
    const tps_handover *m = tps_component_handover(request->component);

    if (request->tag != TAG_CLASS && request->tag != TAG_INSTANCE) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "tag");
    }
    TPS_TRY(tps_request_expect_empty(request, why));
    if (!m->is_made) {
        return TPS_COMPONENT_NO_IDENTITY;
    }
    return request->tag == TAG_CLASS ? tell_class(request, m) : tell_instance(request, m);
}

static const uint8_t features[] = {0x82, 0x0a, 0x0b}; /* [class, instance] */

const tps_service tps_identification_service = {
    .id = TPSC_UUID_INIT(0xf8, 0xff, 0x7c, 0x01, 0x5a, 0xb8, 0x57, 0x1c, 0xa6, 0x36, 0x01, 0x4b, 0xc8, 0x51,
                         0x14, 0x11),
    .name = "opentps identification",
    .version = {0, 2, 0},
    .logins = tps_logins_all,
    .logins_count = TPS_LOGINS_ALL_COUNT,
    .features = {features, sizeof(features)},
    .takes_bindings = true,
    .handle = handle,
};
