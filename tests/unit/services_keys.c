/* SPDX-License-Identifier: Apache-2.0 */
/* The derivations of spec/keys.md against its test vectors, which were computed without our code
 * (tests/conformance/keys_judge.py computes every one of them again). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/boot/keys.h"
#include "support/vectors.h"
#include "tps/dice.h"

static char page[65536];

static int read_page(void **state)
{
    FILE *file = fopen("spec/keys.md", "rb");
    size_t size;

    (void)state;
    assert_non_null(file);
    size = fread(page, 1, sizeof(page) - 1, file);
    (void)fclose(file);
    page[size] = '\0';
    return size > 0 ? 0 : -1;
}

/* The bytes of the vector with this name; the caller frees them. */
static tps_buf vector(const char *name)
{
    char row[128];
    const char *at;
    char hex[256] = "";

    (void)snprintf(row, sizeof(row), "\n| %s | `", name);
    at = strstr(page, row);
    if (at == NULL) {
        fail_msg("spec/keys.md has no vector \"%s\"", name);
        return (tps_buf){NULL, 0};
    }
    assert_int_equal(sscanf(at + strlen(row), "%255[0-9a-f]", hex), 1);
    return bytes_from_hex(hex);
}

static void assert_vector(const char *name, const uint8_t *bytes, size_t size)
{
    tps_buf expected = vector(name);

    assert_int_equal(size, expected.size);
    assert_memory_equal(bytes, expected.data, size);
    free(expected.data);
}

static void get(const char *name, uint8_t *bytes, size_t size)
{
    tps_buf content = vector(name);

    assert_int_equal(content.size, size);
    memcpy(bytes, content.data, size);
    free(content.data);
}

/* Private scalar, X and Y of a key; frees it. */
static void assert_key(const char *name, tps_crypto_key *key)
{
    char row[64];
    uint8_t scalar[32];
    tps_crypto_point point;

    assert_int_equal(tps_crypto_key_scalar(key, TPS_BUF_OF(scalar)), TPS_OK);
    (void)snprintf(row, sizeof(row), "%s, private scalar", name);
    assert_vector(row, scalar, 32);
    assert_int_equal(tps_crypto_key_point(key, &point), TPS_OK);
    (void)snprintf(row, sizeof(row), "%s, X", name);
    assert_vector(row, point.x, 32);
    (void)snprintf(row, sizeof(row), "%s, Y", name);
    assert_vector(row, point.y, 32);
    tps_crypto_key_free(key);
}

/* What a device starts from. */
typedef struct {
    uint8_t unique[32];
    tps_keys_inputs inputs;
    uint8_t cdi_attest[32], cdi_seal[32], s0[32];
    uint8_t provider[32], owner[32];
} start;

static start start_of_vectors(void)
{
    start s;
    uint8_t mode;

    get("unique secret", s.unique, 32);
    get("code", s.inputs.code, 32);
    get("configuration (boot digest)", s.inputs.configuration, 32);
    get("authority", s.inputs.authority, 32);
    get("mode", &mode, 1);
    s.inputs.mode = mode;
    get("CDI_A(R)", s.cdi_attest, 32);
    get("CDI_S(R)", s.cdi_seal, 32);
    get("S(0)", s.s0, 32);
    get("P", s.provider, 32);
    get("E", s.owner, 32);
    return s;
}

static void device_id_is_as_specified(void **state)
{
    start s = start_of_vectors();
    tps_crypto_key *key;

    (void)state;
    assert_int_equal(tps_keys_device_id(TPS_SPAN_OF(s.unique), &key), TPS_OK);
    assert_key("DeviceID", key);
}

