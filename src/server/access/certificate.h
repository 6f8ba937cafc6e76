/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file certificate.h
 * Administrators by the certificate of their TLS connection. TLS has seen that they hold its key, and that it
 * chains to a CA that the server was started with; which of all such certificates is an administrator's, an
 * entry says: by its key, or by its subject, which is as good as the CA that vouches for names.
 */
#ifndef TPS_SERVER_ACCESS_CERTIFICATE_H
#define TPS_SERVER_ACCESS_CERTIFICATE_H

#include "tps/crypto.h"

#define TPS_CERTIFICATE_SUBJECT_SIZE 256u

/** What is looked at. */
typedef struct {
    uint8_t spki_sha256[TPS_SHA256_SIZE];       /**< of the SubjectPublicKeyInfo */
    char subject[TPS_CERTIFICATE_SUBJECT_SIZE]; /**< as RFC 2253 writes it: "CN=ops,O=Example"; empty where it
                                                   is too long to be compared */
} tps_certificate;

/**
 * Reads the leaf that TLS has verified.
 * @param now  Seconds since 1970: a connection may outlive its certificate.
 * @retval TPS_OK
 * @retval TPS_SERVER_CREDENTIAL_EXPIRED  It is outside its validity.
 * @retval TPS_CRYPTO_BAD_CERTIFICATE     It cannot be read.
 */
TPS_MUST_USE tps_status tps_certificate_read(tps_span der, int64_t now, tps_certificate *out);

#endif
