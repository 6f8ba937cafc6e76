/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file x509.h
 * X.509 certificates, as far as a chain of trust needs them: read one, check a chain against anchors, issue
 * one. Only hosts have this; it is behind openssl/.
 */
#ifndef TPS_CRYPTO_X509_H
#define TPS_CRYPTO_X509_H

#include "tps/crypto.h"

/** The most certificates in a chain, the anchor included. */
#define TPS_X509_CHAIN_MAX 8u

/**
 * @brief Check a chain, leaf first, against trust anchors.
 *
 * Each certificate must be issued by the next; the last, or the issuer of the last, must be an anchor. CA
 * bits, key usage, path length and validity at `now` are checked (RFC 5280, 6). An anchor may be an
 * intermediate: the chain ends there. Keys of issuers are P-256, P-384, P-521, Ed25519, or RSA up to 4096
 * bits.
 *
 * @param chain         DER certificates, leaf first; `count` 1..TPS_X509_CHAIN_MAX.
 * @param anchors       DER certificates that are trusted; `anchor_count` may be 0 (then
 * TPS_CRYPTO_CHAIN_UNTRUSTED).
 * @param now           Seconds since 1970, UTC.
 * @param[out] key      The leaf's public key; the caller frees it.
 * @param[out] anchor   Index of the anchor that the chain ended in; may be NULL.
 *
 * @retval TPS_CRYPTO_BAD_CERTIFICATE, TPS_CRYPTO_CHAIN_BROKEN, TPS_CRYPTO_CHAIN_EXPIRED,
 * TPS_CRYPTO_CHAIN_UNTRUSTED
 * @retval TPS_CRYPTO_CHAIN_RULES  A rule of RFC 5280 is broken, or an issuer's key is of another kind.
 * @retval TPS_CRYPTO_BAD_KEY  The chain is good, and the leaf's key is of an unknown kind or curve.
 */
TPS_MUST_USE tps_status tps_x509_chain_verify(const tps_span *chain, size_t count, const tps_span *anchors,
                                              size_t anchor_count, int64_t now, tps_crypto_key **key,
                                              size_t *anchor);

/** Trust anchors that were read once, for many chains. NULL is the empty set. One thread at a time. */
typedef struct tps_x509_anchors tps_x509_anchors;

/**
 * Adds an anchor, whose index is the number of those before; `*anchors` may be NULL, and may be made. On
 * failure nothing is added.
 * @retval TPS_CRYPTO_BAD_CERTIFICATE, TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_x509_anchors_add(tps_x509_anchors **anchors, tps_span der);

/** Forgets the anchors from index `count` on. NULL is allowed. */
void tps_x509_anchors_cut(tps_x509_anchors *anchors, size_t count);

/** NULL is allowed. */
void tps_x509_anchors_free(tps_x509_anchors *anchors);

/** As tps_x509_chain_verify(), under anchors that were read before. */
TPS_MUST_USE tps_status tps_x509_chain_verify_under(const tps_span *chain, size_t count,
                                                    const tps_x509_anchors *anchors, int64_t now,
                                                    tps_crypto_key **key, size_t *anchor);

/** What a key that is no CA's may sign: a URI among the subject's alternative names (spec/keys.md). */
typedef enum {
    TPS_X509_ANY_PURPOSE,  /**< not restricted */
    TPS_X509_ATTESTATION,  /**< evidence of one device */
    TPS_X509_ENDORSEMENTS, /**< what a maker says of its devices */
    TPS_X509_RELEASES,     /**< a maker's firmware */
} tps_x509_purpose;

/** Bytes of a device's class id. */
#define TPS_X509_CLASS_SIZE 32u

/**
 * @brief Check that the holder of a leaf certificate may sign for a purpose.
 *
 * The certificate is no CA's, and its key usage, if it has one, holds digitalSignature. For
 * TPS_X509_ATTESTATION it names this purpose or none at all: certificates that other tools made for devices
 * name none. The other purposes must be named: a key inside a device must never speak for its maker, whatever
 * its certificate leaves out.
 *
 * @param der  The leaf of a chain that tps_x509_chain_verify() took.
 * @retval TPS_OK
 * @retval TPS_CRYPTO_BAD_CERTIFICATE
 * @retval TPS_CRYPTO_CHAIN_PURPOSE  It may not.
 */
TPS_MUST_USE tps_status tps_x509_check_purpose(tps_span der, tps_x509_purpose purpose);

/**
 * @brief The class of devices that a device's certificate says it belongs to (spec/keys.md).
 * @retval TPS_OK
 * @retval TPS_CRYPTO_BAD_CERTIFICATE  It cannot be read, or names two classes or a malformed one.
 * @retval TPS_NOT_FOUND               It says nothing of a class.
 */
TPS_MUST_USE tps_status tps_x509_class_id(tps_span der, uint8_t class_id[TPS_X509_CLASS_SIZE]);

/** What a person wants to know of a certificate. Texts are zero-terminated and cut at their size. */
typedef struct {
    char subject[256];
    char issuer[256];
    char serial[64];    /**< hex */
    int64_t not_before; /**< seconds since 1970 */
    int64_t not_after;
    bool ca;
    uint8_t spki_sha256[TPS_SHA256_SIZE];
} tps_x509_info;

/** Read one DER certificate. @retval TPS_CRYPTO_BAD_CERTIFICATE */
TPS_MUST_USE tps_status tps_x509_describe(tps_span der, tps_x509_info *info);

/** A serial number without leading zeros, big-endian (RFC 5280, 4.1.2.2). */
typedef struct {
    uint8_t bytes[20];
    size_t size; /**< 0: it is negative, or longer than it may be */
} tps_x509_serial;

