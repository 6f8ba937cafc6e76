/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an answer is as a pattern says; what a pattern is, component_conformance.h says. */
#include <stdlib.h>
#include <string.h>

#include "component_conformance.h"
#include "tps/cbor.h"

enum { DEPTH_MAX = 12 };

static bool match_items(tps_cbor_reader *pattern, tps_cbor_reader *item, int depth);

static bool is_text(tps_span text, const char *word)
{
    return text.size == strlen(word) && memcmp(text.data, word, text.size) == 0;
}

static bool begins_with(tps_span text, const char *word)
{
    return text.size >= strlen(word) && memcmp(text.data, word, strlen(word)) == 0;
}

/** Whether an item is what a wildcard, without its '?', names. */
static bool match_wildcard(tps_span word, tps_span item)
{
    tps_cbor_reader r = tps_cbor_reader_init(item);
    tps_cbor_item head;
    char number[8] = {0};

    if (!tps_cbor_read(&r, &head)) {
        return false;
    }
    if (begins_with(word, "optional ")) {
        word = tps_span_make(word.data + 9, word.size - 9);
    }
    if (begins_with(word, "bytes ") && word.size - 6 < sizeof number) {
        memcpy(number, word.data + 6, word.size - 6);
        return head.type == TPS_CBOR_BYTES && head.bytes.size == strtoul(number, NULL, 10);
    }
    return is_text(word, "any") || (is_text(word, "uint") && head.type == TPS_CBOR_UINT) ||
           (is_text(word, "int") && head.type <= TPS_CBOR_NINT) ||
           (is_text(word, "bytes") && head.type == TPS_CBOR_BYTES) ||
           (is_text(word, "text") && head.type == TPS_CBOR_TEXT) ||
           (is_text(word, "array") && head.type == TPS_CBOR_ARRAY) ||
           (is_text(word, "map") && head.type == TPS_CBOR_MAP) ||
           (is_text(word, "bool") && head.type == TPS_CBOR_SIMPLE && (head.value == 20 || head.value == 21));
}

/** The wildcard that a pattern's item is, without its '?'; empty if it is none. */
static tps_span wildcard_of(tps_span pattern)
{
    tps_cbor_reader r = tps_cbor_reader_init(pattern);
    tps_span text = tps_cbor_peek(&r) == TPS_CBOR_TEXT ? tps_cbor_get_text(&r) : TPS_SPAN_EMPTY;

    return text.size > 1 && text.data[0] == '?' ? tps_span_make(text.data + 1, text.size - 1)
                                                : TPS_SPAN_EMPTY;
}

/** The value of `key` (encoded) in an encoded map; empty if it is not there. */
static tps_span value_of(tps_span map, tps_span key)
{
    tps_cbor_reader r = tps_cbor_reader_init(map);
    tps_cbor_list list = tps_cbor_enter_map(&r);

    while (tps_cbor_next(&r, &list)) {
        tps_span this = tps_cbor_skip(&r);
        tps_span value = tps_cbor_skip(&r);

        if (this.size == key.size && memcmp(this.data, key.data, key.size) == 0) {
            return value;
        }
    }
    return TPS_SPAN_EMPTY;
}

static bool match_spans(tps_span pattern, tps_span item, int depth)
{
    tps_cbor_reader p = tps_cbor_reader_init(pattern);
    tps_cbor_reader i = tps_cbor_reader_init(item);

    return match_items(&p, &i, depth) && tps_cbor_at_end(&p) && tps_cbor_at_end(&i);
}

static bool match_maps(tps_span pattern, tps_span item, int depth)
{
    tps_cbor_reader p = tps_cbor_reader_init(pattern);
    tps_cbor_reader i = tps_cbor_reader_init(item);
    tps_cbor_list pairs = tps_cbor_enter_map(&p);
    uint64_t left = tps_cbor_enter_map(&i).left;

    while (tps_cbor_next(&p, &pairs)) {
        tps_span key = tps_cbor_skip(&p);
        tps_span wanted = tps_cbor_skip(&p);
        tps_span value = value_of(item, key);

        if (is_text(wildcard_of(key), "more")) {
            left = 0;
        } else if (value.size == 0 && !begins_with(wildcard_of(wanted), "optional ")) {
            return false;
        } else if (value.size != 0) {
            left -= left > 0 ? 1 : 0;
            if (!match_spans(wanted, value, depth)) {
                return false;
            }
        }
    }
    return p.status == TPS_OK && i.status == TPS_OK && left == 0;
}

static bool match_items(tps_cbor_reader *pattern, tps_cbor_reader *item, int depth)
{
    tps_cbor_reader p = *pattern;
    tps_cbor_reader i = *item;
    tps_span wanted = tps_cbor_skip(pattern);
    tps_span found = tps_cbor_skip(item);
    tps_cbor_item p_head;
    tps_cbor_item i_head;

    if (wanted.size == 0 || found.size == 0 || depth > DEPTH_MAX) {
        return false;
    }
    if (wildcard_of(wanted).size > 0) {
        return match_wildcard(wildcard_of(wanted), found);
    }
    if (!tps_cbor_read(&p, &p_head) || !tps_cbor_read(&i, &i_head) || p_head.type != i_head.type) {
        return false;
    }
    if (p_head.type == TPS_CBOR_MAP) {
        return match_maps(wanted, found, depth + 1);
    }
    if (p_head.type != TPS_CBOR_ARRAY && p_head.type != TPS_CBOR_TAG) {
        return wanted.size == found.size && memcmp(wanted.data, found.data, wanted.size) == 0;
    }
    if (p_head.value != i_head.value) {
        return false;
    }
    for (uint64_t n = p_head.type == TPS_CBOR_TAG ? 1 : p_head.value; n > 0; n--) {
        if (!match_items(&p, &i, depth + 1)) {
            return false;
        }
    }
    return true;
}

bool conformance_match(tps_span pattern, tps_span item)
{
    return match_spans(pattern, item, 0);
}
