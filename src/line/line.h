/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file line.h
 * The serial line between a chip and `tps device bridge` (spec/serial-line.md), for both ends: a byte stream
 * from the chip to the one service provider that the bridge leads to, commands for the chip's application and
 * its answers, and lines of its log. The chip speaks with the provider itself; the bridge only carries bytes.
 *
 * No heap, no I/O, no clock: the caller brings bytes that came (tps_line_receive), takes bytes that shall go
 * (tps_line_transmit), and tells the time (tps_line_tick). Between these it looks at what happened and asks
 * for more. A chip's main loop:
 *
 *     while (uart_has_byte()) { byte = uart_read(); tps_line_receive(&line, &byte, 1); }
 *     while (uart_has_room() && tps_line_transmit(&line, &byte, 1) == 1) { uart_write(byte); }
 *     (void)tps_line_tick(&line, milliseconds());
 *
 * Noise, lost bytes and a line that is cut and mended cost time only: everything arrives once and in order.
 * When the other end begins anew, what was under way with the one before is told as TPS_LINE_RESTARTED.
 * Nothing here is secret or authentic: who holds the line can read, change and forge all of it; what must not
 * be is protected end to end.
 *
 * An object may be used by one thread at a time. Stack: below 200 bytes. Memory: sizeof(tps_line), about 2.2
 * KiB as set here; a chip sets less with -D, both ends need not have the same.
 */
#ifndef TPS_LINE_LINE_H
#define TPS_LINE_LINE_H

#include "line/link.h"
#include "tps/status.h"

/** Bytes of the stream that are kept until tps_line_read() takes them: the other end sends no more than that.
 */
#ifndef TPS_LINE_STREAM_IN
#define TPS_LINE_STREAM_IN 512u
#endif

/** Bytes of the stream that tps_line_write() takes ahead of the line. */
#ifndef TPS_LINE_STREAM_OUT
#define TPS_LINE_STREAM_OUT 256u
#endif

/** Bytes of lines of the log that wait: the chip's until they are sent, the host's until they are taken. */
#ifndef TPS_LINE_LOG_ROOM
#define TPS_LINE_LOG_ROOM 512u
#endif

/** Provider's host name and path together, in bytes, at most; not more than TPS_LINE_PAYLOAD_MAX - 5. */
#ifndef TPS_LINE_ADDRESS_MAX
#define TPS_LINE_ADDRESS_MAX 125u
#endif

/** A command, an answer, or a line of the log, in bytes, at most: 128. */
#define TPS_LINE_TEXT_MAX (TPS_LINE_PAYLOAD_MIN - 2u)

/** Which end this is. */
enum {
    TPS_LINE_CHIP = 1,
    TPS_LINE_HOST = 2 /**< the bridge */
};

/** The stream. At most one at a time. */
enum {
    TPS_LINE_IDLE = 0,     /**< there was none yet */
    TPS_LINE_DIALLING = 1, /**< the chip asked; the host has not answered */
    TPS_LINE_OPEN = 2,
    TPS_LINE_ENDED = 3 /**< tps_line_stream_status() tells how; what had arrived can still be read */
};

/** What became of the host's command. */
enum {
    TPS_LINE_NO_COMMAND = 0,
    TPS_LINE_UNANSWERED = 1,
    TPS_LINE_ANSWERED = 2,
    TPS_LINE_LOST = 3 /**< the chip began anew before it answered */
};

/** How an application answers a command; what `tps device bridge` ends with. */
enum {
    TPS_LINE_GOOD = 0,
    TPS_LINE_REFUSED = 1, /**< the answer is no */
    TPS_LINE_FAILED = 2   /**< it could not be done, or is not known */
};

/** Bytes that wait. */
typedef struct {
    uint16_t first;
    uint16_t used;
} tps_line_ring;

