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
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/fleet.h"
#include "bench/measure.h"
#include "tps/base64.h"

#define DEVICES      10000u
#define ROUNDS       7u
#define PER_ROUND    4000u
#define CONNECTIONS  128u
#define LOADED_SHARE 0.70
#define LATENCY_BAR  5.0 /* ms */
#define BUFFER_SIZE  16384u

/* What is measured, in words. */
#define IN_FILE                                                                                        \
    "both requests, 128 kept connections, plain HTTP, stored in SQLite with synchronous=FULL; server " \
    "on core 0, load on core 1; 10,000 devices, each evidence used once"
#define IN_DATABASE \
    "the same, stored in PostgreSQL with synchronous_commit=on; the database on core 1, beside the load"

enum { WANT_SESSION, WANT_RESULT };

typedef struct {
    int fd;
    int state;
    double due; /* when its appraisal was to begin */
    size_t received;
    char in[BUFFER_SIZE];
} connection;

/* Appraisals that begin when they are due, whether others have ended or not. */
typedef struct {
    double rate; /* a second; 0: a connection begins the next as soon as it is done with one */
    double next;
    double waiting[PER_ROUND]; /* due, and no connection is free */
    size_t waiting_first, waiting_end;
    connection *free[CONNECTIONS];
    size_t free_count;
    double took[PER_ROUND]; /* seconds */
    uint64_t random;
} open_loop;

typedef struct {
    fleet *devices;
    connection *connections;
    int epoll;
    size_t started;
    size_t finished;
    open_loop open;
} load;

/* ---- the server as a child ---- */

static pid_t start_program(const char *program, char *const arguments[])
{
    pid_t child = fork();

    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM); /* a benchmark that stops halfway leaves nothing running */
        dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO); /* standard output is for figures */
        bench_pin(0);
        execv(program, arguments);
        _exit(127);
    }
    bench_require(child > 0, "cannot start the program");
    return child;
}

static void run_program(const char *program, char *const arguments[])
{
    int status = 0;
    pid_t child = start_program(program, arguments);

    bench_require(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0,
                  "setting up the server failed");
}

static void write_file(const char *path, tps_span data)
{
    FILE *file = fopen(path, "wb");

    bench_require(file != NULL && fwrite(data.data, 1, data.size, file) == data.size && fclose(file) == 0,
                  "cannot write the endorsements");
}

static uint16_t wait_for_port(const char *path)
{
    for (int i = 0; i < 600; i++) {
        FILE *file = fopen(path, "r");
        unsigned port = 0;
        if (file != NULL && fscanf(file, "%u", &port) == 1 && port > 0) {
            fclose(file);
            return (uint16_t)port;
        }
        if (file != NULL) {
            fclose(file);
        }
        usleep(50000);
    }
    bench_require(false, "the server did not start within 30 s");
    return 0;
}

/* Makes the store with one tenant that takes the fleet's unsigned endorsements, and starts the server over
 * it. */
static pid_t start_server(const char *program, const char *folder, const char *url, const fleet *devices,
                          uint16_t *port)
{
    char store[512];
    char corim[512];
    char port_file[512];
    char *const create[] = {(char *)(uintptr_t) "tps",
                            (char *)(uintptr_t) "tenant",
                            (char *)(uintptr_t) "create",
                            (char *)(uintptr_t) "bench",
                            (char *)(uintptr_t) "--allow-unsigned",
                            (char *)(uintptr_t) "--store",
                            store,
                            NULL};
    char *const endorse[] = {(char *)(uintptr_t) "tps",
                             (char *)(uintptr_t) "tenant",
                             (char *)(uintptr_t) "endorse",
                             (char *)(uintptr_t) "bench",
                             corim,
                             (char *)(uintptr_t) "--store",
                             store,
                             NULL};
    char *const serve[] = {(char *)(uintptr_t) "tps",
                           (char *)(uintptr_t) "serve",
                           (char *)(uintptr_t) "--store",
                           store,
                           (char *)(uintptr_t) "--listen",
                           (char *)(uintptr_t) "127.0.0.1:0",
                           (char *)(uintptr_t) "--port-file",
                           port_file,
                           NULL};
    pid_t server;

    snprintf(store, sizeof store, url == NULL ? "%s/bench.db" : "%s", url == NULL ? folder : url);
    snprintf(corim, sizeof corim, "%s/fleet.corim", folder);
    snprintf(port_file, sizeof port_file, "%s/port", folder);
    write_file(corim, fleet_endorsements(devices));
    run_program(program, create);
    run_program(program, endorse);
    server = start_program(program, serve);
    *port = wait_for_port(port_file);
    return server;
}

