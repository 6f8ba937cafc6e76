/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The light bulb of firmware/an505 as a program of the host: its board, the secure world and the bridge are
 * played here. The line goes through memory, the stream to 127.0.0.1, and the component is the one of a
 * device's folder.
 *
 *     test_bulb FOLDER PORT PATH
 *
 * Reads commands from the standard input, a line each. Prints "answer RESULT TEXT", and "log TEXT" for each
 * line of the bulb's log. Ends with the input, behind the last answer.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "line/line.h"
#include "nonsecure/board.h"
#include "tps/connector_local.h"
#include "tps/connector_trustzone_m.h"

/* How long the log is read behind the last answer. */
enum { LOG_MS = 200 };

static tps_line host;
static tps_connector_local *connector;
static const char *port, *path;
static int provider = -1;
static bool is_lit, is_input_over;
static uint8_t to_chip[4096];
static size_t to_chip_size;

uint32_t board_milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

void board_light(bool on)
{
    is_lit = on;
}

bool board_is_lit(void)
{
    return is_lit;
}

const TPSC_Connector2 *tps_connector_trustzone_m_table(void)
{
    return tps_connector_local_table(connector);
}

/* ---- the bridge ---- */

static void hang_up(void)
{
    if (provider >= 0) {
        close(provider);
    }
    provider = -1;
}

static void dial(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    char name[32];

    hang_up();
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    provider = socket(AF_INET, SOCK_STREAM, 0);
    (void)snprintf(name, sizeof(name), "127.0.0.1:%s", port);
    if (connect(provider, (struct sockaddr *)&to, sizeof(to)) != 0) {
        tps_line_reset(&host, TPS_LINE_UNREACHABLE);
        hang_up();
    } else if (tps_line_accept(&host, false, tps_span_of_text(name), tps_span_of_text(path)) != TPS_OK) {
        abort();
    }
}

/** What came from the provider and did not fit yet. */
static uint8_t pending[1024];
static size_t pending_at, pending_size;

static void carry(void)
{
    uint8_t bytes[1024];
    size_t size = tps_line_read(&host, TPS_BUF_OF(bytes));
    ssize_t got;

    if (size > 0 && send(provider, bytes, size, MSG_NOSIGNAL) != (ssize_t)size) {
        tps_line_reset(&host, TPS_LINE_BROKEN);
    }
    if (pending_at == pending_size) {
        got = recv(provider, pending, sizeof(pending), MSG_DONTWAIT);
        pending_at = 0;
        pending_size = got > 0 ? (size_t)got : 0;
        if (got == 0 || tps_line_is_at_end(&host)) {
            tps_line_finish(&host);
        }
    }
    pending_at += tps_line_write(&host, tps_span_make(pending + pending_at, pending_size - pending_at));
}

static void bridge(void)
{
    switch (tps_line_stream(&host)) {
    case TPS_LINE_DIALLING:
        pending_at = pending_size = 0;
        dial();
        break;
    case TPS_LINE_OPEN: carry(); break;
    default: hang_up(); break;
    }
}

/* ---- who stands at the bridge ---- */

static void say_logs(void)
{
    uint8_t text[TPS_LINE_TEXT_MAX];
    uint32_t lost;
    size_t size;

    while (tps_line_next_log(&host, text, &size, &lost)) {
        printf("log %.*s\n", (int)size, (const char *)text);
    }
}

/** The next line of the input; false while there is none. */
static bool next_command(char *line, size_t room)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    size_t size = 0;

    if (is_input_over || poll(&input, 1, 0) <= 0) {
        return false;
    }
    while (size + 1 < room && read(STDIN_FILENO, line + size, 1) == 1 && line[size] != '\n') {
        size++;
    }
    line[size] = '\0';
    is_input_over = size == 0;
    return size > 0;
}

static void ask(void)
{
    static bool is_asked;
    static uint32_t moved; /* when something was asked or answered last */
    char line[TPS_LINE_TEXT_MAX + 1];
    uint32_t result;
    tps_span text;

    if (is_asked && tps_line_asked(&host, &result, &text) == TPS_LINE_ANSWERED) {
        printf("answer %u %.*s\n", (unsigned)result, (int)text.size, (const char *)text.data);
        is_asked = false;
    }
    if (!is_asked && next_command(line, sizeof(line))) {
        is_asked = tps_line_ask(&host, tps_span_of_text(line)) == TPS_OK;
    }
    if (is_asked || !is_input_over) {
        moved = board_milliseconds();
    } else if (board_milliseconds() - moved > LOG_MS) {
        hang_up();
        exit(0);
    }
    fflush(stdout);
}

size_t board_line_read(uint8_t *to, size_t room)
{
    size_t size;

    (void)tps_line_tick(&host, board_milliseconds());
    bridge();
    say_logs();
    ask();
    if (to_chip_size == 0) {
        to_chip_size = tps_line_transmit(&host, to_chip, sizeof(to_chip));
    }
    if (to_chip_size == 0) {
        (void)poll(NULL, 0, 1);
    }
    size = to_chip_size < room ? to_chip_size : room;
    memcpy(to, to_chip, size);
    memmove(to_chip, to_chip + size, to_chip_size - size);
    to_chip_size -= size;
    return size;
}

size_t board_line_write(const uint8_t *from, size_t size)
{
    size_t part = size < 3 ? size : 3; /* as a line that is slower than the chip */

    tps_line_receive(&host, from, part);
    return part;
}

int main(int argc, char **argv)
{
    char socket_path[128];

    if (argc != 4) {
        fprintf(stderr, "usage: test_bulb FOLDER PORT PATH\n");
        return 2;
    }
    (void)snprintf(socket_path, sizeof(socket_path), "%s/component.sock", argv[1]);
    port = argv[2];
    path = argv[3];
    if (tps_connector_local_new(socket_path, &connector) != TPS_OK) {
        return 2;
    }
    tps_line_init(&host, TPS_LINE_HOST, (uint32_t)getpid(), board_milliseconds());
    board_main();
}
