/* SPDX-License-Identifier: Apache-2.0 */
/* Quotes, signatures, keys and evidence of TPMs: what is taken, and what is refused, by name. */
#include "support/keys.h"
#include "support/vectors.h"
#include "tpm_support.h"

static const uint8_t nonce[32] = {1, 2, 3};
static const uint8_t digest[32] = {9};
static tps_crypto_key *the_key;

static int make_key(void **state)
{
    (void)state;
    the_key = test_key(1);
    return 0;
}

static int free_key(void **state)
{
    (void)state;
    tps_crypto_key_free(the_key);
    return 0;
}

/* Nothing shorter than a structure is one, and nothing longer. */
#define assert_total(bytes, decode)                                \
    do {                                                           \
        builder longer;                                            \
        for (size_t cut = 0; cut < (bytes).size; cut++) {          \
            tps_span short_one = tps_span_make((bytes).data, cut); \
            assert_true(decode(short_one) != TPS_OK);              \
        }                                                          \
        longer.size = 0;                                           \
        put(&longer, bytes);                                       \
        put_be(&longer, 0, 1);                                     \
        assert_status(decode(built(&longer)), TPS_TPM_TRAILING);   \
    } while (0)

static tps_status decode_quote(tps_span bytes)
{
    tps_tpm_quote quote;

    return tps_tpm_quote_decode(bytes, &quote, NULL);
}

static tps_status decode_signature(tps_span bytes)
{
    tps_tpm_signature signature;

    return tps_tpm_signature_decode(bytes, &signature, NULL);
}

static tps_status decode_public(tps_span bytes)
{
    tps_tpm_public public_area;

    return tps_tpm_public_decode(bytes, &public_area, NULL);
}

static void quote_tells_all_of_its_fields(void **state)
{
    builder b;
    tps_tpm_quote quote;

    (void)state;
    assert_status(
        tps_tpm_quote_decode(make_quote(&b, TPS_SPAN_OF(nonce), 0x0091, TPS_SPAN_OF(digest)), &quote, NULL),
        TPS_OK);

    assert_span(quote.extra_data, TPS_SPAN_OF(nonce));
    assert_span(quote.pcr_digest, TPS_SPAN_OF(digest));
    assert_int_equal(quote.selection_count, 1);
    assert_int_equal(quote.selections[0].alg, TPS_TPM_ALG_SHA256);
    assert_int_equal(quote.selections[0].pcrs, 0x0091);
    assert_true(quote.clock == 123456 && quote.reset_count == 7 && quote.restart_count == 2 &&
                quote.is_clock_safe);
    assert_true(quote.firmware_version == 0x2019102300163636);
    assert_total(built(&b), decode_quote);
}

static void quote_is_refused_by_name(void **state)
{
    builder b;
    tps_error why = {0};
    tps_tpm_quote quote;

    (void)state;
    make_quote(&b, TPS_SPAN_OF(nonce), 1, TPS_SPAN_OF(digest));
    b.bytes[0] = 0;
    assert_status(decode_quote(built(&b)), TPS_TPM_NOT_FROM_TPM);
    for (uint8_t kind = 0x10; kind < 0x20; kind++) {
        make_quote(&b, TPS_SPAN_OF(nonce), 1, TPS_SPAN_OF(digest));
        b.bytes[5] = kind;
        assert_status(tps_tpm_quote_decode(built(&b), &quote, &why),
                      kind == 0x18 ? TPS_OK : TPS_TPM_NOT_A_QUOTE);
    }
    b.bytes[5] = 0x17;
    assert_status(tps_tpm_quote_decode(built(&b), &quote, &why), TPS_TPM_NOT_A_QUOTE);
    assert_names(&why, "certified key");
    make_quote(&b, TPS_SPAN_OF(nonce), 1, TPS_SPAN_OF(digest));
    b.bytes[6 + 36 + 34 + 16] = 2; /* safe is yes or no */
    assert_status(decode_quote(built(&b)), TPS_TPM_BAD_VALUE);
    make_quote(&b, TPS_SPAN_OF(nonce), 1, TPS_SPAN_OF(digest));
    b.bytes[6 + 36 + 34 + 25 + 3] = 9; /* banks */
    assert_status(decode_quote(built(&b)), TPS_TPM_BAD_VALUE);
    make_quote(&b, TPS_SPAN_OF(nonce), 1, TPS_SPAN_OF(digest));
    b.bytes[6 + 36 + 34 + 25 + 5] = 0x77;
    assert_status(decode_quote(built(&b)), TPS_TPM_UNSUPPORTED);
}

