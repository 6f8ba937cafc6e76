/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file crypto.h
 * The cryptography that opentps uses, as operations that a back end provides: openssl/ on hosts, psa/ (PSA
 * Crypto of mbedTLS) on microcontrollers. No algorithm is implemented here or behind it: a back end calls its
 * library.
 *
 * Keys are opaque. A back end may keep contexts in a key object that make repeated use fast, so one object
 * serves one thread at a time; tps_crypto_key_copy() makes another for a second thread. Everything else is as
 * thread-safe as the library behind it: OpenSSL is; PSA Crypto is when mbedTLS was built for threads.
 *
 * OpenSSL needs no start. Where psa/ is linked, the program calls psa_crypto_init() once (as chips have it:
 * tps_psa_start(), src/crypto/psa/start.h), before anything here; until then there are no keys and no random
 * bytes, but TPS_CRYPTO_FAILED and TPS_CRYPTO_NO_ENTROPY.
 *
 * Algorithms are COSE's integers (RFC 9053, RFC 9864). ES256 (-7) and ESP256 (-9) are two names with one
 * mathematics: P-256 with SHA-256. -7 with any other curve is refused, always. A back end may lack algorithms
 * and curves (psa/ has no Ed25519; as the smallest chips have it, nothing but P-256, SHA-256 and AES-GCM):
 * what it lacks is TPS_CRYPTO_ALG_REFUSED, and tps_crypto_supports() and tps_crypto_supports_curve() tell it
 * beforehand. COSE in a build with TPS_WITHOUT_EDDSA, as that for microcontrollers is, calls neither
 * tps_crypto_sign_message() nor tps_crypto_verify_message(); JWS and the X.509 chains of DICE verify under
 * every algorithm by the latter.
 *
 * Every function that returns a status may also return TPS_CRYPTO_FAILED when the library fails, and in its
 * place TPS_OUT_OF_MEMORY where the library says that it has no memory left (for psa/ also: no slot for a
 * key), or TPS_CRYPTO_NO_ENTROPY. So may every function above this header that says that it can be
 * TPS_CRYPTO_FAILED.
 *
 * A span or a buffer of size 0 may point to NULL everywhere. Outputs must not overlap inputs but where it is
 * said. Nothing here prints, and nothing asks a person.
 *
 * ## To bring another library
 * Implement the functions of this header but those that src/crypto/algorithms.c, rsa.c and spki.c have
 * already (sizes of algorithms, what fits what, SubjectPublicKeyInfo), compile these beside your own files,
 * and link the result in the place of libtps_crypto. `struct tps_crypto_key` is yours; the state of a hash or
 * of an authentication code lies in `state`, or `state` holds a pointer to it. src/crypto/psa is the smaller
 * example, src/crypto/openssl the faster one. Then run tests/unit/crypto_*.c, the judge of a back end:
 * everything said here of results, of refusals, and of what is wiped is asked there.
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
    /* signatures */
    TPS_ALG_ES256 = -7,   /**< ECDSA with SHA-256; taken with P-256 only */
    TPS_ALG_ESP256 = -9,  /**< ECDSA on P-256 with SHA-256 */
    TPS_ALG_ES384 = -35,  /**< ECDSA with SHA-384; taken with P-384 only */
    TPS_ALG_ESP384 = -51, /**< ECDSA on P-384 with SHA-384 */
    TPS_ALG_ES512 =
        -36, /**< ECDSA with SHA-512; taken with P-521, and for verification with P-256 and P-384, too */
    TPS_ALG_ESP512 = -52,  /**< ECDSA on P-521 with SHA-512 */
    TPS_ALG_EDDSA = -8,    /**< taken with Ed25519 only */
    TPS_ALG_ED25519 = -19, /**< Ed25519 */
    TPS_ALG_PS256 = -37,   /**< RSASSA-PSS with SHA-256 and a salt of 32 bytes; verification only */
    /* hashes */
    TPS_ALG_SHA256 = -16,
    TPS_ALG_SHA384 = -43,
    TPS_ALG_SHA512 = -44,
    /* authentication codes */
    TPS_ALG_HMAC256_64 = 4, /**< HMAC with SHA-256, the first 8 bytes of it */
    TPS_ALG_HMAC256 = 5,
    TPS_ALG_HMAC384 = 6,
    TPS_ALG_HMAC512 = 7,
    /* authenticated encryption */
    TPS_ALG_A128GCM = 1,
    TPS_ALG_A192GCM = 2,
    TPS_ALG_A256GCM = 3,
    TPS_ALG_AES_CCM_16_64_128 = 10,  /**< 128-bit key, 13-byte nonce, 8-byte tag */
    TPS_ALG_AES_CCM_16_128_128 = 30, /**< 128-bit key, 13-byte nonce, 16-byte tag */
    /* key wrap (RFC 3394) */
    TPS_ALG_A128KW = -3,
    TPS_ALG_A192KW = -4,
    TPS_ALG_A256KW = -5
};

