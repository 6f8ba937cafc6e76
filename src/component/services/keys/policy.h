/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file policy.h
 * What kinds of keys the key store has, what each may be used for, and which attributes go together. Nothing
 * here touches a key.
 */
#ifndef TPS_COMPONENT_KEY_POLICY_H
#define TPS_COMPONENT_KEY_POLICY_H

#include "tps/cose_key.h"
#include "tps/crypto.h"

/** Kinds of keys. Sent and stored; never change a number. A device has those that its cryptography supports
 * (tps_crypto_supports()); its features name them. */
enum {
    TPS_KEY_P256_SIGN = 1,
    TPS_KEY_P384_SIGN = 2,
    TPS_KEY_ED25519_SIGN = 3, /**< not in a build with TPS_WITHOUT_EDDSA */
    TPS_KEY_P256_AGREE = 4,   /**< ECDH */
    TPS_KEY_P384_AGREE = 5,
    TPS_KEY_AES128_GCM = 6,
    TPS_KEY_AES256_GCM = 7,
    TPS_KEY_HMAC256 = 8,
    TPS_KEY_HMAC384 = 9,
    TPS_KEY_HMAC512 = 10,
    TPS_KEY_HKDF = 11, /**< a secret that other keys are derived from, by HKDF-SHA-256 */
    TPS_KEY_P256_IMPORT =
        12 /**< opens what is wrapped for it, so that another key comes in; made here only */
};

/** How long a key lives. */
enum {
    TPS_KEY_PERSISTENT = 1,    /**< until it is destroyed */
    TPS_KEY_UNTIL_RESTART = 2, /**< in memory only: until it is destroyed, or the component ends */
    TPS_KEY_SESSION = 3        /**< in memory only, for the session that made it: until that is closed */
};

/** Where a key comes from. */
enum { TPS_KEY_GENERATED = 1, TPS_KEY_IMPORTED = 2, TPS_KEY_DERIVED = 3 };

/** The bit of a use: TPS_KEY_OP_* of tps/cose_key.h, so that usages are what a COSE_Key's key_ops are. */
#define TPS_KEY_USE(op) (1u << (op))

/** A kind. */
typedef struct {
    uint8_t kind;       /**< TPS_KEY_* above */
    int16_t curve;      /**< of asymmetric ones; else 0 */
    int16_t alg;        /**< the algorithm that it is for (TPS_ALG_*) */
    int16_t alg_also;   /**< another name of it, for what a COSE_Key may say; or the same */
    uint16_t usages;    /**< what it may be used for, as TPS_KEY_USE() */
    uint8_t secret_min; /**< of an imported secret, in bytes */
    uint8_t secret_max;
    uint8_t secret_made;  /**< of one that is generated or derived */
    bool can_be_imported; /**< and derived, if it is symmetric */
} tps_key_kind;

/** The kind of this number, or NULL: there is none, or the back end of the cryptography lacks it. */
const tps_key_kind *tps_key_kind_find(uint32_t kind);

/** The size of the public key of a kind as the store keeps it (x, then y), in bytes; 0 of a symmetric one. */
size_t tps_key_kind_public_size(const tps_key_kind *kind);

/** What somebody asks a new key to be. */
typedef struct {
    uint32_t kind;
    uint32_t usages; /**< TPS_KEY_USE() of each; 0: all that the kind has */
    uint32_t lifetime;
    bool is_bound;
    bool is_shared;
    uint32_t limit; /**< uses until it is used up; 0: none */
} tps_key_wish;

/**
 * Whether a wish can be granted, apart from who asks.
 * @param[in,out] wish  `usages` 0 becomes all of the kind.
 * @return the kind, or NULL: no usage that the kind has not; bound keys are persistent; keys of one session
 * are not shared. (An unknown kind is NULL, too: tps_key_kind_find() first.)
 */
const tps_key_kind *tps_key_policy_grant(tps_key_wish *wish);

/**
 * Whether an imported COSE_Key may become this: its kty, curve, alg and key_ops say nothing else, and a
 * secret has the kind's size.
 */
bool tps_key_policy_fits(const tps_key_kind *kind, uint32_t usages, const tps_cose_key *key);

#endif
