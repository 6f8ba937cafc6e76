/* SPDX-License-Identifier: Apache-2.0 */
/* The examples of RFC 9052, appendix C, that the vectors do not hold: derived keys with parties and a salt, a
 * Partial IV, compressed ephemeral keys, a MAC for two recipients; and the thumbprint of RFC 9679. */
#include "support/check.h"
#include "support/vectors.h"
#include "tps/cose_encrypt.h"

#define CONTENT "This is the content."

/* C.7.2: the private keys, as COSE_Keys. */
#define MERIADOC                                                                        \
    "a401022001215820 65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d" \
    "225820 1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c"
#define MERIADOC_D                                                                      \
    "a501022001215820 65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d" \
    "225820 1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c"           \
    "235820 aff907c99f9ad3aae6c4cdf21122bce2bd68b5283e6907154ad911840fa208cf"
#define BILBO_D                                                                                           \
    "a501022003215842 0072992cb3ac08ecf3e5c63dedec0d51a8c1f79ef2f82f94f3c737bf5de7986671eac625fe8257bbd0" \
    "394644caaa3aaf8f27a4585fbbcad0f2457620085e5c8f42ad"                                                  \
    "225842 01dca6947bce88bc5790485ac97427342bc35f887d86d65a089377e247e60baa55e4e8501e2ada5724ac51d690"   \
    "9008033ebc10ac999b9d7f5cc2519f3fe1ea1d9475"                                                          \
    "235842 00085138ddabf5ca975f5860f91a08e91d6d5f9a76ad4018766a476680b55cd339e8ab6c72b5facdb2a2a50ac2"   \
    "5bd086647dd3e2e6e99e84ca2c3609fdf177feb26d"
#define OUR_SECRET  "849b57219dae48de646d07dbb533566e976686457c1491be3a76dcea6c427188"
#define OUR_SECRET2 "849b5786457c1491be3a76dcea6c4271"

static tps_crypto_key *private_key(const char *hex)
{
    tps_buf encoded = bytes_from_hex(hex);
    tps_crypto_key *key = NULL;
    tps_cose_key parsed;

    assert_status(tps_cose_key_parse(span_of(encoded), &parsed, NULL), TPS_OK);
    assert_status(tps_cose_key_read(span_of(encoded), &key), TPS_COSE_BAD_KEY); /* it must not travel */
    assert_status(tps_cose_key_private(&parsed, &key), TPS_OK);
    free(encoded.data);
    return key;
}

static void decrypt(const char *hex, const tps_cose_receiver *receiver, tps_status expected)
{
    tps_buf bytes = bytes_from_hex(hex);
    tps_cose_message message;
    uint8_t room[64];
    tps_span plain;

    assert_status(tps_cose_encrypted_parse(span_of(bytes), NULL, &message, NULL), TPS_OK);
    assert_status(tps_cose_encrypt_open(&message, receiver, NULL, TPS_BUF_OF(room), &plain), expected);
    if (expected == TPS_OK) {
        assert_span_text(plain, CONTENT);
    }
    free(bytes.data);
}

static void c_3_1_has_a_compressed_ephemeral_key(void **state)
{
    tps_crypto_key *key = private_key(MERIADOC_D);
    tps_cose_agreement own = tps_cose_agreement_of_key(key);
    tps_cose_receiver receiver = {.kid = TPS_SPAN_LITERAL("meriadoc.brandybuck@buckland.example"),
                                  .agreement = &own};

    (void)state;
    decrypt("d8608443a10101a1054cc9cf4df2fe6c632bf788641358247adbe2709ca818fb415f1e5df66f4e1a51053ba6d65a1a0c"
            "52a357da7a644b8070a151b0818344a1013818a20458246d65726961646f632e6272616e64796275636b406275636b6c"
            "616e642e6578616d706c6520a40102200121582098f50a4ff6c05861c8860d13a638ea56c3f5ad7590bbfbf054e1c7b4"
            "d91d628022f540",
            &receiver, TPS_OK);
    tps_crypto_key_free(key);
}

