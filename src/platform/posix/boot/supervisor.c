/* SPDX-License-Identifier: Apache-2.0 */
/* Starting and watching the component and the application. */
#include "platform/posix/boot/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "platform/posix/boot/confine.h"
#include "platform/posix/boot/image.h"
#include "platform/posix/first_stage.h"

/* A file's right to read is what lets its user trace a program; sanitizers need to read their own. */
#if defined(__SANITIZE_ADDRESS__)
#define IMAGE_MODE 0555
#else
#define IMAGE_MODE 0111
#endif

/* What an end means, where it is no exit code. */
enum { START_ANEW = -1, GOES_ON = -2 };
enum { FIRST_WAIT_MS = 100, LAST_WAIT_MS = 5000, END_PATIENCE_MS = 5000, END_STEP_MS = 20 };

/** How often a process ended without being asked to. */
typedef struct {
    int64_t ends[TPS_BOOT_ENDS_MAX]; /* when, in milliseconds; the oldest first */
    size_t count;
} history;

typedef struct {
    tps_boot_device *device;
    pid_t component;   /* 0: none */
    pid_t application; /* 0: none */
    int control;       /* to the component */
    int program_image;
    tps_boot_report report;
    history component_ends;
    history application_ends;
    int64_t application_at; /* when it is to be started; 0: not */
    bool is_asked_to_stop;
} supervisor;

static void say(const supervisor *s, uint32_t level, const char *text, tps_status status)
{
    tps_posix_log(&s->device->posix, level, text, status);
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/** Remembers an end. @return how long to wait before the next start, or -1: it is given up. */
static int64_t remember(history *h)
{
    int64_t now = now_ms();
    int64_t wait = FIRST_WAIT_MS;
    size_t kept = 0;

    for (size_t i = 0; i < h->count; i++) {
        if (now - h->ends[i] < (int64_t)TPS_BOOT_ENDS_SECONDS * 1000) {
            h->ends[kept++] = h->ends[i];
        }
    }
    h->count = kept;
    if (kept == TPS_BOOT_ENDS_MAX) {
        return -1;
    }
    h->ends[h->count++] = now;
    for (size_t i = 1; i < h->count; i++) {
        wait = wait * 3 < LAST_WAIT_MS ? wait * 3 : LAST_WAIT_MS;
    }
    return wait;
}

/** Waits for a signal, at most so long (negative: for ever), and remembers to have been asked to stop. */
static void wait_signal(supervisor *s, int64_t ms)
{
    const struct timespec patience = {ms / 1000, ms % 1000 * 1000000};
    sigset_t set;
    int number;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGCHLD);
    number = ms < 0 ? sigwaitinfo(&set, NULL) : sigtimedwait(&set, NULL, &patience);
    s->is_asked_to_stop = s->is_asked_to_stop || number == SIGTERM || number == SIGINT;
}

/* ---- images ---- */

static void drop_images(supervisor *s)
{
    tps_posix *posix = &s->device->posix;

    for (size_t i = 0; i < TPS_POSIX_TAKEN_MAX; i++) {
        if (posix->taken[i].name != NULL) {
            close(posix->taken[i].image);
            posix->taken[i] = (tps_posix_taken){NULL, -1};
        }
    }
    if (s->program_image >= 0) {
        close(s->program_image);
    }
    s->program_image = -1;
}

/** What is not there is not taken: the first stage finds that out, and says it. */
static tps_status take_image(supervisor *s, size_t place, const char *name, uint32_t mode)
{
    tps_posix *posix = &s->device->posix;
    char path[TPS_IMAGE_NAME_MAX + 32];
    int image;
    tps_status status;

    (void)snprintf(path, sizeof(path), "firmware/%s.bin", name);
    status = tps_boot_image_take(posix->device, path, mode, &image);
    if (status == TPS_OK) {
        posix->taken[place] = (tps_posix_taken){name, image};
    } else if (status != TPS_NOT_FOUND) {
        char text[TPS_IMAGE_NAME_MAX + 64];

        (void)snprintf(text, sizeof(text), "boot: the image %s cannot be started%s", name,
                       status == TPS_UNSUPPORTED ? ": it is no ELF program" : "");
        say(s, TPS_LOG_ERROR, text, status);
        return status;
    }
    return TPS_OK;
}

static tps_status take_images(supervisor *s)
{
    const tps_boot_device *d = s->device;
    tps_status status;

    drop_images(s);
    TPS_TRY(take_image(s, 0, TPS_IMAGE_COMPONENT, IMAGE_MODE));
    if (d->application != NULL) {
        (void)take_image(s, 1, d->application, IMAGE_MODE); /* it does not run then; the device does */
    }
    if (d->component != NULL) {
        status = tps_boot_image_take(AT_FDCWD, d->component, IMAGE_MODE, &s->program_image);
        if (status != TPS_OK && status != TPS_NOT_FOUND) { /* it may not be needed */
            say(s, TPS_LOG_ERROR, d->component, status);
            return status;
        }
    }
    return TPS_OK;
}