static void cdis_are_as_specified_in_each_mode(void **state)
{
    start s = start_of_vectors();
    uint8_t out[32];

    (void)state;
    assert_int_equal(tps_keys_cdi_attest(TPS_SPAN_OF(s.unique), &s.inputs, out), TPS_OK);
    assert_vector("CDI_A(R)", out, 32);
    assert_int_equal(tps_keys_cdi_seal(TPS_SPAN_OF(s.unique), &s.inputs, out), TPS_OK);
    assert_vector("CDI_S(R)", out, 32);

    s.inputs.mode = TPS_DICE_MODE_DEBUG;
    assert_int_equal(tps_keys_cdi_attest(TPS_SPAN_OF(s.unique), &s.inputs, out), TPS_OK);
    assert_vector("CDI_A(R) in mode 2, debug", out, 32);
    assert_int_equal(tps_keys_cdi_seal(TPS_SPAN_OF(s.unique), &s.inputs, out), TPS_OK);
    assert_vector("CDI_S(R) in mode 2, debug", out, 32);
}

static void cdi_s_stays_over_updates_and_cdi_a_does_not(void **state)
{
    start s = start_of_vectors();
    uint8_t out[32];

    (void)state;
    s.inputs.code[31] ^= 1;
    assert_int_equal(tps_keys_cdi_attest(TPS_SPAN_OF(s.unique), &s.inputs, out), TPS_OK);
    assert_memory_not_equal(out, s.cdi_attest, 32);
    s.inputs.code[31] ^= 1;
    s.inputs.configuration[0] ^= 1;
    assert_int_equal(tps_keys_cdi_attest(TPS_SPAN_OF(s.unique), &s.inputs, out), TPS_OK);
    assert_memory_not_equal(out, s.cdi_attest, 32);
    assert_int_equal(tps_keys_cdi_seal(TPS_SPAN_OF(s.unique), &s.inputs, out), TPS_OK);
    assert_memory_equal(out, s.cdi_seal, 32);

    s.inputs.authority[0] ^= 1;
    assert_int_equal(tps_keys_cdi_seal(TPS_SPAN_OF(s.unique), &s.inputs, out), TPS_OK);
    assert_memory_not_equal(out, s.cdi_seal, 32);
}

static void each_s_follows_from_the_one_after_it(void **state)
{
    static const struct {
        uint32_t v;
        const char *name;
    } known[] = {{255, "S(255)"}, {254, "S(254)"}, {7, "S(7)"}, {1, "S(1)"}, {0, "S(0)"}};
    start s = start_of_vectors();
    uint8_t newest[32];
    uint8_t out[32];

    (void)state;
    assert_int_equal(tps_keys_newest(s.cdi_seal, newest), TPS_OK);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        assert_int_equal(tps_keys_s(newest, 255, known[i].v, out), TPS_OK);
        assert_vector(known[i].name, out, 32);
    }
    get("S(1)", out, 32);
    assert_int_equal(tps_keys_older(out, out), TPS_OK);
    assert_memory_equal(out, s.s0, 32);
    assert_int_equal(tps_keys_s0(TPS_SPAN_OF(s.unique), &s.inputs, out), TPS_OK);
    assert_memory_equal(out, s.s0, 32);
}

static void nobody_derives_what_is_newer(void **state)
{
    static const uint8_t zeros[32];
    uint8_t out[32] = {1};

    (void)state;
    assert_int_equal(tps_keys_s(zeros, 7, 8, out), TPS_BAD_ARGUMENT);
    assert_memory_equal(out, zeros, 32);
    assert_int_equal(tps_keys_s(zeros, 256, 0, out), TPS_BAD_ARGUMENT);
}

static void keys_of_what_runs_are_as_specified(void **state)
{
    start s = start_of_vectors();
    tps_crypto_key *key;

    (void)state;
    assert_int_equal(tps_keys_layer(s.cdi_attest, &key), TPS_OK);
    assert_key("L_R", key);
    assert_int_equal(tps_keys_ak(s.cdi_attest, &key), TPS_OK);
    assert_key("AK_0", key);
    assert_int_equal(tps_keys_pairwise_ak(s.cdi_attest, s.provider, s.owner, &key), TPS_OK);
    assert_key("AK_p", key);
}

