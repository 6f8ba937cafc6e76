/* SPDX-License-Identifier: Apache-2.0 */
/* The device authentication service: what a proof says, who may have one, and which of a peer's it takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/core/ownership.h"
#include "component/services/authentication.h"
#include "provider_certificates.h"
#include "services_session.h"
#include "support/vectors.h"
#include "tps/cose.h"

enum { CHALLENGE = 10, PROVE, VERIFY, KEY };

static const uint8_t peer_nonce[32] = {0x9e};
static const uint8_t binder[32] = {0xb1};

/* A provider: its root key and P. */
typedef struct {
    tps_crypto_key *root;
    uint8_t spki[160];
    size_t spki_size;
    uint8_t id[32];
} provider;

static device *new_device(void)
{
    device *d = device_new();

    device_start(d);
    return d;
}

static provider new_provider(void)
{
    provider p;
    tps_digest digest;

    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P256, &p.root), TPS_OK);
    assert_int_equal(tps_crypto_key_spki(p.root, TPS_BUF_OF(p.spki), &p.spki_size), TPS_OK);
    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(p.spki, p.spki_size), &digest), TPS_OK);
    memcpy(p.id, digest.bytes, 32);
    return p;
}

static uint32_t bound(device *d, uint32_t mode, const uint8_t id[32])
{
    uint32_t session = open_session(d, &tps_authentication_service, somebody());

    bind_session(d, session, mode, id);
    return session;
}

static tps_buf copy(tps_span bytes)
{
    tps_buf out = {malloc(bytes.size), bytes.size};

    assert_non_null(out.data);
    memcpy(out.data, bytes.data, bytes.size);
    return out;
}

/* The key of a session; the caller frees it. */
static tps_crypto_key *key_of(device *d, uint32_t session)
{
    tps_crypto_key *key;

    message(KEY, 0);
    assert_int_equal(tps_crypto_key_from_spki(member(send_message(d, session), 3), &key), TPS_OK);
    return key;
}

static void put_prove(bool has_binder)
{
    message(PROVE, has_binder ? 3 : 2);
    put_bytes(1, TPS_SPAN_OF(peer_nonce));
    put_text(2, "door");
    if (has_binder) {
        put_bytes(3, TPS_SPAN_OF(binder));
    }
}

/* The payload of a proof, verified under a key and the external data of proofs. */
static tps_span open_proof(tps_span proof, tps_crypto_key *key)
{
    tps_cose_terms terms = {.aad = TPS_SPAN_LITERAL(TPS_AUTHENTICATION_AAD)};
    tps_cose_sign1 opened;

    assert_int_equal(tps_cose_sign1_parse(proof, &opened, NULL), TPS_OK);
    assert_int_equal(opened.tag, TPS_TAG_COSE_SIGN1);
    assert_int_equal(opened.headers.alg, TPS_ALG_ESP256);
    assert_true(tps_span_is_text(opened.headers.content_type, TPS_AUTHENTICATION_CONTENT_TYPE));
    assert_int_equal(tps_cose_sign1_verify_parsed(&opened, key, &terms), TPS_OK);
    assert_int_equal(tps_cose_sign1_verify_parsed(&opened, key, NULL), TPS_COSE_BAD_SIGNATURE);
    return opened.payload;
}

