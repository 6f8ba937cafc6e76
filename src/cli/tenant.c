/* SPDX-License-Identifier: Apache-2.0 */
/* `tps tenant`: makes tenants in a store, and gives them trust anchors and endorsements. A running server
 * notices. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/open_store.h"
#include "crypto/x509.h"
#include "server/tenants/tenant.h"
#include "tps/secret.h"

#define FILE_MAX  (16u << 20)
#define WORDS_MAX 256u

static const char usage[] =
    "tps tenant create NAME --store STORE [--allow-unsigned] [--open]\n"
    "tps tenant set NAME SETTINGS.json --store STORE\n"
    "tps tenant trust NAME CERTIFICATE.pem [--scopes SCOPES.json] --store STORE\n"
    "tps tenant endorse NAME CORIM... --store STORE\n"
    "tps tenant rotate NAME [--in SECONDS] --store STORE\n"
    "tps tenant remove NAME --store STORE\n"
    "tps tenant list --store STORE\n"
    "\n"
    "A tenant is a service provider with everything of its own: trust anchors, endorsements, policies, signing\n"
    "keys, administrators, devices. Its interfaces lie under /t/NAME/; the tenant \"default\" is also served at\n"
    "the root. STORE is a file, or postgresql://...\n"
    "\n"
    "  create   make a tenant. With --allow-unsigned it takes endorsements that nobody signed, with --open from\n"
    "           whoever reaches the server: both for tests only\n"
    "  set      its settings, a JSON object; without the file they are printed\n"
    "  trust    let a device maker's CA vouch for devices and sign endorsements (PEM, one or several); with\n"
    "           --scopes, only as that file says (docs/verify.md)\n"
    "  endorse  add a maker's CoRIMs, as their submission over HTTP would\n"
    "  rotate   a new key for results, which signs in SECONDS (3600 unless given), when who checks results had\n"
    "           time to fetch it; the one before stays published as long as its results count\n"
    "  remove   the tenant with all that it has\n"
    "  list     each tenant with what it has\n"
    "\n"
    "A server that is running on the same store takes changes within a second. See also: tps help token.\n";

/* A tenant, as far as its commands need it. */
typedef struct {
    int64_t id;
    int64_t revision;
    char name[TPS_STORE_TENANT_NAME_MAX + 1];
    char settings_text[TPS_STORE_SETTINGS_MAX + 1];
    tps_tenant_settings settings;
} found_tenant;

/* What is said of a change in the tenant's audit log. */
static tps_audit_note make_note(tps_audit_origin *origin)
{
    *origin = tps_audit_origin_local();
    return (tps_audit_note){.origin = origin, .now = (int64_t)time(NULL)};
}

/* One change with its entry in the audit log, in a group. */
static tps_status finish_group(tps_store *store, tps_status status)
{
    if (status == TPS_OK) {
        return store->ops->commit_group(store);
    }
    store->ops->abandon_group(store);
    return status;
}

static tps_status put_item(tps_store *store, int64_t tenant, const tps_store_item *item)
{
    tps_audit_origin origin;
    tps_audit_note note = make_note(&origin);

    TPS_TRY(store->ops->begin_group(store));
    return finish_group(store, tps_audit_put_item(store, tenant, item, TPS_STORE_NONE, &note, NULL));
}

static void write_hex(const uint8_t *bytes, size_t size, char *out)
{
    for (size_t i = 0; i < size; i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", (unsigned)bytes[i]);
    }
}

/* ---- create, find ---- */

static int create(tps_store *store, const char *path, const char *name, const tps_tenant_settings *settings)
{
    tps_audit_origin origin;
    tps_audit_note note = make_note(&origin);
    tps_status status = tps_tenant_create(store, name, settings, &note);

    if (status == TPS_BAD_ARGUMENT) {
        return cli_fail("use 1 to 63 of a-z, 0-9 and \"-\", not beginning with \"-\"",
                        "\"%s\" can be no tenant's name", name);
    }
    if (status != TPS_OK) {
        return status == TPS_STORE_EXISTS
                   ? cli_fail("use it, or choose another name", "there is a tenant \"%s\" already", name)
                   : cli_fail_status(name, status, NULL);
    }
    printf("made tenant %s\nnext: tps tenant trust %s MAKER.pem --store %s\n", name, name,
           cli_is_database(path) ? "STORE" : path);
    return CLI_GOOD;
}

