/* SPDX-License-Identifier: Apache-2.0 */
/* CWTs as they travel: the published ones, every kind of protection, one inside of the other, and what is
 * left when a layer is not good. */
#include "tps/cwt_token.h"

#include "support/check.h"
#include "support/keys.h"
#include "support/published.h"
#include "support/vectors.h"
#include "tps/cose_encrypt.h"
#include "tps/cwt.h"

static const uint8_t secret_bytes[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
static const uint8_t claims[] = {0xa1, 0x01, 0x61, 'i'};

static tps_error why;
static tps_cwt_token token;
static uint8_t room[1024];

/* Keys of a test: what a finder has. */
typedef struct {
    tps_crypto_key *signer;
    tps_cose_secret secret;
} keys;

static tps_status find_signer(void *context, const tps_cose_message *message, tps_crypto_key **key)
{
    (void)message;
    *key = ((keys *)context)->signer;
    return *key == NULL ? TPS_COSE_NO_KEY : TPS_OK;
}

static tps_status find_secret(void *context, const tps_cose_message *message, const tps_cose_secret **secret)
{
    assert_true(message->tag == TPS_TAG_COSE_MAC0 || message->tag == TPS_TAG_COSE_ENCRYPT0);
    *secret = &((keys *)context)->secret;
    return (*secret)->bytes.size == 0 ? TPS_COSE_NO_KEY : TPS_OK;
}

static tps_status open_with(keys *k, tps_span bytes)
{
    tps_cwt_keys finder = {{find_signer, k}, find_secret, k};

    memset(&token, 0xaa, sizeof token);
    return tps_cwt_open(bytes, &finder, TPS_BUF_OF(room), &token, &why);
}

/* ---- layers ---- */

static tps_span sign(tps_span payload, tps_crypto_key *key)
{
    static uint8_t out[512];
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ESP256);
    tps_span encoded;

    assert_status(tps_cose_sign1_make(payload, NULL, &signer, TPS_BUF_OF(out), &encoded), TPS_OK);
    return encoded;
}

static tps_span mac(tps_span payload, tps_buf out)
{
    tps_cose_secret secret = {.bytes = TPS_SPAN_OF(secret_bytes)};
    tps_span encoded;

    assert_status(tps_cose_mac0_make(payload, NULL, TPS_ALG_HMAC256, &secret, out, &encoded), TPS_OK);
    return encoded;
}

static tps_span encrypt(tps_span payload, tps_buf out)
{
    tps_cose_secret secret = {.bytes = TPS_SPAN_OF(secret_bytes)};
    tps_span encoded;

    assert_status(tps_cose_encrypt0_make(payload, NULL, TPS_ALG_A128GCM, &secret, out, &encoded), TPS_OK);
    return encoded;
}

/* The tag of a CWT before it. */
static tps_span cwt(tps_span message, tps_buf out)
{
    out.data[0] = 0xd8;
    out.data[1] = 61;
    memmove(out.data + 2, message.data, message.size);
    return tps_span_make(out.data, message.size + 2);
}

static keys both(void)
{
    return (keys){test_key(1), {.bytes = TPS_SPAN_OF(secret_bytes)}};
}

static void the_published_tokens_open(void **state)
{
    json_t *signed_one;
    json_t *authentic;
    tps_buf bytes;
    tps_buf secret;
    keys k = {NULL, {.bytes = TPS_SPAN_EMPTY}};
    tps_cwt_claims read;
    tps_crypto_point point = {.curve = TPS_CURVE_P256, .size = 32};
    tps_buf x;
    tps_buf y;

    (void)state;
    vectors_require();
    signed_one = published_json("cose/CWT/A_3.json");
    authentic = published_json("cose/CWT/A_4.json");
    x = published_hex(signed_one, "input.sign0.key.x_hex");
    y = published_hex(signed_one, "input.sign0.key.y_hex");
    memcpy(point.x, x.data, 32);
    memcpy(point.y, y.data, 32);
    assert_status(tps_crypto_key_from_point(&point, &k.signer), TPS_OK);
    bytes = published_hex(signed_one, "output.cbor");
    assert_status(open_with(&k, span_of(bytes)), TPS_OK);
    assert_int_equal(token.signed_count, 1);
    assert_int_equal(token.layer_count, 1);
    assert_status(tps_cwt_decode(token.claims, &read, &why), TPS_OK);
    assert_span_text(read.sub, "erikw");
    assert_status(tps_cwt_check_time(&read, 1444000000, 0, &why), TPS_OK);
    free(bytes.data);

    bytes = published_hex(authentic, "output.cbor");
    assert_status(open_with(&k, span_of(bytes)), TPS_COSE_NO_KEY);
    secret = bytes_from_hex("403697de87af64611c1d32a05dab0fe1fcb715a86ab435f1ec99192d79569388");
    k.secret.bytes = span_of(secret);
    assert_status(open_with(&k, span_of(bytes)), TPS_OK);
    assert_int_equal(token.mac_count, 1);
    assert_int_equal(token.signed_count, 0);
    assert_status(tps_cwt_decode(token.claims, &read, &why), TPS_OK);
    assert_span_text(read.iss, "coap://as.example.com");
    free(bytes.data);
    free(secret.data);
    free(x.data);
    free(y.data);
    tps_crypto_key_free(k.signer);
    json_decref(signed_one);
    json_decref(authentic);
}

