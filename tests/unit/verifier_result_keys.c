/* SPDX-License-Identifier: Apache-2.0 */
/* The ring of keys that sign results: which one signs, and which ones relying parties can find. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "support/check.h"
#include "tps/result_keys.h"
#include "tps/verifier.h"
#include "verifier_support.h"

enum { LIFETIME = 300, A = 1, B = 2, C = 3 };

static tps_result_keys ring_of(const int64_t *starts, size_t count)
{
    tps_result_keys ring = {0};

    for (size_t i = 0; i < count; i++) {
        assert_status(tps_result_keys_add(&ring, device_key((uint8_t)(A + i)), starts[i]), TPS_OK);
    }
    return ring;
}

/* The keys that are published, by number, the first in front; 0 ends them. */
static void expect_published(const tps_result_keys *ring, int64_t now, const uint8_t *numbers)
{
    static uint8_t room[4096];
    size_t measured;
    size_t size;
    json_t *set;
    json_t *keys;
    size_t count = 0;

    assert_status(tps_result_keys_jwks(ring, now, LIFETIME, TPS_BUF_MEASURE, &measured), TPS_OK);
    assert_status(tps_result_keys_jwks(ring, now, LIFETIME, (tps_buf){room, 5}, &size), TPS_BUFFER_TOO_SMALL);
    assert_status(tps_result_keys_jwks(ring, now, LIFETIME, TPS_BUF_OF(room), &size), TPS_OK);
    assert_int_equal(size, measured);
    set = json_loadb((const char *)room, size, JSON_REJECT_DUPLICATES, NULL);
    keys = json_object_get(set, "keys");
    for (; numbers[count] != 0; count++) {
        const char *kid = json_string_value(json_object_get(json_array_get(keys, count), "kid"));
        tps_result_keys one = {0};
        assert_status(tps_result_keys_add(&one, device_key(numbers[count]), 0), TPS_OK);
        assert_non_null(kid);
        assert_string_equal(kid, one.keys[0].id);
    }
    assert_int_equal(json_array_size(keys), count);
    json_decref(set);
}

static void expect_active(const tps_result_keys *ring, int64_t now, uint8_t number)
{
    const tps_result_key *key = tps_result_keys_active(ring, now);

    if (number == 0) {
        assert_null(key);
    } else {
        assert_non_null(key);
        assert_ptr_equal(key->key, device_key(number));
    }
}

