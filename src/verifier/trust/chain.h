/* SPDX-License-Identifier: Apache-2.0 */
/* Chains of X.509 certificates: to the anchor at their end, and those that were verified before. */
#ifndef TPS_VERIFIER_TRUST_CHAIN_H
#define TPS_VERIFIER_TRUST_CHAIN_H

#include "tps/crypto.h"
#include "verifier/trust/path.h"
#include "verifier/trust/scope.h"

/** A chain that was verified. */
typedef struct {
    tps_crypto_key *key; /**< the leaf's; the caller frees it */
    uint8_t maker[32];   /**< who the anchor stands for: SHA-256 of its SubjectPublicKeyInfo */
    const scope *scope;  /**< of the anchor, until anchors are added */
    bool is_demonstration;
    int64_t
        from; /**< seconds since 1970: within these two, both included, it counts, as far as is known now */
    int64_t until; /**< that nothing of it is revoked is part of that */
    trust_path path;
} verified_chain;

/**
 * @brief Verify a chain, leaf first, to an anchor: a certificate, or a key that signed the chain's last
 * certificate. The first anchor that the chain meets decides.
 *
 * @param use       One of TPS_ANCHOR_*: what the anchor must be trusted for; 0: anything.
 * @param[out] out  Undefined unless TPS_OK.
 * @retval TPS_OK
 * @retval TPS_VERIFIER_OUT_OF_SCOPE  The anchor is not for that use.
 * @retval TPS_VERIFIER_REVOKED_KEY, TPS_VERIFIER_REVOKED_CERTIFICATE, TPS_VERIFIER_CRL_OUTDATED
 * @retval TPS_CRYPTO_CHAIN_*, TPS_CRYPTO_BAD_CERTIFICATE, TPS_CRYPTO_BAD_KEY  See crypto/x509.h.
 */
TPS_MUST_USE tps_status chain_verify(tps_verifier *v, const tps_span *chain, size_t count, uint32_t use,
                                     int64_t now, verified_chain *out);

/* ---- chains that were verified before ---- */

/** What is kept of a chain: plain data. */
typedef struct {
    tps_crypto_point key; /**< the leaf's */
    uint8_t digest[32];   /**< SHA-256 of its SubjectPublicKeyInfo */
    uint8_t maker[32];
    bool is_demonstration;
    bool has_class;
    uint8_t class_id[32];
    int64_t from; /**< as in verified_chain */
    int64_t until;
    uint32_t below; /**< of a chain of DICE: how many certificates are below the anchor */
} chain_facts;

/**
 * Facts of chains, 4,096 at most. A chain is found by the SHA-256 of its bytes, at a place that is chosen by
 * the instance that its leaf is of: whoever has one certified key can fill one place only, however many forms
 * of his chain he makes, and nothing is kept that was not verified. Whoever uses one of two places longer ago
 * loses it to a third.
 *
 * Everything is forgotten whenever the trust set changes: anchors, scopes, revocations, lists.
 */
typedef struct chain_cache chain_cache;

/** @retval TPS_OUT_OF_MEMORY @retval TPS_CRYPTO_NO_ENTROPY */
TPS_MUST_USE tps_status chain_cache_new(chain_cache **cache);

/** NULL is allowed. */
void chain_cache_free(chain_cache *cache);

/** Forgets everything. NULL is allowed. */
void chain_cache_clear(chain_cache *cache);

/** What the leaf proves of the instance: the same certificate may prove one thing, and not the other. */
enum {
    CHAIN_DIRECT = 0,  /**< the instance id is of its key */
    CHAIN_PAIRWISE = 1 /**< an attestation CA certified the instance id (spec/keys.md) */
};

/** By what a chain is found: all of it must be the same. */
typedef struct {
    uint32_t use;       /**< for what the anchor was asked */
    uint32_t proof;     /**< CHAIN_* */
    uint8_t digest[32]; /**< of the chain's bytes */
    tps_span instance;  /**< that the leaf proves, at most 33 bytes */
} chain_name;

/** Makes a name, whose `proof` is CHAIN_DIRECT. @param encoded  The chain as it came. @retval
 * TPS_CRYPTO_FAILED */
TPS_MUST_USE tps_status chain_name_of(uint32_t use, tps_span encoded, tps_span instance, chain_name *name);

/** What is known of a chain at `now`; NULL: nothing. `cache` may be NULL. Valid until the next call. */
const chain_facts *chain_cache_find(chain_cache *cache, const chain_name *name, int64_t now);

/** Keeps what was verified: chain, the signature over the evidence, and that the leaf is of `name`'s
 * instance. `cache` may be NULL: then nothing is kept. */
void chain_cache_keep(chain_cache *cache, const chain_name *name, const chain_facts *facts);

#endif
