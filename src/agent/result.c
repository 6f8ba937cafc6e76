/* SPDX-License-Identifier: Apache-2.0 */
/* The status of an attestation result, see result.h. */
#include "agent/result.h"

#include "tps/base64.h"
#include "tps/ear.h"

enum { NONCE_TEXT_MAX = 96, NONCE_MAX = 64 };

/** A string, or none; a reader that stands elsewhere moves on. */
static json_str take_string(json_reader *r)
{
    if (json_peek(r) == JSON_STRING) {
        return json_get_string(r);
    }
    (void)json_skip(r);
    return (json_str){0};
}

/* ---- the nonce ---- */

static bool is_nonce(json_str text, tps_span nonce)
{
    uint8_t unescaped[NONCE_TEXT_MAX];
    uint8_t bytes[NONCE_MAX];
    tps_buf room = TPS_BUF_OF(unescaped);
    tps_span value;
    size_t size;

    return json_str_value(text, &room, &value) == TPS_OK &&
           tps_base64_read(value, TPS_BUF_OF(bytes), &size) == TPS_OK &&
           tps_span_equal(tps_span_make(bytes, size), nonce);
}

/** eat_nonce: one, or an array of them (RFC 9711, 4.1). */
static bool has_nonce(json_reader *r, tps_span nonce)
{
    bool is_found = false;
    json_list list;

    if (json_peek(r) != JSON_ARRAY) {
        return is_nonce(take_string(r), nonce);
    }
    list = json_enter_array(r);
    while (json_next(r, &list)) {
        is_found = is_nonce(take_string(r), nonce) || is_found;
    }
    return is_found;
}

/* ---- tiers ---- */

/** From good to bad; "none" promises nothing. */
static const uint8_t tiers[] = {TPS_EAR_TIER_AFFIRMING, TPS_EAR_TIER_NONE, TPS_EAR_TIER_WARNING,
                                TPS_EAR_TIER_CONTRAINDICATED};
enum { TIERS = sizeof(tiers), TIER_UNKNOWN = TIERS };

/** The place among `tiers` of a status by its name; TIER_UNKNOWN if it has none. */
static uint32_t rank_of(json_str name)
{
    uint32_t rank = 0;

    while (rank < TIERS && !json_str_is(name, tps_ear_tier_name(tiers[rank]))) {
        rank++;
    }
    return rank;
}

/* ---- submodules ---- */

/** What is read of one. */
typedef struct {
    uint32_t rank;
    json_str claim;
    json_str cause;
    json_str next_step;
} submodule;

static void read_finding(json_reader *r, submodule *s)
{
    json_list list = json_enter_object(r);

    while (json_next(r, &list)) {
        json_str name = json_get_name(r);
        if (json_str_is(name, "claim")) {
            s->claim = take_string(r);
        } else if (json_str_is(name, "cause")) {
            s->cause = take_string(r);
        } else if (json_str_is(name, "next-step")) {
            s->next_step = take_string(r);
        } else {
            (void)json_skip(r);
        }
    }
}

/** The first of opentps.findings; for people the first is the reason, the others are in the result. */
static void read_findings(json_reader *r, submodule *s)
{
    bool is_first = true;
    json_list list;

    if (json_peek(r) != JSON_ARRAY) {
        (void)json_skip(r);
        return;
    }
    list = json_enter_array(r);
    while (json_next(r, &list)) {
        if (is_first && json_peek(r) == JSON_OBJECT) {
            read_finding(r, s);
        } else {
            (void)json_skip(r);
        }
        is_first = false;
    }
}

/** What other verifiers put under their policy's claims; ours, too, but there the findings say more. */
static void read_policy(json_reader *r, submodule *s)
{
    json_list list;

    if (json_peek(r) != JSON_OBJECT) {
        (void)json_skip(r);
        return;
    }
    list = json_enter_object(r);
    while (json_next(r, &list)) {
        bool is_problem = json_str_is(json_get_name(r), "problem");
        json_str text = take_string(r);
        if (is_problem && s->cause.raw.size == 0) {
            s->cause = text;
        }
    }
}

static submodule read_submodule(json_reader *r)
{
    submodule s = {.rank = TIER_UNKNOWN};
    json_list list = json_enter_object(r);

    while (json_next(r, &list)) {
        json_str name = json_get_name(r);
        if (json_str_is(name, "ear.status") || json_str_is(name, "ear_status")) {
            s.rank = rank_of(take_string(r));
        } else if (json_str_is(name, "opentps.findings")) {
            read_findings(r, &s);
        } else if (json_str_is(name, "ear.veraison.policy-claims")) {
            read_policy(r, &s);
        } else {
            (void)json_skip(r);
        }
    }
    return s;
}

/** The worst of all, with the reason of the first that is not affirming. */
static submodule read_submodules(json_reader *r)
{
    submodule worst = {.rank = TIER_UNKNOWN};
    bool is_first = true;
    json_list list = json_enter_object(r);

    while (json_next(r, &list)) {
        submodule one;
        (void)json_get_name(r);
        one = read_submodule(r);
        if (one.rank == TIER_UNKNOWN) {
            json_fail(r, TPS_JWT_NOT_WELL_FORMED);
        } else if (is_first || (worst.rank == 0 && one.rank > 0)) {
            worst = one;
        } else if (one.rank > worst.rank) {
            worst.rank = one.rank;
        }
        is_first = false;
    }
    return worst;
}

/* ---- the whole ---- */

static tps_status read_claims(tps_span claims, tps_span nonce, submodule *worst)
{
    json_reader r = json_reader_init(claims);
    bool answers_another = false;
    json_list list;

    worst->rank = TIER_UNKNOWN;
    if (json_check(claims, &json_limits_message, NULL) != TPS_OK) {
        return TPS_JWT_NOT_WELL_FORMED;
    }
    list = json_enter_object(&r);
    while (json_next(&r, &list)) {
        json_str name = json_get_name(&r);
        if (json_str_is(name, "submods")) {
            *worst = read_submodules(&r);
        } else if (json_str_is(name, "eat_nonce")) {
            answers_another = !has_nonce(&r, nonce);
        } else {
            (void)json_skip(&r);
        }
    }
    if (r.status != TPS_OK || worst->rank == TIER_UNKNOWN) {
        return TPS_JWT_NOT_WELL_FORMED;
    }
    return answers_another ? TPS_EAR_BAD_CLAIM : TPS_OK;
}

tps_status tps_agent_result_read(tps_span jwt, tps_span nonce, tps_buf room, uint8_t *tier,
                                 tps_agent_text *cause, tps_agent_text *next_step)
{
    tps_jws parts;
    submodule worst;
    size_t size;
    tps_status status;

    TPS_TRY(tps_jws_parse(jwt, &parts));
    status = tps_base64_read(parts.payload, room, &size);
    if (status != TPS_OK) {
        return status == TPS_BUFFER_TOO_SMALL ? status : TPS_JWT_NOT_WELL_FORMED;
    }
    TPS_TRY(read_claims(tps_span_make(room.data, size), nonce, &worst));
    *tier = tiers[worst.rank];
    if (worst.rank > 0 && worst.cause.raw.size > 0) {
        if (worst.claim.raw.size > 0) {
            tps_agent_text_add_json(cause, worst.claim);
            tps_agent_text_add(cause, ": ");
        }
        tps_agent_text_add_json(cause, worst.cause);
        tps_agent_text_add_json(next_step, worst.next_step);
    }
    return TPS_OK;
}
