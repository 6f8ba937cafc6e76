/* SPDX-License-Identifier: Apache-2.0 */
/* Claims in CBOR become claims in JSON; and tokens in JSON are taken apart. */
#include "format/eat/claims.h"
#include "format/eat/forms.h"
#include "format/eat/json_text.h"
#include "format/eat/number.h"
#include "format/json/writer.h"
#include "tps/jws.h"

/* tps_cbor_limits_message lets through as many. */
enum { LEVELS = 16 };

/* An array or map that is open. */
typedef struct {
    tps_cbor_list list;
    uint32_t form;
    uint32_t index;
    bool is_map;
    bool is_wrapped; /* it stands in an array of JSON that has no counterpart */
} level;

typedef struct {
    tps_cbor_reader r;
    json_writer w;
    tps_error *why;
    const char *claim;
    uint32_t depth;
    level levels[LEVELS];
} converter;

static tps_status fail(const converter *c, tps_status status)
{
    return tps_fail(c->why, status, tps_cbor_offset(&c->r), c->claim);
}

/* ---- single values ---- */

static const form_name *find_name(uint32_t form, tps_span name)
{
    size_t count;
    const form_name *names = form_names(form, &count);

    for (size_t i = 0; i < count; i++) {
        if (tps_span_is_text(name, names[i].name)) {
            return &names[i];
        }
    }
    return NULL;
}

/* True for forms whose values are numbers with names. */
static bool has_names(uint32_t form)
{
    switch (form) {
    case FORM_SCHEME:
    case FORM_DEBUG:
    case FORM_USE:
    case FORM_RESULT:
    case FORM_KEY_TYPE:
    case FORM_CURVE:
    case FORM_ALGORITHM: return true;
    default: return false;
    }
}

static tps_status put_integer(converter *c, uint32_t form)
{
    const form_name *known = NULL;
    int64_t value;

    if (tps_cbor_peek(&c->r) == TPS_CBOR_UINT && !has_names(form)) {
        json_uint(&c->w, tps_cbor_get_uint(&c->r));
        return TPS_OK;
    }
    value = tps_cbor_get_int(&c->r);
    if (c->r.status != TPS_OK) {
        return fail(c, TPS_CLAIM_NO_JSON);
    }
    known = has_names(form) ? form_find_label(form, value) : NULL;
    if (known != NULL) {
        json_text(&c->w, known->name);
    } else if (has_names(form) && form != FORM_SCHEME) {
        return fail(c, TPS_CLAIM_NO_JSON);
    } else {
        json_int(&c->w, value);
    }
    return TPS_OK;
}

static tps_status put_bytes(converter *c, uint32_t form)
{
    tps_span bytes = tps_cbor_get_bytes(&c->r);
    char oid[TPS_EAT_OID_TEXT_MAX];

    switch (form) {
    case FORM_BYTES:
    case FORM_LOOSE_BYTES:
    case FORM_NONCES:
    case FORM_BODY:
    case FORM_ID: json_base64url(&c->w, bytes); return TPS_OK;
    case FORM_SUBMODULE:
        json_begin_array(&c->w);
        json_text(&c->w, "CBOR");
        json_base64url(&c->w, bytes);
        json_end_array(&c->w);
        return TPS_OK;
    case FORM_PROFILE:
        if (!tps_eat_oid_text(bytes, oid)) {
            return fail(c, TPS_CLAIM_NO_JSON);
        }
        json_text(&c->w, oid);
        return TPS_OK;
    default: return fail(c, TPS_CLAIM_NO_JSON);
    }
}

/* A token in JSON stands as it is, without the white space around it. */
static tps_status put_token(converter *c, tps_span text)
{
    json_selector selector;
    json_reader r = json_reader_init(text);

    TPS_TRY(json_check(text, &json_limits_message, c->why));
    if (json_selector_read(text, &selector) != TPS_OK || selector.kind == JSON_TEXT_DIGEST ||
        selector.kind == TPS_EAT_JSON_CBOR) {
        return fail(c, TPS_CLAIM_NO_JSON);
    }
    json_raw(&c->w, json_skip(&r));
    return TPS_OK;
}

/* Texts that JSON's reader would take for something else have no form in JSON. */
static tps_status put_text(converter *c, uint32_t form)
{
    tps_span text = tps_cbor_get_text(&c->r);
    bool is_other = false;

    switch (form) {
    case FORM_SUBMODULE: return put_token(c, text);
    case FORM_BODY: is_other = json_text_is_base64url(text); break;
    case FORM_PROFILE: is_other = json_text_is_oid(text); break;
    case FORM_SCHEME: is_other = find_name(form, text) != NULL; break;
    case FORM_BYTES:
    case FORM_LOOSE_BYTES: is_other = true; break;
    default: is_other = has_names(form); break;
    }
    if (is_other) {
        return fail(c, TPS_CLAIM_NO_JSON);
    }
    json_text_span(&c->w, text);
    return TPS_OK;
}

static tps_status put_simple(converter *c)
{
    tps_cbor_item item;

    if (!tps_cbor_read(&c->r, &item) || item.value < 20 || item.value > 22) {
        return fail(c, TPS_CLAIM_NO_JSON);
    }
    if (item.value == 22) {
        json_put_null(&c->w);
    } else {
        json_bool(&c->w, item.value == 21);
    }
    return TPS_OK;
}

static tps_status put_real(converter *c)
{
    tps_number number = number_read(&c->r);

    if (c->r.status != TPS_OK) {
        return fail(c, TPS_CLAIM_NO_JSON);
    }
    json_double(&c->w, number.value.real);
    return TPS_OK;
}

/* ---- containers ---- */

