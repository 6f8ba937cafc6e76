/* SPDX-License-Identifier: Apache-2.0 */
/*
 * COSE with every cryptographic call failing in turn, over the fake back end (INSECURE): the failure is
 * passed on, what was begun is ended, no key is left, no plaintext is left behind and no output is touched;
 * and when nothing fails, what was made opens.
 */
#include "support/check.h"
#include "support/fake_crypto/fake_crypto.h"
#include "support/keys.h"
#include "tps/cose.h"
#include "tps/cose_encrypt.h"

#define PAYLOAD "a plaintext that nobody may find afterwards"
#define ROOM    2048u

static uint8_t made[ROOM]; /* what a maker writes */
static uint8_t room[ROOM]; /* what an opener writes */
static uint8_t scratch[512];
static tps_span message; /* what the openers read: made beforehand, without a failure */
static uint8_t kept[ROOM];
static tps_crypto_key *key; /* P-256, with its private part */
static tps_crypto_key *ed25519;
static const uint8_t secret_bytes[16] = "sixteen secrets";
static const tps_cose_secret secret = {.bytes = {secret_bytes, sizeof secret_bytes}};

static int make_keys(void **state)
{
    const uint8_t seed[32] = {1};

    (void)state;
    insecure_fake_fail(0);
    key = test_key(1);
    assert_status(tps_crypto_key_from_scalar(TPS_CURVE_ED25519, TPS_SPAN_OF(seed), &ed25519), TPS_OK);
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    tps_crypto_key_free(key);
    tps_crypto_key_free(ed25519);
    assert_int_equal(insecure_fake_now().keys, 0);
    return 0;
}

/* ---- the judge ---- */

static bool holds_payload(const uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at + 8 <= size; at++) {
        if (memcmp(bytes + at, PAYLOAD, 8) == 0) {
            return true;
        }
    }
    return false;
}

static void assert_nothing_is_left(insecure_fake_live before)
{
    insecure_fake_live now = insecure_fake_now();

    assert_int_equal(now.hashes, before.hashes);
    assert_int_equal(now.macs, before.macs);
    assert_int_equal(now.keys, before.keys);
}

/* Runs an operation with its first call failing, then its second, until all of them succeed. Returns how many
 * calls there are. */
static unsigned fail_each_call(tps_status (*operation)(void))
{
    for (unsigned n = 1;; n++) {
        insecure_fake_live before = insecure_fake_now();
        tps_status status;
        bool has_struck;

        memset(room, 0xa5, sizeof room);
        insecure_fake_fail(n);
        status = operation();
        has_struck = insecure_fake_struck();
        insecure_fake_fail(0);
        assert_nothing_is_left(before);
        if (!has_struck) {
            assert_status(status, TPS_OK);
            return n - 1;
        }
        assert_true(status == TPS_CRYPTO_FAILED || status == TPS_CRYPTO_NO_ENTROPY);
        assert_false(holds_payload(room, sizeof room));
    }
}

/* What was made without a failure is what the openers read. */
static void keep(tps_span encoded)
{
    assert_in_range(encoded.size, 1, sizeof kept);
    memcpy(kept, encoded.data, encoded.size);
    message = tps_span_make(kept, encoded.size);
}

/* A maker's result: on failure it must have set `encoded` to nothing. */
static tps_status made_of(tps_status status, tps_span encoded)
{
    if (status == TPS_OK) {
        keep(encoded);
    } else {
        assert_int_equal(encoded.size, 0);
    }
    return status;
}

/* An opener's result: on failure `out` must be as it was. */
static tps_status judged(tps_status status, const tps_cose_message *out)
{
    static const tps_cose_message untouched;

    if (status == TPS_OK) {
        assert_span_text(out->payload, PAYLOAD);
    } else {
        assert_memory_equal(out, &untouched, sizeof untouched);
    }
    return status;
}

static tps_status opened(tps_status status, tps_span plain)
{
    if (status == TPS_OK) {
        assert_span_text(plain, PAYLOAD);
    } else {
        assert_int_equal(plain.size, 0);
    }
    return status;
}

/* ---- Sign1 and Mac0 ---- */

static tps_status sign(void)
{
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ESP256);
    tps_span encoded = {made, 1};

    return made_of(tps_cose_sign1_make(TPS_SPAN_LITERAL(PAYLOAD), NULL, &signer, TPS_BUF_OF(made), &encoded),
                   encoded);
}

