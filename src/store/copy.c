/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying stores. Things are written in the order of the walk, in groups; so what is there already tells how
 * far an earlier try came, and no other mark is needed. It is found by halving: the store is asked whether
 * there is anything behind a place.
 */
#include "store/copy.h"

#include <stdio.h>

#include "store/walk.h"
#include "tps/crypto.h"
#include "tps/secret.h"

#define GROUP_THINGS 500u
#define GROUP_BYTES  (4u << 20)

typedef struct {
    tps_store *from, *to;
    const tps_store_copy_options *options;
    tps_store_copy_result *result;
    int64_t revision, watermark; /* of `from` */
    int64_t tenant;              /* whose things come */
    size_t things, bytes;        /* in the open group */
    uint64_t done, total;
} copying;

/* ---- whose failure it was ---- */

static tps_status by_from(copying *c, tps_status status)
{
    c->result->from_failed |= status != TPS_OK && !c->result->to_failed;
    return status;
}

static tps_status by_to(copying *c, tps_status status)
{
    c->result->to_failed |= status != TPS_OK;
    return status;
}

/* ---- how far an earlier try came ---- */

static tps_status stop_at_item(void *context, const tps_store_item *item)
{
    (void)item;
    *(bool *)context = true;
    return TPS_OK;
}

static tps_status stop_at_entry(void *context, const tps_store_audit_entry *entry)
{
    (void)entry;
    *(bool *)context = true;
    return TPS_OK;
}

static tps_status keep_place(void *context, const tps_store_session *session)
{
    tps_store_session *last = context;

    last->tenant = session->tenant;
    memcpy(last->id, session->id, sizeof(session->id));
    return TPS_OK;
}

/* The sequence of the last item that is there; 0: none. */
static tps_status find_last_item(copying *c, int64_t *last)
{
    int64_t low = 0; /* there is one behind `low` - 1, none behind `high` */
    int64_t high = c->revision;

    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        bool is_more = false;

        TPS_TRY(
            by_to(c, c->to->ops->each_item(c->to, c->tenant, 0, middle, 1, false, stop_at_item, &is_more)));
        low = is_more ? middle + 1 : low;
        high = is_more ? high : middle;
    }
    *last = low;
    return TPS_OK;
}

/* The sequence of the first entry that is not there. */
static tps_status find_next_entry(copying *c, int64_t *next)
{
    int64_t low = 1;
    int64_t high = INT64_MAX;

    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        bool is_there = false;

        TPS_TRY(by_to(c, c->to->ops->each_audit(c->to, c->tenant, middle, 1, stop_at_entry, &is_there)));
        low = is_there ? middle + 1 : low;
        high = is_there ? high : middle;
    }
    *next = low;
    return TPS_OK;
}

/* The last session that is there, bit by bit of its id; all zero and false when there is none. */
static tps_status find_last_session(copying *c, tps_store_session *last, bool *is_set)
{
    tps_store_session place = {.tenant = INT64_MAX};
    tps_store_session found = {.tenant = 0};

    for (unsigned bit = 0; bit < 8 * TPS_STORE_SESSION_ID_SIZE; bit++) {
        tps_store_session try = place;

        /* Is there one behind all ids that have this bit clear? */
        try.id[bit / 8] |= (uint8_t)(0x7f >> (bit % 8));
        memset(try.id + bit / 8 + 1, 0xff, TPS_STORE_SESSION_ID_SIZE - bit / 8 - 1);
        found.tenant = 0;
        TPS_TRY(by_to(c, c->to->ops->each_session(c->to, &try, 1, keep_place, &found)));
        if (found.tenant != 0) {
            place.id[bit / 8] |= (uint8_t)(0x80 >> (bit % 8));
        }
    }
    /* `place` has the largest id. Its session with the smallest tenant is good enough: the others are there.
     */
    place.tenant = 0;
    found.tenant = 0;
    TPS_TRY(by_to(c, c->to->ops->each_session(c->to, &place, 1, keep_place, &found)));
    *is_set = found.tenant != 0;
    if (*is_set) {
        *last = found;
    }
    return TPS_OK;
}

/* ---- groups ---- */

/* Tells how far it came, and makes a group durable when it is full. */
static tps_status count(copying *c, size_t bytes)
{
    c->done++;
    c->bytes += bytes;
    if (++c->things < GROUP_THINGS && c->bytes < GROUP_BYTES) {
        return TPS_OK;
    }
    c->things = 0;
    c->bytes = 0;
    if (c->options->progress != NULL) {
        c->options->progress(c->options->progress_context, "copying", c->done, c->total);
    }
    TPS_TRY(by_to(c, c->to->ops->commit_group(c->to)));
    return by_to(c, c->to->ops->begin_group(c->to));
}

/* ---- the things ---- */

