/* SPDX-License-Identifier: Apache-2.0 */
/* The verification service: whose signatures it takes, which it refuses and why, and who may say so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/core/ownership.h"
#include "component/services/verification.h"
#include "services_session.h"
#include "tps/cose.h"

enum { VERIFY = 10, LIST, REGISTER, REMOVE };

static const uint8_t said[] = "what was said";

static device *new_device(void)
{
    device *d = device_new();

    device_start(d);
    return d;
}

static tps_crypto_key *new_key(int32_t curve)
{
    tps_crypto_key *key;

    assert_int_equal(tps_crypto_key_generate(curve, &key), TPS_OK);
    return key;
}

static void key_id(const tps_crypto_key *key, uint8_t id[32])
{
    uint8_t spki[256];
    size_t size;
    tps_digest digest;

    assert_int_equal(tps_crypto_key_spki(key, TPS_BUF_OF(spki), &size), TPS_OK);
    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(spki, size), &digest), TPS_OK);
    memcpy(id, digest.bytes, 32);
}

/* The next message registers a key. */
static void put_registration(uint32_t role, const tps_crypto_key *key)
{
    tps_cbor_writer *w = message(REGISTER, 3);

    put_uint(1, role);
    tps_cbor_put_uint(w, 2);
    assert_int_equal(tps_cose_key_put(w, key), TPS_OK);
    put_text(3, "the key");
}

static void register_key(device *d, uint32_t role, const tps_crypto_key *key, uint64_t error)
{
    uint32_t session = open_session(d, &tps_verification_service, administrator());

    put_registration(role, key);
    send_expecting(d, session, error);
    close_session(d, session);
}

/* The next message asks about a bare signature over `said`. */
static void put_raw(uint32_t role, int32_t alg, tps_span signature, bool is_digest)
{
    tps_cbor_writer *w = message(VERIFY, 4);
    tps_digest digest;

    put_uint(1, role);
    tps_cbor_put_uint(w, 2);
    tps_cbor_put_int(w, alg);
    if (is_digest) {
        assert_int_equal(tps_crypto_hash_of(tps_crypto_alg_hash(alg), TPS_SPAN_OF(said), &digest), TPS_OK);
        put_bytes(3, tps_span_make(digest.bytes, digest.size));
    } else {
        put_bytes(4, TPS_SPAN_OF(said));
    }
    put_bytes(5, signature);
}

static tps_span sign(tps_crypto_key *key, int32_t alg)
{
    static uint8_t signature[TPS_EC_SIGNATURE_SIZE_MAX];
    size_t size;

    assert_int_equal(tps_crypto_sign_message(key, alg, TPS_SPAN_OF(said), TPS_BUF_OF(signature), &size),
                     TPS_OK);
    return tps_span_make(signature, size);
}

static tps_span sign1(tps_crypto_key *key, int32_t alg, bool is_detached, tps_span payload, tps_span aad)
{
    static uint8_t room[16384];
    static uint8_t scratch[16384];
    tps_cose_make_options options = {.is_detached = is_detached, .aad = aad, .scratch = TPS_BUF_OF(scratch)};
    tps_cose_signer signer = tps_cose_signer_of_key(key, alg);
    tps_span encoded;

    assert_int_equal(tps_cose_sign1_make(payload, &options, &signer, TPS_BUF_OF(room), &encoded), TPS_OK);
    return encoded;
}

static void a_release_signer_is_known_by_the_identity(void **state)
{
    device *d = new_device();
    uint32_t session = open_session(d, &tps_verification_service, somebody());
    uint8_t id[32];

    (void)state;
    key_id(d->release_key, id);
    put_raw(TPS_ROLE_RELEASE, TPS_ALG_ESP256, sign(d->release_key, TPS_ALG_ESP256), true);
    assert_true(tps_span_equal(member(send_message(d, session), 1), TPS_SPAN_OF(id)));
    message(VERIFY, 2);
    put_uint(1, TPS_ROLE_RELEASE);
    put_bytes(7, tps_span_make(d->manifest, d->manifest_size));
    assert_true(tps_span_equal(member(send_message(d, session), 1), TPS_SPAN_OF(id)));
    put_raw(TPS_ROLE_OWNER, TPS_ALG_ESP256, sign(d->release_key, TPS_ALG_ESP256), true);
    send_expecting(d, session, TPS_VERIFICATION_ERROR_NO_KEY); /* not of this role */
    device_free(d);
}

