/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence taken apart, in whichever way it is protected. A form is a function here, and one in trust/ that
 * checks it (appraise.c). */
#include "tps/cose.h"
#include "verifier/evidence/evidence.h"
#include "verifier/state.h"

enum { EVIDENCE_MAX = 65536 };

uint32_t evidence_form_of(tps_span bytes)
{
    (void)bytes;
    return EVIDENCE_COSE;
}

static tps_status open_cose(const tps_verifier *v, tps_span bytes, evidence_message *m, evidence_claims *e,
                            tps_error *why)
{
    if (bytes.size > EVIDENCE_MAX) {
        return tps_fail(why, TPS_TOO_LARGE, 0, "evidence of more than 64 KiB");
    }
    TPS_TRY(tps_cose_sign1_parse(bytes, &m->cose, why));
    if (m->cose.tag == TPS_TAG_COSE_MAC0 && v->mac_count == 0) {
        return tps_fail(why, TPS_UNSUPPORTED, 0,
                        "evidence under a shared key (COSE_Mac0), and none is known");
    }
    if (m->cose.is_detached) {
        return tps_fail(why, TPS_COSE_DETACHED, 0, NULL);
    }
    TPS_TRY(verifier_check_headers(&m->cose, false));
    m->payload = m->cose.payload;
    return evidence_read(m->payload, e, why);
}

static tps_status open_claims(tps_span bytes, evidence_message *m, evidence_claims *e, tps_error *why)
{
    m->payload = bytes;
    return evidence_read(bytes, e, why);
}

tps_status evidence_open(const tps_verifier *v, tps_span bytes, uint32_t form, evidence_message *m,
                         evidence_claims *e, tps_error *why)
{
    e->scheme = TPS_SCHEME_UNKNOWN;
    m->form = form;
    return form == EVIDENCE_CLAIMS ? open_claims(bytes, m, e, why) : open_cose(v, bytes, m, e, why);
}