static void a_key_is_named_by_its_thumbprint(void **state)
{
    /* the JWK of RFC 7515, A.3; its thumbprint by Python's hashlib */
    static const uint8_t x[32] = {127, 205, 206, 39, 112, 246, 196, 93, 65,  131, 203, 238, 111, 219, 75, 123,
                                  88,  7,   51,  53, 123, 233, 239, 19, 186, 207, 110, 60,  123, 209, 84, 69};
    static const uint8_t y[32] = {199, 241, 68,  205, 27,  189, 155, 126, 135, 44,  223,
                                  237, 185, 238, 185, 244, 179, 105, 93,  110, 169, 11,
                                  36,  173, 138, 70,  35,  40,  133, 136, 229, 173};
    tps_crypto_point point = {.curve = TPS_CURVE_P256, .size = 32};
    tps_result_keys ring = {0};
    tps_crypto_key *key = NULL;
    char text[512];
    size_t size;

    (void)state;
    memcpy(point.x, x, 32);
    memcpy(point.y, y, 32);
    assert_status(tps_crypto_key_from_point(&point, &key), TPS_OK);
    assert_status(tps_result_keys_add(&ring, key, 0), TPS_OK);
    assert_string_equal(ring.keys[0].id, "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
    assert_status(tps_result_key_jwk(&ring.keys[0], TPS_BUF_OF(text), &size), TPS_OK);
    text[size] = '\0';
    assert_string_equal(
        text, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
              "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\",\"alg\":\"ES256\","
              "\"use\":\"sig\",\"kid\":\"oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U\"}");
    assert_status(tps_result_key_jwk(&ring.keys[0], (tps_buf){(uint8_t *)text, 9}, &size),
                  TPS_BUFFER_TOO_SMALL);
    tps_crypto_key_free(key);
}

static void the_newest_active_key_signs(void **state)
{
    tps_result_keys ring = ring_of((const int64_t[]){1000, 3000, 2000}, 3);

    (void)state;
    expect_active(&ring, 999, 0);
    expect_active(&ring, 1000, A);
    expect_active(&ring, 1999, A);
    expect_active(&ring, 2000, C);
    expect_active(&ring, 3000, B);
    ring = ring_of((const int64_t[]){1000, 1000}, 2);
    expect_active(&ring, 1000, B);
}

static void both_keys_are_published_while_they_overlap(void **state)
{
    tps_result_keys ring = ring_of((const int64_t[]){1000, 2000}, 2);

    (void)state;
    expect_published(&ring, 500, (const uint8_t[]){B, A, 0});  /* both are to come */
    expect_published(&ring, 1500, (const uint8_t[]){A, B, 0}); /* one signs, the next is known */
    expect_published(&ring, 2000, (const uint8_t[]){B, A, 0}); /* what the first signed counts */
    expect_published(&ring, 1999 + LIFETIME, (const uint8_t[]){B, A, 0});
    expect_published(&ring, 2000 + LIFETIME, (const uint8_t[]){B, 0});
    ring = ring_of((const int64_t[]){1000, 2000, 4000}, 3);
    expect_published(&ring, 4100, (const uint8_t[]){C, B, 0}); /* the first is not needed again */
}

static void every_result_finds_its_key_as_long_as_it_counts(void **state)
{
    tps_result_keys ring = ring_of((const int64_t[]){1000, 1100, 1700, 2500}, 4);

    (void)state;
    assert_status(tps_result_keys_retire(&ring, ring.keys[2].id, 1900), TPS_OK); /* 1100's signs again */
    assert_status(tps_result_keys_retire(&ring, ring.keys[3].id, 2600), TPS_OK);
    assert_status(tps_result_keys_retire(&ring, ring.keys[1].id, 2800), TPS_OK);
    for (int64_t signed_at = 990; signed_at < 3300; signed_at += 7) {
        const tps_result_key *key = tps_result_keys_active(&ring, signed_at);
        for (int64_t now = signed_at; key != NULL && now <= signed_at + LIFETIME; now += 13) {
            assert_true(tps_result_keys_is_needed(&ring, key, now, LIFETIME));
        }
    }
    assert_false(tps_result_keys_is_needed(&ring, &ring.keys[2], 1900 + LIFETIME, LIFETIME));
    assert_false(tps_result_keys_is_needed(&ring, &ring.keys[1], 2800 + LIFETIME, LIFETIME));
}

static void a_retired_key_signs_no_more_and_stays_as_long_as_it_is_needed(void **state)
{
    tps_result_keys ring = ring_of((const int64_t[]){1000, 2000}, 2);

    (void)state;
    assert_status(tps_result_keys_retire(&ring, ring.keys[1].id, 2200), TPS_OK);
    assert_status(tps_result_keys_retire(&ring, ring.keys[1].id, 9000), TPS_OK); /* the earlier one counts */
    expect_active(&ring, 2199, B);
    expect_active(&ring, 2200, A);
    expect_published(&ring, 2200, (const uint8_t[]){A, B, 0});
    expect_published(&ring, 2200 + LIFETIME, (const uint8_t[]){A, 0});
    assert_status(tps_result_keys_retire(&ring, ring.keys[0].id, 2600), TPS_OK);
    expect_active(&ring, 2600, 0);
    expect_published(&ring, 2600, (const uint8_t[]){A, 0});
    expect_published(&ring, 2600 + LIFETIME, (const uint8_t[]){0});
    assert_status(tps_result_keys_retire(&ring, "x", 1), TPS_NOT_FOUND);
}

static void a_key_that_retires_before_it_begins_is_never_published(void **state)
{
    tps_result_keys ring = ring_of((const int64_t[]){1000}, 1);

    (void)state;
    assert_status(tps_result_keys_retire(&ring, ring.keys[0].id, 1000), TPS_OK);
    expect_published(&ring, 500, (const uint8_t[]){0});
    expect_published(&ring, 1500, (const uint8_t[]){0});
}

static void a_removed_key_is_gone_at_once(void **state)
{
    tps_result_keys ring = ring_of((const int64_t[]){1000, 2000, 3000}, 3);
    char id[TPS_RESULT_KEY_ID_SIZE];

    (void)state;
    memcpy(id, ring.keys[1].id, sizeof id);
    assert_status(tps_result_keys_remove(&ring, id), TPS_OK);
    assert_status(tps_result_keys_remove(&ring, id), TPS_NOT_FOUND);
    expect_active(&ring, 2500, A);
    expect_active(&ring, 3000, C);
    expect_published(&ring, 2500, (const uint8_t[]){A, C, 0});
}

static void times_at_their_limits_are_no_trap(void **state)
{
    tps_result_keys ring = ring_of((const int64_t[]){INT64_MIN, INT64_MAX - 1}, 2);

    (void)state;
    expect_active(&ring, 0, A);
    expect_active(&ring, INT64_MAX - 1, B);
    expect_published(&ring, INT64_MIN, (const uint8_t[]){A, B, 0});
    assert_true(tps_result_keys_is_needed(&ring, &ring.keys[0], 5, -1)); /* it signs now */
    assert_status(tps_result_keys_retire(&ring, ring.keys[0].id, INT64_MIN), TPS_OK);
    expect_active(&ring, 0, 0);
    assert_false(tps_result_keys_is_needed(&ring, &ring.keys[0], INT64_MAX, INT64_MAX));
}

static void what_cannot_sign_results_is_refused(void **state)
{
    tps_result_keys ring = {0};
    tps_crypto_key *other = NULL;

    (void)state;
    assert_status(tps_crypto_key_generate(TPS_CURVE_P384, &other), TPS_OK);
    assert_status(tps_result_keys_add(&ring, other, 0), TPS_CRYPTO_ALG_REFUSED);
    tps_crypto_key_free(other);
    assert_status(tps_result_keys_add(&ring, device_key(1), 0), TPS_OK);
    assert_status(tps_result_keys_add(&ring, device_key(1), 5), TPS_BAD_ARGUMENT);
    for (uint8_t i = 2; i <= TPS_RESULT_KEYS_MAX; i++) {
        assert_status(tps_result_keys_add(&ring, device_key(i), 0), TPS_OK);
    }
    assert_status(tps_result_keys_add(&ring, device_key(20), 0), TPS_TOO_LARGE);
}

static void results_of_two_keys_are_found_by_their_kid_during_the_overlap(void **state)
{
    static uint8_t text[8192];
    static uint8_t room_bytes[16384];
    static tps_appraisal part = {.scheme = TPS_SCHEME_PSA};
    tps_result_keys ring = ring_of((const int64_t[]){NOW, NOW + 100}, 2);

    (void)state;
    for (int i = 0; i < 2; i++) {
        int64_t iat = NOW + 100 * i;
        const tps_result_key *key = tps_result_keys_active(&ring, iat);
        tps_cose_signer signer = tps_cose_signer_of_key(key->key, TPS_ALG_ES256);
        tps_ear_options options = {.key_id = key->id, .iat = iat, .exp = iat + LIFETIME};
        tps_ear_terms terms = {.now = NOW + 101};
        tps_buf room = TPS_BUF_OF(room_bytes);
        tps_jws_header header;
        tps_jws jws;
        tps_ear ear;
        size_t size;
        assert_status(tps_ear_jwt(&part, 1, &options, &signer, TPS_BUF_OF(text), &size), TPS_OK);
        assert_status(tps_jws_parse(tps_span_make(text, size), &jws), TPS_OK);
        assert_status(tps_jws_read_header(&jws, &room, &header, NULL), TPS_OK);
        assert_true(tps_span_is_text(header.kid, key->id));
        assert_true(tps_result_keys_is_needed(&ring, key, terms.now, LIFETIME));
        assert_status(tps_ear_verify_jwt(tps_span_make(text, size), key->key, &terms, &room, &ear, NULL),
                      TPS_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_named_by_its_thumbprint),
        cmocka_unit_test(the_newest_active_key_signs),
        cmocka_unit_test(both_keys_are_published_while_they_overlap),
        cmocka_unit_test(every_result_finds_its_key_as_long_as_it_counts),
        cmocka_unit_test(a_retired_key_signs_no_more_and_stays_as_long_as_it_is_needed),
        cmocka_unit_test(a_key_that_retires_before_it_begins_is_never_published),
        cmocka_unit_test(a_removed_key_is_gone_at_once),
        cmocka_unit_test(times_at_their_limits_are_no_trap),
        cmocka_unit_test(what_cannot_sign_results_is_refused),
        cmocka_unit_test(results_of_two_keys_are_found_by_their_kid_during_the_overlap),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
