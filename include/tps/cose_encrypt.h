/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cose_encrypt.h
 * Encrypted COSE messages, and messages for several recipients (RFC 9052, 5, 6 and 8.5; RFC 9053, 4 to 6),
 * without a heap: COSE_Encrypt0 and COSE_Encrypt, and COSE_Mac.
 *
 * Encrypt0 is for two ends that share a key:
 *
 *     tps_cose_secret key = {.bytes = sixteen_bytes};
 *     TPS_TRY(tps_cose_encrypt0_make(plain, NULL, TPS_ALG_A128GCM, &key, out, &message));
 *
 *     tps_cose_message m;
 *     TPS_TRY(tps_cose_encrypted_parse(message, NULL, &m, &why));
 *     TPS_TRY(tps_cose_encrypt0_open(&m, &key, NULL, room, &plain));
 *
 * Encrypt is for recipients each with a key of its own: the content is encrypted once, under a fresh key,
 * which every recipient gets in its own way:
 *
 *     tps_cose_recipient to[] = {{.alg = TPS_ALG_ECDH_ES_A128KW, .kid = name, .peer = public_key}, ...};
 *     TPS_TRY(tps_cose_encrypt_make(plain, NULL, TPS_ALG_A128GCM, to, 2, out, &message));
 *
 *     tps_cose_agreement mine = tps_cose_agreement_of_key(private_key);
 *     tps_cose_receiver me = {.kid = name, .agreement = &mine};
 *     TPS_TRY(tps_cose_encrypt_open(&m, &me, NULL, room, &plain));
 *
 * Content: A128GCM (1), A192GCM (2), A256GCM (3), AES-CCM-16-64-128 (10), AES-CCM-16-128-128 (30). Keys to
 * the content: see the TPS_ALG_* below. Keys on their way are wiped, plaintext is wiped when its tag fails.
 *
 * What it is not: an encrypted message says nothing of who sent it, unless only one other holds the key. Sign
 * what is inside, or outside.
 *
 * All functions are thread-safe for distinct outputs, rooms and key objects. Stack on a Cortex-M33: at
 * most 2.4 KiB of ours; opening a COSE_Encrypt0 takes 0.7 KiB.
 */
#ifndef TPS_COSE_ENCRYPT_H
#define TPS_COSE_ENCRYPT_H

#include "tps/cose.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How a recipient gets the content's key (RFC 9053, 6), beside TPS_ALG_A128KW, _A192KW, _A256KW (a shared
 * key wraps it) and the algorithms for content (a shared key encrypts it: RFC 9052, 8.5.2). */
enum {
    TPS_ALG_DIRECT = -6,            /**< the shared key is the content's key; no other recipient may be */
    TPS_ALG_DIRECT_HKDF_256 = -10,  /**< it is derived from the shared secret; no other recipient may be */
    TPS_ALG_ECDH_ES_HKDF_256 = -25, /**< it is derived by key agreement; no other recipient may be */
    TPS_ALG_ECDH_ES_A128KW = -29,   /**< a key derived by key agreement wraps it */
    TPS_ALG_ECDH_ES_A192KW = -30,
    TPS_ALG_ECDH_ES_A256KW = -31
};

/** Header parameters of recipients (RFC 9053, 5 and 6.3). */
enum {
    TPS_HEADER_EPHEMERAL_KEY = -1,
    TPS_HEADER_SALT = -20,
    TPS_HEADER_PARTY_U_IDENTITY = -21,
    TPS_HEADER_PARTY_U_NONCE = -22,
    TPS_HEADER_PARTY_U_OTHER = -23,
    TPS_HEADER_PARTY_V_IDENTITY = -24,
    TPS_HEADER_PARTY_V_NONCE = -25,
    TPS_HEADER_PARTY_V_OTHER = -26
};

/** How many recipients of a message a receiver tries at most, after those of another kid were passed over. */
#define TPS_COSE_TRIES_MAX 16u

/** The largest COSE_KDF_Context, in bytes. */
#define TPS_COSE_KDF_CONTEXT_MAX 384u

