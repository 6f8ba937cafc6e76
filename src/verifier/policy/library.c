/* SPDX-License-Identifier: Apache-2.0 */
/* The names that policies know, and the helpers among them. */
#include "verifier/policy/library.h"

#include <stdio.h>

#include <lauxlib.h>

#include "verifier/policy/acts.h"
#include "verifier/policy/library_text.h"
#include "verifier/policy/script.h"

enum { KEYS_MAX = 256 };

/* ---- walking ---- */

/* The next element of a table or a list, up to the first that is nil. */
static int next_element(lua_State *L)
{
    lua_Integer i = lua_tointeger(L, 2) + 1;

    lua_pushinteger(L, i);
    return lua_geti(L, 1, i) == LUA_TNIL ? 1 : 2;
}

static int next_of_list(lua_State *L)
{
    lua_Integer i = lua_tointeger(L, 2) + 1;
    size_t count;

    if (!view_count(L, 1, &count) || (size_t)i > count) {
        return 0;
    }
    lua_pushinteger(L, i);
    (void)lua_geti(L, 1, i);
    return 2;
}

/* ipairs(list): number and element, in order. */
static int lib_ipairs(lua_State *L)
{
    size_t count;
    bool is_list = view_count(L, 1, &count);

    if (!is_list && lua_type(L, 1) != LUA_TTABLE) {
        return luaL_error(L, "ipairs() needs a list");
    }
    lua_settop(L, 1);
    lua_pushcfunction(L, is_list ? next_of_list : next_element);
    lua_insert(L, 1);
    lua_pushinteger(L, 0);
    return 3;
}

/* Numbers before texts, each in their order: the same on every machine. */
static bool is_before(lua_State *L, int a, int b)
{
    bool is_text = lua_type(L, a) == LUA_TSTRING;
    bool is_other_text = lua_type(L, b) == LUA_TSTRING;

    if (is_text && is_other_text) {
        return strcmp(lua_tostring(L, a), lua_tostring(L, b)) < 0;
    }
    return is_text == is_other_text ? lua_compare(L, a, b, LUA_OPLT) != 0 : is_other_text;
}

/* Puts the key on top of the stack into the sorted table at `keys`, which has `count`. */
static void insert_key(lua_State *L, int keys, lua_Integer count)
{
    lua_Integer at = count;

    while (at > 0) {
        lua_rawgeti(L, keys, at);
        if (!is_before(L, -2, -1)) {
            lua_pop(L, 1);
            break;
        }
        lua_rawseti(L, keys, at + 1);
        at--;
    }
    script_work(L, (size_t)(count - at) / 4);
    lua_rawseti(L, keys, at + 1);
}

/* (upvalues: the table, its sorted keys, how many were given) */
static int next_pair(lua_State *L)
{
    lua_Integer at = lua_tointeger(L, lua_upvalueindex(3)) + 1;

    lua_pushinteger(L, at);
    lua_replace(L, lua_upvalueindex(3));
    if (lua_rawgeti(L, lua_upvalueindex(2), at) == LUA_TNIL) {
        return 1;
    }
    lua_pushvalue(L, -1);
    lua_rawget(L, lua_upvalueindex(1));
    return 2;
}

/* pairs(table): key and value, sorted by key. */
static int lib_pairs(lua_State *L)
{
    lua_Integer count = 0;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, 1) != 0) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING && lua_type(L, -1) != LUA_TNUMBER) {
            return luaL_error(L, "pairs() needs keys that are numbers or texts");
        }
        if (count == KEYS_MAX) {
            return luaL_error(L, "pairs() takes a table of at most %d keys", KEYS_MAX);
        }
        lua_pushvalue(L, -1);
        insert_key(L, 2, count++);
    }
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_pair, 3);
    return 1;
}

/* ---- values ---- */

static int lib_type(lua_State *L)
{
    int type = lua_type(L, 1);

    luaL_argcheck(L, type != LUA_TNONE, 1, "a value is missing");
    lua_pushstring(L, type == LUA_TUSERDATA ? "table" : lua_typename(L, type));
    return 1;
}

/* Tables and functions have no text: it would be their place in memory. */
static int lib_tostring(lua_State *L)
{
    switch (lua_type(L, 1)) {
    case LUA_TNIL: lua_pushliteral(L, "nil"); return 1;
    case LUA_TBOOLEAN: lua_pushstring(L, lua_toboolean(L, 1) != 0 ? "true" : "false"); return 1;
    case LUA_TNUMBER:
    case LUA_TSTRING:
        lua_settop(L, 1);
        (void)lua_tostring(L, 1);
        return 1;
    default: return luaL_error(L, "tostring() takes a number, a text, true, false or nil");
    }
}

