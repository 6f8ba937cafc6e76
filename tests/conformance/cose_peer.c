/* SPDX-License-Identifier: Apache-2.0 */
/*
 * COSE as a peer of cose_judge.py, on standard input and output, a line each, with keys that both know:
 *   make KIND ALG RECIPIENT        answers the message in hex
 *   open KIND RECIPIENT HEX KEY    answers the payload in hex, or the status that refused it; KEY is a
 * COSE_Key in hex, or - for the known keys KIND is sign1, mac0, encrypt0, encrypt or mac; RECIPIENT is 0
 * where there is none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tps/cose_encrypt.h"

enum { LINE = 8192, ROOM = 2048 };

#define PAYLOAD TPS_SPAN_LITERAL("This is the content.")
#define AAD     TPS_SPAN_LITERAL("aad")

static void require(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "cose_peer: %s\n", what);
        exit(2);
    }
}

static size_t read_hex(const char *hex, uint8_t *out)
{
    size_t size = 0;
    unsigned byte;

    while (size < ROOM && sscanf(hex + 2 * size, "%2x", &byte) == 1) {
        out[size++] = (uint8_t)byte;
    }
    return size;
}

static void print_hex(tps_span bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        printf("%02x", bytes.data[i]);
    }
    putchar('\n');
}

/* ---- the known keys ---- */

/* Secrets are 1, 2, 3, ... of the size that the algorithm takes. */
static tps_cose_secret secret_for(int32_t alg)
{
    static uint8_t bytes[64];
    size_t size = tps_crypto_aead_key_size(alg);

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i + 1);
    }
    switch (alg) {
    case TPS_ALG_A128KW: size = 16; break;
    case TPS_ALG_A192KW: size = 24; break;
    case TPS_ALG_A256KW:
    case TPS_ALG_DIRECT_HKDF_256: size = 32; break;
    default: size = size == 0 ? tps_crypto_alg_mac_size(alg) : size; break;
    }
    return (tps_cose_secret){.bytes = {bytes, size == 8 ? 32 : size}};
}

static int32_t curve_for(int32_t alg)
{
    switch (alg) {
    case TPS_ALG_ES384:
    case TPS_ALG_ESP384:
    case TPS_ALG_ECDH_ES_A192KW: return TPS_CURVE_P384;
    case TPS_ALG_ES512:
    case TPS_ALG_ESP512:
    case TPS_ALG_ECDH_ES_A256KW: return TPS_CURVE_P521;
    case TPS_ALG_EDDSA:
    case TPS_ALG_ED25519: return TPS_CURVE_ED25519;
    default: return TPS_CURVE_P256;
    }
}

/* A scalar of ones, the first of P-521's a zero. */
static tps_crypto_key *pair_for(int32_t alg)
{
    int32_t curve = curve_for(alg);
    uint8_t scalar[TPS_COORDINATE_SIZE_MAX];
    tps_crypto_key *key = NULL;

    memset(scalar, 1, sizeof scalar);
    scalar[0] = curve != TPS_CURVE_P521;
    require(tps_crypto_key_from_scalar(curve, tps_span_make(scalar, tps_crypto_curve_size(curve)), &key) ==
                TPS_OK,
            "no key");
    return key;
}

static bool is_ecdh(int32_t alg)
{
    return alg == TPS_ALG_ECDH_ES_HKDF_256 ||
           (alg <= TPS_ALG_ECDH_ES_A128KW && alg >= TPS_ALG_ECDH_ES_A256KW);
}

/* ---- making ---- */

static tps_status make(const char *kind, int32_t alg, int32_t recipient, tps_buf out, tps_span *message)
{
    const tps_cose_make_options options = {.aad = AAD, .kid = TPS_SPAN_LITERAL("k")};
    tps_cose_secret own = secret_for(recipient == 0 || recipient == TPS_ALG_DIRECT ? alg : recipient);
    tps_crypto_key *pair = pair_for(recipient == 0 ? alg : recipient);
    tps_cose_recipient to = {.alg = recipient, .kid = TPS_SPAN_LITERAL("r")};
    tps_cose_signer signer = tps_cose_signer_of_key(pair, alg);
    tps_status status = TPS_BAD_ARGUMENT;

    to.peer = is_ecdh(recipient) ? pair : NULL;
    to.secret = is_ecdh(recipient) ? NULL : &own;
    if (strcmp(kind, "sign1") == 0) {
        status = tps_cose_sign1_make(PAYLOAD, &options, &signer, out, message);
    } else if (strcmp(kind, "mac0") == 0) {
        status = tps_cose_mac0_make(PAYLOAD, &options, alg, &own, out, message);
    } else if (strcmp(kind, "encrypt0") == 0) {
        status = tps_cose_encrypt0_make(PAYLOAD, &options, alg, &own, out, message);
    } else if (strcmp(kind, "encrypt") == 0) {
        status = tps_cose_encrypt_make(PAYLOAD, &options, alg, &to, 1, out, message);
    } else if (strcmp(kind, "mac") == 0) {
        status = tps_cose_mac_make(PAYLOAD, &options, alg, &to, 1, out, message);
    }
    tps_crypto_key_free(pair);
    return status;
}