static void quote_selects_no_bank_twice_and_no_pcr_beyond_31(void **state)
{
    static const uint8_t more[] = {0, 0x0b, 3, 1, 0, 0};
    builder b;
    builder twice = {.size = 0};
    tps_span quote = make_quote(&b, TPS_SPAN_OF(nonce), 1, TPS_SPAN_OF(digest));
    size_t at = 6 + 36 + 34 + 25 + 4 + 6;

    (void)state;
    put(&twice, tps_span_make(quote.data, at));
    put(&twice, TPS_SPAN_OF(more));
    put(&twice, tps_span_make(quote.data + at, quote.size - at));
    twice.bytes[at - 7] = 2;
    assert_status(decode_quote(built(&twice)), TPS_TPM_BAD_VALUE);
    twice.bytes[at + 1] = TPS_TPM_ALG_SHA384;
    assert_status(decode_quote(built(&twice)), TPS_OK);
    b.bytes[at - 4] = 5;
    assert_status(decode_quote(built(&b)), TPS_TPM_BAD_VALUE);
}

static void signatures_are_of_three_schemes(void **state)
{
    static const uint32_t schemes[] = {TPS_TPM_ALG_RSASSA, TPS_TPM_ALG_RSAPSS};
    static const uint8_t value[256] = {1};
    builder b;
    tps_tpm_signature signature;

    (void)state;
    make_signature(&b, the_key, TPS_SPAN_OF(digest));
    assert_status(tps_tpm_signature_decode(built(&b), &signature, NULL), TPS_OK);
    assert_int_equal(signature.r.size, 32);
    assert_total(built(&b), decode_signature);
    b.bytes[3] = 0x77;
    assert_status(decode_signature(built(&b)), TPS_TPM_UNSUPPORTED);
    b.bytes[1] = TPS_TPM_ALG_ECDAA;
    assert_status(decode_signature(built(&b)), TPS_TPM_UNSUPPORTED);
    for (size_t i = 0; i < 2; i++) {
        b.size = 0;
        put_be(&b, schemes[i], 2);
        put_be(&b, TPS_TPM_ALG_SHA1, 2); /* it can be named */
        put_sized(&b, TPS_SPAN_OF(value));
        assert_status(tps_tpm_signature_decode(built(&b), &signature, NULL), TPS_OK);
        assert_span(signature.value, TPS_SPAN_OF(value));
    }
    b.size = 0;
    put_be(&b, TPS_TPM_ALG_ECDSA, 2);
    put_be(&b, TPS_TPM_ALG_SHA256, 2);
    put_be(&b, 0, 4);
    assert_status(decode_signature(built(&b)), TPS_TPM_BAD_VALUE);
}

static void attestation_keys_are_restricted_ones(void **state)
{
    static const uint32_t needed[] = {TPS_TPM_FIXED_TPM, TPS_TPM_FIXED_PARENT, TPS_TPM_SENSITIVE_DATA_ORIGIN,
                                      TPS_TPM_RESTRICTED, TPS_TPM_SIGN};
    builder b;
    tps_tpm_public ak;

    (void)state;
    assert_status(tps_tpm_public_decode(make_ak(&b, the_key, AK_ATTRIBUTES), &ak, NULL), TPS_OK);
    assert_status(tps_tpm_public_is_attestation(&ak, NULL), TPS_OK);
    assert_status(tps_tpm_public_is_endorsement(&ak, NULL), TPS_TPM_KEY_ATTRIBUTES);
    assert_total(built(&b), decode_public);
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        ak.attributes = AK_ATTRIBUTES & ~needed[i];
        assert_status(tps_tpm_public_is_attestation(&ak, NULL), TPS_TPM_KEY_ATTRIBUTES);
    }
    ak.attributes = AK_ATTRIBUTES | TPS_TPM_DECRYPT;
    assert_status(tps_tpm_public_is_attestation(&ak, NULL), TPS_TPM_KEY_ATTRIBUTES);
    ak.attributes = AK_ATTRIBUTES;
    ak.scheme = TPS_TPM_ALG_NULL;
    assert_status(tps_tpm_public_is_attestation(&ak, NULL), TPS_TPM_KEY_ATTRIBUTES);
    ak.scheme = TPS_TPM_ALG_ECDSA;
    ak.scheme_hash = TPS_TPM_ALG_SHA1;
    assert_status(tps_tpm_public_is_attestation(&ak, NULL), TPS_TPM_SHA1);
    ak.scheme_hash = TPS_TPM_ALG_SM3; /* which is another cause */
    assert_status(tps_tpm_public_is_attestation(&ak, NULL), TPS_TPM_UNSUPPORTED);
    ak.scheme_hash = TPS_TPM_ALG_SHA256;
    ak.name_alg = TPS_TPM_ALG_SHA1;
    assert_status(tps_tpm_public_is_attestation(&ak, NULL), TPS_TPM_SHA1);
}

