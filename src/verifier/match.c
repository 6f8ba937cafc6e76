/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Software against reference values, one to one. What must never pass: a component of another class, one
 * whose signer differs, a missing one, the same one twice.
 */
#include "verifier/match.h"

#include <stdio.h>

#include "verifier/finding.h"

enum { VERSIONS_SHOWN = 4, NAMES_REPORTED_MAX = 64 };

/* The next current reference value of a class; start with its last_reference. */
static uint32_t next_current(const knowledge *k, uint32_t reference, int64_t now)
{
    while (reference != KNOWLEDGE_NONE && !knowledge_is_current(k, k->references[reference].source, now)) {
        reference = k->references[reference].previous;
    }
    return reference;
}

static uint32_t first_of(const knowledge *k, uint32_t class_index, int64_t now)
{
    return class_index == KNOWLEDGE_NONE ? KNOWLEDGE_NONE
                                         : next_current(k, k->classes[class_index].last_reference, now);
}

static uint32_t after(const knowledge *k, uint32_t reference, int64_t now)
{
    return next_current(k, k->references[reference].previous, now);
}

bool match_has_references(const knowledge *k, uint32_t class_index, int64_t now)
{
    return first_of(k, class_index, now) != KNOWLEDGE_NONE;
}

/* How much of a component a reference value has in common with it; each step includes those before. */
enum { NOTHING, SAME_NAME, SAME_SIGNER, SAME_DIGEST_OTHER_SIGNER, SAME };

static int compare(const tps_corim_component *component, const tps_corim_component *reference)
{
    bool is_digest = tps_span_equal(component->digest, reference->digest);
    bool is_signer = tps_span_equal(component->signer_id, evidence_signer(reference->signer_id));

    if (!tps_span_equal(component->name, reference->name)) {
        return NOTHING;
    }
    if (is_digest) {
        return is_signer ? SAME : SAME_DIGEST_OTHER_SIGNER;
    }
    return is_signer ? SAME_SIGNER : SAME_NAME;
}

/* True when a newer endorsement names the same version of the same component: two profiles may endorse one
 * release. */
static bool is_listed(const knowledge *k, uint32_t class_index, uint32_t reference, int64_t now)
{
    const tps_corim_component *c = &k->references[reference].component;

    for (uint32_t r = first_of(k, class_index, now); r != reference; r = after(k, r, now)) {
        const tps_corim_component *other = &k->references[r].component;
        if (tps_span_equal(other->name, c->name) && tps_span_equal(other->version, c->version)) {
            return true;
        }
    }
    return false;
}

/* "1.3.6, 1.4.0": the versions of this name that would be taken, newest first. */
static void list_versions(const knowledge *k, uint32_t class_index, tps_span name, int64_t now,
                          tps_finding *finding)
{
    char list[TPS_FINDING_TEXT_MAX] = "";
    size_t shown = 0;
    size_t used = 0;

    for (uint32_t r = first_of(k, class_index, now); r != KNOWLEDGE_NONE; r = after(k, r, now)) {
        const tps_corim_component *c = &k->references[r].component;
        if (!tps_span_equal(c->name, name) || c->version.size == 0 || is_listed(k, class_index, r, now)) {
            continue;
        }
        if (++shown > VERSIONS_SHOWN) {
            snprintf(list + used, sizeof list - used, ", ...");
            break;
        }
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%.*s", used == 0 ? "" : ", ",
                                 (int)(c->version.size > 32 ? 32 : c->version.size),
                                 (const char *)c->version.data);
    }
    finding_text(finding->known, "%s", list);
}

static void show_component(const tps_corim_component *c, tps_finding *finding)
{
    char digest[24];
    char signer[24];

    finding_hex(c->digest, 8, digest);
    finding_hex(c->signer_id, 4, signer);
    finding_text(finding->evidence, "sha-%zu %s, signer %s", c->digest.size * 8, digest,
                 c->signer_id.size == 0 ? "none" : signer);
}

