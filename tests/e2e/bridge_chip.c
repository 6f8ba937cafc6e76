/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chip for the tests of `tps device bridge`: a program with src/line at one end, listening on a socket as
 * an emulator's serial line does, one connection at a time. Its application answers commands: on, off good no
 * refused         silent         never answered fetch PATH       gets a document from the provider into OUT,
 * again and again until it has all of it try PATH         gets it once; the answer names what went wrong say
 * N            N lines of the log                          escape         a line with what must not reach a
 * terminal reset            the chip begins anew bridge_chip SOCKET OUT [COMMAND]
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "line/line.h"

typedef struct {
    tps_line line;
    const char *out_path;
    FILE *out;
    uint32_t ticket;
    bool is_asked; /* by a command that waits for the fetch to end */
    bool is_fetching;
    bool is_again;
    bool is_requested;
    bool is_body;
    unsigned tries;
    size_t requested;
    size_t size;
    char path[TPS_LINE_TEXT_MAX];
    char head[2048];
    size_t head_size;
} chip;

static uint32_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

static void begin(chip *c)
{
    uint32_t session;

    if (getrandom(&session, sizeof(session), 0) != (ssize_t)sizeof(session)) {
        exit(2);
    }
    tps_line_init(&c->line, TPS_LINE_CHIP, session, now_ms());
    tps_line_log(&c->line, TPS_SPAN_LITERAL("the chip has started"));
    c->is_fetching = false;
    c->is_asked = false;
}

static void answer(chip *c, uint32_t result, const char *text)
{
    (void)!tps_line_answer(&c->line, c->ticket, result, tps_span_of_text(text));
}

/* ---- fetching ---- */

static void fetch(chip *c)
{
    c->is_fetching = true;
    c->is_requested = false;
    c->requested = 0;
    c->is_body = false;
    c->head_size = 0;
    c->size = 0;
    c->tries++;
    if (c->out != NULL) {
        fclose(c->out);
    }
    c->out = fopen(c->out_path, "wb");
    if (c->out == NULL || tps_line_dial(&c->line) != TPS_OK) {
        exit(2);
    }
}

static void end_fetch(chip *c, const char *problem)
{
    char text[TPS_LINE_TEXT_MAX + 1];

    fflush(c->out);
    if (problem != NULL && c->is_again) {
        fetch(c);
        return;
    }
    (void)snprintf(text, sizeof(text),
                   problem == NULL ? "fetched %zu bytes in %u tries" : "failed after %zu bytes, %u tries: %s",
                   c->size, c->tries, problem);
    puts(text);
    c->is_fetching = false;
    if (c->is_asked) {
        answer(c, problem == NULL ? TPS_LINE_GOOD : TPS_LINE_FAILED, text);
        c->is_asked = false;
    }
}

static void request(chip *c)
{
    char text[600];
    tps_span host = tps_line_host(&c->line);
    tps_span path = tps_line_path(&c->line);
    int size = snprintf(text, sizeof(text), "GET %.*s%s HTTP/1.0\r\nHost: %.*s\r\nX-Scheme: %s\r\n\r\n",
                        (int)path.size, (const char *)path.data, c->path, (int)host.size,
                        (const char *)host.data, tps_line_is_https(&c->line) ? "https" : "http");

    c->requested += tps_line_write(&c->line, tps_span_make(text + c->requested, (size_t)size - c->requested));
    c->is_requested = c->requested == (size_t)size;
}

static void take_answer(chip *c, const uint8_t *bytes, size_t size)
{
    const char *end;
    size_t body;

    if (c->is_body) {
        c->size += fwrite(bytes, 1, size, c->out);
        return;
    }
    if (size > sizeof(c->head) - 1 - c->head_size) {
        exit(2);
    }
    memcpy(c->head + c->head_size, bytes, size);
    c->head_size += size;
    c->head[c->head_size] = '\0';
    end = strstr(c->head, "\r\n\r\n");
    if (end != NULL) {
        body = c->head_size - (size_t)(end + 4 - c->head);
        c->is_body = true;
        c->size += fwrite(end + 4, 1, body, c->out);
    }
}

