/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CBOR checker: one pass over the bytes, no recursion, every limit kept.
 *
 * Duplicate keys: a map whose keys come in ascending order cannot hold one, which is seen by comparing
 * neighbours. For the other maps, the keys of all open maps are kept in one small stack of places and
 * compared; a map that outgrew the stack and is not sorted is refused, so the time stays bounded.
 *
 * One key has many encodings (10 is 0a, 180a, 19000a, ...), and a decoder takes them all for the same label.
 * So integer keys are compared by value, and any other key must come in its shortest form: then equal keys
 * have equal bytes. The two orders, by value and by bytes, agree where both apply.
 */
#include "tps/cbor.h"

#include "format/cbor/head.h"
#include "format/text/utf8.h"

const tps_cbor_limits tps_cbor_limits_message = {65536, 16, 512, false, false};
const tps_cbor_limits tps_cbor_limits_file = {16u << 20, TPS_CBOR_DEPTH_MAX, 1u << 20, false, false};

typedef struct {
    uint32_t at;
    uint32_t size;
} key_place;

typedef struct {
    uint64_t left;      /* items to come, or TPS_CBOR_INDEFINITE_LENGTH */
    uint32_t entries;   /* items seen */
    uint32_t key_start; /* where the key under way began (maps) */
    key_place last;     /* the key before (maps) */
    uint16_t first_key; /* this map's first place in the stack of keys */
    uint8_t major;
    bool is_sorted;
    bool is_tracked;
    bool is_in_key; /* it lies inside a key of a map below */
} level;

typedef struct {
    const uint8_t *start;
    const uint8_t *at;
    const uint8_t *end;
    const tps_cbor_limits *limits;
    level levels[TPS_CBOR_DEPTH_MAX];
    uint32_t depth;
    key_place keys[TPS_CBOR_TRACKED_KEYS];
    uint16_t key_count;
    bool has_long_keys; /* an integer key came in a longer head than it needs */
} checker;

static uint32_t offset(const checker *c)
{
    return (uint32_t)(c->at - c->start);
}

static bool is_integer(const uint8_t *key)
{
    return *key >> 5 <= TPS_CBOR_NINT;
}

static int compare_integers(const uint8_t *a, const uint8_t *b, const uint8_t *end)
{
    cbor_head x;
    cbor_head y;

    /* Both were read before; were they not, they would count as equal and be refused. */
    if (cbor_head_read(a, end, &x) != TPS_OK || cbor_head_read(b, end, &y) != TPS_OK) {
        return 0;
    }
    if (x.major != y.major) {
        return x.major < y.major ? -1 : 1;
    }
    return (x.argument > y.argument) - (x.argument < y.argument);
}

/* Bytewise order of encoded keys (RFC 8949, 4.2.1), as if integers had shortest heads. */
static int compare_keys(const checker *c, key_place a, key_place b)
{
    uint32_t shorter = a.size < b.size ? a.size : b.size;
    const uint8_t *x = c->start + a.at;
    const uint8_t *y = c->start + b.at;
    int order;

    if (*x != *y && !c->has_long_keys) { /* most keys differ in their first byte: no call for these */
        return *x < *y ? -1 : 1;
    }
    if (c->has_long_keys && is_integer(x) && is_integer(y)) {
        return compare_integers(x, y, c->end);
    }
    order = memcmp(x, y, shorter);
    if (order != 0 || a.size == b.size) {
        return order;
    }
    return a.size < b.size ? -1 : 1;
}

/* A key of the map on top has just ended. */
static tps_status note_key(checker *c, level *map)
{
    key_place key = {map->key_start, offset(c) - map->key_start};
    bool is_first = map->entries == 1;
    int order = is_first ? -1 : compare_keys(c, map->last, key);

    if (order == 0) {
        return TPS_CBOR_DUPLICATE_KEY;
    }
    if (order > 0) {
        if (c->limits->deterministic) {
            return TPS_CBOR_NOT_DETERMINISTIC;
        }
        map->is_sorted = false;
    }
    if (!map->is_sorted) {
        if (!map->is_tracked) {
            return TPS_CBOR_UNTRACKED_KEYS;
        }
        for (uint16_t i = map->first_key; i < c->key_count; i++) {
            if (compare_keys(c, c->keys[i], key) == 0) {
                return TPS_CBOR_DUPLICATE_KEY;
            }
        }
    }
    map->last = key;
    if (map->is_tracked && c->key_count < TPS_CBOR_TRACKED_KEYS) {
        c->keys[c->key_count++] = key;
    } else {
        map->is_tracked = false;
    }
    return TPS_OK;
}

static bool is_map(const level *l)
{
    return l->major == TPS_CBOR_MAP;
}

/* NULL outside of everything. */
static const level *top_level(const checker *c)
{
    return c->depth > 0 ? &c->levels[c->depth - 1] : NULL;
}

/* True when the next item inside `top` is a key, or part of one. */
static bool is_in_key(const level *top)
{
    return top != NULL && (top->is_in_key || (is_map(top) && top->entries % 2 == 0));
}

static tps_status open_level(checker *c, uint8_t major, uint64_t left)
{
    bool in_key = is_in_key(top_level(c));

    if (c->depth == c->limits->depth || c->depth == TPS_CBOR_DEPTH_MAX) {
        return TPS_CBOR_TOO_DEEP;
    }
    c->levels[c->depth++] = (level){.left = left,
                                    .major = major,
                                    .key_start = offset(c),
                                    .first_key = c->key_count,
                                    .is_sorted = true,
                                    .is_tracked = true,
                                    .is_in_key = in_key};
    return TPS_OK;
}

