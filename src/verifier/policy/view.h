/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a policy sees: objects and lists over the judgement, made when they are asked for, which nobody can
 * change. An object's members are values or further objects; a name that it does not have is an error, one
 * that is absent in this evidence is nil.
 */
#ifndef TPS_VERIFIER_POLICY_VIEW_H
#define TPS_VERIFIER_POLICY_VIEW_H

#include <lua.h>

#include "verifier/judgement.h"

typedef struct view_kind view_kind;

typedef struct {
    const char *name;
    void (*push)(lua_State *L, const judgement *j, size_t at);
} view_member;

/** An object has members; a list has elements, which are objects numbered from 1 (`at` is from 0). */
struct view_kind {
    const char *name;           /**< for messages: "evidence" */
    const view_member *members; /**< up to one with `name` NULL; NULL: a list */
    size_t (*count)(const judgement *j);
    const view_kind *element;
    const char *key; /**< of a list: the member by which elements are found, too */
};

extern const view_kind view_evidence;
extern const view_kind view_endorsed;
extern const view_kind view_result;
extern const view_kind view_history;
extern const view_kind view_request;
extern const view_kind view_signer;

/** Makes the metatable of views; once, before any is pushed. */
void view_open(lua_State *L);

/** An object or a list; `at` is the number of an element in its list, from 0. */
void view_push(lua_State *L, const view_kind *kind, size_t at);

/** How many elements the value at `index` has when it is a list of the views; false when it is none. */
bool view_count(lua_State *L, int index, size_t *count);

/** The member of an object (`kind` is none of a list), or NULL. */
const view_member *view_find(const view_kind *kind, const char *name);

/** Members of other objects that are lists of claims in the general form: evidence.measurements, and
 * endorsed.values. */
void view_measurements(lua_State *L, const judgement *j, size_t at);
void view_values(lua_State *L, const judgement *j, size_t at);

/* ---- values ---- */

/** Text, or nil when it is empty. Raises an error when it is too long. */
void value_text(lua_State *L, tps_span text);
/** In lower-case hexadecimal digits, or nil when it is empty. */
void value_hex(lua_State *L, tps_span bytes);
/** A number; beyond 2^63 - 1 the nearest float. */
void value_uint(lua_State *L, uint64_t number);
/** Text that is never too long. */
void value_literal(lua_State *L, const char *text);
/** One encoded CBOR item as a value of Lua: bytes in hexadecimal digits, arrays and maps as tables, tags left
 * out. */
void value_cbor(lua_State *L, tps_span encoded);

#endif
