/* SPDX-License-Identifier: Apache-2.0 */
/* `tps store`: whole stores are copied, backed up, restored, migrated and checked. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/open_store.h"
#include "cli/store_progress.h"
#include "server/audit/audit.h"
#include "store/copy.h"
#include "store/postgresql/postgresql_store.h"
#include "store/sqlite/sqlite_store.h"

#define PATH_MAX_SIZE 4096
#define HEX_SIZE      65

static const char usage[] =
    "tps store copy FROM TO\n"
    "tps store backup STORE FILE\n"
    "tps store restore FILE STORE\n"
    "tps store migrate STORE [--to VERSION] [--lose]\n"
    "tps store check STORE\n"
    "\n"
    "A store is a file (SQLite) or postgresql://USER@HOST/DATABASE.\n"
    "\n"
    "  copy     all of one store into another one, which is empty: from a file into a database, or back.\n"
    "           Stop the servers on FROM first: what they change meanwhile is not in TO. A copy that was\n"
    "           interrupted goes on when the same command is given again; nobody serves from TO before it\n"
    "           is whole, and has been compared with FROM\n"
    "  backup   all of a store, as it is at one moment, into a new file. Servers may be at work. The file holds\n"
    "           the tenants' signing keys: keep it as they are kept\n"
    "  restore  what backup wrote into an empty store. Sessions that were given out and have no evidence end,\n"
    "           and each tenant's audit log says that it was restored\n"
    "  migrate  bring a store to a version of its tables, up (the newest, unless --to says otherwise) or down,\n"
    "           before an older program is started. What an older version cannot hold is lost with --lose only\n"
    "  check    read all: the file's structure, what belongs together, every audit log's chain of hashes\n"
    "\n"
    "Exit codes: 0 done, and all is well; 1 it is not, or things would be lost; 2 could not be done.\n";

typedef struct {
    const char *to;
    bool lose;
} arguments;

/* What may be printed: a database's URL may hold a password. */
static const char *name_of(const char *store)
{
    return cli_is_database(store) ? "the database" : store;
}

/* ---- stores as they are ---- */

static tps_status move(const char *store, int version, bool lose, tps_store_migration *out, char *why,
                       size_t size)
{
    return cli_is_database(store) ? tps_postgresql_store_migrate(store, version, lose, out, why, size)
                                  : tps_sqlite_store_migrate(store, version, lose, out, why, size);
}

static int fail_store(const char *store, tps_status status, const char *why)
{
    return cli_fail(tps_status_next_step(status), "%s: %s%s%s", name_of(store), tps_status_cause(status),
                    why[0] == '\0' ? "" : ": ", why);
}

/* False, having said so, for what this program cannot read, or only after bringing it up to date. */
static bool is_readable(const char *store, const tps_store_migration *facts)
{
    if (facts->oldest > facts->newest) {
        (void)cli_fail("use the newer program", "this program does not read version %d", facts->version);
    } else if (facts->version < TPS_STORE_VERSION_OLDEST) {
        (void)cli_fail("tps store migrate brings it up to date",
                       "%s: version %d is too old to be read as it is", name_of(store), facts->version);
    } else {
        return true;
    }
    return false;
}

/* Reading brings nothing up to date: a backup stays as it was written. */
static tps_store *open_as_it_is(const char *name, tps_store_migration *facts)
{
    tps_store *store = NULL;
    char why[256] = "";
    tps_status status = move(name, 0, false, facts, why, sizeof(why));

    if (status == TPS_OK && !is_readable(name, facts)) {
        return NULL;
    }
    if (status == TPS_OK && cli_is_database(name)) {
        return cli_open_store(name, false);
    }
    if (status == TPS_OK) {
        status = tps_sqlite_store_open_as(
            name, facts->version < facts->newest ? facts->version : facts->newest, &store, why, sizeof(why));
    }
    if (status != TPS_OK) {
        (void)fail_store(name, status, why);
    }
    return store;
}

/* ---- copies ---- */

static void write_hex(const uint8_t sha256[32], char out[HEX_SIZE])
{
    for (size_t i = 0; i < 32; i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", sha256[i]);
    }
}

