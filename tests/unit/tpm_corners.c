/* SPDX-License-Identifier: Apache-2.0 */
/* Structures of TPMs that are almost right: every rule of a decoder is broken once, by itself. */
#include "support/keys.h"
#include "tpm_support.h"
#include "tps/base64.h"

static const uint8_t nonce[32] = {1, 2, 3};
static const uint8_t digest[64] = {9};
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

static tps_span digest_of(size_t size)
{
    return tps_span_make(digest, size);
}

/* ---- forms of evidence ---- */

static void forms_are_told_by_how_bytes_begin(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
    } none[] = {
        {"", 0},         {"\xa1", 1},         {"\xa1\x00", 2},  {"\xa0\x00", 2},      {"\xb8\x00", 2},
        {"\xa1\x01", 2}, {"\xa1\x00\x60", 3}, {"r/1RDR4AY", 9}, {"r/1RDR4AX...", 12}, {"x/1RDR4AY...", 12}};
    static const uint8_t not_magic[32] = {0};

    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_int_equal(tps_tpm_evidence_form(tps_span_make(none[i].bytes, none[i].size)),
                         TPS_TPM_FORM_NONE);
    }
    assert_int_equal(tps_tpm_evidence_form(TPS_SPAN_OF(not_magic)), TPS_TPM_FORM_NONE);
    assert_int_equal(tps_tpm_evidence_form(TPS_SPAN_LITERAL("r/1RDR4AYAB")), TPS_TPM_FORM_KEYLIME);
}

static tps_status decode(tps_span bytes, tps_buf room)
{
    tps_tpm_evidence e;

    return tps_tpm_evidence_decode(bytes, room, &e, NULL);
}

static tps_span make_token(builder *b, size_t attest, size_t signature)
{
    static const uint8_t node[16] = {7};
    builder quote;

    make_quote(&quote, TPS_SPAN_OF(nonce), 1, digest_of(32));
    b->size = 0;
    put(b, TPS_SPAN_OF(node));
    put_be(b, attest, 2);
    put(b, built(&quote));
    for (size_t i = 0; i < signature; i++) {
        put_be(b, i, 1);
    }
    return built(b);
}

static void tokens_hold_a_quote_and_a_signature(void **state)
{
    builder b;
    builder quote;
    size_t size = make_quote(&quote, TPS_SPAN_OF(nonce), 1, digest_of(32)).size;

    (void)state;
    assert_status(decode(make_token(&b, size, 70), TPS_BUF_MEASURE), TPS_OK);
    assert_status(decode(make_token(&b, size, 0), TPS_BUF_MEASURE), TPS_TPM_BAD_EVIDENCE);
    assert_status(decode(make_token(&b, size + 100, 70), TPS_BUF_MEASURE), TPS_TPM_BAD_EVIDENCE);
    assert_status(decode(make_token(&b, size, 4096), TPS_BUF_MEASURE), TPS_TOO_LARGE);
}

/* ---- keylime's text ---- */

typedef struct {
    tps_span parts[4];
    size_t count;
    const char *end;
} text_plan;

static tps_span make_text(text_plan plan, char *text)
{
    size_t size = 0;

    text[size++] = 'r';
    for (size_t i = 0; i < plan.count; i++) {
        if (i != 0) {
            text[size++] = ':';
        }
        size += tps_base64_write(plan.parts[i], text + size);
    }
    memcpy(text + size, plan.end, strlen(plan.end));
    return tps_span_make(text, size + strlen(plan.end));
}

