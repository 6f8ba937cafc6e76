/* SPDX-License-Identifier: Apache-2.0 */
/* Which policy judges a device, and what becomes of one that fails. */
#include "verifier/policy/policy.h"

#include <stdio.h>
#include <stdlib.h>

#include "verifier/finding.h"
#include "verifier/policy/check.h"
#include "verifier/policy/default.h"
#include "verifier/policy/script.h"

typedef struct {
    script *script;
    script_selector selector;
} entry;

struct policies {
    entry entries[TPS_POLICIES_MAX];
    size_t count;
    tps_finding kept[TPS_FINDINGS_MAX]; /**< as they are before a policy is asked */
};

/* ---- which one ---- */

static bool fits_text(tps_span wanted, tps_span is)
{
    return wanted.size == 0 || tps_span_equal(wanted, is);
}

/* What the evidence claims; of evidence that claims none (DICE, TPM), what the device was endorsed or
 * certified for: a policy for the class must not be passed by. */
static tps_span class_id_of(const judgement *j, const knowledge_class *class)
{
    if (j->evidence->class_id.size > 0) {
        return j->evidence->class_id;
    }
    if (class != NULL) {
        return class->id;
    }
    return j->signer->is_certified ? TPS_SPAN_OF(j->signer->class_id) : TPS_SPAN_EMPTY;
}

static bool fits(const tps_policy_selector *selector, const judgement *j)
{
    const knowledge_class *class =
        j->class_index == KNOWLEDGE_NONE ? NULL : &j->verifier->knowledge.classes[j->class_index];

    return fits_text(selector->class_id, class_id_of(j, class)) &&
           fits_text(selector->vendor, class == NULL ? TPS_SPAN_EMPTY : class->vendor) &&
           fits_text(selector->model, class == NULL ? TPS_SPAN_EMPTY : class->model) &&
           fits_text(selector->service, j->request->service) &&
           (selector->scheme == TPS_SCHEME_UNKNOWN || selector->scheme == j->evidence->scheme);
}

/* Higher is more specific; equal selectors alone can be equal in all that fit one device. */
static uint32_t rank(const tps_policy_selector *selector)
{
    return (selector->class_id.size > 0 ? 16u : 0) | (selector->model.size > 0 ? 8u : 0) |
           (selector->vendor.size > 0 ? 4u : 0) | (selector->service.size > 0 ? 2u : 0) |
           (selector->scheme != TPS_SCHEME_UNKNOWN ? 1u : 0);
}

static script *choose(const policies *all, const judgement *j)
{
    script *best = NULL;
    uint32_t highest = 0;

    for (size_t i = 0; i < all->count; i++) {
        const tps_policy_selector *selector = &all->entries[i].selector.is;
        if (fits(selector, j) && (best == NULL || rank(selector) > highest)) {
            best = all->entries[i].script;
            highest = rank(selector);
        }
    }
    return best;
}

/* ---- judging ---- */

/* "policy:PSA_IOT": what clients in the field expect. */
static void name_default(tps_appraisal *appraisal)
{
    static const char prefix[] = "policy:";
    const char *scheme = tps_scheme_name(appraisal->scheme);

    memcpy(appraisal->policy_id, prefix, sizeof prefix - 1);
    memcpy(appraisal->policy_id + sizeof prefix - 1, scheme, strlen(scheme) + 1);
    memcpy(appraisal->policy_sha256, policy_default_sha256, sizeof appraisal->policy_sha256);
}

static void name_policy(const script *s, tps_appraisal *appraisal)
{
    memcpy(appraisal->policy_id, s->id, sizeof appraisal->policy_id);
    memcpy(appraisal->policy_sha256, s->sha256, sizeof appraisal->policy_sha256);
}