/** COSE curve identifiers in use here. */
enum { TPS_CURVE_P256 = 1, TPS_CURVE_P384 = 2, TPS_CURVE_P521 = 3, TPS_CURVE_ED25519 = 6 };

/** Kinds of keys: COSE's kty. */
enum { TPS_KEY_OKP = 1, TPS_KEY_EC2 = 2, TPS_KEY_RSA = 3 };

#define TPS_SHA256_SIZE   32u
#define TPS_HASH_SIZE_MAX 64u
/** A signature in COSE's form, at most: r followed by s of P-521, or RSA of 4,096 bits. */
#define TPS_SIGNATURE_SIZE_MAX 512u
/** A signature by an elliptic curve, at most (P-521). */
#define TPS_EC_SIGNATURE_SIZE_MAX 132u
/** One coordinate of a point, at most (P-521). */
#define TPS_COORDINATE_SIZE_MAX 66u
/** The modulus of an RSA key: 2,048 to 4,096 bits, in bytes. */
#define TPS_RSA_SIZE_MIN 256u
#define TPS_RSA_SIZE_MAX 512u
/** What tps_crypto_key_spki() writes, at most. A build with TPS_WITHOUT_RSA leaves RSA keys out of what lies
 * above this header, too, to save stack: then P-521 has the largest. */
#ifdef TPS_WITHOUT_RSA
#define TPS_SPKI_SIZE_MAX 158u
#else
#define TPS_SPKI_SIZE_MAX 556u
#endif

/** A digest, or an authentication code, with its size. */
typedef struct {
    uint8_t bytes[TPS_HASH_SIZE_MAX];
    size_t size;
} tps_digest;

/** A hash under way. The back end's state, or what leads to it, lies inside. */
typedef struct {
    uint64_t state[30];
} tps_crypto_hash;

/** An authentication code under way. The back end's state, or what leads to it, lies inside. */
typedef struct {
    uint64_t state[52];
} tps_crypto_mac;

/** An asymmetric key, public or with its private part. Made by tps_crypto_key_*, ended by
 * tps_crypto_key_free(). */
typedef struct tps_crypto_key tps_crypto_key;

/* ---- what there is ---- */

/**
 * True if this back end has `alg`, one of TPS_ALG_*: signatures can at least be verified with the curve that
 * the name says, the others done both ways. What it tells never changes while a program runs. Sizes and names
 * (tps_crypto_alg_signature_size() and its like) are told of what is not supported, too.
 */
bool tps_crypto_supports(int32_t alg);

/** True if this back end has keys on `curve`, one of TPS_CURVE_*. */
bool tps_crypto_supports_curve(int32_t curve);

/* ---- hashes ---- */

/**
 * Begin, feed and end a hash: TPS_ALG_SHA256, _SHA384 or _SHA512. A begun hash must be ended
 * (tps_crypto_hash_finish()) or given up (tps_crypto_hash_abort()); tps_crypto_hash_update() keeps the first
 * failure for finish to return. After a failed begin the hash may be aborted, and need not be.
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

/**
 * The UUID of version 5 (RFC 9562, 5.5) of `name` in the name space `space`; 16 bytes to `uuid`. A name, not
 * a protection: it rests on SHA-1, which nothing else here offers.
 */
TPS_MUST_USE tps_status tps_crypto_uuid5(const uint8_t space[16], tps_span name, uint8_t uuid[16]);

