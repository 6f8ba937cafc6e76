/* SPDX-License-Identifier: Apache-2.0 */
/* `tps tenant`: makes tenants in a store, and gives them trust anchors and endorsements. A running server
 * notices. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "crypto/x509.h"
#include "server/tenant.h"
#include "store/sqlite/sqlite_store.h"
#include "tps/secret.h"

#define FILE_MAX  (16u << 20)
#define WORDS_MAX 256u

static const char usage[] =
    "tps tenant create NAME --store FILE [--allow-unsigned]\n"
    "tps tenant trust NAME CERTIFICATE.pem --store FILE\n"
    "tps tenant endorse NAME CORIM... --store FILE\n"
    "tps tenant list --store FILE\n"
    "\n"
    "A tenant is a service provider with everything of its own: trust anchors, endorsements, signing key,\n"
    "devices. Its interfaces lie under /t/NAME/; the tenant \"default\" is also served at the root.\n"
    "\n"
    "  create   make a tenant. With --allow-unsigned it takes endorsements that nobody signed, from whoever\n"
    "           reaches the server: for tests only\n"
    "  trust    let a device maker's CA vouch for devices and sign endorsements (PEM, one or several)\n"
    "  endorse  add a maker's CoRIMs, as their submission over HTTP would\n"
    "  list     each tenant with what it has\n"
    "\n"
    "A server that is running on the same store takes changes within a second.\n";

/* Only create makes a store: elsewhere a path that leads nowhere is a slip, and must leave no file behind. */
static tps_store *open_store(const char *path, bool is_made)
{
    tps_store *store = NULL;
    char why[256] = "";
    tps_status status;

    if (path == NULL) {
        (void)cli_fail("see tps help tenant", "--store is missing");
        return NULL;
    }
    if (!is_made && access(path, F_OK) != 0) {
        (void)cli_fail("check the path; tps tenant create NAME --store FILE makes one",
                       "cannot open the store %s: %s", path, strerror(errno));
        return NULL;
    }
    status = tps_sqlite_store_open(path, &store, why, sizeof(why));
    if (status != TPS_OK) {
        (void)cli_fail(tps_status_next_step(status), "%s: %s%s%s", path, tps_status_cause(status),
                       why[0] == '\0' ? "" : ": ", why);
        return NULL;
    }
    return store;
}

static int create(tps_store *store, const char *path, const char *name, bool allow_unsigned)
{
    tps_status status = tps_tenant_create(store, name, allow_unsigned);

    if (status == TPS_BAD_ARGUMENT) {
        return cli_fail("use 1 to 63 of a-z, 0-9 and \"-\", not beginning with \"-\"",
                        "\"%s\" can be no tenant's name", name);
    }
    if (status != TPS_OK) {
        return status == TPS_STORE_EXISTS
                   ? cli_fail("use it, or choose another name", "there is a tenant \"%s\" already", name)
                   : cli_fail_status(name, status, NULL);
    }
    printf("made tenant %s\nnext: tps tenant trust %s MAKER.pem --store %s\n", name, name, path);
    return CLI_GOOD;
}

static bool find(tps_store *store, const char *name, tps_store_tenant *tenant)
{
    tps_status status = store->ops->find_tenant(store, name, tenant);

    if (status == TPS_NOT_FOUND) {
        (void)cli_fail("tps tenant list shows which there are, tps tenant create makes one",
                       "there is no tenant \"%s\"", name);
    } else if (status != TPS_OK) {
        (void)cli_fail_status(name, status, NULL);
    }
    tps_wipe(tenant->signing_key, sizeof(tenant->signing_key));
    return status == TPS_OK;
}

/* ---- trust ---- */

static int add_certificate(tps_store *store, const tps_store_tenant *tenant, tps_span der)
{
    tps_x509_info info;
    tps_digest digest;
    tps_status status = tps_x509_describe(der, &info);

    if (status == TPS_OK && !info.ca) {
        return cli_fail("give the maker's CA certificate", "%s is no CA certificate", info.subject);
    }
    if (status == TPS_OK) {
        status = tps_crypto_hash_of(TPS_ALG_SHA256, der, &digest);
    }
    if (status == TPS_OK) {
        status = store->ops->add_anchor(store, tenant->id, digest.bytes, der, (int64_t)time(NULL));
    }
    if (status != TPS_OK && status != TPS_STORE_EXISTS) {
        return cli_fail_status("the certificate", status, NULL);
    }
    printf("tenant %s trusts %s%s\n", tenant->name, info.subject, status == TPS_OK ? "" : " (as before)");
    return CLI_GOOD;
}

