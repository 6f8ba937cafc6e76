/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PostgreSQL store: handles, groups, and how a handle hears of changes. What is kept is in files of its
 * own beside this one.
 */
#include "store/postgresql/postgresql_store.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/postgresql/internal.h"
#include "store/postgresql/schema.h"
#include "tps/secret.h"

/* ---- transactions ---- */

static void forget_group(tps_pg_store *s)
{
    s->group = TPS_PG_NO_GROUP;
    s->begun = false;
    s->has_changed = false;
    s->has_changes_lock = false;
    s->has_sessions_lock = false;
    s->has_prune = false;
}

/* What was done in a group is lost with its connection: it must not go on over the next one. */
static tps_status check_group(tps_pg_store *s)
{
    if (s->c.conn != NULL && s->c.connects == s->group_connects) {
        return TPS_OK;
    }
    return s->c.why[0] != '\0'
               ? TPS_STORE_AWAY
               : tps_pg_fail(&s->c, TPS_STORE_AWAY, "the database: the connection broke within a group");
}

tps_status tps_pg_begin_reading(tps_pg_store *s)
{
    if (s->group == TPS_PG_NO_GROUP) {
        return tps_pg_connect(&s->c, false);
    }
    TPS_TRY(check_group(s));
    if (!s->begun) {
        s->begun = true;
        tps_pg_send_quietly(&s->c, s->group == TPS_PG_SNAPSHOT ? TPS_PG_BEGIN_SNAPSHOT : TPS_PG_BEGIN);
        if (s->group == TPS_PG_SNAPSHOT) {
            tps_pg_send_quietly(&s->c, TPS_PG_STAY);
        }
    }
    return TPS_OK;
}

static tps_status begin(tps_pg_store *s, uint32_t group)
{
    if (s->group != TPS_PG_NO_GROUP) {
        return tps_pg_fail(&s->c, TPS_STORE_FAILED, "there is a group already");
    }
    TPS_TRY(tps_pg_connect(&s->c, false));
    s->group = group;
    s->group_connects = s->c.connects;
    return TPS_OK;
}

static tps_status do_begin_group(tps_store *store)
{
    return begin(tps_pg_from(store), TPS_PG_GROUP);
}

/* The line that explains is of what went wrong before. */
static void roll_back(tps_pg_store *s)
{
    char why[TPS_PG_WHY_SIZE];

    if (s->begun && s->c.conn != NULL && s->c.connects == s->group_connects) {
        memcpy(why, s->c.why, sizeof(why));
        tps_pg_send(&s->c, TPS_PG_ROLLBACK, NULL);
        tps_pg_sync(&s->c);
        tps_pg_pass(&s->c);
        if (tps_pg_end(&s->c) != TPS_OK) {
            tps_pg_drop(&s->c);
        }
        memcpy(s->c.why, why, sizeof(why));
    }
    forget_group(s);
}

static void do_abandon_group(tps_store *store)
{
    roll_back(tps_pg_from(store));
}

/* Of a transaction that failed, COMMIT is answered ROLLBACK; of one that may not be on the standby, after a
 * warning. */
static tps_status take_commit(tps_pg_store *s)
{
    PGresult *result = tps_pg_take(&s->c);
    bool is_committed = result != NULL && strcmp(PQcmdStatus(result), "COMMIT") == 0;
    tps_status status = tps_pg_end(&s->c);

    PQclear(result);
    if (status == TPS_OK && s->c.warned) {
        tps_pg_drop(&s->c);
        return tps_pg_fail(&s->c, TPS_STORE_AWAY, "the database: it may have committed on one server only");
    }
    if (status == TPS_OK && !is_committed) {
        return tps_pg_fail(&s->c, TPS_STORE_FAILED, "the database: the group had failed before");
    }
    return status;
}

