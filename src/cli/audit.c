/* SPDX-License-Identifier: Apache-2.0 */
/* `tps audit`: takes a tenant's audit log out of a store, signs how far it has come, and checks an exported
 * one with nothing but the tenant's public keys. */
#include "server/audit/audit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/open_store.h"
#include "format/json/writer.h"
#include "server/audit/check.h"
#include "server/audit/checkpoint.h"
#include "server/audit/lines.h"
#include "server/tenants/tenant.h"

enum { KEY_LIMIT = 1 << 20, CHECKPOINT_LIMIT = 1 << 16, VALUES_MAX = 4096 };

static const char usage[] =
    "tps audit export TENANT --store STORE [--from N]\n"
    "tps audit checkpoint TENANT --store STORE\n"
    "tps audit verify FILE (--jwks FILE | --key KEY)... [--checkpoint CHECKPOINT]... [--json]\n"
    "\n"
    "Each change of what a tenant has or is leaves an entry in its audit log, chained to the one before by a\n"
    "hash. From time to time the tenant's key signs how far the chain has come: a checkpoint.\n"
    "\n"
    "  export      the log, an entry a line, to standard output; with --from N from entry N on\n"
    "  checkpoint  sign now, unless all is signed, and print the newest checkpoint: keep it elsewhere\n"
    "  verify      check an exported log (\"-\": standard input). Needs no store, only public keys:\n"
    "    --jwks FILE               the tenant's key set, as /.well-known/jwks.json has it\n"
    "    --key KEY                 one key, also one that signs no more: .pem, .jwk or .der\n"
    "    --checkpoint CHECKPOINT   one that was kept elsewhere, or a file with it: the log must be the one\n"
    "                              that it names, and come as far\n"
    "    --json                    print one JSON object\n"
    "\n"
    "verify finds an entry that was changed, taken out, put in another order or cut off the end, and a log that\n"
    "was written anew, as far as a checkpoint proves it, and says how far that is.\n"
    "\n"
    "Exit codes: 0 the log is whole and proven up to the entry that is named; 1 it is not; 2 could not be done.\n";

/* What the command line says. */
typedef struct {
    const char *store;
    const char *from_text;
    int64_t from;
    const char *keys[VALUES_MAX]; /* of --jwks and --key: what a file holds shows by itself */
    size_t key_count;
    const char *sets[VALUES_MAX];
    size_t set_count;
    const char *checkpoints[VALUES_MAX];
    size_t checkpoint_count;
    bool is_json;
} arguments;

/* ---- the store ---- */

static tps_status note_id(void *context, const tps_store_tenant *tenant)
{
    *(int64_t *)context = tenant->id;
    return TPS_OK;
}

static bool find_tenant(tps_store *store, const char *name, int64_t *id)
{
    tps_status status = store->ops->find_tenant(store, name, note_id, id);

    if (status == TPS_NOT_FOUND) {
        (void)cli_fail("tps tenant list shows which there are", "there is no tenant \"%s\"", name);
    } else if (status != TPS_OK) {
        (void)cli_fail_status(name, status, NULL);
    }
    return status == TPS_OK;
}

/* ---- export ---- */

static tps_status print_line(void *context, tps_span line)
{
    FILE *out = context;

    return fwrite(line.data, 1, line.size, out) == line.size && fputc('\n', out) != EOF ? TPS_OK : TPS_IO;
}

static int export_log(tps_store *store, const char *name, const arguments *a)
{
    tps_status status;
    int64_t id;

    if (!find_tenant(store, name, &id)) {
        return CLI_FAILED;
    }
    status = tps_audit_export(store, id, name, a->from, 0, print_line, stdout);
    if (status == TPS_IO || fflush(stdout) != 0) {
        return cli_fail("check the disk, or the program that reads this", "standard output: %s",
                        strerror(errno));
    }
    return status == TPS_OK ? CLI_GOOD : cli_fail_status(name, status, NULL);
}

/* ---- checkpoint ---- */

