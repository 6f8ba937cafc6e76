/* SPDX-License-Identifier: Apache-2.0 */
/* The samples that a policy must judge without failing, and the check before a policy is used. */
#include "verifier/policy/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "verifier/finding.h"
#include "verifier/policy/default.h"
#include "verifier/policy/names.h"

/* One device, with all that a judgement points to. */
typedef struct {
    tps_verifier verifier;
    knowledge_class class;
    trust signer;
    evidence_claims evidence;
    accepted_claims accepted;
    tps_device_history history;
    tps_appraisal_request request;
    tps_appraisal appraisal;
    judgement j;
} sample;

static const uint8_t bytes33[33] = {1, 2, 3, 4, 5, 6, 7, 8};
static const uint8_t payload[] = {0xa1, 0x0a, 0x41, 0x00}; /* {10: h'00'} */

enum { SAMPLE_NOW = 1800000000 };

/* ---- devices ---- */

static void add_component(sample *s, tps_span name, tps_span version)
{
    s->evidence.components[s->evidence.component_count++] =
        (tps_corim_component){name, version, tps_span_make(bytes33, 32), tps_span_make(bytes33, 32)};
}

static void begin(sample *s, uint32_t scheme)
{
    memset(s, 0, sizeof *s);
    s->evidence.scheme = scheme;
    s->evidence.instance_id = TPS_SPAN_OF(bytes33);
    s->evidence.class_id = tps_span_make(bytes33, 32);
    s->evidence.nonce = tps_span_make(bytes33, 32);
    s->signer.device = KNOWLEDGE_NONE;
    s->request.now = SAMPLE_NOW;
    s->request.history = &s->history;
    s->appraisal.scheme = scheme;
    s->appraisal.is_fresh = true;
    s->appraisal.freshness = TPS_FRESHNESS_NONCE;
    s->appraisal.vector[TPS_EAR_INSTANCE_IDENTITY] = TPS_EAR_IDENTITY_TRUSTWORTHY;
    s->appraisal.payload = TPS_SPAN_OF(payload);
    s->j = (judgement){.verifier = &s->verifier,
                       .request = &s->request,
                       .evidence = &s->evidence,
                       .signer = &s->signer,
                       .class_index = KNOWLEDGE_NONE,
                       .accepted = &s->accepted,
                       .appraisal = &s->appraisal};
}

/* A device that its maker endorsed, and that was here before. */
static void endorse(sample *s)
{
    s->class = (knowledge_class){.id = s->evidence.class_id,
                                 .vendor = TPS_SPAN_LITERAL("Vendor"),
                                 .model = TPS_SPAN_LITERAL("Model 1")};
    s->verifier.knowledge.classes = &s->class;
    s->verifier.knowledge.class_count = 1;
    s->j.class_index = 0;
    s->signer.device = 0;
    s->appraisal.vector[TPS_EAR_HARDWARE] = TPS_EAR_HARDWARE_GENUINE;
    s->appraisal.vector[TPS_EAR_EXECUTABLES] = TPS_EAR_EXEC_APPROVED;
    s->history = (tps_device_history){.is_known = true,
                                      .count = 3,
                                      .first_seen = SAMPLE_NOW - 90000,
                                      .last_seen = SAMPLE_NOW - 3600,
                                      .last_tier = TPS_EAR_TIER_AFFIRMING,
                                      .has_bootcount = true,
                                      .bootcount = 5,
                                      .has_security_counter = true,
                                      .security_counter = 2};
    snprintf(s->appraisal.purpose, sizeof s->appraisal.purpose, "a sample");
}

/* One that nobody endorsed, whose software is not known. */
static void suspect(sample *s)
{
    tps_finding *finding =
        finding_add(&s->appraisal, TPS_EAR_HARDWARE, TPS_EAR_HARDWARE_UNRECOGNIZED, "hardware.unknown-class");

    finding_text(finding->cause, "no endorsement speaks of this class of devices");
    s->appraisal.is_fresh = false;
    s->appraisal.freshness = TPS_FRESHNESS_NONE;
    s->evidence.has_submods = true;
}

static void good_psa(sample *s)
{
    begin(s, TPS_SCHEME_PSA);
    endorse(s);
    s->evidence.claims.psa =
        (tps_psa_claims){.nonce = s->evidence.nonce,
                         .instance_id = s->evidence.instance_id,
                         .implementation_id = s->evidence.class_id,
                         .client_id = 1,
                         .lifecycle = 0x3000,
                         .boot_seed = tps_span_make(bytes33, 32),
                         .certification_reference = TPS_SPAN_LITERAL("1234567890123-12345"),
                         .verification_service = TPS_SPAN_LITERAL("https://a.example")};
    add_component(s, TPS_SPAN_LITERAL("BL"), TPS_SPAN_LITERAL("2.1.0"));
    add_component(s, TPS_SPAN_LITERAL("PRoT"), TPS_SPAN_LITERAL("1.3.5"));
}