static void texts_have_three_parts(void **state)
{
    static char text[4096];
    static uint8_t room[4096];
    builder quote;
    text_plan plan = {
        .parts = {{NULL, 0}, TPS_SPAN_OF(nonce), TPS_SPAN_OF(nonce)}, .count = 3, .end = "\r\n"};
    tps_tpm_evidence e;

    (void)state;
    plan.parts[0] = make_quote(&quote, TPS_SPAN_OF(nonce), 1, digest_of(32));
    assert_status(tps_tpm_evidence_decode(make_text(plan, text), TPS_BUF_OF(room), &e, NULL), TPS_OK);
    assert_span(tps_tpm_pcr_of(e.pcrs, TPS_TPM_ALG_SHA256, 0), TPS_SPAN_OF(nonce));
    plan.end = ":";
    assert_status(decode(make_text(plan, text), TPS_BUF_OF(room)), TPS_OK); /* a colon behind ends a part */
    plan.end = "";
    assert_status(decode(make_text(plan, text), (tps_buf){room, 100}), TPS_BUFFER_TOO_SMALL);
    plan.parts[3] = TPS_SPAN_OF(nonce);
    plan.count = 4;
    assert_status(decode(make_text(plan, text), TPS_BUF_OF(room)), TPS_TPM_BAD_EVIDENCE);
    plan.count = 1;
    assert_status(decode(make_text(plan, text), TPS_BUF_OF(room)), TPS_TPM_BAD_EVIDENCE);
    plan.count = 2; /* without values */
    assert_status(tps_tpm_evidence_decode(make_text(plan, text), TPS_BUF_OF(room), &e, NULL), TPS_OK);
    assert_int_equal(e.pcrs.size, 0);
    plan.count = 3;
    plan.parts[2] = tps_span_make(nonce, 31);
    assert_true(decode(make_text(plan, text), TPS_BUF_OF(room)) != TPS_OK);
    plan.parts[2] = TPS_SPAN_OF(nonce);
    plan.parts[0] = tps_span_make(quote.bytes, 12); /* it begins as a quote, and ends */
    assert_status(decode(make_text(plan, text), TPS_BUF_OF(room)), TPS_TPM_TRUNCATED);
    plan.end = ":***";
    plan.count = 2;
    assert_status(decode(make_text(plan, text), TPS_BUF_OF(room)), TPS_BAD_BASE64);
}

/* ---- members of the map ---- */

static void audiences_need_a_nonce_and_have_a_size(void **state)
{
    static char long_aud[257];
    static uint8_t room[4096];
    builder quote;
    tps_tpm_evidence e = {.signature = TPS_SPAN_OF(nonce), .nonce = TPS_SPAN_OF(nonce)};
    uint8_t data[32];
    tps_span encoded;
    size_t size;

    (void)state;
    memset(long_aud, 'a', sizeof long_aud);
    e.attest = make_quote(&quote, TPS_SPAN_OF(nonce), 1, digest_of(32));
    e.aud = tps_span_make(long_aud, 256);
    assert_status(tps_tpm_evidence_encode(&e, TPS_BUF_OF(room), &encoded), TPS_OK);
    assert_status(tps_tpm_qualifying_data(e.nonce, e.aud, data, &size), TPS_OK);
    e.aud = TPS_SPAN_OF(long_aud);
    assert_status(tps_tpm_evidence_encode(&e, TPS_BUF_OF(room), &encoded), TPS_BAD_ARGUMENT);
    assert_status(tps_tpm_qualifying_data(e.nonce, e.aud, data, &size), TPS_BAD_ARGUMENT);
    assert_status(tps_tpm_qualifying_data(TPS_SPAN_OF(long_aud), TPS_SPAN_EMPTY, data, &size),
                  TPS_BAD_ARGUMENT);
    e.aud = TPS_SPAN_EMPTY;
    e.ek_chain_count = TPS_TPM_CHAIN_MAX + 1;
    assert_status(tps_tpm_evidence_encode(&e, TPS_BUF_OF(room), &encoded), TPS_BAD_ARGUMENT);
    e.ek_chain_count = 0;
    assert_status(tps_tpm_evidence_encode(&e, (tps_buf){room, 20}, &encoded), TPS_BUFFER_TOO_SMALL);
    assert_status(tps_tpm_evidence_encode(&e, TPS_BUF_MEASURE, &encoded), TPS_OK);
}