static void open_array(converter *c, uint32_t form)
{
    level *l = &c->levels[c->depth++];

    *l = (level){.form = form == FORM_SUBMODULE ? FORM_DIGEST : form, .is_wrapped = form == FORM_SUBMODULE};
    l->list = tps_cbor_enter_array(&c->r);
    if (l->is_wrapped) {
        json_begin_array(&c->w);
        json_text(&c->w, "DIGEST");
    }
    json_begin_array(&c->w);
}

static void open_map(converter *c, uint32_t form)
{
    level *l = &c->levels[c->depth++];

    *l = (level){.form = form == FORM_SUBMODULE ? FORM_CLAIMS : form, .is_map = true};
    l->list = tps_cbor_enter_map(&c->r);
    json_begin_object(&c->w);
}

static tps_status open_level(converter *c, uint32_t form)
{
    if (c->depth == LEVELS) {
        return fail(c, TPS_CBOR_TOO_DEEP);
    }
    if (tps_cbor_peek(&c->r) == TPS_CBOR_ARRAY) {
        open_array(c, form);
    } else {
        open_map(c, form);
    }
    return TPS_OK;
}

static void close_level(converter *c)
{
    const level *l = &c->levels[--c->depth];

    if (l->is_map) {
        json_end_object(&c->w);
        return;
    }
    json_end_array(&c->w);
    if (l->is_wrapped) {
        json_end_array(&c->w);
    }
}

/* One value; containers are opened, and their entries come later. */
static tps_status put_value(converter *c, uint32_t form)
{
    TPS_TRY(c->r.status);
    switch (tps_cbor_peek(&c->r)) {
    case TPS_CBOR_UINT:
    case TPS_CBOR_NINT: return put_integer(c, form);
    case TPS_CBOR_BYTES: return put_bytes(c, form);
    case TPS_CBOR_TEXT: return put_text(c, form);
    case TPS_CBOR_ARRAY:
    case TPS_CBOR_MAP: return open_level(c, form);
    case TPS_CBOR_FLOAT: return put_real(c);
    case TPS_CBOR_SIMPLE: return put_simple(c);
    default: return fail(c, TPS_CLAIM_NO_JSON);
    }
}

/* A text for key: it may not be the name that a label has. */
static tps_status put_named(converter *c, level *l)
{
    tps_span name = tps_cbor_get_text(&c->r);

    if (form_is_closed(l->form) || find_name(l->form, name) != NULL) {
        return fail(c, TPS_CLAIM_NO_JSON);
    }
    json_key_span(&c->w, name);
    return put_value(c, form_of_named(l->form));
}

static tps_status put_member(converter *c, level *l)
{
    const form_name *known;

    if (l->form == FORM_CLAIMS) {
        c->claim = "a claim that is unknown here";
    } else if (l->form == FORM_SUBMODS) {
        c->claim = "submods";
    }
    if (tps_cbor_peek(&c->r) == TPS_CBOR_TEXT) {
        return put_named(c, l);
    }
    known = form_find_label(l->form, claim_label(&c->r));
    if (known == NULL) {
        return fail(c, TPS_CLAIM_NO_JSON);
    }
    c->claim = l->form == FORM_CLAIMS ? known->name : c->claim;
    json_key(&c->w, known->name);
    return put_value(c, known->form);
}

tps_status tps_eat_to_json(tps_span claims_set, tps_buf out, size_t *size, tps_error *why)
{
    converter c = {
        .r = tps_cbor_reader_init(claims_set), .w = json_writer_init(out), .why = why, .claim = "claims"};

    *size = 0;
    TPS_TRY(tps_eat_walk(claims_set, NULL, why));
    open_map(&c, FORM_CLAIMS);
    while (c.depth > 0) {
        level *l = &c.levels[c.depth - 1];
        if (!tps_cbor_next(&c.r, &l->list)) {
            close_level(&c);
        } else if (l->is_map) {
            TPS_TRY(put_member(&c, l));
        } else {
            TPS_TRY(put_value(&c, form_of_entry(l->form, l->index++)));
        }
    }
    TPS_TRY(claim_read_status(&c.r, c.claim, why));
    return json_writer_finish(&c.w, size);
}

/* ---- tokens ---- */

static tps_status take_jwt(json_reader *value, tps_buf *room, tps_span *content, tps_error *why)
{
    tps_jws jws;
    tps_status status;

    *content = json_get_text(value, room);
    TPS_TRY(value->status);
    status = tps_jws_parse(*content, &jws);
    return status == TPS_OK ? TPS_OK : tps_fail(why, status, 0, "JWT");
}

tps_status tps_eat_json_token_read(tps_span text, tps_buf room, tps_eat_json_token *out, tps_error *why)
{
    json_selector selector = {0, TPS_SPAN_EMPTY};
    json_reader value;
    tps_status status;

    TPS_TRY(json_check(text, &json_limits_message, why));
    status = json_selector_read(text, &selector);
    if (status == TPS_OK && selector.kind == JSON_TEXT_DIGEST) {
        status = TPS_CLAIM_BAD_VALUE;
    }
    if (status != TPS_OK) {
        return tps_fail(why, status, 0, "token in JSON");
    }
    value = json_reader_init(selector.value);
    out->kind = selector.kind;
    out->content = selector.value;
    if (selector.kind == TPS_EAT_JSON_JWT) {
        return take_jwt(&value, &room, &out->content, why);
    }
    if (selector.kind == TPS_EAT_JSON_CBOR) {
        out->content = json_get_base64url(&value, &room);
        return value.status == TPS_OK ? TPS_OK : tps_fail(why, value.status, 0, "token in CBOR");
    }
    return TPS_OK;
}
