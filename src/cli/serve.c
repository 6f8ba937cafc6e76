/* SPDX-License-Identifier: Apache-2.0 */
/* `tps serve`: from its options to the service, and back after a signal. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/open_store.h"
#include "cli/serve_options.h"
#include "server/operation/metrics.h"
#include "server/operation/supervise.h"

static const char usage[] =
    "tps serve --store FILE|postgresql://... [--listen IP:PORT] [--config FILE] [options]\n"
    "tps serve --check-config [--config FILE] [options]\n"
    "\n"
    "Serves a verifier: challenge-response, endorsement provisioning, management, discovery and JWKS, for each\n"
    "tenant under /t/NAME/, for the tenant \"default\" at the root as well. See also: tps help tenant.\n"
    "\n"
    "  --config FILE     lines of \"name = value\", the names being the options below without \"--\"; \"yes\" or\n"
    "                    \"no\" for those without a value; \"#\" begins a comment. The command line wins\n"
    "  --check-config    read and check all of it: files, certificate and key, address, store; say what would\n"
    "                    be used; serve nothing and change nothing. Exit code 0, or 2 with what is wrong\n"
    "\n"
    "  --store FILE      the one file of state; made (mode 0600) when it is not there. It holds the tenants'\n"
    "                    private signing keys: keep it, and its backups, to yourself. Or a database that many\n"
    "                    nodes share: postgresql://[user@]host[:port]/name\n"
    "  --listen IP:PORT  127.0.0.1:8080 unless given; port 0 takes a free one\n"
    "  --tls-certificate FILE  the server's certificate and those above it (PEM); with --tls-key FILE, TLS 1.3\n"
    "                    is spoken, and nothing else. Without it, listen on this machine only, behind a proxy\n"
    "  --client-ca FILE  clients may show certificates that lead to these; what they may do is up to\n"
    "                    tps administrator\n"
    "  --url URL         the server's public URL: the audience that evidence may name, the issuer of results\n"
    "  --ear GENERATION  names in results: 2023 (what today's clients read, and the default), 2025 or 2026;\n"
    "                    with -cwt behind it, results are CWTs in base64url and not JWTs\n"
    "  --demo            accept the demonstration CA, whose private key is public. For demonstrations only\n"
    "\n"
    "  --log-format text|json   lines for people, or an object a line; on standard error\n"
    "  --log-level error|warning|info|debug   info unless given\n"
    "  --log-requests    a line for each request; else only for those that fail (metrics count them all)\n"
    "  --metrics-listen IP:PORT   /metrics, /healthz and /readyz at an address of their own, without TLS and for\n"
    "                    whoever reaches it\n"
    "  --metrics         /metrics at the main address for everybody; else only with the scope \"operator\", as\n"
    "                    metrics name all tenants\n"
    "  --port-file FILE  write the port's number to FILE once it listens\n"
    "\n"
    "  --connections-max N    open connections (10000)      --queue-max N    jobs waiting for the store (10000)\n"
    "  --body-memory-max N    bytes of all bodies (256 MiB) --rate-client N  requests a second of one address\n"
    "  --header-timeout-ms, --request-timeout-ms, --idle-timeout-ms, --write-timeout-ms, --grace-ms N\n"
    "  --checkpoint-seconds N between two signed checkpoints of an audit log that grew (600)\n"
    "  --workers N       N processes at one address, each with its own connections, limits and rates, under one\n"
    "                    that starts those again that die; they share the store, and are counted together\n"
    "\n"
    "A FILE of TLS, or the store, may be \"credential:NAME\": a credential of the service manager; for the store,\n"
    "what stands in it.\n"
    "\n"
    "Stops on SIGTERM or SIGINT after finishing what is under way; a second signal ends it at once. SIGHUP reads\n"
    "certificate and key again, and from FILE log-level, log-requests and rate-client; the log says what else\n"
    "changed and needs a restart.\n";

/* One run of the subcommand. */
typedef struct {
    int argc;
    char **argv;
    serve_arguments arguments;
    serve_settings settings;
    bool is_told; /* what failed has been printed */
} serving;

static int fail(const serve_problem *problem)
{
    return cli_fail(problem->next_step, "%s", problem->cause);
}

static bool announce(void *context, const char *address)
{
    serving *s = context;
    const char *port = strrchr(address, ':') + 1;
    char line[16];

    printf("listening on %s://%s\n", s->settings.tls.certificate == NULL ? "http" : "https", address);
    (void)fflush(stdout);
    if (s->arguments.port_file == NULL) {
        return true;
    }
    (void)snprintf(line, sizeof(line), "%s\n", port);
    s->is_told = !cli_write_file(s->arguments.port_file, 0644, tps_span_of_text(line));
    return !s->is_told;
}

/* Of several processes, the one that watches announces them all. */
static tps_status on_listening(void *context, const char *address)
{
    serving *s = context;

    tps_supervised_ready();
    return s->settings.workers > 0 || announce(s, address) ? TPS_OK : TPS_IO;
}

/* ---- SIGHUP ---- */

static void tell_fixed_changes(const serve_arguments *before, const serve_arguments *now)
{
    size_t row = 0;
    const char *name;

    while ((name = serve_next_fixed_change(before, now, &row)) != NULL) {
        tps_log_event(TPS_LOG_WARNING | TPS_LOG_EACH, "this option has changed and needs a restart",
                      tps_log_text("option", name));
    }
}