/* A map with one member beside quote and signature. */
static tps_status decode_with(int member, tps_span raw)
{
    uint8_t room[2048];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_span encoded;

    tps_cbor_put_map(&w, 4);
    tps_cbor_pair_text(&w, 0, TPS_TPM_PROFILE);
    tps_cbor_pair_bytes(&w, 1, digest_of(8));
    tps_cbor_pair_bytes(&w, 2, digest_of(8));
    tps_cbor_put_uint(&w, (uint64_t)member);
    tps_cbor_put_raw(&w, raw);
    assert_status(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    return decode(encoded, TPS_BUF_MEASURE);
}

static void chains_have_one_to_six_certificates(void **state)
{
    static const struct {
        const char *raw;
        size_t size;
        tps_status status;
    } chains[] = {{"\x81\x41\x01", 3, TPS_OK},
                  {"\x80", 1, TPS_TPM_BAD_EVIDENCE},
                  {"\x81\x40", 2, TPS_TPM_BAD_EVIDENCE},
                  {"\x82\x41\x01\x05", 4, TPS_TPM_BAD_EVIDENCE},
                  {"\x86\x41\x01\x41\x01\x41\x01\x41\x01\x41\x01\x41\x01", 13, TPS_OK},
                  {"\x87\x41\x01\x41\x01\x41\x01\x41\x01\x41\x01\x41\x01\x41\x01", 15, TPS_TPM_BAD_EVIDENCE}};

    (void)state;
    for (size_t i = 0; i < sizeof chains / sizeof chains[0]; i++) {
        assert_status(decode_with(4, tps_span_make(chains[i].raw, chains[i].size)), chains[i].status);
        assert_status(decode_with(5, tps_span_make(chains[i].raw, chains[i].size)), chains[i].status);
    }
}

/* [[bank, {register: value}], ...] of raw parts: a bank's number is written as it stands. */
static tps_status decode_values(const char *head, size_t head_size, size_t value_size, size_t values)
{
    builder b = {.size = 0};

    put(&b, tps_span_make(head, head_size));
    for (size_t i = 0; i < values; i++) {
        put_be(&b, i, 1);
        put_be(&b, 0x58, 1);
        put_be(&b, value_size, 1);
        put(&b, digest_of(value_size));
    }
    return decode_with(6, built(&b));
}

static void values_are_of_known_banks_and_of_their_size(void **state)
{
    static const char nine[] =
        "\x89\x82\x0b\xa1\0\x41\1\x82\x0c\xa1\0\x41\1\x82\x0d\xa1\0\x41\1\x82\4\xa1\0\x41\1\x82\x12\xa1"
        "\0\x41\1\x82\x0b\xa1\0\x41\1\x82\x0b\xa1\0\x41\1\x82\x0b\xa1\0\x41\1\x82\x0b\xa1\0\x41\1";

    (void)state;
    assert_status(decode_values("\x81\x82\x0b\xa1", 4, 32, 1), TPS_OK);
    assert_status(decode_values("\x81\x82\x0c\xa2", 4, 48, 2), TPS_OK);
    assert_status(decode_values("\x81\x82\x0b\xa1", 4, 48, 1), TPS_TPM_BAD_EVIDENCE); /* another size */
    assert_status(decode_values("\x81\x82\x05\xa1", 4, 32, 1), TPS_TPM_BAD_EVIDENCE); /* no hash */
    assert_status(decode_values("\x81\x82\x1a\0\1\0\x0b\xa1", 8, 32, 1), TPS_TPM_BAD_EVIDENCE);
    assert_status(decode_values("\x81\x82\x61\x61\xa1", 5, 32, 1), TPS_TPM_BAD_EVIDENCE); /* no number */
    assert_status(decode_values("\x81\x82\x0b\xa0", 4, 32, 0), TPS_TPM_BAD_EVIDENCE);     /* no register */
    assert_status(decode_values("\x81\x82\x0b\x05", 4, 32, 0), TPS_TPM_BAD_EVIDENCE);     /* no map */
    assert_status(decode_values("\x81\x81\x0b", 3, 32, 0), TPS_TPM_BAD_EVIDENCE);
    assert_status(decode_values("\x81\x83\x0b\x05\xa1", 5, 32, 1), TPS_TPM_BAD_EVIDENCE);
    assert_status(decode_values("\x81\x80", 2, 32, 0), TPS_TPM_BAD_EVIDENCE);
    assert_status(decode_values("\x80", 1, 32, 0), TPS_TPM_BAD_EVIDENCE);
    assert_status(decode_values("\x05", 1, 32, 0), TPS_TPM_BAD_EVIDENCE);
    assert_status(decode_values("\x81\x05", 2, 32, 0), TPS_TPM_BAD_EVIDENCE);
    assert_status(decode_values(nine, sizeof nine - 1, 0, 0), TPS_TPM_BAD_EVIDENCE);
    assert_status(decode_values("\x81\x82\x0b\xa1\x61\x61\x41\x01", 8, 0, 0), TPS_TPM_BAD_EVIDENCE);
}

static void no_bank_is_there_twice(void **state)
{
    builder b = {.size = 0};

    (void)state;
    put_be(&b, 0x82, 1);
    for (int i = 0; i < 2; i++) {
        put_be(&b, 0x820ba1, 3);
        put_be(&b, 0x005820, 3);
        put(&b, digest_of(32));
    }
    assert_status(decode_with(6, built(&b)), TPS_TPM_BAD_EVIDENCE);
    b.bytes[1 + 38 + 1] = TPS_TPM_ALG_SM3;
    assert_status(decode_with(6, built(&b)), TPS_OK);
}

/* What was never checked ends a walk, and nothing else. */
static void values_in_disorder_end_a_walk(void **state)
{
    static const uint8_t broken[][5] = {
        {0x81, 0x82, 0x0b, 0xa1, 0x00}, {0x81, 0x82, 0x0b, 0x00, 0x00}, {0x05}};
    tps_tpm_pcr pcr;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        tps_tpm_pcr_walk walk = tps_tpm_pcrs(TPS_SPAN_OF(broken[i]));
        assert_false(tps_tpm_next_pcr(&walk, &pcr));
        assert_int_equal(tps_tpm_pcr_of(TPS_SPAN_OF(broken[i]), TPS_TPM_ALG_SHA256, 0).size, 0);
    }
    assert_int_equal(tps_tpm_pcr_of(TPS_SPAN_EMPTY, TPS_TPM_ALG_SHA256, 0).size, 0);
}

