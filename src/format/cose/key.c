/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Key of elliptic curves with two coordinates (RFC 9052, 7; RFC 9053, 7.1.1), public part only. */
#include "tps/cose.h"
#include "tps/crypto.h"

enum { KEY_KTY = 1, EC2_CRV = -1, EC2_X = -2, EC2_Y = -3, EC2_D = -4, KTY_EC2 = 2 };

tps_status tps_cose_key_put(tps_cbor_writer *writer, const struct tps_crypto_key *key)
{
    tps_crypto_point point;

    TPS_TRY(tps_crypto_key_point(key, &point));
    tps_cbor_put_map(writer, 4);
    tps_cbor_put_int(writer, KEY_KTY);
    tps_cbor_put_int(writer, KTY_EC2);
    tps_cbor_put_int(writer, EC2_CRV);
    tps_cbor_put_int(writer, point.curve);
    tps_cbor_put_int(writer, EC2_X);
    tps_cbor_put_bytes(writer, tps_span_make(point.x, point.size));
    tps_cbor_put_int(writer, EC2_Y);
    tps_cbor_put_bytes(writer, tps_span_make(point.y, point.size));
    return TPS_OK;
}

typedef struct {
    int64_t kty;
    int64_t crv;
    tps_span x;
    tps_span y;
    bool has_private_part;
} ec2_members;

static void read_member(tps_cbor_reader *r, ec2_members *members)
{
    int64_t label;

    if (tps_cbor_peek(r) == TPS_CBOR_TEXT) {
        tps_cbor_skip(r);
        tps_cbor_skip(r);
        return;
    }
    label = tps_cbor_get_int(r);
    switch (label) {
    case KEY_KTY: members->kty = tps_cbor_get_int(r); break;
    case EC2_CRV: members->crv = tps_cbor_get_int(r); break;
    case EC2_X: members->x = tps_cbor_get_bytes(r); break;
    case EC2_Y: members->y = tps_cbor_get_bytes(r); break;
    case EC2_D:
        members->has_private_part = true;
        tps_cbor_skip(r);
        break;
    default: tps_cbor_skip(r); break;
    }
}

tps_status tps_cose_key_read(tps_span encoded, struct tps_crypto_key **key)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);
    ec2_members members = {0};
    tps_crypto_point point = {0};
    tps_cbor_list map;

    *key = NULL;
    TPS_TRY(tps_cbor_check(encoded, &tps_cbor_limits_message, NULL, NULL));
    map = tps_cbor_enter_map(&r);
    while (tps_cbor_next(&r, &map)) {
        read_member(&r, &members);
    }
    if (r.status != TPS_OK || members.kty != KTY_EC2 || members.has_private_part ||
        (members.crv != TPS_CURVE_P256 && members.crv != TPS_CURVE_P384)) {
        return TPS_COSE_BAD_KEY;
    }
    point.curve = (int32_t)members.crv;
    point.size = members.crv == TPS_CURVE_P256 ? 32 : 48;
    if (members.x.size != point.size || members.y.size != point.size) {
        return TPS_COSE_BAD_KEY;
    }
    memcpy(point.x, members.x.data, point.size);
    memcpy(point.y, members.y.data, point.size);
    return tps_crypto_key_from_point(&point, key);
}
