/* SPDX-License-Identifier: Apache-2.0 */
/*
 * appraise.http: both requests of challenge-response over kept connections, the result signed and stored
 * (SQLite, synchronous=FULL), against the raw signature operations of one core. The server runs on core 0,
 * this load generator on core 1; each round loads the server, then times the raw operations on core 0 while
 * the server is idle.
 *
 * appraise.http.p99: how long a whole appraisal takes at 70 % of that load. Appraisals begin at random times
 * that nothing slows down (open loop, exponential intervals), and each is timed from the moment at which it
 * was due, so that one that must wait for others is seen to wait.
 *
 *     bench_appraise_http PROGRAM FOLDER [URL]    PROGRAM is tps, FOLDER takes the store and is made by the
 *                                                 caller; URL names an empty PostgreSQL database instead,
 *                                                 which runs on core 1 beside the load generator
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#include "bench/http_load.h"
#include "bench/measure.h"

#define DEVICES      10000u
#define ROUNDS       7u
#define PER_ROUND    4000u
#define CONNECTIONS  HTTP_LOAD_CONNECTIONS
#define LOADED_SHARE 0.70
#define LATENCY_BAR  5.0 /* ms */

/* What is measured, in words. */
#define IN_FILE                                                                                        \
    "both requests, 128 kept connections, plain HTTP, stored in SQLite with synchronous=FULL; server " \
    "on core 0, load on core 1; 10,000 devices, each evidence used once"
#define IN_DATABASE \
    "the same, stored in PostgreSQL with synchronous_commit=on; the database on core 1, beside the load"

/* Appraisals that begin when they are due, whether others have ended or not. */
typedef struct {
    double rate; /* a second */
    double next;
    double waiting[PER_ROUND]; /* due, and no connection is free */
    size_t waiting_first, waiting_end;
    http_load_connection *free[CONNECTIONS];
    size_t free_count;
    double took[PER_ROUND]; /* seconds */
    size_t took_count;
    uint64_t random;
} open_loop;

/* ---- the load of which latency is measured ---- */

/* Until the next one is due: exponential with the mean 1 / rate. */
static double interval(open_loop *o)
{
    o->random ^= o->random << 13;
    o->random ^= o->random >> 7;
    o->random ^= o->random << 17;
    return -log(((double)(o->random >> 11) + 1.0) / 9007199254740993.0) / o->rate;
}

/* Notes all that are due by now, and begins as many as there are connections for. */
static void begin_due(http_load *l, open_loop *o, double now)
{
    while (o->waiting_end < PER_ROUND && o->next <= now) {
        o->waiting[o->waiting_end++] = o->next;
        o->next += interval(o);
    }
    while (o->waiting_first < o->waiting_end && o->free_count > 0) {
        http_load_connection *c = o->free[--o->free_count];

        c->begun = o->waiting[o->waiting_first++];
        http_load_begin(l, c);
    }
}

/* Sleeps until an answer comes or the next one is due. */
static int wait_for_either(const http_load *l, const open_loop *o, struct epoll_event *events)
{
    double left = o->waiting_end < PER_ROUND ? o->next - bench_wall_seconds() : 30;
    struct timespec timeout = {.tv_sec = 0};

    if (left > 0) {
        timeout.tv_sec = (time_t)left;
        timeout.tv_nsec = (long)((left - (double)timeout.tv_sec) * 1e9);
    }
    return epoll_pwait2(l->epoll, events, CONNECTIONS, &timeout, NULL);
}

static void run_open_load(http_load *l, open_loop *o)
{
    struct epoll_event events[CONNECTIONS];

    o->next = bench_wall_seconds();
    o->waiting_first = o->waiting_end = 0;
    o->free_count = o->took_count = 0;
    for (size_t i = 0; i < CONNECTIONS; i++) {
        o->free[o->free_count++] = &l->connections[i];
    }
    while (o->took_count < PER_ROUND) {
        int ready;

        begin_due(l, o, bench_wall_seconds());
        ready = wait_for_either(l, o, events);
        for (int i = 0; i < ready; i++) {
            http_load_connection *c = events[i].data.ptr;

            if (http_load_on_readable(l, c)) {
                o->took[o->took_count++] = bench_wall_seconds() - c->begun;
                o->free[o->free_count++] = c;
            }
        }
    }
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return left < right ? -1 : left > right;
}