static void poor_psa(sample *s)
{
    begin(s, TPS_SCHEME_PSA);
    suspect(s);
    s->evidence.claims.psa = (tps_psa_claims){.nonce = s->evidence.nonce,
                                              .instance_id = s->evidence.instance_id,
                                              .implementation_id = s->evidence.class_id,
                                              .client_id = -1,
                                              .lifecycle = 0x4000};
    add_component(s, TPS_SPAN_EMPTY, TPS_SPAN_EMPTY);
    s->signer.is_mac = true;
}

static void good_device(sample *s)
{
    static const uint8_t registers[] = {0x81, 0x83, 0x01, 0x41, 0x00, 0x01};     /* [[1, h'00', 1]] */
    static const uint8_t applications[] = {0x81, 0x82, 0x41, 0x00, 0x01};        /* [[h'00', 1]] */
    static const uint8_t staged[] = {0x81, 0x83, 0x61, 'a', 0x61, '1', 0x41, 0}; /* [["a", "1", h'00']] */
    static const uint8_t cnf[] = {0xa1, 0x03, 0x41, 0x00};                       /* {3: h'00'} */

    begin(s, TPS_SCHEME_OPENTPS);
    endorse(s);
    s->evidence.claims.eat = (tps_device_claims){
        .present = TPS_DEVICE_HAS_OEMBOOT | TPS_DEVICE_HAS_BOOTCOUNT | TPS_DEVICE_HAS_INTUSE |
                   TPS_DEVICE_HAS_LIFECYCLE | TPS_DEVICE_HAS_SECURITY_COUNTER,
        .ueid = s->evidence.instance_id,
        .oemid = tps_span_make(bytes33, 3),
        .hwmodel = s->evidence.class_id,
        .hwversion = TPS_SPAN_LITERAL("1"),
        .swname = TPS_SPAN_LITERAL("application"),
        .swversion = TPS_SPAN_LITERAL("1.0"),
        .bootseed = tps_span_make(bytes33, 32),
        .bootcount = 6,
        .intuse = TPS_EAT_USE_GENERIC,
        .dbgstat = TPS_EAT_DEBUG_DISABLED_PERMANENTLY,
        .oemboot = true,
        .lifecycle = TPS_DEVICE_LIFECYCLE_SECURED,
        .security_counter = 2,
        .binder_origin = TPS_DEVICE_BINDER_COMPONENT,
        .application = tps_span_make(bytes33, 32),
        .registers = TPS_SPAN_OF(registers),
        .applications = TPS_SPAN_OF(applications),
        .staged = TPS_SPAN_OF(staged),
        .cnf = TPS_SPAN_OF(cnf)};
    s->evidence.aud = TPS_SPAN_LITERAL("a service");
    s->evidence.cwt = (tps_cwt_claims){.present = TPS_CWT_HAS_EXP | TPS_CWT_HAS_NBF | TPS_CWT_HAS_IAT,
                                       .exp.value.integer = SAMPLE_NOW + 300,
                                       .nbf.value.integer = SAMPLE_NOW,
                                       .iat.value.integer = SAMPLE_NOW};
    s->appraisal.bound = TPS_BOUND_KEY;
    add_component(s, TPS_SPAN_LITERAL("boot"), TPS_SPAN_LITERAL("1.0"));
    add_component(s, TPS_SPAN_LITERAL("application"), TPS_SPAN_LITERAL("1.0"));
}

/* Pairwise evidence with the mandatory claims alone. */
static void poor_device(sample *s)
{
    begin(s, TPS_SCHEME_OPENTPS);
    suspect(s);
    s->evidence.claims.eat = (tps_device_claims){.sueid = s->evidence.instance_id,
                                                 .oemid = tps_span_make(bytes33, 3),
                                                 .hwmodel = s->evidence.class_id,
                                                 .dbgstat = TPS_EAT_DEBUG_ENABLED};
    add_component(s, TPS_SPAN_LITERAL("boot"), TPS_SPAN_EMPTY);
}

/* A layer of DICE, or a register of a TPM, and what is endorsed of it. */
static void add_layers(sample *s)
{
    static const tps_corim_digest digest = {TPS_ALG_SHA256, {bytes33, 32}, {1, {NULL, 0}}};
    static const tps_corim_register pcr = {{TPS_CBOR_UINT, 0, 0, {NULL, 0}}, {&digest, 1, {NULL, 0}}};
    accepted_claim *claim = accepted_add(&s->accepted, ACCEPTED_EVIDENCE);

    claim->environment = (tps_corim_environment){.vendor = TPS_SPAN_LITERAL("Vendor"),
                                                 .model = TPS_SPAN_LITERAL("Model 1"),
                                                 .has_layer = true,
                                                 .layer = 1};
    claim->measurement.version = TPS_SPAN_LITERAL("1.0");
    claim->measurement.has_svn = true;
    claim->measurement.svn = 2;
    claim->measurement.digests = (tps_corim_digests){&digest, 1, {NULL, 0}};
    claim->measurement.registers = (tps_corim_registers){&pcr, 1, {NULL, 0}};
    claim->measurement.flags_present = 1u << TPS_CORIM_FLAG_DEBUG;
    claim->is_corroborated = true;
    claim = accepted_add(&s->accepted, ACCEPTED_ENDORSED);
    claim->measurement.key = (tps_corim_value){TPS_CORIM_TEXT, 0, TPS_SPAN_LITERAL("opentps.certification")};
    claim->measurement.name = TPS_SPAN_LITERAL("a scheme 1234");
}