/* ---- random, authentication codes, key derivation ---- */

/** Fill `out` with random bytes fit for keys. @retval TPS_CRYPTO_NO_ENTROPY  None are to be had; `out` is
 * wiped. */
TPS_MUST_USE tps_status tps_crypto_random(tps_buf out);

/** HMAC-SHA-256 of `bytes` under `key`; 32 bytes to `mac`. */
TPS_MUST_USE tps_status tps_crypto_hmac_sha256(tps_span key, tps_span bytes, uint8_t mac[TPS_SHA256_SIZE]);

/**
 * Begin, feed and end an authentication code of algorithm TPS_ALG_HMAC*, under a key of at least one byte
 * (RFC 9053, 3.1, has keys of the hash's size in mind). Begun and ended as a hash is. tps_crypto_mac_finish()
 * gives tps_crypto_alg_mac_size() bytes; compare them with tps_equal_secret() only.
 *
 * @retval TPS_CRYPTO_ALG_REFUSED  `alg` is none of TPS_ALG_HMAC*. @retval TPS_CRYPTO_BAD_KEY  The key is
 * empty.
 * @retval TPS_CRYPTO_FAILED       The library failed.
 */
TPS_MUST_USE tps_status tps_crypto_mac_begin(tps_crypto_mac *mac, int32_t alg, tps_span key);
void tps_crypto_mac_update(tps_crypto_mac *mac, tps_span bytes);
TPS_MUST_USE tps_status tps_crypto_mac_finish(tps_crypto_mac *mac, tps_digest *tag);
void tps_crypto_mac_abort(tps_crypto_mac *mac);

/** The size of a code of `alg` in bytes (8, 32, 48, 64), or 0 if `alg` is none. */
size_t tps_crypto_alg_mac_size(int32_t alg);

/**
 * HKDF-SHA-256 (RFC 5869): extract with `salt`, expand with `info` to `out.size` bytes. On failure `out` is
 * wiped.
 *
 * @param secret  At least one byte.
 * @param info    As long as you like, but on a chip: psa/start.h's TPS_PSA_BLOCK_SIZE, else
 * TPS_OUT_OF_MEMORY.
 * @retval TPS_BAD_ARGUMENT   An empty secret; or `out` has no bytes, or more than 8,160.
 * @retval TPS_CRYPTO_FAILED  The library failed.
 */
TPS_MUST_USE tps_status tps_crypto_hkdf(tps_span secret, tps_span salt, tps_span info, tps_buf out);

/* ---- authenticated encryption, key wrap ---- */

/** Additional data of authenticated encryption: the parts, one after the other, so that nobody must join
 * them. */
typedef struct {
    const tps_span *parts; /**< may be NULL when `count` is 0 */
    size_t count;          /**< at most TPS_AAD_PARTS_MAX */
} tps_crypto_aad;

#define TPS_AAD_PARTS_MAX 8u

/** Sizes of `alg` (TPS_ALG_A*GCM, TPS_ALG_AES_CCM_*) in bytes: key 16, 24 or 32; nonce 12 or 13; tag 8 or 16.
 * 0 if `alg` is none. */
size_t tps_crypto_aead_key_size(int32_t alg);
size_t tps_crypto_aead_nonce_size(int32_t alg);
size_t tps_crypto_aead_tag_size(int32_t alg);

/**
 * Seal: writes the ciphertext and behind it its tag. `out.size` must be `plain.size` and the tag's size
 * together; `plain` may lie at `out.data` (in place), and may not overlap it otherwise. A nonce must never be
 * used twice under one key. On failure `out` is wiped.
 *
 * @retval TPS_CRYPTO_ALG_REFUSED  `alg` is unknown. @retval TPS_CRYPTO_BAD_KEY  The key has not its size.
 * @retval TPS_BAD_ARGUMENT        The nonce has not its size, nor has `out`; or more than TPS_AAD_PARTS_MAX
 * parts; or more than 65,535 bytes under AES-CCM-16-*, or INT32_MAX.
 * @retval TPS_CRYPTO_FAILED       The library failed.
 */
