/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.idle, http.idle.tls: bytes of memory that one idle connection holds, of 10,000 at once. A child
 * process serves; each connection sends a request, has its answer, and is then left alone. What is counted is
 * the child's resident memory, so the kernel's memory for sockets is not. Afterwards the first and the last
 * connection are used again, so that it is seen that they were kept.
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/measure.h"
#include "server/http/server.h"
#include "support/tls_files.h"

#define CONNECTIONS  10000u
#define BOUND        16384.0
#define BOUND_OF_TLS 32768.0
#define WARM_UP      100u /* connections that are opened first: what they cost once is nobody's */
#define DAY          86400

static const char request[] = "POST /idle HTTP/1.1\r\nHost: bench\r\nContent-Length: 5\r\n\r\nhello";

typedef struct {
    int fd;
    SSL *tls;
} connection;

static connection connections[CONNECTIONS];

/* ---- the server, in a child ---- */

static uint64_t body_max(void *context, const tps_http_request *r)
{
    (void)context;
    (void)r;
    return 1024;
}

static void handle(void *context, tps_http_exchange *exchange)
{
    (void)context;
    tps_http_answer(exchange, &(tps_http_answer_message){
                                  .status = 200, .type = "text/plain", .body = TPS_SPAN_LITERAL("idle")});
}

static void serve(int report, const tps_http_tls_options *files)
{
    tps_http_server_options options = tps_http_server_defaults();
    tps_http_server_ops ops = {.body_max = body_max, .handle = handle};
    struct event_base *base = event_base_new();
    tps_http_server *server = NULL;
    unsigned port;
    char why[256] = "";

    options.address = "127.0.0.1:0";
    options.connections_max = CONNECTIONS + WARM_UP;
    options.idle_timeout_ms = 600000;
    if (files != NULL && tps_http_tls_open(files, &options.tls, why, sizeof why) != TPS_OK) {
        bench_require(false, why);
    }
    bench_require(base != NULL && tps_http_server_open(base, &options, &ops, &server) == TPS_OK,
                  "cannot listen");
    port = (unsigned)atoi(strrchr(tps_http_server_address(server), ':') + 1);
    bench_require(write(report, &port, sizeof port) == sizeof port, "cannot report the port");
    (void)event_base_dispatch(base);
    _exit(0);
}

static pid_t start_server(const tps_http_tls_options *files, uint16_t *port)
{
    unsigned told = 0;
    int ends[2];
    pid_t child;

    bench_require(pipe(ends) == 0, "no pipe");
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        serve(ends[1], files);
    }
    bench_require(child > 0 && read(ends[0], &told, sizeof told) == sizeof told, "the server does not start");
    (void)close(ends[0]);
    (void)close(ends[1]);
    *port = (uint16_t)told;
    return child;
}

/* Resident memory of a process, in bytes. */
static double resident(pid_t process)
{
    char path[64];
    unsigned long pages = 0;
    FILE *file;

    (void)snprintf(path, sizeof path, "/proc/%d/statm", (int)process);
    file = fopen(path, "r");
    bench_require(file != NULL && fscanf(file, "%*u %lu", &pages) == 1, "cannot read the server's memory");
    (void)fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* ---- the clients ---- */

static void ask(const connection *c)
{
    char answer[1024];
    size_t size = sizeof request - 1;
    size_t got = 0;

    if (c->tls != NULL) {
        bench_require(SSL_write(c->tls, request, (int)size) == (int)size &&
                          SSL_read_ex(c->tls, answer, sizeof answer, &got) == 1,
                      "a request over TLS failed");
    } else {
        ssize_t n;

        bench_require(send(c->fd, request, size, MSG_NOSIGNAL) == (ssize_t)size, "a request failed");
        n = recv(c->fd, answer, sizeof answer, 0);
        got = n > 0 ? (size_t)n : 0;
    }
    bench_require(got > 12 && memcmp(answer, "HTTP/1.1 200", 12) == 0, "a connection was not served");
}

static void open_connection(connection *c, uint16_t port, SSL_CTX *tls)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    bench_require(c->fd >= 0 && connect(c->fd, (struct sockaddr *)&to, sizeof to) == 0, "cannot connect");
    if (tls != NULL) {
        c->tls = SSL_new(tls);
        bench_require(c->tls != NULL && SSL_set_fd(c->tls, c->fd) == 1 && SSL_connect(c->tls) == 1,
                      "TLS cannot be set up");
    }
    ask(c);
}

static void close_connection(connection *c)
{
    SSL_free(c->tls);
    (void)close(c->fd);
    *c = (connection){-1, NULL};
}

static void report(const char *name, double bytes, double bound, const char *what)
{
    printf("{\"name\":\"%s\",\"ratio\":%.3f,\"value\":%.0f,\"unit\":\"bytes/connection\",\"bound\":%.0f,"
           "\"note\":\"%u idle connections %s, after a request each; the server's resident memory\"}\n",
           name, bytes / bound, bytes, bound, CONNECTIONS, what);
    (void)fflush(stdout);
}

static void measure(const tps_http_tls_options *files)
{
    SSL_CTX *tls = files == NULL ? NULL : SSL_CTX_new(TLS_client_method());
    double before;
    uint16_t port = 0;
    pid_t server = start_server(files, &port);

    for (size_t i = 0; i < WARM_UP; i++) {
        open_connection(&connections[i], port, tls);
    }
    for (size_t i = 0; i < WARM_UP; i++) {
        close_connection(&connections[i]);
    }
    before = resident(server);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        open_connection(&connections[i], port, tls);
    }
    report(files == NULL ? "http.idle" : "http.idle.tls", (resident(server) - before) / CONNECTIONS,
           files == NULL ? BOUND : BOUND_OF_TLS, files == NULL ? "without TLS" : "over TLS 1.3");
    ask(&connections[0]);
    ask(&connections[CONNECTIONS - 1]);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        close_connection(&connections[i]);
    }
    SSL_CTX_free(tls);
    (void)kill(server, SIGTERM);
    (void)waitpid(server, NULL, 0);
}

/* Makes the server's certificate in a folder of its own, and takes both away once the server has read them.
 */
static void measure_tls(void)
{
    char folder[] = "/tmp/tps-idle-XXXXXX";
    tls_identity ca = tls_identity_new("bench CA", NULL, -DAY, DAY);
    tls_identity server = tls_identity_new("bench", &ca, -DAY, DAY);
    tps_http_tls_options files;

    bench_require(mkdtemp(folder) != NULL, "no folder");
    files = (tps_http_tls_options){.certificate = tls_path(folder, "server.pem"),
                                   .key = tls_path(folder, "server.key")};
    tls_write_certificates(files.certificate, &server, &ca);
    tls_write_key(files.key, &server, NULL);
    measure(&files);
    (void)unlink(files.certificate);
    (void)unlink(files.key);
    (void)rmdir(folder);
    tls_identity_free(&server);
    tls_identity_free(&ca);
}

int main(void)
{
    struct rlimit limit;

    (void)signal(SIGPIPE, SIG_IGN);
    bench_require(getrlimit(RLIMIT_NOFILE, &limit) == 0, "no limits");
    limit.rlim_cur = limit.rlim_max;
    bench_require(setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > CONNECTIONS + 2 * WARM_UP,
                  "this needs more descriptors than are allowed: ulimit -Hn 11000");
    measure(NULL);
    measure_tls();
    return 0;
}
