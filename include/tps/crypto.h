/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file crypto.h
 * The cryptography that opentps uses, as a few operations that a back end provides: openssl/ on hosts.
 * No algorithm is implemented here or behind it: a back end calls its library.
 *
 * Keys are opaque. On a host a key object owns contexts of the library that make repeated use fast, so one
 * object serves one thread at a time; tps_crypto_key_copy() makes another for a second thread.
 *
 * Algorithms are COSE's integers (RFC 9053, RFC 9864). ES256 (-7) and ESP256 (-9) are two names with one
 * mathematics: P-256 with SHA-256. -7 with any other curve is refused, always.
 */
#ifndef TPS_CRYPTO_H
#define TPS_CRYPTO_H

#include "tps/span.h"
#include "tps/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** COSE algorithm identifiers in use here. */
enum {
    TPS_ALG_NONE = 0,
    TPS_ALG_ES256 = -7,   /**< ECDSA with SHA-256; taken with P-256 only */
    TPS_ALG_ESP256 = -9,  /**< ECDSA on P-256 with SHA-256 */
    TPS_ALG_ES384 = -35,  /**< ECDSA with SHA-384; taken with P-384 only */
    TPS_ALG_ESP384 = -51, /**< ECDSA on P-384 with SHA-384 */
    TPS_ALG_SHA256 = -16,
    TPS_ALG_SHA384 = -43,
    TPS_ALG_SHA512 = -44
};

/** COSE curve identifiers in use here. */
enum { TPS_CURVE_P256 = 1, TPS_CURVE_P384 = 2 };

#define TPS_SHA256_SIZE   32u
#define TPS_HASH_SIZE_MAX 64u
/** A signature in COSE's form, r followed by s, at most (P-384). */
#define TPS_SIGNATURE_SIZE_MAX 96u
/** One coordinate of a point, at most (P-384). */
#define TPS_COORDINATE_SIZE_MAX 48u

/** A digest with its size: what a signature algorithm signs. */
typedef struct {
    uint8_t bytes[TPS_HASH_SIZE_MAX];
    size_t size;
} tps_digest;

/** A hash under way. The back end's state fits into `state`; or it lies elsewhere and `state` points to it.
 */
typedef struct {
    void *state[2];
} tps_crypto_hash;

/** An asymmetric key, public or with its private part. Made by tps_crypto_key_*, ended by
 * tps_crypto_key_free(). */
typedef struct tps_crypto_key tps_crypto_key;

/* ---- hashes ---- */

/**
 * Begin, feed and end a hash: TPS_ALG_SHA256, _SHA384 or _SHA512. A begun hash must be ended
 * (tps_crypto_hash_finish()) or given up (tps_crypto_hash_abort()); tps_crypto_hash_update() keeps the first
 * failure for finish to return.
 *
 * @retval TPS_CRYPTO_ALG_REFUSED  `alg` is none of the three.
 * @retval TPS_CRYPTO_FAILED       The library failed.
 */
TPS_MUST_USE tps_status tps_crypto_hash_begin(tps_crypto_hash *hash, int32_t alg);
void tps_crypto_hash_update(tps_crypto_hash *hash, tps_span bytes);
TPS_MUST_USE tps_status tps_crypto_hash_finish(tps_crypto_hash *hash, tps_digest *digest);
void tps_crypto_hash_abort(tps_crypto_hash *hash);

/** Hash `bytes` in one call. Errors as tps_crypto_hash_begin(). */
TPS_MUST_USE tps_status tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest);

/** The hash a signature algorithm uses (TPS_ALG_ES256 -> TPS_ALG_SHA256), or TPS_ALG_NONE if the algorithm is
 * unknown. */
int32_t tps_crypto_alg_hash(int32_t alg);

/** The size of a signature of `alg` in bytes (64, 96), or 0 if the algorithm is unknown. */
size_t tps_crypto_alg_signature_size(int32_t alg);

/**
 * The UUID of version 5 (RFC 9562, 5.5) of `name` in the name space `space`; 16 bytes to `uuid`. A name, not
 * a protection: it rests on SHA-1, which nothing else here offers.
 */
TPS_MUST_USE tps_status tps_crypto_uuid5(const uint8_t space[16], tps_span name, uint8_t uuid[16]);

/* ---- random, HMAC, HKDF, AEAD ---- */

/** Fill `out` with random bytes fit for keys. @retval TPS_CRYPTO_NO_ENTROPY  None are to be had; `out` is
 * wiped. */
TPS_MUST_USE tps_status tps_crypto_random(tps_buf out);

/** HMAC-SHA-256 of `bytes` under `key`; 32 bytes to `mac`. */
TPS_MUST_USE tps_status tps_crypto_hmac_sha256(tps_span key, tps_span bytes, uint8_t mac[TPS_SHA256_SIZE]);

/**
 * HKDF-SHA-256 (RFC 5869): extract with `salt`, expand with `info` to `out.size` bytes (at most 8160).
 * On failure `out` is wiped.
 */
TPS_MUST_USE tps_status tps_crypto_hkdf(tps_span secret, tps_span salt, tps_span info, tps_buf out);

#define TPS_AEAD_KEY_SIZE   32u
#define TPS_AEAD_NONCE_SIZE 12u
#define TPS_AEAD_TAG_SIZE   16u

/**
 * AES-256-GCM. Seal writes the ciphertext and its 16-byte tag: `out.size` must be `plain.size` + 16, else
 * TPS_BAD_ARGUMENT.
 * A nonce must never be used twice under one key.
 */
