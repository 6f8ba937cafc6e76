/* SPDX-License-Identifier: Apache-2.0 */
/* One manifest under way into a verifier's knowledge: what the files of this folder share. */
#ifndef TPS_VERIFIER_ENDORSEMENTS_LOAD_H
#define TPS_VERIFIER_ENDORSEMENTS_LOAD_H

#include "verifier/state.h"
#include "verifier/trust/endorser.h"

typedef struct {
    tps_verifier *verifier;
    const tps_corim *corim;
    int64_t now;
    endorser who;         /* zeros when nobody signed */
    uint8_t owner[32];    /* whose tags these are, see knowledge_tag */
    uint8_t identity[32]; /* see knowledge_source */
    uint32_t signer;      /* index + 1; 0: nobody */
    bool has_cotl;        /* then only what a CoTL lists counts */
    uint32_t source;      /* of the tag under way */
    tps_error why;        /* more telling than the decoder's: set by load_refuse() */
} load;

/** Keeps why, and returns the status. */
tps_status load_refuse(load *l, tps_status status, const char *detail);

/** Whether the manifest follows a profile with an index of its own: pieces of software, attestation keys. */
static inline bool load_has_profile(const load *l)
{
    return l->corim->profile_kind != TPS_CORIM_PROFILE_UNKNOWN;
}

#endif
