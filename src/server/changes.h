/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file changes.h
 * The one way in which handlers change a tenant. A change is checked, if need be, in the reader's thread;
 * made in the writer's, in one transaction with its entry in the audit log; and answered when it is durable
 * and in force at this node: the next request meets it. Should the node be unable to follow the store just
 * then, the answer is 202: durable, and soon in force.
 *
 * A change is of the heap, and ends itself with its answer. What its spans point to is the request's, which
 * lives until then, or `owned`.
 */
#ifndef TPS_SERVER_CHANGES_H
#define TPS_SERVER_CHANGES_H

#include "server/api/resource.h"

typedef struct tps_change tps_change;

struct tps_change {
    tps_job job; /* first */
    tps_waiter waiter;
    tps_service *service;
    tps_tenant *tenant;
    tps_http_exchange *exchange;
    int64_t tenant_id;
    int64_t now; /**< seconds since 1970 */
    tps_audit_origin origin;
    uint32_t scopes; /**< the principal's */
    bool prefixed;   /**< as of tps_call */
    bool is_put;     /**< the request's method is PUT: what it replaces must be named by If-Match */

    /* ---- what the handler says ---- */

    /**
     * In the reader's thread, before anything is written: TPS_OK, or what it gave tps_change_refuse(). NULL:
     * nothing is to be checked.
     */
    tps_status (*check)(tps_change *change, tps_store *store);
    /**
     * In the writer's thread, in the transaction: changes, and appends to the audit log. NULL: puts `item`,
     * or with `removes` removes it, under `condition`. What it returns is TPS_OK, a status of
     * tps_job_status_is_answer() if it has written nothing, or a failure, after which nothing is written.
     */
    tps_status (*apply)(tps_change *change, tps_store *store);
    /** In the event loop, when all is done: answers with `status`, 201 or the like. NULL: 204 for what was
     * removed, else the item as its resource shows it, with ETag and, if it is new, Location. */
    void (*answer)(tps_change *change, unsigned status);
    /** In the event loop, when the change was not made, before the answer. May be NULL. */
    void (*failed)(tps_change *change);
    const tps_resource *resource;
    tps_store_item item; /**< `name` within name_text */
    char name_text[TPS_STORE_ITEM_NAME_MAX + 1];
    tps_condition condition;
    bool removes;
    tps_audit_detail details[TPS_AUDIT_DETAILS_MAX];
    size_t detail_count;
    void *owned;    /**< freed with the change; NULL if none */
    tps_text text;  /**< of the handler's; freed with the change */
    int64_t number; /**< of the handler's */
    char id[64];    /**< of the handler's */

    /* ---- what came of it ---- */

    bool replaced; /**< the item was there before: 200, not 201 */
    int64_t revision;
    struct {
        unsigned status; /**< 0: it was not refused */
        char cause[384];
        const char *next_step;
        uint32_t line; /**< of the text that was sent; 0: of none */
    } refusal;
};

/** A change for a call; NULL after it has answered 503. `resource` may be NULL where `answer` is set. */
tps_change *tps_change_new(const tps_call *call, const tps_resource *resource);

/** Takes a name for the item. False where it can be none. */
bool tps_change_take_name(tps_change *change, tps_span name);

/** Says why it is refused: `next_step` is a constant. @return TPS_BAD_ARGUMENT, for `check` and `apply`. */
tps_status tps_change_refuse(tps_change *change, unsigned status, const char *cause, const char *next_step);

/** The same with a status's words and its detail; `why` may be NULL. */
tps_status tps_change_refuse_for(tps_change *change, unsigned http_status, tps_status status,
                                 const tps_error *why);

/** What is to be told in the audit log. Within `apply`. */
tps_audit_note tps_change_note(const tps_change *change);

/** A failure of a later write of `apply`: an answer would keep what was written before it. */
tps_status tps_change_failure(tps_status status);

/** Has the change made, answers, and ends it. */
void tps_change_submit(tps_change *change);

/** Ends a change that was not submitted. NULL is allowed. */
void tps_change_free(tps_change *change);

/** DELETE of an item, whose name is the path's first part. */
void tps_change_remove_item(const tps_call *call, const tps_resource *resource);

#endif
