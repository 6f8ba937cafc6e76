/* SPDX-License-Identifier: Apache-2.0 */
/* The random service. */
#include "component/services/random.h"

#include "component/services/members.h"
#include "tps/crypto.h"
#include "tps/secret.h"

enum { TAG_RANDOM = 10, ASK_SIZE = 1, TELL_RESULT = 1 };
enum { FROM_PLATFORM = 48, FROM_LIBRARY = 32 };

typedef struct {
    uint8_t bytes[TPS_RANDOM_MAX];
} random_work;
TPS_WORK_FITS(random_work);

static tps_status make_bytes(const tps_platform *p, tps_buf out)
{
    uint8_t seed[FROM_PLATFORM + FROM_LIBRARY];
    tps_status status = p->entropy(p->context, (tps_buf){seed, FROM_PLATFORM});

    if (status == TPS_OK) {
        status = tps_crypto_random((tps_buf){seed + FROM_PLATFORM, FROM_LIBRARY});
    }
    if (status == TPS_OK) {
        status = tps_crypto_hkdf(TPS_SPAN_OF(seed), TPS_SPAN_EMPTY, TPS_SPAN_LITERAL("random service"), out);
    }
    tps_wipe(seed, sizeof(seed));
    return status;
}

static tps_status handle(tps_request *request, tps_error *why)
{
    static const tps_member_rule rule = {ASK_SIZE, TPS_MEMBER_ANY_UINT, false, 0, 0};
    random_work *work = tps_component_work(request->component);
    tps_cbor_writer w;
    tps_member size;
    tps_buf out;

    if (request->tag != TAG_RANDOM) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "tag");
    }
    TPS_TRY(tps_members_read(request->body, &rule, 1, &size, why));
    if (size.number == 0 || size.number > TPS_RANDOM_MAX) {
        return tps_answer_error(request, TPS_RANDOM_ERROR_SIZE);
    }
    out = (tps_buf){work->bytes, (size_t)size.number};
    TPS_TRY(make_bytes(request->platform, out));
    w = tps_response_map(request, 1);
    tps_cbor_pair_bytes(&w, TELL_RESULT, tps_span_make(out.data, out.size));
    return tps_response_end(request, &w);
}

/* {1: [random], 2: bytes of a request} */
static const uint8_t features[] = {0xa2, 1, 0x81, 10, 2, 0x19, TPS_RANDOM_MAX >> 8, TPS_RANDOM_MAX & 0xff};

const tps_service tps_random_service = {
    .id = TPSC_UUID_INIT(0x2b, 0x8c, 0xe8, 0x5b, 0xdc, 0xb5, 0x52, 0x61, 0xae, 0x8d, 0x53, 0x42, 0xf1, 0x6e,
                         0x0e, 0x8e),
    .name = "opentps random",
    .version = {0, 1, 0},
    .logins = tps_logins_all,
    .logins_count = TPS_LOGINS_ALL_COUNT,
    .features = {features, sizeof(features)},
    .work_size = sizeof(random_work),
    .handle = handle,
};
