/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SQLite store on a disk that fails: each call that writes to it fails once, for all of them, with what a
 * full disk and a broken one say. Whatever fails, what was acknowledged is there, a group is there as a whole
 * or not at all, and the handle goes on when the disk does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <unistd.h>

#include "store/digest.h"
#include "store/sqlite/sqlite_store.h"
#include "store_suite.h"

static char folder[] = "/tmp/tps-faults-XXXXXX";
static char path[64];

/* ---- a disk in front of the real one ---- */

static sqlite3_vfs *real;
static unsigned calls, fail_at;
static int fail_with;

typedef struct {
    sqlite3_file file; /* first */
    sqlite3_file *behind;
} front_file;

static sqlite3_file *behind(sqlite3_file *file)
{
    return ((front_file *)(void *)file)->behind;
}

static int step(void)
{
    return ++calls == fail_at ? fail_with : SQLITE_OK;
}

#define PASS(name, parameters, arguments)              \
    static int pass_##name parameters                  \
    {                                                  \
        return behind(file)->pMethods->name arguments; \
    }
#define FAIL(name, parameters, arguments)                                     \
    static int pass_##name parameters                                         \
    {                                                                         \
        int rc = step();                                                      \
        return rc != SQLITE_OK ? rc : behind(file)->pMethods->name arguments; \
    }

PASS(xRead, (sqlite3_file * file, void *out, int size, sqlite3_int64 at), (behind(file), out, size, at))
FAIL(xWrite, (sqlite3_file * file, const void *data, int size, sqlite3_int64 at),
     (behind(file), data, size, at))
FAIL(xTruncate, (sqlite3_file * file, sqlite3_int64 size), (behind(file), size))
FAIL(xSync, (sqlite3_file * file, int flags), (behind(file), flags))
PASS(xFileSize, (sqlite3_file * file, sqlite3_int64 *size), (behind(file), size))
PASS(xLock, (sqlite3_file * file, int level), (behind(file), level))
PASS(xUnlock, (sqlite3_file * file, int level), (behind(file), level))
PASS(xCheckReservedLock, (sqlite3_file * file, int *out), (behind(file), out))
PASS(xFileControl, (sqlite3_file * file, int op, void *argument), (behind(file), op, argument))
PASS(xSectorSize, (sqlite3_file * file), (behind(file)))
PASS(xDeviceCharacteristics, (sqlite3_file * file), (behind(file)))
FAIL(xShmMap, (sqlite3_file * file, int page, int size, int extend, void volatile **out),
     (behind(file), page, size, extend, out))
PASS(xShmLock, (sqlite3_file * file, int offset, int n, int flags), (behind(file), offset, n, flags))
PASS(xShmUnmap, (sqlite3_file * file, int remove), (behind(file), remove))

static void pass_xShmBarrier(sqlite3_file *file)
{
    behind(file)->pMethods->xShmBarrier(behind(file));
}

static int pass_xClose(sqlite3_file *file)
{
    int rc = behind(file)->pMethods == NULL ? SQLITE_OK : behind(file)->pMethods->xClose(behind(file));

    free(behind(file));
    return rc;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = pass_xClose,
    .xRead = pass_xRead,
    .xWrite = pass_xWrite,
    .xTruncate = pass_xTruncate,
    .xSync = pass_xSync,
    .xFileSize = pass_xFileSize,
    .xLock = pass_xLock,
    .xUnlock = pass_xUnlock,
    .xCheckReservedLock = pass_xCheckReservedLock,
    .xFileControl = pass_xFileControl,
    .xSectorSize = pass_xSectorSize,
    .xDeviceCharacteristics = pass_xDeviceCharacteristics,
    .xShmMap = pass_xShmMap,
    .xShmLock = pass_xShmLock,
    .xShmBarrier = pass_xShmBarrier,
    .xShmUnmap = pass_xShmUnmap,
};

static int open_front(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    front_file *f = (front_file *)(void *)file;
    int rc;

    (void)vfs;
    f->file.pMethods = NULL;
    f->behind = calloc(1, (size_t)real->szOsFile);
    if (f->behind == NULL) {
        return SQLITE_NOMEM;
    }
    rc = real->xOpen(real, name, f->behind, flags, out);
    if (rc != SQLITE_OK) {
        free(f->behind);
        return rc;
    }
    f->file.pMethods = &methods;
    return SQLITE_OK;
}