static void registered_keys_of_all_kinds_verify(void **state)
{
    static const struct {
        int32_t curve;
        int32_t alg;
    } kinds[] = {{TPS_CURVE_P256, TPS_ALG_ES256},
                 {TPS_CURVE_P384, TPS_ALG_ESP384},
                 {TPS_CURVE_P521, TPS_ALG_ES512},
                 {TPS_CURVE_P521, TPS_ALG_ESP512},
                 {TPS_CURVE_ED25519, TPS_ALG_EDDSA}};
    device *d = new_device();
    uint32_t session = open_session(d, &tps_verification_service, somebody());

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        tps_crypto_key *key = new_key(kinds[i].curve);
        uint8_t id[32];

        key_id(key, id);
        assert_true(tells_feature(d, &tps_verification_service, kinds[i].alg));
        register_key(d, TPS_ROLE_OWNER, key, 0);
        register_key(d, TPS_ROLE_OWNER, key, TPS_VERIFICATION_ERROR_EXISTS);
        put_raw(TPS_ROLE_OWNER, kinds[i].alg, sign(key, kinds[i].alg), false);
        assert_true(tps_span_equal(member(send_message(d, session), 1), TPS_SPAN_OF(id)));
        assert_true(tps_span_is_text(member(send_message(d, session), 3), "the key"));
        message(VERIFY, 2);
        put_uint(1, TPS_ROLE_OWNER);
        put_bytes(7, sign1(key, kinds[i].alg, false, TPS_SPAN_OF(said), TPS_SPAN_EMPTY));
        assert_true(tps_span_equal(member(send_message(d, session), 1), TPS_SPAN_OF(id)));
        tps_crypto_key_free(key);
    }
    device_free(d);
}

static void a_detached_payload_and_external_data_are_part_of_it(void **state)
{
    device *d = new_device();
    uint32_t session = open_session(d, &tps_verification_service, somebody());
    tps_crypto_key *key = new_key(TPS_CURVE_P256);
    tps_span aad = TPS_SPAN_LITERAL("around it");
    tps_span detached;

    (void)state;
    register_key(d, TPS_ROLE_PROVIDER, key, 0);
    detached = sign1(key, TPS_ALG_ESP256, true, TPS_SPAN_OF(said), aad);
    for (int i = 0; i < 3; i++) {
        message(VERIFY, i == 1 ? 3 : 4);
        put_uint(1, TPS_ROLE_PROVIDER);
        put_bytes(7, detached);
        if (i != 1) {
            put_bytes(8, TPS_SPAN_OF(said));
        }
        put_bytes(9, i == 2 ? TPS_SPAN_LITERAL("elsewhere") : aad);
        send_expecting(d, session,
                       i == 0   ? 0
                       : i == 1 ? TPS_VERIFICATION_ERROR_PAYLOAD
                                : TPS_VERIFICATION_ERROR_SIGNATURE);
    }
    message(VERIFY, 3);
    put_uint(1, TPS_ROLE_PROVIDER);
    put_bytes(7, sign1(key, TPS_ALG_ESP256, false, TPS_SPAN_OF(said), TPS_SPAN_EMPTY));
    put_bytes(8, TPS_SPAN_OF(said));
    send_expecting(d, session, TPS_VERIFICATION_ERROR_PAYLOAD);
    tps_crypto_key_free(key);
    device_free(d);
}

