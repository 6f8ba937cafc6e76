/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Encrypt and COSE_Mac (RFC 9052, 5.3 and 6.3), opened and verified for one of their recipients. */
#include "format/cose/mac.h"
#include "format/cose/parse.h"
#include "format/cose/recipient.h"
#include "tps/secret.h"

tps_status tps_cose_encrypt_open(const tps_cose_message *message, const tps_cose_receiver *receiver,
                                 const tps_cose_terms *terms, tps_buf room, tps_span *plain)
{
    cose_content_key key = {.size = 0};
    cose_opening how;
    tps_status status;

    *plain = TPS_SPAN_EMPTY;
    if (message->tag != TPS_TAG_COSE_ENCRYPT && (message->tag != 0 || message->recipients.size == 0)) {
        return TPS_COSE_NOT_WELL_FORMED;
    }
    TPS_TRY(cose_opening_of(message, "Encrypt", terms, &how));
    status = cose_find_key(message, "Enc_Recipient", how.alg, TPS_KEY_OP_DECRYPT, receiver, &key);
    if (status == TPS_OK) {
        how.key = tps_span_make(key.bytes, key.size);
        how.base_iv = key.base_iv;
        status = cose_open(message, &how, room, plain);
    }
    tps_wipe(&key, sizeof key);
    return status;
}

tps_status tps_cose_mac_parse(tps_span message, const tps_cose_terms *terms, tps_cose_message *out,
                              tps_error *why)
{
    return cose_parse(message, cose_mac, terms, out, why);
}

tps_status tps_cose_mac_verify_parsed(const tps_cose_message *message, const tps_cose_receiver *receiver,
                                      const tps_cose_terms *terms)
{
    cose_content_key key = {.size = 0};
    tps_status status;
    int32_t alg;

    if (message->tag != TPS_TAG_COSE_MAC && (message->tag != 0 || message->recipients.size == 0)) {
        return TPS_COSE_NOT_WELL_FORMED;
    }
    TPS_TRY(cose_alg_of(message, terms, &alg));
    if (tps_crypto_alg_mac_size(alg) == 0) {
        return TPS_COSE_ALG_REFUSED;
    }
    status = cose_find_key(message, "Mac_Recipient", alg, TPS_KEY_OP_MAC_VERIFY, receiver, &key);
    if (status == TPS_OK) {
        status = cose_mac_check(message, COSE_MAC_START, alg, tps_span_make(key.bytes, key.size), terms);
    }
    tps_wipe(&key, sizeof key);
    return status;
}
