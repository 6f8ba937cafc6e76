/* SPDX-License-Identifier: Apache-2.0 */
/** @file internal.h  What the operations of the PostgreSQL store share. */
#ifndef TPS_STORE_POSTGRESQL_INTERNAL_H
#define TPS_STORE_POSTGRESQL_INTERNAL_H

#include "store/postgresql/connection.h"

/** What transaction is open, or wanted: BEGIN goes out with the first statement. */
enum { TPS_PG_NO_GROUP, TPS_PG_GROUP, TPS_PG_SNAPSHOT };

typedef struct {
    tps_store store; /* first: a tps_store * is one of these */
    tps_pg_connection c;
    uint32_t group;         /* TPS_PG_GROUP ... */
    bool begun;             /* BEGIN was sent */
    bool has_changed;       /* others are to be told at the commit */
    bool has_changes_lock;  /* LOCK_CHANGES was sent in this group */
    bool has_sessions_lock; /* LOCK_SESSIONS was sent in this group */
    bool has_prune; /* prune was called in this group: it is done at the commit, in the same round trip */
    int64_t prune_now;
    size_t prune_limit;
    uint32_t group_connects; /* c.connects when the group began */
    /* wait_for_change */
    uint32_t listening; /* c.connects of the connection that listens; 0: none */
    uint32_t seen_connects;
    int64_t seen_revision;
} tps_pg_store;

static inline tps_pg_store *tps_pg_from(tps_store *store)
{
    return (tps_pg_store *)(void *)store;
}

/** Before the statements of an operation that reads: connects if need be, and puts BEGIN first in the
 * pipeline if a group has just begun. */
tps_status tps_pg_begin_reading(tps_pg_store *s);

/** Before the statements of an operation that writes. Outside of a group it begins one. @param[out] own  It
 * did: give it to tps_pg_end_writing(). */
tps_status tps_pg_begin_writing(tps_pg_store *s, bool *own);
/** After them: commits or abandons the operation's own group. */
tps_status tps_pg_end_writing(tps_pg_store *s, bool own, tps_status status);

/** Puts the lock first in the pipeline, once a group; then, that others are told of a change at the commit.
 */
void tps_pg_lock_changes(tps_pg_store *s);

/** Puts into the pipeline: drop what lies behind the watermark; is there more that has expired? By prune_now
 * and prune_limit. */
void tps_pg_send_prune(tps_pg_store *s);
/** Takes both answers. @return How many sessions were dropped. @param[out] more  There is more. */
size_t tps_pg_take_prune(tps_pg_store *s, bool *more);
/** Raises the watermark to where `limit` more sessions that have expired at `now` lie behind it. */
tps_status tps_pg_raise_watermark(tps_pg_store *s, int64_t now, size_t limit);

/** Reads one number of a small result. The result is cleared; 0 after a failure. */
int64_t tps_pg_take_number(tps_pg_connection *c);

/* The operations; store.h says what each does. */
tps_status tps_pg_create_tenant(tps_store *store, const tps_store_tenant *tenant, int64_t now);
tps_status tps_pg_find_tenant(tps_store *store, const char *name, tps_store_visit_tenant visit,
                              void *context);
tps_status tps_pg_each_tenant(tps_store *store, tps_store_visit_tenant visit, void *context);
tps_status tps_pg_set_settings(tps_store *store, int64_t tenant, tps_span settings, int64_t expected);
tps_status tps_pg_set_secret(tps_store *store, int64_t tenant, const uint8_t secret[TPS_STORE_SECRET_SIZE]);
tps_status tps_pg_remove_tenant(tps_store *store, int64_t tenant);

tps_status tps_pg_put_item(tps_store *store, int64_t tenant, const tps_store_item *item, int64_t expected,
                           int64_t now, int64_t *sequence);
tps_status tps_pg_remove_item(tps_store *store, int64_t tenant, uint32_t kind, tps_span name,
                              int64_t expected);
tps_status tps_pg_find_item(tps_store *store, int64_t tenant, uint32_t kind, tps_span name,
                            tps_store_visit_item visit, void *context);
tps_status tps_pg_each_item(tps_store *store, int64_t tenant, uint32_t kind, int64_t after, size_t limit,
                            bool with_bodies, tps_store_visit_item visit, void *context);

tps_status tps_pg_put_sessions(tps_store *store, tps_store_session_step *steps, size_t count, int64_t now);
tps_status tps_pg_find_session(tps_store *store, int64_t tenant, const uint8_t id[TPS_STORE_SESSION_ID_SIZE],
                               int64_t now, tps_store_visit_session visit, void *context);
tps_status tps_pg_find_nonce(tps_store *store, int64_t tenant, tps_span nonce);
tps_status tps_pg_claim_sessions(tps_store *store, int64_t now, int64_t before, size_t limit,
                                 tps_store_visit_session visit, void *context);
tps_status tps_pg_prune(tps_store *store, int64_t now, size_t limit);
tps_status tps_pg_watermark(tps_store *store, int64_t *expires);
tps_status tps_pg_each_session(tps_store *store, const tps_store_session *after, size_t limit,
                               tps_store_visit_session visit, void *context);
tps_status tps_pg_each_nonce(tps_store *store, int64_t tenant, tps_span after, size_t limit,
                             tps_store_visit_nonce visit, void *context);

tps_status tps_pg_append_audit(tps_store *store, int64_t tenant, int64_t time, tps_span entry,
                               tps_store_audit_entry *out);
tps_status tps_pg_each_audit(tps_store *store, int64_t tenant, int64_t from, size_t limit,
                             tps_store_visit_audit visit, void *context);

tps_status tps_pg_begin_import(tps_store *store, const char *source);
tps_status tps_pg_import_tenant(tps_store *store, const tps_store_tenant *tenant);
tps_status tps_pg_import_item(tps_store *store, int64_t tenant, const tps_store_item *item);
tps_status tps_pg_import_session(tps_store *store, const tps_store_session *session);
tps_status tps_pg_import_nonce(tps_store *store, int64_t tenant, tps_span nonce);
tps_status tps_pg_import_audit(tps_store *store, int64_t tenant, const tps_store_audit_entry *entry);
tps_status tps_pg_end_import(tps_store *store, int64_t revision, int64_t watermark);

#endif
