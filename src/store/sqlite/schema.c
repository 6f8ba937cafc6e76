/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema. Each step of the list takes a file from one version to the next and back, and is never changed
 * once published; the version is kept in user_version, and application_id says that the file is ours at all.
 */
#include "store/sqlite/schema.h"

#include "store/sqlite/schema_functions.h"

#define APPLICATION_ID 1414550322 /* "TPS2" */

/* ---- version 1: tenants with one key, trust anchors, endorsements, results ---- */

#define TABLES_1                                                                                              \
    "CREATE TABLE tenants(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, allow_unsigned INTEGER NOT "     \
    "NULL,"                                                                                                   \
    " signing_key BLOB NOT NULL, created INTEGER NOT NULL) STRICT;"                                           \
    "CREATE TABLE anchors(id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL REFERENCES tenants(id),"            \
    " sha256 BLOB NOT NULL, certificate BLOB NOT NULL, added INTEGER NOT NULL, UNIQUE(tenant, sha256)) "      \
    "STRICT;"                                                                                                 \
    "CREATE TABLE endorsements(id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL REFERENCES tenants(id),"       \
    " sha256 BLOB NOT NULL, corim BLOB NOT NULL, submitted INTEGER NOT NULL, UNIQUE(tenant, sha256)) STRICT;" \
    "CREATE TABLE results(id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, session BLOB NOT NULL UNIQUE,"     \
    " nonce BLOB NOT NULL, type TEXT NOT NULL, evidence_sha256 BLOB NOT NULL,"                                \
    " result TEXT, expires INTEGER NOT NULL, UNIQUE(tenant, nonce)) STRICT;"

static const char up_1[] =
    "CREATE TABLE state(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "INSERT INTO state VALUES('revision', 1);" TABLES_1
    "CREATE TABLE client_nonces(tenant INTEGER NOT NULL, nonce BLOB NOT NULL, PRIMARY KEY(tenant, nonce))"
    " STRICT, WITHOUT ROWID;";

/*
 * ---- version 2: tenants with settings and items, sessions, audit ----
 * sessions.id is expires * 2^22 + a number within that second: rows lie in the order in which they expire, so
 * that pruning cuts off the front and needs no index, and new ones go to the end. Session ids begin with a
 * time, so that their index grows at its end, too. AUTOINCREMENT keeps numbers of removed tenants from coming
 * back. In client_nonces are those that are used for ever.
 */
