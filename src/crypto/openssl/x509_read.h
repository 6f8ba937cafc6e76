/* SPDX-License-Identifier: Apache-2.0 */
/* Reading certificates, for the files that do something with them. */
#ifndef TPS_CRYPTO_OPENSSL_X509_READ_H
#define TPS_CRYPTO_OPENSSL_X509_READ_H

#include <openssl/x509.h>

#include "tps/span.h"

/** One certificate in DER, and nothing behind it; NULL when it is none. X509_free() ends it. */
X509 *x509_read(tps_span der);

/** Whether the holder's key is one that issuers here may have: what others cost to check, strangers could
 * make us pay. */
bool x509_is_key_bearable(const X509 *certificate);

/** Seconds since 1970. False when it is no time. */
bool x509_seconds(const ASN1_TIME *when, int64_t *seconds);

/** A passphrase callback that has none: without a callback OpenSSL asks on the terminal about an encrypted
 * block, and a server would stand still. */
int x509_no_passphrase(char *passphrase, int size, int is_writing, void *context);

#endif
