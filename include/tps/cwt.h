/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cwt.h
 * The claims of a CBOR Web Token (RFC 8392) by their labels.
 */
#ifndef TPS_CWT_H
#define TPS_CWT_H

#include "tps/cbor.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Claim labels (RFC 8392, 4; cnf: RFC 8747; scope: RFC 9200; cnonce: RFC 9528's registry of CWT claims). */
enum {
    TPS_CWT_ISS = 1,
    TPS_CWT_SUB = 2,
    TPS_CWT_AUD = 3,
    TPS_CWT_EXP = 4,
    TPS_CWT_NBF = 5,
    TPS_CWT_IAT = 6,
    TPS_CWT_CTI = 7,
    TPS_CWT_CNF = 8,
    TPS_CWT_SCOPE = 9,
    TPS_CWT_CNONCE = 39
};

#ifdef __cplusplus
}
#endif

#endif
