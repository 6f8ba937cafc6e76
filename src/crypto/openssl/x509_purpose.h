/* SPDX-License-Identifier: Apache-2.0 */
/* Purpose and class in a certificate: URIs among the subject's alternative names (spec/keys.md). */
#ifndef TPS_CRYPTO_OPENSSL_X509_PURPOSE_H
#define TPS_CRYPTO_OPENSSL_X509_PURPOSE_H

#include <openssl/x509v3.h>

#include "crypto/x509.h"

/* An extended key usage would need an object identifier of our own; a tag URI needs nobody's leave. */
#define X509_PURPOSE_PREFIX "tag:opentps.org,2026:certificate:"
#define X509_CLASS_PREFIX   "tag:opentps.org,2026:class:"
#define X509_CLASS_URI_SIZE (sizeof(X509_CLASS_PREFIX) - 1 + (size_t)2 * TPS_X509_CLASS_SIZE)

/** NULL for TPS_X509_ANY_PURPOSE. */
const char *x509_purpose_uri(tps_x509_purpose purpose);

/** The URI of a class, zero-terminated. */
void x509_write_class_uri(const uint8_t class_id[TPS_X509_CLASS_SIZE], char uri[X509_CLASS_URI_SIZE + 1]);

/** Adds a URI to the names. False when no memory is left. */
bool x509_add_uri(GENERAL_NAMES *names, const char *uri);

#endif
