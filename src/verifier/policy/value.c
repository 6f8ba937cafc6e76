/* SPDX-License-Identifier: Apache-2.0 */
/* Values for scripts, made of what evidence says. */
#include <lauxlib.h>

#include "format/text/hex.h"
#include "tps/cbor.h"
#include "verifier/policy/script.h"
#include "verifier/policy/view.h"

/* Bytes that are written for one step. */
enum { BYTES_A_STEP = 64, DEPTH_MAX = 8, HEX_MAX = 2048 };

void value_literal(lua_State *L, const char *text)
{
    lua_pushstring(L, text);
}

void value_text(lua_State *L, tps_span text)
{
    if (text.size == 0) {
        lua_pushnil(L);
        return;
    }
    if (text.size > TPS_POLICY_STRING_MAX) {
        luaL_error(L, "the evidence has a text of more than %d bytes", (int)TPS_POLICY_STRING_MAX);
    }
    script_work(L, text.size / BYTES_A_STEP);
    lua_pushlstring(L, (const char *)text.data, text.size);
}

void value_hex(lua_State *L, tps_span bytes)
{
    char text[2 * HEX_MAX];

    if (bytes.size == 0) {
        lua_pushnil(L);
        return;
    }
    if (bytes.size > HEX_MAX) {
        luaL_error(L, "the evidence has a byte string of more than %d bytes", HEX_MAX);
    }
    script_work(L, bytes.size / BYTES_A_STEP);
    (void)hex_write(bytes, text);
    lua_pushlstring(L, text, 2 * bytes.size);
}

void value_uint(lua_State *L, uint64_t number)
{
    if (number > INT64_MAX) {
        lua_pushnumber(L, (lua_Number)number);
    } else {
        lua_pushinteger(L, (lua_Integer)number);
    }
}

/* ---- CBOR ---- */

/* Integers keep their value as long as they fit; what lies beyond is the nearest float. */
static void push_negative(lua_State *L, tps_cbor_reader *r)
{
    tps_cbor_item item = {0};

    if (tps_cbor_read(r, &item) && item.value > INT64_MAX) {
        lua_pushnumber(L, -1.0 - (lua_Number)item.value);
    } else {
        lua_pushinteger(L, -1 - (lua_Integer)item.value);
    }
}

static void push_simple(lua_State *L, tps_cbor_reader *r)
{
    tps_cbor_item item = {0};

    (void)tps_cbor_read(r, &item);
    if (item.value == 20 || item.value == 21) { /* false, true (RFC 8949, 3.3) */
        lua_pushboolean(L, item.value == 21);
    } else {
        lua_pushnil(L);
    }
}

static void push_scalar(lua_State *L, tps_cbor_reader *r)
{
    switch (tps_cbor_peek(r)) {
    case TPS_CBOR_UINT: value_uint(L, tps_cbor_get_uint(r)); return;
    case TPS_CBOR_NINT: push_negative(L, r); return;
    case TPS_CBOR_BYTES: value_hex(L, tps_cbor_get_bytes(r)); return;
    case TPS_CBOR_TEXT: value_text(L, tps_cbor_get_text(r)); return;
    case TPS_CBOR_FLOAT: lua_pushnumber(L, tps_cbor_get_double(r)); return;
    case TPS_CBOR_SIMPLE: push_simple(L, r); return;
    default: luaL_error(L, "the evidence has a claim that cannot be read"); return;
    }
}

/* An array or a map that is being read; its table lies on Lua's stack, a map's key above it. */
typedef struct {
    tps_cbor_list list;
    bool is_map;
    bool has_key;
    lua_Integer count; /**< elements of an array so far */
} level;

/* Puts the value on top of the stack where it belongs. Keys are numbers and texts; entries under others are
 * left out. What is nil is in no table. */
static void put(lua_State *L, level *l)
{
    if (!l->is_map) {
        lua_rawseti(L, -2, ++l->count);
    } else if (!l->has_key) {
        l->has_key = true;
    } else {
        l->has_key = false;
        if (lua_isinteger(L, -2) || lua_type(L, -2) == LUA_TSTRING) {
            lua_rawset(L, -3);
        } else {
            lua_pop(L, 2);
        }
    }
}

/* Puts the value on top of the stack, and the arrays and maps that end with it. */
static void put_ended(lua_State *L, tps_cbor_reader *r, level *levels, size_t *depth)
{
    while (*depth > 0) {
        level *l = &levels[*depth - 1];
        put(L, l);
        if (l->has_key || tps_cbor_next(r, &l->list)) {
            return;
        }
        (*depth)--;
    }
}

/* Begins an array or a map: false when the next item is none, or it is empty and so a value by now. */
static bool begin(lua_State *L, tps_cbor_reader *r, level *levels, size_t *depth)
{
    uint32_t type = tps_cbor_peek(r);
    level *l = &levels[*depth];

    if (type != TPS_CBOR_ARRAY && type != TPS_CBOR_MAP) {
        push_scalar(L, r);
        return false;
    }
    if (*depth == DEPTH_MAX) {
        luaL_error(L, "the evidence has a claim of more than %d levels", DEPTH_MAX);
    }
    *l = (level){.is_map = type == TPS_CBOR_MAP};
    l->list = l->is_map ? tps_cbor_enter_map(r) : tps_cbor_enter_array(r);
    lua_newtable(L);
    if (!tps_cbor_next(r, &l->list)) {
        return false;
    }
    (*depth)++;
    return true;
}

void value_cbor(lua_State *L, tps_span encoded)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);
    level levels[DEPTH_MAX + 1];
    size_t depth = 0;

    luaL_checkstack(L, 3 * DEPTH_MAX, NULL);
    do {
        script_work(L, 1);
        while (tps_cbor_peek(&r) == TPS_CBOR_TAG) {
            (void)tps_cbor_get_tag(&r);
        }
        if (!begin(L, &r, levels, &depth)) {
            put_ended(L, &r, levels, &depth);
        }
    } while (depth > 0);
    if (r.status != TPS_OK) {
        luaL_error(L, "the evidence has a claim that cannot be read");
    }
}
