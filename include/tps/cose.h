/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cose.h
 * COSE_Sign1 and COSE_Key (RFC 9052, RFC 9053) without a heap: messages are read in place and written into
 * the caller's buffer. Verification takes one pass over the message and one signature check.
 *
 * Algorithms: ES256 (-7) only with P-256, ESP256 (-9), ES384 (-35) only with P-384, ESP384 (-51). The two
 * names of one curve are never taken for each other: the name is part of what is signed.
 */
#ifndef TPS_COSE_H
#define TPS_COSE_H

#include "tps/cbor.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A key of the crypto back end; see crypto.h. */
struct tps_crypto_key;

/** COSE tags (RFC 9052, 2; RFC 8392, 6). */
enum { TPS_TAG_COSE_ENCRYPT0 = 16, TPS_TAG_COSE_MAC0 = 17, TPS_TAG_COSE_SIGN1 = 18, TPS_TAG_CWT = 61 };

/** Header parameters that this library knows. "crit" may name all but typ, which is told apart but not read.
 */
enum {
    TPS_HEADER_ALG = 1,
    TPS_HEADER_CRIT = 2,
    TPS_HEADER_CONTENT_TYPE = 3,
    TPS_HEADER_KID = 4,
    TPS_HEADER_CORIM_META = 8,
    TPS_HEADER_CWT_CLAIMS = 15,
    TPS_HEADER_TYP = 16,
    TPS_HEADER_X5CHAIN = 33
};

/** The largest message taken, in bytes. */
#define TPS_COSE_MESSAGE_MAX (16u << 20)

/** The most certificates in an x5chain. */
#define TPS_COSE_X5CHAIN_MAX 8u

/**
 * Header parameters of both buckets together. Spans point into the message. alg, crit and what a profile
 * demands must be protected; `is_protected` of the others is not kept, because a kid or a chain only proposes
 * a key.
 */
typedef struct {
    int64_t alg;             /**< TPS_ALG_*; 0 when absent */
    bool is_alg_protected;   /**< verification demands it */
    uint64_t content_format; /**< content type as a CoAP content-format; UINT64_MAX when absent or text */
    tps_span content_type;   /**< content type as text; empty when absent or a number */
    tps_span kid;            /**< empty when absent */
    tps_span x5chain[TPS_COSE_X5CHAIN_MAX]; /**< DER certificates, leaf first */
    size_t x5chain_count;                   /**< 0 when absent */
    tps_span corim_meta; /**< encoded corim-meta-map of a signed CoRIM; empty when absent */
    tps_span cwt_claims; /**< encoded claims map of header 15; empty when absent */
} tps_cose_headers;

/** A COSE_Sign1 (or, with `tag` 17, a COSE_Mac0) that was taken apart, not yet verified. */
typedef struct {
    uint64_t tag; /**< TPS_TAG_COSE_SIGN1 or TPS_TAG_COSE_MAC0; 0 when untagged (then it is read as Sign1) */
    tps_cose_headers headers;
    tps_span protected_raw; /**< the protected bucket as encoded, without its bstr head */
    tps_span payload;       /**< empty and `is_detached` when nil */
    bool is_detached;
    tps_span signature; /**< signature, or tag of a Mac0 */
} tps_cose_sign1;

/**
 * @brief Take a COSE_Sign1 or COSE_Mac0 apart, without verifying it.
 *
 * For inspection, and to look for the key. Nothing of the payload may be believed.
 *
 * @param message   The message, tagged (18 or 17) or untagged; a CWT tag (61) around a tagged one is taken
 * off.
 * @param[out] out  Points into `message`.
 * @param[out] why  May be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_COSE_NOT_WELL_FORMED   No such message; or one of the TPS_CBOR_* errors of tps_cbor_check().
 * @retval TPS_COSE_DUPLICATE_HEADER  A parameter that is known here stands in both buckets (RFC 9052, 3).
 * Twice in one bucket is TPS_CBOR_DUPLICATE_KEY.
 * @retval TPS_COSE_BAD_HEADER        A parameter has a wrong type, or "crit" is unprotected, empty, or names
 * a parameter that is not in the protected bucket.
 * @retval TPS_COSE_CRIT_UNKNOWN      "crit" names what this library does not understand.
 * @retval TPS_COSE_ALG_REFUSED       alg is a text: registered algorithms have numbers.
 *
 * Thread-safe for distinct `out`. RFC 9052, 4.2 and 6.2.
 */
TPS_MUST_USE tps_status tps_cose_sign1_parse(tps_span message, tps_cose_sign1 *out, tps_error *why);

/** Finds the key for a message by its headers. */
typedef struct {
    /**
     * Looks for the key. The key stays the finder's; it must live until the verification returns.
     * @return TPS_OK with `*key`, or any failure, which tps_cose_sign1_verify() passes on (TPS_COSE_NO_KEY if
     * unknown).
     */
    tps_status (*find)(void *context, const tps_cose_sign1 *message, struct tps_crypto_key **key);
    void *context;
} tps_cose_key_finder;

