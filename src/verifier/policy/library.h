/* SPDX-License-Identifier: Apache-2.0 */
/* All the names that a policy can use: what it sees (views), what it can do (acts), and a few helpers. */
#ifndef TPS_VERIFIER_POLICY_LIBRARY_H
#define TPS_VERIFIER_POLICY_LIBRARY_H

#include <lua.h>

#include "verifier/policy/view.h"

/** Leaves on the stack what is to be the environment of a policy's text: a table that nobody can change. */
void library_open(lua_State *L);

/** A name that policies know. */
typedef struct {
    const char *name;
    lua_CFunction function; /**< NULL: it is an object */
    const view_kind *kind;  /**< of an object */
} library_name;

/** All of them, up to one with `name` NULL. */
extern const library_name library_names[];

/** Letters of a name, and of a view's member, at most. */
#define LIBRARY_NAME_MAX 32u

/** Takes `candidate` for `*best` (one of our own names) when it is nearer to `name` than `*least` letters,
 * and near at all. */
void library_take_nearer(const char *name, const char *candidate, size_t *least, const char **best);

/** The name that people could have meant by another: NULL when none is like it. */
const char *library_nearest(const char *name);

#endif
