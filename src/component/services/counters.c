/* SPDX-License-Identifier: Apache-2.0 */
/* The counters service: messages and shares. The vault keeps a counter as one value. */
#include "component/services/counters.h"

#include "component/core/shares.h"

enum { TAG_CREATE = 10, TAG_READ = 11, TAG_INCREASE = 12, TAG_LIST = 13 };
enum { NAME, STEP, ASKS }; /* places in tps_member[ASKS] */
enum { TELL_RESULT = 1, TELL_ID = 3 };

/** How a counter lies in the vault: format, id, value (big-endian). */
enum { FORMAT = 1, AT_ID = 1, AT_VALUE = 17, RECORD_SIZE = 25 };

/** Bytes of an answer with a counter, at most: {1: value, 3: 16 bytes}. */
#define COUNTER_RESPONSE_MAX 40u

typedef struct {
    uint8_t id[TPS_COUNTER_ID_SIZE];
    uint64_t value;
} counter;

/* ---- the vault ---- */

static tps_status load(const tps_kept_place *at, const tps_vault_id *id, counter *found)
{
    uint8_t record[RECORD_SIZE];
    size_t size;
    tps_status status = tps_vault_get(at->vault, id, at->context, TPS_BUF_OF(record), &size);

    if (status == TPS_BUFFER_TOO_SMALL) {
        return TPS_COMPONENT_STORAGE_CORRUPT;
    }
    TPS_TRY(status);
    if (size != RECORD_SIZE || record[0] != FORMAT) {
        return TPS_COMPONENT_STORAGE_CORRUPT;
    }
    memcpy(found->id, record + AT_ID, TPS_COUNTER_ID_SIZE);
    found->value = 0;
    for (size_t i = AT_VALUE; i < RECORD_SIZE; i++) {
        found->value = found->value << 8 | record[i];
    }
    return TPS_OK;
}

static tps_status save(const tps_kept_place *at, const tps_vault_id *id, const counter *changed)
{
    uint8_t record[RECORD_SIZE] = {FORMAT};

    memcpy(record + AT_ID, changed->id, TPS_COUNTER_ID_SIZE);
    for (size_t i = AT_VALUE; i < RECORD_SIZE; i++) {
        record[i] = (uint8_t)(changed->value >> (8 * (RECORD_SIZE - 1 - i)));
    }
    return tps_vault_put(at->vault, id, at->context, TPS_SPAN_OF(record), 0);
}

static uint32_t count_counters(const tps_kept_place *at, const uint8_t *owner)
{
    tps_share found = {0, 0};

    tps_owner_share(at->vault, TPS_VAULT_COUNTERS, owner, &found);
    return found.values;
}

/** Whether there may be another counter: `*error` 0, or why not. */
static tps_status judge_share(const tps_request *request, const tps_kept_place *at, uint32_t *error)
{
    tps_share login = {0, 0};
    bool may;

    TPS_TRY(tps_login_may_store(request->component, request->session, &may));
    TPS_TRY(
        tps_login_share(request->component, request->session, TPS_VAULT_COUNTERS, tps_session_owner, &login));
    *error = count_counters(at, NULL) >= TPS_COUNTERS_OF_ALL ? (uint32_t)TPS_KEPT_FULL : 0;
    if (!may || count_counters(at, at->owner) >= TPS_COUNTERS_PER_OWNER ||
        (login.values >= TPS_COUNTERS_PER_LOGIN &&
         !tps_session_is_administrator(request->component, request->session))) {
        *error = TPS_COUNTER_ERROR_QUOTA;
    }
    return TPS_OK;
}

/* ---- answers ---- */

static tps_status answer_counter(tps_request *request, const counter *told)
{
    tps_cbor_writer w = tps_response_map(request, 2);

    tps_cbor_pair_uint(&w, TELL_RESULT, told->value);
    tps_cbor_pair_bytes(&w, TELL_ID, TPS_SPAN_OF(told->id));
    return tps_response_end(request, &w);
}

static tps_status create(tps_request *request, const tps_kept_place *at, const tps_vault_id *id)
{
    const tps_platform *p = request->platform;
    counter made = {.value = 0};
    tps_status status = load(at, id, &made);
    uint32_t error;

    if (status != TPS_NOT_FOUND) {
        return tps_answer_error(request, TPS_COUNTER_ERROR_EXISTS);
    }
    TPS_TRY(judge_share(request, at, &error));
    if (error != 0) {
        return tps_answer_error(request, error);
    }
    TPS_TRY(p->entropy(p->context, TPS_BUF_OF(made.id)));
    status = save(at, id, &made);
    return status == TPS_OK ? answer_counter(request, &made) : tps_kept_failure(request, status);
}

