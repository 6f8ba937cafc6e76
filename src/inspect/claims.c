/* SPDX-License-Identifier: Apache-2.0 */
/* Maps of claims (CWT, EAT, PSA, EAR): one table of names, one walk. Values that need more are in
 * claim_values.c. */
#include "inspect/explain.h"
#include "inspect/walk.h"

#include "tps/device_claims.h"
#include "tps/psa.h"

typedef void (*show_claim)(inspect_node *into, const char *name, tps_span item);

typedef struct {
    int64_t label;
    const char *name;
    show_claim show;
} claim;

static const claim claims[] = {
    {1, "iss", claim_plain},
    {2, "sub", claim_plain},
    {3, "aud", claim_plain},
    {4, "exp", claim_time},
    {5, "nbf", claim_time},
    {6, "iat", claim_time},
    {7, "cti", claim_plain},
    {8, "cnf", claim_cnf},
    {9, "scope", claim_plain},
    {10, "nonce", claim_nonce},
    {39, "cnonce", claim_plain},
    {256, "ueid", claim_ueid},
    {257, "sueids", claim_sueids},
    {258, "oemid", claim_oemid},
    {259, "hwmodel", claim_plain},
    {260, "hwversion", claim_version},
    {261, "uptime", claim_plain},
    {262, "oemboot", claim_plain},
    {263, "dbgstat", claim_dbgstat},
    {264, "location", claim_location},
    {265, "profile", claim_profile},
    {266, "submods", claim_submods},
    {267, "bootcount", claim_plain},
    {268, "boot_seed", claim_plain},
    {269, "dloas", claim_dloas},
    {270, "swname", claim_plain},
    {271, "swversion", claim_version},
    {272, "manifests", claim_measurements},
    {273, "measurements", claim_measurements},
    {274, "measres", claim_measres},
    {275, "intuse", claim_intuse},
    {1000, "ear_status", claim_ear_status},
    {1001, "ear_trustworthiness_vector", claim_ear_vector},
    {1002, "ear_raw_evidence", claim_plain},
    {1003, "ear_appraisal_policy_ids", claim_plain},
    {1004, "ear_verifier_id", claim_ear_verifier},
    {2394, "client_id", claim_client_id},
    {2395, "lifecycle", claim_lifecycle},
    {2396, "implementation_id", claim_plain},
    {2397, "boot_seed", claim_plain},
    {2398, "certification_reference", claim_plain},
    {2399, "software_components", claim_components},
    {2400, "verification_service", claim_plain},
    {TPS_DEVICE_CLAIM_LIFECYCLE, "device_lifecycle", claim_device_lifecycle},
    {TPS_DEVICE_CLAIM_SECURITY_COUNTER, "security_counter", claim_plain},
    {TPS_DEVICE_CLAIM_BINDER_ORIGIN, "binder_origin", claim_binder_origin},
    {TPS_DEVICE_CLAIM_APPLICATION, "application", claim_plain},
    {TPS_DEVICE_CLAIM_REGISTERS, "registers", claim_plain},
    {TPS_DEVICE_CLAIM_APPLICATIONS, "applications", claim_plain},
    {TPS_DEVICE_CLAIM_STAGED, "staged_update", claim_plain},
    {TPS_DEVICE_CLAIM_PAIRWISE, "pairwise_id", claim_ueid},
};

static const claim *find(int64_t label)
{
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
        if (claims[i].label == label) {
            return &claims[i];
        }
    }
    return NULL;
}

static bool starts_with(tps_span text, const char *start)
{
    size_t size = strlen(start);

    return text.size >= size && memcmp(text.data, start, size) == 0;
}

static uint32_t kind_of_profile(tps_span profile)
{
    if (tps_span_is_text(profile, TPS_PSA_PROFILE)) {
        return CLAIMS_PSA;
    }
    if (tps_span_is_text(profile, TPS_PSA_PROFILE_2_0_0)) {
        return CLAIMS_PSA_2_0_0;
    }
    if (tps_span_is_text(profile, TPS_DEVICE_PROFILE)) {
        return CLAIMS_OPENTPS;
    }
    if (starts_with(profile, "tag:github.com,2023:veraison/ear") ||
        starts_with(profile, "tag:ietf.org,2025-07:ear") ||
        starts_with(profile, "tag:ietf.org,2026:rats/ear")) {
        return CLAIMS_EAR;
    }
    return CLAIMS_EAT;
}

uint32_t claims_kind(tps_span item)
{
    tps_cbor_reader r = tps_cbor_reader_init(item);
    tps_cbor_list map = tps_cbor_enter_map(&r);
    tps_span profile = walk_find(item, TPS_EAT_PROFILE);
    uint32_t kind = CLAIMS_NONE;
    walk_entry entry;

    if (profile.size > 0) {
        return kind_of_profile(walk_string(profile));
    }
    while (walk_next(&r, &map, &entry)) {
        if (entry.label == TPS_EAT_NONCE || (entry.label >= TPS_EAT_UEID && find(entry.label) != NULL)) {
            return CLAIMS_EAT;
        }
        if (entry.label >= 1 && entry.label <= 7) {
            /* The low labels mean other things in other maps: their types must fit, too. */
            uint32_t type = walk_type(entry.value);
            bool is_text = type == TPS_CBOR_TEXT && entry.label <= 3;
            bool is_time = type != TPS_CBOR_TEXT && entry.label >= 4 && entry.label <= 6;
            if (!is_text && !is_time && entry.label != 7) {
                return CLAIMS_NONE;
            }
            kind = CLAIMS_CWT;
        }
    }
    return r.status == TPS_OK ? kind : CLAIMS_NONE;
}

