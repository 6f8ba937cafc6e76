/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the SQLite store share: the handle, its statements, transactions. Statements are prepared
 * on their first use and kept. An operation outside of a group that writes makes a transaction of its own;
 * within a group it uses a savepoint only where it could fail half-way and the group must go on.
 */
#ifndef TPS_STORE_SQLITE_INTERNAL_H
#define TPS_STORE_SQLITE_INTERNAL_H

#include <sqlite3.h>

#include "store/store.h"

/* Every statement, by name. ?NNN are bound by number. */
#define TPS_SQLITE_STATEMENTS(X)                                                                            \
    X(BEGIN_READ, "BEGIN")                                                                                  \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                             \
    X(COMMIT, "COMMIT")                                                                                     \
    X(ROLLBACK, "ROLLBACK")                                                                                 \
    X(SAVE, "SAVEPOINT one")                                                                                \
    X(RELEASE, "RELEASE one")                                                                               \
    X(UNDO, "ROLLBACK TO one")                                                                              \
    X(GET_STATE, "SELECT value FROM state WHERE name=?1")                                                   \
    X(RAISE_STATE, "UPDATE state SET value=max(value,?2) WHERE name=?1")                                    \
    X(NEXT_REVISION, "UPDATE state SET value=value+1 WHERE name='revision' RETURNING value")                \
    /* tenants */                                                                                           \
    X(CREATE_TENANT, "INSERT INTO tenants(id,name,settings,revision,created,secret)"                        \
                     " VALUES(nullif(?1,0),?2,?3,?4,?5,?6)")                                                \
    X(FIND_TENANT, "SELECT id,name,settings,revision,created,secret FROM tenants WHERE name=?1")            \
    X(EACH_TENANT, "SELECT id,name,settings,revision,created,secret FROM tenants ORDER BY name")            \
    X(TENANT_REVISION, "SELECT revision FROM tenants WHERE id=?1")                                          \
    X(TOUCH_TENANT, "UPDATE tenants SET revision=?2 WHERE id=?1")                                           \
    X(SET_SETTINGS, "UPDATE tenants SET revision=?2,settings=?3 WHERE id=?1")                               \
    X(SET_SECRET, "UPDATE tenants SET revision=?2,secret=?3 WHERE id=?1")                                   \
    X(DROP_TENANT, "DELETE FROM tenants WHERE id=?1")                                                       \
    X(DROP_ITEMS, "DELETE FROM items WHERE tenant=?1")                                                      \
    X(DROP_SESSIONS, "DELETE FROM sessions WHERE id IN"                                                     \
                     " (SELECT id FROM sessions INDEXED BY sessions_by_session WHERE tenant=?1)")           \
    X(DROP_NONCES, "DELETE FROM client_nonces WHERE tenant=?1")                                             \
    X(DROP_AUDIT, "DELETE FROM audit WHERE tenant=?1")                                                      \
    /* items */                                                                                             \
    X(ADD_ITEM, "INSERT INTO items(sequence,tenant,kind,name,changed,attributes,body)"                      \
                " VALUES(?1,?2,?3,?4,?5,?6,?7)")                                                            \
    X(SET_ITEM, "UPDATE items SET sequence=?1,changed=?5,attributes=?6,body=?7"                             \
                " WHERE tenant=?2 AND kind=?3 AND name=?4")                                                 \
    X(ITEM_SEQUENCE, "SELECT sequence FROM items WHERE tenant=?1 AND kind=?2 AND name=?3")                  \
    X(REMOVE_ITEM, "DELETE FROM items WHERE sequence=?1")                                                   \
    X(FIND_ITEM, "SELECT kind,name,attributes,length(body),sequence,changed,body FROM items"                \
                 " WHERE tenant=?1 AND kind=?2 AND name=?3")                                                \
    X(EACH_ITEM, "SELECT kind,name,attributes,length(body),sequence,changed,body FROM items"                \
                 " WHERE tenant=?1 AND sequence>?3 AND (?2=0 OR kind=?2) ORDER BY sequence LIMIT ?4")       \
    X(EACH_HEAD, "SELECT kind,name,attributes,length(body),sequence,changed FROM items"                     \
                 " WHERE tenant=?1 AND sequence>?3 AND (?2=0 OR kind=?2) ORDER BY sequence LIMIT ?4")       \
    /* sessions */                                                                                          \
    X(LAST_ROW, "SELECT id FROM sessions WHERE id>=?1 AND id<=?2 ORDER BY id DESC LIMIT 1")                 \
    X(ADD_SESSION, "INSERT INTO sessions(id,session,tenant,state,claimed,created,from_client,nonce,type,"   \
                   "evidence_sha256,result,evidence) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)")       \
    X(CANCEL_SESSION, "DELETE FROM sessions WHERE id=?1")                                                   \
    X(SESSION_STATE, "SELECT id,state,from_client,nonce FROM sessions WHERE session=?1 AND tenant=?2")      \
    X(SET_SESSION, "UPDATE sessions SET id=?2,state=?3,claimed=?4,type=?5,evidence_sha256=?6,result=?7,"    \
                   "evidence=?8 WHERE id=?1")                                                               \
    X(FIND_SESSION, "SELECT id,session,tenant,state,created,from_client,nonce,type,evidence_sha256,result," \
                    "evidence FROM sessions WHERE session=?1 AND tenant=?2")                                \
    X(READ_SESSION, "SELECT id,session,tenant,state,created,from_client,nonce,type,evidence_sha256,result," \
                    "evidence FROM sessions WHERE id=?1")                                                   \
    X(EACH_SESSION,                                                                                         \
      "SELECT id,session,tenant,state,created,from_client,nonce,type,evidence_sha256,result,"               \
      "evidence FROM sessions WHERE (session,tenant)>(?1,?2) ORDER BY session,tenant LIMIT ?3")             \
    X(LEFT_BEHIND, "SELECT id FROM sessions WHERE state=2 AND claimed<?1 AND id>=?2"                        \
                   " ORDER BY claimed LIMIT ?3")                                                            \
    X(CLAIM, "UPDATE sessions SET claimed=?2 WHERE id=?1")                                                  \
    X(LAST_TO_PRUNE, "SELECT max(id) FROM (SELECT id FROM sessions WHERE id<?1 ORDER BY id LIMIT ?2)")      \
    X(PRUNE, "DELETE FROM sessions WHERE id<=?1")                                                           \
    X(ADD_NONCE, "INSERT INTO client_nonces(tenant,nonce) VALUES(?1,?2)")                                   \
    X(FIND_NONCE, "SELECT 1 FROM client_nonces WHERE tenant=?1 AND nonce=?2")                               \
    X(EACH_NONCE, "SELECT nonce FROM client_nonces WHERE tenant=?1 AND nonce>?2 ORDER BY nonce LIMIT ?3")   \
    /* audit */                                                                                             \
    X(TENANT_NAME, "SELECT name FROM tenants WHERE id=?1")                                                  \
    X(LAST_AUDIT, "SELECT sequence,hash FROM audit WHERE tenant=?1 ORDER BY sequence DESC LIMIT 1")         \
    X(ADD_AUDIT, "INSERT INTO audit(tenant,sequence,time,hash,entry) VALUES(?1,?2,?3,?4,?5)")               \
    X(EACH_AUDIT, "SELECT sequence,time,hash,entry FROM audit WHERE tenant=?1 AND sequence>=?2"             \
                  " ORDER BY sequence LIMIT ?3")                                                            \
    /* import */                                                                                            \
    X(GET_IMPORT, "SELECT source FROM importing")                                                           \
    X(BEGIN_IMPORT, "INSERT INTO importing(source) VALUES(?1)")                                             \
    X(END_IMPORT, "DELETE FROM importing")                                                                  \
    X(ANY_TENANT, "SELECT 1 FROM tenants LIMIT 1")                                                          \
    /* Deleted keys and secrets leave no trace in the file; what is not secret is not worth the writing. */ \
    X(DELETE_SURELY, "PRAGMA secure_delete=ON")                                                             \
    X(DELETE_QUICKLY, "PRAGMA secure_delete=OFF")

