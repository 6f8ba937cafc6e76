/* SPDX-License-Identifier: Apache-2.0 */
/* Claims in the general form (draft-ietf-rats-corim-10, 5.1.4): layers and registers of evidence, and what
 * endorsements add. */
#include <stdio.h>

#include <lauxlib.h>

#include "verifier/policy/script.h"
#include "verifier/policy/view.h"

static bool is_endorsed(const accepted_claim *claim)
{
    return claim->origin == ACCEPTED_ENDORSED;
}

static size_t count_of(const judgement *j, bool of_endorsed)
{
    size_t count = 0;

    for (size_t i = 0; i < j->accepted->count; i++) {
        count += is_endorsed(&j->accepted->claims[i]) == of_endorsed;
    }
    return count;
}

static size_t count_measurements(const judgement *j)
{
    return count_of(j, false);
}

static size_t count_values(const judgement *j)
{
    return count_of(j, true);
}

/* The claim that an element stands for: `at` was within the count when it was made, and claims are only added
 * before a policy is asked. */
static const accepted_claim *claim_at(const judgement *j, size_t at, bool of_endorsed)
{
    const accepted_claim *claim = j->accepted->claims;

    for (size_t left = at; is_endorsed(claim) != of_endorsed || left-- > 0;) {
        claim++;
    }
    return claim;
}

/* ---- parts of a measurement ---- */

static void push_value(lua_State *L, const tps_corim_value *value)
{
    switch (value->kind) {
    case TPS_CORIM_ABSENT: lua_pushnil(L); return;
    case TPS_CORIM_TEXT: value_text(L, value->bytes); return;
    case TPS_CORIM_UINT: value_uint(L, value->number); return;
    default: value_hex(L, value->bytes); return;
    }
}

static void push_digests(lua_State *L, const tps_corim_digests *digests)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*digests);
    tps_corim_digest digest;

    lua_newtable(L);
    for (lua_Integer i = 1; tps_corim_next_digest(&cursor, &digest); i++) {
        value_hex(L, digest.value);
        lua_rawseti(L, -2, i);
    }
}

static void push_flags(lua_State *L, const tps_corim_measurement *m)
{
    lua_newtable(L);
    for (uint32_t i = 0; i < TPS_CORIM_FLAG_COUNT; i++) {
        if ((m->flags_present >> i & 1u) != 0) {
            lua_pushboolean(L, (m->flags >> i & 1u) != 0);
            lua_setfield(L, -2, tps_corim_flag_name(i));
        }
    }
}

/* By number or name: the digests of each. */
static void push_registers(lua_State *L, const tps_corim_measurement *m)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(m->registers);
    tps_corim_register one;

    lua_newtable(L);
    while (tps_corim_next_register(&cursor, &one)) {
        script_work(L, 1);
        if (one.id.type == TPS_CBOR_UINT) {
            value_uint(L, one.id.value);
        } else {
            lua_pushlstring(L, (const char *)one.id.bytes.data, one.id.bytes.size);
        }
        push_digests(L, &one.digests);
        lua_rawset(L, -3);
    }
}

static void push_range(lua_State *L, const tps_corim_measurement *m)
{
    if (!m->range.is_present || !m->range.is_number) {
        lua_pushnil(L);
    } else {
        lua_pushinteger(L, m->range.min);
    }
}

/* ---- members, for elements of either list ---- */

#define MEMBER(name, action)                                                 \
    static void measured_##name(lua_State *L, const judgement *j, size_t at) \
    {                                                                        \
        const accepted_claim *claim = claim_at(j, at, false);                \
                                                                             \
        action;                                                              \
    }                                                                        \
    static void endorsed_##name(lua_State *L, const judgement *j, size_t at) \
    {                                                                        \
        const accepted_claim *claim = claim_at(j, at, true);                 \
                                                                             \
        action;                                                              \
    }

#define MEMBER_IF(name, condition, action) \
    MEMBER(                                \
        name, if (condition) { action; } else { lua_pushnil(L); })

MEMBER(class, push_value(L, &claim->environment.class_id))
MEMBER(vendor, value_text(L, claim->environment.vendor))
MEMBER(model, value_text(L, claim->environment.model))
MEMBER_IF(layer, claim->environment.has_layer, value_uint(L, claim->environment.layer))
MEMBER_IF(index, claim->environment.has_index, value_uint(L, claim->environment.index))
MEMBER(key, push_value(L, &claim->measurement.key))
MEMBER(name, value_text(L, claim->measurement.name))
MEMBER(version, value_text(L, claim->measurement.version))
MEMBER_IF(svn, claim->measurement.has_svn, value_uint(L, claim->measurement.svn))
MEMBER(digests, push_digests(L, &claim->measurement.digests))
MEMBER(flags, push_flags(L, &claim->measurement))
MEMBER(raw, value_hex(L, claim->measurement.raw_value))
MEMBER(serial, value_text(L, claim->measurement.serial))
MEMBER(registers, push_registers(L, &claim->measurement))
MEMBER(number, push_range(L, &claim->measurement))
MEMBER(matched, lua_pushboolean(L, claim->is_corroborated || claim->origin != ACCEPTED_EVIDENCE))

#define MEMBERS(list)                                                                                     \
    {"class", list##_class}, {"vendor", list##_vendor}, {"model", list##_model}, {"layer", list##_layer}, \
        {"index", list##_index}, {"key", list##_key}, {"name", list##_name}, {"version", list##_version}, \
        {"svn", list##_svn}, {"digests", list##_digests}, {"flags", list##_flags}, {"raw", list##_raw},   \
        {"serial", list##_serial}, {"registers", list##_registers}, {"number", list##_number},            \
        {"matched", list##_matched},                                                                      \
    {                                                                                                     \
        NULL, NULL                                                                                        \
    }

static const view_member measured_members[] = {MEMBERS(measured)};
static const view_member endorsed_members[] = {MEMBERS(endorsed)};

static const view_kind measured = {.name = "a measurement", .members = measured_members};
static const view_kind endorsed = {.name = "an endorsed value", .members = endorsed_members};

static const view_kind measurements = {
    .name = "evidence.measurements", .count = count_measurements, .element = &measured, .key = "key"};
static const view_kind values = {
    .name = "endorsed.values", .count = count_values, .element = &endorsed, .key = "key"};

void view_measurements(lua_State *L, const judgement *j, size_t at)
{
    (void)j;
    view_push(L, &measurements, at);
}

void view_values(lua_State *L, const judgement *j, size_t at)
{
    (void)j;
    view_push(L, &values, at);
}
