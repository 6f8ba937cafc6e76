/* SPDX-License-Identifier: Apache-2.0 */
/* What the services tell beside evidence, and what they make of a maker's files that are not as they should
 * be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "services_support.h"

static const tps_login login = {.method = TPSC_LOGIN_USER, .uid = 1000};

/* `count` certificates of three bytes each. */
static void give_certificates(device *d, uint64_t count)
{
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(d->certificates));

    tps_cbor_put_array(&w, count);
    for (uint64_t i = 0; i < count; i++) {
        tps_cbor_put_bytes(&w, TPS_SPAN_LITERAL("DER"));
    }
    d->certificates_size = w.size;
}

static void assert_not_understood(device *d, const tps_service *service, tps_span message)
{
    uint8_t room[4096];
    tps_span answer;

    assert_int_equal(ask(d, service, &login, message, TPS_BUF_OF(room), &answer), TPS_COMPONENT_BAD_MESSAGE);
}

static void the_public_key_is_told_in_two_forms(void **state)
{
    device *d = *state;
    tps_span answer = ask_hex(d, &tps_attestation_service, &login, "cba0");
    uint8_t spki[128];
    size_t size;
    tps_crypto_key *key;
    tps_crypto_point told;
    tps_crypto_point own;

    assert_int_equal(tps_crypto_key_spki(d->attestation.iak, TPS_BUF_OF(spki), &size), TPS_OK);
    assert_true(tps_span_equal(member(answer, 2), tps_span_make(spki, size)));
    assert_true(tps_span_equal(member(answer, 3), TPS_SPAN_OF(d->handover.ueid)));
    assert_int_equal(tps_cose_key_read(member(answer, 1), &key), TPS_OK);
    assert_int_equal(tps_crypto_key_point(key, &told), TPS_OK);
    assert_int_equal(tps_crypto_key_point(d->attestation.iak, &own), TPS_OK);
    assert_memory_equal(told.x, own.x, 32);
    tps_crypto_key_free(key);
    assert_not_understood(d, &tps_attestation_service, TPS_SPAN_LITERAL("\xcb\xa1\x02\x01"));
    assert_not_understood(d, &tps_attestation_service, TPS_SPAN_LITERAL("\xcc\xa1\x02\x01"));
    assert_not_understood(d, &tps_attestation_service, TPS_SPAN_LITERAL("\xcb\x01"));
    assert_not_understood(d, &tps_measurement_service, TPS_SPAN_LITERAL("\xca\xa1\x01\x01"));
}

static void certificates_are_told_and_go_into_opentps_evidence(void **state)
{
    device *d = *state;
    tps_cose_sign1 token;
    tps_span chain[2];

    assert_int_equal(member(ask_hex(d, &tps_attestation_service, &login, "cca0"), 1).data[0], 0x80);
    give_certificates(d, 2);
    device_start(d);

    assert_int_equal(member(ask_hex(d, &tps_attestation_service, &login, "cca0"), 1).data[0], 0x82);
    assert_int_equal(
        tps_cose_sign1_parse(
            member(ask_hex(d, &tps_attestation_service, &login, "caa2010202480101010101010101"), 1), &token,
            NULL),
        TPS_OK);
    assert_int_equal(token.headers.x5chain_count, 2);
    assert_int_equal(tps_cose_certificates(token.headers.x5chain, chain, 2), 2);
    assert_true(tps_span_is_text(chain[1], "DER"));
}

static void certificates_that_cannot_be_read_stop_the_start(void **state)
{
    device *d = *state;

    give_certificates(d, TPS_COSE_X5CHAIN_MAX + 1);
    assert_int_equal(device_try_start(d), TPS_COMPONENT_BAD_IDENTITY);
    give_certificates(d, 1);
    d->certificates[0] = 0xa1; /* a map */
    assert_int_not_equal(device_try_start(d), TPS_OK);
    give_certificates(d, 1);
    d->certificates[1] = 0x63; /* text */
    assert_int_equal(device_try_start(d), TPS_COMPONENT_BAD_IDENTITY);
    d->certificates_size = sizeof(d->certificates);
    assert_int_equal(device_try_start(d), TPS_TOO_LARGE);
}