static void reload(void *context, tps_service_options *running)
{
    serving *s = context;
    serve_arguments arguments;
    serve_settings settings = {.store_text = NULL};
    serve_problem problem;

    if (!serve_read_command_line(s->argc, s->argv, &arguments)) {
        return; /* it was understood at the start */
    }
    if (serve_read_file(&arguments, &problem) && serve_understand(&arguments, &settings, &problem)) {
        tell_fixed_changes(&s->arguments, &arguments);
        tps_log_set_level(settings.log.level);
        running->log_requests = settings.service.log_requests;
        running->client_requests_per_second = settings.service.client_requests_per_second;
        tps_metrics_add(TPS_METRIC_RELOADS, TPS_RESULT_OK, 1);
    } else {
        tps_metrics_add(TPS_METRIC_RELOADS, TPS_RESULT_FAILED, 1);
        tps_log_event(TPS_LOG_ERROR | TPS_LOG_EACH,
                      "the configuration cannot be read again: nothing of it was changed",
                      tps_log_text("cause", problem.cause), tps_log_text("next_step", problem.next_step));
    }
    free(settings.store_text);
    free(arguments.file);
}

/* ---- serving ---- */

static int explain(const serving *s, tps_status status)
{
    const char *address = s->settings.service.http.address;

    if (s->is_told) {
        return CLI_FAILED; /* the port's file could not be written: announce() has said so */
    }
    if (status == TPS_IO) {
        return cli_fail("choose another address with --listen", "%s: it cannot be listened on: %s", address,
                        strerror(errno));
    }
    if (status == TPS_BAD_ARGUMENT) {
        return cli_fail("give --listen IP:PORT, such as 127.0.0.1:8080", "%s: this is no address and port",
                        address);
    }
    return status == TPS_OK ? CLI_GOOD : cli_fail_status("the server", status, NULL);
}

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strncmp(address, "[::1]", 5) == 0;
}

static int serve(serving *s)
{
    tps_service_options *options = &s->settings.service;
    tps_status status;

    options->listening = on_listening;
    options->reload = reload;
    options->context = s;
    tps_metrics_set_version(TPS_VERSION);
    tps_metrics_sample_process();
    if (tps_log_begin(&s->settings.log) != TPS_OK) {
        return cli_fail_status("the log", TPS_OUT_OF_MEMORY, NULL);
    }
    if (options->http.tls == NULL && !is_loopback(options->http.address)) {
        tps_log_line(TPS_LOG_WARNING,
                     "listening beyond this machine without TLS: tokens and results can be read on "
                     "the way; give --tls-certificate, or put a TLS proxy in front");
    }
    status = tps_service_run(options);
    tps_log_end(1000);
    return explain(s, status);
}

static void close_store(tps_store *store)
{
    if (store != NULL) {
        store->ops->close(store);
    }
}

static int open_and_serve(serving *s)
{
    tps_service_options *options = &s->settings.service;
    int code = CLI_FAILED;

    options->stores.loading = cli_open_store(s->settings.store, true);
    if (options->stores.loading != NULL) {
        options->stores.building = cli_open_store(s->settings.store, true);
        options->stores.reading = cli_open_store(s->settings.store, true);
        options->stores.writing = cli_open_store(s->settings.store, true);
    }
    if (options->stores.building != NULL && options->stores.reading != NULL &&
        options->stores.writing != NULL) {
        code = serve(s);
    }
    close_store(options->stores.loading);
    close_store(options->stores.building);
    close_store(options->stores.reading);
    close_store(options->stores.writing);
    return code;
}

static int open_tls_and_serve(void *context)
{
    serving *s = context;
    char why[256] = "";
    tps_status status = TPS_OK;
    int code;

    if (s->settings.tls.certificate != NULL) {
        status = tps_http_tls_open(&s->settings.tls, &s->settings.service.http.tls, why, sizeof(why));
    }
    if (status != TPS_OK) {
        return cli_fail(tps_status_next_step(status), "TLS: %s%s%s", tps_status_cause(status),
                        why[0] == '\0' ? "" : ": ", why);
    }
    code = open_and_serve(s);
    tps_http_tls_free(s->settings.service.http.tls);
    return code;
}

/* The store is made, or brought up to date, once, before many would do it at the same moment. */
static int prepare_and_supervise(serving *s)
{
    tps_store *store = cli_open_store(s->settings.store, true);

    if (store == NULL) {
        return CLI_FAILED;
    }
    close_store(store);
    return serve_with_workers(&s->settings, open_tls_and_serve, announce, s);
}

static int run(int argc, char **argv)
{
    static serving s;
    serve_problem problem;
    int code;

    (void)signal(SIGHUP, SIG_IGN); /* until there is something to reload */
    s = (serving){.argc = argc, .argv = argv};
    if (!serve_read_command_line(argc, argv, &s.arguments)) {
        return CLI_FAILED;
    }
    if (!serve_read_file(&s.arguments, &problem) || !serve_understand(&s.arguments, &s.settings, &problem)) {
        code = fail(&problem);
    } else if (s.arguments.check_config) {
        code = serve_check(&s.arguments, &s.settings);
    } else {
        code = s.settings.workers == 0 ? open_tls_and_serve(&s) : prepare_and_supervise(&s);
    }
    free(s.settings.store_text);
    free(s.arguments.file);
    return code;
}

const cli_subcommand cli_serve = {"serve", "serve a verifier to devices and relying parties", usage, run};
