/* SPDX-License-Identifier: Apache-2.0 */
/* Why a claim of evidence is not corroborated: which of the reference values is nearest, and where it
 * differs. */
#include "verifier/finding.h"
#include "verifier/match/matching.h"

/* The nearest reference value. */
typedef struct {
    bool is_environment_known;
    bool is_key_known;
    bool is_whole; /* the claim matches, but the state that it is part of does not */
    measurement_difference difference;
    tps_corim_measurement reference;
} nearest;

static void compare_state(statement_matching *m, const accepted_claim *claim,
                          const tps_corim_measurements *state, nearest *best)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*state);
    tps_corim_measurement reference;
    measurement_difference difference;

    while (matching_look(m) && tps_corim_next_measurement(&cursor, &reference)) {
        if (!measurement_same_key(&claim->measurement, &reference)) {
            continue;
        }
        if (measurement_compare(&claim->measurement, &reference, &difference)) {
            best->is_whole = true;
        }
        if (!best->is_key_known || difference.same > best->difference.same) {
            best->is_key_known = true;
            best->difference = difference;
            best->reference = reference;
        }
    }
}

static nearest find_nearest(statement_matching *m, const accepted_claim *claim)
{
    knowledge_statement_walk walk =
        knowledge_statements_of(m->k, STATEMENT_REFERENCE, &claim->environment, m->now);
    nearest best = {.is_environment_known = false};
    knowledge_statement found;
    tps_corim_statement statement;

    while (!best.is_whole && matching_next_values(m, &walk, &found, &statement)) {
        best.is_environment_known = true;
        compare_state(m, claim, &statement.measurements, &best);
    }
    return best;
}

/* ---- in words ---- */

/* What a member that differs makes of the appraisal. */
typedef struct {
    uint32_t claim;
    int8_t value;
    const char *name;
    const char *what;
    const char *next_step;
} meaning;

static const char install[] = "update the device, or ask the maker for endorsements that name this state";
static const char configure[] = "configure the device as its maker endorses it";
static const char examine[] = "check the device: it is not the one that the maker endorsed";

#define EXECUTABLES   TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_UNRECOGNIZED
#define CONFIGURATION TPS_EAR_CONFIGURATION, TPS_EAR_CONFIG_UNSAFE
#define HARDWARE      TPS_EAR_HARDWARE, TPS_EAR_HARDWARE_UNRECOGNIZED

static const meaning meanings[MEASUREMENT_MEMBERS] = {
    [MEASUREMENT_NOTHING] = {EXECUTABLES, "executables.mixed-state",
                             "is endorsed only together with another state of the rest", install},
    [MEASUREMENT_VERSION] = {EXECUTABLES, "executables.other-version", "has another version", install},
    [MEASUREMENT_SVN] = {EXECUTABLES, "executables.other-svn", "has another security version", install},
    [MEASUREMENT_DIGESTS] = {EXECUTABLES, "executables.unknown-measurement",
                             "is not among the maker's reference values", install},
    [MEASUREMENT_FLAGS] = {TPS_EAR_CONFIGURATION, TPS_EAR_CONFIG_UNSUPPORTABLE, "configuration.other-flags",
                           "is in another mode of operation", configure},
    [MEASUREMENT_RAW_VALUE] = {CONFIGURATION, "configuration.other-raw-value", "has another value",
                               configure},
    [MEASUREMENT_MAC] = {CONFIGURATION, "configuration.other-mac-address", "has another MAC address",
                         configure},
    [MEASUREMENT_IP] = {CONFIGURATION, "configuration.other-ip-address", "has another IP address", configure},
    [MEASUREMENT_SERIAL] = {HARDWARE, "hardware.other-serial", "has another serial number", examine},
    [MEASUREMENT_UEID] = {HARDWARE, "hardware.other-ueid", "has another UEID", examine},
    [MEASUREMENT_UUID] = {HARDWARE, "hardware.other-uuid", "has another UUID", examine},
    [MEASUREMENT_NAME] = {EXECUTABLES, "executables.other-name", "has another name", install},
    [MEASUREMENT_KEYS] = {HARDWARE, "hardware.other-keys", "has other keys", examine},
    [MEASUREMENT_REGISTERS] = {EXECUTABLES, "executables.unknown-register",
                               "has a register that is not as endorsed", install},
    [MEASUREMENT_RANGE] = {EXECUTABLES, "executables.other-range", "has a number outside of the range",
                           install},
    [MEASUREMENT_EXTENSION] = {EXECUTABLES, "executables.other-extension",
                               "is endorsed by a value that cannot be compared here",
                               "ask the maker for endorsements by values of the draft"},
};

static const meaning too_old = {TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_UNSAFE, "executables.old-svn",
                                "is older than the maker's minimum", "update the device"};
static const meaning not_known = {EXECUTABLES, "executables.no-reference-values",
                                  "has no reference values here",
                                  "load the maker's endorsements (CoRIM) for it"};
static const meaning no_key = {EXECUTABLES, "executables.unknown-measurement",
                               "has a measurement for which there is no reference value",
                               "load the maker's endorsements (CoRIM) for it"};

static const meaning *meaning_of(const nearest *best)
{
    if (!best->is_key_known) {
        return best->is_environment_known ? &no_key : &not_known;
    }
    if (!best->is_whole && best->difference.member == MEASUREMENT_SVN && !best->difference.is_absent &&
        best->reference.svn_tag == TPS_CORIM_TAG_MIN_SVN) {
        return &too_old;
    }
    return &meanings[best->is_whole ? MEASUREMENT_NOTHING : best->difference.member];
}

/* The digests, of what is not known at all. */
static const measurement_difference by_digests = {.member = MEASUREMENT_DIGESTS};

static void report(statement_matching *m, const accepted_claim *claim)
{
    nearest best = find_nearest(m, claim);
    const meaning *meant = meaning_of(&best);
    const measurement_difference *shown =
        best.is_key_known && !best.is_whole ? &best.difference : &by_digests;
    tps_finding *finding = finding_add(m->appraisal, meant->claim, meant->value, meant->name);
    char environment[ENVIRONMENT_TEXT_MAX];
    char key[TPS_FINDING_TEXT_MAX];

    environment_show(&claim->environment, environment);
    measurement_show_key(&claim->measurement.key, key);
    finding_text(finding->cause, "%s%s%s %s%s", environment, key[0] == '\0' ? "" : " ", key, meant->what,
                 best.is_key_known && best.difference.is_absent ? ": the evidence does not tell it" : "");
    measurement_show(&claim->measurement, shown, finding->evidence);
    finding_clean(finding->evidence);
    if (best.is_key_known && !best.is_whole) {
        measurement_show(&best.reference, shown, finding->known);
        finding_clean(finding->known);
    }
    finding_text(finding->next_step, "%s", meant->next_step);
}

/* Further ones than an appraisal can hold need no looks: the last finding is about one of them. */
void matching_report_claims(statement_matching *m)
{
    size_t reported = 0;

    for (size_t i = 0; i < m->set->count && reported < TPS_FINDINGS_MAX; i++) {
        const accepted_claim *claim = &m->set->claims[i];
        if (claim->origin == ACCEPTED_EVIDENCE && claim->must_match && !claim->is_corroborated &&
            !claim->is_known_bad) {
            report(m, claim);
            reported++;
        }
    }
}
