/* SPDX-License-Identifier: Apache-2.0 */
/* The attestation service: its table, its start and end, and the messages that tell keys and certificates. */
#include "component/services/attestation/attestation.h"

#include "component/services/attestation/parts.h"
#include "component/services/members.h"
#include "tps/secret.h"

enum { TELL_SPKI = 2, TELL_UEID = 3 };

/* ---- start and stop ---- */

static tps_status start(tps_component *component, void *state, tps_error *why)
{
    const tps_handover *h = tps_component_handover(component);
    tps_attestation_state *a = state;

    (void)why;
    TPS_TRY(tps_keys_iak(h->s0, &a->iak));
    TPS_TRY(tps_keys_ak(h->cdi_attest, &a->ak));
    TPS_TRY(
        attestation_load_chain(component, a, TPS_EVIDENCE_KEY_AK)); /* a start shows what is wrong with it */
    return attestation_load_chain(component, a, TPS_EVIDENCE_KEY_IAK);
}

static void stop(tps_component *component, void *state)
{
    tps_attestation_state *a = state;

    (void)component;
    attestation_forget_pairwise(a);
    tps_crypto_key_free(a->iak);
    tps_crypto_key_free(a->ak);
    a->iak = NULL;
    a->ak = NULL;
}

static void forget_owner(tps_component *component, void *state)
{
    tps_attestation_state *a = state;

    (void)component;
    attestation_forget_pairwise(a);
    (void)attestation_chain_room(a);
    tps_wipe(a->chain_bytes, sizeof(a->chain_bytes));
}

/* ---- messages ---- */

/** {? 1: key}: who is meant. */
static tps_status read_attester(tps_request *request, tps_attester *attester, uint32_t *error, tps_error *why)
{
    static const tps_member_rule rules[] = {
        {.key = 1, .kind = TPS_MEMBER_UINT, .is_optional = true, .min = 1, .max = UINT32_MAX}};
    tps_member asked[1];

    TPS_TRY(tps_members_read(request->body, rules, 1, asked, why));
    return attestation_attester(request, asked[0].number, attester, error);
}

static tps_status tell_public_key(tps_request *request, tps_error *why)
{
    tps_cbor_writer w = tps_response_map(request, 3);
    tps_attester attester;
    uint32_t error;

    TPS_TRY(read_attester(request, &attester, &error, why));
    if (error != 0) {
        return tps_answer_error(request, error);
    }
    TPS_TRY(tps_answer_put_key(&w, attester.key, TELL_SPKI));
    tps_cbor_pair_bytes(&w, TELL_UEID, attester.id);
    return tps_response_end(request, &w);
}

static tps_status tell_certificates(tps_request *request, tps_error *why)
{
    tps_cbor_writer w = tps_response_begin(request);
    tps_attester attester;
    uint32_t error;

    TPS_TRY(read_attester(request, &attester, &error, why));
    if (error != 0) {
        return tps_answer_error(request, error);
    }
    tps_cbor_put_map(&w, 1);
    tps_cbor_pair_array(&w, 1, attester.chain->count);
    for (size_t i = 0; i < attester.chain->count; i++) {
        tps_cbor_put_bytes(&w, attester.chain->certificates[i]);
    }
    return tps_response_end(request, &w);
}

/** What is for providers, and what rests on the key store. */
static tps_status handle_with_others(tps_request *request, tps_error *why)
{
    switch (request->tag) {
    case TAG_CERTIFICATION: return attestation_certification(request, why);
    case TAG_KEEP_CERTIFICATES: return attestation_keep_certificates(request, why);
    case TAG_KEEP_RESULT: return attestation_keep_result(request, why);
    case TAG_RESULT: return attestation_tell_result(request, why);
    case TAG_ATTEST_KEY: return attestation_attest_key(request, why);
    case TAG_AGREE: return attestation_agree(request, why);
    default: return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "tag");
    }
}

static tps_status handle(tps_request *request, tps_error *why)
{
    switch (request->tag) {
    case TAG_EVIDENCE: return attestation_make_evidence(request, why);
    case TAG_PUBLIC_KEY: return tell_public_key(request, why);
    case TAG_CERTIFICATES: return tell_certificates(request, why);
    default:
        return HAS_OTHERS ? handle_with_others(request, why)
                          : tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "tag");
    }
}

/* [PSA, opentps]: the profiles of evidence */
static const uint8_t features[] = {0x82, 0x01, 0x02};

const tps_service tps_attestation_service = {
    .id = TPSC_UUID_INIT(0xd4, 0x12, 0xf0, 0xc7, 0x5d, 0x50, 0x5a, 0x44, 0x85, 0x41, 0xe6, 0xd9, 0x8d, 0x18,
                         0xcc, 0x3b),
    .name = "opentps attestation",
    .version = {0, 2, 0},
    .logins = tps_logins_named,
    .logins_count = TPS_LOGINS_NAMED_COUNT,
    .features = {features, sizeof(features)},
    .state_size = sizeof(tps_attestation_state),
    .takes_bindings = HAS_OTHERS,
    .start = start,
    .stop = stop,
    .forget = HAS_OTHERS ? forget_owner : NULL,
    .handle = handle,
};