static void a_proof_says_what_was_asked_and_by_whom(void **state)
{
    device *d = new_device();
    provider p = new_provider();
    uint32_t session = bound(d, TPS_MODE_PAIRWISE, p.id);
    tps_crypto_key *key = key_of(d, session);
    tps_buf nonce;
    tps_span payload;
    uint8_t expected[512];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(expected));

    (void)state;
    message(CHALLENGE, 0);
    nonce = copy(member(send_message(d, session), 1));
    put_prove(true);
    payload = open_proof(member(send_message(d, session), 1), key);
    tps_cbor_put_map(&w, 7);
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_uint(&w, TPS_PROOF_OF_DEVICE);
    tps_cbor_put_uint(&w, 2);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(peer_nonce));
    tps_cbor_put_uint(&w, 3);
    tps_cbor_put_bytes(&w, tps_span_make(nonce.data, nonce.size));
    tps_cbor_put_uint(&w, 4);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(p.id));
    tps_cbor_put_uint(&w, 5);
    tps_cbor_put_text(&w, "door");
    tps_cbor_put_uint(&w, 6);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(binder));
    tps_cbor_put_uint(&w, 7);
    tps_cbor_put_uint(&w, TPS_BINDER_OF_CALLER);
    assert_true(tps_span_equal(payload, tps_span_make(expected, w.size)));
    free(nonce.data);
    tps_crypto_key_free(key);
    tps_crypto_key_free(p.root);
    device_free(d);
}

static void the_binder_of_a_measured_application_is_called_so(void **state)
{
    device *d = new_device();
    provider p = new_provider();
    tps_login login = {.method = TPSC_LOGIN_APPLICATION, .application = {0xa9}};
    uint32_t session = open_session(d, &tps_authentication_service, login);
    tps_crypto_key *key;
    tps_span payload;
    tps_span end;

    (void)state;
    bind_session(d, session, TPS_MODE_DIRECT, p.id);
    key = key_of(d, session);
    put_prove(true);
    payload = open_proof(member(send_message(d, session), 1), key);
    end = tps_span_make(payload.data + payload.size - 37, 37); /* 7: 2, 8: the digest */
    assert_memory_equal(end.data, "\x07\x02\x08\x58\x20\xa9", 6);
    put_prove(false);
    payload = open_proof(member(send_message(d, session), 1), key);
    assert_int_equal(payload.data[0], 0xa5); /* without binder nobody made one */
    tps_crypto_key_free(key);
    tps_crypto_key_free(p.root);
    device_free(d);
}

static bool same_key(device *d, uint32_t a, uint32_t b)
{
    tps_crypto_key *keys[2] = {key_of(d, a), key_of(d, b)};
    uint8_t ids[2][32];

    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(tps_manifest_signer_id(keys[i], ids[i]), TPS_OK);
        tps_crypto_key_free(keys[i]);
    }
    return memcmp(ids[0], ids[1], 32) == 0;
}

static void each_provider_sees_a_key_of_its_own_until_the_owner_changes(void **state)
{
    device *d = new_device();
    uint8_t a[32] = {0xa};
    uint8_t b[32] = {0xb};
    uint8_t c[32] = {0xc};
    uint32_t as_owner = open_session(d, &tps_authentication_service, administrator());
    uint32_t for_a = bound(d, TPS_MODE_PAIRWISE, a);
    uint32_t for_b = bound(d, TPS_MODE_PASSPORT, b);
    uint32_t for_c = bound(d, TPS_MODE_DIRECT, c);
    tps_crypto_key *before = key_of(d, for_a);
    tps_crypto_key *after;
    uint8_t ids[2][32];

    (void)state;
    assert_false(same_key(d, for_a, for_b));
    assert_false(same_key(d, for_a, for_c));
    assert_true(same_key(d, as_owner, for_c));
    assert_true(same_key(d, for_a, bound(d, TPS_MODE_PAIRWISE, a)));
    assert_int_equal(tps_component_owner_forget(&d->component), TPS_OK);
    after = key_of(d, bound(d, TPS_MODE_PAIRWISE, a));
    assert_int_equal(tps_manifest_signer_id(before, ids[0]), TPS_OK);
    assert_int_equal(tps_manifest_signer_id(after, ids[1]), TPS_OK);
    assert_memory_not_equal(ids[0], ids[1], 32);
    tps_crypto_key_free(before);
    tps_crypto_key_free(after);
    device_free(d);
}

