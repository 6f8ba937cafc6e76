/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of the opentps device profile that RFC 9711 has no claims for: lifecycle, security counter, who
 * computed the nonce, and what moves after the start. Private to device_claims.c.
 */
#ifndef TPS_FORMAT_DEVICE_STATE_H
#define TPS_FORMAT_DEVICE_STATE_H

#include "tps/device_claims.h"

/** Reads the value of a claim of this file. Returns its name, or NULL if the label is none of them. */
const char *device_state_read(tps_cbor_reader *reader, int64_t label, tps_device_claims *out);

/** What decoder and encoder ask of these claims alike. */
TPS_MUST_USE tps_status device_state_check(const tps_device_claims *claims, tps_error *why);

/** What the encoder asks beside: what is put as it is must be in deterministic form. */
TPS_MUST_USE tps_status device_state_check_encoding(const tps_device_claims *claims, tps_error *why);

/** How many of these claims there are, submods and those of `present` not counted. */
size_t device_state_count(const tps_device_claims *claims);

/** Puts them in their order, behind all claims with positive labels. */
void device_state_put(tps_cbor_writer *writer, const tps_device_claims *claims);

#endif
