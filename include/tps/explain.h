/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file explain.h
 * The chain of trust behind an appraisal, link by link, and where it broke: for people. What is told is what
 * the appraisal itself found, gathered when it ends; nothing is judged a second time, and no result depends
 * on it. So there is no error: what cannot be told is left out, and what has no room is cut.
 *
 *     static tps_explanation explanation;
 *
 *     tps_verifier_explain(verifier, &explanation);
 *     ... appraise (verifier.h) ...
 *     for each part and link: print name, state, what, by; cause and next_step where it does not hold
 *
 * The roles are RFC 9334's: links lead from the evidence and whom the verifier trusts (trust anchors, section
 * 7, endorsements and reference values, section 8) over freshness (section 10) to the appraisal policy and
 * the attestation result. What the result's claims mean: ear.h. docs/explain.md shows one, `tps explain`
 * prints them.
 *
 * Threads: as verifier.h: the explanation belongs to the verifier's thread while it is set.
 */
#ifndef TPS_EXPLAIN_H
#define TPS_EXPLAIN_H

#include "tps/appraisal.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How a link holds. Of several that do not, the first that is broken is where the chain broke. */
enum {
    TPS_LINK_GOOD = 0,
    TPS_LINK_WEAK = 1,         /**< it holds, and is not what it should be: no affirmation */
    TPS_LINK_BROKEN = 2,       /**< here the chain broke */
    TPS_LINK_NOT_LOOKED_AT = 3 /**< a link before it broke */
};

/** "holds", "weak", "broken", "not looked at"; "unknown" for any other number. Static text. */
const char *tps_link_state_name(uint32_t state);

/** Bytes of a link's name, and of each of its texts, with the final zero. */
#define TPS_LINK_NAME_MAX 32u
#define TPS_LINK_TEXT_MAX 192u

/**
 * The most links of one part. When there are more, the last place is the newest's: the result stays, and what
 * would stand before it is left out. So a part with this many links may have had more.
 */
#define TPS_LINKS_MAX 64u

/**
 * One link, 1,192 bytes. Texts are UTF-8, zero-terminated, without characters that must not reach a terminal,
 * and cut to fit. Times in them are UTC, digests hexadecimal. Names are words for people: new ones may come.
 */
typedef struct {
    uint32_t state;                    /**< TPS_LINK_* */
    uint32_t depth;                    /**< 0: of the chain; 1: one of those that hang at the link before */
    char name[TPS_LINK_NAME_MAX];      /**< docs/explain.md: "evidence", "trust anchor", "endorsement",
                                          "freshness", ... */
    char what[TPS_LINK_TEXT_MAX];      /**< which one: a name, a number */
    char by[TPS_LINK_TEXT_MAX];        /**< what vouches for it, and until when; may be empty */
    char cause[TPS_LINK_TEXT_MAX];     /**< why it does not hold; empty of one that does */
    char evidence[TPS_LINK_TEXT_MAX];  /**< what the evidence says of it; may be empty */
    char known[TPS_LINK_TEXT_MAX];     /**< what is known instead; may be empty */
    char next_step[TPS_LINK_TEXT_MAX]; /**< what a person can do; may be empty */
} tps_link;

/** The links of one part of a device (appraisal.h), the evidence first and the result last; 76,312 bytes
 * (LP64). */
typedef struct {
    const tps_appraisal *appraisal; /**< the caller's: valid as long as that is, and until another is written
                                       there */
    uint32_t told;                  /**< private: findings that a link has told */
    size_t link_count;              /**< at most TPS_LINKS_MAX */
    tps_link links[TPS_LINKS_MAX];
} tps_explained_part;

/** An explanation: 1,221,000 bytes (LP64), so rather static or of the heap than on a stack. It is the
 * caller's. */
typedef struct tps_explanation {
    size_t part_count;                       /**< at most TPS_PARTS_MAX; further parts are not explained */
    tps_explained_part parts[TPS_PARTS_MAX]; /**< in the order of their appraisal; those that were refused
                                                before one follow at the end */
} tps_explanation;

/**
 * @brief Have the appraisals that follow explained: all of them, until the next call.
 *
 * @param explanation  Emptied now; each part that is appraised is added to it. It must stay, and is not to be
 * read from another thread, until the next call or the verifier's end. To begin anew for the next device,
 * call this again. NULL: no more; then an appraisal pays nothing for it.
 */
void tps_verifier_explain(tps_verifier *verifier, tps_explanation *explanation);

#ifdef __cplusplus
}
#endif

#endif
