/* SPDX-License-Identifier: Apache-2.0 */
/* Functions over texts: few, and none that takes longer than its text is. */
#ifndef TPS_VERIFIER_POLICY_LIBRARY_TEXT_H
#define TPS_VERIFIER_POLICY_LIBRARY_TEXT_H

#include <lua.h>

int text_at_least(lua_State *L); /**< at_least(version, minimum) */
int text_hex(lua_State *L);      /**< hex(number) */

/** Gives texts their methods: starts, ends, contains, lower, upper, sub. */
void text_open(lua_State *L);

#endif
