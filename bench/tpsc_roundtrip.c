/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tpsc.roundtrip.local: what TPSC_*, the local connector and the component process add to an operation,
 * against an echo of the same sizes over the same transport. Of each operation (attest, sign, seal) a round
 * times three things one after the other, each in CPU seconds of both processes on one core: the call through
 * TPSC_*, the same message answered by a component in this process, and the echo. The figure is that of the
 * worst operation.
 *
 * usage: bench_tpsc_roundtrip TPS TPS-COMPONENT FOLDER
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/device.h"
#include "bench/measure.h"
#include "tps/cbor.h"

enum { ROUNDS = 31, COUNT = 200, ROOM = 4096, FRAME_HEAD = 14 };

/** One operation: a message to a service. */
typedef struct {
    const char *name;
    const bench_operation *operation;
    uint8_t request[ROOM];
    size_t request_size;
    size_t response_size;
    double added[BENCH_ROUNDS_MAX]; /**< seconds for COUNT calls, less the same in this process */
    double echo[BENCH_ROUNDS_MAX];
} timed;

/* ---- the echo ---- */

typedef struct {
    int fd;
    pid_t pid;
} echo;

/** Answers each packet with one of as many bytes as its first four say. */
static void serve_echo(int fd)
{
    static uint8_t bytes[2 * ROOM];

    for (;;) {
        uint32_t size;

        if (recv(fd, bytes, sizeof bytes, 0) < (ssize_t)sizeof size) {
            _exit(0);
        }
        memcpy(&size, bytes, sizeof size);
        if (send(fd, bytes, size, MSG_NOSIGNAL) < 0) {
            _exit(0);
        }
    }
}

static echo echo_start(void)
{
    int pair[2];
    echo e;

    bench_require(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0, "no socket pair");
    e.pid = fork();
    bench_require(e.pid >= 0, "no process");
    if (e.pid == 0) {
        close(pair[0]);
        serve_echo(pair[1]);
    }
    close(pair[1]);
    e.fd = pair[0];
    return e;
}

static double time_echo(const echo *e, const timed *t)
{
    static uint8_t bytes[2 * ROOM];
    uint32_t size = (uint32_t)(t->response_size + FRAME_HEAD);
    double start = bench_cpu_seconds() + bench_cpu_seconds_of(e->pid);

    for (size_t i = 0; i < COUNT; i++) {
        memcpy(bytes, &size, sizeof size);
        bench_require(send(e->fd, bytes, t->request_size + FRAME_HEAD, MSG_NOSIGNAL) > 0 &&
                          recv(e->fd, bytes, sizeof bytes, 0) == (ssize_t)size,
                      "the echo is gone");
    }
    return bench_cpu_seconds() + bench_cpu_seconds_of(e->pid) - start;
}

/* ---- the operations ---- */

static double time_call(const bench_device *device, const timed *t)
{
    uint8_t room[ROOM];
    double start = bench_cpu_seconds() + bench_cpu_seconds_of(device->component);

    for (size_t i = 0; i < COUNT; i++) {
        (void)bench_device_call(t->operation, t->request, t->request_size, room, sizeof room);
    }
    return bench_cpu_seconds() + bench_cpu_seconds_of(device->component) - start;
}

static double time_in_process(const timed *t)
{
    uint8_t room[ROOM];
    double start = bench_cpu_seconds();

    for (size_t i = 0; i < COUNT; i++) {
        (void)bench_device_answer(t->operation, t->request, t->request_size, room, sizeof room);
    }
    return bench_cpu_seconds() - start;
}

static void one_round(const bench_device *device, const echo *e, timed *t, size_t round)
{
    double call = time_call(device, t);

    t->added[round] = call - time_in_process(t);
    t->echo[round] = time_echo(e, t);
}

static bench_rounds rounds_of(const timed *t)
{
    bench_rounds rounds = {.rounds = ROUNDS};

    memcpy(rounds.ours, t->added, sizeof rounds.ours);
    memcpy(rounds.bound, t->echo, sizeof rounds.bound);
    return rounds;
}

static void report(const char *name, const timed *t, const char *note)
{
    bench_rounds rounds = rounds_of(t);

    printf("{\"name\":\"%s\",\"ratio\":%.3f,\"value\":%.0f,\"unit\":\"ns\",\"bound\":%.0f,\"note\":\"%s\"}\n",
           name, 1 / bench_median_ratio(&rounds), bench_median_ours(&rounds) / COUNT * 1e9,
           bench_median_bound(&rounds) / COUNT * 1e9, note);
    fflush(stdout);
}

static void prepare(timed *t, const bench_operation *operation)
{
    uint8_t room[ROOM];

    t->name = operation->name;
    t->operation = operation;
    t->request_size = operation->write(t->request, sizeof t->request);
    t->response_size = bench_device_call(operation, t->request, t->request_size, room, sizeof room);
    (void)bench_device_answer(operation, t->request, t->request_size, room, sizeof room);
}

int main(int argc, char **argv)
{
    static timed all[BENCH_OPERATIONS_MAX];
    size_t count = bench_operations_count;
    size_t worst = 0;
    bench_device device;
    echo e;

    if (argc != 4) {
        (void)fputs("usage: bench_tpsc_roundtrip TPS TPS-COMPONENT FOLDER\n", stderr);
        return 2;
    }
    bench_pin(0);
    e = echo_start();
    bench_device_start(&device, argv[1], argv[2], argv[3]);
    for (size_t i = 0; i < count; i++) {
        prepare(&all[i], &bench_operations[i]);
    }
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < count; i++) {
            one_round(&device, &e, &all[i], round);
        }
    }
    for (size_t i = 0; i < count; i++) {
        bench_rounds rounds = rounds_of(&all[i]);
        bench_rounds of_worst = rounds_of(&all[worst]);
        char name[64];

        (void)snprintf(name, sizeof name, "tpsc.roundtrip.local.%s", all[i].name);
        report(name, &all[i], "added to the operation, against an echo of its sizes; lower is better");
        worst = bench_median_ratio(&rounds) < bench_median_ratio(&of_worst) ? i : worst;
    }
    report("tpsc.roundtrip.local", &all[worst],
           "the worst of attest, sign and seal; CPU of both processes on one core; lower is better");
    bench_device_stop(&device);
    kill(e.pid, SIGKILL);
    (void)waitpid(e.pid, NULL, 0);
    return 0;
}
