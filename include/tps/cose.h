/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cose.h
 * COSE_Sign1 and COSE_Mac0 (RFC 9052, RFC 9053) without a heap: messages are read in place and written into
 * the caller's buffer. Keys are in cose_key.h, encryption and messages with recipients in cose_encrypt.h.
 *
 * Make one, and verify it:
 *
 *     tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ESP256);
 *     TPS_TRY(tps_cose_sign1_make(payload, NULL, &signer, out, &message));
 *
 *     tps_cose_message m;
 *     TPS_TRY(tps_cose_sign1_parse(message, &m, &why));            ... m.headers.kid says whose it may be
 *     TPS_TRY(tps_cose_sign1_verify_parsed(&m, public_key, NULL)); ... from here on m.payload may be believed
 *
 * Signatures: ES256 (-7) only with P-256, ESP256 (-9), ES384 (-35) only with P-384, ESP384 (-51), ES512
 * (-36; made with P-521 alone, verified with P-256 and P-384, too: RFC 9053, 2.1, leaves the curve open),
 * ESP512 (-52), EdDSA (-8) and Ed25519 (-19), and, for verification, PS256 (-37). Names of one mathematics,
 * such as -7 and -9, are never taken for each other: the name is part of what is signed.
 * A build with TPS_WITHOUT_EDDSA, which that for microcontrollers is because PSA Crypto of mbedTLS has no
 * Ed25519, refuses to sign and to verify under the two names of EdDSA as TPS_COSE_ALG_REFUSED (not yet when a
 * message is only measured), and never calls `sign_message`. COSE_Keys of Ed25519 are the back end's to take.
 * Authentication codes: HMAC 256/64 (4), 256 (5), 384 (6), 512 (7).
 *
 * No function keeps anything between calls: all are thread-safe for distinct outputs, rooms and key objects.
 */
#ifndef TPS_COSE_H
#define TPS_COSE_H

#include "tps/cbor.h"
#include "tps/cose_key.h"
#include "tps/crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

/** COSE tags (RFC 9052, 2; RFC 8392, 6). */
enum {
    TPS_TAG_COSE_ENCRYPT0 = 16,
    TPS_TAG_COSE_MAC0 = 17,
    TPS_TAG_COSE_SIGN1 = 18,
    TPS_TAG_CWT = 61,
    TPS_TAG_COSE_ENCRYPT = 96,
    TPS_TAG_COSE_MAC = 97
};

/** Header parameters that this library reads, and "crit" may name. */
enum {
    TPS_HEADER_ALG = 1,
    TPS_HEADER_CRIT = 2,
    TPS_HEADER_CONTENT_TYPE = 3,
    TPS_HEADER_KID = 4,
    TPS_HEADER_IV = 5,
    TPS_HEADER_PARTIAL_IV = 6,
    TPS_HEADER_CORIM_META = 8,
    TPS_HEADER_KID_CONTEXT = 10,
    TPS_HEADER_CWT_CLAIMS = 15,
    TPS_HEADER_TYP = 16,
    TPS_HEADER_X5BAG = 32,
    TPS_HEADER_X5CHAIN = 33,
    TPS_HEADER_X5T = 34,
    TPS_HEADER_X5U = 35
};

/** The largest message taken, in bytes. */
#define TPS_COSE_MESSAGE_MAX (16u << 20)

/** The most certificates in an x5chain or x5bag. */
#define TPS_COSE_X5CHAIN_MAX 8u

/* ---- reading ---- */

/**
 * Header parameters of both buckets together. Spans point into the message; an absent parameter is empty, 0,
 * or as said. alg, crit and what a profile demands must be protected; of the others it is not kept where they
 * stood, because a kid or a chain only proposes a key.
 */
