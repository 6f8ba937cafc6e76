/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store: transactions, what has changed, and the table of operations. */
#include "store/sqlite/sqlite_store.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "store/sqlite/internal.h"
#include "store/sqlite/open.h"

#define LOOK_EVERY_MS 100

/* ---- transactions ---- */

/* Others may have written since: what was known of the file is known no more. */
static void forget(tps_sqlite_store *s)
{
    s->knows_watermark = false;
    for (size_t i = 0; i < TPS_SQLITE_ROW_SLOTS; i++) {
        s->rows[i].expires = -1;
    }
}

tps_status tps_sqlite_check_group(tps_sqlite_store *s)
{
    if (s->in_snapshot || (s->in_group && sqlite3_get_autocommit(s->db) != 0)) {
        (void)snprintf(s->reason, sizeof(s->reason), "%s",
                       s->in_snapshot ? "a snapshot is open: nothing can be written"
                                      : "the group has failed and can only be abandoned");
        return TPS_STORE_FAILED;
    }
    return TPS_OK;
}

static tps_status begin(tps_sqlite_store *s)
{
    forget(s);
    return tps_sqlite_run(s, TPS_SQL_BEGIN);
}

/* `reason` keeps what failed first. */
static void roll_back(tps_sqlite_store *s)
{
    forget(s);
    if (sqlite3_get_autocommit(s->db) == 0) {
        sqlite3_stmt *statement = tps_sqlite_get(s, TPS_SQL_ROLLBACK);

        if (statement != NULL) {
            (void)sqlite3_step(statement);
            (void)sqlite3_reset(statement);
        }
    }
}

tps_status tps_sqlite_begin_rows(tps_sqlite_store *s)
{
    TPS_TRY(tps_sqlite_check_group(s));
    return s->in_group ? tps_sqlite_run(s, TPS_SQL_SAVE) : begin(s);
}

tps_status tps_sqlite_end_rows(tps_sqlite_store *s, tps_status status)
{
    if (status == TPS_OK) {
        status = tps_sqlite_run(s, s->in_group ? TPS_SQL_RELEASE : TPS_SQL_COMMIT);
        if (status == TPS_OK) {
            return TPS_OK;
        }
    }
    if (!s->in_group) {
        roll_back(s);
    } else if (sqlite3_get_autocommit(s->db) == 0) {
        TPS_TRY(tps_sqlite_run(s, TPS_SQL_UNDO));
        TPS_TRY(tps_sqlite_run(s, TPS_SQL_RELEASE));
    }
    return status;
}

tps_status tps_sqlite_begin_secret_rows(tps_sqlite_store *s)
{
    TPS_TRY(tps_sqlite_begin_rows(s));
    (void)tps_sqlite_run(s, TPS_SQL_DELETE_SURELY);
    return TPS_OK;
}

tps_status tps_sqlite_end_secret_rows(tps_sqlite_store *s, tps_status status)
{
    (void)tps_sqlite_run(s, TPS_SQL_DELETE_QUICKLY);
    return tps_sqlite_end_rows(s, status);
}

static tps_status begin_group(tps_store *store)
{
    tps_sqlite_store *s = tps_sqlite_from(store);

    TPS_TRY(tps_sqlite_check_group(s));
    TPS_TRY(begin(s));
    s->in_group = true;
    return TPS_OK;
}

static void abandon_group(tps_store *store)
{
    tps_sqlite_store *s = tps_sqlite_from(store);

    roll_back(s);
    s->in_group = false;
}

static tps_status commit_group(tps_store *store)
{
    tps_sqlite_store *s = tps_sqlite_from(store);
    tps_status status = tps_sqlite_check_group(s);

    if (status == TPS_OK) {
        status = tps_sqlite_run(s, TPS_SQL_COMMIT);
    }
    if (status != TPS_OK) {
        abandon_group(store);
    }
    s->in_group = false;
    return status;
}

/* ---- changes ---- */

static tps_status revision(tps_store *store, int64_t *out)
{
    return tps_sqlite_state(tps_sqlite_from(store), "revision", out);
}

/* The handle has something new to tell: its first call, or another revision than at its last. */
static tps_status look(tps_store *store, bool *changed)
{
    tps_sqlite_store *s = tps_sqlite_from(store);
    int64_t now;

    TPS_TRY(revision(store, &now));
    *changed = !s->has_watched || now != s->seen_revision;
    s->has_watched = true;
    s->seen_revision = now;
    return TPS_OK;
}