static void c_3_2_derives_from_a_secret_with_parties_and_a_salt(void **state)
{
    static const char message[] =
        "d8608443a1010aa1054d89f52f65a1c580933b5261a76c581c753548a19b1307084ca7b2056924ed95f2e3b17006dfe931b6"
        "87b847818343a10129a2044a6f75722d73656372657433506161626263636464656566666767686840";
    tps_buf bytes = bytes_from_hex(OUR_SECRET);
    tps_cose_secret secret = {.bytes = span_of(bytes)};
    tps_cose_kdf_info info = {.u.identity = TPS_SPAN_LITERAL("lighting-client"),
                              .v.identity = TPS_SPAN_LITERAL("lighting-server"),
                              .supp_pub_other = TPS_SPAN_LITERAL("Encryption Example 02")};
    tps_cose_receiver receiver = {.kid = TPS_SPAN_LITERAL("our-secret"), .secret = &secret, .info = &info};

    (void)state;
    decrypt(message, &receiver, TPS_OK);
    info.salt = TPS_SPAN_LITERAL("aabbccddeeffgghh");
    decrypt(message, &receiver, TPS_OK);
    info.salt = TPS_SPAN_LITERAL("aabbccddeeffgghi");
    decrypt(message, &receiver, TPS_COSE_BAD_HEADER);
    info.salt = TPS_SPAN_EMPTY;
    info.u.identity = TPS_SPAN_LITERAL("lighting-clienu");
    decrypt(message, &receiver, TPS_COSE_BAD_TAG);
    receiver.kid = TPS_SPAN_LITERAL("another");
    decrypt(message, &receiver, TPS_COSE_NO_KEY);
    free(bytes.data);
}

/* RFC 9053, 6.1.2: a salt or a nonce of party U must be there, else every message would have the same key. */
static void a_secret_alone_derives_no_key(void **state)
{
#define START                                                                                              \
    "d8608443a1010aa1054d89f52f65a1c580933b5261a76c581c753548a19b1307084ca7b2056924ed95f2e3b17006dfe931b6" \
    "87b847818343a10129"
#define KID "044a6f75722d736563726574"
    static const struct {
        const char *message;
        tps_status expected;
    } cases[] = {
        {START "a1" KID "40", TPS_COSE_BAD_HEADER},
        {START "a2" KID "334040", TPS_COSE_BAD_HEADER}, /* an empty salt */
        {START "a2" KID "354040", TPS_COSE_BAD_HEADER}, /* an empty nonce */
        {START "a2" KID "38184101"
               "40",
         TPS_COSE_BAD_HEADER},                         /* party V's */
        {START "a2" KID "35410140", TPS_COSE_BAD_TAG}, /* enough, and another key than the message's */
        {START "a2" KID "350140", TPS_COSE_BAD_TAG},   /* a number */
        {START "a2" KID "33410140", TPS_COSE_BAD_TAG},
    };
    tps_buf bytes = bytes_from_hex(OUR_SECRET);
    tps_cose_secret secret = {.bytes = span_of(bytes)};
    tps_cose_kdf_info info = {.u.identity = TPS_SPAN_LITERAL("lighting-client"),
                              .v.identity = TPS_SPAN_LITERAL("lighting-server"),
                              .supp_pub_other = TPS_SPAN_LITERAL("Encryption Example 02")};
    tps_cose_receiver receiver = {.secret = &secret, .info = &info};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        decrypt(cases[i].message, &receiver, cases[i].expected);
    }
    receiver.info = NULL;
    decrypt(cases[0].message, &receiver, TPS_COSE_BAD_HEADER);
    receiver.info = &info;
    info.salt = TPS_SPAN_LITERAL("aabbccddeeffgghh"); /* both know it */
    decrypt(cases[0].message, &receiver, TPS_OK);
    info.salt = TPS_SPAN_EMPTY;
    info.u.nonce = TPS_SPAN_LITERAL("1");
    decrypt(cases[0].message, &receiver, TPS_COSE_BAD_TAG);
    free(bytes.data);
#undef START
#undef KID
}

/* The Base IV is shorter than the nonce: it is filled up behind. */
static void c_4_2_has_a_partial_iv(void **state)
{
    tps_buf bytes = bytes_from_hex("d08343a1010aa1064261a7581c252a8911d465c125b6764739700f0141ed09192de139e05"
                                   "3bd09abca");
    tps_buf key = bytes_from_hex(OUR_SECRET2);
    tps_buf base = bytes_from_hex("89f52f65a1c58093");
    tps_cose_secret secret = {.bytes = span_of(key), .base_iv = span_of(base)};
    tps_cose_message message;
    uint8_t room[64];
    tps_span plain;

    (void)state;
    assert_status(tps_cose_encrypted_parse(span_of(bytes), NULL, &message, NULL), TPS_OK);
    assert_status(tps_cose_encrypt0_open(&message, &secret, NULL, TPS_BUF_OF(room), &plain), TPS_OK);
    assert_span_text(plain, CONTENT);
    secret.base_iv = TPS_SPAN_EMPTY;
    assert_status(tps_cose_encrypt0_open(&message, &secret, NULL, TPS_BUF_OF(room), &plain),
                  TPS_COSE_BAD_HEADER);
    free(base.data);
    free(key.data);
    free(bytes.data);
}

