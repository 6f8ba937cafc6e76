/* SPDX-License-Identifier: Apache-2.0 */
/* A session as JSON. What never changes is copied as it stands; only foreign text is looked at. */
#include "server/api/session_view.h"

#include "format/json/writer.h"
#include "server/api/evidence_types.h"
#include "server/service_internal.h"
#include "tps/base64.h"

/* A text under way; it keeps that something did not fit. */
typedef struct {
    tps_buf out;
    size_t size;
    bool is_full;
} view_text;

/* Room for so many more characters, or NULL. */
static char *room(view_text *t, size_t size)
{
    char *at = (char *)t->out.data + t->size;

    if (t->is_full || t->out.size - t->size < size) {
        t->is_full = true;
        return NULL;
    }
    t->size += size;
    return at;
}

static void put(view_text *t, tps_span text)
{
    char *at = room(t, text.size);

    if (at != NULL && text.size > 0) {
        memmove(at, text.data, text.size);
    }
}

#define PUT(text, literal) put(text, TPS_SPAN_LITERAL(literal))

/* A string of JSON, of text that nobody vouches for. */
static void put_string(view_text *t, tps_span text)
{
    json_writer w = json_writer_init((tps_buf){t->out.data + t->size, t->out.size - t->size});
    size_t size;

    json_text_span(&w, text);
    if (t->is_full || json_writer_finish(&w, &size) != TPS_OK) {
        t->is_full = true;
        return;
    }
    t->size += size;
}

static void put_evidence(view_text *t, const tps_session_view *view)
{
    size_t type = tps_evidence_type_find(view->type);
    char *at;

    PUT(t, ",\"evidence\":{\"type\":");
    if (type == TPS_EVIDENCE_TYPE_NONE) {
        put_string(t, view->type); /* another version of this program took it */
    } else {
        put(t, tps_evidence_type_json(type));
    }
    if (view->evidence.size > 0) {
        PUT(t, ",\"value\":\"");
        at = room(t, TPS_BASE64_SIZE(view->evidence.size));
        if (at != NULL) {
            (void)tps_base64_write(view->evidence, at);
        }
        PUT(t, "\"");
    }
    PUT(t, "}");
}

tps_status tps_session_view_begin(const tps_session_view *view, tps_buf out, size_t *size)
{
    view_text t = {.out = out};
    char expiry[21];
    char *at;

    tps_write_time(view->expires, expiry);
    PUT(&t, "{\"status\":\"");
    put(&t, tps_span_of_text(view->status));
    PUT(&t, "\",\"nonce\":\"");
    at = room(&t, TPS_BASE64URL_SIZE(view->nonce.size));
    if (at != NULL) {
        (void)tps_base64url_write(view->nonce, at);
    }
    PUT(&t, "\",\"expiry\":\"");
    put(&t, tps_span_of_text(expiry));
    PUT(&t, "\",\"accept\":");
    put(&t, tps_evidence_types_json());
    if (view->type.size > 0) {
        put_evidence(&t, view);
    }
    if (view->failure != NULL) {
        PUT(&t, ",\"failure-reason\":");
        put_string(&t, tps_span_of_text(view->failure));
    }
    if (view->warning != NULL) {
        PUT(&t, ",\"warning\":");
        put_string(&t, tps_span_of_text(view->warning));
    }
    *size = t.size;
    return t.is_full ? TPS_TOO_LARGE : TPS_OK;
}

tps_status tps_session_view_end(tps_span result, tps_buf out, size_t *size)
{
    view_text t = {.out = out, .size = *size};

    if (result.size > 0) {
        PUT(&t, ",\"result\":\"");
        put(&t, result);
        PUT(&t, "\"");
    }
    PUT(&t, "}");
    *size = t.size;
    return t.is_full ? TPS_TOO_LARGE : TPS_OK;
}