/* ---- values as tpm2-tools write them ---- */

typedef struct {
    uint32_t selections;
    uint32_t alg;
    uint8_t bytes; /* of the selection */
    uint32_t bits;
    uint32_t lists;
    uint32_t digests; /* in the first list */
    uint16_t size;
} stored_plan;

static const stored_plan stored_good = {1, TPS_TPM_ALG_SHA256, 3, 3, 1, 2, 32};

static tps_span make_stored(builder *b, stored_plan plan)
{
    b->size = 0;
    put_le(b, plan.selections, 4);
    for (uint32_t i = 0; i < 16; i++) {
        put_le(b, i == 0 ? plan.alg : 0, 2);
        put_le(b, i == 0 ? plan.bytes : 0, 1);
        put_le(b, i == 0 ? plan.bits : 0, 4);
        put_le(b, 0, 1);
    }
    put_le(b, plan.lists, 4);
    for (uint32_t i = 0; i < plan.lists && i < 3; i++) {
        put_le(b, plan.digests, 4);
        for (uint32_t j = 0; j < 8; j++) {
            put_le(b, plan.size, 2);
            put(b, digest_of(64));
        }
    }
    return built(b);
}

static tps_status encode_stored(const tps_tpm_quote *quote, stored_plan plan)
{
    static builder b;
    static uint8_t room[2048];
    tps_span encoded;

    return tps_tpm_pcrs_encode(quote, make_stored(&b, plan), TPS_BUF_OF(room), &encoded);
}

static void stored_values_are_those_of_the_quote(void **state)
{
    tps_tpm_quote quote = {.selection_count = 1, .selections = {{TPS_TPM_ALG_SHA256, 3}}};
    stored_plan plan = stored_good;
    static builder b;
    static uint8_t room[2048];
    tps_span encoded;

    (void)state;
    assert_status(encode_stored(&quote, stored_good), TPS_OK);
    make_stored(&b, stored_good);
    for (size_t cut = 0; cut < b.size; cut += cut < 200 ? 1 : 37) {
        if (cut != 64) { /* which is as long as two bare values */
            assert_true(tps_tpm_pcrs_encode(&quote, tps_span_make(b.bytes, cut), TPS_BUF_OF(room),
                                            &encoded) != TPS_OK);
        }
    }
    plan.selections = 2;
    assert_status(encode_stored(&quote, plan), TPS_TPM_BAD_VALUE);
    plan = stored_good;
    plan.alg = TPS_TPM_ALG_SHA384;
    assert_status(encode_stored(&quote, plan), TPS_TPM_BAD_VALUE);
    plan = stored_good;
    plan.bits = 7;
    assert_status(encode_stored(&quote, plan), TPS_TPM_BAD_VALUE);
    plan.bytes = 0; /* no bits count */
    assert_status(encode_stored(&quote, plan), TPS_TPM_BAD_VALUE);
    plan = stored_good;
    plan.bytes = 9; /* bits lie in four bytes at most */
    assert_status(encode_stored(&quote, plan), TPS_OK);
}

static void stored_lists_hold_as_many_values_as_were_selected(void **state)
{
    tps_tpm_quote quote = {.selection_count = 1, .selections = {{TPS_TPM_ALG_SHA256, 3}}};
    static const uint32_t counts[] = {0, 1, 3, 9};
    stored_plan plan = stored_good;

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        plan.digests = counts[i];
        assert_status(encode_stored(&quote, plan), TPS_TPM_BAD_VALUE);
    }
    plan.digests = 1; /* one in each of two lists */
    plan.lists = 2;
    assert_status(encode_stored(&quote, plan), TPS_OK);
    plan.lists = 3;
    assert_status(encode_stored(&quote, plan), TPS_TPM_BAD_VALUE);
    plan = stored_good;
    plan.size = 20;
    assert_status(encode_stored(&quote, plan), TPS_TPM_BAD_VALUE);
}

