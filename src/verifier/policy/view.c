/* SPDX-License-Identifier: Apache-2.0 */
/* Objects and lists for scripts; and all but the evidence: endorsements, results, history, request, signer.
 */
#include "verifier/policy/view.h"

#include <lauxlib.h>

#include "verifier/policy/library.h"
#include "verifier/policy/script.h"

/* What a view's userdata holds. */
typedef struct {
    const view_kind *kind;
    size_t at;
} view;

/* Its address is the name of the metatable in the registry. */
static const char metatable_name = 0;

static const view *view_at(lua_State *L, int index)
{
    return lua_type(L, index) == LUA_TUSERDATA ? lua_touserdata(L, index) : NULL;
}

void view_push(lua_State *L, const view_kind *kind, size_t at)
{
    view *made = lua_newuserdatauv(L, sizeof *made, 0);

    *made = (view){kind, at};
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_name);
    lua_setmetatable(L, -2);
}

bool view_count(lua_State *L, int index, size_t *count)
{
    const view *v = view_at(L, index);

    if (v == NULL || v->kind->count == NULL) {
        return false;
    }
    *count = v->kind->count(script_judgement(L));
    return true;
}

const view_member *view_find(const view_kind *kind, const char *name)
{
    for (const view_member *member = kind->members; member->name != NULL; member++) {
        if (strcmp(member->name, name) == 0) {
            return member;
        }
    }
    return NULL;
}

/* ---- what Lua asks of them ---- */

static int refuse_member(lua_State *L, const view_kind *kind)
{
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
    const char *nearest = NULL;
    size_t least = SIZE_MAX;

    for (const view_member *member = kind->members; member->name != NULL; member++) {
        library_take_nearer(name, member->name, &least, &nearest);
    }
    return nearest == NULL
               ? luaL_error(L, "%s has no \"%s\"", kind->name, name)
               : luaL_error(L, "%s has no \"%s\"; do you mean \"%s\"?", kind->name, name, nearest);
}

/* The first element whose key is this text, or nil. */
static int element_named(lua_State *L, const view_kind *kind)
{
    const view_member *key = view_find(kind->element, kind->key);
    const judgement *j = script_judgement(L);
    size_t count = kind->count(j);

    script_work(L, count);
    for (size_t i = 0; i < count; i++) {
        bool is_found;
        key->push(L, j, i);
        is_found = lua_rawequal(L, 2, -1) != 0;
        lua_pop(L, 1);
        if (is_found) {
            view_push(L, kind->element, i);
            return 1;
        }
    }
    lua_pushnil(L);
    return 1;
}

static int index_list(lua_State *L, const view_kind *kind)
{
    lua_Integer at = lua_tointeger(L, 2);

    if (lua_type(L, 2) == LUA_TSTRING) {
        return element_named(L, kind);
    }
    if (lua_isinteger(L, 2) == 0) {
        return luaL_error(L, "%s is a list: its elements are numbered from 1, or found by their %s",
                          kind->name, kind->key);
    }
    if (at < 1 || (size_t)at > kind->count(script_judgement(L))) {
        lua_pushnil(L);
    } else {
        view_push(L, kind->element, (size_t)at - 1);
    }
    return 1;
}

static int index_view(lua_State *L)
{
    const view *v = view_at(L, 1);
    const view_member *member;

    if (v->kind->members == NULL) {
        return index_list(L, v->kind);
    }
    member = lua_type(L, 2) == LUA_TSTRING ? view_find(v->kind, lua_tostring(L, 2)) : NULL;
    if (member == NULL) {
        return refuse_member(L, v->kind);
    }
    member->push(L, script_judgement(L), v->at);
    return 1;
}

static int count_view(lua_State *L)
{
    size_t count;

    if (!view_count(L, 1, &count)) {
        return luaL_error(L, "%s is no list", view_at(L, 1)->kind->name);
    }
    lua_pushinteger(L, (lua_Integer)count);
    return 1;
}

static int refuse_change(lua_State *L)
{
    return luaL_error(L, "%s cannot be changed", view_at(L, 1)->kind->name);
}

void view_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"__index", index_view}, {"__len", count_view}, {"__newindex", refuse_change}, {NULL, NULL}};

    lua_createtable(L, 0, 3);
    luaL_setfuncs(L, methods, 0);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_name);
}

/* ---- endorsed ---- */

static const knowledge_class *class_of(const judgement *j)
{
    return j->class_index == KNOWLEDGE_NONE ? NULL : &j->verifier->knowledge.classes[j->class_index];
}

static void push_known(lua_State *L, const judgement *j, size_t at)
{
    (void)at;
    lua_pushboolean(L, class_of(j) != NULL);
}