typedef struct {
    int64_t alg;             /**< TPS_ALG_*; 0 when absent */
    uint64_t content_format; /**< content type as a CoAP content-format; UINT64_MAX when absent or text. No
                                  bound is judged but that of an int64_t: compare, do not cut */
    uint64_t typ_format;     /**< typ (RFC 9596) as a CoAP content-format; UINT64_MAX when absent or text */
    int64_t x5t_alg;         /**< of x5t: TPS_ALG_SHA256, ...; 0 when it has a text for name */
    tps_span content_type;   /**< content type as text; empty when absent or a number */
    tps_span typ;            /**< typ as text; empty when absent or a number */
    tps_span kid;
    tps_span kid_context; /**< RFC 8613, 5.1 */
    tps_span iv;
    tps_span partial_iv;    /**< opening refuses it beside an iv */
    tps_span corim_meta;    /**< encoded corim-meta-map of a signed CoRIM */
    tps_span cwt_claims;    /**< encoded claims map of header 15 (RFC 9597) */
    tps_span x5chain;       /**< encoded; see tps_cose_certificates() */
    tps_span x5bag;         /**< encoded; certificates in no order */
    tps_span x5t;           /**< the digest; see tps_cose_x5t_check() */
    tps_span x5u;           /**< a URI. Nothing here fetches it */
    uint32_t x5chain_count; /**< certificates in x5chain */
    bool is_alg_protected;  /**< verification demands it */
} tps_cose_headers;

/** A message that was taken apart, not yet verified. Spans point into it. */
typedef struct {
    uint32_t tag;             /**< TPS_TAG_COSE_*; 0 when untagged */
    bool is_detached;         /**< the payload is nil */
    tps_span protected_raw;   /**< the protected bucket as encoded, without its head; empty for h'a0', too */
    tps_span unprotected_raw; /**< the unprotected bucket as encoded: a map */
    tps_span payload;         /**< or ciphertext; empty when nil */
    tps_span signature;       /**< or the tag of a Mac0 or Mac; empty of an Encrypt0 or Encrypt */
    tps_span recipients;      /**< encoded array, of an Encrypt or Mac; else empty */
    tps_cose_headers headers;
} tps_cose_message;

/** A message that is a COSE_Sign1, or a COSE_Mac0, which has the same shape. */
typedef tps_cose_message tps_cose_sign1;

/** What the receiver brings along, and permits. Zeros, or NULL in place of it, are the strict default. */
typedef struct {
    tps_span aad;              /**< external additional data (RFC 9052, 4.3) */
    tps_span detached;         /**< the payload or ciphertext of a message that has none inside. With data not
                                    NULL, a message that has one inside is refused, too */
    const int64_t *understood; /**< labels that "crit" may name beside ours: the caller reads them itself, by
                                    tps_cose_header_find() */
    uint32_t understood_count;
    int32_t alg;                 /**< the one algorithm taken; 0: any that fits the key */
    bool permit_unprotected_alg; /**< take an alg that anybody could have exchanged: for old formats only */
    tps_buf scratch; /**< for EdDSA and Ed25519: room for all that is signed, see tps_cose_scratch_size().
                          Without it, messages of up to TPS_COSE_SMALL bytes can be verified */
} tps_cose_terms;

/** What is signed as a whole (EdDSA) needs no scratch up to this size, as tps_cose_scratch_size() counts. */
#define TPS_COSE_SMALL 144u

/** The most bytes of a Sig_structure (RFC 9052, 4.4) with these parts: the scratch that EdDSA needs. */
static inline size_t tps_cose_scratch_size(size_t protected_size, size_t aad_size, size_t payload_size)
{
    return 12 + 3 * 5 + protected_size + aad_size + payload_size;
}

