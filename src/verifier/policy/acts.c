/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy can do. */
#include "verifier/policy/acts.h"

#include <stdio.h>

#include <lauxlib.h>

#include "tps/ear.h"
#include "verifier/finding.h"
#include "verifier/policy/default.h"
#include "verifier/policy/script.h"

/* Writing one takes as long as so many steps. */
enum { STEPS_OF_A_FINDING = 50 };

/* ---- reading arguments ---- */

/* "storage-opaque", or "storage_opaque" as `result` has it. */
static uint32_t claim_named(lua_State *L, const char *name)
{
    for (uint32_t claim = 0; claim < TPS_EAR_CLAIMS; claim++) {
        const char *known = tps_ear_claim_name(claim);
        size_t i = 0;
        while (name[i] != '\0' && (name[i] == known[i] || (name[i] == '_' && known[i] == '-'))) {
            i++;
        }
        if (name[i] == '\0' && known[i] == '\0') {
            return claim;
        }
    }
    luaL_error(L,
               "there is no claim \"%s\": there are instance-identity, configuration, executables, "
               "file-system, hardware, runtime-opaque, storage-opaque, sourced-data",
               name);
    return 0;
}

static int8_t value_at(lua_State *L, int index)
{
    lua_Integer value = lua_tointeger(L, index);

    if (lua_isinteger(L, index) == 0 || value < INT8_MIN || value > INT8_MAX) {
        luaL_error(L, "the value of a claim is a whole number from -128 to 127");
    }
    return (int8_t)value;
}

/* Fails unless the table at index 1 has these members alone; `names` ends with NULL. */
static void check_members(lua_State *L, const char *const *names)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_pushnil(L);
    while (lua_next(L, 1) != 0) {
        bool is_known = false;
        for (size_t i = 0; names[i] != NULL && lua_type(L, 2) == LUA_TSTRING; i++) {
            is_known = is_known || strcmp(lua_tostring(L, 2), names[i]) == 0;
        }
        if (!is_known) {
            luaL_error(L, "\"%s\" is not known here",
                       lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "a number");
        }
        lua_pop(L, 1);
    }
}

/* A text of the table at index 1, left on the stack so that it stays; NULL when it is absent. */
static const char *text_member(lua_State *L, const char *name)
{
    int type = lua_getfield(L, 1, name);

    if (type == LUA_TNIL) {
        return NULL;
    }
    if (type != LUA_TSTRING && type != LUA_TNUMBER) {
        luaL_error(L, "\"%s\" must be a text", name);
    }
    return lua_tostring(L, -1);
}

static const char *needed_text(lua_State *L, const char *name)
{
    const char *text = text_member(L, name);

    if (text == NULL) {
        luaL_error(L, "\"%s\" is missing", name);
    }
    return text;
}

/* ---- findings ---- */

static bool is_name(const char *name, size_t room)
{
    size_t size = strlen(name);

    return size > 0 && size < room &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == size;
}

/* Nothing of `text` that has no room is looked at; NULL is no text. */
static void take_text(char to[TPS_FINDING_TEXT_MAX], const char *text)
{
    finding_text(to, "%.*s", (int)TPS_FINDING_TEXT_MAX, text == NULL ? "" : text);
}

/* The tier that each of the three functions adds; 0 leaves it to the value. */
static int add_finding(lua_State *L, int8_t usual, uint8_t tier)
{
    static const char *const members[] = {"claim",    "value", "name",      "cause",
                                          "evidence", "known", "next_step", NULL};
    judgement *j = script_judgement(L);
    tps_finding *finding;
    uint32_t claim;
    int8_t value = usual;
    const char *name;
    char usual_name[48];

    script_work(L, STEPS_OF_A_FINDING);
    check_members(L, members);
    claim = claim_named(L, needed_text(L, "claim"));
    if (lua_getfield(L, 1, "value") != LUA_TNIL || tier == 0) {
        value = value_at(L, -1);
    }
    if (tier != 0 && tps_ear_tier_of(value) != tier) {
        return luaL_error(L, "the value %d is not of the tier \"%s\"", (int)value, tps_ear_tier_name(tier));
    }
    name = text_member(L, "name");
    snprintf(usual_name, sizeof usual_name, "%s.policy", tps_ear_claim_name(claim));
    if (name != NULL && !is_name(name, sizeof finding->name)) {
        return luaL_error(L, "the name of a finding has at most %d letters, digits, dots, \"-\" and \"_\"",
                          (int)sizeof finding->name - 1);
    }
    finding = finding_add(j->appraisal, claim, value, name == NULL ? usual_name : name);
    take_text(finding->cause, needed_text(L, "cause"));
    take_text(finding->evidence, text_member(L, "evidence"));
    take_text(finding->known, text_member(L, "known"));
    take_text(finding->next_step, needed_text(L, "next_step"));
    return 0;
}

int act_refuse(lua_State *L)
{
    return add_finding(L, TPS_EAR_EXEC_CONTRAINDICATED, TPS_EAR_TIER_CONTRAINDICATED);
}

int act_warn(lua_State *L)
{
    return add_finding(L, TPS_EAR_EXEC_UNSAFE, TPS_EAR_TIER_WARNING);
}

int act_finding(lua_State *L)
{
    return add_finding(L, 0, 0);
}

int act_found(lua_State *L)
{
    const tps_appraisal *appraisal = script_judgement(L)->appraisal;
    const char *name = luaL_checkstring(L, 1);
    bool is_found = false;

    for (size_t i = 0; i < appraisal->finding_count; i++) {
        is_found = is_found || strcmp(appraisal->findings[i].name, name) == 0;
    }
    lua_pushboolean(L, is_found);
    return 1;
}

