/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file policy_items.h
 * Policies as items of a tenant: what their attributes say, how one is made, and which of them are active.
 * policies.c and management.c are two interfaces to the same ones.
 */
#ifndef TPS_SERVER_API_POLICY_ITEMS_H
#define TPS_SERVER_API_POLICY_ITEMS_H

#include "server/changes.h"
#include "tps/policy.h"

#define TPS_TYPE_LUA_POLICY "application/vnd.opentps.policy+lua"

/** Bytes of a policy's name, and of each member of its selector. */
#define TPS_POLICY_WORD_MAX 128u

/** What a policy's attributes say. Texts point into them. */
typedef struct {
    tps_span name;      /**< of the administrator's choice */
    tps_span policy_id; /**< "name@version", of its own text */
    tps_span selector;  /**< its JSON, or empty: its own text says for which devices it is */
    tps_span scheme;    /**< the selector's, or empty */
    int64_t created;
    bool active;
} tps_policy_attributes;

/** Reads what was written by these functions. */
TPS_MUST_USE tps_status tps_policy_attributes_read(tps_span json, tps_policy_attributes *attributes);

/** Policies as a resource. */
extern const tps_resource tps_policy_resource;

/** The schemes' names, by number from 0; NULL behind the last. */
const char *tps_policy_scheme_name(size_t number);

/** The same name as a constant; NULL if there is no such scheme. */
const char *tps_policy_scheme_find(tps_span name);

/** Whether a text may stand in attributes: 1 to TPS_POLICY_WORD_MAX bytes of UTF-8 that need no escapes. */
bool tps_policy_is_word(tps_span text);

/** A policy that somebody sends; spans are the request's, or of its own. */
typedef struct {
    tps_span name;
    tps_span text;
    tps_span selector; /**< JSON of words that were checked, or empty */
    bool active;
} tps_new_policy;

/**
 * A change that checks and adds a policy, under a new UUID; with `active` it takes the place of those that
 * are for the same devices. NULL after it has answered. The caller may set `answer`, and submits it.
 */
tps_change *tps_policy_add(const tps_call *call, const tps_new_policy *policy);

/**
 * A change that makes a policy count, or count no more; and those that are for the same devices count no
 * more. NULL after it has answered. `scheme`: it must be one for this scheme, by the selector; or empty.
 */
tps_change *tps_policy_switch(const tps_call *call, tps_span id, tps_span scheme, bool active);

/** A change that makes all policies for a scheme count no more. NULL after it has answered. */
tps_change *tps_policy_switch_off(const tps_call *call, tps_span scheme);

#endif
