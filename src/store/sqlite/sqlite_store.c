/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SQLite store. Each statement is prepared on its first use and kept. An operation outside a group that
 * writes several rows makes a transaction of its own; one inside a group uses a savepoint only where it
 * writes several rows.
 */
#include "store/sqlite/sqlite_store.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/schema.h"
#include "tps/secret.h"

#define BUMP "UPDATE state SET value=value+1 WHERE name='revision'"

/* Every statement, by name. */
#define STATEMENTS(X)                                                                                 \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                       \
    X(COMMIT, "COMMIT")                                                                               \
    X(ROLLBACK, "ROLLBACK")                                                                           \
    X(SAVE, "SAVEPOINT one")                                                                          \
    X(RELEASE, "RELEASE one")                                                                         \
    X(UNDO, "ROLLBACK TO one")                                                                        \
    X(REVISION, "SELECT value FROM state WHERE name='revision'")                                      \
    X(BUMP_REVISION, BUMP)                                                                            \
    X(CREATE_TENANT, "INSERT INTO tenants(name,allow_unsigned,signing_key,created)"                   \
                     " VALUES(?1,?2,?3,?4)")                                                          \
    X(FIND_TENANT, "SELECT id,name,allow_unsigned,signing_key FROM tenants WHERE name=?1")            \
    X(EACH_TENANT, "SELECT id,name,allow_unsigned,signing_key FROM tenants ORDER BY name")            \
    X(ADD_ANCHOR, "INSERT INTO anchors(tenant,sha256,certificate,added) VALUES(?1,?2,?3,?4)")         \
    X(EACH_ANCHOR, "SELECT certificate FROM anchors WHERE tenant=?1 ORDER BY id")                     \
    X(ADD_ENDORSEMENT, "INSERT INTO endorsements(tenant,sha256,corim,submitted) VALUES(?1,?2,?3,?4)") \
    X(EACH_ENDORSEMENT, "SELECT corim FROM endorsements WHERE tenant=?1 ORDER BY id")                 \
    X(PUT_RESULT, "INSERT INTO results(tenant,session,nonce,type,evidence_sha256,result,expires)"     \
                  " VALUES(?1,?2,?3,?4,?5,?6,?7)")                                                    \
    X(PUT_CLIENT_NONCE, "INSERT INTO client_nonces(tenant,nonce) VALUES(?1,?2)")                      \
    X(FIND_NONCE, "SELECT 1 FROM client_nonces WHERE tenant=?1 AND nonce=?2"                          \
                  " UNION ALL SELECT 1 FROM results WHERE tenant=?1 AND nonce=?2 LIMIT 1")            \
    X(FIND_RESULT, "SELECT nonce,type,evidence_sha256,result,expires FROM results"                    \
                   " WHERE session=?2 AND tenant=?1 AND expires>?3 AND result IS NOT NULL")           \
    X(REMOVE_RESULT, "UPDATE results SET result=NULL"                                                 \
                     " WHERE session=?2 AND tenant=?1 AND expires>?3 AND result IS NOT NULL")         \
    X(PRUNE, "DELETE FROM results WHERE id IN (SELECT id FROM results ORDER BY id LIMIT ?2) AND expires<=?1")

enum {
#define STATEMENT_INDEX(name, sql) SQL_##name,
    STATEMENTS(STATEMENT_INDEX)
#undef STATEMENT_INDEX
        SQL_COUNT
};

static const char *const statement_texts[SQL_COUNT] = {
#define STATEMENT_TEXT(name, sql) sql,
    STATEMENTS(STATEMENT_TEXT)
#undef STATEMENT_TEXT
};

typedef struct {
    tps_store store; /* first: a tps_store * is one of these */
    sqlite3 *db;
    sqlite3_stmt *statements[SQL_COUNT];
    bool in_group;
} sqlite_store;

static sqlite_store *from(tps_store *store)
{
    return (sqlite_store *)(void *)store;
}

/* ---- statements ---- */

static sqlite3_stmt *get_statement(sqlite_store *s, int which)
{
    if (s->statements[which] == NULL) {
        (void)sqlite3_prepare_v3(s->db, statement_texts[which], -1, SQLITE_PREPARE_PERSISTENT,
                                 &s->statements[which], NULL);
    }
    return s->statements[which];
}

