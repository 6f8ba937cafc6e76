/* SPDX-License-Identifier: Apache-2.0 */
/* Facts: is the device of the class that it claims, is that class known, and does what it runs match. */
#include "verifier/facts.h"

#include <stdio.h>

#include "verifier/evidence/accept.h"
#include "verifier/evidence/tpm_match.h"
#include "verifier/finding.h"
#include "verifier/knowledge/statements.h"
#include "verifier/match/components.h"
#include "verifier/match/environment.h"
#include "verifier/match/known_bad.h"
#include "verifier/match/statements.h"

/* ---- the class ---- */

/* Texts of endorsements can be longer than is shown of each: see TEXT_OF(). Returns where the next one goes;
 * the appraisal's text is zero before. */
static size_t put_text(tps_appraisal *appraisal, size_t at, tps_span text)
{
    size_t room = sizeof appraisal->device_class - 1 - at;
    size_t size = text.size < TEXT_SHOWN_MAX ? text.size : TEXT_SHOWN_MAX;

    size = size < room ? size : room;
    if (size > 0) {
        memcpy(appraisal->device_class + at, text.data, size);
    }
    return at + size;
}

/* "Lumen AG Bulb 100" */
static void name_class(const knowledge *k, uint32_t class_index, tps_appraisal *appraisal)
{
    const knowledge_class *class = &k->classes[class_index];

    size_t at = put_text(appraisal, 0, class->vendor);

    if (class->vendor.size != 0 && class->model.size != 0) {
        at = put_text(appraisal, at, TPS_SPAN_LITERAL(" "));
    }
    (void)put_text(appraisal, at, class->model);
    finding_clean(appraisal->device_class);
}

static void judge_hardware(const judgement *j)
{
    bool is_endorsed = j->signer->device != KNOWLEDGE_NONE ||
                       match_has_references(&j->verifier->knowledge, j->class_index, j->request->now);
    tps_finding *finding;

    if (is_endorsed) {
        j->appraisal->vector[TPS_EAR_HARDWARE] = TPS_EAR_HARDWARE_GENUINE;
        return;
    }
    finding =
        finding_add(j->appraisal, TPS_EAR_HARDWARE, TPS_EAR_HARDWARE_UNRECOGNIZED, "hardware.unknown-class");
    finding_text(finding->cause, "no endorsement speaks of this class of devices");
    finding_text(finding->next_step, "load the maker's endorsements (CoRIM) for it");
}

static void refuse_class(tps_appraisal *appraisal, tps_span claimed, tps_span endorsed)
{
    char text[40];
    tps_finding *finding = finding_add(appraisal, TPS_EAR_INSTANCE_IDENTITY, TPS_EAR_IDENTITY_UNTRUSTWORTHY,
                                       "instance-identity.other-class");

    finding_of_status(finding, TPS_VERIFIER_CLASS_MISMATCH, NULL);
    finding_hex(claimed, 16, text);
    finding_text(finding->evidence, "class %s", text);
    finding_hex(endorsed, 16, text);
    finding_text(finding->known, "class %s", text);
}

/* Takes what the device was endorsed or certified for where nothing else named its class; false when it is
 * another class than that. */
static bool agree_on_class(const judgement *j, tps_span *class_id, tps_span endorsed)
{
    if (class_id->size == 0) {
        *class_id = endorsed;
    }
    if (!tps_span_equal(*class_id, endorsed)) {
        refuse_class(j->appraisal, *class_id, endorsed);
        return false;
    }
    return true;
}

/* The device's class: what the evidence claims, or, where it claims none, what the device was endorsed or
 * certified for. False when these differ. */
static bool establish_class(judgement *j, tps_span *class_id)
{
    const knowledge *k = &j->verifier->knowledge;
    const trust *signer = j->signer;

    *class_id = j->evidence->class_id;
    if (signer->device != KNOWLEDGE_NONE &&
        !agree_on_class(j, class_id, k->classes[k->devices[signer->device].class_index].id)) {
        return false;
    }
    if (signer->is_certified && !agree_on_class(j, class_id, TPS_SPAN_OF(signer->class_id))) {
        return false;
    }
    j->class_index = knowledge_find_class(k, *class_id);
    return true;
}

/* The maker of the device: whose trust anchor its key leads to; else who endorsed its class, or it. Others
 * may be trusted as well, and say nothing about it. NULL: no trust anchor has a part in it. */