/* ---- the component ---- */

/** In the child. Never returns. */
static void become_stage(supervisor *s, int control, int report)
{
    tps_boot_device *d = s->device;
    tps_boot_stage stage = {.posix = &d->posix,
                            .user = d->component_user,
                            .program = d->component,
                            .program_image = s->program_image,
                            .application = d->application,
                            .listener = d->listener,
                            .control = control,
                            .report = report,
                            .verbose = d->verbose};

    tps_boot_stage_run(&stage, &d->mask);
    _exit(TPS_STAGE_EXIT_REFUSED);
}

/** True when the first stage has reported and become the component; its pipe closes as it does. */
static bool read_report(supervisor *s, int report)
{
    char more;
    ssize_t size = read(report, &s->report, sizeof(s->report));

    return size == (ssize_t)sizeof(s->report) && read(report, &more, 1) == 0;
}

static tps_status start_component(supervisor *s)
{
    int control[2];
    int report[2];
    bool good;

    TPS_TRY(take_images(s));
    if (pipe2(report, O_CLOEXEC) != 0) {
        return TPS_IO;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, control) != 0) {
        close(report[0]);
        close(report[1]);
        return TPS_IO;
    }
    s->component = fork();
    if (s->component == 0) {
        become_stage(s, control[1], report[1]);
    }
    close(control[1]);
    close(report[1]);
    s->control = control[0];
    good = s->component > 0 && read_report(s, report[0]);
    close(report[0]);
    if (s->component < 0) {
        s->component = 0;
        return TPS_IO;
    }
    /* A first stage that failed has said why; its end is seen as that of a component. */
    s->application_at = good && s->device->application != NULL ? now_ms() : 0;
    return TPS_OK;
}

/* ---- the application ---- */

/** In the child. Never returns. */
static void become_application(const supervisor *s, int door)
{
    const tps_boot_device *d = s->device;
    int program = fcntl(d->posix.taken[1].image, F_DUPFD_CLOEXEC, 0);
    char *const *environment;

    if (program >= 0 && dup2(door, TPS_STAGE_DEVICE) >= 0 && setsid() >= 0 &&
        tps_boot_user_become(&d->application_user) == TPS_OK &&
        prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) == 0) {
        environment = tps_boot_application_environment(TPS_STAGE_DEVICE);
        signal(SIGPIPE, SIG_DFL);
        signal(SIGXFSZ, SIG_DFL);
        sigprocmask(SIG_SETMASK, &d->mask, NULL);
        if (environment != NULL) {
            (void)fexecve(program, d->arguments, environment);
        }
    }
    _exit(126);
}

/** The component learns of the door before the application has it. */
static tps_status start_application(supervisor *s)
{
    tps_stage_label label = {.uid = (uint32_t)s->device->application_user.uid};
    uint8_t room[TPS_STAGE_PACKET_MAX];
    tps_span packet;
    int door[2];
    tps_status status;

    memcpy(label.digest, s->report.application, sizeof(label.digest));
    TPS_TRY(tps_stage_put_label(&label, TPS_BUF_OF(room), &packet));
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, door) != 0) {
        return TPS_IO;
    }
    status = tps_stage_send(s->control, packet, door[1]);
    close(door[1]);
    if (status == TPS_OK) {
        s->application = fork();
        if (s->application == 0) {
            become_application(s, door[0]);
        }
        if (s->application < 0) {
            s->application = 0;
            status = TPS_IO;
        }
    }
    close(door[0]);
    return status;
}

static void try_application(supervisor *s)
{
    char text[TPS_IMAGE_NAME_MAX + 96];
    tps_status status = (tps_status)s->report.application_status;

    s->application_at = 0;
    if (status == TPS_OK) {
        status = start_application(s);
    }
    (void)snprintf(text, sizeof(text), "the application %s is %sstarted", s->device->application,
                   status == TPS_OK ? "" : "NOT ");
    say(s, status == TPS_OK ? TPS_LOG_INFO : TPS_LOG_ERROR, text, status);
}

static void application_ended(supervisor *s, int state)
{
    char text[TPS_IMAGE_NAME_MAX + 128];
    bool is_done = WIFEXITED(state) && WEXITSTATUS(state) == 0;
    int64_t wait = is_done ? -1 : remember(&s->application_ends);

    s->application = 0;
    s->application_at = wait < 0 ? 0 : now_ms() + wait;
    (void)snprintf(text, sizeof(text), "the application %s ended (%s %d): %s", s->device->application,
                   WIFSIGNALED(state) ? "signal" : "exit code",
                   WIFSIGNALED(state) ? WTERMSIG(state) : WEXITSTATUS(state),
                   is_done    ? "it is done"
                   : wait < 0 ? "it ended too often and is given up"
                              : "it is started again");
    say(s, is_done ? TPS_LOG_INFO : TPS_LOG_WARNING, text, TPS_OK);
}

