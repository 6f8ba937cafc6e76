/* SPDX-License-Identifier: Apache-2.0 */
/* Which policy judges a device, and what becomes of one that fails. */
#include "verifier/policy/policy.h"

#include "verifier/policy/default.h"

/* "policy:PSA_IOT": what clients in the field expect. */
static void name_default(tps_appraisal *appraisal)
{
    static const char prefix[] = "policy:";
    const char *scheme = tps_scheme_name(appraisal->scheme);

    memcpy(appraisal->policy_id, prefix, sizeof prefix - 1);
    memcpy(appraisal->policy_id + sizeof prefix - 1, scheme, strlen(scheme) + 1);
    memcpy(appraisal->policy_sha256, policy_default_sha256, sizeof appraisal->policy_sha256);
}

void policies_free(policies *all)
{
    (void)all;
}

void policy_judge(judgement *j)
{
    policy_default(j);
    name_default(j->appraisal);
}
