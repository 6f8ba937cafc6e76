/* SPDX-License-Identifier: Apache-2.0 */
/* A signature checked with one key: whether the key is for it, and the room that EdDSA takes. */
#include <stdlib.h>

#include "verifier/state.h"

/* What is signed by EdDSA is put together before it is checked. More than this is given back at once: it was
 * a manifest, and evidence is smaller. */
enum { KEPT_MAX = 131072 };

static tps_status reserve(tps_verifier *v, size_t size)
{
    uint8_t *room;

    if (size <= v->scratch.size) {
        return TPS_OK;
    }
    room = malloc(size);
    if (room == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    free(v->scratch.data);
    v->scratch.data = room;
    v->scratch.size = size;
    return TPS_OK;
}

static tps_status check_whole(tps_verifier *v, const tps_cose_sign1 *message, tps_crypto_key *key)
{
    tps_cose_terms terms = {.alg = TPS_ALG_NONE};
    tps_status status;

    TPS_TRY(reserve(v, tps_cose_scratch_size(message->protected_raw.size, 0, message->payload.size)));
    terms.scratch = v->scratch;
    status = tps_cose_sign1_verify_parsed(message, key, &terms);
    if (v->scratch.size > KEPT_MAX) {
        free(v->scratch.data);
        v->scratch = (tps_buf){NULL, 0};
    }
    return status;
}

tps_status verifier_check_signature(tps_verifier *v, const tps_cose_sign1 *message, tps_crypto_key *key,
                                    const key_algs *algs)
{
    if (algs != NULL && !key_algs_permit(algs, message->headers.alg)) {
        return TPS_COSE_KEY_USE;
    }
    return tps_crypto_key_kind(key) == TPS_KEY_OKP ? check_whole(v, message, key)
                                                   : tps_cose_sign1_verify_parsed(message, key, NULL);
}
