/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verified boot: no changed byte of any image or manifest runs with the keys that were, whatever is changed;
 * nothing older than what was accepted starts; and the lifecycle follows its counters.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "component/boot/boot.h"
#include "services_support.h"
#include "tps/eat.h"

static int setup(void **state)
{
    *state = device_new();
    return 0;
}

static tps_status try_boot(device *d, tps_error *why)
{
    d->is_locked = false;
    return tps_boot(&d->platform, &d->handover, why);
}

static void boot(device *d)
{
    assert_int_equal(try_boot(d, NULL), TPS_OK);
}

/* All keys of one start. */
typedef struct {
    uint8_t cdi[32], sv[32], s0[32];
} keys;

static keys keys_of(const device *d)
{
    keys k;

    memcpy(k.cdi, d->handover.cdi_attest, 32);
    memcpy(k.sv, d->handover.sv, 32);
    memcpy(k.s0, d->handover.s0, 32);
    return k;
}

/* ---- every byte ---- */

/* Changes each byte of R's image or manifest: nothing starts, and the secret is locked; or, where the change
 * is in what the signature does not cover, all keys of what runs are others. */
static void change_r(device *d, uint8_t *bytes, size_t size)
{
    keys before;

    boot(d);
    before = keys_of(d);
    for (size_t i = 0; i < size; i++) {
        tps_error why = {TPS_OK, 0, NULL};
        tps_status status;

        bytes[i] ^= 0x01;
        status = try_boot(d, &why);
        assert_true(d->is_locked);
        if (status == TPS_OK) {
            assert_memory_not_equal(d->handover.cdi_attest, before.cdi, 32);
        } else {
            assert_int_equal(status, TPS_COMPONENT_IMAGE_REFUSED);
            assert_string_equal(why.detail, "the component's own image");
        }
        bytes[i] ^= 0x01;
    }
}

static void no_changed_byte_of_the_component_starts(void **state)
{
    device *d = *state;

    change_r(d, d->r_image, d->r_image_size);
    change_r(d, d->r_manifest, d->r_manifest_size);
}

/* The same of a later image: the component starts with other keys, and says that it does not run. */
static void change_application(device *d, uint8_t *bytes, size_t size, size_t step)
{
    keys before;

    boot(d);
    before = keys_of(d);
    for (size_t i = 0; i < size; i += step) {
        bytes[i] ^= 0x80;
        boot(d);
        assert_memory_not_equal(d->handover.cdi_attest, before.cdi, 32);
        assert_memory_equal(d->handover.s0, before.s0, 32);
        assert_int_equal(d->handover.images[1].is_running, d->handover.images[1].is_signed);
        assert_int_equal(d->handover.images[1].is_running, d->handover.are_all_signed);
        bytes[i] ^= 0x80;
    }
}

static void a_changed_byte_of_a_later_image_does_not_run_and_changes_the_keys(void **state)
{
    device *d = *state;

    d->image_size = 300;
    device_sign_image(d, "1.0.0");
    change_application(d, d->image, d->image_size, 1);
    assert_true(d->handover.images[1].version[0] == '\0');
    assert_int_equal(d->handover.images[1].refusal, TPS_COMPONENT_IMAGE_REFUSED);
    change_application(d, d->manifest, d->manifest_size, 1);
}

/* ECDSA's other signature of the same payload, r and n - s, verifies: so the manifest's bytes are measured.
 */
static void another_signature_over_the_same_payload_gives_other_keys(void **state)
{
    static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                                      0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
    device *d = *state;
    uint8_t *s = d->r_manifest + d->r_manifest_size - 32;
    unsigned borrow = 0;
    keys before;

    boot(d);
    before = keys_of(d);
    for (size_t i = 32; i-- > 0;) {
        unsigned difference = 0x100u + order[i] - s[i] - borrow;

        s[i] = (uint8_t)difference;
        borrow = difference < 0x100u;
    }
    boot(d);
    assert_true(d->handover.images[0].is_running);
    assert_memory_not_equal(d->handover.cdi_attest, before.cdi, 32);
    assert_memory_equal(d->handover.s0, before.s0, 32);
}

