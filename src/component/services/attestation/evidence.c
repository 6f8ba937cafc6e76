/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence: the request read and judged, the claims signed or authenticated; and the certification request,
 * in which AK_0 speaks for an AK_p. */
#include "component/core/ownership.h"
#include "component/services/attestation/parts.h"
#include "component/services/members.h"

enum { TELL_EVIDENCE = 1 };
/* The members of a request for evidence, as indices of the table below. */
enum {
    PROFILE,
    NONCE,
    AUD,
    INTUSE,
    KEY,
    LEAVE_OUT,
    SUBMODS,
    FORM,
    CONFIRM,
    PASSPORT,
    AUTHENTICATION,
    MEMBERS
};

#define ANY_SIZE 65535u

static const tps_member_rule evidence_rules[MEMBERS] = {
    [PROFILE] = {1, TPS_MEMBER_UINT, true, 0, UINT32_MAX},
    [NONCE] = {2, TPS_MEMBER_BYTES, true, 0, ANY_SIZE},
    [AUD] = {3, TPS_MEMBER_TEXT, true, 0, ANY_SIZE},
    [INTUSE] = {4, TPS_MEMBER_UINT, true, 0, UINT32_MAX},
    [KEY] = {5, TPS_MEMBER_UINT, true, 1, UINT32_MAX},
    [LEAVE_OUT] = {6, TPS_MEMBER_ITEM, true, 1, ANY_SIZE},
    [SUBMODS] = {7, TPS_MEMBER_ITEM, true, 1, ANY_SIZE},
    [FORM] = {8, TPS_MEMBER_UINT, true, 0, UINT32_MAX},
    [CONFIRM] = {9, TPS_MEMBER_TEXT, true, 1, TPS_KEY_NAME_MAX},
    [PASSPORT] = {10, TPS_MEMBER_BYTES, true, 32, 32},
    [AUTHENTICATION] = {11, TPS_MEMBER_BOOL, true, 0, 0},
};

/* ---- answers ---- */

/** Puts {1: head of a byte string} and finds the room behind it. */
static tps_status open_answer(tps_request *request, size_t size, tps_buf *room)
{
    tps_cbor_writer w = tps_response_begin(request);

    tps_cbor_put_map(&w, 1);
    tps_cbor_put_uint(&w, TELL_EVIDENCE);
    tps_cbor_put_bytes_head(&w, size);
    request->response_size = w.size + size;
    if (request->response.data == NULL || request->response_size > request->response.size) {
        return TPS_BUFFER_TOO_SMALL;
    }
    *room = (tps_buf){request->response.data + w.size, size};
    return TPS_OK;
}

tps_status attestation_answer_sign1(tps_request *request, tps_span payload,
                                    const tps_cose_make_options *options, tps_crypto_key *key, int32_t alg)
{
    tps_cose_signer signer = tps_cose_signer_of_key(key, alg);
    tps_span token;
    tps_buf room;

    TPS_TRY(tps_cose_sign1_make(payload, options, &signer, TPS_BUF_MEASURE, &token));
    TPS_TRY(open_answer(request, token.size, &room));
    return tps_cose_sign1_make(payload, options, &signer, room, &token);
}

static tps_status answer_mac0(tps_request *request, tps_span payload)
{
    const tps_attestation_mac *mac = attestation_mac_of(request);
    tps_cose_secret secret = {.bytes = TPS_SPAN_OF(mac->key)};
    tps_cose_make_options options = {.kid = TPS_SPAN_EMPTY};
    uint8_t kid[TPS_SHA256_SIZE];
    tps_span token;
    tps_buf room;

    TPS_TRY(tps_crypto_hmac_sha256(secret.bytes, TPS_SPAN_LITERAL("kid"), kid));
    options.kid = tps_span_make(kid, TPS_MAC_KID_SIZE);
    TPS_TRY(tps_cose_mac0_make(payload, &options, TPS_ALG_HMAC256, &secret, TPS_BUF_MEASURE, &token));
    TPS_TRY(open_answer(request, token.size, &room));
    return tps_cose_mac0_make(payload, &options, TPS_ALG_HMAC256, &secret, room, &token);
}

/* ---- evidence ---- */

/** TPS_EVIDENCE_ERROR_*: whether this session may have evidence in this form. */
static uint32_t judge_form(const tps_request *request, uint64_t form)
{
    bool is_mac = form == TPS_EVIDENCE_MAC0 && attestation_mac_of(request)->is_there;

    return form == TPS_EVIDENCE_SIGN1 || is_mac ? 0 : TPS_EVIDENCE_ERROR_MAC;
}

/** The key that the evidence shall confirm, if it shall any, into the wish. */
static tps_status read_confirmation(const tps_request *request, const tps_member *asked, tps_buf room,
                                    tps_evidence_wish *wish, uint32_t *error)
{
    const tps_confirm_wish confirm = {.is_authentication = asked[AUTHENTICATION].number != 0,
                                      .name = asked[CONFIRM].bytes,
                                      .passport = asked[PASSPORT].bytes};

    if (*error != 0 ||
        !(asked[CONFIRM].is_there || asked[PASSPORT].is_there || asked[AUTHENTICATION].is_there)) {
        return TPS_OK;
    }
    return attestation_confirm(request, &confirm, room, &wish->cnf, error);
}

static tps_status encode_claims(tps_request *request, const tps_evidence_wish *wish,
                                const tps_attester *attester, tps_span *claims, tps_error *why)
{
    return wish->profile == TPS_EVIDENCE_PSA
               ? attestation_encode_psa(request, wish, attester, claims, why)
               : attestation_encode_opentps(request, wish, attester, claims, why);
}

