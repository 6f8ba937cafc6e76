/* SPDX-License-Identifier: Apache-2.0 */
/* Detached EAT bundles in JSON: taken apart into the form that those in CBOR have. */
#include "format/eat/json_text.h"
#include "tps/eat_bundle.h"

/* {name: base64url, ...} as a map of texts to bytes. */
static tps_status put_detached(tps_cbor_writer *w, json_reader *r, uint32_t *count, tps_error *why)
{
    json_list list = json_enter_object(r);
    json_reader counter = *r;
    json_list entries = list;

    for (*count = 0; json_next(&counter, &entries); (*count)++) {
        (void)json_get_name(&counter);
        json_skip(&counter);
    }
    tps_cbor_put_map(w, *count);
    while (json_next(r, &list)) {
        json_str name = json_get_name(r);
        json_str content = json_get_string(r);
        json_text_put(w, name, false);
        if (r->status == TPS_OK && (content.is_escaped || !json_text_is_base64url(content.raw))) {
            return tps_fail(why, TPS_BAD_BASE64, json_offset(r), "detached claims sets");
        }
        json_text_put_base64url(w, content.raw);
    }
    if (r->status != TPS_OK) {
        return tps_fail(why, TPS_CLAIM_BAD_TYPE, json_offset(r), "detached claims sets");
    }
    return *count > 0 ? TPS_OK : tps_fail(why, TPS_CLAIM_BAD_VALUE, json_offset(r), "detached claims sets");
}

static tps_status take_main(json_reader *r, tps_eat_bundle *out, tps_error *why)
{
    json_selector selector;
    size_t offset = json_offset(r);
    tps_status status;

    out->main_kind = TPS_EAT_SUBMODULE_JSON_TOKEN;
    out->main_token = json_skip(r);
    status = json_selector_read(out->main_token, &selector);
    if (status == TPS_OK && selector.kind == JSON_TEXT_DIGEST) {
        status = TPS_CLAIM_BAD_VALUE;
    }
    return status == TPS_OK ? TPS_OK : tps_fail(why, status, offset, "main token");
}

tps_status tps_eat_bundle_read_json(tps_span json, tps_buf room, tps_eat_bundle *out, tps_error *why)
{
    tps_cbor_writer w = tps_cbor_writer_init(room);
    json_reader r = json_reader_init(json);
    json_list list;

    TPS_TRY(json_check(json, &json_limits_message, why));
    memset(out, 0, sizeof *out);
    out->is_json = true;
    list = json_enter_array(&r);
    if (r.status != TPS_OK) {
        return tps_fail(why, TPS_CLAIM_BAD_TYPE, 0, "bundle");
    }
    if (json_next(&r, &list)) {
        TPS_TRY(take_main(&r, out, why));
    }
    if (!json_next(&r, &list)) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, json_offset(&r), "bundle: it has two parts");
    }
    TPS_TRY(put_detached(&w, &r, &out->detached.count, why));
    if (json_next(&r, &list)) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, json_offset(&r), "bundle: it has two parts");
    }
    if (w.size > w.capacity) {
        return tps_fail(why, TPS_BUFFER_TOO_SMALL, 0, "room");
    }
    return tps_cbor_writer_finish(&w, &out->detached.encoded);
}