static void without_a_provider_only_the_owner_may_prove(void **state)
{
    device *d = new_device();
    uint32_t session = open_session(d, &tps_authentication_service, somebody());
    tps_span answer;

    (void)state;
    put_prove(false);
    assert_int_equal(try_send(d, session, 1000, &answer), TPS_COMPONENT_NOT_BOUND);
    message(KEY, 0);
    assert_int_equal(try_send(d, session, 1000, &answer), TPS_COMPONENT_NOT_BOUND);
    session = open_session(d, &tps_authentication_service, administrator());
    put_prove(false);
    send_expecting(d, session, 0);
    message(VERIFY, 3);
    put_bytes(1, TPS_SPAN_OF(binder));
    put_text(2, "door");
    put_bytes(5, TPS_SPAN_OF(binder));
    assert_int_equal(try_send(d, session, 1000, &answer), TPS_COMPONENT_NOT_BOUND);
    device_free(d);
}

/* ---- the peer's proof ---- */

/* What a provider says; each test changes one thing. */
typedef struct {
    uint64_t role;
    tps_span challenge;
    tps_span provider;
    const char *purpose;
    tps_span binder;
    const char *aad;
    uint64_t more; /* a member too many, or 0 */
} claim;

static claim good_claim(const provider *p, tps_buf nonce)
{
    return (claim){.role = TPS_PROOF_OF_PROVIDER,
                   .challenge = tps_span_make(nonce.data, nonce.size),
                   .provider = TPS_SPAN_OF(p->id),
                   .purpose = "door",
                   .binder = TPS_SPAN_EMPTY,
                   .aad = TPS_AUTHENTICATION_AAD};
}

static tps_span peer_proof(const claim *c, tps_crypto_key *key)
{
    static uint8_t room[1024];
    uint8_t payload[512];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(payload));
    tps_cose_make_options options = {.aad = tps_span_of_text(c->aad)};
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ESP256);
    tps_span encoded;

    tps_cbor_put_map(&w, 5u + (c->binder.size > 0 ? 1u : 0u) + (c->more != 0 ? 1u : 0u));
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_uint(&w, c->role);
    tps_cbor_put_uint(&w, 2);
    tps_cbor_put_bytes(&w, c->challenge);
    tps_cbor_put_uint(&w, 3);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(peer_nonce));
    tps_cbor_put_uint(&w, 4);
    tps_cbor_put_bytes(&w, c->provider);
    tps_cbor_put_uint(&w, 5);
    tps_cbor_put_text(&w, c->purpose);
    if (c->binder.size > 0) {
        tps_cbor_put_uint(&w, 6);
        tps_cbor_put_bytes(&w, c->binder);
    }
    if (c->more != 0) {
        tps_cbor_put_uint(&w, c->more);
        tps_cbor_put_uint(&w, 1);
    }
    assert_int_equal(
        tps_cose_sign1_make(tps_span_make(payload, w.size), &options, &signer, TPS_BUF_OF(room), &encoded),
        TPS_OK);
    return encoded;
}

static tps_buf new_challenge(device *d, uint32_t session)
{
    message(CHALLENGE, 0);
    return copy(member(send_message(d, session), 1));
}

static void put_verify(tps_span proof, tps_span bound_to, tps_span root)
{
    message(VERIFY, bound_to.size > 0 ? 4 : 3);
    put_bytes(1, proof);
    put_text(2, "door");
    if (bound_to.size > 0) {
        put_bytes(3, bound_to);
    }
    put_bytes(5, root);
}

static void a_provider_s_proof_is_taken_once(void **state)
{
    device *d = new_device();
    provider p = new_provider();
    uint32_t session = bound(d, TPS_MODE_PAIRWISE, p.id);
    tps_buf nonce = new_challenge(d, session);
    claim c = good_claim(&p, nonce);
    tps_span answer;

    (void)state;
    put_verify(peer_proof(&c, p.root), TPS_SPAN_EMPTY, tps_span_make(p.spki, p.spki_size));
    (void)room_for(d, session); /* changes nothing */
    answer = send_message(d, session);
    assert_true(tps_span_equal(member(answer, 1), TPS_SPAN_OF(p.id)));
    assert_int_equal(number(answer, 3), 1);
    send_expecting(d, session, TPS_AUTHENTICATION_ERROR_NONCE);
    free(nonce.data);

    nonce = new_challenge(d, session);
    c = good_claim(&p, nonce);
    c.binder = TPS_SPAN_OF(binder);
    put_verify(peer_proof(&c, p.root), TPS_SPAN_OF(binder), tps_span_make(p.spki, p.spki_size));
    send_expecting(d, session, 0);
    free(nonce.data);
    tps_crypto_key_free(p.root);
    device_free(d);
}

