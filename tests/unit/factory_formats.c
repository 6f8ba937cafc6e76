/* SPDX-License-Identifier: Apache-2.0 */
/* What the factory writes and the component reads: PEM keys, identities, release manifests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/boot/identity.h"
#include "component/boot/manifest.h"
#include "factory/pem.h"

static const uint8_t class_id[32] = {1};
static const uint8_t oemid[16] = {2};
static const uint8_t digest[32] = {3};

static tps_device_identity good_identity(void)
{
    static const uint8_t key[] = {0xa1, 0x01, 0x02};

    return (tps_device_identity){.vendor = TPS_SPAN_LITERAL("Acme"),
                                 .model = TPS_SPAN_LITERAL("bulb"),
                                 .oemid = TPS_SPAN_OF(oemid),
                                 .class_id = TPS_SPAN_OF(class_id),
                                 .hwversion = TPS_SPAN_LITERAL("1.0"),
                                 .serial = TPS_SPAN_LITERAL("bulb-0001"),
                                 .image_count = 2,
                                 .images = {TPS_SPAN_LITERAL("boot"), TPS_SPAN_LITERAL("application")},
                                 .release_key_count = 1,
                                 .release_keys = {TPS_SPAN_OF(key)}};
}

static tps_manifest good_manifest(void)
{
    return (tps_manifest){.image = TPS_SPAN_LITERAL("application"),
                          .version = TPS_SPAN_LITERAL("1.0.0"),
                          .digest = TPS_SPAN_OF(digest),
                          .size = 7,
                          .class_id = TPS_SPAN_OF(class_id),
                          .model = TPS_SPAN_LITERAL("bulb")};
}

static void a_private_key_survives_its_pem(void **state)
{
    char pem[FACTORY_KEY_PEM_SIZE];
    tps_crypto_key *key;
    tps_crypto_key *again;
    uint8_t scalars[2][32];
    size_t size;

    (void)state;
    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P256, &key), TPS_OK);
    assert_int_equal(factory_pem_write_key(key, pem, &size), TPS_OK);
    assert_true(size < sizeof(pem));
    assert_int_equal(tps_crypto_key_from_pem(tps_span_make(pem, size), &again), TPS_OK);
    assert_int_equal(tps_crypto_key_scalar(key, TPS_BUF_OF(scalars[0])), TPS_OK);
    assert_int_equal(tps_crypto_key_scalar(again, TPS_BUF_OF(scalars[1])), TPS_OK);
    assert_memory_equal(scalars[0], scalars[1], 32);
    tps_crypto_key_free(key);
    tps_crypto_key_free(again);
}

static void an_identity_is_read_as_it_was_written(void **state)
{
    tps_device_identity identity = good_identity();
    tps_device_identity read;
    uint8_t room[TPS_IDENTITY_MAX];
    tps_span encoded;

    (void)state;
    assert_int_equal(tps_identity_encode(&identity, TPS_BUF_OF(room), &encoded, NULL), TPS_OK);
    assert_int_equal(tps_identity_decode(encoded, &read, NULL), TPS_OK);
    assert_true(tps_span_equal(read.vendor, identity.vendor));
    assert_true(tps_span_equal(read.serial, identity.serial));
    assert_int_equal(read.image_count, 2);
    assert_true(tps_span_is_text(read.images[1], "application"));
    assert_true(tps_span_equal(read.release_keys[0], identity.release_keys[0]));
}

static void an_identity_out_of_bounds_is_neither_written_nor_read(void **state)
{
    static const uint8_t nine[] =
        "\xa1\x07\x89\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61";
    tps_device_identity wrong[14];
    tps_device_identity read;
    uint8_t room[TPS_IDENTITY_MAX];
    tps_span encoded;
    tps_error why;

    (void)state;
    for (size_t i = 0; i < 14; i++) {
        wrong[i] = good_identity();
    }
    wrong[0].vendor = TPS_SPAN_EMPTY;
    wrong[1].oemid.size = 4;
    wrong[2].class_id.size = 31;
    wrong[3].image_count = 0;
    wrong[4].release_key_count = 0;
    wrong[5].model = TPS_SPAN_EMPTY;
    wrong[6].hwversion = TPS_SPAN_LITERAL("123456789012345678901234567890123");
    wrong[7].serial = TPS_SPAN_EMPTY;
    wrong[8].image_count = TPS_IMAGES_MAX + 1;
    wrong[9].release_key_count = TPS_RELEASE_KEYS_MAX + 1;
    wrong[10].vendor = TPS_SPAN_LITERAL("a\0b");
    wrong[11].serial = TPS_SPAN_LITERAL("1\x1f");
    wrong[12].images[0] = TPS_SPAN_LITERAL("a\0b");
    wrong[13].images[0] = TPS_SPAN_LITERAL("");
    for (size_t i = 0; i < 14; i++) {
        assert_int_equal(tps_identity_encode(&wrong[i], TPS_BUF_OF(room), &encoded, &why),
                         TPS_COMPONENT_BAD_IDENTITY);
        assert_non_null(why.detail);
    }
    assert_int_equal(tps_identity_decode(tps_span_make(nine, sizeof(nine) - 1), &read, &why),
                     TPS_COMPONENT_BAD_IDENTITY);
    assert_int_equal(tps_identity_decode(TPS_SPAN_LITERAL("\xa0"), &read, &why), TPS_COMPONENT_BAD_IDENTITY);
    assert_int_equal(tps_identity_decode(TPS_SPAN_LITERAL("\xa1\x09\x01"), &read, &why),
                     TPS_COMPONENT_BAD_IDENTITY);
    assert_int_equal(tps_identity_decode(TPS_SPAN_LITERAL("\xa2\x01\x61\x61\x01\x61\x61"), &read, &why),
                     TPS_CBOR_DUPLICATE_KEY);
    assert_int_equal(tps_identity_decode(TPS_SPAN_EMPTY, &read, &why), TPS_CBOR_TRUNCATED);
}

/* A release key, as an encoded COSE_Key too. */
typedef struct {
    tps_crypto_key *key;
    uint8_t encoded[128];
    tps_span cose;
} release_key;

