/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept for providers: the certificates of their AK_p, and the results of verifiers. */
#include "component/core/ownership.h"
#include "component/core/shares.h"
#include "component/services/attestation/parts.h"
#include "component/services/members.h"
#include "format/der/certificate.h"
#include "tps/secret.h"

/** What stands for an owner in the names of values: certificates belong to the provider alone. */
static const uint8_t of_certificates[TPS_VAULT_OWNER_SIZE] = {0};

#define ANY_SIZE 65535u

_Static_assert(TPS_PAIRWISE_CHAIN_MAX <= TPS_CERTIFICATES_MAX, "one room for chains");
_Static_assert(TPS_PAIRWISE_CHAIN_MAX <= TPS_VAULT_VALUE_MAX && TPS_RESULT_MAX <= TPS_VAULT_VALUE_MAX,
               "each is a value of the vault");

/* ---- values ---- */

static bool is_kept(const tps_vault *vault, const tps_vault_id *wanted)
{
    tps_vault_id id;
    size_t place = 0;

    while (tps_vault_next(vault, TPS_VAULT_ATTESTATION, wanted->owner, &place, &id)) {
        if (memcmp(id.name, wanted->name, sizeof(id.name)) == 0) {
            return true;
        }
    }
    return false;
}

/** Whether a value may be put: it is there already, or not too many are, of all and of this login. */
static tps_status find_room(const tps_request *request, tps_vault *vault, const tps_vault_id *wanted,
                            bool *has)
{
    tps_share all = {0, 0};
    tps_share login = {0, 0};
    bool may;

    *has = is_kept(vault, wanted);
    if (*has) {
        return TPS_OK;
    }
    tps_owner_share(vault, TPS_VAULT_ATTESTATION, NULL, &all);
    TPS_TRY(tps_login_share(request->component, request->session, TPS_VAULT_ATTESTATION, tps_session_owner,
                            &login));
    TPS_TRY(tps_login_may_store(request->component, request->session, &may));
    *has = all.values < TPS_ATTESTATION_VALUES_MAX && may &&
           (login.values < TPS_RESULTS_PER_LOGIN ||
            tps_session_is_administrator(request->component, request->session));
    return TPS_OK;
}

static tps_status sealing_of(const tps_component *component, const uint8_t provider[32],
                             tps_vault_context *context)
{
    const uint8_t *owner;

    TPS_TRY(tps_component_owner_secret(component, &owner));
    memcpy(context->provider, provider, sizeof(context->provider));
    memcpy(context->owner, owner, sizeof(context->owner));
    return TPS_OK;
}

static tps_status keep(tps_request *request, const tps_vault_id *id, const uint8_t provider[32],
                       tps_span value, uint32_t flags)
{
    tps_vault_context context;
    tps_vault *vault;
    tps_status status;
    bool has_room;

    TPS_TRY(tps_component_vault(request->component, &vault));
    TPS_TRY(tps_answer_needs(request, TPS_ANSWER_SMALL));
    TPS_TRY(find_room(request, vault, id, &has_room));
    if (!has_room) {
        return tps_answer_error(request, TPS_EVIDENCE_ERROR_FULL);
    }
    status = sealing_of(request->component, provider, &context);
    if (status == TPS_OK) {
        status = tps_vault_put(vault, id, &context, value, flags);
    }
    tps_wipe(&context, sizeof(context));
    if (status == TPS_COMPONENT_STORAGE_FULL) {
        return tps_answer_error(request, TPS_EVIDENCE_ERROR_FULL);
    }
    TPS_TRY(status);
    return tps_answer_empty(request);
}

static tps_status fetch(const tps_component *component, const tps_vault_id *id, const uint8_t provider[32],
                        tps_buf room, size_t *size)
{
    tps_vault_context context;
    tps_vault *vault;
    tps_status status;

    TPS_TRY(tps_component_vault(component, &vault));
    status = sealing_of(component, provider, &context);
    if (status == TPS_OK) {
        status = tps_vault_get(vault, id, &context, room, size);
    }
    tps_wipe(&context, sizeof(context));
    return status;
}

/* ---- certificates of AK_p ---- */

tps_status attestation_load_pairwise_chain(const tps_request *request)
{
    tps_attestation_state *a = request->state;
    tps_vault_id id =
        tps_vault_id_make(TPS_VAULT_ATTESTATION, of_certificates, TPS_SPAN_OF(a->pairwise.provider));
    size_t size;
    tps_status status =
        fetch(request->component, &id, a->pairwise.provider, attestation_chain_room(a), &size);

    if (status == TPS_NOT_FOUND || status == TPS_COMPONENT_STORAGE_BOUND) {
        return TPS_OK; /* none yet, or for the AK_p of other firmware */
    }
    TPS_TRY(status);
    return attestation_read_chain(tps_span_make(a->chain_bytes, size), &a->chain)
               ? TPS_OK
               : TPS_COMPONENT_STORAGE_CORRUPT;
}

