/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Mac0 (RFC 9052, 6.3), made and verified. What is authenticated is fed to the code as a stream. */
#include "format/cose/mac.h"
#include "format/cose/make.h"
#include "format/cose/parse.h"

#include "tps/secret.h"

tps_status cose_mac_of(const cose_structure *structure, int32_t alg, tps_span key, tps_digest *tag)
{
    tps_crypto_mac mac;
    uint8_t head[9];

    TPS_TRY(tps_crypto_mac_begin(&mac, alg, key));
    for (uint32_t i = 0; i < COSE_PIECES; i++) {
        tps_crypto_mac_update(&mac, cose_structure_piece(structure, i, head));
    }
    return tps_crypto_mac_finish(&mac, tag);
}

tps_status cose_mac_check(const tps_cose_message *message, const char *start, int32_t alg, tps_span key,
                          const tps_cose_terms *terms)
{
    cose_structure structure;
    tps_digest tag;
    bool is_equal;

    TPS_TRY(cose_structure_of(message, start, terms, &structure));
    TPS_TRY(cose_mac_of(&structure, alg, key, &tag));
    is_equal =
        tag.size == message->signature.size && tps_equal_secret(tag.bytes, message->signature.data, tag.size);
    tps_wipe(&tag, sizeof tag);
    return is_equal ? TPS_OK : TPS_COSE_BAD_TAG;
}

tps_status tps_cose_mac0_verify_parsed(const tps_cose_message *message, const tps_cose_secret *key,
                                       const tps_cose_terms *terms)
{
    int32_t alg;

    if (message->tag != TPS_TAG_COSE_MAC0 && message->tag != 0) {
        return TPS_COSE_NOT_WELL_FORMED;
    }
    TPS_TRY(cose_alg_of(message, terms, &alg));
    if (tps_crypto_alg_mac_size(alg) == 0) {
        return TPS_COSE_ALG_REFUSED;
    }
    TPS_TRY(cose_key_use(key->alg, key->ops, alg, TPS_KEY_OP_MAC_VERIFY));
    return cose_mac_check(message, COSE_MAC0_START, alg, key->bytes, terms);
}

tps_status tps_cose_mac0_verify(tps_span message, const tps_cose_secret *key, const tps_cose_terms *terms,
                                tps_cose_message *out, tps_error *why)
{
    tps_status status = cose_parse(message, cose_signed, terms, out, why);

    if (status == TPS_OK) {
        status = tps_cose_mac0_verify_parsed(out, key, terms);
        (void)tps_fail(why, status, 0, NULL);
    }
    if (status != TPS_OK) {
        memset(out, 0, sizeof *out); /* nobody shall take for good what is not */
        return status;
    }
    if (out->is_detached) {
        out->payload = terms->detached;
    }
    return TPS_OK;
}

tps_status tps_cose_mac0_make(tps_span payload, const tps_cose_make_options *options, int32_t alg,
                              const tps_cose_secret *key, tps_buf out, tps_span *encoded)
{
    size_t size = tps_crypto_alg_mac_size(alg);
    tps_span aad = cose_aad_of(options);
    tps_span protected_raw;
    const cose_structure structure = {COSE_MAC0_START, {&protected_raw, &aad, &payload}};
    tps_cbor_writer w = tps_cbor_writer_init(out);
    tps_digest tag;
    tps_status status;
    uint8_t *room = NULL;

    *encoded = TPS_SPAN_EMPTY;
    if (size == 0) {
        return TPS_COSE_ALG_REFUSED;
    }
    TPS_TRY(cose_key_use(key->alg, key->ops, alg, TPS_KEY_OP_MAC_CREATE));
    cose_put_start(&w, options, &cose_mac[0], alg, &protected_raw);
    cose_put_payload(&w, options, payload);
    tps_cbor_put_bytes_head(&w, size);
    status = cose_reserve_last(&w, size, &room, encoded);
    if (status == TPS_OK && room != NULL) {
        status = cose_mac_of(&structure, alg, key->bytes, &tag);
        if (status != TPS_OK) {
            *encoded = TPS_SPAN_EMPTY;
            return status;
        }
        memcpy(room, tag.bytes, size);
    }
    return status;
}