/* ---- opening ---- */

static tps_status open_signed(const char *kind, tps_span message, tps_span key, tps_span *payload)
{
    const tps_cose_terms terms = {.aad = AAD};
    tps_crypto_key *public_key = NULL;
    tps_cose_message m;
    tps_cose_secret own;
    tps_status status;

    TPS_TRY(tps_cose_sign1_parse(message, &m, NULL));
    *payload = m.payload;
    if (strcmp(kind, "mac0") == 0) {
        own = secret_for((int32_t)m.headers.alg);
        return tps_cose_mac0_verify_parsed(&m, &own, &terms);
    }
    TPS_TRY(tps_cose_key_read_for(key, (int32_t)m.headers.alg, TPS_KEY_OP_VERIFY, &public_key));
    status = tps_cose_sign1_verify_parsed(&m, public_key, &terms);
    tps_crypto_key_free(public_key);
    return status;
}

static tps_status open_encrypted(const char *kind, int32_t recipient, tps_span message, tps_buf room,
                                 tps_span *payload)
{
    const tps_cose_terms terms = {.aad = AAD};
    tps_crypto_key *pair = pair_for(recipient);
    tps_cose_agreement agreement = tps_cose_agreement_of_key(pair);
    tps_cose_receiver me = {.kid = TPS_SPAN_LITERAL("r"), .agreement = &agreement};
    tps_cose_message m;
    tps_cose_secret own;
    bool is_mac = strcmp(kind, "mac") == 0;
    tps_status status = is_mac ? tps_cose_mac_parse(message, NULL, &m, NULL)
                               : tps_cose_encrypted_parse(message, NULL, &m, NULL);

    own = secret_for(recipient == 0 || recipient == TPS_ALG_DIRECT ? (int32_t)m.headers.alg : recipient);
    me.secret = &own;
    if (status == TPS_OK && is_mac) {
        *payload = m.payload;
        status = tps_cose_mac_verify_parsed(&m, &me, &terms);
    } else if (status == TPS_OK) {
        status = recipient == 0 ? tps_cose_encrypt0_open(&m, &own, &terms, room, payload)
                                : tps_cose_encrypt_open(&m, &me, &terms, room, payload);
    }
    tps_crypto_key_free(pair);
    return status;
}

static void answer(const char *line)
{
    static uint8_t bytes[ROOM];
    static uint8_t key[ROOM];
    static uint8_t room[ROOM];
    static char hex[LINE];
    static char key_hex[LINE];
    char kind[16];
    long alg = 0;
    long recipient = 0;
    tps_span result = TPS_SPAN_EMPTY;
    tps_status status = TPS_BAD_ARGUMENT;

    if (sscanf(line, "make %15s %ld %ld", kind, &alg, &recipient) == 3) {
        status = make(kind, (int32_t)alg, (int32_t)recipient, TPS_BUF_OF(bytes), &result);
    } else if (sscanf(line, "open %15s %ld %8191s %8191s", kind, &recipient, hex, key_hex) == 4) {
        tps_span message = tps_span_make(bytes, read_hex(hex, bytes));
        bool is_signed = strcmp(kind, "sign1") == 0 || strcmp(kind, "mac0") == 0;

        status = is_signed ? open_signed(kind, message, tps_span_make(key, read_hex(key_hex, key)), &result)
                           : open_encrypted(kind, (int32_t)recipient, message, TPS_BUF_OF(room), &result);
    }
    if (status == TPS_OK) {
        print_hex(result);
    } else {
        puts(tps_status_name(status));
    }
    fflush(stdout);
}

int main(void)
{
    static char line[2 * LINE];

    while (fgets(line, sizeof line, stdin) != NULL) {
        answer(line);
    }
    return 0;
}
