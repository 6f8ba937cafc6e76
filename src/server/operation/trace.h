/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trace.h
 * Which request belongs to which: W3C Trace Context (the fields traceparent and tracestate), and spans as
 * lines of the log. There is no exporter: whoever collects the log as JSON has trace_id, span_id, parent_id
 * and duration_us of each request, and of what it waited for.
 *
 * What a client sends is checked strictly, and ignored as a whole where it is wrong: the request then begins
 * a trace of its own. A client cannot choose a request's span id, so nobody can make two requests look like
 * one.
 */
#ifndef TPS_SERVER_OPERATION_TRACE_H
#define TPS_SERVER_OPERATION_TRACE_H

#include "server/operation/log.h"

#define TPS_TRACE_ID_SIZE      16u
#define TPS_TRACE_SPAN_SIZE    8u
#define TPS_TRACE_PARENT_SIZE  56u /**< of traceparent as text, with its zero */
#define TPS_TRACE_STATE_MAX    512u
#define TPS_TRACE_STATE_COUNT  32u /**< members of a tracestate (W3C Trace Context, 3.3.1.1) */
#define TPS_TRACE_REQUEST_SIZE 17u /**< of a request's id as text, with its zero */

/** Flags that are passed on; all others are cleared (W3C Trace Context, 3.2.2.5; level 2 has RANDOM). */
enum { TPS_TRACE_SAMPLED = 0x01, TPS_TRACE_RANDOM = 0x02 };

/** One span: a request, or a part of one. */
typedef struct {
    uint8_t trace_id[TPS_TRACE_ID_SIZE];
    uint8_t span_id[TPS_TRACE_SPAN_SIZE];
    uint8_t parent_id[TPS_TRACE_SPAN_SIZE]; /**< all zero: none */
    uint8_t flags;
    uint16_t state_size;
    char state[TPS_TRACE_STATE_MAX]; /**< the caller's tracestate, to be passed on as it is; no zero behind it
                                      */
} tps_trace;

/** Random bytes for identifiers, drawn in larger pieces. All zero at first; of one thread. */
typedef struct {
    size_t left;
    uint8_t pool[512];
} tps_trace_source;

/**
 * @brief Begin a request's span.
 *
 * @param traceparent  The field's value; empty where there is none, or where there are several (which no
 * caller may send).
 * @param tracestate   The values of all such fields, joined by ","; empty: none. Kept only with a good
 * traceparent, and only if it is well-formed and within the bounds above.
 * @return true when the trace is the caller's; false when it begins here (flags: RANDOM only).
 *
 * Without entropy, identifiers are counted instead: they are no secret, and a request must not fail for them.
 */
bool tps_trace_begin(tps_trace *trace, tps_trace_source *source, tps_span traceparent, tps_span tracestate);

/** A span within another, with the same trace, flags and state. */
void tps_trace_begin_within(tps_trace *child, const tps_trace *parent, tps_trace_source *source);

/** The traceparent for whom this span asks: "00-...-...-01". */
void tps_trace_write(const tps_trace *trace, char out[TPS_TRACE_PARENT_SIZE]);

/** The request's id for the answer's field X-Request-Id: the span id in hex, one number under both names. */
void tps_trace_request_id(const tps_trace *trace, char out[TPS_TRACE_REQUEST_SIZE]);

/**
 * @brief A part of a request that has ended, as a line of log with the message "span".
 *
 * Written where the caller asked for it (TPS_TRACE_SAMPLED), or where the level is debug.
 * @param name         Constant words: "appraise", "commit".
 * @param duration_us  How long it took, in microseconds.
 */
void tps_trace_log(const tps_trace *trace, const char *name, const char *tenant, int64_t duration_us);

/** The monotonic clock, in microseconds. */
uint64_t tps_trace_now_us(void);

/** True for a traceparent that may be followed (W3C Trace Context, 3.2): also of a version after 00. */
bool tps_trace_parent_is_valid(tps_span traceparent);

/** True for a tracestate that is well-formed and within bounds. */
bool tps_trace_state_is_valid(tps_span tracestate);

#endif
