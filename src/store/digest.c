/* SPDX-License-Identifier: Apache-2.0 */
/* The digest of a whole store, and whether what it holds fits together. */
#include "store/digest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/audit_chain.h"
#include "store/walk.h"
#include "tps/crypto.h"

#define TELL_EVERY 512u

/* With its final zero. */
static const uint8_t domain[] = "opentps store 1";

typedef struct {
    tps_crypto_hash hash;
    bool with_secrets;
    bool checks;
    const char *what;
    uint64_t done, total;
    tps_store_progress progress;
    void *context;
    tps_store_summary *out;
    /* of checks */
    int64_t revision;
    const char *tenant; /* whose items and entries come */
    int64_t next_entry;
    uint8_t previous[TPS_AUDIT_HASH_SIZE];
    int64_t *ids; /* of tenants, in the order of their names */
    size_t capacity;
} digest;

static void tell(digest *d)
{
    if (++d->done % TELL_EVERY == 0 && d->progress != NULL) {
        d->progress(d->context, d->what, d->done, d->total);
    }
}

__attribute__((format(printf, 2, 3))) static void fault(digest *d, const char *format, ...)
{
    va_list arguments;

    if (d->out->faults++ == 0) {
        va_start(arguments, format);
        (void)vsnprintf(d->out->fault, sizeof(d->out->fault), format, arguments);
        va_end(arguments);
    }
}

/* ---- what is hashed: a letter, then numbers of 8 bytes and texts behind their size ---- */

static void put_number(digest *d, uint64_t value)
{
    uint8_t bytes[8];

    for (unsigned i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(value >> (56 - 8 * i));
    }
    tps_crypto_hash_update(&d->hash, TPS_SPAN_OF(bytes));
}

static void put_bytes(digest *d, tps_span bytes)
{
    put_number(d, bytes.size);
    tps_crypto_hash_update(&d->hash, bytes);
}

static void put_letter(digest *d, char letter)
{
    tps_crypto_hash_update(&d->hash, tps_span_make(&letter, 1));
}

/* ---- the things ---- */

static tps_status keep_id(digest *d, int64_t id)
{
    if (d->out->tenants == d->capacity) {
        size_t capacity = d->capacity == 0 ? 16 : 2 * d->capacity;
        int64_t *more = realloc(d->ids, capacity * sizeof(*more));

        if (more == NULL) {
            return TPS_OUT_OF_MEMORY;
        }
        d->ids = more;
        d->capacity = capacity;
    }
    d->ids[d->out->tenants] = id;
    return TPS_OK;
}

static tps_status see_tenant(void *context, const tps_store_tenant *tenant)
{
    digest *d = context;

    TPS_TRY(keep_id(d, tenant->id));
    d->out->tenants++;
    put_letter(d, 'T');
    put_number(d, (uint64_t)tenant->id);
    put_bytes(d, tps_span_of_text(tenant->name));
    put_bytes(d, tenant->settings);
    put_number(d, (uint64_t)tenant->revision);
    put_number(d, (uint64_t)tenant->created);
    if (d->with_secrets) {
        put_bytes(d, TPS_SPAN_OF(tenant->secret));
    }
    if (d->checks && !tps_store_tenant_name_is_valid(tenant->name)) {
        fault(d, "tenant %lld has a name that cannot be", (long long)tenant->id);
    }
    if (d->checks && tenant->revision > d->revision) {
        fault(d, "tenant %s has a revision beyond the store's", tenant->name);
    }
    tell(d);
    return TPS_OK;
}

static tps_status begin_tenant(void *context, int64_t tenant, const char *name, tps_store_place *place)
{
    digest *d = context;

    (void)place;
    put_letter(d, 'O');
    put_number(d, (uint64_t)tenant);
    d->tenant = name;
    d->next_entry = 1;
    memset(d->previous, 0, sizeof(d->previous));
    return TPS_OK;
}

static tps_status see_item(void *context, const tps_store_item *item)
{
    digest *d = context;

    d->out->items++;
    put_letter(d, 'I');
    put_number(d, item->kind);
    put_bytes(d, item->name);
    put_bytes(d, item->attributes);
    put_bytes(d, item->body);
    put_number(d, (uint64_t)item->sequence);
    put_number(d, (uint64_t)item->changed);
    if (d->checks && (!tps_store_item_name_is_valid(item->name) || item->kind == 0)) {
        fault(d, "tenant %s: item %lld has a name or kind that cannot be", d->tenant,
              (long long)item->sequence);
    }
    if (d->checks && item->sequence > d->revision) {
        fault(d, "tenant %s: item %lld is beyond the store's revision", d->tenant, (long long)item->sequence);
    }
    tell(d);
    return TPS_OK;
}

static tps_status see_nonce(void *context, tps_span nonce)
{
    digest *d = context;

    d->out->nonces++;
    put_letter(d, 'N');
    put_bytes(d, nonce);
    tell(d);
    return TPS_OK;
}

