/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The default policy. For the PSA scheme the vector of a good device is the one that existing verifiers give:
 * identity, executables, hardware, runtime and storage affirming, the others without a claim.
 */
#include "verifier/policy/policy.h"

#include <stdio.h>

#include "verifier/finding.h"
#include "verifier/match/components.h"

/* The claims that rest on the root of trust being closed. */
static void worsen_closed(tps_appraisal *appraisal, int8_t value)
{
    appraisal->vector[TPS_EAR_RUNTIME_OPAQUE] = value;
    appraisal->vector[TPS_EAR_STORAGE_OPAQUE] = value;
}

static void judge_psa_lifecycle(uint16_t lifecycle, tps_appraisal *appraisal)
{
    uint8_t state = (uint8_t)(lifecycle >> 8);
    bool is_warning = state == TPS_PSA_LIFECYCLE_NON_ROT_DEBUG;
    int8_t value = is_warning ? TPS_EAR_CONFIG_UNSAFE : TPS_EAR_CONFIG_UNSUPPORTABLE;
    tps_finding *finding;

    if (state == TPS_PSA_LIFECYCLE_SECURED) {
        worsen_closed(appraisal, TPS_EAR_AFFIRMING);
        return;
    }
    worsen_closed(appraisal, value);
    finding = finding_add(appraisal, TPS_EAR_CONFIGURATION, value, "configuration.lifecycle");
    finding_text(finding->cause, "the device's security lifecycle is \"%s\", not \"secured\"",
                 tps_psa_lifecycle_name(lifecycle));
    finding_text(finding->evidence, "security lifecycle 0x%04x", (unsigned)lifecycle);
    finding_text(finding->known, "0x3000 to 0x30ff");
    finding_text(finding->next_step, is_warning ? "end debugging and restart the device"
                                                : "finish its provisioning, or withdraw the device");
}

static void judge_eat_debug(const tps_device_claims *eat, tps_appraisal *appraisal)
{
    bool is_open = eat->dbgstat == TPS_EAT_DEBUG_ENABLED || eat->dbgstat == TPS_EAT_DEBUG_ABSENT;
    int8_t value = is_open ? TPS_EAR_CONFIG_UNSUPPORTABLE : TPS_EAR_CONFIG_UNSAFE;
    tps_finding *finding;

    if (eat->dbgstat >= TPS_EAT_DEBUG_DISABLED_SINCE_BOOT && !is_open) {
        worsen_closed(appraisal, TPS_EAR_AFFIRMING);
        appraisal->vector[TPS_EAR_CONFIGURATION] = TPS_EAR_CONFIG_APPROVED;
    } else {
        worsen_closed(appraisal, value);
        finding = finding_add(appraisal, TPS_EAR_CONFIGURATION, value, "configuration.debug");
        finding_text(finding->cause, "debugging is \"%s\"", tps_eat_debug_name(eat->dbgstat));
        finding_text(finding->known, "\"%s\" or stricter",
                     tps_eat_debug_name(TPS_EAT_DEBUG_DISABLED_SINCE_BOOT));
        finding_text(finding->next_step, "switch debugging off and restart the device");
    }
    if ((eat->present & TPS_DEVICE_HAS_OEMBOOT) != 0 && !eat->oemboot) {
        finding =
            finding_add(appraisal, TPS_EAR_CONFIGURATION, TPS_EAR_CONFIG_UNSAFE, "configuration.oemboot");
        finding_text(finding->cause,
                     "not every image that the device names is there and signed by its maker");
        finding_text(finding->next_step, "install the maker's own firmware");
    }
}

/* Of devices that tell it: no maker promises anything of one that is not "secured". */
static void judge_eat_lifecycle(const tps_device_claims *eat, tps_appraisal *appraisal)
{
    static const char *const names[] = {"assembly", "provisioning", "secured", "debug", "decommissioned"};
    tps_finding *finding;

    if ((eat->present & TPS_DEVICE_HAS_LIFECYCLE) == 0 || eat->lifecycle == TPS_DEVICE_LIFECYCLE_SECURED) {
        return;
    }
    worsen_closed(appraisal, TPS_EAR_CONFIG_UNSUPPORTABLE);
    finding = finding_add(appraisal, TPS_EAR_CONFIGURATION, TPS_EAR_CONFIG_UNSUPPORTABLE,
                          "configuration.lifecycle");
    finding_text(finding->cause, "the device's lifecycle is \"%s\", not \"secured\"", names[eat->lifecycle]);
    finding_text(finding->known, "\"secured\"");
    finding_text(finding->next_step, eat->lifecycle == TPS_DEVICE_LIFECYCLE_DEBUG
                                         ? "end debugging and restart the device"
                                         : "finish its provisioning, or withdraw the device");
}

static void judge_lifecycle(const evidence_claims *e, tps_appraisal *appraisal)
{
    if (e->scheme == TPS_SCHEME_PSA) {
        judge_psa_lifecycle(e->claims.psa.lifecycle, appraisal);
    } else {
        judge_eat_debug(&e->claims.eat, appraisal);
        judge_eat_lifecycle(&e->claims.eat, appraisal);
    }
}

/* "Lumen AG Bulb 100" */
static void name_class(const knowledge *k, uint32_t class_index, tps_appraisal *appraisal)
{
    const knowledge_class *class = &k->classes[class_index];

    snprintf(appraisal->device_class, sizeof appraisal->device_class, "%.*s%s%.*s", TEXT_OF(class->vendor),
             class->vendor.size == 0 || class->model.size == 0 ? "" : " ", TEXT_OF(class->model));
    finding_clean(appraisal->device_class);
}

static void judge_hardware(const tps_verifier *v, uint32_t class_index, const trust *signer, int64_t now,
                           tps_appraisal *appraisal)
{
    bool is_endorsed =
        signer->device != KNOWLEDGE_NONE || match_has_references(&v->knowledge, class_index, now);
    tps_finding *finding;

    if (is_endorsed) {
        appraisal->vector[TPS_EAR_HARDWARE] = TPS_EAR_HARDWARE_GENUINE;
        return;
    }
    finding =
        finding_add(appraisal, TPS_EAR_HARDWARE, TPS_EAR_HARDWARE_UNRECOGNIZED, "hardware.unknown-class");
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

void policy_judge(tps_verifier *v, const evidence_claims *e, const trust *signer, int64_t now,
                  tps_appraisal *appraisal)
{
    const knowledge *k = &v->knowledge;
    uint32_t class_index = knowledge_find_class(k, e->class_id);

    if (signer->device != KNOWLEDGE_NONE && k->devices[signer->device].class_index != class_index) {
        refuse_class(appraisal, e->class_id, k->classes[k->devices[signer->device].class_index].id);
        return;
    }
    if (signer->is_certified && !tps_span_equal(e->class_id, TPS_SPAN_OF(signer->class_id))) {
        refuse_class(appraisal, e->class_id, TPS_SPAN_OF(signer->class_id));
        return;
    }
    appraisal->vector[TPS_EAR_INSTANCE_IDENTITY] = TPS_EAR_IDENTITY_TRUSTWORTHY;
    if (class_index != KNOWLEDGE_NONE) {
        name_class(k, class_index, appraisal);
    }
    judge_hardware(v, class_index, signer, now, appraisal);
    (void)match_components(k, class_index, e, now, appraisal);
    judge_lifecycle(e, appraisal);
}