static void name_and_key_are_those_of_the_public_area(void **state)
{
    builder b;
    builder sized = {.size = 0};
    tps_tpm_public ak;
    tps_crypto_key *key;
    tps_crypto_point made;
    tps_crypto_point wanted;
    tps_digest hash;
    uint8_t name[TPS_TPM_NAME_MAX];
    uint8_t instance[TPS_TPM_INSTANCE_SIZE];
    size_t size;

    (void)state;
    make_ak(&b, the_key, AK_ATTRIBUTES);
    put_sized(&sized, built(&b));
    assert_status(tps_tpm_public_decode(built(&sized), &ak, NULL), TPS_OK);
    assert_span(ak.encoded, built(&b));

    assert_status(tps_tpm_public_name(&ak, name, &size), TPS_OK);
    assert_status(tps_tpm_instance_of(&ak, instance), TPS_OK);
    assert_status(tps_tpm_public_key(&ak, &key), TPS_OK);

    assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, built(&b), &hash), TPS_OK);
    assert_int_equal(size, 34);
    assert_int_equal(name[1], TPS_TPM_ALG_SHA256);
    assert_memory_equal(name + 2, hash.bytes, 32);
    assert_int_equal(instance[0], 1);
    assert_memory_equal(instance + 1, hash.bytes, 32);
    assert_status(tps_crypto_key_point(key, &made), TPS_OK);
    assert_status(tps_crypto_key_point(the_key, &wanted), TPS_OK);
    assert_memory_equal(made.x, wanted.x, 32);
    tps_crypto_key_free(key);
}

static void rsa_keys_are_read(void **state)
{
    uint8_t n[256];
    builder b = {.size = 0};
    tps_tpm_public ek;
    tps_crypto_key *key = NULL;

    (void)state;
    memset(n, 0xf5, sizeof n);
    put_be(&b, TPS_TPM_ALG_RSA, 2);
    put_be(&b, TPS_TPM_ALG_SHA256, 2);
    put_be(&b,
           TPS_TPM_FIXED_TPM | TPS_TPM_FIXED_PARENT | TPS_TPM_SENSITIVE_DATA_ORIGIN | TPS_TPM_RESTRICTED |
               TPS_TPM_DECRYPT,
           4);
    put_sized(&b, TPS_SPAN_OF(digest));
    put_be(&b, TPS_TPM_ALG_AES, 2);
    put_be(&b, 128, 2);
    put_be(&b, TPS_TPM_ALG_CFB, 2);
    put_be(&b, TPS_TPM_ALG_NULL, 2);
    put_be(&b, 2048, 2);
    put_be(&b, 0, 4);
    put_sized(&b, TPS_SPAN_OF(n));
    assert_status(tps_tpm_public_decode(built(&b), &ek, NULL), TPS_OK);
    assert_int_equal(ek.exponent, 65537);
    assert_status(tps_tpm_public_is_endorsement(&ek, NULL), TPS_OK);
    assert_status(tps_tpm_public_is_attestation(&ek, NULL), TPS_TPM_KEY_ATTRIBUTES);
    assert_status(tps_tpm_public_key(&ek, &key), TPS_OK);
    assert_int_equal(tps_crypto_key_kind(key), TPS_KEY_RSA);
    tps_crypto_key_free(key);
    assert_total(built(&b), decode_public);
    ek.symmetric = TPS_TPM_ALG_NULL;
    assert_status(tps_tpm_public_is_endorsement(&ek, NULL), TPS_TPM_UNSUPPORTED);
    ek.name_alg = TPS_TPM_ALG_SHA1;
    assert_status(tps_tpm_public_is_endorsement(&ek, NULL), TPS_TPM_SHA1);
    b.bytes[1] = 8; /* keyed hash */
    assert_status(decode_public(built(&b)), TPS_TPM_UNSUPPORTED);
}

