/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed messages: which key, and the COSE_Encrypt0 around it. */
#include "component/services/sealing.h"

#include "tps/cose_encrypt.h"
#include "tps/secret.h"

enum { FORMAT = 1, KID_FORMAT = 0, KID_FLAGS = 1, KID_COUNTER = 2, KID_SIZE = 3 };
enum { ALG = TPS_ALG_A256GCM, KEY_SIZE = 32, NONCE_SIZE = 12 };

/** What is authenticated beside the message: the owner, then what the caller gave. */
typedef struct {
    uint8_t bytes[TPS_VAULT_OWNER_SIZE + TPS_SEAL_AAD_MAX];
    tps_span span;
} external_data;

/** K: S(v), or the context key of P under it. */
static tps_status base_key(const tps_request *request, uint32_t v, uint8_t key[TPS_KEYS_SIZE])
{
    const tps_handover *m = tps_component_handover(request->component);
    uint8_t su[TPS_KEYS_SIZE];
    tps_vault_context room;
    const tps_vault_context *context;
    tps_status status = tps_session_sealing(request->component, request->session, &room, &context);

    if (status == TPS_OK) {
        status = tps_keys_s(m->sv, m->security_counter, v, su);
    }
    if (status == TPS_OK && context != NULL) {
        status = tps_keys_context(su, context->provider, context->owner, key);
    } else if (status == TPS_OK) {
        memcpy(key, su, TPS_KEYS_SIZE);
    }
    tps_wipe(su, sizeof(su));
    tps_wipe(&room, sizeof(room));
    return status;
}

static tps_status message_key(const tps_request *request, const uint8_t kid[KID_SIZE], const uint8_t *owner,
                              uint8_t key[KEY_SIZE])
{
    const tps_handover *m = tps_component_handover(request->component);
    bool is_bound = (kid[KID_FLAGS] & TPS_SEAL_BOUND) != 0;
    uint8_t base[TPS_KEYS_SIZE];
    tps_status status = base_key(request, kid[KID_COUNTER], base);

    if (status == TPS_OK) {
        status = tps_keys_sealed(base, is_bound ? m->cdi_attest : NULL,
                                 tps_span_make(owner, TPS_VAULT_OWNER_SIZE), key);
    }
    tps_wipe(base, sizeof(base));
    return status;
}

static tps_status prepare(const tps_request *request, tps_span aad, external_data *external)
{
    const tps_handover *m = tps_component_handover(request->component);

    if (m->lifecycle == TPS_LIFECYCLE_DECOMMISSIONED) {
        return TPS_COMPONENT_DECOMMISSIONED;
    }
    if (aad.size > TPS_SEAL_AAD_MAX) {
        return TPS_BAD_ARGUMENT;
    }
    TPS_TRY(tps_session_owner(request->session, external->bytes));
    if (aad.size > 0) {
        memcpy(external->bytes + TPS_VAULT_OWNER_SIZE, aad.data, aad.size);
    }
    external->span = tps_span_make(external->bytes, TPS_VAULT_OWNER_SIZE + aad.size);
    return TPS_OK;
}

tps_status tps_sealing_seal(const tps_request *request, tps_span plain, tps_span aad, bool is_bound,
                            tps_buf out, tps_span *sealed)
{
    const tps_handover *m = tps_component_handover(request->component);
    const tps_platform *p = request->platform;
    uint8_t kid[KID_SIZE] = {FORMAT, is_bound ? TPS_SEAL_BOUND : 0, (uint8_t)m->security_counter};
    uint8_t nonce[NONCE_SIZE];
    uint8_t key[KEY_SIZE];
    external_data external;
    tps_cose_secret secret = {.bytes = TPS_SPAN_OF(key), .alg = ALG};
    tps_cose_make_options options = {.kid = TPS_SPAN_OF(kid), .iv = TPS_SPAN_OF(nonce)};
    tps_status status;

    if (is_bound && !m->is_made) {
        return TPS_COMPONENT_STORAGE_BOUND;
    }
    TPS_TRY(prepare(request, aad, &external));
    TPS_TRY(p->entropy(p->context, TPS_BUF_OF(nonce)));
    options.aad = external.span;
    status = message_key(request, kid, external.bytes, key);
    if (status == TPS_OK) {
        status = tps_cose_encrypt0_make(plain, &options, ALG, &secret, out, sealed);
    }
    tps_wipe(key, sizeof(key));
    return status;
}

/** The message's kid says that code of this device sealed it, in a form that is known here. */
static tps_status check_kid(const tps_request *request, tps_span kid)
{
    const tps_handover *m = tps_component_handover(request->component);

    if (kid.size != KID_SIZE || kid.data[KID_FORMAT] != FORMAT ||
        (kid.data[KID_FLAGS] & ~TPS_SEAL_BOUND) != 0) {
        return TPS_COSE_BAD_TAG;
    }
    return kid.data[KID_COUNTER] > m->security_counter ? TPS_COMPONENT_STORAGE_NEWER : TPS_OK;
}

tps_status tps_sealing_open(const tps_request *request, tps_span sealed, tps_span aad, tps_buf room,
                            tps_span *plain)
{
    uint8_t key[KEY_SIZE];
    external_data external;
    tps_cose_secret secret = {.bytes = TPS_SPAN_OF(key), .alg = ALG};
    tps_cose_terms terms = {.alg = ALG};
    tps_cose_message message;
    tps_span kid;
    tps_status status;

    TPS_TRY(tps_cose_encrypted_parse(sealed, NULL, &message, NULL));
    kid = message.headers.kid;
    TPS_TRY(check_kid(request, kid));
    TPS_TRY(prepare(request, aad, &external));
    terms.aad = external.span;
    status = message_key(request, kid.data, external.bytes, key);
    if (status == TPS_OK) {
        status = tps_cose_encrypt0_open(&message, &secret, &terms, room, plain);
    }
    tps_wipe(key, sizeof(key));
    if (status == TPS_COSE_BAD_TAG && (kid.data[KID_FLAGS] & TPS_SEAL_BOUND) != 0) {
        return TPS_COMPONENT_STORAGE_BOUND;
    }
    return status;
}
