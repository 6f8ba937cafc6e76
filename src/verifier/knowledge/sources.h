/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests, signers and tags, for knowledge.c. */
#ifndef TPS_VERIFIER_KNOWLEDGE_SOURCES_H
#define TPS_VERIFIER_KNOWLEDGE_SOURCES_H

#include "verifier/knowledge/knowledge.h"

void sources_go_back(knowledge *k, const knowledge_mark *mark);
void sources_free(knowledge *k);

#endif
