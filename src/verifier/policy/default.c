/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The default policy. For the PSA scheme the vector of a good device is the one that existing verifiers give:
 * identity, executables, hardware, runtime and storage affirming, the others without a claim.
 */
#include "verifier/policy/default.h"

#include <stdio.h>

#include "verifier/finding.h"

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
    } else if (e->scheme == TPS_SCHEME_OPENTPS) {
        judge_eat_debug(&e->claims.eat, appraisal);
        judge_eat_lifecycle(&e->claims.eat, appraisal);
    }
}

/* A device never starts what is older than what it ran before. */
static void judge_history(const evidence_claims *e, const tps_device_history *history,
                          tps_appraisal *appraisal)
{
    tps_finding *finding;

    if (history == NULL || !history->is_known || !history->has_security_counter ||
        e->scheme != TPS_SCHEME_OPENTPS || (e->claims.eat.present & TPS_DEVICE_HAS_SECURITY_COUNTER) == 0 ||
        e->claims.eat.security_counter >= history->security_counter) {
        return;
    }
    finding =
        finding_add(appraisal, TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_UNSAFE, "executables.older-than-before");
    finding_text(finding->cause, "the device runs older software than it did before");
    finding_text(finding->evidence, "security counter %lu", (unsigned long)e->claims.eat.security_counter);
    finding_text(finding->known, "security counter %llu", (unsigned long long)history->security_counter);
    finding_text(finding->next_step, "install the newest release");
}

void policy_default(judgement *j)
{
    judge_lifecycle(j->evidence, j->appraisal);
    judge_history(j->evidence, j->request->history, j->appraisal);
}