/** One party of a key derivation. Empty members are nil. */
typedef struct {
    tps_span identity;
    tps_span nonce;
    tps_span other;
} tps_cose_party;

/**
 * What both ends mix into a derived key (RFC 9053, 5.2). A receiver takes the parties and the salt from the
 * message where it names them; where both it and this name one, they must agree.
 */
typedef struct {
    tps_cose_party u;        /**< the sender */
    tps_cose_party v;        /**< the recipient */
    tps_span supp_pub_other; /**< other SuppPubInfo; data NULL: absent */
    tps_span supp_priv;      /**< SuppPrivInfo, a secret that both know; data NULL: absent */
    tps_span salt;           /**< of HKDF. Making: sent along */
    bool is_sent;            /**< making: send the parties along, in the recipient's headers */
} tps_cose_kdf_info;

/** Key agreement with an own private key. Where it lives is its business: in this process, or behind a
 * connector. */
typedef struct {
    int32_t curve; /**< TPS_CURVE_P256, _P384 or _P521 */
    /**
     * ECDH with the other's public key: the x-coordinate into `secret`, which has exactly the curve's size.
     * Any failure is passed on; TPS_CRYPTO_BAD_KEY says that the other key is none for this.
     */
    tps_status (*agree)(void *context, const tps_crypto_key *peer, tps_buf secret);
    void *context;
} tps_cose_agreement;

/** Key agreement with a key of this process, which must live as long. */
tps_cose_agreement tps_cose_agreement_of_key(tps_crypto_key *key);

/* ---- opening ---- */

/** Who receives: what it has to get at the content's key. */
typedef struct {
    tps_span
        kid; /**< a recipient with another kid is passed over; empty: every recipient that fits is tried */
    const tps_cose_secret *secret;       /**< for direct, key wrap, derivation; NULL: none */
    const tps_cose_agreement *agreement; /**< for ECDH-ES; NULL: none */
    const tps_cose_kdf_info *info;       /**< for key derivation; NULL: nothing but what the message says */
} tps_cose_receiver;

/**
 * Take a COSE_Encrypt0 or COSE_Encrypt apart; the ciphertext is `out->payload`, and `out->recipients` is not
 * empty for a COSE_Encrypt. Untagged, three members are an Encrypt0, four an Encrypt. `terms`, which may be
 * NULL, widen what "crit" may name. Errors as tps_cose_sign1_parse(). RFC 9052, 5.1 and 5.2.
 */
TPS_MUST_USE tps_status tps_cose_encrypted_parse(tps_span message, const tps_cose_terms *terms,
                                                 tps_cose_message *out, tps_error *why);

/**
 * @brief Decrypt a COSE_Encrypt0.
 *
 * @param message  From tps_cose_encrypted_parse().
 * @param key      The shared key; its alg, ops (TPS_KEY_OP_DECRYPT) and, for a Partial IV, its base_iv are
 * obeyed.
 * @param terms    External data, a detached ciphertext; NULL for none.
 * @param room     For the plaintext: the ciphertext's size less the tag's. It may lie where the ciphertext
 * lies, and may not overlap it otherwise.
 * @param[out] plain  Inside `room`; with too little room its `size` is the size needed.
 *
 * @retval TPS_OK
 * @retval TPS_COSE_NOT_WELL_FORMED  `message` is no COSE_Encrypt0.
 * @retval TPS_COSE_BAD_TAG       It was changed, or encrypted under another key, or is shorter than a tag;
 * `room` is wiped.
 * @retval TPS_COSE_KEY_USE       The key's alg or ops forbid this.
 * @retval TPS_COSE_ALG_REFUSED   Its algorithm is none for content, or not the one of `terms`.
 * @retval TPS_COSE_BAD_HEADER    alg is unprotected; no IV of the algorithm's size, nor a Partial IV with a
 * base_iv.
 * @retval TPS_COSE_DETACHED, TPS_COSE_ATTACHED  As for tps_cose_sign1_verify().
 * @retval TPS_BUFFER_TOO_SMALL   `room`, also when it is TPS_BUF_MEASURE: there is nothing without its tag.
 * @retval TPS_CRYPTO_BAD_KEY     The key has not the algorithm's size.
 * @retval TPS_BAD_ARGUMENT       More than 65,535 bytes under AES-CCM-16-*.
 * @retval TPS_CRYPTO_FAILED, TPS_CRYPTO_ALG_REFUSED  The back end failed, or lacks the algorithm.
 *
 * RFC 9052, 5.3; RFC 9053, 4.
 */