static void a_refusal_has_its_name(void **state)
{
    device *d = new_device();
    uint32_t session = open_session(d, &tps_verification_service, somebody());
    tps_crypto_key *key = new_key(TPS_CURVE_P256);
    tps_crypto_key *other = new_key(TPS_CURVE_P384);
    tps_crypto_key *ed = new_key(TPS_CURVE_ED25519);
    static uint8_t large[TPS_VERIFICATION_SCRATCH];
    uint8_t id[32] = {7};

    (void)state;
    put_raw(TPS_ROLE_OWNER, TPS_ALG_ESP256, sign(key, TPS_ALG_ESP256), true);
    send_expecting(d, session, TPS_VERIFICATION_ERROR_NO_KEY);
    register_key(d, TPS_ROLE_OWNER, other, 0);
    put_raw(TPS_ROLE_OWNER, TPS_ALG_ESP256, sign(key, TPS_ALG_ESP256), true);
    send_expecting(d, session, TPS_VERIFICATION_ERROR_ALGORITHM);
    register_key(d, TPS_ROLE_OWNER, key, 0);
    put_raw(TPS_ROLE_OWNER, TPS_ALG_ESP256, sign(d->release_key, TPS_ALG_ESP256), true);
    send_expecting(d, session, TPS_VERIFICATION_ERROR_SIGNATURE);
    put_raw(TPS_ROLE_OWNER, INT32_MAX, sign(key, TPS_ALG_ESP256), false);
    send_expecting(d, session, TPS_VERIFICATION_ERROR_ALGORITHM);
    message(VERIFY, 2);
    put_uint(1, TPS_ROLE_OWNER);
    put_bytes(7, TPS_SPAN_LITERAL("\x84\x40"));
    send_expecting(d, session, TPS_VERIFICATION_ERROR_MALFORMED);
    message(VERIFY, 3);
    put_uint(1, TPS_ROLE_OWNER);
    put_bytes(7, sign1(key, TPS_ALG_ESP256, false, TPS_SPAN_OF(said), TPS_SPAN_EMPTY));
    put_bytes(6, TPS_SPAN_OF(id));
    send_expecting(d, session, TPS_VERIFICATION_ERROR_NO_KEY);
    register_key(d, TPS_ROLE_PROVIDER, ed, 0);
    message(VERIFY, 2);
    put_uint(1, TPS_ROLE_PROVIDER);
    put_bytes(7, sign1(ed, TPS_ALG_EDDSA, false, TPS_SPAN_OF(large), TPS_SPAN_EMPTY));
    send_expecting(d, session, TPS_VERIFICATION_ERROR_TOO_LARGE);
    tps_crypto_key_free(key);
    tps_crypto_key_free(other);
    tps_crypto_key_free(ed);
    device_free(d);
}

static void a_request_is_one_thing_or_the_other(void **state)
{
    static const char *const bad[] = {
        "ca a0",                               /* nothing */
        "ca a1 01 01",                         /* nothing to verify */
        "ca a2 01 04 07 41 00",                /* no such role */
        "ca a3 01 01 05 41 00 04 41 00",       /* no algorithm */
        "ca a3 01 01 02 28 05 41 00",          /* nothing signed */
        "ca a4 01 01 02 28 05 41 00 09 41 00", /* external data of a bare signature */
        "ca a3 01 01 02 28 04 41 00",          /* no signature */
        "ca a3 01 01 02 28 07 41 00",          /* a Sign1 with an algorithm beside */
        "ca a3 01 01 05 41 00 07 41 00",       /* or a signature */
        "ca a3 01 01 04 41 00 07 41 00",       /* or a message */
        "ca a5 01 01 02 28 04 41 00 05 41 00 08 41 00",
        "cb a1 01 01",
        "cc a0",
        "cd a0",
        "ce a0",
    };
    device *d = new_device();
    tps_login login = administrator();

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t bytes[64];
        uint8_t room[256];
        size_t size = 0;
        tps_span answer;

        for (const char *c = bad[i]; *c != '\0'; c += c[2] == ' ' ? 3 : 2) {
            bytes[size++] = (uint8_t)strtoul((char[]){c[0], c[1], '\0'}, NULL, 16);
        }
        assert_int_equal(
            ask(d, &tps_verification_service, &login, tps_span_make(bytes, size), TPS_BUF_OF(room), &answer),
            TPS_COMPONENT_BAD_MESSAGE);
    }
    device_free(d);
}

