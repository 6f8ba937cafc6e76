/* SPDX-License-Identifier: Apache-2.0 */
/* Compiling and running one script: see script.h. */
#include "verifier/policy/script.h"

#include <stdio.h>
#include <stdlib.h>

#include <lauxlib.h>

#include "tps/crypto.h"
#include "verifier/finding.h"
#include "verifier/policy/arena.h"
#include "verifier/policy/library.h"

/* The name of the text in Lua's messages: "policy:12: ..." */
#define CHUNK_PREFIX "policy:"

script *script_of(lua_State *L)
{
    return *(script **)lua_getextraspace(L);
}

judgement *script_judgement(lua_State *L)
{
    script *s = script_of(L);

    if (s->j == NULL) {
        luaL_error(L, "a policy begins with policy { name = \"...\", version = \"...\" }");
    }
    return s->j;
}

void script_work(lua_State *L, size_t steps)
{
    script *s = script_of(L);

    s->steps += (uint32_t)steps; /* what is worked upon is bounded, too: far from the end of 32 bits */
    if (s->steps > TPS_POLICY_STEPS_MAX) {
        luaL_error(L, "it takes more than %d steps: is there a loop without an end?",
                   (int)TPS_POLICY_STEPS_MAX);
    }
}

/* ---- limits ---- */

/* The line of the script that runs now, or 0. */
static uint32_t line_of(lua_State *L)
{
    lua_Debug at;

    for (int level = 0; lua_getstack(L, level, &at) != 0; level++) {
        (void)lua_getinfo(L, "l", &at);
        if (at.currentline > 0) {
            return (uint32_t)at.currentline;
        }
    }
    return 0;
}

static void count_steps(lua_State *L, lua_Debug *at)
{
    script *s = script_of(L);

    (void)at;
    s->steps += SCRIPT_STEPS_AT_ONCE;
    if (s->steps > TPS_POLICY_STEPS_MAX) {
        luaL_error(L, CHUNK_PREFIX "%d: it takes more than %d steps: is there a loop without an end?",
                   (int)line_of(L), (int)TPS_POLICY_STEPS_MAX);
    }
}

/* Lua's allocator. Long texts are refused here, because to compare or to read one takes a single step. */
static void *allocate(void *context, void *old, size_t old_size, size_t wanted)
{
    script *s = context;
    arena *a = s->block;
    bool is_long = old == NULL && old_size == LUA_TSTRING && wanted > TPS_POLICY_STRING_MAX + 64;
    void *found = is_long ? NULL : arena_resize(a, old, old == NULL ? 0 : old_size, wanted);

    if (is_long) {
        a->is_exhausted = true;
    }
    if (found == NULL && wanted > 0 && s->line == 0 && s->L != NULL) {
        s->line = line_of(s->L);
    }
    return found;
}

/* ---- problems ---- */

static void set_problem(script *s, uint32_t line, const char *text)
{
    s->problem.line = line;
    snprintf(s->problem.text, sizeof s->problem.text, "%s", text);
    finding_clean(s->problem.text);
}

/* "policy:12: ..." as line and text. */
static void read_message(script *s, const char *message)
{
    char *end;
    unsigned long line;

    if (strncmp(message, CHUNK_PREFIX, sizeof CHUNK_PREFIX - 1) == 0) {
        line = strtoul(message + sizeof CHUNK_PREFIX - 1, &end, 10);
        if (strncmp(end, ": ", 2) == 0) {
            set_problem(s, (uint32_t)line, end + 2);
            return;
        }
    }
    set_problem(s, 0, message);
}

/* What lua_pcall() left on top of the stack. */
static void take_message(script *s, int status)
{
    if (status == LUA_ERRMEM) {
        set_problem(s, s->line, "it takes more memory than a policy may, or makes a text of more than 8 KiB");
    } else {
        read_message(s, lua_type(s->L, -1) == LUA_TSTRING ? lua_tostring(s->L, -1) : "it failed");
    }
}

/* ---- the state before each run ---- */

