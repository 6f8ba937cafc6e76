/* SPDX-License-Identifier: Apache-2.0 */
/* The demonstration CA of share/demo-ca, built in. Its private key is public: what it certifies proves
 * nothing, and everything refuses it outside demonstrations. */
#include "factory/factory.h"

#include <demo_ca_pem.h>

tps_factory_demo_ca tps_factory_insecure_demo_ca(void)
{
    tps_factory_demo_ca ca = {TPS_SPAN_LITERAL(INSECURE_DEMO_CA_CERTIFICATE),
                              TPS_SPAN_LITERAL(INSECURE_DEMO_CA_KEY)};

    return ca;
}
