/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cbor.h
 * CBOR (RFC 8949) without a heap: a checker, a reader and a writer.
 *
 * Reading untrusted bytes takes two steps. tps_cbor_check() looks at every byte once and refuses whatever is
 * not well-formed, too deep, too long, not UTF-8, or has a map key twice. After it, a `tps_cbor_reader` walks
 * the bytes; it stays memory-safe on any input even without the check, and keeps its first error so that a
 * sequence of reads needs one look at its end.
 *
 * Nothing here is shared between calls: every function is thread-safe for distinct readers and writers.
 */
#ifndef TPS_CBOR_H
#define TPS_CBOR_H

#include "tps/span.h"
#include "tps/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The kinds of CBOR items (RFC 8949, 3.1), with floats and the break told apart from the other simple
 * values. */
enum {
    TPS_CBOR_UINT = 0,   /**< `value` is the number */
    TPS_CBOR_NINT = 1,   /**< the number is -1 - `value` */
    TPS_CBOR_BYTES = 2,  /**< `bytes` is the content */
    TPS_CBOR_TEXT = 3,   /**< `bytes` is the content, UTF-8 */
    TPS_CBOR_ARRAY = 4,  /**< `value` elements follow */
    TPS_CBOR_MAP = 5,    /**< `value` pairs follow */
    TPS_CBOR_TAG = 6,    /**< `value` is the tag number; one item follows */
    TPS_CBOR_SIMPLE = 7, /**< `value` is the simple value: 20 false, 21 true, 22 null, 23 undefined */
    TPS_CBOR_FLOAT =
        8, /**< `value` holds the bits of the float at its own width, `width` in bytes 2, 4 or 8 */
    TPS_CBOR_BREAK = 9, /**< the end of an item of indefinite length */
    TPS_CBOR_END = 10   /**< no item: no byte is left, or there was an error */
};

/** `value` of an array, map or string whose length is indefinite. */
#define TPS_CBOR_INDEFINITE_LENGTH UINT64_MAX

/** The deepest nesting that any limit can allow: arrays, maps, tags and indefinite strings each count one. */
#define TPS_CBOR_DEPTH_MAX 24u

/** One item's head, and the content of strings. */
typedef struct {
    uint32_t type;  /**< TPS_CBOR_UINT ... */
    uint32_t width; /**< of a float: 2, 4 or 8 bytes; else 0 */
    uint64_t value; /**< see the types; of a string its size in bytes */
    tps_span bytes; /**< of strings of definite length: the content, inside the input; else empty */
} tps_cbor_item;

/** A form of CBOR that can be asked for: a constant object of the library. */
typedef struct tps_cbor_form tps_cbor_form;

/** RFC 8949, 4.2: shortest heads and floats, big numbers only where 64 bits are too few, one NaN (0xf97e00),
 * keys in bytewise order, no indefinite lengths. */
extern const tps_cbor_form tps_cbor_deterministic;

/** Any form; but where keys are or hold floats or big numbers these have that form, so that equal keys are
 * seen. */
extern const tps_cbor_form tps_cbor_any_form;

/** What the checker lets through. */
typedef struct {
    size_t size;      /**< bytes that are looked at, at most; more than 268,434,431 count as these */
    uint32_t depth;   /**< levels of nesting; more than TPS_CBOR_DEPTH_MAX count as these */
    uint32_t entries; /**< of an array, a map (pairs), a string in chunks; never more than INT32_MAX */
    const tps_cbor_form
        *form; /**< &tps_cbor_deterministic, &tps_cbor_any_form; NULL: any, without such keys */
} tps_cbor_limits;

/** Limits for evidence and messages: 64 KiB, 16 deep, 512 entries. */
extern const tps_cbor_limits tps_cbor_limits_message;

/** Limits for endorsements and other files: 16 MiB, 24 deep, a million entries. */
extern const tps_cbor_limits tps_cbor_limits_file;

