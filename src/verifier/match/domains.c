/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Domains (draft-ietf-rats-corim-10, "Triples for domain definitions"): what a device consists of, and which
 * of its parts rest on which.
 */
#include "verifier/finding.h"
#include "verifier/match/matching.h"

/* How a part stands in the claims. */
enum { PART_ABSENT, PART_UNPROVEN, PART_PROVEN };

/* The next domain that the walk's environment is. */
static bool next_domain(statement_matching *m, knowledge_statement_walk *walk, knowledge_statement *found,
                        tps_corim_domain *out)
{
    while (matching_next(m, walk, found)) {
        tps_corim_domains one = {.count = 1, .encoded = found->encoded};
        tps_corim_cursor cursor = TPS_CORIM_WALK(one);
        if (tps_corim_next_domain(&cursor, out) && environment_matches(walk->environment, &out->domain)) {
            return true;
        }
    }
    return false;
}

/* Whether a claim says that a part is there: the device's word, or a domain that was found whole. */
static bool speaks_of(const accepted_claim *claim, const tps_corim_environment *part)
{
    return (claim->origin != ACCEPTED_ENDORSED || measurement_is_empty(&claim->measurement)) &&
           environment_matches(&claim->environment, part);
}

static int state_of(const statement_matching *m, const tps_corim_environment *part)
{
    int state = PART_ABSENT;

    for (size_t i = 0; i < m->set->count; i++) {
        const accepted_claim *claim = &m->set->claims[i];
        if (speaks_of(claim, part)) {
            state = state == PART_UNPROVEN || (claim->must_match && !claim->is_corroborated) ? PART_UNPROVEN
                                                                                             : PART_PROVEN;
        }
    }
    return state;
}

/* ---- membership ---- */

/* How many members of a domain stand how. */
typedef struct {
    size_t counts[3];
    tps_corim_environment missing; /* the first that is absent */
} composition;

static composition compose(statement_matching *m, const tps_corim_domain *domain)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(domain->members);
    composition found = {.counts = {0}};
    tps_corim_environment member;

    while (matching_look(m) && tps_corim_next_environment(&cursor, &member)) {
        int state = state_of(m, &member);
        if (state == PART_ABSENT && found.counts[PART_ABSENT] == 0) {
            found.missing = member;
        }
        found.counts[state]++;
    }
    return found;
}

/* Makes a claim of a domain all of whose members are there and proven. */
static bool add_domain(statement_matching *m, const knowledge_statement *found,
                       const tps_corim_domain *domain)
{
    composition parts = compose(m, domain);
    accepted_claim *claim;

    for (size_t i = 0; i < m->set->count; i++) {
        if (m->set->claims[i].statement.data == found->encoded.data) {
            return false;
        }
    }
    if (m->is_over || parts.counts[PART_ABSENT] != 0 || parts.counts[PART_UNPROVEN] != 0) {
        return false;
    }
    claim = accepted_add(m->set, ACCEPTED_ENDORSED);
    m->is_full |= claim == NULL;
    if (claim == NULL) {
        return false;
    }
    claim->environment = domain->domain;
    claim->source = found->source;
    claim->statement = found->encoded;
    matching_group(m);
    return true;
}

/* The domains that an environment could be. */
static bool add_domains_of(statement_matching *m, const tps_corim_environment *environment)
{
    knowledge_statement_walk walk = knowledge_statements_of(m->k, STATEMENT_MEMBERSHIP, environment, m->now);
    knowledge_statement found;
    tps_corim_domain domain;
    bool has_changed = false;

    while (next_domain(m, &walk, &found, &domain)) {
        has_changed |= add_domain(m, &found, &domain);
    }
    return has_changed;
}

/* Members that are absent may be domains themselves. */
static bool add_inner_domains(statement_matching *m, const tps_corim_domain *domain)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(domain->members);
    tps_corim_environment member;
    bool has_changed = false;

    while (matching_look(m) && tps_corim_next_environment(&cursor, &member)) {
        if (state_of(m, &member) == PART_ABSENT) {
            has_changed |= add_domains_of(m, &member);
        }
    }
    return has_changed;
}

/* ---- walking over the domains that the claims speak of ---- */

typedef bool visit(statement_matching *m, const knowledge_statement *found, const tps_corim_domain *domain);

static bool visit_domains(statement_matching *m, uint32_t kind, visit *visitor)
{
    bool has_changed = false;

    for (size_t i = 0; i < m->set->count; i++) {
        knowledge_statement_walk walk =
            knowledge_statements_of(m->k, kind, &m->set->claims[i].environment, m->now);
        knowledge_statement found;
        tps_corim_domain domain;
        while (matching_is_leader(m, i) && next_domain(m, &walk, &found, &domain)) {
            has_changed |= visitor(m, &found, &domain);
        }
    }
    return has_changed;
}

static bool take_domain(statement_matching *m, const knowledge_statement *found,
                        const tps_corim_domain *domain)
{
    bool has_changed = add_inner_domains(m, domain);

    return add_domain(m, found, domain) || has_changed;
}

bool matching_add_domains(statement_matching *m)
{
    return visit_domains(m, STATEMENT_MEMBERSHIP, take_domain);
}

/* ---- what is not so ---- */

static bool report_membership(statement_matching *m, const knowledge_statement *found,
                              const tps_corim_domain *domain)
{
    composition parts = compose(m, domain);
    char whole[ENVIRONMENT_TEXT_MAX];
    char missing[ENVIRONMENT_TEXT_MAX];
    tps_finding *finding;

    (void)found;
    if (parts.counts[PART_ABSENT] == 0 || parts.counts[PART_ABSENT] == domain->members.count) {
        return false;
    }
    finding =
        finding_add(m->appraisal, TPS_EAR_HARDWARE, TPS_EAR_HARDWARE_UNRECOGNIZED, "hardware.missing-part");
    environment_show(&domain->domain, whole);
    environment_show(&parts.missing, missing);
    finding_text(finding->cause, "%s is endorsed with a part that is not in the evidence: %s", whole,
                 missing);
    finding_text(finding->evidence, "%zu of %zu parts", domain->members.count - parts.counts[PART_ABSENT],
                 domain->members.count);
    finding_text(finding->next_step, "check the device: a part was taken out, or does not report");
    return false;
}

static bool report_dependency(statement_matching *m, const knowledge_statement *found,
                              const tps_corim_domain *domain)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(domain->members);
    tps_corim_environment base;
    char upper[ENVIRONMENT_TEXT_MAX];
    char lower[ENVIRONMENT_TEXT_MAX];
    tps_finding *finding;

    (void)found;
    while (matching_look(m) && tps_corim_next_environment(&cursor, &base)) {
        if (state_of(m, &base) != PART_UNPROVEN) {
            continue;
        }
        finding = finding_add(m->appraisal, TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_UNRECOGNIZED,
                              "executables.unproven-dependency");
        environment_show(&domain->domain, upper);
        environment_show(&base, lower);
        finding_text(finding->cause, "%s rests on %s, which is not as endorsed", upper, lower);
        finding_text(finding->next_step, "see the finding about the latter");
    }
    return false;
}

void matching_report_domains(statement_matching *m)
{
    (void)visit_domains(m, STATEMENT_MEMBERSHIP, report_membership);
    (void)visit_domains(m, STATEMENT_DEPENDENCY, report_dependency);
}
