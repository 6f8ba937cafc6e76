/* SPDX-License-Identifier: Apache-2.0 */
/* Wrappers read: which encoding, a check of the whole tree, one node at a time, entries of a collection. */
#include "format/dual/dual.h"
#include "format/text/base64_digit.h"
#include "tps/base64.h"
#include "tps/cmw.h"

#define COLLECTION_TYPE "__cmwc_t"
#define TAG_HEAD        0xdau

static const tps_cbor_limits cbor_limits = {
    .size = TPS_CMW_SIZE_MAX, .depth = TPS_CBOR_DEPTH_MAX, .entries = UINT16_MAX};
static const json_limits text_limits = {
    .size = TPS_CMW_SIZE_MAX, .depth = JSON_READ_DEPTH_MAX, .entries = UINT16_MAX};

static uint32_t form_of_json(tps_span bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        switch (bytes.data[i]) {
        case ' ':
        case '\n':
        case '\r':
        case '\t': break;
        case '[': return TPS_CMW_JSON_RECORD;
        case '{': return TPS_CMW_JSON_COLLECTION;
        default: return TPS_CMW_UNKNOWN;
        }
    }
    return TPS_CMW_UNKNOWN;
}

uint32_t tps_cmw_form(tps_span bytes)
{
    uint8_t first = bytes.size == 0 ? 0 : bytes.data[0];

    if (first == 0x82 || first == 0x83 || first == 0x9f) {
        return TPS_CMW_CBOR_RECORD;
    }
    if (first == TAG_HEAD) {
        return TPS_CMW_CBOR_TAG;
    }
    if ((first >= 0xa0 && first <= 0xbb) || first == 0xbf) {
        return TPS_CMW_CBOR_COLLECTION;
    }
    return form_of_json(bytes);
}

static bool is_json_form(uint32_t form)
{
    return form == TPS_CMW_JSON_RECORD || form == TPS_CMW_JSON_COLLECTION;
}

bool tps_cmw_is_collection(const tps_cmw *cmw)
{
    return cmw->form == TPS_CMW_CBOR_COLLECTION || cmw->form == TPS_CMW_JSON_COLLECTION;
}

/* ---- one node ---- */

static void read_type(dual_reader *r, tps_cmw *out)
{
    uint32_t kind = dual_peek(r);

    out->content_format = TPS_CMW_NO_CONTENT_FORMAT;
    if (kind == DUAL_INT && !r->is_json) {
        int64_t number = dual_get_int(r);
        out->content_format = (uint32_t)number;
        if (dual_status(r) != TPS_OK || number < 0 || number > UINT16_MAX) {
            dual_rename(r, TPS_CMW_BAD_TYPE);
        }
        return;
    }
    if (kind != DUAL_TEXT) {
        dual_fail(r, TPS_CMW_BAD_TYPE);
        return;
    }
    out->type = dual_get_text(r);
    if (dual_status(r) == TPS_OK &&
        (out->type.size > TPS_CMW_TYPE_MAX || !tps_cmw_type_is_valid(out->type))) {
        dual_fail(r, TPS_CMW_BAD_TYPE);
    }
}

/* The value of a base64url character; negative for any other. */
static int sextet(uint8_t c)
{
    return c == '+' || c == '/' ? -1 : base64_digit(c);
}

/* Without padding, and with zeros behind the last byte, so that every message has one text. */
static bool is_base64url(tps_span text)
{
    int spare = text.size % 4 == 2 ? 15 : text.size % 4 == 3 ? 3 : 0;

    for (size_t i = 0; i < text.size; i++) {
        if (sextet(text.data[i]) < 0) {
            return false;
        }
    }
    return text.size != 0 && text.size % 4 != 1 && (sextet(text.data[text.size - 1]) & spare) == 0;
}

/* A message in JSON stays as it is: it may be large, and nobody has asked for it yet. */
static void read_json_value(dual_reader *r, tps_cmw *out)
{
    json_str text = dual_peek(r) == DUAL_TEXT ? json_get_string(&r->json) : (json_str){{NULL, 0}, false};

    if (text.is_escaped || !is_base64url(text.raw)) {
        dual_fail(r, TPS_CMW_BAD_VALUE);
    }
    out->value = text.raw;
}