static void print_summary(const char *verb, const tps_store_summary *s)
{
    char hex[HEX_SIZE];

    write_hex(s->sha256, hex);
    printf("%s %" PRIu64 " tenants, %" PRIu64 " items, %" PRIu64 " entries of audit logs, %" PRIu64
           " sessions, %" PRIu64 " used nonces\n  sha-256 %s\n",
           verb, s->tenants, s->items, s->entries, s->sessions, s->nonces, hex);
}

static int explain_copy(tps_store *from, tps_store *to, const char *to_name, tps_status status,
                        const tps_store_copy_result *result)
{
    tps_store *culprit = result->to_failed ? to : result->from_failed ? from : NULL;
    const char *why = culprit == NULL ? "" : culprit->ops->explain(culprit);

    switch (status) {
    case TPS_STORE_EXISTS:
        return cli_fail("give a new file, or an empty database; tps store check shows whether it has it all",
                        "%s: it is not empty, or is half filled from another store", name_of(to_name));
    case TPS_STORE_CHANGED:
        return cli_fail("stop the servers on it, remove what was copied, and copy again",
                        "%s: what was copied is not what the source has: it was changed meanwhile",
                        name_of(to_name));
    default: break;
    }
    return cli_fail(tps_status_next_step(status),
                    "%s: %s%s%s: what was copied stays, and the same command goes on from there",
                    result->to_failed ? name_of(to_name) : "the source", tps_status_cause(status),
                    why[0] == '\0' ? "" : ": ", why);
}

static int copy_between(tps_store *from, tps_store *to, const char *to_name,
                        const tps_store_copy_options *options, tps_store_copy_result *result)
{
    tps_store_copy_options telling = *options;
    cli_progress progress = {0};
    tps_status status;

    telling.progress = cli_progress_tell;
    telling.progress_context = &progress;
    status = tps_store_copy(from, to, &telling, result);
    cli_progress_end(&progress);
    return status == TPS_OK ? CLI_GOOD : explain_copy(from, to, to_name, status, result);
}

static int copy_stores(const char *from_name, const char *to_name, const tps_store_copy_options *options,
                       tps_store_copy_result *result)
{
    tps_store_migration facts;
    tps_store *from = open_as_it_is(from_name, &facts);
    tps_store *to = from == NULL ? NULL : cli_open_store(to_name, true);
    int code = CLI_FAILED;

    if (to != NULL) {
        code = copy_between(from, to, to_name, options, result);
        to->ops->close(to);
    }
    if (from != NULL) {
        from->ops->close(from);
    }
    return code;
}

static int copy(const char *from, const char *to)
{
    tps_store_copy_options options = {.renews_secrets = false};
    tps_store_copy_result result;
    int code = copy_stores(from, to, &options, &result);

    if (code == CLI_GOOD) {
        print_summary("copied and compared", &result.summary);
        printf("next: tps serve --store %s\n", cli_is_database(to) ? "with this database" : to);
    }
    return code;
}

/* ---- backup ---- */

static void remove_file(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[PATH_MAX_SIZE + 8];

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        (void)snprintf(name, sizeof(name), "%s%s", path, ends[i]);
        (void)unlink(name);
    }
}

/* The name is durable when its folder is. */
static bool sync_folder_of(const char *path)
{
    char folder[PATH_MAX_SIZE];
    char *slash;
    int fd;
    bool is_synced;

    (void)snprintf(folder, sizeof(folder), "%s", path);
    slash = strrchr(folder, '/');
    if (slash == NULL) {
        (void)snprintf(folder, sizeof(folder), ".");
    } else {
        slash[slash == folder ? 1 : 0] = '\0';
    }
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    is_synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return is_synced;
}

