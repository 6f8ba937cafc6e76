/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file log.h
 * The server's log: one line an event on standard error, as text for people or as JSON (an object a line) for
 * programs. The log is the process's, as standard error is, and may be written from any thread.
 *
 * Text:  2026-11-23T22:17:50.123Z info: tenant loaded: tenant=acme duration_us=1503
 * JSON:  {"time":"2026-11-23T22:17:50.123Z","level":"info","message":"tenant loaded","tenant":"acme",...}
 *
 * Promises:
 * - Nobody waits for the log. Lines go into a ring of TPS_LOG_RING_SIZE bytes, which a thread of its own
 * writes out. When standard error takes nothing (a pipe that nobody reads), lines are dropped and counted,
 * and the next line that comes through tells how many.
 * - A line is at most TPS_LOG_LINE_MAX bytes and is written whole, so that the lines of several processes on
 * one pipe do not mix. Texts beyond TPS_LOG_TEXT_MAX bytes are cut, and end in "...".
 * - What came from outside forges no lines: control characters, bidirectional controls and bytes that are no
 *   UTF-8 are escaped.
 * - Of one message at most TPS_LOG_REPEATS lines are written in TPS_LOG_WINDOW_MS; then their number is told.
 *   TPS_LOG_EACH leaves this out for lines that must each be there (requests).
 * - No secrets. Callers give none: no tokens, no Authorization, no nonces, no evidence, no queries, no
 * bodies; of a path they give the route's pattern. What looks like a secret all the same is replaced by
 * "[redacted]" (tps_log_redact()).
 *
 * Where standard error is systemd's journal (JOURNAL_STREAM names it), text lines begin with "<6>" and the
 * like in place of time and level: the journal has both.
 */
#ifndef TPS_SERVER_OPERATION_LOG_H
#define TPS_SERVER_OPERATION_LOG_H

#include <stdbool.h>

#include "tps/span.h"
#include "tps/status.h"

#define TPS_LOG_RING_SIZE 262144u
#define TPS_LOG_LINE_MAX  4096u /**< a pipe takes this many bytes at once (PIPE_BUF) */
#define TPS_LOG_TEXT_MAX  1024u
#define TPS_LOG_REPEATS   10u
#define TPS_LOG_WINDOW_MS 10000u

/** How bad it is; the numbers are those of syslog. */
typedef uint32_t tps_log_level;
enum {
    TPS_LOG_ERROR = 3,   /**< something that somebody must look at now */
    TPS_LOG_WARNING = 4, /**< something that somebody should look at */
    TPS_LOG_INFO = 6,    /**< what happened: starts, loads, requests */
    TPS_LOG_DEBUG = 7,   /**< for those who look for a fault */
    TPS_LOG_EACH = 0x100 /**< or-ed to a level: never held back as a repetition */
};

typedef uint32_t tps_log_format;
enum { TPS_LOG_AS_TEXT = 0, TPS_LOG_AS_JSON = 1 };

/** What stands behind the message: a name, and a text, a number or bytes in hex. Make it by the functions
 * below. */
typedef struct {
    const char *name; /**< of a-z, 0-9 and "_"; NULL leaves the member out */
    uint32_t kind;
    int64_t number;
    tps_span text;
} tps_log_member;

enum { TPS_LOG_KIND_TEXT, TPS_LOG_KIND_NUMBER, TPS_LOG_KIND_HEX, TPS_LOG_KIND_BOOL };

/** A text; NULL leaves the member out. */
static inline tps_log_member tps_log_text(const char *name, const char *text)
{
    return (tps_log_member){text == NULL ? NULL : name, TPS_LOG_KIND_TEXT, 0,
                            text == NULL ? TPS_SPAN_EMPTY : tps_span_of_text(text)};
}

/** A text of a given length; an empty one leaves the member out. */
static inline tps_log_member tps_log_span(const char *name, tps_span text)
{
    return (tps_log_member){text.size == 0 ? NULL : name, TPS_LOG_KIND_TEXT, 0, text};
}

