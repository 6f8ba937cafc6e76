/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CBOR checker: one pass over the bytes, no recursion, every limit kept, in a small frame.
 *
 * Duplicate keys: a key that is larger than the largest one before it is new. Any other is compared with all
 * before it, and for that the map is read again from its first key: no places of keys are kept. Such reading
 * has a budget, so that the time stays linear whatever is sent; a map that uses it up is refused.
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

const tps_cbor_limits tps_cbor_limits_message = {65536, 16, 512, NULL};
const tps_cbor_limits tps_cbor_limits_file = {16u << 20, TPS_CBOR_DEPTH_MAX, 1u << 20, &tps_cbor_any_form};

/* Heads that may be read again: some for each byte of the input. */
#define BUDGET          16384u
#define BUDGET_PER_BYTE 16u

/* As many bytes as have a budget. */
#define CBOR_SIZE_MAX ((UINT32_MAX - BUDGET) / BUDGET_PER_BYTE)

/* A level: its major type, and */
#define MAJOR      0x07u
#define INDEFINITE 0x08u /* it ends with a break; what is left is what the limit allows */
#define IN_KEY     0x10u /* it is a key of the map around it, or inside one */

/* The shortest head of the tag of a big number that is not negative; the next one is that of the others. */
#define BIG_NUMBER 0xc2u

/* A level that is open. */
typedef struct {
    const uint8_t *head;
    const uint8_t *largest; /* of a map: the largest key yet */
    uint32_t left;          /* items to come */
    uint32_t flags;
} level;

