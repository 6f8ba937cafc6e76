/* SPDX-License-Identifier: Apache-2.0 */
/*
 * COSE both ways, over the fake back end (INSECURE, and a hundred times faster than a real one): the input
 * says what is made, with which headers. What was made opens to the same; with one bit of it changed it does
 * not; nothing is left under way.
 */
#include <stdlib.h>

#include "support/fake_crypto/fake_crypto.h"
#include "tps/cose.h"
#include "tps/cose_encrypt.h"

#define ROOM 8192u

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

/* ---- what the input says ---- */

typedef struct {
    const uint8_t *at;
    size_t left;
} input;

static uint8_t take_byte(input *in)
{
    if (in->left == 0) {
        return 0;
    }
    in->left--;
    return *in->at++;
}

static tps_span take_some(input *in)
{
    size_t size = take_byte(in) % 64;
    tps_span some;

    size = size < in->left ? size : in->left;
    some = tps_span_make(in->at, size);
    in->at += size;
    in->left -= size;
    return some;
}

/* Text is the caller's to give as UTF-8: here, ASCII. */
static tps_span take_text(input *in, uint8_t room[64])
{
    tps_span some = take_some(in);

    for (size_t i = 0; i < some.size; i++) {
        room[i] = some.data[i] & 0x7f;
    }
    return tps_span_make(room, some.size);
}

enum { KINDS = 6 };
enum { SIGN1, SIGN1_EDDSA, MAC0, ENCRYPT0, ENCRYPT, MAC };

static const int32_t sign_algs[] = {TPS_ALG_ES256, TPS_ALG_ESP256};
static const int32_t mac_algs[] = {TPS_ALG_HMAC256_64, TPS_ALG_HMAC256, TPS_ALG_HMAC384, TPS_ALG_HMAC512};
static const int32_t content_algs[] = {TPS_ALG_A128GCM, TPS_ALG_AES_CCM_16_64_128,
                                       TPS_ALG_AES_CCM_16_128_128};
static const int32_t recipient_algs[] = {
    TPS_ALG_DIRECT,         TPS_ALG_DIRECT_HKDF_256, TPS_ALG_ECDH_ES_HKDF_256, TPS_ALG_ECDH_ES_A128KW,
    TPS_ALG_ECDH_ES_A192KW, TPS_ALG_ECDH_ES_A256KW,  TPS_ALG_A128KW,           TPS_ALG_A128GCM};

#define PICK(list, number) ((list)[(number) % (sizeof(list) / sizeof((list)[0]))])

typedef struct {
    unsigned kind;
    uint8_t choice;
    tps_cose_make_options options;
    tps_cose_terms terms;
    tps_cose_kdf_info info;
    tps_cose_recipient recipient;
    tps_span payload;
    uint8_t content_type[64];
    uint8_t typ[64];
} plan;

static tps_crypto_key *key;
static tps_crypto_key *ed25519;
static const uint8_t secret_bytes[16] = "sixteen secrets";
static const tps_cose_secret secret = {.bytes = {secret_bytes, sizeof secret_bytes}};
static uint8_t scratch[ROOM];

static void make_keys(void)
{
    const uint8_t seed[48] = {1};

    if (key == NULL) {
        require(tps_crypto_key_derive_p256(seed, &key) == TPS_OK);
        require(tps_crypto_key_from_scalar(TPS_CURVE_ED25519, tps_span_make(seed, 32), &ed25519) == TPS_OK);
    }
}

static void take_options(input *in, plan *p)
{
    uint8_t flags = take_byte(in);
    tps_cose_make_options *o = &p->options;

    o->scratch = TPS_BUF_OF(scratch);
    o->is_untagged = (flags & 1) != 0;
    o->is_kid_unprotected = (flags & 2) != 0;
    o->has_content_format = (flags & 4) != 0;
    o->has_typ_format = (flags & 8) != 0;
    o->kid = take_some(in);
    o->kid_context = take_some(in);
    o->content_type = take_text(in, p->content_type);
    o->typ = take_text(in, p->typ);
    o->aad = take_some(in);
    o->content_format = take_byte(in);
    o->typ_format = take_byte(in);
    p->terms = (tps_cose_terms){.aad = o->aad, .scratch = TPS_BUF_OF(scratch)};
}

static void take_plan(input *in, plan *p)
{
    bool agrees;

    *p = (plan){.kind = take_byte(in) % KINDS, .choice = take_byte(in)};
    take_options(in, p);
    p->info.is_sent = (p->choice & 0x40) != 0;
    p->info.u.identity = take_some(in);
    p->info.v.nonce = take_some(in);
    p->info.salt = take_some(in);
    p->recipient.alg = PICK(recipient_algs, p->choice);
    agrees = p->recipient.alg <= TPS_ALG_ECDH_ES_HKDF_256;
    p->recipient.secret = agrees ? NULL : &secret;
    p->recipient.peer = agrees ? key : NULL;
    p->recipient.kid = take_some(in);
    p->recipient.info = &p->info;
    p->payload = tps_span_make(in->at, in->left < 1024 ? in->left : 1024);
}

/* ---- both ways ---- */

