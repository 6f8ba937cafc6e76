/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of signers, without the room that they do not use. */
#include "verifier/endorsements/signers.h"

#include <stddef.h>

/* A copy whose padding, and all that says nothing, is zeros: the same signer has the same bytes. */
static void copy_path(trust_path *copy, const trust_path *path)
{
    memset(copy, 0, sizeof *copy);
    copy->count = path->count;
    for (size_t i = 0; i < path->count; i++) {
        const path_link *from = &path->links[i];
        path_link *to = &copy->links[i];

        memcpy(to->key, from->key, sizeof to->key);
        to->has_certificate = from->has_certificate;
        if (from->has_certificate) {
            memcpy(to->certificate, from->certificate, sizeof to->certificate);
            memcpy(to->serial.bytes, from->serial.bytes, from->serial.size);
            to->serial.size = from->serial.size;
        }
    }
}

tps_status signers_add(tps_verifier *v, const endorser *who, uint32_t *signer)
{
    trust_path path;
    tps_span bytes = {(const uint8_t *)&path,
                      offsetof(trust_path, links) + who->path.count * sizeof path.links[0]};
    uint32_t index = 0;

    copy_path(&path, &who->path);
    TPS_TRY(knowledge_add_signer(&v->knowledge, bytes, path_counts_until(v, &path, NULL), &index));
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
