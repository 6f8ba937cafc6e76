/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CBOR checker: one pass over the bytes, no recursion, every limit kept, in a small frame.
 *
 * Duplicate keys: a map whose keys come in ascending order cannot hold one, which is seen by comparing
 * neighbours. In other maps a key is compared with the places of the keys before it; those of a map that has
 * more than there is room for are found by reading the map again from its first key. Such reading has a
 * budget, so that the time stays linear whatever is sent; a map that uses it up is refused.
 *
 * One key has many encodings (10 is 0a, 180a, 19000a, ...), and a decoder takes them all for the same label.
 * So integer keys are compared by value, and any other key must come in its shortest form: then equal keys
 * have equal bytes. The two orders, by value and by bytes, agree where both apply. No encoded item is the
 * beginning of another one, so that the size of one key is enough to compare it with any other.
 */
#include "tps/cbor.h"

#include "format/cbor/head.h"
#include "format/cbor/walk.h"
#include "format/text/utf8.h"

const tps_cbor_limits tps_cbor_limits_message = {65536, 16, 512, false, false};
const tps_cbor_limits tps_cbor_limits_file = {16u << 20, TPS_CBOR_DEPTH_MAX, 1u << 20, false, false};

/*
 * All levels share these words. Each level that is open has one, for the items left around it; before that,
 * if it is a map's key, the place where it begins; behind it, if it is a map, places of its keys, of which
 * the first is that of the first key and the last that of the key before. Three words are kept free for each
 * level that may still open, so that no depth that the limits allow runs out of them; a map takes at most
 * half of the others that are free, so that maps inside it find some. Hosts have a larger stack.
 */
#define WORDS           (SIZE_MAX > UINT32_MAX ? 240u : 80u)
#define WORDS_PER_LEVEL 3u

/* Heads that may be read again: some for each byte of the input. */
#define BUDGET          16384u
#define BUDGET_PER_BYTE 12u

/* As many bytes as have a budget. */
#define CBOR_SIZE_MAX ((UINT32_MAX - BUDGET) / BUDGET_PER_BYTE)

/* A level: its major type, and */
#define MAJOR      0x07u
#define INDEFINITE 0x08u /* it ends with a break; what is left is what the limit allows */
#define IS_KEY     0x10u /* it is a key of the map around it */
#define IN_KEY     0x20u /* it is a key, or inside one */
#define UNSORTED   0x40u /* of a map: a key was smaller than the one before */
#define PARTLY     0x80u /* of a map: some places of keys are not kept */
#define BIG        0x80u /* of a tag: that of a big number */

typedef struct {
    uint8_t flags; /* of the level on top */
    uint8_t first; /* its first word behind the number of items */
    uint8_t used;  /* words */
    uint8_t depth; /* levels that are open */
    uint8_t depth_max;
    bool has_ended;     /* the item has, that was looked at */
    bool is_break;      /* it was a break */
    bool has_long_keys; /* an integer key came in a longer head than it needs */
    bool is_deterministic;
    size_t left; /* items to come on the level on top */
    const uint8_t *at;
    const uint8_t *ended; /* where the item began that has ended, if it is a key */
    const uint8_t *start;
    const uint8_t *end;
    uint32_t entries;
    uint32_t budget;
    uint32_t words[WORDS];
    uint8_t flags_below[TPS_CBOR_DEPTH_MAX];
    uint8_t first_below[TPS_CBOR_DEPTH_MAX];
} checker;

static bool is_integer(const uint8_t *key)
{
    return *key >> 5 <= TPS_CBOR_NINT;
}

/* Bytewise order of encoded keys (RFC 8949, 4.2.1), as if integers had shortest heads; `b`, the later one,
 * ends at c->at. */
static int compare_keys(const checker *c, const uint8_t *a, const uint8_t *b)
{
    if (c->has_long_keys && is_integer(a) && is_integer(b)) {
        tps_cbor_item x;
        tps_cbor_item y;

        cbor_item_read(a, c->end, &x);
        cbor_item_read(b, c->end, &y);
        if (x.type != y.type) {
            return (int)x.type - (int)y.type;
        }
        return (x.value > y.value) - (x.value < y.value);
    }
    return *a != *b ? *a - *b : memcmp(a, b, (size_t)(c->at - b));
}

/* Compares `key` with all keys from the one at `at` to itself, reading the map again. */
static CBOR_PART tps_status compare_again(checker *c, const uint8_t *at, const uint8_t *key)
{
    cbor_way way = {at, key, &c->words[c->used], (uint32_t)(c->depth_max - c->depth), c->budget};

    while (way.at < key) {
        bool may_be_equal = *way.at == *key || c->has_long_keys;

        if (may_be_equal && compare_keys(c, way.at, key) == 0) {
            return TPS_CBOR_DUPLICATE_KEY;
        }
        TPS_TRY(cbor_skip_items(&way, 2));
    }
    c->budget = way.budget;
    return TPS_OK;
}