/**
 * @brief Take a COSE_Sign1 or COSE_Mac0 apart, without verifying it.
 *
 * For inspection, and to look for the key. Nothing of the payload may be believed. Every header that is known
 * here is checked to its last byte; what an unknown one holds, and what cwt_claims holds, is gone over and
 * not judged: whoever reads it asks tps_cbor_check() first, as for a payload.
 *
 * @param message   The message, tagged (18 or 17) or untagged; a CWT tag (61) around a tagged one is taken
 * off.
 * @param[out] out  Points into `message`. Unspecified on failure.
 * @param[out] why  May be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_COSE_NOT_WELL_FORMED   No such message; a bucket is no map.
 * @retval TPS_CBOR_TRUNCATED, TPS_CBOR_TRAILING, TPS_CBOR_RESERVED, TPS_CBOR_TOO_DEEP, TPS_CBOR_BAD_UTF8,
 * TPS_CBOR_BAD_BREAK                 It is no CBOR; or something follows the message, or the protected map.
 * @retval TPS_CBOR_TOO_LONG, TPS_CBOR_TOO_MANY  More than TPS_COSE_MESSAGE_MAX bytes, or than 32 parameters
 * in a bucket.
 * @retval TPS_CBOR_UNTRACKED_KEYS    More than 255 items in one parameter, those inside of others counted.
 * @retval TPS_COSE_DUPLICATE_HEADER  A label stands in both buckets (RFC 9052, 3). Twice in one bucket is
 * TPS_CBOR_DUPLICATE_KEY.
 * @retval TPS_COSE_BAD_HEADER        A label is no number of 64 bits and a sign and no text; a parameter has
 * a wrong type, or more than TPS_COSE_X5CHAIN_MAX entries; or "crit" is unprotected, empty, or names a
 * parameter that is not in the protected bucket.
 * @retval TPS_COSE_CRIT_UNKNOWN      "crit" names what nobody here understands.
 * @retval TPS_COSE_ALG_REFUSED       alg is a text: registered algorithms have numbers.
 *
 * Stack: 700 bytes on a Cortex-M33. RFC 9052, 2, 3.1, 4.2 and 6.2; RFC 9360; RFC 9596; RFC 9597.
 */
TPS_MUST_USE tps_status tps_cose_sign1_parse(tps_span message, tps_cose_message *out, tps_error *why);

/** tps_cose_sign1_parse() under terms: `terms->understood` widens what "crit" may name. `terms` may be NULL.
 */
TPS_MUST_USE tps_status tps_cose_sign1_parse_under(tps_span message, const tps_cose_terms *terms,
                                                   tps_cose_message *out, tps_error *why);

/**
 * Find a parameter in a bucket by its label: for those that tps_cose_headers has no member for.
 * @param bucket      `protected_raw` or `unprotected_raw` of a message that was taken apart.
 * @param[out] value  Encoded; inside the message. Empty when absent. Its bounds were judged, its content was
 * not: tps_cbor_check() does that.
 * @return true if it is there
 */
bool tps_cose_header_find(tps_span bucket, int64_t label, tps_span *value);

/**
 * The certificates of an x5chain or x5bag, as DER (RFC 9360, 2); a chain has its leaf first.
 * @param encoded            `headers.x5chain` or `headers.x5bag`; empty gives none.
 * @param[out] certificates  Room for `room`; those beyond it are left out.
 * @return how many were written
 */
size_t tps_cose_certificates(tps_span encoded, tps_span *certificates, size_t room);

/** Room for tps_cose_x5t_make(). */
#define TPS_COSE_X5T_SIZE 37u

/** The x5t of a certificate (DER), for tps_cose_make_options: [-16, its SHA-256]. `*x5t` lies in `room`. RFC
 * 9360, 2.
 * @retval TPS_OK, TPS_CRYPTO_FAILED */
TPS_MUST_USE tps_status tps_cose_x5t_make(tps_span certificate, uint8_t room[TPS_COSE_X5T_SIZE],
                                          tps_span *x5t);

/**
 * Whether x5t is the thumbprint of this certificate, in DER (RFC 9360, 2).
 * @retval TPS_OK                  It is.
 * @retval TPS_NOT_FOUND           It is another's, or there is no x5t.
 * @retval TPS_COSE_ALG_REFUSED    Its hash is neither SHA-256, SHA-384 nor SHA-512.
 * @retval TPS_CRYPTO_FAILED       The hash; the back end lacks it: TPS_CRYPTO_ALG_REFUSED.
 */
TPS_MUST_USE tps_status tps_cose_x5t_check(const tps_cose_headers *headers, tps_span certificate);

/* ---- COSE_Sign1, verified ---- */

