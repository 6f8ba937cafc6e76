/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as scopes of an anchor, as a file of revoked things, as a revocation list of an issuer, and as an
 * anchor; the first byte chooses: 'S', 'R', 'L', all else an anchor. What is refused changes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/demonstration.h"
#include "tps/revocation.h"
#include "tps/verifier.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1790000000 };

static tps_status add(tps_verifier *v, uint8_t which, tps_span input)
{
    switch (which) {
    case 'S':
        return tps_verifier_add_anchor_with_scopes(v, TPS_SPAN_OF(tps_demonstration_certificate), input,
                                                   NULL);
    case 'R': return tps_verifier_revoke_list(v, input, NULL);
    case 'L': return tps_verifier_add_crl(v, input, NOW, NULL);
    default:
        return tps_verifier_add_scoped_anchor(v, input, &(tps_anchor_scope){.uses = TPS_ANCHOR_ENDORSES});
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_verifier_options options = {.allow_demonstration = true};
    tps_verifier_counts before;
    tps_verifier_counts after;
    tps_verifier *v;

    if (size == 0 || tps_verifier_new(&options, &v) != TPS_OK) {
        return 0;
    }
    tps_verifier_count(v, &before);
    if (add(v, data[0], tps_span_make(data + 1, size - 1)) != TPS_OK) {
        tps_verifier_count(v, &after);
        if (memcmp(&before, &after, sizeof before) != 0) {
            abort();
        }
    }
    tps_verifier_free(v);
    return 0;
}
