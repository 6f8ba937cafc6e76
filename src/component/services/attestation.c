/* SPDX-License-Identifier: Apache-2.0 */
/* The attestation service: from what was measured at start to signed evidence. The claims' encodings are
 * format's; this file says which claim gets which fact. */
#include "component/services/attestation.h"

#include "component/boot/boot.h"
#include "tps/device_claims.h"
#include "tps/psa.h"
#include "tps/secret.h"

enum { TAG_EVIDENCE = 10, TAG_PUBLIC_KEY = 11, TAG_CERTIFICATES = 12 };
enum { ASK_PROFILE = 1, ASK_NONCE = 2, ASK_AUD = 3, ASK_INTUSE = 4 };
enum { TELL_EVIDENCE = 1, TELL_ERROR = 2 };
enum { TELL_COSE_KEY = 1, TELL_SPKI = 2, TELL_UEID = 3 };

#define AUD_MAX 256u

/** A request for evidence. Spans point into the message. */
typedef struct {
    uint64_t profile;
    tps_span nonce;
    tps_span aud;    /**< `data` is NULL when absent */
    uint64_t intuse; /**< 0 when absent */
} evidence_request;

/* ---- start and stop ---- */

static tps_status read_certificates(const tps_platform *p, tps_attestation_state *a)
{
    tps_span encoded;
    tps_cbor_reader r;
    tps_cbor_list list;
    tps_status status =
        tps_provided_read_all(p, TPS_PROVIDED_CERTIFICATES, NULL, TPS_BUF_OF(a->certificate_bytes), &encoded);

    if (status == TPS_NOT_FOUND) {
        return TPS_OK;
    }
    TPS_TRY(status);
    TPS_TRY(tps_cbor_check(encoded, &tps_cbor_limits_message, NULL, NULL));
    r = tps_cbor_reader_init(encoded);
    list = tps_cbor_enter_array(&r);
    while (tps_cbor_next(&r, &list)) {
        if (a->certificate_count == TPS_COSE_X5CHAIN_MAX) {
            return TPS_COMPONENT_BAD_IDENTITY;
        }
        a->certificates[a->certificate_count++] = tps_cbor_get_bytes(&r);
    }
    return tps_cbor_reader_finish(&r) == TPS_OK ? TPS_OK : TPS_COMPONENT_BAD_IDENTITY;
}

static tps_status start(tps_component *component, void *state, tps_error *why)
{
    tps_attestation_state *a = state;
    uint8_t seed[48];
    tps_status status =
        tps_component_secret(component, TPS_SPAN_LITERAL(TPS_KEYS_LABEL_IAK), TPS_BUF_OF(seed));

    (void)why;
    if (status == TPS_OK) {
        status = tps_crypto_key_derive_p256(seed, &a->iak);
    }
    tps_wipe(seed, sizeof(seed));
    TPS_TRY(status);
    TPS_TRY(tps_keys_instance_id(a->iak, a->instance_id));
    return read_certificates(tps_component_platform(component), a);
}

static void stop(tps_component *component, void *state)
{
    tps_attestation_state *a = state;

    (void)component;
    tps_crypto_key_free(a->iak);
    a->iak = NULL;
}

/* ---- claims ---- */

tps_status tps_attestation_client_id(const tps_login *login, int32_t *client_id)
{
    uint8_t owner[TPS_LOGIN_OWNER_SIZE];
    tps_digest digest;
    uint32_t bits = 0;

    tps_login_owner(login, owner);
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_OF(owner), &digest));
    for (size_t i = 0; i < 4; i++) {
        bits |= (uint32_t)digest.bytes[i] << (8 * i);
    }
    *client_id = -1 - (int32_t)(bits & 0x7fffffffu);
    return TPS_OK;
}

static tps_status encode_psa(tps_request *request, const evidence_request *asked, const tps_handover *m,
                             tps_span *encoded, tps_error *why)
{
    /* RFC 9783 has no way to leave the signer out; no key hashes to zero. */
    static const uint8_t nobody[32] = {0};
    tps_attestation_state *a = request->state;
    tps_psa_claims claims = {
        .nonce = asked->nonce,
        .instance_id = TPS_SPAN_OF(a->instance_id),
        .implementation_id = m->identity.class_id,
        .lifecycle = tps_lifecycle_in_psa(m->lifecycle),
        .boot_seed = TPS_SPAN_OF(m->boot_seed),
        .component_count = m->image_count,
    };

    TPS_TRY(tps_attestation_client_id(&request->session->login, &claims.client_id));
    for (size_t i = 0; i < m->image_count; i++) {
        const tps_boot_image *image = &m->images[i];

        claims.components[i] = (tps_psa_component){
            .type = tps_span_of_text(image->name),
            .measurement = TPS_SPAN_OF(image->digest),
            .version = tps_span_of_text(image->version),
            .signer_id = image->is_signed ? TPS_SPAN_OF(image->signer_id) : TPS_SPAN_OF(nobody),
        };
    }
    return tps_psa_encode(&claims, TPS_BUF_OF(a->claims), encoded, why);
}