static void push_vendor(lua_State *L, const judgement *j, size_t at)
{
    const knowledge_class *class = class_of(j);

    (void)at;
    value_text(L, class == NULL ? TPS_SPAN_EMPTY : class->vendor);
}

static void push_model(lua_State *L, const judgement *j, size_t at)
{
    const knowledge_class *class = class_of(j);

    (void)at;
    value_text(L, class == NULL ? TPS_SPAN_EMPTY : class->model);
}

static void push_device(lua_State *L, const judgement *j, size_t at)
{
    (void)at;
    lua_pushboolean(L, j->signer->device != KNOWLEDGE_NONE);
}

static void push_purpose(lua_State *L, const judgement *j, size_t at)
{
    (void)at;
    value_text(L, tps_span_of_text(j->appraisal->purpose));
}

/* The name of the endorsed value "opentps.certification" (spec/endorsements.md). */
static void push_certification(lua_State *L, const judgement *j, size_t at)
{
    (void)at;
    for (size_t i = 0; i < j->accepted->count; i++) {
        const accepted_claim *claim = &j->accepted->claims[i];
        if (claim->origin == ACCEPTED_ENDORSED && claim->measurement.key.kind == TPS_CORIM_TEXT &&
            tps_span_is_text(claim->measurement.key.bytes, "opentps.certification")) {
            value_text(L, claim->measurement.name);
            return;
        }
    }
    lua_pushnil(L);
}

static const view_member endorsed_members[] = {
    {"known", push_known},     {"vendor", push_vendor},
    {"model", push_model},     {"device", push_device},
    {"purpose", push_purpose}, {"certification", push_certification},
    {"values", view_values},   {NULL, NULL},
};

const view_kind view_endorsed = {.name = "endorsed", .members = endorsed_members};

/* ---- result ---- */

#define PUSH_CLAIM(name, claim)                                   \
    static void name(lua_State *L, const judgement *j, size_t at) \
    {                                                             \
        (void)at;                                                 \
        lua_pushinteger(L, j->appraisal->vector[claim]);          \
    }

PUSH_CLAIM(push_instance_identity, TPS_EAR_INSTANCE_IDENTITY)
PUSH_CLAIM(push_configuration, TPS_EAR_CONFIGURATION)
PUSH_CLAIM(push_executables, TPS_EAR_EXECUTABLES)
PUSH_CLAIM(push_file_system, TPS_EAR_FILE_SYSTEM)
PUSH_CLAIM(push_hardware, TPS_EAR_HARDWARE)
PUSH_CLAIM(push_runtime_opaque, TPS_EAR_RUNTIME_OPAQUE)
PUSH_CLAIM(push_storage_opaque, TPS_EAR_STORAGE_OPAQUE)
PUSH_CLAIM(push_sourced_data, TPS_EAR_SOURCED_DATA)

static void push_status(lua_State *L, const judgement *j, size_t at)
{
    uint8_t tier = tps_ear_tier_of_vector(j->appraisal->vector);

    (void)at;
    if (j->appraisal->finding_count > 0 && tier < TPS_EAR_TIER_WARNING) {
        tier = TPS_EAR_TIER_WARNING;
    }
    value_literal(L, tps_ear_tier_name(tier));
}

static void push_finding_name(lua_State *L, const judgement *j, size_t at)
{
    value_literal(L, j->appraisal->findings[at].name);
}

static void push_finding_claim(lua_State *L, const judgement *j, size_t at)
{
    value_literal(L, tps_ear_claim_name(j->appraisal->findings[at].claim));
}

static void push_finding_value(lua_State *L, const judgement *j, size_t at)
{
    lua_pushinteger(L, j->appraisal->findings[at].value);
}

static void push_finding_cause(lua_State *L, const judgement *j, size_t at)
{
    value_literal(L, j->appraisal->findings[at].cause);
}

static const view_member finding_members[] = {
    {"name", push_finding_name},
    {"claim", push_finding_claim},
    {"value", push_finding_value},
    {"cause", push_finding_cause},
    {NULL, NULL},
};

static const view_kind view_finding = {.name = "a finding", .members = finding_members};

static size_t count_findings(const judgement *j)
{
    return j->appraisal->finding_count;
}

static const view_kind view_findings = {
    .name = "result.findings", .count = count_findings, .element = &view_finding, .key = "name"};

static void push_findings(lua_State *L, const judgement *j, size_t at)
{
    (void)j;
    view_push(L, &view_findings, at);
}

static const view_member result_members[] = {
    {"status", push_status},
    {"instance_identity", push_instance_identity},
    {"configuration", push_configuration},
    {"executables", push_executables},
    {"file_system", push_file_system},
    {"hardware", push_hardware},
    {"runtime_opaque", push_runtime_opaque},
    {"storage_opaque", push_storage_opaque},
    {"sourced_data", push_sourced_data},
    {"findings", push_findings},
    {NULL, NULL},
};

