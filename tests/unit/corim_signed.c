/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM: who signed a manifest, how the signature is put around or beside it, and what is refused of it. */
#include "tps/corim.h"

#include "support/check.h"
#include "support/corim_read.h"
#include "support/notation.h"
#include "tps/crypto.h"

static void expect_refused(tps_span input, tps_status status, const char *detail)
{
    tps_error why = {0};
    tps_status got = corim_read_whole(input, NULL, &why);

    if (got != status || (detail != NULL && (why.detail == NULL || strcmp(why.detail, detail) != 0))) {
        fail_msg("%s (%s) instead of %s (%s)", tps_status_name(got), why.detail == NULL ? "" : why.detail,
                 tps_status_name(status), detail == NULL ? "" : detail);
    }
}

/* 18([<<header>>, {}, payload, h'']) */
#define SIGNED(header, payload) "18([<<" header ">>, {}, " payload ", h''])"
#define TYPE                    "3: \"application/rim+cbor\""
#define BODY                    "<<501({0: \"a\", 1: [507(0)]})>>"

static const struct {
    const char *text;
    tps_status status;
    const char *detail;
} envelope_refusals[] = {
    {SIGNED("{1: -9}", "null"), TPS_CORIM_NOT_WELL_FORMED, "the content type is not application/rim+cbor"},
    {SIGNED("{1: -9, 3: 60}", BODY), TPS_CORIM_NOT_WELL_FORMED,
     "the content type is not application/rim+cbor"},
    {"18([<<{1: -9, 15: {1: \"x\"}}>>, {3: \"application/rim+cbor\"}, " BODY ", h''])",
     TPS_CORIM_NOT_WELL_FORMED, "the content type is not application/rim+cbor"},
    {SIGNED("{1: -9, " TYPE "}", BODY), TPS_CORIM_NOT_WELL_FORMED, "its signer is not named (corim-meta)"},
    {"18([<<{1: -9, " TYPE "}>>, {8: <<{0: {0: \"x\"}}>>}, " BODY ", h''])", TPS_CORIM_NOT_WELL_FORMED,
     "its signer is not named (corim-meta)"},
    {SIGNED("{1: -9, " TYPE ", 8: <<{}>>}", BODY), TPS_CORIM_NOT_WELL_FORMED, "corim-meta names no signer"},
    {SIGNED("{1: -9, " TYPE ", 8: <<{0: {}}>>}", BODY), TPS_CORIM_NOT_WELL_FORMED,
     "corim-meta names no signer"},
    {SIGNED("{1: -9, " TYPE ", 8: <<{0: 5}>>}", BODY), TPS_CORIM_BAD_VALUE, "signer"},
    {SIGNED("{1: -9, " TYPE ", 8: <<{0: {0: 5}}>>}", BODY), TPS_CORIM_BAD_VALUE, "signer name"},
    {SIGNED("{1: -9, " TYPE ", 8: <<{0: {0: \"x\", 1: \"u\"}}>>}", BODY), TPS_CORIM_BAD_VALUE, "signer URI"},
    {SIGNED("{1: -9, " TYPE ", 8: <<{0: {0: \"x\"}, 1: {}}>>}", BODY), TPS_CORIM_BAD_VALUE, "validity"},
    {SIGNED("{1: -9, " TYPE ", 8: <<{0: {0: \"x\"}, 2: 0}>>}", BODY), TPS_CORIM_BAD_VALUE, "corim-meta"},
    {SIGNED("{1: -9, " TYPE ", 8: h'a1'}", BODY), TPS_CBOR_TRUNCATED, NULL},
    {SIGNED("{1: -9, " TYPE ", 15: {}}", BODY), TPS_CORIM_NOT_WELL_FORMED, "the CWT claims name no issuer"},
    {SIGNED("{1: -9, " TYPE ", 15: {1: 5}}", BODY), TPS_CORIM_BAD_VALUE, "issuer"},
    {SIGNED("{1: -9, " TYPE ", 15: {1: \"x\", 2: 5}}", BODY), TPS_CORIM_BAD_VALUE, "subject"},
    {SIGNED("{1: -9, " TYPE ", 15: {1: \"x\", 4: \"soon\"}}", BODY), TPS_CORIM_BAD_VALUE, "CWT claims"},
    {SIGNED("{1: -9, " TYPE ", 15: {1: \"x\", 4: 5, 5: 6}}", BODY), TPS_CORIM_BAD_VALUE,
     "CWT claims: nbf, exp"},
    {SIGNED("{1: -9, " TYPE ", 8: <<{0: {0: \"x\"}}>>, 15: {1: \"y\"}}", BODY), TPS_CORIM_NOT_WELL_FORMED,
     "corim-meta and CWT claims contradict each other"},
    {SIGNED("{1: -9, " TYPE ", 8: <<{0: {0: \"x\"}}>>, 15: {1: \"x\", 4: 5}}", BODY),
     TPS_CORIM_NOT_WELL_FORMED, "corim-meta and CWT claims contradict each other"},
    {SIGNED("{1: -9, " TYPE ", 8: <<{0: {0: \"x\"}, 1: {1: 1(6)}}>>, 15: {1: \"x\", 4: 5}}", BODY),
     TPS_CORIM_NOT_WELL_FORMED, "corim-meta and CWT claims contradict each other"},
    {SIGNED("{1: -9, " TYPE ", 8: <<{0: {0: \"x\"}, 1: {0: 1(1), 1: 1(5)}}>>, 15: {1: \"x\", 4: 5, 5: 2}}",
            BODY),
     TPS_CORIM_NOT_WELL_FORMED, "corim-meta and CWT claims contradict each other"},
    {SIGNED("{1: -9, " TYPE ", 15: {1: \"x\"}}", "<<{0: \"a\"}>>"), TPS_CORIM_NOT_WELL_FORMED,
     "the signed content is not tagged 501"},
    {SIGNED("{1: -9, " TYPE ", 15: {1: \"x\"}}", "null"), TPS_COSE_DETACHED,
     "the signature comes without the manifest"},
    {SIGNED("{1: -9, 258: -16, 259: \"application/rim+cbor\", 15: {1: \"x\"}}", "h'00'"), TPS_COSE_DETACHED,
     "the signature comes without the manifest"},
    {SIGNED("{1: -9, 258: -16, 259: \"text/plain\", 15: {1: \"x\"}}", "h'00'"), TPS_CORIM_NOT_WELL_FORMED,
     "the content type is not application/rim+cbor"},
    {SIGNED("{1: -9, " TYPE ", 258: -16, 259: \"application/rim+cbor\", 15: {1: \"x\"}}", "h'00'"),
     TPS_CORIM_NOT_WELL_FORMED, "a hash envelope has a content type, or no hash"},
    {SIGNED("{1: -9, 3: 0, 258: -16, 259: \"application/rim+cbor\", 15: {1: \"x\"}}", "h'00'"),
     TPS_CORIM_NOT_WELL_FORMED, "a hash envelope has a content type, or no hash"},
    {SIGNED("{1: -9, 258: -16, 259: \"application/rim+cbor\", 15: {1: \"x\"}}", "null"),
     TPS_CORIM_NOT_WELL_FORMED, "a hash envelope has a content type, or no hash"},
    {SIGNED("{1: -9, 258: \"sha\", 259: \"application/rim+cbor\", 15: {1: \"x\"}}", "h'00'"),
     TPS_CORIM_BAD_VALUE, "a header parameter of a signed CoRIM"},
    {SIGNED("{1: -9, 2: [99], 99: 0, " TYPE ", 15: {1: \"x\"}}", BODY), TPS_COSE_CRIT_UNKNOWN, NULL},
};

