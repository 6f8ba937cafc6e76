/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file counters.h
 * The counters service: numbers that only grow, each under a name of its owner's choice. What must not come
 * back (an old licence, an old sealed message, a spent credit) names the value of one.
 *
 * A counter begins at 0 and is never deleted: a name that could be made anew would count from 0 again. It
 * ends with its provider's context (a new owner of the device) or with the whole storage, and then no secret
 * of that context can be opened either. For whoever looks from outside each counter has an id, 16 random
 * bytes made with it: another id is another counter.
 *
 * A counter belongs to tps_session_owner() and lies in the vault, which refuses storage that was put back.
 * Each increase is one put there: after a power cut the counter has its old or its new value, and a value
 * that was answered never comes back. A counter that cannot be read is not made anew, and not increased.
 *
 * Messages in spec/counters.cddl: tags 10 create, 11 read, 12 increase, 13 list. All logins but PUBLIC may
 * ask.
 */
#ifndef TPS_COMPONENT_COUNTERS_H
#define TPS_COMPONENT_COUNTERS_H

#include "component/services/kept.h"

/** Bytes of a name (text), at most. */
#define TPS_COUNTER_NAME_MAX TPS_VAULT_NAME_MAX
/** Bytes of a counter's id. */
#define TPS_COUNTER_ID_SIZE 16u
/** Counters of one owner. */
#ifndef TPS_COUNTERS_PER_OWNER
#define TPS_COUNTERS_PER_OWNER 4u
#endif
/** Counters of all owners: what is left in the vault is for the other services. */
#ifndef TPS_COUNTERS_OF_ALL
#define TPS_COUNTERS_OF_ALL (TPS_VAULT_VALUES_MAX / 8)
#endif
/** Counters of one login, over all the providers that it speaks for (core/shares.h). */
#define TPS_COUNTERS_PER_LOGIN TPS_SHARE_OF_LOGIN(TPS_COUNTERS_OF_ALL)
/** The largest step. */
#define TPS_COUNTER_STEP_MAX UINT32_MAX

/** Errors in responses, beside those of kept.h. Sent; never change a number. */
enum {
    TPS_COUNTER_ERROR_UNKNOWN = 1, /**< this owner has no such counter */
    TPS_COUNTER_ERROR_EXISTS = 2,  /**< this owner has a counter of that name, readable or not */
    TPS_COUNTER_ERROR_NAME = 3,    /**< the name is empty or longer than TPS_COUNTER_NAME_MAX bytes */
    TPS_COUNTER_ERROR_STEP = 4,    /**< the step is 0 or too large, or the counter would pass 2^64 - 1 */
    TPS_COUNTER_ERROR_QUOTA = 5    /**< this owner, or its login, has its share; none is deleted */
};

extern const tps_service tps_counters_service;

#endif
