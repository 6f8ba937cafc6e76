/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted claims against statements: groups of claims, and reference values of triples and of CoSWIDs. */
#include "verifier/match/statements.h"

#include "tps/coswid.h"
#include "verifier/finding.h"
#include "verifier/match/matching.h"

/* ---- walking ---- */

bool matching_look(statement_matching *m)
{
    if (m->looks >= m->looks_max) {
        m->is_over = true;
        return false;
    }
    m->looks++;
    return true;
}

bool matching_next(statement_matching *m, knowledge_statement_walk *walk, knowledge_statement *out)
{
    while (matching_look(m) && knowledge_next_statement(walk, out)) {
        if (knowledge_source_is_of(m->k, out->source, m->maker)) {
            return true;
        }
    }
    return false;
}

bool matching_next_values(statement_matching *m, knowledge_statement_walk *walk, knowledge_statement *found,
                          tps_corim_statement *out)
{
    while (matching_next(m, walk, found)) {
        tps_corim_statements one = {.count = 1, .encoded = found->encoded};
        tps_corim_cursor cursor = TPS_CORIM_WALK(one);
        if (tps_corim_next_statement(&cursor, out) &&
            environment_matches(walk->environment, &out->environment)) {
            return true;
        }
    }
    return false;
}

/* Claims of evidence and those that were proven are the device's word; an endorsement's are its manifest's.
 */
static bool is_of_one_entry(const accepted_claim *a, const accepted_claim *b)
{
    bool is_endorsed = a->origin == ACCEPTED_ENDORSED;

    return is_endorsed == (b->origin == ACCEPTED_ENDORSED) && (!is_endorsed || a->source == b->source) &&
           environment_same(&a->environment, &b->environment);
}

void matching_group(statement_matching *m)
{
    for (; m->grouped < m->set->count; m->grouped++) {
        accepted_claim *claim = &m->set->claims[m->grouped];
        claim->group = (uint32_t)m->grouped;
        for (uint32_t i = 0; i < m->grouped; i++) {
            if (matching_is_leader(m, i) && is_of_one_entry(&m->set->claims[i], claim)) {
                claim->group = i;
                break;
            }
        }
    }
}

/* ---- reference values ---- */

static bool is_open(const accepted_claim *claim, size_t leader)
{
    return claim->group == leader && claim->origin == ACCEPTED_EVIDENCE;
}

/* Nothing is left to corroborate. */
static bool is_done(const statement_matching *m, size_t leader)
{
    for (size_t i = leader; i < m->set->count; i++) {
        if (is_open(&m->set->claims[i], leader) && !m->set->claims[i].is_corroborated) {
            return false;
        }
    }
    return true;
}

static void corroborate(statement_matching *m, accepted_claim *claim, uint32_t source)
{
    if (!claim->is_corroborated) {
        claim->is_corroborated = true;
        claim->source = source;
        m->appraisal->is_demonstration |= m->k->sources[source].is_demonstration;
    }
}

/* Whether a reference value tells other digests of what a claim measured, whatever else it asks for. */
static bool is_same_image(const statement_matching *m, const accepted_claim *claim,
                          const tps_corim_measurement *reference)
{
    return revocation_has(m->revoked, TPS_REVOKED_IMAGE) && claim->measurement.digests.count != 0 &&
           measurement_same_digests(&claim->measurement.digests, &reference->digests);
}

/* Notes which claims are one of the measurements of a state. */
static void note_matches(statement_matching *m, size_t leader, const tps_corim_measurements *state,
                         bool matched[ACCEPTED_MAX])
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*state);
    tps_corim_measurement reference;
    measurement_difference difference;

    while (matching_look(m) && tps_corim_next_measurement(&cursor, &reference)) {
        for (size_t i = leader; i < m->set->count; i++) {
            accepted_claim *claim = &m->set->claims[i];
            if (is_open(claim, leader) && !matched[i] &&
                measurement_same_key(&claim->measurement, &reference)) {
                matched[i] = measurement_compare(&claim->measurement, &reference, &difference) &&
                             matching_is_authorized(m, claim, &reference.authorized_by);
                if (matched[i] || is_same_image(m, claim, &reference)) {
                    matched[i] = !matching_is_known_bad(m, claim, &reference) && matched[i];
                }
            }
        }
    }
}

/* Whether the entry has a claim under this key, and all of them are in the state. */
static bool has_key(const statement_matching *m, size_t leader, const tps_corim_measurement *reference,
                    const bool matched[ACCEPTED_MAX])
{
    bool is_there = false;

    for (size_t i = leader; i < m->set->count; i++) {
        const accepted_claim *claim = &m->set->claims[i];
        if (is_open(claim, leader) && measurement_same_key(&claim->measurement, reference)) {
            is_there = true;
            if (!matched[i]) {
                return false;
            }
        }
    }
    return is_there;
}

/* Whether the entry is in this very state, under each key that it speaks of. */
static bool is_state(statement_matching *m, size_t leader, const tps_corim_measurements *state,
                     const bool matched[ACCEPTED_MAX])
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*state);
    tps_corim_measurement reference;

    if (state->count == 1) {
        return true;
    }
    while (tps_corim_next_measurement(&cursor, &reference)) {
        if (!matching_look(m) || !has_key(m, leader, &reference, matched)) {
            return false;
        }
    }
    return true;
}

static void match_state(statement_matching *m, size_t leader, const tps_corim_measurements *state,
                        uint32_t source)
{
    bool matched[ACCEPTED_MAX] = {false};

    note_matches(m, leader, state, matched);
    if (!is_state(m, leader, state, matched)) {
        return;
    }
    for (size_t i = leader; i < m->set->count; i++) {
        if (matched[i]) {
            corroborate(m, &m->set->claims[i], source);
        }
    }
}

