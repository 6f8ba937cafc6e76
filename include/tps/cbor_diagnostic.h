/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cbor_diagnostic.h
 * CBOR as text for people: diagnostic notation (RFC 8949, 8; extended by RFC 8610, appendix G), out and in.
 *
 * Nothing here is shared between calls: every function is thread-safe. No heap, no recursion.
 */
#ifndef TPS_CBOR_DIAGNOSTIC_H
#define TPS_CBOR_DIAGNOSTIC_H

#include "tps/cbor.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Takes text as it comes; called many times by tps_cbor_diagnose(). */
typedef void (*tps_text_sink)(void *context, const char *text, size_t size);

/**
 * @brief Write `input` in diagnostic notation (RFC 8949, 8), indented, for people.
 *
 * What fits into a line stays on one. Text is safe to show: control characters, and what hides or reorders
 * text, are escaped. Floats of every width are written as the shortest decimal that reads back as the same
 * double; a NaN with an unusual payload says its bits in a comment. Encoding indicators (_0 .. _3) are not
 * written.
 *
 * @param input    CBOR, at most 16 MiB; what is not well-formed ends the output with a note at its offset.
 * @param sink     Takes the text (UTF-8, no final zero), piece by piece; called with `context`.
 * @param[out] why  Offset of the fault; may be NULL.
 *
 * @return TPS_OK, or the error of tps_cbor_check() under tps_cbor_limits_file. No recursion; stack on a
 * Cortex-M33: 1.6 KiB, beside the sink's. RFC 8949, 8.
 */
TPS_MUST_USE tps_status tps_cbor_diagnose(tps_span input, tps_text_sink sink, void *context, tps_error *why);

/** The deepest nesting of arrays, maps, tags, embedded items and chunks that tps_cbor_from_diagnostic()
 * reads. */
#define TPS_CBOR_DIAGNOSTIC_DEPTH_MAX 32u

/** The largest magnitude of an integer that tps_cbor_from_diagnostic() reads, in bits. */
#define TPS_CBOR_DIAGNOSTIC_INTEGER_BITS_MAX 4096u

/**
 * @brief Read diagnostic notation and write it as CBOR: for examples, tests and tools.
 *
 * What is read: integers of any size in decimal, 0x, 0o and 0b (beyond 64 bits a big number, tag 2 or 3);
 * floats with point or exponent, rounded to the nearest double; NaN, Infinity; "text" with the escapes of
 * JSON; byte strings h'', b64'' (either alphabet, padding or none), b32'', h32'' with white space and
 * comments inside, and
 * '' with escapes; adjacent strings as one of the first one's kind (RFC 8610, G.4); embedded items << >>;
 * tags, arrays, maps, false, true, null, undefined, simple(n); what is of indefinite length: [_ ], {_ }, (_
 * "a", "b"),
 * ''_ and ""_; the encoding indicators _i and _0 .. _3 behind numbers, strings and tag numbers, and behind
 * opening brackets; comments between slashes, and from # or // to the end of the line; a comma behind the
 * last entry.
 *
 * Heads and floats come out in their shortest form where no indicator says otherwise. Entries keep the
 * notation's order, and nothing judges keys: notation can say what a decoder must refuse. Use
 * tps_cbor_check() for that.
 *
 * What tps_cbor_diagnose() writes of an item in deterministic form gives the same bytes again.
 *
 * @param text          The notation of one item, UTF-8.
 * @param room          Where the CBOR goes; TPS_BUF_MEASURE only measures.
 * @param[out] encoded  The item, at the start of `room`; when measured or too small, `data` is NULL and
 * `size` the size needed. Untouched after any other error.
 * @param[out] why      Offset into `text`, and what is wrong there; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_BUFFER_TOO_SMALL     `encoded->size` is the size needed.
 * @retval TPS_CBOR_BAD_DIAGNOSTIC  `text` is no diagnostic notation as above; `why->detail` says more.
 * @retval TPS_CBOR_OUT_OF_RANGE    A number that cannot be encoded: beyond the largest double, larger than
 *                                  TPS_CBOR_DIAGNOSTIC_INTEGER_BITS_MAX, not exact in the width its indicator
 * asks for, a simple value that is none.
 * @retval TPS_CBOR_BAD_UTF8        Text is not UTF-8. (Text put together from byte strings is judged when it
 * is written, not when it is measured.)
 * @retval TPS_CBOR_TOO_DEEP        Deeper than TPS_CBOR_DIAGNOSTIC_DEPTH_MAX.
 *
 * Time is linear in the text, times its depth. Stack on a Cortex-M33: 2 KiB. RFC 8949, 8; RFC 8610, appendix
 * G.
 */
TPS_MUST_USE tps_status tps_cbor_from_diagnostic(tps_span text, tps_buf room, tps_span *encoded,
                                                 tps_error *why);

#ifdef __cplusplus
}
#endif

#endif