static void bare_values_are_as_many_as_were_selected(void **state)
{
    tps_tpm_quote quote = {.selection_count = 2,
                           .selections = {{TPS_TPM_ALG_SHA384, 0}, {TPS_TPM_ALG_SHA256, 1u << 31}}};
    uint8_t room[128];
    tps_span encoded;

    (void)state;
    assert_status(tps_tpm_pcrs_encode(&quote, TPS_SPAN_OF(nonce), TPS_BUF_OF(room), &encoded), TPS_OK);
    assert_span(tps_tpm_pcr_of(encoded, TPS_TPM_ALG_SHA256, 31), TPS_SPAN_OF(nonce));
    assert_status(tps_tpm_pcrs_encode(&quote, TPS_SPAN_OF(nonce), (tps_buf){room, 9}, &encoded),
                  TPS_BUFFER_TOO_SMALL);
    quote.selections[1].pcrs = 0;
    assert_status(tps_tpm_pcrs_encode(&quote, TPS_SPAN_EMPTY, TPS_BUF_OF(room), &encoded), TPS_TPM_BAD_VALUE);
}

/* ---- public areas ---- */

typedef struct {
    uint32_t type;
    uint32_t name_alg;
    uint32_t symmetric; /* followed by size and mode unless it is none */
    uint32_t scheme;    /* followed by a hash unless it is none, or RSAES */
    uint32_t kdf;       /* of a curve; followed by a hash unless it is none */
    uint32_t bits;      /* of RSA: or the number of the curve */
    uint32_t exponent;
    size_t n; /* bytes of the modulus, or of a coordinate */
} area_plan;

static const area_plan area_rsa = {TPS_TPM_ALG_RSA,
                                   TPS_TPM_ALG_SHA256,
                                   TPS_TPM_ALG_NULL,
                                   TPS_TPM_ALG_RSASSA,
                                   TPS_TPM_ALG_NULL,
                                   2048,
                                   65537,
                                   256};
static const area_plan area_ecc = {
    TPS_TPM_ALG_ECC, TPS_TPM_ALG_SHA256, TPS_TPM_ALG_NULL, TPS_TPM_ALG_ECDSA, TPS_TPM_ALG_NULL, 3, 0, 32};

static tps_status decode_area(area_plan plan, tps_tpm_public *out)
{
    static builder b;
    static uint8_t number[512];

    memset(number, 0xf5, sizeof number);
    b.size = 0;
    put_be(&b, plan.type, 2);
    put_be(&b, plan.name_alg, 2);
    put_be(&b, AK_ATTRIBUTES, 4);
    put_sized(&b, TPS_SPAN_EMPTY);
    put_be(&b, plan.symmetric, 2);
    if (plan.symmetric != TPS_TPM_ALG_NULL) {
        put_be(&b, 128, 2);
        put_be(&b, TPS_TPM_ALG_CFB, 2);
    }
    put_be(&b, plan.scheme, 2);
    if (plan.scheme != TPS_TPM_ALG_NULL && plan.scheme != TPS_TPM_ALG_RSAES) {
        put_be(&b, TPS_TPM_ALG_SHA256, 2);
    }
    put_be(&b, plan.bits, 2);
    if (plan.type == TPS_TPM_ALG_RSA) {
        put_be(&b, plan.exponent, 4);
        put_sized(&b, tps_span_make(number, plan.n));
    } else {
        put_be(&b, plan.kdf, 2);
        if (plan.kdf != TPS_TPM_ALG_NULL) {
            put_be(&b, TPS_TPM_ALG_SHA256, 2);
        }
        put_sized(&b, tps_span_make(number, plan.n));
        put_sized(&b, tps_span_make(number, plan.n));
    }
    return tps_tpm_public_decode(built(&b), out, NULL);
}

static void public_areas_of_rsa_are_read_by_their_rules(void **state)
{
    static const uint32_t schemes[] = {TPS_TPM_ALG_NULL, TPS_TPM_ALG_RSAES, TPS_TPM_ALG_OAEP,
                                       TPS_TPM_ALG_RSAPSS};
    area_plan plan = area_rsa;
    tps_tpm_public area;
    tps_crypto_key *key = NULL;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        plan.scheme = schemes[i];
        assert_status(decode_area(plan, &area), TPS_OK);
        assert_int_equal(area.scheme, schemes[i]);
        assert_status(tps_tpm_public_is_attestation(&area, NULL),
                      schemes[i] == TPS_TPM_ALG_RSAPSS ? TPS_OK : TPS_TPM_KEY_ATTRIBUTES);
    }
    plan.scheme = TPS_TPM_ALG_ECDAA;
    assert_status(decode_area(plan, &area), TPS_TPM_UNSUPPORTED);
    plan = area_rsa;
    plan.n = 255;
    assert_status(decode_area(plan, &area), TPS_TPM_BAD_VALUE);
    plan = area_rsa;
    plan.exponent = 3;
    assert_status(decode_area(plan, &area), TPS_OK);
    assert_int_equal(area.exponent, 3);
    plan = area_rsa;
    plan.symmetric = 0x13; /* another cipher */
    assert_status(decode_area(plan, &area), TPS_TPM_UNSUPPORTED);
    plan = area_rsa;
    plan.name_alg = 5;
    assert_status(decode_area(plan, &area), TPS_TPM_UNSUPPORTED);
    assert_status(decode_area(area_rsa, &area), TPS_OK);
    area.n = tps_span_make(area.n.data, 1);
    assert_true(tps_tpm_public_key(&area, &key) != TPS_OK); /* too small to be a key */
}

