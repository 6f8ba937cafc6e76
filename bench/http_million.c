/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a tenant of a million endorsed devices costs a server: how long it takes to start, its memory, the
 * latency of an appraisal against that at a tenant of a thousand on the same server, and what a change of
 * policy costs, for which all that the tenant endorsed is read and built anew while others are answered.
 *
 * The devices share 1,000 keys; see bench/fleet.h.
 *
 *     bench_http_million PROGRAM FOLDER [URL]    FOLDER takes the store and is made by the caller; URL names
 *                                                an empty PostgreSQL database instead
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/http_load.h"
#include "bench/measure.h"
#include "tps/base64.h"

#define MILLION   1000000u
#define THOUSAND  1000u
#define KEYS      1000u
#define ROUNDS    9u
#define PER_ROUND 2000u
#define AT_ONCE   16u
#define START_BAR 20.0 /* seconds */
#define RATIO_BAR 1.2
#define WAIT_MAX  120.0 /* seconds until a policy counts */

#define POLICY "bench.changed"
#define POLICY_REQUEST                                                                \
    "{\"name\":\"" POLICY "\",\"active\":true,\"text\":\"policy { name = \\\"" POLICY \
    "\\\", version = \\\"1\\\" }\\n"                                                  \
    "warn { claim = \\\"executables\\\", name = \\\"" POLICY                          \
    "\\\", cause = \\\"it was changed\\\", next_step = \\\"none\\\" }\\n\"}"

/* Of the appraisals of a round, or of all while a policy comes. */
typedef struct {
    double *took; /* seconds */
    size_t count, room;
    double worst;
    bool looks_for_policy;
    bool policy_counts;
} taken;

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return left < right ? -1 : left > right;
}

/* True if the answer's result, a JWT, names the policy. */
static bool names_policy(const char *answer)
{
    const char *result = strstr(answer, "\"result\"");
    const char *claims = result == NULL ? NULL : strchr(result, '.');
    uint8_t text[HTTP_LOAD_BUFFER];
    size_t size = 0;

    bench_require(claims != NULL && tps_base64_read(tps_span_make(claims + 1, strcspn(claims + 1, ".")),
                                                    (tps_buf){text, sizeof text - 1}, &size) == TPS_OK,
                  "a result cannot be read");
    text[size] = '\0';
    return strstr((const char *)text, POLICY) != NULL;
}

static void note(http_load *l, http_load_connection *c)
{
    taken *t = l->context;
    double took = bench_wall_seconds() - c->begun;

    if (t->count < t->room) {
        t->took[t->count++] = took;
    }
    t->worst = took > t->worst ? took : t->worst;
    if (t->looks_for_policy && !t->policy_counts) {
        t->policy_counts = names_policy(c->in);
    }
}

/* The median latency of a round at a tenant. */
static double run_round(http_load *l, const char *tenant, size_t devices)
{
    taken *t = l->context;

    l->tenant = tenant;
    l->device_count = devices;
    t->count = 0;
    http_load_run_rounds(l, PER_ROUND);
    qsort(t->took, t->count, sizeof *t->took, by_value);
    return t->took[t->count / 2];
}

static void measure_latency(http_load *l)
{
    bench_rounds rounds = {.rounds = ROUNDS};
    double ratio;

    run_round(l, "many", MILLION);
    run_round(l, "few", THOUSAND);
    for (size_t i = 0; i < ROUNDS; i++) {
        rounds.ours[i] = run_round(l, "many", MILLION);
        rounds.bound[i] = run_round(l, "few", THOUSAND);
    }
    ratio = 1 / bench_median_ratio(&rounds);
    printf("{\"name\":\"http.million\",\"ratio\":%.3f,\"value\":%.2f,\"unit\":\"ms\",\"bound\":%.2f,"
           "\"note\":\"median latency of both requests, %u at once, at a tenant of 1,000,000 devices against "
           "one of 1,000; at most %.1f times; server on core 0, load on core 1\"}\n",
           ratio, bench_median_ours(&rounds) * 1e3, bench_median_bound(&rounds) * 1e3, AT_ONCE, RATIO_BAR);
    fflush(stdout);
}