static tps_status save(script *s)
{
    const arena *a = s->block;

    s->saved_size = a->top;
    s->saved = malloc(s->saved_size);
    if (s->saved == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    memcpy(s->saved, s->block, s->saved_size);
    return TPS_OK;
}

static void restore(script *s)
{
    memcpy(s->block, s->saved, s->saved_size);
    s->steps = 0;
    s->line = 0;
    s->problem = (tps_policy_problem){.line = 0};
}

size_t script_room(const script *s)
{
    return ((const arena *)s->block)->top;
}

/* ---- compiling ---- */

typedef struct {
    tps_span text;
    bool is_read;
} source;

static const char *read_source(lua_State *L, void *context, size_t *size)
{
    source *from = context;

    (void)L;
    *size = from->is_read ? 0 : from->text.size;
    from->is_read = true;
    return (const char *)from->text.data;
}

/* In a protected call: leaves the compiled text on the stack. */
static int compile(lua_State *L)
{
    source from = {*(const tps_span *)lua_touserdata(L, 1), false};

    library_open(L);
    if (lua_load(L, read_source, &from, "=policy", "t") != LUA_OK) {
        return lua_error(L);
    }
    lua_insert(L, -2); /* below the names that it knows */
    lua_setupvalue(L, -2, 1);
    return 1;
}

int script_declared(lua_State *L)
{
    script *s = script_of(L);

    s->is_declared = true;
    lua_pushlightuserdata(L, s);
    return lua_error(L);
}

/* Runs the text as far as its policy { ... }. */
static tps_status declare(script *s)
{
    int status;

    lua_pushvalue(s->L, 1);
    status = lua_pcall(s->L, 0, 0, 0);
    if (s->is_declared) {
        lua_settop(s->L, 1);
        return TPS_OK;
    }
    if (status == LUA_OK) {
        set_problem(s, 1, "a policy begins with policy { name = \"...\", version = \"...\" }");
    } else {
        take_message(s, status);
    }
    return TPS_VERIFIER_POLICY_INVALID;
}

static tps_status build(script *s, tps_span text)
{
    int status;

    s->L = lua_newstate(allocate, s);
    if (s->L == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    *(script **)lua_getextraspace(s->L) = s;
    lua_gc(s->L, LUA_GCSTOP);
    lua_sethook(s->L, count_steps, LUA_MASKCOUNT, SCRIPT_STEPS_AT_ONCE);
    lua_pushcfunction(s->L, compile);
    lua_pushlightuserdata(s->L, &text);
    status = lua_pcall(s->L, 1, 1, 0);
    if (status != LUA_OK) {
        take_message(s, status);
        return TPS_VERIFIER_POLICY_INVALID;
    }
    TPS_TRY(declare(s));
    lua_gc(s->L, LUA_GCCOLLECT);
    return save(s);
}

tps_status script_new(tps_span text, script **out, tps_policy_problem *problem)
{
    script *s = calloc(1, sizeof *s);
    tps_digest digest;
    tps_status status = s == NULL ? TPS_OUT_OF_MEMORY : tps_crypto_hash_of(TPS_ALG_SHA256, text, &digest);

    if (status == TPS_OK) {
        memcpy(s->sha256, digest.bytes, sizeof s->sha256);
        s->block = malloc(TPS_POLICY_ROOM);
        status = s->block == NULL ? TPS_OUT_OF_MEMORY : TPS_OK;
    }
    if (status == TPS_OK) {
        arena_init(s->block, TPS_POLICY_ROOM);
        status = build(s, text);
    }
    if (status != TPS_OK) {
        if (s != NULL) {
            *problem = s->problem;
        }
        script_free(s);
        return status;
    }
    *out = s;
    return TPS_OK;
}

void script_free(script *s)
{
    if (s != NULL) {
        free(s->saved);
        free(s->block); /* with all of its Lua: nothing of it lies elsewhere */
        free(s);
    }
}

/* ---- running ---- */

bool script_run(script *s, judgement *j)
{
    int status;

    restore(s);
    s->j = j;
    lua_pushvalue(s->L, 1);
    status = lua_pcall(s->L, 0, 0, 0);
    s->j = NULL;
    if (status != LUA_OK) {
        take_message(s, status);
    }
    return status == LUA_OK;
}

/* ---- selectors ---- */

static bool copy_text(tps_span from, char room[SELECTOR_TEXT_MAX], tps_span *to)
{
    if (from.size > SELECTOR_TEXT_MAX) {
        return false;
    }
    *to = TPS_SPAN_EMPTY;
    if (from.size > 0) {
        memcpy(room, from.data, from.size);
        *to = tps_span_make(room, from.size);
    }
    return true;
}

bool script_selector_copy(const tps_policy_selector *from, script_selector *to)
{
    to->is.scheme = from->scheme;
    return copy_text(from->class_id, to->room[0], &to->is.class_id) &&
           copy_text(from->vendor, to->room[1], &to->is.vendor) &&
           copy_text(from->model, to->room[2], &to->is.model) &&
           copy_text(from->service, to->room[3], &to->is.service);
}
