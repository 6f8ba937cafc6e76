/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto_exchange make | crypto_exchange check: what one back end of crypto.h makes, another must understand.
 * Built once a back end. A line holds a kind, an algorithm or curve, and bytes in hex, none if that is not
 * supported: signatures come with their key and are verified, everything else must be the same on both sides.
 * What one of the two lacks is left out.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tps/crypto.h"

#define MESSAGE TPS_SPAN_LITERAL("what one makes, the other understands")

static const uint8_t numbers[72] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234567";

static void expect(tps_status status, const char *what, int32_t alg)
{
    if (status != TPS_OK) {
        fprintf(stderr, "crypto_exchange: %s %d: %s\n", what, (int)alg, tps_status_name(status));
        exit(1);
    }
}

static void put_hex(tps_span bytes)
{
    putchar(' ');
    for (size_t i = 0; i < bytes.size; i++) {
        printf("%02x", bytes.data[i]);
    }
}

static void put_line(const char *kind, int32_t alg, tps_span bytes)
{
    printf("%s %d", kind, (int)alg);
    put_hex(bytes);
    putchar('\n');
}

/* ---- what is the same on both sides ---- */

static tps_crypto_key *key_of(int32_t curve)
{
    tps_crypto_key *key = NULL;
    uint8_t scalar[TPS_COORDINATE_SIZE_MAX];

    memcpy(scalar, numbers, sizeof scalar);
    scalar[0] = 0; /* below the order of P-521 */
    expect(tps_crypto_key_from_scalar(curve, tps_span_make(scalar, tps_crypto_curve_size(curve)), &key),
           "scalar", curve);
    return key;
}

static size_t make_mac(int32_t alg, uint8_t *out)
{
    tps_crypto_mac mac;
    tps_digest tag;

    expect(tps_crypto_mac_begin(&mac, alg, TPS_SPAN_OF(numbers)), "mac", alg);
    tps_crypto_mac_update(&mac, MESSAGE);
    expect(tps_crypto_mac_finish(&mac, &tag), "mac", alg);
    memcpy(out, tag.bytes, tag.size);
    return tag.size;
}

static size_t make_hash(int32_t alg, uint8_t *out)
{
    tps_digest digest;

    expect(tps_crypto_hash_of(alg, MESSAGE, &digest), "hash", alg);
    memcpy(out, digest.bytes, digest.size);
    return digest.size;
}

static size_t make_hkdf(int32_t alg, uint8_t *out)
{
    expect(tps_crypto_hkdf(TPS_SPAN_OF(numbers), MESSAGE, TPS_SPAN_LITERAL("info"), (tps_buf){out, 100}),
           "hkdf", alg);
    return 100;
}

static size_t make_uuid(int32_t alg, uint8_t *out)
{
    expect(tps_crypto_uuid5(numbers, MESSAGE, out), "uuid", alg);
    return 16;
}

/* With the peer's point, of the scalar one, found by its x. */
static size_t make_secret(int32_t curve, uint8_t *out)
{
    tps_crypto_key *own = key_of(curve);
    tps_crypto_key *peer = NULL;
    tps_crypto_point point;
    const uint8_t one[TPS_COORDINATE_SIZE_MAX + 1] = {[TPS_COORDINATE_SIZE_MAX - 1] = 1};
    size_t size = tps_crypto_curve_size(curve);

    expect(tps_crypto_key_from_scalar(curve, tps_span_make(one + sizeof one - 1 - size, size), &peer),
           "scalar", curve);
    expect(tps_crypto_key_point(peer, &point), "point", curve);
    tps_crypto_key_free(peer);
    if (tps_crypto_point_decompress(&point, false) != TPS_CRYPTO_ALG_REFUSED) { /* else y is as it was */
        expect(tps_crypto_point_decompress(&point, false), "decompress", curve);
    }
    expect(tps_crypto_key_from_point(&point, &peer), "point", curve);
    expect(tps_crypto_ecdh(own, peer, (tps_buf){out, size}), "ecdh", curve);
    tps_crypto_key_free(own);
    tps_crypto_key_free(peer);
    return size;
}