static tps_status verify_with(tps_crypto_key *with, tps_buf room_for_all)
{
    tps_cose_key_finder finder = test_finder(with);
    tps_cose_terms terms = {.scratch = room_for_all};
    tps_cose_message out = {0};

    return judged(tps_cose_sign1_verify(message, &finder, &terms, &out, NULL), &out);
}

static tps_status verify(void)
{
    return verify_with(key, TPS_BUF_MEASURE);
}

static tps_status sign_eddsa(void)
{
    tps_cose_signer signer = tps_cose_signer_of_key(ed25519, TPS_ALG_EDDSA);
    tps_cose_make_options options = {.scratch = TPS_BUF_OF(scratch)};
    tps_span encoded = {made, 1};

    return made_of(
        tps_cose_sign1_make(TPS_SPAN_LITERAL(PAYLOAD), &options, &signer, TPS_BUF_OF(made), &encoded),
        encoded);
}

static tps_status verify_eddsa(void)
{
    return verify_with(ed25519, TPS_BUF_OF(scratch));
}

static tps_status mac0(void)
{
    tps_span encoded = {made, 1};

    return made_of(tps_cose_mac0_make(TPS_SPAN_LITERAL(PAYLOAD), NULL, TPS_ALG_HMAC256, &secret,
                                      TPS_BUF_OF(made), &encoded),
                   encoded);
}

static tps_status verify_mac0(void)
{
    tps_cose_message out = {0};

    return judged(tps_cose_mac0_verify(message, &secret, NULL, &out, NULL), &out);
}

static void signatures_and_codes_are_made_and_verified_or_nothing_is(void **state)
{
    (void)state;
    assert_in_range(fail_each_call(sign), 3, 20);
    assert_in_range(fail_each_call(verify), 3, 20);
    assert_in_range(fail_each_call(sign_eddsa), 1, 20);
    assert_in_range(fail_each_call(verify_eddsa), 1, 20);
    assert_in_range(fail_each_call(mac0), 3, 20);
    assert_in_range(fail_each_call(verify_mac0), 3, 20);
}

/* ---- Encrypt0 ---- */

static tps_status encrypt0(void)
{
    tps_span encoded = {made, 1};

    memset(made, 0xa5, sizeof made);
    return made_of(tps_cose_encrypt0_make(TPS_SPAN_LITERAL(PAYLOAD), NULL, TPS_ALG_A128GCM, &secret,
                                          TPS_BUF_OF(made), &encoded),
                   encoded);
}

static tps_status decrypt0(void)
{
    tps_cose_message parsed;
    tps_span plain = TPS_SPAN_EMPTY;

    TPS_TRY(tps_cose_encrypted_parse(message, NULL, &parsed, NULL));
    return opened(tps_cose_encrypt0_open(&parsed, &secret, NULL, TPS_BUF_OF(room), &plain), plain);
}

static void content_is_encrypted_and_decrypted_or_nothing_is(void **state)
{
    (void)state;
    assert_in_range(fail_each_call(encrypt0), 2, 20); /* the nonce, and the sealing */
    assert_false(holds_payload(made, sizeof made));
    assert_in_range(fail_each_call(decrypt0), 1, 20);
}

/* ---- recipients ---- */

static tps_cose_recipient recipient;

static tps_status encrypt(void)
{
    tps_span encoded = {made, 1};

    return made_of(tps_cose_encrypt_make(TPS_SPAN_LITERAL(PAYLOAD), NULL, TPS_ALG_A128GCM, &recipient, 1,
                                         TPS_BUF_OF(made), &encoded),
                   encoded);
}

static tps_status decrypt(void)
{
    tps_cose_agreement agreement = tps_cose_agreement_of_key(key);
    tps_cose_receiver receiver = {.secret = &secret, .agreement = &agreement};
    tps_cose_message parsed;
    tps_span plain = TPS_SPAN_EMPTY;

    TPS_TRY(tps_cose_encrypted_parse(message, NULL, &parsed, NULL));
    return opened(tps_cose_encrypt_open(&parsed, &receiver, NULL, TPS_BUF_OF(room), &plain), plain);
}

