/* SPDX-License-Identifier: Apache-2.0 */
/* Structures of a TPM made byte by byte, as a TPM and its firmware would. Room lies in the caller's builder.
 */
#ifndef TPS_TEST_TPM_SUPPORT_H
#define TPS_TEST_TPM_SUPPORT_H

#include "support/check.h"
#include "tps/tpm.h"

typedef struct {
    uint8_t bytes[8192];
    size_t size;
} builder;

static inline void put(builder *b, tps_span bytes)
{
    assert_true(b->size + bytes.size <= sizeof b->bytes);
    if (bytes.size != 0) {
        memcpy(b->bytes + b->size, bytes.data, bytes.size);
    }
    b->size += bytes.size;
}

/** A number of `size` bytes, big-endian. */
static inline void put_be(builder *b, uint64_t value, size_t size)
{
    for (size_t i = size; i > 0; i--) {
        uint8_t byte = (uint8_t)(value >> 8 * (i - 1));
        put(b, tps_span_make(&byte, 1));
    }
}

static inline void put_le(builder *b, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * i);
        put(b, tps_span_make(&byte, 1));
    }
}

/** A TPM2B. */
static inline void put_sized(builder *b, tps_span bytes)
{
    put_be(b, bytes.size, 2);
    put(b, bytes);
}

static inline tps_span built(const builder *b)
{
    return tps_span_make(b->bytes, b->size);
}

/** A quote of PCRs of the SHA-256 bank. */
static inline tps_span make_quote(builder *b, tps_span extra_data, uint32_t pcrs, tps_span digest)
{
    static const uint8_t name[34] = {0, 0x0b};

    b->size = 0;
    put_be(b, 0xff544347, 4);
    put_be(b, 0x8018, 2);
    put_sized(b, TPS_SPAN_OF(name));
    put_sized(b, extra_data);
    put_be(b, 123456, 8); /* clock */
    put_be(b, 7, 4);
    put_be(b, 2, 4);
    put_be(b, 1, 1);
    put_be(b, 0x2019102300163636, 8);
    put_be(b, 1, 4);
    put_be(b, TPS_TPM_ALG_SHA256, 2);
    put_be(b, 3, 1);
    put_le(b, pcrs, 3);
    put_sized(b, digest);
    return built(b);
}

enum {
    AK_ATTRIBUTES = TPS_TPM_FIXED_TPM | TPS_TPM_FIXED_PARENT | TPS_TPM_SENSITIVE_DATA_ORIGIN |
                    TPS_TPM_USER_WITH_AUTH | TPS_TPM_RESTRICTED | TPS_TPM_SIGN
};

/** The public area of an ECC attestation key. */
static inline tps_span make_ak(builder *b, tps_crypto_key *key, uint32_t attributes)
{
    tps_crypto_point point;

    assert_status(tps_crypto_key_point(key, &point), TPS_OK);
    b->size = 0;
    put_be(b, TPS_TPM_ALG_ECC, 2);
    put_be(b, TPS_TPM_ALG_SHA256, 2);
    put_be(b, attributes, 4);
    put_sized(b, TPS_SPAN_EMPTY);
    put_be(b, TPS_TPM_ALG_NULL, 2);
    put_be(b, TPS_TPM_ALG_ECDSA, 2);
    put_be(b, TPS_TPM_ALG_SHA256, 2);
    put_be(b, 3, 2);
    put_be(b, TPS_TPM_ALG_NULL, 2);
    put_sized(b, tps_span_make(point.x, point.size));
    put_sized(b, tps_span_make(point.y, point.size));
    return built(b);
}

/** The signature of an ECC key over what it attests. */
static inline tps_span make_signature(builder *b, tps_crypto_key *key, tps_span attest)
{
    tps_digest digest;
    uint8_t signature[64];
    size_t size;

    assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, attest, &digest), TPS_OK);
    assert_status(tps_crypto_sign(key, TPS_ALG_ESP256, &digest, TPS_BUF_OF(signature), &size), TPS_OK);
    b->size = 0;
    put_be(b, TPS_TPM_ALG_ECDSA, 2);
    put_be(b, TPS_TPM_ALG_SHA256, 2);
    put_sized(b, tps_span_make(signature, 32));
    put_sized(b, tps_span_make(signature + 32, 32));
    return built(b);
}

/** The head of a log with one bank; events follow. */
static inline void begin_log(builder *b, uint32_t alg, uint32_t size)
{
    b->size = 0;
    put_le(b, 0, 4);
    put_le(b, TPS_TPM_EV_NO_ACTION, 4);
    for (int i = 0; i < 20; i++) {
        put_le(b, 0, 1);
    }
    put_le(b, 16 + 8 + 4 + 4 + 1, 4);
    put(b, tps_span_make("Spec ID Event03", 16));
    put_le(b, 0, 4);
    put_le(b, 0x02000200, 4);
    put_le(b, 1, 4);
    put_le(b, alg, 2);
    put_le(b, size, 2);
    put_le(b, 0, 1);
}

static inline void put_event(builder *b, uint32_t pcr, uint32_t type, tps_span digest, tps_span data)
{
    put_le(b, pcr, 4);
    put_le(b, type, 4);
    put_le(b, 1, 4);
    put_le(b, TPS_TPM_ALG_SHA256, 2);
    put(b, digest);
    put_le(b, data.size, 4);
    put(b, data);
}

/** An event whose digest is that of its data. */
static inline void put_text_event(builder *b, uint32_t pcr, uint32_t type, const char *text)
{
    tps_digest digest;

    assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_of_text(text), &digest), TPS_OK);
    put_event(b, pcr, type, tps_span_make(digest.bytes, digest.size), tps_span_of_text(text));
}

#endif
