/* SPDX-License-Identifier: Apache-2.0 */
/* What endorsements add to the claims: endorsed values, and those under conditions and in series. */
#include "verifier/match/matching.h"

/* ---- adding ---- */

/* Whether a statement has added to this environment already (NULL: to any). */
static bool has_added(const statement_matching *m, const knowledge_statement *statement,
                      const tps_corim_environment *environment)
{
    for (size_t i = 0; i < m->set->count; i++) {
        const accepted_claim *claim = &m->set->claims[i];
        if (claim->origin == ACCEPTED_ENDORSED && claim->statement.data == statement->encoded.data &&
            (environment == NULL || environment_same(&claim->environment, environment))) {
            return true;
        }
    }
    return false;
}

/* Adds values of an environment: all of them, or none and the set is full. */
static bool add(statement_matching *m, const knowledge_statement *statement,
                const tps_corim_environment *environment, const tps_corim_measurements *values)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*values);
    tps_corim_measurement value;
    accepted_claim *claim;

    if (values->count > ACCEPTED_MAX - m->set->count) {
        m->is_full = true;
        return false;
    }
    while (tps_corim_next_measurement(&cursor, &value) &&
           (claim = accepted_add(m->set, ACCEPTED_ENDORSED)) != NULL) {
        claim->environment = *environment;
        claim->measurement = value;
        claim->source = statement->source;
        claim->statement = statement->encoded;
    }
    m->appraisal->is_demonstration |= m->k->sources[statement->source].is_demonstration;
    matching_group(m);
    return values->count != 0;
}

/* ---- conditions ---- */

/* Whether one claim of an entry has a measurement of a condition. */
static bool has_measurement(const statement_matching *m, size_t leader,
                            const tps_corim_measurement *condition, const tps_corim_keys *authorized_by)
{
    measurement_difference difference;

    for (size_t i = leader; i < m->set->count; i++) {
        const accepted_claim *claim = &m->set->claims[i];
        if (claim->group == leader && !claim->is_known_bad &&
            measurement_same_key(&claim->measurement, condition) &&
            measurement_compare(&claim->measurement, condition, &difference) &&
            matching_is_authorized(m, claim, &condition->authorized_by) &&
            matching_is_authorized(m, claim, authorized_by)) {
            return true;
        }
    }
    return false;
}

/* Whether an entry has all measurements of a condition; none: whether it is there, and authorized. */
static bool has_all(statement_matching *m, size_t leader, const tps_corim_measurements *conditions,
                    const tps_corim_keys *authorized_by)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*conditions);
    tps_corim_measurement condition;

    if (conditions->count == 0) {
        return matching_is_authorized(m, &m->set->claims[leader], authorized_by);
    }
    while (tps_corim_next_measurement(&cursor, &condition)) {
        if (!matching_look(m) || !has_measurement(m, leader, &condition, authorized_by)) {
            return false;
        }
    }
    return true;
}

/* Whether some entry is in the state of a condition. */
static bool holds(statement_matching *m, const tps_corim_statement *condition)
{
    static const tps_corim_keys anybody = {.count = 0};

    for (size_t i = 0; i < m->set->count; i++) {
        if (matching_is_leader(m, i) &&
            environment_matches(&m->set->claims[i].environment, &condition->environment) &&
            has_all(m, i, &condition->measurements, &anybody)) {
            return true;
        }
    }
    return false;
}

static bool all_hold(statement_matching *m, const tps_corim_statements *conditions)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*conditions);
    tps_corim_statement condition;

    while (tps_corim_next_statement(&cursor, &condition)) {
        if (!holds(m, &condition)) {
            return false;
        }
    }
    return true;
}

/* ---- the three kinds ---- */

static bool take_endorsed(statement_matching *m)
{
    bool has_changed = false;

    for (size_t i = 0; i < m->set->count; i++) {
        knowledge_statement_walk walk =
            knowledge_statements_of(m->k, STATEMENT_ENDORSED, &m->set->claims[i].environment, m->now);
        knowledge_statement found;
        tps_corim_statement statement;
        while (matching_is_leader(m, i) && matching_next_values(m, &walk, &found, &statement)) {
            has_changed |= !has_added(m, &found, NULL) &&
                           add(m, &found, &statement.environment, &statement.measurements);
        }
    }
    return has_changed;
}

static bool take_conditional(statement_matching *m, size_t leader, const knowledge_statement *found)
{
    tps_corim_conditionals one = {.count = 1, .encoded = found->encoded};
    tps_corim_cursor cursor = TPS_CORIM_WALK(one);
    tps_corim_conditional conditional;
    tps_corim_statement endorsement;
    bool has_changed = false;

    (void)leader;
    if (!tps_corim_next_conditional(&cursor, &conditional) || has_added(m, found, NULL) ||
        !all_hold(m, &conditional.conditions)) {
        return false;
    }
    cursor = TPS_CORIM_WALK(conditional.endorsements);
    while (tps_corim_next_statement(&cursor, &endorsement)) {
        has_changed |= add(m, found, &endorsement.environment, &endorsement.measurements);
    }
    return has_changed;
}

/* The first step that holds counts, of the entry that met the condition. */
static bool take_series(statement_matching *m, size_t leader, const knowledge_statement *found)
{
    static const tps_corim_keys anybody = {.count = 0};
    tps_corim_series_list one = {.count = 1, .encoded = found->encoded};
    tps_corim_cursor cursor = TPS_CORIM_WALK(one);
    const tps_corim_environment *environment = &m->set->claims[leader].environment;
    tps_corim_series series;
    tps_corim_series_step step;

    if (!tps_corim_next_series(&cursor, &series) || !environment_matches(environment, &series.environment) ||
        has_added(m, found, environment) || !has_all(m, leader, &series.claims, &series.authorized_by)) {
        return false;
    }
    cursor = TPS_CORIM_WALK(series.steps);
    while (matching_look(m) && tps_corim_next_series_step(&cursor, &step)) {
        if (has_all(m, leader, &step.selection, &anybody)) {
            return add(m, found, environment, &step.addition);
        }
    }
    return false;
}

/* ---- until nothing is added ---- */

typedef bool take(statement_matching *m, size_t leader, const knowledge_statement *found);

/* Statements of one kind that may speak of the entries; true when something was added. */
static bool take_kind(statement_matching *m, uint32_t kind, take *taker)
{
    bool has_changed = false;

    for (size_t i = 0; i < m->set->count; i++) {
        knowledge_statement_walk walk =
            knowledge_statements_of(m->k, kind, &m->set->claims[i].environment, m->now);
        knowledge_statement found;
        while (matching_is_leader(m, i) && matching_next(m, &walk, &found)) {
            has_changed |= taker(m, i, &found);
        }
    }
    return has_changed;
}

void matching_augment(statement_matching *m)
{
    bool has_changed;

    do {
        has_changed = take_endorsed(m);
        has_changed |= take_kind(m, STATEMENT_CONDITIONAL, take_conditional);
        has_changed |= matching_add_domains(m);
        has_changed = has_changed || take_kind(m, STATEMENT_SERIES, take_series);
    } while (has_changed && !m->is_over && !m->is_full);
}
