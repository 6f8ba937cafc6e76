/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file span.h
 * The two words that every interface of opentps speaks: bytes to read (`tps_span`) and room to write
 * (`tps_buf`). Neither owns memory; the caller keeps what they point to alive for as long as they are used.
 */
#ifndef TPS_SPAN_H
#define TPS_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes that are only read. `data` may be NULL when `size` is 0. */
typedef struct {
    const uint8_t *data;
    size_t size; /**< in bytes */
} tps_span;

/** Room that may be written. `data` NULL means: only measure. */
typedef struct {
    uint8_t *data;
    size_t size; /**< in bytes */
} tps_buf;

/** No bytes at all. */
#define TPS_SPAN_EMPTY ((tps_span){NULL, 0})

/** The bytes of an array (not of a pointer). */
#define TPS_SPAN_OF(array) ((tps_span){(const uint8_t *)(array), sizeof(array)})

/** The characters of a string literal, without its final zero. */
#define TPS_SPAN_LITERAL(text) ((tps_span){(const uint8_t *)("" text), sizeof(text) - 1})

/** An array as room to write. */
#define TPS_BUF_OF(array) ((tps_buf){(uint8_t *)(array), sizeof(array)})

/** No room: whatever takes this only measures. */
#define TPS_BUF_MEASURE ((tps_buf){NULL, 0})

/** `size` bytes at `data`. */
static inline tps_span tps_span_make(const void *data, size_t size)
{
    tps_span span = {(const uint8_t *)data, size};

    return span;
}

/** The characters of a zero-terminated string, without the zero; NULL gives the empty span. */
static inline tps_span tps_span_of_text(const char *text)
{
    return tps_span_make(text, text == NULL ? 0 : strlen(text));
}

/** True when both hold the same bytes. Not constant time: for public data; see tps_equal_secret(). */
static inline bool tps_span_equal(tps_span a, tps_span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/** True when the span holds exactly the characters of `text`. Not constant time. */
static inline bool tps_span_is_text(tps_span span, const char *text)
{
    return tps_span_equal(span, tps_span_of_text(text));
}

#ifdef __cplusplus
}
#endif

#endif