static tps_status send_commit(tps_pg_store *s, bool *more)
{
    if (s->has_prune) {
        tps_pg_send_prune(s);
    }
    if (s->has_changed) {
        tps_pg_send(&s->c, TPS_PG_NOTIFY, NULL);
    }
    s->c.warned = false;
    tps_pg_send(&s->c, TPS_PG_COMMIT, NULL);
    tps_pg_sync(&s->c);
    if (s->has_prune) {
        (void)tps_pg_take_prune(s, more);
    }
    if (s->has_changed) {
        tps_pg_pass(&s->c);
    }
    return take_commit(s);
}

static tps_status do_commit_group(tps_store *store)
{
    tps_pg_store *s = tps_pg_from(store);
    bool more = false;
    tps_status status;

    if (s->group != TPS_PG_GROUP) {
        return tps_pg_fail(&s->c, TPS_STORE_FAILED, "there is no group");
    }
    status = check_group(s);
    if (status == TPS_OK && (s->begun || s->has_prune)) {
        status = tps_pg_begin_reading(s);
        status = status == TPS_OK ? send_commit(s, &more) : status;
    }
    if (status != TPS_OK) {
        roll_back(s);
    }
    forget_group(s);
    if (more) {
        /* The group is committed, whatever becomes of this; about once a second. */
        (void)tps_pg_raise_watermark(s, s->prune_now, s->prune_limit);
    }
    return status;
}

tps_status tps_pg_begin_writing(tps_pg_store *s, bool *own)
{
    *own = false;
    if (s->group == TPS_PG_SNAPSHOT) {
        return tps_pg_fail(&s->c, TPS_STORE_FAILED, "a snapshot is only read");
    }
    if (s->group == TPS_PG_NO_GROUP) {
        TPS_TRY(begin(s, TPS_PG_GROUP));
        *own = true;
    }
    return tps_pg_begin_reading(s);
}

tps_status tps_pg_end_writing(tps_pg_store *s, bool own, tps_status status)
{
    if (!own) {
        return status;
    }
    if (status == TPS_OK) {
        return do_commit_group(&s->store);
    }
    roll_back(s);
    return status;
}

void tps_pg_lock_changes(tps_pg_store *s)
{
    if (!s->has_changes_lock) {
        s->has_changes_lock = true;
        tps_pg_send_quietly(&s->c, TPS_PG_LOCK_CHANGES);
    }
}

static tps_status do_begin_snapshot(tps_store *store)
{
    return begin(tps_pg_from(store), TPS_PG_SNAPSHOT);
}

/* ---- changes ---- */

int64_t tps_pg_take_number(tps_pg_connection *c)
{
    PGresult *result = tps_pg_take(c);
    int64_t number = result != NULL && PQntuples(result) == 1 ? tps_pg_int(result, 0, 0) : 0;

    PQclear(result);
    return number;
}

static tps_status do_revision(tps_store *store, int64_t *revision)
{
    tps_pg_store *s = tps_pg_from(store);
    int64_t number;

    TPS_TRY(tps_pg_begin_reading(s));
    tps_pg_send(&s->c, TPS_PG_REVISION, NULL);
    tps_pg_sync(&s->c);
    number = tps_pg_take_number(&s->c);
    TPS_TRY(tps_pg_end(&s->c));
    *revision = number;
    return TPS_OK;
}

static tps_status do_generation(tps_store *store, char generation[TPS_STORE_GENERATION_MAX])
{
    tps_pg_store *s = tps_pg_from(store);
    PGresult *result;

    TPS_TRY(s->group == TPS_PG_NO_GROUP ? tps_pg_connect(&s->c, false) : check_group(s));
    if (s->c.importing) {
        TPS_TRY(tps_pg_begin_reading(s));
        tps_pg_send(&s->c, TPS_PG_IMPORTING, NULL);
        tps_pg_sync(&s->c);
        result = tps_pg_take(&s->c);
        s->c.importing = result == NULL || PQntuples(result) != 1 || PQgetlength(result, 0, 0) != 0;
        PQclear(result);
        TPS_TRY(tps_pg_end(&s->c));
    }
    if (s->c.importing) {
        return tps_pg_fail(&s->c, TPS_STORE_AWAY, "the store is being filled from another one");
    }
    memcpy(generation, s->c.generation, TPS_STORE_GENERATION_MAX);
    return TPS_OK;
}

