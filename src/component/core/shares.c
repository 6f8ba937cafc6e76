/* SPDX-License-Identifier: Apache-2.0 */
/* What a login has in the vault, under all the owners that it is there. */
#include "component/core/shares.h"

#include "component/core/component.h"
#include "component/core/ownership.h"

tps_status tps_login_next_owner(const tps_component *component, const tps_session *session,
                                tps_owner_of owner_of, size_t *place, uint8_t owner[TPS_LOGIN_OWNER_SIZE])
{
    const tps_ownership *own = &component->ownership;
    tps_session as = {.login = session->login};

    if (*place > own->count) {
        return TPS_NOT_FOUND;
    }
    if (*place > 0) {
        const tps_provider *p = &own->providers[*place - 1];

        as.binding.mode = p->mode;
        memcpy(as.binding.provider, p->provider, sizeof(as.binding.provider));
    }
    ++*place;
    return owner_of(&as, owner);
}

void tps_owner_share(tps_vault *vault, uint8_t space, const uint8_t *owner, tps_share *share)
{
    tps_vault_id id;
    size_t cursor = 0;

    while (tps_vault_next(vault, space, owner, &cursor, &id)) {
        size_t size = 0;
        tps_status status = tps_vault_get(vault, &id, NULL, TPS_BUF_MEASURE, &size);

        share->bytes += status == TPS_BUFFER_TOO_SMALL ? size : TPS_VAULT_VALUE_MAX;
        share->values++;
    }
}

tps_status tps_login_share(const tps_component *component, const tps_session *session, uint8_t space,
                           tps_owner_of owner_of, tps_share *share)
{
    uint8_t owner[TPS_LOGIN_OWNER_SIZE];
    size_t place = 0;
    tps_vault *vault;
    tps_status status;

    TPS_TRY(tps_component_vault(component, &vault));
    while ((status = tps_login_next_owner(component, session, owner_of, &place, owner)) == TPS_OK) {
        tps_owner_share(vault, space, owner, share);
    }
    return status == TPS_NOT_FOUND ? TPS_OK : status;
}

tps_status tps_login_may_store(const tps_component *component, const tps_session *session, bool *may)
{
    static const uint8_t spaces[] = {TPS_VAULT_KEY_STORE, TPS_VAULT_STORAGE, TPS_VAULT_STORAGE_ONCE,
                                     TPS_VAULT_COUNTERS, TPS_VAULT_ATTESTATION};
    tps_share all = {0, 0};
    tps_vault *vault;
    size_t used;

    TPS_TRY(tps_component_vault(component, &vault));
    for (size_t i = 0; i < sizeof(spaces); i++) {
        TPS_TRY(tps_login_share(component, session, spaces[i], tps_session_owner, &all));
    }
    used = all.bytes + all.values * tps_vault_tell(vault).overhead;
    *may = (all.values < TPS_SHARE_OF_LOGIN(TPS_VAULT_VALUES_MAX) &&
            used < TPS_SHARE_OF_LOGIN(tps_vault_tell(vault).capacity)) ||
           tps_session_is_administrator(component, session);
    return TPS_OK;
}
