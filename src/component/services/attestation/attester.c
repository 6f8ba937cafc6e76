/* SPDX-License-Identifier: Apache-2.0 */
/* Which key speaks for a session, by the mode that it was bound in, and the chain of certificates behind it.
 * A pairwise session comes to nothing here but AK_p. */
#include "component/boot/boot.h"
#include "component/core/ownership.h"
#include "component/services/attestation/parts.h"
#include "tps/secret.h"

/* ---- chains ---- */

bool attestation_read_chain(tps_span encoded, tps_certificate_chain *chain)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);
    tps_cbor_list list = tps_cbor_enter_array(&r);

    chain->count = 0;
    while (tps_cbor_next(&r, &list)) {
        if (chain->count == TPS_COSE_X5CHAIN_MAX) {
            chain->count = 0;
            return false;
        }
        chain->certificates[chain->count++] = tps_cbor_get_bytes(&r);
    }
    if (tps_cbor_reader_finish(&r) != TPS_OK) {
        chain->count = 0;
        return false;
    }
    return true;
}

tps_buf attestation_chain_room(tps_attestation_state *state)
{
    state->chain.count = 0;
    state->chain_whose = 0;
    return TPS_BUF_OF(state->chain_bytes);
}

/** The certificates that the maker put onto the device, into state->chain. */
static tps_status read_provided(const tps_platform *p, uint32_t part, tps_attestation_state *a)
{
    tps_span encoded;
    tps_status status = tps_provided_read_all(p, part, NULL, attestation_chain_room(a), &encoded);

    if (status == TPS_NOT_FOUND) {
        return TPS_OK;
    }
    TPS_TRY(status);
    TPS_TRY(tps_cbor_check(encoded, &tps_cbor_limits_message, NULL, NULL));
    return attestation_read_chain(encoded, &a->chain) ? TPS_OK : TPS_COMPONENT_BAD_IDENTITY;
}

/** The first stage's certificates go before DeviceID's. */
static tps_status read_ak_chain(const tps_component *component, tps_attestation_state *a)
{
    const tps_handover *h = tps_component_handover(component);
    tps_span *certificates = a->chain.certificates;

    (void)attestation_chain_room(a);
    if (h->ak_certificate_size == 0 || h->layer_certificate_size == 0) {
        return TPS_OK;
    }
    TPS_TRY(read_provided(tps_component_platform(component), TPS_PROVIDED_DEVICE_ID, a));
    if (a->chain.count + 2 > TPS_COSE_X5CHAIN_MAX) {
        return TPS_COMPONENT_BAD_IDENTITY;
    }
    memmove(&certificates[2], certificates, a->chain.count * sizeof(tps_span));
    certificates[0] = tps_span_make(h->ak_certificate, h->ak_certificate_size);
    certificates[1] = tps_span_make(h->layer_certificate, h->layer_certificate_size);
    a->chain.count += 2;
    return TPS_OK;
}

tps_status attestation_load_chain(const tps_component *component, tps_attestation_state *a, uint32_t whose)
{
    if (a->chain_whose == whose) {
        return TPS_OK;
    }
    TPS_TRY(whose == TPS_EVIDENCE_KEY_AK
                ? read_ak_chain(component, a)
                : read_provided(tps_component_platform(component), TPS_PROVIDED_CERTIFICATES, a));
    a->chain_whose = whose;
    return TPS_OK;
}

/* ---- pairwise identities ---- */

void attestation_forget_pairwise(tps_attestation_state *state)
{
    tps_crypto_key_free(state->pairwise.key);
    tps_wipe(&state->pairwise, sizeof(state->pairwise));
}

tps_status attestation_pairwise(const tps_component *component, tps_attestation_state *a,
                                const uint8_t provider[32])
{
    const tps_handover *h = tps_component_handover(component);
    tps_pairwise_identity *p = &a->pairwise;
    const uint8_t *owner;

    TPS_TRY(tps_component_owner_secret(component, &owner));
    if (p->key != NULL && p->generation == tps_component_owner_generation(component) &&
        memcmp(p->provider, provider, sizeof(p->provider)) == 0) {
        return TPS_OK;
    }
    attestation_forget_pairwise(a);
    TPS_TRY(tps_keys_sueid(h->s0, provider, owner, p->sueid));
    TPS_TRY(tps_keys_bootseed(h->boot_seed, provider, p->bootseed));
    memcpy(p->provider, provider, sizeof(p->provider));
    p->generation = tps_component_owner_generation(component);
    return tps_keys_pairwise_ak(h->cdi_attest, provider, owner, &p->key);
}

tps_status tps_attestation_sueid(const tps_component *component, const tps_session *session,
                                 uint8_t sueid[TPS_KEYS_UEID_SIZE])
{
    const uint8_t *owner;

    if (session->binding.mode != TPS_MODE_PAIRWISE) {
        return TPS_COMPONENT_NOT_BOUND;
    }
    TPS_TRY(tps_component_owner_secret(component, &owner));
    return tps_keys_sueid(tps_component_handover(component)->s0, session->binding.provider, owner, sueid);
}

/* ---- who speaks ---- */

tps_attester attestation_ak(const tps_request *request)
{
    const tps_handover *h = tps_component_handover(request->component);
    tps_attestation_state *a = request->state;

    return (tps_attester){
        .key = a->ak, .id = TPS_SPAN_OF(h->ueid), .bootseed = TPS_SPAN_OF(h->boot_seed), .chain = &a->chain};
}

static tps_status pairwise_attester(const tps_request *request, tps_attester *out)
{
    tps_attestation_state *a = request->state;

    TPS_TRY(attestation_pairwise(request->component, a, request->session->binding.provider));
    TPS_TRY(attestation_load_pairwise_chain(request));
    *out = (tps_attester){.key = a->pairwise.key,
                          .is_pairwise = true,
                          .id = TPS_SPAN_OF(a->pairwise.sueid),
                          .bootseed = TPS_SPAN_OF(a->pairwise.bootseed),
                          .chain = &a->chain};
    return TPS_OK;
}

tps_status attestation_attester(const tps_request *request, uint64_t key, tps_attester *out, uint32_t *error)
{
    tps_attestation_state *a = request->state;
    uint32_t mode = request->session->binding.mode;

    *error = 0;
    if (HAS_OTHERS && mode == TPS_MODE_PASSPORT) {
        *error = TPS_EVIDENCE_ERROR_MODE;
        return TPS_OK;
    }
    if (HAS_OTHERS && mode == TPS_MODE_PAIRWISE && key == 0) {
        return pairwise_attester(request, out);
    }
    if (mode == TPS_MODE_PAIRWISE || key > TPS_EVIDENCE_KEY_AK) {
        *error = TPS_EVIDENCE_ERROR_KEY;
        return TPS_OK;
    }
    *out = attestation_ak(request);
    if (key != TPS_EVIDENCE_KEY_AK) {
        key = TPS_EVIDENCE_KEY_IAK;
        out->key = a->iak;
        out->is_iak = true;
    }
    return attestation_load_chain(request->component, a, (uint32_t)key);
}
