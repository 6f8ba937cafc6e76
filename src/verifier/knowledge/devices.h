/* SPDX-License-Identifier: Apache-2.0 */
/* The device index, for knowledge.c. */
#ifndef TPS_VERIFIER_KNOWLEDGE_DEVICES_H
#define TPS_VERIFIER_KNOWLEDGE_DEVICES_H

#include "verifier/knowledge/knowledge.h"

void devices_go_back(knowledge *k, const knowledge_mark *mark);
void devices_free(knowledge *k);

#endif