/* ---- the vector ---- */

/* As far as a tier is from affirming, "none" between affirming and warning; see finding_add(). */
static int badness(int8_t value)
{
    switch (tps_ear_tier_of(value)) {
    case TPS_EAR_TIER_AFFIRMING: return 0;
    case TPS_EAR_TIER_NONE: return 1;
    case TPS_EAR_TIER_WARNING: return 2;
    default: return 3;
    }
}

/* What nobody has set can be set; else the worse value stays, unless the policy is full. */
int act_set(lua_State *L)
{
    judgement *j = script_judgement(L);
    int8_t *claim = &j->appraisal->vector[claim_named(L, luaL_checkstring(L, 1))];
    int8_t value = value_at(L, 2);

    if (script_of(L)->is_full || *claim == TPS_EAR_NO_CLAIM || badness(value) > badness(*claim)) {
        *claim = value;
    }
    return 0;
}

static void need_full(lua_State *L, const char *name)
{
    if (!script_of(L)->is_full) {
        luaL_error(L, "%s() is for a policy with full = true: the default one has judged already", name);
    }
}

int act_default(lua_State *L)
{
    judgement *j = script_judgement(L);

    need_full(L, "default");
    policy_default(j);
    return 0;
}

/* Takes findings of this name away; claims keep their values until they are set. Tells how many there were.
 */
int act_withdraw(lua_State *L)
{
    tps_appraisal *appraisal = script_judgement(L)->appraisal;
    const char *name = luaL_checkstring(L, 1);
    size_t kept = 0;
    size_t count = appraisal->finding_count;

    need_full(L, "withdraw");
    for (size_t i = 0; i < count; i++) {
        if (strcmp(appraisal->findings[i].name, name) != 0) {
            if (kept != i) {
                appraisal->findings[kept] = appraisal->findings[i];
            }
            kept++;
        }
    }
    appraisal->finding_count = kept;
    lua_pushinteger(L, (lua_Integer)(count - kept));
    return 1;
}

/* ---- policy { ... } ---- */

static void take_id(lua_State *L, script *s)
{
    const char *name = needed_text(L, "name");
    const char *version = needed_text(L, "version");

    if (!is_name(name, 64) || !is_name(version, 32)) {
        luaL_error(L, "name and version have at most 63 and 31 letters, digits, dots, \"-\" and \"_\"");
    }
    snprintf(s->id, sizeof s->id, "%s@%s", name, version);
}

static uint32_t scheme_named(lua_State *L, const char *name)
{
    for (uint32_t scheme = TPS_SCHEME_PSA; name != NULL && scheme <= TPS_SCHEME_TPM; scheme++) {
        if (strcmp(name, tps_scheme_name(scheme)) == 0) {
            return scheme;
        }
    }
    if (name != NULL) {
        luaL_error(L, "there is no scheme \"%s\": there are PSA_IOT, OPENTPS, DICE, TPM2", name);
    }
    return TPS_SCHEME_UNKNOWN;
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* `text` in hexadecimal digits as bytes. */
static tps_span bytes_of(lua_State *L, const char *text, uint8_t room[SELECTOR_TEXT_MAX])
{
    size_t size = text == NULL ? 0 : strlen(text) / 2;

    for (size_t i = 0; i < 2 * size; i += 2) {
        int high = digit_of(text[i]);
        int low = digit_of(text[i + 1]);
        if (size > SELECTOR_TEXT_MAX || high < 0 || low < 0) {
            luaL_error(L, "\"class\" is a class id in lower-case hexadecimal digits");
        }
        room[i / 2] = (uint8_t)((unsigned)high << 4 | (unsigned)low);
    }
    if (text != NULL && (size == 0 || strlen(text) % 2 != 0)) {
        luaL_error(L, "\"class\" is a class id in lower-case hexadecimal digits");
    }
    return tps_span_make(room, size);
}

static tps_span text_of(const char *text)
{
    return text == NULL ? TPS_SPAN_EMPTY : tps_span_of_text(text);
}

static void take_selector(lua_State *L, script *s)
{
    uint8_t room[SELECTOR_TEXT_MAX];
    tps_policy_selector selector = {.scheme = scheme_named(L, text_member(L, "scheme"))};

    selector.class_id = bytes_of(L, text_member(L, "class"), room);
    selector.vendor = text_of(text_member(L, "vendor"));
    selector.model = text_of(text_member(L, "model"));
    selector.service = text_of(text_member(L, "service"));
    if (selector.model.size > 0 && selector.vendor.size == 0) {
        luaL_error(L, "a model needs its vendor");
    }
    if (!script_selector_copy(&selector, &s->selector)) {
        luaL_error(L, "vendor, model and service have at most %d bytes", (int)SELECTOR_TEXT_MAX);
    }
}

int act_policy(lua_State *L)
{
    static const char *const members[] = {"name",  "version", "full",    "class", "vendor",
                                          "model", "scheme",  "service", NULL};
    script *s = script_of(L);

    if (s->j != NULL) {
        return 0; /* what it says is known */
    }
    check_members(L, members);
    take_id(L, s);
    take_selector(L, s);
    if (lua_getfield(L, 1, "full") != LUA_TNIL && lua_type(L, -1) != LUA_TBOOLEAN) {
        return luaL_error(L, "\"full\" is true or false");
    }
    s->is_full = lua_toboolean(L, -1) != 0;
    return script_declared(L);
}
