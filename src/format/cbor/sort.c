/* SPDX-License-Identifier: Apache-2.0 */
/* Putting the pairs of an encoded map into the order of RFC 8949, 4.2.1, in place and without more room. */
#include "tps/cbor.h"

static void reverse(uint8_t *from, uint8_t *to)
{
    while (from < to) {
        uint8_t byte = *from;
        *from++ = *--to;
        *to = byte;
    }
}

/* Swaps the neighbours [from, middle) and [middle, to). */
static void swap_neighbours(uint8_t *from, uint8_t *middle, uint8_t *to)
{
    reverse(from, middle);
    reverse(middle, to);
    reverse(from, to);
}

/* Order of two encoded keys. No encoded item is the beginning of another, so the smaller size is enough. */
static int compare(tps_span a, tps_span b)
{
    return memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);
}

/* Moves the pair [at, end) whose key is `key` before the first pair in [first, at) with a larger key. All of
 * them have been gone over before. */
static tps_status insert_pair(uint8_t *first, uint8_t *at, uint8_t *end, tps_span key)
{
    tps_cbor_reader sorted = tps_cbor_reader_init(tps_span_make(first, (size_t)(at - first)));

    for (size_t place = 0; place < (size_t)(at - first); place = tps_cbor_offset(&sorted)) {
        int order = compare(tps_cbor_skip(&sorted), key);

        if (order == 0) {
            return TPS_CBOR_DUPLICATE_KEY;
        }
        if (order > 0) {
            swap_neighbours(first + place, at, end);
            break;
        }
        tps_cbor_skip(&sorted);
    }
    return TPS_OK;
}

void tps_cbor_sort_map(tps_cbor_writer *writer, size_t start)
{
    tps_cbor_reader r;
    tps_cbor_list map;
    uint8_t *first;

    if (writer->status != TPS_OK || writer->data == NULL || writer->size > writer->capacity) {
        return;
    }
    r = tps_cbor_reader_init(tps_span_make(writer->data + start, writer->size - start));
    map = tps_cbor_enter_map(&r);
    first = writer->data + start + tps_cbor_offset(&r);
    while (tps_cbor_next(&r, &map)) {
        uint8_t *at = writer->data + start + tps_cbor_offset(&r);
        tps_span key = tps_cbor_skip(&r);

        tps_cbor_skip(&r);
        if (r.status == TPS_OK) {
            tps_cbor_fail(&r, insert_pair(first, at, writer->data + start + tps_cbor_offset(&r), key));
        }
    }
    writer->status = tps_cbor_reader_finish(&r);
}
