/* SPDX-License-Identifier: Apache-2.0 */
/* `tps token`: API tokens of a tenant, made, listed and revoked in its store. A running server notices. */
#include "server/access/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/access.h"
#include "cli/cli.h"
#include "cli/open_store.h"
#include "server/access/administrator.h"
#include "tps/secret.h"

#define DAYS_DEFAULT 90
#define DAYS_MAX     3660
#define WORDS_MAX    4u

static const char usage[] =
    "tps token create TENANT NAME --scopes SCOPES [--days N | --days never] --store STORE\n"
    "tps token list TENANT --store STORE\n"
    "tps token revoke TENANT NAME --store STORE\n"
    "\n"
    "A token is how programs log in to tps serve: Authorization: Bearer TOKEN, or Basic with any user's name\n"
    "and the token as the password. It counts at its tenant alone. The store keeps its hash, so that it can be\n"
    "shown only once.\n"
    "\n"
    "  create  print a new token, and nothing else, on standard output. It counts for N days (90 unless given)\n"
    "  list    names, scopes, and until when each counts\n"
    "  revoke  it counts no more\n"
    "\n"
    "SCOPES are some of these, with commas or spaces between:\n"
    "  read      see what the tenant has              keys      the keys that sign results\n"
    "  endorse   submit and remove endorsements       admin     tokens, administrators, settings\n"
    "  policy    make and choose policies             appraise  have evidence appraised\n"
    "  trust     trust anchors and revocations        audit     read the audit log\n"
    "  operator  make and remove tenants; in the tenant \"default\" alone\n"
    "\n"
    "A server that is running on the same store takes changes within a second. See also: tps help\n"
    "administrator, for people who log in by an identity provider or a certificate.\n";

static const cli_access_kind kind = {TPS_STORE_TOKEN, "token", "tps token create"};

/* What the command line says beside words. */
typedef struct {
    const char *store, *scopes, *days;
} arguments;

/* ---- create ---- */

static bool read_expiry(const char *days, int64_t *expires)
{
    char *end = NULL;
    long count = days == NULL ? DAYS_DEFAULT : strtol(days, &end, 10);

    if (days != NULL && strcmp(days, "never") == 0) {
        *expires = TPS_TOKEN_NO_EXPIRY;
        return true;
    }
    if (count < 1 || count > DAYS_MAX || (days != NULL && *end != '\0')) {
        (void)cli_fail("give 1 to 3660 days, or never", "--days cannot be \"%s\"", days);
        return false;
    }
    *expires = (int64_t)time(NULL) + count * 86400;
    return true;
}

static int add(tps_store *store, int64_t tenant, const char *name, const tps_token_attributes *attributes)
{
    char text[TPS_TOKEN_TEXT_SIZE + 1];
    char scopes[TPS_SCOPES_TEXT_SIZE];
    uint8_t sha256[TPS_SHA256_SIZE];
    uint8_t json[256];
    size_t size = 0;
    tps_store_item item = {.kind = TPS_STORE_TOKEN, .name = tps_span_of_text(name)};
    tps_status status = tps_token_attributes_write(attributes, TPS_BUF_OF(json), &size);
    int code;

    if (status == TPS_OK) {
        status = tps_token_make(text, sha256);
    }
    if (status != TPS_OK) {
        return cli_fail_status("a new token", status, NULL);
    }
    item.attributes = tps_span_make(json, size);
    item.body = TPS_SPAN_OF(sha256);
    code = cli_access_add(store, tenant, &kind, &item, tps_scopes_write(attributes->scopes, scopes));
    if (code == CLI_GOOD) {
        (void)fprintf(stderr, "made token %s with the scopes %s; it is shown only now:\n", name, scopes);
        puts(text);
    }
    tps_wipe(text, sizeof text);
    return code;
}

static int create(tps_store *store, const char *tenant, const char *name, const arguments *a)
{
    tps_token_attributes attributes;
    int64_t id;

    if (!cli_access_name(name) || !cli_access_scopes(a->scopes, tenant, &attributes.scopes) ||
        !read_expiry(a->days, &attributes.expires) || !cli_access_tenant(store, tenant, &id)) {
        return CLI_FAILED;
    }
    return add(store, id, name, &attributes);
}

/* ---- list ---- */

static tps_status print_token(void *context, const tps_store_item *item)
{
    tps_token_attributes token;
    char scopes[TPS_SCOPES_TEXT_SIZE];
    char until[64] = "never ends";

    (void)context;
    if (tps_token_attributes_read(item->attributes, &token, NULL) != TPS_OK) {
        printf("%-24.*s cannot be read, and counts for nobody\n", (int)item->name.size,
               (const char *)item->name.data);
        return TPS_OK;
    }
    if (token.expires != TPS_TOKEN_NO_EXPIRY) {
        time_t at = (time_t)token.expires;
        struct tm parts;

        if (gmtime_r(&at, &parts) != NULL) {
            (void)strftime(until, sizeof until,
                           token.expires <= (int64_t)time(NULL) ? "expired %Y-%m-%d" : "until %Y-%m-%d",
                           &parts);
        }
    }
    printf("%-24.*s %-20s %s\n", (int)item->name.size, (const char *)item->name.data, until,
           tps_scopes_write(token.scopes, scopes));
    return TPS_OK;
}

/* ---- the subcommand ---- */

static int dispatch(tps_store *store, const char **words, size_t count, const arguments *a)
{
    int64_t id;

    if (strcmp(words[0], "create") == 0 && count == 3) {
        return create(store, words[1], words[2], a);
    }
    if (!cli_access_tenant(store, words[1], &id)) {
        return CLI_FAILED;
    }
    if (strcmp(words[0], "list") == 0) {
        return cli_access_list(store, id, &kind, words[1], print_token);
    }
    return cli_access_remove(store, id, &kind, words[2]);
}

static bool is_understood(const char **words, size_t count)
{
    bool good = count > 0 && ((strcmp(words[0], "create") == 0 && count == 3) ||
                              (strcmp(words[0], "list") == 0 && count == 2) ||
                              (strcmp(words[0], "revoke") == 0 && count == 3));

    if (!good) {
        (void)cli_fail("tps token create|revoke TENANT NAME, or list TENANT; see tps help token",
                       "token needs to know what to do");
    }
    return good;
}

static int run(int argc, char **argv)
{
    arguments a = {NULL, NULL, NULL};
    const cli_option options[] = {{.name = "--store", .value = &a.store},
                                  {.name = "--scopes", .value = &a.scopes},
                                  {.name = "--days", .value = &a.days}};
    const char *words[WORDS_MAX];
    size_t count = WORDS_MAX;
    tps_store *store;
    int code;

    if (!cli_parse(argc, argv, options, 3, words, &count) || !is_understood(words, count)) {
        return CLI_FAILED;
    }
    store = cli_open_store(a.store, false);
    if (store == NULL) {
        return CLI_FAILED;
    }
    code = dispatch(store, words, count, &a);
    store->ops->close(store);
    return code;
}

const cli_subcommand cli_token = {"token", "make and revoke API tokens of a tenant", usage, run};
