/* SPDX-License-Identifier: Apache-2.0 */
/* Claims of CBOR certificates, as their reader and their maker share them. */
#ifndef TPS_FORMAT_DICE_CWT_H
#define TPS_FORMAT_DICE_CWT_H

#include "tps/dice.h"

/** Registered claims of a CWT (RFC 8392, 3.1) that certificates have. */
enum { DICE_CWT_ISSUER = 1, DICE_CWT_SUBJECT = 2, DICE_CWT_EXPIRY = 4, DICE_CWT_NOT_BEFORE = 5 };

/** The claim's label of an input value. */
static inline int32_t dice_claim_of_input(uint32_t number)
{
    return number == TPS_DICE_PROFILE_NAME ? TPS_DICE_CLAIM_PROFILE_NAME
                                           : TPS_DICE_CLAIM_CODE_HASH - (int32_t)number;
}

/** Whether a certificate may say this: names, key and usage are there, and the input values are good. */
TPS_MUST_USE tps_status dice_cwt_check(const tps_dice_cwt_claims *claims, tps_error *why);

#endif