TPS_MUST_USE tps_status tps_crypto_aead_seal(const uint8_t key[TPS_AEAD_KEY_SIZE],
                                             const uint8_t nonce[TPS_AEAD_NONCE_SIZE], tps_span aad,
                                             tps_span plain, tps_buf out);

/**
 * Opens what tps_crypto_aead_seal() made: `out.size` must be `sealed.size` - 16, else TPS_BAD_ARGUMENT.
 * @retval TPS_CRYPTO_BAD_TAG  It was changed, or sealed under another key, nonce or aad; `out` is wiped.
 */
TPS_MUST_USE tps_status tps_crypto_aead_open(const uint8_t key[TPS_AEAD_KEY_SIZE],
                                             const uint8_t nonce[TPS_AEAD_NONCE_SIZE], tps_span aad,
                                             tps_span sealed, tps_buf out);

/* ---- keys ---- */

/** A point of a curve: coordinates big-endian, each of the curve's full size (32 or 48 bytes). */
typedef struct {
    int32_t curve; /**< TPS_CURVE_P256 or TPS_CURVE_P384 */
    uint8_t x[TPS_COORDINATE_SIZE_MAX];
    uint8_t y[TPS_COORDINATE_SIZE_MAX];
    size_t size; /**< of each coordinate */
} tps_crypto_point;

/** A new random key on `curve`. */
TPS_MUST_USE tps_status tps_crypto_key_generate(int32_t curve, tps_crypto_key **key);

/**
 * The P-256 key that 48 derived bytes stand for (FIPS 186-5, A.2.1: the bytes as a number, modulo n - 1, plus
 * 1). The same bytes always give the same key.
 */
TPS_MUST_USE tps_status tps_crypto_key_derive_p256(const uint8_t seed[48], tps_crypto_key **key);

/** A public key from its point. @retval TPS_CRYPTO_BAD_KEY  The point is not on its curve. */
TPS_MUST_USE tps_status tps_crypto_key_from_point(const tps_crypto_point *point, tps_crypto_key **key);

/** A P-256 key pair from its private scalar of 32 bytes. @retval TPS_CRYPTO_BAD_KEY  It is 0 or not below the
 * order. */
TPS_MUST_USE tps_status tps_crypto_key_from_scalar(tps_span scalar, tps_crypto_key **key);

/** The private scalar of a P-256 key pair, 32 bytes: for sealing it inside the component, nowhere else. Wipe
 * it. */
TPS_MUST_USE tps_status tps_crypto_key_scalar(const tps_crypto_key *key, uint8_t scalar[32]);

/** A public key from a DER SubjectPublicKeyInfo. @retval TPS_CRYPTO_BAD_KEY  Unreadable, or an unknown kind
 * or curve. */
TPS_MUST_USE tps_status tps_crypto_key_from_spki(tps_span spki, tps_crypto_key **key);

/** A key from PEM text: PUBLIC KEY, EC PRIVATE KEY, PRIVATE KEY or CERTIFICATE (its public key), none of them
 * encrypted: there is nobody to ask for a passphrase. @retval TPS_CRYPTO_BAD_KEY  Unreadable, encrypted, or
 * an unknown kind or curve. */
TPS_MUST_USE tps_status tps_crypto_key_from_pem(tps_span pem, tps_crypto_key **key);

/** The public point of a key. */
TPS_MUST_USE tps_status tps_crypto_key_point(const tps_crypto_key *key, tps_crypto_point *point);

/**
 * DER SubjectPublicKeyInfo of a key into `out`.
 * @param[out] size  Bytes written, or needed if TPS_BUFFER_TOO_SMALL (91 for P-256, 120 for P-384).
 */
TPS_MUST_USE tps_status tps_crypto_key_spki(const tps_crypto_key *key, tps_buf out, size_t *size);

/** The key's curve: TPS_CURVE_P256 or TPS_CURVE_P384. */
int32_t tps_crypto_key_curve(const tps_crypto_key *key);

/** True when the key has its private part. */
bool tps_crypto_key_is_private(const tps_crypto_key *key);

/** Another object for the same key, for use by another thread. */
TPS_MUST_USE tps_status tps_crypto_key_copy(const tps_crypto_key *key, tps_crypto_key **copy);

/** Ends a key and wipes its private part. NULL is allowed. */
void tps_crypto_key_free(tps_crypto_key *key);

/* ---- signatures ---- */

/** TPS_OK if `alg` may be used with this key's curve, else TPS_CRYPTO_ALG_REFUSED. */
TPS_MUST_USE tps_status tps_crypto_alg_fits(int32_t alg, const tps_crypto_key *key);

/**
 * Check a signature (r followed by s, RFC 9053, 2.1) over a digest.
 *
 * @retval TPS_CRYPTO_ALG_REFUSED    `alg` does not fit the key, or the digest's size does not fit `alg`.
 * @retval TPS_CRYPTO_BAD_SIGNATURE  It does not match, or has the wrong size.
 */
TPS_MUST_USE tps_status tps_crypto_verify(tps_crypto_key *key, int32_t alg, const tps_digest *digest,
                                          tps_span signature);

/**
 * Sign a digest: r followed by s to `signature`.
 * @param[out] size  Bytes written, or needed if TPS_BUFFER_TOO_SMALL.
 * @retval TPS_CRYPTO_ALG_REFUSED  `alg` does not fit the key. @retval TPS_CRYPTO_BAD_KEY  The key has no
 * private part.
 */
TPS_MUST_USE tps_status tps_crypto_sign(tps_crypto_key *key, int32_t alg, const tps_digest *digest,
                                        tps_buf signature, size_t *size);

#ifdef __cplusplus
}
#endif

#endif