/* Written under another name, so that a file of the name that was asked for is a whole backup. */
static int backup(const char *store, const char *file)
{
    tps_store_copy_options options = {.renews_secrets = false};
    tps_store_copy_result result;
    char part[PATH_MAX_SIZE];
    int code;

    if (cli_is_database(file)) {
        return cli_fail("tps store copy copies into a database", "a backup is written to a file");
    }
    if (access(file, F_OK) == 0) {
        return cli_fail("choose another name; a backup is never overwritten", "%s is there already", file);
    }
    if ((size_t)snprintf(part, sizeof(part), "%s.part", file) >= sizeof(part)) {
        return cli_fail("choose a shorter name", "the file's name is too long");
    }
    remove_file(part);
    code = copy_stores(store, part, &options, &result);
    if (code == CLI_GOOD && (rename(part, file) != 0 || !sync_folder_of(file))) {
        code = cli_fail("check the disk", "%s: %s", file, strerror(errno));
    }
    if (code != CLI_GOOD) {
        remove_file(part);
        return code;
    }
    print_summary("backed up", &result.summary);
    printf("next: keep %s as secret as the store; tps store restore brings it back\n", file);
    return CLI_GOOD;
}

/* ---- restore ---- */

typedef struct {
    const tps_store_copy_result *result;
    int64_t *ids;
    size_t count, capacity;
} restoring;

static tps_status keep_id(void *context, const tps_store_tenant *tenant)
{
    restoring *r = context;

    if (r->count == r->capacity) {
        size_t capacity = r->capacity == 0 ? 16 : 2 * r->capacity;
        int64_t *more = realloc(r->ids, capacity * sizeof(*more));

        if (more == NULL) {
            return TPS_OUT_OF_MEMORY;
        }
        r->ids = more;
        r->capacity = capacity;
    }
    r->ids[r->count++] = tenant->id;
    return TPS_OK;
}

/* Each tenant's log says that it was restored, in the transaction that makes the store whole. */
static tps_status note_restored(void *context, tps_store *to)
{
    restoring *r = context;
    char hex[HEX_SIZE];
    tps_audit_origin origin = tps_audit_origin_local();
    tps_audit_detail detail = {.name = "digest"};
    tps_audit_note note = {
        .origin = &origin, .now = (int64_t)time(NULL), .details = &detail, .detail_count = 1};
    tps_status status = to->ops->each_tenant(to, keep_id, r);

    write_hex(r->result->summary.sha256, hex);
    detail.text = tps_span_of_text(hex);
    for (size_t i = 0; status == TPS_OK && i < r->count; i++) {
        status = tps_audit_append(to, r->ids[i], TPS_AUDIT_STORE_RESTORED, &note);
    }
    free(r->ids);
    r->ids = NULL;
    r->count = r->capacity = 0;
    return status;
}

static int restore(const char *file, const char *store)
{
    tps_store_copy_result result;
    restoring r = {.result = &result};
    tps_store_copy_options options = {.renews_secrets = true, .at_end = note_restored, .at_end_context = &r};
    int code;

    if (cli_is_database(file)) {
        return cli_fail("give the file that tps store backup wrote", "a backup is a file");
    }
    code = copy_stores(file, store, &options, &result);
    if (code == CLI_GOOD) {
        print_summary("restored", &result.summary);
        puts("sessions that wait for evidence have ended; devices begin new ones by themselves");
    }
    return code;
}

/* ---- migrate ---- */

/* A number from 1 on. */
static bool read_version(const char *text, int *version)
{
    char *end = NULL;
    long value = strtol(text, &end, 10);

    if (text[0] < '1' || text[0] > '9' || *end != '\0' || value > 1000000) {
        (void)cli_fail("give a number, as tps store check shows it", "\"%s\" can be no version", text);
        return false;
    }
    *version = (int)value;
    return true;
}

static int migrate(const char *store, const arguments *a)
{
    tps_store_migration now;
    char why[256] = "";
    int version = 0;
    tps_status status = move(store, 0, false, &now, why, sizeof(why));

    if (status == TPS_OK) {
        version = now.newest;
        if (a->to != NULL && !read_version(a->to, &version)) {
            return CLI_FAILED;
        }
        status = move(store, version, a->lose, &now, why, sizeof(why));
    }
    switch (status) {
    case TPS_OK: break;
    case TPS_STORE_EXISTS:
        (void)cli_fail("back it up, and add --lose",
                       "%s: version %d cannot hold %" PRId64 " things that it has", name_of(store), version,
                       now.lost);
        return CLI_REFUSED;
    case TPS_BAD_ARGUMENT:
        return cli_fail("tps store check shows the versions", "this program knows no version %d", version);
    default:
        return cli_fail(tps_status_next_step(status), "%s: %s%s%s", name_of(store), tps_status_cause(status),
                        why[0] == '\0' ? "" : ": ", why);
    }
    printf("%s is of version %d; programs of version %d and newer can work on it\n", name_of(store),
           now.version, now.oldest);
    if (now.lost > 0) {
        printf("%" PRId64 " things were lost\n", now.lost);
    }
    return CLI_GOOD;
}