/* ---- evidence ---- */

static tps_span make_values(builder *b, uint32_t first, uint32_t second)
{
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(b->bytes));
    tps_span encoded;

    tps_cbor_put_array(&w, 1);
    tps_cbor_put_array(&w, 2);
    tps_cbor_put_uint(&w, TPS_TPM_ALG_SHA256);
    tps_cbor_put_map(&w, 2);
    tps_cbor_put_uint(&w, first);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(digest));
    tps_cbor_put_uint(&w, second);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(nonce));
    assert_status(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    return encoded;
}

static void evidence_is_read_as_it_was_written(void **state)
{
    builder quote;
    builder values;
    uint8_t room[2048];
    tps_tpm_evidence e = {.signature = TPS_SPAN_OF(digest),
                          .ak = TPS_SPAN_OF(nonce),
                          .chain = {TPS_SPAN_OF(digest), TPS_SPAN_OF(nonce)},
                          .chain_count = 2,
                          .ek_chain = {TPS_SPAN_OF(digest)},
                          .ek_chain_count = 1,
                          .event_log = TPS_SPAN_OF(digest),
                          .instance = TPS_SPAN_OF(digest),
                          .nonce = TPS_SPAN_OF(nonce),
                          .aud = TPS_SPAN_LITERAL("shop")};
    tps_tpm_evidence back;
    tps_span encoded;

    (void)state;
    e.attest = make_quote(&quote, TPS_SPAN_OF(nonce), 3, TPS_SPAN_OF(digest));
    e.pcrs = make_values(&values, 0, 4);
    assert_status(tps_tpm_evidence_encode(&e, TPS_BUF_OF(room), &encoded), TPS_OK);
    assert_int_equal(tps_tpm_evidence_form(encoded), TPS_TPM_FORM_MAP);
    assert_status(tps_tpm_evidence_decode(encoded, TPS_BUF_MEASURE, &back, NULL), TPS_OK);

    assert_span(back.attest, e.attest);
    assert_span(back.pcrs, e.pcrs);
    assert_span(back.aud, e.aud);
    assert_int_equal(back.chain_count, 2);
    assert_span(tps_tpm_pcr_of(back.pcrs, TPS_TPM_ALG_SHA256, 4), TPS_SPAN_OF(nonce));
    assert_int_equal(tps_tpm_pcr_of(back.pcrs, TPS_TPM_ALG_SHA256, 5).size, 0);
    assert_int_equal(tps_tpm_pcr_of(back.pcrs, TPS_TPM_ALG_SHA384, 4).size, 0);
    for (size_t cut = 0; cut < encoded.size; cut++) {
        assert_true(tps_tpm_evidence_decode(tps_span_make(encoded.data, cut), TPS_BUF_MEASURE, &back, NULL) !=
                    TPS_OK);
    }
    e.nonce = TPS_SPAN_EMPTY; /* an audience needs it */
    assert_status(tps_tpm_evidence_encode(&e, TPS_BUF_OF(room), &encoded), TPS_BAD_ARGUMENT);
    e.chain_count = TPS_TPM_CHAIN_MAX + 1;
    assert_status(tps_tpm_evidence_encode(&e, TPS_BUF_OF(room), &encoded), TPS_BAD_ARGUMENT);
}