/* nil for what is no number. */
static int lib_tonumber(lua_State *L)
{
    size_t size;
    const char *text;

    if (lua_type(L, 1) == LUA_TNUMBER) {
        lua_settop(L, 1);
        return 1;
    }
    text = luaL_checklstring(L, 1, &size);
    if (size > 64 || lua_stringtonumber(L, text) != size + 1) {
        lua_pushnil(L);
    }
    return 1;
}

static int pick(lua_State *L, bool is_least)
{
    int count = lua_gettop(L);
    int best = 1;

    for (int i = 1; i <= count; i++) {
        (void)luaL_checknumber(L, i);
        if (lua_compare(L, is_least ? i : best, is_least ? best : i, LUA_OPLT) != 0) {
            best = i;
        }
    }
    luaL_argcheck(L, count > 0, 1, "a number is missing");
    lua_pushvalue(L, best);
    return 1;
}

static int lib_min(lua_State *L)
{
    return pick(L, true);
}

static int lib_max(lua_State *L)
{
    return pick(L, false);
}

/* ---- the names ---- */

const library_name library_names[] = {
    {"evidence", NULL, &view_evidence},
    {"endorsed", NULL, &view_endorsed},
    {"result", NULL, &view_result},
    {"history", NULL, &view_history},
    {"request", NULL, &view_request},
    {"signer", NULL, &view_signer},
    {"policy", act_policy, NULL},
    {"default", act_default, NULL},
    {"set", act_set, NULL},
    {"refuse", act_refuse, NULL},
    {"warn", act_warn, NULL},
    {"finding", act_finding, NULL},
    {"found", act_found, NULL},
    {"withdraw", act_withdraw, NULL},
    {"claim", act_claim, NULL},
    {"at_least", text_at_least, NULL},
    {"hex", text_hex, NULL},
    {"ipairs", lib_ipairs, NULL},
    {"max", lib_max, NULL},
    {"min", lib_min, NULL},
    {"pairs", lib_pairs, NULL},
    {"tonumber", lib_tonumber, NULL},
    {"tostring", lib_tostring, NULL},
    {"type", lib_type, NULL},
    {NULL, NULL, NULL},
};

/* How many letters differ between two names of at most LIBRARY_NAME_MAX: left out, put in, or another. */
static size_t distance(const char *a, const char *b)
{
    size_t row[LIBRARY_NAME_MAX + 1];
    size_t length = strlen(b);

    for (size_t i = 0; i <= length; i++) {
        row[i] = i;
    }
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t k = 1; k <= length; k++) {
            size_t other = diagonal + (a[i - 1] != b[k - 1]);
            diagonal = row[k];
            other = row[k] + 1 < other ? row[k] + 1 : other;
            row[k] = row[k - 1] + 1 < other ? row[k - 1] + 1 : other;
        }
    }
    return row[length];
}

/* Takes `candidate` for `best` when it is nearer to `name`. */
void library_take_nearer(const char *name, const char *candidate, size_t *least, const char **best)
{
    size_t length = strlen(name);
    size_t found;

    if (length > LIBRARY_NAME_MAX) {
        return;
    }
    found = distance(name, candidate);
    if (found < *least && found * 3 <= length) {
        *least = found;
        *best = candidate;
    }
}

const char *library_nearest(const char *name)
{
    size_t least = SIZE_MAX;
    const char *best = NULL;

    for (const library_name *known = library_names; known->name != NULL; known++) {
        library_take_nearer(name, known->name, &least, &best);
    }
    return best;
}

static int refuse_name(lua_State *L)
{
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
    const char *nearest = library_nearest(name);

    return nearest == NULL ? luaL_error(L, "there is no \"%s\" here", name)
                           : luaL_error(L, "there is no \"%s\" here; do you mean \"%s\"?", name, nearest);
}

static int refuse_assignment(lua_State *L)
{
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";

    return luaL_error(L, "write \"local %s = ...\": nothing is kept beyond one device", name);
}

/* The environment is an empty table, so that each assignment is seen; names are found in a second one. */
void library_open(lua_State *L)
{
    view_open(L);
    text_open(L);
    lua_createtable(L, 0, 0);
    lua_createtable(L, 0, 2);
    lua_createtable(L, 0, (int)(sizeof library_names / sizeof library_names[0]));
    for (const library_name *known = library_names; known->name != NULL; known++) {
        if (known->function != NULL) {
            lua_pushcfunction(L, known->function);
        } else {
            view_push(L, known->kind, 0);
        }
        lua_setfield(L, -2, known->name);
    }
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, refuse_name);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, refuse_assignment);
    lua_setfield(L, -2, "__newindex");
    lua_setmetatable(L, -2);
}
