/* SPDX-License-Identifier: Apache-2.0 */
/* Claims under the signature of what they lie in. */
#include "verifier/trust/voucher.h"

tps_status trust_voucher(const tps_verifier *v, const trust *voucher, const evidence_claims *e, trust *out)
{
    uint32_t class_index = knowledge_find_class(&v->knowledge, e->class_id);

    if (knowledge_find_device(&v->knowledge, e->instance_id) != KNOWLEDGE_NONE) {
        return TPS_VERIFIER_INSTANCE_MISMATCH;
    }
    if (voucher->has_maker && class_index != KNOWLEDGE_NONE &&
        !knowledge_class_is_of(&v->knowledge, class_index, voucher->maker)) {
        return TPS_VERIFIER_CLASS_OF_ANOTHER;
    }
    *out = (trust){.device = KNOWLEDGE_NONE,
                   .is_demonstration = voucher->is_demonstration,
                   .is_mac = voucher->is_mac,
                   .has_maker = voucher->has_maker};
    memcpy(out->digest, voucher->digest, sizeof out->digest);
    memcpy(out->maker, voucher->maker, sizeof out->maker);
    return TPS_OK;
}