/* An item has ended inside the level on top: count it, and close every level that is complete by it. */
static tps_status item_ended(checker *c)
{
    while (c->depth > 0) {
        level *top = &c->levels[c->depth - 1];
        top->entries++;
        if (is_map(top)) {
            if (top->entries % 2 == 1) {
                TPS_TRY(note_key(c, top));
            } else {
                top->key_start = offset(c);
            }
        }
        if (top->left == TPS_CBOR_INDEFINITE_LENGTH) {
            uint64_t most = (uint64_t)c->limits->entries * (is_map(top) ? 2 : 1);
            return top->entries > most ? TPS_CBOR_TOO_MANY : TPS_OK;
        }
        if (--top->left > 0) {
            return TPS_OK;
        }
        c->key_count = top->first_key;
        c->depth--;
    }
    return TPS_OK;
}

static tps_status check_break(checker *c)
{
    const level *top = top_level(c);

    if (top == NULL || top->left != TPS_CBOR_INDEFINITE_LENGTH || (is_map(top) && top->entries % 2 == 1)) {
        return TPS_CBOR_BAD_BREAK;
    }
    c->at++;
    c->key_count = top->first_key;
    c->depth--;
    return item_ended(c);
}

static tps_status check_string(checker *c, const cbor_head *head)
{
    tps_span content;

    if (head->argument > (uint64_t)(c->end - c->at)) {
        return TPS_CBOR_TRUNCATED;
    }
    content = tps_span_make(c->at, (size_t)head->argument);
    if (head->major == TPS_CBOR_TEXT && !utf8_is_valid(content)) {
        return TPS_CBOR_BAD_UTF8;
    }
    c->at += content.size;
    return item_ended(c);
}

static tps_status check_container(checker *c, const cbor_head *head)
{
    if (head->argument > c->limits->entries) {
        /* An honest count is never larger than the bytes that are left. */
        return head->argument > (uint64_t)(c->end - c->at) ? TPS_CBOR_TRUNCATED : TPS_CBOR_TOO_MANY;
    }
    if (head->argument == 0) {
        return item_ended(c);
    }
    return open_level(c, head->major, head->argument * (head->major == TPS_CBOR_MAP ? 2 : 1));
}

/* Whether the item may come in the form it has: any, unless deterministic form is asked for, or it is in a
 * key. */
static tps_status check_form(checker *c, const cbor_head *head)
{
    const level *top = top_level(c);
    bool is_float = head->major == 7 && head->size > 2;

    if (head->info < 24) {
        return TPS_OK;
    }
    if (head->info != 31 &&
        !(is_float ? cbor_float_is_long(head->argument, head->size - 1u) : cbor_head_is_long(head))) {
        return TPS_OK;
    }
    if (c->limits->deterministic) {
        return TPS_CBOR_NOT_DETERMINISTIC;
    }
    if (is_in_key(top)) {
        if (head->major > TPS_CBOR_NINT || top->is_in_key) {
            return TPS_CBOR_NOT_DETERMINISTIC;
        }
        c->has_long_keys = true;
    }
    return TPS_OK;
}

static tps_status check_item(checker *c)
{
    const level *top = top_level(c);
    cbor_head head;

    TPS_TRY(cbor_head_read(c->at, c->end, &head));
    if (head.major == 7 && head.info == 31) {
        return check_break(c);
    }
    TPS_TRY(check_form(c, &head));
    /* Inside a string in chunks only strings of definite length and of its own type may stand. */
    if (top != NULL && (top->major == TPS_CBOR_BYTES || top->major == TPS_CBOR_TEXT) &&
        (head.major != top->major || head.info == 31)) {
        return TPS_CBOR_BAD_BREAK;
    }
    c->at += head.size;
    if (head.info == 31) {
        return open_level(c, head.major, TPS_CBOR_INDEFINITE_LENGTH);
    }
    switch (head.major) {
    case TPS_CBOR_BYTES:
    case TPS_CBOR_TEXT: return check_string(c, &head);
    case TPS_CBOR_ARRAY:
    case TPS_CBOR_MAP: return check_container(c, &head);
    case TPS_CBOR_TAG: return open_level(c, head.major, 1);
    default: return item_ended(c);
    }
}

tps_status tps_cbor_check(tps_span input, const tps_cbor_limits *limits, size_t *size, tps_error *why)
{
    checker c = {.start = input.data, .at = input.data, .limits = limits};

    if (input.size == 0) {
        return tps_fail(why, TPS_CBOR_TRUNCATED, 0, "the input is empty");
    }
    if (input.size > UINT32_MAX || (input.size > limits->size && !limits->sequence)) {
        return tps_fail(why, TPS_CBOR_TOO_LONG, limits->size, NULL);
    }
    c.end = c.start + (input.size < limits->size ? input.size : limits->size);
    do {
        tps_status status = check_item(&c);
        if (status == TPS_CBOR_TRUNCATED && c.end != c.start + input.size) {
            status = TPS_CBOR_TOO_LONG; /* it was the limit that cut a sequence's item, not its sender */
        }
        if (status != TPS_OK) {
            return tps_fail(why, status, offset(&c), NULL);
        }
    } while (c.depth > 0);
    if (c.at != c.start + input.size && !limits->sequence) {
        return tps_fail(why, TPS_CBOR_TRAILING, offset(&c), NULL);
    }
    if (size != NULL) {
        *size = offset(&c);
    }
    return TPS_OK;
}
