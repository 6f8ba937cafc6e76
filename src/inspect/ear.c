/* SPDX-License-Identifier: Apache-2.0 */
/* Attestation results (EAR) in JSON and CBOR: three generations of names, one meaning. */
#include "tps/ear.h"

#include <inttypes.h>
#include <jansson.h>

#include "inspect/explain.h"
#include "inspect/walk.h"

typedef struct {
    uint32_t claim; /* TPS_EAR_CLAIMS: every one */
    int64_t value;
    const char *words;
} meaning;

static const meaning meanings[] = {
    {TPS_EAR_CLAIMS, TPS_EAR_NO_CLAIM, "nothing is claimed"},
    {TPS_EAR_CLAIMS, TPS_EAR_UNEXPECTED, "the evidence was not as expected"},
    {TPS_EAR_CLAIMS, TPS_EAR_MALFUNCTION, "the verifier could not say"},
    {TPS_EAR_CLAIMS, TPS_EAR_CRYPTO_FAILED, "the evidence's signature failed"},
    {TPS_EAR_INSTANCE_IDENTITY, TPS_EAR_IDENTITY_TRUSTWORTHY, "recognised"},
    {TPS_EAR_INSTANCE_IDENTITY, TPS_EAR_IDENTITY_UNTRUSTWORTHY, "recognised and not to be trusted"},
    {TPS_EAR_INSTANCE_IDENTITY, TPS_EAR_IDENTITY_UNRECOGNIZED, "not recognised"},
    {TPS_EAR_CONFIGURATION, TPS_EAR_CONFIG_APPROVED, "approved"},
    {TPS_EAR_CONFIGURATION, TPS_EAR_CONFIG_UNSAFE, "unsafe"},
    {TPS_EAR_CONFIGURATION, TPS_EAR_CONFIG_UNSUPPORTABLE, "not supportable"},
    {TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_APPROVED_BOOT, "approved as of boot"},
    {TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_APPROVED, "approved"},
    {TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_UNSAFE, "unsafe"},
    {TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_UNRECOGNIZED, "not recognised"},
    {TPS_EAR_EXECUTABLES, TPS_EAR_EXEC_CONTRAINDICATED, "known to be bad"},
    {TPS_EAR_HARDWARE, TPS_EAR_HARDWARE_GENUINE, "genuine"},
    {TPS_EAR_HARDWARE, TPS_EAR_HARDWARE_UNSAFE, "unsafe"},
    {TPS_EAR_HARDWARE, TPS_EAR_HARDWARE_CONTRAINDICATED, "known to be bad"},
    {TPS_EAR_HARDWARE, TPS_EAR_HARDWARE_UNRECOGNIZED, "not recognised"},
};

void ear_value_means(inspect_node *node, uint32_t claim, int64_t value)
{
    const char *tier;

    if (value < INT8_MIN || value > INT8_MAX) {
        inspect_means(node, "out of range");
        return;
    }
    tier = tps_ear_tier_name(tps_ear_tier_of((int8_t)value));
    inspect_means(node, tier);
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if ((meanings[i].claim == TPS_EAR_CLAIMS || meanings[i].claim == claim) &&
            meanings[i].value == value) {
            inspect_means_span(node, inspect_format(node->document, "%s: %s", tier, meanings[i].words));
            return;
        }
    }
}

/* What a relying party finds that reads it strictly. */
void ear_judge(inspect_document *document, tps_span claims)
{
    tps_buf room = {inspect_allocate(document, claims.size + 1), claims.size};
    tps_error why = {TPS_OK, 0, NULL};
    tps_ear ear;
    tps_status status = room.data == NULL ? TPS_OK : tps_ear_decode(claims, &room, &ear, &why);

    if (status != TPS_OK) {
        inspect_warn(document, "a strict reader refuses the result: %s%s%s%s", tps_status_cause(status),
                     why.detail == NULL ? "" : " (", why.detail == NULL ? "" : why.detail,
                     why.detail == NULL ? "" : ")");
    }
}

/* ---- CBOR ---- */

void claim_ear_status(inspect_node *into, const char *name, tps_span item)
{
    inspect_node *node = inspect_cbor(into, name, item);
    int64_t value;

    if (walk_int(item, &value) && value >= 0 && value <= INT8_MAX) {
        inspect_means(node, tps_ear_tier_name((uint8_t)value));
    }
}

