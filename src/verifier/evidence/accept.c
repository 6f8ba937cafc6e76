/* SPDX-License-Identifier: Apache-2.0 */
/* Layers of DICE as claims in the general form, and what follows when they match. */
#include "verifier/evidence/accept.h"

#include <stdio.h>

#include "verifier/finding.h"
#include "verifier/trust/dice.h"

/* One appraisal's layers under way. */
typedef struct {
    dice_chain *chain;
    const trust *signer;
    accepted_claims *accepted;
    tps_appraisal *appraisal;
    bool is_full;
} acceptance;

/* ---- digests and registers ---- */

/* What there is no room for is not left out: the list is too long, and nothing is affirming. */
static tps_corim_digest *add_digest(acceptance *a)
{
    dice_chain *chain = a->chain;

    if (chain->digest_count == DICE_DIGESTS_MAX) {
        a->is_full = true;
        return NULL;
    }
    chain->digests[chain->digest_count] = (tps_corim_digest){.alg = TPS_ALG_NONE};
    return &chain->digests[chain->digest_count++];
}

/* How many FWIDs of the same hash stand before the one at `at`. */
static size_t count_before(tps_span fwids, size_t at, const tps_dice_fwid *one)
{
    tps_dice_fwid other;
    size_t count = 0;

    for (size_t i = 0; i < at && tps_dice_fwid_next(&fwids, &other); i++) {
        count += other.alg == one->alg && tps_span_equal(other.oid, one->oid);
    }
    return count;
}

/*
 * Of each hash the FWID number `turn`, from 0 on: a measurement has one digest of an algorithm. A hash that
 * has no number here is named by its identifier, and equals no other.
 */
static tps_corim_digests put_fwids(acceptance *a, tps_span fwids, size_t turn)
{
    tps_corim_digests list = {.items = &a->chain->digests[a->chain->digest_count]};
    tps_span rest = fwids;
    tps_dice_fwid fwid;

    for (size_t at = 0; tps_dice_fwid_next(&rest, &fwid); at++) {
        tps_corim_digest *digest = count_before(fwids, at, &fwid) == turn ? add_digest(a) : NULL;

        if (digest != NULL) {
            digest->alg = fwid.alg;
            digest->value = fwid.digest;
            digest->name.text = fwid.alg == TPS_ALG_NONE ? fwid.oid : TPS_SPAN_EMPTY;
            list.count++;
        }
    }
    return list;
}

/* A hash of the Open Profile, whose algorithm is told by its size. */
static tps_corim_digests put_hash(acceptance *a, tps_span hash)
{
    tps_corim_digests list = {.items = &a->chain->digests[a->chain->digest_count]};
    tps_corim_digest *digest = hash.size == 0 ? NULL : add_digest(a);

    if (digest != NULL) {
        digest->alg = hash.size == 32 ? TPS_ALG_SHA256 : hash.size == 48 ? TPS_ALG_SHA384 : TPS_ALG_SHA512;
        digest->value = hash;
        list.count = 1;
    }
    return list;
}

static tps_cbor_item register_id(const tps_dice_register *r)
{
    if (r->name.data != NULL) {
        return (tps_cbor_item){.type = TPS_CBOR_TEXT, .value = r->name.size, .bytes = r->name};
    }
    return (tps_cbor_item){.type = TPS_CBOR_UINT, .value = r->number};
}

/* All digests of a register, as they stand: with two of one hash it is what no reference value can be. */
static tps_corim_digests put_register(acceptance *a, tps_span fwids)
{
    tps_corim_digests list = put_fwids(a, fwids, 0);

    for (size_t turn = 1, more = 1; more > 0; turn++) {
        more = put_fwids(a, fwids, turn).count;
        list.count += more;
    }
    return list;
}

static tps_corim_registers put_registers(acceptance *a, tps_span registers)
{
    dice_chain *chain = a->chain;
    tps_corim_registers list = {.items = &chain->registers[chain->register_count]};
    tps_dice_register r;

    while (tps_dice_register_next(&registers, &r)) {
        if (chain->register_count == DICE_REGISTERS_MAX) {
            a->is_full = true;
            break;
        }
        chain->registers[chain->register_count++] =
            (tps_corim_register){.id = register_id(&r), .digests = put_register(a, r.digests)};
        list.count++;
    }
    return list;
}

/* ---- flags ---- */

/* The bits of both formats have the same numbers; these two say the same, all others the opposite. */
#define SAME_FLAGS (1u << TPS_CORIM_FLAG_RECOVERY | 1u << TPS_CORIM_FLAG_DEBUG)
#define ALL_FLAGS  (((uint32_t)TPS_DICE_FLAG_NOT_TCB << 1) - 1)