static void make_key(release_key *k)
{
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(k->encoded));

    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P256, &k->key), TPS_OK);
    assert_int_equal(tps_cose_key_put(&w, k->key), TPS_OK);
    k->cose = tps_span_make(k->encoded, w.size);
}

static void a_manifest_is_believed_of_the_keys_that_are_named_only(void **state)
{
    tps_manifest manifest = good_manifest();
    tps_manifest read;
    uint8_t room[TPS_MANIFEST_MAX];
    uint8_t signer[32];
    uint8_t expected[32];
    release_key old;
    release_key new;
    tps_span encoded;

    (void)state;
    make_key(&old);
    make_key(&new);
    assert_int_equal(tps_manifest_make(&manifest, new.key, TPS_BUF_OF(room), &encoded, NULL), TPS_OK);

    assert_int_equal(tps_manifest_verify(encoded, &old.cose, 1, &read, signer, NULL), TPS_COSE_NO_KEY);
    assert_int_equal(tps_manifest_verify(encoded, &new.cose, 0, &read, signer, NULL), TPS_COSE_NO_KEY);
    assert_int_equal(tps_manifest_verify(encoded, (tps_span[]){old.cose, new.cose}, 2, &read, signer, NULL),
                     TPS_OK);
    assert_int_equal(tps_manifest_signer_id(new.key, expected), TPS_OK);
    assert_memory_equal(signer, expected, 32);
    assert_true(tps_span_is_text(read.version, "1.0.0"));
    assert_int_equal(read.size, 7);
    tps_crypto_key_free(old.key);
    tps_crypto_key_free(new.key);
}