/**
 * @brief Check that `input` is one well-formed CBOR item within `limits`.
 *
 * Duplicate keys are found in every map, sorted or not. Integer keys are compared by value, whatever the size
 * of their heads; all other keys must come in their shortest form, and are compared byte by byte. Which form
 * of a float or a big number (tags 2 and 3) that is only `limits->form` knows; without it (as in
 * tps_cbor_limits_message: it costs code, and no protocol has such keys) no key may be one, or hold one. For
 * a key that is smaller than one before it the map is read again up to there; all that may take is 16384
 * heads, and 16 for each byte of the input. That is enough for any map of 128 numbers and strings, and for
 * any number of maps of 32, in whatever order. What needs more is refused.
 *
 * @param input     The bytes.
 * @param limits    See tps_cbor_limits; not NULL.
 * @param[out] size NULL: nothing may stand behind the item. Else this receives the item's size in bytes, and
 * what stands behind it is not looked at: so the items of a sequence (RFC 8742) are checked one by one. Set
 * if TPS_OK.
 * @param[out] why  Offset of the fault; set on failure; may be NULL.
 *
 * @retval TPS_OK                     The item is good.
 * @retval TPS_CBOR_TRUNCATED         The input ends inside the item (an empty input too).
 * @retval TPS_CBOR_TRAILING          Bytes follow the item, and `size` is NULL.
 * @retval TPS_CBOR_RESERVED          Additional information 28..30; 31 of an integer or a tag; a two-byte
 * simple value below 32.
 * @retval TPS_CBOR_TOO_DEEP, TPS_CBOR_TOO_MANY, TPS_CBOR_TOO_LONG  `limits->depth`, `entries` or `size` is
 * passed.
 * @retval TPS_CBOR_BAD_UTF8          A text string is not UTF-8 (each chunk by itself: RFC 8949, 3.2.3).
 * @retval TPS_CBOR_BAD_BREAK         A break where no item of indefinite length is open, or between key and
 * value; or a chunk of another type, or in chunks itself.
 * @retval TPS_CBOR_DUPLICATE_KEY     A map has a key twice.
 * @retval TPS_CBOR_UNTRACKED_KEYS    Unsorted maps are too large to compare their keys in linear time.
 * @retval TPS_CBOR_NOT_DETERMINISTIC Asked for, and not so; or a key that is no integer has a longer form
 * than needed, or is a float or a big number.
 *
 * Time is linear in the input. Stack on a Cortex-M33: 0.8 KiB. No recursion. RFC 8949, 3, 4.2 and 5.3 to 5.6.
 */
TPS_MUST_USE tps_status tps_cbor_check(tps_span input, const tps_cbor_limits *limits, size_t *size,
                                       tps_error *why);

/** A cursor over CBOR. Treat the members as private, but for `status`: the first error, or TPS_OK. */
typedef struct {
    const uint8_t *start;
    const uint8_t *at;
    const uint8_t *end;
    tps_status status;
} tps_cbor_reader;

/** An array or map that is being walked; see tps_cbor_enter_array(). Treat as private, but for `left`. */
typedef struct {
    uint64_t left; /**< entries left, or TPS_CBOR_INDEFINITE_LENGTH */
} tps_cbor_list;

/** A reader at the start of `input`, which must stay alive as long as what is read from it. It is a value: a
 * copy of it is another reader at the same place, which is how one looks ahead. */
tps_cbor_reader tps_cbor_reader_init(tps_span input);

/** Bytes between the start of the input and the reader's place: the offset for error messages. */
size_t tps_cbor_offset(const tps_cbor_reader *reader);

/** True when no byte is left. After an error that stopped the reader before, it is not. */
static inline bool tps_cbor_at_end(const tps_cbor_reader *reader)
{
    return reader->at == reader->end;
}

/** Sets the reader's error unless it has one: for a caller that finds a value wrong. */
void tps_cbor_fail(tps_cbor_reader *reader, tps_status status);

/** The type of the next item (TPS_CBOR_UINT ...), TPS_CBOR_END at the end or after an error. Moves nothing.
 */
uint32_t tps_cbor_peek(const tps_cbor_reader *reader);

/**
 * @brief Read one head, with the content of a string of definite length.
 *
 * The basis of all below, and the quickest way through all items of an input: `while (tps_cbor_read(&r,
 * &item))
 * {...}` sees every head in its order, the chunks of strings and the breaks of indefinite lengths among them.
 * It gives integers in their full range, from -2^64 to 2^64 - 1 (see TPS_CBOR_NINT). After an error the item
 * is a TPS_CBOR_END and the reader stays where it is.
 *
 * @return false after an error, the one that the reader had or TPS_CBOR_RESERVED, TPS_CBOR_BAD_UTF8 or
 * TPS_CBOR_TRUNCATED (also for a count of entries that is larger than the bytes that are left, and at the end
 * of the input). A break where none may be is the caller's to see. RFC 8949, 3.
 */
