/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy can do: functions that scripts call, as docs/policy.md describes them. */
#ifndef TPS_VERIFIER_POLICY_ACTS_H
#define TPS_VERIFIER_POLICY_ACTS_H

#include <lua.h>

int act_policy(lua_State *L);   /**< policy { name =, version =, full =, vendor =, ... } */
int act_default(lua_State *L);  /**< default() */
int act_set(lua_State *L);      /**< set(claim, value) */
int act_refuse(lua_State *L);   /**< refuse { claim =, cause =, next_step =, ... } */
int act_warn(lua_State *L);     /**< warn { ... } */
int act_finding(lua_State *L);  /**< finding { claim =, value =, ... } */
int act_found(lua_State *L);    /**< found(name) */
int act_claim(lua_State *L);    /**< claim(label) */
int act_withdraw(lua_State *L); /**< withdraw(name) */

#endif