static void bind_int(sqlite3_stmt *statement, int at, int64_t value)
{
    (void)sqlite3_bind_int64(statement, at, value);
}

/* An empty blob is not NULL. */
static void bind_blob(sqlite3_stmt *statement, int at, tps_span bytes)
{
    (void)sqlite3_bind_blob64(statement, at, bytes.size == 0 ? "" : (const void *)bytes.data, bytes.size,
                              SQLITE_STATIC);
}

static void bind_text(sqlite3_stmt *statement, int at, tps_span text)
{
    (void)sqlite3_bind_text64(statement, at, text.size == 0 ? "" : (const char *)text.data, text.size,
                              SQLITE_STATIC, SQLITE_UTF8);
}

static tps_span column_bytes(sqlite3_stmt *statement, int at)
{
    const void *data = sqlite3_column_blob(statement, at);

    return tps_span_make(data, (size_t)sqlite3_column_bytes(statement, at));
}

static tps_status status_of(int rc)
{
    if (rc == SQLITE_CONSTRAINT_FOREIGNKEY) {
        return TPS_NOT_FOUND; /* of the tenant */
    }
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return TPS_OK;
    case SQLITE_CONSTRAINT: return TPS_STORE_EXISTS;
    case SQLITE_NOMEM: return TPS_OUT_OF_MEMORY;
    default: return TPS_STORE_FAILED;
    }
}

/* Runs a bound statement that returns no rows, and readies it for its next use. */
static tps_status finish(sqlite3_stmt *statement)
{
    int rc = sqlite3_step(statement);

    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return status_of(rc);
}

static tps_status run(sqlite_store *s, int which)
{
    sqlite3_stmt *statement = get_statement(s, which);

    return statement == NULL ? TPS_STORE_FAILED : finish(statement);
}

/* ---- several rows, all or none ---- */

static tps_status begin_rows(sqlite_store *s)
{
    return run(s, s->in_group ? SQL_SAVE : SQL_BEGIN);
}

static tps_status end_rows(sqlite_store *s, tps_status status)
{
    if (status == TPS_OK) {
        status = run(s, s->in_group ? SQL_RELEASE : SQL_COMMIT);
        if (status == TPS_OK) {
            return TPS_OK;
        }
    }
    if (s->in_group) {
        (void)run(s, SQL_UNDO);
        (void)run(s, SQL_RELEASE);
    } else {
        (void)run(s, SQL_ROLLBACK);
    }
    return status;
}

/* Adds a row that others must notice: the revision grows with it. */
static tps_status finish_noticed(sqlite_store *s, sqlite3_stmt *statement)
{
    tps_status status = begin_rows(s);

    if (status != TPS_OK) {
        (void)sqlite3_clear_bindings(statement);
        return status;
    }
    status = finish(statement);
    if (status == TPS_OK) {
        status = run(s, SQL_BUMP_REVISION);
    }
    return end_rows(s, status);
}

/* ---- the operations ---- */

static void do_close(tps_store *store)
{
    sqlite_store *s = from(store);

    for (int i = 0; i < SQL_COUNT; i++) {
        (void)sqlite3_finalize(s->statements[i]);
    }
    (void)sqlite3_close(s->db);
    free(s);
}

static const char *do_explain(tps_store *store)
{
    return sqlite3_errmsg(from(store)->db);
}

static tps_status do_begin_group(tps_store *store)
{
    sqlite_store *s = from(store);

    TPS_TRY(run(s, SQL_BEGIN));
    s->in_group = true;
    return TPS_OK;
}

static void do_abandon_group(tps_store *store)
{
    sqlite_store *s = from(store);

    (void)run(s, SQL_ROLLBACK);
    s->in_group = false;
}

static tps_status do_commit_group(tps_store *store)
{
    sqlite_store *s = from(store);
    tps_status status = run(s, SQL_COMMIT);

    if (status != TPS_OK) {
        do_abandon_group(store);
    }
    s->in_group = false;
    return status;
}