static tps_status encode_opentps(tps_request *request, const evidence_request *asked, const tps_handover *m,
                                 tps_span *encoded, tps_error *why)
{
    tps_attestation_state *a = request->state;
    const tps_boot_image *last = &m->images[m->image_count - 1];
    tps_device_claims claims = {
        .present = TPS_DEVICE_HAS_OEMBOOT | (m->has_boot_count ? TPS_DEVICE_HAS_BOOTCOUNT : 0u) |
                   (asked->intuse != 0 ? TPS_DEVICE_HAS_INTUSE : 0u),
        .profile = TPS_SPAN_LITERAL(TPS_DEVICE_PROFILE),
        .nonce = asked->nonce,
        .aud = asked->aud,
        .ueid = TPS_SPAN_OF(a->instance_id),
        .oemid = m->identity.oemid,
        .hwmodel = m->identity.class_id,
        .hwversion = m->identity.hwversion,
        .swname = tps_span_of_text(last->name),
        .swversion = tps_span_of_text(last->version),
        .bootseed = TPS_SPAN_OF(m->boot_seed),
        .bootcount = m->boot_count,
        .intuse = (uint32_t)asked->intuse,
        .dbgstat = (uint8_t)request->platform->debug_status(request->platform->context),
        .oemboot = m->are_all_signed,
        .component_count = m->image_count,
    };

    for (size_t i = 0; i < m->image_count; i++) {
        const tps_boot_image *image = &m->images[i];

        claims.components[i] = (tps_device_component){
            .name = tps_span_of_text(image->name),
            .version = tps_span_of_text(image->version),
            .digest = TPS_SPAN_OF(image->digest),
            .signer_id = image->is_signed ? TPS_SPAN_OF(image->signer_id) : TPS_SPAN_EMPTY,
        };
    }
    return tps_device_claims_encode(&claims, TPS_BUF_OF(a->claims), encoded, why);
}

/* ---- messages ---- */

static tps_status read_evidence_request(tps_span body, evidence_request *asked, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(body);
    tps_cbor_list map = tps_cbor_enter_map(&r);

    *asked = (evidence_request){.profile = 0};
    while (tps_cbor_next(&r, &map)) {
        switch (tps_cbor_get_uint(&r)) {
        case ASK_PROFILE: asked->profile = tps_cbor_get_uint(&r); break;
        case ASK_NONCE: asked->nonce = tps_cbor_get_bytes(&r); break;
        case ASK_AUD: asked->aud = tps_cbor_get_text(&r); break;
        case ASK_INTUSE: asked->intuse = tps_cbor_get_uint(&r); break;
        default: tps_cbor_fail(&r, TPS_COMPONENT_BAD_MESSAGE); break;
        }
    }
    if (tps_cbor_reader_finish(&r) != TPS_OK) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, tps_cbor_offset(&r), "a member of the request");
    }
    return TPS_OK;
}

/** TPS_EVIDENCE_ERROR_*, or 0. */
static uint32_t find_error(const evidence_request *asked, const tps_handover *m)
{
    size_t n = asked->nonce.size;

    if (!m->is_made || m->image_count == 0) {
        return TPS_EVIDENCE_ERROR_NOT_MADE;
    }
    if (asked->profile == TPS_EVIDENCE_PSA) {
        if (n != 32 && n != 48 && n != 64) {
            return TPS_EVIDENCE_ERROR_NONCE;
        }
        return asked->aud.data != NULL || asked->intuse != 0 ? TPS_EVIDENCE_ERROR_CLAIM : 0;
    }
    if (asked->profile != TPS_EVIDENCE_OPENTPS) {
        return TPS_EVIDENCE_ERROR_PROFILE;
    }
    if (n < 8 || n > 64) {
        return TPS_EVIDENCE_ERROR_NONCE;
    }
    if (asked->aud.data != NULL && (asked->aud.size == 0 || asked->aud.size > AUD_MAX)) {
        return TPS_EVIDENCE_ERROR_CLAIM;
    }
    return asked->intuse > 5 ? TPS_EVIDENCE_ERROR_CLAIM : 0;
}