static const char up_2[] =
    "ALTER TABLE tenants RENAME TO tenants_1;"
    "CREATE TABLE tenants(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
    " settings TEXT NOT NULL, revision INTEGER NOT NULL, created INTEGER NOT NULL, secret BLOB NOT NULL)"
    " STRICT;"
    "CREATE TABLE items(sequence INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " name TEXT NOT NULL, changed INTEGER NOT NULL, attributes TEXT NOT NULL, body BLOB NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX items_by_name ON items(tenant, kind, name);"
    "CREATE INDEX items_in_order ON items(tenant, sequence, kind);"
    "CREATE TABLE sessions(id INTEGER PRIMARY KEY, session BLOB NOT NULL, tenant INTEGER NOT NULL,"
    " state INTEGER NOT NULL, claimed INTEGER NOT NULL, created INTEGER NOT NULL,"
    " from_client INTEGER NOT NULL, nonce BLOB NOT NULL, type TEXT NOT NULL, evidence_sha256 BLOB NOT NULL,"
    " result BLOB NOT NULL, evidence BLOB NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX sessions_by_session ON sessions(session, tenant);"
    "CREATE TABLE audit(tenant INTEGER NOT NULL, sequence INTEGER NOT NULL, time INTEGER NOT NULL,"
    " hash BLOB NOT NULL, entry TEXT NOT NULL, PRIMARY KEY(tenant, sequence)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE importing(source TEXT NOT NULL) STRICT;"

    "INSERT INTO items(tenant,kind,name,changed,attributes,body)"
    " SELECT tenant,1,lower(hex(sha256)),added,'{}',certificate FROM anchors ORDER BY id;"
    "INSERT INTO items(tenant,kind,name,changed,attributes,body)"
    " SELECT tenant,2,lower(hex(sha256)),submitted,'{}',corim FROM endorsements ORDER BY id;"
    "INSERT INTO items(tenant,kind,name,changed,attributes,body)"
    " SELECT id,6,tps_key_name(signing_key),created,'{\"active_from\":0,\"retired_at\":null}',signing_key"
    " FROM tenants_1 ORDER BY id;"
    "UPDATE state SET value=max(value, (SELECT coalesce(max(sequence),0) FROM items))+1"
    " WHERE name='revision';"
    /* It took unsigned endorsements from whoever reached the server, and goes on to. */
    "INSERT INTO tenants(id,name,settings,revision,created,secret) SELECT id,name,"
    "CASE WHEN allow_unsigned THEN '{\"allow_unsigned\":true,\"open\":true}' ELSE '{}' END,"
    "(SELECT value FROM state WHERE name='revision'),created,tps_random(32) FROM tenants_1 ORDER BY id;"
    "INSERT INTO sessions SELECT (expires<<22)+row_number() OVER (PARTITION BY expires ORDER BY id),session,"
    "tenant,iif(result IS NULL,5,3),0,expires,"
    "EXISTS(SELECT 1 FROM client_nonces c WHERE c.tenant=r.tenant AND c.nonce=r.nonce),nonce,"
    "iif(result IS NULL,'',type),iif(result IS NULL,x'',evidence_sha256),"
    "CAST(coalesce(result,'') AS BLOB),x'' FROM results r;"
    "INSERT INTO state VALUES('watermark',0),('generation',random()),('oldest',2);"
    "DROP TABLE anchors; DROP TABLE endorsements; DROP TABLE results; DROP TABLE tenants_1;";

/* Trust anchors with scopes stay behind: version 1 would trust them in everything. */
static const char down_2[] =
    "ALTER TABLE tenants RENAME TO tenants_2;" TABLES_1
    "INSERT INTO tenants SELECT id,name,coalesce(settings->>'$.allow_unsigned',0),"
    "(SELECT body FROM items i WHERE i.tenant=t.id AND kind=6 AND length(body)=32"
    " ORDER BY coalesce(attributes->>'$.active_from',0) DESC,sequence DESC LIMIT 1),created"
    " FROM tenants_2 t ORDER BY id;"
    "INSERT INTO anchors(tenant,sha256,certificate,added)"
    " SELECT tenant,tps_identity(name,body),body,changed FROM items WHERE kind=1 AND attributes='{}'"
    " ORDER BY sequence;"
    "INSERT INTO endorsements(tenant,sha256,corim,submitted)"
    " SELECT tenant,tps_identity(name,body),body,changed FROM items WHERE kind=2 ORDER BY sequence;"
    /* A nonce that is derived from its session is as unique as the session. */
    "INSERT INTO results(tenant,session,nonce,type,evidence_sha256,result,expires)"
    " SELECT tenant,session,iif(length(nonce)=0,session,nonce),type,evidence_sha256,"
    "iif(state=3,CAST(result AS TEXT),NULL),id>>22 FROM sessions WHERE state IN (3,5)"
    " AND NOT EXISTS(SELECT 1 FROM sessions o WHERE o.session=sessions.session AND o.id<sessions.id)"
    " ORDER BY id ON CONFLICT DO NOTHING;"
    "UPDATE state SET value=value+1 WHERE name='revision';"
    "DELETE FROM state WHERE name<>'revision';"
    "DROP TABLE items; DROP TABLE sessions; DROP TABLE audit; DROP TABLE importing; DROP TABLE tenants_2;";

