/* SPDX-License-Identifier: Apache-2.0 */
/* The bridge: one loop that moves bytes between a chip's line and its provider, and words between the chip
 * and its user. */
#include "device/bridge.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "device/bridge_line.h"
#include "device/bridge_provider.h"
#include "line/line.h"

enum {
    OPEN_AGAIN_MS = 500, /* a line that went away */
    DIAL_AGAIN_MS = 20,  /* between two connections, however often the chip dials */
    PIECE_SIZE = 1024,   /* bytes of the stream that are held in each direction */
    WIRE_SIZE = 256,     /* bytes from and to the line at a time */
    TYPED_SIZE = 256,    /* of what a user typed */
    DRAIN_STEPS = 8,     /* pieces that go out before the end */
    DRAIN_MS = 100
};

#define COMMAND_RULE "a line of 1 to %u bytes without control characters"

/** Bytes that wait to go on. */
typedef struct {
    uint8_t bytes[PIECE_SIZE];
    size_t at;
    size_t size;
} piece;

typedef struct {
    const tps_device_bridge_request *request;
    tps_device_problem *problem;
    tps_bridge_wire wire;
    tps_bridge_address address;
    tps_bridge_provider provider;
    tps_line line;
    uint8_t out[WIRE_SIZE]; /* for the line */
    size_t out_at, out_size;
    uint32_t started_at, opened_at, dialled_at;
    uint32_t restarts; /* of the chip, as far as told */
    bool was_up;       /* the chip, as far as told */
    bool was_silent_told;
    uint32_t stream_of; /* restarts and number of the stream that the connection is for */
    bool is_streaming;  /* a stream of the chip is under way here */
    uint32_t streams_done;
    tps_status last_stream;
    piece up, down;
    size_t next_command;
    bool is_waiting; /* for an answer */
    char asked[TPS_LINE_TEXT_MAX + 1];
    char typed[TYPED_SIZE];
    size_t typed_size;
    bool is_typed_too_long; /* the beginning of the line was dropped */
    bool is_input_over;
    uint32_t result;
} bridge;

static uint32_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

/* ---- what the user reads ---- */

/** Whatever a chip says becomes one line without control characters. */
static void say_bytes(const bridge *b, uint32_t kind, tps_span text)
{
    char raw[TPS_LINE_TEXT_MAX + 1];
    char clean[TPS_LINE_TEXT_MAX + 1];

    memset(raw, 0, sizeof(raw));
    for (size_t i = 0; i < text.size && i < sizeof(raw) - 1; i++) {
        raw[i] = text.data[i] == 0 ? '?' : (char)text.data[i];
    }
    tps_device_clean(clean, sizeof(clean), raw);
    b->request->say(b->request->context, kind, clean);
}

__attribute__((format(printf, 2, 3))) static void note(const bridge *b, const char *format, ...)
{
    char raw[768];
    char clean[768];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(raw, sizeof(raw), format, arguments); /* NOLINT(clang-analyzer-valist.Uninitialized) */
    va_end(arguments);
    tps_device_clean(clean, sizeof(clean), raw);
    b->request->say(b->request->context, TPS_DEVICE_BRIDGE_NOTE, clean);
}

static void say_log(bridge *b)
{
    uint8_t text[TPS_LINE_TEXT_MAX];
    size_t size;
    uint32_t lost;

    while (tps_line_next_log(&b->line, text, &size, &lost)) {
        if (lost > 0) {
            note(b, "the chip dropped %u%s line%s of its log", lost, lost == UINT8_MAX ? " or more" : "",
                 lost == 1 ? "" : "s");
        }
        say_bytes(b, TPS_DEVICE_BRIDGE_LOG, tps_span_make(text, size));
    }
}

static void tell_whether_up(bridge *b)
{
    bool is_up = tps_line_is_up(&b->line);

    if (tps_line_restarts(&b->line) != b->restarts) {
        b->restarts = tps_line_restarts(&b->line);
        note(b, b->restarts == 1 ? "the chip on %s is there" : "the chip on %s began anew", b->request->line);
        b->was_up = true;
    } else if (b->restarts > 0 && is_up != b->was_up) {
        note(b, is_up ? "the chip on %s is there again" : "nothing is heard from the chip on %s",
             b->request->line);
        b->was_up = is_up;
    } else if (b->restarts == 0 && !b->was_silent_told && now_ms() - b->started_at >= TPS_LINE_SILENCE_MS) {
        note(b, "nothing is heard from a chip on %s: it may not run yet, or have another --baud",
             b->request->line);
        b->was_silent_told = true;
    }
}

