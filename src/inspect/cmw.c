/* SPDX-License-Identifier: Apache-2.0 */
/* Wrappers (CMW, RFC 9999): what they say of their messages, and what those are as far as it is known here.
 */
#include "tps/cmw.h"

#include <inttypes.h>
#include <stdio.h>

#include "inspect/explain.h"
#include "inspect/names.h"
#include "inspect/walk.h"
#include "tps/base64.h"

/* Room for what JSON escapes and encodes, as long as the document; as much as the text has is enough. */
static tps_buf room_for(inspect_document *document, tps_span text)
{
    uint8_t *room = inspect_allocate(document, text.size + 1);

    return (tps_buf){room, room == NULL ? 0 : text.size};
}

static bool is_json(const tps_cmw *cmw)
{
    return cmw->form == TPS_CMW_JSON_RECORD || cmw->form == TPS_CMW_JSON_COLLECTION;
}

bool cmw_is(inspect_document *document, tps_span file)
{
    tps_buf room;
    tps_cmw cmw;

    if (tps_cmw_form(file) == TPS_CMW_UNKNOWN) {
        return false;
    }
    room = room_for(document, file);
    return tps_cmw_read(file, &room, &cmw, NULL) == TPS_OK;
}

/* ---- a record ---- */

static void add_type(inspect_node *into, const tps_cmw *cmw)
{
    const char *name;

    if (cmw->type.size != 0) {
        inspect_text(into, "type", cmw->type);
        return;
    }
    name = tps_cmw_media_type(cmw->content_format);
    inspect_means(inspect_uint(into, "content_format", cmw->content_format),
                  name == NULL ? name_of_content_format(cmw->content_format) : name);
}

static void add_indicator(inspect_node *into, uint32_t indicator)
{
    char words[128] = "";
    size_t size = 0;

    if (indicator == 0) {
        return;
    }
    for (uint32_t bit = 0; tps_cmw_indicator_name(bit) != NULL; bit++) {
        if ((indicator >> bit & 1) != 0) {
            size += (size_t)snprintf(words + size, sizeof words - size, "%s%s", size == 0 ? "" : ", ",
                                     tps_cmw_indicator_name(bit));
        }
    }
    inspect_means_span(inspect_uint(into, "indicator", indicator),
                       inspect_format(into->document, "%s", words));
}

/* Claims that lie in a COSE message, and its envelope. */
static void add_cose(inspect_node *into, tps_span message)
{
    inspect_node *node = inspect_object(into, "message");
    inspect_node *claims = inspect_object(node, "claims");
    tps_span payload = TPS_SPAN_EMPTY;
    bool is_detached = false;
    uint32_t kind = CLAIMS_NONE;

    if (!cose_envelope(inspect_object(node, "cose"), message, &payload, &is_detached)) {
        return;
    }
    if (tps_cbor_check(payload, &tps_cbor_limits_file, NULL, NULL) == TPS_OK) {
        kind = claims_kind(payload);
    }
    if (kind != CLAIMS_NONE) {
        inspect_words(node, "holds", claims_title(kind));
        claims_explain(claims, payload);
        claims_judge(into->document, payload, kind);
    } else {
        claim_bytes(node, "payload", payload);
    }
}

static void add_message(inspect_node *into, const tps_cmw *cmw)
{
    tps_buf room = room_for(into->document, cmw->encoded);
    tps_span message = TPS_SPAN_EMPTY;

    if (tps_cmw_message(cmw, &room, &message) != TPS_OK) {
        return; /* no memory is left */
    }
    if (tps_cbor_check(message, &tps_cbor_limits_file, NULL, NULL) == TPS_OK && cose_is_message(message)) {
        add_cose(into, message);
    } else {
        claim_bytes(into, "message", message);
    }
}

static void add_record(inspect_node *into, const tps_cmw *cmw)
{
    add_type(into, cmw);
    add_indicator(into, cmw->indicator);
    add_message(into, cmw);
}

/* ---- a collection ---- */

static tps_span label_text(inspect_document *document, const tps_cmw_label *label)
{
    return label->is_int ? inspect_format(document, "%" PRId64, label->number)
                         : inspect_copy(document, label->text);
}