static void read_value(dual_reader *r, tps_cmw *out)
{
    if (r->is_json) {
        read_json_value(r, out);
        return;
    }
    if (dual_peek(r) != DUAL_BYTES) {
        dual_fail(r, TPS_CMW_BAD_VALUE);
        return;
    }
    out->value = tps_cbor_get_bytes(&r->cbor);
    if (out->value.size == 0) {
        dual_fail(r, TPS_CMW_BAD_VALUE);
    }
}

static void read_indicator(dual_reader *r, tps_cmw *out)
{
    int64_t bits = dual_peek(r) == DUAL_INT ? dual_get_int(r) : 0;

    if (bits <= 0 || bits > TPS_CMW_INDICATORS) { /* 0 also after an error */
        dual_rename(r, TPS_CMW_BAD_INDICATOR);
        return;
    }
    out->indicator = (uint32_t)bits;
}

static void read_record(dual_reader *r, tps_cmw *out)
{
    dual_list members = dual_enter_array(r);

    out->form = r->is_json ? TPS_CMW_JSON_RECORD : TPS_CMW_CBOR_RECORD;
    if (!dual_next(r, &members)) {
        dual_fail(r, TPS_CMW_NOT_WELL_FORMED);
        return;
    }
    read_type(r, out);
    if (!dual_next(r, &members)) {
        dual_fail(r, TPS_CMW_NOT_WELL_FORMED);
        return;
    }
    read_value(r, out);
    if (dual_next(r, &members)) {
        read_indicator(r, out);
        if (dual_next(r, &members)) {
            dual_fail(r, TPS_CMW_NOT_WELL_FORMED);
        }
    }
}

static void read_tag(dual_reader *r, tps_cmw *out)
{
    out->form = TPS_CMW_CBOR_TAG;
    if (*r->cbor.at != TAG_HEAD) {
        dual_fail(r, TPS_CMW_BAD_TAG);
        return;
    }
    out->content_format = tps_cmw_content_format_of(tps_cbor_get_tag(&r->cbor));
    if (out->content_format == TPS_CMW_NO_CONTENT_FORMAT) {
        dual_fail(r, TPS_CMW_BAD_TAG);
        return;
    }
    read_value(r, out);
}

/* "__cmwc_t" by either encoding. */
static bool is_type_key(const dual_key *key)
{
    return !key->is_int && json_str_is(key->text, COLLECTION_TYPE);
}

/* Judges the key of an entry: an integer, or text that is not empty. */
static dual_key read_key(dual_reader *r)
{
    dual_key key = dual_get_key(r);
    tps_status status = dual_status(r);

    if (!key.is_int && key.text.raw.size == 0) {
        dual_fail(r, TPS_CMW_BAD_LABEL);
    } else if (status == TPS_CBOR_UNEXPECTED_TYPE || status == TPS_CBOR_OUT_OF_RANGE) {
        dual_rename(r, TPS_CMW_BAD_LABEL);
    }
    return key;
}

static tps_span read_collection_type(dual_reader *r)
{
    tps_span text = dual_peek(r) == DUAL_TEXT ? dual_get_text(r) : TPS_SPAN_EMPTY;

    if (dual_status(r) == TPS_OK && !tps_cmw_collection_type_is_valid(text)) {
        dual_fail(r, TPS_CMW_BAD_COLLECTION_TYPE);
    }
    return text;
}

/* The outside of a collection: its type, and how many entries there are. */
static void read_collection(dual_reader *r, tps_cmw *out)
{
    dual_list entries = dual_enter_map(r);

    out->form = r->is_json ? TPS_CMW_JSON_COLLECTION : TPS_CMW_CBOR_COLLECTION;
    out->content_format = TPS_CMW_NO_CONTENT_FORMAT;
    while (dual_next(r, &entries)) {
        dual_key key = read_key(r);
        if (is_type_key(&key)) {
            out->collection_type = read_collection_type(r);
        } else {
            out->count++;
            dual_skip(r);
        }
    }
}

static void read_node(dual_reader *r, tps_cmw *out)
{
    const uint8_t *start = dual_place(r);
    uint32_t kind = dual_peek(r);

    *out = (tps_cmw){.form = TPS_CMW_UNKNOWN};
    if (kind == DUAL_ARRAY) {
        read_record(r, out);
    } else if (kind == DUAL_MAP) {
        read_collection(r, out);
    } else {
        read_tag(r, out);
    }
    out->encoded = dual_since(r, start);
}

