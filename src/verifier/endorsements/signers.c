/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of signers, without the room that they do not use. */
#include "verifier/endorsements/signers.h"

#include <stddef.h>

/* The part of a path that says something; the rest of a zeroed one is zeros. */
static tps_span bytes_of(const trust_path *path)
{
    return tps_span_make((const uint8_t *)path,
                         offsetof(trust_path, links) + path->count * sizeof path->links[0]);
}

tps_status signers_add(tps_verifier *v, const endorser *who, uint32_t *signer)
{
    uint32_t index = 0;

    TPS_TRY(knowledge_add_signer(&v->knowledge, bytes_of(&who->path), path_counts_until(v, &who->path, NULL),
                                 &index));
    *signer = index + 1;
    return TPS_OK;
}

void signers_recheck(tps_verifier *v)
{
    for (size_t i = 0; i < v->knowledge.signer_count; i++) {
        knowledge_signer *signer = &v->knowledge.signers[i];
        trust_path path = {.count = 0};

        memcpy(&path, signer->path.data, signer->path.size);
        signer->counts_until = path_counts_until(v, &path, NULL);
    }
}