void claim_ear_vector(inspect_node *into, const char *name, tps_span item)
{
    inspect_node *node = inspect_object(into, name);

    for (uint32_t i = 0; i < TPS_EAR_CLAIMS; i++) {
        int64_t value;
        if (walk_int(walk_find(item, i), &value)) {
            inspect_node *one = inspect_int(node, NULL, value);
            inspect_named(one, tps_span_of_text(tps_ear_claim_name(i)));
            ear_value_means(one, i, value);
        }
    }
}

void claim_ear_verifier(inspect_node *into, const char *name, tps_span item)
{
    inspect_node *node = inspect_object(into, name);

    inspect_text(node, "developer", walk_string(walk_find(item, 0)));
    inspect_text(node, "build", walk_string(walk_find(item, 1)));
}

/* ---- JSON ---- */

/* A member under its newer name (ear_status) or its older one (ear.status), which is marked as taken. */
typedef struct {
    const char *name;
    const char *older;
} member;

static const member status_member = {"ear_status", "ear.status"};
static const member vector_member = {"ear_trustworthiness_vector", "ear.trustworthiness-vector"};
static const member policy_member = {"ear_appraisal_policy_ids", "ear.appraisal-policy-id"};
static const member verifier_member = {"ear_verifier_id", "ear.verifier-id"};
static const member evidence_member = {"ear_raw_evidence", "ear.raw-evidence"};

static json_t *get(json_t *object, const member *m)
{
    json_t *value = json_object_get(object, m->name);

    return value != NULL ? value : json_object_get(object, m->older);
}

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strcmp(name, *names) == 0) {
            return true;
        }
    }
    return false;
}

/* Members that nobody here knows are shown as they are. */
static void add_others(inspect_node *into, json_t *object, const char *const *known)
{
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
    {
        if (!is_one_of(name, known)) {
            inspect_named(json_value(into, NULL, value),
                          inspect_copy(into->document, tps_span_of_text(name)));
        }
    }
}

static const char *generation_of(const char *profile)
{
    static const char *const words[TPS_EAR_GENERATIONS] = {
        [TPS_EAR_2023] = "the first generation of EAR (2023)",
        [TPS_EAR_2025] = "the second generation of EAR (2025)",
        [TPS_EAR_2026] = "the third generation of EAR (2026)",
    };
    uint32_t generation = tps_ear_generation_of(tps_span_of_text(profile));

    return generation == TPS_EAR_GENERATIONS ? NULL : words[generation];
}

bool ear_is_json(const json_t *claims)
{
    json_t *submods = json_object_get(claims, "submods");
    const char *profile = json_string_value(json_object_get(claims, "eat_profile"));
    const char *name;
    json_t *value;

    if (generation_of(profile) != NULL) {
        return true;
    }
    json_object_foreach(submods, name, value)
    {
        if (get(value, &status_member) != NULL) {
            return true;
        }
    }
    return false;
}

static void add_status(inspect_node *into, json_t *value)
{
    if (json_is_integer(value)) {
        inspect_node *node = inspect_int(into, "status", json_integer_value(value));
        inspect_means(node, tps_ear_tier_name((uint8_t)json_integer_value(value)));
    } else if (value != NULL) {
        json_value(into, "status", value);
    }
}

static uint32_t claim_of(const char *name)
{
    uint32_t claim = 0;

    while (claim < TPS_EAR_CLAIMS && strcmp(name, tps_ear_claim_name(claim)) != 0) {
        claim++;
    }
    return claim;
}

/* The worst claim bounds the status: a better one is a contradiction. */
static void judge_status(inspect_document *document, const char *status, uint8_t worst)
{
    static const uint8_t tiers[] = {TPS_EAR_TIER_NONE, TPS_EAR_TIER_AFFIRMING, TPS_EAR_TIER_WARNING,
                                    TPS_EAR_TIER_CONTRAINDICATED};

    for (size_t i = 0; status != NULL && i < sizeof tiers; i++) {
        if (strcmp(status, tps_ear_tier_name(tiers[i])) == 0 && tiers[i] < worst &&
            tiers[i] != TPS_EAR_TIER_NONE) {
            inspect_warn(document, "the status \"%s\" is better than its worst claim, which is \"%s\"",
                         status, tps_ear_tier_name(worst));
        }
    }
}