static tps_status mac(void)
{
    tps_span encoded = {made, 1};

    return made_of(tps_cose_mac_make(TPS_SPAN_LITERAL(PAYLOAD), NULL, TPS_ALG_HMAC256, &recipient, 1,
                                     TPS_BUF_OF(made), &encoded),
                   encoded);
}

static tps_status verify_mac(void)
{
    tps_cose_agreement agreement = tps_cose_agreement_of_key(key);
    tps_cose_receiver receiver = {.secret = &secret, .agreement = &agreement};
    tps_cose_message parsed;

    TPS_TRY(tps_cose_mac_parse(message, NULL, &parsed, NULL));
    return tps_cose_mac_verify_parsed(&parsed, &receiver, NULL);
}

static void every_way_to_the_content_key_succeeds_or_leaves_nothing(void **state)
{
    static const int32_t algs[] = {
        TPS_ALG_DIRECT,         TPS_ALG_DIRECT_HKDF_256, TPS_ALG_ECDH_ES_HKDF_256,
        TPS_ALG_ECDH_ES_A128KW, TPS_ALG_ECDH_ES_A192KW,  TPS_ALG_ECDH_ES_A256KW,
        TPS_ALG_A128KW,         TPS_ALG_A128GCM,         TPS_ALG_AES_CCM_16_64_128};

    (void)state;
    for (size_t i = 0; i < sizeof algs / sizeof algs[0]; i++) {
        bool agrees = algs[i] <= TPS_ALG_ECDH_ES_HKDF_256;

        recipient = (tps_cose_recipient){
            .alg = algs[i], .secret = agrees ? NULL : &secret, .peer = agrees ? key : NULL};
        assert_in_range(fail_each_call(encrypt), 2, 60);
        assert_in_range(fail_each_call(decrypt), 1, 60);
        assert_in_range(fail_each_call(mac), 2, 60);
        assert_in_range(fail_each_call(verify_mac), 3, 60);
    }
}

/* ---- keys ---- */

static tps_status put_key(void)
{
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(made));

    TPS_TRY(tps_cose_key_put(&w, key));
    keep(tps_span_make(made, w.size));
    return TPS_OK;
}

static tps_status read_key(void)
{
    tps_crypto_key *read = NULL;
    tps_status status = tps_cose_key_read(message, &read);

    assert_int_equal(read != NULL, status == TPS_OK);
    tps_crypto_key_free(read);
    return status;
}

static tps_status thumbprint(void)
{
    tps_cose_key parsed;
    tps_digest digest;

    TPS_TRY(tps_cose_key_parse(message, &parsed, NULL));
    return tps_cose_key_thumbprint(&parsed, TPS_ALG_SHA256, &digest);
}

static tps_status x5t(void)
{
    static const uint8_t certificate[] = {0x30, 0x00};
    tps_cose_headers headers = {.x5t_alg = TPS_ALG_SHA256};
    tps_digest digest;

    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_OF(certificate), &digest));
    headers.x5t = tps_span_make(digest.bytes, digest.size);
    return tps_cose_x5t_check(&headers, TPS_SPAN_OF(certificate));
}

static void keys_are_written_read_and_named_or_nothing_is(void **state)
{
    (void)state;
    assert_in_range(fail_each_call(put_key), 1, 20);
    assert_in_range(fail_each_call(read_key), 1, 20);
    assert_in_range(fail_each_call(thumbprint), 3, 20);
    assert_in_range(fail_each_call(x5t), 6, 20);
}

/* {1: 2, -1: 1, -2: x, -3: true}: reading it needs the other coordinate. */
static void a_compressed_key_is_read_or_nothing_is(void **state)
{
    uint8_t encoded[] = "\xa4\x01\x02\x20\x01\x21\x58\x20................................\x22\xf5";

    (void)state;
    keep(tps_span_make(encoded, sizeof encoded - 1));
    assert_in_range(fail_each_call(read_key), 2, 20);
    assert_in_range(fail_each_call(thumbprint), 4, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_and_codes_are_made_and_verified_or_nothing_is),
        cmocka_unit_test(content_is_encrypted_and_decrypted_or_nothing_is),
        cmocka_unit_test(every_way_to_the_content_key_succeeds_or_leaves_nothing),
        cmocka_unit_test(keys_are_written_read_and_named_or_nothing_is),
        cmocka_unit_test(a_compressed_key_is_read_or_nothing_is),
    };

    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
