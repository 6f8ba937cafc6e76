/* SPDX-License-Identifier: Apache-2.0 */
/* One process that watches others. */
#include "server/operation/supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "server/operation/log.h"
#include "server/operation/notify.h"

#define SHORT_LIFE_MS  10000u
#define PAUSE_FIRST_MS 100u
#define PAUSE_MAX_MS   5000u
#define KILL_MS        5000u  /* after SIGABRT */
#define ENDING_MS      60000u /* their own deadlines are shorter */

/* What a process tells the one that watches, in shared memory. */
typedef struct {
    _Atomic uint64_t ticks;
    _Atomic uint32_t ready;
} sign;

typedef struct {
    pid_t process;              /* 0: none */
    uint64_t started, start_at; /* milliseconds; the latter of one that is to be started */
    uint64_t ticks_seen, ticked;
    uint32_t pause;
    bool is_aborted;
} watched;

typedef struct {
    const tps_supervise_options *options;
    sign *signs;
    watched all[TPS_SUPERVISE_MAX];
    sigset_t before; /* the signals that were blocked */
    bool is_ready, is_ending;
    uint64_t end_deadline;
    int exit_code;
} supervisor;

static sign *own_sign; /* of this process, if it is one of the many */

void tps_supervised_ready(void)
{
    if (own_sign != NULL) {
        atomic_store(&own_sign->ready, 1);
    }
}

static uint64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

/* ---- processes ---- */

static _Noreturn void be_one(supervisor *s, uint32_t number, pid_t parent)
{
    const tps_supervise_options *options = s->options;

    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) {
        _exit(EXIT_FAILURE); /* it died before it could be noticed */
    }
    (void)unsetenv("NOTIFY_SOCKET");
    (void)unsetenv("WATCHDOG_USEC");
    own_sign = &s->signs[number];
    tps_notify_count_ticks(&own_sign->ticks);
    (void)signal(SIGHUP, SIG_IGN); /* until it has a use for it: it reads everything now */
    (void)sigprocmask(SIG_SETMASK, &s->before, NULL);
    exit(options->work(options->context, number));
}

static bool start_one(supervisor *s, uint32_t number)
{
    watched *w = &s->all[number];
    pid_t parent = getpid();
    pid_t process;

    atomic_store(&s->signs[number].ready, 0);
    process = fork();
    if (process == 0) {
        be_one(s, number, parent);
    }
    w->started = w->ticked = now_ms();
    w->start_at = UINT64_MAX;
    w->is_aborted = false;
    if (process < 0) {
        w->start_at = w->started + PAUSE_MAX_MS;
        return false;
    }
    w->process = process;
    return true;
}

static void tell_all(const supervisor *s, int signal_number)
{
    for (uint32_t i = 0; i < s->options->count; i++) {
        if (s->all[i].process > 0) {
            (void)kill(s->all[i].process, signal_number);
        }
    }
}

static void begin_end(supervisor *s, int signal_number)
{
    if (!s->is_ending) {
        tps_notify_stopping();
        s->is_ending = true;
        s->end_deadline = now_ms() + ENDING_MS;
    }
    tell_all(s, signal_number);
}

