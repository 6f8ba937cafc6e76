/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file certify.h
 * Certificates of the layers: DeviceID's subject, which the maker's CA certifies under this very name, and
 * the certificates that the first stage makes at every start (spec/keys.md).
 */
#ifndef TPS_COMPONENT_BOOT_CERTIFY_H
#define TPS_COMPONENT_BOOT_CERTIFY_H

#include "component/boot/handover.h"
#include "tps/dice.h"

/** Bytes of the URI that names a class. */
#define TPS_CLASS_URI_SIZE 91u

/**
 * The subject of DeviceID's certificate: common name "MODEL DeviceID", organization the vendor, serial number
 * the device's. The factory and the first stage come to the same bytes.
 * @param[out] name  Inside `out`; TPS_DICE_NAME_MAX bytes are enough.
 */
TPS_MUST_USE tps_status tps_device_id_name(const tps_device_identity *identity, tps_buf out, tps_span *name);

/** The URI "tag:opentps.org,2026:class:" and the class id in hex. */
tps_span tps_class_uri(tps_span class_id, char uri[TPS_CLASS_URI_SIZE]);

/**
 * Make the certificates of L_R and AK_0 into the handover, from its CDI_A and UEID.
 *
 * @param device_id    DeviceID's private key.
 * @param is_insecure  The platform says of itself that it protects nothing: the certificate says so, too.
 * @retval TPS_OK, or as crypto.h and tps_dice_certificate_make(); then there are no certificates.
 */
TPS_MUST_USE tps_status boot_certify(tps_handover *handover, tps_crypto_key *device_id, bool is_insecure);

/**
 * @brief Make the CBOR certificate of AK_0, signed by L_R, for the chain whose other part is `layer_cwt`.
 *
 * Not in the handover, because R can make it: L_R follows from CDI_A.
 * @param[out] encoded  Inside `out`; TPS_BOOT_CWT_MAX bytes are enough.
 * @retval TPS_OK, or as crypto.h and tps_dice_cwt_make().
 */
TPS_MUST_USE tps_status tps_handover_ak_cwt(const tps_handover *handover, tps_buf out, tps_span *encoded);

#endif