/* ---- the wire ---- */

static bool write_wire(bridge *b)
{
    int written;

    if (b->out_at == b->out_size) {
        b->out_at = 0;
        b->out_size = tps_line_transmit(&b->line, b->out, sizeof(b->out));
    }
    written = tps_bridge_wire_write(&b->wire, b->out + b->out_at, b->out_size - b->out_at);
    if (written > 0) {
        b->out_at += (size_t)written;
    }
    return written > 0;
}

static bool read_wire(bridge *b)
{
    uint8_t bytes[WIRE_SIZE];
    int size = tps_bridge_wire_read(&b->wire, bytes, sizeof(bytes));

    if (size > 0) {
        tps_line_receive(&b->line, bytes, (size_t)size);
        say_log(b);
    }
    return size > 0;
}

/** The line is kept when its wire went away: what was under way goes on when it is there again. */
static void keep_wire_open(bridge *b, bool was_open)
{
    tps_device_problem ignored;

    if (b->wire.in >= 0) {
        return;
    }
    if (was_open && !tps_bridge_wire_is_standard(&b->wire)) {
        note(b, "the line %s went away; it is opened again when it is there", b->request->line);
        b->opened_at = now_ms();
        b->out_at = 0;
        b->out_size = 0;
    } else if (!tps_bridge_wire_is_standard(&b->wire) && now_ms() - b->opened_at >= OPEN_AGAIN_MS) {
        b->opened_at = now_ms();
        if (tps_bridge_wire_open(&b->wire, &ignored) == TPS_OK) {
            note(b, "the line %s is there again", b->request->line);
        }
    }
}

/* ---- the stream ---- */

static void end_stream(bridge *b, tps_status status)
{
    b->is_streaming = false;
    b->streams_done++;
    b->last_stream = status;
    tps_bridge_provider_close(&b->provider);
}

static void begin_stream(bridge *b)
{
    b->is_streaming = true;
    b->stream_of = tps_line_restarts(&b->line) << 8 | tps_line_stream_number(&b->line);
    b->up = (piece){.size = 0};
    b->down = (piece){.size = 0};
    b->dialled_at = now_ms();
    tps_bridge_provider_connect(&b->provider, &b->address, b->request->authorities);
}

static void answer_dial(bridge *b)
{
    if (b->provider.state == TPS_BRIDGE_CONNECTED) {
        if (tps_line_accept(&b->line, b->address.is_https, tps_span_of_text(b->address.host),
                            tps_span_of_text(b->address.path)) != TPS_OK) {
            note(b, "the chip takes no address as long as %s%s", b->address.host, b->address.path);
            tps_line_reset(&b->line, TPS_LINE_ABORTED);
        }
    } else if (b->provider.state == TPS_BRIDGE_UNREACHED) {
        note(b, "%s cannot be reached: %s", b->address.url, b->provider.error);
        tps_line_reset(&b->line, b->provider.status);
    }
}

static void break_stream(bridge *b)
{
    note(b, "the connection to %s broke", b->address.url);
    tps_line_reset(&b->line, TPS_LINE_BROKEN);
}

static bool carry_up(bridge *b)
{
    int written;

    if (b->up.at == b->up.size) {
        b->up.at = 0;
        b->up.size = tps_line_read(&b->line, TPS_BUF_OF(b->up.bytes));
    }
    written = tps_bridge_provider_write(&b->provider, b->up.bytes + b->up.at, b->up.size - b->up.at);
    if (written < 0) {
        break_stream(b);
        return false;
    }
    b->up.at += (size_t)written;
    if (b->up.at == b->up.size && tps_line_is_at_end(&b->line)) {
        tps_bridge_provider_finish(&b->provider);
    }
    return written > 0;
}

