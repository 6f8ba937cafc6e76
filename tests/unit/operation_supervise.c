/* SPDX-License-Identifier: Apache-2.0 */
/* Processes under one that watches: each test runs such a family, and looks at what its members noted. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/operation/log.h"
#include "server/operation/notify.h"
#include "server/operation/supervise.h"

#define COUNT 3u

/* In shared memory. */
typedef struct {
    _Atomic uint32_t starts[COUNT];
    _Atomic int32_t process[COUNT];
    _Atomic uint32_t announced, restarted, hups, terms;
} notes;

typedef enum { WELL, NEVER_READY, NOT_ANNOUNCED } behaviour;

static notes *noted;
static pid_t family; /* 0: it has ended */
static behaviour how;

static void wait_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};

    (void)nanosleep(&t, NULL);
}

/* A process that ticks until SIGTERM; one that is stopped hangs. */
static int work(void *context, uint32_t number)
{
    sigset_t awaited;
    int signal_number = 0;

    (void)context;
    (void)sigemptyset(&awaited);
    (void)sigaddset(&awaited, SIGTERM);
    (void)sigaddset(&awaited, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &awaited, NULL);
    (void)signal(SIGHUP, SIG_DFL);
    noted->process[number] = getpid();
    noted->starts[number]++;
    if (how == NEVER_READY && number == 1) {
        return 7;
    }
    tps_supervised_ready();
    while (signal_number != SIGTERM) {
        struct timespec tick = {0, 20000000};

        signal_number = sigtimedwait(&awaited, NULL, &tick);
        noted->hups += signal_number == SIGHUP;
        tps_notify_tick();
    }
    noted->terms++;
    return 0;
}

static bool all_ready(void *context)
{
    (void)context;
    noted->announced++;
    return how != NOT_ANNOUNCED;
}

static void restarting(void *context, uint32_t number)
{
    (void)context;
    (void)number;
    noted->restarted++;
}

static pid_t start(behaviour wanted)
{
    tps_supervise_options options = {
        .count = COUNT, .hang_ms = 1500, .work = work, .all_ready = all_ready, .restarting = restarting};
    pid_t watching;

    how = wanted;
    memset((void *)noted, 0, sizeof(*noted));
    (void)fflush(NULL);
    watching = fork();
    if (watching == 0) {
        int code = -1;
        tps_status status = tps_supervise(&options, &code);

        _exit(status == TPS_OK ? code : 99);
    }
    assert_true(watching > 0);
    family = watching;
    return watching;
}

#define UNTIL(condition)                                    \
    do {                                                    \
        for (int i_ = 0; i_ < 1000 && !(condition); i_++) { \
            wait_ms(10);                                    \
        }                                                   \
        assert_true(condition);                             \
    } while (0)

static int end(pid_t watching)
{
    int state = 0;

    assert_int_equal(waitpid(watching, &state, 0), watching);
    family = 0;
    return WIFEXITED(state) ? WEXITSTATUS(state) : 1000 + WTERMSIG(state);
}

static void they_start_and_end_together(void **state)
{
    pid_t watching = start(WELL);

    (void)state;
    UNTIL(noted->announced == 1);
    assert_int_equal(noted->starts[0] + noted->starts[1] + noted->starts[2], 3);
    (void)kill(watching, SIGHUP);
    UNTIL(noted->hups == 3);
    (void)kill(watching, SIGTERM);
    assert_int_equal(end(watching), 0);
    assert_int_equal(noted->terms, 3);
    assert_int_equal(noted->restarted, 0);
}

static void one_that_dies_is_started_again(void **state)
{
    pid_t watching = start(WELL);

    (void)state;
    UNTIL(noted->announced == 1);
    (void)kill(noted->process[1], SIGKILL);
    UNTIL(noted->starts[1] == 2);
    assert_int_equal(noted->restarted, 1);
    assert_int_equal(noted->starts[0], 1);
    (void)kill(watching, SIGINT);
    assert_int_equal(end(watching), 0);
    assert_int_equal(noted->announced, 1);
}

static void one_that_hangs_is_killed_and_started_again(void **state)
{
    pid_t watching = start(WELL);
    int32_t before;

    (void)state;
    UNTIL(noted->announced == 1);
    before = noted->process[2];
    (void)kill(before, SIGSTOP);
    UNTIL(noted->starts[2] == 2);
    assert_int_not_equal(noted->process[2], before);
    assert_int_equal(noted->starts[0], 1);
    (void)kill(watching, SIGTERM);
    assert_int_equal(end(watching), 0);
}

static void what_keeps_one_from_starting_ends_all(void **state)
{
    (void)state;
    assert_int_equal(end(start(NEVER_READY)), 7);
    assert_int_equal(noted->announced, 0);
    assert_int_equal(noted->starts[1], 1);
}

static void who_cannot_announce_ends_all(void **state)
{
    (void)state;
    assert_int_equal(end(start(NOT_ANNOUNCED)), EXIT_FAILURE);
    assert_int_equal(noted->terms, 3);
}

static void nobody_is_left_when_the_watching_one_dies(void **state)
{
    pid_t watching = start(WELL);

    (void)state;
    UNTIL(noted->announced == 1);
    (void)kill(watching, SIGKILL);
    (void)end(watching);
    UNTIL(noted->terms == 3);
}

/* A test that failed leaves nobody behind. */
static int end_family(void **state)
{
    (void)state;
    if (family > 0) {
        (void)kill(family, SIGKILL);
        (void)end(family);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(they_start_and_end_together, end_family),
        cmocka_unit_test_teardown(one_that_dies_is_started_again, end_family),
        cmocka_unit_test_teardown(one_that_hangs_is_killed_and_started_again, end_family),
        cmocka_unit_test_teardown(what_keeps_one_from_starting_ends_all, end_family),
        cmocka_unit_test_teardown(who_cannot_announce_ends_all, end_family),
        cmocka_unit_test_teardown(nobody_is_left_when_the_watching_one_dies, end_family),
    };

    noted = mmap(NULL, sizeof(*noted), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (noted == MAP_FAILED) {
        return 1;
    }
    tps_log_set_level(TPS_LOG_ERROR - 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