static void public_areas_of_curves_are_read_by_their_rules(void **state)
{
    static const struct {
        uint32_t number;
        int32_t curve;
        size_t size;
    } curves[] = {{3, TPS_CURVE_P256, 32}, {4, TPS_CURVE_P384, 48}, {5, TPS_CURVE_P521, 66}};
    area_plan plan = area_ecc;
    tps_tpm_public area;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        plan.bits = curves[i].number;
        plan.n = curves[i].size;
        assert_status(decode_area(plan, &area), TPS_OK);
        assert_int_equal(area.curve, curves[i].curve);
        plan.n++;
        assert_status(decode_area(plan, &area), TPS_TPM_BAD_VALUE);
    }
    plan = area_ecc;
    plan.bits = 1;
    assert_status(decode_area(plan, &area), TPS_TPM_UNSUPPORTED);
    plan = area_ecc;
    plan.kdf = 0x20;
    assert_status(decode_area(plan, &area), TPS_OK);
    plan.n = 0;
    assert_status(decode_area(plan, &area), TPS_TPM_BAD_VALUE);
    plan = area_ecc;
    plan.scheme = TPS_TPM_ALG_RSASSA; /* which no key of a curve signs with */
    assert_status(decode_area(plan, &area), TPS_OK);
    assert_status(tps_tpm_public_is_attestation(&area, NULL), TPS_TPM_KEY_ATTRIBUTES);
}

static void a_name_of_sha1_names_nothing(void **state)
{
    area_plan plan = area_rsa;
    tps_tpm_public area;
    uint8_t name[TPS_TPM_NAME_MAX];
    size_t size;

    (void)state;
    plan.name_alg = TPS_TPM_ALG_SHA1;
    assert_status(decode_area(plan, &area), TPS_OK);
    assert_status(tps_tpm_public_name(&area, name, &size), TPS_TPM_SHA1);
}

/* ---- event logs ---- */

static tps_span make_log(builder *b, const uint32_t banks[][2], size_t count, uint8_t vendor)
{
    b->size = 0;
    put_le(b, 0, 4);
    put_le(b, TPS_TPM_EV_NO_ACTION, 4);
    for (int i = 0; i < 20; i++) {
        put_le(b, 0, 1);
    }
    put_le(b, 16 + 8 + 4 + 4 * count + 1, 4);
    put(b, tps_span_make("Spec ID Event03", 16));
    put_le(b, 0, 8);
    put_le(b, count, 4);
    for (size_t i = 0; i < count; i++) {
        put_le(b, banks[i][0], 2);
        put_le(b, banks[i][1], 2);
    }
    put_le(b, vendor, 1);
    return built(b);
}

static tps_status decode_log(tps_span bytes)
{
    tps_tpm_log log;

    return tps_tpm_log_decode(bytes, &log, NULL);
}

static void a_log_lists_its_banks_by_the_rules(void **state)
{
    static const uint32_t good[3][2] = {{TPS_TPM_ALG_SHA1, 20}, {TPS_TPM_ALG_SHA256, 32}, {0x27, 32}};
    static const uint32_t twice[2][2] = {{TPS_TPM_ALG_SHA256, 32}, {TPS_TPM_ALG_SHA256, 32}};
    static const uint32_t wrong[3][2] = {{TPS_TPM_ALG_SHA256, 20}, {0x27, 0}, {0x27, 65}};
    builder b;

    (void)state;
    assert_status(decode_log(make_log(&b, good, 3, 0)), TPS_OK);
    assert_status(decode_log(make_log(&b, twice, 2, 0)), TPS_TPM_BAD_VALUE);
    for (size_t i = 0; i < 3; i++) {
        assert_status(decode_log(make_log(&b, &wrong[i], 1, 0)), TPS_TPM_BAD_VALUE);
    }
    assert_status(decode_log(make_log(&b, good, 0, 0)), TPS_TPM_BAD_VALUE);
    assert_status(decode_log(make_log(&b, good, 3, 1)), TPS_TPM_TRUNCATED); /* no vendor information */
    make_log(&b, good, 3, 0);
    b.bytes[28]++; /* the header is longer than what it says */
    put_le(&b, 0, 1);
    assert_status(decode_log(built(&b)), TPS_TPM_TRAILING);
}