/** One end of a line. The caller reserves it; its members are the library's own. */
typedef struct {
    tps_line_link link;
    uint32_t role;
    uint32_t restarts; /**< how often another came to the other end */

    /* the stream */
    uint32_t stream;
    tps_status stream_status;
    uint16_t credit;  /**< bytes that may still be sent */
    uint16_t granted; /**< bytes that the other end may still send */
    uint16_t freed;   /**< bytes that were read since it was told last */
    uint8_t number;   /**< which stream it is */
    uint8_t reset_number, reset_reason;
    bool is_dial_due, is_accept_due, is_reset_due;
    bool is_finished, is_finish_told, is_peer_finished;
    uint8_t host_size, path_size;
    bool is_https;
    uint8_t address[TPS_LINE_ADDRESS_MAX]; /**< host, then path */
    tps_line_ring in_ring, out_ring;
    uint8_t in[TPS_LINE_STREAM_IN];
    uint8_t out[TPS_LINE_STREAM_OUT];

    /* commands */
    uint32_t command; /**< TPS_LINE_UNANSWERED, ...; on a chip it is that or TPS_LINE_NO_COMMAND */
    uint32_t ticket;  /**< chip: commands that came; goes around */
    uint8_t command_number;
    uint8_t result;
    uint8_t text_size;
    bool is_command_new;             /**< chip: the application has not seen it */
    bool is_text_due;                /**< the host's command, the chip's answer: still to be sent */
    uint8_t text[TPS_LINE_TEXT_MAX]; /**< of the command, or of its answer */

    /* the log: size, lines lost before, text; and again */
    tps_line_ring log_ring;
    uint16_t log_before; /**< chip: bytes of the log that go before the answer */
    uint8_t log_lost;
    bool is_log_next;      /**< before bytes of the stream, where both wait: they take turns */
    bool is_log_under_way; /**< the message under way is a line of the log */
    uint8_t log[TPS_LINE_LOG_ROOM];
} tps_line;

/* ---- bytes and time ---- */

/**
 * @brief Begin.
 * @param role     TPS_LINE_CHIP or TPS_LINE_HOST.
 * @param session  A number that differs from those of this end's last starts, so that the other end notices:
 * random, or counted. Need not be secret; 0 is taken as 1.
 * @param now_ms   Time in ms from any beginning. It may go around.
 */
void tps_line_init(tps_line *line, uint32_t role, uint32_t session, uint32_t now_ms);

/** Take bytes that came. All are taken; what is no frame is dropped. May be called with one byte at a time.
 */
void tps_line_receive(tps_line *line, const uint8_t *bytes, size_t size);

/**
 * Bytes to be sent, at most `room`: the rest of a frame that was begun, or the beginning of the next.
 * @return how many; 0: there is nothing to be sent now. Call it until then, or as the line takes bytes.
 */
size_t tps_line_transmit(tps_line *line, uint8_t *bytes, size_t room);

/** It is `now_ms`: repeats what was not acknowledged. @return ms after which it is to be called again, at the
 * latest. */
uint32_t tps_line_tick(tps_line *line, uint32_t now_ms);

/** True when the other end is there and was heard of in the last five seconds (TPS_LINE_SILENCE_MS). */
bool tps_line_is_up(const tps_line *line);

/** How often another came to the other end, the first included: when it grows, the other end began anew. */
uint32_t tps_line_restarts(const tps_line *line);

/* ---- the stream ---- */

/**
 * @brief Chip: open a stream to the service provider that the bridge leads to.
 *
 * Returns at once; tps_line_stream() goes from TPS_LINE_DIALLING to TPS_LINE_OPEN or TPS_LINE_ENDED. While no
 * bridge is there, it stays in the first; who does not want to wait calls tps_line_reset().
 *
 * @retval TPS_LINE_BUSY  A stream is dialled or open.
 */
TPS_MUST_USE tps_status tps_line_dial(tps_line *line);

/** TPS_LINE_IDLE, ... */
uint32_t tps_line_stream(const tps_line *line);

/**
 * How the stream ended: TPS_OK when both ends had finished, or
 * TPS_LINE_UNREACHABLE, TPS_LINE_INSECURE, TPS_LINE_BROKEN (what the bridge met), TPS_LINE_RESTARTED,
 * TPS_LINE_ABORTED (one end gave it up), TPS_LINE_PROTOCOL (the other end broke this protocol's rules).
 * TPS_OK unless it ended.
 */
tps_status tps_line_stream_status(const tps_line *line);

/** Which stream it is: another number for each one dialled. */
uint8_t tps_line_stream_number(const tps_line *line);

/**
 * Chip, while the stream is open: the provider's name and port, as HTTP's Host field wants it
 * ("verifier.example", "127.0.0.1:8080"). Into `line`; no zero behind. Characters from 0x21 to 0x7e only.
 */
tps_span tps_line_host(const tps_line *line);