/* ---- the whole tree ---- */

/* Collections that are open: each with its entries and whether it has one yet. */
typedef struct {
    dual_reader reader;
    uint32_t depth;
    struct {
        dual_list entries;
        bool has_entry;
    } open[TPS_CMW_DEPTH_MAX];
} tree;

static void open_collection(tree *t)
{
    if (t->depth == TPS_CMW_DEPTH_MAX) {
        dual_fail(&t->reader, TPS_CMW_TOO_DEEP);
        return;
    }
    t->open[t->depth].entries = dual_enter_map(&t->reader);
    t->open[t->depth].has_entry = false;
    t->depth++;
}

/* Each type is unescaped at the same place: nothing of it is kept. */
static void check_leaf(tree *t)
{
    uint8_t scratch[TPS_CMW_TYPE_MAX];
    tps_buf room = TPS_BUF_OF(scratch);
    tps_cmw leaf;

    t->reader.room = &room;
    read_node(&t->reader, &leaf);
    t->reader.room = NULL;
    if (dual_status(&t->reader) == TPS_BUFFER_TOO_SMALL) {
        dual_rename(&t->reader, TPS_CMW_BAD_TYPE);
    }
}

static void check_collection_type(tree *t)
{
    uint8_t scratch[TPS_CMW_TYPE_MAX];
    tps_buf room = TPS_BUF_OF(scratch);

    t->reader.room = &room;
    read_collection_type(&t->reader);
    t->reader.room = NULL;
    if (dual_status(&t->reader) == TPS_BUFFER_TOO_SMALL) {
        dual_rename(&t->reader, TPS_CMW_BAD_COLLECTION_TYPE);
    }
}

static void check_node(tree *t)
{
    uint32_t kind = dual_peek(&t->reader);
    bool is_tag = !t->reader.is_json && tps_cbor_peek(&t->reader.cbor) == TPS_CBOR_TAG;

    if (kind == DUAL_MAP) {
        open_collection(t);
    } else if (kind == DUAL_ARRAY || is_tag) {
        check_leaf(t);
    } else {
        dual_fail(&t->reader, TPS_CMW_NOT_WELL_FORMED);
    }
}

static void check_entry(tree *t)
{
    dual_key key = read_key(&t->reader);

    if (is_type_key(&key)) {
        check_collection_type(t);
        return;
    }
    t->open[t->depth - 1].has_entry = true;
    check_node(t);
}

static void check_tree(tree *t)
{
    check_node(t);
    while (t->depth > 0) {
        if (dual_next(&t->reader, &t->open[t->depth - 1].entries)) {
            check_entry(t);
            continue;
        }
        if (!t->open[t->depth - 1].has_entry) {
            dual_fail(&t->reader, TPS_CMW_EMPTY_COLLECTION);
        }
        t->depth--;
    }
}

static const char *part_of(tps_status status)
{
    switch (status) {
    case TPS_CMW_BAD_TYPE: return "type of a record";
    case TPS_CMW_BAD_VALUE: return "value of a record or tag";
    case TPS_CMW_BAD_INDICATOR: return "indicator of a record";
    case TPS_CMW_BAD_COLLECTION_TYPE: return COLLECTION_TYPE;
    default: return NULL;
    }
}

static tps_status check(tps_span input, bool is_json, tps_error *why)
{
    tree t = {.reader = dual_reader_init(input, is_json, NULL)};
    tps_status status;

    TPS_TRY(dual_check(input, is_json, &cbor_limits, &text_limits, why));
    check_tree(&t);
    status = dual_status(&t.reader);
    return status == TPS_OK ? TPS_OK : tps_fail(why, status, dual_offset(&t.reader), part_of(status));
}

tps_status tps_cmw_read(tps_span input, tps_buf *room, tps_cmw *out, tps_error *why)
{
    uint32_t form = tps_cmw_form(input);
    dual_reader r;
    tps_cmw cmw;

    if (form == TPS_CMW_UNKNOWN) {
        return tps_fail(why, TPS_CMW_NOT_WELL_FORMED, 0, "it begins like none");
    }
    TPS_TRY(check(input, is_json_form(form), why));
    r = dual_reader_init(input, is_json_form(form), room);
    read_node(&r, &cmw);
    if (dual_status(&r) != TPS_OK) {
        return tps_fail(why, dual_status(&r), dual_offset(&r), "what is escaped in its types");
    }
    *out = cmw;
    return TPS_OK;
}