static void put_digests(builder *b, uint32_t first, uint32_t second)
{
    put_le(b, 4, 4);
    put_le(b, TPS_TPM_EV_IPL, 4);
    put_le(b, 2, 4);
    put_le(b, first, 2);
    put(b, digest_of(tps_tpm_digest_size(first)));
    put_le(b, second, 2);
    put(b, digest_of(tps_tpm_digest_size(second)));
    put_le(b, 0, 4);
}

static void an_event_has_one_digest_of_each_bank(void **state)
{
    static const uint32_t banks[2][2] = {{TPS_TPM_ALG_SHA1, 20}, {TPS_TPM_ALG_SHA384, 48}};
    builder b;
    tps_tpm_log log;
    tps_tpm_log other;
    tps_tpm_event_walk walk;
    tps_tpm_event event;
    tps_tpm_registers registers;

    (void)state;
    make_log(&b, banks, 2, 0);
    put_digests(&b, TPS_TPM_ALG_SHA384, TPS_TPM_ALG_SHA1); /* in any order */
    assert_status(tps_tpm_log_decode(built(&b), &log, NULL), TPS_OK);
    walk = tps_tpm_events(&log);
    assert_true(tps_tpm_next_event(&walk, &event));
    assert_span(tps_tpm_event_digest(&log, &event, TPS_TPM_ALG_SHA384), digest_of(48));
    assert_span(tps_tpm_event_digest(&log, &event, TPS_TPM_ALG_SHA1), digest_of(20));
    assert_int_equal(tps_tpm_event_digest(&log, &event, TPS_TPM_ALG_SHA256).size, 0);
    assert_false(tps_tpm_event_is_told(&log, &event, TPS_TPM_ALG_SHA1));
    assert_false(tps_tpm_event_is_told(&log, &event, TPS_TPM_ALG_SHA384));
    assert_status(tps_tpm_log_replay(&log, TPS_TPM_ALG_SHA384, &registers), TPS_OK);
    assert_int_equal(registers.extended, 1 << 4);
    other = log;
    other.banks[1] = TPS_TPM_ALG_SHA512; /* an event of another log has no digest here */
    assert_int_equal(tps_tpm_event_digest(&other, &event, TPS_TPM_ALG_SHA512).size, 0);

    make_log(&b, banks, 2, 0);
    put_digests(&b, TPS_TPM_ALG_SHA384, TPS_TPM_ALG_SHA384);
    assert_status(decode_log(built(&b)), TPS_TPM_BAD_VALUE);
    make_log(&b, banks, 2, 0);
    put_digests(&b, TPS_TPM_ALG_SHA384, TPS_TPM_ALG_SHA256);
    assert_status(decode_log(built(&b)), TPS_TPM_BAD_VALUE);
}

static void logs_have_limits(void **state)
{
    static uint8_t large[TPS_TPM_LOG_SIZE_MAX + 1];
    builder b;

    (void)state;
    assert_status(decode_log(TPS_SPAN_OF(large)), TPS_TOO_LARGE);
    begin_log(&b, TPS_TPM_ALG_SHA256, 32);
    put_le(&b, 0, 4);
    put_le(&b, 1, 4);
    put_le(&b, 1, 4);
    put_le(&b, TPS_TPM_ALG_SHA256, 2);
    put(&b, digest_of(32));
    put_le(&b, TPS_TPM_EVENT_SIZE_MAX + 1, 4);
    assert_status(decode_log(built(&b)), TPS_TOO_LARGE);
    begin_log(&b, TPS_TPM_ALG_SHA256, 32);
    memcpy(large, b.bytes, b.size);
    for (size_t i = 0; i <= TPS_TPM_EVENTS_MAX; i++) {
        builder event = {.size = 0};
        put_event(&event, 0, 1, digest_of(32), TPS_SPAN_EMPTY);
        memcpy(large + b.size + i * event.size, event.bytes, event.size);
    }
    assert_status(decode_log(tps_span_make(large, b.size + TPS_TPM_EVENTS_MAX * 50)), TPS_OK);
    assert_status(decode_log(tps_span_make(large, b.size + (TPS_TPM_EVENTS_MAX + 1) * 50)), TPS_TOO_LARGE);
}

