/* SPDX-License-Identifier: Apache-2.0 */
/** @file settings_merge.h  A tenant's settings, changed by a merge patch (RFC 7396). */
#ifndef TPS_SERVER_API_SETTINGS_MERGE_H
#define TPS_SERVER_API_SETTINGS_MERGE_H

#include "server/changes.h"

/** The body of a PATCH of settings, checked to be an object: application/merge-patch+json, or JSON. False
 * after it has answered. */
bool tps_settings_patch_read(const tps_call *call, tps_span *patch);

/**
 * In a transaction: sets the settings of the tenant `name` to what they are, changed by the patch, under the
 * change's condition; appends to the audit log. `change->text` is then {"settings": ...} with the tenant's
 * head, and its item.sequence the tenant's new revision.
 */
TPS_MUST_USE tps_status tps_settings_apply(tps_change *change, tps_store *store, const char *name,
                                           tps_span patch);

/**
 * In a transaction: whether no other tenant than `name` has one of these hosts: else 409.
 * @retval TPS_OK, or what tps_change_refuse() returned
 */
TPS_MUST_USE tps_status tps_settings_check_hosts(tps_change *change, tps_store *store, const char *name,
                                                 const tps_tenant_settings *settings);

/** Writes a tenant as the interface shows it: name, revision, created, settings. */
TPS_MUST_USE tps_status tps_tenant_show(tps_text *text, const tps_store_tenant *tenant);

/** Answers with `change->text`. */
void tps_settings_answer(tps_change *change, unsigned status);

#endif