/* Says now what the server will say later: what is under the demonstration CA counts with --demo only. */
static void warn_of_demonstration(const char *what)
{
    (void)fprintf(stderr,
                  "tps: WARNING: %s: from the demonstration CA, whose private key is public: it counts only "
                  "while served with --demo\n",
                  what);
}

static bool is_demonstration(tps_span pem)
{
    tps_verifier_options strict = {.allow_demonstration = false};
    tps_verifier *verifier = NULL;
    bool is = tps_verifier_new(&strict, &verifier) == TPS_OK &&
              tps_verifier_add_anchor(verifier, pem) == TPS_VERIFIER_DEMONSTRATION;

    tps_verifier_free(verifier);
    return is;
}

static int trust(tps_store *store, const tps_store_tenant *tenant, const char *path)
{
    static uint8_t room[65536];
    tps_span certificates[TPS_X509_CHAIN_MAX];
    size_t count = TPS_X509_CHAIN_MAX;
    tps_buf pem;
    tps_status status;
    int code = CLI_GOOD;

    if (!cli_read_file(path, FILE_MAX, &pem)) {
        return CLI_FAILED;
    }
    status = tps_x509_from_pem(cli_span(pem), TPS_BUF_OF(room), certificates, &count);
    if (status != TPS_OK) {
        code = cli_fail_status(path, status, NULL);
    } else if (is_demonstration(cli_span(pem))) {
        warn_of_demonstration(path);
    }
    for (size_t i = 0; status == TPS_OK && code == CLI_GOOD && i < count; i++) {
        code = add_certificate(store, tenant, certificates[i]);
    }
    free(pem.data);
    return code;
}

/* ---- endorse ---- */

/* Whether the tenant's verifier will take it, with what the tenant has so far. */
static tps_status try_corim(tps_store *store, const tps_store_tenant *tenant, bool demonstration,
                            tps_span corim, tps_error *why)
{
    tps_verifier_options options = {.allow_unsigned_endorsements = tenant->allow_unsigned,
                                    .allow_demonstration = demonstration};
    tps_verifier *verifier = NULL;
    tps_status status =
        tps_tenant_build_verifier(store, tenant->id, tenant->name, &options, NULL, NULL, &verifier);

    if (status == TPS_OK) {
        status = tps_verifier_add_corim(verifier, corim, (int64_t)time(NULL), why);
    }
    tps_verifier_free(verifier);
    return status;
}

/* What came of the files so far. */
typedef struct {
    size_t added;
    size_t known;         /* the tenant had them before */
    size_t demonstration; /* of both, under the demonstration CA */
} endorse_counts;

static tps_status check_corim(tps_store *store, const tps_store_tenant *tenant, tps_span corim,
                              endorse_counts *counts, tps_error *why)
{
    tps_error first = {TPS_OK, 0, NULL};
    tps_status status = try_corim(store, tenant, false, corim, &first);

    *why = first;
    if (status == TPS_OK || try_corim(store, tenant, true, corim, why) != TPS_OK) {
        return status;
    }
    counts->demonstration++;
    return TPS_OK;
}

static int endorse(tps_store *store, const tps_store_tenant *tenant, const char *path, endorse_counts *counts)
{
    tps_error why = {TPS_OK, 0, NULL};
    tps_digest digest;
    tps_buf corim;
    tps_status status;

    if (!cli_read_file(path, FILE_MAX, &corim)) {
        return CLI_FAILED;
    }
    status = tps_crypto_hash_of(TPS_ALG_SHA256, cli_span(corim), &digest);
    if (status == TPS_OK) {
        status = check_corim(store, tenant, cli_span(corim), counts, &why);
    }
    if (status == TPS_OK) {
        status = store->ops->add_endorsement(store, tenant->id, digest.bytes, cli_span(corim),
                                             (int64_t)time(NULL));
    }
    free(corim.data);
    if (status != TPS_OK && status != TPS_STORE_EXISTS) {
        (void)cli_fail_status(path, status, &why);
        return CLI_REFUSED;
    }
    counts->added += status == TPS_OK;
    counts->known += status == TPS_STORE_EXISTS;
    return CLI_GOOD;
}