static bool carry_down(bridge *b)
{
    size_t taken;
    int size;

    if (b->down.at == b->down.size) {
        size = tps_bridge_provider_read(&b->provider, b->down.bytes, sizeof(b->down.bytes));
        if (size < 0) {
            break_stream(b);
            return false;
        }
        b->down.at = 0;
        b->down.size = (size_t)size;
        if (b->provider.is_read_out) {
            tps_line_finish(&b->line);
        }
    }
    taken = tps_line_write(&b->line, tps_span_make(b->down.bytes + b->down.at, b->down.size - b->down.at));
    b->down.at += taken;
    return taken > 0;
}

/** After an end in order, what the chip had sent still goes on; after any other, nothing does. */
static bool has_more_for_provider(const bridge *b)
{
    return tps_line_stream_status(&b->line) == TPS_OK &&
           (b->up.at < b->up.size || !tps_line_is_at_end(&b->line));
}

/** @return true when bytes moved. */
static bool carry_stream(bridge *b)
{
    uint32_t state = tps_line_stream(&b->line);
    bool is_alive = state == TPS_LINE_DIALLING || state == TPS_LINE_OPEN;
    bool moved = false;

    if (b->is_streaming && is_alive &&
        b->stream_of != (tps_line_restarts(&b->line) << 8 | tps_line_stream_number(&b->line))) {
        end_stream(b, TPS_LINE_ABORTED); /* and the chip dialled again at once */
    }
    if (!b->is_streaming) {
        if (state == TPS_LINE_DIALLING && now_ms() - b->dialled_at >= DIAL_AGAIN_MS) {
            begin_stream(b);
        }
        return false;
    }
    tps_bridge_provider_step(&b->provider);
    if (state == TPS_LINE_DIALLING) {
        answer_dial(b);
    } else if (state == TPS_LINE_OPEN || tps_line_stream_status(&b->line) == TPS_OK) {
        moved = carry_up(b);
        moved = (tps_line_stream(&b->line) == TPS_LINE_OPEN && carry_down(b)) || moved;
    }
    if (tps_line_stream(&b->line) == TPS_LINE_ENDED && !has_more_for_provider(b)) {
        end_stream(b, tps_line_stream_status(&b->line));
    }
    return moved;
}

/* ---- commands ---- */

static void worsen(bridge *b, uint32_t result)
{
    b->result = result > b->result ? result : b->result;
}

static void take_answer(bridge *b)
{
    uint32_t result;
    tps_span text;
    uint32_t state = tps_line_asked(&b->line, &result, &text);

    if (!b->is_waiting || state == TPS_LINE_UNANSWERED) {
        return;
    }
    b->is_waiting = false;
    if (state == TPS_LINE_ANSWERED) {
        say_bytes(b, TPS_DEVICE_BRIDGE_ANSWER, text);
        worsen(b, result);
    } else {
        note(b, "the chip began anew before it answered \"%s\"", b->asked);
        worsen(b, TPS_LINE_FAILED);
    }
}

static void ask(bridge *b, tps_span command)
{
    if (tps_line_ask(&b->line, command) == TPS_OK) {
        (void)snprintf(b->asked, sizeof(b->asked), "%.*s", (int)command.size, (const char *)command.data);
        b->is_waiting = true;
    } else {
        note(b, "a command is " COMMAND_RULE, TPS_LINE_TEXT_MAX);
    }
}

/** A line that the user typed; what is longer than any command is refused as a whole. */
static void take_typed(bridge *b)
{
    char *end = memchr(b->typed, '\n', b->typed_size);
    size_t size = end == NULL ? 0 : (size_t)(end - b->typed);

    if (end == NULL && b->typed_size == sizeof(b->typed)) {
        b->is_typed_too_long = true;
        b->typed_size = 0;
    }
    if (end != NULL) {
        if (size > 0 || b->is_typed_too_long) {
            ask(b, b->is_typed_too_long ? TPS_SPAN_EMPTY : tps_span_make(b->typed, size));
        }
        b->is_typed_too_long = false;
        b->typed_size -= size + 1;
        memmove(b->typed, end + 1, b->typed_size);
    }
}