enum {
#define TPS_SQLITE_STATEMENT_AS_ENUM(name, sql) TPS_SQL_##name,
    TPS_SQLITE_STATEMENTS(TPS_SQLITE_STATEMENT_AS_ENUM)
#undef TPS_SQLITE_STATEMENT_AS_ENUM
        TPS_SQL_COUNT
};

/* A session's row number is expires * 2^TPS_SQLITE_ROW_BITS + a number within that second. */
#define TPS_SQLITE_ROW_BITS  22
#define TPS_SQLITE_ROW_MASK  ((INT64_C(1) << TPS_SQLITE_ROW_BITS) - 1)
#define TPS_SQLITE_ROW_SLOTS 8u

/* The last row number of one second that this transaction knows. */
typedef struct {
    int64_t expires; /* -1: none */
    int64_t last;
} tps_sqlite_row_slot;

typedef struct {
    tps_store store; /* first: a tps_store * is one of these */
    sqlite3 *db;
    sqlite3_stmt *statements[TPS_SQL_COUNT];
    bool in_group;
    bool in_snapshot;
    bool has_watched;      /* wait_for_change was called */
    int64_t seen_revision; /* by wait_for_change */
    /* What is known while this handle has the lock for writing. */
    bool knows_watermark;
    int64_t watermark;
    tps_sqlite_row_slot rows[TPS_SQLITE_ROW_SLOTS];
    char reason[256]; /* of the last failure */
} tps_sqlite_store;