static tps_status take_tenant(void *context, const tps_store_tenant *row)
{
    found_tenant *tenant = context;

    tenant->id = row->id;
    tenant->revision = row->revision;
    memcpy(tenant->name, row->name, sizeof(tenant->name));
    if (row->settings.size > TPS_STORE_SETTINGS_MAX) {
        return TPS_STORE_FAILED;
    }
    if (row->settings.size > 0) {
        memcpy(tenant->settings_text, row->settings.data, row->settings.size);
    }
    tenant->settings_text[row->settings.size] = '\0';
    return tps_tenant_settings_read(row->settings, &tenant->settings, NULL);
}

static bool find(tps_store *store, const char *name, found_tenant *tenant)
{
    tps_status status = store->ops->find_tenant(store, name, take_tenant, tenant);

    if (status == TPS_NOT_FOUND) {
        (void)cli_fail("tps tenant list shows which there are, tps tenant create makes one",
                       "there is no tenant \"%s\"", name);
    } else if (status != TPS_OK) {
        (void)cli_fail_status(name, status, NULL);
    }
    return status == TPS_OK;
}

/* ---- set, rotate, remove ---- */

static int set(tps_store *store, const found_tenant *tenant, const char *path)
{
    tps_audit_origin origin;
    tps_audit_note note = make_note(&origin);
    tps_tenant_settings settings;
    tps_error why = {TPS_OK, 0, NULL};
    uint8_t text[TPS_STORE_SETTINGS_MAX];
    size_t size = 0;
    tps_buf file;
    tps_status status;

    if (path == NULL) {
        puts(tenant->settings_text);
        return CLI_GOOD;
    }
    if (!cli_read_file(path, TPS_STORE_SETTINGS_MAX, &file)) {
        return CLI_FAILED;
    }
    status = tps_tenant_settings_read(cli_span(file), &settings, &why);
    free(file.data);
    if (status == TPS_OK) {
        status = tps_tenant_settings_write(&settings, TPS_BUF_OF(text), &size);
    }
    if (status == TPS_OK) {
        status = store->ops->begin_group(store);
    }
    if (status == TPS_OK) {
        status = finish_group(store, tps_audit_set_settings(store, tenant->name, tps_span_make(text, size),
                                                            tenant->revision, &note));
    }
    if (status != TPS_OK) {
        return cli_fail_status(path, status, &why);
    }
    printf("tenant %s is set: %.*s\n", tenant->name, (int)size, (const char *)text);
    return CLI_GOOD;
}

static int rotate(tps_store *store, const found_tenant *tenant, const char *in)
{
    tps_audit_origin origin;
    tps_audit_note note = make_note(&origin);
    char kid[TPS_RESULT_KEY_ID_SIZE];
    char *end = NULL;
    long seconds = in == NULL ? 3600 : strtol(in, &end, 10);
    tps_status status;

    if (seconds < 0 || seconds > 31536000 || (in != NULL && (*in == '\0' || *end != '\0'))) {
        return cli_fail("give seconds, 0 to 31536000", "--in cannot be \"%s\"", in);
    }
    status = store->ops->begin_group(store);
    if (status == TPS_OK) {
        status = finish_group(store, tps_tenant_add_key(store, tenant->id, note.now + seconds, &note, kid));
    }
    if (status != TPS_OK) {
        return cli_fail_status(tenant->name, status, NULL);
    }
    printf("tenant %s has a new key %s, which signs in %ld s\n", tenant->name, kid, seconds);
    return CLI_GOOD;
}

