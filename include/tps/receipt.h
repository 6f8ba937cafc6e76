/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file receipt.h
 * A receipt of an appraisal: what a third party can check later, offline, with what was known at the time.
 *
 * It holds the evidence, what the evidence had to answer to, the digests of all that the verifier knew (trust
 * anchors, keys, endorsements, scopes and revocations, policies) and the result; signed by the verifier.
 * Whoever has the files that the digests name appraises the evidence again, at the time of the receipt, and
 * sees whether the result follows from them. spec/receipt.md has the format and what it does and does not
 * prove.
 *
 *     TPS_TRY(tps_receipt_verify(message, &keys, &receipt, &why));       the verifier said so
 *     ... a verifier is given the files that receipt names ...
 *     TPS_TRY(tps_receipt_check(&receipt, verifier, &why));              and it was right to
 *
 * Evidence that a shared key authenticated has no receipt: the verifier could have made it itself.
 *
 * Threads: as verifier.h. The functions use the heap.
 */
#ifndef TPS_RECEIPT_H
#define TPS_RECEIPT_H

#include "tps/attestation_result.h"
#include "tps/cose.h"
#include "tps/verifier.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The content type of a receipt. */
#define TPS_RECEIPT_TYPE "application/vnd.opentps.receipt+cbor"

/** The most epochs, and things of one kind, that a receipt names. */
#define TPS_RECEIPT_EPOCHS_MAX 16u
#define TPS_RECEIPT_KNOWN_MAX  65536u

/** What a verifier knows, by kind. */
enum {
    TPS_RECEIPT_ANCHOR = 0, /**< SHA-256 of a certificate (DER), or of a raw key's SubjectPublicKeyInfo */
    TPS_RECEIPT_KEY = 1,    /**< SHA-256 of the SubjectPublicKeyInfo of a key that was added by itself */
    TPS_RECEIPT_CORIM = 2,  /**< identity of an endorsement: see tps_verifier_add_corim_once() */
    TPS_RECEIPT_POLICY = 3, /**< SHA-256 of the text of a policy that judged */
    TPS_RECEIPT_KINDS = 4,  /**< how many there are */
    TPS_RECEIPT_RULES = 4   /**< options, scopes of anchors, revocations and CRLs: one digest of all */
};

/** A receipt that was read. It points into the message. */
typedef struct {
    tps_span evidence;             /**< as it came, in its wrapper if it had one */
    tps_appraisal_request request; /**< for tps_receipt_request(): what lies elsewhere is not in it */
    tps_device_history history;    /**< if its is_known */
    tps_span epochs[TPS_RECEIPT_EPOCHS_MAX];
    tps_verifier_options options;      /**< of the verifier */
    tps_span known[TPS_RECEIPT_KINDS]; /**< encoded lists: for tps_receipt_known_at() */
    uint32_t known_count[TPS_RECEIPT_KINDS];
    tps_span rules; /**< 32 bytes */
    tps_ear result; /**< of all parts: for tps_ear_appraisals() */
} tps_receipt;

/**
 * @brief Make a receipt of an appraisal that was made just now.
 *
 * @param verifier  The one that appraised, with nothing added since.
 * @param evidence  What tps_verifier_appraise_all() was given; it is what the check will use. (Of evidence
 * without parts the others say the same.)
 * @param request   What it answered to. nonce_key and nonce_context stay out of the receipt: freshness by
 * time is the verifier's word.
 * @param parts     What came out, 1 to TPS_RESULT_PARTS_MAX.
 * @param options   How the result in the receipt is written; key_id names the signer's key. The claims of the
 *                  evidence are not repeated (with_claims): the evidence lies beside it.
 * @param signer    The verifier's: any algorithm of COSE but EdDSA.
 * @param out       Takes a COSE_Sign1; TPS_BUF_MEASURE measures. @param[out] size  Written, or needed.
 *
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL
 * @retval TPS_VERIFIER_RECEIPT_MAC  A shared key authenticated a part.
 * @retval TPS_BAD_ARGUMENT  As tps_ear_cwt(); an `aud` or `service` that is not UTF-8; too many epochs.
 * @retval TPS_TOO_LARGE     The verifier knows more than TPS_RECEIPT_KNOWN_MAX things of a kind.
 * @retval TPS_EAR_*, TPS_CBOR_*  The result is none that tps_ear_decode() takes: of more than 64 KiB, say.
 * @retval TPS_OUT_OF_MEMORY, TPS_CRYPTO_*, or the signer's failure.
 */
