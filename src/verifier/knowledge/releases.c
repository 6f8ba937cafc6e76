/* SPDX-License-Identifier: Apache-2.0 */
/* Which reference values are one release: it may be endorsed by several digests, in one manifest or in many.
 */
#include "verifier/knowledge/releases.h"

#include "verifier/knowledge/sources.h"
#include "verifier/knowledge/store.h"

/* Manifests repeat what others said: these newest ones are compared when another comes, and asked for what
 * they join. */
enum { JOINTS_COMPARED = 8, JOINTS_ASKED = 256 };

static bool is_joined(const knowledge *k, uint32_t reference, uint32_t other, uint32_t source)
{
    uint32_t steps = 0;

    for (uint32_t i = k->references[reference].last_joint; i != KNOWLEDGE_NONE && steps < JOINTS_COMPARED;
         i = k->joints[i].previous) {
        steps++;
        if (k->joints[i].other == other && knowledge_says_as_much(k, k->joints[i].source, source)) {
            return true;
        }
    }
    return false;
}

static tps_status append(knowledge *k, uint32_t reference, uint32_t other, uint32_t source)
{
    void *joints = store_grow(k, k->joints, &k->joint_capacity, k->joint_count, sizeof *k->joints);

    if (joints == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    k->joints = joints;
    k->joints[k->joint_count] =
        (knowledge_joint){reference, other, source, k->references[reference].last_joint};
    k->references[reference].last_joint = (uint32_t)k->joint_count++;
    return TPS_OK;
}

tps_status knowledge_join_references(knowledge *k, uint32_t a, uint32_t b, uint32_t source)
{
    if (a == b || is_joined(k, a, b, source)) {
        return TPS_OK;
    }
    TPS_TRY(append(k, a, b, source));
    return append(k, b, a, source);
}

void releases_go_back(knowledge *k, const knowledge_mark *mark)
{
    while (k->joint_count > mark->joints) {
        const knowledge_joint *joint = &k->joints[--k->joint_count];
        k->references[joint->reference].last_joint = joint->previous;
    }
}

static bool is_among(const uint32_t *list, size_t count, uint32_t reference)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == reference) {
            return true;
        }
    }
    return false;
}

size_t knowledge_release_of(const knowledge *k, uint32_t reference, int64_t now,
                            uint32_t out[KNOWLEDGE_RELEASE_MAX])
{
    size_t count = 1;

    out[0] = reference;
    for (size_t at = 0; at < count; at++) {
        uint32_t steps = 0;
        for (uint32_t i = k->references[out[at]].last_joint;
             i != KNOWLEDGE_NONE && steps < JOINTS_ASKED && count < KNOWLEDGE_RELEASE_MAX;
             i = k->joints[i].previous) {
            const knowledge_joint *joint = &k->joints[i];
            steps++;
            if (!is_among(out, count, joint->other) && knowledge_stands_at(k, joint->source, now)) {
                out[count++] = joint->other;
            }
        }
    }
    return count;
}