static tps_status answer_error(tps_request *request, uint32_t error)
{
    tps_cbor_writer w = tps_response_begin(request);

    tps_cbor_put_map(&w, 1);
    tps_cbor_put_uint(&w, TELL_ERROR);
    tps_cbor_put_uint(&w, error);
    return tps_response_end(request, &w);
}

/** The token goes straight into the response's room, behind a head whose size was measured. */
static tps_status answer_token(tps_request *request, tps_span claims, const tps_cose_sign1_options *options,
                               int32_t alg)
{
    tps_attestation_state *a = request->state;
    tps_cose_signer signer = tps_cose_signer_of_key(a->iak, alg);
    tps_cbor_writer w = tps_response_begin(request);
    tps_span token;

    TPS_TRY(tps_cose_sign1_make(claims, options, &signer, TPS_BUF_MEASURE, &token));
    tps_cbor_put_map(&w, 1);
    tps_cbor_put_uint(&w, TELL_EVIDENCE);
    tps_cbor_put_bytes_head(&w, token.size);
    request->response_size = w.size + token.size;
    if (request->response.data == NULL || request->response_size > request->response.size) {
        return TPS_BUFFER_TOO_SMALL;
    }
    return tps_cose_sign1_make(claims, options, &signer,
                               (tps_buf){request->response.data + w.size, token.size}, &token);
}

static tps_status make_evidence(tps_request *request, tps_error *why)
{
    tps_attestation_state *a = request->state;
    tps_cose_sign1_options chain = {.x5chain = a->certificates, .x5chain_count = a->certificate_count};
    const tps_handover *m = tps_component_handover(request->component);
    evidence_request asked;
    tps_span claims;
    uint32_t error;

    TPS_TRY(read_evidence_request(request->body, &asked, why));
    error = find_error(&asked, m);
    if (error != 0) {
        return answer_error(request, error);
    }
    if (asked.profile == TPS_EVIDENCE_PSA) {
        TPS_TRY(encode_psa(request, &asked, m, &claims, why));
        return answer_token(request, claims, NULL, TPS_ALG_ES256);
    }
    TPS_TRY(encode_opentps(request, &asked, m, &claims, why));
    return answer_token(request, claims, &chain, TPS_ALG_ESP256);
}

static tps_status tell_public_key(tps_request *request)
{
    tps_attestation_state *a = request->state;
    tps_cbor_writer w = tps_response_begin(request);
    uint8_t spki[128];
    size_t size;

    TPS_TRY(tps_crypto_key_spki(a->iak, TPS_BUF_OF(spki), &size));
    tps_cbor_put_map(&w, 3);
    tps_cbor_put_uint(&w, TELL_COSE_KEY);
    TPS_TRY(tps_cose_key_put(&w, a->iak));
    tps_cbor_put_uint(&w, TELL_SPKI);
    tps_cbor_put_bytes(&w, tps_span_make(spki, size));
    tps_cbor_put_uint(&w, TELL_UEID);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(a->instance_id));
    return tps_response_end(request, &w);
}

static tps_status tell_certificates(tps_request *request)
{
    const tps_attestation_state *a = request->state;
    tps_cbor_writer w = tps_response_begin(request);

    tps_cbor_put_map(&w, 1);
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_array(&w, a->certificate_count);
    for (size_t i = 0; i < a->certificate_count; i++) {
        tps_cbor_put_bytes(&w, a->certificates[i]);
    }
    return tps_response_end(request, &w);
}

static tps_status handle(tps_request *request, tps_error *why)
{
    switch (request->tag) {
    case TAG_EVIDENCE: return make_evidence(request, why);
    case TAG_PUBLIC_KEY: TPS_TRY(tps_request_expect_empty(request, why)); return tell_public_key(request);
    case TAG_CERTIFICATES: TPS_TRY(tps_request_expect_empty(request, why)); return tell_certificates(request);
    default: return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "tag");
    }
}

static const uint8_t features[] = {0x82, 0x01, 0x02}; /* [PSA, opentps]: the profiles of evidence */

const tps_service tps_attestation_service = {
    .id = TPSC_UUID_INIT(0xd4, 0x12, 0xf0, 0xc7, 0x5d, 0x50, 0x5a, 0x44, 0x85, 0x41, 0xe6, 0xd9, 0x8d, 0x18,
                         0xcc, 0x3b),
    .name = "opentps attestation",
    .version = {0, 1, 0},
    .logins = tps_logins_named,
    .logins_count = TPS_LOGINS_NAMED_COUNT,
    .features = {features, sizeof(features)},
    .state_size = sizeof(tps_attestation_state),
    .start = start,
    .stop = stop,
    .handle = handle,
};