static tps_status make(const plan *p, tps_buf out, tps_span *encoded)
{
    tps_cose_signer signer =
        p->kind == SIGN1_EDDSA
            ? tps_cose_signer_of_key(ed25519, p->choice % 2 == 0 ? TPS_ALG_EDDSA : TPS_ALG_ED25519)
            : tps_cose_signer_of_key(key, PICK(sign_algs, p->choice));

    switch (p->kind) {
    case SIGN1:
    case SIGN1_EDDSA: return tps_cose_sign1_make(p->payload, &p->options, &signer, out, encoded);
    case MAC0:
        return tps_cose_mac0_make(p->payload, &p->options, PICK(mac_algs, p->choice), &secret, out, encoded);
    case ENCRYPT0:
        return tps_cose_encrypt0_make(p->payload, &p->options, PICK(content_algs, p->choice), &secret, out,
                                      encoded);
    case ENCRYPT:
        return tps_cose_encrypt_make(p->payload, &p->options, PICK(content_algs, p->choice / 8),
                                     &p->recipient, 1, out, encoded);
    default:
        return tps_cose_mac_make(p->payload, &p->options, PICK(mac_algs, p->choice / 8), &p->recipient, 1,
                                 out, encoded);
    }
}

static tps_status take_apart(const plan *p, tps_span message, tps_cose_message *out)
{
    switch (p->kind) {
    case ENCRYPT0:
    case ENCRYPT: return tps_cose_encrypted_parse(message, &p->terms, out, NULL);
    case MAC: return tps_cose_mac_parse(message, &p->terms, out, NULL);
    default: return tps_cose_sign1_parse_under(message, &p->terms, out, NULL);
    }
}

/* Opens what was taken apart; `plain` is the payload. */
static tps_status open_message(const plan *p, const tps_cose_message *m, tps_buf room, tps_span *plain)
{
    tps_cose_agreement agreement = tps_cose_agreement_of_key(key);
    tps_cose_receiver receiver = {
        .kid = p->recipient.kid, .secret = &secret, .agreement = &agreement, .info = &p->info};

    *plain = m->payload;
    switch (p->kind) {
    case SIGN1: return tps_cose_sign1_verify_parsed(m, key, &p->terms);
    case SIGN1_EDDSA: return tps_cose_sign1_verify_parsed(m, ed25519, &p->terms);
    case MAC0: return tps_cose_mac0_verify_parsed(m, &secret, &p->terms);
    case ENCRYPT0: return tps_cose_encrypt0_open(m, &secret, &p->terms, room, plain);
    case ENCRYPT: return tps_cose_encrypt_open(m, &receiver, &p->terms, room, plain);
    default: return tps_cose_mac_verify_parsed(m, &receiver, &p->terms);
    }
}

static tps_status open_bytes(const plan *p, tps_span message, tps_buf room, tps_span *plain)
{
    tps_cose_message m;
    tps_status status = take_apart(p, message, &m);

    return status == TPS_OK ? open_message(p, &m, room, plain) : status;
}

/* One bit of what is protected: the protected bucket, the payload, the signature or code. */
static void require_a_change_is_seen(const plan *p, const tps_cose_message *m, tps_buf message,
                                     uint32_t where)
{
    const tps_span parts[] = {m->protected_raw, m->payload, m->signature};
    static uint8_t room[ROOM];
    tps_span part = parts[where % 3];
    tps_span plain;
    uint8_t *byte;

    if (part.size == 0) {
        return;
    }
    byte = message.data + (part.data - message.data) + where / 24 % part.size;
    *byte ^= (uint8_t)(1u << where / 3 % 8);
    require(open_bytes(p, tps_span_make(message.data, message.size), TPS_BUF_OF(room), &plain) != TPS_OK);
    *byte ^= (uint8_t)(1u << where / 3 % 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t made[ROOM];
    static uint8_t room[ROOM];
    input in = {data, size};
    uint32_t where = (uint32_t)take_byte(&in) << 8 | take_byte(&in);
    tps_span encoded = TPS_SPAN_EMPTY;
    tps_span measured = TPS_SPAN_EMPTY;
    insecure_fake_live before;
    tps_cose_message m;
    tps_span plain;
    plan p;

    make_keys();
    insecure_fake_fail(0);
    before = insecure_fake_now();
    take_plan(&in, &p);
    if (make(&p, TPS_BUF_OF(made), &encoded) == TPS_OK) {
        require(make(&p, TPS_BUF_MEASURE, &measured) == TPS_OK || p.kind == ENCRYPT0);
        require(measured.size == encoded.size || p.kind == ENCRYPT0);
        require(take_apart(&p, encoded, &m) == TPS_OK);
        require(open_message(&p, &m, TPS_BUF_OF(room), &plain) == TPS_OK);
        require(tps_span_equal(plain, p.payload));
        require_a_change_is_seen(&p, &m, (tps_buf){made + (encoded.data - made), encoded.size}, where);
    } else {
        require(encoded.size == 0);
    }
    require(insecure_fake_now().hashes == before.hashes && insecure_fake_now().macs == before.macs &&
            insecure_fake_now().keys == before.keys);
    return 0;
}