/** Who a certificate is, for those who look it up. */
typedef struct {
    uint8_t sha256[TPS_SHA256_SIZE];      /**< of the DER */
    uint8_t spki_sha256[TPS_SHA256_SIZE]; /**< of its SubjectPublicKeyInfo */
    tps_x509_serial serial;
    int64_t not_before; /**< seconds since 1970 */
    int64_t not_after;
} tps_x509_identity;

/** @param[out] identity  Untouched unless TPS_OK. @retval TPS_CRYPTO_BAD_CERTIFICATE */
TPS_MUST_USE tps_status tps_x509_identify(tps_span der, tps_x509_identity *identity);

/** A certificate revocation list (RFC 5280, 5). */
typedef struct tps_x509_crl tps_x509_crl;

typedef struct {
    int64_t this_update; /**< seconds since 1970 */
    int64_t next_update;
    size_t count; /**< certificates that are revoked */
} tps_x509_crl_info;

/**
 * @brief Read a list that holds all revoked certificates of its issuer. Who signed it is not checked.
 *
 * @param bytes     DER, or PEM ("X509 CRL"; other blocks before it are passed over).
 * @param[out] crl  The caller ends it with tps_x509_crl_free(); NULL on failure.
 * @retval TPS_CRYPTO_BAD_CRL  It cannot be read, or does not say when the next one comes.
 * @retval TPS_UNSUPPORTED     It has a critical extension: a delta, an indirect list, one of some
 * certificates or reasons.
 */
TPS_MUST_USE tps_status tps_x509_crl_read(tps_span bytes, tps_x509_crl **crl);

/** NULL is allowed. */
void tps_x509_crl_free(tps_x509_crl *crl);

void tps_x509_crl_describe(const tps_x509_crl *crl, tps_x509_crl_info *info);

/** The serial number of an entry, 0 .. count - 1. */
tps_x509_serial tps_x509_crl_serial(const tps_x509_crl *crl, size_t index);

/**
 * @brief Check that a list was signed by the CA that this certificate is of, with the key that signs
 * certificates: then its numbers are of certificates that this key signed.
 * @retval TPS_CRYPTO_BAD_CERTIFICATE
 * @retval TPS_CRYPTO_CHAIN_BROKEN  Another name or key.
 * @retval TPS_CRYPTO_CHAIN_RULES   Its holder is no CA, or its key usage lacks cRLSign or keyCertSign.
 */
TPS_MUST_USE tps_status tps_x509_crl_check(const tps_x509_crl *crl, tps_span issuer_der);

/** The public key of a DER certificate; the caller frees it. @retval TPS_CRYPTO_BAD_CERTIFICATE @retval
 * TPS_CRYPTO_BAD_KEY  It is of an unknown kind or curve. */
TPS_MUST_USE tps_status tps_x509_public_key(tps_span der, tps_crypto_key **key);

/**
 * True when the certificate `der` holds the key with this SPKI digest, or was signed by it.
 * @param issuer_spki  DER SubjectPublicKeyInfo of the key in question.
 */
bool tps_x509_is_under(tps_span der, tps_span issuer_spki);

/** What to put into a certificate that is issued. */
typedef struct {
    const char *common_name;  /**< of the subject */
    const char *organization; /**< of the subject; NULL for none */
    const char
        *serial_number; /**< the subject's serialNumber attribute, such as a device's number; NULL for none */
    bool ca;            /**< a CA certificate: keyCertSign, cRLSign; else digitalSignature */
    int path_length;    /**< of a CA; negative for no constraint */
    int64_t not_before; /**< seconds since 1970 */
    int64_t not_after;  /**< seconds since 1970; INT64_MAX for "no well-defined end" (RFC 5280, 4.1.2.5) */
    tps_x509_purpose purpose; /**< of a key that is no CA's */
    tps_span class_id;        /**< of a device: TPS_X509_CLASS_SIZE bytes; empty for none */
    tps_span ueid; /**< of a device, as DICE's Ueid (2.23.133.5.4.4): 7 to 33 bytes; empty for none */
} tps_x509_request;

/**
 * @brief Issue a certificate for `subject_key`, signed by `issuer_key`.
 *
 * @param issuer_der  The issuer's certificate, or the empty span for a self-signed one.
 * @param out         Takes DER. @param[out] size  Bytes written, or needed if TPS_BUFFER_TOO_SMALL.
 *
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL
 * @retval TPS_CRYPTO_BAD_CERTIFICATE  `issuer_der` cannot be read.
 * @retval TPS_BAD_ARGUMENT            Class id or ueid has another size, or `issuer_key` is not the key of
 * the issuer's certificate (or, self-signed, not `subject_key`).
 * @retval TPS_CRYPTO_FAILED           A name is empty or too long (RFC 5280, A.1: 64 characters), the key has
 * no private part, or the library failed.
 */
TPS_MUST_USE tps_status tps_x509_issue(const tps_x509_request *request, const tps_crypto_key *subject_key,
                                       tps_span issuer_der, const tps_crypto_key *issuer_key, tps_buf out,
                                       size_t *size);

/**
 * PEM certificates (one or several, in order) to DER, one after another into `out`; `ders` takes a span of
 * each.
 * @param[in,out] count  Capacity of `ders`; then the number found.
 * @retval TPS_CRYPTO_BAD_CERTIFICATE  None found, or one unreadable. @retval TPS_TOO_LARGE  More than the
 * capacity.
 */
TPS_MUST_USE tps_status tps_x509_from_pem(tps_span pem, tps_buf out, tps_span *ders, size_t *count);

#endif