static void what_is_no_public_key_for_signatures_is_not_registered(void **state)
{
    device *d = new_device();
    uint32_t session = open_session(d, &tps_verification_service, administrator());
    static const struct {
        const char *bytes;
        size_t size;
        uint64_t error;
    } keys[] = {
        {"\xa0", 1, TPS_VERIFICATION_ERROR_MALFORMED},
        {"\xa2\x01\x04\x20\x41\x00", 6, TPS_VERIFICATION_ERROR_MALFORMED}, /* symmetric */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        tps_cbor_writer *w = message(REGISTER, 3);

        put_uint(1, TPS_ROLE_OWNER);
        tps_cbor_put_uint(w, 2);
        tps_cbor_put_raw(w, tps_span_make(keys[i].bytes, keys[i].size));
        put_text(3, "x");
        send_expecting(d, session, keys[i].error);
    }
    {
        tps_crypto_key *key = new_key(TPS_CURVE_P256);
        tps_crypto_point point;
        tps_cbor_writer *w = message(REGISTER, 3);

        assert_int_equal(tps_crypto_key_point(key, &point), TPS_OK);
        put_uint(1, TPS_ROLE_OWNER);
        tps_cbor_put_uint(w, 2);
        tps_cbor_put_map(w, 5); /* for signing only: key_ops [1] */
        put_uint(1, 2);
        tps_cbor_put_uint(w, 4);
        tps_cbor_put_array(w, 1);
        tps_cbor_put_uint(w, 1);
        tps_cbor_put_int(w, -1);
        tps_cbor_put_uint(w, 1);
        tps_cbor_put_int(w, -2);
        tps_cbor_put_bytes(w, tps_span_make(point.x, 32));
        tps_cbor_put_int(w, -3);
        tps_cbor_put_bytes(w, tps_span_make(point.y, 32));
        put_text(3, "x");
        send_expecting(d, session, TPS_VERIFICATION_ERROR_ALGORITHM);
        tps_crypto_key_free(key);
    }
    device_free(d);
}

static uint64_t listed(device *d, uint32_t session)
{
    tps_cbor_reader r;
    tps_cbor_list list;
    uint64_t count = 0;

    message(LIST, 0);
    r = tps_cbor_reader_init(member(send_message(d, session), 1));
    list = tps_cbor_enter_array(&r);
    while (tps_cbor_next(&r, &list)) {
        (void)tps_cbor_skip(&r);
        count++;
    }
    return count;
}

static void keys_of_a_role_are_bounded_listed_and_removed(void **state)
{
    device *d = new_device();
    uint32_t session = open_session(d, &tps_verification_service, administrator());
    tps_crypto_key *keys[TPS_VERIFICATION_KEYS_MAX + 1];
    uint8_t id[32];

    (void)state;
    assert_int_equal(listed(d, session), 1); /* the release key */
    for (size_t i = 0; i <= TPS_VERIFICATION_KEYS_MAX; i++) {
        keys[i] = new_key(TPS_CURVE_P256);
        register_key(d, TPS_ROLE_OWNER, keys[i],
                     i < TPS_VERIFICATION_KEYS_MAX ? 0 : TPS_VERIFICATION_ERROR_FULL);
    }
    register_key(d, TPS_ROLE_PROVIDER, keys[0], 0); /* the other role has room */
    device_start(d);
    session = open_session(d, &tps_verification_service, administrator());
    assert_int_equal(listed(d, session), 2 + TPS_VERIFICATION_KEYS_MAX);
    key_id(keys[0], id);
    message(REMOVE, 2);
    put_uint(1, TPS_ROLE_OWNER);
    put_bytes(2, TPS_SPAN_OF(id));
    send_expecting(d, session, 0);
    send_expecting(d, session, TPS_VERIFICATION_ERROR_NO_KEY);
    assert_int_equal(listed(d, session), 1 + TPS_VERIFICATION_KEYS_MAX);
    for (size_t i = 0; i <= TPS_VERIFICATION_KEYS_MAX; i++) {
        tps_crypto_key_free(keys[i]);
    }
    device_free(d);
}

