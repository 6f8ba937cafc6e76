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
/** Tokens in one answer: evidence within a request. */
#define SEALS_MAX 2u
/** Bytes of the head of a signature or a tag: a byte string of 24 to 255 bytes. */
#define SEAL_HEAD_SIZE 2u

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

tps_status attestation_open_answer(tps_request *request, size_t size, tps_buf *room)
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

tps_cose_make_options attestation_with_chain(const tps_attester *attester)
{
    return (tps_cose_make_options){.x5chain = attester->chain->certificates,
                                   .x5chain_count = attester->chain->count};
}

static tps_status make_token(const attestation_seal *seal, tps_span payload, tps_buf out, tps_span *token)
{
    const tps_cose_secret secret = {.bytes = seal->mac_key};
    tps_cose_signer signer = tps_cose_signer_of_key(seal->key, seal->alg);

    return HAS_OTHERS && seal->key == NULL
               ? tps_cose_mac0_make(payload, &seal->options, seal->alg, &secret, out, token)
               : tps_cose_sign1_make(payload, &seal->options, &signer, out, token);
}

/** Where the payload will stand in a token: before what protects it. */
static tps_buf payload_room(const attestation_seal *seal, tps_buf token, size_t payload_size)
{
    size_t last =
        seal->key == NULL ? tps_crypto_alg_mac_size(seal->alg) : tps_crypto_alg_signature_size(seal->alg);
    size_t behind = payload_size + SEAL_HEAD_SIZE + last;

    return (tps_buf){token.data + token.size - behind, payload_size};
}

tps_status attestation_answer_claims(tps_request *request, const attestation_facts *facts,
                                     const attestation_seal *seals, size_t count)
{
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_MEASURE);
    tps_buf rooms[SEALS_MAX + 1];
    tps_span token;

    attestation_put_claims(&w, facts);
    TPS_TRY(tps_cbor_writer_finish(&w, &token));
    rooms[0].size = token.size;
    for (size_t i = 0; i < count; i++) {
        TPS_TRY(make_token(&seals[i], token, TPS_BUF_MEASURE, &token));
        rooms[i + 1].size = token.size;
    }
    TPS_TRY(attestation_open_answer(request, token.size, &rooms[count]));
    for (size_t i = count; i > 0; i--) {
        rooms[i - 1] = payload_room(&seals[i - 1], rooms[i], rooms[i - 1].size);
    }
    w = tps_cbor_writer_init(rooms[0]);
    attestation_put_claims(&w, facts);
    TPS_TRY(tps_cbor_writer_finish(&w, &token));
    for (size_t i = 0; i < count; i++) {
        TPS_TRY(make_token(&seals[i], token, rooms[i + 1], &token));
    }
    return TPS_OK;
}

/** MAC_p's name goes with it: what `kid` holds must live as long as the seal. */
static tps_status seal_with_mac(const tps_attestation_mac *mac, uint8_t kid[TPS_SHA256_SIZE],
                                attestation_seal *seal)
{
    TPS_TRY(tps_crypto_hmac_sha256(TPS_SPAN_OF(mac->key), TPS_SPAN_LITERAL("kid"), kid));
    *seal = (attestation_seal){.mac_key = TPS_SPAN_OF(mac->key),
                               .alg = TPS_ALG_HMAC256,
                               .options = {.kid = tps_span_make(kid, TPS_MAC_KID_SIZE)}};
    return TPS_OK;
}

/* ---- evidence ---- */

/** TPS_EVIDENCE_ERROR_*: whether this session may have evidence in this form. */
static uint32_t judge_form(const tps_request *request, uint64_t form)
{
    bool is_mac = HAS_OTHERS && form == TPS_EVIDENCE_MAC0 && attestation_mac_of(request)->is_there;

    return form == TPS_EVIDENCE_SIGN1 || is_mac ? 0 : TPS_EVIDENCE_ERROR_MAC;
}

/** The key that the evidence shall confirm, if it shall any, into the wish. */
static tps_status read_confirmation(const tps_request *request, const tps_member *asked, tps_buf room,
                                    attestation_wish *wish, uint32_t *error)
{
    const tps_confirm_wish confirm = {.is_authentication = asked[AUTHENTICATION].number != 0,
                                      .name = asked[CONFIRM].bytes,
                                      .passport = asked[PASSPORT].bytes};

    if (*error != 0 ||
        !(asked[CONFIRM].is_there || asked[PASSPORT].is_there || asked[AUTHENTICATION].is_there)) {
        return TPS_OK;
    }
    if (!HAS_OTHERS) {
        *error = TPS_EVIDENCE_ERROR_NAME;
        return TPS_OK;
    }
    return attestation_confirm(request, &confirm, room, &wish->cnf, error);
}

