/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server over TLS 1.3: a client on OpenSSL in the same thread, turns taken by pumping the loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "server/http/server.h"
#include "support/tls_files.h"

#define DAY     86400
#define REQUEST "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"

/* Made once: a CA for servers, one for clients, and who they certify. */
static struct {
    char folder[64];
    tls_identity server_ca, server, other_server, old_server;
    tls_identity client_ca, client, old_client, strange_client;
} made;

typedef struct {
    struct event_base *base;
    tps_http_tls *tls;
    tps_http_server *server;
    unsigned handled, released, finished;
    uint8_t certificate[2048];
    size_t certificate_size;
    tps_http_exchange *held;
    bool hold;
} fixture;

static const char *file(const char *name)
{
    return tls_path(made.folder, name);
}

static int make_files(void **state)
{
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)snprintf(made.folder, sizeof(made.folder), "/tmp/tps-http-tls-XXXXXX");
    assert_non_null(mkdtemp(made.folder));
    made.server_ca = tls_identity_new("servers", NULL, -DAY, 10 * DAY);
    made.server = tls_identity_new("server", &made.server_ca, -DAY, 2 * DAY);
    made.other_server = tls_identity_new("other server", &made.server_ca, -DAY, 3 * DAY);
    made.old_server = tls_identity_new("old server", &made.server_ca, -DAY, -1);
    made.client_ca = tls_identity_new("clients", NULL, -DAY, 10 * DAY);
    made.client = tls_identity_new("client", &made.client_ca, -DAY, DAY);
    made.old_client = tls_identity_new("old client", &made.client_ca, -DAY, -1);
    made.strange_client = tls_identity_new("strange client", &made.server_ca, -DAY, DAY);
    return 0;
}

static int remove_files(void **state)
{
    static const char *const names[] = {"server.pem", "server.key", "clients.pem"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)unlink(file(names[i]));
    }
    (void)rmdir(made.folder);
    tls_identity_free(&made.server_ca);
    tls_identity_free(&made.server);
    tls_identity_free(&made.other_server);
    tls_identity_free(&made.old_server);
    tls_identity_free(&made.client_ca);
    tls_identity_free(&made.client);
    tls_identity_free(&made.old_client);
    tls_identity_free(&made.strange_client);
    return 0;
}

static void write_server(const tls_identity *server)
{
    tls_write_certificates(file("server.pem"), server, &made.server_ca);
    tls_write_key(file("server.key"), server, NULL);
    tls_write_certificates(file("clients.pem"), &made.client_ca, NULL);
}

/* ---- the server ---- */

static uint64_t body_max(void *context, const tps_http_request *request)
{
    (void)context;
    (void)request;
    return 1000000;
}

static void release(void *context)
{
    ((fixture *)context)->released++;
}

/* /large: 300,000 bytes that are handed over; else method, path and body. */
static void echo(fixture *f, tps_http_exchange *x)
{
    static uint8_t large[300000];
    char text[2000];
    const tps_http_request *r = tps_http_exchange_request(x);
    tps_span body = tps_http_exchange_body(x);
    tps_http_answer_message m = {.status = 200, .type = "text/plain"};

    if (tps_span_is_text(r->path, "/large")) {
        memset(large, 'L', sizeof(large));
        m.body = TPS_SPAN_OF(large);
        m.release = release;
        m.release_context = f;
    } else {
        int size = snprintf(text, sizeof(text), "%s %.*s %zu", tps_http_method_name(r->method),
                            (int)r->path.size, (const char *)r->path.data, body.size);
        m.body = tps_span_make(text, (size_t)size);
    }
    tps_http_answer(x, &m);
}

static void handle(void *context, tps_http_exchange *x)
{
    fixture *f = context;
    tps_span certificate = tps_http_exchange_peer_certificate(x);
    char address[TPS_HTTP_PEER_ADDRESS_MAX];

    f->handled++;
    f->certificate_size = certificate.size;
    assert_true(certificate.size <= sizeof(f->certificate));
    if (certificate.size > 0) {
        memcpy(f->certificate, certificate.data, certificate.size);
    }
    assert_string_equal(tps_http_exchange_peer_address(x, address), "127.0.0.1");
    if (f->hold) {
        f->held = x;
        return;
    }
    echo(f, x);
}

static void count_finished(void *context, const tps_http_finished *finished)
{
    fixture *f = context;

    assert_int_equal(finished->status, 200);
    f->finished++;
}

