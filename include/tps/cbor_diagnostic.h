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
 * @param input    CBOR; what is not well-formed ends the output with a note at its offset.
 * @param sink     Takes the text; called with `context`.
 *
 * @return TPS_OK, or the error of tps_cbor_check() under tps_cbor_limits_file. No recursion;
 * stack: about 1.5 KiB beside the checker's. RFC 8949, 8.
 */
TPS_MUST_USE tps_status tps_cbor_diagnose(tps_span input, tps_text_sink sink, void *context, tps_error *why);

#ifdef __cplusplus
}
#endif

#endif
