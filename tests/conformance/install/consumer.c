/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest program outside of this tree: it knows the installed headers and libraries only. */
#include "tps/cbor.h"
#include "tps/status.h"
#include "tps/tpsc_client_api.h"
#include "tps/verifier.h"

#include <stdio.h>

int main(void)
{
    static const uint8_t good[] = {0x82, 0x01, 0x02};
    static const uint8_t short_of_one[] = {0x82, 0x01};
    tps_status status = tps_cbor_check(TPS_SPAN_OF(short_of_one), &tps_cbor_limits_file, NULL, NULL);

    /* One call into each library: linking finds what a library needs and its description does not name. */
    tps_verifier_options options = {.allow_demonstration = false};
    tps_verifier *verifier = NULL;
    tps_status made = tps_verifier_new(&options, &verifier);
    tps_status key = made == TPS_OK ? tps_verifier_add_key(verifier, TPS_SPAN_OF(good)) : made;

    tps_verifier_free(verifier);
    if (made != TPS_OK || key == TPS_OK || TPSC_CloseSession(NULL) == TPSC_SUCCESS) {
        return 1;
    }
    printf("%s: %s\n", tps_status_name(status), tps_status_cause(status));
    return tps_cbor_check(TPS_SPAN_OF(good), &tps_cbor_limits_file, NULL, NULL) == TPS_OK && status != TPS_OK
               ? 0
               : 1;
}
