/* SPDX-License-Identifier: Apache-2.0 */
/* Claims in JSON. */
#include "verifier/result/annotate.h"

#include "tps/dice.h"

static void put_bytes(json_writer *w, const char *name, tps_span bytes)
{
    if (bytes.size != 0) {
        json_key(w, name);
        json_base64(w, bytes);
    }
}

static void put_psa_components(json_writer *w, const tps_psa_claims *claims)
{
    json_key(w, "psa-software-components");
    json_begin_array(w);
    for (size_t i = 0; i < claims->component_count; i++) {
        const tps_psa_component *c = &claims->components[i];
        json_begin_object(w);
        json_member_text_if_any(w, "measurement-type", c->type);
        put_bytes(w, "measurement-value", c->measurement);
        put_bytes(w, "signer-id", c->signer_id);
        json_member_text_if_any(w, "version", c->version);
        json_member_text_if_any(w, "measurement-description", c->description);
        json_end_object(w);
    }
    json_end_array(w);
}

static void annotate_psa(json_writer *w, const tps_psa_claims *claims)
{
    json_member_text(w, "eat-profile", claims->is_2_0_0 ? TPS_PSA_PROFILE_2_0_0 : TPS_PSA_PROFILE);
    json_member_int(w, "psa-client-id", claims->client_id);
    json_member_uint(w, "psa-security-lifecycle", claims->lifecycle);
    put_bytes(w, "psa-implementation-id", claims->implementation_id);
    put_bytes(w, "psa-boot-seed", claims->boot_seed);
    json_member_text_if_any(w, "psa-certification-reference", claims->certification_reference);
    put_psa_components(w, claims);
    put_bytes(w, "psa-instance-id", claims->instance_id);
    json_member_text_if_any(w, "psa-verification-service-indicator", claims->verification_service);
    put_bytes(w, "psa-nonce", claims->nonce);
}

static void put_eat_components(json_writer *w, const tps_device_claims *claims)
{
    json_key(w, "measurements");
    json_begin_array(w);
    for (size_t i = 0; i < claims->component_count; i++) {
        const tps_device_component *c = &claims->components[i];
        json_begin_object(w);
        json_member_text_if_any(w, "name", c->name);
        json_member_text_if_any(w, "version", c->version);
        put_bytes(w, "digest", c->digest);
        put_bytes(w, "signer-id", c->signer_id);
        json_end_object(w);
    }
    json_end_array(w);
}

static void put_item(json_writer *w, tps_cbor_reader *r)
{
    switch (tps_cbor_peek(r)) {
    case TPS_CBOR_UINT: json_uint(w, tps_cbor_get_uint(r)); break;
    case TPS_CBOR_TEXT: json_text_span(w, tps_cbor_get_text(r)); break;
    default: json_base64(w, tps_cbor_get_bytes(r)); break;
    }
}

/* A list of the profile's own: arrays of numbers, texts and byte strings; or one byte string over it. */
static void put_list(json_writer *w, const char *name, tps_span encoded)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);
    tps_cbor_list list;
    tps_cbor_list entry;

    if (encoded.size == 0 || tps_cbor_peek(&r) == TPS_CBOR_SIMPLE) { /* null: the device does not know */
        return;
    }
    json_key(w, name);
    if (tps_cbor_peek(&r) != TPS_CBOR_ARRAY) {
        put_item(w, &r);
        return;
    }
    json_begin_array(w);
    list = tps_cbor_enter_array(&r);
    while (tps_cbor_next(&r, &list)) {
        json_begin_array(w);
        entry = tps_cbor_enter_array(&r);
        while (tps_cbor_next(&r, &entry)) {
            put_item(w, &r);
        }
        json_end_array(w);
    }
    json_end_array(w);
}

static void annotate_state(json_writer *w, const tps_device_claims *claims)
{
    static const char *const origins[] = {NULL, "component", "measured-app", "caller"};

    if ((claims->present & TPS_DEVICE_HAS_LIFECYCLE) != 0) {
        json_member_uint(w, "lifecycle", claims->lifecycle);
    }
    if ((claims->present & TPS_DEVICE_HAS_SECURITY_COUNTER) != 0) {
        json_member_uint(w, "security-counter", claims->security_counter);
    }
    if (claims->binder_origin != TPS_DEVICE_BINDER_ABSENT) {
        json_member_text_if_any(w, "binder-origin", tps_span_of_text(origins[claims->binder_origin]));
    }
    put_bytes(w, "application", claims->application);
    put_list(w, "registers", claims->registers);
    put_list(w, "applications", claims->applications);
    put_list(w, "staged-update", claims->staged);
    put_bytes(w, "pairwise-id", claims->pairwise_id);
}