TPS_MUST_USE tps_status tps_cose_encrypt0_open(const tps_cose_message *message, const tps_cose_secret *key,
                                               const tps_cose_terms *terms, tps_buf room, tps_span *plain);

/**
 * @brief Decrypt a COSE_Encrypt.
 *
 * @param receiver  Who we are. Recipients are tried in their order: those that name our kid or none, and
 * whose algorithm we have a key for, TPS_COSE_TRIES_MAX of them at most.
 * @param message, terms, room, plain  As for tps_cose_encrypt0_open(); a Partial IV needs a direct recipient
 * and the base_iv of its key.
 *
 * @retval TPS_COSE_NO_KEY         No recipient is ours.
 * @retval TPS_COSE_NOT_WELL_FORMED  `message` is no COSE_Encrypt, or a recipient is none; a direct one is not
 * the only one; the key of one is not of the size that its algorithm has.
 * @retval TPS_COSE_KEY_USE        Our secret's alg or ops forbid this use.
 * @retval TPS_COSE_BAD_TAG        Of the content; or, of the last recipient that could be ours, of its key.
 * @retval TPS_COSE_BAD_HEADER     A recipient's headers; the parties or the salt are not those of
 * `receiver->info`; a key is derived from a secret (TPS_ALG_DIRECT_HKDF_256) without a salt or a nonce of
 * party U, which every message must have its own of (RFC 9053, 6.1.2): in it, or in `receiver->info`.
 * @retval TPS_TOO_LARGE           The key derivation's context has more than TPS_COSE_KDF_CONTEXT_MAX bytes.
 * @retval others                  As tps_cose_encrypt0_open(), tps_cose_sign1_parse() for the recipients'
 * headers, tps_cose_key_parse() and tps_cose_key_public() for an ephemeral key; or what the agreement
 * returned.
 *
 * Recipients of recipients (RFC 9052, appendix B) are passed over. RFC 9052, 5.3 and 8.5.
 */
TPS_MUST_USE tps_status tps_cose_encrypt_open(const tps_cose_message *message,
                                              const tps_cose_receiver *receiver, const tps_cose_terms *terms,
                                              tps_buf room, tps_span *plain);

/** Take a COSE_Mac0 or COSE_Mac apart; `terms` may be NULL. Errors as tps_cose_sign1_parse(). RFC 9052, 6.1.
 */
TPS_MUST_USE tps_status tps_cose_mac_parse(tps_span message, const tps_cose_terms *terms,
                                           tps_cose_message *out, tps_error *why);

/** Verify a COSE_Mac that tps_cose_mac_parse() took apart; TPS_COSE_NOT_WELL_FORMED if it is none. Errors as
 * tps_cose_mac0_verify_parsed(), and for the recipients as tps_cose_encrypt_open(). RFC 9052, 6.3. */
TPS_MUST_USE tps_status tps_cose_mac_verify_parsed(const tps_cose_message *message,
                                                   const tps_cose_receiver *receiver,
                                                   const tps_cose_terms *terms);

/* ---- making ---- */

/** Whom a message is for. */
typedef struct {
    int32_t alg;                   /**< TPS_ALG_DIRECT ..., TPS_ALG_A128KW ..., or one for content */
    tps_span kid;                  /**< names the recipient's key; empty: none */
    const tps_cose_secret *secret; /**< the shared key; NULL with ECDH-ES. Its alg and ops are obeyed: a
                                      direct one encrypts or makes MACs, others derive keys or wrap them */
    const tps_crypto_key *peer;    /**< ECDH-ES: the recipient's public key, on a curve of ECDH; else NULL */
    const tps_cose_kdf_info *info; /**< for key derivation; NULL: nothing but what is always in it */
} tps_cose_recipient;