/* The claims that rest on a policy are contraindicated: what nobody judged cannot be believed. */
static void report_failure(const script *s, tps_appraisal *appraisal)
{
    char where[24] = "";
    tps_finding *finding;

    appraisal->vector[TPS_EAR_RUNTIME_OPAQUE] = TPS_EAR_CONFIG_UNSUPPORTABLE;
    appraisal->vector[TPS_EAR_STORAGE_OPAQUE] = TPS_EAR_CONFIG_UNSUPPORTABLE;
    finding = finding_add(appraisal, TPS_EAR_CONFIGURATION, TPS_EAR_CONFIG_UNSUPPORTABLE, "policy.failed");
    finding->status = TPS_VERIFIER_POLICY_FAILED;
    if (s->problem.line > 0) {
        snprintf(where, sizeof where, "line %u: ", (unsigned)s->problem.line);
    }
    finding_text(finding->cause, "the policy %s failed while it judged: %s%s", s->id, where, s->problem.text);
    finding_text(finding->next_step,
                 "correct the policy; tps policy check finds such places before it is used");
}

/* A policy that fails half-way leaves nothing of what it did. */
static void run(policies *all, script *s, judgement *j)
{
    tps_appraisal *appraisal = j->appraisal;
    int8_t vector[TPS_EAR_CLAIMS];
    size_t count = appraisal->finding_count;

    memcpy(vector, appraisal->vector, sizeof vector);
    memcpy(all->kept, appraisal->findings, count * sizeof all->kept[0]);
    if (!s->is_full) {
        policy_default(j);
    }
    if (!script_run(s, j)) {
        memcpy(appraisal->vector, vector, sizeof vector);
        memcpy(appraisal->findings, all->kept, count * sizeof all->kept[0]);
        appraisal->finding_count = count;
        report_failure(s, appraisal);
    }
    name_policy(s, appraisal);
}

void policy_judge(judgement *j)
{
    policies *all = j->verifier->policies;
    script *s = all == NULL ? NULL : choose(all, j);

    if (s != NULL) {
        run(all, s, j);
    } else {
        policy_default(j);
        name_default(j->appraisal);
    }
}

/* ---- adding ---- */

static bool is_same(const tps_policy_selector *a, const tps_policy_selector *b)
{
    return tps_span_equal(a->class_id, b->class_id) && tps_span_equal(a->vendor, b->vendor) &&
           tps_span_equal(a->model, b->model) && tps_span_equal(a->service, b->service) &&
           a->scheme == b->scheme;
}

static bool is_selector(const tps_policy_selector *selector)
{
    return selector->scheme <= TPS_SCHEME_TPM && (selector->model.size == 0 || selector->vendor.size > 0);
}

static tps_status put(tps_verifier *v, script *s, const tps_policy_selector *selector)
{
    policies *all = v->policies;

    if (all == NULL) {
        all = calloc(1, sizeof *all);
        if (all == NULL) {
            return TPS_OUT_OF_MEMORY;
        }
        v->policies = all;
    }
    if (all->count == TPS_POLICIES_MAX) {
        return TPS_TOO_LARGE;
    }
    for (size_t i = 0; i < all->count; i++) {
        if (is_same(&all->entries[i].selector.is, selector)) {
            return TPS_VERIFIER_CONFLICT;
        }
    }
    if (!script_selector_copy(selector, &all->entries[all->count].selector)) {
        return TPS_BAD_ARGUMENT;
    }
    all->entries[all->count++].script = s;
    return TPS_OK;
}

tps_status tps_verifier_add_policy(tps_verifier *v, tps_span text, const tps_policy_selector *selector,
                                   tps_policy_problem *problem)
{
    tps_policy_problem ignored = {.line = 0};
    script *s = NULL;
    tps_status status;

    problem = problem == NULL ? &ignored : problem;
    *problem = (tps_policy_problem){.line = 0};
    if (selector != NULL && !is_selector(selector)) {
        return TPS_BAD_ARGUMENT;
    }
    TPS_TRY(policy_checked(text, selector, &s, NULL, problem));
    status = put(v, s, selector == NULL ? &s->selector.is : selector);
    if (status != TPS_OK) {
        snprintf(problem->text, sizeof problem->text, "%s", tps_status_cause(status));
        script_free(s);
    }
    return status;
}

void policies_free(policies *all)
{
    for (size_t i = 0; all != NULL && i < all->count; i++) {
        script_free(all->entries[i].script);
    }
    free(all);
}
