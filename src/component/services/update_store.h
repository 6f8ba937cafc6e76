/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file update_store.h
 * What the update service keeps in the vault: staged images, and the owner's policy. Private to it.
 */
#ifndef TPS_COMPONENT_UPDATE_STORE_H
#define TPS_COMPONENT_UPDATE_STORE_H

#include "component/services/update.h"

/** What is needed while values are read and written: in the work area. */
typedef struct {
    tps_update_staging next; /**< what is being written */
    uint8_t value[TPS_VAULT_VALUE_MAX];
} update_work;
TPS_WORK_FITS(update_work);

/**
 * At start: reads both values, and gives up what is staged no more: what runs now, and what has become too
 * old. A value that cannot be read is remembered as such in `state`, and does not stop the component.
 */
void update_load(tps_component *component, tps_update_state *state);

/** Adds a record, in the place of one for the same image. One put. @return as tps_vault_put(); what is staged
 * cannot be read: why. */
TPS_MUST_USE tps_status update_stage(tps_component *component, tps_update_state *state,
                                     const tps_update_record *record);

/** Removes the record of an image, or all of them if they cannot be read. One put. @retval TPS_NOT_FOUND;
 * others as tps_vault_put(). */
TPS_MUST_USE tps_status update_unstage(tps_component *component, tps_update_state *state, tps_span image);

/** Replaces the policy. One put. */
TPS_MUST_USE tps_status update_set_policy(tps_component *component, tps_update_state *state,
                                          const tps_update_policy *policy);

/** One record, all of them as an array, a policy: as spec/update.cddl has them. */
void update_put_record(tps_cbor_writer *writer, const tps_update_record *record);
void update_put_staging(tps_cbor_writer *writer, const tps_update_staging *staging);
void update_put_policy(tps_cbor_writer *writer, const tps_update_policy *policy);

/** Reads a policy that was checked to be CBOR; false if it is none. */
bool update_read_policy(tps_span encoded, tps_update_policy *out);

/** Reads an array of records that was checked to be CBOR; false if it is none. */
bool update_read_staging(tps_span encoded, tps_update_staging *out);

#endif