static const uint8_t *maker_of(const judgement *j)
{
    const knowledge *k = &j->verifier->knowledge;
    uint32_t device = j->signer->device;
    uint32_t source = KNOWLEDGE_NONE;

    if (j->signer->has_maker) {
        return j->signer->maker;
    }
    if (j->class_index != KNOWLEDGE_NONE) {
        source = k->classes[j->class_index].maker_source;
    }
    if (source == KNOWLEDGE_NONE && device != KNOWLEDGE_NONE) {
        source = k->devices[device].maker_source;
    }
    return source == KNOWLEDGE_NONE ? NULL : k->sources[source].maker;
}

/* Who the device is, for who asks the verifier itself. */
static void tell_class(const judgement *j, tps_span class_id)
{
    tps_appraisal *out = j->appraisal;
    const uint8_t *maker = maker_of(j);

    if (class_id.size == sizeof out->class_id) {
        memcpy(out->class_id, class_id.data, class_id.size);
        out->class_id_size = class_id.size;
    }
    if (maker != NULL) {
        memcpy(out->maker_sha256, maker, sizeof out->maker_sha256);
    }
    if (j->class_index != KNOWLEDGE_NONE) {
        name_class(&j->verifier->knowledge, j->class_index, out);
    }
}

/* ---- claims in the general form ---- */

/* The device itself, as statements may name it. */
static tps_corim_environment environment_of(const judgement *j, tps_span class_id)
{
    const knowledge *k = &j->verifier->knowledge;
    tps_corim_environment device = {.has_layer = false};

    if (class_id.size != 0) {
        device.class_id = (tps_corim_value){TPS_CORIM_BYTES, 0, class_id};
    }
    if (j->class_index != KNOWLEDGE_NONE) {
        device.vendor = k->classes[j->class_index].vendor;
        device.model = k->classes[j->class_index].model;
    }
    if (j->evidence->instance_id.size != 0) {
        device.instance = (tps_corim_value){TPS_CORIM_UEID, 0, j->evidence->instance_id};
    }
    return device;
}

/* Whether any statement may add to what is known of the device: a look at some tables. */
static bool has_statements(const judgement *j, const tps_corim_environment *device)
{
    static const uint32_t kinds[] = {STATEMENT_ENDORSED, STATEMENT_CONDITIONAL, STATEMENT_SERIES,
                                     STATEMENT_MEMBERSHIP, STATEMENT_DEPENDENCY};
    const knowledge *k = &j->verifier->knowledge;
    knowledge_statement found;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        knowledge_statement_walk walk = knowledge_statements_of(k, kinds[i], device, j->request->now);
        if (knowledge_next_statement(&walk, &found)) {
            return true;
        }
    }
    return false;
}

/* A claim of the device itself; false when there is no room, which is a finding. */
static bool accept(const judgement *j, const tps_corim_environment *device, accepted_claim **out)
{
    tps_finding *finding;

    *out = accepted_add(j->accepted, ACCEPTED_PROVEN);
    if (*out != NULL) {
        (*out)->environment = *device;
        return true;
    }
    finding = finding_add(j->appraisal, TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_UNRECOGNIZED,
                          "executables.too-many-claims");
    finding_text(finding->cause, "the evidence has more layers and components than the %u that fit",
                 ACCEPTED_MAX);
    finding_text(finding->next_step, "ask the maker of the device for evidence that says less");
    return false;
}

static int32_t algorithm_of(tps_span digest)
{
    switch (digest.size) {
    case 48: return TPS_ALG_SHA384;
    case 64: return TPS_ALG_SHA512;
    default: return TPS_ALG_SHA256;
    }
}

/* A component as its profile's reference values have it (corim.h), so that conditions can name it. */
static bool accept_component(const judgement *j, const tps_corim_environment *device,
                             const tps_corim_component *component)
{
    accepted_claim *claim;

    if (!accept(j, device, &claim)) {
        return false;
    }
    claim->measurement.key = (tps_corim_value){TPS_CORIM_TEXT, 0,
                                               j->evidence->scheme == TPS_SCHEME_PSA
                                                   ? TPS_SPAN_LITERAL("psa.software-component")
                                                   : TPS_SPAN_LITERAL("opentps.software-component")};
    claim->measurement.name = component->name;
    claim->measurement.version = component->version;
    claim->digest = (tps_corim_digest){.alg = algorithm_of(component->digest), .value = component->digest};
    claim->measurement.digests = (tps_corim_digests){.items = &claim->digest, .count = 1};
    claim->signer = (tps_corim_key){.tag = TPS_CORIM_TAG_BYTES, .value = component->signer_id};
    claim->measurement.keys =
        (tps_corim_keys){.items = &claim->signer, .count = component->signer_id.size != 0};
    return true;
}