static void refuses_signed_messages_that_are_no_manifests(void **state)
{

    (void)state;
    for (size_t i = 0; i < sizeof envelope_refusals / sizeof envelope_refusals[0]; i++) {
        expect_refused(notation("%s", envelope_refusals[i].text), envelope_refusals[i].status,
                       envelope_refusals[i].detail);
    }
}

static void reads_what_the_signer_says_of_itself(void **state)
{
    tps_corim corim;

    (void)state;
    assert_status(
        tps_corim_decode(
            notation(SIGNED("{1: -9, " TYPE ", 8: <<{0: {0: \"X\", 1: 32(\"u\"), 9: 1}, 1: {1: 1(200)}}>>}",
                            BODY)),
            &corim, NULL),
        TPS_OK);
    assert_span_text(corim.signer_name, "X");
    assert_span_text(corim.signer_uri, "u");
    assert_int_equal(corim.signer_extensions.count, 1);
    assert_int_equal(corim.signature_validity.not_after, 200);

    assert_status(tps_corim_decode(
                      notation(SIGNED("{1: -9, " TYPE ", 15: {1: \"Y\", 2: \"s\", 5: 100, 7: h'00'}}", BODY)),
                      &corim, NULL),
                  TPS_OK);
    assert_span_text(corim.signer_name, "Y");
    assert_span_text(corim.subject, "s");
    assert_true(corim.signature_validity.is_present);
    assert_status(tps_corim_validity_check(&corim.signature_validity, 99), TPS_CORIM_EXPIRED);
    assert_status(tps_corim_validity_check(&corim.signature_validity, INT64_MAX), TPS_OK);

    assert_status(
        tps_corim_decode(notation(SIGNED("{1: -9, " TYPE ", 8: <<{0: {0: \"X\"}, 1: {0: 1(1), 1: 1(5)}}>>, "
                                         "15: {1: \"X\", 4: 5, 5: 1}}",
                                         BODY)),
                         &corim, NULL),
        TPS_OK);
    assert_status(tps_corim_validity_check(&corim.signature_validity, 6), TPS_CORIM_EXPIRED);
    /* the draft asks for no expiry among CWT claims */
    assert_status(tps_corim_decode(notation(SIGNED("{1: -9, " TYPE ", 15: {1: \"Y\"}}", BODY)), &corim, NULL),
                  TPS_OK);
    assert_false(corim.signature_validity.is_present);
}