static void refuses(device *d, const provider *p, uint32_t session, const claim *c, tps_span bound_to,
                    tps_crypto_key *key, uint64_t error)
{
    put_verify(peer_proof(c, key), bound_to, tps_span_make(p->spki, p->spki_size));
    send_expecting(d, session, error);
}

static void a_proof_of_anything_else_is_refused(void **state)
{
    device *d = new_device();
    provider p = new_provider();
    provider other = new_provider();
    uint32_t session = bound(d, TPS_MODE_PAIRWISE, p.id);

    (void)state;
    for (int i = 0; i < 11; i++) {
        tps_buf nonce = new_challenge(d, session);
        claim c = good_claim(&p, nonce);
        tps_span bound_to = i == 6 || i == 8 ? TPS_SPAN_OF(binder) : TPS_SPAN_EMPTY;
        uint64_t error = TPS_AUTHENTICATION_ERROR_CONTENT;

        switch (i) {
        case 0: c.role = TPS_PROOF_OF_DEVICE; break;
        case 1: c.challenge = TPS_SPAN_OF(peer_nonce); break;
        case 2: c.provider = TPS_SPAN_OF(other.id); break;
        case 3: c.purpose = "window"; break;
        case 4: c.more = 9; break;
        case 5: c.binder = TPS_SPAN_OF(binder); break; /* that nobody asked about */
        case 6: break;                                 /* asked about, and not there */
        case 7: c.aad = "another protocol", error = TPS_AUTHENTICATION_ERROR_PROOF; break;
        case 8: c.binder = TPS_SPAN_OF(peer_nonce); break;
        default: error = TPS_AUTHENTICATION_ERROR_PROOF; break; /* another key's */
        }
        refuses(d, &p, session, &c, bound_to, i >= 9 ? other.root : p.root, error);
        refuses(d, &p, session, &c, bound_to, p.root, TPS_AUTHENTICATION_ERROR_NONCE); /* one try */
        free(nonce.data);
    }
    tps_crypto_key_free(p.root);
    tps_crypto_key_free(other.root);
    device_free(d);
}

static void the_root_is_that_of_the_session_s_provider(void **state)
{
    device *d = new_device();
    provider p = new_provider();
    provider other = new_provider();
    uint32_t session = bound(d, TPS_MODE_PAIRWISE, p.id);
    tps_buf nonce = new_challenge(d, session);
    claim c = good_claim(&p, nonce);
    tps_span answer;

    (void)state;
    put_verify(peer_proof(&c, other.root), TPS_SPAN_EMPTY, tps_span_make(other.spki, other.spki_size));
    send_expecting(d, session, TPS_AUTHENTICATION_ERROR_ROOT);
    {
        /* bytes with the right digest that are no key */
        tps_digest digest;
        tps_buf again;

        assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_OF(binder), &digest), TPS_OK);
        session = bound(d, TPS_MODE_PAIRWISE, digest.bytes);
        again = new_challenge(d, session);
        put_verify(peer_proof(&c, p.root), TPS_SPAN_EMPTY, TPS_SPAN_OF(binder));
        send_expecting(d, session, TPS_AUTHENTICATION_ERROR_ROOT);
        free(again.data);
    }
    free(nonce.data);
    message(99, 0);
    assert_int_equal(try_send(d, session, 1000, &answer), TPS_COMPONENT_BAD_MESSAGE);
    tps_crypto_key_free(p.root);
    tps_crypto_key_free(other.root);
    device_free(d);
}

