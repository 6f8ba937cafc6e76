/* SPDX-License-Identifier: Apache-2.0 */
/* Revoking, one thing or a file of them. */
#include "verifier/state.h"

void revocations_changed(tps_verifier *v)
{
    chain_cache_clear(v->chains);
}

tps_status tps_verifier_revoke(tps_verifier *v, const tps_revocation *revocation)
{
    bool is_new;

    TPS_TRY(revocation_add(&v->revoked, revocation, &is_new));
    if (is_new) {
        revocations_changed(v);
    }
    return TPS_OK;
}
