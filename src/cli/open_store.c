/* SPDX-License-Identifier: Apache-2.0 */
/* The store that a command line names. */
#include "cli/open_store.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "store/postgresql/postgresql_store.h"
#include "store/sqlite/sqlite_store.h"

bool cli_is_database(const char *name)
{
    return tps_postgresql_is_url(name);
}

tps_store *cli_open_store(const char *name, bool is_made)
{
    tps_store *store = NULL;
    char why[256] = "";
    tps_status status;

    if (name == NULL) {
        (void)cli_fail("give --store FILE, or --store postgresql://...", "--store is missing");
        return NULL;
    }
    if (!cli_is_database(name) && !is_made && access(name, F_OK) != 0) {
        (void)cli_fail("check the path; tps tenant create NAME --store FILE makes one",
                       "cannot open the store %s: %s", name, strerror(errno));
        return NULL;
    }
    status = cli_is_database(name) ? tps_postgresql_store_open(name, &store, why, sizeof(why))
                                   : tps_sqlite_store_open(name, &store, why, sizeof(why));
    if (status != TPS_OK) { /* a database's URL may hold a password */
        (void)cli_fail(tps_status_next_step(status), "%s: %s%s%s",
                       cli_is_database(name) ? "the database" : name, tps_status_cause(status),
                       why[0] == '\0' ? "" : ": ", why);
        return NULL;
    }
    return store;
}
