/* SPDX-License-Identifier: Apache-2.0 */
/* Claims under the signature of what they lie in. */
#include "verifier/trust/voucher.h"

/* The maker behind a signer, by its certificate or by its endorsement; NULL of a key that somebody added,
 * which is trusted for whatever it signs. */
static const uint8_t *maker_of(const tps_verifier *v, const trust *signer)
{
    const knowledge *k = &v->knowledge;

    if (signer->has_maker) {
        return signer->maker;
    }
    return signer->device != KNOWLEDGE_NONE ? k->sources[k->devices[signer->device].source].maker : NULL;
}

tps_status trust_voucher(const tps_verifier *v, const trust *voucher, const evidence_claims *e, int64_t now,
                         trust *out)
{
    uint32_t class_index = knowledge_find_class(&v->knowledge, e->class_id);
    const uint8_t *maker = maker_of(v, voucher);

    if (knowledge_find_device(&v->knowledge, e->instance_id) != KNOWLEDGE_NONE) {
        return TPS_VERIFIER_INSTANCE_MISMATCH;
    }
    if (maker != NULL && class_index != KNOWLEDGE_NONE &&
        !knowledge_class_is_of(&v->knowledge, class_index, maker)) {
        return TPS_VERIFIER_CLASS_OF_ANOTHER;
    }
    *out = (trust){.device = KNOWLEDGE_NONE,
                   .is_demonstration = voucher->is_demonstration,
                   .is_mac = voucher->is_mac,
                   .has_maker = maker != NULL};
    memcpy(out->digest, voucher->digest, sizeof out->digest);
    if (maker != NULL) {
        memcpy(out->maker, maker, sizeof out->maker);
    }
    return trust_check_revoked(v, out, e->instance_id, now);
}
