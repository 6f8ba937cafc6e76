/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What COSE_Sign1 costs beside its signature: verifying and making a token of a PSA token's size, parsed,
 * hashed, checked, against EVP_PKEY_verify and EVP_PKEY_sign alone, their contexts reused and the input
 * hashed beforehand. Both use one key of P-256; rounds of ours and of theirs alternate.
 */
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/measure.h"
#include "tps/cose.h"

enum { ROUNDS = 31, COUNT = 300, PAYLOAD = 256, ROOM = 512 };

/* One token, and what of it the library alone needs. */
typedef struct {
    tps_crypto_key *key;
    tps_cose_key_finder finder;
    tps_cose_signer signer;
    uint8_t payload[PAYLOAD];
    uint8_t bytes[ROOM];
    tps_span token;
    EVP_PKEY_CTX *verify;
    EVP_PKEY_CTX *sign;
    uint8_t digest[TPS_SHA256_SIZE];
    uint8_t der[80];
    size_t der_size;
} bench;

static tps_status find(void *context, const tps_cose_message *message, tps_crypto_key **key)
{
    (void)message;
    *key = context;
    return TPS_OK;
}

/* The digest of the Sig_structure (RFC 9052, 4.4), and the signature in the library's form. */
static void prepare_library(bench *b, const tps_cose_message *m, EVP_PKEY *pkey)
{
    uint8_t structure[ROOM];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(structure));
    ECDSA_SIG *signature = ECDSA_SIG_new();
    uint8_t *at = b->der;

    tps_cbor_put_array(&w, 4);
    tps_cbor_put_text(&w, "Signature1");
    tps_cbor_put_bytes(&w, m->protected_raw);
    tps_cbor_put_bytes(&w, TPS_SPAN_EMPTY);
    tps_cbor_put_bytes(&w, m->payload);
    bench_require(EVP_Digest(structure, w.size, b->digest, NULL, EVP_sha256(), NULL) == 1, "no digest");
    ECDSA_SIG_set0(signature, BN_bin2bn(m->signature.data, 32, NULL),
                   BN_bin2bn(m->signature.data + 32, 32, NULL));
    b->der_size = (size_t)i2d_ECDSA_SIG(signature, &at);
    ECDSA_SIG_free(signature);
    b->verify = EVP_PKEY_CTX_new(pkey, NULL);
    bench_require(EVP_PKEY_verify_init(b->verify) == 1, "no context");
}

static void prepare(bench *b)
{
    EVP_PKEY *pkey = NULL;
    uint8_t spki[128];
    const uint8_t *at = spki;
    tps_cose_message m;
    EVP_PKEY *own = EVP_EC_gen("P-256");
    size_t size;

    memset(b->payload, 0x5a, sizeof b->payload);
    bench_require(tps_crypto_key_generate(TPS_CURVE_P256, &b->key) == TPS_OK, "no key");
    b->finder = (tps_cose_key_finder){find, b->key};
    b->signer = tps_cose_signer_of_key(b->key, TPS_ALG_ES256);
    bench_require(tps_cose_sign1_make(TPS_SPAN_OF(b->payload), NULL, &b->signer, TPS_BUF_OF(b->bytes),
                                      &b->token) == TPS_OK,
                  "no token");
    bench_require(tps_cose_sign1_parse(b->token, &m, NULL) == TPS_OK, "no message");
    bench_require(tps_crypto_key_spki(b->key, TPS_BUF_OF(spki), &size) == TPS_OK, "no public key");
    pkey = d2i_PUBKEY(NULL, &at, (long)size);
    bench_require(pkey != NULL && own != NULL, "the library has no key");
    prepare_library(b, &m, pkey);
    b->sign = EVP_PKEY_CTX_new(own, NULL);
    bench_require(EVP_PKEY_sign_init(b->sign) == 1, "no context");
    EVP_PKEY_free(own);
    EVP_PKEY_free(pkey);
}

static void verify_ours(bench *b)
{
    tps_cose_message m;

    bench_require(tps_cose_sign1_verify(b->token, &b->finder, NULL, &m, NULL) == TPS_OK,
                  "ours does not verify");
}

static void verify_theirs(bench *b)
{
    bench_require(EVP_PKEY_verify(b->verify, b->der, b->der_size, b->digest, sizeof b->digest) == 1,
                  "theirs does not verify");
}

static void sign_ours(bench *b)
{
    uint8_t out[ROOM];
    tps_span token;

    bench_require(tps_cose_sign1_make(TPS_SPAN_OF(b->payload), NULL, &b->signer, TPS_BUF_OF(out), &token) ==
                      TPS_OK,
                  "ours does not sign");
}

static void sign_theirs(bench *b)
{
    uint8_t der[80];
    size_t size = sizeof der;

    bench_require(EVP_PKEY_sign(b->sign, der, &size, b->digest, sizeof b->digest) == 1,
                  "theirs does not sign");
}

static double seconds_for(bench *b, void (*work)(bench *))
{
    double start = bench_cpu_seconds();

    for (size_t i = 0; i < COUNT; i++) {
        work(b);
    }
    return bench_cpu_seconds() - start;
}

static void report(bench *b, const char *name, void (*ours)(bench *), void (*theirs)(bench *),
                   const char *note)
{
    bench_rounds rounds = {.rounds = ROUNDS};

    (void)seconds_for(b, ours);
    (void)seconds_for(b, theirs);
    for (size_t i = 0; i < ROUNDS; i++) {
        rounds.ours[i] = seconds_for(b, ours);
        rounds.bound[i] = seconds_for(b, theirs);
    }
    printf("{\"name\":\"%s\",\"ratio\":%.4f,\"value\":%.0f,\"unit\":\"ns\",\"bound\":%.0f,\"note\":\"%s\"}\n",
           name, 1 / bench_median_ratio(&rounds), bench_median_ours(&rounds) / COUNT * 1e9,
           bench_median_bound(&rounds) / COUNT * 1e9, note);
    fflush(stdout);
}

int main(void)
{
    static bench b;

    bench_pin(0);
    prepare(&b);
    report(&b, "cose.verify.overhead", verify_ours, verify_theirs,
           "tps_cose_sign1_verify of a 256-byte payload against EVP_PKEY_verify; lower is better");
    report(&b, "cose.sign.overhead", sign_ours, sign_theirs,
           "tps_cose_sign1_make of a 256-byte payload against EVP_PKEY_sign; lower is better");
    EVP_PKEY_CTX_free(b.verify);
    EVP_PKEY_CTX_free(b.sign);
    tps_crypto_key_free(b.key);
    return 0;
}