/* How many members the last image of the measurements has. */
static size_t last_image(tps_span answer)
{
    tps_cbor_reader r = tps_cbor_reader_init(member(answer, 1));
    tps_cbor_list images = tps_cbor_enter_array(&r);
    size_t members = 0;

    while (tps_cbor_next(&r, &images)) {
        tps_cbor_list map = tps_cbor_enter_map(&r);

        for (members = 0; tps_cbor_next(&r, &map); members++) {
            (void)tps_cbor_skip(&r);
            (void)tps_cbor_skip(&r);
        }
    }
    assert_int_equal(r.status, TPS_OK);
    return members;
}

static void measurements_are_told_as_they_are(void **state)
{
    device *d = *state;
    tps_span answer = ask_hex(d, &tps_measurement_service, &login, "caa0");

    assert_true(tps_span_equal(member(answer, 3), TPS_SPAN_OF(d->handover.boot_digest)));
    assert_int_equal(last_image(answer), 4);        /* name, digest, version, signer */
    assert_int_equal(member(answer, 2).data[0], 1); /* boots */

    d->image[0] ^= 1;
    d->has_no_counters = true;
    device_start(d);
    answer = ask_hex(d, &tps_measurement_service, &login, "caa0");
    assert_int_equal(answer.data[1], 0xa2); /* no boot count: this platform has none */
    assert_int_equal(last_image(answer), 2);
}

static void without_counters_evidence_has_no_boot_count(void **state)
{
    device *d = *state;

    d->has_no_counters = true;
    device_start(d);
    assert_false(d->handover.has_boot_count);
    assert_int_equal(error_of(ask_hex(d, &tps_attestation_service, &login, "caa2010202480101010101010101")),
                     0);
}

static void the_instance_is_told_to_somebody(void **state)
{
    device *d = *state;
    tps_span answer = ask_hex(d, &tps_identification_service, &login, "cba0");

    assert_true(tps_span_equal(member(answer, 1), TPS_SPAN_OF(d->handover.ueid)));
    assert_true(tps_span_is_text(member(answer, 2), "bulb-0001"));
    assert_int_equal(member(answer, 3).size, 16);
    assert_not_understood(d, &tps_identification_service, TPS_SPAN_LITERAL("\xca\xa1\x01\x01"));
}

static void the_class_has_no_version_of_firmware_that_is_changed_or_gone(void **state)
{
    device *d = *state;

    assert_true(
        tps_span_is_text(member(ask_hex(d, &tps_identification_service, &login, "caa0"), 10), "1.0.0"));
    d->image[0] ^= 1;
    device_start(d);
    assert_int_equal(ask_hex(d, &tps_identification_service, &login, "caa0").data[1], 0xa9);
    d->image_size = 0; /* then the component itself is the last that is there */
    device_start(d);
    assert_true(
        tps_span_is_text(member(ask_hex(d, &tps_identification_service, &login, "caa0"), 10), "3.1.0"));
    d->platform.properties = 0;
    device_start(d);
    assert_true(tps_span_is_text(member(ask_hex(d, &tps_identification_service, &login, "caa0"), 6),
                                 TPS_COMPONENT_NAME));
}

static void an_image_is_named_as_storage_names_things(void **state)
{
    device *d = *state;
    const tps_span names[] = {TPS_SPAN_LITERAL("../x"), TPS_SPAN_LITERAL("a\0b"), TPS_SPAN_LITERAL(""),
                              TPS_SPAN_LITERAL("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        device_name_image(d, names[i]);
        assert_int_equal(device_try_start(d), TPS_COMPONENT_BAD_IDENTITY);
    }
}

static void a_manifest_for_something_else_does_not_count(void **state)
{
    static const uint8_t other_class[32] = {0xc2};
    device *d = *state;
    tps_manifest manifest = device_manifest("1.0.0");

    manifest.class_id = TPS_SPAN_OF(other_class);
    device_sign_manifest(d, manifest);
    device_start(d);
    assert_false(d->handover.images[1].is_signed);

    manifest = device_manifest("1.0.0");
    manifest.image = TPS_SPAN_LITERAL("boot");
    device_sign_manifest(d, manifest);
    device_start(d);
    assert_false(d->handover.images[1].is_signed);

    device_sign_image(d, "1.0.0");
    d->manifest_size = sizeof(d->manifest); /* larger than any manifest */
    device_start(d);
    assert_false(d->handover.images[1].is_signed);

    d->manifest_size = 0;
    device_start(d);
    assert_false(d->handover.images[1].is_signed);
}

static void an_image_of_whole_chunks_is_measured_to_its_end(void **state)
{
    device *d = *state;

    for (d->image_size = 1; d->image_size <= 2049; d->image_size += 1024) {
        for (size_t less = 0; less < 2; less++) {
            tps_digest digest;

            d->image_size -= less; /* 1, 0 is left out; 1025, 1024; 2049, 2048 */
            if (d->image_size > 0) {
                device_start(d);
                assert_int_equal(
                    tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(d->image, d->image_size), &digest),
                    TPS_OK);
                assert_memory_equal(digest.bytes, d->handover.images[1].digest, 32);
            }
            d->image_size += less;
        }
    }
}