_Static_assert(TPS_DICE_FLAG_DEBUG == 1 << TPS_CORIM_FLAG_DEBUG, "one number for both");
_Static_assert(TPS_DICE_FLAG_RECOVERY == 1 << TPS_CORIM_FLAG_RECOVERY, "one number for both");
_Static_assert(TPS_DICE_FLAG_NOT_TCB == 1 << TPS_CORIM_FLAG_TCB, "one number for both");

static void put_flags(const tps_dice_tcb_info *info, tps_corim_measurement *m)
{
    uint32_t flags = tps_dice_has(info->present, TPS_DICE_FLAGS) ? info->flags : 0;
    uint32_t told = tps_dice_has(info->present, TPS_DICE_FLAGS_MASK) ? info->flags_mask | flags : flags;

    m->flags_present = told & ALL_FLAGS;
    m->flags = (flags ^ ~SAME_FLAGS) & m->flags_present;
}

/* What a layer's flags mean for the configuration: never affirming, whatever is endorsed of it. */
static const struct {
    uint32_t flag; /* TPS_CORIM_FLAG_* */
    bool is_bad_when;
    int8_t value;
    const char *name;
    const char *cause;
    const char *next_step;
} states[] = {
    {TPS_CORIM_FLAG_DEBUG, true, TPS_EAR_CONFIG_UNSUPPORTABLE, "configuration.layer-debug",
     "is being debugged", "switch debugging off and restart the device"},
    {TPS_CORIM_FLAG_CONFIGURED, false, TPS_EAR_CONFIG_UNSUPPORTABLE, "configuration.layer-not-configured",
     "is not configured", "finish its provisioning, or withdraw the device"},
    {TPS_CORIM_FLAG_RECOVERY, true, TPS_EAR_CONFIG_UNSAFE, "configuration.layer-recovery",
     "runs for recovery", "let it recover, and restart the device"},
    {TPS_CORIM_FLAG_SECURE, false, TPS_EAR_CONFIG_UNSAFE, "configuration.layer-not-secure",
     "says that it is not secure", "take a device whose root of trust is protected"},
};

static void name_layer(const tps_corim_environment *environment, size_t number, tps_finding *finding)
{
    finding_text(finding->evidence, "layer %zu%s%.*s%s%.*s", number,
                 environment->vendor.size == 0 ? "" : " of ", TEXT_OF(environment->vendor),
                 environment->model.size == 0 ? "" : " ", TEXT_OF(environment->model));
}

static void judge_flags(acceptance *a, const accepted_claim *claim, size_t number)
{
    const uint32_t needed = 1u << TPS_CORIM_FLAG_CONFIGURED | 1u << TPS_CORIM_FLAG_DEBUG;

    if ((claim->measurement.flags_present & needed) != needed) {
        a->chain->are_states_told = false;
    }
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        uint32_t bit = 1u << states[i].flag;
        bool is_set = (claim->measurement.flags & bit) != 0;
        tps_finding *finding;

        if ((claim->measurement.flags_present & bit) == 0 || is_set != states[i].is_bad_when ||
            (states[i].flag == TPS_CORIM_FLAG_SECURE && a->signer->is_demonstration)) {
            continue;
        }
        finding = finding_add(a->appraisal, TPS_EAR_CONFIGURATION, states[i].value, states[i].name);
        finding_text(finding->cause, "a layer of the device %s", states[i].cause);
        finding_text(finding->next_step, "%s", states[i].next_step);
        name_layer(&claim->environment, number, finding);
    }
}

/* ---- layers ---- */

static tps_corim_value class_of(const trust *signer)
{
    return signer->is_certified
               ? (tps_corim_value){.kind = TPS_CORIM_BYTES, .bytes = TPS_SPAN_OF(signer->class_id)}
               : (tps_corim_value){.kind = TPS_CORIM_ABSENT};
}

/* UEIDs have 7 to 33 bytes (RFC 9711, 4.2.1); what makers put in their place is bytes. */
static tps_corim_value instance_of(tps_span ueid)
{
    bool is_ueid = ueid.size >= 7 && ueid.size <= 33;

    return (tps_corim_value){.kind = ueid.size == 0 ? TPS_CORIM_ABSENT
                                     : is_ueid      ? TPS_CORIM_UEID
                                                    : TPS_CORIM_BYTES,
                             .bytes = ueid};
}

static accepted_claim *add_claim(acceptance *a, bool must_match)
{
    accepted_claim *claim = accepted_add(a->accepted, ACCEPTED_EVIDENCE);

    if (claim == NULL) {
        a->is_full = true;
        return NULL;
    }
    claim->must_match = must_match;
    claim->environment.class_id = class_of(a->signer);
    claim->environment.instance = instance_of(a->chain->ueid);
    return claim;
}

static void put_raw(tps_span value, tps_corim_measurement *m)
{
    m->raw_tag = TPS_CORIM_TAG_BYTES;
    m->raw_value = value;
}

