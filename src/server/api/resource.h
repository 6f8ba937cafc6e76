/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file resource.h
 * Items of a tenant as resources of HTTP: lists by page, one by name; each read in the reader's thread, as it
 * is in the store. How they change is changes.h's.
 */
#ifndef TPS_SERVER_API_RESOURCE_H
#define TPS_SERVER_API_RESOURCE_H

#include "server/api/answer.h"

/** A kind of items as the interface shows it. */
typedef struct {
    uint32_t kind;       /**< TPS_STORE_* */
    const char *path;    /**< "/api/v1/anchors/", before the name */
    const char *list;    /**< "anchors": the member of a list's answer that has the items */
    const char *missing; /**< "there is no such trust anchor": the cause of a 404 */
    /** The media type of a body, which is what one of them is answered with; NULL: as JSON. */
    const char *(*raw_type)(const tps_store_item *item);
    bool list_bodies; /**< `put` needs the bodies in lists, too */
    /** Writes an item as a JSON object; `whole`: one that was asked for by itself. Called in any thread. */
    void (*put)(json_writer *writer, const tps_store_item *item, bool whole);
} tps_resource;

typedef struct tps_reading tps_reading;

/** Something that is read for an answer. Zero-initialised by tps_reading_new(). */
struct tps_reading {
    tps_job job; /* first */
    tps_service *service;
    tps_tenant *tenant;
    tps_http_exchange *exchange;
    /** In the reader's thread. Its status: TPS_OK, TPS_NOT_FOUND, or a failure of the store's. */
    tps_status (*run)(tps_reading *reading, tps_store *store);
    /** In the event loop, when `run` was TPS_OK; NULL: 200 with `text`. Answers. */
    void (*answer)(tps_reading *reading);
    const tps_resource *resource;
    const char *missing; /**< the cause of a 404 */
    int64_t tenant_id;
    char name_text[TPS_STORE_ITEM_NAME_MAX + 1];
    tps_span name;      /**< within name_text */
    const char *scheme; /**< of the handler's: a constant */
    int64_t after;      /**< of a page */
    size_t limit;
    size_t count;                                  /**< of items so far */
    int64_t last;                                  /**< sequence of the last one */
    char last_name[TPS_STORE_TENANT_NAME_MAX + 1]; /**< of the last tenant */
    bool more;                                     /**< there are others behind them */
    bool is_json;                                  /**< describe it, even if it is answered as its body */
    /* what was read */
    tps_text text;
    const char *type;
    int64_t sequence; /**< its entity tag; 0: none */
};

/** A reading for a call; NULL after it has answered 503. */
tps_reading *tps_reading_new(const tps_call *call, tps_status (*read)(tps_reading *, tps_store *));

/** Takes the name that is a part of the path. False where it can be none. */
bool tps_reading_take_name(tps_reading *reading, tps_span name);

/** Has it read, then answers, and ends it. */
void tps_reading_submit(tps_reading *reading);

/** GET of a list: {"anchors": [...], "next": N}; `next`, where there are more, is the next page's ?after=. */
void tps_resource_list(const tps_call *call, const tps_resource *resource);

/** GET of one, whose name is the path's first part. */
void tps_resource_get(const tps_call *call, const tps_resource *resource, bool as_json);

/** Puts the members that all items have: `id`, its name; `sequence` and `changed`. */
void tps_resource_put_head(json_writer *writer, const tps_store_item *item);

#endif
