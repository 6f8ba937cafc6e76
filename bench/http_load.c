/* SPDX-License-Identifier: Apache-2.0 */
/* A server as a child, and a load of whole appraisals, for the benchmarks. */
#include "bench/http_load.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/measure.h"
#include "tps/base64.h"

#define PER_MANIFEST  40000u
#define MANIFESTS_MAX 32u

/* ---- the program ---- */

http_load_place http_load_place_of(const char *program, const char *folder, const char *url)
{
    http_load_place place = {.program = program, .folder = folder};

    (void)snprintf(place.store, sizeof place.store, url == NULL ? "%s/bench.db" : "%s",
                   url == NULL ? folder : url);
    return place;
}

/* `tps FIRST... --store STORE SECOND...`, each ending with NULL; `out` is its standard output. */
static pid_t start(const http_load_place *place, const char *const *first, const char *const *second, int out,
                   bool pinned)
{
    const char *words[HTTP_LOAD_WORDS_MAX + 1] = {"tps"};
    const char *const store[] = {"--store", place->store, NULL};
    const char *const *lists[] = {first, store, second};
    size_t count = 1;
    pid_t child;

    for (size_t i = 0; i < 3; i++) {
        for (const char *const *word = lists[i]; word != NULL && *word != NULL; word++) {
            bench_require(count < HTTP_LOAD_WORDS_MAX, "too many words for the program");
            words[count++] = *word;
        }
    }
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM); /* a benchmark that stops halfway leaves nothing running */
        dup2(out, STDOUT_FILENO);
        if (pinned) {
            bench_pin(0);
        }
        execv(place->program, (char *const *)(uintptr_t)words);
        _exit(127);
    }
    bench_require(child > 0, "cannot start the program");
    return child;
}

/* Standard output is for figures: what the program prints goes nowhere. */
static int nowhere(void)
{
    static int file = -1;

    if (file < 0) {
        file = open("/dev/null", O_WRONLY | O_CLOEXEC);
    }
    return file;
}

static void wait_for_end(pid_t child)
{
    int status = 0;

    bench_require(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0,
                  "the program did not end well");
}

void http_load_run(const http_load_place *place, const char *const *words)
{
    wait_for_end(start(place, words, NULL, nowhere(), false));
}

void http_load_read(const http_load_place *place, const char *const *words, char *line, size_t room)
{
    int ends[2];
    pid_t child;
    FILE *file;

    bench_require(pipe2(ends, O_CLOEXEC) == 0, "no pipe");
    child = start(place, words, NULL, ends[1], false);
    close(ends[1]);
    file = fdopen(ends[0], "r");
    bench_require(file != NULL && fgets(line, (int)room, file) != NULL, "the program printed nothing");
    line[strcspn(line, "\n")] = '\0';
    fclose(file);
    wait_for_end(child);
}

static void write_file(const char *path, tps_span data)
{
    FILE *file = fopen(path, "wb");

    bench_require(file != NULL && fwrite(data.data, 1, data.size, file) == data.size && fclose(file) == 0,
                  "cannot write the endorsements");
}

void http_load_make_tenant(const http_load_place *place, const char *name, fleet *devices, size_t count)
{
    const char *const create[] = {"tenant", "create", name, "--allow-unsigned", NULL};
    const char *endorse[3 + MANIFESTS_MAX + 1] = {"tenant", "endorse", name};
    char paths[MANIFESTS_MAX][512];
    size_t manifests = 0;

    http_load_run(place, create);
    for (size_t first = 0; first < count; first += PER_MANIFEST) {
        size_t some = count - first < PER_MANIFEST ? count - first : PER_MANIFEST;
        char *path = paths[manifests];

        bench_require(manifests < MANIFESTS_MAX, "too many devices");
        (void)snprintf(path, sizeof paths[0], "%s/fleet-%zu.corim", place->folder, manifests);
        write_file(path, fleet_endorsements_of(devices, first, some));
        endorse[3 + manifests++] = path;
    }
    http_load_run(place, endorse);
    for (size_t i = 0; i < manifests; i++) {
        (void)unlink(paths[i]);
    }
}

static uint16_t wait_for_port(const char *path, pid_t server)
{
    for (int i = 0; i < 12000; i++) {
        FILE *file = fopen(path, "r");
        unsigned port = 0;

        if (file != NULL && fscanf(file, "%u", &port) == 1 && port > 0) {
            fclose(file);
            return (uint16_t)port;
        }
        if (file != NULL) {
            fclose(file);
        }
        bench_require(waitpid(server, NULL, WNOHANG) == 0, "the server ended");
        usleep(10000);
    }
    bench_require(false, "the server did not start within 120 s");
    return 0;
}

pid_t http_load_serve(const http_load_place *place, const char *const *options, bool pinned, uint16_t *port)
{
    char port_file[512];
    const char *const serve[] = {"serve", "--listen", "127.0.0.1:0", "--port-file", port_file, NULL};
    pid_t server;

    (void)snprintf(port_file, sizeof port_file, "%s/port", place->folder);
    (void)unlink(port_file);
    server = start(place, serve, options, nowhere(), pinned);
    *port = wait_for_port(port_file, server);
    return server;
}

