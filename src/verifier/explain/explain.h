/* SPDX-License-Identifier: Apache-2.0 */
/* What an appraisal tells of itself when somebody asked for it (include/tps/explain.h). */
#ifndef TPS_VERIFIER_EXPLAIN_H
#define TPS_VERIFIER_EXPLAIN_H

#include "tps/explain.h"
#include "verifier/evidence/evidence.h"
#include "verifier/trust/trust.h"

/** All that is there when the appraisal of a part ends. */
typedef struct {
    tps_verifier *verifier;
    const tps_appraisal_request *request;
    const evidence_message *message; /**< NULL: it could not be read */
    const evidence_claims *claims;   /**< NULL with `message` */
    const trust *signer;             /**< NULL: nobody vouches for the signature */
    bool is_answer;                  /**< it answers the request, so that it was judged */
    uint32_t class_index;            /**< see judgement.h; so the next one */
    uint32_t matched;
    const tps_appraisal *appraisal;
} explain_facts;

/** Adds the part to the verifier's explanation, if it has one. */
void explain_part(const explain_facts *facts);

/**
 * Ends the explanation of a composite device: parts that were refused before they were appraised get theirs,
 * and what was found of a part when the whole was seen is told. Does nothing when nobody asked.
 */
void explain_whole(tps_verifier *v, const tps_appraisal *parts, size_t count);

/** A part under way, for the files of this folder. */
typedef struct {
    const explain_facts *facts;
    tps_explained_part *part;
    bool is_broken; /**< a link before this one broke: what follows was not looked at */
} explaining;

/** A new link; one that nobody reads when there is no more room. Its state is good, or not looked at. */
tps_link *explain_add(explaining *x, const char *name, uint32_t depth);

/** printf into one of a link's texts, cleaned. */
__attribute__((format(printf, 2, 3))) void explain_text(char text[TPS_LINK_TEXT_MAX], const char *format,
                                                        ...);

/**
 * Takes the first finding that was not told yet, whose name begins with `prefix` and whose cause has `about`
 * in it (NULL: any), for a link: state, cause and next step. False when there is none.
 */
bool explain_finding(explaining *x, tps_link *link, const char *prefix, const char *about);

/** "endorsement NAME version N, signed under ...": where something endorsed comes from. */
void explain_source(const explaining *x, uint32_t source, char text[TPS_LINK_TEXT_MAX]);

/** "2031-05-04 12:00 UTC" */
void explain_time(int64_t seconds, char text[32]);

/** Who vouches for the key that signed (trust.c), and what runs (software.c). */
void explain_trust(explaining *x);
void explain_software(explaining *x);

#endif