static tps_status sign_now(tps_store *store, int64_t id, const char *name)
{
    tps_tenant_keys *keys = NULL;
    bool made;
    tps_status status = tps_tenant_build_keys(store, id, &keys);

    if (status == TPS_OK) {
        status = tps_audit_checkpoint_append(store, id, name, &keys->ring, (int64_t)time(NULL), &made);
    }
    tps_tenant_keys_free(keys);
    return status;
}

static int checkpoint(tps_store *store, const char *name)
{
    char text[TPS_AUDIT_CHECKPOINT_MAX];
    int64_t sequence, id;
    size_t size = 0;
    tps_status status;

    if (!find_tenant(store, name, &id)) {
        return CLI_FAILED;
    }
    status = sign_now(store, id, name);
    if (status != TPS_OK) {
        return status == TPS_NOT_FOUND
                   ? cli_fail("give it a key", "tenant %s has no key that signs now", name)
                   : cli_fail_status(name, status, NULL);
    }
    status = tps_audit_checkpoint_last(store, id, &sequence, TPS_BUF_OF(text), &size);
    if (status != TPS_OK) {
        return cli_fail("change something first", "the audit log of tenant %s is empty", name);
    }
    printf("%.*s\n", (int)size, text);
    return fflush(stdout) == 0 ? CLI_GOOD : CLI_FAILED;
}

/* ---- verify ---- */

static bool add_key_files(tps_audit_checker *checker, const char *const *paths, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        tps_status status;
        tps_buf data;

        if (!cli_read_file(paths[i], KEY_LIMIT, &data)) {
            return false;
        }
        status = tps_audit_checker_add_keys(checker, cli_span(data));
        free(data.data);
        if (status != TPS_OK) {
            (void)cli_fail_status(paths[i], status, NULL);
            return false;
        }
    }
    return true;
}

/* A checkpoint is given as such, or as a file with it: no file's name looks like one. */
static bool is_checkpoint_text(const char *text)
{
    return strncmp(text, "ey", 2) == 0 && strchr(text, '.') != NULL && access(text, F_OK) != 0;
}

static int add_checkpoint(tps_audit_checker *checker, const char *given)
{
    bool is_text = is_checkpoint_text(given);
    tps_buf data = {NULL, 0};
    tps_status status;

    if (!is_text && !cli_read_file(given, CHECKPOINT_LIMIT, &data)) {
        return CLI_FAILED;
    }
    status = tps_audit_checker_add_checkpoint(checker, is_text ? tps_span_of_text(given) : cli_span(data));
    free(data.data);
    if (status == TPS_OK) {
        return CLI_GOOD;
    }
    (void)cli_fail_status(is_text ? "--checkpoint" : given, status, NULL);
    return status == TPS_SERVER_AUDIT_BAD_CHECKPOINT ? CLI_REFUSED : CLI_FAILED;
}

static FILE *open_log(const char *path)
{
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");

    if (in == NULL) {
        (void)cli_fail("check the path", "cannot open %s: %s", path, strerror(errno));
    }
    return in;
}

/* Takes the lines; false when the file cannot be read to its end. */
static bool take_lines(tps_audit_checker *checker, const char *path, FILE *in, tps_status *status,
                       tps_error *why)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    bool is_read;

    *status = TPS_OK;
    while (*status == TPS_OK && (size = getline(&line, &room, in)) >= 0) {
        size -= size > 0 && line[size - 1] == '\n';
        *status = tps_audit_checker_line(checker, tps_span_make(line, (size_t)size), why);
    }
    free(line);
    is_read = *status != TPS_OK || !ferror(in);
    if (!is_read) {
        (void)cli_fail("check the disk", "%s: %s", path, strerror(errno));
    }
    return is_read;
}