static void add_entries(inspect_node *into, const tps_cmw *cmw, tps_buf *room)
{
    inspect_node *entries = inspect_object(into, "entries");
    tps_cmw_walk walk = tps_cmw_entries(cmw);
    tps_cmw_label label;
    tps_cmw entry;

    if (cmw->collection_type.size != 0) {
        inspect_text(into, "collection_type", cmw->collection_type);
    }
    while (tps_cmw_next(&walk, room, &label, &entry)) {
        inspect_node *node = inspect_named(inspect_object(entries, NULL), label_text(into->document, &label));
        if (tps_cmw_is_collection(&entry)) {
            inspect_later(node, cmw_explain_part, entry.encoded);
        } else {
            add_record(node, &entry);
        }
    }
}

void cmw_explain_part(inspect_node *into, tps_span part)
{
    tps_buf room = room_for(into->document, part);
    tps_error why = {TPS_OK, 0, NULL};
    tps_cmw cmw;
    tps_status status = tps_cmw_read(part, &room, &cmw, &why);

    if (status != TPS_OK) {
        inspect_warn(into->document, "a wrapper (CMW) cannot be read: %s", tps_status_cause(status));
        inspect_bytes(into, "bytes", part);
    } else if (tps_cmw_is_collection(&cmw)) {
        add_entries(into, &cmw, &room);
    } else {
        add_record(into, &cmw);
    }
}

/* ---- the whole ---- */

static void say_what_it_is(inspect_document *document, const char *kind, const char *around, tps_span file)
{
    tps_buf room = room_for(document, file);
    tps_cmw cmw;

    if (tps_cmw_read(file, &room, &cmw, NULL) != TPS_OK) {
        return; /* no memory is left: it was read before */
    }
    if (tps_cmw_is_collection(&cmw)) {
        inspect_is(document, kind, "Wrapper (CMW, RFC 9999)%s: a collection of %" PRIu32 " in %s", around,
                   cmw.count, is_json(&cmw) ? "JSON" : "CBOR");
    } else {
        inspect_is(document, kind, "Wrapper (CMW, RFC 9999)%s: one message%s in %s", around,
                   cmw.form == TPS_CMW_CBOR_TAG ? " under a tag" : "", is_json(&cmw) ? "JSON" : "CBOR");
    }
}

void cmw_explain(inspect_document *document, tps_span file)
{
    say_what_it_is(document, "cmw", "", file);
    cmw_explain_part(inspect_object(inspect_fields(document), "cmw"), file);
    inspect_unchecked(document, "the signatures of what is wrapped: use tps verify");
    inspect_warn(document,
                 "nobody signed the wrapper: its types and labels are as good as whoever handed it over");
}

bool cmw_explain_signed(inspect_document *document, tps_span content_type, tps_span payload)
{
    if (!tps_span_is_text(content_type, "application/cmw+cbor") || !cmw_is(document, payload)) {
        return false;
    }
    say_what_it_is(document, "signed-cmw", " in COSE", payload);
    cmw_explain_part(inspect_object(inspect_fields(document), "cmw"), payload);
    return true;
}

static tps_span decode(inspect_document *document, tps_span part)
{
    tps_buf room = room_for(document, part);
    size_t size = 0;

    return tps_base64_read(part, room, &size) == TPS_OK ? tps_span_make(room.data, size) : TPS_SPAN_EMPTY;
}

bool cmw_explain_jws(inspect_document *document, const tps_jws *jws)
{
    tps_buf room = room_for(document, jws->header);
    tps_jws_header header;
    tps_span payload;
    inspect_node *root = inspect_fields(document);
    inspect_node *node;

    if (tps_jws_read_header(jws, &room, &header, NULL) != TPS_OK ||
        !(tps_span_is_text(header.cty, "application/cmw+json") || tps_span_is_text(header.cty, "cmw+json"))) {
        return false;
    }
    payload = decode(document, jws->payload);
    if (payload.size == 0 || !cmw_is(document, payload)) {
        return false;
    }
    say_what_it_is(document, "signed-cmw", " in a JWS", payload);
    cmw_explain_part(inspect_object(root, "cmw"), payload);
    node = inspect_object(root, "header");
    inspect_text(node, "alg", header.alg);
    inspect_text(node, "cty", header.cty);
    if (header.kid.size != 0) {
        inspect_text(node, "kid", header.kid);
    }
    inspect_bytes(root, "signature", decode(document, jws->signature));
    inspect_unchecked(document, "the signature");
    return true;
}

void cmw_explain_in_certificate(inspect_node *into, tps_span der)
{
    tps_span cmw;

    if (tps_cmw_find_in_certificate(der, &cmw, NULL) == TPS_OK) {
        inspect_later(inspect_object(into, "cmw"), cmw_explain_part, cmw);
    }
}
