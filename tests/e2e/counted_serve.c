/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `tps serve` on a store whose work is counted: the linker puts a counter in the place of sqlite3_step(). The
 * numbers lie in a file that the test reads while the server runs.
 *   TPS_COUNTERS=FILE counted_serve serve --store FILE --listen IP:PORT --port-file FILE
 */
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "server/service.h"
#include "store/sqlite/sqlite_store.h"

enum {
    READS,   /* steps of SELECT by the handle for reading: whoever asks the store for something */
    LOADS,   /* of the handle that looks whether anything changed, on a thread of its own */
    ON_LOOP, /* steps of anything on the thread that answers */
    SCANNED, /* rows that were walked over because no index leads to them */
    WORK,    /* instructions of SQLite's machine, on whichever thread */
    COUNTERS
};

typedef struct {
    _Atomic uint64_t values[COUNTERS];
} counters;

static counters *counted;
static pthread_t loop;
static sqlite3 *handles[3]; /* in the order of their opening: for loading, for reading, for writing */

static size_t handle_of(sqlite3_stmt *statement)
{
    sqlite3 *db = sqlite3_db_handle(statement);
    size_t i = 0;

    while (i < 2 && handles[i] != NULL && handles[i] != db) {
        i++;
    }
    handles[i] = handles[i] == NULL ? db : handles[i];
    return i;
}

int __real_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
    size_t handle = handle_of(statement);
    bool is_query = strncmp(sqlite3_sql(statement), "SELECT", 6) == 0;
    int code = __real_sqlite3_step(statement);

    atomic_fetch_add(&counted->values[LOADS], handle == 0);
    atomic_fetch_add(&counted->values[READS], handle == 1 && is_query);
    if (handle > 0) {
        atomic_fetch_add(&counted->values[ON_LOOP], pthread_equal(pthread_self(), loop) != 0);
        atomic_fetch_add(&counted->values[SCANNED],
                         (uint64_t)sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1));
        atomic_fetch_add(&counted->values[WORK],
                         (uint64_t)sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 1));
    }
    return code;
}

static counters *map_counters(const char *path)
{
    int file = path == NULL ? -1 : open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    void *mapped;

    if (file < 0 || ftruncate(file, sizeof(counters)) != 0) {
        return NULL;
    }
    mapped = mmap(NULL, sizeof(counters), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    (void)close(file);
    return mapped == MAP_FAILED ? NULL : mapped;
}

static tps_status announce(void *context, const char *address)
{
    FILE *file = fopen(context, "w");

    if (file == NULL) {
        return TPS_IO;
    }
    (void)fprintf(file, "%s\n", strrchr(address, ':') + 1);
    return fclose(file) == 0 ? TPS_OK : TPS_IO;
}

int main(int argc, char **argv)
{
    tps_service_options options = tps_service_defaults();
    const char *path = NULL;
    tps_status status;

    for (int i = 2; i + 1 < argc; i += 2) {
        path = strcmp(argv[i], "--store") == 0 ? argv[i + 1] : path;
        options.http.address = strcmp(argv[i], "--listen") == 0 ? argv[i + 1] : options.http.address;
        options.context = strcmp(argv[i], "--port-file") == 0 ? argv[i + 1] : options.context;
    }
    options.listening = announce;
    loop = pthread_self();
    counted = map_counters(getenv("TPS_COUNTERS"));
    if (counted == NULL || path == NULL || options.context == NULL ||
        tps_sqlite_store_open(path, &options.stores.loading, NULL, 0) != TPS_OK ||
        tps_sqlite_store_open(path, &options.stores.reading, NULL, 0) != TPS_OK ||
        tps_sqlite_store_open(path, &options.stores.writing, NULL, 0) != TPS_OK) {
        return 2;
    }
    status = tps_service_run(&options);
    options.stores.loading->ops->close(options.stores.loading);
    options.stores.reading->ops->close(options.stores.reading);
    options.stores.writing->ops->close(options.stores.writing);
    (void)munmap(counted, sizeof(counters));
    return status == TPS_OK ? 0 : 1;
}