static void report_component(const knowledge *k, uint32_t class_index, const tps_corim_component *c, int best,
                             int64_t now, tps_appraisal *appraisal)
{
    static const struct {
        const char *name;
        const char *cause;
        const char *next_step;
    } texts[] = {
        [NOTHING] = {"executables.unknown-component",
                     "is not among the software that the maker endorses for this class",
                     "check the device, or ask the maker for endorsements that name it"},
        [SAME_NAME] = {"executables.unknown-signer",
                       "is not among the maker's reference values, and its signer is unknown",
                       "install the maker's own firmware"},
        [SAME_SIGNER] = {"executables.unknown-measurement", "is not among the maker's reference values",
                         "update the device, or ask the maker for the endorsement of this version"},
        [SAME_DIGEST_OTHER_SIGNER] = {"executables.other-signer",
                                      "has an endorsed digest and another signer than the endorsement",
                                      "ask the maker which key signs this software"},
    };
    tps_finding *finding =
        finding_add(appraisal, TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_UNRECOGNIZED, texts[best].name);

    finding_text(finding->cause, "component \"%.*s\"%s%.*s %s", TEXT_OF(c->name),
                 c->version.size == 0 ? "" : " ", TEXT_OF(c->version),
                 best == SAME_NAME && c->signer_id.size == 0
                     ? "is not among the maker's reference values, and is unsigned"
                     : texts[best].cause);
    finding_text(finding->next_step, "%s", texts[best].next_step);
    show_component(c, finding);
    list_versions(k, class_index, c->name, now, finding);
}

static bool is_repeated(const evidence_claims *e, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (compare(&e->components[i], &e->components[index]) == SAME) {
            return true;
        }
    }
    return false;
}

static void match_one(const knowledge *k, uint32_t class_index, const evidence_claims *e, size_t index,
                      int64_t now, tps_appraisal *appraisal)
{
    const tps_corim_component *component = &e->components[index];
    int best = NOTHING;

    for (uint32_t r = first_of(k, class_index, now); r != KNOWLEDGE_NONE && best != SAME;
         r = after(k, r, now)) {
        int found = compare(component, &k->references[r].component);
        best = found > best ? found : best;
        if (found == SAME && k->sources[k->references[r].source].is_demonstration) {
            appraisal->is_demonstration = true;
        }
    }
    if (best != SAME) {
        report_component(k, class_index, component, best, now, appraisal);
    } else if (is_repeated(e, index)) {
        tps_finding *finding = finding_add(appraisal, TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_UNRECOGNIZED,
                                           "executables.repeated-component");
        finding_text(finding->cause, "component \"%.*s\" appears more than once", TEXT_OF(component->name));
        finding_text(finding->next_step, "ask the maker why the device reports it twice");
        show_component(component, finding);
    }
}

static bool has_name(const evidence_claims *e, tps_span name)
{
    for (size_t i = 0; i < e->component_count; i++) {
        if (tps_span_equal(e->components[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* True when a newer reference value, looked at before, has the name: each missing name is reported once. */
static bool was_seen(const knowledge *k, uint32_t from, uint32_t reference, int64_t now)
{
    for (uint32_t r = from; r != reference; r = after(k, r, now)) {
        if (tps_span_equal(k->references[r].component.name, k->references[reference].component.name)) {
            return true;
        }
    }
    return false;
}

static void find_missing(const knowledge *k, uint32_t class_index, const evidence_claims *e, int64_t now,
                         tps_appraisal *appraisal)
{
    uint32_t from = first_of(k, class_index, now);
    size_t reported = 0;

    for (uint32_t r = from; r != KNOWLEDGE_NONE && reported < NAMES_REPORTED_MAX; r = after(k, r, now)) {
        const tps_corim_component *c = &k->references[r].component;
        tps_finding *finding;
        if (has_name(e, c->name) || was_seen(k, from, r, now)) {
            continue;
        }
        reported++;
        finding = finding_add(appraisal, TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_UNRECOGNIZED,
                              "executables.missing-component");
        finding_text(finding->cause,
                     "component \"%.*s\", which the maker endorses for this class, is missing",
                     TEXT_OF(c->name));
        finding_text(finding->next_step,
                     "check the device: software that must run did not, or was not measured");
        list_versions(k, class_index, c->name, now, finding);
    }
}

void match_components(const knowledge *k, uint32_t class_index, const evidence_claims *e, int64_t now,
                      tps_appraisal *appraisal)
{
    if (!match_has_references(k, class_index, now)) {
        tps_finding *finding = finding_add(appraisal, TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_UNRECOGNIZED,
                                           "executables.no-reference-values");
        finding_text(finding->cause, "no reference values are known for this class of devices");
        finding_text(finding->next_step, "load the maker's endorsements (CoRIM) for it");
        return;
    }
    appraisal->vector[TPS_EAR_EXECUTABLES] = TPS_EAR_EXEC_APPROVED;
    for (size_t i = 0; i < e->component_count; i++) {
        match_one(k, class_index, e, i, now, appraisal);
    }
    find_missing(k, class_index, e, now, appraisal);
}