static uint64_t clock_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static tps_status wait_for_change(tps_store *store, uint32_t timeout_ms, int wake_fd, bool *changed)
{
    struct pollfd wake = {.fd = wake_fd, .events = POLLIN};
    uint64_t end = clock_ms() + timeout_ms;

    for (;;) {
        uint64_t now = clock_ms();
        uint64_t left = now < end ? end - now : 0;

        TPS_TRY(look(store, changed));
        if (*changed || left == 0 ||
            poll(&wake, 1, left < LOOK_EVERY_MS ? (int)left : LOOK_EVERY_MS) > 0) { /* EINTR: looks again */
            return TPS_OK;
        }
    }
}

static tps_status generation(tps_store *store, char out[TPS_STORE_GENERATION_MAX])
{
    tps_sqlite_store *s = tps_sqlite_from(store);
    sqlite3_stmt *import = tps_sqlite_get(s, TPS_SQL_GET_IMPORT);
    int64_t number;
    int rc;

    if (import == NULL) {
        return TPS_STORE_FAILED;
    }
    rc = sqlite3_step(import);
    (void)sqlite3_reset(import);
    if (rc == SQLITE_ROW) {
        (void)snprintf(s->reason, sizeof(s->reason), "the store is being filled from another one");
        return TPS_STORE_AWAY;
    }
    TPS_TRY(tps_sqlite_status(s, rc));
    TPS_TRY(tps_sqlite_state(s, "generation", &number));
    (void)snprintf(out, TPS_STORE_GENERATION_MAX, "%016llx", (unsigned long long)number);
    return TPS_OK;
}

/* ---- the handle ---- */

static void do_close(tps_store *store)
{
    tps_sqlite_store *s = tps_sqlite_from(store);

    for (int i = 0; i < TPS_SQL_COUNT; i++) {
        (void)sqlite3_finalize(s->statements[i]);
    }
    (void)sqlite3_close(s->db);
    free(s);
}

static const char *explain(tps_store *store)
{
    return tps_sqlite_from(store)->reason;
}

static const tps_store_ops operations = {
    .close = do_close,
    .explain = explain,
    .begin_group = begin_group,
    .commit_group = commit_group,
    .abandon_group = abandon_group,
    .revision = revision,
    .wait_for_change = wait_for_change,
    .generation = generation,
    .create_tenant = tps_sqlite_create_tenant,
    .find_tenant = tps_sqlite_find_tenant,
    .each_tenant = tps_sqlite_each_tenant,
    .set_settings = tps_sqlite_set_settings,
    .set_secret = tps_sqlite_set_secret,
    .remove_tenant = tps_sqlite_remove_tenant,
    .put_item = tps_sqlite_put_item,
    .remove_item = tps_sqlite_remove_item,
    .find_item = tps_sqlite_find_item,
    .each_item = tps_sqlite_each_item,
    .put_sessions = tps_sqlite_put_sessions,
    .find_session = tps_sqlite_find_session,
    .find_nonce = tps_sqlite_find_nonce,
    .claim_sessions = tps_sqlite_claim_sessions,
    .prune = tps_sqlite_prune,
    .append_audit = tps_sqlite_append_audit,
    .each_audit = tps_sqlite_each_audit,
    .begin_snapshot = tps_sqlite_begin_snapshot,
    .end_snapshot = tps_sqlite_end_snapshot,
    .watermark = tps_sqlite_watermark,
    .each_session = tps_sqlite_each_session,
    .each_nonce = tps_sqlite_each_nonce,
    .begin_import = tps_sqlite_begin_import,
    .import_tenant = tps_sqlite_import_tenant,
    .import_item = tps_sqlite_import_item,
    .import_session = tps_sqlite_import_session,
    .import_nonce = tps_sqlite_import_nonce,
    .import_audit = tps_sqlite_import_audit,
    .end_import = tps_sqlite_end_import,
};

tps_status tps_sqlite_store_open(const char *path, tps_store **store, char *explanation,
                                 size_t explanation_size)
{
    return tps_sqlite_store_open_as(path, TPS_SQLITE_SCHEMA_VERSION, store, explanation, explanation_size);
}

tps_status tps_sqlite_store_open_as(const char *path, int version, tps_store **store, char *explanation,
                                    size_t explanation_size)
{
    tps_sqlite_store *s = calloc(1, sizeof(*s));
    tps_status status;

    if (s == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    s->store.ops = &operations;
    forget(s);
    status = tps_sqlite_open(path, version, &s->db, explanation, explanation_size);
    if (status != TPS_OK) {
        free(s);
        return status;
    }
    *store = &s->store;
    return TPS_OK;
}
