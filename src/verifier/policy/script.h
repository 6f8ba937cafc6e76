/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One policy as a script: compiled once, then run for each device from the very state that compiling left.
 * Its Lua lies in an arena of its own, of which the used part is copied back before each run. Nothing of a
 * run is left for the next one, no memory is taken while it runs, and its garbage needs no collector.
 */
#ifndef TPS_VERIFIER_POLICY_SCRIPT_H
#define TPS_VERIFIER_POLICY_SCRIPT_H

#include <lua.h>

#include "tps/policy.h"
#include "verifier/judgement.h"

/** Steps are counted so many at a time. */
#define SCRIPT_STEPS_AT_ONCE 100u

/** Texts of a selector, in its own room. */
#define SELECTOR_TEXT_MAX 128u

typedef struct {
    tps_policy_selector is; /**< points into `room` */
    char room[4][SELECTOR_TEXT_MAX];
} script_selector;

typedef struct script {
    lua_State *L;
    void *block; /**< its arena */
    void *saved; /**< the arena's beginning, as it is before each run */
    size_t saved_size;
    judgement *j;   /**< what is judged now; NULL while the script declares itself */
    uint32_t steps; /**< of this run so far */
    uint32_t line;  /**< where memory ran out; 0: it did not */
    char id[TPS_POLICY_ID_MAX];
    uint8_t sha256[32];
    bool is_full;
    bool is_declared;
    script_selector selector;   /**< of its policy { ... } */
    tps_policy_problem problem; /**< of the last failure */
} script;

/**
 * Compiles a text and lets it declare itself.
 * @param[out] out  Set if TPS_OK; end it with script_free().
 * @retval TPS_OK, TPS_OUT_OF_MEMORY, TPS_CRYPTO_*
 * @retval TPS_VERIFIER_POLICY_INVALID  `problem` is set.
 */
TPS_MUST_USE tps_status script_new(tps_span text, script **out, tps_policy_problem *problem);

/** Ends it. NULL is allowed. */
void script_free(script *s);

/** Judges; false when it fails: `s->problem` says why, and what it did to the appraisal is of no meaning. */
TPS_MUST_USE bool script_run(script *s, judgement *j);

/** Bytes that it has taken: compiled, with the last run. */
size_t script_room(const script *s);

/* ---- for the functions that scripts call ---- */

/** The script that a state belongs to. */
script *script_of(lua_State *L);

/** What is judged. Raises an error while the script declares itself. */
judgement *script_judgement(lua_State *L);

/** Counts steps for work that Lua does not count. Raises an error when there are too many. */
void script_work(lua_State *L, size_t steps);

/** Ends the run that declares: what policy { ... } says is known. Does not return. */
int script_declared(lua_State *L);

/** As script_selector's members, copied. @return False when one is too long. */
TPS_MUST_USE bool script_selector_copy(const tps_policy_selector *from, script_selector *to);

#endif