/* ---- certificates ---- */

static tps_crypto_key *fixed_key(uint8_t scalar)
{
    uint8_t bytes[32] = {0};
    tps_crypto_key *key;

    bytes[31] = scalar;
    assert_int_equal(tps_crypto_key_from_scalar(TPS_CURVE_P256, TPS_SPAN_OF(bytes), &key), TPS_OK);
    return key;
}

static tps_status clock_of_2040(void *context, uint64_t *seconds)
{
    (void)context;
    *seconds = 2208988800;
    return TPS_OK;
}

static tps_status clock_of_no_time(void *context, uint64_t *seconds)
{
    (void)context;
    *seconds = UINT64_MAX;
    return TPS_OK;
}

/* Sends the peer's proof with these certificates (hex), and wants this error. */
static void check_chain(device *d, const char *first, const char *second, uint64_t error)
{
    provider p = {.root = fixed_key(1)};
    tps_crypto_key *peer = fixed_key(2);
    uint32_t session;
    tps_buf nonce;
    tps_digest digest;
    tps_cbor_writer *w;
    claim c;
    tps_span proof;

    assert_int_equal(tps_crypto_key_spki(p.root, TPS_BUF_OF(p.spki), &p.spki_size), TPS_OK);
    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(p.spki, p.spki_size), &digest), TPS_OK);
    memcpy(p.id, digest.bytes, 32);
    session = bound(d, TPS_MODE_PAIRWISE, p.id);
    nonce = new_challenge(d, session);
    c = good_claim(&p, nonce);
    proof = peer_proof(&c, peer);
    w = message(VERIFY, 4);
    put_bytes(1, proof);
    put_text(2, "door");
    tps_cbor_put_uint(w, 4);
    tps_cbor_put_array(w, second == NULL ? 1 : 2);
    for (int i = 0; i < (second == NULL ? 1 : 2); i++) {
        tps_buf certificate = bytes_from_hex(i == 0 ? first : second);

        tps_cbor_put_bytes(w, tps_span_make(certificate.data, certificate.size));
        free(certificate.data);
    }
    put_bytes(5, tps_span_make(p.spki, p.spki_size));
    send_expecting(d, session, error);
    close_session(d, session);
    free(nonce.data);
    tps_crypto_key_free(p.root);
    tps_crypto_key_free(peer);
}

static void a_chain_leads_from_the_peer_to_the_root(void **state)
{
    device *d = new_device();

    (void)state;
    for (int has_clock = 0; has_clock < 2; has_clock++) {
        check_chain(d, provider_leaf, NULL, 0);
        check_chain(d, provider_under_middle, provider_middle, 0);
        check_chain(d, provider_two_names, NULL, 0);
        check_chain(d, provider_malformed, NULL, TPS_AUTHENTICATION_ERROR_CHAIN);
        check_chain(d, provider_device, NULL, TPS_AUTHENTICATION_ERROR_CHAIN); /* the provider's customer */
        check_chain(d, provider_nameless, NULL, TPS_AUTHENTICATION_ERROR_CHAIN);
        check_chain(d, provider_stranger, NULL, TPS_AUTHENTICATION_ERROR_CHAIN);
        check_chain(d, provider_under_middle, NULL, TPS_AUTHENTICATION_ERROR_CHAIN);
        check_chain(d, provider_leaf, provider_middle, TPS_AUTHENTICATION_ERROR_CHAIN);
        check_chain(d, "3000", NULL, TPS_AUTHENTICATION_ERROR_CHAIN);
        check_chain(d, provider_middle, NULL, TPS_AUTHENTICATION_ERROR_CHAIN);
        check_chain(d, provider_expired, NULL, has_clock ? TPS_AUTHENTICATION_ERROR_EXPIRED : 0);
        d->platform.time = clock_of_2040;
    }
    d->platform.time = clock_of_no_time; /* is none */
    check_chain(d, provider_expired, NULL, 0);
    device_free(d);
}