static void a_changed_identity_gives_other_keys(void **state)
{
    device *d = *state;
    keys before;
    size_t started = 0;

    boot(d);
    before = keys_of(d);
    for (size_t i = 0; i < d->identity_size; i++) {
        d->identity[i] ^= 0x01;
        if (try_boot(d, NULL) == TPS_OK) {
            started++;
            assert_memory_not_equal(d->handover.cdi_attest, before.cdi, 32);
            assert_memory_not_equal(d->handover.s0, before.s0, 32);
        }
        d->identity[i] ^= 0x01;
    }
    assert_true(started > 20); /* the serial number, for one */
}

/* ---- what is missing ---- */

static void without_the_component_nothing_starts(void **state)
{
    device *d = *state;
    size_t size = d->r_image_size;
    tps_error why = {TPS_OK, 0, NULL};

    d->r_image_size = 0;
    assert_int_equal(try_boot(d, &why), TPS_COMPONENT_IMAGE_REFUSED);
    assert_string_equal(why.detail, "the component's own image is missing");
    d->r_image_size = size;
    size = d->r_manifest_size;
    d->r_manifest_size = 0;
    assert_int_equal(try_boot(d, NULL), TPS_COMPONENT_IMAGE_REFUSED);
    d->r_manifest_size = sizeof(d->r_manifest);
    assert_int_equal(try_boot(d, NULL), TPS_COMPONENT_IMAGE_REFUSED);
    d->r_manifest_size = size;
    boot(d);
}

static void an_image_that_is_missing_is_not_listed(void **state)
{
    device *d = *state;

    d->image_size = 0;
    boot(d);
    assert_int_equal(d->handover.image_count, 1);
    assert_false(d->handover.are_all_signed);
}

/* ---- security counters ---- */

static void sign_application(device *d, uint32_t counter)
{
    tps_manifest manifest = device_manifest("2.0.0");

    manifest.security_counter = counter;
    device_sign_manifest(d, manifest);
}

static void the_least_of_what_runs_counts(void **state)
{
    device *d = *state;
    uint8_t s0[32];

    device_sign_component(d, 9);
    sign_application(d, 5);
    boot(d);
    assert_int_equal(d->handover.security_counter, 5);
    memcpy(s0, d->handover.s0, 32);
    sign_application(d, 255);
    boot(d);
    assert_int_equal(d->handover.security_counter, 9);
    assert_memory_equal(d->handover.s0, s0, 32);
    device_sign_component(d, 255);
    boot(d);
    assert_int_equal(d->handover.security_counter, 255);
    assert_memory_equal(d->handover.s0, s0, 32);
}

/* Else taking an image away, and letting the device start once, would be the end of that image. */
static void an_image_that_is_taken_away_neither_raises_nor_lowers_v(void **state)
{
    device *d = *state;
    size_t size = d->image_size;
    uint8_t sv[32];

    device_sign_component(d, 9);
    sign_application(d, 5);
    for (unsigned i = 0; i < 3; i++) {
        boot(d);
        assert_true(d->handover.are_all_signed);
        assert_int_equal(d->handover.security_counter, 5);
        memcpy(sv, d->handover.sv, 32);
        assert_int_equal(tps_boot_accept(&d->platform, &d->handover), TPS_OK);

        d->image_size = i == 0 ? 0 : size; /* missing, or changed */
        d->image[0] ^= 1;
        boot(d);
        assert_false(d->handover.are_all_signed);
        assert_int_equal(d->handover.security_counter, 5);
        assert_memory_equal(d->handover.sv, sv, 32);
        assert_int_equal(tps_boot_accept(&d->platform, &d->handover), TPS_OK);
        assert_int_equal(d->counters[TPS_COUNTER_SECURITY], 5);
        d->image_size = size;
        d->image[0] ^= 1;
    }
    sign_application(d, 7); /* on trial, and gone: as the older one was */
    d->image_size = 0;
    boot(d);
    assert_int_equal(d->handover.security_counter, 5);
}

/* What the maker's tools never sign: a payload by hand. */
typedef struct {
    uint64_t counter;
    uint64_t size_more; /* beside the image's */
    uint64_t unknown;   /* a member more; 0: none */
    bool has_no_counter;
    const char *image;
} claims;

