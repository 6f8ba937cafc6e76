/* SPDX-License-Identifier: Apache-2.0 */
/* `tps serve --check-config`: what would be used, and whether it can be. Changes nothing. */
#include <errno.h>
#include <libgen.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cli/open_store.h"
#include "cli/serve_options.h"
#include "store/postgresql/postgresql_store.h"
#include "store/sqlite/sqlite_store.h"

/* Each of the checks prints what it found, or what is wrong and what to do, and returns false. */

static bool check_tls(const serve_settings *settings)
{
    tps_http_tls *tls = NULL;
    char why[256] = "";
    time_t ends;
    struct tm parts;
    char until[32] = "";
    tps_status status;

    if (settings->tls.certificate == NULL) {
        puts("TLS                  none");
        return true;
    }
    status = tps_http_tls_open(&settings->tls, &tls, why, sizeof(why));
    if (status != TPS_OK) {
        (void)cli_fail(tps_status_next_step(status), "TLS: %s%s%s", tps_status_cause(status),
                       why[0] == '\0' ? "" : ": ", why);
        return false;
    }
    ends = (time_t)tps_http_tls_expires(tls);
    if (gmtime_r(&ends, &parts) != NULL) {
        (void)strftime(until, sizeof(until), "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
    printf("TLS                  the key is the certificate's, which ends %s\n", until);
    if (ends - time(NULL) < 14 * 86400) {
        printf("TLS                  WARNING: that is in less than 14 days\n");
    }
    tps_http_tls_free(tls);
    return true;
}

/* Binds, and lets go at once. One that is taken may be by the very server in question. */
static bool check_address(const char *name, const char *text)
{
    struct addrinfo *address = serve_read_address(text);
    int one = 1;
    int error = 0;
    int fd;

    if (address == NULL) {
        (void)cli_fail("give IP:PORT, such as 127.0.0.1:8080", "--%s: %s is no address and port", name, text);
        return false;
    }
    fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
        bind(fd, address->ai_addr, address->ai_addrlen) != 0) {
        error = errno;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    freeaddrinfo(address);
    if (error == EADDRINUSE) {
        printf("%-20s %s is taken now, maybe by the server that this is for\n", name, text);
    } else if (error != 0) {
        (void)cli_fail("choose another address", "--%s: %s cannot be listened on: %s", name, text,
                       strerror(error));
        return false;
    }
    return true;
}

static bool check_new_file(const char *path)
{
    char folder[4096];

    (void)snprintf(folder, sizeof(folder), "%s", path);
    if (access(dirname(folder), W_OK | X_OK) != 0) {
        (void)cli_fail("make the folder, and let the server's user write to it",
                       "the store %s cannot be made: %s", path, strerror(errno));
        return false;
    }
    puts("store                SQLite, to be made at the start");
    return true;
}

/* Looks only: a store is brought to this program's version by the start. */
static bool check_store(const char *name)
{
    bool is_database = cli_is_database(name);
    const char *kind = is_database ? "PostgreSQL" : "SQLite";
    tps_store_migration found = {0};
    char why[256] = "";
    tps_status status;

    if (!is_database && access(name, F_OK) != 0) {
        return check_new_file(name);
    }
    if (!is_database && access(name, R_OK | W_OK) != 0) {
        (void)cli_fail("let the server's user read and write it", "the store %s: %s", name, strerror(errno));
        return false;
    }
    status = is_database ? tps_postgresql_store_migrate(name, 0, false, &found, why, sizeof(why))
                         : tps_sqlite_store_migrate(name, 0, false, &found, why, sizeof(why));
    if (status == TPS_OK && found.oldest > found.newest) {
        status = TPS_STORE_NEWER;
    }
    if (status != TPS_OK) { /* a database's URL may hold a password */
        (void)cli_fail(tps_status_next_step(status), "%s: %s%s%s", is_database ? "the database" : name,
                       tps_status_cause(status), why[0] == '\0' ? "" : ": ", why);
        return false;
    }
    if (found.version == 0) {
        printf("store                %s, whose tables are made at the start\n", kind);
    } else {
        printf("store                %s, schema version %d; this program's is %d%s\n", kind, found.version,
               found.newest, found.version < found.newest ? ", to which it is brought at the start" : "");
    }
    return true;
}

int serve_check(const serve_arguments *a, const serve_settings *settings)
{
    const tps_service_options *service = &settings->service;
    bool is_good;

    serve_print_arguments(a);
    is_good = check_tls(settings);
    is_good = check_address("listen", service->http.address) && is_good;
    is_good =
        (service->metrics_address == NULL || check_address("metrics-listen", service->metrics_address)) &&
        is_good;
    is_good = check_store(settings->store) && is_good;
    (void)fflush(stdout);
    if (!is_good) {
        return CLI_FAILED;
    }
    puts("good: tps serve would start");
    return CLI_GOOD;
}