static tps_status replay_with(uint32_t pcr, const char *name, size_t size, uint8_t locality, bool is_late)
{
    builder b;
    builder data = {.size = 0};
    tps_tpm_log log;
    tps_tpm_registers registers;

    put(&data, tps_span_make(name, 16));
    put_be(&data, locality, 1);
    begin_log(&b, TPS_TPM_ALG_SHA256, 32);
    if (is_late) {
        put_text_event(&b, 0, TPS_TPM_EV_POST_CODE, "first");
    }
    put_event(&b, pcr, TPS_TPM_EV_NO_ACTION, digest_of(32), tps_span_make(data.bytes, size));
    assert_status(tps_tpm_log_decode(built(&b), &log, NULL), TPS_OK);
    TPS_TRY(tps_tpm_log_replay(&log, TPS_TPM_ALG_SHA256, &registers));
    if (registers.extended == 0) {
        return TPS_NOT_FOUND;
    }
    assert_int_equal(registers.values[0][31], locality);
    return TPS_OK;
}

static void only_the_startup_locality_begins_otherwise(void **state)
{
    (void)state;
    assert_status(replay_with(0, "StartupLocality", 17, 3, false), TPS_OK);
    assert_status(replay_with(1, "StartupLocality", 17, 3, false), TPS_NOT_FOUND);
    assert_status(replay_with(0, "StartupLocality", 16, 3, false), TPS_NOT_FOUND);
    assert_status(replay_with(0, "StartupLocalitz", 17, 3, false), TPS_NOT_FOUND);
    assert_status(replay_with(0, "StartupLocality", 17, 5, false), TPS_TPM_BAD_VALUE);
    assert_status(replay_with(0, "StartupLocality", 17, 3, true), TPS_TPM_BAD_VALUE);
}

static void a_path_that_is_cut_gives_no_more_text(void **state)
{
    builder data = {.size = 0};
    tps_tpm_event event = {.type = TPS_TPM_EV_EFI_BOOT_SERVICES_APPLICATION};
    char text[TPS_TPM_EVENT_TEXT_MAX];

    (void)state;
    for (int i = 0; i < 24; i++) {
        put_le(&data, 0, 1);
    }
    put_le(&data, 6, 8);
    put_le(&data, 0x0101, 2); /* a node of hardware, which says that it is longer */
    put_le(&data, 100, 2);
    put_le(&data, 0, 2);
    event.data = built(&data);
    tps_tpm_event_describe(&event, text);
    assert_string_equal(text, "");
}

static void names_are_known_or_said_to_be_unknown(void **state)
{
    (void)state;
    assert_string_equal(tps_tpm_alg_name(TPS_TPM_ALG_SHA384), "sha384");
    assert_string_equal(tps_tpm_alg_name(0x7777), "unknown");
    assert_string_equal(tps_tpm_event_name(TPS_TPM_EV_SEPARATOR), "EV_SEPARATOR");
    assert_string_equal(tps_tpm_event_name(0x7777), "an event of an unknown type");
    assert_int_equal(tps_tpm_digest_size(TPS_TPM_ALG_SHA512), 64);
    assert_int_equal(tps_tpm_hash_alg(TPS_TPM_ALG_SHA512), TPS_ALG_SHA512);
    assert_int_equal(tps_tpm_hash_alg(TPS_TPM_ALG_SM3), TPS_ALG_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_are_told_by_how_bytes_begin),
        cmocka_unit_test(tokens_hold_a_quote_and_a_signature),
        cmocka_unit_test(texts_have_three_parts),
        cmocka_unit_test(audiences_need_a_nonce_and_have_a_size),
        cmocka_unit_test(chains_have_one_to_six_certificates),
        cmocka_unit_test(values_are_of_known_banks_and_of_their_size),
        cmocka_unit_test(no_bank_is_there_twice),
        cmocka_unit_test(values_in_disorder_end_a_walk),
        cmocka_unit_test(stored_values_are_those_of_the_quote),
        cmocka_unit_test(stored_lists_hold_as_many_values_as_were_selected),
        cmocka_unit_test(bare_values_are_as_many_as_were_selected),
        cmocka_unit_test(public_areas_of_rsa_are_read_by_their_rules),
        cmocka_unit_test(public_areas_of_curves_are_read_by_their_rules),
        cmocka_unit_test(a_name_of_sha1_names_nothing),
        cmocka_unit_test(a_log_lists_its_banks_by_the_rules),
        cmocka_unit_test(an_event_has_one_digest_of_each_bank),
        cmocka_unit_test(logs_have_limits),
        cmocka_unit_test(only_the_startup_locality_begins_otherwise),
        cmocka_unit_test(a_path_that_is_cut_gives_no_more_text),
        cmocka_unit_test(names_are_known_or_said_to_be_unknown),
    };

    return cmocka_run_group_tests(tests, make_key, free_key);
}