static void good_layers(sample *s)
{
    begin(s, TPS_SCHEME_DICE);
    endorse(s);
    s->signer.is_certified = true;
    add_layers(s);
}

static void poor_layers(sample *s)
{
    begin(s, TPS_SCHEME_DICE);
    suspect(s);
    s->evidence.class_id = TPS_SPAN_EMPTY;
}

static void good_tpm(sample *s)
{
    begin(s, TPS_SCHEME_TPM);
    endorse(s);
    add_layers(s);
}

static void poor_tpm(sample *s)
{
    begin(s, TPS_SCHEME_TPM);
    suspect(s);
    s->evidence.class_id = TPS_SPAN_EMPTY;
}

static const struct {
    const char *name;
    uint32_t scheme;
    void (*make)(sample *);
} samples[] = {
    {"a PSA token of a good device", TPS_SCHEME_PSA, good_psa},
    {"a PSA token of an unknown device, without optional claims", TPS_SCHEME_PSA, poor_psa},
    {"evidence of a good device of the opentps profile", TPS_SCHEME_OPENTPS, good_device},
    {"evidence of the opentps profile without optional claims", TPS_SCHEME_OPENTPS, poor_device},
    {"evidence under a DICE chain", TPS_SCHEME_DICE, good_layers},
    {"evidence under a DICE chain of an unknown device", TPS_SCHEME_DICE, poor_layers},
    {"a TPM's quote", TPS_SCHEME_TPM, good_tpm},
    {"a quote of an unknown TPM", TPS_SCHEME_TPM, poor_tpm},
};

/* ---- the check ---- */

static void describe(const script *s, tps_policy_description *d)
{
    memcpy(d->id, s->id, sizeof d->id);
    memcpy(d->sha256, s->sha256, sizeof d->sha256);
    d->is_full = s->is_full;
    d->steps = s->steps + SCRIPT_STEPS_AT_ONCE > d->steps ? s->steps + SCRIPT_STEPS_AT_ONCE : d->steps;
    d->room = script_room(s) > d->room ? script_room(s) : d->room;
}

/* "...; over a PSA token of a good device", as far as there is room. */
static void name_sample(const char *name, tps_policy_problem *problem)
{
    size_t size = strlen(problem->text);

    snprintf(problem->text + size, sizeof problem->text - size, " (over a sample: %s)", name);
}

static tps_status run_samples(script *s, const tps_policy_selector *selector, sample *room,
                              tps_policy_description *description, tps_policy_problem *problem)
{
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        if (selector->scheme != TPS_SCHEME_UNKNOWN && selector->scheme != samples[i].scheme) {
            continue;
        }
        samples[i].make(room);
        room->request.service = selector->service;
        if (!s->is_full) {
            policy_default(&room->j);
        }
        if (!script_run(s, &room->j)) {
            *problem = s->problem;
            name_sample(samples[i].name, problem);
            return TPS_VERIFIER_POLICY_INVALID;
        }
        describe(s, description);
    }
    return TPS_OK;
}

static tps_status check_script(script *s, tps_span text, const tps_policy_selector *selector,
                               tps_policy_description *description, tps_policy_problem *problem)
{
    sample *room = malloc(sizeof *room);
    tps_status status = room == NULL ? TPS_OUT_OF_MEMORY : names_check(text, problem);

    if (status == TPS_OK) {
        status = run_samples(s, selector == NULL ? &s->selector.is : selector, room, description, problem);
    }
    free(room);
    return status;
}

tps_status policy_checked(tps_span text, const tps_policy_selector *selector, script **out,
                          tps_policy_description *description, tps_policy_problem *problem)
{
    tps_policy_description found = {.steps = 0};
    script *s = NULL;
    tps_status status;

    if (text.size > TPS_POLICY_TEXT_MAX) {
        return TPS_TOO_LARGE;
    }
    TPS_TRY(script_new(text, &s, problem));
    status = check_script(s, text, selector, &found, problem);
    if (status != TPS_OK) {
        script_free(s);
        return status;
    }
    if (description != NULL) {
        *description = found;
    }
    *out = s;
    return TPS_OK;
}

tps_status tps_policy_check(tps_span text, tps_policy_description *description, tps_policy_problem *problem)
{
    tps_policy_problem ignored = {.line = 0};
    script *s = NULL;

    problem = problem == NULL ? &ignored : problem;
    *problem = (tps_policy_problem){.line = 0};
    TPS_TRY(policy_checked(text, NULL, &s, description, problem));
    script_free(s);
    return TPS_OK;
}

tps_span tps_policy_default(void)
{
    return tps_span_make(policy_default_text, policy_default_size);
}
