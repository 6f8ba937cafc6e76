/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON (RFC 8259) read strictly, without a heap: a checker and a pull reader, in the manner of tps/cbor.h.
 *
 * Reading untrusted text takes two steps. json_check() looks at every byte once and refuses whatever is not
 * well-formed, too deep, too long, not UTF-8, or has a member name twice. After it, a `json_reader` walks the
 * text; it stays memory-safe on any input even without the check, and keeps its first error so that a
 * sequence of reads needs one look at its end.
 *
 *     json_list list = json_enter_object(&r);
 *     while (json_next(&r, &list)) {
 *         json_str name = json_get_name(&r);
 *         if (json_str_is(name, "exp")) { expiry = json_get_int(&r); }
 *         else if (json_str_is(name, "ueid")) { ueid = json_get_base64url(&r, &room); }
 *         else { json_skip(&r); }
 *     }
 *     return json_reader_finish(&r);
 *
 * What is read points into the input or into the caller's room. Nothing is shared between calls: thread-safe
 * for distinct readers. No recursion.
 */
#ifndef TPS_FORMAT_JSON_READER_H
#define TPS_FORMAT_JSON_READER_H

#include "tps/span.h"
#include "tps/status.h"

/** The kinds of values (RFC 8259, 3); numbers without fraction and exponent are told apart from others. */
enum {
    JSON_END = 0, /**< nothing is left, or no value begins here, or an error happened before */
    JSON_OBJECT = 1,
    JSON_ARRAY = 2,
    JSON_STRING = 3,
    JSON_INTEGER = 4, /**< of any size: json_get_int() and json_get_uint() judge the range */
    JSON_NUMBER = 5,  /**< with fraction or exponent: 1.0 and 1e3 are no integers here */
    JSON_BOOL = 6,
    JSON_NULL = 7
};

/** The deepest nesting that any limit can allow: objects and arrays each count one. */
#define JSON_READ_DEPTH_MAX 32u

/** How many names of open objects the checker can compare with each other when an object is not sorted. */
#define JSON_TRACKED_NAMES 128u

/** What the checker lets through. */
typedef struct {
    size_t size;      /**< bytes of the whole text, at most */
    uint32_t depth;   /**< nesting, at most JSON_READ_DEPTH_MAX */
    uint32_t entries; /**< elements of an array, members of an object; each at most */
} json_limits;

/** Limits for evidence, results and messages: 64 KiB, 16 deep, 512 entries. */
extern const json_limits json_limits_message;

/** Limits for files: 16 MiB, 32 deep, a million entries. */
extern const json_limits json_limits_file;

/**
 * @brief Check that `input` is exactly one JSON text within `limits`.
 *
 * Member names are compared after unescaping, so "a" and "\u0061" are the same. Duplicates are found in every
 * object: a sorted one of any size, an unsorted one as long as the names of the open objects number at most
 * JSON_TRACKED_NAMES.
 *
 * @param input     The text, UTF-8. White space may stand around the value.
 * @param limits    See json_limits; not NULL.
 * @param[out] why  Offset of the fault in bytes, and what is wrong; may be NULL.
 *
 * @retval TPS_OK                    The text is good.
 * @retval TPS_JSON_TRUNCATED        The text ends inside the value, or holds none.
 * @retval TPS_JSON_NOT_WELL_FORMED  A byte that may not stand there: a comma too many, 01, +1, NaN, a
 * comment, a byte order mark, a control character in a string.
 * @retval TPS_JSON_TRAILING         Something follows the value.
 * @retval TPS_JSON_BAD_ESCAPE       A backslash begins no escape, or half of a surrogate pair stands alone.
 * @retval TPS_JSON_BAD_UTF8         A string is not UTF-8.
 * @retval TPS_JSON_DUPLICATE_NAME   An object has a name twice.
 * @retval TPS_JSON_UNTRACKED_NAMES  An unsorted object is too large to compare its names.
 * @retval TPS_JSON_TOO_DEEP, TPS_JSON_TOO_MANY, TPS_JSON_TOO_LONG  A limit is passed.
 *
 * Time is linear in the input (times seven or eight for names of unsorted objects). Stack: about 2 KiB.
 */
TPS_MUST_USE tps_status json_check(tps_span input, const json_limits *limits, tps_error *why);

