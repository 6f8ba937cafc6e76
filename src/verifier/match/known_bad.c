/* SPDX-License-Identifier: Apache-2.0 */
/* Digests of evidence, and of what matched it, among revoked images. */
#include "verifier/match/known_bad.h"

#include <stdio.h>

#include "verifier/finding.h"
#include "verifier/match/matching.h"

static void report(tps_appraisal *appraisal, const tps_revocation *why, const char *what)
{
    char digest[24];
    tps_finding *finding =
        finding_add(appraisal, TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_CONTRAINDICATED, "executables.known-bad");

    finding_hex(why->value, 8, digest);
    finding_text(finding->cause, "%s is software that is known to be bad%s%s", what,
                 why->reason[0] == '\0' ? "" : ": ", why->reason);
    finding_text(finding->evidence, "sha-%zu %s", why->value.size * 8, digest);
    finding_text(finding->next_step, "update the device, and do not trust what it held");
}

void match_known_bad(const revocations *revoked, const evidence_claims *e, int64_t now,
                     tps_appraisal *appraisal)
{
    char name[96];

    for (size_t i = 0; i < e->component_count; i++) {
        const tps_revocation *why = revocation_at(revoked, TPS_REVOKED_IMAGE, e->components[i].digest, now);
        if (why != NULL) {
            snprintf(name, sizeof name, "component \"%.*s\"", TEXT_OF(e->components[i].name));
            report(appraisal, why, name);
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
        report(m->appraisal, why, what);
    }
    return claim->is_known_bad;
}
