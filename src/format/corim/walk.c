/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM: the reader with a name for each place, maps that may be extended, and lists. */
#include "format/corim/walk.h"

corim_walk corim_walk_init(tps_span input, const char *where)
{
    corim_walk walk = {tps_cbor_reader_init(input), where, false};

    return walk;
}

void corim_walk_at(corim_walk *walk, const char *where)
{
    if (walk->reader.status == TPS_OK) {
        walk->where = where;
    }
}

void corim_walk_fail(corim_walk *walk, tps_status status, const char *where)
{
    if (walk->reader.status == TPS_OK && status != TPS_OK) {
        walk->where = where;
        tps_cbor_fail(&walk->reader, status);
    }
}

void corim_walk_require(corim_walk *walk, bool is_good, const char *where)
{
    if (!is_good) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, where);
    }
}

tps_status corim_walk_finish(corim_walk *walk, tps_error *why)
{
    tps_status status = tps_cbor_reader_finish(&walk->reader);

    if (status == TPS_OK) {
        return TPS_OK;
    }
    if (status == TPS_CBOR_UNEXPECTED_TYPE || status == TPS_CBOR_OUT_OF_RANGE ||
        status == TPS_CBOR_INDEFINITE || status == TPS_CBOR_TRUNCATED) {
        status = TPS_CORIM_BAD_VALUE;
    }
    return tps_fail(why, status, tps_cbor_offset(&walk->reader), walk->where);
}

/* ---- maps ---- */

tps_cbor_item corim_walk_key(corim_walk *walk)
{
    tps_cbor_item key = {TPS_CBOR_END, 0, 0, TPS_SPAN_EMPTY};

    switch (tps_cbor_peek(&walk->reader)) {
    case TPS_CBOR_UINT:
    case TPS_CBOR_NINT: (void)tps_cbor_read(&walk->reader, &key); break;
    case TPS_CBOR_TEXT:
        key.bytes = tps_cbor_get_text(&walk->reader); /* refuses text in chunks */
        key.type = TPS_CBOR_TEXT;
        break;
    default: corim_walk_require(walk, false, "a member's key is neither number nor text"); break;
    }
    return key;
}

bool corim_key_is_known(const tps_cbor_item *key, uint64_t known)
{
    return key->type == TPS_CBOR_UINT && key->value < 64 && (known >> key->value & 1) != 0;
}

corim_map corim_map_enter(corim_walk *walk, uint64_t known, const char *name)
{
    corim_map map = {.known = known, .name = name};

    corim_walk_at(walk, name);
    map.list = tps_cbor_enter_map(&walk->reader);
    map.start = tps_cbor_offset(&walk->reader);
    return map;
}

bool corim_map_next(corim_walk *walk, corim_map *map)
{
    while (tps_cbor_next(&walk->reader, &map->list)) {
        tps_cbor_item key;
        corim_walk_at(walk, map->name);
        key = corim_walk_key(walk);
        if (corim_key_is_known(&key, map->known)) {
            map->key = (uint32_t)key.value;
            map->seen |= UINT64_C(1) << map->key;
            return true;
        }
        tps_cbor_skip(&walk->reader);
        map->foreign++;
    }
    corim_walk_at(walk, map->name);
    return false;
}

/* The bytes since `start`: for a map of indefinite length with its break, at which the cursor stops. */
static tps_span passed(const corim_walk *walk, size_t start)
{
    size_t end = tps_cbor_offset(&walk->reader);

    return tps_span_make(walk->reader.start + start, end - start);
}

void corim_map_extensions(corim_walk *walk, const corim_map *map, tps_corim_extensions *out)
{
    *out = (tps_corim_extensions){NULL, map->foreign, TPS_SPAN_EMPTY, map->known};
    if (map->foreign > TPS_CORIM_EXTENSIONS_MAX) {
        corim_walk_fail(walk, TPS_CORIM_UNSUPPORTED, "more than 64 members of one map are not the draft's");
    }
    if (map->foreign != 0 && walk->reader.status == TPS_OK) {
        out->encoded = passed(walk, map->start);
    }
}