/* A map whose member `wrong` is what no member is: a number, or an empty list. */
static tps_span make_wrong(uint8_t *room, size_t size, int wrong, bool is_list)
{
    tps_cbor_writer w = tps_cbor_writer_init((tps_buf){room, size});
    tps_span encoded;

    tps_cbor_put_map(&w, wrong > 2 ? 4 : 3);
    tps_cbor_pair_text(&w, 0, TPS_TPM_PROFILE);
    for (int i = 1; i <= 2; i++) {
        if (i == wrong) {
            tps_cbor_pair_uint(&w, i, 5);
        } else {
            tps_cbor_pair_bytes(&w, i, TPS_SPAN_OF(digest));
        }
    }
    if (wrong > 2 && is_list) {
        tps_cbor_pair_array(&w, wrong, 0);
    } else if (wrong > 2) {
        tps_cbor_pair_uint(&w, wrong, 5);
    }
    assert_status(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    return encoded;
}

static void members_of_another_type_are_refused(void **state)
{
    uint8_t room[512];
    tps_tpm_evidence e;

    (void)state;
    assert_status(tps_tpm_evidence_decode(make_wrong(room, sizeof room, 0, false), TPS_BUF_MEASURE, &e, NULL),
                  TPS_OK);
    for (int wrong = 1; wrong <= 11; wrong++) {
        assert_status(
            tps_tpm_evidence_decode(make_wrong(room, sizeof room, wrong, false), TPS_BUF_MEASURE, &e, NULL),
            TPS_TPM_BAD_EVIDENCE);
        assert_status(
            tps_tpm_evidence_decode(make_wrong(room, sizeof room, wrong, true), TPS_BUF_MEASURE, &e, NULL),
            TPS_TPM_BAD_EVIDENCE);
    }
    assert_status(tps_tpm_evidence_decode(TPS_SPAN_LITERAL("nothing"), TPS_BUF_MEASURE, &e, NULL),
                  TPS_TPM_BAD_EVIDENCE);
    assert_status(
        tps_tpm_evidence_decode(tps_span_make(room, TPS_TPM_EVIDENCE_MAX + 1), TPS_BUF_MEASURE, &e, NULL),
        TPS_TOO_LARGE);
}

static void values_are_of_registers_in_order_and_whole(void **state)
{
    static const uint32_t wrong[][2] = {{4, 4}, {4, 0}, {0, 32}};
    builder quote;
    builder values;
    uint8_t room[1024];
    tps_tpm_evidence e = {.signature = TPS_SPAN_OF(digest)};
    tps_span encoded;

    (void)state;
    e.attest = make_quote(&quote, TPS_SPAN_OF(nonce), 3, TPS_SPAN_OF(digest));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        e.pcrs = make_values(&values, wrong[i][0], wrong[i][1]);
        assert_status(tps_tpm_evidence_encode(&e, TPS_BUF_OF(room), &encoded), TPS_BAD_ARGUMENT);
    }
}

static void values_are_the_quoted_ones(void **state)
{
    builder quote_bytes;
    builder values;
    tps_crypto_hash hash;
    tps_digest over;
    tps_tpm_quote quote;
    tps_span pcrs = make_values(&values, 0, 4);

    (void)state;
    assert_status(tps_crypto_hash_begin(&hash, TPS_ALG_SHA256), TPS_OK);
    tps_crypto_hash_update(&hash, TPS_SPAN_OF(digest));
    tps_crypto_hash_update(&hash, TPS_SPAN_OF(nonce));
    assert_status(tps_crypto_hash_finish(&hash, &over), TPS_OK);
    make_quote(&quote_bytes, TPS_SPAN_OF(nonce), 1 << 0 | 1 << 4, tps_span_make(over.bytes, 32));
    assert_status(tps_tpm_quote_decode(built(&quote_bytes), &quote, NULL), TPS_OK);

    assert_status(tps_tpm_pcrs_check(&quote, pcrs, TPS_TPM_ALG_SHA256, NULL), TPS_OK);
    assert_status(tps_tpm_pcrs_check(&quote, pcrs, TPS_TPM_ALG_SHA1, NULL), TPS_TPM_SHA1);
    assert_status(tps_tpm_pcrs_check(&quote, pcrs, TPS_TPM_ALG_SM3, NULL), TPS_TPM_UNSUPPORTED);
    assert_status(tps_tpm_pcrs_check(&quote, pcrs, TPS_TPM_ALG_SHA384, NULL), TPS_TPM_PCR_DIGEST);
    quote.selections[0].pcrs |= 1 << 5;
    assert_status(tps_tpm_pcrs_check(&quote, pcrs, TPS_TPM_ALG_SHA256, NULL), TPS_TPM_PCR_MISSING);
}

static void qualifying_data_is_the_nonce_or_a_hash_of_it(void **state)
{
    uint8_t longer[64] = {1};
    uint8_t data[32];
    uint8_t other[32];
    size_t size;

    (void)state;
    assert_status(tps_tpm_qualifying_data(TPS_SPAN_OF(nonce), TPS_SPAN_EMPTY, data, &size), TPS_OK);
    assert_memory_equal(data, nonce, 32);
    assert_status(tps_tpm_qualifying_data(TPS_SPAN_OF(nonce), TPS_SPAN_LITERAL("a"), data, &size), TPS_OK);
    assert_status(tps_tpm_qualifying_data(TPS_SPAN_OF(nonce), TPS_SPAN_LITERAL("b"), other, &size), TPS_OK);
    assert_memory_not_equal(data, other, 32);
    assert_status(tps_tpm_qualifying_data(TPS_SPAN_OF(longer), TPS_SPAN_EMPTY, data, &size), TPS_OK);
    assert_int_equal(size, 32);
    assert_status(tps_tpm_qualifying_data(tps_span_make(longer, 7), TPS_SPAN_EMPTY, data, &size),
                  TPS_BAD_ARGUMENT);
}

