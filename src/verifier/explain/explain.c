/* SPDX-License-Identifier: Apache-2.0 */
/* The chain of trust of one part: evidence, who vouches, freshness, what runs, policy, result. */
#include "verifier/explain/explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "verifier/finding.h"
#include "verifier/state.h"

const char *tps_link_state_name(uint32_t state)
{
    static const char *const names[] = {"holds", "weak", "broken", "not looked at"};

    return state < sizeof names / sizeof names[0] ? names[state] : "unknown";
}

void tps_verifier_explain(tps_verifier *verifier, tps_explanation *explanation)
{
    verifier->explanation = explanation;
    if (explanation != NULL) {
        explanation->part_count = 0;
    }
}

/* ---- links ---- */

tps_link *explain_add(explaining *x, const char *name, uint32_t depth)
{
    tps_explained_part *part = x->part;
    size_t at = part->link_count < TPS_LINKS_MAX ? part->link_count++ : TPS_LINKS_MAX - 1;
    tps_link *link = &part->links[at];

    memset(link, 0, sizeof *link);
    link->depth = depth;
    link->state = x->is_broken ? TPS_LINK_NOT_LOOKED_AT : TPS_LINK_GOOD;
    snprintf(link->name, sizeof link->name, "%s", name);
    return link;
}

void explain_text(char text[TPS_LINK_TEXT_MAX], const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, TPS_LINK_TEXT_MAX, format, arguments);
    va_end(arguments);
    finding_clean(text);
}

static bool is_about(const tps_finding *finding, const char *prefix, const char *about)
{
    return strncmp(finding->name, prefix, strlen(prefix)) == 0 &&
           (about == NULL || strstr(finding->cause, about) != NULL);
}

/* Some findings tell what else is there, and break nothing. */
static uint32_t state_of(const tps_finding *finding)
{
    return tps_ear_tier_of(finding->value) < TPS_EAR_TIER_CONTRAINDICATED ? TPS_LINK_WEAK : TPS_LINK_BROKEN;
}

bool explain_finding(explaining *x, tps_link *link, const char *prefix, const char *about)
{
    const tps_appraisal *a = x->facts->appraisal;

    for (size_t i = 0; i < a->finding_count; i++) {
        if ((x->part->told >> i & 1) == 0 && is_about(&a->findings[i], prefix, about)) {
            x->part->told |= 1u << i;
            link->state = state_of(&a->findings[i]);
            snprintf(link->cause, sizeof link->cause, "%s", a->findings[i].cause);
            snprintf(link->next_step, sizeof link->next_step, "%s", a->findings[i].next_step);
            snprintf(link->evidence, sizeof link->evidence, "%s", a->findings[i].evidence);
            snprintf(link->known, sizeof link->known, "%s", a->findings[i].known);
            return true;
        }
    }
    return false;
}

void explain_time(int64_t seconds, char text[32])
{
    time_t time = (time_t)seconds;
    struct tm parts;

    if (gmtime_r(&time, &parts) == NULL || strftime(text, 32, "%Y-%m-%d %H:%M UTC", &parts) == 0) {
        snprintf(text, 32, "second %lld", (long long)seconds);
    }
}

/* ---- the links that every part has ---- */

static void add_evidence(explaining *x)
{
    const tps_appraisal *a = x->facts->appraisal;
    tps_link *link = explain_add(x, "evidence", 0);
    char digest[24];

    finding_hex(TPS_SPAN_OF(a->evidence_sha256), 8, digest);
    explain_text(link->what, "%s, SHA-256 %s",
                 a->scheme == TPS_SCHEME_UNKNOWN ? "of no kind that is known" : tps_scheme_name(a->scheme),
                 digest);
    if (x->facts->claims == NULL || a->scheme == TPS_SCHEME_UNKNOWN) {
        (void)explain_finding(x, link, "evidence.", NULL);
        link->state = TPS_LINK_BROKEN;
        x->is_broken = true;
    }
}

static void add_freshness(explaining *x)
{
    static const char *const ways[] = {"not judged", "a nonce that was given out",
                                       "a nonce that carries its time", "the id of an epoch"};
    const tps_appraisal *a = x->facts->appraisal;
    tps_link *link = explain_add(x, "freshness", 0);
    bool is_told = !x->is_broken && explain_finding(x, link, "freshness.", NULL);

    if (a->is_fresh) {
        explain_text(link->what, "it answers %s%s", ways[a->freshness & 3],
                     a->is_nonce_of_relying_party ? ", which the relying party brought" : "");
    } else {
        explain_text(link->what, "whether it was made for this request");
    }
    if (!x->is_broken && !x->facts->is_answer) {
        link->state = TPS_LINK_BROKEN;
        x->is_broken = true;
    } else if (is_told && link->state == TPS_LINK_BROKEN) {
        x->is_broken = true;
    }
}

/* Where who asks has a name. */
static void add_audience(explaining *x)
{
    const tps_span *asked = &x->facts->request->aud;
    tps_link *link;

    if (asked->size != 0) {
        link = explain_add(x, "audience", 0);
        explain_text(link->what, "made for %.*s, if it names anybody", TEXT_OF(*asked));
        if (!x->is_broken && explain_finding(x, link, "freshness.other-audience", NULL)) {
            x->is_broken = true;
        }
    }
}