double http_load_memory(pid_t server, double *most)
{
    char path[64];
    char line[128];
    double now = 0;
    double peak = 0;
    FILE *file;

    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)server);
    file = fopen(path, "r");
    bench_require(file != NULL, "the server is gone");
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "VmRSS:", 6) == 0) {
            now = strtod(line + 6, NULL) / 1024;
        } else if (strncmp(line, "VmHWM:", 6) == 0) {
            peak = strtod(line + 6, NULL) / 1024;
        }
    }
    fclose(file);
    if (most != NULL) {
        *most = peak;
    }
    return now;
}

void http_load_stop(pid_t server)
{
    kill(server, SIGTERM);
    wait_for_end(server);
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

void http_load_begin(http_load *l, http_load_connection *c)
{
    char request[256];
    int size = snprintf(request, sizeof request,
                        "POST /t/%s/challenge-response/v1/newSession?nonceSize=32 HTTP/1.1\r\n"
                        "Host: bench\r\nContent-Length: 0\r\n\r\n",
                        l->tenant);

    l->started++;
    c->state = HTTP_LOAD_WANT_SESSION;
    send_all(c->fd, request, (size_t)size);
}

/* The text between `before` and the next character of `stops`, or ends the program. */
static tps_span text_after(const char *answer, const char *before, const char *stops)
{
    const char *start = strstr(answer, before);

    bench_require(start != NULL, "the server's answer lacks a member");
    start += strlen(before);
    return tps_span_make(start, strcspn(start, stops));
}

static void send_evidence(http_load *l, http_load_connection *c)
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
    evidence = fleet_evidence(l->devices, fleet_draw(l->devices) % l->device_count,
                              tps_span_make(nonce, nonce_size), bytes);
    size = snprintf(head, sizeof head,
                    "POST /t/%s/challenge-response/v1/session/%.*s HTTP/1.1\r\nHost: bench\r\n"
                    "Content-Type: application/psa-attestation-token\r\nContent-Length: %zu\r\n\r\n",
                    l->tenant, (int)location.size, (const char *)location.data, evidence.size);
    bench_require(size > 0 && (size_t)size + evidence.size <= HTTP_LOAD_BUFFER, "the request is too large");
    memcpy(c->in, head, (size_t)size);
    memcpy(c->in + size, evidence.data, evidence.size);
    c->state = HTTP_LOAD_WANT_RESULT;
    send_all(c->fd, c->in, (size_t)size + evidence.size);
}

/* The bytes of the whole answer in the buffer, or 0 if there is more to come. */
static size_t answer_size(const http_load_connection *c)
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

bool http_load_on_readable(http_load *l, http_load_connection *c)
{
    ssize_t got = recv(c->fd, c->in + c->received, HTTP_LOAD_BUFFER - 1 - c->received, 0);

    bench_require(got > 0, "the server closed a connection");
    c->received += (size_t)got;
    c->in[c->received] = '\0';
    if (answer_size(c) == 0) {
        return false;
    }
    c->received = 0;
    if (c->state == HTTP_LOAD_WANT_SESSION) {
        bench_require(strncmp(c->in, "HTTP/1.1 201", 12) == 0, "a session was refused");
        send_evidence(l, c);
        return false;
    }
    bench_require(strncmp(c->in, "HTTP/1.1 200", 12) == 0 && strstr(c->in, "complete") != NULL,
                  "evidence was refused");
    if (l->on_finished != NULL) {
        l->on_finished(l, c);
    }
    l->finished++;
    return true;
}

void http_load_run_rounds(http_load *l, size_t count)
{
    struct epoll_event events[HTTP_LOAD_CONNECTIONS];
    size_t at_once = l->at_once > 0 ? l->at_once : HTTP_LOAD_CONNECTIONS;
    size_t target = l->finished + count;

    l->started = l->finished;
    for (size_t i = 0; i < at_once && l->started < target; i++) {
        l->connections[i].begun = bench_wall_seconds();
        http_load_begin(l, &l->connections[i]);
    }
    while (l->finished < target) {
        int ready = epoll_wait(l->epoll, events, HTTP_LOAD_CONNECTIONS, 30000);

        bench_require(ready > 0, "the server did not answer within 30 s");
        for (int i = 0; i < ready; i++) {
            http_load_connection *c = events[i].data.ptr;

            if (http_load_on_readable(l, c) && l->started < target) {
                c->begun = bench_wall_seconds();
                http_load_begin(l, c);
            }
        }
    }
}

int http_load_connect(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bench_require(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0,
                  "cannot connect to the server");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

void http_load_open(http_load *l, uint16_t port)
{
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->connections = calloc(HTTP_LOAD_CONNECTIONS, sizeof *l->connections);
    bench_require(l->epoll >= 0 && l->connections != NULL, "no memory");
    for (size_t i = 0; i < HTTP_LOAD_CONNECTIONS; i++) {
        http_load_connection *c = &l->connections[i];
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};

        c->fd = http_load_connect(port);
        bench_require(epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &event) == 0, "epoll failed");
    }
}

void http_load_close(http_load *l)
{
    for (size_t i = 0; i < HTTP_LOAD_CONNECTIONS; i++) {
        close(l->connections[i].fd);
    }
    close(l->epoll);
    free(l->connections);
}