static void read_input(bridge *b)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    ssize_t size;

    if (!b->request->is_asking || b->is_input_over || poll(&input, 1, 0) != 1) {
        return;
    }
    size = read(STDIN_FILENO, b->typed + b->typed_size, sizeof(b->typed) - b->typed_size);
    if (size > 0) {
        b->typed_size += (size_t)size;
    } else if (size == 0 || errno != EINTR) {
        b->is_input_over = true;
    }
}

static bool are_commands_done(const bridge *b)
{
    return b->next_command == b->request->command_count && !b->is_waiting;
}

static void carry_commands(bridge *b)
{
    take_answer(b);
    if (b->is_waiting) {
        return;
    }
    if (!are_commands_done(b)) {
        ask(b, tps_span_of_text(b->request->commands[b->next_command++]));
        return;
    }
    if (memchr(b->typed, '\n', b->typed_size) == NULL) {
        read_input(b);
    }
    take_typed(b);
}

/* ---- the loop ---- */

static short input_events(const bridge *b)
{
    return b->request->is_asking && !b->is_input_over && are_commands_done(b) ? CURL_WAIT_POLLIN : 0;
}

static short provider_events(const bridge *b)
{
    short events = 0;

    if (b->provider.state != TPS_BRIDGE_CONNECTED) {
        return 0;
    }
    if (b->down.at == b->down.size && !b->provider.is_read_out) {
        events |= CURL_WAIT_POLLIN;
    }
    if (b->up.at < b->up.size) {
        events |= CURL_WAIT_POLLOUT;
    }
    return events;
}

static void add_wait(struct curl_waitfd *all, unsigned *count, int descriptor, short events)
{
    if (descriptor >= 0 && events != 0) {
        all[(*count)++] = (struct curl_waitfd){.fd = descriptor, .events = events};
    }
}

static void wait_for_something(bridge *b, uint32_t ms)
{
    struct curl_waitfd all[4];
    unsigned count = 0;

    add_wait(all, &count, b->wire.in, CURL_WAIT_POLLIN);
    add_wait(all, &count, b->wire.out, b->out_at < b->out_size ? CURL_WAIT_POLLOUT : 0);
    add_wait(all, &count, b->provider.socket, provider_events(b));
    add_wait(all, &count, STDIN_FILENO, input_events(b));
    (void)curl_multi_poll(b->provider.multi, all, count, (int)ms, NULL);
}

/** @return ms for which there is nothing to do. */
static uint32_t step(bridge *b)
{
    bool was_open = b->wire.in >= 0;
    uint32_t wait = tps_line_tick(&b->line, now_ms());
    bool moved = read_wire(b);

    moved = carry_stream(b) || moved;
    carry_commands(b);
    moved = write_wire(b) || moved;
    keep_wire_open(b, was_open);
    tell_whether_up(b);
    if (moved) {
        return 0;
    }
    if (b->out_at < b->out_size) {
        wait = OPEN_AGAIN_MS; /* nothing can be sent before the wire takes it */
    }
    if (!b->is_streaming && tps_line_stream(&b->line) == TPS_LINE_DIALLING && wait > DIAL_AGAIN_MS) {
        wait = DIAL_AGAIN_MS;
    }
    return wait < OPEN_AGAIN_MS ? wait : OPEN_AGAIN_MS;
}

static bool has_line_ended(const bridge *b)
{
    return b->wire.in < 0 && tps_bridge_wire_is_standard(&b->wire);
}

/** Whether what the request waits for has come. */
static bool is_done(const bridge *b)
{
    return b->request->command_count > 0 ? are_commands_done(b) : b->streams_done > 0;
}

/** What the chip waits for, an acknowledgement or the end of its stream, still goes out. */
static void drain(bridge *b)
{
    for (int i = 0; i < DRAIN_STEPS && b->wire.out >= 0; i++) {
        struct pollfd out = {.fd = b->wire.out, .events = POLLOUT};

        if (!write_wire(b) && (b->out_at == b->out_size || poll(&out, 1, DRAIN_MS) != 1)) {
            return;
        }
    }
}