static tps_status do_revision(tps_store *store, int64_t *revision)
{
    sqlite3_stmt *statement = get_statement(from(store), SQL_REVISION);
    int rc = statement == NULL ? SQLITE_ERROR : sqlite3_step(statement);

    if (rc == SQLITE_ROW) {
        *revision = sqlite3_column_int64(statement, 0);
    }
    (void)sqlite3_reset(statement);
    return rc == SQLITE_ROW ? TPS_OK : TPS_STORE_FAILED;
}

static tps_status do_create_tenant(tps_store *store, const tps_store_tenant *tenant, int64_t now)
{
    sqlite3_stmt *statement = get_statement(from(store), SQL_CREATE_TENANT);

    if (!tps_store_tenant_name_is_valid(tenant->name)) {
        return TPS_BAD_ARGUMENT;
    }
    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    bind_text(statement, 1, tps_span_of_text(tenant->name));
    bind_int(statement, 2, tenant->allow_unsigned);
    bind_blob(statement, 3, TPS_SPAN_OF(tenant->signing_key));
    bind_int(statement, 4, now);
    return finish_noticed(from(store), statement);
}

static tps_status read_tenant(sqlite3_stmt *row, tps_store_tenant *tenant)
{
    tps_span name = column_bytes(row, 1);
    tps_span key = column_bytes(row, 3);

    memset(tenant, 0, sizeof(*tenant));
    if (name.size > TPS_STORE_TENANT_NAME_MAX || key.size != TPS_STORE_SIGNING_KEY_SIZE) {
        return TPS_STORE_FAILED;
    }
    tenant->id = sqlite3_column_int64(row, 0);
    memcpy(tenant->name, name.data, name.size);
    tenant->allow_unsigned = sqlite3_column_int(row, 2) != 0;
    memcpy(tenant->signing_key, key.data, key.size);
    return TPS_OK;
}

static tps_status do_find_tenant(tps_store *store, const char *name, tps_store_tenant *tenant)
{
    sqlite3_stmt *statement = get_statement(from(store), SQL_FIND_TENANT);
    tps_status status = TPS_STORE_FAILED;
    int rc;

    if (statement == NULL) {
        return status;
    }
    bind_text(statement, 1, tps_span_of_text(name));
    rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW) {
        status = read_tenant(statement, tenant);
    } else if (rc == SQLITE_DONE) {
        status = TPS_NOT_FOUND;
    }
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return status;
}

static tps_status do_each_tenant(tps_store *store, tps_store_visit_tenant visit, void *context)
{
    sqlite3_stmt *statement = get_statement(from(store), SQL_EACH_TENANT);
    tps_status status = statement == NULL ? TPS_STORE_FAILED : TPS_OK;
    tps_store_tenant tenant;
    int rc = SQLITE_DONE;

    while (status == TPS_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        status = read_tenant(statement, &tenant);
        if (status == TPS_OK) {
            status = visit(context, &tenant);
        }
    }
    (void)sqlite3_reset(statement);
    tps_wipe(&tenant, sizeof(tenant));
    return status == TPS_OK ? status_of(rc) : status;
}

/* Anchors and endorsements are kept alike. */
static tps_status add_bytes(tps_store *store, int which, int64_t tenant, const uint8_t sha256[32],
                            tps_span bytes, int64_t now)
{
    sqlite3_stmt *statement = get_statement(from(store), which);

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    bind_int(statement, 1, tenant);
    bind_blob(statement, 2, tps_span_make(sha256, 32));
    bind_blob(statement, 3, bytes);
    bind_int(statement, 4, now);
    return finish_noticed(from(store), statement);
}

static tps_status each_bytes(tps_store *store, int which, int64_t tenant, tps_store_visit_bytes visit,
                             void *context)
{
    sqlite3_stmt *statement = get_statement(from(store), which);
    tps_status status = TPS_OK;
    int rc = SQLITE_DONE;

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    bind_int(statement, 1, tenant);
    while (status == TPS_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        status = visit(context, column_bytes(statement, 0));
    }
    (void)sqlite3_reset(statement);
    return status == TPS_OK ? status_of(rc) : status;
}

