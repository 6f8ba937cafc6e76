/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chain of X.509 certificates, verified (RFC 5280, 6.1): signatures, times, names, and who may issue. No
 * policies, name constraints or revocation. format/dice goes through the same steps, and reads layers on the
 * way.
 */
#ifndef TPS_FORMAT_DER_CHAIN_H
#define TPS_FORMAT_DER_CHAIN_H

#include "format/der/certificate.h"
#include "tps/crypto.h"

/** What a chain ends at. */
typedef struct {
    tps_crypto_key *root; /**< signed the last certificate; the caller's */
    tps_span issuer;      /**< what that one must name as its issuer, a Name in DER; empty: any */
    int64_t now;          /**< seconds since 1970; 0 where there is no clock: times are not looked at */
} der_anchor;

/** What the standard extensions of a certificate say of issuing. */
typedef struct {
    bool is_ca; /**< basicConstraints */
    bool has_usage;
    bool may_sign;             /**< keyUsage: keyCertSign */
    uint32_t path_length;      /**< UINT32_MAX: not limited */
    tps_span unknown_critical; /**< the first critical extension that is none of them; empty: there is none */
} der_issuing;

/** Nothing is known yet. */
#define DER_ISSUING_NONE ((der_issuing){.path_length = UINT32_MAX})

/**
 * Takes an extension into account. subjectAltName, certificatePolicies and extKeyUsage may be critical, and
 * say nothing of issuing.
 * @retval TPS_OK, TPS_DER_* (basicConstraints, keyUsage)
 */
TPS_MUST_USE tps_status der_issuing_read(const der_extension *extension, der_issuing *issuing,
                                         tps_error *why);

/** Whether a certificate with these extensions may issue others. */
static inline bool der_issuing_may(const der_issuing *issuing)
{
    return issuing->is_ca && (issuing->may_sign || !issuing->has_usage);
}

/** A certificate as the issuer of the one before it in the chain. */
typedef struct {
    tps_span subject; /**< Name, with its head */
    bool may_issue;
    uint32_t path_length;
} der_issuer;

/**
 * Whether `issuer`, which stands at `index` of the chain, may have issued one that names `named` as its
 * issuer.
 * @retval TPS_OK
 * @retval TPS_DICE_CHAIN_BROKEN  It has another name.
 * @retval TPS_DICE_NOT_A_CA      It may not issue, has an empty name, or the chain below it is too long.
 */
TPS_MUST_USE tps_status der_issuer_check(const der_issuer *issuer, size_t index, tps_span named,
                                         tps_error *why);

/**
 * Verifies one certificate of a chain, from the root to the leaf.
 * @param[in,out] key  Of its issuer, or NULL for the root's; then the certificate's own, in its place. The
 * caller frees what is there in the end.
 * @retval TPS_OK
 * @retval TPS_CRYPTO_BAD_SIGNATURE, TPS_CRYPTO_ALG_REFUSED, TPS_CRYPTO_CHAIN_EXPIRED, TPS_CRYPTO_BAD_KEY,
 * TPS_DICE_CHAIN_BROKEN, TPS_CRYPTO_FAILED  As tps_dice_chain_verify().
 */
TPS_MUST_USE tps_status der_chain_step(const der_certificate *certificate, const der_anchor *anchor,
                                       tps_crypto_key **key, tps_error *why);

/**
 * Verifies a chain. Extensions of DICE are not known here.
 *
 * @param chain      Leaf first, `count` of them.
 * @param[out] leaf  The key of the first; the caller frees it. NULL unless TPS_OK.
 *
 * @retval TPS_OK
 * @retval TPS_BAD_ARGUMENT   `count` is 0.
 * @retval TPS_DICE_CRITICAL  A critical extension is not known.
 * @retval others             As the functions above, and der_certificate_read().
 *
 * Stack: about 0.8 KiB on a Cortex-M33, beside the crypto back end's.
 */
TPS_MUST_USE tps_status der_chain_verify(const tps_span *chain, size_t count, const der_anchor *anchor,
                                         tps_crypto_key **leaf, tps_error *why);

#endif