TPS_MUST_USE tps_status tps_crypto_aead_seal(int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad,
                                             tps_span plain, tps_buf out);

/**
 * Opens what tps_crypto_aead_seal() made: `out.size` must be `sealed.size` less the tag's; in place as there.
 * Errors as there, and:
 * @retval TPS_CRYPTO_BAD_TAG  It was changed, is shorter than a tag, or was sealed under another key, nonce
 * or aad; `out` is wiped.
 */
TPS_MUST_USE tps_status tps_crypto_aead_open(int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad,
                                             tps_span sealed, tps_buf out);

/**
 * AES key wrap (RFC 3394) with TPS_ALG_A128KW, _A192KW or _A256KW: `plain` is a key of 16 to 64 bytes in
 * steps of 8; `out.size` must be `plain.size` + 8. On failure `out` is wiped.
 *
 * @retval TPS_CRYPTO_ALG_REFUSED, TPS_CRYPTO_BAD_KEY (`kek` has not its size), TPS_BAD_ARGUMENT (sizes),
 * TPS_CRYPTO_FAILED.
 */
TPS_MUST_USE tps_status tps_crypto_wrap(int32_t alg, tps_span kek, tps_span plain, tps_buf out);

/** Unwraps: `out.size` must be `wrapped.size` - 8. Errors as tps_crypto_wrap(), and TPS_CRYPTO_BAD_TAG when
 * it was changed or wrapped under another key; then `out` is wiped. */
TPS_MUST_USE tps_status tps_crypto_unwrap(int32_t alg, tps_span kek, tps_span wrapped, tps_buf out);

/* ---- keys ---- */

/** A public key on a curve: coordinates big-endian, each of the curve's full size (32, 48 or 66 bytes). An
 * Ed25519 key has its 32 bytes in `x`, and nothing in `y`. */
typedef struct {
    int32_t curve; /**< TPS_CURVE_* */
    uint8_t x[TPS_COORDINATE_SIZE_MAX];
    uint8_t y[TPS_COORDINATE_SIZE_MAX];
    size_t size; /**< of each coordinate */
} tps_crypto_point;

/** A public RSA key: big-endian numbers without leading zeros. */
typedef struct {
    uint8_t n[TPS_RSA_SIZE_MAX];
    size_t n_size;
    uint8_t e[8];
    size_t e_size;
} tps_crypto_rsa;

/** The size of a coordinate of `curve` in bytes: 32, 48, 66; 0 if the curve is unknown. */
size_t tps_crypto_curve_size(int32_t curve);

/** A new random key on `curve`. @retval TPS_CRYPTO_ALG_REFUSED  The back end does not know the curve. */
TPS_MUST_USE tps_status tps_crypto_key_generate(int32_t curve, tps_crypto_key **key);

/**
 * The P-256 key that 48 derived bytes stand for (FIPS 186-5, A.2.1: the bytes as a number, modulo n - 1, plus
 * 1). The same bytes always give the same key.
 */
TPS_MUST_USE tps_status tps_crypto_key_derive_p256(const uint8_t seed[48], tps_crypto_key **key);

/** A public key from its point. @retval TPS_CRYPTO_BAD_KEY  The point is not on its curve (of Ed25519 that is
 * not asked: no signature verifies then; nor is a point of small order refused, under which anybody can sign:
 * trust a key only because somebody vouches for it), or `size` is not the curve's. @retval
 * TPS_CRYPTO_ALG_REFUSED  The back end does not know the curve. */
TPS_MUST_USE tps_status tps_crypto_key_from_point(const tps_crypto_point *point, tps_crypto_key **key);

/**
 * @brief Make a key object stand for another public point: for who checks signatures of very many keys.
 *
 * As tps_crypto_key_from_point(), but what the library made for the key before is used again where it can be:
 * with OpenSSL, on the same curve, at a seventh of the cost.
 *
 * @param[in,out] key  A public key of the caller's, or NULL at first; on failure it is freed, and NULL.
 * @retval  As tps_crypto_key_from_point().
 */
TPS_MUST_USE tps_status tps_crypto_key_change_point(tps_crypto_key **key, const tps_crypto_point *point);