typedef struct {
    const uint8_t *at;
    const uint8_t *end;
    const tps_cbor_form *form;
    uint32_t entries;
    uint32_t budget;
    level *top;  /* inside of all others */
    level *last; /* that may open */
    level levels[TPS_CBOR_DEPTH_MAX + 1];
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

/* Compares `key` with all keys before it, reading the map on top again. */
static CBOR_PART tps_status compare_with_all(checker *c, const uint8_t *key)
{
    uint32_t left[TPS_CBOR_DEPTH_MAX];
    tps_cbor_item map;
    cbor_way way = {cbor_item_read(c->top->head, c->end, &map), key, left, TPS_CBOR_DEPTH_MAX, c->budget};

    while (way.at < key) {
        if (compare_keys(c, way.at, key) == 0) {
            return TPS_CBOR_DUPLICATE_KEY;
        }
        TPS_TRY(cbor_skip_items(&way, 2));
    }
    c->budget = way.budget;
    return TPS_OK;
}

/* A key of the map on top has just ended. */
static CBOR_INLINE tps_status key_ended(checker *c, const uint8_t *key)
{
    level *map = c->top;
    int order = map->largest == NULL ? -1 : compare_keys(c, map->largest, key);

    if (order < 0) {
        map->largest = key;
        return TPS_OK;
    }
    if (order == 0) {
        return TPS_CBOR_DUPLICATE_KEY;
    }
    return c->form != NULL && c->form->is_for_all ? TPS_CBOR_NOT_DETERMINISTIC : compare_with_all(c, key);
}

/* The item whose head is at `head` has ended: count it, and close every level that is complete by it. */
static CBOR_PART tps_status item_ended(checker *c, const uint8_t *head)
{
    for (;;) {
        level *top = c->top;

        if ((top->flags & MAJOR) == TPS_CBOR_MAP && top->left % 2 == 0) {
            TPS_TRY(key_ended(c, head));
        }
        top->left--;
        if (top->left > 0 || (top->flags & INDEFINITE) != 0 || top == c->levels) {
            return TPS_OK;
        }
        head = top->head;
        c->top--;
    }
}

/* Whether an item that ends before `behind` may come in its form: in any, unless one is asked for, or it is
 * in a key. */
static CBOR_INLINE bool is_form_good(const checker *c, const tps_cbor_item *item, const uint8_t *behind,
                                     bool is_key)
{
    bool is_free = (c->top->flags & IN_KEY) == 0 && (!is_key || item->type <= TPS_CBOR_NINT);

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
    const uint8_t *head = c->at;
    uint32_t around = c->top->flags & MAJOR;
    bool is_key = around == TPS_CBOR_MAP && c->top->left % 2 == 0;
    uint32_t flags = is_key ? IN_KEY : c->top->flags & IN_KEY;
    uint32_t most;
    uint32_t left;
    tps_cbor_item item;
    const uint8_t *behind = cbor_item_read(head, c->end, &item);

    if (behind == NULL) {
        return (tps_status)item.value;
    }
    if (item.type == TPS_CBOR_BREAK) {
        if ((c->top->flags & INDEFINITE) == 0 || (around == TPS_CBOR_MAP && !is_key)) {
            return TPS_CBOR_BAD_BREAK;
        }
        c->at = behind;
        head = c->top->head;
        c->top--;
        return item_ended(c, head);
    }
    if (c->top->left == 0) {
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
    c->at = behind;
    if (item.type == TPS_CBOR_TEXT && !utf8_is_ascii(item.bytes) && !utf8_is_valid(item.bytes)) {
        c->at = item.bytes.data;
        return TPS_CBOR_BAD_UTF8;
    }
    if (left == 0 && item.type - TPS_CBOR_ARRAY > TPS_CBOR_MAP - TPS_CBOR_ARRAY) {
        return item_ended(c, head);
    }
    if (c->top == c->last) { /* an empty array or map counts, too: its reader enters it */
        return TPS_CBOR_TOO_DEEP;
    }
    if (left == 0) {
        return item_ended(c, head);
    }
    most = item.type == TPS_CBOR_TAG ? 1 : c->entries << (item.type == TPS_CBOR_MAP);
    if (left > most) {
        if ((flags & INDEFINITE) == 0) {
            return TPS_CBOR_TOO_MANY;
        }
        left = most; /* as many as the limit allows */
    }
    *++c->top = (level){head, NULL, left, flags | item.type};
    return TPS_OK;
}

/* The first item in `input`, of which no more than `most` bytes are looked at; `end` is its end, or where it
 * is at fault. */
static CBOR_INLINE tps_status check_item(const uint8_t *input, size_t most, const tps_cbor_limits *limits,
                                         const uint8_t **end)
{
    checker c;
    tps_status status = TPS_OK;

    c.at = input;
    c.end = most == 0 ? input : input + most;
    c.form = limits->form;
    c.entries = limits->entries < INT32_MAX ? limits->entries : INT32_MAX;
    c.budget = BUDGET + BUDGET_PER_BYTE * (uint32_t)most;
    c.last = c.levels + (limits->depth < TPS_CBOR_DEPTH_MAX ? limits->depth : TPS_CBOR_DEPTH_MAX);
    c.top = c.levels;
    /* Around the input is something like an array of one item. */
    c.levels[0] = (level){input, NULL, 1, TPS_CBOR_ARRAY};
    while (status == TPS_OK && (c.top > c.levels || c.levels[0].left > 0)) {
        status = check_next(&c);
    }
    *end = c.at;
    return status;
}

tps_status tps_cbor_check(tps_span input, const tps_cbor_limits *limits, size_t *size, tps_error *why)
{
    size_t limit = limits->size < CBOR_SIZE_MAX ? limits->size : CBOR_SIZE_MAX;
    const uint8_t *end;
    tps_status status = check_item(input.data, input.size < limit ? input.size : limit, limits, &end);
    size_t checked = (size_t)(end - input.data);

    if (status == TPS_CBOR_TRUNCATED && input.size > limit) {
        status = TPS_CBOR_TOO_LONG; /* it was the limit that cut the item, not its sender */
    }
    if (status == TPS_OK && size == NULL && checked < input.size) {
        status = TPS_CBOR_TRAILING;
    }
    if (status == TPS_OK && size != NULL) {
        *size = checked;
    }
    if (status != TPS_OK && why != NULL) { /* in line: who links this alone has the smallest decoder */
        *why = (tps_error){status, checked, NULL};
    }
    return status;
}
