/* SPDX-License-Identifier: Apache-2.0 */
/* tps-boot: the first stage of a device on Linux. It verifies and starts the component (tps-component) and,
 * if asked to, one application, and watches over both. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "platform/posix/boot/confine.h"
#include "platform/posix/boot/supervisor.h"
#include "platform/posix/first_stage.h"
#include "platform/posix/server.h"

static const char usage[] =
    "usage: tps-boot --device DIR [OPTION]... [--start NAME [-- ARGUMENT...]]\n"
    "  --device DIR             the device's folder, as `tps factory make` makes it\n"
    "  --socket PATH            where clients connect; DIR/component.sock if not given\n"
    "  --component FILE         the component's program, for a device whose identity names no image\n"
    "                           \"component\": nobody verifies it. Not used for any other device\n"
    "  --component-user USER    as root: who the component is (name or number, not root). If not given, the\n"
    "                           owner of DIR/secure; if that is root, a user without an account, from then on\n"
    "  --start NAME             verify the device's image NAME and start it as an application, with the\n"
    "                           arguments behind --, and start it again when it fails\n"
    "  --application-user USER  as root: who the application is (name or number, neither root nor the\n"
    "                           component's)\n"
    "  --parent-death           end when the process that started this one ends\n"
    "  --verbose                log more\n";

typedef struct {
    const char *device;
    const char *socket;
    const char *component;
    const char *component_user;
    const char *application;
    const char *application_user;
    bool parent_death;
    bool verbose;
} options;

static bool read_options(int argc, char **argv, options *out)
{
    static const struct option known[] = {{"device", required_argument, NULL, 'd'},
                                          {"socket", required_argument, NULL, 's'},
                                          {"component", required_argument, NULL, 'c'},
                                          {"component-user", required_argument, NULL, 'u'},
                                          {"start", required_argument, NULL, 'a'},
                                          {"application-user", required_argument, NULL, 'U'},
                                          {"parent-death", no_argument, NULL, 'p'},
                                          {"verbose", no_argument, NULL, 'v'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};

    for (int c = getopt_long(argc, argv, "+", known, NULL); c != -1;
         c = getopt_long(argc, argv, "+", known, NULL)) {
        switch (c) {
        case 'd': out->device = optarg; break;
        case 's': out->socket = optarg; break;
        case 'c': out->component = optarg; break;
        case 'u': out->component_user = optarg; break;
        case 'a': out->application = optarg; break;
        case 'U': out->application_user = optarg; break;
        case 'p': out->parent_death = true; break;
        case 'v': out->verbose = true; break;
        case 'h': (void)fputs(usage, stdout); exit(0);
        default: return false;
        }
    }
    return out->device != NULL && (optind == argc || out->application != NULL);
}

static int complain(const char *what, tps_status status, const tps_error *why)
{
    bool detail = why != NULL && why->detail != NULL;

    (void)fprintf(stderr, "tps-boot: %s%s%s: %s: %s\n", what, detail ? ": " : "", detail ? why->detail : "",
                  tps_status_cause(status), tps_status_next_step(status));
    return 1;
}

/**
 * What the component expects at low numbers is put there later; nothing that was inherited stays open.
 * Standard input, output and error are open in all that is started: a file that got the number of one that
 * was closed would be written into by the log.
 */
static bool clear_descriptors(void)
{
    int fd;

    closefrom(TPS_STAGE_DEVICE);
    do {
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (fd >= 0 && fd <= STDERR_FILENO && fcntl(fd, F_SETFD, 0) != 0) {
            return false;
        }
    } while (fd >= 0 && fd < TPS_STAGE_END - 1);
    return fd >= 0;
}

/** They stay blocked, and are waited for: none is lost. Whoever ignored the ends of children before would
 * have the kernel forget them. */
static void set_signals(sigset_t *before)
{
    sigset_t blocked;

    (void)signal(SIGCHLD, SIG_DFL);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGCHLD);
    sigprocmask(SIG_BLOCK, &blocked, before);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ,
                 SIG_IGN); /* the component's too: a limit of files' size (RLIMIT_FSIZE) is a full disk */
}

static tps_status find_application_user(const options *o, tps_boot_device *device, tps_error *why)
{
    if (o->application == NULL) {
        return TPS_OK;
    }
    if (!tps_image_name_is_valid(o->application) || strcmp(o->application, TPS_IMAGE_COMPONENT) == 0) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "--start: that is no name of an application");
    }
    if (!device->component_user.is_separate) {
        device->application_user = device->component_user;
        return o->application_user == NULL
                   ? TPS_OK
                   : tps_fail(why, TPS_BAD_ARGUMENT, 0, "--application-user needs root");
    }
    if (o->application_user == NULL) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0,
                        "an application is not started as root: --application-user");
    }
    TPS_TRY(tps_boot_user_find(o->application_user, &device->application_user));
    if (device->application_user.uid == device->component_user.uid) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "--application-user is the component's user");
    }
    return TPS_OK;
}

static tps_status prepare(const options *o, tps_boot_device *device, tps_error *why)
{
    char path[4096];
    tps_status status;

    device->posix.log_level = o->verbose ? TPS_LOG_DEBUG : TPS_LOG_INFO;
    TPS_TRY(tps_boot_user_of_component(&device->posix, o->component_user, &device->component_user, why));
    TPS_TRY(find_application_user(o, device, why));
    if (o->socket != NULL) {
        (void)snprintf(path, sizeof(path), "%s", o->socket);
    } else {
        (void)snprintf(path, sizeof(path), "%s/component.sock", o->device);
    }
    status = tps_server_listen(path, &device->listener);
    return tps_fail(why, status, 0,
                    status == TPS_TOO_LARGE
                        ? "a socket's name has 107 bytes at most: --socket, or a shorter DIR"
                        : "the socket");
}

int main(int argc, char **argv)
{
    static tps_boot_device device = {.listener = -1};
    options o = {0};
    tps_error why = {0};
    tps_status status;
    int code;

    if (!read_options(argc, argv, &o)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    if (o.parent_death && prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) != 0) {
        return complain("--parent-death", TPS_UNSUPPORTED, NULL);
    }
    set_signals(&device.mask);
    if (!clear_descriptors()) {
        return complain("/dev/null", TPS_IO, NULL);
    }
    status = tps_posix_open(&device.posix, o.device, &why);
    if (status != TPS_OK) {
        return complain(o.device, status, &why);
    }
    device.component = o.component;
    device.application = o.application;
    device.arguments = argv + optind - 1; /* the place before the arguments is for the name */
    device.arguments[0] = (char *)(uintptr_t)o.application;
    device.verbose = o.verbose;
    status = prepare(&o, &device, &why);
    if (status == TPS_OK) {
        status = tps_boot_confine();
    }
    code = status == TPS_OK ? tps_boot_supervise(&device) : complain(o.device, status, &why);
    tps_posix_close(&device.posix); /* the listener closes with the process: see linger.h */
    return code;
}
