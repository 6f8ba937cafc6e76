/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the reader of diagnostic notation: its state, and the parts that its files share. */
#ifndef TPS_FORMAT_CBOR_NOTATION_H
#define TPS_FORMAT_CBOR_NOTATION_H

#include "tps/cbor_diagnostic.h"

/** Encoding indicators: 0 to 3 for a head with 1, 2, 4 or 8 bytes behind the first one. */
enum {
    NOTATION_SHORTEST = 4,  /**< none was given */
    NOTATION_IMMEDIATE = 5, /**< _i: no byte behind the first one */
    NOTATION_INDEFINITE = 6 /**< _ alone */
};

/** What is open. */
enum {
    NOTATION_ARRAY = 0,
    NOTATION_MAP = 1,
    NOTATION_TAG = 2,
    NOTATION_EMBEDDED = 3, /**< << >> */
    NOTATION_CHUNKS = 4    /**< (_ ) */
};

typedef struct {
    size_t start;      /**< of its head in the output */
    uint64_t count;    /**< items in it so far */
    uint8_t kind;      /**< NOTATION_ARRAY ... */
    uint8_t indicator; /**< of its head */
    uint8_t major;     /**< of chunks: the type of the first one */
} notation_level;

/** The notation that is being read. A function that fails has set `fault`. */
typedef struct {
    const uint8_t *start;
    const uint8_t *at;
    const uint8_t *end;
    tps_cbor_writer out;
    tps_error fault;
    uint32_t depth;
    notation_level levels[TPS_CBOR_DIAGNOSTIC_DEPTH_MAX];
} notation;

/** Sets the fault at `at` and returns `status`. `detail`: see tps_error. */
tps_status notation_fail(notation *n, const uint8_t *at, tps_status status, const char *detail);

/** TPS_CBOR_BAD_DIAGNOSTIC at the reader's place. */
tps_status notation_bad(notation *n, const char *detail);

/** The next character, or 0 at the end. */
static inline uint8_t notation_peek(const notation *n)
{
    return n->at < n->end ? *n->at : 0;
}

/** Moves over the characters of `word` if they come next. */
bool notation_take(notation *n, const char *word);

/** Moves over white space and comments; those between slashes only if `has_slashes`. */
tps_status notation_skip(notation *n, bool has_slashes);
tps_status notation_skip_space(notation *n);

/** Takes the indicator that is next, or NOTATION_SHORTEST where there is none. */
tps_status notation_indicator(notation *n, uint8_t *indicator);

/** Puts a head of the form that the indicator asks for; TPS_CBOR_OUT_OF_RANGE if the value does not fit it.
 */
tps_status notation_put_head(notation *n, uint8_t major, uint64_t value, uint8_t indicator);

/** Keeps a byte free for a head whose value is not known yet; returns its place. */
size_t notation_reserve_head(notation *n);

/** Puts the head into its place, and moves what stands behind as far as it needs. */
tps_status notation_fill_head(notation *n, size_t start, uint8_t major, uint64_t value, uint8_t indicator);

/** Opens an array, map, tag ... at `start` in the output. */
tps_status notation_open(notation *n, uint8_t kind, size_t start, uint8_t indicator);

/** True when a string begins here. */
bool notation_is_string(const notation *n);

/** Adjacent strings, with their indicator; `*major` is TPS_CBOR_BYTES or TPS_CBOR_TEXT. `*is_definite` is
 * false for ''_ and ""_. */
tps_status notation_string(notation *n, uint8_t *major, bool *is_definite);

/** A number; or a tag number with its bracket, which opens a level: then `*is_open`. */
tps_status notation_number(notation *n, bool *is_open);

/** Puts the float with the bits of this double. */
tps_status notation_put_float(notation *n, uint64_t bits);

#define NOTATION_NAN      0x7ff8000000000000u
#define NOTATION_INFINITY 0x7ff0000000000000u

#endif