static void sign_by_hand(device *d, const claims *c)
{
    tps_manifest usual = device_manifest("2.0.0");
    uint8_t payload[512];
    uint8_t signer[32];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(payload));
    tps_cose_sign1_options options = {.content_type = TPS_SPAN_LITERAL(TPS_MANIFEST_CONTENT_TYPE)};
    tps_cose_signer by_key = tps_cose_signer_of_key(d->release_key, TPS_ALG_ESP256);
    tps_digest digest;
    tps_span encoded;

    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(d->image, d->image_size), &digest),
                     TPS_OK);
    tps_cbor_put_map(&w, 6u + (c->has_no_counter ? 0u : 1u) + (c->unknown != 0 ? 1u : 0u));
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_text(&w, c->image);
    tps_cbor_put_uint(&w, 2);
    tps_cbor_put_text_span(&w, usual.version);
    tps_cbor_put_uint(&w, 3);
    tps_cbor_put_bytes(&w, tps_span_make(digest.bytes, digest.size));
    tps_cbor_put_uint(&w, 4);
    tps_cbor_put_uint(&w, d->image_size + c->size_more);
    tps_cbor_put_uint(&w, 5);
    tps_cbor_put_bytes(&w, usual.class_id);
    tps_cbor_put_uint(&w, 6);
    tps_cbor_put_text_span(&w, usual.model);
    if (!c->has_no_counter) {
        tps_cbor_put_uint(&w, 7);
        tps_cbor_put_uint(&w, c->counter);
    }
    if (c->unknown != 0) {
        tps_cbor_put_uint(&w, c->unknown);
        tps_cbor_put_uint(&w, 0);
    }
    assert_int_equal(tps_manifest_signer_id(d->release_key, signer), TPS_OK);
    options.kid = TPS_SPAN_OF(signer);
    assert_int_equal(tps_cose_sign1_make(tps_span_make(payload, w.size), &options, &by_key,
                                         TPS_BUF_OF(d->manifest), &encoded),
                     TPS_OK);
    d->manifest_size = encoded.size;
}

/* Numbers that would be good if they were cut to 32 or 8 bits, and names that begin as the right one does. */
static void a_signed_manifest_says_exactly_what_it_may(void **state)
{
    static const claims good = {.counter = 255, .image = "application"};
    static const claims bad[] = {
        {.counter = 256, .image = "application"},
        {.counter = UINT64_C(0x100000003), .image = "application"},
        {.counter = UINT64_MAX, .image = "application"},
        {.has_no_counter = true, .image = "application"},
        {.unknown = 8, .image = "application"},
        {.size_more = 1, .image = "application"},
        {.size_more = UINT64_C(0x100000000), .image = "application"},
        {.image = "applicatio"},
        {.image = "application2"},
        {.image = "component"},
    };
    device *d = *state;

    sign_by_hand(d, &good);
    boot(d);
    assert_true(d->handover.images[1].is_running);
    assert_int_equal(d->handover.images[1].security_counter, 255);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        sign_by_hand(d, &bad[i]);
        boot(d);
        assert_false(d->handover.images[1].is_running);
        assert_int_equal(d->handover.images[1].refusal, TPS_COMPONENT_IMAGE_REFUSED);
        assert_int_equal(d->handover.images[1].security_counter, 0);
    }
}

static void a_counter_above_the_largest_lets_nothing_run(void **state)
{
    device *d = *state;
    tps_error why;

    device_sign_component(d, 255);
    d->counters[TPS_COUNTER_SECURITY] = 255;
    boot(d); /* the application is too old */
    assert_int_equal(d->handover.security_counter, 255);
    d->counters[TPS_COUNTER_SECURITY] = UINT64_C(0x100000000);
    assert_int_equal(try_boot(d, &why), TPS_COMPONENT_IMAGE_TOO_OLD);
    d->counters[TPS_COUNTER_SECURITY] = 256;
    assert_int_equal(try_boot(d, &why), TPS_COMPONENT_IMAGE_TOO_OLD);
}

static void newer_code_opens_what_older_code_sealed(void **state)
{
    device *d = *state;
    uint8_t older[32];
    uint8_t derived[32];

    device_sign_component(d, 3);
    sign_application(d, 3);
    boot(d);
    memcpy(older, d->handover.sv, 32);
    device_sign_component(d, 8);
    sign_application(d, 8);
    boot(d);
    assert_int_equal(tps_keys_s(d->handover.sv, 8, 3, derived), TPS_OK);
    assert_memory_equal(derived, older, 32);
}