static void only_who_speaks_for_the_owner_registers(void **state)
{
    device *d = new_device();
    uint32_t session = open_session(d, &tps_verification_service, somebody());
    tps_span answer;

    (void)state;
    put_registration(TPS_ROLE_OWNER, d->release_key);
    assert_int_equal(try_send(d, session, 1000, &answer), TPS_COMPONENT_DENIED);
    message(REMOVE, 0);
    assert_int_equal(try_send(d, session, 1000, &answer), TPS_COMPONENT_DENIED);
    device_free(d);
}

static void a_bound_session_sees_its_own_provider_alone(void **state)
{
    device *d = new_device();
    uint32_t session;
    tps_crypto_key *ours = new_key(TPS_CURVE_P256);
    tps_crypto_key *theirs = new_key(TPS_CURVE_P256);
    uint8_t provider[32];

    (void)state;
    register_key(d, TPS_ROLE_PROVIDER, ours, 0);
    register_key(d, TPS_ROLE_PROVIDER, theirs, 0);
    session = open_session(d, &tps_verification_service, somebody());
    assert_int_equal(listed(d, session), 3);
    key_id(ours, provider);
    bind_session(d, session, TPS_MODE_PAIRWISE, provider);
    assert_int_equal(listed(d, session), 2);
    put_raw(TPS_ROLE_PROVIDER, TPS_ALG_ESP256, sign(ours, TPS_ALG_ESP256), true);
    send_expecting(d, session, 0);
    put_raw(TPS_ROLE_PROVIDER, TPS_ALG_ESP256, sign(theirs, TPS_ALG_ESP256), true);
    send_expecting(d, session, TPS_VERIFICATION_ERROR_SIGNATURE);
    tps_crypto_key_free(ours);
    tps_crypto_key_free(theirs);
    device_free(d);
}

static void the_owners_keys_do_not_link_what_shall_not_be_linked(void **state)
{
    device *d = new_device();
    tps_crypto_key *key = new_key(TPS_CURVE_P256);

    (void)state;
    register_key(d, TPS_ROLE_OWNER, key, 0);
    for (uint32_t mode = TPS_MODE_DIRECT; mode <= TPS_MODE_PASSPORT; mode++) {
        uint32_t session = open_session(d, &tps_verification_service, somebody());
        uint8_t provider[32] = {(uint8_t)mode};

        bind_session(d, session, mode, provider);
        assert_int_equal(listed(d, session), mode == TPS_MODE_DIRECT ? 2 : 1);
        put_raw(TPS_ROLE_OWNER, TPS_ALG_ESP256, sign(key, TPS_ALG_ESP256), true);
        send_expecting(d, session, mode == TPS_MODE_DIRECT ? 0 : TPS_VERIFICATION_ERROR_NO_KEY);
    }
    tps_crypto_key_free(key);
    device_free(d);
}

static void a_new_owner_begins_without_keys(void **state)
{
    device *d = new_device();
    tps_crypto_key *key = new_key(TPS_CURVE_P256);

    (void)state;
    register_key(d, TPS_ROLE_OWNER, key, 0);
    assert_int_equal(tps_component_owner_forget(&d->component), TPS_OK);
    assert_int_equal(listed(d, open_session(d, &tps_verification_service, somebody())), 1);
    device_start(d);
    assert_int_equal(listed(d, open_session(d, &tps_verification_service, somebody())), 1);
    register_key(d, TPS_ROLE_OWNER, key, 0);
    tps_crypto_key_free(key);
    device_free(d);
}