/* ---- the load ---- */

static void send_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
        bench_require(sent > 0, "the server closed a connection");
        data += sent;
        size -= (size_t)sent;
    }
}

static void request_session(load *l, connection *c)
{
    static const char request[] = "POST /t/bench/challenge-response/v1/newSession?nonceSize=32 HTTP/1.1\r\n"
                                  "Host: bench\r\nContent-Length: 0\r\n\r\n";

    l->started++;
    c->state = WANT_SESSION;
    send_all(c->fd, request, sizeof request - 1);
}

/* The text between `before` and the next character of `stops`, or ends the program. */
static tps_span text_after(const char *answer, const char *before, const char *stops)
{
    const char *start = strstr(answer, before);

    bench_require(start != NULL, "the server's answer lacks a member");
    start += strlen(before);
    return tps_span_make(start, strcspn(start, stops));
}

static void send_evidence(load *l, connection *c)
{
    tps_span location = text_after(c->in, "session/", "\r\n");
    const char *nonce_member = strstr(c->in, "\"nonce\"");
    tps_span nonce_text;
    uint8_t nonce[64];
    size_t nonce_size;
    uint8_t bytes[FLEET_EVIDENCE_MAX];
    tps_span evidence;
    char head[512];
    int size;

    bench_require(nonce_member != NULL, "the server's answer has no nonce");
    nonce_text = text_after(nonce_member + 7, "\"", "\"");
    bench_require(tps_base64_read(nonce_text, TPS_BUF_OF(nonce), &nonce_size) == TPS_OK,
                  "the nonce is not base64");
    evidence = fleet_evidence(l->devices, fleet_draw(l->devices), tps_span_make(nonce, nonce_size), bytes);
    size = snprintf(head, sizeof head,
                    "POST /t/bench/challenge-response/v1/session/%.*s HTTP/1.1\r\nHost: bench\r\n"
                    "Content-Type: application/psa-attestation-token\r\nContent-Length: %zu\r\n\r\n",
                    (int)location.size, (const char *)location.data, evidence.size);
    bench_require(size > 0 && (size_t)size + evidence.size <= BUFFER_SIZE, "the request is too large");
    memcpy(c->in, head, (size_t)size);
    memcpy(c->in + size, evidence.data, evidence.size);
    c->state = WANT_RESULT;
    send_all(c->fd, c->in, (size_t)size + evidence.size);
}

/* The bytes of the whole answer in the buffer, or 0 if there is more to come. */
static size_t answer_size(const connection *c)
{
    const char *body = strstr(c->in, "\r\n\r\n");
    const char *length = strcasestr(c->in, "content-length:");
    size_t size;

    if (body == NULL) {
        return 0;
    }
    bench_require(length != NULL && length < body, "an answer has no length");
    size = (size_t)(body + 4 - c->in) + strtoul(length + 15, NULL, 10);
    return c->received >= size ? size : 0;
}

static void on_readable(load *l, connection *c, size_t target)
{
    ssize_t got = recv(c->fd, c->in + c->received, BUFFER_SIZE - 1 - c->received, 0);

    bench_require(got > 0, "the server closed a connection");
    c->received += (size_t)got;
    c->in[c->received] = '\0';
    if (answer_size(c) == 0) {
        return;
    }
    c->received = 0;
    if (c->state == WANT_SESSION) {
        bench_require(strncmp(c->in, "HTTP/1.1 201", 12) == 0, "a session was refused");
        send_evidence(l, c);
        return;
    }
    bench_require(strncmp(c->in, "HTTP/1.1 200", 12) == 0 && strstr(c->in, "complete") != NULL,
                  "evidence was refused");
    if (l->open.rate > 0) {
        l->open.took[PER_ROUND - (target - l->finished)] = bench_wall_seconds() - c->due;
        l->open.free[l->open.free_count++] = c;
    } else if (l->started < target) {
        request_session(l, c);
    }
    l->finished++;
}