/* What is signed, and how it is put; the manifest in the file, or beside it. */
static void a_manifest_may_lie_beside_its_signature(void **state)
{
    tps_span manifest = notation("501({0: \"a\", 1: [507(0)]})");
    tps_span other = notation("501({0: \"b\", 1: [507(0)]})");
    tps_corim_signer detached = {.name = TPS_SPAN_LITERAL("X"), .is_detached = true};
    tps_corim_signer hashed = {.name = TPS_SPAN_LITERAL("X"),
                               .hash_alg = TPS_ALG_SHA384,
                               .has_cwt_claims = true,
                               .has_no_meta = true,
                               .subject = TPS_SPAN_LITERAL("s"),
                               .validity = {true, true, 1, 9},
                               .location = TPS_SPAN_LITERAL("https://acme.example/a.corim")};
    tps_cose_terms terms = {.detached = manifest};
    uint8_t room[1024];
    tps_span message;
    tps_crypto_key *key;
    tps_cose_signer signer;
    tps_corim corim;
    tps_error why = {0};

    (void)state;
    assert_status(tps_crypto_key_generate(TPS_CURVE_P256, &key), TPS_OK);
    signer = tps_cose_signer_of_key(key, TPS_ALG_ESP256);

    assert_status(tps_corim_sign(manifest, &detached, &signer, TPS_BUF_OF(room), &message), TPS_OK);
    assert_status(tps_corim_decode(message, &corim, NULL), TPS_COSE_DETACHED);
    assert_status(tps_cose_sign1_verify_parsed(&corim.envelope, key, &terms), TPS_OK);
    assert_status(tps_corim_decode_with(message, manifest, &corim, NULL), TPS_OK);
    assert_span_text(corim.id.bytes, "a");
    assert_status(tps_cose_sign1_verify_parsed(&corim.envelope, key, NULL), TPS_OK);
    assert_status(tps_corim_decode_with(message, other, &corim, NULL), TPS_OK);
    assert_status(tps_cose_sign1_verify_parsed(&corim.envelope, key, NULL), TPS_COSE_BAD_SIGNATURE);

    assert_status(tps_corim_sign(manifest, &hashed, &signer, TPS_BUF_OF(room), &message), TPS_OK);
    assert_status(tps_corim_decode(message, &corim, NULL), TPS_COSE_DETACHED);
    assert_int_equal(corim.hash_alg, TPS_ALG_SHA384);
    assert_span_text(corim.location, "https://acme.example/a.corim");
    assert_span_text(corim.signer_name, "X");
    assert_span_text(corim.subject, "s");
    assert_status(tps_corim_decode_with(message, manifest, &corim, NULL), TPS_OK);
    assert_span_text(corim.id.bytes, "a");
    assert_int_equal(corim.signature_validity.not_before, 1);
    assert_status(tps_cose_sign1_verify_parsed(&corim.envelope, key, NULL), TPS_OK);
    assert_status(tps_corim_decode_with(message, other, &corim, &why), TPS_CORIM_NOT_WELL_FORMED);
    assert_string_equal(why.detail, "its content has another hash than was signed");
    hashed.location = hashed.subject = TPS_SPAN_EMPTY;
    hashed.hash_alg = TPS_ALG_SHA256;
    hashed.has_no_meta = false;
    hashed.validity.has_not_before = false;
    assert_status(tps_corim_sign(manifest, &hashed, &signer, TPS_BUF_OF(room), &message), TPS_OK);
    assert_status(tps_corim_decode_with(message, manifest, &corim, NULL), TPS_OK);
    assert_int_equal(corim.location.size, 0);
    hashed.validity = (tps_corim_validity){0};
    assert_status(tps_corim_sign(manifest, &hashed, &signer, TPS_BUF_OF(room), &message), TPS_OK);
    assert_status(tps_corim_decode_with(message, manifest, &corim, NULL), TPS_OK);
    assert_false(corim.signature_validity.is_present);
    tps_crypto_key_free(key);
}