static void put_environment(const tps_dice_tcb_info *info, tps_corim_environment *environment)
{
    if (tps_dice_has(info->present, TPS_DICE_TYPE)) {
        environment->class_id = (tps_corim_value){.kind = TPS_CORIM_BYTES, .bytes = info->type};
    }
    if (tps_dice_has(info->present, TPS_DICE_VENDOR)) {
        environment->vendor = info->vendor;
    }
    if (tps_dice_has(info->present, TPS_DICE_MODEL)) {
        environment->model = info->model;
    }
    environment->has_layer = tps_dice_has(info->present, TPS_DICE_LAYER);
    environment->layer = environment->has_layer ? info->layer : 0;
    environment->has_index = tps_dice_has(info->present, TPS_DICE_INDEX);
    environment->index = environment->has_index ? info->index : 0;
}

/* The second FWID of a hash, and all further ones, are measurements of their own, by their numbers. */
static void accept_more_fwids(acceptance *a, const accepted_claim *first, tps_span fwids)
{
    for (size_t turn = 1;; turn++) {
        tps_corim_digests digests = put_fwids(a, fwids, turn);
        accepted_claim *claim = digests.count == 0 ? NULL : add_claim(a, true);

        if (claim == NULL) {
            return;
        }
        claim->environment = first->environment;
        claim->measurement.key = (tps_corim_value){.kind = TPS_CORIM_UINT, .number = turn};
        claim->measurement.digests = digests;
    }
}

static void accept_tcb_info(acceptance *a, const tps_dice_tcb_info *info, size_t number)
{
    accepted_claim *claim = add_claim(a, true);
    tps_corim_measurement *m = claim == NULL ? NULL : &claim->measurement;

    if (claim == NULL) {
        return;
    }
    put_environment(info, &claim->environment);
    if (tps_dice_has(info->present, TPS_DICE_VERSION)) {
        m->version = info->version;
    }
    m->has_svn = tps_dice_has(info->present, TPS_DICE_SVN);
    m->svn = m->has_svn ? info->svn : 0;
    if (tps_dice_has(info->present, TPS_DICE_FWIDS)) {
        m->digests = put_fwids(a, info->fwids, 0);
    }
    if (tps_dice_has(info->present, TPS_DICE_VENDOR_INFO)) {
        put_raw(info->vendor_info, m);
    }
    if (tps_dice_has(info->present, TPS_DICE_REGISTERS)) {
        m->registers = put_registers(a, info->registers);
    }
    put_flags(info, m);
    judge_flags(a, claim, number);
    if (tps_dice_has(info->present, TPS_DICE_FWIDS)) {
        accept_more_fwids(a, claim, info->fwids);
    }
}

static void put_mode(uint32_t mode, tps_corim_measurement *m)
{
    m->flags_present =
        1u << TPS_CORIM_FLAG_CONFIGURED | 1u << TPS_CORIM_FLAG_RECOVERY | 1u << TPS_CORIM_FLAG_DEBUG;
    switch (mode) {
    case TPS_DICE_MODE_NORMAL: m->flags = 1u << TPS_CORIM_FLAG_CONFIGURED; break;
    case TPS_DICE_MODE_DEBUG: m->flags = 1u << TPS_CORIM_FLAG_CONFIGURED | 1u << TPS_CORIM_FLAG_DEBUG; break;
    case TPS_DICE_MODE_RECOVERY:
        m->flags = 1u << TPS_CORIM_FLAG_CONFIGURED | 1u << TPS_CORIM_FLAG_RECOVERY;
        break;
    default: m->flags = 0; break;
    }
}

/* One of the inputs of a layer; NULL where there is no room. */
static accepted_claim *accept_input(acceptance *a, const tps_dice_input *input, const char *key,
                                    uint32_t hash, uint32_t descriptor, size_t number)
{
    accepted_claim *claim = add_claim(a, hash != TPS_DICE_AUTHORITY_HASH);

    if (claim == NULL) {
        return NULL;
    }
    claim->environment.has_layer = true;
    claim->environment.layer = number;
    claim->measurement.key = (tps_corim_value){.kind = TPS_CORIM_TEXT, .bytes = tps_span_of_text(key)};
    if (tps_dice_has(input->present, hash)) {
        claim->measurement.digests = put_hash(a, input->value[hash]);
    }
    if (tps_dice_has(input->present, descriptor)) {
        put_raw(input->value[descriptor], &claim->measurement);
    }
    return claim;
}

static void accept_inputs(acceptance *a, const tps_dice_input *input, size_t number)
{
    accepted_claim *code =
        accept_input(a, input, "code", TPS_DICE_CODE_HASH, TPS_DICE_CODE_DESCRIPTOR, number);

    if (code != NULL) {
        put_mode(input->mode, &code->measurement);
        judge_flags(a, code, number);
    }
    (void)accept_input(a, input, "configuration", TPS_DICE_CONFIGURATION_HASH,
                       TPS_DICE_CONFIGURATION_DESCRIPTOR, number);
    (void)accept_input(a, input, "authority", TPS_DICE_AUTHORITY_HASH, TPS_DICE_AUTHORITY_DESCRIPTOR, number);
}

