/* SPDX-License-Identifier: Apache-2.0 */
/* The component process of a device's folder: found by its socket, started in the background, stopped by a
 * process descriptor so that no other process can be hit. */
#include "device/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "component/core/frame.h"
#include "device/log.h"

#define SOCKET_NAME  "component.sock"
#define LOG_NAME     "component.log"
#define PROGRAM_NAME "tps-boot"
#define COMPONENT    "tps-component"

_Static_assert(sizeof(((struct sockaddr_un *)0)->sun_path) == sizeof(((tps_device_folder *)0)->path),
               "a socket's name");

enum { PATIENCE_MS = 10000, STEP_MS = 10, LINE_SIZE = 400 };

/** Without secure/ it is no device that can run here: says what it is instead. */
static tps_status fail_folder(const tps_device_folder *folder, const char *path, tps_device_problem *problem)
{
    if (faccessat(folder->folder, "maker.conf", F_OK, 0) == 0) {
        return tps_device_fail(problem, TPS_DEVICE_BAD_FOLDER, "give one of its devices, in devices/",
                               "%s is a maker's folder, not a device's", path);
    }
    if (faccessat(folder->folder, "identity.cbor", F_OK, 0) == 0) {
        return tps_device_fail(problem, TPS_DEVICE_BAD_FOLDER,
                               "put the folder's files onto the device that made the key",
                               "%s is of a device whose secret is in its hardware: it cannot run here", path);
    }
    return tps_device_fail_status(problem, TPS_DEVICE_BAD_FOLDER, path);
}

tps_status tps_device_folder_open(const char *path, tps_device_folder *folder, tps_device_problem *problem)
{
    struct stat info;

    (void)snprintf(folder->name, sizeof(folder->name), "%s", path);
    folder->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->folder < 0) {
        return tps_device_fail(problem, TPS_DEVICE_BAD_FOLDER,
                               "give a device's folder, as tps factory make makes it",
                               "cannot open the folder %s: %s", path, strerror(errno));
    }
    if (fstatat(folder->folder, "secure", &info, AT_SYMLINK_NOFOLLOW) != 0) {
        tps_status status = fail_folder(folder, path, problem);

        tps_device_folder_close(folder);
        return status;
    }
    /* A Unix socket's name has room for 107 bytes; a longer path is reached through the open folder. */
    if (snprintf(folder->path, sizeof(folder->path), "%s/" SOCKET_NAME, path) >= (int)sizeof(folder->path)) {
        (void)snprintf(folder->path, sizeof(folder->path), "/proc/self/fd/%d/" SOCKET_NAME, folder->folder);
    }
    return TPS_OK;
}

void tps_device_folder_close(tps_device_folder *folder)
{
    if (folder->folder >= 0) {
        close(folder->folder);
    }
    folder->folder = -1;
}