/** Answers with evidence in the form that was asked for. */
static OWN_FRAME tps_status answer_evidence(tps_request *request, const attestation_facts *facts,
                                            uint64_t form)
{
    bool is_psa = facts->wish.profile == TPS_EVIDENCE_PSA;
    attestation_seal seal = {.key = facts->attester.key, .alg = is_psa ? TPS_ALG_ES256 : TPS_ALG_ESP256};
    uint8_t kid[TPS_SHA256_SIZE];

    if (HAS_OTHERS && form == TPS_EVIDENCE_MAC0) {
        TPS_TRY(seal_with_mac(attestation_mac_of(request), kid, &seal));
    } else if (!is_psa) {
        seal.options = attestation_with_chain(&facts->attester);
    }
    return attestation_answer_claims(request, facts, &seal, 1);
}

tps_status attestation_make_evidence(tps_request *request, tps_error *why)
{
    tps_member asked[MEMBERS];
    attestation_facts facts = {.client = 0};
    uint8_t cnf[CNF_MAX];
    uint64_t form;
    uint32_t error;

    TPS_TRY(tps_members_read(request->body, evidence_rules, MEMBERS, asked, why));
    facts.wish =
        (attestation_wish){.profile = asked[PROFILE].number,
                           .nonce = asked[NONCE].bytes,
                           .aud = asked[AUD].bytes,
                           .intuse = asked[INTUSE].is_there ? asked[INTUSE].number : ATTESTATION_ABSENT,
                           .leave_out = asked[LEAVE_OUT].bytes,
                           .submods = asked[SUBMODS].bytes};
    TPS_TRY(attestation_attester(request, asked[KEY].number, &facts.attester, &error));
    TPS_TRY(read_confirmation(request, asked, TPS_BUF_OF(cnf), &facts.wish, &error));
    if (error == 0) {
        error = attestation_judge_wish(request->component, &facts.wish, &facts.attester);
    }
    form = asked[FORM].is_there ? asked[FORM].number : TPS_EVIDENCE_SIGN1;
    if (error == 0) {
        error = judge_form(request, form);
    }
    if (error != 0) {
        return tps_answer_error(request, error);
    }
    TPS_TRY(attestation_gather(request, &facts));
    return answer_evidence(request, &facts, form);
}

/* ---- the certification request ---- */

/** AK_0's evidence for AK_p, as the payload of AK_p's signature. */
static OWN_FRAME tps_status answer_certification(tps_request *request, attestation_facts *facts)
{
    tps_attestation_state *a = request->state;
    attestation_seal seals[SEALS_MAX] = {
        {.key = facts->attester.key, .alg = TPS_ALG_ESP256},
        {.key = a->pairwise.key,
         .alg = TPS_ALG_ESP256,
         .options = {.content_type = TPS_SPAN_LITERAL("application/eat+cwt")}}};
    uint8_t cnf[CNF_MAX];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(cnf));

    tps_cbor_put_map(&w, 1);
    tps_cbor_put_uint(&w, 1);
    TPS_TRY(tps_cose_key_put(&w, a->pairwise.key));
    TPS_TRY(tps_cbor_writer_finish(&w, &facts->wish.cnf));
    facts->wish.pairwise_id = TPS_SPAN_OF(a->pairwise.sueid);
    TPS_TRY(attestation_load_chain(request->component, a, TPS_EVIDENCE_KEY_AK));
    seals[0].options = attestation_with_chain(&facts->attester);
    TPS_TRY(attestation_gather(request, facts));
    return attestation_answer_claims(request, facts, seals, SEALS_MAX);
}

tps_status attestation_certification(tps_request *request, tps_error *why)
{
    static const tps_member_rule rules[] = {{1, TPS_MEMBER_BYTES, false, 0, ANY_SIZE},
                                            {2, TPS_MEMBER_BYTES, false, 32, 32},
                                            {3, TPS_MEMBER_TEXT, true, 0, ANY_SIZE}};
    attestation_facts facts = {
        .wish = {.profile = TPS_EVIDENCE_OPENTPS, .intuse = TPS_EAT_USE_CERTIFICATE_ISSUANCE},
        .attester = attestation_ak(request)};
    uint32_t mode = request->session->binding.mode;
    const tps_provider *p;
    tps_member asked[3];
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
    facts.wish.nonce = asked[0].bytes;
    facts.wish.aud = asked[2].bytes;
    error = attestation_judge_wish(request->component, &facts.wish, &facts.attester);
    if (error != 0) {
        return tps_answer_error(request, error);
    }
    TPS_TRY(attestation_pairwise(request->component, request->state, p->provider));
    return answer_certification(request, &facts);
}