/* Rounds at `rate` appraisals a second; the median of the rounds' 99th percentiles is the figure. */
static void measure_latency(const char *name, http_load *l, double rate)
{
    static open_loop o = {.random = 0x9e3779b97f4a7c15u};
    double p99[ROUNDS];
    double p50[ROUNDS];
    double worst = 0;

    prctl(PR_SET_TIMERSLACK, 1);
    o.rate = rate;
    for (size_t i = 0; i < ROUNDS; i++) {
        run_open_load(l, &o);
        qsort(o.took, PER_ROUND, sizeof o.took[0], by_value);
        p50[i] = o.took[PER_ROUND / 2] * 1e3;
        p99[i] = o.took[PER_ROUND * 99 / 100] * 1e3;
        worst = o.took[PER_ROUND - 1] > worst ? o.took[PER_ROUND - 1] : worst;
    }
    qsort(p50, ROUNDS, sizeof p50[0], by_value);
    qsort(p99, ROUNDS, sizeof p99[0], by_value);
    printf("{\"name\":\"%s\",\"ratio\":%.3f,\"value\":%.2f,\"unit\":\"ms\",\"bound\":%.0f,"
           "\"note\":\"both requests of an appraisal, from when it was due, at %.0f a second: %.0f %% of the "
           "peak, open loop; median %.2f, worst round's 99th percentile %.2f, worst of all %.2f\"}\n",
           name, p99[ROUNDS / 2] / LATENCY_BAR, p99[ROUNDS / 2], LATENCY_BAR, rate, LOADED_SHARE * 100,
           p50[ROUNDS / 2], p99[ROUNDS - 1], worst * 1e3);
    fflush(stdout);
}

/* ---- all of it ---- */

int main(int argc, char **argv)
{
    bool in_database = argc == 4;
    bench_rounds rounds = {.rounds = ROUNDS};
    bench_rounds cpu = {.rounds = ROUNDS};
    bench_raw *raw = bench_raw_new();
    http_load l = {.tenant = "bench", .device_count = DEVICES};
    http_load_place place;
    uint16_t port = 0;
    pid_t server;

    bench_require(argc == 3 || argc == 4, "usage: bench_appraise_http PROGRAM FOLDER [URL]");
    l.devices = fleet_new(DEVICES);
    place = http_load_place_of(argv[1], argv[2], argv[3]);
    http_load_make_tenant(&place, "bench", l.devices, DEVICES);
    server = http_load_serve(&place, NULL, true, &port);
    http_load_open(&l, port);
    bench_pin(1);
    http_load_run_rounds(&l, PER_ROUND / 4);
    for (size_t i = 0; i < ROUNDS; i++) {
        double wall = bench_wall_seconds();
        double used = bench_cpu_seconds_of(server);
        http_load_run_rounds(&l, PER_ROUND);
        rounds.ours[i] = bench_wall_seconds() - wall;
        cpu.ours[i] = bench_cpu_seconds_of(server) - used;
        bench_pin(0);
        wall = bench_wall_seconds();
        used = bench_cpu_seconds();
        bench_raw_run(raw, PER_ROUND);
        rounds.bound[i] = bench_wall_seconds() - wall;
        cpu.bound[i] = bench_cpu_seconds() - used;
        bench_pin(1);
    }
    bench_report_rate(in_database ? "appraise.http.postgresql" : "appraise.http", "appraisals/s", PER_ROUND,
                      &rounds, in_database ? IN_DATABASE : IN_FILE);
    bench_report_rate(in_database ? "appraise.http.postgresql.cpu" : "appraise.http.cpu", "appraisals/s",
                      PER_ROUND, &cpu, "the same by CPU time of the server's process, kernel included");
    measure_latency(in_database ? "appraise.http.postgresql.p99" : "appraise.http.p99", &l,
                    LOADED_SHARE * PER_ROUND / bench_median_ours(&rounds));
    http_load_close(&l);
    http_load_stop(server);
    fleet_free(l.devices);
    bench_raw_free(raw);
    return 0;
}
