/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tpsc_registry.h
 * Which connectors the TPS Client API uses in this process. The program that starts registers them; the
 * library loads nothing by itself.
 */
#ifndef TPS_TPSC_REGISTRY_H
#define TPS_TPSC_REGISTRY_H

#include "tps/tpsc_connector_api.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief Add a connector. Nothing of it is called yet.
 *
 * The order counts: an instance that two connectors claim belongs to the one registered first, so that a
 * connector loaded later cannot stand in for a component.
 *
 * @param connector  Must live, unchanged, until it is unregistered.
 *
 * @retval TPSC_SUCCESS              It is used from now on.
 * @retval TPSC_ERROR_NULL_POINTER   It, or one of its operations that is not optional, is NULL.
 * @retval TPSC_ERROR_NOT_SUPPORTED  Its ABI version is not 2. (Version 1: client/connector_v1.h.)
 * @retval TPSC_ERROR_BAD_STATE      It is registered already.
 * @retval TPSC_ERROR_OUT_OF_MEMORY  TPS_CLIENT_CONNECTORS_MAX are.
 *
 * Thread-safe.
 */
uint32_t tps_client_register(const TPSC_Connector2 *connector);

/**
 * @brief Remove a connector, and forget its services.
 *
 * @retval TPSC_SUCCESS           It is not used any more and may be freed.
 * @retval TPSC_ERROR_BAD_STATE   It is not registered.
 * @retval TPSC_ERROR_BUSY        A session is open on it, or a call is under way; it stays.
 *
 * Thread-safe.
 */
uint32_t tps_client_unregister(const TPSC_Connector2 *connector);

#ifdef __cplusplus
}
#endif

#endif
