/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence's DICE chain under way: private to dice.c and dice_root.c. */
#ifndef TPS_VERIFIER_TRUST_DICE_INQUIRY_H
#define TPS_VERIFIER_TRUST_DICE_INQUIRY_H

#include "verifier/trust/chain.h"
#include "verifier/trust/dice.h"

typedef struct {
    tps_verifier *v;
    const tps_cose_sign1 *message;
    const evidence_claims *e;
    int64_t now;
    tps_span certificates[TPS_DICE_CHAIN_MAX];
    size_t count;
    dice_chain *room;
    trust *out;

    /* Once it is verified: */
    size_t below; /* how many certificates count: those below the anchor, or the endorsed key. What comes
                     behind them proves nothing, and is not looked at. Of CBOR all */
    tps_crypto_key *leaf; /* to be freed */
    bool is_anchored;     /* at an anchor, with this scope; else at an endorsed identity key */
    const scope *scope;
    int64_t from; /* what was verified counts within these two, both included */
    int64_t until;
} dice_inquiry;

/**
 * Finds what the chain leads to: the anchor nearest to the leaf, else an identity key that is endorsed for
 * this device (triple 2); verifies it up to there, and that nothing of it is revoked. Fills the lower part of
 * `q`, layers and ueid of its room, and maker, class (of an identity key) and is_demonstration of `q->out`.
 * @retval TPS_CRYPTO_CHAIN_UNTRUSTED  It leads to nobody. @retval others  As trust_dice().
 */
TPS_MUST_USE tps_status dice_find_root(dice_inquiry *q);

/** The device that the first `count` X.509 certificates name; empty when none does.
 * @retval TPS_VERIFIER_INSTANCE_MISMATCH  They name two. */
TPS_MUST_USE tps_status dice_ueid_of(const tps_span *certificates, size_t count, tps_span *ueid);

#endif
