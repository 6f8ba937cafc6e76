/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints of the audit log. */
#include "server/audit/checkpoint.h"

#include "format/json/reader.h"
#include "format/json/writer.h"
#include "format/text/hex.h"
#include "server/audit/audit.h"
#include "tps/base64.h"

#define PAYLOAD_MAX 512u
#define LOOK_BACK   64 /* entries that are read at once in search of the last checkpoint */

/* ---- signing ---- */

static tps_status write_payload(const tps_audit_checkpoint *checkpoint, tps_buf out, size_t *size)
{
    json_writer w = json_writer_init(out);

    json_begin_object(&w);
    json_member_hex(&w, "hash", TPS_SPAN_OF(checkpoint->hash));
    json_member_int(&w, "iat", checkpoint->time);
    json_member_int(&w, "sequence", checkpoint->sequence);
    json_member_text(&w, "tenant", checkpoint->tenant);
    json_end_object(&w);
    return json_writer_finish(&w, size);
}

tps_status tps_audit_checkpoint_sign(const tps_audit_checkpoint *checkpoint, const tps_result_key *key,
                                     tps_buf out, size_t *size)
{
    tps_jws_options options = {.kid = key->id, .typ = TPS_AUDIT_CHECKPOINT_TYPE};
    tps_cose_signer signer = tps_cose_signer_of_key(key->key, TPS_ALG_ES256);
    char payload[PAYLOAD_MAX];
    size_t payload_size = 0;

    TPS_TRY(write_payload(checkpoint, TPS_BUF_OF(payload), &payload_size));
    return tps_jws_make_with(tps_span_make(payload, payload_size), &options, &signer, out, size);
}

/* ---- reading ---- */

enum { HAS_HASH = 1, HAS_TIME = 2, HAS_SEQUENCE = 4, HAS_TENANT = 8, HAS_ALL = 15 };

static bool copy_name(tps_span text, char *out, size_t capacity)
{
    if (text.size == 0 || text.size >= capacity || memchr(text.data, 0, text.size) != NULL) {
        return false;
    }
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
    return true;
}

static uint32_t read_member(json_reader *r, json_str name, tps_audit_checkpoint *says)
{
    size_t size = 0;

    if (json_str_is(name, "hash")) {
        return hex_read(json_get_string(r).raw, TPS_BUF_OF(says->hash), &size) && size == 32 ? HAS_HASH : 0;
    }
    if (json_str_is(name, "iat")) {
        says->time = json_get_int(r);
        return HAS_TIME;
    }
    if (json_str_is(name, "sequence")) {
        says->sequence = json_get_int(r);
        return HAS_SEQUENCE;
    }
    if (json_str_is(name, "tenant")) {
        return copy_name(json_get_string(r).raw, says->tenant, sizeof(says->tenant)) ? HAS_TENANT : 0;
    }
    (void)json_skip(r); /* a later version may say more */
    return 0;
}

static bool read_payload(tps_span json, tps_audit_checkpoint *says)
{
    json_reader r = json_reader_init(json);
    uint32_t has = 0;
    json_list list;

    if (json_check(json, &json_limits_message, NULL) != TPS_OK) {
        return false;
    }
    list = json_enter_object(&r);
    while (json_next(&r, &list)) {
        has |= read_member(&r, json_get_name(&r), says);
    }
    return json_reader_finish(&r) == TPS_OK && has == HAS_ALL && says->sequence > 0;
}

static bool read_header(const tps_jws *jws, char key_id[TPS_RESULT_KEY_ID_SIZE])
{
    uint8_t room[TPS_AUDIT_CHECKPOINT_MAX];
    tps_buf rest = TPS_BUF_OF(room);
    tps_jws_header header;

    return tps_jws_read_header(jws, &rest, &header, NULL) == TPS_OK &&
           tps_span_is_text(header.alg, "ES256") && tps_span_is_text(header.typ, TPS_AUDIT_CHECKPOINT_TYPE) &&
           copy_name(header.kid, key_id, TPS_RESULT_KEY_ID_SIZE);
}

tps_status tps_audit_checkpoint_read(tps_span text, tps_audit_checkpoint_parts *out)
{
    uint8_t payload[TPS_AUDIT_CHECKPOINT_MAX];
    tps_audit_checkpoint_parts found;
    size_t size = 0;

    memset(&found, 0, sizeof(found));
    if (tps_jws_parse(text, &found.jws) != TPS_OK || found.jws.header.size > sizeof(payload) ||
        !read_header(&found.jws, found.key_id) ||
        tps_base64_read(found.jws.payload, TPS_BUF_OF(payload), &size) != TPS_OK ||
        !read_payload(tps_span_make(payload, size), &found.says)) {
        return TPS_SERVER_AUDIT_BAD_CHECKPOINT;
    }
    *out = found;
    return TPS_OK;
}