/** Finds the key for a message by its headers. */
typedef struct {
    /**
     * Looks for the key. The key stays the finder's; it must live until the verification returns.
     * @return TPS_OK with `*key`, or any failure, which tps_cose_sign1_verify() passes on (TPS_COSE_NO_KEY if
     * unknown).
     */
    tps_status (*find)(void *context, const tps_cose_message *message, tps_crypto_key **key);
    void *context;
} tps_cose_key_finder;

/**
 * @brief Verify a COSE_Sign1 message and find its payload.
 *
 * One pass over the message, one signature check; nothing is copied (but by EdDSA, into the scratch).
 *
 * @param message   A COSE_Sign1, tagged (18) or not, inside of a CWT tag (61) or not. At most
 * TPS_COSE_MESSAGE_MAX bytes. Untagged, a COSE_Mac0 cannot be told from it, and does not verify.
 * @param keys      Finds the key by the message's headers; not NULL.
 * @param terms     External data, a detached payload, what else is permitted; NULL for none.
 * @param[out] out  Headers and payload, inside `message`; all zeros unless TPS_OK is returned. A detached
 * payload is in `out->payload`, too.
 * @param[out] why  Where and why it failed; may be NULL.
 *
 * @retval TPS_OK                  The signature is good.
 * @retval TPS_COSE_NOT_WELL_FORMED  It is no COSE_Sign1; tagged as a COSE_Mac0, too.
 * @retval TPS_COSE_ALG_REFUSED    The algorithm is absent, unknown, does not fit the key's curve (RFC 9864,
 * 2.1), or is not the one of `terms`.
 * @retval TPS_COSE_NO_KEY         `keys` knows no key for these headers.
 * @retval TPS_COSE_BAD_SIGNATURE  The check failed. Nothing of the payload may be used.
 * @retval TPS_COSE_DETACHED       The payload is nil, and `terms` bring none.
 * @retval TPS_COSE_ATTACHED       `terms` bring a payload, and the message has one.
 * @retval TPS_COSE_BAD_HEADER     alg is not in the protected bucket.
 * @retval TPS_BUFFER_TOO_SMALL    EdDSA: `terms->scratch` is too small.
 * @retval TPS_CRYPTO_FAILED, TPS_CRYPTO_ALG_REFUSED  The back end failed, or lacks the hash.
 * @retval others                  As tps_cose_sign1_parse(), or what `keys` returned.
 *
 * Stack: on a Cortex-M33 730 bytes of ours, beside those of the finder and of the crypto back end. RFC 9052,
 * 4.4.
 */
TPS_MUST_USE tps_status tps_cose_sign1_verify(tps_span message, const tps_cose_key_finder *keys,
                                              const tps_cose_terms *terms, tps_cose_message *out,
                                              tps_error *why);

/** Verifies what tps_cose_sign1_parse() took apart; `key` is known already, and not NULL. A detached payload
 * stays detached: it is `terms->detached` that was verified. Errors as tps_cose_sign1_verify(), but for those
 * of parsing and of the finder. Stack: 420 bytes on a Cortex-M33. */
TPS_MUST_USE tps_status tps_cose_sign1_verify_parsed(const tps_cose_message *message, tps_crypto_key *key,
                                                     const tps_cose_terms *terms);

/* ---- COSE_Mac0, verified ---- */

