/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema. Each step of the list takes a file from one version to the next and is never changed once
 * published; the version is kept in user_version, and application_id says that the file is ours at all.
 */
#include "store/sqlite/schema.h"

#include <stdbool.h>

#define APPLICATION_ID 1414550322 /* "TPS2" */

static const char *const steps[TPS_SQLITE_SCHEMA_VERSION] = {
    /* 0 -> 1 */
    "CREATE TABLE state(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "INSERT INTO state VALUES('revision', 1);"
    "CREATE TABLE tenants(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, allow_unsigned INTEGER NOT NULL,"
    " signing_key BLOB NOT NULL, created INTEGER NOT NULL) STRICT;"
    "CREATE TABLE anchors(id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL REFERENCES tenants(id),"
    " sha256 BLOB NOT NULL, certificate BLOB NOT NULL, added INTEGER NOT NULL, UNIQUE(tenant, sha256)) STRICT;"
    "CREATE TABLE endorsements(id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL REFERENCES tenants(id),"
    " sha256 BLOB NOT NULL, corim BLOB NOT NULL, submitted INTEGER NOT NULL, UNIQUE(tenant, sha256)) STRICT;"
    /* Rows come in the order of time and expire nearly so; a removed result keeps its row, and so its nonce.
     */
    "CREATE TABLE results(id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, session BLOB NOT NULL UNIQUE,"
    " nonce BLOB NOT NULL, type TEXT NOT NULL, evidence_sha256 BLOB NOT NULL,"
    " result TEXT, expires INTEGER NOT NULL, UNIQUE(tenant, nonce)) STRICT;"
    /* Nonces that clients brought: used for ever. Ours cannot come back, since a session is made for each. */
    "CREATE TABLE client_nonces(tenant INTEGER NOT NULL, nonce BLOB NOT NULL, PRIMARY KEY(tenant, nonce))"
    " STRICT, WITHOUT ROWID;",
};

static int read_pragma(sqlite3 *db, const char *sql, int *value)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

    if (rc == SQLITE_OK) {
        rc = sqlite3_step(statement);
        *value = rc == SQLITE_ROW ? sqlite3_column_int(statement, 0) : 0;
        rc = rc == SQLITE_ROW ? SQLITE_OK : rc;
    }
    (void)sqlite3_finalize(statement);
    return rc;
}

static int run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* Inside a transaction, so that two programs that open a new file at once do not both fill it. */
static tps_status migrate(sqlite3 *db)
{
    int version;
    int application;
    int tables;
    char pragma[64];

    if (read_pragma(db, "PRAGMA user_version", &version) != SQLITE_OK ||
        read_pragma(db, "PRAGMA application_id", &application) != SQLITE_OK ||
        read_pragma(db, "SELECT count(*) FROM sqlite_schema", &tables) != SQLITE_OK) {
        return TPS_STORE_FAILED;
    }
    if ((version > 0 || tables > 0) && application != APPLICATION_ID) {
        return TPS_STORE_FAILED;
    }
    if (version > TPS_SQLITE_SCHEMA_VERSION) {
        return TPS_STORE_NEWER;
    }
    for (int i = version; i < TPS_SQLITE_SCHEMA_VERSION; i++) {
        if (run(db, steps[i]) != SQLITE_OK) {
            return TPS_STORE_FAILED;
        }
    }
    (void)sqlite3_snprintf((int)sizeof(pragma), pragma, "PRAGMA user_version=%d", TPS_SQLITE_SCHEMA_VERSION);
    if (version < TPS_SQLITE_SCHEMA_VERSION &&
        (run(db, pragma) != SQLITE_OK || run(db, "PRAGMA application_id=1414550322") != SQLITE_OK)) {
        return TPS_STORE_FAILED;
    }
    return TPS_OK;
}

/* False for another program's database, which must stay as it is: even the journal's mode is written to it.
 */
static bool may_be_ours(sqlite3 *db)
{
    int application;
    int tables;

    return read_pragma(db, "PRAGMA application_id", &application) == SQLITE_OK &&
           read_pragma(db, "SELECT count(*) FROM sqlite_schema", &tables) == SQLITE_OK &&
           (application == APPLICATION_ID || (application == 0 && tables == 0));
}

tps_status tps_sqlite_schema_prepare(sqlite3 *db)
{
    tps_status status;

    (void)sqlite3_busy_timeout(db, 5000);
    if (!may_be_ours(db) ||
        run(db,
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;") !=
            SQLITE_OK ||
        run(db, "BEGIN IMMEDIATE") != SQLITE_OK) {
        return TPS_STORE_FAILED;
    }
    status = migrate(db);
    if (status == TPS_OK && run(db, "COMMIT") != SQLITE_OK) {
        status = TPS_STORE_FAILED;
    }
    if (status != TPS_OK) {
        (void)run(db, "ROLLBACK");
    }
    return status;
}
