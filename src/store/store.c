/* SPDX-License-Identifier: Apache-2.0 */
/* What all stores share: the rules for names. Tenants' names are part of URLs, and so may need no escaping.
 */
#include "store/store.h"

bool tps_store_tenant_name_is_valid(const char *name)
{
    size_t size = strlen(name);

    return size > 0 && size <= TPS_STORE_TENANT_NAME_MAX && name[0] != '-' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == size;
}

bool tps_store_item_name_is_valid(tps_span name)
{
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] < '!' || name.data[i] > '~') {
            return false;
        }
    }
    return name.size > 0 && name.size <= TPS_STORE_ITEM_NAME_MAX;
}
