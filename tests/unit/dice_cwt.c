/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR certificates of the Open Profile for DICE: published ones, made ones, chains, and each refusal. */
#include "support/check.h"
#include "support/cose_craft.h"
#include "support/dice_published.h"
#include "support/keys.h"
#include "support/vectors.h"
#include "tps/dice.h"

static uint8_t hash[64];

static void zeros_are_the_input_of_the_published_certificates(const tps_dice_input *input, bool has_name)
{
    static const uint8_t zeros[64];

    assert_int_equal(input->mode, TPS_DICE_MODE_NOT_CONFIGURED);
    assert_span(input->value[TPS_DICE_CODE_HASH], TPS_SPAN_OF(zeros));
    assert_span(input->value[TPS_DICE_CONFIGURATION_DESCRIPTOR], TPS_SPAN_OF(zeros));
    assert_span(input->value[TPS_DICE_AUTHORITY_HASH], TPS_SPAN_OF(zeros));
    assert_int_equal(tps_dice_has(input->present, TPS_DICE_PROFILE_NAME), has_name);
    assert_false(tps_dice_has(input->present, TPS_DICE_CODE_DESCRIPTOR));
}

static void a_published_ed25519_certificate_verifies(void **state)
{
    tps_buf bytes = bytes_from_hex(CBOR_ED25519);
    tps_buf root = bytes_from_hex(ED25519_ROOT);
    tps_crypto_point point = {.curve = TPS_CURVE_ED25519, .size = 32};
    uint8_t scratch[1024];
    tps_dice_anchor anchor = {.issuer = TPS_SPAN_LITERAL(ED25519_ISSUER), .scratch = TPS_BUF_OF(scratch)};
    tps_dice_cwt_layer layer;
    tps_crypto_key *leaf;
    tps_span chain = span_of(bytes);

    (void)state;
    memcpy(point.x, root.data, root.size);
    assert_status(tps_crypto_key_from_point(&point, &anchor.root), TPS_OK);
    assert_status(tps_dice_cwt_chain_verify(&chain, 1, &anchor, &layer, &leaf, NULL), TPS_OK);
    assert_span_text(layer.subject, ED25519_SUBJECT);
    zeros_are_the_input_of_the_published_certificates(&layer.input, false);
    assert_int_equal(tps_crypto_key_curve(leaf), TPS_CURVE_ED25519);
    tps_crypto_key_free(leaf);

    bytes.data[bytes.size - 1] ^= 1;
    assert_status(tps_dice_cwt_chain_verify(&chain, 1, &anchor, NULL, NULL, NULL), TPS_COSE_BAD_SIGNATURE);
    tps_crypto_key_free(anchor.root);
    free(bytes.data);
    free(root.data);
}

static void a_published_p256_certificate_verifies(void **state)
{
    tps_buf bytes = bytes_from_hex(CBOR_P256);
    tps_buf root = bytes_from_hex(P256_ROOT_X P256_ROOT_Y);
    tps_crypto_point point = {.curve = TPS_CURVE_P256, .size = 32};
    tps_dice_anchor anchor = {.root = NULL};
    tps_dice_cwt_layer layer;
    tps_span chain = span_of(bytes);

    (void)state;
    memcpy(point.x, root.data, 32);
    memcpy(point.y, root.data + 32, 32);
    assert_status(tps_crypto_key_from_point(&point, &anchor.root), TPS_OK);
    assert_status(tps_dice_cwt_chain_verify(&chain, 1, &anchor, &layer, NULL, NULL), TPS_OK);
    zeros_are_the_input_of_the_published_certificates(&layer.input, true);
    assert_span_text(layer.input.value[TPS_DICE_PROFILE_NAME], "opendice.example.p256");
    tps_crypto_key_free(anchor.root);
    free(bytes.data);
    free(root.data);
}