static int remove_tenant(tps_store *store, const found_tenant *tenant)
{
    tps_audit_origin origin;
    tps_audit_note note = make_note(&origin);
    tps_status status = store->ops->begin_group(store);

    if (status == TPS_OK) {
        status = finish_group(store, tps_audit_remove_tenant(store, tenant->name, &note));
    }
    if (status == TPS_BAD_ARGUMENT) {
        return cli_fail("leave it: it may be empty", "the tenant \"%s\" cannot be removed", tenant->name);
    }
    if (status != TPS_OK) {
        return cli_fail_status(tenant->name, status, NULL);
    }
    printf("removed tenant %s\n", tenant->name);
    return CLI_GOOD;
}

/* ---- trust ---- */

static int add_certificate(tps_store *store, const found_tenant *tenant, tps_span der, tps_span scopes)
{
    tps_x509_info info;
    tps_digest digest;
    char name[2 * TPS_SHA256_SIZE + 1];
    tps_store_item item = {.kind = TPS_STORE_ANCHOR, .attributes = scopes, .body = der};
    tps_status status = tps_x509_describe(der, &info);

    if (status == TPS_OK && !info.ca) {
        return cli_fail("give the maker's CA certificate", "%s is no CA certificate", info.subject);
    }
    if (status == TPS_OK) {
        status = tps_crypto_hash_of(TPS_ALG_SHA256, der, &digest);
    }
    if (status == TPS_OK) {
        write_hex(digest.bytes, TPS_SHA256_SIZE, name);
        item.name = tps_span_of_text(name);
        status = put_item(store, tenant->id, &item);
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

/* What the verifier will say of an anchor with its scopes: TPS_VERIFIER_DEMONSTRATION is no obstacle. */
static tps_status try_anchor(tps_span pem, tps_span scopes, tps_error *why)
{
    tps_verifier_options strict = {.allow_demonstration = false};
    tps_verifier *verifier = NULL;
    tps_status status = tps_verifier_new(&strict, &verifier);

    if (status == TPS_OK) {
        status = scopes.size == 2 ? tps_verifier_add_anchor(verifier, pem)
                                  : tps_verifier_add_anchor_with_scopes(verifier, pem, scopes, why);
    }
    tps_verifier_free(verifier);
    return status;
}

static int trust(tps_store *store, const found_tenant *tenant, const char *path, tps_span scopes)
{
    static uint8_t room[65536];
    tps_span certificates[TPS_X509_CHAIN_MAX];
    size_t count = TPS_X509_CHAIN_MAX;
    tps_error why = {TPS_OK, 0, NULL};
    tps_buf pem;
    tps_status status;
    int code = CLI_GOOD;

    if (!cli_read_file(path, FILE_MAX, &pem)) {
        return CLI_FAILED;
    }
    status = tps_x509_from_pem(cli_span(pem), TPS_BUF_OF(room), certificates, &count);
    if (status == TPS_OK) {
        status = try_anchor(cli_span(pem), scopes, &why);
    }
    if (status == TPS_VERIFIER_DEMONSTRATION) {
        warn_of_demonstration(path);
        status = TPS_OK;
    } else if (status != TPS_OK) {
        code = cli_fail_status(path, status, &why);
    }
    for (size_t i = 0; status == TPS_OK && code == CLI_GOOD && i < count; i++) {
        code = add_certificate(store, tenant, certificates[i], scopes);
    }
    free(pem.data);
    return code;
}

static int trust_within(tps_store *store, const found_tenant *tenant, const char *path,
                        const char *scopes_path)
{
    tps_buf scopes = {NULL, 0};
    int code;

    if (scopes_path == NULL) {
        return trust(store, tenant, path, TPS_SPAN_LITERAL("{}"));
    }
    if (!cli_read_file(scopes_path, TPS_STORE_ATTRIBUTES_MAX, &scopes)) {
        return CLI_FAILED;
    }
    code = trust(store, tenant, path, cli_span(scopes));
    free(scopes.data);
    return code;
}

/* ---- endorse ---- */

/* Verifiers with what the tenant has, and with each file that was taken: as the server will judge, and as it
 * will with
 * --demo. */
typedef struct {
    tps_verifier *strict, *demonstration;
    size_t added;
    size_t known;            /* the tenant had them before */
    size_t of_demonstration; /* of both, under the demonstration CA */
} endorsing;

static tps_status build_verifiers(tps_store *store, const found_tenant *tenant, endorsing *e)
{
    tps_verifier_options options = {.allow_unsigned_endorsements = tenant->settings.allow_unsigned};

    TPS_TRY(tps_tenant_build_verifier(store, tenant->id, tenant->name, &options, NULL, NULL, &e->strict));
    options.allow_demonstration = true;
    return tps_tenant_build_verifier(store, tenant->id, tenant->name, &options, NULL, NULL,
                                     &e->demonstration);
}

static tps_status check_corim(endorsing *e, tps_span corim, uint8_t identity[32], tps_error *why)
{
    tps_error second = {TPS_OK, 0, NULL};
    int64_t now = (int64_t)time(NULL);
    tps_status status = tps_verifier_add_corim_once(e->strict, corim, now, identity, why);
    tps_status with_demonstration =
        tps_verifier_add_corim_once(e->demonstration, corim, now, identity, &second);

    if (status == TPS_OK || with_demonstration != TPS_OK) {
        return status;
    }
    e->of_demonstration++;
    return TPS_OK;
}

static int endorse(tps_store *store, const found_tenant *tenant, const char *path, endorsing *e)
{
    tps_error why = {TPS_OK, 0, NULL};
    uint8_t identity[32];
    char name[65];
    tps_buf corim;
    tps_status status;

    if (!cli_read_file(path, FILE_MAX, &corim)) {
        return CLI_FAILED;
    }
    status = check_corim(e, cli_span(corim), identity, &why);
    if (status == TPS_OK) {
        tps_store_item item = {
            .kind = TPS_STORE_ENDORSEMENT, .attributes = TPS_SPAN_LITERAL("{}"), .body = cli_span(corim)};

        write_hex(identity, sizeof(identity), name);
        item.name = tps_span_of_text(name);
        status = put_item(store, tenant->id, &item);
    }
    free(corim.data);
    if (status != TPS_OK && status != TPS_STORE_EXISTS) {
        (void)cli_fail_status(path, status, &why);
        return CLI_REFUSED;
    }
    e->added += status == TPS_OK;
    e->known += status == TPS_STORE_EXISTS;
    return CLI_GOOD;
}

/* Takes the files in order, up to the first that is refused. */
static int endorse_all(tps_store *store, const found_tenant *tenant, const char **paths, size_t count)
{
    endorsing e = {.strict = NULL};
    tps_status status = build_verifiers(store, tenant, &e);
    int code = status == TPS_OK ? CLI_GOOD : cli_fail_status(tenant->name, status, NULL);

    for (size_t i = 0; i < count && code == CLI_GOOD; i++) {
        code = endorse(store, tenant, paths[i], &e);
    }
    if (e.of_demonstration > 0) {
        warn_of_demonstration(count == 1 ? paths[0] : "endorsements");
    }
    if (e.added + e.known > 0) {
        printf("tenant %s has taken %zu of %zu endorsements (%zu known before)\n", tenant->name,
               e.added + e.known, count, e.known);
    }
    tps_verifier_free(e.strict);
    tps_verifier_free(e.demonstration);
    return code;
}

/* ---- list ---- */

typedef struct {
    int64_t id;
    char name[TPS_STORE_TENANT_NAME_MAX + 1];
    tps_tenant_settings settings;
    size_t items[TPS_STORE_ADMINISTRATOR + 1];
} listed_tenant;

typedef struct {
    listed_tenant *tenants;
    size_t count;
} tenant_list;

static tps_status note_tenant(void *context, const tps_store_tenant *row)
{
    tenant_list *list = context;
    listed_tenant *grown = realloc(list->tenants, (list->count + 1) * sizeof(*grown));

    if (grown == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    list->tenants = grown;
    grown += list->count++;
    memset(grown, 0, sizeof(*grown));
    grown->id = row->id;
    memcpy(grown->name, row->name, sizeof(grown->name));
    return tps_tenant_settings_read(row->settings, &grown->settings, NULL);
}

static tps_status count_item(void *context, const tps_store_item *item)
{
    listed_tenant *tenant = context;

    if (item->kind <= TPS_STORE_ADMINISTRATOR) {
        tenant->items[item->kind]++;
    }
    return TPS_OK;
}

static void print_tenant(const listed_tenant *t)
{
    printf("%-20s %4zu trust anchors %6zu endorsements %4zu policies %3zu tokens%s%s\n", t->name,
           t->items[TPS_STORE_ANCHOR], t->items[TPS_STORE_ENDORSEMENT], t->items[TPS_STORE_POLICY],
           t->items[TPS_STORE_TOKEN], t->settings.allow_unsigned ? "   takes unsigned ones" : "",
           t->settings.open ? "   from anybody" : "");
}

static int list(tps_store *store)
{
    tenant_list all = {NULL, 0};
    tps_status status = store->ops->each_tenant(store, note_tenant, &all);

    for (size_t i = 0; status == TPS_OK && i < all.count; i++) {
        status = store->ops->each_item(store, all.tenants[i].id, 0, 0, 0, false, count_item, &all.tenants[i]);
        if (status == TPS_OK) {
            print_tenant(&all.tenants[i]);
        }
    }
    if (status == TPS_OK && all.count == 0) {
        puts("no tenants yet; next: tps tenant create NAME --store STORE");
    }
    free(all.tenants);
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
    {"set", "NAME, and SETTINGS.json to change them", 1, 2},
    {"trust", "NAME CERTIFICATE.pem", 2, 2},
    {"endorse", "NAME CORIM...", 2, WORDS_MAX},
    {"rotate", "NAME", 1, 1},
    {"remove", "NAME", 1, 1},
    {"list", "no more", 0, 0},
};

/* True if `words` are a command and what it needs; else says what is wrong. */
static bool are_understood(const char **words, size_t words_count)
{
    if (words_count == 0) {
        (void)cli_fail("tps tenant create|set|trust|endorse|rotate|remove|list; see tps help tenant",
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

typedef struct {
    const char *store, *scopes, *in;
    bool allow_unsigned, open;
} tenant_options;

static int dispatch(tps_store *store, const tenant_options *o, const char **words, size_t words_count)
{
    tps_tenant_settings settings = tps_tenant_settings_defaults();
    found_tenant tenant;

    if (strcmp(words[0], "list") == 0) {
        return list(store);
    }
    if (strcmp(words[0], "create") == 0) {
        settings.allow_unsigned = o->allow_unsigned;
        settings.open = o->open;
        return create(store, o->store, words[1], &settings);
    }
    if (!find(store, words[1], &tenant)) {
        return CLI_FAILED;
    }
    switch (words[0][0]) {
    case 's': return set(store, &tenant, words_count > 2 ? words[2] : NULL);
    case 't': return trust_within(store, &tenant, words[2], o->scopes);
    case 'e': return endorse_all(store, &tenant, words + 2, words_count - 2);
    default: return words[0][1] == 'o' ? rotate(store, &tenant, o->in) : remove_tenant(store, &tenant);
    }
}

static int run(int argc, char **argv)
{
    tenant_options o = {.store = NULL};
    const cli_option options[] = {
        {.name = "--store", .value = &o.store}, {.name = "--allow-unsigned", .flag = &o.allow_unsigned},
        {.name = "--open", .flag = &o.open},    {.name = "--scopes", .value = &o.scopes},
        {.name = "--in", .value = &o.in},
    };
    const char *words[WORDS_MAX];
    size_t words_count = WORDS_MAX;
    tps_store *store;
    int code;

    if (!cli_parse(argc, argv, options, sizeof(options) / sizeof(options[0]), words, &words_count) ||
        !are_understood(words, words_count)) {
        return CLI_FAILED;
    }
    store = cli_open_store(o.store, strcmp(words[0], "create") == 0);
    if (store == NULL) {
        return CLI_FAILED;
    }
    code = dispatch(store, &o, words, words_count);
    store->ops->close(store);
    return code;
}

const cli_subcommand cli_tenant = {"tenant", "make tenants and say whom they trust", usage, run};