static void put_in_front(void)
{
    static sqlite3_vfs vfs;

    real = sqlite3_vfs_find(NULL);
    vfs = *real;
    vfs.zName = "failing";
    vfs.szOsFile = (int)sizeof(front_file);
    vfs.xOpen = open_front;
    assert_int_equal(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
}

/* ---- the work ---- */

static tps_store *open_new(void)
{
    static unsigned number;
    tps_store *store = NULL;

    (void)snprintf(path, sizeof(path), "%s/%u.db", folder, number++);
    assert_int_equal(tps_sqlite_store_open(path, &store, NULL, 0), TPS_OK);
    return store;
}

/* Adds two sessions, an item and an entry in one group. */
static tps_status work(tps_store *store, int64_t tenant, uint8_t n)
{
    tps_store_session sessions[2] = {store_suite_session(tenant, (uint8_t)(2 * n)),
                                     store_suite_session(tenant, (uint8_t)(2 * n + 1))};
    tps_store_session_step steps[2] = {{.to = &sessions[0]}, {.to = &sessions[1]}};
    char name[8];
    tps_status status = store->ops->begin_group(store);

    if (status != TPS_OK) {
        return status;
    }
    (void)snprintf(name, sizeof(name), "i%u", n);
    status = store->ops->put_sessions(store, steps, 2, 20);
    if (status == TPS_OK) {
        status = store_suite_put(store, tenant, 1, name, "a body", TPS_STORE_NONE, NULL);
    }
    if (status == TPS_OK) {
        status = store->ops->append_audit(store, tenant, n, TPS_SPAN_LITERAL("{}"), NULL);
    }
    if (status != TPS_OK) {
        store->ops->abandon_group(store);
        return status;
    }
    return store->ops->commit_group(store);
}

static unsigned count_sessions(tps_store *store)
{
    tps_store_summary summary;

    assert_int_equal(tps_store_check(store, NULL, NULL, &summary), TPS_OK);
    assert_int_equal(summary.faults, 0);
    assert_int_equal(summary.sessions, 2 * summary.items); /* groups are whole */
    assert_int_equal(summary.sessions, 2 * summary.entries);
    return (unsigned)summary.sessions;
}

static tps_store *reopen(tps_store *store)
{
    store->ops->close(store);
    assert_int_equal(tps_sqlite_store_open(path, &store, NULL, 0), TPS_OK);
    return store;
}

/* True when the Nth call was reached. */
static bool survives(unsigned n, int code)
{
    tps_store *store = open_new();
    int64_t tenant = store_suite_tenant(store, "acme");
    unsigned acknowledged = 0;
    bool was_reached;
    tps_status status;

    assert_int_equal(work(store, tenant, 0), TPS_OK);
    calls = 0;
    fail_at = n;
    fail_with = code;
    for (uint8_t i = 1; i <= 3; i++) {
        status = work(store, tenant, i);
        assert_true(status == TPS_OK || status == TPS_STORE_FAILED);
        acknowledged += status == TPS_OK;
    }
    store->ops->close(store); /* brings the log into the file */
    was_reached = calls >= n;
    fail_at = 0;

    assert_int_equal(tps_sqlite_store_open(path, &store, NULL, 0), TPS_OK);
    /* A group whose commit failed may be there all the same; one that was acknowledged must be. */
    assert_true(count_sessions(store) >= 2 * (acknowledged + 1));
    assert_true(count_sessions(store) <= 2 * 4);
    assert_int_equal(work(store, tenant, 50), TPS_OK);
    store = reopen(store);
    assert_true(count_sessions(store) >= 2 * (acknowledged + 2));
    store->ops->close(store);
    return was_reached;
}

static void whichever_write_fails_groups_are_whole_and_the_store_goes_on(void **state)
{
    static const int codes[] = {SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC};

    (void)state;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        unsigned n = 1;

        while (survives(n, codes[i])) {
            n++;
        }
        assert_true(n > 10);
    }
}

/* The same handle, once the disk is well again. */
static void a_handle_goes_on_after_a_failure(void **state)
{
    (void)state;
    for (unsigned n = 1; n < 8; n++) {
        tps_store *store = open_new();
        int64_t tenant = store_suite_tenant(store, "acme");
        tps_status status;

        calls = 0;
        fail_at = n;
        fail_with = SQLITE_FULL;
        status = work(store, tenant, 1);
        fail_at = 0;
        if (status != TPS_OK) {
            assert_int_equal(status, TPS_STORE_FAILED);
            assert_true(strlen(store->ops->explain(store)) > 0);
            assert_int_equal(count_sessions(store), 0);
            assert_int_equal(work(store, tenant, 1), TPS_OK);
        }
        assert_int_equal(count_sessions(store), 2);
        store->ops->close(store);
    }
}

static void a_store_that_cannot_be_made_leaves_one_that_can_be_opened(void **state)
{
    bool was_reached = true;

    (void)state;
    for (unsigned n = 1; was_reached; n++) {
        tps_store *store = NULL;
        char why[200] = "";
        tps_status status;

        (void)snprintf(path, sizeof(path), "%s/new-%u.db", folder, n);
        calls = 0;
        fail_at = n;
        fail_with = SQLITE_FULL;
        status = tps_sqlite_store_open(path, &store, why, sizeof(why));
        if (status == TPS_OK) {
            store->ops->close(store);
        } else {
            assert_int_equal(status, TPS_STORE_FAILED);
            assert_true(why[0] != '\0');
        }
        was_reached = calls >= n;
        fail_at = 0;
        assert_int_equal(tps_sqlite_store_open(path, &store, NULL, 0), TPS_OK);
        (void)store_suite_tenant(store, "acme");
        store->ops->close(store);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whichever_write_fails_groups_are_whole_and_the_store_goes_on),
        cmocka_unit_test(a_handle_goes_on_after_a_failure),
        cmocka_unit_test(a_store_that_cannot_be_made_leaves_one_that_can_be_opened),
    };
    char command[80];
    int failed;

    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    put_in_front();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) == 0 ? failed : 1;
}