static void keys_of_the_device_and_instance_id_are_as_specified(void **state)
{
    start s = start_of_vectors();
    uint8_t id[33];
    tps_crypto_key *key;

    (void)state;
    assert_int_equal(tps_keys_fdo(s.s0, &key), TPS_OK);
    assert_key("FDO key", key);
    assert_int_equal(tps_keys_iak(s.s0, &key), TPS_OK);
    assert_int_equal(tps_keys_instance_id(key, id), TPS_OK);
    assert_vector("instance id", id, 33);
    assert_key("IAK", key);
}

static void keys_that_prove_the_device_to_a_peer_are_as_specified(void **state)
{
    start s = start_of_vectors();
    tps_crypto_key *key;

    (void)state;
    assert_int_equal(tps_keys_authentication(s.s0, &key), TPS_OK);
    assert_key("AUTH", key);
    assert_int_equal(tps_keys_pairwise_authentication(s.s0, s.provider, s.owner, &key), TPS_OK);
    assert_key("AUTH_p", key);
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

static void values_for_one_provider_are_as_specified(void **state)
{
    start s = start_of_vectors();
    uint8_t id[33];
    uint8_t seed[32];
    uint8_t shared[32];
    uint8_t s7[32];
    uint8_t out[32];

    (void)state;
    assert_int_equal(tps_keys_sueid(s.s0, s.provider, s.owner, id), TPS_OK);
    assert_vector("SUEID_p", id, 33);
    get("S(7)", s7, 32);
    assert_int_equal(tps_keys_context(s7, s.provider, s.owner, out), TPS_OK);
    assert_vector("context key of p under S(7)", out, 32);
    get("boot seed", seed, 32);
    assert_int_equal(tps_keys_bootseed(seed, s.provider, out), TPS_OK);
    assert_vector("bootseed_p", out, 32);
    get("shared secret of MAC_p", shared, 32);
    assert_int_equal(tps_keys_mac(TPS_SPAN_OF(shared), out, s7), TPS_OK);
    assert_vector("MAC_p", s7, 32);
}

static void keys_of_sealed_messages_are_as_specified(void **state)
{
    start s = start_of_vectors();
    uint8_t base[32];
    uint8_t owner[33];
    uint8_t out[32];

    (void)state;
    get("owner id of sealed messages", owner, 16);
    get("S(7)", base, 32);
    assert_int_equal(tps_keys_sealed(base, NULL, tps_span_make(owner, 16), out), TPS_OK);
    assert_vector("key of sealed messages under S(7)", out, 32);
    assert_int_equal(tps_keys_sealed(base, s.cdi_attest, tps_span_make(owner, 16), out), TPS_OK);
    assert_vector("key of bound sealed messages under S(7)", out, 32);
    get("context key of p under S(7)", base, 32);
    assert_int_equal(tps_keys_sealed(base, NULL, tps_span_make(owner, 16), out), TPS_OK);
    assert_vector("key of sealed messages of p under S(7)", out, 32);
    assert_int_equal(tps_keys_sealed(base, NULL, tps_span_make(owner, 33), out), TPS_BAD_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(device_id_is_as_specified),
        cmocka_unit_test(cdis_are_as_specified_in_each_mode),
        cmocka_unit_test(cdi_s_stays_over_updates_and_cdi_a_does_not),
        cmocka_unit_test(each_s_follows_from_the_one_after_it),
        cmocka_unit_test(nobody_derives_what_is_newer),
        cmocka_unit_test(keys_of_what_runs_are_as_specified),
        cmocka_unit_test(keys_of_the_device_and_instance_id_are_as_specified),
        cmocka_unit_test(keys_that_prove_the_device_to_a_peer_are_as_specified),
        cmocka_unit_test(instance_id_is_for_p256_only),
        cmocka_unit_test(keys_of_sealed_messages_are_as_specified),
        cmocka_unit_test(values_for_one_provider_are_as_specified),
    };

    return cmocka_run_group_tests(tests, read_page, NULL);
}
