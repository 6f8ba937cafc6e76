/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cose_key.h
 * COSE_Key (RFC 9052, 7; RFC 9053, 7; RFC 8230, 4) without a heap: keys are read in place, and what a key
 * says about its own use is obeyed.
 *
 * The usual case, a public key that shall verify what a message says it signed:
 *
 *     tps_crypto_key *key;
 *     TPS_TRY(tps_cose_key_read_for(encoded, TPS_ALG_ESP256, TPS_KEY_OP_VERIFY, &key));
 *     ... tps_cose_sign1_verify_parsed(&message, key, NULL) ...
 *     tps_crypto_key_free(key);
 *
 * Kinds: EC2 on P-256, P-384, P-521 (y may be compressed), OKP with Ed25519, RSA (public), Symmetric.
 * Everything is thread-safe for distinct outputs. Stack on a Cortex-M33: at most 1.2 KiB of ours.
 */
#ifndef TPS_COSE_KEY_H
#define TPS_COSE_KEY_H

#include "tps/cbor.h"
#include "tps/crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Uses that key_ops may name (RFC 9052, 7.1). */
enum {
    TPS_KEY_OP_SIGN = 1,
    TPS_KEY_OP_VERIFY = 2,
    TPS_KEY_OP_ENCRYPT = 3,
    TPS_KEY_OP_DECRYPT = 4,
    TPS_KEY_OP_WRAP = 5,
    TPS_KEY_OP_UNWRAP = 6,
    TPS_KEY_OP_DERIVE_KEY = 7,
    TPS_KEY_OP_DERIVE_BITS = 8,
    TPS_KEY_OP_MAC_CREATE = 9,
    TPS_KEY_OP_MAC_VERIFY = 10
};

/** kty of a symmetric key, beside TPS_KEY_OKP, _EC2 and _RSA of crypto.h. */
enum { TPS_KEY_SYMMETRIC = 4 };

/**
 * A secret that both ends hold, for Mac0, Encrypt0, key wrap and key derivation, with what limits its use.
 * From bytes: `{.bytes = span}`; from a COSE_Key: tps_cose_key_secret(). The spans are the caller's and must
 * live as long as the secret is used.
 */
typedef struct {
    tps_span bytes;   /**< the key itself */
    tps_span kid;     /**< its name; empty: none */
    tps_span base_iv; /**< context of a Partial IV (RFC 9052, 3.1), at most the nonce's size; shorter ones are
                           filled with zeros behind; empty: none */
    int64_t alg;      /**< the one algorithm that it is for; 0: any */
    uint32_t ops;     /**< bit n allows TPS_KEY_OP_ n; 0: every use */
} tps_cose_secret;

/** A COSE_Key taken apart. Spans point into what was read; a member that is absent is empty. */
typedef struct {
    int64_t kty;        /**< TPS_KEY_OKP, TPS_KEY_EC2, TPS_KEY_RSA or TPS_KEY_SYMMETRIC */
    int64_t alg;        /**< the one algorithm that it is for; 0: any */
    uint32_t ops;       /**< bit n allows TPS_KEY_OP_ n; 0: every use */
    tps_span kid;       /**< its name */
    tps_span base_iv;   /**< see tps_cose_secret */
    int64_t curve;      /**< TPS_CURVE_* of EC2 and OKP */
    tps_span x;         /**< EC2, OKP: of the curve's size. RSA: the modulus n */
    tps_span y;         /**< EC2: of the curve's size; empty when compressed. RSA: the exponent e */
    bool is_compressed; /**< EC2: only the sign of y is there: `is_y_odd` */
    bool is_y_odd;
    tps_span secret; /**< Symmetric: k. EC2, OKP: the private part d; empty when absent */
} tps_cose_key;

/**
 * @brief Take a COSE_Key apart. Nothing is judged by it but its form.
 *
 * A private part is read, too: look at `out->secret` before the key travels any further, or use
 * tps_cose_key_read().
 *
 * @param encoded   One COSE_Key, at most 64 KiB.
 * @param[out] out  Points into `encoded`; untouched unless TPS_OK.
 * @param[out] why  Which member; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_COSE_BAD_KEY  A member is absent, of a wrong type or size (an alg named by a text, too); an
 * unknown kind or curve; a key_ops that is empty or names a use twice or in words; an RSA key with a private
 * part, or beyond 2,048 to 4,096 bits.
 * @retval TPS_CBOR_*        From tps_cbor_check() under tps_cbor_limits_message.
 *
 * Members that are unknown, and labels that are texts, are passed over. RFC 9052, 7.1; RFC 9053, 7.
 */
TPS_MUST_USE tps_status tps_cose_key_parse(tps_span encoded, tps_cose_key *out, tps_error *why);

/**
 * @brief The next key of a COSE_KeySet (RFC 9052, 7), an array of keys.
 *
 * RFC 9052 wants a reader to pass over keys that it cannot use: those which tps_cose_key_parse() refuses are
 * yours to skip.
 *
 * @param set          The COSE_KeySet; checked at each call, so keep it small.
 * @param index        From 0.
 * @param[out] encoded The key, inside `set`.
 * @retval TPS_OK
 * @retval TPS_NOT_FOUND     There are no more.
 * @retval TPS_COSE_BAD_KEY  It is no array.
 * @retval TPS_CBOR_*        From tps_cbor_check() under tps_cbor_limits_message.
 */
