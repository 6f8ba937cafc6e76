/* SPDX-License-Identifier: Apache-2.0 */
/* The certification request of a device whose secret never leaves it: the keys in it are those that the
 * device will have, both are proved, and nobody gets one from a secured device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/boot/request.h"
#include "services_support.h"
#include "tps/cose.h"
#include "tps/cose_key.h"
#include "tps/dice.h"

static uint8_t room[TPS_IDENTITY_MAX];

/* ---- cryptography whose Nth call fails ---- */

static unsigned crypto_calls;
static unsigned crypto_fails_at; /* 0: none */

static bool crypto_fails(void)
{
    return ++crypto_calls == crypto_fails_at;
}

tps_status __real_tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest);
tps_status __wrap_tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest);
tps_status __wrap_tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest)
{
    return crypto_fails() ? TPS_CRYPTO_FAILED : __real_tps_crypto_hash_of(alg, bytes, digest);
}

tps_status __real_tps_crypto_key_point(const tps_crypto_key *key, tps_crypto_point *point);
tps_status __wrap_tps_crypto_key_point(const tps_crypto_key *key, tps_crypto_point *point);
tps_status __wrap_tps_crypto_key_point(const tps_crypto_key *key, tps_crypto_point *point)
{
    return crypto_fails() ? TPS_CRYPTO_FAILED : __real_tps_crypto_key_point(key, point);
}

tps_status __real_tps_cose_key_put(tps_cbor_writer *writer, const tps_crypto_key *key);
tps_status __wrap_tps_cose_key_put(tps_cbor_writer *writer, const tps_crypto_key *key);
tps_status __wrap_tps_cose_key_put(tps_cbor_writer *writer, const tps_crypto_key *key)
{
    return crypto_fails() ? TPS_CRYPTO_FAILED : __real_tps_cose_key_put(writer, key);
}

tps_status __real_tps_cose_sign1_make(tps_span payload, const tps_cose_make_options *options,
                                      const tps_cose_signer *signer, tps_buf out, tps_span *encoded);
tps_status __wrap_tps_cose_sign1_make(tps_span payload, const tps_cose_make_options *options,
                                      const tps_cose_signer *signer, tps_buf out, tps_span *encoded);
tps_status __wrap_tps_cose_sign1_make(tps_span payload, const tps_cose_make_options *options,
                                      const tps_cose_signer *signer, tps_buf out, tps_span *encoded)
{
    return crypto_fails() ? TPS_CRYPTO_FAILED
                          : __real_tps_cose_sign1_make(payload, options, signer, out, encoded);
}

/* ---- a device ---- */

/* A device that is being made: no certificates, not secured. */
static int setup(void **state)
{
    device *d = device_new();

    d->certificates_size = 0;
    d->counters[TPS_COUNTER_PROVISIONED] = 1;
    *state = d;
    return 0;
}

static tps_status make(device *d, tps_span *request)
{
    d->is_locked = false;
    return tps_request_make(&d->platform, TPS_BUF_OF(room), request, NULL);
}

static void same_key(const tps_crypto_key *one, const tps_crypto_key *other)
{
    tps_crypto_point a;
    tps_crypto_point b;

    assert_int_equal(tps_crypto_key_point(one, &a), TPS_OK);
    assert_int_equal(tps_crypto_key_point(other, &b), TPS_OK);
    assert_memory_equal(a.x, b.x, 32);
    assert_memory_equal(a.y, b.y, 32);
}

static void the_keys_are_those_that_the_secured_device_has(void **state)
{
    device *d = *state;
    tps_request_keys keys;
    tps_crypto_key *key;
    tps_digest digest;
    tps_span request;

    assert_int_equal(make(d, &request), TPS_OK);
    assert_true(d->is_locked);
    assert_true(request.size <= TPS_REQUEST_MAX);
    assert_int_equal(tps_request_verify(request, &keys, NULL), TPS_OK);
    assert_int_equal(
        tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(d->identity, d->identity_size), &digest), TPS_OK);
    assert_memory_equal(keys.identity, digest.bytes, 32);
    assert_false(tps_crypto_key_is_private(keys.iak));

    d->counters[TPS_COUNTER_PROVISIONED] = 2;
    d->is_locked = false;
    assert_int_equal(tps_boot(&d->platform, &d->handover, NULL), TPS_OK);
    assert_int_equal(d->handover.lifecycle, TPS_LIFECYCLE_SECURED);
    assert_int_equal(tps_keys_iak(d->handover.s0, &key), TPS_OK);
    same_key(keys.iak, key);
    tps_crypto_key_free(key);
    assert_int_equal(tps_keys_device_id(TPS_SPAN_OF(d->secret), &key), TPS_OK);
    same_key(keys.device_id, key);
    tps_crypto_key_free(key);
    tps_request_keys_free(&keys);
    assert_null(keys.iak);
}

