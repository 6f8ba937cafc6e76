/* SPDX-License-Identifier: Apache-2.0 */
/* The derivations of spec/keys.md against its test vectors, which were computed without our code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/boot/keys.h"
#include "support/vectors.h"

static uint8_t unique[32], boot[32], provider[32], owner[32], seed[32];

static int fill(void **state)
{
    (void)state;
    for (size_t i = 0; i < 32; i++) {
        unique[i] = (uint8_t)i;
        boot[i] = (uint8_t)(0x20 + i);
        provider[i] = (uint8_t)(0x40 + i);
        owner[i] = (uint8_t)(0x60 + i);
        seed[i] = (uint8_t)(0x80 + i);
    }
    return 0;
}

static void assert_hex(const uint8_t *bytes, size_t size, const char *hex)
{
    tps_buf expected = bytes_from_hex(hex);

    assert_int_equal(size, expected.size);
    assert_memory_equal(bytes, expected.data, size);
    free(expected.data);
}

static void s0_and_cdi_are_as_specified(void **state)
{
    uint8_t out[32];

    (void)state;
    assert_int_equal(tps_keys_s0(TPS_SPAN_OF(unique), out), TPS_OK);
    assert_hex(out, 32, "8844d27570706741644fcad62768e5300fa72956f67882e099d374851e31b45a");

    assert_int_equal(tps_keys_cdi_attest(TPS_SPAN_OF(unique), boot, out), TPS_OK);
    assert_hex(out, 32, "4f8a9b73b063b8b69252b0c6b3a4d263562c7f9b01d17f4a4aa5092ab1eb1dec");
}

static void cdi_changes_with_the_firmware_and_s0_does_not_know_it(void **state)
{
    uint8_t one[32];
    uint8_t other[32];
    uint8_t changed[32];

    (void)state;
    memcpy(changed, boot, sizeof(changed));
    changed[31] ^= 1;
    assert_int_equal(tps_keys_cdi_attest(TPS_SPAN_OF(unique), boot, one), TPS_OK);
    assert_int_equal(tps_keys_cdi_attest(TPS_SPAN_OF(unique), changed, other), TPS_OK);
    assert_memory_not_equal(one, other, 32);
}

static void iak_and_instance_id_are_as_specified(void **state)
{
    uint8_t s0[32];
    uint8_t scalar[32];
    uint8_t id[33];
    tps_crypto_point point;
    tps_crypto_key *key;

    (void)state;
    assert_int_equal(tps_keys_s0(TPS_SPAN_OF(unique), s0), TPS_OK);
    assert_int_equal(tps_keys_iak(s0, &key), TPS_OK);
    assert_int_equal(tps_crypto_key_scalar(key, TPS_BUF_OF(scalar)), TPS_OK);
    assert_hex(scalar, 32, "59d01fb729bca74bdd545b144d877f3904baf51cdff4e22ee9d5b1b8defe7c10");
    assert_int_equal(tps_crypto_key_point(key, &point), TPS_OK);
    assert_hex(point.x, 32, "ca16554e14d74dc52cfcd640e727333d1a79a772829e5dcf831f750aaef3bff9");
    assert_hex(point.y, 32, "1c4e63e0ad260dd4618aa1857b27395f778cf23a6b821788938f80b49c830b1d");

    assert_int_equal(tps_keys_instance_id(key, id), TPS_OK);
    assert_hex(id, 33, "017d7765f6b938286829d484c92c92b0ae472f62abe5ee344ea06521543a212121");
    tps_crypto_key_free(key);
}

static void instance_id_is_for_p256_only(void **state)
{
    uint8_t id[33];
    tps_crypto_key *key;

    (void)state;
    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P384, &key), TPS_OK);
    assert_int_equal(tps_keys_instance_id(key, id), TPS_CRYPTO_ALG_REFUSED);
    tps_crypto_key_free(key);
}

static void pairwise_values_are_as_specified(void **state)
{
    uint8_t s0[32];
    uint8_t id[33];
    uint8_t pairwise[32];

    (void)state;
    assert_int_equal(tps_keys_s0(TPS_SPAN_OF(unique), s0), TPS_OK);
    assert_int_equal(tps_keys_sueid(s0, provider, owner, id), TPS_OK);
    assert_hex(id, 33, "01c854460fd1771fe33e3a068b7ca52e6b450171873f994da67d3e40b697fe2ed0");
    assert_int_equal(tps_keys_bootseed(seed, provider, pairwise), TPS_OK);
    assert_hex(pairwise, 32, "157a1e92350239fbe2090c56ab7c52e5e485aa2d69585472220ab9a021616f62");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s0_and_cdi_are_as_specified),
        cmocka_unit_test(cdi_changes_with_the_firmware_and_s0_does_not_know_it),
        cmocka_unit_test(iak_and_instance_id_are_as_specified),
        cmocka_unit_test(instance_id_is_for_p256_only),
        cmocka_unit_test(pairwise_values_are_as_specified),
    };

    return cmocka_run_group_tests(tests, fill, NULL);
}