/* In a process of its own, which waits for the answer: whether it was good. */
static pid_t change_policy(uint16_t port, const char *token)
{
    pid_t child = fork();

    if (child == 0) {
        static const char body[] = POLICY_REQUEST;
        char text[2048];
        int fd = http_load_connect(port);
        ssize_t got;
        int size = snprintf(text, sizeof text,
                            "POST /t/many/api/v1/policies HTTP/1.1\r\nHost: bench\r\n"
                            "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
                            "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
                            token, sizeof body - 1, body);

        bench_require(size > 0 && (size_t)size < sizeof text && send(fd, text, (size_t)size, 0) == size,
                      "the policy cannot be sent");
        got = recv(fd, text, sizeof text - 1, 0);
        text[got > 0 ? got : 0] = '\0';
        if (strncmp(text, "HTTP/1.1 201", 12) != 0) {
            fprintf(stderr, "bench: %s\n", text);
            _exit(1);
        }
        _exit(0);
    }
    bench_require(child > 0, "cannot start a process");
    return child;
}

/* The tenant of a million is asked by all connections while its verifier is built anew. */
static void measure_policy(http_load *l, pid_t server, uint16_t port, const char *token)
{
    taken *t = l->context;
    double begun = bench_wall_seconds();
    double answered = 0;
    double counts;
    double most;
    int status = 0;
    pid_t child = change_policy(port, token);

    l->tenant = "many";
    l->device_count = MILLION;
    t->count = 0;
    t->worst = 0;
    t->looks_for_policy = true;
    while (!t->policy_counts) {
        http_load_run_rounds(l, 64);
        if (answered == 0 && waitpid(child, &status, WNOHANG) == child) {
            answered = bench_wall_seconds() - begun;
            bench_require(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the policy was refused");
        }
        bench_require(bench_wall_seconds() - begun < WAIT_MAX, "the policy does not count within 120 s");
    }
    counts = bench_wall_seconds() - begun;
    if (answered == 0) {
        bench_require(waitpid(child, &status, 0) == child && status == 0, "the policy was refused");
        answered = bench_wall_seconds() - begun;
    }
    qsort(t->took, t->count, sizeof *t->took, by_value);
    (void)http_load_memory(server, &most);
    printf(
        "{\"name\":\"http.million.policy\",\"ratio\":%.3f,\"value\":%.2f,\"unit\":\"s\",\"bound\":%.0f,"
        "\"note\":\"from a new policy of a tenant of 1,000,000 devices to the first result by it; the policy's own request was answered "
        "after %.2f s; of the %zu appraisals meanwhile the median took %.2f ms, the 99th percentile %.2f, "
        "the worst %.2f; the server had at most %.0f MiB\"}\n",
        counts / START_BAR, counts, START_BAR, answered, t->count, t->took[t->count / 2] * 1e3,
        t->took[t->count * 99 / 100] * 1e3, t->worst * 1e3, most);
    fflush(stdout);
}

static pid_t measure_start(const http_load_place *place, uint16_t *port)
{
    double begun = bench_wall_seconds();
    pid_t server = http_load_serve(place, NULL, true, port);
    double took = bench_wall_seconds() - begun;
    double most;
    double memory = http_load_memory(server, &most);

    printf("{\"name\":\"http.million.start\",\"ratio\":%.3f,\"value\":%.2f,\"unit\":\"s\",\"bound\":%.0f,"
           "\"note\":\"until tps serve listens, over a store with 1,000,000 endorsed devices of one tenant; "
           "%.0f MiB resident then, %.0f at most\"}\n",
           took / START_BAR, took, START_BAR, memory, most);
    fflush(stdout);
    return server;
}

int main(int argc, char **argv)
{
    static const char *const new_token[] = {"token", "create", "many", "bench", "--scopes", "policy", NULL};
    taken t = {.room = MILLION};
    http_load l = {.at_once = AT_ONCE, .on_finished = note, .context = &t};
    http_load_place place;
    char token[128];
    uint16_t port;
    pid_t server;

    bench_require(argc == 3 || argc == 4, "usage: bench_http_million PROGRAM FOLDER [URL]");
    t.took = calloc(t.room, sizeof *t.took);
    bench_require(t.took != NULL, "no memory");
    l.devices = fleet_new_sharing(MILLION, KEYS);
    place = http_load_place_of(argv[1], argv[2], argv[3]);
    http_load_make_tenant(&place, "many", l.devices, MILLION);
    http_load_make_tenant(&place, "few", l.devices, THOUSAND);
    http_load_read(&place, new_token, token, sizeof token);
    server = measure_start(&place, &port);
    bench_pin(1);
    http_load_open(&l, port);
    measure_latency(&l);
    measure_policy(&l, server, port, token);
    http_load_close(&l);
    http_load_stop(server);
    fleet_free(l.devices);
    free(t.took);
    return 0;
}