tps_status tps_cmw_message(const tps_cmw *cmw, tps_buf *room, tps_span *message)
{
    tps_buf none = {NULL, 0};
    size_t size;
    tps_status status;

    if (cmw->form == TPS_CMW_UNKNOWN || tps_cmw_is_collection(cmw)) {
        return TPS_BAD_ARGUMENT;
    }
    if (cmw->form != TPS_CMW_JSON_RECORD) {
        *message = cmw->value;
        return TPS_OK;
    }
    room = room == NULL ? &none : room;
    status = tps_base64_read(cmw->value, *room, &size);
    *message = tps_span_make(status == TPS_OK ? room->data : NULL, size);
    if (status == TPS_OK) {
        room->data += size;
        room->size -= size;
    }
    return status;
}

/* ---- entries ---- */

static int sign_of(bool is_less, bool is_more)
{
    return is_less ? -1 : is_more ? 1 : 0;
}

int tps_cmw_label_compare(const tps_cmw_label *a, const tps_cmw_label *b)
{
    int order;

    if (!a->is_int || !b->is_int) {
        if (a->is_int != b->is_int) {
            return a->is_int ? -1 : 1;
        }
        if (a->text.size != b->text.size) {
            return a->text.size < b->text.size ? -1 : 1;
        }
        order = a->text.size == 0 ? 0 : memcmp(a->text.data, b->text.data, a->text.size);
        return sign_of(order<0, order> 0);
    }
    if ((a->number < 0) != (b->number < 0)) {
        return a->number < 0 ? 1 : -1;
    }
    return a->number < 0 ? sign_of(a->number > b->number, a->number < b->number)
                         : sign_of(a->number<b->number, a->number> b->number);
}

/* The place behind the head of a map, or behind the brace of an object. */
static tps_span inside_of(const tps_cmw *collection)
{
    tps_cbor_reader r = tps_cbor_reader_init(collection->encoded);
    tps_cbor_item head;

    if (collection->form == TPS_CMW_JSON_COLLECTION) {
        return tps_span_make(collection->encoded.data + 1, collection->encoded.size - 1);
    }
    tps_cbor_read(&r, &head);
    return tps_span_make(r.at, (size_t)(r.end - r.at));
}

tps_cmw_walk tps_cmw_entries(const tps_cmw *collection)
{
    tps_cmw_walk walk = {TPS_SPAN_EMPTY, 0, false, false};

    if (tps_cmw_is_collection(collection)) {
        walk.rest = inside_of(collection);
        walk.left = collection->count;
        walk.is_json = collection->form == TPS_CMW_JSON_COLLECTION;
    }
    return walk;
}

uint32_t tps_cmw_left(const tps_cmw_walk *walk)
{
    return walk->left;
}

/* Moves to the value of the next entry, past the type of the collection. */
static dual_key find_entry(dual_reader *r, dual_list *list)
{
    for (;;) {
        dual_key key;
        if (r->is_json) {
            (void)json_next(&r->json, &list->json);
        }
        key = dual_get_key(r);
        if (!is_type_key(&key)) {
            return key;
        }
        dual_skip(r);
    }
}

static tps_status label_of(const dual_reader *r, const dual_key *key, tps_cmw_label *label)
{
    *label = (tps_cmw_label){.is_int = key->is_int, .number = key->number};
    return key->is_int ? TPS_OK : json_str_value(key->text, r->room, &label->text);
}

bool tps_cmw_next(tps_cmw_walk *walk, tps_buf *room, tps_cmw_label *label, tps_cmw *entry)
{
    dual_reader r = dual_reader_init(walk->rest, walk->is_json, room);
    dual_list list = {.json = {'}', walk->has_entry}};
    tps_cmw_label unwanted;
    dual_key key;

    if (walk->left == 0) {
        return false;
    }
    key = find_entry(&r, &list);
    if (label_of(&r, &key, label == NULL ? &unwanted : label) != TPS_OK) {
        return false;
    }
    read_node(&r, entry);
    if (dual_status(&r) != TPS_OK) {
        return false;
    }
    walk->rest = dual_rest(&r);
    walk->left--;
    walk->has_entry = true;
    return true;
}