static void layers_lie_in_each_other(void **state)
{
    static uint8_t one[600];
    static uint8_t two[600];
    static uint8_t three[600];
    keys k = both();
    tps_span inner = cwt(sign(TPS_SPAN_OF(claims), k.signer), TPS_BUF_OF(one));
    tps_span outer = cwt(encrypt(mac(inner, TPS_BUF_OF(two)), TPS_BUF_OF(three)), TPS_BUF_OF(one));

    (void)state;
    assert_status(open_with(&k, outer), TPS_OK);
    assert_span(token.claims, TPS_SPAN_OF(claims));
    assert_int_equal(token.layer_count, 3);
    assert_true(token.tags[0] == 16 && token.tags[1] == 17 && token.tags[2] == 18);
    assert_int_equal(token.signed_count + token.mac_count + token.encrypted_count, 3);
    assert_int_equal(token.headers.alg, TPS_ALG_ESP256);
    tps_crypto_key_free(k.signer);
}

static void two_encryptions_share_the_room(void **state)
{
    static uint8_t one[600];
    static uint8_t two[600];
    keys k = both();
    tps_span outer = encrypt(encrypt(TPS_SPAN_OF(claims), TPS_BUF_OF(one)), TPS_BUF_OF(two));

    (void)state;
    assert_status(open_with(&k, outer), TPS_OK);
    assert_span(token.claims, TPS_SPAN_OF(claims));
    assert_int_equal(token.encrypted_count, 2);
    assert_int_equal(token.signed_count, 0);
    tps_crypto_key_free(k.signer);
}

static void an_untagged_message_is_taken_for_a_signed_one(void **state)
{
    keys k = both();
    tps_span tagged = sign(TPS_SPAN_OF(claims), k.signer);

    (void)state;
    assert_status(open_with(&k, tps_span_make(tagged.data + 1, tagged.size - 1)), TPS_OK);
    assert_int_equal(token.signed_count, 1);
    tps_crypto_key_free(k.signer);
}

/* ---- refusals ---- */

static void each_flipped_bit_is_refused(void **state)
{
    static uint8_t one[600];
    keys k = both();
    tps_buf bytes = exact_copy(encrypt(sign(TPS_SPAN_OF(claims), k.signer), TPS_BUF_OF(one)));
    uint8_t zeros[64] = {0};

    (void)state;
    for (size_t bit = 0; bit < bytes.size * 8; bit += 5) {
        bytes.data[bit / 8] = (uint8_t)(bytes.data[bit / 8] ^ 1u << bit % 8);
        memset(room, 0, sizeof room);
        assert_true(open_with(&k, span_of(bytes)) != TPS_OK);
        assert_memory_equal(room, zeros, sizeof zeros);
        bytes.data[bit / 8] = (uint8_t)(bytes.data[bit / 8] ^ 1u << bit % 8);
    }
    free(bytes.data);
    tps_crypto_key_free(k.signer);
}

static void what_was_decrypted_is_wiped_when_an_inner_layer_is_not_good(void **state)
{
    static uint8_t one[600];
    uint8_t zeros[64] = {0};
    keys k = both();
    tps_crypto_key *other = test_key(2);
    tps_span outer = encrypt(sign(TPS_SPAN_OF(claims), other), TPS_BUF_OF(one));

    (void)state;
    memset(room, 0, sizeof room);
    assert_status(open_with(&k, outer), TPS_COSE_BAD_SIGNATURE);
    assert_memory_equal(room, zeros, sizeof zeros);
    tps_crypto_key_free(other);
    tps_crypto_key_free(k.signer);
}

