/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checker and the reader against libcbor: what both accept has the same values; what one alone accepts is
 * one of few known differences.
 *
 * Ours refuses and libcbor takes: bytes behind the item, the same key twice, keys other than integers in
 * longer forms than needed, and what passes a limit; text that is not UTF-8 is not compared. Libcbor refuses
 * and ours takes: simple values other than false, true, null and undefined, for which it has no type.
 */
#include <cbor.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tps/cbor.h"

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

static bool has_what_libcbor_lacks(tps_span input)
{
    tps_cbor_reader r = tps_cbor_reader_init(input);
    tps_cbor_item item;

    while (!tps_cbor_at_end(&r) && tps_cbor_read(&r, &item)) {
        if ((item.type == TPS_CBOR_SIMPLE && (item.value < 20 || item.value > 23)) ||
            (item.type == TPS_CBOR_TAG && item.value >= 6 && item.value <= 20)) {
            return true;
        }
    }
    return false;
}

/* Libcbor takes memory for as many entries as a head claims before it looks whether they are there: inputs
 * that claim more than 23 which cannot be are not for it. */
static bool has_honest_counts(tps_span input)
{
    tps_cbor_reader r = tps_cbor_reader_init(input);
    tps_cbor_item item;

    while (!tps_cbor_at_end(&r)) {
        if (!tps_cbor_read(&r, &item)) {
            bool is_container = *r.at >> 5 == TPS_CBOR_ARRAY || *r.at >> 5 == TPS_CBOR_MAP;
            if (r.status != TPS_CBOR_TRUNCATED || !is_container || (*r.at & 0x1f) > 23) {
                return r.status == TPS_CBOR_RESERVED || (r.status == TPS_CBOR_TRUNCATED && !is_container);
            }
            r = tps_cbor_reader_init(tps_span_make(r.at + 1, (size_t)(r.end - r.at) - 1));
        }
    }
    return true;
}

static bool is_stricter(tps_status status)
{
    switch (status) {
    case TPS_CBOR_TRAILING:
    case TPS_CBOR_TOO_DEEP:
    case TPS_CBOR_TOO_MANY:
    case TPS_CBOR_TOO_LONG:
    case TPS_CBOR_DUPLICATE_KEY:
    case TPS_CBOR_UNTRACKED_KEYS:
    case TPS_CBOR_NOT_DETERMINISTIC: return true;
    default: return false;
    }
}

static void compare(tps_cbor_reader *r, const cbor_item_t *item);

/* The pieces of a string, of which a definite one has one. */
static void compare_string(tps_cbor_reader *r, const cbor_item_t *item, bool is_text)
{
    static uint8_t room[65536];
    tps_span ours =
        is_text ? tps_cbor_join_text(r, TPS_BUF_OF(room)) : tps_cbor_join_bytes(r, TPS_BUF_OF(room));
    bool is_definite = is_text ? cbor_string_is_definite(item) : cbor_bytestring_is_definite(item);
    size_t count = is_definite ? 1
                   : is_text   ? cbor_string_chunk_count(item)
                               : cbor_bytestring_chunk_count(item);
    size_t at = 0;

    require(r->status == TPS_OK);
    for (size_t i = 0; i < count; i++) {
        const cbor_item_t *chunk = is_definite ? item
                                   : is_text   ? cbor_string_chunks_handle(item)[i]
                                               : cbor_bytestring_chunks_handle(item)[i];
        size_t size = is_text ? cbor_string_length(chunk) : cbor_bytestring_length(chunk);
        const uint8_t *bytes = is_text ? cbor_string_handle(chunk) : cbor_bytestring_handle(chunk);

        require(size <= ours.size - at && (size == 0 || memcmp(ours.data + at, bytes, size) == 0));
        at += size;
    }
    require(at == ours.size);
}

static void compare_array(tps_cbor_reader *r, const cbor_item_t *item)
{
    tps_cbor_list list = tps_cbor_enter_array(r);
    size_t i = 0;

    for (; tps_cbor_next(r, &list); i++) {
        require(i < cbor_array_size(item));
        compare(r, cbor_array_handle(item)[i]);
    }
    require(i == cbor_array_size(item));
}

static void compare_map(tps_cbor_reader *r, const cbor_item_t *item)
{
    tps_cbor_list list = tps_cbor_enter_map(r);
    size_t i = 0;

    for (; tps_cbor_next(r, &list); i++) {
        require(i < cbor_map_size(item));
        compare(r, cbor_map_handle(item)[i].key);
        compare(r, cbor_map_handle(item)[i].value);
    }
    require(i == cbor_map_size(item));
}

static void compare_float(tps_cbor_reader *r, const cbor_item_t *item)
{
    double ours = tps_cbor_get_double(r);
    double theirs = cbor_float_get_float(item);

    require(isnan(ours) ? isnan(theirs) : ours == theirs && signbit(ours) == signbit(theirs));
}

static void compare(tps_cbor_reader *r, const cbor_item_t *item)
{
    tps_cbor_item ours;

    switch (cbor_typeof(item)) {
    case CBOR_TYPE_UINT: require(tps_cbor_get_uint(r) == cbor_get_int(item)); break;
    case CBOR_TYPE_NEGINT:
        require(tps_cbor_read(r, &ours) && ours.type == TPS_CBOR_NINT && ours.value == cbor_get_int(item));
        break;
    case CBOR_TYPE_BYTESTRING: compare_string(r, item, false); break;
    case CBOR_TYPE_STRING: compare_string(r, item, true); break;
    case CBOR_TYPE_ARRAY: compare_array(r, item); break;
    case CBOR_TYPE_MAP: compare_map(r, item); break;
    case CBOR_TYPE_TAG:
        require(tps_cbor_get_tag(r) == cbor_tag_value(item));
        compare(r, item->metadata.tag_metadata.tagged_item);
        break;
    case CBOR_TYPE_FLOAT_CTRL:
        if (cbor_float_ctrl_is_ctrl(item)) {
            require(tps_cbor_get_simple(r) == cbor_ctrl_value(item));
        } else {
            compare_float(r, item);
        }
        break;
    }
    require(r->status == TPS_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_span input = tps_span_make(data, size);
    tps_status status = tps_cbor_check(input, &tps_cbor_limits_message, NULL, NULL);
    struct cbor_load_result result = {0};
    cbor_item_t *item;

    if (!has_honest_counts(input)) {
        return 0;
    }
    item = cbor_load(data, size, &result);
    if (item == NULL) {
        require(status != TPS_OK || has_what_libcbor_lacks(input));
        return 0;
    }
    if (status == TPS_OK) {
        tps_cbor_reader r = tps_cbor_reader_init(input);

        compare(&r, item);
        require(tps_cbor_reader_finish(&r) == TPS_OK);
        require(result.read == size);
    } else {
        require(is_stricter(status));
        require(status != TPS_CBOR_TRAILING || result.read < size);
    }
    cbor_decref(&item);
    return 0;
}
