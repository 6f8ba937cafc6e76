/* SPDX-License-Identifier: Apache-2.0 */
/* Short texts for people, see text.h. */
#include "agent/text.h"

#include "format/json/string.h"
#include "format/text/escape.h"

/** One character, whole or not at all. */
static void add_character(tps_agent_text *text, const void *bytes, size_t size)
{
    if (text->is_cut || size >= text->size - text->used) {
        text->is_cut = true;
        return;
    }
    memcpy(text->data + text->used, bytes, size);
    text->used += size;
    text->data[text->used] = '\0';
}

tps_agent_text tps_agent_text_begin(char *room, size_t size)
{
    room[0] = '\0';
    return (tps_agent_text){.data = room, .size = size};
}

void tps_agent_text_add(tps_agent_text *text, const char *ours)
{
    tps_agent_text_add_span(text, tps_span_of_text(ours));
}

void tps_agent_text_add_number(tps_agent_text *text, uint32_t number)
{
    char digits[10];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    tps_agent_text_add_span(text, tps_span_make(digits + at, sizeof(digits) - at));
}

void tps_agent_text_add_span(tps_agent_text *text, tps_span theirs)
{
    for (size_t at = 0, length; at < theirs.size; at += length) {
        bool is_shown = escape_is_shown(tps_span_make(theirs.data + at, theirs.size - at), &length);

        add_character(text, is_shown ? (const void *)(theirs.data + at) : "?", is_shown ? length : 1);
    }
}

/** Bytes of the character that begins with `first`, in text that is UTF-8. */
static size_t length_of(int first)
{
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

void tps_agent_text_add_json(tps_agent_text *text, json_str theirs)
{
    json_str_walk walk = json_str_begin(theirs);

    for (int byte = json_str_next(&walk); byte >= 0; byte = json_str_next(&walk)) {
        uint8_t character[4] = {(uint8_t)byte};
        size_t length = length_of(byte);

        for (size_t i = 1; i < length; i++) {
            character[i] = (uint8_t)json_str_next(&walk); /* there is one: the text was checked */
        }
        tps_agent_text_add_span(text, tps_span_make(character, length));
    }
}