static void a_hash_that_is_not_known_is_refused(void **state)
{
    tps_span manifest = notation("501({0: \"a\", 1: [507(0)]})");
    tps_span message;
    tps_corim corim;

    (void)state;
    message =
        notation(SIGNED("{1: -9, 258: -44000, 259: \"application/rim+cbor\", 15: {1: \"x\"}}", "h'00'"));
    assert_status(tps_corim_decode_with(message, manifest, &corim, NULL), TPS_CORIM_UNSUPPORTED);
}

static void refuses_signers_that_contradict_themselves(void **state)
{
    static const char many[257] = {'x'};
    tps_span manifest = notation("501({0: \"a\", 1: [507(0)]})");
    tps_cose_signer signer = {0};
    tps_corim_signer who;
    tps_span message;

    (void)state;
#define EXPECT_BAD(change)                                                                                   \
    do {                                                                                                     \
        who = (tps_corim_signer){.name = TPS_SPAN_LITERAL("X")};                                             \
        change;                                                                                              \
        assert_status(tps_corim_sign(manifest, &who, &signer, TPS_BUF_MEASURE, &message), TPS_BAD_ARGUMENT); \
    } while (0)
    EXPECT_BAD(who.name.size = 0);
    EXPECT_BAD(who.name = tps_span_make(many, 129));
    EXPECT_BAD(who.uri = TPS_SPAN_OF(many));
    EXPECT_BAD(who.subject = TPS_SPAN_LITERAL("s"));
    EXPECT_BAD(who.subject = TPS_SPAN_OF(many); who.has_cwt_claims = true);
    EXPECT_BAD(who.location = TPS_SPAN_LITERAL("l"));
    EXPECT_BAD(who.location = TPS_SPAN_OF(many); who.hash_alg = TPS_ALG_SHA256);
    EXPECT_BAD(who.hash_alg = TPS_ALG_SHA256; who.is_detached = true);
    EXPECT_BAD(who.has_no_meta = true);
    EXPECT_BAD(who.has_no_meta = who.has_cwt_claims = true; who.uri = TPS_SPAN_LITERAL("u"));
    EXPECT_BAD(who.validity = ((tps_corim_validity){true, true, 2, 1}));
    EXPECT_BAD(who.validity = ((tps_corim_validity){false, true, 2, 3}));
#undef EXPECT_BAD
    who = (tps_corim_signer){.name = TPS_SPAN_LITERAL("X"), .hash_alg = 5};
    assert_int_not_equal(tps_corim_sign(manifest, &who, &signer, TPS_BUF_MEASURE, &message), TPS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_signed_messages_that_are_no_manifests),
        cmocka_unit_test(reads_what_the_signer_says_of_itself),
        cmocka_unit_test(a_manifest_may_lie_beside_its_signature),
        cmocka_unit_test(a_hash_that_is_not_known_is_refused),
        cmocka_unit_test(refuses_signers_that_contradict_themselves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