bool tps_cbor_read(tps_cbor_reader *reader, tps_cbor_item *item);

/**
 * Typed reads. Each returns the value and moves on; on another type it sets TPS_CBOR_UNEXPECTED_TYPE (or
 * TPS_CBOR_OUT_OF_RANGE for an integer that does not fit into an int64_t, TPS_CBOR_INDEFINITE for a string in
 * chunks; or an error of tps_cbor_read()), stays where it is and returns 0, false or the empty span. Strings
 * lie in the input; the `data` of one that is there is not NULL, even if it is empty. Tags before a value are
 * not passed over: see tps_cbor_take_tag().
 */
uint64_t tps_cbor_get_uint(tps_cbor_reader *reader);
int64_t tps_cbor_get_int(tps_cbor_reader *reader);
bool tps_cbor_get_bool(tps_cbor_reader *reader);
void tps_cbor_get_null(tps_cbor_reader *reader);
void tps_cbor_get_undefined(tps_cbor_reader *reader);

/** Any simple value: 20 false, 21 true, 22 null, 23 undefined, or one of 0..19 and 32..255. */
uint8_t tps_cbor_get_simple(tps_cbor_reader *reader);

/** A float of any width (RFC 8949, 3.3): every half and single is a double, too, so the value is exact; a NaN
 * keeps its sign and payload. An integer is TPS_CBOR_UNEXPECTED_TYPE. Calls no floating-point code. */
double tps_cbor_get_double(tps_cbor_reader *reader);

tps_span tps_cbor_get_bytes(tps_cbor_reader *reader);
tps_span tps_cbor_get_text(tps_cbor_reader *reader);
uint64_t tps_cbor_get_tag(tps_cbor_reader *reader);

/** A number without bounds. */
typedef struct {
    tps_span magnitude; /**< big endian, without leading zeros; empty for 0 */
    bool is_negative;   /**< the number is -1 - `magnitude`, as CBOR has it; else it is `magnitude` */
} tps_cbor_big;

/**
 * @brief Read an integer of any size: a big number (tags 2 and 3; RFC 8949, 3.4.3) or an ordinary integer.
 *
 * The magnitude lies in the input, or for numbers below 24 in constant memory; leading zeros that a big
 * number came with are left out. Errors are those of the typed reads, and leave the reader where
 * it was; TPS_CBOR_INDEFINITE for a magnitude in chunks.
 */
tps_cbor_big tps_cbor_get_big(tps_cbor_reader *reader);

/**
 * @brief Read a string of definite or indefinite length in one piece.
 *
 * @param room  Where chunks are put one behind the other; a string of definite length needs none.
 * TPS_BUF_MEASURE tells the size of one in chunks.
 *
 * @return The content: inside the input, or in `room`. When there is too little room, or none, the reader
 * stays with TPS_BUFFER_TOO_SMALL, and the `size` returned is the size needed (`data` is NULL; what `room`
 * holds is undefined). Other errors as with tps_cbor_get_bytes(). To take chunks one by one without room, use
 * tps_cbor_read().
 */
tps_span tps_cbor_join_bytes(tps_cbor_reader *reader, tps_buf room);
tps_span tps_cbor_join_text(tps_cbor_reader *reader, tps_buf room);

/** If the next item is the tag `tag`, moves past its head and returns true. Not finding it is no error, and
 * moves nothing. */
bool tps_cbor_take_tag(tps_cbor_reader *reader, uint64_t tag);

/**
 * Enter an array or a map (of definite or indefinite length); then
 *
 *     tps_cbor_list list = tps_cbor_enter_map(&r);
 *     while (tps_cbor_next(&r, &list)) { key = tps_cbor_get_int(&r); ... read or skip the value ... }
 *
 * tps_cbor_next() ends the loop after the last entry (taking the break, if any) and after any error; look at
 * `r.status` behind the loop. In an array each turn must read one item, in a map a key and a value. Entering
 * is a typed read, with its errors; the list then has no entries.
 */
tps_cbor_list tps_cbor_enter_array(tps_cbor_reader *reader);
tps_cbor_list tps_cbor_enter_map(tps_cbor_reader *reader);
bool tps_cbor_next(tps_cbor_reader *reader, tps_cbor_list *list);