static void who_has_no_keys_opens_nothing(void **state)
{
    static uint8_t one[600];
    keys k = both();
    tps_cwt_keys none = {{NULL, NULL}, NULL, NULL};

    (void)state;
    assert_status(tps_cwt_open(sign(TPS_SPAN_OF(claims), k.signer), &none, TPS_BUF_MEASURE, &token, &why),
                  TPS_COSE_NO_KEY);
    assert_status(
        tps_cwt_open(mac(TPS_SPAN_OF(claims), TPS_BUF_OF(one)), &none, TPS_BUF_MEASURE, &token, &why),
        TPS_COSE_NO_KEY);
    assert_status(
        tps_cwt_open(encrypt(TPS_SPAN_OF(claims), TPS_BUF_OF(one)), &none, TPS_BUF_MEASURE, &token, &why),
        TPS_COSE_NO_KEY);
    tps_crypto_key_free(k.signer);
}

static tps_status find_nothing(void *context, const tps_cose_message *message, const tps_cose_secret **secret)
{
    (void)context;
    (void)message;
    (void)secret;
    return TPS_OK;
}

static void a_finder_that_forgets_the_secret_finds_none(void **state)
{
    static uint8_t one[600];
    tps_cwt_keys finder = {.find_secret = find_nothing};

    (void)state;
    assert_status(
        tps_cwt_open(mac(TPS_SPAN_OF(claims), TPS_BUF_OF(one)), &finder, TPS_BUF_OF(room), &token, &why),
        TPS_COSE_NO_KEY);
    assert_status(
        tps_cwt_open(encrypt(TPS_SPAN_OF(claims), TPS_BUF_OF(one)), &finder, TPS_BUF_OF(room), &token, &why),
        TPS_COSE_NO_KEY);
}

static void what_is_no_token_is_refused(void **state)
{
    static uint8_t one[600];
    static uint8_t two[600];
    keys k = both();
    tps_cwt_keys finder = {{find_signer, &k}, find_secret, &k};
    tps_span nested = TPS_SPAN_OF(claims);

    (void)state;
    assert_status(open_with(&k, TPS_SPAN_EMPTY), TPS_CBOR_TRUNCATED);
    assert_status(open_with(&k, tps_span_make("\xd8\x3d\xa0", 3)), TPS_COSE_NOT_WELL_FORMED);
    assert_status(open_with(&k, tps_span_make("\xd9\x02\x59\xa0", 4)), TPS_COSE_NOT_WELL_FORMED);
    assert_status(open_with(&k, tps_span_make("\xd1\xa0", 2)), TPS_COSE_NOT_WELL_FORMED);
    assert_status(open_with(&k, tps_span_make("\xd0\xa0", 2)), TPS_COSE_NOT_WELL_FORMED);
    assert_status(open_with(&k, mac(tps_span_make("\x80", 1), TPS_BUF_OF(one))), TPS_CLAIM_BAD_TYPE);
    assert_string_equal(why.detail, "claims");
    assert_status(tps_cwt_open(encrypt(TPS_SPAN_OF(claims), TPS_BUF_OF(one)), &finder, (tps_buf){room, 3},
                               &token, &why),
                  TPS_BUFFER_TOO_SMALL);
    assert_status(
        tps_cwt_open(encrypt(TPS_SPAN_OF(claims), TPS_BUF_OF(one)), &finder, TPS_BUF_MEASURE, &token, &why),
        TPS_BUFFER_TOO_SMALL);
    for (unsigned i = 0; i <= TPS_CWT_LAYERS_MAX; i++) {
        nested = mac(nested, i % 2 == 0 ? TPS_BUF_OF(one) : TPS_BUF_OF(two));
        assert_status(open_with(&k, nested), i < TPS_CWT_LAYERS_MAX ? TPS_OK : TPS_CBOR_TOO_DEEP);
    }
    tps_crypto_key_free(k.signer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_tokens_open),
        cmocka_unit_test(layers_lie_in_each_other),
        cmocka_unit_test(two_encryptions_share_the_room),
        cmocka_unit_test(an_untagged_message_is_taken_for_a_signed_one),
        cmocka_unit_test(each_flipped_bit_is_refused),
        cmocka_unit_test(what_was_decrypted_is_wiped_when_an_inner_layer_is_not_good),
        cmocka_unit_test(who_has_no_keys_opens_nothing),
        cmocka_unit_test(a_finder_that_forgets_the_secret_finds_none),
        cmocka_unit_test(what_is_no_token_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