TPS_MUST_USE tps_status tps_cose_key_set_at(tps_span set, uint32_t index, tps_span *encoded);

/**
 * @brief Whether a key may be used so: by its own alg and key_ops.
 * @param alg  TPS_ALG_*; TPS_ALG_NONE asks for `op` alone.
 * @param op   TPS_KEY_OP_*
 * @retval TPS_OK, TPS_COSE_KEY_USE (the key says otherwise)
 *
 * RFC 9052, 7.1.
 */
TPS_MUST_USE tps_status tps_cose_key_permits(const tps_cose_key *key, int32_t alg, uint32_t op);

/** The public key of one that was taken apart.
 * @param[out] out  The caller frees it with tps_crypto_key_free(); NULL on failure.
 * @retval TPS_OK
 * @retval TPS_COSE_BAD_KEY        It is symmetric.
 * @retval TPS_CRYPTO_BAD_KEY      Off the curve; or no RSA key.
 * @retval TPS_CRYPTO_ALG_REFUSED  The back end lacks the curve.
 * @retval TPS_CRYPTO_FAILED       The back end. */
TPS_MUST_USE tps_status tps_cose_key_public(const tps_cose_key *key, tps_crypto_key **out);

/** The key pair of one with a private part: for key files, never for what was received.
 * @param[out] out  The caller frees it with tps_crypto_key_free(); NULL on failure.
 * @retval TPS_OK
 * @retval TPS_COSE_BAD_KEY  No private part; or it does not belong to the public one.
 * @retval TPS_CRYPTO_BAD_KEY  The private part has not the curve's size, is 0 or not below the order.
 * @retval TPS_CRYPTO_ALG_REFUSED, TPS_CRYPTO_FAILED  As tps_cose_key_public(). */
TPS_MUST_USE tps_status tps_cose_key_private(const tps_cose_key *key, tps_crypto_key **out);

/** The secret of a symmetric key, with what limits its use; points where `key` points.
 * @retval TPS_OK, TPS_COSE_BAD_KEY (it is another kind) */
TPS_MUST_USE tps_status tps_cose_key_secret(const tps_cose_key *key, tps_cose_secret *out);

/**
 * Read a public COSE_Key for any use. A private part in it is refused (it must never travel).
 * @param[out] key  The caller frees it with tps_crypto_key_free(); NULL on failure.
 * @retval TPS_OK
 * @retval TPS_COSE_BAD_KEY    As tps_cose_key_parse(); a symmetric key, or a private part.
 * @retval TPS_CRYPTO_BAD_KEY, TPS_CRYPTO_ALG_REFUSED, TPS_CRYPTO_FAILED  As tps_cose_key_public().
 * @retval TPS_CBOR_*          From tps_cbor_check() under tps_cbor_limits_message.
 */
TPS_MUST_USE tps_status tps_cose_key_read(tps_span encoded, tps_crypto_key **key);

/** Read a public COSE_Key for one use: tps_cose_key_read(), refusing what tps_cose_key_permits() refuses.
 * @retval TPS_COSE_KEY_USE, or as tps_cose_key_read() */
TPS_MUST_USE tps_status tps_cose_key_read_for(tps_span encoded, int32_t alg, uint32_t op,
                                              tps_crypto_key **key);

/**
 * A COSE_Key, public part only, into a writer, in deterministic form: EC2 {1: 2, -1: crv, -2: x, -3: y},
 * OKP {1: 1, -1: 6, -2: x}, RSA {1: 3, -1: n, -2: e}. kid, alg and key_ops are left out.
 * @retval TPS_OK, TPS_CRYPTO_FAILED (then nothing was put)
 */
TPS_MUST_USE tps_status tps_cose_key_put(tps_cbor_writer *writer, const tps_crypto_key *key);

/**
 * @brief The thumbprint of a key (RFC 9679): a hash over its required members alone, so that the same key has
 * the same name everywhere. It is what the confirmation method ckt (5) of a cnf claim holds.
 *
 * @param key          From tps_cose_key_parse().
 * @param hash_alg     TPS_ALG_SHA256 (which ckt means), _SHA384 or _SHA512.
 * @param[out] digest  Set if TPS_OK.
 * @retval TPS_OK
 * @retval TPS_CRYPTO_ALG_REFUSED  Another hash; or a compressed point on a curve that the back end lacks.
 * @retval TPS_CRYPTO_BAD_KEY      A compressed point of no key.
 * @retval TPS_CRYPTO_FAILED
 *
 * A symmetric key's thumbprint is that of its secret: it gives a short secret away.
 */
TPS_MUST_USE tps_status tps_cose_key_thumbprint(const tps_cose_key *key, int32_t hash_alg,
                                                tps_digest *digest);

#ifdef __cplusplus
}
#endif

#endif
