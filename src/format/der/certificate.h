/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An X.509 certificate (RFC 5280, 4.1) taken apart in place: its parts as they are encoded, and its
 * extensions. Nothing is verified here, and nothing of a certificate may be believed before its chain is.
 */
#ifndef TPS_FORMAT_DER_CERTIFICATE_H
#define TPS_FORMAT_DER_CERTIFICATE_H

#include "format/der/reader.h"

/** The most extensions of one certificate. */
#define DER_EXTENSIONS_MAX 32u

/** The parts of a certificate; spans point into it. */
typedef struct {
    tps_span tbs;    /**< tbsCertificate: what is signed, with its head */
    uint8_t version; /**< 1, 2 or 3 */
    tps_span serial; /**< the content of the INTEGER */
    tps_span
        signature_algorithm; /**< AlgorithmIdentifier with its head; the same inside and outside of tbs */
    tps_span issuer;         /**< Name, with its head: two names are one if their bytes are */
    tps_span validity;       /**< with its head */
    tps_span subject;        /**< Name, with its head */
    tps_span public_key;     /**< SubjectPublicKeyInfo, with its head */
    tps_span extensions;     /**< the Extension values one after another; empty when there are none */
    tps_span signature;      /**< the content of the BIT STRING, whole bytes */
} der_certificate;

/** One extension. */
typedef struct {
    tps_span oid; /**< the content of the OBJECT IDENTIFIER */
    bool is_critical;
    tps_span value; /**< the content of extnValue: DER by itself, in all extensions that this library knows */
} der_extension;

/**
 * @brief Take a certificate apart.
 *
 * @param certificate  DER, the whole of it and nothing behind it.
 * @param[out] out     Undefined unless TPS_OK.
 * @param[out] why     Offset and part; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_DER_*                 From der_check(), and TPS_DER_UNEXPECTED_TYPE where RFC 5280 has another
 * type.
 * @retval TPS_DER_NOT_CANONICAL     Also: a DEFAULT value is written out (version 1, critical FALSE).
 * @retval TPS_DER_DUPLICATE         Two extensions of one kind (RFC 5280, 4.2).
 * @retval TPS_DER_OUT_OF_RANGE      A version above 3, extensions before version 3, an empty list of them or
 * more than DER_EXTENSIONS_MAX, or a signature of loose bits.
 * @retval TPS_CRYPTO_BAD_CERTIFICATE  The two signature algorithms differ (RFC 5280, 4.1.1.2).
 *
 * Stack: about 400 bytes on a Cortex-M33. RFC 5280, 4.1.
 */
TPS_MUST_USE tps_status der_certificate_read(tps_span certificate, der_certificate *out, tps_error *why);

/**
 * @brief The content of one extension of a certificate.
 *
 * @param certificate    DER. All of it is read, as der_certificate_read() does.
 * @param oid            The encoded OBJECT IDENTIFIER without tag and length.
 * @param[out] value     The content of extnValue; untouched unless TPS_OK.
 * @param[out] critical  Untouched unless TPS_OK.
 * @param[out] why       May be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_NOT_FOUND  The certificate is good and has no such extension.
 * @retval others         As der_certificate_read().
 */
TPS_MUST_USE tps_status der_certificate_extension(tps_span certificate, tps_span oid, tps_span *value,
                                                  bool *critical, tps_error *why);

/** Finds an extension in a certificate that der_certificate_read() took apart; false if there is none. */
bool der_extension_find(const der_certificate *certificate, tps_span oid, der_extension *out);

/** Reads one Extension; the reader stands in a list of them, such as `extensions`. */
void der_extension_read(der_reader *reader, der_extension *out);

#endif
