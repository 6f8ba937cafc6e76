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
 * beginning of another one, so that the size of one key is enough to compare it with any other. Which form of
 * a float or a big number is the shortest only tps_cbor_deterministic knows, in a file of its own: without it
 * a key has none of them.
 */
#include "tps/cbor.h"

#include "format/cbor/form.h"
#include "format/cbor/head.h"
#include "format/cbor/walk.h"
#include "format/text/utf8.h"

const tps_cbor_limits tps_cbor_limits_message = {65536, 16, 512, NULL, false};
const tps_cbor_limits tps_cbor_limits_file = {16u << 20, TPS_CBOR_DEPTH_MAX, 1u << 20, &tps_cbor_any_form,
                                              false};

/*
 * All maps share these words, for the places of their keys: the first is that of the first key, the last that
 * of the latest one, and the one before it that of the key before. Two words are kept free for each level
 * that may still open, so that no depth that the limits allow runs out of them; a map takes at most half of
 * the others that are free, so that maps inside it find some. Hosts have a larger stack.
 */
#define WORDS           (SIZE_MAX > UINT32_MAX ? 216u : 56u)
#define WORDS_PER_LEVEL 2u

/* Heads that may be read again: some for each byte of the input. */
#define BUDGET          16384u
#define BUDGET_PER_BYTE 12u

/* As many bytes as have a budget. */
#define CBOR_SIZE_MAX ((UINT32_MAX - BUDGET) / BUDGET_PER_BYTE)

/* A level: its major type, and */
#define MAJOR      0x07u
#define INDEFINITE 0x08u /* it ends with a break; what is left is what the limit allows */
#define IN_KEY     0x10u /* it is a key of the map around it, or inside one */
#define UNSORTED   0x20u /* of a map: a key was smaller than the one before */
#define PARTLY     0x40u /* of a map: some places of keys are not kept */

/* The shortest head of the tag of a big number that is not negative; the next one is that of the others. */
#define BIG_NUMBER 0xc2u

typedef struct {
    uint32_t left; /* items to come */
    uint8_t flags;
    uint8_t first; /* its first word */
} level;

typedef struct {
    level top;     /* the level that is open, inside of all others */
    uint8_t used;  /* words */
    uint8_t depth; /* levels that are open */
    uint8_t depth_max;
    const tps_cbor_form *form;
    const uint8_t *at;
    const uint8_t *start;
    const uint8_t *end;
    uint32_t entries;
    uint32_t budget;
    uint32_t words[WORDS];
    level below[TPS_CBOR_DEPTH_MAX];
} checker;

/* Bytewise order of encoded keys (RFC 8949, 4.2.1), as if integers had shortest heads; `b`, the later one,
 * ends at c->at. */
static CBOR_PART int compare_keys(const checker *c, const uint8_t *a, const uint8_t *b)
{
    uint32_t type = *a >> 5;

    if (type == *b >> 5 && type <= TPS_CBOR_NINT &&
        (CBOR_FOR_SIZE || (*a & 0x1f) >= 24 || (*b & 0x1f) >= 24)) {
        tps_cbor_item x;
        tps_cbor_item y;

        cbor_item_read(a, c->end, &x);
        cbor_item_read(b, c->end, &y);
        return x.value == y.value ? 0 : x.value < y.value ? -1 : 1;
    }
    return *a != *b ? *a - *b : memcmp(a, b, (size_t)(c->at - b));
}

/* Compares `key` with all keys from the one at `at` to itself, reading the map again. */
static CBOR_PART tps_status compare_again(checker *c, const uint8_t *at, const uint8_t *key)
{
    cbor_way way = {at, key, &c->words[c->used], (uint32_t)(c->depth_max - c->depth), c->budget};

    while (way.at < key) {
        if (compare_keys(c, way.at, key) == 0) {
            return TPS_CBOR_DUPLICATE_KEY;
        }
        TPS_TRY(cbor_skip_items(&way, 2));
    }
    c->budget = way.budget;
    return TPS_OK;
}