static tps_status do_add_anchor(tps_store *store, int64_t tenant, const uint8_t sha256[32], tps_span der,
                                int64_t now)
{
    return add_bytes(store, SQL_ADD_ANCHOR, tenant, sha256, der, now);
}

static tps_status do_each_anchor(tps_store *store, int64_t tenant, tps_store_visit_bytes visit, void *context)
{
    return each_bytes(store, SQL_EACH_ANCHOR, tenant, visit, context);
}

static tps_status do_add_endorsement(tps_store *store, int64_t tenant, const uint8_t sha256[32],
                                     tps_span corim, int64_t now)
{
    return add_bytes(store, SQL_ADD_ENDORSEMENT, tenant, sha256, corim, now);
}

static tps_status do_each_endorsement(tps_store *store, int64_t tenant, tps_store_visit_bytes visit,
                                      void *context)
{
    return each_bytes(store, SQL_EACH_ENDORSEMENT, tenant, visit, context);
}

static tps_status put_result_row(sqlite_store *s, const tps_store_result *result)
{
    sqlite3_stmt *statement = get_statement(s, SQL_PUT_RESULT);

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    bind_int(statement, 1, result->tenant);
    bind_blob(statement, 2, TPS_SPAN_OF(result->session));
    bind_blob(statement, 3, result->nonce);
    bind_text(statement, 4, result->type);
    bind_blob(statement, 5, TPS_SPAN_OF(result->evidence_sha256));
    bind_text(statement, 6, result->result);
    bind_int(statement, 7, result->expires);
    return finish(statement);
}

static tps_status put_client_nonce(sqlite_store *s, const tps_store_result *result)
{
    sqlite3_stmt *statement = get_statement(s, SQL_PUT_CLIENT_NONCE);

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    bind_int(statement, 1, result->tenant);
    bind_blob(statement, 2, result->nonce);
    return finish(statement);
}

static tps_status do_put_result(tps_store *store, const tps_store_result *result)
{
    sqlite_store *s = from(store);
    tps_status status;

    if (result->nonce.size == 0 || result->nonce.size > TPS_STORE_NONCE_MAX) {
        return TPS_BAD_ARGUMENT;
    }
    if (!result->nonce_from_client) {
        return put_result_row(s, result);
    }
    TPS_TRY(begin_rows(s));
    status = put_client_nonce(s, result);
    if (status == TPS_OK) {
        status = put_result_row(s, result);
    }
    return end_rows(s, status);
}

static tps_status do_find_nonce(tps_store *store, int64_t tenant, tps_span nonce)
{
    sqlite3_stmt *statement = get_statement(from(store), SQL_FIND_NONCE);
    int rc;

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    bind_int(statement, 1, tenant);
    bind_blob(statement, 2, nonce);
    rc = sqlite3_step(statement);
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return rc == SQLITE_DONE ? TPS_NOT_FOUND : status_of(rc);
}

static void bind_session(sqlite3_stmt *statement, int64_t tenant, const uint8_t *session, int64_t now)
{
    bind_int(statement, 1, tenant);
    bind_blob(statement, 2, tps_span_make(session, TPS_STORE_SESSION_ID_SIZE));
    bind_int(statement, 3, now);
}

static tps_status read_result(sqlite3_stmt *row, tps_store_result *result)
{
    tps_span digest = column_bytes(row, 2);

    if (digest.size != sizeof(result->evidence_sha256)) {
        return TPS_STORE_FAILED;
    }
    result->nonce = column_bytes(row, 0);
    result->type = column_bytes(row, 1);
    memcpy(result->evidence_sha256, digest.data, digest.size);
    result->result = column_bytes(row, 3);
    result->expires = sqlite3_column_int64(row, 4);
    return TPS_OK;
}