static void no_changed_byte_of_a_manifest_passes(void **state)
{
    tps_manifest manifest = good_manifest();
    tps_manifest read;
    uint8_t room[TPS_MANIFEST_MAX];
    uint8_t signer[32];
    release_key key;
    tps_span encoded;

    (void)state;
    make_key(&key);
    assert_int_equal(tps_manifest_make(&manifest, key.key, TPS_BUF_OF(room), &encoded, NULL), TPS_OK);
    for (size_t i = 0; i < encoded.size; i++) {
        room[i] ^= 0x01;
        assert_int_not_equal(tps_manifest_verify(encoded, &key.cose, 1, &read, signer, NULL), TPS_OK);
        room[i] ^= 0x01;
    }
    for (size_t i = 0; i < encoded.size; i++) {
        assert_int_not_equal(tps_manifest_verify(tps_span_make(room, i), &key.cose, 1, &read, signer, NULL),
                             TPS_OK);
    }
    tps_crypto_key_free(key.key);
}

static void a_manifest_out_of_bounds_is_not_made(void **state)
{
    tps_manifest wrong[13];
    uint8_t room[TPS_MANIFEST_MAX];
    release_key key;
    tps_span encoded;
    tps_error why;

    (void)state;
    make_key(&key);
    for (size_t i = 0; i < 13; i++) {
        wrong[i] = good_manifest();
    }
    wrong[0].image = TPS_SPAN_EMPTY;
    wrong[1].image = TPS_SPAN_LITERAL("1234567890123456789012345678901234567890123456789");
    wrong[2].version = TPS_SPAN_EMPTY;
    wrong[3].version = TPS_SPAN_LITERAL("123456789012345678901234567890123");
    wrong[4].digest.size = 31;
    wrong[5].class_id.size = 31;
    wrong[6].model = TPS_SPAN_EMPTY;
    wrong[7].model = wrong[3].version;
    wrong[8].image = TPS_SPAN_LITERAL("a\0b");
    wrong[9].image = TPS_SPAN_LITERAL("A");
    wrong[10].version = TPS_SPAN_LITERAL("\0001.0");
    wrong[11].version = TPS_SPAN_LITERAL("1.0\x7f");
    wrong[12].model = TPS_SPAN_LITERAL("a\nb");
    for (size_t i = 0; i < 13; i++) {
        assert_int_equal(tps_manifest_make(&wrong[i], key.key, TPS_BUF_OF(room), &encoded, &why),
                         TPS_CLAIM_BAD_VALUE);
        assert_non_null(why.detail);
    }
    wrong[0] = good_manifest();
    assert_int_equal(tps_manifest_make(&wrong[0], key.key, TPS_BUF_MEASURE, &encoded, &why), TPS_OK);
    assert_int_equal(tps_manifest_make(&wrong[0], key.key, (tps_buf){room, encoded.size - 1}, &encoded, &why),
                     TPS_BUFFER_TOO_SMALL);
    tps_crypto_key_free(key.key);
}

/* A COSE_Sign1 by the right key over something else: evidence, say, cannot stand in for a manifest. */
static void another_message_of_the_release_key_is_no_manifest(void **state)
{
    uint8_t room[TPS_MANIFEST_MAX];
    uint8_t signer[32];
    tps_cose_sign1_options options = {.content_type = TPS_SPAN_EMPTY};
    tps_manifest read;
    release_key key;
    tps_cose_signer by;
    tps_span encoded;

    (void)state;
    make_key(&key);
    assert_int_equal(tps_manifest_signer_id(key.key, signer), TPS_OK);
    options.kid = TPS_SPAN_OF(signer);
    by = tps_cose_signer_of_key(key.key, TPS_ALG_ESP256);
    assert_int_equal(tps_cose_sign1_make(TPS_SPAN_LITERAL("\xa0"), &options, &by, TPS_BUF_OF(room), &encoded),
                     TPS_OK);
    assert_int_equal(tps_manifest_verify(encoded, &key.cose, 1, &read, signer, NULL), TPS_COSE_BAD_HEADER);

    options.content_type = TPS_SPAN_LITERAL(TPS_MANIFEST_CONTENT_TYPE);
    assert_int_equal(tps_cose_sign1_make(TPS_SPAN_LITERAL("\xa0"), &options, &by, TPS_BUF_OF(room), &encoded),
                     TPS_OK);
    assert_int_equal(tps_manifest_verify(encoded, &key.cose, 1, &read, signer, NULL), TPS_CLAIM_BAD_VALUE);
    assert_int_equal(
        tps_cose_sign1_make(TPS_SPAN_LITERAL("\xa1\x09\x00"), &options, &by, TPS_BUF_OF(room), &encoded),
        TPS_OK);
    assert_int_equal(tps_manifest_verify(encoded, &key.cose, 1, &read, signer, NULL), TPS_CLAIM_BAD_VALUE);
    assert_int_equal(tps_cose_sign1_make(TPS_SPAN_LITERAL("\xa1"), &options, &by, TPS_BUF_OF(room), &encoded),
                     TPS_OK);
    assert_int_equal(tps_manifest_verify(encoded, &key.cose, 1, &read, signer, NULL), TPS_CBOR_TRUNCATED);
    assert_int_equal(tps_manifest_verify(encoded, &(tps_span){room, 3}, 1, &read, signer, NULL),
                     TPS_CBOR_TRUNCATED);

    by = tps_cose_signer_of_key(key.key, TPS_ALG_ES256);
    assert_int_equal(tps_cose_sign1_make(TPS_SPAN_LITERAL("\xa0"), &options, &by, TPS_BUF_OF(room), &encoded),
                     TPS_OK);
    assert_int_equal(tps_manifest_verify(encoded, &key.cose, 1, &read, signer, NULL), TPS_COSE_ALG_REFUSED);
    tps_crypto_key_free(key.key);
}

