/* SPDX-License-Identifier: Apache-2.0 */
/* The first stage and what reads its handover, with cryptography and the encoders of certificates failing at
 * their nth call, for all n: the secret is locked, nothing is handed over, and no image is refused for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/boot/boot.h"
#include "component/boot/certify.h"
#include "services_support.h"
#include "support/faults.h"
#include "support/stand_in.h"

STAND_IN(tps_crypto_hash_begin, (tps_crypto_hash * hash, int32_t alg), (hash, alg))
STAND_IN(tps_crypto_hash_of, (int32_t alg, tps_span bytes, tps_digest *digest), (alg, bytes, digest))
STAND_IN(tps_crypto_key_derive_p256, (const uint8_t seed[48], tps_crypto_key **key), (seed, key))
STAND_IN(tps_crypto_key_from_point, (const tps_crypto_point *point, tps_crypto_key **key), (point, key))
STAND_IN(tps_crypto_key_point, (const tps_crypto_key *key, tps_crypto_point *point), (key, point))
STAND_IN(tps_crypto_key_spki, (const tps_crypto_key *key, tps_buf out, size_t *size), (key, out, size))
STAND_IN(tps_crypto_sign,
         (tps_crypto_key * key, int32_t alg, const tps_digest *digest, tps_buf signature, size_t *size),
         (key, alg, digest, signature, size))
STAND_IN(tps_crypto_verify, (tps_crypto_key * key, int32_t alg, const tps_digest *digest, tps_span signature),
         (key, alg, digest, signature))
STAND_IN(tps_dice_fwids_write, (const tps_dice_fwid *fwids, size_t count, tps_buf out, tps_span *encoded),
         (fwids, count, out, encoded))
STAND_IN(tps_dice_tcb_info_write, (const tps_dice_tcb_info *info, tps_buf out, tps_span *encoded),
         (info, out, encoded))
STAND_IN(tps_dice_octets_encode, (tps_span content, tps_buf out, tps_span *encoded), (content, out, encoded))
STAND_IN(tps_dice_name_encode,
         (tps_span common_name, tps_span organization, tps_span serial_number, tps_buf out,
          tps_span *encoded),
         (common_name, organization, serial_number, out, encoded))

/* On failure it wipes, as it says. */
tps_status __real_tps_crypto_hkdf(tps_span secret, tps_span salt, tps_span info, tps_buf out);
tps_status __wrap_tps_crypto_hkdf(tps_span secret, tps_span salt, tps_span info, tps_buf out);
tps_status __wrap_tps_crypto_hkdf(tps_span secret, tps_span salt, tps_span info, tps_buf out)
{
    if (fault_now()) {
        memset(out.data, 0, out.size);
        return TPS_CRYPTO_FAILED;
    }
    return __real_tps_crypto_hkdf(secret, salt, info, out);
}

/* A hash is ended by its finish, whatever comes of it. */
tps_status __real_tps_crypto_hash_finish(tps_crypto_hash *hash, tps_digest *digest);
tps_status __wrap_tps_crypto_hash_finish(tps_crypto_hash *hash, tps_digest *digest);
tps_status __wrap_tps_crypto_hash_finish(tps_crypto_hash *hash, tps_digest *digest)
{
    tps_status status = __real_tps_crypto_hash_finish(hash, digest);

    return fault_now() ? TPS_CRYPTO_FAILED : status;
}

static void assert_wiped(const tps_handover *handover)
{
    static const tps_handover nothing;

    assert_memory_equal(handover, &nothing, sizeof nothing);
}

static device *new_booted(void)
{
    device *d = device_new();

    device_sign_component(d, 3);
    assert_int_equal(tps_boot(&d->platform, &d->handover, NULL), TPS_OK);
    return d;
}

static void a_first_stage_whose_cryptography_fails_hands_nothing_over(void **state)
{
    device *d = new_booted();
    bool has_struck = true;
    tps_error why;

    (void)state;
    for (unsigned n = 1; has_struck; n++) {
        tps_status status;

        d->is_locked = false;
        fault_arm(n);
        status = tps_boot(&d->platform, &d->handover, &why);
        has_struck = fault_struck();
        assert_int_equal(status, has_struck ? TPS_CRYPTO_FAILED : TPS_OK); /* never "refused" */
        assert_true(d->is_locked);
        if (has_struck) {
            assert_wiped(&d->handover);
            assert_int_equal(why.status, TPS_CRYPTO_FAILED);
        }
    }
    device_free(d);
}

static void a_handover_is_read_whole_or_not(void **state)
{
    static uint8_t room[TPS_HANDOVER_MAX];
    static tps_handover read;
    device *d = new_booted();
    bool has_struck = true;
    tps_span encoded;

    (void)state;
    assert_int_equal(tps_handover_encode(&d->handover, TPS_BUF_OF(room), &encoded), TPS_OK);
    for (unsigned n = 1; has_struck; n++) {
        tps_status status;

        fault_arm(n);
        status = tps_handover_decode(encoded, &read, NULL);
        has_struck = fault_struck();
        assert_int_equal(status, has_struck ? TPS_CRYPTO_FAILED : TPS_OK);
        if (has_struck) {
            assert_wiped(&read);
        }
    }
    device_free(d);
}

static void what_the_component_makes_of_it_is_made_or_not(void **state)
{
    static const uint8_t zeros[TPS_KEYS_SIZE];
    device *d = new_booted();
    bool has_struck = true;

    (void)state;
    for (unsigned n = 1; has_struck; n++) {
        uint8_t room[TPS_BOOT_CWT_MAX];
        tps_span made;
        tps_status status;

        fault_arm(n);
        status = tps_handover_ak_cwt(&d->handover, TPS_BUF_OF(room), &made);
        has_struck = fault_struck();
        assert_int_equal(status, has_struck ? TPS_CRYPTO_FAILED : TPS_OK);
    }
    has_struck = true;
    for (unsigned n = 1; has_struck; n++) {
        uint8_t s0[TPS_KEYS_SIZE];
        tps_status status;

        memset(s0, 0x5a, sizeof(s0));
        fault_arm(n);
        status = tps_keys_s0(TPS_SPAN_OF(d->secret), &d->handover.inputs, s0);
        has_struck = fault_struck();
        assert_int_equal(status, has_struck ? TPS_CRYPTO_FAILED : TPS_OK);
        assert_true(!has_struck || memcmp(s0, zeros, sizeof(s0)) == 0); /* nothing between is given away */
    }
    device_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_stage_whose_cryptography_fails_hands_nothing_over),
        cmocka_unit_test(a_handover_is_read_whole_or_not),
        cmocka_unit_test(what_the_component_makes_of_it_is_made_or_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
