/* SPDX-License-Identifier: Apache-2.0 */
/* One run of match_statements() under way: what its files share. */
#ifndef TPS_VERIFIER_MATCH_MATCHING_H
#define TPS_VERIFIER_MATCH_MATCHING_H

#include "verifier/knowledge/statements.h"
#include "verifier/match/environment.h"
#include "verifier/match/measurement.h"
#include "verifier/match/statements.h"

typedef struct {
    const knowledge *k;
    accepted_claims *set;
    const uint8_t *maker;
    const revocations *revoked;
    int64_t now;
    tps_appraisal *appraisal;
    size_t looks_max; /* see STATEMENTS_LOOKS_MAX */
    size_t looks;
    size_t grouped; /* claims whose group is known */
    bool is_over;   /* more looks than there may be */
    bool is_full;   /* an endorsement found no room */
} statement_matching;

/** All of match_statements(), within other limits. */
void matching_run(statement_matching *m);

/** The next statement of a walk that counts for this maker; false at the end, and when looks are used up. */
bool matching_next(statement_matching *m, knowledge_statement_walk *walk, knowledge_statement *out);

/** One more look; false when they are used up. */
bool matching_look(statement_matching *m);

/** Finds the groups of claims that are new. */
void matching_group(statement_matching *m);

/** True for the first claim of a group. */
static inline bool matching_is_leader(const statement_matching *m, size_t claim)
{
    return m->set->claims[claim].group == claim;
}

/** As matching_next(), of kinds 0 and 1 those whose environment the walk's environment matches. */
bool matching_next_values(statement_matching *m, knowledge_statement_walk *walk, knowledge_statement *found,
                          tps_corim_statement *out);

/** conditions.c: endorsed values, conditional endorsements and series, until nothing is added. */
void matching_augment(statement_matching *m);

/** domains.c: makes claims of domains that are whole; true when it added one. */
bool matching_add_domains(statement_matching *m);

/** domains.c: findings of domains that are not. */
void matching_report_domains(statement_matching *m);

/** report.c: a finding for each claim that must match and does not. */
void matching_report_claims(statement_matching *m);

/** True when the keys of an `authorized-by` say who stands behind a claim (authority.c); true of none. */
bool matching_is_authorized(const statement_matching *m, const accepted_claim *claim,
                            const tps_corim_keys *keys);

/** known_bad.c: whether a digest of a measurement is of a revoked image; then the claim is marked, and a
 * finding tells, once a claim. */
bool matching_is_known_bad(statement_matching *m, accepted_claim *claim,
                           const tps_corim_measurement *measurement);

#endif