/* ---- ends ---- */

static bool has_ended(pid_t process)
{
    siginfo_t ended = {.si_pid = 0};

    return waitid(P_PID, (id_t)process, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid != 0;
}

/** Ends a child that is ours: asks it, and kills it if it does not listen; with it, what it left in its
 * session. */
static void end_process(supervisor *s, pid_t process)
{
    int64_t until = now_ms() + END_PATIENCE_MS;

    kill(process, SIGCONT);
    kill(process, SIGTERM);
    while (!has_ended(process) && now_ms() < until) {
        wait_signal(s, END_STEP_MS);
    }
    kill(process, SIGKILL);
    kill(-process, SIGKILL);
    (void)waitpid(process, NULL, 0);
}

static void end_application(supervisor *s)
{
    if (s->application > 0) {
        end_process(s, s->application);
    }
    s->application = 0;
    s->application_at = 0;
}

static void end_device(supervisor *s)
{
    end_application(s);
    if (s->component > 0) {
        end_process(s, s->component);
    }
    s->component = 0;
    if (s->control >= 0) {
        close(s->control);
    }
    s->control = -1;
}

/** The component ended by itself. @return the exit code if the device ends too, or START_ANEW. */
static int component_ended(supervisor *s, int state)
{
    char text[128];
    bool is_exit = WIFEXITED(state);
    int64_t wait;

    s->component = 0;
    end_device(s);
    if (is_exit && WEXITSTATUS(state) == TPS_STAGE_EXIT_DONE) {
        return 0;
    }
    if (is_exit && WEXITSTATUS(state) != TPS_STAGE_EXIT_RESET) {
        return 1;
    }
    wait = remember(&s->component_ends);
    (void)snprintf(text, sizeof(text), "the component %s (%s %d): the device %s",
                   is_exit ? "asks for a reset" : "was killed", is_exit ? "exit code" : "signal",
                   is_exit ? WEXITSTATUS(state) : WTERMSIG(state),
                   wait < 0 ? "ends, as this happens too often" : "starts anew");
    say(s, wait < 0 ? TPS_LOG_ERROR : TPS_LOG_WARNING, text, TPS_OK);
    if (wait < 0) {
        return 1;
    }
    for (int64_t until = now_ms() + wait, now = now_ms(); now < until && !s->is_asked_to_stop;
         now = now_ms()) {
        wait_signal(s, until - now);
    }
    return s->is_asked_to_stop ? 0 : START_ANEW;
}

/**
 * Asks for a child that has ended, one at a time. What an application started and left in its session ends
 * with it: it would go on behind the application's door. As long as nobody has asked for it, its number is
 * nobody else's.
 * @return the child, or 0.
 */
static pid_t take_ended(const supervisor *s, int *state)
{
    siginfo_t ended = {.si_pid = 0};

    if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0) {
        return 0;
    }
    if (ended.si_pid == s->application) {
        kill(-ended.si_pid, SIGKILL);
    }
    return waitpid(ended.si_pid, state, 0);
}

/** Whoever has ended. @return as component_ended(), or GOES_ON. */
static int look_at_children(supervisor *s)
{
    int result = GOES_ON;
    int state;
    pid_t child;

    while ((child = take_ended(s, &state)) > 0) {
        if (child == s->application) {
            application_ended(s, state);
        } else if (child == s->component) {
            result = component_ended(s, state);
        }
    }
    return result;
}

/** One start of the device, to the component's end. @return as component_ended(). */
static int run_once(supervisor *s)
{
    tps_status status = start_component(s);
    int result = GOES_ON;

    if (status != TPS_OK) {
        if (status == TPS_IO) { /* of images it was said why, last of all */
            say(s, TPS_LOG_ERROR, "the device cannot be started", status);
        }
        return 1;
    }
    while (result == GOES_ON) {
        int64_t now = now_ms();

        if (s->application_at == 0 || s->application_at > now) {
            wait_signal(s, s->application_at == 0 ? -1 : s->application_at - now);
        }
        if (s->is_asked_to_stop) {
            end_device(s);
            return 0;
        }
        result = look_at_children(s);
        if (result == GOES_ON && s->application_at != 0 && now_ms() >= s->application_at) {
            try_application(s);
        }
    }
    return result;
}

int tps_boot_supervise(tps_boot_device *device)
{
    supervisor s = {.device = device, .control = -1, .program_image = -1};
    int code;

    do {
        code = run_once(&s);
    } while (code == START_ANEW);
    end_device(&s);
    drop_images(&s);
    return code;
}