static void report_full(tps_appraisal *appraisal)
{
    tps_finding *finding =
        finding_add(appraisal, TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_UNRECOGNIZED, "executables.too-many-layers");

    finding_text(finding->cause,
                 "the evidence tells of more layers, digests or registers than are appraised");
    finding_text(finding->known, "%u claims, %u digests, %u registers", ACCEPTED_MAX, DICE_DIGESTS_MAX,
                 DICE_REGISTERS_MAX);
    finding_text(finding->next_step, "measure in fewer, larger pieces");
}

void evidence_accept(const evidence_claims *evidence, const trust *signer, accepted_claims *accepted,
                     tps_appraisal *appraisal)
{
    acceptance a = {.chain = signer->dice, .signer = signer, .accepted = accepted, .appraisal = appraisal};

    (void)evidence;
    if (signer->dice == NULL) {
        return;
    }
    if (appraisal->instance_id_size == 0 && a.chain->ueid.size > 0 &&
        a.chain->ueid.size <= sizeof appraisal->instance_id) {
        appraisal->instance_id_size = a.chain->ueid.size;
        memcpy(appraisal->instance_id, a.chain->ueid.data, a.chain->ueid.size);
    }
    a.chain->digest_count = 0;
    a.chain->register_count = 0;
    a.chain->are_states_told = a.chain->layer_count > 0;
    for (size_t i = 0; i < a.chain->layer_count; i++) {
        const tps_dice_layer *layer = &a.chain->layers[i];

        if (layer->has_tcb_info) {
            accept_tcb_info(&a, &layer->tcb_info, i + 1);
        } else {
            accept_inputs(&a, &layer->input, i + 1);
        }
    }
    if (a.is_full) {
        report_full(appraisal);
    }
}

/* ---- after matching ---- */

/* What the claims of evidence came to. */
typedef struct {
    size_t demanded;
    size_t matched;
    const accepted_claim *first; /* that matched and has a name */
} outcome;

static void count_claim(const accepted_claim *claim, outcome *out)
{
    if (claim->origin != ACCEPTED_EVIDENCE || !claim->must_match) {
        return;
    }
    out->demanded++;
    out->matched += claim->is_corroborated;
    if (claim->is_corroborated && claim->environment.vendor.size > 0 && out->first == NULL) {
        out->first = claim;
    }
}

static void set_if_unset(tps_appraisal *appraisal, uint32_t claim, int8_t value)
{
    if (appraisal->vector[claim] == TPS_EAR_NO_CLAIM) {
        appraisal->vector[claim] = value;
    }
}

static void report_unknown(tps_appraisal *appraisal)
{
    tps_finding *finding =
        finding_add(appraisal, TPS_EAR_HARDWARE, TPS_EAR_HARDWARE_UNRECOGNIZED, "hardware.unknown-class");

    finding_text(finding->cause, "no endorsement speaks of what this device measures");
    finding_text(finding->next_step, "load the maker's endorsements (CoRIM) for it");
}

static void name_class(const accepted_claim *claim, tps_appraisal *appraisal)
{
    const tps_corim_environment *environment = &claim->environment;

    snprintf(appraisal->device_class, sizeof appraisal->device_class, "%.*s%s%.*s",
             TEXT_OF(environment->vendor), environment->model.size == 0 ? "" : " ",
             TEXT_OF(environment->model));
    finding_clean(appraisal->device_class);
}

void evidence_conclude(const evidence_claims *evidence, const trust *signer, const accepted_claims *accepted,
                       tps_appraisal *appraisal)
{
    outcome result = {.demanded = 0};

    if (evidence->scheme != TPS_SCHEME_DICE && evidence->scheme != TPS_SCHEME_TPM) {
        return;
    }
    for (size_t i = 0; i < accepted->count; i++) {
        count_claim(&accepted->claims[i], &result);
    }
    if (result.matched == 0) {
        report_unknown(appraisal);
        return;
    }
    set_if_unset(appraisal, TPS_EAR_HARDWARE, TPS_EAR_HARDWARE_GENUINE);
    if (result.matched == result.demanded) {
        set_if_unset(appraisal, TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_APPROVED);
    }
    if (signer->dice != NULL && signer->dice->are_states_told) {
        set_if_unset(appraisal, TPS_EAR_CONFIGURATION, TPS_EAR_CONFIG_APPROVED);
    }
    if (result.first != NULL && appraisal->device_class[0] == '\0') {
        name_class(result.first, appraisal);
    }
}