/* ---- waiting for changes ---- */

static void drop_notifications(tps_pg_connection *c, bool *any)
{
    PGnotify *notification;

    while ((notification = PQnotifies(c->conn)) != NULL) {
        PQfreemem(notification);
        *any = true;
    }
}

/* Listening comes before reading the revision: a change is in the one or told by the other. */
static tps_status look(tps_pg_store *s, bool *changed)
{
    int64_t revision;
    bool any = false;

    TPS_TRY(tps_pg_begin_reading(s));
    if (s->listening != s->c.connects) {
        tps_pg_send(&s->c, TPS_PG_LISTEN, NULL);
        tps_pg_sync(&s->c);
        tps_pg_pass(&s->c);
        TPS_TRY(tps_pg_end(&s->c));
        s->listening = s->c.connects;
    }
    drop_notifications(&s->c, &any);
    TPS_TRY(do_revision(&s->store, &revision));
    *changed = revision != s->seen_revision || s->c.connects != s->seen_connects;
    s->seen_revision = revision;
    s->seen_connects = s->c.connects;
    return TPS_OK;
}

/* Until a notification comes, or the connection breaks, or a second is over. */
static tps_status wait_for_news(tps_pg_store *s, int wake_fd, int64_t until)
{
    bool any = false;
    int64_t next_look = tps_pg_now() + 1000;
    struct pollfd wake = {.fd = wake_fd, .events = POLLIN};

    until = until < next_look ? until : next_look;
    drop_notifications(&s->c, &any);
    while (!any && tps_pg_now() < until && (wake_fd < 0 || poll(&wake, 1, 0) <= 0)) {
        TPS_TRY(tps_pg_wait(&s->c, wake_fd, until));
        drop_notifications(&s->c, &any);
    }
    return TPS_OK;
}

/* So that a caller who asks again and again does not spin while the database is away. */
static void wait_for_next_attempt(tps_pg_store *s, int wake_fd, int64_t until)
{
    struct pollfd wake = {.fd = wake_fd, .events = POLLIN};
    int64_t end = s->c.retry_at < until ? s->c.retry_at : until;
    int64_t left = end - tps_pg_now();

    if (s->c.conn == NULL && left > 0) {
        (void)poll(&wake, 1, (int)left);
    }
}

static tps_status wait_for_change(tps_pg_store *s, int wake_fd, int64_t until, bool *changed)
{
    struct pollfd wake = {.fd = wake_fd, .events = POLLIN};

    for (;;) {
        TPS_TRY(look(s, changed));
        if (*changed || tps_pg_now() >= until || (wake_fd >= 0 && poll(&wake, 1, 0) > 0)) {
            return TPS_OK;
        }
        TPS_TRY(wait_for_news(s, wake_fd, until));
    }
}

static tps_status do_wait_for_change(tps_store *store, uint32_t timeout_ms, int wake_fd, bool *changed)
{
    tps_pg_store *s = tps_pg_from(store);
    int64_t until = tps_pg_now() + timeout_ms;
    tps_status status;

    if (s->group != TPS_PG_NO_GROUP) {
        return tps_pg_fail(&s->c, TPS_STORE_FAILED, "a group does not wait for changes");
    }
    status = wait_for_change(s, wake_fd, until, changed);
    if (status != TPS_OK) {
        wait_for_next_attempt(s, wake_fd, until);
    }
    return status;
}

/* ---- handles ---- */

static const char *do_explain(tps_store *store)
{
    return tps_pg_from(store)->c.why;
}

static void do_close(tps_store *store)
{
    tps_pg_store *s = tps_pg_from(store);

    tps_pg_drop(&s->c);
    if (s->c.url != NULL) {
        tps_wipe(s->c.url, strlen(s->c.url)); /* it may hold a password */
    }
    free(s->c.url);
    free(s);
}

