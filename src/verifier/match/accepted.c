/* SPDX-License-Identifier: Apache-2.0 */
/* Room for accepted claims. */
#include "verifier/match/accepted.h"

#include "verifier/knowledge/knowledge.h"

accepted_claim *accepted_add(accepted_claims *set, uint32_t origin)
{
    accepted_claim *claim;

    if (set->count == ACCEPTED_MAX) {
        return NULL;
    }
    claim = &set->claims[set->count++];
    *claim = (accepted_claim){.origin = origin, .source = KNOWLEDGE_NONE};
    return claim;
}