/** Skip one whole item, and return its bytes. At most TPS_CBOR_DEPTH_MAX arrays, maps, tags and strings in
 * chunks may be nested (else TPS_CBOR_TOO_DEEP). Bounds and breaks are judged (TPS_CBOR_TRUNCATED, _RESERVED,
 * _BAD_BREAK), text is not. After an error it returns the empty span, and the reader stands at the head at
 * fault. Stack: 230 bytes on a Cortex-M33.
 */
tps_span tps_cbor_skip(tps_cbor_reader *reader);

/** The label of an entry that is looked for: an integer, or a text. */
typedef struct {
    int64_t number;   /**< used where `name` is NULL */
    const char *name; /**< zero-terminated UTF-8, or NULL */
} tps_cbor_label;

/**
 * @brief Find the entries of a map by their labels, in one pass and whatever order they stand in.
 *
 *     static const tps_cbor_label labels[] = {{.number = 10}, {.number = 256}, {.name = "cti"}};
 *     tps_span values[3];
 *     tps_cbor_find(&r, labels, values, 3);
 *     tps_cbor_reader nonce = tps_cbor_reader_of(&r, values[0]);
 *     tps_span bytes = tps_cbor_get_bytes(&nonce);
 *
 * Where keys come in the order of `labels`, some of them left out or not, each costs one comparison; else at
 * most `count`. Integer keys are compared by value, whatever the size of their heads. Values are gone over
 * like tps_cbor_skip() does. Afterwards the reader is behind the map.
 *
 * @param labels       What to look for, `count` of them; a label that stands there twice is found once. Keys
 * that are strings in chunks are none of them.
 * @param[out] values  The encoded value of each label, inside the input; `data` is NULL where the map has
 * none. After an error all are empty.
 * @param count        Labels and values.
 *
 * @return The number of entries whose key is none of the labels, for those who take no others. Look at the
 * reader's status: TPS_CBOR_UNEXPECTED_TYPE where no map is, TPS_CBOR_DUPLICATE_KEY where a label comes twice
 * (tps_cbor_check() sees that for all keys), TPS_CBOR_BAD_UTF8 for a key, or an error of tps_cbor_skip().
 * Texts in the values are not judged.
 *
 * Stack: 330 bytes on a Cortex-M33.
 */
size_t tps_cbor_find(tps_cbor_reader *reader, const tps_cbor_label *labels, tps_span *values, size_t count);

/**
 * A reader of a value that tps_cbor_find() found with the reader `map`; its offsets are those of the whole
 * input. For a value that is absent it has the status TPS_NOT_FOUND, or that of `map` if this has an error.
 */
tps_cbor_reader tps_cbor_reader_of(const tps_cbor_reader *map, tps_span value);

/** The reader must be at the end of its input: sets TPS_CBOR_TRAILING if not. Returns the reader's status. */
TPS_MUST_USE tps_status tps_cbor_reader_finish(tps_cbor_reader *reader);

/**
 * A writer into a buffer; with TPS_BUF_MEASURE it only counts. It keeps counting past the end of a small
 * buffer, so measuring and writing are one path. Heads are the shortest ones (RFC 8949, 4.2.1). The order of
 * map keys is the caller's, or tps_cbor_sort_map()'s; that as many items follow a head as it says, and that
 * text is UTF-8, is the caller's alone. What is put is copied, and may lie in the buffer only where it is
 * put. Nothing fails before tps_cbor_writer_finish(). Stack of any put on a Cortex-M33: at most 110 bytes.
 */
typedef struct {
    uint8_t *data;
    size_t capacity;
    size_t size;       /**< bytes put so far, whether they fitted or not */
    tps_status status; /**< the error so far */
} tps_cbor_writer;

/** A writer at the start of `buffer`, which is the caller's; TPS_BUF_MEASURE counts. */
tps_cbor_writer tps_cbor_writer_init(tps_buf buffer);

void tps_cbor_put_uint(tps_cbor_writer *writer, uint64_t value);
void tps_cbor_put_int(tps_cbor_writer *writer, int64_t value);

/** The integer -1 - `value`: what tps_cbor_put_int() cannot say of it, too. */
void tps_cbor_put_nint(tps_cbor_writer *writer, uint64_t value);