/** A cursor over JSON. Treat the members as private, but for `status`: the first error, or TPS_OK. */
typedef struct {
    const uint8_t *start;
    const uint8_t *at;
    const uint8_t *end;
    tps_status status;
} json_reader;

/** An object or array that is being walked; private. */
typedef struct {
    uint8_t close;  /**< the bracket that ends it; 0 when it has ended */
    bool has_entry; /**< the next one stands behind a comma */
} json_list;

/** A string as it stands in the text. */
typedef struct {
    tps_span raw;    /**< between the quotes, inside the input */
    bool is_escaped; /**< `raw` holds escapes; without them it is the string's value */
} json_str;

/** A reader at the start of `input`, which must stay alive as long as what is read from it. */
json_reader json_reader_init(tps_span input);

/** Bytes between the start of the input and the reader's place: the offset for error messages. */
size_t json_offset(const json_reader *reader);

/** Sets the reader's error unless it has one: for a caller that finds a value wrong. */
void json_fail(json_reader *reader, tps_status status);

/** The kind of the next value: JSON_OBJECT ..., JSON_END. Moves nothing. */
uint32_t json_peek(const json_reader *reader);

/**
 * Enter an object or an array; then json_next() once before each entry. It returns false behind the last one
 * and after any error; look at `reader->status` behind the loop. In an array each turn must read one value,
 * in an object json_get_name() and a value. On another kind: TPS_JSON_UNEXPECTED_TYPE.
 */
json_list json_enter_object(json_reader *reader);
json_list json_enter_array(json_reader *reader);
bool json_next(json_reader *reader, json_list *list);

/** A member's name, and moves to its value. */
json_str json_get_name(json_reader *reader);

/** True when the string's value is `text`, whether it was written with escapes or not. */
bool json_str_is(json_str string, const char *text);

/** The order of two strings' values, byte by byte of their UTF-8: below 0, 0 or above. */
int json_str_compare(json_str a, json_str b);

/**
 * @brief The value of a string.
 *
 * @param room  Taken from its front only when the string has escapes, at most `string.raw.size` bytes; it
 *              shrinks by what was taken. NULL when escapes shall be refused.
 * @param[out] value  `string.raw` itself, or a part of `room`.
 * @retval TPS_OK
 * @retval TPS_BUFFER_TOO_SMALL  `value->size` is the size needed, `value->data` NULL.
 * @retval TPS_JSON_BAD_ESCAPE   The string has escapes and `room` is NULL.
 */
TPS_MUST_USE tps_status json_str_value(json_str string, tps_buf *room, tps_span *value);

/**
 * Typed reads. Each returns the value and moves on; on another kind it sets TPS_JSON_UNEXPECTED_TYPE, stays
 * where it is and returns 0, false or the empty span. On text that is no JSON: the errors of json_check(),
 * but for UTF-8 and names.
 */
json_str json_get_string(json_reader *reader);
bool json_get_bool(json_reader *reader);
void json_get_null(json_reader *reader);

/** Integers; TPS_JSON_OUT_OF_RANGE when the number does not fit. -0 is 0. A number with fraction or exponent
 * is TPS_JSON_UNEXPECTED_TYPE. */
int64_t json_get_int(json_reader *reader);
uint64_t json_get_uint(json_reader *reader);

/** Any number as the nearest double (ties to even), as IEEE 754 asks: right for every number of digits.
 * TPS_JSON_OUT_OF_RANGE when it is beyond the largest double; what is too small becomes 0. Stack: about
 * 1.2 KiB. */
double json_get_double(json_reader *reader);

/** A string's value; see json_str_value() for `room` and errors. */
tps_span json_get_text(json_reader *reader, tps_buf *room);

/**
 * A string that holds base64url without padding (RFC 7515, 2), decoded into the front of `room`, which
 * shrinks by what was taken. TPS_BAD_BASE64; TPS_BUFFER_TOO_SMALL (escapes, which nobody needs there, take as
 * much room as the text).
 */
tps_span json_get_base64url(json_reader *reader, tps_buf *room);

/** Skip one whole value, and return its text without white space around. At most JSON_READ_DEPTH_MAX deep
 * (else TPS_JSON_TOO_DEEP). */
tps_span json_skip(json_reader *reader);

/** The reader must be at the end of its input, but for white space: sets TPS_JSON_TRAILING if not. Returns
 * the reader's status. */
TPS_MUST_USE tps_status json_reader_finish(json_reader *reader);

#endif
