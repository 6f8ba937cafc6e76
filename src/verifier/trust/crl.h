/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate revocation lists (RFC 5280, 5): the newest of each issuer. */
#ifndef TPS_VERIFIER_TRUST_CRL_H
#define TPS_VERIFIER_TRUST_CRL_H

#include "crypto/x509.h"

/** What is kept of a list. */
typedef struct {
    uint8_t issuer[32];       /**< SHA-256 of the key that signed list and certificates */
    int64_t this_update;      /**< seconds since 1970 */
    int64_t next_update;      /**< seconds since 1970: it counts until then, this second included */
    tps_x509_serial *serials; /**< sorted */
    size_t count;
} issuer_crl;

/** Lists, one an issuer. A zeroed one is empty and valid. */
typedef struct {
    issuer_crl *items;
    size_t count;
} crl_list;

/** The list of an issuer, or NULL. */
const issuer_crl *crl_of(const crl_list *lists, const uint8_t issuer[32]);

/** Whether a serial number is in the list; one that is out of form is taken to be. */
bool crl_revokes(const issuer_crl *crl, const tps_x509_serial *serial);

/** Ends all of them. */
void crl_free(crl_list *lists);

#endif
