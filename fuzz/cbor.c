/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the CBOR checker against the reader and the writer: what the checker accepts, the reader walks to
 * the end without an error; what it accepts as deterministic, the writer writes again byte for byte from what
 * was read.
 */
#include <stdlib.h>

#include "tps/cbor_diagnostic.h"

static const tps_cbor_limits deterministic = {65536, 16, 512, true, false};

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

/* Floats and other simple values, for which the writer has no call: the head from its value and width. */
static void put_head_of_7(tps_cbor_writer *w, const tps_cbor_item *item)
{
    uint8_t head[9];
    size_t size = item->type == TPS_CBOR_FLOAT ? item->width : item->value >= 24 ? 1 : 0;

    head[0] = (uint8_t)(0xe0 | (size == 0   ? item->value
                                : size == 1 ? 24
                                : size == 2 ? 25
                                : size == 4 ? 26
                                            : 27));
    for (size_t i = 0; i < size; i++) {
        head[1 + i] = (uint8_t)(item->value >> (8 * (size - 1 - i)));
    }
    tps_cbor_put_raw(w, tps_span_make(head, 1 + size));
}

static void copy_item(tps_cbor_reader *r, tps_cbor_writer *w);

static void copy_string(tps_cbor_reader *r, tps_cbor_writer *w, const tps_cbor_item *item)
{
    tps_cbor_item chunk;

    if (item->value != TPS_CBOR_INDEFINITE_LENGTH) {
        if (item->type == TPS_CBOR_TEXT) {
            tps_cbor_put_text_span(w, item->bytes);
        } else {
            tps_cbor_put_bytes(w, item->bytes);
        }
        return;
    }
    do {
        require(tps_cbor_read(r, &chunk));
        require(chunk.type == item->type || chunk.type == TPS_CBOR_BREAK);
    } while (chunk.type != TPS_CBOR_BREAK);
}

static void copy_entries(tps_cbor_reader *r, tps_cbor_writer *w, tps_cbor_list list, bool is_map)
{
    while (tps_cbor_next(r, &list)) {
        copy_item(r, w);
        if (is_map) {
            copy_item(r, w);
        }
    }
}

static void copy_item(tps_cbor_reader *r, tps_cbor_writer *w)
{
    tps_cbor_item item;
    uint32_t type = tps_cbor_peek(r);

    if (type == TPS_CBOR_ARRAY || type == TPS_CBOR_MAP) {
        tps_cbor_list list = type == TPS_CBOR_ARRAY ? tps_cbor_enter_array(r) : tps_cbor_enter_map(r);
        if (type == TPS_CBOR_ARRAY) {
            tps_cbor_put_array(w, list.left);
        } else {
            tps_cbor_put_map(w, list.left);
        }
        copy_entries(r, w, list, type == TPS_CBOR_MAP);
        return;
    }
    require(tps_cbor_read(r, &item));
    require(item.type == type);
    switch (type) {
    case TPS_CBOR_UINT: tps_cbor_put_uint(w, item.value); break;
    case TPS_CBOR_NINT:
        if (item.value <= INT64_MAX) {
            tps_cbor_put_int(w, -1 - (int64_t)item.value);
        } else { /* beyond the writer's int64: the head of a uint, with the other major type */
            size_t at = w->size;
            tps_cbor_put_uint(w, item.value);
            if (w->data != NULL && w->size <= w->capacity) {
                w->data[at] |= 0x20;
            }
        }
        break;
    case TPS_CBOR_BYTES:
    case TPS_CBOR_TEXT: copy_string(r, w, &item); break;
    case TPS_CBOR_TAG:
        tps_cbor_put_tag(w, item.value);
        copy_item(r, w);
        break;
    case TPS_CBOR_SIMPLE:
    case TPS_CBOR_FLOAT: put_head_of_7(w, &item); break;
    default: abort(); /* a break or the end, where the checker saw an item */
    }
}

static void walk(tps_span input, bool is_deterministic)
{
    static uint8_t copy[65536];
    tps_cbor_reader r = tps_cbor_reader_init(input);
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(copy));
    tps_span encoded;

    copy_item(&r, &w);
    require(tps_cbor_reader_finish(&r) == TPS_OK);
    if (is_deterministic) {
        require(tps_cbor_writer_finish(&w, &encoded) == TPS_OK);
        require(tps_span_equal(encoded, input));
    }
    r = tps_cbor_reader_init(input);
    require(tps_cbor_skip(&r).size == input.size);
    require(tps_cbor_reader_finish(&r) == TPS_OK);
}

/* On bytes that nobody checked the reader must stay within them, and end. */
static void read_unchecked(tps_span input)
{
    tps_cbor_reader r = tps_cbor_reader_init(input);
    tps_cbor_item item;

    while (tps_cbor_read(&r, &item)) {
        require(item.bytes.size <= input.size);
        require(tps_cbor_offset(&r) <= input.size);
    }
    r = tps_cbor_reader_init(input);
    while (r.status == TPS_OK) {
        tps_cbor_skip(&r);
    }
}

static void count(void *context, const char *text, size_t size)
{
    size_t *total = context;

    (void)text;
    *total += size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_span input = tps_span_make(data, size);
    tps_cbor_limits sequence = tps_cbor_limits_message;
    tps_error why = {0};
    size_t printed = 0;
    size_t first = 0;
    tps_status status = tps_cbor_check(input, &tps_cbor_limits_message, NULL, &why);
    bool is_deterministic = tps_cbor_check(input, &deterministic, NULL, NULL) == TPS_OK;

    require(status == TPS_OK || (why.status == status && why.offset <= size));
    require(!is_deterministic || status == TPS_OK);
    if (status == TPS_OK) {
        walk(input, is_deterministic);
        require(tps_cbor_check(input, &tps_cbor_limits_file, NULL, NULL) == TPS_OK);
    }
    sequence.sequence = true;
    if (tps_cbor_check(input, &sequence, &first, NULL) == TPS_OK) {
        require(first > 0 && first <= size);
        require(tps_cbor_check(tps_span_make(data, first), &tps_cbor_limits_message, NULL, NULL) == TPS_OK);
    }
    read_unchecked(input);
    if (tps_cbor_diagnose(input, count, &printed, &why) == TPS_OK) {
        require(printed > 0);
    }
    return 0;
}
