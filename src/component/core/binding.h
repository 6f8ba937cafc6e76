/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file binding.h
 * The message that binds a session to a service provider (tag 9, spec/session.cddl): from then on the session
 * speaks for this provider in one mode, and what it stores is sealed for it. The core answers it for every
 * service with `takes_bindings`.
 *
 * Once a session; named logins only. The first binding of a provider fixes its mode until the device has
 * another owner: whoever has once been shown a pairwise identity can never be shown another through a
 * binding.
 */
#ifndef TPS_COMPONENT_BINDING_H
#define TPS_COMPONENT_BINDING_H

#include "component/core/service.h"

/** The tag of the message. */
#define TPS_TAG_BIND 9u

/** Errors in its response. */
enum {
    TPS_BIND_ERROR_MODE = 1,     /**< none of direct, pairwise, passport */
    TPS_BIND_ERROR_SESSION = 2,  /**< the session is bound already */
    TPS_BIND_ERROR_PROVIDER = 3, /**< the provider has another mode */
    TPS_BIND_ERROR_FULL = 4,     /**< no room for another provider, or this login has its share */
    TPS_BIND_ERROR_OWNER = 5     /**< the device has no owner secret: it is at its end, or cannot store */
};

/** Answers the message. Statuses as tps_service.handle(). */
TPS_MUST_USE tps_status tps_binding_answer(tps_request *request, tps_error *why);

#endif