/** Chip, while the stream is open: what goes before each path of a request, without a slash at its end
 * ("/t/acme", ""). */
tps_span tps_line_path(const tps_line *line);

/** Chip, while the stream is open: whether TLS is spoken from the bridge on, so that the provider's URL
 * begins with https. */
bool tps_line_is_https(const tps_line *line);

/** Send bytes. @return how many were taken; fewer while the line or the other end is slow, 0 unless open and
 * unfinished. */
size_t tps_line_write(tps_line *line, tps_span bytes);

/** Take bytes that came. @return how many, 0: none now, and none will come when tps_line_is_at_end(). */
size_t tps_line_read(tps_line *line, tps_buf bytes);

/** True when the other end finished, or the stream ended, and everything was read. */
bool tps_line_is_at_end(const tps_line *line);

/** Send no more, behind what was written. The stream ends in order when both ends have done so. */
void tps_line_finish(tps_line *line);

/**
 * Give the stream up at once, in both directions, and tell the other end why.
 * @param why  Chip: TPS_LINE_ABORTED. Host: what befell the connection, TPS_LINE_UNREACHABLE, ... ; what is
 * none of these is told as TPS_LINE_ABORTED. Without effect unless dialled or open.
 */
void tps_line_reset(tps_line *line, tps_status why);

/**
 * @brief Host, when TPS_LINE_DIALLING: the connection to the provider is there.
 *
 * @param is_https  See tps_line_is_https().
 * @param host  See tps_line_host(). @param path  See tps_line_path().
 * @retval TPS_BAD_ARGUMENT  Nothing is dialled, or host or path have characters that may not be there.
 * @retval TPS_TOO_LARGE     They are longer than the chip or this build takes.
 */
TPS_MUST_USE tps_status tps_line_accept(tps_line *line, bool is_https, tps_span host, tps_span path);

/* ---- commands ---- */

/**
 * @brief Chip: the command that waits for an answer.
 * @param[out] ticket  To answer with. @param[out] text  Into `line`, until it is answered or another end
 * comes.
 * @return false when there is none. Once returned, it is not returned again.
 */
bool tps_line_command(tps_line *line, uint32_t *ticket, tps_span *text);

/**
 * @brief Chip: answer a command. Lines of the log that wait already are sent before.
 * @param result  TPS_LINE_GOOD, ... @param text  At most TPS_LINE_TEXT_MAX bytes; the rest is cut off.
 * @retval TPS_NOT_FOUND  Nobody waits for it any more: the bridge that asked is gone.
 */
TPS_MUST_USE tps_status tps_line_answer(tps_line *line, uint32_t ticket, uint32_t result, tps_span text);

/** True for what tps_line_ask() takes: 1 to TPS_LINE_TEXT_MAX bytes, none of them a control character. */
bool tps_line_is_command(tps_span text);

/**
 * @brief Host: send a command.
 * @retval TPS_LINE_BUSY     The one before is unanswered.
 * @retval TPS_BAD_ARGUMENT  tps_line_is_command() says no.
 */
TPS_MUST_USE tps_status tps_line_ask(tps_line *line, tps_span text);

/**
 * Host: what became of the command.
 * @param[out] result  For TPS_LINE_ANSWERED: TPS_LINE_GOOD, ... @param[out] text  Into `line`, until the next
 * command. Whatever the chip says: any bytes.
 * @return TPS_LINE_UNANSWERED, ...
 */
uint32_t tps_line_asked(const tps_line *line, uint32_t *result, tps_span *text);

/* ---- the log ---- */

/**
 * Chip: a line for people, without its line break. What is longer than TPS_LINE_TEXT_MAX is cut off. Lines
 * wait until there is a bridge; those that find no room are dropped, and the next one tells how many.
 */
void tps_line_log(tps_line *line, tps_span text);

/**
 * Host: the next line of the chip's log. While some wait and there is no room for more, the chip has to
 * repeat them: call it after each tps_line_receive() until it returns false.
 * @param text        Room of TPS_LINE_TEXT_MAX bytes. @param[out] size  Bytes of it: any that the chip sent.
 * @param[out] lost   Lines that the chip dropped before this one; 255: or more.
 */
bool tps_line_next_log(tps_line *line, uint8_t text[TPS_LINE_TEXT_MAX], size_t *size, uint32_t *lost);

#endif
