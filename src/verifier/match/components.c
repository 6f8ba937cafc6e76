/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Software against reference values, one to one. What must never pass: a component of another class, one
 * whose signer differs, a missing one, the same one twice.
 */
#include "verifier/match/components.h"

#include <stdio.h>

#include "verifier/finding.h"

enum { VERSIONS_SHOWN = 4, VERSION_SIZE_SHOWN = 32 };

/* One appraisal's matching under way. */
typedef struct {
    const knowledge *k;
    uint32_t class_index;
    const evidence_claims *e;
    int64_t now;
    tps_appraisal *appraisal;
    size_t steps; /* reference values that were looked at */
} matching;

/* The next current reference value of a name, from this one on. */
static uint32_t next_current(matching *m, uint32_t reference)
{
    while (reference != KNOWLEDGE_NONE) {
        m->steps++;
        if (knowledge_reference_is_current(m->k, reference, m->now)) {
            break;
        }
        reference = m->k->references[reference].previous;
    }
    return reference;
}

/* The newest current one; a name that is not known has none. */
static uint32_t first_of(matching *m, uint32_t name)
{
    return name == KNOWLEDGE_NONE ? KNOWLEDGE_NONE : next_current(m, m->k->names[name].last_reference);
}

static uint32_t after(matching *m, uint32_t reference)
{
    return next_current(m, m->k->references[reference].previous);
}

static bool has_references(matching *m)
{
    uint32_t name =
        m->class_index == KNOWLEDGE_NONE ? KNOWLEDGE_NONE : m->k->classes[m->class_index].last_name;

    while (name != KNOWLEDGE_NONE && first_of(m, name) == KNOWLEDGE_NONE) {
        name = m->k->names[name].previous;
    }
    return name != KNOWLEDGE_NONE;
}

bool match_has_references(const knowledge *k, uint32_t class_index, int64_t now)
{
    return has_references(&(matching){.k = k, .class_index = class_index, .now = now});
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

/* Whether a version is among those shown: two profiles may endorse one release. */
static bool is_listed(const tps_span *shown, size_t count, tps_span version)
{
    for (size_t i = 0; i < count; i++) {
        if (tps_span_equal(shown[i], version)) {
            return true;
        }
    }
    return false;
}

/* "1.3.6, 1.4.0": the versions of this name that would be taken, newest first. */
static void list_versions(matching *m, uint32_t name, tps_finding *finding)
{
    char list[TPS_FINDING_TEXT_MAX] = "";
    tps_span shown[VERSIONS_SHOWN];
    size_t count = 0;
    size_t used = 0;

    for (uint32_t r = first_of(m, name); r != KNOWLEDGE_NONE; r = after(m, r)) {
        tps_span version = m->k->references[r].component.version;
        if (version.size == 0 || is_listed(shown, count, version)) {
            continue;
        }
        if (count == VERSIONS_SHOWN) {
            snprintf(list + used, sizeof list - used, ", ...");
            break;
        }
        shown[count++] = version;
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%.*s", used == 0 ? "" : ", ",
                                 (int)(version.size > VERSION_SIZE_SHOWN ? VERSION_SIZE_SHOWN : version.size),
                                 (const char *)version.data);
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

static void report_component(matching *m, const tps_corim_component *c, uint32_t name, int best)
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
        finding_add(m->appraisal, TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_UNRECOGNIZED, texts[best].name);

    finding_text(finding->cause, "component \"%.*s\"%s%.*s %s", TEXT_OF(c->name),
                 c->version.size == 0 ? "" : " ", TEXT_OF(c->version),
                 best == SAME_NAME && c->signer_id.size == 0
                     ? "is not among the maker's reference values, and is unsigned"
                     : texts[best].cause);
    finding_text(finding->next_step, "%s", texts[best].next_step);
    show_component(c, finding);
    list_versions(m, name, finding);
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

/* True when the component is one that is endorsed, and the first of its kind. */
static bool match_one(matching *m, size_t index)
{
    const knowledge *k = m->k;
    const tps_corim_component *component = &m->e->components[index];
    uint32_t name = knowledge_find_name(k, m->class_index, component->name);
    int best = NOTHING;

    for (uint32_t r = first_of(m, name); r != KNOWLEDGE_NONE && best != SAME; r = after(m, r)) {
        int found = compare(component, &k->references[r].component);
        best = found > best ? found : best;
        if (found == SAME && k->sources[k->references[r].source].is_demonstration) {
            m->appraisal->is_demonstration = true;
        }
    }
    if (best != SAME) {
        report_component(m, component, name, best);
    } else if (is_repeated(m->e, index)) {
        tps_finding *finding = finding_add(m->appraisal, TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_UNRECOGNIZED,
                                           "executables.repeated-component");
        finding_text(finding->cause, "component \"%.*s\" appears more than once", TEXT_OF(component->name));
        finding_text(finding->next_step, "ask the maker why the device reports it twice");
        show_component(component, finding);
    } else {
        return true;
    }
    return false;
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

static void find_missing(matching *m)
{
    size_t reported = 0;

    for (uint32_t name = m->k->classes[m->class_index].last_name;
         name != KNOWLEDGE_NONE && reported < MATCH_MISSING_MAX; name = m->k->names[name].previous) {
        tps_span text = m->k->names[name].text;
        tps_finding *finding;
        if (has_name(m->e, text) || first_of(m, name) == KNOWLEDGE_NONE) {
            continue;
        }
        reported++;
        finding = finding_add(m->appraisal, TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_UNRECOGNIZED,
                              "executables.missing-component");
        finding_text(finding->cause,
                     "component \"%.*s\", which the maker endorses for this class, is missing",
                     TEXT_OF(text));
        finding_text(finding->next_step,
                     "check the device: software that must run did not, or was not measured");
        list_versions(m, name, finding);
    }
}

_Static_assert(EVIDENCE_COMPONENTS_MAX <= 32, "a bit for each");

size_t match_components(const knowledge *k, uint32_t class_index, const evidence_claims *e, int64_t now,
                        uint32_t *matched, tps_appraisal *appraisal)
{
    matching m = {k, class_index, e, now, appraisal, 0};

    *matched = 0;
    if (!has_references(&m)) {
        tps_finding *finding = finding_add(appraisal, TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_UNRECOGNIZED,
                                           "executables.no-reference-values");
        finding_text(finding->cause, "no reference values are known for this class of devices");
        finding_text(finding->next_step, "load the maker's endorsements (CoRIM) for it");
        return m.steps;
    }
    appraisal->vector[TPS_EAR_EXECUTABLES] = TPS_EAR_EXEC_APPROVED;
    for (size_t i = 0; i < e->component_count; i++) {
        *matched |= (uint32_t)match_one(&m, i) << i;
    }
    find_missing(&m);
    return m.steps;
}