/* Takes the files in order, up to the first that is refused. */
static int endorse_all(tps_store *store, const tps_store_tenant *tenant, const char **paths, size_t count)
{
    endorse_counts counts = {0, 0, 0};
    int code = CLI_GOOD;

    for (size_t i = 0; i < count && code == CLI_GOOD; i++) {
        code = endorse(store, tenant, paths[i], &counts);
    }
    if (counts.demonstration > 0) {
        warn_of_demonstration(count == 1 ? paths[0] : "endorsements");
    }
    if (counts.added + counts.known > 0) {
        printf("tenant %s has taken %zu of %zu endorsements (%zu known before)\n", tenant->name,
               counts.added + counts.known, count, counts.known);
    }
    return code;
}

/* ---- list ---- */

static tps_status count(void *context, tps_span bytes)
{
    (void)bytes;
    ++*(size_t *)context;
    return TPS_OK;
}

static tps_status print_tenant(void *context, const tps_store_tenant *tenant)
{
    tps_store *store = context;
    size_t anchors = 0;
    size_t endorsements = 0;

    TPS_TRY(store->ops->each_anchor(store, tenant->id, count, &anchors));
    TPS_TRY(store->ops->each_endorsement(store, tenant->id, count, &endorsements));
    printf("%-20s %4zu trust anchors %6zu endorsements%s\n", tenant->name, anchors, endorsements,
           tenant->allow_unsigned ? "   takes unsigned ones" : "");
    return TPS_OK;
}

static tps_status count_tenant(void *context, const tps_store_tenant *tenant)
{
    (void)tenant;
    ++*(size_t *)context;
    return TPS_OK;
}

static int list(tps_store *store)
{
    size_t tenants = 0;
    tps_status status = store->ops->each_tenant(store, count_tenant, &tenants);

    if (status == TPS_OK && tenants == 0) {
        puts("no tenants yet; next: tps tenant create NAME --store FILE");
    } else if (status == TPS_OK) {
        status = store->ops->each_tenant(store, print_tenant, store);
    }
    return status == TPS_OK ? CLI_GOOD : cli_fail_status("the store", status, NULL);
}

/* ---- the subcommand ---- */

/* What each command needs behind its own name. */
static const struct {
    const char *name;
    const char *needs;
    size_t least, most;
} commands[] = {
    {"create", "NAME", 1, 1},
    {"trust", "NAME CERTIFICATE.pem", 2, 2},
    {"endorse", "NAME CORIM...", 2, WORDS_MAX},
    {"list", "no more", 0, 0},
};

/* True if `words` are a command and what it needs; else says what is wrong. */
static bool are_understood(const char **words, size_t words_count)
{
    if (words_count == 0) {
        (void)cli_fail("tps tenant create|trust|endorse|list; see tps help tenant",
                       "tenant needs to know what to do");
        return false;
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(words[0], commands[i].name) != 0) {
            continue;
        }
        if (words_count - 1 < commands[i].least || words_count - 1 > commands[i].most) {
            (void)cli_fail("see tps help tenant", "tenant %s needs %s", words[0], commands[i].needs);
            return false;
        }
        return true;
    }
    (void)cli_fail("see tps help tenant", "tenant: unknown command \"%s\"", words[0]);
    return false;
}

static int dispatch(tps_store *store, const char *path, const char **words, size_t words_count,
                    bool allow_unsigned)
{
    tps_store_tenant tenant;

    if (strcmp(words[0], "list") == 0) {
        return list(store);
    }
    if (strcmp(words[0], "create") == 0) {
        return create(store, path, words[1], allow_unsigned);
    }
    if (!find(store, words[1], &tenant)) {
        return CLI_FAILED;
    }
    return strcmp(words[0], "trust") == 0 ? trust(store, &tenant, words[2])
                                          : endorse_all(store, &tenant, words + 2, words_count - 2);
}

static int run(int argc, char **argv)
{
    const char *path = NULL;
    bool allow_unsigned = false;
    const cli_option options[] = {{.name = "--store", .value = &path},
                                  {.name = "--allow-unsigned", .flag = &allow_unsigned}};
    const char *words[WORDS_MAX];
    size_t words_count = WORDS_MAX;
    tps_store *store;
    int code;

    if (!cli_parse(argc, argv, options, 2, words, &words_count) || !are_understood(words, words_count)) {
        return CLI_FAILED;
    }
    store = open_store(path, strcmp(words[0], "create") == 0);
    if (store == NULL) {
        return CLI_FAILED;
    }
    code = dispatch(store, path, words, words_count, allow_unsigned);
    store->ops->close(store);
    return code;
}

const cli_subcommand cli_tenant = {"tenant", "make tenants and say whom they trust", usage, run};