static void start_with(fixture *f, tps_http_server_options options, bool asks_clients)
{
    tps_http_server_ops ops = {
        .context = f, .body_max = body_max, .handle = handle, .finished = count_finished};
    tps_http_tls_options files = {.certificate = file("server.pem"), .key = file("server.key")};
    char why[256] = "";

    memset(f, 0, sizeof(*f));
    write_server(&made.server);
    files.client_ca = asks_clients ? file("clients.pem") : NULL;
    f->base = event_base_new();
    assert_non_null(f->base);
    if (tps_http_tls_open(&files, &f->tls, why, sizeof(why)) != TPS_OK) {
        fail_msg("%s", why);
    }
    options.address = "127.0.0.1:0";
    options.tls = f->tls;
    assert_int_equal(tps_http_server_open(f->base, &options, &ops, &f->server), TPS_OK);
}

static void start(fixture *f)
{
    start_with(f, tps_http_server_defaults(), false);
}

static void stop(fixture *f)
{
    tps_http_server_free(f->server);
    tps_http_tls_free(f->tls);
    event_base_free(f->base);
}

static uint64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

static void pump(fixture *f, unsigned ms)
{
    uint64_t end = now_ms() + ms;

    do {
        (void)event_base_loop(f->base, EVLOOP_NONBLOCK);
        (void)usleep(200);
    } while (now_ms() < end);
}

/* Until the handler has had so many requests; on a busy machine this takes a while. */
static void pump_until_handled(fixture *f, unsigned count)
{
    for (uint64_t end = now_ms() + 5000; f->handled < count && now_ms() < end;) {
        pump(f, 1);
    }
    assert_int_equal(f->handled, count);
}

/* The same for closed connections. */
static void pump_until_closed(fixture *f)
{
    for (uint64_t end = now_ms() + 5000; tps_http_server_connections(f->server) > 0 && now_ms() < end;) {
        pump(f, 1);
    }
    assert_int_equal(tps_http_server_connections(f->server), 0);
}

/* ---- the client ---- */

typedef struct {
    int fd;
    SSL_CTX *context;
    SSL *tls;
} client;

static int dial(fixture *f)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int on = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons((uint16_t)atoi(strrchr(tps_http_server_address(f->server), ':') + 1));
    (void)connect(fd, (struct sockaddr *)&to, sizeof(to));
    pump(f, 2);
    return fd;
}

static client prepare(fixture *f, const tls_identity *identity)
{
    client c = {dial(f), SSL_CTX_new(TLS_client_method()), NULL};

    SSL_CTX_set_verify(c.context, SSL_VERIFY_PEER, NULL);
    assert_int_equal(X509_STORE_add_cert(SSL_CTX_get_cert_store(c.context), made.server_ca.certificate), 1);
    if (identity != NULL) {
        assert_int_equal(SSL_CTX_use_certificate(c.context, identity->certificate), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey(c.context, identity->key), 1);
    }
    c.tls = SSL_new(c.context);
    assert_int_equal(SSL_set_fd(c.tls, c.fd), 1);
    return c;
}

/* True when the handshake is complete on the client's side. */
static bool shake(fixture *f, client *c)
{
    for (uint64_t end = now_ms() + 3000; now_ms() < end;) {
        int result = SSL_connect(c->tls);

        if (result == 1) {
            return true;
        }
        if (SSL_get_error(c->tls, result) != SSL_ERROR_WANT_READ) {
            return false;
        }
        pump(f, 1);
    }
    return false;
}

static client connect_as(fixture *f, const tls_identity *identity)
{
    client c = prepare(f, identity);

    assert_true(shake(f, &c));
    return c;
}

static void hang_up(client *c)
{
    SSL_free(c->tls);
    SSL_CTX_free(c->context);
    (void)close(c->fd);
}

static void say(client *c, const char *text)
{
    assert_int_equal(SSL_write(c->tls, text, (int)strlen(text)), (int)strlen(text));
}

static char heard[700000];

