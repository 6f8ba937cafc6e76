/* SPDX-License-Identifier: Apache-2.0 */
/* Recipients written by hand: each form that cannot be is refused by its name. */
#include "support/check.h"
#include "support/keys.h"
#include "support/vectors.h"
#include "tps/cose_encrypt.h"

static const uint8_t k[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static const tps_cose_secret secret = {.bytes = {k, sizeof k}};

static tps_status open_hex(const char *hex, const tps_cose_receiver *me)
{
    tps_buf bytes = bytes_from_hex(hex);
    tps_buf message = exact_copy(span_of(bytes));
    tps_cose_message parsed;
    uint8_t room[64];
    tps_span plain;
    tps_status status = tps_cose_encrypted_parse(span_of(message), NULL, &parsed, NULL);

    if (status == TPS_OK) {
        status = tps_cose_encrypt_open(&parsed, me, NULL, TPS_BUF_OF(room), &plain);
    }

    free(message.data);
    free(bytes.data);
    return status;
}

#define START                                           \
    "d8608443a10101a1054c000000000000000000000000 5826" \
    "0000000000000000000000000000000000000000000000000000000000000000000000000000"
#define POINT                                                                            \
    "a4010220012158 20 65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d" \
    "225820 1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c"
#define WRAPPED "5818000000000000000000000000000000000000000000000000"

static const struct {
    const char *recipients;
    tps_status expected;
} wrong_forms[] = {
    {"80", TPS_COSE_NO_KEY},
    {"8100", TPS_COSE_NOT_WELL_FORMED},
    {"818140", TPS_COSE_NOT_WELL_FORMED},
    {"8183a0a040", TPS_COSE_NOT_WELL_FORMED},
    {"8183404040", TPS_COSE_NOT_WELL_FORMED},
    {"818340a000", TPS_COSE_NOT_WELL_FORMED},
    {"818340a05f40ff", TPS_COSE_NOT_WELL_FORMED},
    {"818340a1046161 40", TPS_COSE_BAD_HEADER},
    {"818340a040", TPS_COSE_NO_KEY},                     /* no algorithm */
    {"818340a1013a0001000040", TPS_COSE_NO_KEY},         /* an unknown one */
    {"818340a10126 40", TPS_COSE_NO_KEY},                /* ES256 */
    {"818340a1011b000000010000000140", TPS_COSE_NO_KEY}, /* not A128GCM in 32 bits */
    {"818440a1012258188180", TPS_CBOR_TRUNCATED},
    {"818440a10122" WRAPPED "80", TPS_COSE_NO_KEY}, /* recipients of its own */
    {"818340a10125f6", TPS_COSE_BAD_TAG},           /* direct: nil for the empty string */
    {"818341a0a1012540", TPS_COSE_BAD_TAG},         /* h'a0' counts as empty */
    {"818340a1012541 00", TPS_COSE_NOT_WELL_FORMED},
    {"818343a10125a040", TPS_COSE_BAD_HEADER},
    {"828340a10125408340a1012540", TPS_COSE_NOT_WELL_FORMED}, /* two direct ones */
    {"828340a2012504416140"
     "8340a10122" WRAPPED,
     TPS_COSE_NOT_WELL_FORMED},                                              /* somebody else's before ours */
    {"828340a10122" WRAPPED "8340a2012504416140", TPS_COSE_NOT_WELL_FORMED}, /* and behind it */
    {"828340a10122" WRAPPED "00", TPS_COSE_NOT_WELL_FORMED},
    {"828340a101616140"
     "8340a10122" WRAPPED,
     TPS_COSE_BAD_TAG}, /* others may know more algorithms */
    {"828346a20101028103a040"
     "8340a10122" WRAPPED,
     TPS_COSE_BAD_HEADER},
    {"82834aa30101028118631863f6a040"
     "8340a10122" WRAPPED,
     TPS_COSE_BAD_TAG}, /* and parameters */
    {"9f8340a1012540ff", TPS_COSE_BAD_TAG},
    {"818340a10122f6", TPS_COSE_NOT_WELL_FORMED},
    {"818340a1012240", TPS_COSE_NOT_WELL_FORMED},
    {"818340a10122581900000000000000000000000000000000000000000000000000", TPS_COSE_NOT_WELL_FORMED},
    {"818340a10122" WRAPPED, TPS_COSE_BAD_TAG},
    {"818343a10122a0" WRAPPED, TPS_COSE_BAD_HEADER},
    {"818343a10101a040", TPS_COSE_BAD_HEADER}, /* A128GCM without an IV */
    {"818343a10101a1054c00000000000000000000000040", TPS_COSE_BAD_TAG},
    {"818343a10101a2054c000000000000000000000000064040", TPS_COSE_BAD_HEADER}, /* an IV and half of one */
    {"818344a101381ca0" WRAPPED, TPS_COSE_BAD_HEADER},                         /* no ephemeral key */
    {"818344a101381ca120a3010120062158200000000000000000000000000000000000000000000000000000000000000000" WRAPPED,
     TPS_COSE_NO_KEY}, /* a point of Ed25519 */
    {"818344a101381ca12000" WRAPPED, TPS_COSE_BAD_KEY},
    {"818344a101381ca120" POINT WRAPPED, TPS_COSE_BAD_TAG},
    {"818358 50a201381c20" POINT "a0" WRAPPED, TPS_COSE_BAD_TAG},     /* it may be protected */
    {"818344a101381ca220" POINT "3400" WRAPPED, TPS_COSE_BAD_HEADER}, /* an identity must be bytes */
    {"818344a101381ca220" POINT "3501" WRAPPED, TPS_COSE_BAD_TAG},    /* a nonce may be a number */
    {"818344a101381ca220" POINT "38186161" WRAPPED, TPS_COSE_BAD_HEADER},
    {"818344a101381ca220" POINT "3300" WRAPPED, TPS_COSE_BAD_HEADER}, /* a salt must be bytes */
    {"818344a101381ca120a401022002215830"
     "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "22f5" WRAPPED,
     TPS_COSE_NO_KEY}, /* P-384: somebody else's */
    {"818344a101381ca120a501022001215820 65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d"
     "22f5 2340" WRAPPED,
     TPS_COSE_BAD_KEY},
};

static void recipients_of_a_wrong_form_are_refused(void **state)
{
    tps_crypto_key *key = test_key(1);
    tps_cose_agreement own = tps_cose_agreement_of_key(key);
    tps_cose_receiver me = {.secret = &secret, .agreement = &own};

    (void)state;
    for (size_t i = 0; i < sizeof wrong_forms / sizeof wrong_forms[0]; i++) {
        char hex[2048];

        snprintf(hex, sizeof hex, "%s%s", START, wrong_forms[i].recipients);
        print_message("%s\n", wrong_forms[i].recipients);
        assert_status(open_hex(hex, &me), wrong_forms[i].expected);
    }
    tps_crypto_key_free(key);
}

/* A content key of more than 64 bytes is none: an 80-byte one, wrapped and encrypted by hand. */
static void content_keys_of_a_size_that_none_has_are_refused(void **state)
{
    tps_cose_receiver me = {.secret = &secret};
    uint8_t sealed[96];
    uint8_t none[80] = {0};
    char hex[1024];
    tps_cbor_writer w;
    uint8_t structure[64];
    tps_span aad;
    tps_crypto_aad parts = {&aad, 1};

    (void)state;
    snprintf(hex, sizeof hex, "%s818340a101225850%0160d", START, 0);
    assert_status(open_hex(hex, &me), TPS_COSE_NOT_WELL_FORMED);

    w = tps_cbor_writer_init(TPS_BUF_OF(structure));
    tps_cbor_put_array(&w, 3);
    tps_cbor_put_text(&w, "Enc_Recipient");
    tps_cbor_put_bytes(&w, tps_span_make("\xa1\x01\x01", 3));
    tps_cbor_put_bytes(&w, TPS_SPAN_EMPTY);
    aad = tps_span_make(structure, w.size);
    assert_status(tps_crypto_aead_seal(TPS_ALG_A128GCM, secret.bytes, tps_span_make(none, 12), parts,
                                       TPS_SPAN_OF(none), TPS_BUF_OF(sealed)),
                  TPS_OK);
    snprintf(hex, sizeof hex, "%s818343a10101a1054c0000000000000000000000005860", START);
    for (size_t i = 0; i < sizeof sealed; i++) {
        snprintf(hex + strlen(hex), 3, "%02x", sealed[i]);
    }
    assert_status(open_hex(hex, &me), TPS_COSE_NOT_WELL_FORMED);
}

/* RFC 9052, 8.5.1: a message that opens for us, and has a direct recipient for somebody else beside. */
static void a_direct_recipient_of_others_stands_alone_too(void **state)
{
    static const uint8_t direct[] = {0x83, 0x40, 0xa2, 0x01, 0x25, 0x04, 0x41, 0x61, 0x40};
    tps_cose_recipient to = {.alg = TPS_ALG_A128KW, .secret = &secret};
    tps_cose_receiver me = {.kid = TPS_SPAN_LITERAL("b"), .secret = &secret};
    uint8_t message[256];
    uint8_t room[64];
    tps_cose_message parsed;
    tps_span encoded;
    tps_span plain;

    (void)state;
    assert_status(tps_cose_encrypt_make(TPS_SPAN_LITERAL("text"), NULL, TPS_ALG_A128GCM, &to, 1,
                                        TPS_BUF_OF(message), &encoded),
                  TPS_OK);
    assert_status(tps_cose_encrypted_parse(encoded, NULL, &parsed, NULL), TPS_OK);
    assert_status(tps_cose_encrypt_open(&parsed, &me, NULL, TPS_BUF_OF(room), &plain), TPS_OK);
    message[parsed.recipients.data - message] = 0x82;
    memcpy(message + encoded.size, direct, sizeof direct);
    encoded.size += sizeof direct;
    assert_status(tps_cose_encrypted_parse(encoded, NULL, &parsed, NULL), TPS_OK);
    assert_status(tps_cose_encrypt_open(&parsed, &me, NULL, TPS_BUF_OF(room), &plain),
                  TPS_COSE_NOT_WELL_FORMED);
}

static void an_empty_secret_opens_nothing(void **state)
{
    static const tps_cose_secret nothing;
    tps_cose_receiver me = {.secret = &nothing};
    tps_cose_recipient to = {.alg = TPS_ALG_DIRECT, .secret = &nothing};
    uint8_t room[256];
    tps_span encoded;

    (void)state;
    assert_status(open_hex(START "818340a1012540", &me), TPS_CRYPTO_BAD_KEY);
    assert_status(
        tps_cose_mac_make(TPS_SPAN_EMPTY, NULL, TPS_ALG_HMAC256, &to, 1, TPS_BUF_OF(room), &encoded),
        TPS_CRYPTO_BAD_KEY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recipients_of_a_wrong_form_are_refused),
        cmocka_unit_test(content_keys_of_a_size_that_none_has_are_refused),
        cmocka_unit_test(a_direct_recipient_of_others_stands_alone_too),
        cmocka_unit_test(an_empty_secret_opens_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
