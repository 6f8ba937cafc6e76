/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence in a wrapper (CMW): one message, under a type that is known, and nothing else. */
#include "tps/cmw.h"
#include "verifier/appraise.h"
#include "verifier/finding.h"

/* What a type says of what is wrapped. */
typedef struct {
    const char *type;
    const char *profile; /* NULL: it leaves the profile open */
    uint32_t content_format;
    bool is_psa; /* of any profile of PSA */
} evidence_type;

#define NO_FORMAT TPS_CMW_NO_CONTENT_FORMAT

static const evidence_type evidence_types[] = {
    {"application/eat+cwt", NULL, TPS_CONTENT_FORMAT_EAT_CWT, false},
    {"application/eat+cwt; eat_profile=\"" TPS_PSA_PROFILE "\"", TPS_PSA_PROFILE, TPS_CONTENT_FORMAT_PSA,
     false},
    {"application/eat+cwt; eat_profile=\"" TPS_PSA_PROFILE_2_0_0 "\"", TPS_PSA_PROFILE_2_0_0, NO_FORMAT,
     false},
    {"application/eat+cwt; eat_profile=\"" TPS_DEVICE_PROFILE "\"", TPS_DEVICE_PROFILE, NO_FORMAT, false},
    {"application/eat-cwt; profile=\"" TPS_PSA_PROFILE_2_0_0 "\"", TPS_PSA_PROFILE_2_0_0, NO_FORMAT, false},
    {"application/psa-attestation-token", NULL, NO_FORMAT, true},
};

static bool is_type(const tps_cmw *record, const evidence_type *known)
{
    if (record->type.size == 0) {
        return record->content_format == known->content_format;
    }
    return tps_cmw_type_equal(record->type, tps_span_of_text(known->type));
}

static const evidence_type *type_of(const tps_cmw *record)
{
    for (size_t i = 0; i < sizeof evidence_types / sizeof evidence_types[0]; i++) {
        if (is_type(record, &evidence_types[i])) {
            return &evidence_types[i];
        }
    }
    return NULL;
}

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
static tps_status unwrap(tps_span bytes, tps_buf room, tps_span *evidence, const evidence_type **type,
                         tps_error *why)
{
    tps_cmw cmw;
    tps_status status;

    *evidence = bytes;
    *type = NULL;
    if (tps_cmw_form(bytes) == TPS_CMW_UNKNOWN) {
        return TPS_OK;
    }
    TPS_TRY(tps_cmw_read(bytes, &room, &cmw, why));
    TPS_TRY(take_single(&cmw, &room, why));
    if (cmw.indicator != 0 && (cmw.indicator & TPS_CMW_EVIDENCE) == 0) {
        return tps_fail(why, TPS_VERIFIER_WRAPPED_TYPE, 0, "its indicator says that it is no evidence");
    }
    *type = type_of(&cmw);
    if (*type == NULL) {
        return tps_fail(why, TPS_VERIFIER_WRAPPED_TYPE, 0, NULL);
    }
    status = tps_cmw_message(&cmw, &room, evidence);
    return status == TPS_OK ? TPS_OK : tps_fail(why, status, 0, NULL);
}

/* The profile that the evidence names; empty when it is none that can be taken apart, of which the appraisal
 * will tell. */
static tps_span profile_of(tps_span evidence)
{
    tps_cose_message message;

    return tps_cose_sign1_parse(evidence, &message, NULL) == TPS_OK ? tps_eat_profile_of(message.payload)
                                                                    : TPS_SPAN_EMPTY;
}

static bool agrees(const evidence_type *type, tps_span profile)
{
    if (type == NULL || profile.size == 0) {
        return true;
    }
    if (type->is_psa) {
        return tps_span_is_text(profile, TPS_PSA_PROFILE) || tps_span_is_text(profile, TPS_PSA_PROFILE_2_0_0);
    }
    return type->profile == NULL || tps_span_is_text(profile, type->profile);
}

tps_status tps_verifier_check_type(tps_span evidence, tps_span type)
{
    const tps_cmw record = {.type = type};
    const evidence_type *known = type.size == 0 ? NULL : type_of(&record);

    if (known == NULL) {
        return TPS_VERIFIER_WRAPPED_TYPE;
    }
    return agrees(known, profile_of(evidence)) ? TPS_OK : TPS_VERIFIER_TYPE_MISMATCH;
}

void tps_verifier_appraise_wrapped(tps_verifier *verifier, tps_span bytes, tps_buf room,
                                   const tps_appraisal_request *request, tps_appraisal *out)
{
    const evidence_type *type;
    tps_error why = {0};
    tps_span evidence;
    tps_span profile;
    tps_status status = unwrap(bytes, room, &evidence, &type, &why);

    if (status != TPS_OK) {
        (void)appraise_refuse_bytes(out, bytes, "evidence.malformed", status, &why);
        return;
    }
    profile = profile_of(evidence);
    if (!agrees(type, profile)) {
        tps_finding *finding =
            appraise_refuse_bytes(out, evidence, "evidence.other-type", TPS_VERIFIER_TYPE_MISMATCH, NULL);
        finding_text(finding->evidence, "profile %.*s", TEXT_OF(profile));
        finding_text(finding->known, "wrapped as %s", type->type);
        return;
    }
    tps_verifier_appraise(verifier, evidence, request, out);
}