/* The device, and those of its components that are as endorsed. One that runs something else is there, too,
 * but not proven to be what a domain needs. */
static bool accept_device(const judgement *j, const tps_corim_environment *device, uint32_t matched)
{
    const evidence_claims *e = j->evidence;
    bool is_proven = true;
    accepted_claim *itself;

    if (!accept(j, device, &itself)) {
        return false;
    }
    for (size_t i = 0; i < e->component_count; i++) {
        if ((matched >> i & 1) == 0) {
            is_proven = false;
        } else if (!accept_component(j, device, &e->components[i])) {
            return false;
        }
    }
    itself->must_match = !is_proven;
    return true;
}

/* What the class is for: an endorsed value of the device itself, by its name (spec/endorsements.md). */
static void take_purpose(const judgement *j, const tps_corim_environment *device)
{
    for (size_t i = 0; i < j->accepted->count && j->appraisal->purpose[0] == '\0'; i++) {
        const accepted_claim *claim = &j->accepted->claims[i];
        const tps_corim_measurement *value = &claim->measurement;
        if (claim->origin == ACCEPTED_ENDORSED && value->key.kind == TPS_CORIM_TEXT &&
            tps_span_is_text(value->key.bytes, "opentps.purpose") &&
            environment_matches(device, &claim->environment)) {
            snprintf(j->appraisal->purpose, sizeof j->appraisal->purpose, "%.*s", TEXT_OF(value->name));
            finding_clean(j->appraisal->purpose);
        }
    }
}

static void match_claims(const judgement *j, const tps_corim_environment *device)
{
    (void)match_statements(&j->verifier->knowledge, j->accepted, maker_of(j), j->verifier->revoked,
                           j->request->now, j->appraisal);
    take_purpose(j, device);
}

/*
 * The general form: layers and registers of the evidence, and what statements say of the device. Most devices
 * have neither, and leave by the first test.
 */
static void match_general(const judgement *j, tps_span class_id, uint32_t matched)
{
    const knowledge *k = &j->verifier->knowledge;
    tps_corim_environment device;

    if (j->accepted->count == 0 && !knowledge_has_claims(k)) {
        return;
    }
    device = environment_of(j, class_id);
    if (j->accepted->count == 0 && !has_statements(j, &device)) {
        return;
    }
    if (accept_device(j, &device, matched)) {
        match_claims(j, &device);
    }
}

/* ---- the whole ---- */

/* Registers are matched by their own rules (tpm_match.h); what is endorsed of the device follows. */
static bool establish_tpm(judgement *j)
{
    bool is_judged = tpm_facts(j);

    if (j->accepted->count != 0 && knowledge_has_claims(&j->verifier->knowledge)) {
        tps_corim_environment device = j->accepted->claims[0].environment;
        match_claims(j, &device);
    }
    return is_judged;
}

/* Of schemes whose evidence names pieces of software. */
static uint32_t match_software(const judgement *j)
{
    uint32_t matched;

    judge_hardware(j);
    (void)match_components(&j->verifier->knowledge, j->class_index, j->evidence, j->request->now, &matched,
                           j->appraisal);
    if (j->verifier->revoked != NULL) {
        match_known_bad(&j->verifier->knowledge, j->class_index, j->verifier->revoked, j->evidence,
                        j->request->now, j->appraisal);
    }
    return matched;
}

bool facts_establish(judgement *j)
{
    uint32_t scheme = j->evidence->scheme;
    tps_span class_id;

    j->accepted->signer = j->signer->is_mac ? NULL : j->signer->digest;
    if (scheme == TPS_SCHEME_TPM) {
        return establish_tpm(j);
    }
    if (!establish_class(j, &class_id)) {
        return false;
    }
    j->appraisal->vector[TPS_EAR_INSTANCE_IDENTITY] = TPS_EAR_IDENTITY_TRUSTWORTHY;
    tell_class(j, class_id);
    if (scheme == TPS_SCHEME_PSA || scheme == TPS_SCHEME_OPENTPS) {
        j->matched = match_software(j);
    }
    evidence_accept(j->evidence, j->signer, j->accepted, j->appraisal);
    match_general(j, class_id, j->matched);
    evidence_conclude(j->evidence, j->signer, j->accepted, j->appraisal);
    return true;
}