/* Compares `key` with all keys before it: those whose places are kept, and those between the last of these
 * and the key before. */
static tps_status compare_with_all(checker *c, const uint8_t *key)
{
    uint32_t last = (c->flags & PARTLY) != 0 ? c->used - 1u : c->used;

    for (uint32_t i = c->first; i < last; i++) {
        if (compare_keys(c, c->start + c->words[i], key) == 0) {
            return TPS_CBOR_DUPLICATE_KEY;
        }
    }
    if (last == c->used) {
        return TPS_OK;
    }
    return last == c->first ? TPS_CBOR_UNTRACKED_KEYS : compare_again(c, c->start + c->words[last - 1], key);
}

/* Words that are free beyond those of the levels that may still open. */
static uint32_t spare_words(const checker *c)
{
    return WORDS - c->used - WORDS_PER_LEVEL * (uint32_t)(c->depth_max - c->depth);
}

/* A key of the map on top, which began at `key`, has just ended. */
static tps_status note_key(checker *c, const uint8_t *key)
{
    uint32_t kept = (uint32_t)(c->used - c->first);

    if (kept > 0) {
        int order = compare_keys(c, c->start + c->words[c->used - 1], key);
        if (order == 0) {
            return TPS_CBOR_DUPLICATE_KEY;
        }
        if (order > 0) {
            c->flags |= UNSORTED;
            if (c->is_deterministic) {
                return TPS_CBOR_NOT_DETERMINISTIC;
            }
        }
        if ((c->flags & UNSORTED) != 0) {
            TPS_TRY(compare_with_all(c, key));
        }
        if (kept > spare_words(c)) {
            c->flags |= PARTLY;
        }
    }
    if ((c->flags & PARTLY) == 0) {
        c->used++;
    }
    c->words[c->used - 1] = (uint32_t)(key - c->start);
    return TPS_OK;
}

/* Opens a level of `left` items, which is the item that begins at `item`. */
static CBOR_INLINE tps_status open_level(checker *c, uint32_t flags, uint32_t left, const uint8_t *item)
{
    if (c->depth == c->depth_max) {
        return TPS_CBOR_TOO_DEEP;
    }
    if ((flags & IS_KEY) != 0) {
        c->words[c->used++] = (uint32_t)(item - c->start);
    }
    c->flags_below[c->depth] = c->flags;
    c->first_below[c->depth] = c->first;
    c->depth++;
    c->words[c->used++] = c->left;
    c->first = c->used;
    c->flags = (uint8_t)flags;
    c->left = left;
    return TPS_OK;
}

/* Closes the level on top, which is complete, and so an item that has ended on the level below. */
static void close_level(checker *c)
{
    c->used = c->first - 1;
    c->left = c->words[c->used];
    if ((c->flags & IS_KEY) != 0) {
        c->ended = c->start + c->words[--c->used];
    }
    c->depth--;
    c->flags = c->flags_below[c->depth];
    c->first = c->first_below[c->depth];
}

/* The item that began at c->ended has ended on the level on top, or a break has: count it, and close every
 * level that is complete by it. */
static CBOR_PART tps_status item_ended(checker *c)
{
    for (;;) {
        if (!c->is_break) {
            if ((c->flags & MAJOR) == TPS_CBOR_MAP && c->left % 2 == 0) {
                TPS_TRY(note_key(c, c->ended));
            }
            c->left--;
            if (c->left > 0 || (c->flags & INDEFINITE) != 0 || c->depth == 0) {
                return TPS_OK;
            }
        }
        c->is_break = false;
        close_level(c);
    }
}

/* True when the item could be shorter, or is a big number that has an ordinary form or zeros in front. */
static CBOR_INLINE bool is_long(const checker *c, const uint8_t *start, const tps_cbor_item *item)
{
    uint32_t info = *start & 0x1f;
    uint8_t upper_half = 0;

    if (item->type == TPS_CBOR_BYTES && (c->flags & (MAJOR | BIG)) == (TPS_CBOR_TAG | BIG) &&
        (item->bytes.size <= 8 || *item->bytes.data == 0)) {
        return true;
    }
    if (item->type == TPS_CBOR_FLOAT) {
        return cbor_float_is_long(item->value, item->width);
    }
    if (info <= 24 || info == CBOR_INFO_INDEFINITE) {
        return info == CBOR_INFO_INDEFINITE || (info == 24 && start[1] < 24);
    }
    for (uint32_t i = 1u << (info - 25); i > 0; i--) {
        upper_half |= start[i];
    }
    return upper_half == 0;
}

