/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log over HTTP: lines from an entry on, and the newest checkpoint. */
#include "server/api/resource.h"
#include "server/audit/checkpoint.h"
#include "server/audit/lines.h"

#define LINES_DEFAULT 1000
#define LINES_MAX     10000
#define TEXT_MAX      (4u << 20) /* an answer ends behind the line that reaches it */

static tps_status take_line(void *context, tps_span line)
{
    tps_text *text = context;

    TPS_TRY(tps_text_append(text, line));
    TPS_TRY(tps_text_append(text, TPS_SPAN_LITERAL("\n")));
    return text->size < TEXT_MAX ? TPS_OK : TPS_TOO_LARGE;
}

static tps_status read_lines(tps_reading *r, tps_store *store)
{
    tps_status status =
        tps_audit_export(store, r->tenant_id, r->tenant->name, r->after, r->limit, take_line, &r->text);

    return status == TPS_TOO_LARGE ? TPS_OK : status; /* the rest is asked for next */
}

static bool number_or(const tps_call *call, const char *name, int64_t most, int64_t otherwise,
                      int64_t *number)
{
    tps_status status = tps_call_number(call, name, 1, most, number);

    if (status == TPS_NOT_FOUND) {
        *number = otherwise;
    } else if (status != TPS_OK) {
        tps_answer_refused(call->exchange, 400, status, &(tps_error){.status = status, .detail = name});
        return false;
    }
    return true;
}

void tps_handle_audit(const tps_call *call)
{
    int64_t from, limit;
    tps_reading *r;

    if (!number_or(call, "from", INT64_MAX - LINES_MAX, 1, &from) ||
        !number_or(call, "limit", LINES_MAX, LINES_DEFAULT, &limit)) {
        return;
    }
    r = tps_reading_new(call, read_lines);
    if (r != NULL) {
        r->after = from;
        r->limit = (size_t)limit;
        r->type = TPS_AUDIT_LINES_TYPE;
        tps_reading_submit(r);
    }
}

static tps_status read_checkpoint(tps_reading *r, tps_store *store)
{
    char text[TPS_AUDIT_CHECKPOINT_MAX];
    int64_t sequence = 0;
    size_t size = 0;

    TPS_TRY(tps_audit_checkpoint_last(store, r->tenant_id, &sequence, TPS_BUF_OF(text), &size));
    r->sequence = sequence;
    return tps_text_append(&r->text, tps_span_make(text, size));
}

void tps_handle_audit_checkpoint(const tps_call *call)
{
    tps_reading *r = tps_reading_new(call, read_checkpoint);

    if (r != NULL) {
        r->missing = "there is no checkpoint yet";
        r->type = "application/jose";
        tps_reading_submit(r);
    }
}
