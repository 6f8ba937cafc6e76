/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file revocation.h
 * What does not count any more, whoever vouches for it: keys, certificates, images, devices.
 *
 * Revoked things are looked up at each appraisal, so that a revocation takes effect without loading anything
 * again. Withdrawing a signer of endorsements is revoking its key: all that came from it counts no more.
 *
 * Threads: as verifier.h.
 */
#ifndef TPS_REVOCATION_H
#define TPS_REVOCATION_H

#include "tps/appraisal.h"
#include "tps/span.h"
#include "tps/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What is revoked, and by which value. */
enum {
    TPS_REVOKED_KEY = 1, /**< SHA-256 of its SubjectPublicKeyInfo: of evidence, endorsements, or a CA */
    TPS_REVOKED_CERTIFICATE = 2, /**< SHA-256 of the DER certificate */
    TPS_REVOKED_IMAGE = 3, /**< digest of a piece of software that is known to be bad: 32, 48, 64 bytes */
    TPS_REVOKED_DEVICE = 4 /**< instance id: 7 to 33 bytes */
};

#define TPS_REVOCATION_REASON_MAX 96u

typedef struct {
    uint32_t kind;
    tps_span value;
    int64_t since; /**< seconds since 1970: it does not count from then on; 0: never counted */
    char reason[TPS_REVOCATION_REASON_MAX]; /**< for people, such as "CVE-2026-1234"; may be empty */
} tps_revocation;

/**
 * Revokes one thing; the verifier copies it. What is revoked already keeps the earlier `since`. After a key
 * or certificate, keys that were established with devices (tps_verifier_establish_key()) are forgotten.
 * @retval TPS_OK, TPS_OUT_OF_MEMORY
 * @retval TPS_BAD_ARGUMENT  The kind is unknown, the value has another size, or `since` is negative.
 * @retval TPS_TOO_LARGE     There are 1,048,576 already.
 */
TPS_MUST_USE tps_status tps_verifier_revoke(tps_verifier *verifier, const tps_revocation *revocation);

/**
 * @brief Revoke what a file lists: JSON (RFC 8259), at most 16 MiB.
 *
 *     {"revoked": [{"kind": "image", "value": "9f86d081...", "since": 1790000000, "reason":
 * "CVE-2026-1234"}]}
 *
 * `kind` is "key", "certificate", "image" or "device"; `value` has two hexadecimal digits a byte; `since` and
 * `reason` may be left out. Any other member is refused: a name that is mistyped must not change what is
 * revoked. All of it is read before anything is taken.
 *
 * @param[out] why  Where it is wrong; may be NULL.
 * @retval TPS_OK
 * @retval TPS_JSON_*        It is no JSON, or a value is of another type.
 * @retval TPS_BAD_ARGUMENT  A member is unknown or missing, no hexadecimal digits, or of another size.
 * @retval TPS_TOO_LARGE     A reason of more than 95 bytes; or, with what is revoked already, more than
 *                           1,048,576 entries: some may have been taken.
 * @retval TPS_OUT_OF_MEMORY Some may have been taken.
 */
TPS_MUST_USE tps_status tps_verifier_revoke_list(tps_verifier *verifier, tps_span text, tps_error *why);

/**
 * @brief Add a certificate revocation list (RFC 5280, 5) of an issuer.
 *
 * From then on every certificate that this issuer's key signed is looked up in its newest list: of chains of
 * evidence and of endorsements, under any anchor. Once the list is out of date (after its nextUpdate) nothing
 * that the issuer certified counts until a newer list is added: TPS_VERIFIER_CRL_OUTDATED. Issuers without a
 * list are not asked for one.
 *
 * One list an issuer counts, the newest by its thisUpdate: an older one changes nothing, and is TPS_OK.
 *
 * @param crl  DER, or PEM. PEM may hold, beside the list, the certificates that lead from its signer to an
 *             anchor, the signer's first; without them the signer must be an anchor.
 * @param now  Seconds since 1970: for validity of the list and of its signer's chain.
 * @param[out] why  May be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_CRYPTO_BAD_CRL            It cannot be read, or has no nextUpdate.
 * @retval TPS_UNSUPPORTED               A delta, an indirect list, one of some certificates or reasons.
 * @retval TPS_VERIFIER_CRL_OUTDATED     `now` is before its thisUpdate or after its nextUpdate.
 * @retval TPS_VERIFIER_NO_TRUST_ANCHOR  Its signer is no anchor, and nothing leads to one.
 * @retval TPS_CRYPTO_CHAIN_*            What leads to an anchor is no chain, or its signer signed no list:
 *                                       _BROKEN; or signs no certificates, or no lists (key usage): _RULES.
 * @retval TPS_VERIFIER_REVOKED_*        Its signer is revoked itself.
 * @retval TPS_TOO_LARGE                 More than 1,024 issuers, or 1,048,576 certificates in one list.
 * @retval TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_verifier_add_crl(tps_verifier *verifier, tps_span crl, int64_t now,
                                             tps_error *why);

#ifdef __cplusplus
}
#endif

#endif
