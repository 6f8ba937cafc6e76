/* SPDX-License-Identifier: Apache-2.0 */
/* What rests on keys of the key store: the attestation of one key, a confirmation in evidence, and MAC_p,
 * which lies in its session alone. Facts come from the key store; nothing of a caller's is believed. */
#include "component/core/ownership.h"
#include "component/services/attestation/parts.h"
#include "component/services/authentication.h"
#include "component/services/keys/entry.h"
#include "component/services/members.h"
#include "tps/cose_key.h"
#include "tps/secret.h"

/* Members of the claim about a key (spec/attestation.cddl). */
enum {
    KEY_KIND = 1,
    KEY_USAGES = 2,
    KEY_ORIGIN = 3,
    KEY_IS_EXPORTABLE = 4,
    KEY_LIFETIME = 5,
    KEY_IS_BOUND = 6,
    KEY_IS_SHARED = 7,
    KEY_LIMIT = 8,
    KEY_PROVIDER = 9
};

#define ANY_SIZE   65535u
#define USAGES_MAX 32u
#define AUD_MAX    256u

/* ---- one key ---- */

/** Puts {1: COSE_Key}, and frees the key. */
static tps_status put_cose_key(tps_crypto_key *key, tps_cbor_writer *w)
{
    tps_status status;

    tps_cbor_put_map(w, 1);
    tps_cbor_put_uint(w, 1);
    status = tps_cose_key_put(w, key);
    tps_crypto_key_free(key);
    return status;
}

static tps_status put_facts_key(const tps_key_facts *facts, tps_cbor_writer *w)
{
    tps_crypto_key *key;

    TPS_TRY(tps_crypto_key_from_point(&facts->point, &key));
    return put_cose_key(key, w);
}

/** The facts of a key that has a public part, or an error. */
static tps_status describe(const tps_request *request, const tps_session *asker, tps_span name,
                           tps_key_facts *facts, uint32_t *error)
{
    tps_status status = tps_key_store_describe(request->component, asker, name, facts);

    if (status == TPS_NOT_FOUND || (status == TPS_OK && !facts->has_public_key)) {
        *error = TPS_EVIDENCE_ERROR_NAME;
        return TPS_OK;
    }
    return status;
}

/** In whose name a key is looked for: the session's, or that of its login for a passport's provider. */
static bool find_asker(const tps_request *request, tps_span passport, tps_session *asker)
{
    const tps_provider *p;

    *asker = *request->session;
    if (passport.size == 0) {
        return true;
    }
    p = tps_component_provider_find(request->component, passport.data);
    if (p == NULL || p->mode != TPS_MODE_PASSPORT || asker->binding.mode == TPS_MODE_PAIRWISE) {
        return false;
    }
    asker->binding.mode = TPS_MODE_PASSPORT;
    memcpy(asker->binding.provider, passport.data, sizeof(asker->binding.provider));
    return true;
}

static tps_status confirm_authentication(const tps_request *request, const tps_session *asker,
                                         tps_cbor_writer *w, uint32_t *error)
{
    tps_crypto_key *key;
    tps_status status = tps_authentication_key(request->component, asker, &key);

    if (status == TPS_COMPONENT_NOT_BOUND || status == TPS_COMPONENT_NO_IDENTITY) {
        *error = status == TPS_COMPONENT_NOT_BOUND ? TPS_EVIDENCE_ERROR_KEY : TPS_EVIDENCE_ERROR_NOT_MADE;
        return TPS_OK;
    }
    TPS_TRY(status);
    return put_cose_key(key, w);
}

static tps_status confirm_stored(const tps_request *request, const tps_session *asker, tps_span name,
                                 tps_cbor_writer *w, uint32_t *error)
{
    tps_key_facts facts;

    TPS_TRY(describe(request, asker, name, &facts, error));
    return *error != 0 ? TPS_OK : put_facts_key(&facts, w);
}