static size_t make_derived(int32_t curve, uint8_t *out)
{
    tps_crypto_key *key = NULL;

    expect(tps_crypto_key_derive_p256(numbers, &key), "derive", curve);
    expect(tps_crypto_key_scalar(key, (tps_buf){out, 32}), "derive", curve);
    tps_crypto_key_free(key);
    return 32;
}

static size_t make_sealed(int32_t alg, uint8_t *out)
{
    const tps_span parts[] = {TPS_SPAN_LITERAL("additional "), TPS_SPAN_LITERAL("data")};
    size_t size = MESSAGE.size + tps_crypto_aead_tag_size(alg);

    expect(tps_crypto_aead_seal(alg, tps_span_make(numbers, tps_crypto_aead_key_size(alg)),
                                tps_span_make(numbers, tps_crypto_aead_nonce_size(alg)),
                                (tps_crypto_aad){parts, 2}, MESSAGE, (tps_buf){out, size}),
           "seal", alg);
    return size;
}

static size_t make_wrapped(int32_t alg, uint8_t *out)
{
    size_t size = alg == TPS_ALG_A128KW ? 16 : alg == TPS_ALG_A192KW ? 24 : 32;

    expect(tps_crypto_wrap(alg, tps_span_make(numbers, size), tps_span_make(numbers, 40), (tps_buf){out, 48}),
           "wrap", alg);
    return 48;
}

static const struct {
    const char *kind;
    int32_t alg;
    size_t (*make)(int32_t alg, uint8_t *out);
    bool (*has)(int32_t alg); /* NULL: every back end */
} same[] = {
    {"hash", TPS_ALG_SHA256, make_hash, tps_crypto_supports},
    {"hash", TPS_ALG_SHA384, make_hash, tps_crypto_supports},
    {"hash", TPS_ALG_SHA512, make_hash, tps_crypto_supports},
    {"mac", TPS_ALG_HMAC256_64, make_mac, tps_crypto_supports},
    {"mac", TPS_ALG_HMAC256, make_mac, tps_crypto_supports},
    {"mac", TPS_ALG_HMAC384, make_mac, tps_crypto_supports},
    {"mac", TPS_ALG_HMAC512, make_mac, tps_crypto_supports},
    {"hkdf", TPS_ALG_SHA256, make_hkdf, NULL},
    {"uuid", TPS_ALG_NONE, make_uuid, NULL},
    {"secret", TPS_CURVE_P256, make_secret, tps_crypto_supports_curve},
    {"secret", TPS_CURVE_P384, make_secret, tps_crypto_supports_curve},
    {"secret", TPS_CURVE_P521, make_secret, tps_crypto_supports_curve},
    {"derived", TPS_CURVE_P256, make_derived, NULL},
    {"sealed", TPS_ALG_A128GCM, make_sealed, tps_crypto_supports},
    {"sealed", TPS_ALG_A192GCM, make_sealed, tps_crypto_supports},
    {"sealed", TPS_ALG_A256GCM, make_sealed, tps_crypto_supports},
    {"sealed", TPS_ALG_AES_CCM_16_64_128, make_sealed, tps_crypto_supports},
    {"sealed", TPS_ALG_AES_CCM_16_128_128, make_sealed, tps_crypto_supports},
    {"wrapped", TPS_ALG_A128KW, make_wrapped, tps_crypto_supports},
    {"wrapped", TPS_ALG_A192KW, make_wrapped, tps_crypto_supports},
    {"wrapped", TPS_ALG_A256KW, make_wrapped, tps_crypto_supports},
};

#define SAME_COUNT (sizeof same / sizeof same[0])

/* ---- signatures ---- */

static const struct {
    int32_t alg;
    int32_t curve;
} signers[] = {
    {TPS_ALG_ES256, TPS_CURVE_P256},  {TPS_ALG_ESP256, TPS_CURVE_P256}, {TPS_ALG_ES384, TPS_CURVE_P384},
    {TPS_ALG_ESP384, TPS_CURVE_P384}, {TPS_ALG_ES512, TPS_CURVE_P521},  {TPS_ALG_ESP512, TPS_CURVE_P521},
};

