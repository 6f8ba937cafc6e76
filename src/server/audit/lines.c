/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of an audit log: written from the store, read strictly. */
#include "server/audit/lines.h"

#include <stdlib.h>

#include "format/json/reader.h"
#include "format/json/writer.h"
#include "format/text/hex.h"

tps_status tps_audit_line_write(const tps_audit_line *line, tps_buf out, size_t *size)
{
    json_writer w = json_writer_init(out);

    json_begin_object(&w);
    json_key(&w, "entry");
    json_raw(&w, line->entry);
    json_member_hex(&w, "hash", TPS_SPAN_OF(line->hash));
    json_member_hex(&w, "previous", TPS_SPAN_OF(line->previous));
    json_member_int(&w, "sequence", line->sequence);
    json_key(&w, "tenant");
    json_text_span(&w, line->tenant);
    json_member_int(&w, "time", line->time);
    json_end_object(&w);
    return json_writer_finish(&w, size);
}

/* ---- reading ---- */

enum {
    HAS_ENTRY = 1,
    HAS_HASH = 2,
    HAS_PREVIOUS = 4,
    HAS_SEQUENCE = 8,
    HAS_TENANT = 16,
    HAS_TIME = 32,
    HAS_ALL = 63
};

/* Lower case alone, so that a hash has one form. */
static void get_hash(json_reader *r, uint8_t hash[32])
{
    json_str text = json_get_string(r);
    char again[64] = "";
    size_t size = 0;

    if (r->status != TPS_OK) {
        return;
    }
    if (!hex_read(text.raw, (tps_buf){hash, 32}, &size) || size != 32) {
        json_fail(r, TPS_SERVER_AUDIT_MALFORMED);
        return;
    }
    (void)hex_write(tps_span_make(hash, size), again);
    if (memcmp(text.raw.data, again, sizeof(again)) != 0) {
        json_fail(r, TPS_SERVER_AUDIT_MALFORMED);
    }
}

static void get_entry(json_reader *r, tps_span *entry)
{
    if (json_peek(r) != JSON_OBJECT) {
        json_fail(r, TPS_SERVER_AUDIT_MALFORMED);
    }
    *entry = json_skip(r);
    if (entry->size > TPS_STORE_AUDIT_ENTRY_MAX) {
        json_fail(r, TPS_SERVER_AUDIT_MALFORMED);
    }
}

static uint32_t read_member(json_reader *r, json_str name, tps_audit_line *line)
{
    if (json_str_is(name, "entry")) {
        get_entry(r, &line->entry);
        return HAS_ENTRY;
    }
    if (json_str_is(name, "hash")) {
        get_hash(r, line->hash);
        return HAS_HASH;
    }
    if (json_str_is(name, "previous")) {
        get_hash(r, line->previous);
        return HAS_PREVIOUS;
    }
    if (json_str_is(name, "sequence")) {
        line->sequence = json_get_int(r);
        return HAS_SEQUENCE;
    }
    if (json_str_is(name, "tenant")) {
        line->tenant = json_get_string(r).raw;
        return HAS_TENANT;
    }
    if (json_str_is(name, "time")) {
        line->time = json_get_int(r);
        return HAS_TIME;
    }
    json_fail(r, TPS_SERVER_AUDIT_MALFORMED);
    return 0;
}

static bool is_tenant(tps_span name)
{
    char text[TPS_STORE_TENANT_NAME_MAX + 1];

    if (name.size == 0 || name.size >= sizeof(text) || memchr(name.data, 0, name.size) != NULL) {
        return false;
    }
    memcpy(text, name.data, name.size);
    text[name.size] = '\0';
    return tps_store_tenant_name_is_valid(text);
}

tps_status tps_audit_line_read(tps_span text, tps_audit_line *line, tps_error *why)
{
    tps_audit_line found = {.sequence = 0};
    json_reader r = json_reader_init(text);
    uint32_t has = 0;
    json_list list;

    if (text.size > TPS_AUDIT_LINE_MAX) {
        return tps_fail(why, TPS_SERVER_AUDIT_MALFORMED, 0, "it is too long");
    }
    TPS_TRY(json_check(text, &json_limits_message, why));
    list = json_enter_object(&r);
    while (json_next(&r, &list)) {
        has |= read_member(&r, json_get_name(&r), &found);
    }
    if (json_reader_finish(&r) != TPS_OK) {
        return tps_fail(why, TPS_SERVER_AUDIT_MALFORMED, json_offset(&r), "a member of a line");
    }
    if (has != HAS_ALL || found.sequence < 1 || !is_tenant(found.tenant)) {
        return tps_fail(why, TPS_SERVER_AUDIT_MALFORMED, 0, "a member is missing, or its value cannot be");
    }
    *line = found;
    return TPS_OK;
}

/* ---- from the store ---- */

typedef struct {
    tps_audit_line line;
    int64_t from;
    tps_buf room;
    tps_audit_take_line take;
    void *context;
} export_state;

static tps_status export_entry(void *context, const tps_store_audit_entry *entry)
{
    export_state *e = context;
    size_t size = 0;

    memcpy(e->line.previous, e->line.hash, sizeof(e->line.previous));
    memcpy(e->line.hash, entry->hash, sizeof(e->line.hash));
    if (entry->sequence < e->from) {
        return TPS_OK; /* only its hash was wanted */
    }
    e->line.sequence = entry->sequence;
    e->line.time = entry->time;
    e->line.entry = entry->entry;
    TPS_TRY(tps_audit_line_write(&e->line, e->room, &size));
    return e->take(e->context, tps_span_make(e->room.data, size));
}

tps_status tps_audit_export(tps_store *store, int64_t tenant, const char *name, int64_t from, size_t limit,
                            tps_audit_take_line take, void *context)
{
    export_state e = {
        .line = {.tenant = tps_span_of_text(name)}, .from = from, .take = take, .context = context};
    size_t one_more = from > 1 && limit != 0 && limit != SIZE_MAX ? 1 : 0;
    tps_status status;

    if (from < 1) {
        return TPS_BAD_ARGUMENT;
    }
    e.room = (tps_buf){malloc(TPS_AUDIT_LINE_MAX), TPS_AUDIT_LINE_MAX};
    if (e.room.data == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    status =
        store->ops->each_audit(store, tenant, from > 1 ? from - 1 : 1, limit + one_more, export_entry, &e);
    free(e.room.data);
    return status;
}