static void match_references(statement_matching *m, size_t leader)
{
    knowledge_statement_walk walk =
        knowledge_statements_of(m->k, STATEMENT_REFERENCE, &m->set->claims[leader].environment, m->now);
    knowledge_statement found;
    tps_corim_statement statement;

    /* One that is corroborated may be known to be bad by a digest that another reference value tells. */
    while ((revocation_has(m->revoked, TPS_REVOKED_IMAGE) || !is_done(m, leader)) &&
           matching_next_values(m, &walk, &found, &statement)) {
        match_state(m, leader, &statement.measurements, found.source);
    }
}

/* ---- CoSWIDs ---- */

/* A file is what a claim measured: what the claim says of name and version must be the file's. */
static bool is_file(const tps_corim_measurement *claim, const tps_coswid_file *file,
                    const tps_coswid *software, tps_corim_measurement *reference)
{
    measurement_difference difference;

    *reference = (tps_corim_measurement){.digests = {.items = &file->hash, .count = 1}};
    if (claim->name.size != 0) {
        reference->name = file->name;
    }
    if (claim->version.size != 0) {
        reference->version = file->version.size != 0 ? file->version : software->software_version;
    }
    return (claim->key.kind != TPS_CORIM_TEXT || tps_span_equal(claim->key.bytes, file->name)) &&
           measurement_compare(claim, reference, &difference);
}

static void match_file(statement_matching *m, size_t leader, const tps_coswid_file *file,
                       const tps_coswid *software, uint32_t source)
{
    tps_corim_measurement reference;

    for (size_t i = leader; i < m->set->count; i++) {
        accepted_claim *claim = &m->set->claims[i];
        if (is_open(claim, leader) && !claim->is_corroborated &&
            is_file(&claim->measurement, file, software, &reference) &&
            !matching_is_known_bad(m, claim, &reference)) {
            corroborate(m, claim, source);
        }
    }
}

static void match_software(statement_matching *m, size_t leader, tps_span content, uint32_t source)
{
    tps_coswid software;
    tps_coswid_files files;
    tps_coswid_file file;

    if (tps_coswid_decode(content, &software, NULL) != TPS_OK || software.content.is_evidence) {
        return;
    }
    files = tps_coswid_walk_files(&software.content);
    while (matching_look(m) && tps_coswid_next_file(&files, &file)) {
        if (file.hash.value.size != 0) {
            match_file(m, leader, &file, &software, source);
        }
    }
}

static void match_link(statement_matching *m, size_t leader, const tps_corim_coswid_link *link,
                       uint32_t source)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(link->tag_ids);
    tps_corim_value tag_id;
    tps_span content;

    while (matching_look(m) && tps_corim_next_value(&cursor, &tag_id)) {
        if (knowledge_find_coswid(m->k, &tag_id, source, m->now, &content)) {
            match_software(m, leader, content, source);
        }
    }
}

static void match_links(statement_matching *m, size_t leader)
{
    const tps_corim_environment *environment = &m->set->claims[leader].environment;
    knowledge_statement_walk walk = knowledge_statements_of(m->k, STATEMENT_COSWID, environment, m->now);
    knowledge_statement found;

    while (!is_done(m, leader) && matching_next(m, &walk, &found)) {
        tps_corim_coswid_links one = {.count = 1, .encoded = found.encoded};
        tps_corim_cursor cursor = TPS_CORIM_WALK(one);
        tps_corim_coswid_link link;
        if (tps_corim_next_coswid_link(&cursor, &link) &&
            environment_matches(environment, &link.environment)) {
            match_link(m, leader, &link, found.source);
        }
    }
}

/* ---- the whole ---- */

static void find_known_bad(statement_matching *m)
{
    for (size_t i = 0; m->revoked != NULL && i < m->set->count; i++) {
        accepted_claim *claim = &m->set->claims[i];
        if (claim->origin == ACCEPTED_EVIDENCE) {
            (void)matching_is_known_bad(m, claim, &claim->measurement);
        }
    }
}

static void report_limits(statement_matching *m)
{
    tps_finding *finding;

    if (m->is_over) {
        finding = finding_add(m->appraisal, TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_UNRECOGNIZED,
                              "executables.too-many-statements");
        finding_text(finding->cause,
                     "the endorsements say more of this device than one appraisal may look at");
        finding_text(finding->next_step, "ask the maker for endorsements without what is obsolete");
    }
    if (m->is_full) {
        finding = finding_add(m->appraisal, TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_UNRECOGNIZED,
                              "executables.too-many-claims");
        finding_text(finding->cause, "the endorsements add more to this device's claims than %u",
                     ACCEPTED_MAX);
        finding_text(finding->next_step, "ask the maker for endorsements that add less");
    }
}

void matching_run(statement_matching *m)
{
    matching_group(m);
    find_known_bad(m);
    for (size_t i = 0; i < m->set->count; i++) {
        if (matching_is_leader(m, i)) {
            match_references(m, i);
            match_links(m, i);
        }
    }
    matching_augment(m);
    matching_report_claims(m);
    matching_report_domains(m);
    report_limits(m);
}

size_t match_statements(const knowledge *k, accepted_claims *set, const uint8_t *maker,
                        const revocations *revoked, int64_t now, tps_appraisal *appraisal)
{
    statement_matching m = {.k = k,
                            .set = set,
                            .maker = maker,
                            .revoked = revoked,
                            .now = now,
                            .appraisal = appraisal,
                            .looks_max = STATEMENTS_LOOKS_MAX};

    matching_run(&m);
    return m.looks;
}
