/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The path from a signer's key to its trust anchor, as far as revocation asks for it: who is on it, and until
 * when it counts.
 */
#ifndef TPS_VERIFIER_TRUST_PATH_H
#define TPS_VERIFIER_TRUST_PATH_H

#include "crypto/x509.h"
#include "tps/verifier.h"

/** Certificates of a chain, and its anchor. (A chain of DICE may have 16.) */
#define PATH_LINKS_MAX 17u

typedef struct {
    uint8_t key[32];         /**< SHA-256 of its SubjectPublicKeyInfo */
    bool has_certificate;    /**< false for a bare key, and a certificate that is none of X.509's */
    uint8_t certificate[32]; /**< SHA-256 of the DER */
    tps_x509_serial serial;
} path_link;

/** The signer first, the anchor last. A zeroed path is of nobody. */
typedef struct {
    size_t count;
    path_link links[PATH_LINKS_MAX];
} trust_path;

/**
 * Adds a certificate in DER. @retval TPS_CRYPTO_BAD_CERTIFICATE @retval TPS_TOO_LARGE
 * @param[in,out] from, until  Narrowed to its validity, both included; may be NULL.
 */
TPS_MUST_USE tps_status path_add_certificate(trust_path *path, tps_span der, int64_t *from, int64_t *until);

/** Adds a bare key, by SHA-256 of its SubjectPublicKeyInfo; one that the last link has already adds nothing.
 * @retval TPS_TOO_LARGE */
TPS_MUST_USE tps_status path_add_key(trust_path *path, const uint8_t key[32]);

/**
 * From which moment on the path does not count any more by what is revoked: INT64_MIN when it never did,
 * INT64_MAX when nothing of it is. Revocation lists of issuers count: an issuer that has one vouches for
 * nobody once it is out of date.
 * @param[out] why  What it is then: TPS_VERIFIER_REVOKED_KEY, TPS_VERIFIER_REVOKED_CERTIFICATE,
 *                  TPS_VERIFIER_CRL_OUTDATED; TPS_OK with INT64_MAX. May be NULL.
 */
int64_t path_counts_until(const tps_verifier *v, const trust_path *path, tps_status *why);

/** TPS_OK when the path counts at `now`, else why not: see path_counts_until(). */
TPS_MUST_USE tps_status path_check(const tps_verifier *v, const trust_path *path, int64_t now);

#endif
