/* SPDX-License-Identifier: Apache-2.0 */
/* What runs on the device, piece by piece, and which reference value each piece is. */
#include <stdio.h>

#include "verifier/explain/explain.h"
#include "verifier/finding.h"
#include "verifier/state.h"

/* A manifest that vouches for a reference value now. */
static uint32_t current_source(const explaining *x, uint32_t reference)
{
    const knowledge *k = &x->facts->verifier->knowledge;
    int64_t now = x->facts->request->now;
    uint32_t vouch = k->references[reference].last_vouch;

    if (knowledge_is_current(k, k->references[reference].source, now)) {
        return k->references[reference].source;
    }
    while (vouch != KNOWLEDGE_NONE && !knowledge_is_current(k, k->vouches[vouch].source, now)) {
        vouch = k->vouches[vouch].previous;
    }
    return vouch == KNOWLEDGE_NONE ? k->references[reference].source : k->vouches[vouch].source;
}

/* The reference value that a component is, which was matched: where it is found again. */
static uint32_t reference_of(const explaining *x, const tps_corim_component *c)
{
    const knowledge *k = &x->facts->verifier->knowledge;
    uint32_t name = knowledge_find_name(k, x->facts->class_index, c->name);
    uint32_t r = name == KNOWLEDGE_NONE ? KNOWLEDGE_NONE : k->names[name].last_reference;

    while (r != KNOWLEDGE_NONE &&
           !(tps_span_equal(k->references[r].component.digest, c->digest) &&
             tps_span_equal(evidence_signer(k->references[r].component.signer_id), c->signer_id) &&
             knowledge_reference_is_current(k, r, x->facts->request->now))) {
        r = k->references[r].previous;
    }
    return r;
}

static void add_component(explaining *x, const tps_corim_component *c, bool is_matched)
{
    tps_link *link = explain_add(x, "piece of software", 1);
    char about[80];
    char digest[24];
    uint32_t reference;

    finding_hex(c->digest, 8, digest);
    explain_text(link->what, "\"%.*s\"%s%.*s, digest %s", TEXT_OF(c->name), c->version.size == 0 ? "" : " ",
                 TEXT_OF(c->version), digest);
    if (x->is_broken) {
        return;
    }
    snprintf(about, sizeof about, "\"%.*s\"", TEXT_OF(c->name));
    if (!is_matched) {
        if (!explain_finding(x, link, "executables.", about)) {
            link->state = TPS_LINK_WEAK;
            explain_text(link->cause, "no reference value matched it");
        }
        return;
    }
    reference = reference_of(x, c);
    if (reference != KNOWLEDGE_NONE) {
        explain_source(x, current_source(x, reference), link->by);
    }
}

/* "layer 1 of Lumen AG Bulb 100", or what else names an environment. */
static void name_environment(const tps_corim_environment *e, char text[TPS_LINK_TEXT_MAX])
{
    char layer[32] = "";

    if (e->has_layer) {
        snprintf(layer, sizeof layer, "layer %llu of ", (unsigned long long)e->layer);
    }
    explain_text(text, "%s%.*s%s%.*s", layer, TEXT_OF(e->vendor),
                 e->vendor.size == 0 || e->model.size == 0 ? "" : " ", TEXT_OF(e->model));
    if (*text == '\0') {
        explain_text(text, "a measurement of the device");
    }
}

/* Layers of DICE and registers of a TPM. Endorsed values follow, as what they add. */
static void add_claim(explaining *x, const accepted_claim *claim)
{
    bool is_endorsed = claim->origin == ACCEPTED_ENDORSED;
    tps_link *link = explain_add(x, is_endorsed ? "endorsed value" : "measurement", 1);

    name_environment(&claim->environment, link->what);
    if (claim->measurement.name.size != 0 && is_endorsed) {
        explain_text(link->what, "\"%.*s\"", TEXT_OF(claim->measurement.name));
    }
    if (!is_endorsed && claim->must_match && !claim->is_corroborated &&
        !explain_finding(x, link, "executables.", NULL)) {
        link->state = TPS_LINK_BROKEN;
        explain_text(link->cause, "no reference value matches it");
    }
    if (claim->source != KNOWLEDGE_NONE) {
        explain_source(x, claim->source, link->by);
    }
}

void explain_software(explaining *x)
{
    const evidence_claims *e = x->facts->claims;
    const accepted_claims *accepted = x->facts->verifier->accepted;
    const tps_appraisal *a = x->facts->appraisal;
    tps_link *link = explain_add(x, "software", 0);
    size_t group = x->part->link_count - 1;

    explain_text(link->what, "what runs on the device, against what its maker endorses");
    if (e != NULL && (e->scheme == TPS_SCHEME_PSA || e->scheme == TPS_SCHEME_OPENTPS)) {
        for (size_t i = 0; i < e->component_count; i++) {
            add_component(x, &e->components[i], (x->facts->matched >> i & 1) != 0);
        }
    }
    for (size_t i = 0; !x->is_broken && i < accepted->count; i++) {
        if (accepted->claims[i].origin != ACCEPTED_PROVEN) {
            add_claim(x, &accepted->claims[i]);
        }
    }
    if (x->is_broken) {
        return;
    }
    for (link = &x->part->links[group]; explain_finding(x, link, "executables.", NULL);) {
        explain_text(link->what, "what else its maker endorses, or what was found beside");
        link = explain_add(x, "software", 1);
    }
    if (link != &x->part->links[group]) {
        x->part->link_count -= x->part->link_count < TPS_LINKS_MAX; /* the last one found nothing */
    }
    link = &x->part->links[group];
    if (link->state == TPS_LINK_GOOD &&
        tps_ear_tier_of(a->vector[TPS_EAR_EXECUTABLES]) != TPS_EAR_TIER_AFFIRMING) {
        link->state = TPS_LINK_WEAK;
    }
}