/* Words that are free beyond those of the levels that may still open. */
static uint32_t spare_words(const checker *c)
{
    return WORDS - c->used - WORDS_PER_LEVEL * (uint32_t)(c->depth_max - c->depth);
}

/* Compares the latest key of the map on top with all keys before it: those whose places are kept, and those
 * between the last of these and the key before. */
static CBOR_INLINE tps_status compare_with_all(checker *c, const uint32_t *place)
{
    const uint8_t *key = c->start + *place;
    const uint32_t *first = &c->words[c->top.first];
    const uint32_t *last = (c->top.flags & PARTLY) != 0 ? place - 1 : place;

    for (const uint32_t *p = first; p < last; p++) {
        if (compare_keys(c, c->start + *p, key) == 0) {
            return TPS_CBOR_DUPLICATE_KEY;
        }
    }
    if (last == place) {
        return TPS_OK;
    }
    return last == first ? TPS_CBOR_UNTRACKED_KEYS : compare_again(c, c->start + last[-1], key);
}

/* The latest key of the map on top has just ended. */
static CBOR_INLINE tps_status note_key(checker *c)
{
    uint32_t *place = &c->words[c->used - 1];
    uint32_t kept = c->used - 1u - c->top.first;
    int order;

    if (kept == 0) {
        return TPS_OK;
    }
    order = compare_keys(c, c->start + place[-1], c->start + *place);
    if (order == 0) {
        return TPS_CBOR_DUPLICATE_KEY;
    }
    if (order > 0) {
        c->top.flags |= UNSORTED;
        if (c->form != NULL && c->form->is_for_all) {
            return TPS_CBOR_NOT_DETERMINISTIC;
        }
    }
    if ((c->top.flags & UNSORTED) != 0) {
        TPS_TRY(compare_with_all(c, place));
    }
    if (kept > spare_words(c)) { /* and from now on, because none becomes free while the map is open */
        c->top.flags |= PARTLY;
        place[-1] = *place;
        c->used--;
    }
    return TPS_OK;
}

/* Opens a level. */
static CBOR_INLINE tps_status open_level(checker *c, uint32_t flags, uint32_t left)
{
    if (c->depth == c->depth_max) {
        return TPS_CBOR_TOO_DEEP;
    }
    c->below[c->depth++] = c->top;
    c->top = (level){left, (uint8_t)flags, c->used};
    return TPS_OK;
}

/* Closes the level on top, which is complete. */
static CBOR_INLINE void close_level(checker *c)
{
    c->used = c->top.first;
    c->top = c->below[--c->depth];
}

/* An item has ended on the level on top: count it, and close every level that is complete by it. */
static CBOR_PART tps_status item_ended(checker *c)
{
    for (;;) {
        if ((c->top.flags & MAJOR) == TPS_CBOR_MAP && c->top.left % 2 == 0) {
            TPS_TRY(note_key(c));
        }
        c->top.left--;
        if (c->top.left > 0 || (c->top.flags & INDEFINITE) != 0 || c->depth == 0) {
            return TPS_OK;
        }
        close_level(c);
    }
}

/* Whether an item that ends before `behind` may come in its form: in any, unless one is asked for, or it is
 * in a key. */
static CBOR_INLINE bool is_form_good(const checker *c, const tps_cbor_item *item, const uint8_t *behind,
                                     bool is_key)
{
    bool is_free = (c->top.flags & IN_KEY) == 0 && (!is_key || item->type <= TPS_CBOR_NINT);

    if (c->form != NULL && (c->form->is_for_all || !is_free)) {
        return c->form->is_good(c->at, item, behind, c->end);
    }
    if (is_free) {
        return true;
    }
    return !cbor_is_head_long(c->at) && item->type != TPS_CBOR_FLOAT && (*c->at & 0xfe) != BIG_NUMBER;
}

/* Looks at the next item, or at a break, which ends the level on top, and with it the item that the level is;
 * and at all that ends with it. */