/**
 * @brief Verify a COSE_Mac0 message and find its payload.
 *
 * Whoever can verify a MAC can make one: it proves only that a holder of the key made the message.
 *
 * @param message   A COSE_Mac0, tagged (17) or not.
 * @param key       The shared key; its alg and ops are obeyed (TPS_KEY_OP_MAC_VERIFY).
 * @param terms     As for tps_cose_sign1_verify(); needs no scratch.
 * @param[out] out  As for tps_cose_sign1_verify().
 * @param[out] why  May be NULL.
 *
 * @retval TPS_OK                 The code is good.
 * @retval TPS_COSE_BAD_TAG       It is not. Compared in constant time.
 * @retval TPS_COSE_NOT_WELL_FORMED  It is no COSE_Mac0; tagged as a COSE_Sign1, too.
 * @retval TPS_COSE_KEY_USE       The key's alg or ops forbid this.
 * @retval TPS_COSE_ALG_REFUSED, TPS_COSE_DETACHED, TPS_COSE_ATTACHED, TPS_COSE_BAD_HEADER
 *                                As for tps_cose_sign1_verify(); an algorithm that is no TPS_ALG_HMAC*.
 * @retval TPS_CRYPTO_BAD_KEY     The key is empty.
 * @retval TPS_CRYPTO_FAILED, TPS_CRYPTO_ALG_REFUSED  The back end failed, or lacks the algorithm.
 * @retval others                 As tps_cose_sign1_parse().
 *
 * Stack: on a Cortex-M33 710 bytes of ours. RFC 9052, 6.3; RFC 9053, 3.1.
 */
TPS_MUST_USE tps_status tps_cose_mac0_verify(tps_span message, const tps_cose_secret *key,
                                             const tps_cose_terms *terms, tps_cose_message *out,
                                             tps_error *why);

/** Verifies what tps_cose_sign1_parse() took apart; untagged is taken for a Mac0. Errors as
 * tps_cose_mac0_verify(). */
TPS_MUST_USE tps_status tps_cose_mac0_verify_parsed(const tps_cose_message *message,
                                                    const tps_cose_secret *key, const tps_cose_terms *terms);

/* ---- making ---- */

/** Signs. Where the private key lives is its business: in this process, or behind a connector. */
typedef struct {
    int32_t alg; /**< TPS_ALG_ES256, TPS_ALG_ESP256, ... : goes into the protected header */
    /**
     * Signs `digest` (of the algorithm's hash): r followed by s into `signature`, exactly
     * tps_crypto_alg_signature_size(alg) bytes. Any failure is passed on. Not NULL, but for EdDSA and
     * Ed25519.
     */
    tps_status (*sign)(void *context, int32_t alg, tps_span digest, tps_buf signature);
    void *context;
    /** Signs a whole message, for EdDSA and Ed25519, which sign no digests; NULL if there is no such key. */
    tps_status (*sign_message)(void *context, int32_t alg, tps_span message, tps_buf signature);
} tps_cose_signer;

/** A signer over a key pair of this process; the key stays the caller's, and must live as long as the signer.
 * A public key, or one that does not fit `alg`, shows when it signs: TPS_CRYPTO_BAD_KEY,
 * TPS_CRYPTO_ALG_REFUSED. */
tps_cose_signer tps_cose_signer_of_key(tps_crypto_key *key, int32_t alg);

/** What goes into a message that is made, beside alg. Empty members are left out; zeros are a good default.
 */
typedef struct {
    tps_span content_type;         /**< text, protected */
    tps_span kid;                  /**< protected */
    const tps_span *x5chain;       /**< DER certificates, leaf first; unprotected (a chain proves itself) */
    size_t x5chain_count;          /**< at most TPS_COSE_X5CHAIN_MAX */
    tps_span corim_meta;           /**< encoded corim-meta-map, protected */
    bool is_x5chain_protected;     /**< put x5chain into the protected bucket (signed CoRIM) */
    bool is_kid_unprotected;       /**< put kid into the unprotected bucket */
    bool has_content_format;       /**< content type is `content_format`, and not text */
    bool has_typ_format;           /**< typ is `typ_format`, and not text */
    bool is_untagged;              /**< leave the COSE tag away: the context says what it is */
    bool is_detached;              /**< the payload is protected, but not put in: nil stands there */
    uint16_t content_format;       /**< CoAP content-format */
    uint16_t typ_format;           /**< CoAP content-format */
    tps_span typ;                  /**< text, protected (RFC 9596) */
    tps_span kid_context;          /**< protected */
    tps_span cwt_claims;           /**< encoded claims map, protected (RFC 9597) */
    tps_span x5t;                  /**< from tps_cose_x5t_make(), protected */
    tps_span more_protected;       /**< encoded pairs of label and value, put behind the known ones */
    uint32_t more_protected_count; /**< pairs in `more_protected`. That they are CBOR, that no label comes
                                      twice, and the order are the caller's */
    tps_span crit; /**< encoded array of labels that the receiver must understand: of `more_protected`, say */
    tps_span aad;  /**< external additional data, protected but not put in */
    tps_buf scratch;       /**< for EdDSA and Ed25519: see tps_cose_terms */
    tps_span iv;           /**< encryption: the nonce, of the algorithm's size, unprotected; empty: random */
    tps_span partial_iv;   /**< encryption: in place of iv, unprotected; see tps_cose_secret's base_iv */
    tps_buf detached_room; /**< encryption with is_detached: for the ciphertext, of exactly its size */
} tps_cose_make_options;

