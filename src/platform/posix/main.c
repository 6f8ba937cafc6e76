/* SPDX-License-Identifier: Apache-2.0 */
/* tps-component: a software-only secure component as a process. It opens the device's folder and its socket,
 * locks itself down, starts the services, and serves until SIGTERM or SIGINT. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "component/boot/boot.h"
#include "component/core/component.h"
#include "platform/posix/lockdown.h"
#include "platform/posix/posix.h"
#include "platform/posix/server.h"
#include "platform/posix/services.h"
#include "tps/crypto.h"

static const char usage[] = "usage: tps-component --device DIR [--socket PATH] [--parent-death] [--verbose]\n"
                            "  --device DIR     the device's folder, as `tps factory make` makes it\n"
                            "  --socket PATH    where clients connect; DIR/component.sock if not given\n"
                            "  --parent-death   end when the process that started this one ends\n"
                            "  --verbose        log more\n";

typedef struct {
    const char *device;
    const char *socket;
    bool parent_death;
    bool verbose;
} options;

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static bool read_options(int argc, char **argv, options *out)
{
    static const struct option known[] = {
        {"device", required_argument, NULL, 'd'}, {"socket", required_argument, NULL, 's'},
        {"parent-death", no_argument, NULL, 'p'}, {"verbose", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};

    for (int c = getopt_long(argc, argv, "", known, NULL); c != -1;
         c = getopt_long(argc, argv, "", known, NULL)) {
        switch (c) {
        case 'd': out->device = optarg; break;
        case 's': out->socket = optarg; break;
        case 'p': out->parent_death = true; break;
        case 'v': out->verbose = true; break;
        case 'h': (void)fputs(usage, stdout); exit(0);
        default: return false;
        }
    }
    return out->device != NULL && optind == argc;
}

static int complain(const char *what, tps_status status, const tps_error *why)
{
    bool detail = why != NULL && why->detail != NULL;

    (void)fprintf(stderr, "tps-component: %s%s%s: %s: %s\n", what, detail ? ": " : "",
                  detail ? why->detail : "", tps_status_cause(status), tps_status_next_step(status));
    return 1;
}

/** SIGTERM and SIGINT stay blocked but while the server waits, so that none is lost. */
static void set_signals(sigset_t *waiting_mask)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t ends;

    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, waiting_mask);
    sigdelset(waiting_mask, SIGTERM);
    sigdelset(waiting_mask, SIGINT);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

/** The cryptographic library reads its configuration at first use: it has to be used while files can still be
 * opened. */
static tps_status warm_up(void)
{
    uint8_t bytes[TPS_SHA256_SIZE];
    tps_crypto_key *key = NULL;
    tps_digest digest;

    TPS_TRY(tps_crypto_random(TPS_BUF_OF(bytes)));
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_OF(bytes), &digest));
    TPS_TRY(tps_crypto_key_generate(TPS_CURVE_P256, &key));
    tps_crypto_key_free(key);
    return TPS_OK;
}

static void announce(const char *path, const tps_lockdown *lockdown)
{
    char sandbox[160];

    (void)snprintf(sandbox, sizeof(sandbox), "seccomp %s, %s, memory %s",
                   lockdown->relaxed ? "RELAXED (built with sanitizers)" : "on",
                   lockdown->landlock_abi > 0 ? "Landlock on" : "Landlock ABSENT in this kernel",
                   lockdown->memory_locked ? "locked" : "NOT locked");
    (void)fprintf(
        stderr, "tps-component: ready on %s: software-only, INSECURE root of trust, for demonstrations; %s\n",
        path, sandbox);
}

static int serve(tps_posix *posix, const char *path, int listener, const sigset_t *waiting_mask)
{
    static tps_component component;
    static tps_handover handover;
    TPSC_UUID type = TPSC_UUID_SC_TYPE_INSECURE_TEST;
    tps_lockdown lockdown;
    tps_error why = {0};
    tps_status status = warm_up();

    if (status != TPS_OK) {
        return complain("cryptography", status, NULL);
    }
    for (size_t i = 0; i < tps_posix_services_count; i++) {
        (void)mlock(tps_posix_services[i].state, tps_posix_services[i].state_size);
    }
    (void)mlock(&handover, sizeof(handover));
    status = tps_lockdown_enter(posix, (tps_buf){(uint8_t *)&component, sizeof(component)}, &lockdown);
    if (status != TPS_OK) {
        return complain("lock-down", status, NULL);
    }
    status = tps_boot(&posix->table, &handover, &why);
    if (status != TPS_OK) {
        return complain("first stage", status, &why);
    }
    status = tps_component_init(&component, &posix->table, &handover, type, tps_posix_services,
                                tps_posix_services_count, &why);
    if (status != TPS_OK) {
        return complain("start", status, &why);
    }
    announce(path, &lockdown);
    status = tps_server_run(&component, listener, &stop, waiting_mask);
    tps_component_finish(&component);
    tps_handover_wipe(&handover);
    return status == TPS_OK ? 0 : complain("serving", status, NULL);
}

int main(int argc, char **argv)
{
    options o = {0};
    tps_posix posix;
    tps_error why = {0};
    sigset_t waiting_mask;
    char path[4096];
    int listener;
    tps_status status;
    int result;

    if (!read_options(argc, argv, &o)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    if (o.parent_death && prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) != 0) {
        return complain("--parent-death", TPS_UNSUPPORTED, NULL);
    }
    set_signals(&waiting_mask);
    status = tps_posix_open(&posix, o.device, &why);
    if (status != TPS_OK) {
        return complain(o.device, status, &why);
    }
    posix.log_level = o.verbose ? TPS_LOG_DEBUG : TPS_LOG_INFO;
    if (o.socket != NULL) {
        (void)snprintf(path, sizeof(path), "%s", o.socket);
    } else {
        (void)snprintf(path, sizeof(path), "%s/component.sock", o.device);
    }
    status = tps_server_listen(path, &listener);
    if (status != TPS_OK) {
        tps_posix_close(&posix);
        return complain(path, status, NULL);
    }
    result = serve(&posix, path, listener, &waiting_mask);
    close(listener);
    tps_posix_close(&posix);
    return result;
}