/**
 * @brief Verify a COSE_Sign1 message and find its payload.
 *
 * One pass over the message, one signature check; nothing is copied.
 *
 * @param message   A COSE_Sign1, tagged (18) or not. At most TPS_COSE_MESSAGE_MAX bytes.
 * @param keys      Finds the key by the message's headers.
 * @param aad       External additional data (RFC 9052, 4.3), or TPS_SPAN_EMPTY.
 * @param[out] out  Headers and payload, inside `message`; untouched unless TPS_OK is returned.
 * @param[out] why  Where and why it failed; may be NULL.
 *
 * @retval TPS_OK                  The signature is good.
 * @retval TPS_COSE_ALG_REFUSED    The algorithm is absent, unknown, or does not fit the key's curve (RFC
 * 9864, 2.1).
 * @retval TPS_COSE_NO_KEY         `keys` knows no key for these headers.
 * @retval TPS_COSE_BAD_SIGNATURE  The check failed. Nothing of the payload may be used.
 * @retval TPS_COSE_DETACHED       The payload is nil.
 * @retval TPS_COSE_BAD_HEADER     alg is not in the protected bucket.
 * @retval others                  As tps_cose_sign1_parse(), or what `keys` returned.
 *
 * Stack: about 600 bytes beside the checker's 2.5 KiB and the crypto back end's. Thread-safe for distinct
 * `out` and keys. RFC 9052, 4.4.
 */
TPS_MUST_USE tps_status tps_cose_sign1_verify(tps_span message, const tps_cose_key_finder *keys, tps_span aad,
                                              tps_cose_sign1 *out, tps_error *why);

/** Verifies what tps_cose_sign1_parse() took apart; `key` is known already. Errors as
 * tps_cose_sign1_verify(). */
TPS_MUST_USE tps_status tps_cose_sign1_verify_parsed(const tps_cose_sign1 *message,
                                                     struct tps_crypto_key *key, tps_span aad);

/** Signs a digest. Where the private key lives is its business: in this process, or behind a connector. */
typedef struct {
    int32_t alg; /**< TPS_ALG_ES256, TPS_ALG_ESP256, ... : goes into the protected header */
    /**
     * Signs `digest` (of the algorithm's hash): r followed by s into `signature`, exactly
     * tps_crypto_alg_signature_size(alg) bytes. Any failure is passed on.
     */
    tps_status (*sign)(void *context, int32_t alg, tps_span digest, tps_buf signature);
    void *context;
} tps_cose_signer;

/** A signer over a key of this process; `signer` uses `key` as long as it lives. */
tps_cose_signer tps_cose_signer_of_key(struct tps_crypto_key *key, int32_t alg);

/** What goes into the headers of a message that is made; empty members are left out. alg comes from the
 * signer. */
typedef struct {
    tps_span content_type;   /**< text, protected */
    tps_span kid;            /**< protected */
    const tps_span *x5chain; /**< DER certificates, leaf first; unprotected (a chain proves itself) */
    size_t x5chain_count;
    tps_span corim_meta;       /**< encoded corim-meta-map, protected */
    bool is_x5chain_protected; /**< put x5chain into the protected bucket (signed CoRIM) */
} tps_cose_sign1_options;

/**
 * @brief Make a tagged COSE_Sign1.
 *
 * @param payload       The payload; at most TPS_COSE_MESSAGE_MAX bytes.
 * @param options       Headers; NULL for alg alone.
 * @param signer        Called once, unless only measured.
 * @param out           Room; TPS_BUF_MEASURE only measures (the signer is not called).
 * @param[out] encoded  The message, inside `out`; with too little room its `size` is the size needed.
 *
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL, TPS_COSE_ALG_REFUSED (unknown algorithm), TPS_BAD_ARGUMENT (more than
 * TPS_COSE_X5CHAIN_MAX certificates), TPS_TOO_LARGE (more than TPS_COSE_MESSAGE_MAX bytes), or what the
 * signer returned.
 */
TPS_MUST_USE tps_status tps_cose_sign1_make(tps_span payload, const tps_cose_sign1_options *options,
                                            const tps_cose_signer *signer, tps_buf out, tps_span *encoded);

/**
 * A COSE_Key (RFC 9052, 7; EC2 of RFC 9053, 7.1.1) with P-256 or P-384, public part only, into a writer: {1:
 * 2, -1: crv, -2: x, -3: y}. @retval TPS_CRYPTO_FAILED
 */
TPS_MUST_USE tps_status tps_cose_key_put(tps_cbor_writer *writer, const struct tps_crypto_key *key);

/**
 * Read a public COSE_Key. A private part in it is refused (it must never travel).
 * @param[out] key  The caller frees it with tps_crypto_key_free().
 * @retval TPS_COSE_BAD_KEY    Incomplete, unknown kind, a compressed point, or a private part.
 * @retval TPS_CRYPTO_BAD_KEY  Off the curve.
 * @retval TPS_CBOR_*          From tps_cbor_check() under tps_cbor_limits_message.
 */
TPS_MUST_USE tps_status tps_cose_key_read(tps_span encoded, struct tps_crypto_key **key);

#ifdef __cplusplus
}
#endif

#endif
