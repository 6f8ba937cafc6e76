/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Releases: the reference values that are one piece of software by several digests. Evidence names one
 * digest, and whoever revokes an image another. What joins them is a measurement with several digests, for as
 * long as it stands, expired or not: that two digests are of one image does not end.
 */
#ifndef TPS_VERIFIER_KNOWLEDGE_RELEASES_H
#define TPS_VERIFIER_KNOWLEDGE_RELEASES_H

#include "verifier/knowledge/knowledge.h"

/** Reference values of one release that are found at most: a digest for each algorithm, and its copies. */
#define KNOWLEDGE_RELEASE_MAX 32u

/**
 * A manifest says that two reference values are one release. What is known already adds nothing.
 * @retval TPS_OK, TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status knowledge_join_references(knowledge *k, uint32_t a, uint32_t b, uint32_t source);

/** The reference values of one release, the given one first, also through each other; returns how many. */
size_t knowledge_release_of(const knowledge *k, uint32_t reference, int64_t now,
                            uint32_t out[KNOWLEDGE_RELEASE_MAX]);

/** For knowledge_go_back(), before reference values go. */
void releases_go_back(knowledge *k, const knowledge_mark *mark);

#endif