static const char c_5_4[] =
    "d8618543a10105a054546869732069732074686520636f6e74656e742e5820bf48235e809b5c42e995f2b7d5fa13620e7ed834e3"
    "37f6aa43df161e49e9323e828344a101381ca204581e62696c626f2e62616767696e7340686f626269746f6e2e6578616d706c65"
    "20a4010220032158420043b12669acac3fd27898ffba0bcd2e6c366d53bc4db71f909a759304acfb5e18cdc7ba0b13ff8c763627"
    "1a6924b1ac63c02688075b55ef2d613574e7dc242f79c322f55828339bc4f79984cdc6b3e6ce5f315a4c7d2b0ac466fcea69e8c0"
    "7dfbca5bb1f661bc5f8e0df9e3eff58340a2012404582430313863306165352d346439622d343731622d626664362d6565663331"
    "346263373033375828 0b2c7cfce04e98276342d6476a7723c090dfdd15f9a518e7736549e998370695e6d6a83b4ae507bb";

static void c_5_4_is_for_two_recipients_with_different_keys(void **state)
{
    tps_crypto_key *key = private_key(BILBO_D);
    tps_cose_agreement own = tps_cose_agreement_of_key(key);
    tps_cose_receiver bilbo = {.kid = TPS_SPAN_LITERAL("bilbo.baggins@hobbiton.example"), .agreement = &own};
    tps_buf bytes = bytes_from_hex(OUR_SECRET);
    tps_cose_secret secret = {.bytes = span_of(bytes)};
    tps_cose_receiver other = {.kid = TPS_SPAN_LITERAL("018c0ae5-4d9b-471b-bfd6-eef314bc7037"),
                               .secret = &secret};
    tps_buf encoded = bytes_from_hex(c_5_4);
    tps_cose_message message;

    (void)state;
    assert_status(tps_cose_mac_parse(span_of(encoded), NULL, &message, NULL), TPS_OK);
    assert_int_equal(message.tag, TPS_TAG_COSE_MAC);
    assert_status(tps_cose_mac_verify_parsed(&message, &bilbo, NULL), TPS_OK);
    assert_status(tps_cose_mac_verify_parsed(&message, &other, NULL), TPS_OK);
    bilbo.kid = other.kid;
    assert_status(tps_cose_mac_verify_parsed(&message, &bilbo, NULL), TPS_COSE_NO_KEY);
    bilbo.kid = TPS_SPAN_EMPTY;
    bilbo.secret = &secret; /* tries each */
    assert_status(tps_cose_mac_verify_parsed(&message, &bilbo, NULL), TPS_OK);
    assert_status(tps_cose_sign1_parse(span_of(encoded), &message, NULL), TPS_COSE_NOT_WELL_FORMED);
    free(encoded.data);
    free(bytes.data);
    tps_crypto_key_free(key);
}

static void the_thumbprint_of_rfc_9679_is_that_of_the_required_members(void **state)
{
    tps_buf plain = bytes_from_hex(MERIADOC);
    tps_buf named = bytes_from_hex("a6 0244 6b696431 225820"
                                   "1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c 0338 18"
                                   "01022001215820"
                                   "65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d");
    tps_buf expected = bytes_from_hex("496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec");
    tps_buf *const both[] = {&plain, &named};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        tps_cose_key key;
        tps_digest digest;

        assert_status(tps_cose_key_parse(span_of(*both[i]), &key, NULL), TPS_OK);
        assert_status(tps_cose_key_thumbprint(&key, TPS_ALG_SHA256, &digest), TPS_OK);
        assert_span(tps_span_make(digest.bytes, digest.size), span_of(expected));
        assert_status(tps_cose_key_thumbprint(&key, TPS_ALG_SHA384, &digest), TPS_OK);
        assert_int_equal(digest.size, 48);
        assert_status(tps_cose_key_thumbprint(&key, TPS_ALG_ES256, &digest), TPS_CRYPTO_ALG_REFUSED);
        free(both[i]->data);
    }
    free(expected.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c_3_1_has_a_compressed_ephemeral_key),
        cmocka_unit_test(c_3_2_derives_from_a_secret_with_parties_and_a_salt),
        cmocka_unit_test(a_secret_alone_derives_no_key),
        cmocka_unit_test(c_4_2_has_a_partial_iv),
        cmocka_unit_test(c_5_4_is_for_two_recipients_with_different_keys),
        cmocka_unit_test(the_thumbprint_of_rfc_9679_is_that_of_the_required_members),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
