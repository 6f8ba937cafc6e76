/* SPDX-License-Identifier: Apache-2.0 */
/* A chain of CBOR certificates, verified from its root on: each by the key that the one before certifies. */
#include "format/dice/cwt.h"

/* The state of a walk: who signs the next certificate. */
typedef struct {
    tps_crypto_key *key;
    tps_span name;  /* the issuer that the next must name; empty: any */
    bool may_issue; /* the key's certificate allows it to sign others */
    bool is_ours;   /* the key was made here */
} signer;

static void end_signer(signer *who)
{
    if (who->is_ours) {
        tps_crypto_key_free(who->key);
    }
}

static tps_status check_times(const tps_dice_cwt *certificate, int64_t now, tps_error *why)
{
    bool is_within = now >= certificate->not_before && now < certificate->expiry;

    return now == 0 || is_within ? TPS_OK : tps_fail(why, TPS_CRYPTO_CHAIN_EXPIRED, 0, NULL);
}

/* The certificate against who should have signed it. */
static tps_status check_certificate(const tps_dice_cwt *certificate, const signer *by,
                                    const tps_dice_anchor *anchor, tps_error *why)
{
    const tps_cose_terms terms = {.scratch = anchor->scratch};
    tps_status status;

    if (by->name.size > 0 && !tps_span_equal(by->name, certificate->claims.issuer)) {
        return tps_fail(why, TPS_DICE_CHAIN_BROKEN, 0, NULL);
    }
    if (!by->may_issue) {
        return tps_fail(why, TPS_DICE_NOT_A_CA, 0, NULL);
    }
    status = tps_cose_sign1_verify_parsed(&certificate->message, by->key, &terms);
    return status == TPS_OK ? check_times(certificate, anchor->now, why) : tps_fail(why, status, 0, NULL);
}

/* Takes the key that a verified certificate certifies. `alg` is what it will sign with, or none. */
static tps_status take_subject(const tps_dice_cwt *certificate, int32_t alg, signer *who, tps_error *why)
{
    tps_crypto_key *key = NULL;
    tps_status status = tps_cose_key_read_for(certificate->claims.public_key, alg, TPS_KEY_OP_VERIFY, &key);

    if (status != TPS_OK) {
        return tps_fail(why, status, 0, "subject public key");
    }
    end_signer(who);
    *who = (signer){key, certificate->claims.subject,
                    (certificate->claims.key_usage & TPS_DICE_USAGE_KEY_CERT_SIGN) != 0, true};
    return TPS_OK;
}

static tps_status walk(const tps_span *chain, size_t count, const tps_dice_anchor *anchor, signer *who,
                       tps_dice_cwt_layer *layers, tps_error *why)
{
    tps_dice_cwt two[2];

    TPS_TRY(tps_dice_cwt_read(chain[0], &two[0], why));
    for (size_t i = 0; i < count; i++) {
        const tps_dice_cwt *certificate = &two[i % 2];
        tps_dice_cwt *next = &two[(i + 1) % 2];
        int32_t alg = TPS_ALG_NONE;

        TPS_TRY(check_certificate(certificate, who, anchor, why));
        if (i + 1 < count) {
            TPS_TRY(tps_dice_cwt_read(chain[i + 1], next, why));
            alg = (int32_t)next->message.headers.alg;
        }
        TPS_TRY(take_subject(certificate, alg, who, why));
        if (layers != NULL) {
            layers[i] = (tps_dice_cwt_layer){certificate->claims.subject, certificate->claims.input};
        }
    }
    return TPS_OK;
}

tps_status tps_dice_cwt_chain_verify(const tps_span *chain, size_t count, const tps_dice_anchor *anchor,
                                     tps_dice_cwt_layer *layers, tps_crypto_key **leaf, tps_error *why)
{
    signer who = {anchor->root, anchor->issuer, true, false};
    tps_status status;

    if (leaf != NULL) {
        *leaf = NULL;
    }
    if (count == 0 || count > TPS_DICE_CHAIN_MAX || anchor->root == NULL) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "the number of certificates, or the root");
    }
    status = walk(chain, count, anchor, &who, layers, why);
    if (status == TPS_OK && leaf != NULL) {
        *leaf = who.key;
    } else {
        end_signer(&who);
    }
    return status;
}