static void a_platform_with_nothing_provided_is_a_device_not_made(void **state)
{
    device *d = *state;

    d->platform.provided_read = NULL;
    device_start(d);
    assert_false(d->handover.is_made);
}

static void what_is_provided_is_read_whole_or_not_at_all(void **state)
{
    device *d = *state;
    uint8_t room[3000];
    tps_span content;

    assert_int_equal(
        tps_provided_read_all(&d->platform, TPS_PROVIDED_IMAGE, "application", TPS_BUF_OF(room), &content),
        TPS_OK); /* exactly as large as the room */
    assert_int_equal(content.size, sizeof(room));
    assert_int_equal(tps_provided_read_all(&d->platform, TPS_PROVIDED_IMAGE, "application",
                                           (tps_buf){room, sizeof(room) - 1}, &content),
                     TPS_TOO_LARGE);
    d->calls = 0;
    d->fail_at = 2; /* the look for more */
    assert_int_equal(
        tps_provided_read_all(&d->platform, TPS_PROVIDED_IMAGE, "application", TPS_BUF_OF(room), &content),
        TPS_COMPONENT_STORAGE);
}

static void an_identity_larger_than_any_is_refused(void **state)
{
    device *d = *state;

    d->identity_size = sizeof(d->identity);
    assert_int_equal(device_try_start(d), TPS_TOO_LARGE);
}

static void an_empty_map_may_be_indefinite(void **state)
{
    device *d = *state;
    uint8_t room[512];
    tps_span answer;

    assert_int_equal(
        ask(d, &tps_lifecycle_service, &login, TPS_SPAN_LITERAL("\xca\xbf\xff"), TPS_BUF_OF(room), &answer),
        TPS_OK);
    assert_int_equal(ask(d, &tps_lifecycle_service, &login, TPS_SPAN_LITERAL("\xca\xbf\x01\x01\xff"),
                         TPS_BUF_OF(room), &answer),
                     TPS_COMPONENT_BAD_MESSAGE);
}

/* Which device this is, the first stage knows: no other service is needed to tell it. */
static void identification_tells_the_instance_alone(void **state)
{
    device *d = *state;
    const tps_service_slot alone[] = {{&tps_identification_service, NULL, 0}};
    TPSC_UUID type = TPSC_UUID_SC_TYPE_INSECURE_TEST;
    uint8_t room[512];
    tps_span answer;

    device_stop(d);
    assert_int_equal(tps_component_init(&d->component, &d->platform, &d->handover, type, alone, 1, NULL),
                     TPS_OK);
    assert_int_equal(
        ask(d, &tps_identification_service, &login, TPS_SPAN_LITERAL("\xcb\xa0"), TPS_BUF_OF(room), &answer),
        TPS_OK);
    assert_true(tps_span_equal(member(answer, 1), TPS_SPAN_OF(d->handover.ueid)));
    tps_component_finish(&d->component);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, device_setup, device_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_public_key_is_told_in_two_forms),
        TEST(certificates_are_told_and_go_into_opentps_evidence),
        TEST(certificates_that_cannot_be_read_stop_the_start),
        TEST(measurements_are_told_as_they_are),
        TEST(without_counters_evidence_has_no_boot_count),
        TEST(the_instance_is_told_to_somebody),
        TEST(the_class_has_no_version_of_firmware_that_is_changed_or_gone),
        TEST(an_image_is_named_as_storage_names_things),
        TEST(a_manifest_for_something_else_does_not_count),
        TEST(an_image_of_whole_chunks_is_measured_to_its_end),
        TEST(a_platform_with_nothing_provided_is_a_device_not_made),
        TEST(what_is_provided_is_read_whole_or_not_at_all),
        TEST(an_identity_larger_than_any_is_refused),
        TEST(an_empty_map_may_be_indefinite),
        TEST(identification_tells_the_instance_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