/** A connection to whoever listens, and its process id; -1 if nobody does. */
static int connect_component(const tps_device_folder *folder, int *pid)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct ucred peer = {0};
    socklen_t size = sizeof(peer);
    int probe = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path, folder->path, sizeof(folder->path));
    if (probe >= 0 && (connect(probe, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
                       getsockopt(probe, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)) {
        close(probe);
        probe = -1;
    }
    *pid = probe < 0 ? 0 : (int)peer.pid;
    return probe;
}

int tps_device_running(const tps_device_folder *folder)
{
    int pid;
    int probe = connect_component(folder, &pid);

    if (probe >= 0) {
        close(probe);
    }
    return pid;
}

/** It listens before it has started its services; only an answered login says that it serves. */
static bool serves(const tps_device_folder *folder, int expected)
{
    tps_frame_request login = {.op = TPS_FRAME_LOGIN, .transaction = 1, .version = TPS_FRAME_VERSION};
    uint8_t frame[TPS_FRAME_HEAD_MAX];
    struct pollfd answer = {.events = POLLIN};
    tps_span bytes;
    int pid;
    bool good;

    answer.fd = connect_component(folder, &pid);
    good = answer.fd >= 0 && pid == expected &&
           tps_frame_write_request(&login, TPS_BUF_OF(frame), &bytes) == TPS_OK &&
           send(answer.fd, bytes.data, bytes.size, MSG_NOSIGNAL) == (ssize_t)bytes.size &&
           poll(&answer, 1, PATIENCE_MS) == 1 && recv(answer.fd, frame, sizeof(frame), 0) > 0;
    if (answer.fd >= 0) {
        close(answer.fd);
    }
    return good;
}

/* ---- start ---- */

static bool is_program(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

/** Beside this program, in its libexec folder, or on the PATH (then a bare name, for execvp). */
static void find_program(const char *name, char *path, size_t size)
{
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash;

    if (length > 0) {
        self[length] = '\0';
        slash = strrchr(self, '/');
        *slash = '\0';
        if (snprintf(path, size, "%s/%s", self, name) < (int)size && is_program(path)) {
            return;
        }
        if (snprintf(path, size, "%s/../libexec/opentps/%s", self, name) < (int)size && is_program(path)) {
            return;
        }
    }
    (void)snprintf(path, size, "%s", name);
}

/** In the child: a session of its own, the log as its output, nothing else of ours. Never returns. */
static void become_first_stage(const tps_device_folder *folder, const char *program, const char *device,
                               const char *component)
{
    int nothing = open("/dev/null", O_RDWR);
    int log;

    (void)setsid();
    if (fchdir(folder->folder) != 0) {
        _exit(126);
    }
    log = open(LOG_NAME, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0644);
    if (nothing < 0 || log < 0 || dup2(nothing, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0) {
        _exit(126);
    }
    tps_device_log_begin(log);
    closefrom(3);
    (void)execlp(program, PROGRAM_NAME, "--device", device, "--socket", SOCKET_NAME, "--component", component,
                 (char *)NULL);
    _exit(127);
}

/** The last line of the log: why the component ended. */
static void read_last_line(const tps_device_folder *folder, char line[LINE_SIZE])
{
    char tail[LINE_SIZE * 2];
    int log = openat(folder->folder, LOG_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    off_t end = log < 0 ? 0 : lseek(log, 0, SEEK_END);
    off_t from = end > (off_t)sizeof(tail) - 1 ? end - ((off_t)sizeof(tail) - 1) : 0;
    ssize_t size = log < 0 ? 0 : pread(log, tail, sizeof(tail) - 1, from);
    char *start;

    if (log >= 0) {
        close(log);
    }
    while (size > 0 && tail[size - 1] == '\n') {
        size--;
    }
    tail[size > 0 ? size : 0] = '\0';
    start = strrchr(tail, '\n');
    tps_device_clean(line, LINE_SIZE, start == NULL ? tail : start + 1);
}

static tps_status fail_start(const tps_device_folder *folder, int state, tps_device_problem *problem)
{
    char line[LINE_SIZE];

    if (WIFEXITED(state) && WEXITSTATUS(state) == 127) {
        return tps_device_fail(problem, TPS_COMPONENT_UNREACHABLE,
                               "build or install it beside tps, or put it on the PATH",
                               "the program " PROGRAM_NAME " is not found");
    }
    if (WIFEXITED(state) && WEXITSTATUS(state) == 126) {
        return tps_device_fail(
            problem, TPS_COMPONENT_UNREACHABLE, "start it as the user whom the folder belongs to",
            "the component of %s could not start: its log cannot be written", folder->name);
    }
    read_last_line(folder, line);
    return tps_device_fail(problem, TPS_COMPONENT_UNREACHABLE, "tps device log DIR shows all of this start",
                           "the component of %s could not start: %s", folder->name,
                           line[0] == '\0' ? "it says nothing" : line);
}

tps_status tps_device_start(const tps_device_folder *folder, bool *started, tps_device_problem *problem)
{
    char program[4200];
    char component[4200]; /* for a device that has none of its own; tps-boot decides */
    char *device;
    pid_t child;
    int state;

    if (started != NULL) {
        *started = false;
    }
    if (tps_device_running(folder) != 0) {
        return TPS_OK;
    }
    find_program(PROGRAM_NAME, program, sizeof(program));
    find_program(COMPONENT, component, sizeof(component));
    device = realpath(folder->name, NULL);
    child = device == NULL ? -1 : fork();
    if (child == 0) {
        become_first_stage(folder, program, device, component);
    }
    free(device);
    if (child < 0) {
        return tps_device_fail(problem, TPS_COMPONENT_UNREACHABLE, "free memory or processes",
                               "the component of %s cannot be started: %s", folder->name, strerror(errno));
    }
    for (int waited = 0; waited < PATIENCE_MS; waited += STEP_MS) {
        if (waitpid(child, &state, WNOHANG) == child) {
            return fail_start(folder, state, problem);
        }
        if (serves(folder, child)) {
            if (started != NULL) {
                *started = true;
            }
            return TPS_OK;
        }
        (void)poll(NULL, 0, STEP_MS);
    }
    (void)kill(child, SIGKILL);
    (void)waitpid(child, &state, 0);
    return fail_start(folder, 0, problem);
}

/* ---- stop ---- */

static tps_status end_process(const tps_device_folder *folder, int process, int pid,
                              tps_device_problem *problem)
{
    struct pollfd gone = {.fd = process, .events = POLLIN};

    /* Asked again behind the descriptor: the id still names the component, so the descriptor does. */
    if (tps_device_running(folder) != pid) {
        return TPS_OK;
    }
    if (pidfd_send_signal(process, SIGTERM, NULL, 0) != 0 && errno != ESRCH) {
        return tps_device_fail(problem, TPS_COMPONENT_UNREACHABLE, "stop it as the user who started it",
                               "the component of %s (process %d) cannot be stopped: %s", folder->name, pid,
                               strerror(errno));
    }
    if (poll(&gone, 1, PATIENCE_MS) != 1) {
        return tps_device_fail(problem, TPS_COMPONENT_UNREACHABLE, "look at its log: tps device log DIR",
                               "the component of %s (process %d) does not end", folder->name, pid);
    }
    return TPS_OK;
}

tps_status tps_device_stop(const tps_device_folder *folder, bool *stopped, tps_device_problem *problem)
{
    int pid = tps_device_running(folder);
    int process = pid == 0 ? -1 : pidfd_open(pid, 0);
    tps_status status = TPS_OK;

    if (stopped != NULL) {
        *stopped = pid != 0;
    }
    if (process >= 0) {
        status = end_process(folder, process, pid, problem);
        close(process);
    } else if (pid != 0 && errno != ESRCH) {
        status = tps_device_fail(problem, TPS_COMPONENT_UNREACHABLE, "use Linux 5.3 or newer",
                                 "process %d cannot be reached: %s", pid, strerror(errno));
    }
    return status;
}
