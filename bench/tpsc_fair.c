/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tpsc.fair.64: 64 client processes at once, each asking for signatures through TPSC_* as fast as it gets
 * them; the most that one was served against the least, in a median of rounds. Beside it the longest that one
 * had to wait.
 *
 * usage: bench_tpsc_fair TPS TPS-COMPONENT FOLDER
 */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/device.h"
#include "bench/measure.h"

enum { CLIENTS = 64, ROUNDS = 5, ROOM = 1024 };

static const double round_seconds = 1.5;

/** What the processes share. */
typedef struct {
    double start; /**< of the round, by bench_wall_seconds(): all clients are connected before it */
    double end;
    uint32_t served[CLIENTS];
    double longest[CLIENTS];
} shared;

/** One client: waits for the start, then asks until the end. */
static void run_client(shared *s, size_t me)
{
    const bench_operation *sign = &bench_operations[1];
    uint8_t request[ROOM];
    uint8_t room[ROOM];
    size_t size = sign->write(request, sizeof request);
    double now;

    bench_device_join(sign);
    while (bench_wall_seconds() < s->start) {
        usleep(1000);
    }
    for (now = bench_wall_seconds(); now < s->end;) {
        double asked = now;

        (void)bench_device_call(sign, request, size, room, sizeof room);
        now = bench_wall_seconds();
        s->longest[me] = now - asked > s->longest[me] ? now - asked : s->longest[me];
        s->served[me]++;
    }
    _exit(0);
}

static void one_round(shared *s)
{
    s->start = bench_wall_seconds() + 1.0;
    s->end = s->start + round_seconds;
    for (size_t i = 0; i < CLIENTS; i++) {
        pid_t pid;

        s->served[i] = 0;
        pid = fork();
        bench_require(pid >= 0, "no process");
        if (pid == 0) {
            run_client(s, i);
        }
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        int status = 0;

        bench_require(wait(&status) > 0 && status == 0, "a client failed");
    }
}

int main(int argc, char **argv)
{
    bench_rounds rounds = {.rounds = ROUNDS};
    bench_device device;
    double longest = 0;
    shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (argc != 4) {
        (void)fputs("usage: bench_tpsc_fair TPS TPS-COMPONENT FOLDER\n", stderr);
        return 2;
    }
    bench_require(s != MAP_FAILED, "no memory");
    bench_device_start(&device, argv[1], argv[2], argv[3]);
    for (size_t round = 0; round < ROUNDS; round++) {
        uint32_t least = UINT32_MAX;
        uint32_t most = 0;

        one_round(s);
        for (size_t i = 0; i < CLIENTS; i++) {
            least = s->served[i] < least ? s->served[i] : least;
            most = s->served[i] > most ? s->served[i] : most;
            longest = s->longest[i] > longest ? s->longest[i] : longest;
        }
        rounds.ours[round] = most;
        rounds.bound[round] = least > 0 ? least : 1e-9;
    }
    printf(
        "{\"name\":\"tpsc.fair.64\",\"ratio\":%.3f,\"value\":%.0f,\"unit\":\"signatures\",\"bound\":%.0f,"
        "\"note\":\"served most and least of 64 clients in %.1f s; longest wait %.1f ms; lower is better\"}\n",
        1 / bench_median_ratio(&rounds), bench_median_ours(&rounds), bench_median_bound(&rounds),
        round_seconds, longest * 1e3);
    bench_device_stop(&device);
    return 0;
}
