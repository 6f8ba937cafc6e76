/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cbor_copy.h
 * Reads any CBOR item with the typed reads and writes what was read with the writer: for tests and fuzz
 * targets.
 */
#ifndef TPS_TEST_CBOR_COPY_H
#define TPS_TEST_CBOR_COPY_H

#include "tps/cbor.h"

/** The longest string in chunks that can be copied. */
#define CBOR_COPY_STRING_MAX 65536u

static void cbor_copy(tps_cbor_reader *r, tps_cbor_writer *w);

/* Entries of the list that begins at the reader; it does not move. */
static inline uint64_t cbor_copy_count(const tps_cbor_reader *r, bool is_map)
{
    tps_cbor_reader ahead = *r;
    tps_cbor_list list = is_map ? tps_cbor_enter_map(&ahead) : tps_cbor_enter_array(&ahead);
    uint64_t count = 0;

    while (tps_cbor_next(&ahead, &list)) {
        tps_cbor_skip(&ahead);
        if (is_map) {
            tps_cbor_skip(&ahead);
        }
        count++;
    }
    return count;
}

static inline void cbor_copy_map(tps_cbor_reader *r, tps_cbor_writer *w)
{
    size_t start = w->size;
    tps_cbor_list map;

    tps_cbor_put_map(w, cbor_copy_count(r, true));
    map = tps_cbor_enter_map(r);
    while (tps_cbor_next(r, &map)) {
        cbor_copy(r, w);
        cbor_copy(r, w);
    }
    tps_cbor_sort_map(w, start);
}

/* A big number; also one in chunks, which the typed read refuses, and the preferred form is not that of. */
static inline void cbor_copy_tagged(tps_cbor_reader *r, tps_cbor_writer *w)
{
    static uint8_t room[CBOR_COPY_STRING_MAX];
    tps_cbor_reader ahead = *r;
    tps_cbor_big big = tps_cbor_get_big(&ahead);
    uint64_t tag;

    if (ahead.status == TPS_OK) {
        tps_cbor_put_big(w, big);
        *r = ahead;
        return;
    }
    tag = tps_cbor_get_tag(r);
    if ((tag == 2 || tag == 3) && tps_cbor_peek(r) == TPS_CBOR_BYTES) {
        tps_cbor_put_big(w, (tps_cbor_big){tps_cbor_join_bytes(r, TPS_BUF_OF(room)), tag == 3});
        return;
    }
    tps_cbor_put_tag(w, tag);
    cbor_copy(r, w);
}

/** Copies one item in deterministic form: shortest heads and floats, definite lengths, sorted maps. */
static inline void cbor_copy(tps_cbor_reader *r, tps_cbor_writer *w)
{
    static uint8_t room[CBOR_COPY_STRING_MAX];
    tps_cbor_item item;
    tps_cbor_list list;

    switch (tps_cbor_peek(r)) {
    case TPS_CBOR_UINT: tps_cbor_put_uint(w, tps_cbor_get_uint(r)); break;
    case TPS_CBOR_NINT:
        tps_cbor_read(r, &item);
        tps_cbor_put_nint(w, item.value);
        break;
    case TPS_CBOR_BYTES: tps_cbor_put_bytes(w, tps_cbor_join_bytes(r, TPS_BUF_OF(room))); break;
    case TPS_CBOR_TEXT: tps_cbor_put_text_span(w, tps_cbor_join_text(r, TPS_BUF_OF(room))); break;
    case TPS_CBOR_ARRAY:
        tps_cbor_put_array(w, cbor_copy_count(r, false));
        list = tps_cbor_enter_array(r);
        while (tps_cbor_next(r, &list)) {
            cbor_copy(r, w);
        }
        break;
    case TPS_CBOR_MAP: cbor_copy_map(r, w); break;
    case TPS_CBOR_TAG: cbor_copy_tagged(r, w); break;
    case TPS_CBOR_SIMPLE: tps_cbor_put_simple(w, tps_cbor_get_simple(r)); break;
    case TPS_CBOR_FLOAT: tps_cbor_put_double(w, tps_cbor_get_double(r)); break;
    default: tps_cbor_fail(r, TPS_CBOR_BAD_BREAK); break;
    }
}

#endif
