/* SPDX-License-Identifier: Apache-2.0 */
/* A client certificate as administrator entries name it. */
#include "server/access/certificate.h"

#include "crypto/x509.h"

tps_status tps_certificate_read(tps_span der, int64_t now, tps_certificate *out)
{
    tps_x509_info info;

    TPS_TRY(tps_x509_describe(der, &info));
    if (now < info.not_before || now > info.not_after) {
        return TPS_SERVER_CREDENTIAL_EXPIRED;
    }
    memcpy(out->spki_sha256, info.spki_sha256, sizeof out->spki_sha256);
    memcpy(out->subject, info.subject, sizeof out->subject);
    if (strlen(info.subject) >= sizeof info.subject - 1) { /* it may be cut */
        out->subject[0] = '\0';
    }
    return TPS_OK;
}
