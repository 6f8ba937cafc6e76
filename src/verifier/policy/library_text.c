/* SPDX-License-Identifier: Apache-2.0 */
/* Functions over texts. Patterns are left out: to match one can take time without a bound that is of use. */
#include "verifier/policy/library_text.h"

#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "verifier/policy/script.h"

enum { BYTES_A_STEP = 64 };

/* The text at `index`; reading it is counted. */
static tps_span text_at(lua_State *L, int index)
{
    size_t size;
    const char *text;

    luaL_checktype(L, index, LUA_TSTRING);
    text = lua_tolstring(L, index, &size);
    script_work(L, size / BYTES_A_STEP);
    return tps_span_make(text, size);
}

/* ---- versions ---- */

static bool is_digit(tps_span text, size_t at)
{
    return at < text.size && text.data[at] >= '0' && text.data[at] <= '9';
}

/* The number at `*at`, without zeros in front, and moves behind it. False when there is none. */
static bool read_number(tps_span text, size_t *at, tps_span *number)
{
    size_t from;

    if (!is_digit(text, *at)) {
        return false;
    }
    while (is_digit(text, *at + 1) && text.data[*at] == '0') {
        (*at)++;
    }
    from = *at;
    while (is_digit(text, *at)) {
        (*at)++;
    }
    *number = tps_span_make(text.data + from, *at - from);
    return true;
}

static int compare(tps_span a, tps_span b)
{
    size_t least = a.size < b.size ? a.size : b.size;
    int found = least == 0 ? 0 : memcmp(a.data, b.data, least);

    return found != 0 ? found : (a.size > b.size) - (a.size < b.size);
}

static int compare_numbers(tps_span a, tps_span b)
{
    return a.size != b.size ? (a.size > b.size) - (a.size < b.size) : compare(a, b);
}

/* Dotted numbers in front, read from `*at`: the next one, 0 behind the last. False when a dot has no number.
 */
static bool next_number(tps_span text, size_t *at, bool is_first, tps_span *number)
{
    static const uint8_t zero = '0';

    *number = tps_span_make(&zero, 1);
    if (!is_first) {
        if (*at == text.size || text.data[*at] != '.') {
            return true;
        }
        (*at)++;
    }
    return read_number(text, at, number);
}

/* What follows the numbers: nothing, or what makes it an earlier one ("-rc1"), up to "+", which is no part of
 * the order (semver.org, 2.0.0, 10 and 11). */
static tps_span suffix_of(tps_span text, size_t at)
{
    const uint8_t *plus = at == text.size ? NULL : memchr(text.data + at, '+', text.size - at);

    return at == text.size ? TPS_SPAN_EMPTY
                           : tps_span_make(text.data + at,
                                           plus == NULL ? text.size - at : (size_t)(plus - text.data) - at);
}

static bool is_at_least(tps_span version, tps_span minimum)
{
    size_t at = version.size > 0 && version.data[0] == 'v';
    size_t at_minimum = minimum.size > 0 && minimum.data[0] == 'v';
    tps_span a;
    tps_span b;
    bool is_first = true;
    int found = 0;

    do {
        if (!next_number(version, &at, is_first, &a) || !next_number(minimum, &at_minimum, is_first, &b)) {
            return false;
        }
        found = found != 0 ? found : compare_numbers(a, b);
        is_first = false;
    } while ((at < version.size && version.data[at] == '.') ||
             (at_minimum < minimum.size && minimum.data[at_minimum] == '.'));
    if (found != 0) {
        return found > 0;
    }
    a = suffix_of(version, at);
    b = suffix_of(minimum, at_minimum);
    return a.size == 0 || (b.size != 0 && compare(a, b) >= 0);
}

/* False when one of them is nil, or no version that begins with a number. */
int text_at_least(lua_State *L)
{
    bool is_there = lua_type(L, 1) != LUA_TNIL && lua_type(L, 2) != LUA_TNIL;

    lua_pushboolean(L, is_there && is_at_least(text_at(L, 1), text_at(L, 2)));
    return 1;
}

/* 12288 is "0x3000": four digits at least. */
int text_hex(lua_State *L)
{
    char text[24];

    snprintf(text, sizeof text, "0x%04llx", (unsigned long long)luaL_checkinteger(L, 1));
    lua_pushstring(L, text);
    return 1;
}

/* ---- methods ---- */

static int starts(lua_State *L)
{
    tps_span text = text_at(L, 1);
    tps_span part = text_at(L, 2);

    lua_pushboolean(L, part.size <= text.size && memcmp(text.data, part.data, part.size) == 0);
    return 1;
}

static int ends(lua_State *L)
{
    tps_span text = text_at(L, 1);
    tps_span part = text_at(L, 2);

    lua_pushboolean(L, part.size <= text.size &&
                           memcmp(text.data + text.size - part.size, part.data, part.size) == 0);
    return 1;
}

static int contains(lua_State *L)
{
    tps_span text = text_at(L, 1);
    tps_span part = text_at(L, 2);

    lua_pushboolean(L, memmem(text.data, text.size, part.data, part.size) != NULL);
    return 1;
}

static int change_case(lua_State *L, uint8_t from)
{
    char room[TPS_POLICY_STRING_MAX];
    tps_span text = text_at(L, 1);

    luaL_argcheck(L, text.size <= sizeof room, 1, "the text is too long");
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        room[i] = (char)(c >= from && c < from + 26 ? c ^ 0x20 : c);
    }
    lua_pushlstring(L, room, text.size);
    return 1;
}

static int lower(lua_State *L)
{
    return change_case(L, 'A');
}

static int upper(lua_State *L)
{
    return change_case(L, 'a');
}

/* text:sub(from, to), as in Lua: counted from 1, and from the end below 0. */
static int sub(lua_State *L)
{
    tps_span text = text_at(L, 1);
    lua_Integer size = (lua_Integer)text.size;
    lua_Integer from = luaL_checkinteger(L, 2);
    lua_Integer to = luaL_optinteger(L, 3, -1);

    from = from < -size ? 1 : from < 0 ? size + from + 1 : from == 0 ? 1 : from;
    to = to > size ? size : to < -size ? 0 : to < 0 ? size + to + 1 : to;
    if (from > to) {
        lua_pushliteral(L, "");
    } else {
        lua_pushlstring(L, (const char *)text.data + from - 1, (size_t)(to - from + 1));
    }
    return 1;
}

static int refuse_method(lua_State *L)
{
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";

    return luaL_error(L, "a text has no \"%s\": there are starts, ends, contains, lower, upper and sub",
                      name);
}

void text_open(lua_State *L)
{
    static const luaL_Reg methods[] = {{"starts", starts}, {"ends", ends},   {"contains", contains},
                                       {"lower", lower},   {"upper", upper}, {"sub", sub},
                                       {NULL, NULL}};

    lua_pushliteral(L, "");
    lua_createtable(L, 0, 1);
    lua_createtable(L, 0, 6);
    luaL_setfuncs(L, methods, 0);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, refuse_method);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}