static tps_status increase(tps_request *request, const tps_kept_place *at, const tps_vault_id *id,
                           uint64_t step)
{
    counter changed;
    tps_status status = load(at, id, &changed);

    if (status == TPS_NOT_FOUND) {
        return tps_answer_error(request, TPS_COUNTER_ERROR_UNKNOWN);
    }
    if (status != TPS_OK) {
        return tps_kept_failure(request, status);
    }
    if (step == 0 || step > TPS_COUNTER_STEP_MAX || changed.value > UINT64_MAX - step) {
        return tps_answer_error(request, TPS_COUNTER_ERROR_STEP);
    }
    changed.value += step;
    status = save(at, id, &changed);
    return status == TPS_OK ? answer_counter(request, &changed) : tps_kept_failure(request, status);
}

static tps_status tell(tps_request *request, const tps_kept_place *at, const tps_vault_id *id)
{
    counter told;
    tps_status status = load(at, id, &told);

    if (status == TPS_NOT_FOUND) {
        return tps_answer_error(request, TPS_COUNTER_ERROR_UNKNOWN);
    }
    return status == TPS_OK ? answer_counter(request, &told) : tps_kept_failure(request, status);
}

static tps_status list(tps_request *request, const tps_kept_place *at)
{
    tps_cbor_writer w;
    size_t cursor = 0;
    tps_vault_id id;

    w = tps_response_map(request, 1);
    tps_cbor_pair_array(&w, TELL_RESULT, count_counters(at, at->owner));
    while (tps_vault_next(at->vault, TPS_VAULT_COUNTERS, at->owner, &cursor, &id)) {
        tps_cbor_put_text_span(&w, tps_span_make(id.name, id.name_size));
    }
    return tps_response_end(request, &w);
}

/* ---- requests ---- */

static tps_status read_request(const tps_request *request, tps_member asked[ASKS], tps_error *why)
{
    static const tps_member_rule rules[ASKS] = {
        [NAME] = {1, TPS_MEMBER_TEXT, true, 0, UINT32_MAX}, [STEP] = {2, TPS_MEMBER_ANY_UINT, true, 0, 0}};

    TPS_TRY(tps_members_read(request->body, rules, ASKS, asked, why));
    if (asked[NAME].is_there != (request->tag != TAG_LIST) ||
        (asked[STEP].is_there && request->tag != TAG_INCREASE)) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "a member of the request");
    }
    return TPS_OK;
}

static tps_status act(tps_request *request, const tps_member asked[ASKS], const tps_kept_place *at)
{
    tps_vault_id id = tps_vault_id_make(TPS_VAULT_COUNTERS, at->owner, asked[NAME].bytes);

    switch (request->tag) {
    case TAG_CREATE: return create(request, at, &id);
    case TAG_READ: return tell(request, at, &id);
    case TAG_INCREASE: return increase(request, at, &id, asked[STEP].is_there ? asked[STEP].number : 1);
    default: return list(request, at);
    }
}

static tps_status handle(tps_request *request, tps_error *why)
{
    tps_kept_place at = {.vault = NULL};
    tps_member asked[ASKS];
    tps_status status;

    if (request->tag < TAG_CREATE || request->tag > TAG_LIST) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "tag");
    }
    TPS_TRY(read_request(request, asked, why));
    if (request->tag != TAG_LIST &&
        (asked[NAME].bytes.size == 0 || asked[NAME].bytes.size > TPS_COUNTER_NAME_MAX)) {
        return tps_answer_error(request, TPS_COUNTER_ERROR_NAME);
    }
    if (request->tag == TAG_CREATE || request->tag == TAG_INCREASE) {
        TPS_TRY(tps_answer_needs(request, COUNTER_RESPONSE_MAX));
    }
    status = tps_kept_place_open(request, &at);
    status = status == TPS_OK ? act(request, asked, &at) : tps_kept_failure(request, status);
    tps_kept_place_close(&at);
    return status;
}

_Static_assert(TPS_COUNTERS_PER_OWNER < 24, "the heads of the numbers in `features`");

/* {1: [create, read, increase, list], 2: counters of an owner, 3: bytes of a name, 4: the largest step} */
static const uint8_t features[] = {
    0xa4, 1,    0x84, 10,   11,   12,  13, 2, TPS_COUNTERS_PER_OWNER, 3, 0x18, TPS_COUNTER_NAME_MAX,
    4,    0x1a, 0xff, 0xff, 0xff, 0xff};

const tps_service tps_counters_service = {
    .id = TPSC_UUID_INIT(0xaa, 0xc0, 0xaf, 0xe1, 0x6e, 0x84, 0x55, 0x92, 0xae, 0x4c, 0x23, 0x57, 0xe3, 0xa7,
                         0xac, 0x8f),
    .name = "opentps counters",
    .version = {0, 1, 0},
    .logins = tps_logins_named,
    .logins_count = TPS_LOGINS_NAMED_COUNT,
    .features = {features, sizeof(features)},
    .takes_bindings = true,
    .handle = handle,
};
