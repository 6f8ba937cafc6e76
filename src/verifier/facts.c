/* SPDX-License-Identifier: Apache-2.0 */
/* Facts: is the device of the class that it claims, is that class known, and does what it runs match. */
#include "verifier/facts.h"

#include <stdio.h>

#include "verifier/evidence/tpm_match.h"
#include "verifier/finding.h"
#include "verifier/match/components.h"

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

/* True unless the device was endorsed, or certified, for another class than its evidence claims. */
static bool check_class(const judgement *j)
{
    const knowledge *k = &j->verifier->knowledge;
    const trust *signer = j->signer;

    if (signer->device != KNOWLEDGE_NONE && k->devices[signer->device].class_index != j->class_index) {
        refuse_class(j->appraisal, j->evidence->class_id,
                     k->classes[k->devices[signer->device].class_index].id);
        return false;
    }
    if (signer->is_certified && !tps_span_equal(j->evidence->class_id, TPS_SPAN_OF(signer->class_id))) {
        refuse_class(j->appraisal, j->evidence->class_id, TPS_SPAN_OF(signer->class_id));
        return false;
    }
    return true;
}

bool facts_establish(judgement *j)
{
    const knowledge *k = &j->verifier->knowledge;
    int64_t now = j->request->now;

    if (j->evidence->scheme == TPS_SCHEME_TPM) {
        return tpm_facts(j);
    }
    j->class_index = knowledge_find_class(k, j->evidence->class_id);
    if (!check_class(j)) {
        return false;
    }
    j->appraisal->vector[TPS_EAR_INSTANCE_IDENTITY] = TPS_EAR_IDENTITY_TRUSTWORTHY;
    if (j->class_index != KNOWLEDGE_NONE) {
        name_class(k, j->class_index, j->appraisal);
    }
    judge_hardware(j->verifier, j->class_index, j->signer, now, j->appraisal);
    (void)match_components(k, j->class_index, j->evidence, now, j->appraisal);
    return true;
}