static CBOR_PART tps_status check_next(checker *c)
{
    uint32_t around = c->top.flags & MAJOR;
    bool is_key = around == TPS_CBOR_MAP && c->top.left % 2 == 0;
    uint32_t flags = is_key ? IN_KEY : c->top.flags & IN_KEY;
    uint32_t most;
    uint32_t left;
    tps_cbor_item item;
    const uint8_t *behind = cbor_item_read(c->at, c->end, &item);

    if (behind == NULL) {
        return (tps_status)item.value;
    }
    if (item.type == TPS_CBOR_BREAK) {
        if ((c->top.flags & INDEFINITE) == 0 || (around == TPS_CBOR_MAP && !is_key)) {
            return TPS_CBOR_BAD_BREAK;
        }
        c->at = behind;
        close_level(c);
        return item_ended(c);
    }
    if (c->top.left == 0) {
        return TPS_CBOR_TOO_MANY;
    }
    left = cbor_items_of(&item);
    if (left == CBOR_ITEMS_INDEFINITE) {
        flags |= INDEFINITE;
    }
    /* Inside a string in chunks only strings of definite length and of its own type may stand. */
    if (cbor_is_string(around) && (item.type != around || (flags & INDEFINITE) != 0)) {
        return TPS_CBOR_BAD_BREAK;
    }
    if (!is_form_good(c, &item, behind, is_key)) {
        return TPS_CBOR_NOT_DETERMINISTIC;
    }
    if (is_key) {
        c->words[c->used++] = (uint32_t)(c->at - c->start);
    }
    c->at = behind;
    if (item.type == TPS_CBOR_TEXT && !utf8_is_ascii(item.bytes) && !utf8_is_valid(item.bytes)) {
        c->at = item.bytes.data;
        return TPS_CBOR_BAD_UTF8;
    }
    if (left == 0) {
        return item_ended(c);
    }
    most = item.type == TPS_CBOR_TAG ? 1 : c->entries << (item.type == TPS_CBOR_MAP);
    if (left > most) {
        if ((flags & INDEFINITE) == 0) {
            return TPS_CBOR_TOO_MANY;
        }
        left = most; /* as many as the limit allows */
    }
    return open_level(c, flags | item.type, left);
}

/* The first item in `input`, of which no more than `most` bytes are looked at; `end` is its end, or where it
 * is at fault. */
static CBOR_INLINE tps_status check_item(const uint8_t *input, size_t most, const tps_cbor_limits *limits,
                                         const uint8_t **end)
{
    checker c;
    tps_status status = TPS_OK;

    c.start = input;
    c.at = input;
    c.end = most == 0 ? input : input + most;
    c.form = limits->form;
    c.entries = limits->entries < INT32_MAX ? limits->entries : INT32_MAX;
    c.budget = BUDGET + BUDGET_PER_BYTE * (uint32_t)most;
    c.depth_max = (uint8_t)(limits->depth < TPS_CBOR_DEPTH_MAX ? limits->depth : TPS_CBOR_DEPTH_MAX);
    c.depth = 0;
    c.used = 0;
    c.top = (level){1, TPS_CBOR_ARRAY, 0}; /* around the input is something like an array of one item */
    while (status == TPS_OK && (c.top.left > 0 || c.depth > 0)) {
        status = check_next(&c);
    }
    *end = c.at;
    return status;
}

tps_status tps_cbor_check(tps_span input, const tps_cbor_limits *limits, size_t *size, tps_error *why)
{
    size_t most = input.size < limits->size ? input.size : limits->size;
    size_t checked = limits->size;
    tps_status status = TPS_CBOR_TOO_LONG;

    if (most <= CBOR_SIZE_MAX && (most == input.size || limits->sequence)) {
        const uint8_t *end;

        status = check_item(input.data, most, limits, &end);
        checked = (size_t)(end - input.data);
        if (status == TPS_CBOR_TRUNCATED && most < input.size) {
            status = TPS_CBOR_TOO_LONG; /* it was the limit that cut a sequence's item, not its sender */
        }
        if (status == TPS_OK && checked < input.size && !limits->sequence) {
            status = TPS_CBOR_TRAILING;
        }
    }
    if (status != TPS_OK) {
        return tps_fail(why, status, checked, NULL);
    }
    if (size != NULL) {
        *size = checked;
    }
    return TPS_OK;
}
