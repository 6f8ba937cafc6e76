/* SPDX-License-Identifier: Apache-2.0 */
/* The first stage: what it hands over, and that the unique secret is locked away whatever happens. */
#include "component/boot/boot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "services_support.h"

static int setup(void **state)
{
    *state = device_new();
    return 0;
}

static void assert_wiped(const tps_handover *handover)
{
    static const tps_handover nothing;

    assert_memory_equal(handover, &nothing, sizeof nothing);
}

static void the_facts_and_secrets_of_this_start_are_handed_over(void **state)
{
    device *d = *state;
    tps_handover *h = &d->handover;
    uint8_t secret[32];
    uint8_t expected[32];

    assert_int_equal(tps_boot(&d->platform, h, NULL), TPS_OK);
    assert_true(h->is_made);
    assert_true(h->are_all_signed);
    assert_int_equal(h->lifecycle, TPS_LIFECYCLE_SECURED);
    assert_int_equal(h->image_count, 2);
    assert_string_equal(h->images[1].name, "application");
    assert_string_equal(h->images[1].version, "1.0.0");
    assert_true(tps_span_is_text(h->identity.serial, "bulb-0001"));
    assert_int_equal(h->boot_count, 1);
    for (size_t i = 0; i < sizeof secret; i++) {
        secret[i] = (uint8_t)i;
    }
    assert_int_equal(tps_keys_s0(TPS_SPAN_OF(secret), &h->inputs, expected), TPS_OK);
    assert_memory_equal(h->s0, expected, sizeof expected);
    assert_int_equal(tps_keys_cdi_attest(TPS_SPAN_OF(secret), &h->inputs, expected), TPS_OK);
    assert_memory_equal(h->cdi_attest, expected, sizeof expected);
}

static void the_secret_is_locked_afterwards(void **state)
{
    device *d = *state;
    uint8_t secret[TPS_UNIQUE_SECRET_SIZE];

    assert_int_equal(tps_boot(&d->platform, &d->handover, NULL), TPS_OK);
    assert_int_equal(d->platform.unique_secret(d, secret), TPS_COMPONENT_NO_SECRET);
}

/* Whatever fails, no secret is left readable, and nothing is handed over. */
static void each_failure_locks_the_secret_and_hands_nothing_over(void **state)
{
    device *d = *state;
    unsigned calls;

    assert_int_equal(tps_boot(&d->platform, &d->handover, NULL), TPS_OK);
    calls = d->calls;
    for (unsigned n = 1; n <= calls; n++) {
        tps_error why = {TPS_OK, 0, NULL};
        tps_status status;

        d->is_locked = false;
        d->calls = 0;
        d->fail_at = n;
        status = tps_boot(&d->platform, &d->handover, &why);
        assert_int_not_equal(status, TPS_OK);
        assert_int_equal(why.status, status);
        assert_true(d->is_locked);
        assert_wiped(&d->handover);
    }
}

static tps_status never_lock(void *context)
{
    (void)context;
    return TPS_COMPONENT_NOT_LOCKED;
}

/* Who starts something else after a refused image must know that the secret lies open. */
static void a_secret_that_is_not_locked_is_the_worst_of_failures(void **state)
{
    device *d = *state;
    tps_error why;

    d->platform.lock_secret = never_lock;
    d->r_manifest_size = 0;
    assert_int_equal(tps_boot(&d->platform, &d->handover, &why), TPS_COMPONENT_NOT_LOCKED);
    assert_int_equal(why.status, TPS_COMPONENT_NOT_LOCKED);
    assert_string_equal(why.detail, "the unique secret");
    assert_wiped(&d->handover);
}

static void a_table_of_another_version_is_not_called(void **state)
{
    device *d = *state;

    d->platform.version++;
    assert_int_equal(tps_boot(&d->platform, &d->handover, NULL), TPS_BAD_ARGUMENT);
    assert_int_equal(d->calls, 0);
    assert_wiped(&d->handover);
}

static void a_device_without_a_secret_does_not_start(void **state)
{
    device *d = *state;

    d->is_locked = true;
    assert_int_equal(tps_boot(&d->platform, &d->handover, NULL), TPS_COMPONENT_NO_SECRET);
    assert_wiped(&d->handover);
}

static void a_device_that_nobody_made_says_so(void **state)
{
    device *d = *state;

    d->identity_size = 0;
    assert_int_equal(tps_boot(&d->platform, &d->handover, NULL), TPS_OK);
    assert_false(d->handover.is_made);
    assert_int_equal(d->handover.lifecycle, TPS_LIFECYCLE_ASSEMBLY);
    assert_int_equal(tps_lifecycle_in_psa(TPS_LIFECYCLE_ASSEMBLY), 0x1000);
    assert_int_equal(tps_lifecycle_in_psa(TPS_LIFECYCLE_SECURED), 0x3000);
    assert_int_equal(tps_lifecycle_in_psa(TPS_LIFECYCLE_PROVISIONING), 0x2000);
    assert_int_equal(tps_lifecycle_in_psa(TPS_LIFECYCLE_DEBUG), 0x5000);
    assert_int_equal(tps_lifecycle_in_psa(TPS_LIFECYCLE_DECOMMISSIONED), 0x6000);
    assert_int_equal(tps_lifecycle_in_psa(99), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, device_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_facts_and_secrets_of_this_start_are_handed_over),
        TEST(the_secret_is_locked_afterwards),
        TEST(each_failure_locks_the_secret_and_hands_nothing_over),
        TEST(a_secret_that_is_not_locked_is_the_worst_of_failures),
        TEST(a_table_of_another_version_is_not_called),
        TEST(a_device_without_a_secret_does_not_start),
        TEST(a_device_that_nobody_made_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
