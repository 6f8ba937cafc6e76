/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Endorsement provisioning as Veraison's clients speak it: what is wrong with a CoRIM is said in the answer's
 * failure-reason, under 200.
 */
#include <stdio.h>

#include "server/api/endorse.h"

typedef struct {
    tps_status status;
    const tps_error *why;
} outcome;

static void put_outcome(json_writer *w, const void *context)
{
    const outcome *o = context;
    bool has_detail = o->why != NULL && o->why->detail != NULL;
    char reason[512];

    json_begin_object(w);
    json_member_text(w, "status", o->status == TPS_OK ? "success" : "failed");
    tps_json_time(w, "expiry", tps_calendar_ms() / 1000 + 300);
    if (o->status != TPS_OK) {
        (void)snprintf(reason, sizeof(reason), "%s%s%s%s: %s", tps_status_cause(o->status),
                       has_detail ? " (" : "", has_detail ? o->why->detail : "", has_detail ? ")" : "",
                       tps_status_next_step(o->status));
        json_member_text(w, "failure-reason", reason);
    }
    json_end_object(w);
}

static void answer_outcome(tps_http_exchange *exchange, tps_status status, const tps_error *why)
{
    outcome o = {status, why};
    tps_text text = {NULL, 0, 0};

    if (tps_text_append_json(&text, put_outcome, &o) != TPS_OK) {
        tps_answer_status(exchange, 503, TPS_OUT_OF_MEMORY);
        return;
    }
    tps_answer_text(exchange, 200, TPS_TYPE_PROVISIONING, &text, 0, NULL);
}

/* Whether it is new or known, and in force here or soon: these clients know success alone. */
static void answer_success(tps_change *c, unsigned status)
{
    (void)status;
    answer_outcome(c->exchange, TPS_OK, NULL);
}

void tps_handle_submit(const tps_call *call)
{
    tps_error why = {TPS_OK, 0, NULL};
    tps_change *c;
    tps_status status = tps_endorse_check(call, true, &c, &why);

    if (status == TPS_OK) {
        c->answer = answer_success;
        tps_change_submit(c);
    } else if (status != TPS_SERVER_BAD_REQUEST) {
        answer_outcome(call->exchange, status, &why);
    }
}
