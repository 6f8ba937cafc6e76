/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fake_connector.h
 * A connector for tests: it counts what is called, fails the Nth call, and can hold an execution until it is
 * cancelled.
 */
#ifndef TESTS_UNIT_FAKE_CONNECTOR_H
#define TESTS_UNIT_FAKE_CONNECTOR_H

#include <stdatomic.h>
#include <stdbool.h>

#include "tps/tpsc_connector_api.h"

typedef struct {
    TPSC_Connector2 table; /**< register this */
    TPSC_ServiceIdentifier services[24];
    size_t services_count;
    atomic_uint calls; /**< all calls but cancel */
    uint32_t fail_at;  /**< the call that fails, counted from 1; 0: none */
    uint32_t fail_with;
    atomic_int connections; /**< open now */
    atomic_int sessions;    /**< open now */
    atomic_uint discoveries;
    atomic_uint next_id;
    atomic_uint method;    /**< of the last connect */
    uint32_t last_session; /**< of the last execute */
    uint32_t last_connection;
    const uint8_t *response; /**< what execute answers; NULL: the request itself */
    size_t response_size;
    size_t claims_size; /**< if not 0, the length that execute claims to have received */
    atomic_bool hold;   /**< execute waits until cancelled or released */
    atomic_bool ignores_cancel;
    atomic_uint cancelled_id; /**< the last one cancelled */
    atomic_uint executing_id; /**< the one under way, or 0 */
    atomic_uint cancels;
} fake_connector;

/** A fake with one service, "GPP ROT13" 0.0.16, whose instance's UUID begins with `mark`. */
void fake_connector_init(fake_connector *fake, uint8_t mark);

/** Adds a service of the type ROT13 with this version; the instance's UUID begins with `mark`. */
void fake_connector_add(fake_connector *fake, uint8_t mark, TPSC_ServiceVersion version);

#endif
