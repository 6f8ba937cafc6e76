/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of a tenant's access table: table.c builds it, principal.c reads it. */
#ifndef TPS_SERVER_ACCESS_TABLE_H
#define TPS_SERVER_ACCESS_TABLE_H

#include "server/access/administrator.h"
#include "server/access/principal.h"
#include "server/access/token.h"

/** Administrators of a tenant, and sources of keys that they may need. */
#define TPS_ACCESS_ADMINISTRATORS_MAX 256u
#define TPS_ACCESS_SOURCES_MAX        16u

typedef char tps_access_name[TPS_STORE_ITEM_NAME_MAX + 1];

typedef struct {
    tps_access_name name;
    tps_administrator attributes; /* without its jwks */
    tps_jwks *keys;               /* of its jwks, or NULL */
    tps_key_source *source;       /* of fetched ones, or NULL */
    size_t order;                 /* in the store */
} tps_access_administrator;

struct tps_access_table {
    bool may_operate; /* it is the default tenant's */
    tps_token_table tokens;
    tps_access_name *token_names; /* by a token's number */
    size_t name_capacity;
    tps_access_administrator *administrators; /* those of one source together */
    size_t administrator_count;
    size_t administrator_capacity;
    size_t source_count;
    /* of items that were left out */
    size_t fault_count;
    char fault_name[TPS_STORE_ITEM_NAME_MAX + 16];
    tps_status fault_status;
    const char *fault_detail;
};

#endif