/**
 * @brief Make a COSE_Encrypt0.
 *
 * @param plain    At most TPS_COSE_MESSAGE_MAX bytes with all that is around; 65,535 under AES-CCM-16-*.
 * @param options  Headers, external data, NULL for none. `iv` empty: random, which is safe for 2^32 messages
 * under a key with nonces of 12 bytes. `partial_iv` needs `key->base_iv`, and must never come twice.
 * `is_detached` puts the ciphertext into `options->detached_room`.
 * @param alg      TPS_ALG_A128GCM, ...
 * @param key      The shared key; its alg and ops (TPS_KEY_OP_ENCRYPT) are obeyed.
 * @param out      Room; TPS_BUF_MEASURE only measures. `plain` may not lie in it. Wiped on failure, once it
 * was large enough.
 * @param[out] encoded  The message, inside `out`; measured, or with too little room, `data` is NULL and
 * `size` the size needed. Empty after any other error.
 *
 * @retval TPS_OK
 * @retval TPS_COSE_KEY_USE      The key's alg or ops forbid this.
 * @retval TPS_COSE_ALG_REFUSED  `alg` is none for content.
 * @retval TPS_BUFFER_TOO_SMALL  `out`; or, with `encoded->size` 0 and when measured, too, `detached_room`,
 * whose size must be that of `plain` and the tag together.
 * @retval TPS_BAD_ARGUMENT      More than TPS_COSE_X5CHAIN_MAX certificates, or a text that is not UTF-8.
 * And, seen when it is made, not when it is measured: an iv or a partial_iv of a wrong size, or both, or no
 * base_iv; more than 65,535 bytes under AES-CCM-16-*.
 * @retval TPS_TOO_LARGE         More than TPS_COSE_MESSAGE_MAX bytes.
 * @retval TPS_CRYPTO_BAD_KEY    The key has not the algorithm's size (seen when it is made).
 * @retval TPS_CRYPTO_NO_ENTROPY, TPS_CRYPTO_FAILED, TPS_CRYPTO_ALG_REFUSED  The back end has no random
 * numbers, failed, or lacks the algorithm.
 *
 * RFC 9052, 5.3.
 */
TPS_MUST_USE tps_status tps_cose_encrypt0_make(tps_span plain, const tps_cose_make_options *options,
                                               int32_t alg, const tps_cose_secret *key, tps_buf out,
                                               tps_span *encoded);

/**
 * @brief Make a COSE_Encrypt for `count` recipients.
 *
 * The content's key, ephemeral keys and a salt for TPS_ALG_DIRECT_HKDF_256 are random, made inside and wiped.
 *
 * @param recipients  At least one; a direct one must be the only one.
 * @param plain, options, alg, out, encoded  As for tps_cose_encrypt0_make().
 *
 * @retval TPS_BAD_ARGUMENT      Also: no recipients, one without its key, or a direct one among others.
 * @retval TPS_COSE_ALG_REFUSED  Also: a recipient's algorithm, or its key's curve.
 * @retval TPS_TOO_LARGE         Also: the key derivation's context.
 * @retval others                As tps_cose_encrypt0_make().
 *
 * RFC 9052, 5.3 and 8.5; RFC 9053, 5 and 6.
 */
TPS_MUST_USE tps_status tps_cose_encrypt_make(tps_span plain, const tps_cose_make_options *options,
                                              int32_t alg, const tps_cose_recipient *recipients, size_t count,
                                              tps_buf out, tps_span *encoded);

/** Make a COSE_Mac for `count` recipients with TPS_ALG_HMAC*. As tps_cose_encrypt_make(); the payload is not
 * encrypted. RFC 9052, 6.3. */
TPS_MUST_USE tps_status tps_cose_mac_make(tps_span payload, const tps_cose_make_options *options, int32_t alg,
                                          const tps_cose_recipient *recipients, size_t count, tps_buf out,
                                          tps_span *encoded);

#ifdef __cplusplus
}
#endif

#endif