static const char lost_2[] =
    "SELECT (SELECT count(*) FROM items i WHERE kind NOT IN (1,2,6) OR (kind=1 AND attributes<>'{}')"
    " OR (kind=6 AND EXISTS(SELECT 1 FROM items o WHERE o.tenant=i.tenant AND o.kind=6"
    " AND o.sequence<i.sequence)))"
    " + (SELECT count(*) FROM audit)"
    " + (SELECT count(*) FROM sessions WHERE state NOT IN (3,5) AND id>>22 > unixepoch())";

/* ---- version 3: work that was left behind is found by an index; without it, by reading all ---- */

static const char up_3[] = "CREATE INDEX sessions_in_work ON sessions(claimed) WHERE state=2;";
static const char down_3[] = "DROP INDEX sessions_in_work;";

typedef struct {
    int oldest; /* the oldest version of a program that may work on a file that has taken this step */
    const char *up;
    const char *down;
    const char *lost; /* counts what the version before cannot hold; NULL: nothing */
} schema_step;

/* steps[n]: from version n to n + 1. */
static const schema_step steps[TPS_SQLITE_SCHEMA_VERSION] = {
    {1, up_1, NULL, NULL},
    {2, up_2, down_2, lost_2},
    {2, up_3, down_3, NULL},
};

static tps_status status_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK: return TPS_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return TPS_STORE_AWAY;
    case SQLITE_NOMEM: return TPS_OUT_OF_MEMORY;
    default: return TPS_STORE_FAILED;
    }
}

static tps_status read_number(sqlite3 *db, const char *sql, int64_t *value)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

    if (rc == SQLITE_OK) {
        rc = sqlite3_step(statement);
        *value = rc == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
        rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
    }
    (void)sqlite3_finalize(statement);
    return status_of(rc);
}

static tps_status run(sqlite3 *db, const char *sql)
{
    return status_of(sqlite3_exec(db, sql, NULL, NULL, NULL));
}

/* False for another program's database, which must stay as it is: even the journal's mode is written to it.
 */
static tps_status check_ours(sqlite3 *db)
{
    int64_t application = 0;
    int64_t tables = 0;

    TPS_TRY(read_number(db, "PRAGMA application_id", &application));
    TPS_TRY(read_number(db, "SELECT count(*) FROM sqlite_schema", &tables));
    return application == APPLICATION_ID || (application == 0 && tables == 0) ? TPS_OK : TPS_STORE_FAILED;
}

/* Changing a new file's journal needs it alone, and does not wait for others by itself. */
static tps_status use_log(sqlite3 *db)
{
    tps_status status = run(db, "PRAGMA page_size=4096; PRAGMA journal_mode=WAL;");

    for (int i = 0; status == TPS_STORE_AWAY && i < 100; i++) {
        (void)sqlite3_sleep(50);
        status = run(db, "PRAGMA journal_mode=WAL;");
    }
    return status;
}

/*
 * Measured with results of 1.2 KB in groups of 16, pruned as fast as they come: with pages of 4 KiB 11 KB are
 * written for a row, with 8 KiB 16 KB, as what each group touches of the index is written as a whole. The log
 * is brought into the file at 0.8 MiB, a little each time: at 70 % of the peak 99 of 100 appraisals then take
 * less than 4.8 ms; at 0.4 MiB no less, at 1.6 MiB 4.2 to 5.5 ms, at 4 MiB 6.1 ms, at 32 MiB 19 ms. The peak
 * is the same but for 2 %. A larger cache gains nothing. Foreign keys are version 1's.
 */
tps_status tps_sqlite_schema_connect(sqlite3 *db)
{
    (void)sqlite3_busy_timeout(db, 5000);
    TPS_TRY(check_ours(db));
    TPS_TRY(use_log(db));
    return run(
        db,
        "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=200; PRAGMA cache_size=-8192; PRAGMA foreign_keys=ON;"
        "PRAGMA trusted_schema=OFF; PRAGMA secure_delete=OFF;");
}