const view_kind view_result = {.name = "result", .members = result_members};

/* ---- history ---- */

static const tps_device_history *history_of(const judgement *j)
{
    const tps_device_history *history = j->request->history;

    return history != NULL && history->is_known ? history : NULL;
}

static void push_has_history(lua_State *L, const judgement *j, size_t at)
{
    (void)at;
    lua_pushboolean(L, history_of(j) != NULL);
}

/* A member of the history, or nil. */
#define PUSH_HISTORY(name, condition, value)                      \
    static void name(lua_State *L, const judgement *j, size_t at) \
    {                                                             \
        const tps_device_history *history = history_of(j);        \
                                                                  \
        (void)at;                                                 \
        if (history != NULL && (condition)) {                     \
            value;                                                \
        } else {                                                  \
            lua_pushnil(L);                                       \
        }                                                         \
    }

PUSH_HISTORY(push_times, true, value_uint(L, history->count))
PUSH_HISTORY(push_first_seen, true, lua_pushinteger(L, history->first_seen))
PUSH_HISTORY(push_last_seen, true, lua_pushinteger(L, history->last_seen))
PUSH_HISTORY(push_last_status, true, value_literal(L, tps_ear_tier_name(history->last_tier)))
PUSH_HISTORY(push_last_bootcount, history->has_bootcount, value_uint(L, history->bootcount))
PUSH_HISTORY(push_last_counter, history->has_security_counter, value_uint(L, history->security_counter))

static const view_member history_members[] = {
    {"known", push_has_history},
    {"count", push_times},
    {"first_seen", push_first_seen},
    {"last_seen", push_last_seen},
    {"last_status", push_last_status},
    {"bootcount", push_last_bootcount},
    {"security_counter", push_last_counter},
    {NULL, NULL},
};

const view_kind view_history = {.name = "history", .members = history_members};

/* ---- request ---- */

static void push_now(lua_State *L, const judgement *j, size_t at)
{
    (void)at;
    lua_pushinteger(L, j->request->now);
}

static void push_service(lua_State *L, const judgement *j, size_t at)
{
    (void)at;
    value_text(L, j->request->service);
}

static void push_request_aud(lua_State *L, const judgement *j, size_t at)
{
    (void)at;
    value_text(L, j->request->aud);
}

static void push_fresh(lua_State *L, const judgement *j, size_t at)
{
    (void)at;
    lua_pushboolean(L, j->appraisal->is_fresh);
}

static void push_freshness(lua_State *L, const judgement *j, size_t at)
{
    (void)at;
    switch (j->appraisal->freshness) {
    case TPS_FRESHNESS_NONCE: value_literal(L, "nonce"); return;
    case TPS_FRESHNESS_TIME: value_literal(L, "time"); return;
    case TPS_FRESHNESS_EPOCH: value_literal(L, "epoch"); return;
    default: lua_pushnil(L); return;
    }
}

static void push_client_nonce(lua_State *L, const judgement *j, size_t at)
{
    (void)at;
    lua_pushboolean(L, j->appraisal->is_nonce_of_relying_party);
}

static void push_bound(lua_State *L, const judgement *j, size_t at)
{
    (void)at;
    value_literal(L, j->appraisal->bound == TPS_BOUND_CHANNEL ? "channel"
                     : j->appraisal->bound == TPS_BOUND_KEY   ? "key"
                                                              : "none");
}

static const view_member request_members[] = {
    {"now", push_now},
    {"service", push_service},
    {"aud", push_request_aud},
    {"fresh", push_fresh},
    {"bound", push_bound},
    {"freshness", push_freshness},
    {"nonce_of_relying_party", push_client_nonce},
    {NULL, NULL},
};

const view_kind view_request = {.name = "request", .members = request_members};

/* ---- signer ---- */

static void push_signer_kind(lua_State *L, const judgement *j, size_t at)
{
    (void)at;
    value_literal(L, j->signer->is_mac                     ? "shared key"
                     : j->signer->device != KNOWLEDGE_NONE ? "endorsed key"
                     : j->signer->is_certified             ? "certificate"
                                                           : "added key");
}

static void push_signer_key(lua_State *L, const judgement *j, size_t at)
{
    (void)at;
    value_hex(L, j->signer->is_mac ? TPS_SPAN_EMPTY : TPS_SPAN_OF(j->signer->digest));
}

static void push_demonstration(lua_State *L, const judgement *j, size_t at)
{
    (void)at;
    lua_pushboolean(L, j->signer->is_demonstration);
}

static const view_member signer_members[] = {{"kind", push_signer_kind},
                                             {"key", push_signer_key},
                                             {"demonstration", push_demonstration},
                                             {NULL, NULL}};

const view_kind view_signer = {.name = "signer", .members = signer_members};
