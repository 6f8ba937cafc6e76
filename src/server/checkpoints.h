/* SPDX-License-Identifier: Apache-2.0 */
/** @file checkpoints.h  When the tenants' audit logs are signed: at intervals, and at the end. */
#ifndef TPS_SERVER_CHECKPOINTS_H
#define TPS_SERVER_CHECKPOINTS_H

#include "server/service_internal.h"

/** Has a checkpoint appended to each tenant's audit log that grew since the last one, by the writer's queue.
 */
void tps_checkpoints_make(tps_service *service);

#endif
