/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file text.h
 * Short texts for people, put together in the caller's room without a heap: ours as they are, strangers' with
 * a '?' for each character that must not reach a terminal (format/text/escape.h). What does not fit is cut,
 * never within a character; a zero always ends the text.
 */
#ifndef TPS_AGENT_TEXT_H
#define TPS_AGENT_TEXT_H

#include "format/json/reader.h"

typedef struct {
    char *data;
    size_t size; /**< of the room */
    size_t used; /**< without the final zero */
    bool is_cut; /**< something did not fit; nothing is added any more */
} tps_agent_text;

/** An empty text. @param size  At least 1. */
tps_agent_text tps_agent_text_begin(char *room, size_t size);

/** Adds text of our own. */
void tps_agent_text_add(tps_agent_text *text, const char *ours);

/** Adds a decimal number. */
void tps_agent_text_add_number(tps_agent_text *text, uint32_t number);

/** Adds text of a stranger's, of any bytes. */
void tps_agent_text_add_span(tps_agent_text *text, tps_span theirs);

/** Adds a string of JSON that json_check() has seen, unescaped. */
void tps_agent_text_add_json(tps_agent_text *text, json_str theirs);

#endif