/* Who is told to end before it could listen for that ends by the signal, and well. */
static int code_of(const supervisor *s, int state)
{
    if (s->is_ending && WIFSIGNALED(state) && WTERMSIG(state) == SIGTERM) {
        return 0;
    }
    return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

static void plan_restart(supervisor *s, uint32_t number, int state)
{
    watched *w = &s->all[number];
    uint64_t now = now_ms();
    bool was_short = now - w->started < SHORT_LIFE_MS;

    w->pause = !was_short ? 0 : w->pause == 0 ? PAUSE_FIRST_MS : w->pause * 2;
    w->pause = w->pause < PAUSE_MAX_MS ? w->pause : PAUSE_MAX_MS;
    w->start_at = now + w->pause;
    tps_log_event(TPS_LOG_ERROR, "a process died and is started again",
                  tps_log_number("worker", (int64_t)number + 1),
                  tps_log_number(WIFSIGNALED(state) ? "signal" : "exit_code",
                                 WIFSIGNALED(state) ? WTERMSIG(state) : WEXITSTATUS(state)),
                  tps_log_number("pause_ms", w->pause));
    if (s->options->restarting != NULL) {
        s->options->restarting(s->options->context, number);
    }
}

static void note_end(supervisor *s, pid_t process, int state)
{
    for (uint32_t i = 0; i < s->options->count; i++) {
        if (s->all[i].process != process) {
            continue;
        }
        s->all[i].process = 0;
        if (!s->is_ending && s->is_ready) {
            plan_restart(s, i, state);
            return;
        }
        s->exit_code = s->exit_code == 0 ? code_of(s, state) : s->exit_code;
        if (!s->is_ending) { /* what keeps one from starting keeps all */
            s->exit_code = s->exit_code == 0 ? EXIT_FAILURE : s->exit_code;
            begin_end(s, SIGTERM);
        }
    }
}

static void note_ends(supervisor *s)
{
    pid_t process;
    int state;

    while ((process = waitpid(-1, &state, WNOHANG)) > 0) {
        note_end(s, process, state);
    }
}

/* ---- what is due ---- */

/* First so that a core is left to look at; then, if that does not help, without. */
static void end_hanging(watched *w, uint32_t number)
{
    if (!w->is_aborted) {
        tps_log_event(TPS_LOG_ERROR, "a process hangs and is killed",
                      tps_log_number("worker", (int64_t)number + 1));
    }
    (void)kill(w->process, w->is_aborted ? SIGKILL : SIGABRT);
    w->is_aborted = true;
}

static void see_to_one(supervisor *s, uint32_t number, uint64_t now)
{
    watched *w = &s->all[number];
    uint64_t ticks = atomic_load(&s->signs[number].ticks);

    if (w->process == 0) {
        if (now >= w->start_at) {
            (void)start_one(s, number);
        }
        return;
    }
    if (ticks != w->ticks_seen) {
        w->ticks_seen = ticks;
        w->ticked = now;
    } else if (now - w->ticked >= s->options->hang_ms) {
        end_hanging(w, number);
        w->ticked =
            now - s->options->hang_ms + (s->options->hang_ms < KILL_MS ? s->options->hang_ms : KILL_MS);
    }
}

static void see_whether_ready(supervisor *s)
{
    for (uint32_t i = 0; i < s->options->count; i++) {
        if (atomic_load(&s->signs[i].ready) == 0) {
            return;
        }
    }
    s->is_ready = true;
    if (s->options->all_ready(s->options->context)) {
        tps_notify_ready();
    } else {
        s->exit_code = EXIT_FAILURE;
        begin_end(s, SIGTERM);
    }
}

static void see_to_all(supervisor *s)
{
    uint64_t now = now_ms();

    tps_notify_tick();
    if (s->is_ending) {
        if (now >= s->end_deadline) {
            tell_all(s, SIGKILL);
        }
        return;
    }
    for (uint32_t i = 0; i < s->options->count; i++) {
        see_to_one(s, i, now);
    }
    if (!s->is_ready) {
        see_whether_ready(s);
    }
}

static bool is_anybody_left(const supervisor *s)
{
    for (uint32_t i = 0; i < s->options->count; i++) {
        if (s->all[i].process > 0) {
            return true;
        }
    }
    return !s->is_ending;
}

static void take_signal(supervisor *s, int number)
{
    if (number == SIGHUP) {
        tps_notify_reloading();
        tell_all(s, SIGHUP);
        tps_notify_ready();
    } else if (number == SIGTERM || number == SIGINT) {
        begin_end(s, SIGTERM); /* who gets it a second time ends at once */
    }
}

static void watch(supervisor *s, const sigset_t *awaited)
{
    while (is_anybody_left(s)) {
        struct timespec wait = {s->is_ready ? 1 : 0, s->is_ready ? 0 : 20000000};
        int number = sigtimedwait(awaited, NULL, &wait);

        if (number > 0) {
            take_signal(s, number);
        }
        note_ends(s);
        see_to_all(s);
    }
}

tps_status tps_supervise(const tps_supervise_options *options, int *exit_code)
{
    static supervisor s; /* 256 of them are too many for the stack */
    size_t size = options->count * sizeof(sign);
    sigset_t awaited;
    tps_status status = TPS_OK;

    s = (supervisor){.options = options};
    s.signs = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (s.signs == MAP_FAILED) {
        return TPS_OUT_OF_MEMORY;
    }
    (void)sigemptyset(&awaited);
    (void)sigaddset(&awaited, SIGTERM);
    (void)sigaddset(&awaited, SIGINT);
    (void)sigaddset(&awaited, SIGHUP);
    (void)sigaddset(&awaited, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &awaited, &s.before);
    for (uint32_t i = 0; i < options->count && status == TPS_OK; i++) {
        status = start_one(&s, i) ? TPS_OK : TPS_OUT_OF_MEMORY;
    }
    if (status != TPS_OK) {
        begin_end(&s, SIGTERM);
    }
    watch(&s, &awaited);
    (void)sigprocmask(SIG_SETMASK, &s.before, NULL);
    (void)munmap(s.signs, size);
    *exit_code = s.exit_code;
    return status;
}
