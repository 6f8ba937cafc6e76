/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of either profile in one form. */
#include "verifier/evidence/evidence.h"

#include "tps/dice.h"
#include "verifier/evidence/dice.h"

tps_span evidence_signer(tps_span signer_id)
{
    for (size_t i = 0; i < signer_id.size; i++) {
        if (signer_id.data[i] != 0) {
            return signer_id;
        }
    }
    return TPS_SPAN_EMPTY;
}

static void take_psa(evidence_claims *e)
{
    const tps_psa_claims *psa = &e->claims.psa;

    e->nonce = psa->nonce;
    e->instance_id = psa->instance_id;
    e->class_id = psa->implementation_id;
    e->component_count = psa->component_count;
    for (size_t i = 0; i < psa->component_count; i++) {
        const tps_psa_component *c = &psa->components[i];
        e->components[i] =
            (tps_corim_component){c->type, c->version, c->measurement, evidence_signer(c->signer_id)};
    }
}

static void take_eat(evidence_claims *e)
{
    const tps_device_claims *eat = &e->claims.eat;

    e->nonce = eat->nonce;
    e->aud = eat->aud;
    e->instance_id = eat->ueid.size != 0 ? eat->ueid : eat->sueid;
    e->class_id = eat->hwmodel;
    e->component_count = eat->component_count;
    for (size_t i = 0; i < eat->component_count; i++) {
        const tps_device_component *c = &eat->components[i];
        e->components[i] =
            (tps_corim_component){c->name, c->version, c->digest, evidence_signer(c->signer_id)};
    }
}

/* Which of the claims are there that any profile may have. */
typedef struct {
    bool has_cwt; /* one whose label is below those of EAT, but for the nonce */
    bool has_submods;
} common_claims;

static common_claims find_common(tps_span payload)
{
    tps_cbor_reader r = tps_cbor_reader_init(payload);
    tps_cbor_list map = tps_cbor_enter_map(&r);
    common_claims found = {false, false};

    while (tps_cbor_next(&r, &map)) {
        uint64_t label = UINT64_MAX;
        if (tps_cbor_peek(&r) == TPS_CBOR_UINT) {
            label = tps_cbor_get_uint(&r);
        } else {
            tps_cbor_skip(&r);
        }
        found.has_cwt = found.has_cwt || (label != TPS_EAT_NONCE && label < TPS_EAT_UEID);
        found.has_submods = found.has_submods || label == TPS_EAT_SUBMODS;
        tps_cbor_skip(&r);
    }
    return found;
}

/* What would link a device across providers (spec/keys.md). That a ueid stands beside is refused before. */
static tps_status check_pairwise(const tps_device_claims *eat, tps_error *why)
{
    return eat->sueid.size > 0 && (eat->present & TPS_DEVICE_HAS_BOOTCOUNT) != 0
               ? tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, "bootcount in pairwise evidence")
               : TPS_OK;
}

static tps_status read_profile(tps_span payload, bool is_part, evidence_claims *out, tps_error *why)
{
    tps_span profile = tps_eat_profile_of(payload);

    /* The arrays are filled as far as they are counted. */
    memset(out, 0, offsetof(evidence_claims, components));
    if (tps_span_is_text(profile, TPS_DICE_PROFILE)) {
        out->scheme = TPS_SCHEME_DICE;
        return dice_answer_read(payload, out, why);
    }
    if (tps_span_is_text(profile, TPS_DEVICE_PROFILE)) {
        TPS_TRY(is_part ? tps_device_claims_decode_submodule(payload, &out->claims.eat, why)
                        : tps_device_claims_decode(payload, &out->claims.eat, why));
        out->scheme = TPS_SCHEME_OPENTPS;
        take_eat(out);
        return check_pairwise(&out->claims.eat, why);
    }
    /* Anything else is refused by the PSA decoder with the reason: not CBOR, no profile, another profile. */
    TPS_TRY(tps_cbor_check(payload, &tps_cbor_limits_message, NULL, why));
    TPS_TRY(tps_psa_decode(payload, &out->claims.psa, why));
    out->scheme = TPS_SCHEME_PSA;
    take_psa(out);
    return TPS_OK;
}

static tps_status read_claims(tps_span payload, bool is_part, evidence_claims *out, tps_error *why)
{
    common_claims common;

    TPS_TRY(read_profile(payload, is_part, out, why)); /* all of it is checked there */
    if (out->scheme == TPS_SCHEME_PSA && !out->claims.psa.has_others) {
        return TPS_OK;
    }
    common = find_common(payload);
    out->has_submods = common.has_submods;
    return common.has_cwt ? tps_cwt_read(payload, &out->cwt, why) : TPS_OK;
}

tps_status evidence_read(tps_span payload, evidence_claims *out, tps_error *why)
{
    return read_claims(payload, false, out, why);
}

tps_status evidence_read_part(tps_span payload, evidence_claims *out, tps_error *why)
{
    TPS_TRY(read_claims(payload, true, out, why));
    return out->scheme == TPS_SCHEME_DICE ? tps_fail(why, TPS_VERIFIER_COMPOSITE, 0,
                                                     "layers are told by the chain of their own signature")
                                          : TPS_OK;
}

tps_status evidence_read_tpm(tps_span bytes, evidence_claims *out, tps_error *why)
{
    const evidence_tpm *tpm = &out->claims.tpm;

    memset(out, 0, offsetof(evidence_claims, components));
    TPS_TRY(evidence_tpm_read(bytes, &out->claims.tpm, &out->nonce, why));
    out->scheme = TPS_SCHEME_TPM;
    out->aud = tpm->parts.aud;
    out->cwt.aud = tpm->parts.aud_encoded;
    out->instance_id = tpm->parts.instance;
    if (out->instance_id.size == 0 && tpm->has_ak) {
        out->instance_id = TPS_SPAN_OF(tpm->instance);
    }
    return TPS_OK;
}

tps_status evidence_read_again(tps_span payload, evidence_claims *out)
{
    if (tps_tpm_evidence_form(payload) != TPS_TPM_FORM_NONE) {
        return evidence_read_tpm(payload, out, NULL);
    }
    if (tps_span_is_text(tps_eat_profile_of(payload), TPS_DICE_PROFILE) ||
        tps_span_is_text(tps_eat_profile_of(payload), TPS_DEVICE_PROFILE)) {
        return read_profile(payload, true, out, NULL);
    }
    out->scheme = TPS_SCHEME_PSA;
    return tps_psa_decode(payload, &out->claims.psa, NULL);
}