static const char *time_text(int64_t seconds, char text[32])
{
    time_t at = (time_t)seconds;
    struct tm parts;

    text[0] = '\0';
    if (gmtime_r(&at, &parts) != NULL) {
        (void)strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
    return text;
}

static void print_proof(const tps_audit_findings *found)
{
    char text[32];

    if (found->proven > 0) {
        printf("  proven     up to entry %" PRId64 ", signed %s by key %s\n", found->proven,
               time_text(found->proven_time, text), found->proven_by);
    }
    if (found->last > found->proven && !found->ends_signed) {
        printf("  unproven   %" PRId64 " behind it: chained, and not signed yet\n",
               found->last - (found->proven > 0 ? found->proven : found->first - 1));
    }
    if (found->first > 1) {
        printf("  note       entries before %" PRId64 " are not in it\n", found->first);
    }
    if (found->unknown_keys > 0) {
        printf("  note       %" PRIu64 " checkpoints are signed with keys that were not given\n",
               found->unknown_keys);
    }
    if (found->clock_back > 0) {
        printf("  note       the clock went back before %" PRIu64 " entries\n", found->clock_back);
    }
}

static void print_verdict(const tps_audit_findings *found, tps_status status, const tps_error *why)
{
    if (status == TPS_OK) {
        printf("whole: entries %" PRId64 " to %" PRId64 " of tenant %s\n", found->first, found->last,
               found->tenant);
    } else if (found->at > 0) {
        printf("refused: entry %" PRId64 "%s%s: %s%s%s\n", found->at,
               found->tenant[0] == '\0' ? "" : " of tenant ", found->tenant, tps_status_cause(status),
               why->detail == NULL ? "" : ": ", why->detail == NULL ? "" : why->detail);
    } else {
        printf("refused: %s\n", tps_status_cause(status));
    }
    if (found->first > 0) {
        print_proof(found);
    }
    if (status != TPS_OK) {
        printf("  next step  %s\n", tps_status_next_step(status));
    }
}

static tps_status write_verdict(const tps_audit_findings *found, tps_status status, const tps_error *why,
                                tps_buf out, size_t *size)
{
    json_writer w = json_writer_init(out);

    json_begin_object(&w);
    json_member_bool(&w, "whole", status == TPS_OK);
    json_member_text(&w, "status", tps_status_name(status));
    json_member_text(&w, "tenant", found->tenant);
    json_member_int(&w, "first", found->first);
    json_member_int(&w, "last", found->last);
    json_member_hex(&w, "last_hash", TPS_SPAN_OF(found->last_hash));
    json_member_int(&w, "proven", found->proven);
    json_member_int(&w, "proven_time", found->proven_time);
    json_member_text(&w, "proven_by", found->proven_by);
    json_member_bool(&w, "ends_signed", found->ends_signed);
    json_member_uint(&w, "checkpoints", found->checkpoints);
    json_member_uint(&w, "unknown_keys", found->unknown_keys);
    json_member_uint(&w, "clock_back", found->clock_back);
    if (status != TPS_OK) {
        json_member_int(&w, "at", found->at);
        json_member_text(&w, "cause", tps_status_cause(status));
        json_member_text(&w, "detail", why->detail == NULL ? "" : why->detail);
        json_member_text(&w, "next_step", tps_status_next_step(status));
    }
    json_end_object(&w);
    return json_writer_finish(&w, size);
}

static int print_json(const tps_audit_findings *found, tps_status status, const tps_error *why)
{
    char text[2048];
    size_t size = 0;

    if (write_verdict(found, status, why, TPS_BUF_OF(text), &size) != TPS_OK) {
        return cli_fail("report this", "the verdict does not fit");
    }
    printf("%.*s\n", (int)size, text);
    return CLI_GOOD;
}

static int check_log(tps_audit_checker *checker, const char *path, bool is_json)
{
    const tps_audit_findings *found = tps_audit_checker_findings(checker);
    tps_error why = {TPS_OK, 0, NULL};
    FILE *in = open_log(path);
    int code = CLI_GOOD;
    tps_status status;
    bool is_read;

    if (in == NULL) {
        return CLI_FAILED;
    }
    is_read = take_lines(checker, path, in, &status, &why);
    if (in != stdin) {
        (void)fclose(in);
    }
    if (!is_read || status == TPS_CRYPTO_FAILED) {
        return is_read ? cli_fail_status(path, status, NULL) : CLI_FAILED;
    }
    status = status == TPS_OK ? tps_audit_checker_finish(checker) : status;
    if (is_json) {
        code = print_json(found, status, &why);
    } else {
        print_verdict(found, status, &why);
    }
    if (code != CLI_GOOD || fflush(stdout) != 0) {
        return CLI_FAILED;
    }
    return status == TPS_OK ? CLI_GOOD : CLI_REFUSED;
}

static int verify(const char *path, const arguments *a)
{
    tps_audit_checker *checker;
    int code = CLI_GOOD;

    if (a->key_count + a->set_count == 0) {
        return cli_fail("see tps help audit", "audit verify: --jwks or --key, the tenant's keys, is missing");
    }
    if (tps_audit_checker_new(&checker) != TPS_OK) {
        return cli_fail_status(path, TPS_OUT_OF_MEMORY, NULL);
    }
    if (!add_key_files(checker, a->sets, a->set_count) || !add_key_files(checker, a->keys, a->key_count)) {
        code = CLI_FAILED;
    }
    for (size_t i = 0; code == CLI_GOOD && i < a->checkpoint_count; i++) {
        code = add_checkpoint(checker, a->checkpoints[i]);
    }
    if (code == CLI_GOOD) {
        code = check_log(checker, path, a->is_json);
    }
    tps_audit_checker_free(checker);
    return code;
}

/* ---- the subcommand ---- */

static bool read_from(arguments *a)
{
    char *end = NULL;

    a->from = 1;
    if (a->from_text == NULL) {
        return true;
    }
    errno = 0;
    a->from = strtoll(a->from_text, &end, 10);
    if (errno != 0 || end == a->from_text || *end != '\0' || a->from < 1) {
        (void)cli_fail("give the number of an entry: 1 is the first", "--from %s: this is no such number",
                       a->from_text);
        return false;
    }
    return true;
}

static bool parse(int argc, char **argv, arguments *a, const char *words[2])
{
    const cli_option options[] = {
        {.name = "--store", .value = &a->store},
        {.name = "--from", .value = &a->from_text},
        {.name = "--jwks", .values = a->sets, .capacity = VALUES_MAX, .count = &a->set_count},
        {.name = "--key", .values = a->keys, .capacity = VALUES_MAX, .count = &a->key_count},
        {.name = "--checkpoint",
         .values = a->checkpoints,
         .capacity = VALUES_MAX,
         .count = &a->checkpoint_count},
        {.name = "--json", .flag = &a->is_json},
    };
    size_t count = 2;

    if (!cli_parse(argc, argv, options, sizeof(options) / sizeof(options[0]), words, &count) ||
        !read_from(a)) {
        return false;
    }
    if (count != 2 || (strcmp(words[0], "export") != 0 && strcmp(words[0], "checkpoint") != 0 &&
                       strcmp(words[0], "verify") != 0)) {
        (void)cli_fail("tps audit export|checkpoint TENANT, tps audit verify FILE; see tps help audit",
                       "audit needs to know what to do with what");
        return false;
    }
    return true;
}

static int run(int argc, char **argv)
{
    static arguments a;
    const char *words[2];
    tps_store *store;
    int code;

    if (!parse(argc, argv, &a, words)) {
        return CLI_FAILED;
    }
    if (strcmp(words[0], "verify") == 0) {
        return verify(words[1], &a);
    }
    store = cli_open_store(a.store, false);
    if (store == NULL) {
        return CLI_FAILED;
    }
    code = strcmp(words[0], "export") == 0 ? export_log(store, words[1], &a) : checkpoint(store, words[1]);
    store->ops->close(store);
    return code;
}

const cli_subcommand cli_audit = {"audit", "export the audit log, and check it", usage, run};