/* The signature that the published certificate has: what is made around it must be the rest of that one. */
static tps_status sign_as_published(void *context, int32_t alg, tps_span digest, tps_buf signature)
{
    const tps_span *published = context;

    assert_int_equal(alg, TPS_ALG_ES256);
    assert_int_equal(digest.size, 32);
    assert_int_equal(signature.size, published->size);
    memcpy(signature.data, published->data, published->size);
    return TPS_OK;
}

static void a_published_certificate_is_made_again_byte_for_byte(void **state)
{
    tps_buf bytes = bytes_from_hex(CBOR_P256);
    tps_dice_cwt read;
    tps_cose_signer signer = {.alg = TPS_ALG_ES256, .sign = sign_as_published};
    uint8_t payload[512];
    uint8_t out[512];
    tps_span encoded;

    (void)state;
    assert_status(tps_dice_cwt_read(span_of(bytes), &read, NULL), TPS_OK);
    signer.context = &read.message.signature;
    assert_status(tps_dice_cwt_make(&read.claims, &signer, TPS_BUF_OF(payload), TPS_BUF_MEASURE,
                                    TPS_BUF_OF(out), &encoded),
                  TPS_OK);
    assert_span(encoded, span_of(bytes));
    free(bytes.data);
}

/* ---- chains that were made here ---- */

#define LAYERS 3

typedef struct {
    uint8_t bytes[1024];
    tps_span span;
} certificate;

static tps_crypto_key *keys[LAYERS + 1]; /* keys[i] signs certificate i */
static certificate made[LAYERS];
static const char *const names[] = {"maker", "uds", "cdi0", "cdi1"};

