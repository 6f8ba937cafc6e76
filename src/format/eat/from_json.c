/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims in JSON become claims in CBOR. Values are walked with a stack of levels. Members of an object are
 * noted in one table, which the open objects share, and sorted there as CBOR wants its keys; then they are
 * turned in that order.
 */
#include "format/eat/claims.h"
#include "format/eat/forms.h"
#include "format/eat/json_text.h"

/* json_limits_message lets through as many. */
enum { LEVELS = 16 };

/* The label of a member that has none: its name is its key. */
#define NO_LABEL INT32_MIN

/* A member of an object that is open. */
typedef struct {
    uint32_t offset; /* of its name in the text */
    int32_t label;   /* or NO_LABEL */
} member;

/* An array or object that is open. */
typedef struct {
    json_reader reader; /* of an array */
    json_list list;
    uint32_t form;
    uint32_t index; /* of the next entry */
    uint32_t first; /* of an object: its members in the table */
    uint32_t count;
    bool is_object;
} level;

typedef struct {
    tps_span json;
    tps_cbor_writer w;
    tps_error *why;
    const char *claim; /* what is being turned */
    uint32_t depth;
    uint32_t member_count;
    level levels[LEVELS];
    member members[TPS_EAT_JSON_MEMBERS_MAX];
} converter;

static tps_status fail(const converter *c, tps_status status, const uint8_t *at)
{
    return tps_fail(c->why, status, (size_t)(at - c->json.data), c->claim);
}

/* A reader from a place in the text to its end. */
static json_reader reader_at(const converter *c, uint32_t offset)
{
    return json_reader_init(tps_span_make(c->json.data + offset, c->json.size - offset));
}

/* ---- members in the order of their keys ---- */

static json_str name_of(const converter *c, const member *m)
{
    json_reader r = reader_at(c, m->offset);

    return json_get_name(&r);
}

/* The first byte of an integer's key says its sign; all texts stand behind all integers. */
static int class_of(const member *m)
{
    return m->label == NO_LABEL ? 2 : m->label < 0 ? 1 : 0;
}

/* The order of encoded keys (RFC 8949, 4.2.1): of integers by distance from 0, of texts by size first. */
static bool is_before(const converter *c, const member *a, const member *b)
{
    json_str name_a;
    json_str name_b;
    size_t size_a;
    size_t size_b;

    if (class_of(a) != class_of(b)) {
        return class_of(a) < class_of(b);
    }
    if (a->label != NO_LABEL) {
        return a->label < 0 ? a->label > b->label : a->label < b->label;
    }
    name_a = name_of(c, a);
    name_b = name_of(c, b);
    size_a = json_text_size(name_a);
    size_b = json_text_size(name_b);
    return size_a != size_b ? size_a < size_b : json_str_compare(name_a, name_b) < 0;
}

/* Puts the last of the members from `first` on into its place. */
static void sort_last(converter *c, uint32_t first)
{
    uint32_t at = c->member_count - 1;
    member last = c->members[at];

    for (; at > first && is_before(c, &last, &c->members[at - 1]); at--) {
        c->members[at] = c->members[at - 1];
    }
    c->members[at] = last;
}

static const form_name *find_name(uint32_t form, json_str name)
{
    size_t count;
    const form_name *names = form_names(form, &count);

    for (size_t i = 0; i < count; i++) {
        if (json_str_is(name, names[i].name)) {
            return &names[i];
        }
    }
    return NULL;
}

static tps_status note_member(converter *c, json_reader *r, uint32_t form)
{
    const uint8_t *at = r->at;
    json_str name = json_get_name(r);
    const form_name *found = find_name(form, name);

    if (found == NULL && form_is_closed(form)) {
        return fail(c, TPS_CLAIM_BAD_VALUE, at);
    }
    if (c->member_count == TPS_EAT_JSON_MEMBERS_MAX) {
        return fail(c, TPS_JSON_TOO_MANY, at);
    }
    c->members[c->member_count++] =
        (member){(uint32_t)(at - c->json.data), found == NULL ? NO_LABEL : found->label};
    json_skip(r);
    return TPS_OK;
}

