/* SPDX-License-Identifier: Apache-2.0 */
/* Media types of evidence. */
#include "verifier/evidence/type.h"

#include "tps/cmw.h"
#include "tps/dice.h"
#include "verifier/evidence/evidence.h"

#define NO_FORMAT TPS_CMW_NO_CONTENT_FORMAT

#define CWT "application/eat+cwt"
#define JWT "application/eat+jwt"

static const evidence_type types[] = {
    {CWT, NULL, TPS_CONTENT_FORMAT_EAT_CWT, EVIDENCE_COSE, false},
    {CWT "; eat_profile=\"" TPS_PSA_PROFILE "\"", TPS_PSA_PROFILE, TPS_CONTENT_FORMAT_PSA, EVIDENCE_COSE,
     false},
    {CWT "; eat_profile=\"" TPS_PSA_PROFILE_2_0_0 "\"", TPS_PSA_PROFILE_2_0_0, NO_FORMAT, EVIDENCE_COSE,
     false},
    {CWT "; eat_profile=\"" TPS_DEVICE_PROFILE "\"", TPS_DEVICE_PROFILE, NO_FORMAT, EVIDENCE_COSE, false},
    {CWT "; eat_profile=\"" TPS_DICE_PROFILE "\"", TPS_DICE_PROFILE, NO_FORMAT, EVIDENCE_COSE, false},
    {"application/eat-cwt; profile=\"" TPS_PSA_PROFILE_2_0_0 "\"", TPS_PSA_PROFILE_2_0_0, NO_FORMAT,
     EVIDENCE_COSE, false},
    {"application/psa-attestation-token", NULL, NO_FORMAT, EVIDENCE_COSE, true},
    {JWT, NULL, TPS_CONTENT_FORMAT_EAT_JWT, EVIDENCE_JWS, false},
    {JWT "; eat_profile=\"" TPS_DEVICE_PROFILE "\"", TPS_DEVICE_PROFILE, NO_FORMAT, EVIDENCE_JWS, false},
    {TPS_TPM_MEDIA_TYPE, NULL, NO_FORMAT, EVIDENCE_TPM, false},
    {"application/vnd.enacttrust.tpm-evidence", NULL, NO_FORMAT, EVIDENCE_TPM, false},
    {"application/eat-bun+cbor", NULL, EVIDENCE_FORMAT_BUNDLE, EVIDENCE_BUNDLE, false},
    {"application/eat-bun+json", NULL, EVIDENCE_FORMAT_BUNDLE_JSON, EVIDENCE_BUNDLE_JSON, false},
};

static bool is_type(tps_span media_type, uint32_t content_format, const evidence_type *known)
{
    if (media_type.size == 0) {
        return content_format != NO_FORMAT && content_format == known->content_format;
    }
    return tps_cmw_type_equal(media_type, tps_span_of_text(known->type));
}

/* As it stands in the list, which is how nearly everybody writes it: no media type need be taken apart. */
static const evidence_type *type_as_spelled(tps_span media_type)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (tps_span_is_text(media_type, types[i].type)) {
            return &types[i];
        }
    }
    return NULL;
}

const evidence_type *evidence_type_of(tps_span media_type, uint32_t content_format)
{
    const evidence_type *spelled = type_as_spelled(media_type);

    if (spelled != NULL) {
        return spelled;
    }
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (is_type(media_type, content_format, &types[i])) {
            return &types[i];
        }
    }
    return NULL;
}

tps_span evidence_profile_of(tps_span evidence)
{
    tps_cose_message message;

    return tps_cose_sign1_parse(evidence, &message, NULL) == TPS_OK ? tps_eat_profile_of(message.payload)
                                                                    : TPS_SPAN_EMPTY;
}

bool evidence_type_agrees(const evidence_type *type, tps_span profile)
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
    const evidence_type *known = type.size == 0 ? NULL : evidence_type_of(type, TPS_CMW_NO_CONTENT_FORMAT);

    if (known == NULL) {
        return TPS_VERIFIER_WRAPPED_TYPE;
    }
    if (known->form != evidence_form_of(evidence)) {
        return TPS_VERIFIER_TYPE_MISMATCH;
    }
    if (known->form != EVIDENCE_COSE) {
        return TPS_OK; /* these forms have one profile, or each part its own */
    }
    return evidence_type_agrees(known, evidence_profile_of(evidence)) ? TPS_OK : TPS_VERIFIER_TYPE_MISMATCH;
}
