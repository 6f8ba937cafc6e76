/* SPDX-License-Identifier: Apache-2.0 */
/* tps-component: a software-only secure component as a process. The first stage (tps-boot) verifies and
 * starts it, and gives it the device's folder, its socket and the handover (first_stage.h). It locks itself
 * down, starts the services, and serves until SIGTERM or SIGINT. It never sees the unique secret. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "component/boot/boot.h"
#include "component/core/component.h"
#include "platform/posix/first_stage.h"
#include "platform/posix/lockdown.h"
#include "platform/posix/posix.h"
#include "platform/posix/server.h"
#include "platform/posix/services.h"
#include "tps/crypto.h"
#include "tps/secret.h"

static const char usage[] =
    "tps-component is a device's secure component. The first stage verifies and starts it:\n"
    "  tps-boot --device DIR, or tps device start DIR\n";

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static int complain(const char *what, tps_status status, const tps_error *why)
{
    bool detail = why != NULL && why->detail != NULL;

    (void)fprintf(stderr, "tps-component: %s%s%s: %s: %s\n", what, detail ? ": " : "",
                  detail ? why->detail : "", tps_status_cause(status), tps_status_next_step(status));
    return TPS_STAGE_EXIT_REFUSED;
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

/** Where clients connect, for the log. */
static void announce(const tps_lockdown *lockdown)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t size = sizeof(address) - 1;
    char sandbox[160];

    (void)snprintf(sandbox, sizeof(sandbox), "seccomp %s, %s, memory %s",
                   lockdown->relaxed ? "RELAXED (built with sanitizers)" : "on",
                   lockdown->landlock_abi > 0 ? "Landlock on" : "Landlock ABSENT in this kernel",
                   lockdown->memory_locked ? "locked" : "NOT locked");
    (void)getsockname(TPS_STAGE_LISTENER, (struct sockaddr *)&address, &size);
    (void)fprintf(
        stderr, "tps-component: ready on %s: software-only, INSECURE root of trust, for demonstrations; %s\n",
        address.sun_path, sandbox);
}

/** Takes the handover out of its pipe, where nothing of it stays. */
static tps_status take_handover(tps_handover *handover, tps_error *why)
{
    static uint8_t room[TPS_HANDOVER_MAX];
    size_t size = 0;
    ssize_t got;
    tps_status status;

    (void)mlock(room, sizeof(room)); /* and never unlocked: others lie in its pages */
    do {
        got = read(TPS_STAGE_HANDOVER, room + size, sizeof(room) - size);
        size += got > 0 ? (size_t)got : 0;
    } while ((got > 0 && size < sizeof(room)) || (got < 0 && errno == EINTR));
    close(TPS_STAGE_HANDOVER);
    status = got == 0 ? tps_handover_decode(tps_span_make(room, size), handover, why) : TPS_IO;
    tps_wipe(room, sizeof(room));
    return status;
}

static int serve(tps_posix *posix, const sigset_t *waiting_mask)
{
    static tps_component component;
    static tps_handover handover;
    TPSC_UUID type = TPSC_UUID_SC_TYPE_INSECURE_TEST;
    tps_lockdown lockdown;
    tps_error why = {0};
    bool is_locked;
    tps_status status = warm_up();

    if (status != TPS_OK) {
        return complain("cryptography", status, NULL);
    }
    is_locked = mlock(&handover, sizeof(handover)) == 0;
    for (size_t i = 0; i < tps_posix_services_count; i++) {
        const tps_service_slot *slot = &tps_posix_services[i];

        is_locked = (slot->state_size == 0 || mlock(slot->state, slot->state_size) == 0) && is_locked;
    }
    status = tps_lockdown_enter(posix, (tps_buf){(uint8_t *)&component, sizeof(component)}, &lockdown);
    lockdown.memory_locked = lockdown.memory_locked && is_locked;
    if (status != TPS_OK) {
        return complain("lock-down", status, NULL);
    }
    status = take_handover(&handover, &why);
    if (status != TPS_OK) {
        return complain("the first stage's handover", status, &why);
    }
    status = tps_component_init(&component, &posix->table, &handover, type, tps_posix_services,
                                tps_posix_services_count, &why);
    if (status == TPS_OK) {
        why = (tps_error){.detail = "accepting what runs"};
        status = tps_boot_accept(&posix->table, &handover);
    }
    if (status != TPS_OK) {
        tps_handover_wipe(&handover);
        return complain("start", status, &why);
    }
    announce(&lockdown);
    status = tps_server_run(&component, TPS_STAGE_LISTENER, TPS_STAGE_CONTROL, &stop, waiting_mask);
    tps_component_finish(&component);
    tps_handover_wipe(&handover);
    return status == TPS_OK ? TPS_STAGE_EXIT_DONE : complain("serving", status, NULL);
}

/** True when the descriptors are what the first stage gives. */
static bool is_staged(int argc, char **argv)
{
    bool good = argc >= 2 && strcmp(argv[1], "--first-stage") == 0;

    for (int fd = TPS_STAGE_DEVICE; good && fd < TPS_STAGE_END; fd++) {
        good = fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
    }
    return good;
}

int main(int argc, char **argv)
{
    tps_posix posix;
    sigset_t waiting_mask;
    tps_status status;
    int result;

    if (!is_staged(argc, argv)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    set_signals(&waiting_mask);
    status = tps_posix_adopt(&posix, TPS_STAGE_DEVICE, TPS_STAGE_SECURE);
    if (status != TPS_OK) {
        return complain("the first stage's descriptors", status, NULL);
    }
    posix.log_level = argc >= 3 && strcmp(argv[2], "--verbose") == 0 ? TPS_LOG_DEBUG : TPS_LOG_INFO;
    result = serve(&posix, &waiting_mask);
    tps_posix_close(&posix);
    return result;
}
