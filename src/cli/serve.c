/* SPDX-License-Identifier: Apache-2.0 */
/* `tps serve`: opens the store twice, says where it listens, and serves until it is told to stop. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/open_store.h"
#include "server/service.h"
#include "tps/ear.h"

static const char usage[] =
    "tps serve --store FILE [--listen IP:PORT] [--port-file FILE] [--url URL] [--ear 2023|2025|2026[-cwt]]\n"
    "          [--demo]\n"
    "\n"
    "Serves a verifier: challenge-response, endorsement provisioning, discovery and JWKS, for each tenant\n"
    "under /t/NAME/, for the tenant \"default\" at the root as well. See also: tps help tenant.\n"
    "\n"
    "  --store FILE      the one file of state; made (mode 0600) when it is not there. It holds the tenants'\n"
    "                    private signing keys: keep it, and its backups, to yourself\n"
    "  --listen IP:PORT  127.0.0.1:8080 unless given; port 0 takes a free one. There is no TLS here: beyond\n"
    "                    this machine, put a TLS proxy in front\n"
    "  --port-file FILE  write the port's number to FILE once it listens\n"
    "  --url URL         the server's public URL: the audience that evidence may name, the issuer of results\n"
    "  --ear GENERATION  names in results: 2023 (what today's clients read, and the default), 2025 or 2026;\n"
    "                    with -cwt behind it, results are CWTs in base64url and not JWTs\n"
    "  --demo            accept the demonstration CA, whose private key is public. For demonstrations only\n"
    "\n"
    "Stops on SIGTERM or SIGINT after finishing what is under way; a second signal ends it at once.\n";

/* The options as given; those without a line above are for tests. */
typedef struct {
    const char *store, *listen, *port_file, *url, *ear;
    const char *header_timeout, *request_timeout, *idle_timeout, *session_lifetime;
    bool demo;
    bool is_told; /* what failed has been printed */
} serve_arguments;

static bool parse(int argc, char **argv, serve_arguments *a)
{
    const cli_option options[] = {
        {.name = "--store", .value = &a->store},
        {.name = "--listen", .value = &a->listen},
        {.name = "--port-file", .value = &a->port_file},
        {.name = "--url", .value = &a->url},
        {.name = "--ear", .value = &a->ear},
        {.name = "--demo", .flag = &a->demo},
        {.name = "--header-timeout-ms", .value = &a->header_timeout},
        {.name = "--request-timeout-ms", .value = &a->request_timeout},
        {.name = "--idle-timeout-ms", .value = &a->idle_timeout},
        {.name = "--session-lifetime-ms", .value = &a->session_lifetime},
    };
    size_t operands = 0;

    *a = (serve_arguments){.listen = "127.0.0.1:8080"};
    return cli_parse(argc, argv, options, sizeof(options) / sizeof(options[0]), NULL, &operands);
}

/* A number of 1 to 2^20 * 1000, in place of what `value` has; nothing given leaves it. */
static bool read_number(const char *name, const char *text, uint32_t *value)
{
    char *end;
    unsigned long number;

    if (text == NULL) {
        return true;
    }
    number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || number == 0 || number > 1048576000) {
        (void)cli_fail("give a number above 0", "%s cannot be \"%s\"", name, text);
        return false;
    }
    *value = (uint32_t)number;
    return true;
}

static bool read_numbers(const serve_arguments *a, tps_service_options *options)
{
    if (!read_number("--header-timeout-ms", a->header_timeout, &options->http.header_timeout_ms) ||
        !read_number("--request-timeout-ms", a->request_timeout, &options->http.request_timeout_ms) ||
        !read_number("--idle-timeout-ms", a->idle_timeout, &options->http.idle_timeout_ms) ||
        !read_number("--session-lifetime-ms", a->session_lifetime, &options->session_lifetime_ms)) {
        return false;
    }
    return true;
}

static bool read_generation(const char *text, tps_service_options *options)
{
    static const char *const names[] = {
        [TPS_EAR_2023] = "2023", [TPS_EAR_2025] = "2025", [TPS_EAR_2026] = "2026"};

    for (uint32_t i = 0; text != NULL && i < sizeof(names) / sizeof(names[0]); i++) {
        if (strncmp(names[i], text, 4) == 0 && (text[4] == '\0' || strcmp(text + 4, "-cwt") == 0)) {
            options->ear_generation = i;
            options->ear_as_cwt = text[4] != '\0';
            return true;
        }
    }
    if (text != NULL) {
        (void)cli_fail("give 2023, 2025 or 2026, and \"-cwt\" behind it for results in CBOR",
                       "--ear cannot be \"%s\"", text);
    }
    return text == NULL;
}

static tps_status announce(void *context, const char *address)
{
    serve_arguments *a = context;
    const char *port = strrchr(address, ':') + 1;
    char line[16];

    printf("listening on http://%s\n", address);
    (void)fflush(stdout);
    if (a->port_file == NULL) {
        return TPS_OK;
    }
    (void)snprintf(line, sizeof(line), "%s\n", port);
    a->is_told = !cli_write_file(a->port_file, 0644, tps_span_of_text(line));
    return a->is_told ? TPS_IO : TPS_OK;
}

static int serve(serve_arguments *a, tps_service_options *options)
{
    tps_status status;

    options->http.address = a->listen;
    options->demonstration = a->demo;
    options->url = a->url;
    options->listening = announce;
    options->context = a;
    status = tps_service_run(options);
    if (a->is_told) {
        return CLI_FAILED; /* the port's file could not be written: announce() has said so */
    }
    if (status == TPS_IO) {
        return cli_fail("choose another address with --listen", "%s: it cannot be listened on: %s", a->listen,
                        strerror(errno));
    }
    if (status == TPS_BAD_ARGUMENT) {
        return cli_fail("give --listen IP:PORT, such as 127.0.0.1:8080", "%s: this is no address and port",
                        a->listen);
    }
    return status == TPS_OK ? CLI_GOOD : cli_fail_status(a->store, status, NULL);
}

static void close_store(tps_store *store)
{
    if (store != NULL) {
        store->ops->close(store);
    }
}

static int run(int argc, char **argv)
{
    tps_service_options options = tps_service_defaults();
    serve_arguments a;
    int code = CLI_FAILED;

    if (!parse(argc, argv, &a) || !read_numbers(&a, &options) || !read_generation(a.ear, &options)) {
        return CLI_FAILED;
    }
    options.stores.loading = cli_open_store(a.store, true);
    if (options.stores.loading != NULL) {
        options.stores.reading = cli_open_store(a.store, true);
        options.stores.writing = cli_open_store(a.store, true);
    }
    if (options.stores.reading != NULL && options.stores.writing != NULL) {
        code = serve(&a, &options);
    }
    close_store(options.stores.loading);
    close_store(options.stores.reading);
    close_store(options.stores.writing);
    return code;
}

const cli_subcommand cli_serve = {"serve", "serve a verifier to devices and relying parties", usage, run};