static void only_a_device_that_is_being_made_makes_one(void **state)
{
    device *d = *state;
    tps_span request;
    size_t identity_size = d->identity_size;

    d->counters[TPS_COUNTER_PROVISIONED] = 0;
    assert_int_equal(make(d, &request), TPS_OK);
    d->counters[TPS_COUNTER_PROVISIONED] = 2;
    assert_int_equal(make(d, &request), TPS_COMPONENT_DENIED);
    assert_int_equal(request.size, 0);
    assert_true(d->is_locked);
    d->counters[TPS_COUNTER_PROVISIONED] = 1;
    d->counters[TPS_COUNTER_DECOMMISSIONED] = 1;
    assert_int_equal(make(d, &request), TPS_COMPONENT_DECOMMISSIONED);
    d->counters[TPS_COUNTER_DECOMMISSIONED] = 0;
    d->identity_size = 0;
    assert_int_equal(make(d, &request), TPS_COMPONENT_NO_IDENTITY);
    d->identity_size = 20;
    assert_int_not_equal(make(d, &request), TPS_OK);
    d->identity_size = identity_size;
    d->platform.version++;
    assert_int_equal(make(d, &request), TPS_BAD_ARGUMENT);
    assert_false(d->is_locked);
    d->platform.version--;
    assert_int_equal(tps_request_make(&d->platform, (tps_buf){room, sizeof(room) - 1}, &request, NULL),
                     TPS_BUFFER_TOO_SMALL);
}

static tps_status no_counter(void *context, uint32_t counter, uint64_t *value)
{
    (void)context;
    (void)counter;
    (void)value;
    return TPS_UNSUPPORTED;
}

static void a_platform_without_counters_makes_no_request(void **state)
{
    device *d = *state;
    tps_span request;

    d->platform.counter_read = no_counter;
    assert_int_equal(make(d, &request), TPS_UNSUPPORTED);
    assert_true(d->is_locked);
}

static void a_locked_secret_makes_no_request(void **state)
{
    device *d = *state;
    tps_error why;
    tps_span request;

    d->is_locked = true;
    assert_int_equal(tps_request_make(&d->platform, TPS_BUF_OF(room), &request, &why),
                     TPS_COMPONENT_NO_SECRET);
    assert_int_equal(why.status, TPS_COMPONENT_NO_SECRET);
}

/* Whatever operation fails, there is no request, and the secret is locked unless that failed. */
static void any_operation_may_fail(void **state)
{
    device *d = *state;
    unsigned all;
    tps_span request;

    d->calls = 0;
    assert_int_equal(make(d, &request), TPS_OK);
    all = d->calls;
    assert_true(all >= 3);
    for (unsigned n = 1; n <= all; n++) {
        d->calls = 0;
        d->fail_at = n;
        assert_int_not_equal(make(d, &request), TPS_OK);
        assert_int_equal(request.size, 0);
    }
    d->fail_at = 0;
    assert_int_equal(make(d, &request), TPS_OK);
}

/* Whatever fails of the cryptography, there is no request, or none is taken. */
static void any_cryptography_may_fail(void **state)
{
    device *d = *state;
    uint8_t kept[TPS_REQUEST_MAX];
    tps_request_keys keys;
    tps_span request;
    tps_status status = TPS_CRYPTO_FAILED;

    for (unsigned n = 1; status != TPS_OK; n++) {
        crypto_calls = 0;
        crypto_fails_at = n;
        status = make(d, &request);
        assert_true(status == TPS_CRYPTO_FAILED || (status == TPS_OK && n > 5));
        assert_int_equal(request.size != 0, status == TPS_OK);
        assert_true(d->is_locked);
    }
    memcpy(kept, request.data, request.size);
    status = TPS_CRYPTO_FAILED;
    for (unsigned n = 1; status != TPS_OK; n++) {
        crypto_calls = 0;
        crypto_fails_at = n;
        status = tps_request_verify(tps_span_make(kept, request.size), &keys, NULL);
        assert_true(status == TPS_CRYPTO_FAILED || (status == TPS_OK && n > 2));
        assert_int_equal(keys.iak != NULL, status == TPS_OK);
        tps_request_keys_free(&keys);
    }
    crypto_fails_at = 0;
}

static void a_changed_byte_is_no_request(void **state)
{
    device *d = *state;
    uint8_t changed[TPS_REQUEST_MAX];
    tps_request_keys keys;
    tps_span request;

    assert_int_equal(make(d, &request), TPS_OK);
    for (size_t i = 0; i < request.size; i++) {
        memcpy(changed, request.data, request.size);
        changed[i] ^= 0x01;
        assert_int_not_equal(tps_request_verify(tps_span_make(changed, request.size), &keys, NULL), TPS_OK);
        assert_null(keys.device_id);
        assert_null(keys.iak);
        assert_int_not_equal(tps_request_verify(tps_span_make(request.data, i), &keys, NULL), TPS_OK);
    }
}