static inline tps_log_member tps_log_number(const char *name, int64_t number)
{
    return (tps_log_member){name, TPS_LOG_KIND_NUMBER, number, TPS_SPAN_EMPTY};
}

static inline tps_log_member tps_log_bool(const char *name, bool value)
{
    return (tps_log_member){name, TPS_LOG_KIND_BOOL, value, TPS_SPAN_EMPTY};
}

/** Bytes in hex (digests, identifiers); empty ones leave the member out. */
static inline tps_log_member tps_log_hex(const char *name, tps_span bytes)
{
    return (tps_log_member){bytes.size == 0 ? NULL : name, TPS_LOG_KIND_HEX, 0, bytes};
}

/** A status's cause, under "cause". */
static inline tps_log_member tps_log_cause(tps_status status)
{
    return tps_log_text("cause", tps_status_cause(status));
}

/** How to write the log. */
typedef struct {
    tps_log_level level;   /**< this and all above it; TPS_LOG_INFO is usual */
    tps_log_format format; /**< TPS_LOG_AS_TEXT or TPS_LOG_AS_JSON */
    int fd;                /**< where to: 2 is standard error. Stays the caller's */
    bool at_once;          /**< no ring and no thread: each line is written by who says it */
    uint32_t worker; /**< from 1: the number of this process among its siblings, told in each line; 0: none */
} tps_log_options;

/**
 * @brief Begin: from now on lines go through the ring. Before this (and after tps_log_end()) each is written
 * at once, as text, to standard error, from TPS_LOG_INFO on.
 *
 * Call it after fork(), in each process for itself, from one thread.
 * @retval TPS_OUT_OF_MEMORY  No thread could be had; lines are written at once, in the format that was asked
 * for.
 */
TPS_MUST_USE tps_status tps_log_begin(const tps_log_options *options);

/** Change the level while running (SIGHUP). */
void tps_log_set_level(tps_log_level level);

/** Write out what is in the ring, waiting for at most `wait_ms`, and end the thread. Nothing happens without
 * a begin. */
void tps_log_end(uint32_t wait_ms);

/** True where a line of this level would be written: ask before collecting what is costly. */
bool tps_log_wants(tps_log_level level);

/**
 * @brief One line.
 * @param message  What happened, in a few words that are the same each time: repetitions are counted by it.
 */
void tps_log(tps_log_level level, const char *message, const tps_log_member *members, size_t count);

/** One line, members given in place: `tps_log_event(TPS_LOG_INFO, "tenant loaded", tps_log_text("tenant",
 * name));` */
#define tps_log_event(level, message, ...)                             \
    tps_log((level), (message), (const tps_log_member[]){__VA_ARGS__}, \
            sizeof((const tps_log_member[]){__VA_ARGS__}) / sizeof(tps_log_member))

/** One line whose message is a printf format, by which repetitions are counted. */
__attribute__((format(printf, 2, 3))) void tps_log_line(tps_log_level level, const char *format, ...);

/** Lines dropped since the begin as standard error took nothing; lines held back as repetitions; lines
 * written. */
typedef struct {
    uint64_t dropped, held_back, written;
} tps_log_counts;
tps_log_counts tps_log_count(void);

/**
 * @brief Replace what looks like a secret: API tokens ("tps_" and 43 characters), credentials behind "Bearer"
 * and "Basic", JSON Web Tokens, passwords in URLs and behind "password=", private keys in PEM.
 *
 * The second line of defence; the first is not to log them. Writes at most as many bytes as `text` has, and
 * sixteen more for each that is replaced, as far as `room` goes.
 * @return the number of bytes in `room`.
 */
size_t tps_log_redact(tps_span text, tps_buf room);

/** @param[out] level  The one of this name: error, warning, info or debug. False for any other. */
bool tps_log_level_of(const char *name, tps_log_level *level);

#endif
