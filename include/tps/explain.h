/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file explain.h
 * The chain of trust behind an appraisal, link by link, and where it broke: for people. What is told is what
 * the appraisal itself found, gathered when it ends; nothing is judged a second time.
 *
 * Threads: as verifier.h.
 */
#ifndef TPS_EXPLAIN_H
#define TPS_EXPLAIN_H

#include "tps/appraisal.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How a link holds. */
enum {
    TPS_LINK_GOOD = 0,
    TPS_LINK_WEAK = 1,         /**< it holds, and is not what it should be: no affirmation */
    TPS_LINK_BROKEN = 2,       /**< here the chain broke */
    TPS_LINK_NOT_LOOKED_AT = 3 /**< a link before it broke */
};

/** "holds", "weak", "broken", "not looked at". */
const char *tps_link_state_name(uint32_t state);

#define TPS_LINK_NAME_MAX 32u
#define TPS_LINK_TEXT_MAX 192u

/** The most links of one part; what would be more is told by a last one. */
#define TPS_LINKS_MAX 64u

/** One link. Texts are UTF-8, zero-terminated, cleaned of what must not reach a terminal, cut to fit. */
typedef struct {
    uint32_t state;                    /**< TPS_LINK_* */
    uint32_t depth;                    /**< 0: of the chain; 1: one of those that hang at the link before */
    char name[TPS_LINK_NAME_MAX];      /**< "trust anchor", "endorsement", "signature", "software", ... */
    char what[TPS_LINK_TEXT_MAX];      /**< which one: a name, a number */
    char by[TPS_LINK_TEXT_MAX];        /**< what vouches for it, and until when; may be empty */
    char cause[TPS_LINK_TEXT_MAX];     /**< why it does not hold; empty of one that does */
    char evidence[TPS_LINK_TEXT_MAX];  /**< what the evidence says of it; may be empty */
    char known[TPS_LINK_TEXT_MAX];     /**< what is known instead; may be empty */
    char next_step[TPS_LINK_TEXT_MAX]; /**< what a person can do; may be empty */
} tps_link;

/** The links of one part, from the trust anchor to the result. */
typedef struct {
    const tps_appraisal *appraisal; /**< the caller's: valid as long as that is, and until another is written
                                       there */
    uint32_t told;                  /**< private: findings that a link has told */
    size_t link_count;
    tps_link links[TPS_LINKS_MAX];
} tps_explained_part;

/** An explanation: some 1.2 MiB, so rather static than on a stack. */
typedef struct tps_explanation {
    size_t part_count;
    tps_explained_part parts[TPS_PARTS_MAX];
} tps_explanation;

/**
 * @brief Have the appraisals that follow explained.
 *
 * @param explanation  Emptied now, then filled with a part for each that is appraised, in their order; it
 * must stay until the next call. NULL: no more, which costs an appraisal nothing.
 */
void tps_verifier_explain(tps_verifier *verifier, tps_explanation *explanation);

#ifdef __cplusplus
}
#endif

#endif
