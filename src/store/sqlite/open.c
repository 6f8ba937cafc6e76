/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the file of a SQLite store, and bringing it from one version of the schema to another. */
#include "store/sqlite/open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/sqlite_store.h"

static void explain_to(char *out, size_t size, const char *text)
{
    if (out != NULL && size > 0) {
        (void)snprintf(out, size, "%s", text);
    }
}

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

static tps_status connect_to(const char *path, sqlite3 **db)
{
    int rc = sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

    if (rc != SQLITE_OK) {
        return rc == SQLITE_NOMEM ? TPS_OUT_OF_MEMORY : TPS_STORE_FAILED;
    }
    (void)sqlite3_extended_result_codes(*db, 1);
    return tps_sqlite_schema_connect(*db);
}

/* Why it failed, and ends the connection. */
static void give_up(sqlite3 *db, tps_status status, char *explanation, size_t explanation_size)
{
    const char *text =
        db == NULL || sqlite3_errcode(db) == SQLITE_OK ? "it is not a store of opentps" : sqlite3_errmsg(db);

    explain_to(explanation, explanation_size,
               status == TPS_STORE_FAILED || status == TPS_STORE_AWAY ? text : "");
    (void)sqlite3_close(db);
}

tps_status tps_sqlite_open(const char *path, int version, sqlite3 **db, char *explanation,
                           size_t explanation_size)
{
    sqlite3 *opened = NULL;
    tps_status status;

    if (!make_private(path)) {
        explain_to(explanation, explanation_size, strerror(errno));
        return TPS_STORE_FAILED;
    }
    status = connect_to(path, &opened);
    if (status == TPS_OK) {
        status = tps_sqlite_schema_prepare(opened, version);
    }
    if (status == TPS_OK) {
        status = keep_private(path);
    }
    if (status != TPS_OK) {
        give_up(opened, status, explanation, explanation_size);
        return status;
    }
    *db = opened;
    return TPS_OK;
}

tps_status tps_sqlite_store_migrate(const char *path, int version, bool lose, tps_store_migration *out,
                                    char *explanation, size_t explanation_size)
{
    tps_sqlite_schema_facts facts = {0};
    sqlite3 *db = NULL;
    tps_status status;

    if (access(path, F_OK) != 0) {
        explain_to(explanation, explanation_size, strerror(errno));
        return TPS_NOT_FOUND;
    }
    status = connect_to(path, &db);
    if (status == TPS_OK) {
        status = version == 0 ? tps_sqlite_schema_look(db, &facts)
                              : tps_sqlite_schema_move(db, version, lose, &facts);
    }
    *out = (tps_store_migration){.version = facts.version,
                                 .newest = TPS_SQLITE_SCHEMA_VERSION,
                                 .oldest = facts.oldest,
                                 .lost = facts.lost};
    if (status != TPS_OK) {
        give_up(db, status, explanation, explanation_size);
        return status;
    }
    (void)sqlite3_close(db);
    return TPS_OK;
}

static tps_status look_through(sqlite3 *db, char *explanation, size_t explanation_size)
{
    sqlite3_stmt *statement = NULL;
    tps_status status = TPS_STORE_FAILED;

    if (sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);

        if (text != NULL && strcmp(text, "ok") == 0) {
            status = TPS_OK;
        } else {
            explain_to(explanation, explanation_size, text == NULL ? "no answer" : text);
        }
    } else {
        explain_to(explanation, explanation_size, sqlite3_errmsg(db));
    }
    (void)sqlite3_finalize(statement);
    return status;
}

tps_status tps_sqlite_store_look_through(const char *path, char *explanation, size_t explanation_size)
{
    sqlite3 *db = NULL;
    tps_status status;

    if (access(path, F_OK) != 0) {
        explain_to(explanation, explanation_size, strerror(errno));
        return TPS_NOT_FOUND;
    }
    status = connect_to(path, &db);
    if (status != TPS_OK) {
        give_up(db, status, explanation, explanation_size);
        return status;
    }
    status = look_through(db, explanation, explanation_size);
    (void)sqlite3_close(db);
    return status;
}