static void run_load(load *l, size_t count)
{
    struct epoll_event events[CONNECTIONS];
    size_t target = l->finished + count;

    l->started = l->finished;
    l->open.rate = 0;
    for (size_t i = 0; i < CONNECTIONS; i++) {
        request_session(l, &l->connections[i]);
    }
    while (l->finished < target) {
        int ready = epoll_wait(l->epoll, events, CONNECTIONS, 30000);
        bench_require(ready > 0, "the server did not answer within 30 s");
        for (int i = 0; i < ready; i++) {
            on_readable(l, events[i].data.ptr, target);
        }
    }
}

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
static void begin_due(load *l, double now)
{
    open_loop *o = &l->open;

    while (o->waiting_end < PER_ROUND && o->next <= now) {
        o->waiting[o->waiting_end++] = o->next;
        o->next += interval(o);
    }
    while (o->waiting_first < o->waiting_end && o->free_count > 0) {
        connection *c = o->free[--o->free_count];

        c->due = o->waiting[o->waiting_first++];
        request_session(l, c);
    }
}

/* Sleeps until an answer comes or the next one is due. */
static int wait_for_either(const load *l, struct epoll_event *events)
{
    double left = l->open.waiting_end < PER_ROUND ? l->open.next - bench_wall_seconds() : 30;
    struct timespec timeout = {.tv_sec = 0};

    if (left > 0) {
        timeout.tv_sec = (time_t)left;
        timeout.tv_nsec = (long)((left - (double)timeout.tv_sec) * 1e9);
    }
    return epoll_pwait2(l->epoll, events, CONNECTIONS, &timeout, NULL);
}

static void run_open_load(load *l, double rate)
{
    struct epoll_event events[CONNECTIONS];
    size_t target = l->finished + PER_ROUND;

    l->open.rate = rate;
    l->open.next = bench_wall_seconds();
    l->open.waiting_first = l->open.waiting_end = 0;
    l->open.free_count = 0;
    for (size_t i = 0; i < CONNECTIONS; i++) {
        l->open.free[l->open.free_count++] = &l->connections[i];
    }
    while (l->finished < target) {
        int ready;

        begin_due(l, bench_wall_seconds());
        ready = wait_for_either(l, events);
        for (int i = 0; i < ready; i++) {
            on_readable(l, events[i].data.ptr, target);
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
static void measure_latency(const char *name, load *l, double rate)
{
    double p99[ROUNDS];
    double p50[ROUNDS];
    double worst = 0;

    prctl(PR_SET_TIMERSLACK, 1);
    l->open.random = 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < ROUNDS; i++) {
        run_open_load(l, rate);
        qsort(l->open.took, PER_ROUND, sizeof l->open.took[0], by_value);
        p50[i] = l->open.took[PER_ROUND / 2] * 1e3;
        p99[i] = l->open.took[PER_ROUND * 99 / 100] * 1e3;
        worst = l->open.took[PER_ROUND - 1] > worst ? l->open.took[PER_ROUND - 1] : worst;
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

static void open_connections(load *l, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->connections = calloc(CONNECTIONS, sizeof *l->connections);
    bench_require(l->epoll >= 0 && l->connections != NULL, "no memory");
    for (size_t i = 0; i < CONNECTIONS; i++) {
        connection *c = &l->connections[i];
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bench_require(c->fd >= 0 && connect(c->fd, (struct sockaddr *)&address, sizeof address) == 0,
                      "cannot connect to the server");
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        bench_require(epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &event) == 0, "epoll failed");
    }
}

static void close_connections(load *l)
{
    for (size_t i = 0; i < CONNECTIONS; i++) {
        close(l->connections[i].fd);
    }
    close(l->epoll);
    free(l->connections);
}

int main(int argc, char **argv)
{
    bool in_database = argc == 4;
    bench_rounds rounds = {.rounds = ROUNDS};
    bench_rounds cpu = {.rounds = ROUNDS};
    bench_raw *raw = bench_raw_new();
    load *l = calloc(1, sizeof *l);
    uint16_t port = 0;
    pid_t server;

    bench_require((argc == 3 || argc == 4) && l != NULL, "usage: bench_appraise_http PROGRAM FOLDER [URL]");
    l->devices = fleet_new(DEVICES);
    server = start_server(argv[1], argv[2], argv[3], l->devices, &port);
    open_connections(l, port);
    bench_pin(1);
    run_load(l, PER_ROUND / 4);
    for (size_t i = 0; i < ROUNDS; i++) {
        double wall = bench_wall_seconds();
        double used = bench_cpu_seconds_of(server);
        run_load(l, PER_ROUND);
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
    measure_latency(in_database ? "appraise.http.postgresql.p99" : "appraise.http.p99", l,
                    LOADED_SHARE * PER_ROUND / bench_median_ours(&rounds));
    close_connections(l);
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    fleet_free(l->devices);
    bench_raw_free(raw);
    free(l);
    return 0;
}