const char *claims_title(uint32_t kind)
{
    switch (kind) {
    case CLAIMS_CWT: return "CBOR Web Token (CWT)";
    case CLAIMS_EAT: return "Entity Attestation Token (EAT)";
    case CLAIMS_PSA: return "PSA attestation token (RFC 9783)";
    case CLAIMS_PSA_2_0_0: return "PSA attestation token (older profile, PSA 2.0.0)";
    case CLAIMS_OPENTPS: return "Evidence of the opentps device profile (EAT)";
    case CLAIMS_EAR: return "Attestation result (EAR)";
    default: return "claims";
    }
}

const char *claims_word(uint32_t kind)
{
    switch (kind) {
    case CLAIMS_CWT: return "cwt";
    case CLAIMS_PSA:
    case CLAIMS_PSA_2_0_0: return "psa-token";
    case CLAIMS_EAR: return "ear";
    default: return "eat";
    }
}

/* In a PSA token claim 256 is called the instance id; the boot seed moved from 2397 to 268 with RFC 9783. */
static const char *name_in(const claim *c, uint32_t kind)
{
    bool is_psa = kind == CLAIMS_PSA || kind == CLAIMS_PSA_2_0_0;

    switch (c->label) {
    case TPS_PSA_INSTANCE_ID: return is_psa ? "instance_id" : c->name;
    case TPS_PSA_BOOT_SEED: return kind == CLAIMS_PSA_2_0_0 ? "boot_seed_268" : c->name;
    case TPS_PSA_BOOT_SEED_2_0_0: return kind == CLAIMS_PSA_2_0_0 ? c->name : "boot_seed_2397";
    default: return c->name;
    }
}

static void add_unknown(inspect_node *unknown, const walk_entry *entry)
{
    inspect_node *node = inspect_object(unknown, NULL);

    inspect_cbor(node, "label", entry->key);
    inspect_cbor(node, "value", entry->value);
}

void claims_explain(inspect_node *into, tps_span map)
{
    uint32_t kind = claims_kind(map);
    tps_cbor_reader r = tps_cbor_reader_init(map);
    tps_cbor_list list = tps_cbor_enter_map(&r);
    inspect_node *unknown = NULL;
    walk_entry entry;

    while (walk_next(&r, &list, &entry)) {
        const claim *c = find(entry.label);
        if (c != NULL) {
            c->show(into, name_in(c, kind), entry.value);
            continue;
        }
        if (unknown == NULL) {
            unknown = inspect_list(into, "unknown_claims");
        }
        add_unknown(unknown, &entry);
    }
    if (r.status != TPS_OK) {
        inspect_warn(into->document, "a map of claims cannot be read to its end: %s",
                     tps_status_cause(r.status));
    }
}

/* The strict decoders' opinion: what they refuse, tps verify refuses. */
static void judge_profile(inspect_document *document, tps_span map, uint32_t kind)
{
    tps_error why = {TPS_OK, 0, NULL};
    tps_status status = TPS_OK;
    tps_psa_claims psa;
    tps_device_claims eat;

    if (kind == CLAIMS_PSA || kind == CLAIMS_PSA_2_0_0) {
        status = tps_psa_decode(map, &psa, &why);
    } else if (kind == CLAIMS_OPENTPS) {
        status = tps_device_claims_decode(map, &eat, &why);
    }
    if (kind == CLAIMS_EAT) {
        eat_judge(document, map);
    }
    if (status != TPS_OK) {
        inspect_warn(document, "this breaks its profile: %s%s%s%s", tps_status_cause(status),
                     why.detail == NULL ? "" : " (", why.detail == NULL ? "" : why.detail,
                     why.detail == NULL ? "" : ")");
    }
    if (kind == CLAIMS_PSA_2_0_0) {
        inspect_warn(document, "the profile \"%s\" is older than RFC 9783, which has \"%s\"",
                     TPS_PSA_PROFILE_2_0_0, TPS_PSA_PROFILE);
    }
}

static void judge_order(inspect_document *document, tps_span map)
{
    tps_cbor_limits limits = tps_cbor_limits_file;
    tps_error why = {TPS_OK, 0, NULL};

    limits.form = &tps_cbor_deterministic;
    if (tps_cbor_check(map, &limits, NULL, &why) == TPS_CBOR_NOT_DETERMINISTIC) {
        inspect_warn(
            document,
            "the claims are not in deterministic encoding (RFC 8949, 4.2.1), first at byte %zu of them: keys "
            "that are not sorted, or heads that could be shorter; real tokens often have this",
            why.offset);
    }
}

void claims_judge(inspect_document *document, tps_span map, uint32_t kind)
{
    int64_t expiry = 0;

    judge_profile(document, map, kind);
    judge_order(document, map);
    if (kind == CLAIMS_EAR && walk_find(map, TPS_CWT_EXP).size == 0) {
        inspect_warn(document, "the result has no expiry (exp): it would be good for ever");
    }
    if (kind == CLAIMS_EAR) {
        ear_judge(document, map);
    }
    if (walk_int(walk_find(map, TPS_CWT_EXP), &expiry)) {
        inspect_warn_expired(document, expiry);
    }
}
