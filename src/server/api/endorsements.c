/* SPDX-License-Identifier: Apache-2.0 */
/* Endorsements as a resource: what a tenant was given, read again, explained, taken away. */
#include "server/api/endorse.h"

/* ---- what a manifest says, in short ---- */

static const char *tag_kind(uint64_t tag)
{
    switch (tag) {
    case TPS_CORIM_TAG_COMID: return "comid";
    case TPS_CORIM_TAG_COSWID: return "coswid";
    case TPS_CORIM_TAG_COTL: return "cotl";
    default: return "other";
    }
}

static void put_identity(json_writer *w, const tps_corim_identity *identity)
{
    json_key(w, "tag_id");
    if (identity->id.kind == TPS_CORIM_TEXT) {
        json_text_span(w, identity->id.bytes);
    } else {
        json_hex(w, identity->id.bytes);
    }
    json_member_uint(w, "tag_version", identity->version);
}

static void put_count(json_writer *w, const char *name, size_t count)
{
    if (count > 0) {
        json_member_uint(w, name, count);
    }
}

static void put_comid(json_writer *w, tps_span content)
{
    tps_corim_comid comid;

    if (tps_corim_comid_decode(content, &comid, NULL) != TPS_OK) {
        return;
    }
    put_identity(w, &comid.identity);
    put_count(w, "reference_values", comid.reference_values.count);
    put_count(w, "endorsed_values", comid.endorsed_values.count);
    put_count(w, "attest_keys", comid.attest_keys.count);
    put_count(w, "identity_keys", comid.identity_keys.count);
}

static void put_tag(json_writer *w, const tps_corim_tag *tag)
{
    tps_corim_cotl cotl;

    json_begin_object(w);
    json_member_text(w, "kind", tag_kind(tag->tag));
    if (tag->tag == TPS_CORIM_TAG_COMID) {
        put_comid(w, tag->content);
    } else if (tag->tag == TPS_CORIM_TAG_COTL && tps_corim_cotl_decode(tag->content, &cotl, NULL) == TPS_OK) {
        put_identity(w, &cotl.identity);
    }
    json_end_object(w);
}

static void put_content(json_writer *w, tps_span body)
{
    tps_corim corim;
    tps_corim_tag tag;
    tps_corim_cursor tags;

    if (tps_corim_decode(body, &corim, NULL) != TPS_OK) {
        return;
    }
    json_key(w, "tags");
    json_begin_array(w);
    tags = TPS_CORIM_WALK(corim.tags);
    while (tps_corim_next_tag(&tags, &tag)) {
        put_tag(w, &tag);
    }
    json_end_array(w);
}

static void put(json_writer *w, const tps_store_item *item, bool whole)
{
    json_begin_object(w);
    tps_resource_put_head(w, item);
    json_member_uint(w, "size", item->body_size);
    json_key(w, "about");
    json_raw(w, item->attributes);
    if (whole) {
        put_content(w, item->body);
    }
    json_end_object(w);
}

/* A signed one begins with tag 18. */
static const char *raw_type(const tps_store_item *item)
{
    return item->body.size > 0 && item->body.data[0] == 0xd2 ? TPS_TYPE_SIGNED_CORIM : TPS_TYPE_CORIM;
}

const tps_resource tps_endorsement_resource = {
    .kind = TPS_STORE_ENDORSEMENT,
    .path = "/api/v1/endorsements/",
    .list = "endorsements",
    .missing = "there is no such endorsement",
    .raw_type = raw_type,
    .put = put,
};

/* ---- handlers ---- */

void tps_handle_list_endorsements(const tps_call *call)
{
    tps_resource_list(call, &tps_endorsement_resource);
}

void tps_handle_add_endorsement(const tps_call *call)
{
    tps_error why = {TPS_OK, 0, NULL};
    tps_change *c;
    tps_status status = tps_endorse_check(call, false, &c, &why);

    if (status == TPS_OK) {
        tps_change_submit(c);
    } else if (status != TPS_SERVER_BAD_REQUEST) {
        tps_answer_refused(call->exchange, 422, status, &why);
    }
}

void tps_handle_get_endorsement(const tps_call *call)
{
    uint8_t room[1];
    tps_span value;

    tps_resource_get(call, &tps_endorsement_resource,
                     tps_call_text(call, "explain", TPS_BUF_OF(room), &value) != TPS_NOT_FOUND);
}

void tps_handle_remove_endorsement(const tps_call *call)
{
    tps_change_remove_item(call, &tps_endorsement_resource);
}
