/* SPDX-License-Identifier: Apache-2.0 */
/* Digests of evidence, and of what matched it, among revoked images. */
#include "verifier/match/known_bad.h"

#include <stdio.h>

#include "verifier/finding.h"
#include "verifier/knowledge/releases.h"
#include "verifier/match/matching.h"

static void report(tps_appraisal *appraisal, const tps_revocation *why, tps_span told, const char *what)
{
    char digest[24];
    tps_finding *finding =
        finding_add(appraisal, TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_CONTRAINDICATED, "executables.known-bad");

    finding_text(finding->cause, "%s is software that is known to be bad%s%s", what,
                 why->reason[0] == '\0' ? "" : ": ", why->reason);
    finding_hex(told, 8, digest);
    finding_text(finding->evidence, "sha-%zu %s", told.size * 8, digest);
    if (!tps_span_equal(told, why->value)) {
        finding_hex(why->value, 8, digest);
        finding_text(finding->known, "revoked as sha-%zu %s", why->value.size * 8, digest);
    }
    finding_text(finding->next_step, "update the device, and do not trust what it held");
}

/* Whether any digest of the release that this reference value is of is revoked. */
static const tps_revocation *find_release(const knowledge *k, uint32_t reference, const revocations *revoked,
                                          int64_t now)
{
    uint32_t release[KNOWLEDGE_RELEASE_MAX];
    size_t count = knowledge_release_of(k, reference, now, release);
    const tps_revocation *why = NULL;

    for (size_t i = 0; i < count && why == NULL; i++) {
        why = revocation_at(revoked, TPS_REVOKED_IMAGE, k->references[release[i]].component.digest, now);
    }
    return why;
}

static const tps_revocation *find_component(const knowledge *k, uint32_t class_index,
                                            const tps_corim_component *component, const revocations *revoked,
                                            int64_t now)
{
    const tps_revocation *why = revocation_at(revoked, TPS_REVOKED_IMAGE, component->digest, now);
    uint32_t name = class_index == KNOWLEDGE_NONE || !revocation_has(revoked, TPS_REVOKED_IMAGE)
                        ? KNOWLEDGE_NONE
                        : knowledge_find_name(k, class_index, component->name);
    uint32_t reference = name == KNOWLEDGE_NONE ? KNOWLEDGE_NONE : k->names[name].last_reference;

    for (; reference != KNOWLEDGE_NONE && why == NULL; reference = k->references[reference].previous) {
        const knowledge_reference *r = &k->references[reference];
        if (r->last_joint != KNOWLEDGE_NONE && tps_span_equal(r->component.digest, component->digest)) {
            why = find_release(k, reference, revoked, now);
        }
    }
    return why;
}

void match_known_bad(const knowledge *k, uint32_t class_index, const revocations *revoked,
                     const evidence_claims *e, int64_t now, tps_appraisal *appraisal)
{
    char name[96];

    for (size_t i = 0; i < e->component_count; i++) {
        const tps_corim_component *component = &e->components[i];
        const tps_revocation *why = find_component(k, class_index, component, revoked, now);
        if (why != NULL) {
            snprintf(name, sizeof name, "component \"%.*s\"", TEXT_OF(component->name));
            report(appraisal, why, component->digest, name);
        }
    }
}

static const tps_revocation *find_digests(const statement_matching *m, const tps_corim_digests *digests)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*digests);
    const tps_revocation *why = NULL;
    tps_corim_digest digest;

    while (why == NULL && tps_corim_next_digest(&cursor, &digest)) {
        why = revocation_at(m->revoked, TPS_REVOKED_IMAGE, digest.value, m->now);
    }
    return why;
}

static const tps_revocation *find(const statement_matching *m, const tps_corim_measurement *measurement)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(measurement->registers);
    const tps_revocation *why = find_digests(m, &measurement->digests);
    tps_corim_register reg;

    while (why == NULL && tps_corim_next_register(&cursor, &reg)) {
        why = find_digests(m, &reg.digests);
    }
    return why;
}

bool matching_is_known_bad(statement_matching *m, accepted_claim *claim,
                           const tps_corim_measurement *measurement)
{
    const tps_revocation *why = m->revoked == NULL ? NULL : find(m, measurement);
    char what[ENVIRONMENT_TEXT_MAX];

    if (why != NULL && !claim->is_known_bad) {
        claim->is_known_bad = true;
        environment_show(&claim->environment, what);
        report(m->appraisal, why, why->value, what);
    }
    return claim->is_known_bad;
}