static void nothing_older_than_what_was_accepted_starts(void **state)
{
    device *d = *state;
    tps_error why;

    device_sign_component(d, 3);
    sign_application(d, 3);
    boot(d);
    assert_int_equal(d->counters[TPS_COUNTER_SECURITY], 0); /* on trial: the older one still starts */
    device_sign_component(d, 2);
    boot(d);
    device_sign_component(d, 3);
    boot(d);
    assert_int_equal(tps_boot_accept(&d->platform, &d->handover), TPS_OK);
    assert_int_equal(d->counters[TPS_COUNTER_SECURITY], 3);
    assert_int_equal(tps_boot_accept(&d->platform, &d->handover), TPS_OK);
    assert_int_equal(d->counters[TPS_COUNTER_SECURITY], 3);

    device_sign_component(d, 2);
    assert_int_equal(try_boot(d, &why), TPS_COMPONENT_IMAGE_TOO_OLD);
    assert_string_equal(why.detail, "the component's own image");
    device_sign_component(d, 3);
    sign_application(d, 2);
    boot(d);
    assert_false(d->handover.images[1].is_running);
    assert_int_equal(d->handover.images[1].refusal, TPS_COMPONENT_IMAGE_TOO_OLD);
    assert_int_equal(d->handover.security_counter, 3);
}

static void accepting_goes_on_after_a_power_cut(void **state)
{
    device *d = *state;

    device_sign_component(d, 4);
    sign_application(d, 4);
    boot(d);
    for (unsigned n = 1; n <= 5; n++) {
        uint64_t before = d->counters[TPS_COUNTER_SECURITY];

        d->calls = 0;
        d->fail_at = 3;
        if (tps_boot_accept(&d->platform, &d->handover) == TPS_OK) {
            break;
        }
        assert_true(d->counters[TPS_COUNTER_SECURITY] > before);
        d->fail_at = 0;
        boot(d);
    }
    assert_int_equal(d->counters[TPS_COUNTER_SECURITY], 4);
    d->fail_at = 0;
    boot(d);
    d->calls = 0;
    d->fail_at = 1;
    assert_int_equal(tps_boot_accept(&d->platform, &d->handover), TPS_COMPONENT_STORAGE);
}

/* ---- lifecycle ---- */

static tps_status no_counter(void *context, uint32_t counter, uint64_t *value)
{
    (void)context;
    (void)counter;
    (void)value;
    return TPS_UNSUPPORTED;
}

static uint32_t lifecycle_with(device *d, uint64_t provisioned)
{
    d->counters[TPS_COUNTER_PROVISIONED] = provisioned;
    boot(d);
    return d->handover.lifecycle;
}

static void the_lifecycle_follows_its_counters(void **state)
{
    device *d = *state;

    assert_int_equal(lifecycle_with(d, 0), TPS_LIFECYCLE_ASSEMBLY);
    assert_int_equal(lifecycle_with(d, 1), TPS_LIFECYCLE_PROVISIONING);
    assert_int_equal(lifecycle_with(d, 2), TPS_LIFECYCLE_SECURED);
    assert_int_equal(lifecycle_with(d, 3), TPS_LIFECYCLE_SECURED);
    d->counters[TPS_COUNTER_DEBUG] = 1;
    assert_int_equal(lifecycle_with(d, 2), TPS_LIFECYCLE_DEBUG);
    d->counters[TPS_COUNTER_DEBUG] = 0;
    d->is_open = true;
    assert_int_equal(lifecycle_with(d, 2), TPS_LIFECYCLE_DEBUG);
    d->is_open = false;
    d->platform.counter_read = no_counter; /* a device without counters promises nothing */
    assert_int_equal(lifecycle_with(d, 2), TPS_LIFECYCLE_PROVISIONING);
    assert_int_equal(tps_boot_accept(&d->platform, &d->handover), TPS_OK);
    d->counters[TPS_COUNTER_DECOMMISSIONED] = 1;
    assert_int_equal(lifecycle_with(d, 2), TPS_LIFECYCLE_PROVISIONING);
}

static uint32_t told_debug_status;

static uint32_t tell_debug(void *context)
{
    (void)context;
    return told_debug_status;
}

