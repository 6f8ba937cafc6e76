/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Encrypt0 (RFC 9052, 5.2 and 5.3), opened; taking it and COSE_Encrypt apart. */
#include "format/cose/aead.h"
#include "format/cose/key_use.h"
#include "format/cose/parse.h"
#include "format/cose/structure.h"
#include "tps/cose_encrypt.h"

tps_status tps_cose_encrypted_parse(tps_span message, const tps_cose_terms *terms, tps_cose_message *out,
                                    tps_error *why)
{
    return cose_parse(message, cose_encrypted, terms, out, why);
}

tps_status cose_opening_of(const tps_cose_message *message, const char *context, const tps_cose_terms *terms,
                           cose_opening *how)
{
    cose_structure structure;

    *how = (cose_opening){.context = context};
    TPS_TRY(cose_structure_of(message, NULL, terms, &structure));
    TPS_TRY(cose_alg_of(message, terms, &how->alg));
    how->aad = *structure.parts[1];
    how->sealed = *structure.parts[2];
    return tps_crypto_aead_key_size(how->alg) == 0 ? TPS_COSE_ALG_REFUSED : TPS_OK;
}

tps_status tps_cose_encrypt0_open(const tps_cose_message *message, const tps_cose_secret *key,
                                  const tps_cose_terms *terms, tps_buf room, tps_span *plain)
{
    cose_opening how;

    *plain = TPS_SPAN_EMPTY;
    if ((message->tag != TPS_TAG_COSE_ENCRYPT0 && message->tag != 0) || message->recipients.size > 0) {
        return TPS_COSE_NOT_WELL_FORMED;
    }
    TPS_TRY(cose_opening_of(message, "Encrypt0", terms, &how));
    TPS_TRY(cose_key_use(key->alg, key->ops, how.alg, TPS_KEY_OP_DECRYPT));
    how.key = key->bytes;
    how.base_iv = key->base_iv;
    return cose_open(message, &how, room, plain);
}