/* ---- in entries ---- */

/* The text of a member; the reader moves behind the object. Empty where there is none. */
static tps_span text_of(tps_span object, const char *wanted)
{
    json_reader r = json_reader_init(object);
    json_list list = json_enter_object(&r);
    tps_span found = TPS_SPAN_EMPTY;

    while (json_next(&r, &list)) {
        if (json_str_is(json_get_name(&r), wanted)) {
            found = json_skip(&r);
        } else {
            (void)json_skip(&r);
        }
    }
    return r.status == TPS_OK ? found : TPS_SPAN_EMPTY;
}

tps_span tps_audit_checkpoint_in(tps_span entry, tps_buf room)
{
    tps_span text;

    if (json_check(entry, &json_limits_message, NULL) != TPS_OK ||
        !tps_span_is_text(text_of(entry, "event"), "\"audit.checkpoint\"")) {
        return TPS_SPAN_EMPTY;
    }
    text = text_of(text_of(entry, "what"), "checkpoint");
    if (text.size < 2 || text.data[0] != '"' || text.size - 2 > room.size) {
        return TPS_SPAN_EMPTY;
    }
    memcpy(room.data, text.data + 1, text.size - 2);
    return tps_span_make(room.data, text.size - 2);
}

/* ---- in the store ---- */

typedef struct {
    tps_audit_checkpoint end;
    bool is_checkpoint;
} chain_end;

static tps_status see_end(void *context, const tps_store_audit_entry *entry)
{
    uint8_t room[TPS_AUDIT_CHECKPOINT_MAX];
    chain_end *seen = context;

    seen->end.sequence = entry->sequence;
    memcpy(seen->end.hash, entry->hash, sizeof(seen->end.hash));
    seen->is_checkpoint = tps_audit_checkpoint_in(entry->entry, TPS_BUF_OF(room)).size > 0;
    return TPS_OK;
}

tps_status tps_audit_checkpoint_append(tps_store *store, int64_t tenant, const char *name,
                                       const tps_result_keys *ring, int64_t now, bool *made)
{
    const tps_result_key *key = tps_result_keys_active(ring, now);
    tps_audit_origin origin = tps_audit_origin_make("server", NULL, NULL, NULL);
    char text[TPS_AUDIT_CHECKPOINT_MAX];
    size_t size = 0;
    chain_end seen = {.end = {.time = now}};
    tps_audit_detail detail = {.name = "checkpoint"};
    tps_audit_note note = {.origin = &origin, .now = now, .details = &detail, .detail_count = 1};
    tps_status status;

    *made = false;
    status = tps_audit_last(store, tenant, see_end, &seen);
    if (status != TPS_OK || seen.is_checkpoint) {
        return status == TPS_NOT_FOUND ? TPS_OK : status;
    }
    if (key == NULL || !copy_name(tps_span_of_text(name), seen.end.tenant, sizeof(seen.end.tenant))) {
        return TPS_NOT_FOUND;
    }
    TPS_TRY(tps_audit_checkpoint_sign(&seen.end, key, TPS_BUF_OF(text), &size));
    detail.text = tps_span_make(text, size);
    TPS_TRY(tps_audit_append(store, tenant, TPS_AUDIT_CHECKPOINT, &note));
    *made = true;
    return TPS_OK;
}

typedef struct {
    tps_buf out;
    size_t size;
    int64_t sequence; /* 0: none was seen */
} search;

static tps_status look_for_checkpoint(void *context, const tps_store_audit_entry *entry)
{
    uint8_t room[TPS_AUDIT_CHECKPOINT_MAX];
    tps_span found = tps_audit_checkpoint_in(entry->entry, TPS_BUF_OF(room));
    search *s = context;

    if (found.size > 0 && found.size <= s->out.size) {
        memcpy(s->out.data, found.data, found.size);
        s->size = found.size;
        s->sequence = entry->sequence;
    }
    return TPS_OK;
}

tps_status tps_audit_checkpoint_last(tps_store *store, int64_t tenant, int64_t *sequence, tps_buf out,
                                     size_t *size)
{
    chain_end seen = {.is_checkpoint = false};
    search s = {.out = out};

    TPS_TRY(tps_audit_last(store, tenant, see_end, &seen));
    for (int64_t end = seen.end.sequence; end > 0 && s.sequence == 0; end -= LOOK_BACK) {
        int64_t from = end > LOOK_BACK ? end - LOOK_BACK + 1 : 1;

        TPS_TRY(
            store->ops->each_audit(store, tenant, from, (size_t)(end - from + 1), look_for_checkpoint, &s));
    }
    if (s.sequence == 0) {
        return TPS_NOT_FOUND;
    }
    *sequence = s.sequence;
    *size = s.size;
    return TPS_OK;
}
