/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON checker: one pass over the reader's steps, which adds limits, UTF-8 and names that stand twice.
 * While an object's names come sorted, each needs one comparison; once they do not, all names of the object
 * so far must have been remembered, and each finds its place among them by a search of a few comparisons.
 */
#include "format/json/string.h"
#include "format/text/utf8.h"

const json_limits json_limits_message = {.size = 65536, .depth = 16, .entries = 512};
const json_limits json_limits_file = {.size = (size_t)16 << 20, .depth = 32, .entries = 1000000};

/* A name as it stands in the text. */
typedef struct {
    uint32_t offset;
    uint32_t size : 31;
    uint32_t is_escaped : 1;
} name_place;

/* An object or array that is open. */
typedef struct {
    json_list list;
    bool is_unsorted;
    bool has_missed; /* a name was not remembered */
    uint32_t count;
    uint32_t first; /* of its names that are remembered */
    name_place last;
} level;

typedef struct {
    json_reader reader;
    const json_limits *limits;
    uint32_t depth;
    uint32_t name_count;
    level levels[JSON_READ_DEPTH_MAX];
    name_place names[JSON_TRACKED_NAMES];
} checker;

static json_str string_at(const checker *c, name_place place)
{
    return (json_str){tps_span_make(c->reader.start + place.offset, place.size), place.is_escaped != 0};
}

/* Where the name belongs among those of the object, which are kept in order; or it is there already. */
static tps_status find_place(const checker *c, const level *top, json_str name, uint32_t *place)
{
    uint32_t low = top->first;
    uint32_t high = c->name_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = json_str_compare(string_at(c, c->names[middle]), name);
        if (order == 0) {
            return TPS_JSON_DUPLICATE_NAME;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *place = low;
    return TPS_OK;
}

static void remember(checker *c, level *top, name_place name, uint32_t place)
{
    if (c->name_count == JSON_TRACKED_NAMES) {
        top->has_missed = true;
        return;
    }
    memmove(&c->names[place + 1], &c->names[place], (c->name_count - place) * sizeof c->names[0]);
    c->names[place] = name;
    c->name_count++;
}

static tps_status check_name(checker *c, level *top, json_str name)
{
    uint32_t place = c->name_count;
    int order = top->count == 1 ? -1 : json_str_compare(string_at(c, top->last), name);

    if (!utf8_is_valid(name.raw)) {
        return TPS_JSON_BAD_UTF8;
    }
    if (order == 0) {
        return TPS_JSON_DUPLICATE_NAME;
    }
    top->is_unsorted = top->is_unsorted || order > 0;
    if (top->is_unsorted) {
        TPS_TRY(find_place(c, top, name, &place));
        if (top->has_missed) {
            return TPS_JSON_UNTRACKED_NAMES;
        }
    }
    top->last = (name_place){(uint32_t)(name.raw.data - c->reader.start),
                             (uint32_t)name.raw.size & 0x7fffffff, name.is_escaped};
    remember(c, top, top->last, place);
    return TPS_OK;
}

/* Sets the reader's error, at a place of its own. */
static void fail_at(checker *c, const uint8_t *at, tps_status status)
{
    if (c->reader.status == TPS_OK) {
        c->reader.at = at;
        json_fail(&c->reader, status);
    }
}

static void open_level(checker *c, json_list list)
{
    if (c->depth == c->limits->depth || c->depth == JSON_READ_DEPTH_MAX) {
        fail_at(c, c->reader.at - 1, TPS_JSON_TOO_DEEP);
        return;
    }
    c->levels[c->depth++] = (level){.list = list, .first = c->name_count};
}

/* A value: a container is opened, a string is UTF-8. */
static void check_value(checker *c)
{
    json_list list;

    if (json_peek(&c->reader) == JSON_STRING) {
        json_str string = json_get_string(&c->reader);
        if (!utf8_is_valid(string.raw)) {
            fail_at(c, string.raw.data, TPS_JSON_BAD_UTF8);
        }
    } else if (json_step(&c->reader, &list)) {
        open_level(c, list);
    }
}

/* Moves to the next entry of the innermost container; closes those that have ended. */
static void next_entry(checker *c)
{
    level *top;
    json_str name;
    tps_status status;

    while (c->depth > 0 && !json_next(&c->reader, &c->levels[c->depth - 1].list)) {
        c->depth--;
        c->name_count = c->levels[c->depth].first;
    }
    if (c->depth == 0) {
        return;
    }
    top = &c->levels[c->depth - 1];
    if (++top->count > c->limits->entries) {
        json_fail(&c->reader, TPS_JSON_TOO_MANY);
    }
    if (top->list.close == '}') {
        name = json_get_name(&c->reader);
        status = c->reader.status == TPS_OK ? check_name(c, top, name) : TPS_OK;
        if (status != TPS_OK) {
            fail_at(c, name.raw.data, status);
        }
    }
}

tps_status json_check(tps_span input, const json_limits *limits, tps_error *why)
{
    checker c;

    if (input.size > limits->size || input.size > INT32_MAX) {
        return tps_fail(why, TPS_JSON_TOO_LONG, limits->size, NULL);
    }
    c.reader = json_reader_init(input);
    c.limits = limits;
    c.depth = 0;
    c.name_count = 0;
    if (input.size >= 3 && memcmp(input.data, "\xef\xbb\xbf", 3) == 0) {
        return tps_fail(why, TPS_JSON_NOT_WELL_FORMED, 0, "a byte order mark stands before it");
    }
    do {
        check_value(&c);
        next_entry(&c);
    } while (c.depth > 0);
    if (json_reader_finish(&c.reader) != TPS_OK) {
        return tps_fail(why, c.reader.status, json_offset(&c.reader), NULL);
    }
    return TPS_OK;
}
