/* SPDX-License-Identifier: Apache-2.0 */
/* From a certificate chain to its anchor, and whether that is trusted for it. */
#include "verifier/trust/chain.h"

#include "verifier/state.h"

/* Where a chain ended. */
typedef struct {
    const anchor_certificate *certificate; /* NULL: at a raw key */
    uint8_t maker[32];
} chain_end;

/* A key that is an anchor signed the last certificate, or is its holder's: then this one is as good as an
 * anchor, as far as the chain goes. */
static tps_status verify_under_key(const key_anchor *a, const tps_span *chain, size_t count, int64_t now,
                                   tps_crypto_key **key)
{
    uint8_t spki[TPS_SPKI_SIZE_MAX];
    size_t size = 0;

    TPS_TRY(tps_crypto_key_spki(a->key, TPS_BUF_OF(spki), &size));
    return tps_x509_is_under(chain[count - 1], tps_span_make(spki, size))
               ? tps_x509_chain_verify(chain, count, &chain[count - 1], 1, now, key, NULL)
               : TPS_CRYPTO_CHAIN_UNTRUSTED;
}

static tps_status find_end(const tps_verifier *v, const tps_span *chain, size_t count, int64_t now,
                           tps_crypto_key **key, chain_end *end)
{
    size_t index = 0;
    tps_status status = tps_x509_chain_verify_under(chain, count, v->read_anchors, now, key, &index);

    if (status == TPS_OK) {
        if (index >= v->anchor_count) {
            return TPS_CRYPTO_CHAIN_UNTRUSTED;
        }
        end->certificate = &v->anchors[index];
        memcpy(end->maker, end->certificate->maker, sizeof end->maker);
        return TPS_OK;
    }
    for (size_t i = 0; status == TPS_CRYPTO_CHAIN_UNTRUSTED && i < v->key_anchor_count; i++) {
        status = verify_under_key(&v->key_anchors[i], chain, count, now, key);
        memcpy(end->maker, v->key_anchors[i].digest, sizeof end->maker);
    }
    return status;
}

/* All certificates that came, then the anchor, unless it was among them. */
static tps_status trace(const tps_span *chain, size_t count, const chain_end *end, verified_chain *out)
{
    for (size_t i = 0; i < count; i++) {
        TPS_TRY(path_add_certificate(&out->path, chain[i], &out->from, &out->until));
        if (end->certificate != NULL && tps_span_equal(chain[i], end->certificate->der)) {
            return TPS_OK;
        }
    }
    return end->certificate != NULL
               ? path_add_certificate(&out->path, end->certificate->der, &out->from, &out->until)
               : path_add_key(&out->path, end->maker);
}

static tps_status judge(const tps_verifier *v, const chain_end *end, uint32_t use, int64_t now,
                        verified_chain *out)
{
    int64_t counts_until;
    tps_status why;

    memcpy(out->maker, end->maker, sizeof out->maker);
    out->is_demonstration = end->certificate != NULL && end->certificate->is_demonstration;
    out->scope = scope_of(&v->scopes, out->maker);
    counts_until = path_counts_until(v, &out->path, &why);
    if (counts_until <= now) {
        return why;
    }
    out->until = counts_until - 1 < out->until ? counts_until - 1 : out->until;
    return use == 0 || scope_has_use(out->scope, use) ? TPS_OK : TPS_VERIFIER_OUT_OF_SCOPE;
}

tps_status chain_verify(tps_verifier *v, const tps_span *chain, size_t count, uint32_t use, int64_t now,
                        verified_chain *out)
{
    chain_end end = {.certificate = NULL};
    tps_crypto_key *key = NULL;
    tps_status status;

    *out = (verified_chain){.from = INT64_MIN, .until = INT64_MAX};
    status = find_end(v, chain, count, now, &key, &end);
    status = status == TPS_OK ? trace(chain, count, &end, out) : status;
    status = status == TPS_OK ? judge(v, &end, use, now, out) : status;
    if (status != TPS_OK) {
        tps_crypto_key_free(key);
        return status;
    }
    out->key = key;
    return TPS_OK;
}
