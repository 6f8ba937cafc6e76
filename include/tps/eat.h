/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file eat.h
 * The claims of an Entity Attestation Token (RFC 9711) by their labels.
 */
#ifndef TPS_EAT_H
#define TPS_EAT_H

#include "tps/cwt.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Claim labels (RFC 9711, 10.2); those of every CWT are TPS_CWT_*. */
enum {
    TPS_EAT_NONCE = 10,
    TPS_EAT_UEID = 256,
    TPS_EAT_SUEIDS = 257,
    TPS_EAT_OEMID = 258,
    TPS_EAT_HWMODEL = 259,
    TPS_EAT_HWVERSION = 260,
    TPS_EAT_UPTIME = 261,
    TPS_EAT_OEMBOOT = 262,
    TPS_EAT_DBGSTAT = 263,
    TPS_EAT_LOCATION = 264,
    TPS_EAT_PROFILE = 265,
    TPS_EAT_SUBMODS = 266,
    TPS_EAT_BOOTCOUNT = 267,
    TPS_EAT_BOOTSEED = 268,
    TPS_EAT_DLOAS = 269,
    TPS_EAT_SWNAME = 270,
    TPS_EAT_SWVERSION = 271,
    TPS_EAT_MANIFESTS = 272,
    TPS_EAT_MEASUREMENTS = 273,
    TPS_EAT_MEASRES = 274,
    TPS_EAT_INTUSE = 275
};

/** Values of dbgstat (RFC 9711, 4.2.9). */
enum {
    TPS_EAT_DEBUG_ENABLED = 0,
    TPS_EAT_DEBUG_DISABLED = 1,
    TPS_EAT_DEBUG_DISABLED_SINCE_BOOT = 2,
    TPS_EAT_DEBUG_DISABLED_PERMANENTLY = 3,
    TPS_EAT_DEBUG_DISABLED_FULLY_AND_PERMANENTLY = 4,
    TPS_EAT_DEBUG_ABSENT = 0xff /**< the claim is not there */
};

/**
 * The profile claim (265) of any CBOR claims map, or the empty span: to choose a decoder. Takes anything: the
 * map is checked by the decoder that is chosen.
 */
tps_span tps_eat_profile_of(tps_span encoded);

/** dbgstat's name for people: "disabled since boot", ... */
const char *tps_eat_debug_name(uint8_t dbgstat);

#ifdef __cplusplus
}
#endif

#endif