static void go_on_fetching(chip *c)
{
    uint8_t bytes[64];
    size_t size;
    uint32_t state = tps_line_stream(&c->line);

    if (!c->is_fetching || state == TPS_LINE_DIALLING) {
        return;
    }
    if (state == TPS_LINE_OPEN && !c->is_requested) {
        request(c);
    }
    while ((size = tps_line_read(&c->line, TPS_BUF_OF(bytes))) > 0) {
        take_answer(c, bytes, size);
    }
    if (tps_line_is_at_end(&c->line)) {
        tps_line_finish(&c->line);
    }
    if (tps_line_stream(&c->line) == TPS_LINE_ENDED) {
        tps_status status = tps_line_stream_status(&c->line);

        end_fetch(c, status != TPS_OK ? tps_status_name(status) : c->is_body ? NULL : "no answer");
    }
}

/* ---- commands ---- */

static void say(chip *c, int count)
{
    for (int i = 0; i < count; i++) {
        char text[TPS_LINE_TEXT_MAX];

        (void)snprintf(text, sizeof(text), "this is line %d of the log of a chip that has much to say", i);
        tps_line_log(&c->line, tps_span_of_text(text));
    }
}

static void start_fetch(chip *c, const char *path, bool is_again)
{
    (void)snprintf(c->path, sizeof(c->path), "%s", path);
    c->is_again = is_again;
    c->is_asked = c->ticket != 0;
    c->tries = 0;
    fetch(c);
}

static void obey(chip *c, const char *command)
{
    if (strcmp(command, "on") == 0 || strcmp(command, "off") == 0) {
        answer(c, TPS_LINE_GOOD, strcmp(command, "on") == 0 ? "the bulb is on" : "the bulb is off");
    } else if (strcmp(command, "no") == 0) {
        answer(c, TPS_LINE_REFUSED, "the owner forbids it");
    } else if (strncmp(command, "fetch ", 6) == 0 || strncmp(command, "try ", 4) == 0) {
        start_fetch(c, strchr(command, ' ') + 1, command[0] == 'f');
    } else if (strncmp(command, "say ", 4) == 0) {
        say(c, (int)strtol(command + 4, NULL, 10));
        answer(c, TPS_LINE_GOOD, "said");
    } else if (strcmp(command, "escape") == 0) {
        tps_line_log(&c->line, TPS_SPAN_LITERAL("red \033[31m bell \a zero \0 end"));
        answer(c, TPS_LINE_GOOD, "\033]0;owned\007 line\nbreak");
    } else if (strcmp(command, "reset") == 0) {
        begin(c);
    } else if (strcmp(command, "silent") != 0) {
        answer(c, TPS_LINE_FAILED, "there is no such command");
    }
}

static void take_command(chip *c)
{
    char text[TPS_LINE_TEXT_MAX + 1] = {0};
    tps_span command;

    if (tps_line_command(&c->line, &c->ticket, &command)) {
        memcpy(text, command.data, command.size);
        obey(c, text);
    }
}

/* ---- the wire ---- */

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
    (void)unlink(path);
    if (listener < 0 || bind(listener, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(listener, 1) != 0) {
        exit(2);
    }
    return listener;
}

/** As an emulator's serial line: nothing is heard while nobody is connected, and what is said is lost. */
static int carry(chip *c, int listener, int wire)
{
    struct pollfd ready = {.fd = wire >= 0 ? wire : listener, .events = POLLIN};
    uint8_t bytes[256];
    uint32_t wait = tps_line_tick(&c->line, now_ms());
    ssize_t size;

    while ((size = (ssize_t)tps_line_transmit(&c->line, bytes, sizeof(bytes))) > 0) {
        if (wire >= 0 && send(wire, bytes, (size_t)size, MSG_NOSIGNAL) != size) {
            close(wire);
            return -1;
        }
    }
    if (poll(&ready, 1, wait < 20 ? (int)wait : 20) <= 0) {
        return wire;
    }
    if (wire < 0) {
        return accept(listener, NULL, NULL);
    }
    size = read(wire, bytes, sizeof(bytes));
    if (size <= 0) {
        close(wire);
        return -1;
    }
    tps_line_receive(&c->line, bytes, (size_t)size);
    return wire;
}

int main(int argc, char **argv)
{
    static chip c;
    int wire = -1;
    int listener;

    if (argc < 3) {
        return 2;
    }
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    c.out_path = argv[2];
    begin(&c);
    listener = listen_at(argv[1]);
    if (argc > 3) {
        obey(&c, argv[3]);
    }
    for (;;) {
        wire = carry(&c, listener, wire);
        take_command(&c);
        go_on_fetching(&c);
    }
}
