/* SPDX-License-Identifier: Apache-2.0 */
/* Reading scopes: JSON, strictly, since what is left out of a scope is permitted by it. */
#include "verifier/trust/scope_read.h"

#include <stdlib.h>

#include "verifier/trust/json_file.h"

enum { BYTES_MAX = 16384 };

/* Room for one scope. */
typedef struct {
    tps_scope_class classes[TPS_SCOPE_ENTRIES_MAX];
    tps_scope_instances instances[TPS_SCOPE_ENTRIES_MAX];
    uint8_t bytes[BYTES_MAX];
} scope_room;

/* ---- values ---- */

/* A list of words as bits. */
static uint32_t get_bits(json_reader *r, const json_word *words, size_t count)
{
    json_list list = json_enter_array(r);
    uint32_t bits = 0;

    while (json_next(r, &list)) {
        uint32_t bit = json_get_word(r, words, count);
        if ((bits & bit) != 0) {
            json_fail(r, TPS_BAD_ARGUMENT);
        }
        bits |= bit;
    }
    if (bits == 0) { /* an empty list would permit all */
        json_fail(r, TPS_BAD_ARGUMENT);
    }
    return bits;
}

static uint32_t get_uses(json_reader *r)
{
    static const json_word uses[] = {{"certifies", TPS_ANCHOR_CERTIFIES},
                                     {"dice", TPS_ANCHOR_DICE},
                                     {"tpm", TPS_ANCHOR_TPM},
                                     {"endorses", TPS_ANCHOR_ENDORSES}};

    return get_bits(r, uses, sizeof uses / sizeof uses[0]);
}

/* By the names that the draft's CDDL has, without "-triples". */
static uint32_t get_triples(json_reader *r)
{
    static const json_word triples[] = {{"reference", 1 << 0},
                                        {"endorsed", 1 << 1},
                                        {"identity", 1 << 2},
                                        {"attest-key", 1 << 3},
                                        {"dependency", 1 << 4},
                                        {"membership", 1 << 5},
                                        {"coswid", 1 << 6},
                                        {"conditional-endorsement-series", 1 << 8},
                                        {"conditional-endorsement", 1 << 10}};

    return get_bits(r, triples, sizeof triples / sizeof triples[0]);
}

/* A text that says something. */
static tps_span get_text(json_reader *r, tps_buf *room)
{
    tps_span text = json_get_text(r, room);

    if (r->status == TPS_OK && text.size == 0) {
        json_fail(r, TPS_BAD_ARGUMENT);
    }
    return text;
}

static tps_scope_class get_class(json_reader *r, tps_buf *room)
{
    json_list members = json_enter_object(r);
    tps_scope_class class = {.id = TPS_SPAN_EMPTY};

    while (json_next(r, &members)) {
        json_str name = json_get_name(r);
        if (json_str_is(name, "id")) {
            class.id = json_get_hex(r, room);
        } else if (json_str_is(name, "vendor")) {
            class.vendor = get_text(r, room);
        } else if (json_str_is(name, "model")) {
            class.model = get_text(r, room);
        } else {
            json_fail(r, TPS_BAD_ARGUMENT);
        }
    }
    return class;
}

static tps_scope_instances get_range(json_reader *r, tps_buf *room)
{
    json_list members = json_enter_object(r);
    tps_scope_instances range = {.first = TPS_SPAN_EMPTY};

    while (json_next(r, &members)) {
        json_str name = json_get_name(r);
        if (json_str_is(name, "first")) {
            range.first = json_get_hex(r, room);
        } else if (json_str_is(name, "last")) {
            range.last = json_get_hex(r, room);
        } else {
            json_fail(r, TPS_BAD_ARGUMENT);
        }
    }
    return range;
}

/* ---- a scope ---- */

/* The place of the next entry of a list; NULL when it has too many. */
static bool has_room(json_reader *r, size_t count)
{
    if (count == TPS_SCOPE_ENTRIES_MAX) {
        json_fail(r, TPS_BAD_ARGUMENT);
    }
    return r->status == TPS_OK;
}

static size_t get_classes(json_reader *r, tps_scope_class *classes, tps_buf *room)
{
    json_list list = json_enter_array(r);
    size_t count = 0;

    while (json_next(r, &list) && has_room(r, count)) {
        classes[count++] = get_class(r, room);
    }
    if (count == 0) {
        json_fail(r, TPS_BAD_ARGUMENT);
    }
    return count;
}

static size_t get_instances(json_reader *r, tps_scope_instances *instances, tps_buf *room)
{
    json_list list = json_enter_array(r);
    size_t count = 0;

    while (json_next(r, &list) && has_room(r, count)) {
        instances[count++] = get_range(r, room);
    }
    if (count == 0) {
        json_fail(r, TPS_BAD_ARGUMENT);
    }
    return count;
}

static tps_anchor_scope get_scope(json_reader *r, scope_room *space)
{
    tps_anchor_scope out = {.classes = space->classes, .instances = space->instances};
    tps_buf room = TPS_BUF_OF(space->bytes);
    json_list members = json_enter_object(r);

    while (json_next(r, &members)) {
        json_str name = json_get_name(r);
        if (json_str_is(name, "uses")) {
            out.uses = get_uses(r);
        } else if (json_str_is(name, "triples")) {
            out.triples = get_triples(r);
        } else if (json_str_is(name, "classes")) {
            out.class_count = get_classes(r, space->classes, &room);
        } else if (json_str_is(name, "instances")) {
            out.instance_count = get_instances(r, space->instances, &room);
        } else {
            json_fail(r, TPS_BAD_ARGUMENT);
        }
    }
    return out;
}

/* ---- a file ---- */

static tps_status read_scopes(tps_span text, scope_room *space, scope_taker take, void *context,
                              size_t *offset)
{
    json_reader r = json_reader_init(text);
    json_list file = json_enter_object(&r);
    json_list scopes;
    size_t count = 0;

    if (!json_next(&r, &file) || !json_str_is(json_get_name(&r), "scopes")) {
        json_fail(&r, TPS_BAD_ARGUMENT);
    }
    scopes = json_enter_array(&r);
    while (json_next(&r, &scopes)) {
        tps_anchor_scope scope;

        *offset = json_offset(&r);
        scope = get_scope(&r, space);
        if (r.status == TPS_OK) {
            json_fail(&r, take(context, &scope));
        }
        count++;
    }
    if (r.status == TPS_OK && (count == 0 || json_next(&r, &file))) {
        json_fail(&r, TPS_BAD_ARGUMENT);
    }
    return json_reader_finish(&r);
}

tps_status scope_read(tps_span text, scope_taker take, void *context, tps_error *why)
{
    scope_room *space;
    size_t offset = 0;
    tps_status status;

    TPS_TRY(json_check(text, &json_limits_message, why));
    space = malloc(sizeof *space);
    if (space == NULL) {
        return tps_fail(why, TPS_OUT_OF_MEMORY, 0, NULL);
    }
    status = read_scopes(text, space, take, context, &offset);
    free(space);
    return status == TPS_OK ? TPS_OK : tps_fail(why, status, offset, "a scope of the trust anchor");
}