static const tps_store_ops operations = {
    .close = do_close,
    .explain = do_explain,
    .begin_group = do_begin_group,
    .commit_group = do_commit_group,
    .abandon_group = do_abandon_group,
    .revision = do_revision,
    .wait_for_change = do_wait_for_change,
    .generation = do_generation,
    .create_tenant = tps_pg_create_tenant,
    .find_tenant = tps_pg_find_tenant,
    .each_tenant = tps_pg_each_tenant,
    .set_settings = tps_pg_set_settings,
    .set_secret = tps_pg_set_secret,
    .remove_tenant = tps_pg_remove_tenant,
    .put_item = tps_pg_put_item,
    .remove_item = tps_pg_remove_item,
    .find_item = tps_pg_find_item,
    .each_item = tps_pg_each_item,
    .put_sessions = tps_pg_put_sessions,
    .find_session = tps_pg_find_session,
    .find_nonce = tps_pg_find_nonce,
    .claim_sessions = tps_pg_claim_sessions,
    .prune = tps_pg_prune,
    .append_audit = tps_pg_append_audit,
    .each_audit = tps_pg_each_audit,
    .begin_snapshot = do_begin_snapshot,
    .end_snapshot = do_abandon_group,
    .watermark = tps_pg_watermark,
    .each_session = tps_pg_each_session,
    .each_nonce = tps_pg_each_nonce,
    .begin_import = tps_pg_begin_import,
    .import_tenant = tps_pg_import_tenant,
    .import_item = tps_pg_import_item,
    .import_session = tps_pg_import_session,
    .import_nonce = tps_pg_import_nonce,
    .import_audit = tps_pg_import_audit,
    .end_import = tps_pg_end_import,
};

static void explain_to(char *out, size_t size, const char *text)
{
    if (out != NULL && size > 0) {
        (void)snprintf(out, size, "%s", text);
    }
}

static tps_status open_store(tps_pg_store *s, const char *url)
{
    char *error = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &error);

    s->store.ops = &operations;
    if (options == NULL) {
        const char *why = error == NULL ? "out of memory" : error;
        /* What it puts in quotes is of the URL, which may have a password. */
        bool is_harmless = strchr(url, '@') == NULL && strstr(url, "password") == NULL;

        (void)tps_pg_fail(&s->c, TPS_BAD_ARGUMENT, "the URL: %.*s",
                          (int)(is_harmless ? strlen(why) : strcspn(why, "\"")), why);
        PQfreemem(error);
        return TPS_BAD_ARGUMENT;
    }
    PQconninfoFree(options);
    s->c.url = strdup(url);
    if (s->c.url == NULL) {
        return tps_pg_fail(&s->c, TPS_OUT_OF_MEMORY, "out of memory");
    }
    return tps_pg_connect(&s->c, true);
}

bool tps_postgresql_is_url(const char *url)
{
    return strncmp(url, "postgresql://", strlen("postgresql://")) == 0 ||
           strncmp(url, "postgres://", strlen("postgres://")) == 0;
}

tps_status tps_postgresql_store_open(const char *url, tps_store **store, char *explanation,
                                     size_t explanation_size)
{
    return tps_postgresql_store_open_as(url, TPS_PG_SCHEMA_VERSION, store, explanation, explanation_size);
}

tps_status tps_postgresql_store_open_as(const char *url, int version, tps_store **store, char *explanation,
                                        size_t explanation_size)
{
    tps_pg_store *s = calloc(1, sizeof(*s));
    tps_status status;

    if (s == NULL) {
        explain_to(explanation, explanation_size, "out of memory");
        return TPS_OUT_OF_MEMORY;
    }
    s->c.version = version;
    status = open_store(s, url);
    if (status != TPS_OK) {
        explain_to(explanation, explanation_size, s->c.why);
        do_close(&s->store);
        return status;
    }
    *store = &s->store;
    return TPS_OK;
}