/** Certificates, the first of this very key. */
static bool certify(tps_span encoded, const tps_crypto_key *key)
{
    tps_certificate_chain chain;
    der_certificate certificate;
    uint8_t spki[128];
    size_t size;

    if (encoded.size > TPS_PAIRWISE_CHAIN_MAX || !attestation_read_chain(encoded, &chain) ||
        chain.count == 0 || tps_crypto_key_spki(key, TPS_BUF_OF(spki), &size) != TPS_OK) {
        return false;
    }
    for (size_t i = chain.count; i-- > 0;) {
        if (der_certificate_read(chain.certificates[i], &certificate, NULL) != TPS_OK) {
            return false;
        }
    }
    return tps_span_equal(certificate.public_key, tps_span_make(spki, size));
}

/** Which provider's certificates this session may keep; NULL: none. */
static const tps_provider *provider_to_certify(const tps_request *request, tps_span named)
{
    const tps_session *session = request->session;
    bool is_administrator = tps_session_is_administrator(request->component, session);
    bool is_pairwise = session->binding.mode == TPS_MODE_PAIRWISE;
    uint8_t login[TPS_LOGIN_OWNER_SIZE];
    const tps_provider *p;

    if (is_pairwise == (named.size > 0) || (!is_pairwise && !is_administrator)) {
        return NULL;
    }
    p = tps_component_provider_find(request->component, is_pairwise ? session->binding.provider : named.data);
    if (p == NULL || p->mode != TPS_MODE_PAIRWISE) {
        return NULL;
    }
    tps_login_owner(&session->login, login);
    return is_administrator || memcmp(login, p->login, sizeof(login)) == 0 ? p : NULL;
}

tps_status attestation_keep_certificates(tps_request *request, tps_error *why)
{
    static const tps_member_rule rules[] = {{1, TPS_MEMBER_ITEM, false, 1, ANY_SIZE},
                                            {2, TPS_MEMBER_BYTES, true, 32, 32}};
    tps_attestation_state *a = request->state;
    const tps_provider *p;
    tps_member asked[2];
    tps_vault_id id;

    TPS_TRY(tps_members_read(request->body, rules, 2, asked, why));
    if (request->session->binding.mode == TPS_MODE_PASSPORT) {
        return tps_answer_error(request, TPS_EVIDENCE_ERROR_MODE);
    }
    p = provider_to_certify(request, asked[1].bytes);
    if (p == NULL) {
        return tps_answer_error(request, TPS_EVIDENCE_ERROR_PROVIDER);
    }
    TPS_TRY(attestation_pairwise(request->component, a, p->provider));
    if (!certify(asked[0].bytes, a->pairwise.key)) {
        return tps_answer_error(request, TPS_EVIDENCE_ERROR_CERTIFICATE);
    }
    id = tps_vault_id_make(TPS_VAULT_ATTESTATION, of_certificates, TPS_SPAN_OF(p->provider));
    return keep(request, &id, p->provider, asked[0].bytes, TPS_VAULT_BOUND);
}

/* ---- results ---- */

/** The name of what this session keeps: one result for each login that speaks for the provider. */
static tps_status result_id(const tps_request *request, tps_vault_id *id)
{
    const tps_session *session = request->session;
    uint8_t owner[TPS_LOGIN_OWNER_SIZE];

    TPS_TRY(tps_session_owner(session, owner));
    *id = tps_vault_id_make(TPS_VAULT_ATTESTATION, owner, TPS_SPAN_OF(session->binding.provider));
    return TPS_OK;
}

tps_status attestation_keep_result(tps_request *request, tps_error *why)
{
    static const tps_member_rule rules[] = {{1, TPS_MEMBER_BYTES, false, 1, TPS_RESULT_MAX}};
    tps_member asked[1];
    tps_vault_id id;

    TPS_TRY(tps_members_read(request->body, rules, 1, asked, why));
    if (request->session->binding.mode != TPS_MODE_PASSPORT) {
        return tps_answer_error(request, TPS_EVIDENCE_ERROR_MODE);
    }
    TPS_TRY(result_id(request, &id));
    return keep(request, &id, request->session->binding.provider, asked[0].bytes, 0);
}

tps_status attestation_tell_result(tps_request *request, tps_error *why)
{
    const uint8_t *provider = request->session->binding.provider;
    tps_vault_id id;
    tps_status status;
    tps_buf room;
    size_t size = 0;

    TPS_TRY(tps_request_expect_empty(request, why));
    if (request->session->binding.mode != TPS_MODE_PASSPORT) {
        return tps_answer_error(request, TPS_EVIDENCE_ERROR_MODE);
    }
    TPS_TRY(result_id(request, &id));
    status = fetch(request->component, &id, provider, TPS_BUF_MEASURE, &size);
    if (status == TPS_NOT_FOUND) {
        return tps_answer_error(request, TPS_EVIDENCE_ERROR_NOTHING);
    }
    if (status != TPS_BUFFER_TOO_SMALL) {
        return status;
    }
    TPS_TRY(attestation_open_answer(request, size, &room));
    return fetch(request->component, &id, provider, room, &size);
}
