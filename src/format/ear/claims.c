/* SPDX-License-Identifier: Apache-2.0 */
/* Labels, names and generations of a result's claims. */
#include "format/ear/claims.h"

/* Where a claim may stand. */
enum { IN_RESULT = 1, IN_APPRAISAL = 2 };

static const struct {
    int64_t label;
    const char *older; /* 2023 and 2025 */
    const char *newer; /* 2026 */
    uint32_t places;
} claims[EAR_CLAIM_COUNT] = {
    [EAR_ISS] = {1, "iss", "iss", IN_RESULT},
    [EAR_AUD] = {3, "aud", "aud", IN_RESULT},
    [EAR_EXP] = {4, "exp", "exp", IN_RESULT},
    [EAR_NBF] = {5, "nbf", "nbf", IN_RESULT},
    [EAR_IAT] = {6, "iat", "iat", IN_RESULT},
    [EAR_CNF] = {8, "cnf", "cnf", IN_RESULT},
    [EAR_NONCE] = {10, "eat_nonce", "eat_nonce", IN_RESULT | IN_APPRAISAL},
    [EAR_PROFILE] = {265, "eat_profile", "eat_profile", IN_RESULT | IN_APPRAISAL},
    [EAR_SUBMODS] = {266, "submods", "submods", IN_RESULT},
    [EAR_STATUS] = {1000, "ear.status", "ear_status", IN_RESULT | IN_APPRAISAL},
    [EAR_VECTOR] = {1001, "ear.trustworthiness-vector", "ear_trustworthiness_vector", IN_APPRAISAL},
    [EAR_RAW_EVIDENCE] = {1002, "ear.raw-evidence", "ear_raw_evidence", IN_RESULT},
    [EAR_POLICY_IDS] = {1003, "ear.appraisal-policy-id", "ear_appraisal_policy_ids", IN_APPRAISAL},
    [EAR_VERIFIER_ID] = {1004, "ear.verifier-id", "ear_verifier_id", IN_RESULT},
};

static const struct {
    const char *profile;
    uint32_t generation;
} profiles[] = {
    {"tag:github.com,2023:veraison/ear", TPS_EAR_2023}, /* the first of each is written */
    {"tag:github.com,2024:confidential-containers/Trustee", TPS_EAR_2023},
    {"tag:ietf.org,2025-07:ear", TPS_EAR_2025},
    {"tag:ietf.org,2026:rats/ear#04", TPS_EAR_2026},
    {"tag:ietf.org,2026:rats/ear#03", TPS_EAR_2026},
    {"tag:ietf.org,2026:rats/ear#05", TPS_EAR_2026},
};

#define PROFILE_COUNT (sizeof profiles / sizeof profiles[0])

const char *tps_ear_profile(uint32_t generation)
{
    for (size_t i = 0; i < PROFILE_COUNT; i++) {
        if (profiles[i].generation == generation) {
            return profiles[i].profile;
        }
    }
    return NULL;
}

uint32_t tps_ear_generation_of(tps_span profile)
{
    for (size_t i = 0; i < PROFILE_COUNT; i++) {
        if (tps_span_is_text(profile, profiles[i].profile)) {
            return profiles[i].generation;
        }
    }
    return TPS_EAR_GENERATIONS;
}

int64_t ear_label(uint32_t claim)
{
    return claims[claim].label;
}

const char *ear_name(uint32_t claim, uint32_t generation)
{
    return generation == TPS_EAR_2026 ? claims[claim].newer : claims[claim].older;
}

uint32_t ear_claim_of(const dual_reader *reader, const dual_key *key, uint32_t generation, bool is_appraisal)
{
    uint32_t place = is_appraisal ? IN_APPRAISAL : IN_RESULT;

    for (uint32_t i = 0; i < EAR_CLAIM_COUNT; i++) {
        bool is_new = i == EAR_STATUS && !is_appraisal; /* the third generation has a status of its own */
        if ((claims[i].places & place) != 0 && (!is_new || generation == TPS_EAR_2026) &&
            dual_key_is(reader, key, claims[i].label, ear_name(i, generation))) {
            return i;
        }
    }
    return EAR_UNKNOWN;
}

uint32_t ear_rank(uint8_t tier)
{
    switch (tier) {
    case TPS_EAR_TIER_AFFIRMING: return 0;
    case TPS_EAR_TIER_NONE: return 1;
    case TPS_EAR_TIER_WARNING: return 2;
    default: return 3;
    }
}