/** An integer of any size in its preferred form: a big number (tag 2 or 3) only where 64 bits are too few.
 * Leading zeros are left out. */
void tps_cbor_put_big(tps_cbor_writer *writer, tps_cbor_big number);

/** A float in the shortest form that keeps its value; every NaN as 0xf97e00 (RFC 8949, 4.2.2). Calls no
 * floating-point code. */
void tps_cbor_put_double(tps_cbor_writer *writer, double value);

/** Strings: bytes; a zero-terminated text (NULL: the empty one); a text by its size. */
void tps_cbor_put_bytes(tps_cbor_writer *writer, tps_span bytes);
void tps_cbor_put_text(tps_cbor_writer *writer, const char *text);
void tps_cbor_put_text_span(tps_cbor_writer *writer, tps_span text);

/** Heads: `count` elements follow; `count` pairs of key and value; one item. */
void tps_cbor_put_array(tps_cbor_writer *writer, uint64_t count);
void tps_cbor_put_map(tps_cbor_writer *writer, uint64_t count);
void tps_cbor_put_tag(tps_cbor_writer *writer, uint64_t tag);

void tps_cbor_put_bool(tps_cbor_writer *writer, bool value);
void tps_cbor_put_null(tps_cbor_writer *writer);
void tps_cbor_put_undefined(tps_cbor_writer *writer);

/** A simple value; 24 to 31 are none and set TPS_BAD_ARGUMENT. */
void tps_cbor_put_simple(tps_cbor_writer *writer, uint8_t value);

/** The head of a byte string of `size` bytes, whose content the caller puts next with tps_cbor_put_raw(). */
void tps_cbor_put_bytes_head(tps_cbor_writer *writer, uint64_t size);

/** A pair of a map whose key is an integer: the key, then the value. */
void tps_cbor_pair_uint(tps_cbor_writer *writer, int32_t key, uint64_t value);
void tps_cbor_pair_bytes(tps_cbor_writer *writer, int32_t key, tps_span bytes);
void tps_cbor_pair_text(tps_cbor_writer *writer, int32_t key, const char *text);
void tps_cbor_pair_text_span(tps_cbor_writer *writer, int32_t key, tps_span text);
void tps_cbor_pair_bool(tps_cbor_writer *writer, int32_t key, bool value);

/** A pair whose value is an array of `count` elements, which follow. */
void tps_cbor_pair_array(tps_cbor_writer *writer, int32_t key, uint64_t count);

/** Bytes that are CBOR already (or a string's content), as they are. */
void tps_cbor_put_raw(tps_cbor_writer *writer, tps_span encoded);

/**
 * @brief Put the pairs of a map into the deterministic order (RFC 8949, 4.2.1), in place.
 *
 *     size_t start = w.size;
 *     tps_cbor_put_map(&w, 3);
 *     ... three pairs in any order ...
 *     tps_cbor_sort_map(&w, start);
 *
 * The map must be the last thing written. A writer that only measures, or whose buffer was too small, is left
 * as it is. Sets TPS_CBOR_DUPLICATE_KEY where a key comes twice, TPS_CBOR_TRUNCATED or TPS_CBOR_TRAILING
 * where the pairs are not as many as the map's head says, TPS_CBOR_UNEXPECTED_TYPE where no map is, or an
 * error of tps_cbor_skip(). Time grows with the square of the pairs: for tens of them. Stack on a Cortex-M33:
 * 380 bytes.
 *
 * @param start  `writer->size` before the map's head was put.
 */
void tps_cbor_sort_map(tps_cbor_writer *writer, size_t start);

/**
 * @brief End writing.
 *
 * @param[out] encoded  What was written; with a measuring or too small buffer, `data` is NULL and `size` is
 * the size needed.
 *
 * @retval TPS_OK                Written, or measured.
 * @retval TPS_BUFFER_TOO_SMALL  There was a buffer and it is too small; `encoded->size` is the size needed.
 * @retval TPS_TOO_LARGE         What was put does not fit into memory's size.
 * @retval others                The error of the call that had one: TPS_BAD_ARGUMENT of
 * tps_cbor_put_simple(), or one of tps_cbor_sort_map().
 */
TPS_MUST_USE tps_status tps_cbor_writer_finish(const tps_cbor_writer *writer, tps_span *encoded);

#ifdef __cplusplus
}
#endif

#endif