/* ---- containers ---- */

static tps_status open_object(converter *c, tps_span text, uint32_t form)
{
    level *l = &c->levels[c->depth];
    json_reader r = json_reader_init(text);
    json_list list = json_enter_object(&r);

    *l = (level){.form = form, .first = c->member_count, .is_object = true};
    while (json_next(&r, &list)) {
        TPS_TRY(note_member(c, &r, form));
        sort_last(c, l->first);
    }
    l->count = c->member_count - l->first;
    tps_cbor_put_map(&c->w, l->count);
    c->depth++;
    return TPS_OK;
}

static void open_array(converter *c, tps_span text, uint32_t form)
{
    level *l = &c->levels[c->depth++];
    json_reader r = json_reader_init(text);
    json_list list = json_enter_array(&r);
    uint64_t count = 0;

    *l = (level){.reader = r, .list = list, .form = form};
    while (json_next(&r, &list)) {
        json_skip(&r);
        count++;
    }
    tps_cbor_put_array(&c->w, count);
}

/* ---- single values ---- */

static tps_status put_bytes(converter *c, json_str string)
{
    if (string.is_escaped || !json_text_is_base64url(string.raw)) {
        return fail(c, TPS_BAD_BASE64, string.raw.data);
    }
    json_text_put_base64url(&c->w, string.raw);
    return TPS_OK;
}

/* Bytes where the text is base64url; else the text itself, as bytes or as text. */
static void put_loose(converter *c, json_str string, bool is_bytes)
{
    if (!string.is_escaped && json_text_is_base64url(string.raw)) {
        json_text_put_base64url(&c->w, string.raw);
    } else {
        json_text_put(&c->w, string, is_bytes);
    }
}

static tps_status put_profile(converter *c, json_str string)
{
    if (string.is_escaped || !json_text_is_oid(string.raw)) {
        json_text_put(&c->w, string, false);
        return TPS_OK;
    }
    return json_text_put_oid(&c->w, string.raw) ? TPS_OK : fail(c, TPS_CLAIM_BAD_VALUE, string.raw.data);
}

/* A name that stands for a number. Names of schemes and algorithms beyond those known here are texts. */
static tps_status put_name(converter *c, json_str string, uint32_t form)
{
    const form_name *found = find_name(form, string);

    if (found != NULL) {
        tps_cbor_put_int(&c->w, found->label);
        return TPS_OK;
    }
    if (form != FORM_SCHEME) {
        return fail(c, TPS_CLAIM_BAD_VALUE, string.raw.data);
    }
    json_text_put(&c->w, string, false);
    return TPS_OK;
}

static tps_status put_string(converter *c, json_str string, uint32_t form)
{
    switch (form) {
    case FORM_BYTES: return put_bytes(c, string);
    case FORM_NONCES:
    case FORM_LOOSE_BYTES: put_loose(c, string, true); return TPS_OK;
    case FORM_BODY: put_loose(c, string, false); return TPS_OK;
    case FORM_PROFILE: return put_profile(c, string);
    case FORM_SCHEME:
    case FORM_DEBUG:
    case FORM_USE:
    case FORM_RESULT:
    case FORM_KEY_TYPE:
    case FORM_CURVE:
    case FORM_ALGORITHM: return put_name(c, string, form);
    default: json_text_put(&c->w, string, false); return TPS_OK;
    }
}

static void put_integer(converter *c, json_reader *r)
{
    json_reader as_natural = *r;
    uint64_t value = json_get_uint(&as_natural);

    if (as_natural.status == TPS_OK) {
        tps_cbor_put_uint(&c->w, value);
        *r = as_natural;
    } else {
        tps_cbor_put_int(&c->w, json_get_int(r));
    }
}