TPS_MUST_USE tps_status tps_receipt_make(const tps_verifier *verifier, tps_span evidence,
                                         const tps_appraisal_request *request, const tps_appraisal *parts,
                                         size_t count, const tps_ear_options *options,
                                         const tps_cose_signer *signer, tps_buf out, size_t *size);

/**
 * @brief Verify a receipt's signature, and read it.
 *
 * @param message   A COSE_Sign1 of content type TPS_RECEIPT_TYPE.
 * @param keys      Finds the verifier's key.
 * @param[out] out  Points into `message`; untouched unless TPS_OK.
 * @param[out] why  May be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_COSE_BAD_HEADER  The content type is another.
 * @retval others               As tps_cose_sign1_verify() and tps_receipt_decode().
 */
TPS_MUST_USE tps_status tps_receipt_verify(tps_span message, const tps_cose_key_finder *keys,
                                           tps_receipt *out, tps_error *why);

/**
 * @brief Read the claims of a receipt, whose signature somebody else checks.
 *
 * Strict: deterministic CBOR, at most 16 MiB, and nothing that spec/receipt.cddl does not have.
 *
 * @retval TPS_OK
 * @retval TPS_CLAIM_MISSING    A member is absent.
 * @retval TPS_CLAIM_BAD_TYPE   A member's type.
 * @retval TPS_CLAIM_BAD_VALUE  A member's value, or a member that is not known.
 * @retval TPS_UNSUPPORTED      It is of another version.
 * @retval TPS_EAR_*            From tps_ear_decode() of the result.
 * @retval TPS_CBOR_*           From tps_cbor_check().
 */
TPS_MUST_USE tps_status tps_receipt_decode(tps_span claims, tps_receipt *out, tps_error *why);

/** What the evidence had to answer to. It points into `receipt`, which must outlive it. */
tps_appraisal_request tps_receipt_request(const tps_receipt *receipt);

/** The digest of one thing that was known, 32 bytes; `index` below known_count[kind], in the order in which
 * it was added. Each call walks from the front. */
tps_span tps_receipt_known_at(const tps_receipt *receipt, uint32_t kind, uint32_t index);

/** A difference between what a receipt names and what a verifier knows. */
typedef struct {
    uint32_t kind;   /**< TPS_RECEIPT_ANCHOR, _KEY, _CORIM or _RULES */
    bool is_missing; /**< the verifier lacks it; false: the verifier knows it, and the receipt does not */
    uint8_t sha256[32];
} tps_receipt_gap;

/**
 * @brief Compare what a verifier knows with what a receipt names.
 *
 * Policies are compared by tps_receipt_check(), by those that judge. Of keys and the like order does not
 * count.
 *
 * @param gaps          Room for `capacity` of them; may be NULL where that is 0.
 * @param[out] count    How many there are, whether they fitted or not.
 * @retval TPS_OK, TPS_OUT_OF_MEMORY, TPS_CRYPTO_FAILED
 */
TPS_MUST_USE tps_status tps_receipt_gaps(const tps_receipt *receipt, const tps_verifier *verifier,
                                         tps_receipt_gap *gaps, size_t capacity, size_t *count);

/**
 * @brief Appraise the evidence of a receipt again, at its time, and compare the results.
 *
 * The verifier must know what the receipt names, and nothing else: endorsements that are added later can make
 * a result better. Compared are the parts with their names, status, vectors, all further claims, and of
 * findings the name, claim, value and error; the words of causes and next steps may differ.
 *
 * @param verifier  Made with the options of the receipt; it changes as by any appraisal.
 * @param[out] why  `detail` says what differs; may be NULL.
 *
 * @retval TPS_OK  The result follows from what was known.
 * @retval TPS_VERIFIER_RECEIPT_DIFFERS  The verifier knows other things (tps_receipt_gaps()), or it does not.
 * @retval TPS_VERIFIER_RECEIPT_SECRET   Freshness was judged by time, with a secret, and the receipt does not
 *                                       tell the nonce, or says that it was not fresh.
 * @retval TPS_OUT_OF_MEMORY, TPS_CRYPTO_FAILED
 */
TPS_MUST_USE tps_status tps_receipt_check(const tps_receipt *receipt, tps_verifier *verifier, tps_error *why);

#ifdef __cplusplus
}
#endif

#endif