void corim_map_close(corim_walk *walk, const corim_map *map)
{
    corim_walk_require(walk, map->foreign == 0, map->name);
}

void corim_map_require(corim_walk *walk, const corim_map *map, uint64_t keys)
{
    corim_walk_require(walk, (map->seen & keys) == keys, map->name);
}

/* ---- lists ---- */

corim_list corim_list_enter(corim_walk *walk)
{
    corim_list list = {.where = walk->where};

    list.elements = tps_cbor_enter_array(&walk->reader);
    list.start = list.end = tps_cbor_offset(&walk->reader);
    return list;
}

corim_list corim_list_enter_if(corim_walk *walk, bool is_array)
{
    corim_list list = {.where = walk->where, .is_single = true};

    if (is_array) {
        return corim_list_enter(walk);
    }
    list.start = list.end = tps_cbor_offset(&walk->reader);
    return list;
}

/* Whether one more element stands here; what was read before it ends here. */
static bool is_more(corim_walk *walk, corim_list *list)
{
    list->end = tps_cbor_offset(&walk->reader);
    if (list->is_single ? list->count != 0 || walk->reader.status != TPS_OK
                        : !tps_cbor_next(&walk->reader, &list->elements)) {
        return false;
    }
    list->count++;
    return true;
}

bool corim_list_next(corim_walk *walk, corim_list *list)
{
    while (is_more(walk, list)) {
        if (!walk->is_checked) {
            return true;
        }
        tps_cbor_skip(&walk->reader);
    }
    return false;
}

void corim_list_leave(corim_walk *walk, corim_list *list, size_t least)
{
    corim_walk_require(walk, list->count >= least, list->where);
    corim_walk_at(walk, list->where);
    list->encoded = tps_span_make(walk->reader.start + list->start, list->end - list->start);
}

tps_corim_cursor tps_corim_walk(const void *items, size_t count, tps_span encoded)
{
    tps_corim_cursor cursor = {tps_cbor_reader_init(items == NULL ? encoded : TPS_SPAN_EMPTY), items,
                               items == NULL ? 0 : count, 0};

    return cursor;
}

tps_corim_cursor tps_corim_walk_extensions(const tps_corim_extensions *extensions)
{
    tps_corim_cursor cursor = tps_corim_walk(extensions->items, extensions->count, extensions->encoded);

    cursor.known = extensions->known;
    return cursor;
}

bool corim_cursor_item(tps_corim_cursor *cursor, void *out, size_t size)
{
    if (cursor->left == 0) {
        return false;
    }
    memcpy(out, cursor->items, size);
    cursor->items = (const uint8_t *)cursor->items + size;
    cursor->left--;
    return true;
}

bool corim_cursor_begin(const tps_corim_cursor *cursor, corim_walk *walk)
{
    *walk = (corim_walk){cursor->reader, "", true};
    return tps_cbor_peek(&walk->reader) != TPS_CBOR_END;
}

bool corim_cursor_end(tps_corim_cursor *cursor, const corim_walk *walk)
{
    cursor->reader = walk->reader;
    return walk->reader.status == TPS_OK;
}

bool tps_corim_next_extension(tps_corim_cursor *cursor, tps_corim_extension *out)
{
    corim_walk walk = {cursor->reader, "", true};

    if (corim_cursor_item(cursor, out, sizeof *out)) {
        return true;
    }
    while (tps_cbor_peek(&walk.reader) != TPS_CBOR_END && tps_cbor_peek(&walk.reader) != TPS_CBOR_BREAK) {
        out->key = corim_walk_key(&walk);
        out->value = tps_cbor_skip(&walk.reader);
        cursor->reader = walk.reader;
        if (walk.reader.status == TPS_OK && !corim_key_is_known(&out->key, cursor->known)) {
            return true;
        }
    }
    return false;
}