/* A nested token, or a digest. What is JSON stays so, as text. */
static tps_status put_selected(converter *c, tps_span text)
{
    json_selector selector = {0, TPS_SPAN_EMPTY};
    tps_status status = json_selector_read(text, &selector);
    json_reader value = json_reader_init(selector.value);

    if (status != TPS_OK) {
        return fail(c, status, text.data);
    }
    switch (selector.kind) {
    case JSON_TEXT_DIGEST: open_array(c, selector.value, FORM_DIGEST); return TPS_OK;
    case TPS_EAT_JSON_CBOR: return put_bytes(c, json_get_string(&value));
    default: tps_cbor_put_text_span(&c->w, text); return TPS_OK;
    }
}

/* One value; containers are opened, and their entries come later. */
static tps_status put_value(converter *c, json_reader *r, uint32_t form)
{
    tps_span text;

    switch (json_peek(r)) {
    case JSON_OBJECT:
        text = json_skip(r);
        TPS_TRY(open_object(c, text, form == FORM_SUBMODULE ? FORM_CLAIMS : form));
        break;
    case JSON_ARRAY:
        text = json_skip(r);
        if (form == FORM_SUBMODULE) {
            return put_selected(c, text);
        }
        open_array(c, text, form);
        break;
    case JSON_STRING: return put_string(c, json_get_string(r), form);
    case JSON_INTEGER: put_integer(c, r); break;
    case JSON_NUMBER: tps_cbor_put_double(&c->w, json_get_double(r)); break;
    case JSON_BOOL: tps_cbor_put_bool(&c->w, json_get_bool(r)); break;
    default:
        json_get_null(r);
        tps_cbor_put_null(&c->w);
        break;
    }
    return r->status == TPS_OK ? TPS_OK : fail(c, r->status, r->at);
}

/* ---- the walk ---- */

static tps_status put_member(converter *c, level *l)
{
    const member *m = &c->members[l->first + l->index++];
    const form_name *known = m->label == NO_LABEL ? NULL : form_find_label(l->form, m->label);
    json_reader r = reader_at(c, m->offset);
    json_str name = json_get_name(&r);

    if (l->form == FORM_CLAIMS) {
        c->claim = known == NULL ? "a claim that is unknown here" : known->name;
    } else if (l->form == FORM_SUBMODS) {
        c->claim = "submods";
    }
    if (known != NULL) {
        tps_cbor_put_int(&c->w, known->label);
        return put_value(c, &r, known->form);
    }
    json_text_put(&c->w, name, false);
    return put_value(c, &r, form_of_named(l->form));
}

static tps_status convert(converter *c)
{
    while (c->depth > 0) {
        level *l = &c->levels[c->depth - 1];
        if (l->is_object && l->index < l->count) {
            TPS_TRY(put_member(c, l));
        } else if (!l->is_object && json_next(&l->reader, &l->list)) {
            TPS_TRY(put_value(c, &l->reader, form_of_entry(l->form, l->index++)));
        } else {
            c->member_count = l->is_object ? l->first : c->member_count;
            c->depth--;
        }
    }
    return TPS_OK;
}

tps_status tps_eat_from_json(tps_span json, tps_buf out, tps_span *claims_set, tps_error *why)
{
    converter c;
    json_reader r = json_reader_init(json);

    *claims_set = TPS_SPAN_EMPTY;
    TPS_TRY(json_check(json, &json_limits_message, why));
    c.json = json;
    c.w = tps_cbor_writer_init(out);
    c.why = why;
    c.claim = "claims";
    c.depth = 0;
    c.member_count = 0;
    if (json_peek(&r) != JSON_OBJECT) {
        return tps_fail(why, TPS_CLAIM_BAD_TYPE, 0, "claims: they are no object");
    }
    TPS_TRY(put_value(&c, &r, FORM_CLAIMS));
    TPS_TRY(convert(&c));
    return tps_cbor_writer_finish(&c.w, claims_set);
}
