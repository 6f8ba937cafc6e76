/* SPDX-License-Identifier: Apache-2.0 */
/* The measurement keys (mkey) under which the profiles write software components. */
#ifndef TPS_FORMAT_COMID_COMPONENT_H
#define TPS_FORMAT_COMID_COMPONENT_H

#define COMID_PSA_COMPONENT     "psa.software-component"
#define COMID_OPENTPS_COMPONENT "opentps.software-component"

#endif