static tps_span key_bytes(tps_crypto_key *key, tps_buf out)
{
    tps_cbor_writer w = tps_cbor_writer_init(out);
    tps_span encoded;

    assert_status(tps_cose_key_put(&w, key), TPS_OK);
    assert_status(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    return encoded;
}

static tps_dice_input good_input(void)
{
    tps_dice_input input = {.mode = TPS_DICE_MODE_NORMAL};

    input.present = 1u << TPS_DICE_CODE_HASH | 1u << TPS_DICE_AUTHORITY_HASH |
                    1u << TPS_DICE_CONFIGURATION_DESCRIPTOR | 1u << TPS_DICE_MODE |
                    1u << TPS_DICE_PROFILE_NAME;
    input.value[TPS_DICE_CODE_HASH] = tps_span_make(hash, 32);
    input.value[TPS_DICE_AUTHORITY_HASH] = tps_span_make(hash, 48);
    input.value[TPS_DICE_CONFIGURATION_DESCRIPTOR] = TPS_SPAN_LITERAL("c");
    input.value[TPS_DICE_PROFILE_NAME] = TPS_SPAN_LITERAL("p");
    return input;
}

static tps_status make(size_t i, tps_dice_cwt_claims *request, tps_crypto_key *by, int32_t alg)
{
    tps_cose_signer signer = tps_cose_signer_of_key(by, alg);
    static uint8_t payload[1024];
    static uint8_t scratch[2048];

    return tps_dice_cwt_make(request, &signer, TPS_BUF_OF(payload), TPS_BUF_OF(scratch),
                             TPS_BUF_OF(made[i].bytes), &made[i].span);
}

/* Certificate i: of names[i + 1], by names[i]. The first is a UDS's. */
static void make_good(size_t i, uint32_t key_usage)
{
    uint8_t key[128];
    tps_dice_cwt_claims request = {.issuer = tps_span_of_text(names[i]),
                                   .subject = tps_span_of_text(names[i + 1]),
                                   .public_key = key_bytes(keys[i + 1], TPS_BUF_OF(key)),
                                   .key_usage = key_usage};

    if (i > 0) {
        request.input = good_input();
    }
    assert_status(make(i, &request, keys[i], TPS_ALG_ESP256), TPS_OK);
}

static int make_chain(void **state)
{
    (void)state;
    for (size_t i = 0; i <= LAYERS; i++) {
        tps_crypto_key_free(keys[i]);
        keys[i] = test_key((uint8_t)(40 + i));
    }
    for (size_t i = 0; i < LAYERS; i++) {
        make_good(i, TPS_DICE_USAGE_KEY_CERT_SIGN);
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (size_t i = 0; i <= LAYERS; i++) {
        tps_crypto_key_free(keys[i]);
        keys[i] = NULL;
    }
    return 0;
}

static tps_status verify(tps_dice_anchor anchor, tps_dice_cwt_layer *layers, tps_error *why)
{
    tps_span chain[LAYERS];

    for (size_t i = 0; i < LAYERS; i++) {
        chain[i] = made[i].span;
    }
    anchor.root = anchor.root == NULL ? keys[0] : anchor.root;
    return tps_dice_cwt_chain_verify(chain, LAYERS, &anchor, layers, NULL, why);
}

#define ANY ((tps_dice_anchor){.now = 0})

static void a_chain_verifies_from_its_root_on(void **state)
{
    tps_dice_cwt_layer layers[LAYERS];
    tps_dice_anchor anchor = {.issuer = TPS_SPAN_LITERAL("maker"), .now = 1800000000};

    (void)state;
    make_chain(NULL);
    assert_status(verify(anchor, layers, NULL), TPS_OK);
    assert_span_text(layers[0].subject, "uds");
    assert_int_equal(layers[0].input.present, 0);
    assert_span_text(layers[2].subject, "cdi1");
    assert_int_equal(layers[2].input.mode, TPS_DICE_MODE_NORMAL);
    assert_span_text(layers[2].input.value[TPS_DICE_PROFILE_NAME], "p");
}

static void a_chain_that_others_made_is_refused(void **state)
{
    tps_dice_anchor anchor = {.root = NULL};
    tps_error why;

    (void)state;
    make_chain(NULL);
    anchor.root = keys[1];
    assert_status(verify(anchor, NULL, &why), TPS_COSE_BAD_SIGNATURE);
    anchor = (tps_dice_anchor){.issuer = TPS_SPAN_LITERAL("other")};
    assert_status(verify(anchor, NULL, &why), TPS_DICE_CHAIN_BROKEN);
    made[1].span.size = 0;
    assert_status(verify(ANY, NULL, &why), TPS_CBOR_TRUNCATED);
    make_chain(NULL);
    made[1].span = made[2].span;
    assert_status(verify(ANY, NULL, &why), TPS_DICE_CHAIN_BROKEN);
    make_chain(NULL);
    made[0].span.size--;
    assert_status(verify(ANY, NULL, &why), TPS_CBOR_TRUNCATED);
}

static void a_key_without_cert_sign_issues_nothing(void **state)
{
    (void)state;
    make_chain(NULL);
    make_good(1, TPS_DICE_USAGE_DIGITAL_SIGNATURE);
    assert_status(verify(ANY, NULL, NULL), TPS_DICE_NOT_A_CA);
    make_good(1, TPS_DICE_USAGE_KEY_CERT_SIGN);
    make_good(2, TPS_DICE_USAGE_DIGITAL_SIGNATURE | 0x100); /* the leaf may have any use */
    assert_status(verify(ANY, NULL, NULL), TPS_OK);
}

static void nothing_is_verified_without_a_root_or_certificates(void **state)
{
    tps_dice_anchor anchor = {.root = NULL};
    tps_crypto_key *leaf = keys[0];
    tps_span chain[TPS_DICE_CHAIN_MAX + 1] = {{NULL, 0}};

    (void)state;
    assert_status(tps_dice_cwt_chain_verify(chain, 1, &anchor, NULL, &leaf, NULL), TPS_BAD_ARGUMENT);
    assert_null(leaf);
    anchor.root = keys[0];
    assert_status(tps_dice_cwt_chain_verify(chain, 0, &anchor, NULL, &leaf, NULL), TPS_BAD_ARGUMENT);
    assert_status(tps_dice_cwt_chain_verify(chain, TPS_DICE_CHAIN_MAX + 1, &anchor, NULL, &leaf, NULL),
                  TPS_BAD_ARGUMENT);
}

static void ed25519_needs_scratch_to_sign(void **state)
{
    uint8_t bytes[128];
    uint8_t payload[512];
    uint8_t scratch[1024];
    uint8_t out[1024];
    tps_crypto_key *key = NULL;
    tps_cose_signer signer;
    tps_span chain;
    tps_dice_anchor anchor = {.scratch = TPS_BUF_OF(scratch)};
    tps_dice_cwt_claims request = {.issuer = TPS_SPAN_LITERAL("i"),
                                   .subject = TPS_SPAN_LITERAL("s"),
                                   .key_usage = TPS_DICE_USAGE_KEY_CERT_SIGN,
                                   .input = good_input()};

    (void)state;
    assert_status(tps_crypto_key_generate(TPS_CURVE_ED25519, &key), TPS_OK);
    request.public_key = key_bytes(key, TPS_BUF_OF(bytes));
    signer = tps_cose_signer_of_key(key, TPS_ALG_EDDSA);
    request.input.value[TPS_DICE_CONFIGURATION_DESCRIPTOR] = TPS_SPAN_OF(hash);
    request.input.value[TPS_DICE_CODE_DESCRIPTOR] = TPS_SPAN_OF(hash);
    request.input.present |= 1u << TPS_DICE_CODE_DESCRIPTOR;
    assert_status(
        tps_dice_cwt_make(&request, &signer, TPS_BUF_OF(payload), TPS_BUF_MEASURE, TPS_BUF_OF(out), &chain),
        TPS_BUFFER_TOO_SMALL);
    assert_status(tps_dice_cwt_make(&request, &signer, TPS_BUF_OF(payload), TPS_BUF_OF(scratch),
                                    TPS_BUF_OF(out), &chain),
                  TPS_OK);
    anchor.root = key;
    assert_status(tps_dice_cwt_chain_verify(&chain, 1, &anchor, NULL, NULL, NULL), TPS_OK);
    tps_crypto_key_free(key);
}

static void making_measures_claims_and_certificate(void **state)
{
    uint8_t key[128];
    uint8_t payload[512];
    uint8_t out[512];
    tps_cose_signer signer = tps_cose_signer_of_key(keys[0], TPS_ALG_ESP256);
    tps_dice_cwt_claims request = {.issuer = TPS_SPAN_LITERAL("i"),
                                   .subject = TPS_SPAN_LITERAL("s"),
                                   .public_key = key_bytes(keys[1], TPS_BUF_OF(key)),
                                   .key_usage = TPS_DICE_USAGE_KEY_CERT_SIGN,
                                   .input = good_input()};
    tps_span encoded;
    size_t claims;
    size_t whole;

    (void)state;
    assert_status(
        tps_dice_cwt_make(&request, &signer, TPS_BUF_MEASURE, TPS_BUF_MEASURE, TPS_BUF_MEASURE, &encoded),
        TPS_OK);
    claims = encoded.size;
    assert_status(tps_dice_cwt_make(&request, &signer, (tps_buf){payload, claims - 1}, TPS_BUF_MEASURE,
                                    TPS_BUF_OF(out), &encoded),
                  TPS_BUFFER_TOO_SMALL);
    assert_int_equal(encoded.size, claims);
    assert_status(tps_dice_cwt_make(&request, &signer, (tps_buf){payload, claims}, TPS_BUF_MEASURE,
                                    TPS_BUF_MEASURE, &encoded),
                  TPS_OK);
    whole = encoded.size;
    assert_status(tps_dice_cwt_make(&request, &signer, TPS_BUF_OF(payload), TPS_BUF_MEASURE,
                                    (tps_buf){out, whole - 1}, &encoded),
                  TPS_BUFFER_TOO_SMALL);
    assert_int_equal(encoded.size, whole);
    assert_status(tps_dice_cwt_make(&request, &signer, TPS_BUF_OF(payload), TPS_BUF_MEASURE,
                                    (tps_buf){out, whole}, &encoded),
                  TPS_OK);
}

static void nothing_is_made_that_the_reader_would_refuse(void **state)
{
    uint8_t key[128];
    const tps_dice_cwt_claims good = {.issuer = TPS_SPAN_LITERAL("i"),
                                      .subject = TPS_SPAN_LITERAL("s"),
                                      .public_key = key_bytes(keys[1], TPS_BUF_OF(key)),
                                      .key_usage = TPS_DICE_USAGE_KEY_CERT_SIGN,
                                      .input = good_input()};
    tps_dice_cwt_claims request = good;
    tps_dice_cwt again;

    (void)state;
    request.issuer = TPS_SPAN_EMPTY;
    assert_status(make(0, &request, keys[0], TPS_ALG_ESP256), TPS_DICE_MISSING);
    request = good;
    request.subject = TPS_SPAN_LITERAL("");
    assert_status(make(0, &request, keys[0], TPS_ALG_ESP256), TPS_DICE_BAD_VALUE);
    request = good;
    request.public_key = TPS_SPAN_EMPTY;
    assert_status(make(0, &request, keys[0], TPS_ALG_ESP256), TPS_DICE_MISSING);
    request = good;
    request.key_usage = 0;
    assert_status(make(0, &request, keys[0], TPS_ALG_ESP256), TPS_DICE_BAD_VALUE);
    request.key_usage = 0x10000;
    assert_status(make(0, &request, keys[0], TPS_ALG_ESP256), TPS_DICE_BAD_VALUE);
    request = good;
    request.input.mode = 256;
    assert_status(make(0, &request, keys[0], TPS_ALG_ESP256), TPS_DICE_BAD_VALUE);
    request.input.present &= ~(1u << TPS_DICE_MODE);
    assert_status(make(0, &request, keys[0], TPS_ALG_ESP256), TPS_DICE_MISSING);
    request.input.present = 0;
    assert_status(make(0, &request, keys[0], TPS_ALG_ESP256), TPS_OK);
    request = good;
    assert_status(make(0, &request, keys[0], TPS_ALG_SHA256), TPS_COSE_ALG_REFUSED);
    request.input.present |= 1u << TPS_DICE_INPUTS; /* of no value: it does not count */
    assert_status(make(0, &request, keys[0], TPS_ALG_ESP256), TPS_OK);
    assert_status(tps_dice_cwt_read(made[0].span, &again, NULL), TPS_OK);
}

/* ---- what is wrong ---- */

/* A certificate with these claims, as hex, over a good signature. */
static tps_status read_claims(const char *claims_hex, tps_error *why)
{
    static tps_buf message;
    tps_buf payload = bytes_from_hex(claims_hex);
    tps_dice_cwt out;

    free(message.data);
    message = craft_sign1("a10128", "a0", span_of(payload), keys[0], TPS_ALG_ESP256);
    free(payload.data);
    return tps_dice_cwt_read(span_of(message), &out, why);
}

#define ISSUER  "016169"
#define SUBJECT "026173"
#define KEY     "3a00474457 41aa"
#define USAGE   "3a00474458 4120"
#define CODE    "3a00474450 5820" ZEROS_32
#define CONFIG  "3a00474453 4163"
#define AUTH    "3a00474454 5820" ZEROS_32
#define MODE    "3a00474456 4101"

static void claims_are_read_strictly(void **state)
{
    static const struct {
        const char *hex;
        tps_status status;
    } cases[] = {
        {"a4" ISSUER SUBJECT KEY USAGE, TPS_OK},
        {"a8" ISSUER SUBJECT KEY USAGE CODE CONFIG AUTH MODE, TPS_OK},
        {"a8" MODE AUTH CONFIG CODE USAGE KEY SUBJECT ISSUER, TPS_OK},
        {"a6" ISSUER SUBJECT KEY USAGE "1907d0f6 636162630a", TPS_OK}, /* claims of others */
        {"a6" ISSUER SUBJECT KEY USAGE "041a6b49d200 0501", TPS_OK},   /* times */
        {"a5" ISSUER SUBJECT KEY USAGE "04fb41d2745200000000", TPS_CLAIM_BAD_TYPE},
        {"a5" ISSUER SUBJECT KEY USAGE "056161", TPS_CLAIM_BAD_TYPE},
        {"a3" SUBJECT KEY USAGE, TPS_DICE_MISSING},
        {"a3" ISSUER KEY USAGE, TPS_DICE_MISSING},
        {"a3" ISSUER SUBJECT USAGE, TPS_DICE_MISSING},
        {"a3" ISSUER SUBJECT KEY, TPS_DICE_MISSING},
        {"a4 0160" SUBJECT KEY USAGE, TPS_DICE_BAD_VALUE},
        {"a4" ISSUER "0260" KEY USAGE, TPS_DICE_BAD_VALUE},
        {"a4" ISSUER SUBJECT "3a0047445740" USAGE, TPS_DICE_BAD_VALUE},
        {"a4 014169" SUBJECT KEY USAGE, TPS_CLAIM_BAD_TYPE},
        {"a4" ISSUER "0201" KEY USAGE, TPS_CLAIM_BAD_TYPE},
        {"a4" ISSUER SUBJECT "3a0047445760" USAGE, TPS_CLAIM_BAD_TYPE},
        {"a4" ISSUER SUBJECT "3a00474457 5f41aaff" USAGE, TPS_CLAIM_BAD_TYPE},
        {"a4" ISSUER SUBJECT KEY "3a00474458 1820", TPS_CLAIM_BAD_TYPE},
        {"a4" ISSUER SUBJECT KEY "3a00474458 40", TPS_DICE_BAD_VALUE},
        {"a4" ISSUER SUBJECT KEY "3a00474458 4100", TPS_DICE_BAD_VALUE},
        {"a4" ISSUER SUBJECT KEY "3a00474458 422001", TPS_OK},
        {"a4" ISSUER SUBJECT KEY "3a00474458 43200000", TPS_DICE_BAD_VALUE},
        {"a5" ISSUER SUBJECT KEY USAGE CODE, TPS_DICE_MISSING},
        {"a8" ISSUER SUBJECT KEY USAGE CODE CONFIG AUTH "3a00474456 01", TPS_CLAIM_BAD_TYPE},
        {"a8" ISSUER SUBJECT KEY USAGE CODE CONFIG AUTH "3a00474456 420101", TPS_DICE_BAD_VALUE},
        {"a8" ISSUER SUBJECT KEY USAGE CODE CONFIG AUTH "3a00474456 41ff", TPS_OK}, /* not configured */
        {"a9" ISSUER SUBJECT KEY USAGE CODE CONFIG AUTH MODE "3a00474459 6170", TPS_OK},
        {"a9" ISSUER SUBJECT KEY USAGE CODE CONFIG AUTH MODE "3a00474459 4170", TPS_CLAIM_BAD_TYPE},
        {"a9" ISSUER SUBJECT KEY USAGE CODE CONFIG AUTH MODE "3a00474459 60", TPS_DICE_BAD_VALUE},
        {"a5" ISSUER ISSUER SUBJECT KEY USAGE, TPS_CBOR_DUPLICATE_KEY},
        {"84" ISSUER SUBJECT, TPS_CLAIM_BAD_TYPE},
        {"a5" ISSUER SUBJECT KEY USAGE "3bffffffffffffffff 00", TPS_CBOR_OUT_OF_RANGE},
        {"a4" ISSUER SUBJECT KEY, TPS_CBOR_TRUNCATED},
        {"a4" ISSUER SUBJECT KEY USAGE "00", TPS_CBOR_TRAILING},
        {"", TPS_CBOR_TRUNCATED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_error why = {TPS_OK, 0, NULL};

        print_message("%s\n", cases[i].hex);
        assert_status(read_claims(cases[i].hex, &why), cases[i].status);
        assert_int_equal(why.status, cases[i].status);
    }
}

static void a_certificate_is_untagged_and_whole(void **state)
{
    tps_buf payload = bytes_from_hex("a4" ISSUER SUBJECT KEY USAGE);
    tps_buf message = craft_sign1("a10128", "a0", span_of(payload), keys[0], TPS_ALG_ESP256);
    tps_buf detached = bytes_from_hex("84 43a10128 a0 f6 40");
    uint8_t tagged[512] = {0xd2};
    tps_dice_cwt out;
    tps_error why;

    (void)state;
    memcpy(tagged + 1, message.data, message.size);
    assert_status(tps_dice_cwt_read(tps_span_make(tagged, message.size + 1), &out, &why), TPS_DICE_BAD_VALUE);
    assert_status(tps_dice_cwt_read(span_of(detached), &out, &why), TPS_COSE_DETACHED);
    free(payload.data);
    free(message.data);
    free(detached.data);
}

/* One certificate with these claims behind the usual ones, verified at `now`. */
static tps_status verify_claims(const char *claims_hex, int64_t now)
{
    tps_buf payload = bytes_from_hex(claims_hex);
    tps_buf message = craft_sign1("a10128", "a0", span_of(payload), keys[0], TPS_ALG_ESP256);
    tps_dice_anchor anchor = {.root = keys[0], .now = now};
    tps_span chain = span_of(message);
    tps_status status = tps_dice_cwt_chain_verify(&chain, 1, &anchor, NULL, NULL, NULL);

    free(payload.data);
    free(message.data);
    return status;
}

/* A COSE_Key on P-256: the published certificate's. */
#define GOOD_KEY                                                             \
    "3a00474457 5850 a6010203260481022001215820"                             \
    "4f3b4e82c45ada084589c2197baf1f376eac40e1fd49b0240602aec269541c6b225820" \
    "e7eb4019ab55c66bc88bb8b469ad7ee8589e07d2f8bc888eb311c2df973b1b4a"

static void times_are_kept_where_there_is_a_clock(void **state)
{
    const char *claims = "a6" ISSUER SUBJECT GOOD_KEY USAGE "041864 0514"; /* from 20 to 100 */

    (void)state;
    assert_status(verify_claims(claims, 0), TPS_OK);
    assert_status(verify_claims(claims, 19), TPS_CRYPTO_CHAIN_EXPIRED);
    assert_status(verify_claims(claims, 20), TPS_OK);
    assert_status(verify_claims(claims, 99), TPS_OK);
    assert_status(verify_claims(claims, 100), TPS_CRYPTO_CHAIN_EXPIRED);
}

static void a_subject_key_that_cannot_be_used_is_refused(void **state)
{
    (void)state;
    assert_status(verify_claims("a4" ISSUER SUBJECT KEY USAGE, 0), TPS_CBOR_TRUNCATED);
    assert_status(verify_claims("a4" ISSUER SUBJECT "3a0047445741a0" USAGE, 0), TPS_COSE_BAD_KEY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_published_ed25519_certificate_verifies),
        cmocka_unit_test(a_published_p256_certificate_verifies),
        cmocka_unit_test(a_published_certificate_is_made_again_byte_for_byte),
        cmocka_unit_test(a_chain_verifies_from_its_root_on),
        cmocka_unit_test(a_chain_that_others_made_is_refused),
        cmocka_unit_test(a_key_without_cert_sign_issues_nothing),
        cmocka_unit_test(nothing_is_verified_without_a_root_or_certificates),
        cmocka_unit_test(ed25519_needs_scratch_to_sign),
        cmocka_unit_test(making_measures_claims_and_certificate),
        cmocka_unit_test(nothing_is_made_that_the_reader_would_refuse),
        cmocka_unit_test(claims_are_read_strictly),
        cmocka_unit_test(a_certificate_is_untagged_and_whole),
        cmocka_unit_test(times_are_kept_where_there_is_a_clock),
        cmocka_unit_test(a_subject_key_that_cannot_be_used_is_refused),
    };

    return cmocka_run_group_tests(tests, make_chain, end);
}
