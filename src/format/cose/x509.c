/* SPDX-License-Identifier: Apache-2.0 */
/* X.509 certificates in headers (RFC 9360): taking an x5chain or x5bag apart, holding x5t against one. */
#include "tps/cose.h"

size_t tps_cose_certificates(tps_span encoded, tps_span *certificates, size_t room)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);
    tps_cbor_list list = {1};
    size_t count = 0;

    if (tps_cbor_peek(&r) == TPS_CBOR_ARRAY) {
        list = tps_cbor_enter_array(&r);
    }
    while (count < room && tps_cbor_next(&r, &list)) {
        tps_span certificate = tps_cbor_get_bytes(&r);
        if (r.status == TPS_OK) {
            certificates[count++] = certificate;
        }
    }
    return count;
}

tps_status tps_cose_x5t_check(const tps_cose_headers *headers, tps_span certificate)
{
    int32_t alg = (int32_t)headers->x5t_alg;
    tps_digest digest;

    if (headers->x5t.data == NULL) {
        return TPS_NOT_FOUND;
    }
    if (alg != headers->x5t_alg ||
        (alg != TPS_ALG_SHA256 && alg != TPS_ALG_SHA384 && alg != TPS_ALG_SHA512)) {
        return TPS_COSE_ALG_REFUSED;
    }
    TPS_TRY(tps_crypto_hash_of(alg, certificate, &digest));
    return tps_span_equal(headers->x5t, tps_span_make(digest.bytes, digest.size)) ? TPS_OK : TPS_NOT_FOUND;
}

tps_status tps_cose_x5t_make(tps_span certificate, uint8_t room[TPS_COSE_X5T_SIZE], tps_span *x5t)
{
    tps_cbor_writer w = tps_cbor_writer_init((tps_buf){room, TPS_COSE_X5T_SIZE});
    tps_digest digest;

    *x5t = TPS_SPAN_EMPTY;
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, certificate, &digest));
    tps_cbor_put_array(&w, 2);
    tps_cbor_put_int(&w, TPS_ALG_SHA256);
    tps_cbor_put_bytes(&w, tps_span_make(digest.bytes, digest.size));
    return tps_cbor_writer_finish(&w, x5t);
}