static void a_chain_is_one_to_four_certificates(void **state)
{
    static const size_t counts[] = {0, 5};
    device *d = new_device();
    provider p = new_provider();
    uint32_t session = bound(d, TPS_MODE_PAIRWISE, p.id);

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        tps_buf nonce = new_challenge(d, session);
        tps_cbor_writer *w = message(VERIFY, 4);
        tps_span answer;

        put_bytes(1, TPS_SPAN_OF(binder));
        put_text(2, "door");
        tps_cbor_put_uint(w, 4);
        if (i == 2) {
            tps_cbor_put_uint(w, 1); /* no array */
        } else {
            tps_cbor_put_array(w, counts[i]);
            for (size_t j = 0; j < counts[i]; j++) {
                tps_cbor_put_bytes(w, TPS_SPAN_OF(binder));
            }
        }
        put_bytes(5, tps_span_make(p.spki, p.spki_size));
        assert_int_equal(try_send(d, session, 1000, &answer), TPS_COMPONENT_BAD_MESSAGE);
        free(nonce.data);
    }
    tps_crypto_key_free(p.root);
    device_free(d);
}

static void a_device_s_own_proof_cannot_be_sent_back(void **state)
{
    device *d = new_device();
    provider p = new_provider();
    uint32_t session = bound(d, TPS_MODE_PAIRWISE, p.id);
    tps_buf nonce = new_challenge(d, session);
    tps_buf proof;

    (void)state;
    message(PROVE, 2);
    put_bytes(1, tps_span_make(nonce.data, nonce.size));
    put_text(2, "door");
    proof = copy(member(send_message(d, session), 1));
    put_verify(tps_span_make(proof.data, proof.size), TPS_SPAN_EMPTY, tps_span_make(p.spki, p.spki_size));
    send_expecting(d, session, TPS_AUTHENTICATION_ERROR_PROOF);
    free(proof.data);
    free(nonce.data);
    tps_crypto_key_free(p.root);
    device_free(d);
}

static void a_device_that_nobody_made_proves_nothing(void **state)
{
    device *d = device_new();
    uint32_t session;
    tps_span answer;

    (void)state;
    d->identity_size = 0;
    device_start(d);
    session = open_session(d, &tps_authentication_service, administrator());
    put_prove(false);
    assert_int_equal(try_send(d, session, 1000, &answer), TPS_COMPONENT_NO_IDENTITY);
    device_free(d);
}

static void without_entropy_there_is_no_challenge(void **state)
{
    device *d = new_device();
    uint32_t session = open_session(d, &tps_authentication_service, administrator());
    tps_span answer;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        d->calls = 0;
        d->fail_at = 1;
        if (i == 0) {
            message(CHALLENGE, 0);
        } else {
            put_prove(false);
        }
        assert_int_equal(try_send(d, session, 1000, &answer), TPS_CRYPTO_NO_ENTROPY);
    }
    d->fail_at = 0;
    message(CHALLENGE, 0);
    (void)room_for(d, session);
    device_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proof_says_what_was_asked_and_by_whom),
        cmocka_unit_test(the_binder_of_a_measured_application_is_called_so),
        cmocka_unit_test(each_provider_sees_a_key_of_its_own_until_the_owner_changes),
        cmocka_unit_test(without_a_provider_only_the_owner_may_prove),
        cmocka_unit_test(a_provider_s_proof_is_taken_once),
        cmocka_unit_test(a_proof_of_anything_else_is_refused),
        cmocka_unit_test(the_root_is_that_of_the_session_s_provider),
        cmocka_unit_test(a_chain_leads_from_the_peer_to_the_root),
        cmocka_unit_test(a_chain_is_one_to_four_certificates),
        cmocka_unit_test(a_device_s_own_proof_cannot_be_sent_back),
        cmocka_unit_test(a_device_that_nobody_made_proves_nothing),
        cmocka_unit_test(without_entropy_there_is_no_challenge),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