tps_status attestation_confirm(const tps_request *request, const tps_confirm_wish *wish, tps_buf room,
                               tps_span *cnf, uint32_t *error)
{
    tps_session asker;
    tps_cbor_writer w = tps_cbor_writer_init(room);

    if (wish->is_authentication == (wish->name.size > 0)) {
        *error = TPS_EVIDENCE_ERROR_CLAIM; /* one of both */
        return TPS_OK;
    }
    if (!find_asker(request, wish->passport, &asker)) {
        *error = TPS_EVIDENCE_ERROR_PROVIDER;
        return TPS_OK;
    }
    TPS_TRY(wish->is_authentication ? confirm_authentication(request, &asker, &w, error)
                                    : confirm_stored(request, &asker, wish->name, &w, error));
    return *error != 0 ? TPS_OK : tps_cbor_writer_finish(&w, cnf);
}

/* ---- key attestation ---- */

static void put_usages(tps_cbor_writer *w, uint32_t usages)
{
    uint64_t count = 0;

    for (uint32_t bits = usages; bits != 0; bits &= bits - 1) {
        count++;
    }
    tps_cbor_put_array(w, count);
    for (uint32_t op = 0; op < USAGES_MAX; op++) {
        if ((usages >> op & 1u) != 0) {
            tps_cbor_put_uint(w, op);
        }
    }
}

void attestation_put_key_facts(tps_cbor_writer *w, const tps_key_facts *facts)
{
    bool is_bound = facts->binding.mode != TPS_MODE_NONE;

    tps_cbor_put_map(w, 7u + (facts->limit != 0 ? 1u : 0u) + (is_bound ? 1u : 0u));
    tps_cbor_pair_uint(w, KEY_KIND, facts->kind);
    tps_cbor_put_uint(w, KEY_USAGES);
    put_usages(w, facts->usages);
    tps_cbor_pair_uint(w, KEY_ORIGIN, facts->origin);
    tps_cbor_pair_bool(w, KEY_IS_EXPORTABLE, facts->is_exportable);
    tps_cbor_pair_uint(w, KEY_LIFETIME, facts->lifetime);
    tps_cbor_pair_bool(w, KEY_IS_BOUND, facts->is_bound);
    tps_cbor_pair_bool(w, KEY_IS_SHARED, facts->is_shared);
    if (facts->limit != 0) {
        tps_cbor_pair_uint(w, KEY_LIMIT, facts->limit);
    }
    if (is_bound) {
        tps_cbor_pair_bytes(w, KEY_PROVIDER, TPS_SPAN_OF(facts->binding.provider));
    }
}

tps_status attestation_attest_key(tps_request *request, tps_error *why)
{
    enum { NAME, NONCE, AUD, KEY, MEMBERS };
    static const tps_member_rule rules[MEMBERS] = {
        [NAME] = {1, TPS_MEMBER_TEXT, false, 1, TPS_KEY_NAME_MAX},
        [NONCE] = {2, TPS_MEMBER_BYTES, false, 8, 64},
        [AUD] = {3, TPS_MEMBER_TEXT, true, 1, AUD_MAX},
        [KEY] = {4, TPS_MEMBER_UINT, true, 1, UINT32_MAX},
    };
    tps_member asked[MEMBERS];
    attestation_facts facts = {.client = 0};
    attestation_seal seal = {.alg = TPS_ALG_ESP256};
    tps_key_facts key;
    uint32_t error;
    uint8_t cnf[CNF_MAX];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(cnf));

    TPS_TRY(tps_members_read(request->body, rules, MEMBERS, asked, why));
    TPS_TRY(attestation_attester(request, asked[KEY].number, &facts.attester, &error));
    if (error == 0) {
        TPS_TRY(describe(request, request->session, asked[NAME].bytes, &key, &error));
    }
    if (error != 0) {
        return tps_answer_error(request, error);
    }
    TPS_TRY(put_facts_key(&key, &w));
    TPS_TRY(tps_cbor_writer_finish(&w, &facts.wish.cnf));
    facts.wish.nonce = asked[NONCE].bytes;
    facts.wish.aud = asked[AUD].bytes;
    attestation_gather_key(request, &key, &facts);
    seal.key = facts.attester.key;
    seal.options = attestation_with_chain(&facts.attester);
    return attestation_answer_claims(request, &facts, &seal, 1);
}