static inline tps_sqlite_store *tps_sqlite_from(tps_store *store)
{
    return (tps_sqlite_store *)(void *)store;
}

/* ---- statements.c ---- */

/* The statement, prepared; NULL when it cannot be, and then `reason` says why. */
sqlite3_stmt *tps_sqlite_get(tps_sqlite_store *s, int which);

void tps_sqlite_bind_int(sqlite3_stmt *statement, int at, int64_t value);
/* Both keep pointing to the bytes until the statement is reset. Empty ones are not NULL. */
void tps_sqlite_bind_blob(sqlite3_stmt *statement, int at, tps_span bytes);
void tps_sqlite_bind_text(sqlite3_stmt *statement, int at, tps_span text);

/* A column's bytes, until the next step or reset. */
tps_span tps_sqlite_column(sqlite3_stmt *row, int at);

/* The status for SQLite's result; on failure `reason` is set. Constraints are TPS_STORE_EXISTS. */
tps_status tps_sqlite_status(tps_sqlite_store *s, int rc);

/* Runs a bound statement without rows, and readies it for its next use; the bindings are dangling then, and
 * are set anew by whoever uses it next. */
tps_status tps_sqlite_finish(tps_sqlite_store *s, sqlite3_stmt *statement);

/* Runs a statement without parameters and rows. */
tps_status tps_sqlite_run(tps_sqlite_store *s, int which);

/* Runs a bound statement of at most one row, whose first column is an integer. TPS_NOT_FOUND: no row. */
tps_status tps_sqlite_read_int(tps_sqlite_store *s, sqlite3_stmt *statement, int64_t *value);

/* A number of the table `state`. */
tps_status tps_sqlite_state(tps_sqlite_store *s, const char *name, int64_t *value);

/* How many rows: SQLite's LIMIT has -1 for all. */
int64_t tps_sqlite_limit(size_t limit);

/* True for statuses that store.h names as answers: the operation changed nothing, the group goes on. */
bool tps_sqlite_is_answer(tps_status status);

/* ---- transactions: sqlite_store.c ---- */

/*
 * Around an operation that writes: a transaction, or within a group a savepoint. end_rows() takes the
 * operation's status and returns what is to be returned.
 */
tps_status tps_sqlite_begin_rows(tps_sqlite_store *s);
tps_status tps_sqlite_end_rows(tps_sqlite_store *s, tps_status status);

/* The same around what deletes keys or secrets: their bytes in the file are overwritten. */
tps_status tps_sqlite_begin_secret_rows(tps_sqlite_store *s);
tps_status tps_sqlite_end_secret_rows(tps_sqlite_store *s, tps_status status);

/* Fails when a group is open, but its transaction is gone (SQLite ends it when the disk is full): what is
 * written now would not belong to the group. */
tps_status tps_sqlite_check_group(tps_sqlite_store *s);

/* ---- the operations, by file ---- */

/* sqlite_tenants.c */
tps_status tps_sqlite_create_tenant(tps_store *store, const tps_store_tenant *tenant, int64_t now);
tps_status tps_sqlite_find_tenant(tps_store *store, const char *name, tps_store_visit_tenant visit,
                                  void *context);
tps_status tps_sqlite_each_tenant(tps_store *store, tps_store_visit_tenant visit, void *context);
tps_status tps_sqlite_set_settings(tps_store *store, int64_t tenant, tps_span settings, int64_t expected);
tps_status tps_sqlite_set_secret(tps_store *store, int64_t tenant,
                                 const uint8_t secret[TPS_STORE_SECRET_SIZE]);