static tps_status copy_tenant(void *context, const tps_store_tenant *tenant)
{
    copying *c = context;
    tps_store_tenant made = *tenant;
    tps_status status = TPS_OK;

    if (c->options->renews_secrets) {
        status = tps_crypto_random(TPS_BUF_OF(made.secret));
    }
    if (status == TPS_OK) {
        status = by_to(c, c->to->ops->import_tenant(c->to, &made));
    }
    tps_wipe(&made, sizeof(made));
    return status == TPS_OK ? count(c, tenant->settings.size) : status;
}

static tps_status begin_tenant(void *context, int64_t tenant, const char *name, tps_store_place *place)
{
    copying *c = context;

    (void)name;
    c->tenant = tenant;
    TPS_TRY(find_last_item(c, &place->items_after));
    return find_next_entry(c, &place->audit_from);
}

static tps_status copy_item(void *context, const tps_store_item *item)
{
    copying *c = context;

    TPS_TRY(by_to(c, c->to->ops->import_item(c->to, c->tenant, item)));
    return count(c, item->attributes.size + item->body.size);
}

static tps_status copy_nonce(void *context, tps_span nonce)
{
    copying *c = context;

    TPS_TRY(by_to(c, c->to->ops->import_nonce(c->to, c->tenant, nonce)));
    return count(c, nonce.size);
}

static tps_status copy_entry(void *context, const tps_store_audit_entry *entry)
{
    copying *c = context;

    TPS_TRY(by_to(c, c->to->ops->import_audit(c->to, c->tenant, entry)));
    return count(c, entry->entry.size);
}

static tps_status begin_sessions(void *context, tps_store_session *after, bool *is_set)
{
    return find_last_session(context, after, is_set);
}

static tps_status copy_session(void *context, const tps_store_session *session)
{
    copying *c = context;

    TPS_TRY(by_to(c, c->to->ops->import_session(c->to, session)));
    return count(c, session->result.size + session->evidence.size);
}

static tps_status copy_things(copying *c)
{
    const tps_store_walker walker = {
        .tenant = copy_tenant,
        .begin = begin_tenant,
        .item = copy_item,
        .nonce = copy_nonce,
        .entry = copy_entry,
        .begin_sessions = begin_sessions,
        .session = copy_session,
        .context = c,
    };
    tps_status status;

    TPS_TRY(by_to(c, c->to->ops->begin_group(c->to)));
    status = by_from(c, tps_store_walk(c->from, &walker));
    if (status == TPS_OK) {
        return by_to(c, c->to->ops->commit_group(c->to));
    }
    c->to->ops->abandon_group(c->to);
    return status;
}

/* ---- the whole ---- */

static tps_status compare(copying *c)
{
    tps_store_summary copied;

    TPS_TRY(by_to(c, tps_store_digest(c->to, !c->options->renews_secrets, "comparing", c->total,
                                      c->options->progress, c->options->progress_context, &copied)));
    return memcmp(copied.sha256, c->result->summary.sha256, sizeof(copied.sha256)) == 0 ? TPS_OK
                                                                                        : TPS_STORE_CHANGED;
}

static tps_status make_whole(copying *c)
{
    tps_status status;

    TPS_TRY(by_to(c, c->to->ops->begin_group(c->to)));
    status = by_to(c, c->to->ops->end_import(c->to, c->revision, c->watermark));
    if (status == TPS_OK && c->options->at_end != NULL) {
        status = by_to(c, c->options->at_end(c->options->at_end_context, c->to));
    }
    if (status == TPS_OK) {
        return by_to(c, c->to->ops->commit_group(c->to));
    }
    c->to->ops->abandon_group(c->to);
    return status;
}

static tps_status copy_snapshot(copying *c)
{
    tps_store_summary *summary = &c->result->summary;

    TPS_TRY(by_from(c, c->from->ops->revision(c->from, &c->revision)));
    TPS_TRY(by_from(c, c->from->ops->watermark(c->from, &c->watermark)));
    TPS_TRY(by_from(c, tps_store_digest(c->from, !c->options->renews_secrets, "reading", 0,
                                        c->options->progress, c->options->progress_context, summary)));
    c->total = summary->tenants + summary->items + summary->nonces + summary->entries + summary->sessions;
    TPS_TRY(copy_things(c));
    TPS_TRY(compare(c));
    return make_whole(c);
}

tps_status tps_store_copy(tps_store *from, tps_store *to, const tps_store_copy_options *options,
                          tps_store_copy_result *result)
{
    copying c = {.from = from, .to = to, .options = options, .result = result};
    char source[TPS_STORE_GENERATION_MAX];
    tps_status status;

    memset(result, 0, sizeof(*result));
    TPS_TRY(by_from(&c, from->ops->generation(from, source)));
    TPS_TRY(by_to(&c, to->ops->begin_import(to, source)));
    TPS_TRY(by_from(&c, from->ops->begin_snapshot(from)));
    status = copy_snapshot(&c);
    from->ops->end_snapshot(from);
    return status;
}