/** The name under which Sign1's makers know the options. */
typedef tps_cose_make_options tps_cose_sign1_options;

/**
 * @brief Make a COSE_Sign1.
 *
 * @param payload       The payload; at most TPS_COSE_MESSAGE_MAX bytes.
 * @param options       Headers; NULL for alg alone.
 * @param signer        Called once, unless only measured or too small. Not NULL.
 * @param out           Room; TPS_BUF_MEASURE only measures. `payload` may lie in it only where it will stand:
 * before the last 2 + tps_crypto_alg_signature_size() bytes of `out`, which then is of the size measured. So
 * a payload can be written where it is signed, without a room of its own.
 * @param[out] encoded  The message, inside `out`; measured, or with too little room, `data` is NULL and
 * `size` the size needed. Empty after any other error; what `out` then holds is undefined.
 *
 * @retval TPS_OK
 * @retval TPS_BUFFER_TOO_SMALL  `out`; or, with `encoded->size` 0, the scratch that EdDSA needs.
 * @retval TPS_COSE_ALG_REFUSED  An unknown algorithm, or PS256; or EdDSA, without `signer->sign_message`.
 * @retval TPS_BAD_ARGUMENT      More than TPS_COSE_X5CHAIN_MAX certificates; a content_type or typ that is
 * not UTF-8.
 * @retval TPS_TOO_LARGE         More than TPS_COSE_MESSAGE_MAX bytes.
 * @retval TPS_CRYPTO_FAILED, TPS_CRYPTO_ALG_REFUSED  The back end failed, or lacks the hash.
 * @retval others                What the signer returned.
 *
 * Stack: on a Cortex-M33 512 bytes of ours, tps_cose_signer_of_key()'s included. RFC 9052, 4.4.
 */
TPS_MUST_USE tps_status tps_cose_sign1_make(tps_span payload, const tps_cose_make_options *options,
                                            const tps_cose_signer *signer, tps_buf out, tps_span *encoded);

/**
 * @brief Make a COSE_Mac0.
 *
 * @param payload, options, out, encoded  As for tps_cose_sign1_make(); needs no scratch.
 * @param alg  TPS_ALG_HMAC*
 * @param key  The shared key; its alg and ops are obeyed (TPS_KEY_OP_MAC_CREATE). Its kid is not put in.
 *
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL, TPS_BAD_ARGUMENT, TPS_TOO_LARGE  As tps_cose_sign1_make().
 * @retval TPS_COSE_ALG_REFUSED  `alg` is no TPS_ALG_HMAC*.
 * @retval TPS_COSE_KEY_USE      The key's alg or ops forbid this.
 * @retval TPS_CRYPTO_BAD_KEY    The key is empty.
 * @retval TPS_CRYPTO_FAILED, TPS_CRYPTO_ALG_REFUSED  The back end failed, or lacks the algorithm.
 *
 * Stack: on a Cortex-M33 660 bytes of ours. RFC 9052, 6.3.
 */
TPS_MUST_USE tps_status tps_cose_mac0_make(tps_span payload, const tps_cose_make_options *options,
                                           int32_t alg, const tps_cose_secret *key, tps_buf out,
                                           tps_span *encoded);

#ifdef __cplusplus
}
#endif

#endif
