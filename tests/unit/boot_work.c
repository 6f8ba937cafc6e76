/* SPDX-License-Identifier: Apache-2.0 */
/* How much public-key cryptography a start takes, counted by the fake back end (INSECURE): on a small chip
 * that is all that takes long, and each thing is done once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "component/boot/certify.h"
#include "services_support.h"
#include "support/fake_crypto/fake_crypto.h"

static void a_start_computes_each_public_key_once(void **state)
{
    device *d = *state;
    insecure_fake_work work;

    insecure_fake_fail(0);
    device_start(d);
    work = insecure_fake_done();

    assert_true(d->handover.are_all_signed);
    assert_int_equal(work.public_parts, 4);  /* DeviceID, L_R, AK_0, IAK */
    assert_int_equal(work.signatures, 3);    /* of L_R's certificates in DER and CBOR, and AK_0's */
    assert_int_equal(work.verifications, 2); /* of the manifests, one for each image */
}

static void a_device_that_was_not_made_computes_its_identifier_alone(void **state)
{
    device *d = *state;
    insecure_fake_work work;

    d->identity_size = 0;
    insecure_fake_fail(0);
    device_start(d);
    work = insecure_fake_done();

    assert_int_equal(work.public_parts, 1);
    assert_int_equal(work.signatures, 0);
    assert_int_equal(work.verifications, 0);
}

static void a_certificate_in_cbor_computes_both_public_keys_once(void **state)
{
    device *d = *state;
    uint8_t room[TPS_BOOT_CWT_MAX];
    tps_span made;

    insecure_fake_fail(0);
    assert_int_equal(tps_handover_ak_cwt(&d->handover, TPS_BUF_OF(room), &made), TPS_OK);

    assert_int_equal(insecure_fake_done().public_parts, 2);
    assert_int_equal(insecure_fake_done().signatures, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, device_setup, device_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_start_computes_each_public_key_once),
        TEST(a_device_that_was_not_made_computes_its_identifier_alone),
        TEST(a_certificate_in_cbor_computes_both_public_keys_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