/* ---- check ---- */

/* What SQLite finds in the file itself. */
static int check_file(const char *store)
{
    char why[256] = "";
    tps_status status = tps_sqlite_store_look_through(store, why, sizeof(why));

    if (status == TPS_STORE_FAILED) {
        (void)cli_fail("restore a backup", "%s is damaged: %s", store, why);
        return CLI_REFUSED;
    }
    return status == TPS_OK ? CLI_GOOD : fail_store(store, status, why);
}

static int check_contents(tps_store *store, const char *name)
{
    cli_progress progress = {0};
    tps_store_summary summary;
    tps_status status = tps_store_check(store, cli_progress_tell, &progress, &summary);

    cli_progress_end(&progress);
    if (status != TPS_OK) {
        return fail_store(name, status, store->ops->explain(store));
    }
    print_summary("read", &summary);
    if (summary.faults > 0) {
        (void)cli_fail("find out who changed it; restore a backup",
                       "%s: %" PRIu64 " things do not fit; the first: %s", name_of(name), summary.faults,
                       summary.fault);
        return CLI_REFUSED;
    }
    puts("all is well: every audit log's chain is whole");
    return CLI_GOOD;
}

static int check(const char *name)
{
    tps_store_migration facts;
    tps_store *store = open_as_it_is(name, &facts);
    int code;

    if (store == NULL) {
        return CLI_FAILED;
    }
    printf("version %d of %d; programs of version %d and newer can work on it\n", facts.version, facts.newest,
           facts.oldest);
    code = cli_is_database(name) ? CLI_GOOD : check_file(name);
    if (code == CLI_GOOD) {
        code = check_contents(store, name);
    }
    store->ops->close(store);
    return code;
}

/* ---- the subcommand ---- */

/* What each command needs behind its own name. */
static const struct {
    const char *name;
    const char *needs;
    size_t count;
} commands[] = {
    {"copy", "FROM TO", 2},  {"backup", "STORE FILE", 2}, {"restore", "FILE STORE", 2},
    {"migrate", "STORE", 1}, {"check", "STORE", 1},
};

/* True if `words` are a command and what it needs; else says what is wrong. */
static bool are_understood(const char **words, size_t count)
{
    if (count == 0) {
        (void)cli_fail("tps store copy|backup|restore|migrate|check; see tps help store",
                       "store needs to know what to do");
        return false;
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(words[0], commands[i].name) == 0) {
            if (count - 1 != commands[i].count) {
                (void)cli_fail("see tps help store", "store %s needs %s", words[0], commands[i].needs);
                return false;
            }
            return true;
        }
    }
    (void)cli_fail("see tps help store", "store: unknown command \"%s\"", words[0]);
    return false;
}

static int run(int argc, char **argv)
{
    arguments a = {.to = NULL};
    const cli_option options[] = {{.name = "--to", .value = &a.to}, {.name = "--lose", .flag = &a.lose}};
    const char *words[3];
    size_t count = 3;

    if (!cli_parse(argc, argv, options, 2, words, &count) || !are_understood(words, count)) {
        return CLI_FAILED;
    }
    if ((a.to != NULL || a.lose) && strcmp(words[0], "migrate") != 0) {
        return cli_fail("see tps help store", "--to and --lose belong to store migrate");
    }
    switch (words[0][0]) {
    case 'c': return words[0][1] == 'o' ? copy(words[1], words[2]) : check(words[1]);
    case 'b': return backup(words[1], words[2]);
    case 'r': return restore(words[1], words[2]);
    default: return migrate(words[1], &a);
    }
}

const cli_subcommand cli_store = {"store", "copy, back up, restore, migrate and check a server's store",
                                  usage, run};