/* What is not protected can be written by anybody: the name of the type beside a signature over something
 * else. */
static void a_type_that_is_not_signed_makes_no_manifest(void **state)
{
    static const char type[] = TPS_MANIFEST_CONTENT_TYPE;
    uint8_t payload[TPS_MANIFEST_MAX];
    uint8_t room[TPS_MANIFEST_MAX + 128];
    uint8_t signer[32];
    tps_cose_sign1_options options = {.kid = TPS_SPAN_OF(signer)};
    tps_manifest manifest = good_manifest();
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_cose_message message;
    tps_manifest read;
    release_key key;
    tps_cose_signer by;
    tps_span encoded;

    (void)state;
    make_key(&key);
    by = tps_cose_signer_of_key(key.key, TPS_ALG_ESP256);
    assert_int_equal(tps_manifest_signer_id(key.key, signer), TPS_OK);
    assert_int_equal(tps_manifest_make(&manifest, key.key, TPS_BUF_OF(payload), &encoded, NULL), TPS_OK);
    assert_int_equal(tps_cose_sign1_parse(encoded, &message, NULL), TPS_OK);
    assert_int_equal(tps_cose_sign1_make(message.payload, &options, &by, TPS_BUF_OF(room), &encoded), TPS_OK);
    memcpy(payload, encoded.data, encoded.size);
    assert_int_equal(tps_cose_sign1_parse(tps_span_make(payload, encoded.size), &message, NULL), TPS_OK);
    tps_cbor_put_tag(&w, TPS_TAG_COSE_SIGN1);
    tps_cbor_put_array(&w, 4);
    tps_cbor_put_bytes(&w, message.protected_raw);
    tps_cbor_put_map(&w, 1);
    tps_cbor_put_int(&w, TPS_HEADER_CONTENT_TYPE);
    tps_cbor_put_text(&w, type);
    tps_cbor_put_bytes(&w, message.payload);
    tps_cbor_put_bytes(&w, message.signature);
    assert_int_equal(tps_manifest_verify(tps_span_make(room, w.size), &key.cose, 1, &read, signer, NULL),
                     TPS_COSE_BAD_HEADER);
    tps_crypto_key_free(key.key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_private_key_survives_its_pem),
        cmocka_unit_test(an_identity_is_read_as_it_was_written),
        cmocka_unit_test(an_identity_out_of_bounds_is_neither_written_nor_read),
        cmocka_unit_test(a_manifest_is_believed_of_the_keys_that_are_named_only),
        cmocka_unit_test(no_changed_byte_of_a_manifest_passes),
        cmocka_unit_test(a_manifest_out_of_bounds_is_not_made),
        cmocka_unit_test(another_message_of_the_release_key_is_no_manifest),
        cmocka_unit_test(a_type_that_is_not_signed_makes_no_manifest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