static tps_status answer_claims(tps_request *request, const tps_attester *attester, bool is_psa,
                                tps_span claims)
{
    tps_cose_make_options chain = {.x5chain = attester->chain->certificates,
                                   .x5chain_count = attester->chain->count};

    return attestation_answer_sign1(request, claims, is_psa ? NULL : &chain, attester->key,
                                    is_psa ? TPS_ALG_ES256 : TPS_ALG_ESP256);
}

tps_status attestation_make_evidence(tps_request *request, tps_error *why)
{
    tps_member asked[MEMBERS];
    tps_evidence_wish wish;
    tps_attester attester;
    uint8_t cnf[CNF_MAX];
    uint64_t form;
    uint32_t error;
    tps_span claims;

    TPS_TRY(tps_members_read(request->body, evidence_rules, MEMBERS, asked, why));
    wish = (tps_evidence_wish){.profile = asked[PROFILE].number,
                               .nonce = asked[NONCE].bytes,
                               .aud = asked[AUD].bytes,
                               .intuse = asked[INTUSE].number,
                               .leave_out = asked[LEAVE_OUT].bytes,
                               .submods = asked[SUBMODS].bytes};
    TPS_TRY(attestation_attester(request, asked[KEY].number, &attester, &error));
    if (error == 0 && asked[INTUSE].is_there && asked[INTUSE].number == 0) {
        error = TPS_EVIDENCE_ERROR_CLAIM; /* in a wish, 0 is none */
    }
    TPS_TRY(read_confirmation(request, asked, TPS_BUF_OF(cnf), &wish, &error));
    if (error == 0) {
        error = attestation_judge_wish(request->component, &wish, &attester);
    }
    form = asked[FORM].is_there ? asked[FORM].number : TPS_EVIDENCE_SIGN1;
    if (error == 0) {
        error = judge_form(request, form);
    }
    if (error != 0) {
        return tps_answer_error(request, error);
    }
    TPS_TRY(encode_claims(request, &wish, &attester, &claims, why));
    if (form == TPS_EVIDENCE_MAC0) {
        return answer_mac0(request, claims);
    }
    return answer_claims(request, &attester, wish.profile == TPS_EVIDENCE_PSA, claims);
}

/* ---- the certification request ---- */

/** AK_0's evidence for AK_p, into state->evidence. */
static tps_status make_certification_evidence(tps_request *request, tps_evidence_wish *wish,
                                              tps_span *evidence, tps_error *why)
{
    tps_attestation_state *a = request->state;
    tps_attester attester = attestation_ak(request);
    tps_cose_signer signer = tps_cose_signer_of_key(attester.key, TPS_ALG_ESP256);
    tps_cose_make_options chain = {.x5chain = attester.chain->certificates,
                                   .x5chain_count = attester.chain->count};
    uint8_t cnf[CNF_MAX];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(cnf));
    tps_span claims;

    tps_cbor_put_map(&w, 1);
    tps_cbor_put_uint(&w, 1);
    TPS_TRY(tps_cose_key_put(&w, a->pairwise.key));
    TPS_TRY(tps_cbor_writer_finish(&w, &wish->cnf));
    wish->pairwise_id = TPS_SPAN_OF(a->pairwise.sueid);
    TPS_TRY(attestation_encode_opentps(request, wish, &attester, &claims, why));
    return tps_cose_sign1_make(claims, &chain, &signer, TPS_BUF_OF(a->evidence), evidence);
}

tps_status attestation_certification(tps_request *request, tps_error *why)
{
    static const tps_member_rule rules[] = {{1, TPS_MEMBER_BYTES, false, 0, ANY_SIZE},
                                            {2, TPS_MEMBER_BYTES, false, 32, 32},
                                            {3, TPS_MEMBER_TEXT, true, 0, ANY_SIZE}};
    const tps_cose_make_options options = {.content_type = TPS_SPAN_LITERAL("application/eat+cwt")};
    tps_attestation_state *a = request->state;
    tps_evidence_wish wish = {.profile = TPS_EVIDENCE_OPENTPS, .intuse = TPS_EAT_USE_CERTIFICATE_ISSUANCE};
    uint32_t mode = request->session->binding.mode;
    const tps_provider *p;
    tps_attester attester = attestation_ak(request);
    tps_member asked[3];
    tps_span evidence;
    uint32_t error;

    TPS_TRY(tps_members_read(request->body, rules, 3, asked, why));
    if (!tps_session_is_administrator(request->component, request->session)) {
        return TPS_COMPONENT_DENIED;
    }
    if (mode != TPS_MODE_NONE && mode != TPS_MODE_DIRECT) {
        return tps_answer_error(request, TPS_EVIDENCE_ERROR_MODE);
    }
    p = tps_component_provider_find(request->component, asked[1].bytes.data);
    if (p == NULL || p->mode != TPS_MODE_PAIRWISE) {
        return tps_answer_error(request, TPS_EVIDENCE_ERROR_PROVIDER);
    }
    wish.nonce = asked[0].bytes;
    wish.aud = asked[2].bytes;
    error = attestation_judge_wish(request->component, &wish, &attester);
    if (error != 0) {
        return tps_answer_error(request, error);
    }
    TPS_TRY(attestation_pairwise(request->component, a, p->provider));
    TPS_TRY(make_certification_evidence(request, &wish, &evidence, why));
    return attestation_answer_sign1(request, evidence, &options, a->pairwise.key, TPS_ALG_ESP256);
}