static void a_response_that_does_not_fit_changes_nothing(void **state)
{
    device *d = new_device();
    uint32_t session = open_session(d, &tps_verification_service, administrator());
    uint8_t id[32];

    (void)state;
    put_registration(TPS_ROLE_OWNER, d->release_key);
    (void)room_for(d, session);
    send_expecting(d, session, 0);
    key_id(d->release_key, id);
    message(REMOVE, 2);
    put_uint(1, TPS_ROLE_OWNER);
    put_bytes(2, TPS_SPAN_OF(id));
    (void)room_for(d, session);
    assert_int_equal(listed(d, session), 2);
    device_free(d);
}

static uint32_t prepare_registration(device *d)
{
    put_registration(TPS_ROLE_OWNER, d->release_key);
    return open_session(d, &tps_verification_service, administrator());
}

static void check_registered(device *d, bool is_done)
{
    uint64_t count = listed(d, open_session(d, &tps_verification_service, somebody()));

    assert_true(count == 2 || (count == 1 && !is_done));
}

static uint32_t prepare_removal(device *d)
{
    uint8_t id[32];

    register_key(d, TPS_ROLE_OWNER, d->release_key, 0);
    key_id(d->release_key, id);
    message(REMOVE, 2);
    put_uint(1, TPS_ROLE_OWNER);
    put_bytes(2, TPS_SPAN_OF(id));
    return open_session(d, &tps_verification_service, administrator());
}

static void check_removed(device *d, bool is_done)
{
    uint64_t count = listed(d, open_session(d, &tps_verification_service, somebody()));

    assert_true(count == 1 || (count == 2 && !is_done));
}

static void storing_is_whole_whenever_the_power_goes(void **state)
{
    (void)state;
    cut_power_at_every_step(&(power_test){new_device, prepare_registration, check_registered});
    cut_power_at_every_step(&(power_test){new_device, prepare_removal, check_removed});
}

static void storing_is_whole_whichever_call_fails(void **state)
{
    (void)state;
    fail_every_call(&(power_test){new_device, prepare_registration, check_registered});
    fail_every_call(&(power_test){new_device, prepare_removal, check_removed});
}

static void a_call_that_fails_is_no_verdict(void **state)
{
    device *d = new_device();
    tps_crypto_key *key = new_key(TPS_CURVE_P256);
    uint32_t session;

    (void)state;
    register_key(d, TPS_ROLE_OWNER, key, 0);
    session = open_session(d, &tps_verification_service, somebody());
    for (unsigned n = 1;; n++) {
        tps_span answer;
        tps_status status;

        put_raw(TPS_ROLE_OWNER, TPS_ALG_ESP256, sign(key, TPS_ALG_ESP256), true);
        d->calls = 0;
        d->fail_at = n;
        status = try_send(d, session, 1000, &answer);
        d->fail_at = 0;
        if (d->calls < n) {
            assert_int_equal(status, TPS_OK);
            break;
        }
        assert_true(status != TPS_OK || error_of(answer) == 0 ||
                    error_of(answer) == TPS_VERIFICATION_ERROR_NO_KEY);
    }
    tps_crypto_key_free(key);
    device_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_release_signer_is_known_by_the_identity),
        cmocka_unit_test(registered_keys_of_all_kinds_verify),
        cmocka_unit_test(a_detached_payload_and_external_data_are_part_of_it),
        cmocka_unit_test(a_refusal_has_its_name),
        cmocka_unit_test(a_request_is_one_thing_or_the_other),
        cmocka_unit_test(what_is_no_public_key_for_signatures_is_not_registered),
        cmocka_unit_test(keys_of_a_role_are_bounded_listed_and_removed),
        cmocka_unit_test(only_who_speaks_for_the_owner_registers),
        cmocka_unit_test(a_bound_session_sees_its_own_provider_alone),
        cmocka_unit_test(the_owners_keys_do_not_link_what_shall_not_be_linked),
        cmocka_unit_test(a_new_owner_begins_without_keys),
        cmocka_unit_test(a_response_that_does_not_fit_changes_nothing),
        cmocka_unit_test(storing_is_whole_whenever_the_power_goes),
        cmocka_unit_test(storing_is_whole_whichever_call_fails),
        cmocka_unit_test(a_call_that_fails_is_no_verdict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