/* The first fault of a chain is told; behind it the chain goes on from what stands there. */
static tps_status check_entry(digest *d, const tps_store_audit_entry *entry)
{
    uint8_t expected[TPS_AUDIT_HASH_SIZE];

    if (entry->sequence != d->next_entry) {
        fault(d, "tenant %s: entry %lld of the audit log is missing", d->tenant, (long long)d->next_entry);
    }
    TPS_TRY(tps_audit_hash(d->tenant, entry->sequence, entry->time, d->previous, entry->entry, expected));
    if (memcmp(expected, entry->hash, sizeof(expected)) != 0) {
        fault(d, "tenant %s: entry %lld of the audit log was changed, or what is before it", d->tenant,
              (long long)entry->sequence);
    }
    d->next_entry = entry->sequence + 1;
    memcpy(d->previous, entry->hash, sizeof(d->previous));
    return TPS_OK;
}

static tps_status see_entry(void *context, const tps_store_audit_entry *entry)
{
    digest *d = context;

    d->out->entries++;
    put_letter(d, 'A');
    put_number(d, (uint64_t)entry->sequence);
    put_number(d, (uint64_t)entry->time);
    put_bytes(d, entry->entry);
    put_bytes(d, TPS_SPAN_OF(entry->hash));
    if (d->checks) {
        TPS_TRY(check_entry(d, entry));
    }
    tell(d);
    return TPS_OK;
}

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static tps_status begin_sessions(void *context, tps_store_session *after, bool *is_set)
{
    digest *d = context;

    (void)after;
    (void)is_set;
    put_letter(d, 'S');
    if (d->out->tenants > 0) {
        qsort(d->ids, d->out->tenants, sizeof(*d->ids), compare_ids);
    }
    return TPS_OK;
}

static void check_session(digest *d, const tps_store_session *session)
{
    if (d->out->tenants == 0 ||
        bsearch(&session->tenant, d->ids, d->out->tenants, sizeof(*d->ids), compare_ids) == NULL) {
        fault(d, "a session belongs to tenant %lld, which there is not", (long long)session->tenant);
    }
    if (session->state == TPS_STORE_SESSION_NEW || session->state > TPS_STORE_SESSION_REMOVED ||
        session->nonce.size > TPS_STORE_NONCE_MAX) {
        fault(d, "a session of tenant %lld is in a state that cannot be", (long long)session->tenant);
    }
}

static tps_status see_session(void *context, const tps_store_session *session)
{
    digest *d = context;

    d->out->sessions++;
    put_number(d, (uint64_t)session->tenant);
    put_bytes(d, TPS_SPAN_OF(session->id));
    put_number(d, session->state);
    put_bytes(d, session->nonce);
    put_number(d, session->nonce_from_client);
    put_bytes(d, session->type);
    put_bytes(d, session->evidence);
    put_bytes(d, TPS_SPAN_OF(session->evidence_sha256));
    put_bytes(d, session->result);
    put_number(d, (uint64_t)session->created);
    put_number(d, (uint64_t)session->expires);
    if (d->checks) {
        check_session(d, session);
    }
    tell(d);
    return TPS_OK;
}

/* ---- the whole ---- */

static tps_status read_all(tps_store *store, digest *d)
{
    const tps_store_walker walker = {
        .tenant = see_tenant,
        .begin = begin_tenant,
        .item = see_item,
        .nonce = see_nonce,
        .entry = see_entry,
        .begin_sessions = begin_sessions,
        .session = see_session,
        .context = d,
    };
    tps_digest sum;
    tps_status status;

    TPS_TRY(tps_crypto_hash_begin(&d->hash, TPS_ALG_SHA256));
    tps_crypto_hash_update(&d->hash, TPS_SPAN_OF(domain));
    status = tps_store_walk(store, &walker);
    free(d->ids);
    d->ids = NULL;
    if (status != TPS_OK) {
        tps_crypto_hash_abort(&d->hash);
        return status;
    }
    TPS_TRY(tps_crypto_hash_finish(&d->hash, &sum));
    memcpy(d->out->sha256, sum.bytes, sizeof(d->out->sha256));
    return TPS_OK;
}

tps_status tps_store_digest(tps_store *store, bool with_secrets, const char *what, uint64_t total,
                            tps_store_progress progress, void *context, tps_store_summary *out)
{
    digest d = {.with_secrets = with_secrets,
                .what = what,
                .total = total,
                .progress = progress,
                .context = context,
                .out = out};

    memset(out, 0, sizeof(*out));
    return read_all(store, &d);
}

tps_status tps_store_check(tps_store *store, tps_store_progress progress, void *context,
                           tps_store_summary *out)
{
    digest d = {.with_secrets = true,
                .checks = true,
                .what = "checking",
                .progress = progress,
                .context = context,
                .out = out};
    tps_status status;

    memset(out, 0, sizeof(*out));
    TPS_TRY(store->ops->begin_snapshot(store));
    status = store->ops->revision(store, &d.revision);
    if (status == TPS_OK) {
        status = read_all(store, &d);
    }
    store->ops->end_snapshot(store);
    return status;
}