/* The names of RFC 9711's JSON form; bytes in base 64, as beside them in PSA results. */
static void annotate_eat(json_writer *w, const tps_device_claims *claims)
{
    json_member_text_if_any(w, "eat-profile", claims->profile);
    put_bytes(w, "eat-nonce", claims->nonce);
    json_member_text_if_any(w, "aud", claims->aud);
    put_bytes(w, "ueid", claims->ueid);
    put_bytes(w, "sueid", claims->sueid);
    put_bytes(w, "oemid", claims->oemid);
    put_bytes(w, "hwmodel", claims->hwmodel);
    json_member_text_if_any(w, "hwversion", claims->hwversion);
    json_member_text_if_any(w, "swname", claims->swname);
    json_member_text_if_any(w, "swversion", claims->swversion);
    put_bytes(w, "bootseed", claims->bootseed);
    json_key(w, "dbgstat"); /* without it nothing is decoded */
    json_uint(w, claims->dbgstat);
    if ((claims->present & TPS_DEVICE_HAS_OEMBOOT) != 0) {
        json_member_bool(w, "oemboot", claims->oemboot);
    }
    if ((claims->present & TPS_DEVICE_HAS_BOOTCOUNT) != 0) {
        json_member_uint(w, "bootcount", claims->bootcount);
    }
    if ((claims->present & TPS_DEVICE_HAS_INTUSE) != 0) {
        json_member_uint(w, "intuse", claims->intuse);
    }
    annotate_state(w, claims);
    put_eat_components(w, claims);
}

/* An answer below a DICE chain says no more. */
static void annotate_answer(json_writer *w, const evidence_claims *e)
{
    json_member_text_if_any(w, "eat-profile", TPS_SPAN_LITERAL(TPS_DICE_PROFILE));
    put_bytes(w, "eat-nonce", e->nonce);
    json_member_text_if_any(w, "aud", e->aud);
    put_bytes(w, "ueid", e->instance_id);
}

/* Which registers were quoted, bank by bank. */
static void put_selections(json_writer *w, const tps_tpm_quote *quote)
{
    json_key(w, "tpm-pcr-selection");
    json_begin_array(w);
    for (size_t i = 0; i < quote->selection_count; i++) {
        json_begin_object(w);
        json_member_text_if_any(w, "bank", tps_span_of_text(tps_tpm_alg_name(quote->selections[i].alg)));
        json_key(w, "pcrs");
        json_begin_array(w);
        for (uint32_t pcr = 0; pcr < TPS_TPM_PCR_MAX; pcr++) {
            if ((quote->selections[i].pcrs >> pcr & 1) != 0) {
                json_uint(w, pcr);
            }
        }
        json_end_array(w);
        json_end_object(w);
    }
    json_end_array(w);
}

/* What the TPM signed, by the names of TPMS_ATTEST; nothing of what stands beside it. */
static void annotate_tpm(json_writer *w, const evidence_tpm *tpm)
{
    const tps_tpm_quote *quote = &tpm->quote;

    json_member_text_if_any(w, "eat-profile", TPS_SPAN_LITERAL(TPS_TPM_PROFILE));
    put_bytes(w, "tpm-qualified-signer", quote->signer_name);
    put_bytes(w, "tpm-extra-data", quote->extra_data);
    json_member_uint(w, "tpm-clock", quote->clock);
    json_member_uint(w, "tpm-reset-count", quote->reset_count);
    json_member_uint(w, "tpm-restart-count", quote->restart_count);
    json_member_bool(w, "tpm-safe", quote->is_clock_safe);
    json_member_uint(w, "tpm-firmware-version", quote->firmware_version);
    put_selections(w, quote);
    put_bytes(w, "tpm-pcr-digest", quote->pcr_digest);
}

void annotate_evidence(json_writer *w, const evidence_claims *e)
{
    json_begin_object(w);
    switch (e->scheme) {
    case TPS_SCHEME_PSA: annotate_psa(w, &e->claims.psa); break;
    case TPS_SCHEME_OPENTPS: annotate_eat(w, &e->claims.eat); break;
    case TPS_SCHEME_DICE: annotate_answer(w, e); break;
    case TPS_SCHEME_TPM: annotate_tpm(w, &e->claims.tpm); break;
    default: break;
    }
    json_end_object(w);
}