/** The other coordinate of a compressed point (SEC 1, 2.3.4): `point` has curve, size and x; sets y. `is_odd`
 * is its lowest bit. @retval TPS_CRYPTO_BAD_KEY  No point of the curve has this x. */
TPS_MUST_USE tps_status tps_crypto_point_decompress(tps_crypto_point *point, bool is_odd);

/** A public RSA key of 2,048 to 4,096 bits, in steps of 8. @retval TPS_CRYPTO_BAD_KEY  Its sizes, leading
 * zeros, an even number, or an exponent of 1. */
TPS_MUST_USE tps_status tps_crypto_key_from_rsa(const tps_crypto_rsa *rsa, tps_crypto_key **key);

/** A key pair from its private scalar, of the curve's full size (Ed25519: the 32-byte seed).
 * @retval TPS_CRYPTO_BAD_KEY  Its size, or it is 0 or not below the order. */
TPS_MUST_USE tps_status tps_crypto_key_from_scalar(int32_t curve, tps_span scalar, tps_crypto_key **key);

/**
 * The private scalar of a key pair on any curve (Ed25519: the 32-byte seed): for sealing it inside the
 * component, nowhere else. What tps_crypto_key_from_scalar() takes.
 *
 * @param[out] scalar  Room for exactly the curve's coordinate size, tps_crypto_curve_size(). Wipe it; wiped
 * on failure.
 * @retval TPS_CRYPTO_BAD_KEY  No private part. @retval TPS_BAD_ARGUMENT  `scalar` has another size.
 * @retval TPS_CRYPTO_FAILED   The library failed.
 */
TPS_MUST_USE tps_status tps_crypto_key_scalar(const tps_crypto_key *key, tps_buf scalar);

/** A public key from a DER SubjectPublicKeyInfo: EC on a curve of TPS_CURVE_*, Ed25519, or RSA.
 * @retval TPS_CRYPTO_BAD_KEY  Unreadable, or an unknown kind or curve. */
TPS_MUST_USE tps_status tps_crypto_key_from_spki(tps_span spki, tps_crypto_key **key);

/** A key from PEM text: PUBLIC KEY, EC PRIVATE KEY, PRIVATE KEY or CERTIFICATE (its public key), none of them
 * encrypted: there is nobody to ask for a passphrase. Where there are several blocks, the first of the first
 * kind in this order. A certificate is not checked: whoever gives it as a key trusts it.
 * @retval TPS_CRYPTO_BAD_KEY  Unreadable, encrypted, an unknown kind or curve, or an RSA key with its private
 * part. */
TPS_MUST_USE tps_status tps_crypto_key_from_pem(tps_span pem, tps_crypto_key **key);

/** What kind of key it is: TPS_KEY_EC2, TPS_KEY_OKP (Ed25519) or TPS_KEY_RSA. */
int32_t tps_crypto_key_kind(const tps_crypto_key *key);

/** The public point of a key. @retval TPS_CRYPTO_BAD_KEY  It is an RSA key. */
TPS_MUST_USE tps_status tps_crypto_key_point(const tps_crypto_key *key, tps_crypto_point *point);

/** The numbers of a public RSA key. @retval TPS_CRYPTO_BAD_KEY  It is none. */
TPS_MUST_USE tps_status tps_crypto_key_rsa(const tps_crypto_key *key, tps_crypto_rsa *rsa);

/**
 * DER SubjectPublicKeyInfo of a key into `out`.
 * @param[out] size  Bytes written, or needed if TPS_BUFFER_TOO_SMALL (91 for P-256, 120 for P-384, 158 for
 * P-521, 44 for Ed25519).
 */
TPS_MUST_USE tps_status tps_crypto_key_spki(const tps_crypto_key *key, tps_buf out, size_t *size);

/** The key's curve, TPS_CURVE_*; 0 of an RSA key. */
int32_t tps_crypto_key_curve(const tps_crypto_key *key);

/** True when the key has its private part. */
bool tps_crypto_key_is_private(const tps_crypto_key *key);

/** Another object for the same key, for use by another thread. */
TPS_MUST_USE tps_status tps_crypto_key_copy(const tps_crypto_key *key, tps_crypto_key **copy);