static void add_vector(inspect_node *into, json_t *vector, const char *status)
{
    inspect_node *node = inspect_object(into, "trustworthiness_vector");
    uint8_t worst = TPS_EAR_TIER_NONE;
    const char *name;
    json_t *value;

    json_object_foreach(vector, name, value)
    {
        json_int_t number = json_integer_value(value);
        inspect_node *one = json_value(node, NULL, value);
        inspect_named(one, inspect_copy(into->document, tps_span_of_text(name)));
        if (json_is_integer(value)) {
            ear_value_means(one, claim_of(name), number);
        }
        if (json_is_integer(value) && number >= INT8_MIN && number <= INT8_MAX) {
            uint8_t tier = tps_ear_tier_of((int8_t)number);
            worst = tier > worst ? tier : worst;
        }
    }
    judge_status(into->document, status, worst);
}

static void add_submodule(inspect_node *into, json_t *appraisal)
{
    static const char *const known[] = {
        "ear_status",
        "ear.status",
        "ear_trustworthiness_vector",
        "ear.trustworthiness-vector",
        "ear_appraisal_policy_ids",
        "ear.appraisal-policy-id",
        NULL,
    };
    json_t *status = get(appraisal, &status_member);
    json_t *vector = get(appraisal, &vector_member);
    json_t *policy = get(appraisal, &policy_member);

    add_status(into, status);
    if (status == NULL) {
        inspect_warn(into->document, "an appraisal has no status");
    }
    if (vector != NULL) {
        add_vector(into, vector, json_string_value(status));
    }
    if (policy != NULL) {
        json_value(into, "appraisal_policy", policy);
    }
    add_others(into, appraisal, known);
}

static void add_submodules(inspect_node *into, json_t *submods)
{
    inspect_node *node = inspect_object(into, "submods");
    const char *name;
    json_t *value;

    if (json_object_size(submods) == 0) {
        inspect_warn(into->document, "the result holds no appraisal (submods)");
    }
    json_object_foreach(submods, name, value)
    {
        inspect_node *one = inspect_object(node, NULL);
        inspect_named(one, inspect_copy(into->document, tps_span_of_text(name)));
        add_submodule(one, value);
    }
}

static void add_if_there(inspect_node *into, const char *name, json_t *value)
{
    if (value != NULL) {
        json_value(into, name, value);
    }
}

static void add_profile(inspect_node *into, const char *profile)
{
    if (profile == NULL) {
        inspect_warn(into->document, "the result names no profile (eat_profile)");
        return;
    }
    inspect_means(inspect_text(into, "profile", inspect_copy(into->document, tps_span_of_text(profile))),
                  generation_of(profile) == NULL ? "a profile that is not known here"
                                                 : generation_of(profile));
}

void ear_explain_json(inspect_node *into, json_t *claims)
{
    static const char *const known[] = {
        "eat_profile",
        "iat",
        "exp",
        "nbf",
        "iss",
        "aud",
        "jti",
        "eat_nonce",
        "submods",
        "ear_status",
        "ear_verifier_id",
        "ear.verifier-id",
        "ear_raw_evidence",
        "ear.raw-evidence",
        NULL,
    };

    add_profile(into, json_string_value(json_object_get(claims, "eat_profile")));
    add_status(into, json_object_get(claims, "ear_status"));
    add_submodules(into, json_object_get(claims, "submods"));
    json_time(into, "iat", json_object_get(claims, "iat"));
    json_time(into, "nbf", json_object_get(claims, "nbf"));
    json_time(into, "exp", json_object_get(claims, "exp"));
    if (json_object_get(claims, "exp") == NULL) {
        inspect_warn(into->document, "the result has no expiry (exp): it would be good for ever");
    }
    add_if_there(into, "nonce", json_object_get(claims, "eat_nonce"));
    if (json_object_get(claims, "eat_nonce") == NULL) {
        inspect_warn(into->document, "the result names no nonce (eat_nonce): it could be replayed");
    }
    add_if_there(into, "iss", json_object_get(claims, "iss"));
    add_if_there(into, "aud", json_object_get(claims, "aud"));
    add_if_there(into, "jti", json_object_get(claims, "jti"));
    add_if_there(into, "verifier_id", get(claims, &verifier_member));
    add_if_there(into, "raw_evidence", get(claims, &evidence_member));
    add_others(into, claims, known);
}