/* ---- requests that others make ---- */

static tps_crypto_key *new_key(void)
{
    tps_crypto_key *key;

    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P256, &key), TPS_OK);
    return key;
}

/* What is wrong with it. */
enum {
    NOTHING,
    ONE_KEY,
    TYPE_OUTER,
    TYPE_INNER,
    NO_DEVICE_ID,
    NO_IAK,
    SHORT_IDENTITY,
    UNKNOWN,
    OUTER_BY_OTHER,
    INNER_BY_OTHER,
    FAULTS
};

static tps_span craft(uint32_t fault, uint8_t out[TPS_REQUEST_MAX])
{
    tps_crypto_key *keys[3] = {new_key(), new_key(), new_key()};
    static const uint8_t identity[32];
    uint8_t payload[256];
    uint8_t inner[512];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(payload));
    tps_cose_sign1_options options = {.content_type = TPS_SPAN_LITERAL(TPS_REQUEST_CONTENT_TYPE)};
    tps_cose_signer signer = tps_cose_signer_of_key(keys[fault == INNER_BY_OTHER ? 2 : 0], TPS_ALG_ESP256);
    tps_span content;

    tps_cbor_put_map(&w, fault == NO_DEVICE_ID || fault == NO_IAK ? 2 : fault == UNKNOWN ? 4 : 3);
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_bytes(&w, tps_span_make(identity, fault == SHORT_IDENTITY ? 31 : 32));
    if (fault != NO_DEVICE_ID) {
        tps_cbor_put_uint(&w, 2);
        assert_int_equal(tps_cose_key_put(&w, keys[0]), TPS_OK);
    }
    if (fault != NO_IAK) {
        tps_cbor_put_uint(&w, 3);
        assert_int_equal(tps_cose_key_put(&w, keys[fault == ONE_KEY ? 0 : 1]), TPS_OK);
    }
    if (fault == UNKNOWN) {
        tps_cbor_put_uint(&w, 4);
        tps_cbor_put_uint(&w, 0);
    }
    assert_int_equal(tps_cbor_writer_finish(&w, &content), TPS_OK);
    if (fault == TYPE_INNER) {
        options.content_type = TPS_SPAN_LITERAL(TPS_REQUEST_CONTENT_TYPE_COSE);
    }
    assert_int_equal(tps_cose_sign1_make(content, &options, &signer, TPS_BUF_OF(inner), &content), TPS_OK);
    options.content_type =
        fault == TYPE_OUTER ? TPS_SPAN_EMPTY : TPS_SPAN_LITERAL(TPS_REQUEST_CONTENT_TYPE_COSE);
    signer = tps_cose_signer_of_key(keys[fault == OUTER_BY_OTHER ? 2
                                         : fault == ONE_KEY      ? 0
                                                                 : 1],
                                    TPS_ALG_ESP256);
    assert_int_equal(
        tps_cose_sign1_make(content, &options, &signer, (tps_buf){out, TPS_REQUEST_MAX}, &content), TPS_OK);
    for (size_t i = 0; i < 3; i++) {
        tps_crypto_key_free(keys[i]);
    }
    return content;
}

static void each_rule_of_a_request_holds(void **state)
{
    static const tps_status expected[FAULTS] = {
        TPS_OK,
        TPS_CLAIM_BAD_VALUE,
        TPS_COSE_BAD_HEADER,
        TPS_COSE_BAD_HEADER,
        TPS_CLAIM_BAD_VALUE,
        TPS_CLAIM_BAD_VALUE,
        TPS_CLAIM_BAD_VALUE,
        TPS_CLAIM_BAD_VALUE,
        TPS_COSE_BAD_SIGNATURE,
        TPS_COSE_BAD_SIGNATURE,
    };
    uint8_t out[TPS_REQUEST_MAX];

    (void)state;
    for (uint32_t fault = NOTHING; fault < FAULTS; fault++) {
        tps_request_keys keys;
        tps_error why;

        assert_int_equal(tps_request_verify(craft(fault, out), &keys, &why), expected[fault]);
        assert_int_equal(why.status, expected[fault]);
        tps_request_keys_free(&keys);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_keys_are_those_that_the_secured_device_has, setup,
                                        device_teardown),
        cmocka_unit_test_setup_teardown(only_a_device_that_is_being_made_makes_one, setup, device_teardown),
        cmocka_unit_test_setup_teardown(a_platform_without_counters_makes_no_request, setup, device_teardown),
        cmocka_unit_test_setup_teardown(a_locked_secret_makes_no_request, setup, device_teardown),
        cmocka_unit_test_setup_teardown(any_operation_may_fail, setup, device_teardown),
        cmocka_unit_test_setup_teardown(any_cryptography_may_fail, setup, device_teardown),
        cmocka_unit_test_setup_teardown(a_changed_byte_is_no_request, setup, device_teardown),
        cmocka_unit_test(each_rule_of_a_request_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
