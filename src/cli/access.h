/* SPDX-License-Identifier: Apache-2.0 */
/* What `tps token` and `tps administrator` share: items of one tenant, added, listed and removed, each change
 * with its entry in the audit log. */
#ifndef TPS_CLI_ACCESS_H
#define TPS_CLI_ACCESS_H

#include "server/audit/audit.h"
#include "store/store.h"

/** A kind of items in words. */
typedef struct {
    uint32_t kind;      /**< TPS_STORE_TOKEN, TPS_STORE_ADMINISTRATOR */
    const char *noun;   /**< "token" */
    const char *create; /**< "tps token create", for who has none */
} cli_access_kind;

/** Finds a tenant; false after having said that there is none. */
bool cli_access_tenant(tps_store *store, const char *name, int64_t *id);

/** Reads --scopes for a tenant; false after having said what is wrong. */
bool cli_access_scopes(const char *text, const char *tenant, uint32_t *scopes);

/** True for a name that may be given; else says so. */
bool cli_access_name(const char *name);

/** Adds an item that must be new. Returns the exit code, after having said what went wrong. */
int cli_access_add(tps_store *store, int64_t tenant, const cli_access_kind *kind, const tps_store_item *item,
                   const char *scopes);

/** Removes an item, and says so. Returns the exit code. */
int cli_access_remove(tps_store *store, int64_t tenant, const cli_access_kind *kind, const char *name);

/** Calls `print` for each item; with none, says how to make one. Returns the exit code. */
int cli_access_list(tps_store *store, int64_t tenant, const cli_access_kind *kind, const char *tenant_name,
                    tps_store_visit_item print);

#endif