/* Whether an item may come in its form: in any, unless deterministic form is asked for, or it is in a key. */
static CBOR_INLINE bool is_form_good(checker *c, const uint8_t *start, const tps_cbor_item *item, bool is_key)
{
    if (!is_long(c, start, item)) {
        return true;
    }
    c->has_long_keys |= is_key;
    return !c->is_deterministic && (c->flags & IN_KEY) == 0 && (!is_key || item->type <= TPS_CBOR_NINT);
}

/* Looks at the next item; at a break, which ends the level on top, and with it the item that the level is. */
static CBOR_PART tps_status check_item(checker *c)
{
    const uint8_t *start = c->at;
    uint32_t around = c->flags & MAJOR;
    bool is_key = around == TPS_CBOR_MAP && c->left % 2 == 0;
    uint32_t flags = is_key ? IS_KEY | IN_KEY : c->flags & IN_KEY;
    uint32_t left;
    tps_cbor_item item;
    const uint8_t *behind = cbor_item_read(start, c->end, &item);

    c->has_ended = true;
    if (behind == NULL) {
        return (tps_status)item.value;
    }
    if (item.type == TPS_CBOR_BREAK) {
        if ((c->flags & INDEFINITE) == 0 || (around == TPS_CBOR_MAP && !is_key)) {
            return TPS_CBOR_BAD_BREAK;
        }
        c->at = behind;
        c->is_break = true;
        return TPS_OK;
    }
    if (c->left == 0) {
        return TPS_CBOR_TOO_MANY;
    }
    if ((*start & 0x1f) == CBOR_INFO_INDEFINITE) {
        flags |= INDEFINITE;
    }
    /* Inside a string in chunks only strings of definite length and of its own type may stand. */
    if (cbor_is_string(around) && (item.type != around || (flags & INDEFINITE) != 0)) {
        return TPS_CBOR_BAD_BREAK;
    }
    if (!is_form_good(c, start, &item, is_key)) {
        return TPS_CBOR_NOT_DETERMINISTIC;
    }
    c->at = behind;
    if (item.type == TPS_CBOR_TEXT && !utf8_is_ascii(item.bytes) && !utf8_is_valid(item.bytes)) {
        c->at = item.bytes.data;
        return TPS_CBOR_BAD_UTF8;
    }
    left = cbor_items_of(&item);
    if ((flags & INDEFINITE) != 0) { /* as many as the limit allows */
        left = c->entries << (item.type == TPS_CBOR_MAP);
    } else if ((item.type == TPS_CBOR_ARRAY || item.type == TPS_CBOR_MAP) && item.value > c->entries) {
        return TPS_CBOR_TOO_MANY;
    } else if (item.type == TPS_CBOR_TAG && item.value - CBOR_TAG_BIG <= 1) {
        flags |= BIG;
    }
    c->has_ended = left == 0 && (flags & INDEFINITE) == 0;
    c->ended = start;
    return c->has_ended ? TPS_OK : open_level(c, flags | item.type, left, start);
}

/* The next item, and all that ends with it. */
static CBOR_INLINE tps_status check_next(checker *c)
{
    TPS_TRY(check_item(c));
    return c->has_ended ? item_ended(c) : TPS_OK;
}

tps_status tps_cbor_check(tps_span input, const tps_cbor_limits *limits, size_t *size, tps_error *why)
{
    checker c;
    tps_status status = TPS_OK;
    size_t most = input.size < limits->size ? input.size : limits->size;

    if (most > CBOR_SIZE_MAX || (most < input.size && !limits->sequence)) {
        return tps_fail(why, TPS_CBOR_TOO_LONG, limits->size, NULL);
    }
    c.start = input.data;
    c.at = input.data;
    c.end = most == 0 ? c.start : c.start + most;
    c.is_deterministic = limits->deterministic;
    c.entries = limits->entries < INT32_MAX ? limits->entries : INT32_MAX;
    c.budget = BUDGET + BUDGET_PER_BYTE * (uint32_t)most;
    c.depth_max = (uint8_t)(limits->depth < TPS_CBOR_DEPTH_MAX ? limits->depth : TPS_CBOR_DEPTH_MAX);
    c.depth = 0;
    c.used = 0;
    c.first = 0;
    c.flags = TPS_CBOR_ARRAY; /* around the input is something like an array of one item */
    c.left = 1;
    c.has_long_keys = false;
    c.is_break = false;
    while (status == TPS_OK && (c.left > 0 || c.depth > 0)) {
        status = check_next(&c);
    }
    if (status == TPS_CBOR_TRUNCATED && most < input.size) {
        status = TPS_CBOR_TOO_LONG; /* it was the limit that cut a sequence's item, not its sender */
    }
    if (status == TPS_OK && (size_t)(c.at - c.start) < input.size && !limits->sequence) {
        status = TPS_CBOR_TRAILING;
    }
    if (status != TPS_OK) {
        return tps_fail(why, status, (size_t)(c.at - c.start), NULL);
    }
    if (size != NULL) {
        *size = (size_t)(c.at - c.start);
    }
    return TPS_OK;
}