/* What comes until it ends in `end`; with NULL, until the server ends TLS. False on anything else. */
static bool hear(fixture *f, client *c, const char *end, unsigned ms)
{
    size_t size = 0;

    heard[0] = '\0';
    for (uint64_t until = now_ms() + ms; now_ms() < until;) {
        size_t got = 0;
        int result = SSL_read_ex(c->tls, heard + size, sizeof(heard) - 1 - size, &got);

        size += got;
        heard[size] = '\0';
        if (end != NULL && size >= strlen(end) && strcmp(heard + size - strlen(end), end) == 0) {
            return true;
        }
        if (result != 1 && SSL_get_error(c->tls, result) != SSL_ERROR_WANT_READ) {
            return end == NULL && SSL_get_error(c->tls, result) == SSL_ERROR_ZERO_RETURN;
        }
        if (result != 1) {
            pump(f, 1);
        }
    }
    return false;
}

/* A whole exchange works. */
static bool is_served(fixture *f, client *c)
{
    say(c, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    return hear(f, c, "GET /x 0", 3000);
}

/* ---- tests ---- */

static void answers_over_tls_1_3_and_gives_no_tickets(void **state)
{
    static const unsigned char protocols[] = "\x02h2\x08http/1.1";
    const unsigned char *chosen;
    unsigned chosen_size;
    tps_http_counters counters;
    fixture f;
    client c;

    (void)state;
    start(&f);
    c = prepare(&f, NULL);
    assert_int_equal(SSL_set_alpn_protos(c.tls, protocols, sizeof(protocols) - 1), 0);
    assert_true(shake(&f, &c));

    assert_true(is_served(&f, &c));
    assert_true(is_served(&f, &c));
    assert_string_equal(SSL_get_version(c.tls), "TLSv1.3");
    SSL_get0_alpn_selected(c.tls, &chosen, &chosen_size);
    assert_true(tps_span_is_text(tps_span_make(chosen, chosen_size), "http/1.1"));
    assert_int_equal(SSL_SESSION_is_resumable(SSL_get_session(c.tls)), 0);
    assert_int_equal(f.certificate_size, 0);
    assert_int_equal(f.finished, 2);
    counters = tps_http_server_counters(f.server);
    assert_int_equal(counters.tls_accepted, 1);
    assert_int_equal(counters.tls_failed, 0);
    assert_int_equal(counters.idle, 1);
    assert_int_equal(counters.requests, 2);
    hang_up(&c);
    stop(&f);
}

static void refuses_older_versions_and_other_protocols(void **state)
{
    static const unsigned char protocols[] = "\x02h2\x08http/1.0";
    fixture f;
    client c;

    (void)state;
    start(&f);
    c = prepare(&f, NULL);
    (void)SSL_set_max_proto_version(c.tls, TLS1_2_VERSION);
    assert_false(shake(&f, &c));
    hang_up(&c);
    c = prepare(&f, NULL);
    assert_int_equal(SSL_set_alpn_protos(c.tls, protocols, sizeof(protocols) - 1), 0);
    assert_false(shake(&f, &c));
    hang_up(&c);
    pump_until_closed(&f);
    assert_int_equal(tps_http_server_counters(f.server).tls_failed, 2);
    stop(&f);
}

static void a_client_certificate_reaches_the_handler(void **state)
{
    uint8_t der[2048];
    uint8_t *end = der;
    fixture f;
    client c;

    (void)state;
    start_with(&f, tps_http_server_defaults(), true);
    c = connect_as(&f, &made.client);

    assert_true(is_served(&f, &c));

    assert_int_equal(f.certificate_size, i2d_X509(made.client.certificate, &end));
    assert_memory_equal(f.certificate, der, f.certificate_size);
    hang_up(&c);
    c = connect_as(&f, NULL);
    assert_true(is_served(&f, &c));
    assert_int_equal(f.certificate_size, 0);
    hang_up(&c);
    tls_write_certificates(file("clients.pem"), &made.strange_client, NULL); /* his own, without its issuer */
    assert_int_equal(tps_http_server_reload_tls(f.server, NULL, 0), TPS_OK);
    c = connect_as(&f, &made.strange_client);
    assert_true(is_served(&f, &c));
    assert_true(f.certificate_size > 0);
    hang_up(&c);
    stop(&f);
}

static void certificates_that_are_not_believed_end_the_handshake(void **state)
{
    const tls_identity *const bad[] = {&made.old_client, &made.strange_client};
    fixture f;

    (void)state;
    start_with(&f, tps_http_server_defaults(), true);
    for (size_t i = 0; i < 2; i++) {
        client c = prepare(&f, bad[i]);

        (void)shake(&f, &c); /* in TLS 1.3 the client is done before its certificate is judged */
        (void)SSL_write(c.tls, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n", 28);
        assert_false(hear(&f, &c, NULL, 1000));
        assert_string_equal(heard, "");
        hang_up(&c);
    }
    assert_int_equal(f.handled, 0);
    assert_int_equal(tps_http_server_counters(f.server).tls_failed, 2);
    stop(&f);
}

static bool shows(client *c, const tls_identity *server)
{
    return X509_cmp(SSL_get0_peer_certificate(c->tls), server->certificate) == 0;
}

static void a_reload_is_for_new_connections(void **state)
{
    char why[256] = "";
    int64_t before;
    fixture f;
    client old;
    client fresh;

    (void)state;
    start(&f);
    old = connect_as(&f, NULL);
    before = tps_http_server_certificate_expires(f.server);
    assert_in_range(before, time(NULL) + 2 * DAY - 60, time(NULL) + 2 * DAY);

    write_server(&made.other_server);
    assert_int_equal(tps_http_server_reload_tls(f.server, why, sizeof(why)), TPS_OK);

    assert_in_range(tps_http_server_certificate_expires(f.server), before + DAY - 5, before + DAY + 5);
    fresh = connect_as(&f, NULL);
    assert_true(shows(&old, &made.server));
    assert_true(shows(&fresh, &made.other_server));
    assert_true(is_served(&f, &old));
    assert_true(is_served(&f, &fresh));
    hang_up(&old);
    hang_up(&fresh);
    stop(&f);
}

/* What is wrong is named, and the file it is in; the certificate in use stays. */
static void assert_reload_fails(fixture *f, const char *name, const char *words)
{
    char why[256] = "";
    client c;

    assert_int_equal(tps_http_server_reload_tls(f->server, why, sizeof(why)), TPS_SERVER_BAD_CONFIG);
    if (strstr(why, name) == NULL || strstr(why, words) == NULL) {
        fail_msg("\"%s\" lacks \"%s\" or \"%s\"", why, name, words);
    }
    c = connect_as(f, NULL);
    assert_true(shows(&c, &made.server));
    hang_up(&c);
    write_server(&made.server);
}

static void a_bad_file_is_named_and_the_old_one_stays(void **state)
{
    fixture f;

    (void)state;
    start_with(&f, tps_http_server_defaults(), true);
    tls_write_key(file("server.key"), &made.other_server, NULL);
    assert_reload_fails(&f, "server.key", "not the certificate's");
    tls_write_key(file("server.key"), &made.server, "secret");
    assert_reload_fails(&f, "server.key", "without a passphrase");
    tls_write_text(file("server.key"), "no key\n");
    assert_reload_fails(&f, "server.key", "cannot be used");
    tls_write_text(file("server.pem"), "no certificate\n");
    assert_reload_fails(&f, "server.pem", "cannot be used");
    tls_write_certificates(file("server.pem"), &made.old_server, NULL);
    tls_write_key(file("server.key"), &made.old_server, NULL);
    assert_reload_fails(&f, "server.pem", "has expired");
    tls_write_certificates(file("server.pem"), &made.server, &made.old_server);
    assert_reload_fails(&f, "server.pem", "has expired");
    tls_write_text(file("clients.pem"), "\n");
    assert_reload_fails(&f, "clients.pem", "cannot be used");
    (void)unlink(file("clients.pem"));
    assert_reload_fails(&f, "clients.pem", "No such file");
    (void)unlink(file("server.pem"));
    assert_reload_fails(&f, "server.pem", "No such file");
    assert_int_equal(tps_http_server_reload_tls(f.server, NULL, 0), TPS_OK);
    stop(&f);
}

static void requests_may_come_in_any_pieces(void **state)
{
    static const char text[] =
        "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\n"
        "Host: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n";
    fixture f;
    client c;

    (void)state;
    start(&f);
    c = connect_as(&f, NULL);
    say(&c, text);
    assert_true(hear(&f, &c, "GET /3 0", 2000));
    assert_non_null(strstr(heard, "POST /1 3"));
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        char one[2] = {text[i], '\0'};

        say(&c, one);
        if (i % 3 == 0) {
            pump(&f, 0);
        }
    }
    assert_true(hear(&f, &c, "GET /3 0", 2000));
    assert_int_equal(f.handled, 6);
    hang_up(&c);
    stop(&f);
}

/* A little more than is read ahead, in small records: what is left then lies in OpenSSL's buffer, of which no
 * event tells. */
static void what_was_read_ahead_is_served_later(void **state)
{
    enum { MANY = 65536 / (sizeof(REQUEST) - 1) + 60 };
    fixture f;
    client c;

    (void)state;
    start(&f);
    f.hold = true;
    c = connect_as(&f, NULL);
    for (size_t i = 0; i < MANY; i++) {
        say(&c, REQUEST);
    }
    pump(&f, 30);
    assert_int_equal(f.handled, 1);
    f.hold = false;
    echo(&f, f.held);
    for (uint64_t end = now_ms() + 10000; f.finished < MANY && now_ms() < end;) {
        (void)SSL_read(c.tls, heard, sizeof(heard));
        pump(&f, 0);
    }
    assert_int_equal(f.finished, MANY);
    hang_up(&c);
    stop(&f);
}

static void a_large_body_comes_in_and_goes_out(void **state)
{
    static char body[400000];
    size_t sent = 0;
    fixture f;
    client c;

    (void)state;
    start(&f);
    c = connect_as(&f, NULL);
    memset(body, 'b', sizeof(body));
    SSL_set_mode(c.tls, SSL_MODE_ENABLE_PARTIAL_WRITE);
    say(&c, "POST /in HTTP/1.1\r\nHost: a\r\nContent-Length: 400000\r\n\r\n");
    while (sent < sizeof(body)) {
        size_t some = 0;

        (void)SSL_write_ex(c.tls, body + sent, sizeof(body) - sent, &some);
        sent += some;
        pump(&f, 0);
    }
    assert_true(hear(&f, &c, "POST /in 400000", 3000));

    say(&c, "GET /large HTTP/1.1\r\nHost: a\r\n\r\nGET /after HTTP/1.1\r\nHost: a\r\n\r\n");
    pump(&f, 20);
    assert_true(hear(&f, &c, "GET /after 0", 3000));
    assert_true(strlen(heard) > 300000);
    assert_int_equal(f.released, 1);
    hang_up(&c);
    stop(&f);
}

static void a_client_that_ends_tls_still_gets_its_answer(void **state)
{
    fixture f;
    client c;

    (void)state;
    start(&f);
    f.hold = true;
    c = connect_as(&f, NULL);
    say(&c, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    (void)SSL_shutdown(c.tls);
    (void)shutdown(c.fd, SHUT_WR);
    pump_until_handled(&f, 1);
    echo(&f, f.held);

    assert_true(hear(&f, &c, NULL, 2000));
    assert_non_null(strstr(heard, "GET /x 0"));
    hang_up(&c);
    stop(&f);
}

static void closing_says_so_in_tls(void **state)
{
    fixture f;
    client c;

    (void)state;
    start(&f);
    c = connect_as(&f, NULL);
    say(&c, "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_true(hear(&f, &c, NULL, 2000));
    assert_non_null(strstr(heard, "GET /x 0"));
    hang_up(&c);
    pump_until_closed(&f);
    stop(&f);
}

static void plain_http_is_answered_in_plain(void **state)
{
    char answer[1000];
    ssize_t got;
    fixture f;
    int fd;

    (void)state;
    start(&f);
    fd = dial(&f);
    assert_int_equal(send(fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27, 0), 27);
    for (int i = 0; (got = recv(fd, answer, sizeof(answer) - 1, 0)) < 0 && i < 2000; i++) {
        pump(&f, 1);
    }
    assert_true(got > 0);
    answer[got] = '\0';
    assert_non_null(strstr(answer, "HTTP/1.1 400 "));
    assert_int_equal(strlen(strstr(answer, "\r\n\r\n") + 4), 148);
    assert_int_equal(f.handled, 0);
    (void)close(fd);
    stop(&f);
}

static void a_handshake_that_trickles_is_cut_at_its_deadline(void **state)
{
    tps_http_server_options options = tps_http_server_defaults();
    uint64_t begun;
    fixture f;
    int silent;
    int slow;

    (void)state;
    options.header_timeout_ms = 200;
    start_with(&f, options, false);
    silent = dial(&f);
    slow = dial(&f);
    begun = now_ms();
    for (int i = 0; tps_http_server_connections(f.server) > 0 && i < 60; i++) {
        (void)send(slow, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + (i < 10 ? i : 10), 1, MSG_NOSIGNAL);
        pump(&f, 20);
    }
    assert_in_range(now_ms() - begun, 150, 600);
    assert_int_equal(tps_http_server_counters(f.server).timeouts, 2);
    assert_int_equal(tps_http_server_counters(f.server).tls_failed, 2);
    (void)close(silent);
    (void)close(slow);
    stop(&f);
}

static void half_open_ones_take_a_quarter_and_drive_nobody_out(void **state)
{
    tps_http_server_options options = tps_http_server_defaults();
    int half_open[30];
    fixture f;
    client served;
    client late;

    (void)state;
    options.connections_max = 20;
    start_with(&f, options, false);
    served = connect_as(&f, NULL);
    for (size_t i = 0; i < 30; i++) {
        half_open[i] = dial(&f);
    }
    assert_in_range(tps_http_server_connections(f.server), 2, 7);
    assert_true(is_served(&f, &served));
    late = connect_as(&f, NULL);
    assert_true(is_served(&f, &late));
    assert_true(is_served(&f, &served));
    for (size_t i = 0; i < 30; i++) {
        (void)close(half_open[i]);
    }
    hang_up(&late);
    for (uint64_t end = now_ms() + 3000; tps_http_server_connections(f.server) > 1 && now_ms() < end;) {
        pump(&f, 1);
    }
    late = connect_as(&f, NULL); /* those that went are not counted any more */
    assert_true(is_served(&f, &late));
    hang_up(&served);
    hang_up(&late);
    stop(&f);
}

/* Many hellos at once cost far more than a turn's CPU time: all are served in the end, and those who were
 * there before are not kept waiting for all of them. */
static void many_handshakes_at_once_wait_for_their_turn(void **state)
{
    enum { MANY = 100 };
    client many[MANY];
    tps_http_counters before;
    fixture f;
    client served;

    (void)state;
    start(&f);
    served = connect_as(&f, NULL);
    for (size_t i = 0; i < MANY; i++) {
        many[i] = prepare(&f, NULL);
        (void)SSL_connect(many[i].tls); /* sends the hello */
        before = tps_http_server_counters(f.server);
    }
    assert_true(is_served(&f, &served));
    for (size_t i = 0; i < MANY; i++) {
        assert_true(shake(&f, &many[i]));
        assert_true(is_served(&f, &many[i]));
        hang_up(&many[i]);
    }
    assert_int_equal(before.tls_failed, 0);
    assert_int_equal(tps_http_server_counters(f.server).tls_accepted, MANY + 1);
    hang_up(&served);
    stop(&f);
}

static void freeing_the_server_leaves_late_handlers_safe(void **state)
{
    fixture f;
    client c;

    (void)state;
    start(&f);
    f.hold = true;
    c = connect_as(&f, NULL);
    say(&c, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    pump_until_handled(&f, 1);
    tps_http_server_free(f.server);
    f.server = NULL;
    echo(&f, f.held);
    assert_int_equal(f.released, 1);
    assert_int_equal(f.finished, 0);
    hang_up(&c);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_over_tls_1_3_and_gives_no_tickets),
        cmocka_unit_test(refuses_older_versions_and_other_protocols),
        cmocka_unit_test(a_client_certificate_reaches_the_handler),
        cmocka_unit_test(certificates_that_are_not_believed_end_the_handshake),
        cmocka_unit_test(a_reload_is_for_new_connections),
        cmocka_unit_test(a_bad_file_is_named_and_the_old_one_stays),
        cmocka_unit_test(requests_may_come_in_any_pieces),
        cmocka_unit_test(what_was_read_ahead_is_served_later),
        cmocka_unit_test(a_large_body_comes_in_and_goes_out),
        cmocka_unit_test(a_client_that_ends_tls_still_gets_its_answer),
        cmocka_unit_test(closing_says_so_in_tls),
        cmocka_unit_test(plain_http_is_answered_in_plain),
        cmocka_unit_test(a_handshake_that_trickles_is_cut_at_its_deadline),
        cmocka_unit_test(half_open_ones_take_a_quarter_and_drive_nobody_out),
        cmocka_unit_test(many_handshakes_at_once_wait_for_their_turn),
        cmocka_unit_test(freeing_the_server_leaves_late_handlers_safe),
    };

    return cmocka_run_group_tests_name("http_tls", tests, make_files, remove_files);
}
