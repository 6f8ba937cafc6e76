/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence in a wrapper (CMW): one message, under a type that is known, and nothing else. */
#include "tps/cmw.h"
#include "verifier/appraise.h"

/* The one message of a collection. */
static tps_status take_single(tps_cmw *cmw, tps_buf *room, tps_error *why)
{
    tps_cmw_walk walk = tps_cmw_entries(cmw);

    if (!tps_cmw_is_collection(cmw)) {
        return TPS_OK;
    }
    if (cmw->count != 1) {
        return tps_fail(why, TPS_VERIFIER_WRAPPED_TYPE, 0, "a collection of several messages");
    }
    if (!tps_cmw_next(&walk, room, NULL, cmw)) {
        return tps_fail(why, TPS_BUFFER_TOO_SMALL, 0, NULL);
    }
    return tps_cmw_is_collection(cmw)
               ? tps_fail(why, TPS_VERIFIER_WRAPPED_TYPE, 0, "a collection in a collection")
               : TPS_OK;
}

/* What is inside, and as what it came: NULL without a wrapper. */
static tps_status unwrap(tps_span bytes, tps_buf *room, tps_span *evidence, const evidence_type **type,
                         tps_error *why)
{
    tps_cmw cmw;
    tps_status status;

    *evidence = bytes;
    *type = NULL;
    if (tps_cmw_form(bytes) == TPS_CMW_UNKNOWN) {
        return TPS_OK;
    }
    TPS_TRY(tps_cmw_read(bytes, room, &cmw, why));
    TPS_TRY(take_single(&cmw, room, why));
    if (cmw.indicator != 0 && (cmw.indicator & TPS_CMW_EVIDENCE) == 0) {
        return tps_fail(why, TPS_VERIFIER_WRAPPED_TYPE, 0, "its indicator says that it is no evidence");
    }
    *type = evidence_type_of(cmw.type, cmw.content_format);
    if (*type == NULL) {
        return tps_fail(why, TPS_VERIFIER_WRAPPED_TYPE, 0, NULL);
    }
    status = tps_cmw_message(&cmw, room, evidence);
    return status == TPS_OK ? TPS_OK : tps_fail(why, status, 0, NULL);
}

void tps_verifier_appraise_wrapped(tps_verifier *verifier, tps_span bytes, tps_buf room,
                                   const tps_appraisal_request *request, tps_appraisal *out)
{
    appraise_part part = {.room = &room};
    appraise_outcome outcome;
    tps_error why = {0};
    tps_status status = unwrap(bytes, &room, &part.bytes, &part.type, &why);

    if (status != TPS_OK) {
        (void)appraise_refuse_bytes(out, bytes, "evidence.malformed", status, &why);
        return;
    }
    part.form = part.type != NULL ? part.type->form : evidence_form_of(part.bytes);
    appraise_one(verifier, &part, request, out, &outcome);
}