static tps_status fail_unfinished(const bridge *b)
{
    const char *next_step = "look at its log, or give it more time with --timeout";
    char when[48] = "before the line ended";

    if (!has_line_ended(b)) {
        (void)snprintf(when, sizeof(when), "within %u s", b->request->timeout_s);
    }
    if (tps_line_restarts(&b->line) == 0) {
        return tps_device_fail(b->problem, TPS_LINE_SILENT, "check that the chip runs, and --baud",
                               "nothing was heard from a chip on %.200s %s", b->request->line, when);
    }
    if (b->is_waiting) {
        return tps_device_fail(b->problem, TPS_LINE_SILENT, next_step, "the chip did not answer \"%s\" %s",
                               b->asked, when);
    }
    return tps_device_fail(b->problem, TPS_LINE_SILENT, next_step,
                           "the chip was not done with its provider %s", when);
}

static bool is_over(const bridge *b)
{
    return (b->request->is_once && is_done(b)) || has_line_ended(b) ||
           (b->request->timeout_s > 0 && now_ms() - b->started_at >= b->request->timeout_s * 1000);
}

static tps_status run(bridge *b)
{
    const tps_device_bridge_request *request = b->request;

    while (!is_over(b)) {
        uint32_t wait = step(b);

        if (wait > 0 && !is_over(b)) {
            wait_for_something(b, wait);
        }
    }
    drain(b);
    if (!is_done(b) && (request->is_once || request->command_count > 0)) {
        return fail_unfinished(b);
    }
    if (request->is_once && request->command_count == 0 && b->last_stream != TPS_OK) {
        worsen(b, TPS_LINE_FAILED);
    }
    return TPS_OK;
}

tps_status tps_device_bridge_check(const tps_device_bridge_request *request, tps_device_problem *problem)
{
    tps_bridge_address address;

    for (size_t i = 0; i < request->command_count; i++) {
        if (!tps_line_is_command(tps_span_of_text(request->commands[i]))) {
            return tps_device_fail(problem, TPS_BAD_ARGUMENT, "see the chip's manual for its commands",
                                   "a command is " COMMAND_RULE, TPS_LINE_TEXT_MAX);
        }
    }
    if (request->timeout_s > INT32_MAX / 1000) {
        return tps_device_fail(problem, TPS_BAD_ARGUMENT, "give at most 2147483", "the time is too long");
    }
    TPS_TRY(tps_bridge_wire_check(request->line, request->baud == 0 ? TPS_DEVICE_BRIDGE_BAUD : request->baud,
                                  problem));
    return tps_bridge_address_parse(request->url, request->tenant, &address, problem);
}

static tps_status start(bridge *b)
{
    uint32_t session = 0;

    if (getrandom(&session, sizeof(session), 0) != (ssize_t)sizeof(session)) {
        return tps_device_fail_status(b->problem, TPS_CRYPTO_NO_ENTROPY, "bridge");
    }
    TPS_TRY(tps_bridge_address_parse(b->request->url, b->request->tenant, &b->address, b->problem));
    TPS_TRY(tps_bridge_wire_open(&b->wire, b->problem));
    TPS_TRY(tps_bridge_provider_init(&b->provider, b->problem));
    (void)signal(SIGPIPE, SIG_IGN);
    b->started_at = now_ms();
    b->dialled_at = b->started_at - DIAL_AGAIN_MS;
    tps_line_init(&b->line, TPS_LINE_HOST, session, b->started_at);
    return TPS_OK;
}

tps_status tps_device_bridge(const tps_device_bridge_request *request, uint32_t *result,
                             tps_device_problem *problem)
{
    bridge *b = calloc(1, sizeof(*b));
    tps_status status;

    if (b == NULL) {
        return tps_device_fail_status(problem, TPS_OUT_OF_MEMORY, "bridge");
    }
    b->request = request;
    b->problem = problem;
    b->provider.socket = CURL_SOCKET_BAD;
    b->wire = (tps_bridge_wire){.name = request->line,
                                .baud = request->baud == 0 ? TPS_DEVICE_BRIDGE_BAUD : request->baud,
                                .in = -1,
                                .out = -1};
    status = tps_device_bridge_check(request, problem);
    if (status == TPS_OK) {
        status = start(b);
    }
    if (status == TPS_OK) {
        status = run(b);
    }
    if (status == TPS_OK) {
        *result = b->result;
    }
    tps_bridge_provider_free(&b->provider);
    tps_bridge_wire_close(&b->wire);
    free(b);
    return status;
}