/* ---- MAC_p ---- */

tps_attestation_mac *attestation_mac_of(const tps_request *request)
{
    _Static_assert(sizeof(tps_attestation_mac) <= TPS_SESSION_CONTEXT_SIZE, "it lies in the session");
    return (tps_attestation_mac *)(void *)request->session->context;
}

/** ECDH of a key of this session's with the verifier's, and the key of this boot from it. */
static tps_status derive(const tps_request *request, const tps_key_entry *entry, const tps_crypto_key *peer)
{
    tps_attestation_mac *mac = attestation_mac_of(request);
    uint8_t seed[TPS_KEYS_SIZE];
    uint8_t shared[32];
    tps_crypto_key *own;
    tps_status status;

    mac->is_there = false;
    TPS_TRY(tps_keys_bootseed(tps_component_handover(request->component)->boot_seed,
                              request->session->binding.provider, seed));
    TPS_TRY(
        tps_crypto_key_from_scalar(TPS_CURVE_P256, tps_span_make(entry->secret, entry->secret_size), &own));
    status = tps_crypto_ecdh(own, peer, TPS_BUF_OF(shared));
    tps_crypto_key_free(own);
    if (status == TPS_OK) {
        status = tps_keys_mac(TPS_SPAN_OF(shared), seed, mac->key);
    }
    mac->is_there = status == TPS_OK;
    tps_wipe(shared, sizeof(shared));
    return status;
}

/** Whether MAC_p may come from this key: any number of times, and for that. Who imported a key knows it, and
 * could make evidence. */
static bool is_for_agreement(const tps_key_entry *entry)
{
    return entry->kind == TPS_KEY_P256_AGREE && entry->origin == TPS_KEY_GENERATED &&
           (entry->usages & TPS_KEY_USE(TPS_KEY_OP_DERIVE_KEY)) != 0 && entry->limit == 0;
}

static tps_status agree(const tps_request *request, tps_span name, const tps_crypto_key *peer,
                        uint32_t *error)
{
    tps_key_asker asker;
    tps_key_entry entry;
    tps_status status;

    TPS_TRY(tps_key_asker_begin(&asker, request->component, request->session,
                                tps_component_state_of(request->component, &tps_key_store_service)));
    status = tps_key_find(&asker, name, &entry);
    if (status == TPS_NOT_FOUND || (status == TPS_OK && !is_for_agreement(&entry))) {
        *error = TPS_EVIDENCE_ERROR_NAME;
        status = TPS_OK;
    } else if (status == TPS_OK) {
        status = derive(request, &entry, peer);
    }
    tps_wipe(&entry, sizeof(entry));
    tps_key_asker_end(&asker);
    return status;
}

tps_status attestation_agree(tps_request *request, tps_error *why)
{
    static const tps_member_rule rules[] = {{1, TPS_MEMBER_TEXT, false, 1, TPS_KEY_NAME_MAX},
                                            {2, TPS_MEMBER_ITEM, false, 1, ANY_SIZE}};
    uint32_t mode = request->session->binding.mode;
    tps_crypto_key *peer;
    tps_member asked[2];
    uint32_t error = 0;
    tps_status status = TPS_OK;

    TPS_TRY(tps_members_read(request->body, rules, 2, asked, why));
    TPS_TRY(tps_answer_needs(request, TPS_ANSWER_SMALL));
    if (mode != TPS_MODE_DIRECT && mode != TPS_MODE_PAIRWISE) {
        return tps_answer_error(request, TPS_EVIDENCE_ERROR_MODE);
    }
    if (tps_cose_key_read(asked[1].bytes, &peer) != TPS_OK) {
        return tps_answer_error(request, TPS_EVIDENCE_ERROR_KEY);
    }
    if (tps_crypto_key_curve(peer) != TPS_CURVE_P256) {
        error = TPS_EVIDENCE_ERROR_KEY;
    } else {
        status = agree(request, asked[0].bytes, peer, &error);
    }
    tps_crypto_key_free(peer);
    TPS_TRY(status);
    return error != 0 ? tps_answer_error(request, error) : tps_answer_empty(request);
}
