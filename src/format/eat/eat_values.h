/* SPDX-License-Identifier: Apache-2.0 */
/* What both directions ask of claims of RFC 9711. */
#ifndef TPS_FORMAT_EAT_VALUES_H
#define TPS_FORMAT_EAT_VALUES_H

#include "tps/eat.h"

/** A location has a latitude and a longitude. */
bool eat_location_is_whole(const tps_eat_location *location);

/** A profile is a text that is not empty, or the content of an object identifier. */
bool eat_profile_is_good(const tps_eat_claims *claims);

/** The content of the BER encoding of an object identifier: whole arcs, each in its shortest form. */
bool eat_is_oid(tps_span oid);

#endif