#define SIGNERS_COUNT (sizeof signers / sizeof signers[0])
#define SIGNATURES    20u

static bool is_there(size_t i)
{
    return same[i].has == NULL || same[i].has(same[i].alg);
}

static void make(void)
{
    uint8_t out[256];

    for (size_t i = 0; i < SAME_COUNT; i++) {
        size_t size = is_there(i) ? same[i].make(same[i].alg, out) : 0;
        put_line(same[i].kind, same[i].alg, tps_span_make(out, size));
    }
    for (size_t i = 0; i < SIGNERS_COUNT * SIGNATURES; i++) {
        int32_t alg = signers[i % SIGNERS_COUNT].alg;
        tps_crypto_key *key = NULL;
        size_t size = 0;

        if (!tps_crypto_supports(alg)) {
            put_line("spki", alg, TPS_SPAN_EMPTY);
            put_line("signature", alg, TPS_SPAN_EMPTY);
            continue;
        }
        expect(tps_crypto_key_generate(signers[i % SIGNERS_COUNT].curve, &key), "generate", alg);
        expect(tps_crypto_key_spki(key, TPS_BUF_OF(out), &size), "spki", alg);
        put_line("spki", alg, tps_span_make(out, size));
        expect(tps_crypto_sign_message(key, alg, MESSAGE, TPS_BUF_OF(out), &size), "sign", alg);
        put_line("signature", alg, tps_span_make(out, size));
        tps_crypto_key_free(key);
    }
}

/* ---- the other side ---- */

static size_t get_line(const char *kind, int32_t alg, uint8_t *bytes, size_t room)
{
    char text[1024];
    char expected[64];
    size_t head = (size_t)snprintf(expected, sizeof expected, "%s %d ", kind, (int)alg);
    size_t size = 0;

    if (fgets(text, sizeof text, stdin) == NULL || strncmp(text, expected, head) != 0) {
        fprintf(stderr, "crypto_exchange: the other side has no '%s'\n", expected);
        exit(1);
    }
    for (const char *at = text + head; at[0] != '\n' && at[0] != 0 && size < room; at += 2) {
        unsigned byte = 0;
        if (sscanf(at, "%2x", &byte) != 1) {
            break;
        }
        bytes[size++] = (uint8_t)byte;
    }
    return size;
}

static void check(void)
{
    uint8_t theirs[256];
    uint8_t ours[256];
    size_t compared = 0;
    size_t verified = 0;

    for (size_t i = 0; i < SAME_COUNT; i++) {
        size_t size = get_line(same[i].kind, same[i].alg, theirs, sizeof theirs);
        if (size == 0 || !is_there(i)) {
            continue;
        }
        compared++;
        if (size != same[i].make(same[i].alg, ours) || memcmp(ours, theirs, size) != 0) {
            fprintf(stderr, "crypto_exchange: %s %d differs\n", same[i].kind, (int)same[i].alg);
            exit(1);
        }
    }
    for (size_t i = 0; i < SIGNERS_COUNT * SIGNATURES; i++) {
        int32_t alg = signers[i % SIGNERS_COUNT].alg;
        tps_crypto_key *key = NULL;
        size_t size = get_line("spki", alg, theirs, sizeof theirs);

        if (size == 0 || !tps_crypto_supports(alg)) {
            (void)get_line("signature", alg, theirs, sizeof theirs);
            continue;
        }
        verified++;
        expect(tps_crypto_key_from_spki(tps_span_make(theirs, size), &key), "spki", alg);
        size = get_line("signature", alg, theirs, sizeof theirs);
        expect(tps_crypto_verify_message(key, alg, MESSAGE, tps_span_make(theirs, size)), "signature", alg);
        tps_crypto_key_free(key);
    }
    printf("crypto_exchange: %zu results of %zu are the same, %zu signatures of %zu verify\n", compared,
           SAME_COUNT, verified, (size_t)SIGNERS_COUNT * SIGNATURES);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "make") == 0) {
        make();
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "check") == 0) {
        check();
        return 0;
    }
    fputs("usage: crypto_exchange make|check\n", stderr);
    return 2;
}
