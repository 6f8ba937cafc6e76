/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lamp (device 1) as a device of every scheme, whose claims can be changed before they are signed.
 * Results lie in static memory until the same function is called again.
 */
#ifndef TPS_TEST_EVERY_SCHEME_H
#define TPS_TEST_EVERY_SCHEME_H

#include "dice_maker.h"
#include "tps/tpm.h"

/** Schemes, and profiles of them, whose claims are in CBOR. dice_verifier() knows the lamp in each. */
enum { PSA, PSA_2_0_0, OPENTPS, DICE, SCHEMES };
extern const char *const scheme_names[SCHEMES];

/** The lamp's evidence with another value of one claim, as it is encoded; an empty one takes the claim away.
 */
tps_span answer_with(unsigned scheme, int64_t label, tps_span value);

/** The lamp's evidence over a nonce; without one if its `data` is NULL. */
tps_span answer(unsigned scheme, tps_span nonce);

/** A TPM's quote of PCR 0 over `extra`, and a verifier that knows its key and that value. */
tps_span quote(tps_span extra);
tps_verifier *tpm_verifier(void);

/** A manifest without profile, of this CoMID. */
tps_span write_comid(const tps_corim_comid *comid);

/** Appraises; the result lies in static memory. */
const tps_appraisal *ask(tps_verifier *v, tps_span evidence, const tps_appraisal_request *request);

/** Whether there is a finding of this name. */
bool has(const tps_appraisal *appraisal, const char *name);

#endif
