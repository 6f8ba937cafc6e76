/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DER (X.690, 10) without a heap: a checker and a reader, as cbor.h has them for CBOR. der_check() looks at
 * every byte once and refuses whatever is not DER or too deep; after it a `der_reader` walks the values. The
 * reader is memory-safe on any input even without the check, and keeps its first error, so that a sequence of
 * reads needs one look at its end.
 *
 * A tag is its one identifier byte: class, the bit of constructed values, number. Numbers above 30 take more
 * bytes; no format here uses them, and they are refused. So every read names the exact byte that it expects,
 * and implicit tags (DER_CONTEXT(2) where the module says [2] IMPLICIT OCTET STRING) need no functions of
 * their own.
 */
#ifndef TPS_FORMAT_DER_READER_H
#define TPS_FORMAT_DER_READER_H

#include "tps/span.h"
#include "tps/status.h"

/** Identifier bytes. */
enum {
    DER_END = 0x00, /**< no value is left (from der_peek() only); as a tag it is refused */
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_ENUMERATED = 0x0a,
    DER_UTF8_STRING = 0x0c,
    DER_NUMERIC_STRING = 0x12,
    DER_PRINTABLE_STRING = 0x13,
    DER_IA5_STRING = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_VISIBLE_STRING = 0x1a,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31
};

/** A context-specific tag: of a primitive value, and of a constructed one (EXPLICIT, or an implicit
 * SEQUENCE). */
#define DER_CONTEXT(number)             ((uint8_t)(0x80u | (number)))
#define DER_CONTEXT_CONSTRUCTED(number) ((uint8_t)(0xa0u | (number)))

/** The deepest nesting that der_check() takes. */
#define DER_DEPTH_MAX 16u

/**
 * @brief Check that `input` is exactly one DER value.
 *
 * Every value inside is looked at: definite lengths in their shortest form, tags of one byte, sequences and
 * sets constructed and all other universal types primitive, and the content of universal types: BOOLEAN 00 or
 * ff, INTEGER and ENUMERATED in their shortest form, unused bits of a BIT STRING zero, NULL empty, OBJECT
 * IDENTIFIER whole and shortest, UTF8String, PrintableString, NumericString, IA5String and VisibleString of
 * their characters. Not judged: the order within SET OF, the syntax of times, older kinds of text, and what
 * only a module knows (DEFAULT values, implicit types).
 *
 * @param input      The bytes.
 * @param[out] why   Offset of the fault; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_DER_TRUNCATED      A value ends behind the input, or behind what it lies in.
 * @retval TPS_DER_TRAILING       Bytes follow the value.
 * @retval TPS_DER_NOT_CANONICAL  BER, but not DER: a length indefinite or too long, a BOOLEAN such as 01, ...
 * @retval TPS_DER_BAD_TAG        A tag of several bytes, tag 0, or a universal type in the wrong form.
 * @retval TPS_DER_BAD_TEXT       A text holds what its type does not allow.
 * @retval TPS_DER_TOO_DEEP       More than DER_DEPTH_MAX constructed values one in another.
 *
 * Time is linear in the input. No recursion; stack: about 200 bytes on a Cortex-M33.
 */
TPS_MUST_USE tps_status der_check(tps_span input, tps_error *why);

/** A cursor over DER. Treat the members as private, but for `status`: the first error, or TPS_OK. */
typedef struct {
    const uint8_t *start;
    const uint8_t *at;
    const uint8_t *end; /**< of the value that was entered */
    tps_status status;
} der_reader;

/** A reader at the start of `input`, which must stay alive as long as what is read from it. */
der_reader der_reader_init(tps_span input);

/** Bytes between the start of the input and the reader's place; after an error, of the value at fault. */
size_t der_offset(const der_reader *reader);

/** Sets the reader's error unless it has one: for a caller that finds a value wrong. */
void der_fail(der_reader *reader, tps_status status);

/** The tag of the next value; DER_END at the end of what was entered, or after an error. Moves nothing. */
uint8_t der_peek(const der_reader *reader);

/**
 * Read the value that must have this tag, and return its content. On another tag, or at the end, the error is
 * TPS_DER_UNEXPECTED_TYPE; TPS_DER_TRUNCATED, TPS_DER_BAD_TAG and TPS_DER_NOT_CANONICAL as der_check() has
 * them. After an error the empty span is returned and the reader stays where it is.
 */
tps_span der_get(der_reader *reader, uint8_t tag);

/** If the next value has this tag, reads it into `content` and returns true. Not finding it is no error. */
bool der_take(der_reader *reader, uint8_t tag, tps_span *content);

/** Skip one value of any tag, and return all of its bytes. */
tps_span der_skip(der_reader *reader);

/**
 * Enter a constructed value; what is returned goes to der_leave(), which refuses values that are left
 * (TPS_DER_TRAILING) and moves behind it. After an error both do nothing.
 *
 *     const uint8_t *outer = der_enter(&r, DER_SEQUENCE);
 *     while (der_peek(&r) != DER_END) { ... }
 *     der_leave(&r, outer);
 */
const uint8_t *der_enter(der_reader *reader, uint8_t tag);
void der_leave(der_reader *reader, const uint8_t *outer);

/**
 * Typed reads. Each takes the tag, so that implicit ones are read, too; and judges the content as der_check()
 * does. After an error they return 0, false or the empty span.
 *
 * der_get_uint: an INTEGER of at most 64 bits, not negative (else TPS_DER_OUT_OF_RANGE). der_get_int: one
 * from INT64_MIN to INT64_MAX. der_get_integer: one of any size, as its bytes. der_get_bits: a BIT STRING,
 * the number of unused bits of its last byte to `unused`. der_get_text: UTF-8; der_get_ia5: ASCII.
 */
bool der_get_boolean(der_reader *reader, uint8_t tag);
uint64_t der_get_uint(der_reader *reader, uint8_t tag);
int64_t der_get_int(der_reader *reader, uint8_t tag);
tps_span der_get_integer(der_reader *reader, uint8_t tag);
tps_span der_get_bits(der_reader *reader, uint8_t tag, uint8_t *unused);
tps_span der_get_oid(der_reader *reader, uint8_t tag);
tps_span der_get_text(der_reader *reader, uint8_t tag);
tps_span der_get_ia5(der_reader *reader, uint8_t tag);

/** The reader must be at the end of its input: sets TPS_DER_TRAILING if not. Returns the reader's status. */
TPS_MUST_USE tps_status der_reader_finish(der_reader *reader);

/** Fills `why` from the reader: its status, its offset, and `detail`. Returns its status. */
TPS_MUST_USE tps_status der_reader_why(const der_reader *reader, tps_error *why, const char *detail);

#endif