tps_status tps_sqlite_remove_tenant(tps_store *store, int64_t tenant);
/* One more change of the store, which is also the tenant's. TPS_NOT_FOUND: there is no such tenant. */
tps_status tps_sqlite_touch(tps_sqlite_store *s, int64_t tenant, int64_t *revision);
/* The row of a tenant as it is given. */
tps_status tps_sqlite_insert_tenant(tps_sqlite_store *s, const tps_store_tenant *tenant);

/* sqlite_items.c */
tps_status tps_sqlite_put_item(tps_store *store, int64_t tenant, const tps_store_item *item, int64_t expected,
                               int64_t now, int64_t *sequence);
tps_status tps_sqlite_remove_item(tps_store *store, int64_t tenant, uint32_t kind, tps_span name,
                                  int64_t expected);
tps_status tps_sqlite_find_item(tps_store *store, int64_t tenant, uint32_t kind, tps_span name,
                                tps_store_visit_item visit, void *context);
tps_status tps_sqlite_each_item(tps_store *store, int64_t tenant, uint32_t kind, int64_t after, size_t limit,
                                bool with_bodies, tps_store_visit_item visit, void *context);
/* Writes the row of an item with ADD_ITEM or SET_ITEM. */
tps_status tps_sqlite_write_item(tps_sqlite_store *s, int which, int64_t tenant, const tps_store_item *item,
                                 int64_t sequence, int64_t changed);

/* sqlite_sessions.c */
tps_status tps_sqlite_put_sessions(tps_store *store, tps_store_session_step *steps, size_t count,
                                   int64_t now);
tps_status tps_sqlite_find_session(tps_store *store, int64_t tenant,
                                   const uint8_t id[TPS_STORE_SESSION_ID_SIZE], int64_t now,
                                   tps_store_visit_session visit, void *context);
tps_status tps_sqlite_find_nonce(tps_store *store, int64_t tenant, tps_span nonce);
tps_status tps_sqlite_claim_sessions(tps_store *store, int64_t now, int64_t before, size_t limit,
                                     tps_store_visit_session visit, void *context);
tps_status tps_sqlite_prune(tps_store *store, int64_t now, size_t limit);
/* Inserts a session as it is given. TPS_STORE_EXISTS: it is there. */
tps_status tps_sqlite_insert_session(tps_sqlite_store *s, const tps_store_session *session, int64_t claimed,
                                     int64_t *row);
tps_status tps_sqlite_insert_nonce(tps_sqlite_store *s, int64_t tenant, tps_span nonce);
tps_status tps_sqlite_read_session(tps_sqlite_store *s, sqlite3_stmt *row, tps_store_session *session);

/* sqlite_audit.c */
tps_status tps_sqlite_append_audit(tps_store *store, int64_t tenant, int64_t time, tps_span entry,
                                   tps_store_audit_entry *out);
tps_status tps_sqlite_each_audit(tps_store *store, int64_t tenant, int64_t from, size_t limit,
                                 tps_store_visit_audit visit, void *context);
tps_status tps_sqlite_insert_audit(tps_sqlite_store *s, int64_t tenant, const tps_store_audit_entry *entry);

/* sqlite_whole.c */
tps_status tps_sqlite_begin_snapshot(tps_store *store);
void tps_sqlite_end_snapshot(tps_store *store);
tps_status tps_sqlite_watermark(tps_store *store, int64_t *expires);
tps_status tps_sqlite_each_session(tps_store *store, const tps_store_session *after, size_t limit,
                                   tps_store_visit_session visit, void *context);
tps_status tps_sqlite_each_nonce(tps_store *store, int64_t tenant, tps_span after, size_t limit,
                                 tps_store_visit_nonce visit, void *context);
tps_status tps_sqlite_begin_import(tps_store *store, const char *source);
tps_status tps_sqlite_import_tenant(tps_store *store, const tps_store_tenant *tenant);
tps_status tps_sqlite_import_item(tps_store *store, int64_t tenant, const tps_store_item *item);
tps_status tps_sqlite_import_session(tps_store *store, const tps_store_session *session);
tps_status tps_sqlite_import_nonce(tps_store *store, int64_t tenant, tps_span nonce);
tps_status tps_sqlite_import_audit(tps_store *store, int64_t tenant, const tps_store_audit_entry *entry);
tps_status tps_sqlite_end_import(tps_store *store, int64_t revision, int64_t watermark);

#endif