/* Only who says that no debugger was there since the reset has the keys of a secured device. */
static void a_debugger_that_may_have_been_there_counts(void **state)
{
    device *d = *state;

    d->platform.debug_status = tell_debug;
    for (told_debug_status = 0; told_debug_status < 300; told_debug_status++) {
        bool is_closed = told_debug_status >= TPS_EAT_DEBUG_DISABLED_SINCE_BOOT &&
                         told_debug_status <= TPS_EAT_DEBUG_DISABLED_FULLY_AND_PERMANENTLY;

        boot(d);
        assert_int_equal(d->handover.lifecycle, is_closed ? TPS_LIFECYCLE_SECURED : TPS_LIFECYCLE_DEBUG);
        told_debug_status += told_debug_status == 6 ? 248 : 0;
    }
}

static void debug_and_unsecured_devices_have_keys_of_their_own(void **state)
{
    device *d = *state;
    keys secured;
    keys debug;

    boot(d);
    secured = keys_of(d);
    d->counters[TPS_COUNTER_DEBUG] = 1;
    boot(d);
    debug = keys_of(d);
    assert_memory_not_equal(debug.cdi, secured.cdi, 32);
    assert_memory_not_equal(debug.sv, secured.sv, 32);
    assert_memory_not_equal(debug.s0, secured.s0, 32);
    d->counters[TPS_COUNTER_DEBUG] = 0;
    assert_int_equal(lifecycle_with(d, 1), TPS_LIFECYCLE_PROVISIONING);
    assert_memory_not_equal(d->handover.s0, secured.s0, 32);
    assert_memory_not_equal(d->handover.s0, debug.s0, 32);
}

static unsigned secrets_asked;

static tps_status count_secret(void *context, uint8_t secret[TPS_UNIQUE_SECRET_SIZE])
{
    (void)context;
    (void)secret;
    secrets_asked++;
    return TPS_COMPONENT_NO_SECRET;
}

static void a_device_at_its_end_has_no_keys_and_its_secret_is_not_read(void **state)
{
    static const uint8_t zeros[32];
    device *d = *state;

    d->platform.unique_secret = count_secret;
    d->counters[TPS_COUNTER_DECOMMISSIONED] = 1;
    secrets_asked = 0;
    boot(d);
    assert_int_equal(secrets_asked, 0);
    assert_true(d->is_locked);
    assert_int_equal(d->handover.lifecycle, TPS_LIFECYCLE_DECOMMISSIONED);
    assert_false(d->handover.is_made);
    assert_memory_equal(d->handover.s0, zeros, 32);
    assert_memory_equal(d->handover.sv, zeros, 32);
    assert_memory_equal(d->handover.cdi_attest, zeros, 32);
    assert_int_equal(d->handover.layer_certificate_size, 0);
    assert_int_equal(tps_boot_accept(&d->platform, &d->handover), TPS_OK);
    assert_int_equal(d->counters[TPS_COUNTER_SECURITY], 0);
    d->r_image[0] ^= 1; /* it is verified to the last */
    assert_int_equal(try_boot(d, NULL), TPS_COMPONENT_IMAGE_REFUSED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, device_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_changed_byte_of_the_component_starts),
        TEST(a_changed_byte_of_a_later_image_does_not_run_and_changes_the_keys),
        TEST(another_signature_over_the_same_payload_gives_other_keys),
        TEST(a_changed_identity_gives_other_keys),
        TEST(without_the_component_nothing_starts),
        TEST(an_image_that_is_missing_is_not_listed),
        TEST(the_least_of_what_runs_counts),
        TEST(an_image_that_is_taken_away_neither_raises_nor_lowers_v),
        TEST(a_signed_manifest_says_exactly_what_it_may),
        TEST(a_counter_above_the_largest_lets_nothing_run),
        TEST(newer_code_opens_what_older_code_sealed),
        TEST(nothing_older_than_what_was_accepted_starts),
        TEST(accepting_goes_on_after_a_power_cut),
        TEST(the_lifecycle_follows_its_counters),
        TEST(a_debugger_that_may_have_been_there_counts),
        TEST(debug_and_unsecured_devices_have_keys_of_their_own),
        TEST(a_device_at_its_end_has_no_keys_and_its_secret_is_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