static tps_status do_find_result(tps_store *store, int64_t tenant,
                                 const uint8_t session[TPS_STORE_SESSION_ID_SIZE], int64_t now,
                                 tps_store_visit_result visit, void *context)
{
    sqlite3_stmt *statement = get_statement(from(store), SQL_FIND_RESULT);
    tps_store_result result = {.tenant = tenant};
    tps_status status;
    int rc;

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    memcpy(result.session, session, sizeof(result.session));
    bind_session(statement, tenant, session, now);
    rc = sqlite3_step(statement);
    status = rc == SQLITE_ROW ? read_result(statement, &result) : status_of(rc);
    if (status == TPS_OK) {
        status = rc == SQLITE_ROW ? visit(context, &result) : TPS_NOT_FOUND;
    }
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return status;
}

static tps_status do_remove_result(tps_store *store, int64_t tenant,
                                   const uint8_t session[TPS_STORE_SESSION_ID_SIZE], int64_t now)
{
    sqlite3_stmt *statement = get_statement(from(store), SQL_REMOVE_RESULT);

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    bind_session(statement, tenant, session, now);
    TPS_TRY(finish(statement));
    return sqlite3_changes(from(store)->db) > 0 ? TPS_OK : TPS_NOT_FOUND;
}

static tps_status do_prune(tps_store *store, int64_t now, size_t limit)
{
    sqlite3_stmt *statement = get_statement(from(store), SQL_PRUNE);

    if (statement == NULL) {
        return TPS_STORE_FAILED;
    }
    bind_int(statement, 1, now);
    bind_int(statement, 2, (int64_t)limit);
    return finish(statement);
}

static const tps_store_ops operations = {
    .close = do_close,
    .explain = do_explain,
    .begin_group = do_begin_group,
    .commit_group = do_commit_group,
    .abandon_group = do_abandon_group,
    .revision = do_revision,
    .create_tenant = do_create_tenant,
    .find_tenant = do_find_tenant,
    .each_tenant = do_each_tenant,
    .add_anchor = do_add_anchor,
    .each_anchor = do_each_anchor,
    .add_endorsement = do_add_endorsement,
    .each_endorsement = do_each_endorsement,
    .put_result = do_put_result,
    .find_nonce = do_find_nonce,
    .find_result = do_find_result,
    .remove_result = do_remove_result,
    .prune = do_prune,
};

/* ---- opening ---- */

/*
 * The file holds private keys: nobody but its owner may ever read it, not even for the moment it is being
 * made. A file that exists must not be opened here: closing it again would drop the locks of every other
 * handle that this process has on it (POSIX ties locks to files, not descriptors), and with them SQLite's
 * knowledge that the log is in use.
 */
static bool make_private(const char *path)
{
    struct stat info;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd >= 0) {
        (void)close(fd);
        return true;
    }
    if (errno != EEXIST || stat(path, &info) != 0) {
        return false;
    }
    errno = S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
    return S_ISREG(info.st_mode);
}

/* Others could read it before this, too. Only of what is known to be a store: a path may be a slip. */
static tps_status keep_private(const char *path)
{
    struct stat info;

    if (stat(path, &info) != 0 || ((info.st_mode & 0777) != 0600 && chmod(path, 0600) != 0)) {
        return TPS_STORE_FAILED;
    }
    return TPS_OK;
}

static void explain_to(char *out, size_t size, const char *text)
{
    if (out != NULL && size > 0) {
        (void)snprintf(out, size, "%s", text);
    }
}

tps_status tps_sqlite_store_open(const char *path, tps_store **store, char *explanation,
                                 size_t explanation_size)
{
    sqlite_store *s;
    tps_status status;

    if (!make_private(path)) {
        explain_to(explanation, explanation_size, strerror(errno));
        return TPS_STORE_FAILED;
    }
    s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    s->store.ops = &operations;
    status = status_of(sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));
    if (status == TPS_OK) {
        (void)sqlite3_extended_result_codes(s->db, 1);
        status = tps_sqlite_schema_prepare(s->db);
    }
    if (status == TPS_OK) {
        status = keep_private(path);
    }
    if (status != TPS_OK) {
        const char *text = s->db == NULL || sqlite3_errcode(s->db) == SQLITE_OK
                               ? "it is not a store of opentps"
                               : sqlite3_errmsg(s->db);

        explain_to(explanation, explanation_size, status == TPS_STORE_NEWER ? "" : text);
        do_close(&s->store);
        return status;
    }
    *store = &s->store;
    return TPS_OK;
}
