/* SPDX-License-Identifier: Apache-2.0 */
/* Values for scripts, made of what evidence says. */
#include <lauxlib.h>

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
    static const char digits[] = "0123456789abcdef";
    char text[2 * HEX_MAX];

    if (bytes.size == 0) {
        lua_pushnil(L);
        return;
    }
    if (bytes.size > HEX_MAX) {
        luaL_error(L, "the evidence has a byte string of more than %d bytes", HEX_MAX);
    }
    script_work(L, bytes.size / BYTES_A_STEP);
    for (size_t i = 0; i < bytes.size; i++) {
        text[2 * i] = digits[bytes.data[i] >> 4];
        text[2 * i + 1] = digits[bytes.data[i] & 15];
    }
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

static void push_item(lua_State *L, tps_cbor_reader *r, uint32_t depth);

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

static void push_array(lua_State *L, tps_cbor_reader *r, uint32_t depth)
{
    tps_cbor_list list = tps_cbor_enter_array(r);

    lua_newtable(L);
    for (lua_Integer i = 1; tps_cbor_next(r, &list); i++) {
        push_item(L, r, depth);
        lua_rawseti(L, -2, i);
    }
}

/* Keys are numbers and texts; entries under others are left out, and so is what a table cannot hold: nil. */
static void push_map(lua_State *L, tps_cbor_reader *r, uint32_t depth)
{
    tps_cbor_list list = tps_cbor_enter_map(r);

    lua_newtable(L);
    while (tps_cbor_next(r, &list)) {
        push_item(L, r, depth);
        push_item(L, r, depth);
        if (lua_isinteger(L, -2) || lua_type(L, -2) == LUA_TSTRING) {
            lua_rawset(L, -3);
        } else {
            lua_pop(L, 2);
        }
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

static void push_item(lua_State *L, tps_cbor_reader *r, uint32_t depth)
{
    if (depth == DEPTH_MAX) {
        luaL_error(L, "the evidence has a claim of more than %d levels", DEPTH_MAX);
    }
    script_work(L, 1);
    luaL_checkstack(L, 6, NULL);
    switch (tps_cbor_peek(r)) {
    case TPS_CBOR_UINT: value_uint(L, tps_cbor_get_uint(r)); return;
    case TPS_CBOR_NINT: push_negative(L, r); return;
    case TPS_CBOR_BYTES: value_hex(L, tps_cbor_get_bytes(r)); return;
    case TPS_CBOR_TEXT: value_text(L, tps_cbor_get_text(r)); return;
    case TPS_CBOR_ARRAY: push_array(L, r, depth + 1); return;
    case TPS_CBOR_MAP: push_map(L, r, depth + 1); return;
    case TPS_CBOR_TAG:
        (void)tps_cbor_get_tag(r);
        push_item(L, r, depth + 1);
        return;
    case TPS_CBOR_FLOAT: lua_pushnumber(L, tps_cbor_get_double(r)); return;
    case TPS_CBOR_SIMPLE: push_simple(L, r); return;
    default: luaL_error(L, "the evidence has a claim that cannot be read"); return;
    }
}

void value_cbor(lua_State *L, tps_span encoded)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);

    push_item(L, &r, 0);
    if (r.status != TPS_OK) {
        luaL_error(L, "the evidence has a claim that cannot be read");
    }
}