/* ---- vectors ---- */

static void enacttrust_token_is_read(void **state)
{
    tps_buf file;
    tps_tpm_evidence e;
    tps_tpm_quote quote;
    tps_tpm_signature signature;

    (void)state;
    vectors_require();
    file = vector_read("tpm/enacttrust-basic.token");
    assert_status(tps_tpm_evidence_decode(span_of(file), TPS_BUF_MEASURE, &e, NULL), TPS_OK);
    assert_int_equal(e.form, TPS_TPM_FORM_TOKEN);
    assert_int_equal(e.instance.size, 16);
    assert_status(tps_tpm_quote_decode(e.attest, &quote, NULL), TPS_OK);
    assert_int_equal(quote.selections[0].pcrs, 0x1e);
    assert_int_equal(quote.extra_data.size, 0);
    assert_status(tps_tpm_signature_decode(e.signature, &signature, NULL), TPS_OK);
    assert_int_equal(signature.scheme, TPS_TPM_ALG_ECDSA);
    free(file.data);
}

static void keylime_text_is_read_with_its_values(void **state)
{
    static uint8_t room[8192];
    tps_buf file;
    tps_tpm_evidence e;
    tps_tpm_quote quote;
    tps_tpm_signature signature;
    tps_tpm_pcr_walk walk;
    tps_tpm_pcr pcr;

    (void)state;
    vectors_require();
    file = vector_read("tpm/test-quote.txt");
    assert_status(tps_tpm_evidence_decode(span_of(file), TPS_BUF_MEASURE, &e, NULL), TPS_TPM_BAD_EVIDENCE);
    assert_status(tps_tpm_evidence_decode(span_of(file), TPS_BUF_OF(room), &e, NULL), TPS_OK);
    assert_int_equal(e.form, TPS_TPM_FORM_KEYLIME);
    assert_status(tps_tpm_quote_decode(e.attest, &quote, NULL), TPS_OK);
    assert_int_equal(quote.selections[0].alg, TPS_TPM_ALG_SHA1);
    assert_int_equal(quote.selections[0].pcrs, 1 << 16);
    assert_status(tps_tpm_signature_decode(e.signature, &signature, NULL), TPS_OK);
    assert_int_equal(signature.hash, TPS_TPM_ALG_SHA1);
    walk = tps_tpm_pcrs(e.pcrs);
    assert_true(tps_tpm_next_pcr(&walk, &pcr));
    assert_true(pcr.pcr == 16 && pcr.digest.size == 20);
    assert_false(tps_tpm_next_pcr(&walk, &pcr));
    assert_status(tps_tpm_pcrs_check(&quote, e.pcrs, signature.hash, NULL), TPS_TPM_SHA1);
    for (size_t cut = 10; cut + 2 < file.size; cut += 7) { /* a line break may be missing */
        tps_span part = tps_span_make(file.data, cut);
        assert_true(tps_tpm_evidence_decode(part, TPS_BUF_OF(room), &e, NULL) != TPS_OK || e.pcrs.size == 0);
    }
    free(file.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quote_tells_all_of_its_fields),
        cmocka_unit_test(quote_is_refused_by_name),
        cmocka_unit_test(quote_selects_no_bank_twice_and_no_pcr_beyond_31),
        cmocka_unit_test(signatures_are_of_three_schemes),
        cmocka_unit_test(attestation_keys_are_restricted_ones),
        cmocka_unit_test(name_and_key_are_those_of_the_public_area),
        cmocka_unit_test(rsa_keys_are_read),
        cmocka_unit_test(evidence_is_read_as_it_was_written),
        cmocka_unit_test(members_of_another_type_are_refused),
        cmocka_unit_test(values_are_of_registers_in_order_and_whole),
        cmocka_unit_test(values_are_the_quoted_ones),
        cmocka_unit_test(qualifying_data_is_the_nonce_or_a_hash_of_it),
        cmocka_unit_test(enacttrust_token_is_read),
        cmocka_unit_test(keylime_text_is_read_with_its_values),
    };

    return cmocka_run_group_tests(tests, make_key, free_key);
}