static void add_binding(explaining *x)
{
    static const char *const words[] = {"nothing: it could have been relayed", "the key in its confirmation",
                                        "the channel that it came through"};
    const tps_appraisal *a = x->facts->appraisal;
    tps_link *link = explain_add(x, "bound to", 0);

    explain_text(link->what, "%s",
                 x->is_broken ? "what the evidence is tied to" : words[a->bound < 3 ? a->bound : 0]);
}

static void add_class(explaining *x)
{
    const tps_appraisal *a = x->facts->appraisal;
    tps_link *link = explain_add(x, "class", 0);

    explain_text(link->what, "%s",
                 x->is_broken               ? "which devices it is one of"
                 : *a->device_class == '\0' ? "one that has no name here"
                                            : a->device_class);
    if (*a->purpose != '\0') {
        explain_text(link->by, "endorsed for: %s", a->purpose);
    }
    if (!x->is_broken && (explain_finding(x, link, "instance-identity.", NULL) ||
                          explain_finding(x, link, "hardware.", NULL))) {
        x->is_broken = link->state == TPS_LINK_BROKEN && a->vector[TPS_EAR_EXECUTABLES] == TPS_EAR_NO_CLAIM;
    }
}

/* Findings that no link has told yet, each as a link below the last one. */
static void add_untold(explaining *x, const char *name)
{
    const tps_appraisal *a = x->facts->appraisal;

    for (size_t i = 0; !x->is_broken && i < a->finding_count; i++) {
        if ((x->part->told >> i & 1) == 0) {
            tps_link *link = explain_add(x, name, 1);
            explain_text(link->what, "%s", a->findings[i].name);
            (void)explain_finding(x, link, a->findings[i].name, NULL);
        }
    }
}

static void add_policy(explaining *x)
{
    const tps_appraisal *a = x->facts->appraisal;
    tps_link *link = explain_add(x, "policy", 0);
    size_t at = x->part->link_count;

    explain_text(link->what, "%s", *a->policy_id == '\0' ? "what its state means here" : a->policy_id);
    add_untold(x, "rule");
    for (; at < x->part->link_count; at++) {
        link->state = x->part->links[at].state > link->state ? x->part->links[at].state : link->state;
    }
}

static void add_result(explaining *x)
{
    const tps_appraisal *a = x->facts->appraisal;
    tps_link *link;
    char list[TPS_LINK_TEXT_MAX] = "";
    size_t used = 0;

    x->is_broken = false;
    link = explain_add(x, "result", 0);
    explain_text(link->what, "%s", tps_ear_tier_name(a->tier));
    for (uint32_t i = 0; i < TPS_EAR_CLAIMS && used < sizeof list; i++) {
        if (a->vector[i] != TPS_EAR_NO_CLAIM) {
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s %d", used == 0 ? "" : ", ",
                                     tps_ear_claim_name(i), a->vector[i]);
        }
    }
    explain_text(link->by, "%s", list);
    link->state = a->tier == TPS_EAR_TIER_AFFIRMING         ? TPS_LINK_GOOD
                  : a->tier == TPS_EAR_TIER_CONTRAINDICATED ? TPS_LINK_BROKEN
                                                            : TPS_LINK_WEAK;
}

/* A new part of the explanation; NULL when nobody asked, or there is no more room. */
static tps_explained_part *begin_part(tps_verifier *v, const tps_appraisal *appraisal)
{
    tps_explanation *all = v->explanation;
    tps_explained_part *part;

    if (all == NULL || all->part_count == TPS_PARTS_MAX) {
        return NULL;
    }
    part = &all->parts[all->part_count++];
    part->appraisal = appraisal;
    part->told = 0;
    part->link_count = 0;
    return part;
}

void explain_part(const explain_facts *facts)
{
    explaining x = {.facts = facts, .part = begin_part(facts->verifier, facts->appraisal)};

    if (x.part == NULL) {
        return;
    }
    add_evidence(&x);
    explain_trust(&x);
    add_audience(&x);
    add_freshness(&x);
    add_binding(&x);
    add_class(&x);
    explain_software(&x);
    add_policy(&x);
    add_result(&x);
}

/* ---- the whole ---- */

/* What was found when the whole was seen, and the result that came of it. */
static void end_part(tps_verifier *v, tps_explained_part *part)
{
    const explain_facts facts = {.verifier = v, .appraisal = part->appraisal};
    explaining x = {.facts = &facts, .part = part};

    part->link_count -= part->link_count > 0; /* the result as it was */
    add_untold(&x, "whole");
    add_result(&x);
}

void explain_whole(tps_verifier *v, const tps_appraisal *parts, size_t count)
{
    tps_explanation *all = v->explanation;

    for (size_t i = 0; all != NULL && i < count; i++) {
        size_t at = all->part_count; /* the newest: the caller may have used its room before */

        while (at > 0 && all->parts[at - 1].appraisal != &parts[i]) {
            at--;
        }
        if (at > 0) {
            end_part(v, &all->parts[at - 1]);
        } else { /* refused before it was appraised */
            explain_part(&(explain_facts){.verifier = v,
                                          .request = &(tps_appraisal_request){.now = 0},
                                          .class_index = KNOWLEDGE_NONE,
                                          .appraisal = &parts[i]});
        }
    }
}