tps_status tps_sqlite_schema_look(sqlite3 *db, tps_sqlite_schema_facts *facts)
{
    int64_t version = 0;
    int64_t oldest;

    TPS_TRY(check_ours(db));
    TPS_TRY(read_number(db, "PRAGMA user_version", &version));
    oldest = version;
    if (version > 1) {
        TPS_TRY(read_number(db, "SELECT value FROM state WHERE name='oldest'", &oldest));
    }
    *facts = (tps_sqlite_schema_facts){.version = (int)version, .oldest = (int)oldest};
    return TPS_OK;
}

/* What a file says once it has come to `version`. */
static tps_status write_version(sqlite3 *db, int version)
{
    char sql[200];

    (void)sqlite3_snprintf((int)sizeof(sql), sql, "PRAGMA user_version=%d; PRAGMA application_id=%d;",
                           version, APPLICATION_ID);
    TPS_TRY(run(db, sql));
    if (version == 1) {
        return TPS_OK;
    }
    (void)sqlite3_snprintf((int)sizeof(sql), sql, "UPDATE state SET value=%d WHERE name='oldest'",
                           steps[version - 1].oldest);
    return run(db, sql);
}

static tps_status go_up(sqlite3 *db, int from, int to)
{
    for (int i = from; i < to; i++) {
        TPS_TRY(run(db, steps[i].up));
    }
    return from < to ? write_version(db, to) : TPS_OK;
}

static tps_status go_down(sqlite3 *db, int from, int to, bool lose, int64_t *lost)
{
    int64_t count = 0;

    for (int i = from - 1; i >= to; i--) {
        if (steps[i].lost != NULL) {
            TPS_TRY(read_number(db, steps[i].lost, &count));
            *lost += count;
        }
    }
    if (*lost > 0 && !lose) {
        return TPS_STORE_EXISTS;
    }
    for (int i = from - 1; i >= to; i--) {
        TPS_TRY(run(db, steps[i].down));
    }
    return from > to ? write_version(db, to) : TPS_OK;
}

/* Ends the transaction. The first failure is what sqlite3_errmsg() tells: a failed ROLLBACK is silent. */
static tps_status end_transaction(sqlite3 *db, tps_status status)
{
    if (status == TPS_OK) {
        status = run(db, "COMMIT");
    }
    if (status != TPS_OK && sqlite3_get_autocommit(db) == 0) {
        (void)run(db, "ROLLBACK");
    }
    return status;
}

/* The version is read inside the transaction, so that two programs that open a file at once do not both
 * change it. */
static tps_status prepare(sqlite3 *db, int version)
{
    tps_sqlite_schema_facts facts;

    TPS_TRY(tps_sqlite_schema_look(db, &facts));
    if (facts.version > version) {
        return facts.oldest > version ? TPS_STORE_NEWER : TPS_OK;
    }
    return go_up(db, facts.version, version);
}

tps_status tps_sqlite_schema_prepare(sqlite3 *db, int version)
{
    TPS_TRY(tps_sqlite_schema_functions(db));
    TPS_TRY(run(db, "BEGIN IMMEDIATE"));
    return end_transaction(db, prepare(db, version));
}

static tps_status move(sqlite3 *db, int version, bool lose, tps_sqlite_schema_facts *facts)
{
    int64_t lost = 0;
    tps_status status;

    TPS_TRY(tps_sqlite_schema_look(db, facts));
    if (facts->version > TPS_SQLITE_SCHEMA_VERSION) {
        return TPS_STORE_NEWER;
    }
    status = version >= facts->version ? go_up(db, facts->version, version)
                                       : go_down(db, facts->version, version, lose, &lost);
    if (status == TPS_OK) {
        status = tps_sqlite_schema_look(db, facts);
    }
    facts->lost = lost;
    return status;
}

tps_status tps_sqlite_schema_move(sqlite3 *db, int version, bool lose, tps_sqlite_schema_facts *facts)
{
    if (version < 1 || version > TPS_SQLITE_SCHEMA_VERSION) {
        return TPS_BAD_ARGUMENT;
    }
    TPS_TRY(tps_sqlite_schema_functions(db));
    TPS_TRY(run(db, "BEGIN IMMEDIATE"));
    return end_transaction(db, move(db, version, lose, facts));
}