/** Ends a key and wipes its private part. NULL is allowed. */
void tps_crypto_key_free(tps_crypto_key *key);

/* ---- key agreement ---- */

/**
 * ECDH (SP 800-56A): the x-coordinate of own private times peer's public, for P-256, P-384 and P-521.
 * @param[out] secret  Room for exactly the curve's coordinate size, else TPS_BAD_ARGUMENT. Wipe it; wiped on
 * failure.
 * @retval TPS_CRYPTO_BAD_KEY  `own` has no private part, or the two lie on different curves, or on none for
 * ECDH.
 */
TPS_MUST_USE tps_status tps_crypto_ecdh(const tps_crypto_key *own, const tps_crypto_key *peer,
                                        tps_buf secret);

/* ---- signatures ---- */

/** The hash a signature algorithm uses (TPS_ALG_ES256 -> TPS_ALG_SHA256), or TPS_ALG_NONE if the algorithm is
 * unknown, or signs messages and not digests (EdDSA). */
int32_t tps_crypto_alg_hash(int32_t alg);

/** The size of a signature of `alg` in bytes with the curve that its name says (64, 96, 132), or 0 if the
 * algorithm is unknown, or the size is the key's (PS256). */
size_t tps_crypto_alg_signature_size(int32_t alg);

/** TPS_OK if `alg` may be used with this key, else TPS_CRYPTO_ALG_REFUSED. */
TPS_MUST_USE tps_status tps_crypto_alg_fits(int32_t alg, const tps_crypto_key *key);

/**
 * Check a signature (ECDSA: r followed by s, RFC 9053, 2.1; PS256: RFC 8230, 2) over a digest.
 *
 * @retval TPS_CRYPTO_ALG_REFUSED    `alg` does not fit the key, signs no digests, or the digest's size does
 * not fit it.
 * @retval TPS_CRYPTO_BAD_SIGNATURE  It does not match, or has the wrong size.
 */
TPS_MUST_USE tps_status tps_crypto_verify(tps_crypto_key *key, int32_t alg, const tps_digest *digest,
                                          tps_span signature);

/**
 * Sign a digest by ECDSA: r followed by s to `signature`.
 * @param[out] size  Bytes written, or needed if TPS_BUFFER_TOO_SMALL.
 * @retval TPS_CRYPTO_ALG_REFUSED  `alg` does not fit the key, or only verifies. @retval TPS_CRYPTO_BAD_KEY
 * The key has no private part.
 */
TPS_MUST_USE tps_status tps_crypto_sign(tps_crypto_key *key, int32_t alg, const tps_digest *digest,
                                        tps_buf signature, size_t *size);

/** Check a signature over a whole message: EdDSA, Ed25519 (RFC 8032, 5.1), and the algorithms of
 * tps_crypto_verify(), hashing first. Errors as there. */
TPS_MUST_USE tps_status tps_crypto_verify_message(tps_crypto_key *key, int32_t alg, tps_span message,
                                                  tps_span signature);

/**
 * Check a signature by RSASSA-PKCS1-v1_5 with SHA-256 over a whole message (RFC 8017, 8.2.2; RS256 of RFC
 * 7518, 3.3): what most identity providers sign their tokens with. It has no TPS_ALG_* of its own, so that no
 * `alg` in evidence, endorsements or results can ask for it (RFC 8812, 2: not recommended for COSE).
 *
 * @retval TPS_CRYPTO_ALG_REFUSED    It is no RSA key, or the back end has not this algorithm: psa/.
 * @retval TPS_CRYPTO_BAD_SIGNATURE  It does not match, or has another size than the modulus.
 */
TPS_MUST_USE tps_status tps_crypto_verify_rs256(const tps_crypto_key *key, tps_span message,
                                                tps_span signature);

/** Sign a whole message: EdDSA, Ed25519, and the algorithms of tps_crypto_sign(), hashing first. Errors as
 * there. */
TPS_MUST_USE tps_status tps_crypto_sign_message(tps_crypto_key *key, int32_t alg, tps_span message,
                                                tps_buf signature, size_t *size);

#ifdef __cplusplus
}
#endif

#endif
