/* SPDX-License-Identifier: Apache-2.0 */
/* Scopes: a table of names, and sets of them read and written. */
#include "server/access/scope.h"

/* By the number of the bit. */
static const char *const names[] = {"read",  "endorse",  "policy", "trust",   "keys",
                                    "admin", "appraise", "audit",  "operator"};

#define COUNT (sizeof names / sizeof names[0])

_Static_assert(TPS_SCOPES_ALL == (1u << COUNT) - 1, "each scope has a name");

const char *tps_scope_name(uint32_t scope)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (scope == 1u << i) {
            return names[i];
        }
    }
    return NULL;
}

uint32_t tps_scopes_get(json_reader *reader)
{
    json_list list = json_enter_array(reader);
    uint32_t scopes = 0;

    while (json_next(reader, &list)) {
        json_str name = json_get_string(reader);
        uint32_t found = 0;

        for (size_t i = 0; i < COUNT; i++) {
            found |= json_str_is(name, names[i]) ? 1u << i : 0;
        }
        if (found == 0 || (scopes & found) != 0) {
            json_fail(reader, TPS_SERVER_UNKNOWN_SCOPE);
        }
        scopes |= found;
    }
    if (scopes == 0) {
        json_fail(reader, TPS_SERVER_UNKNOWN_SCOPE);
    }
    return reader->status == TPS_OK ? scopes : 0;
}

static uint32_t find(tps_span name)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (tps_span_is_text(name, names[i])) {
            return 1u << i;
        }
    }
    return 0;
}

tps_status tps_scopes_read(tps_span text, uint32_t *scopes)
{
    uint32_t set = 0;

    for (size_t from = 0, i = 0; i <= text.size; i++) {
        uint32_t scope;

        if (i < text.size && text.data[i] != ' ' && text.data[i] != ',') {
            continue;
        }
        scope = find(tps_span_make(text.data + from, i - from));
        if (scope == 0 || (set & scope) != 0) {
            return TPS_SERVER_UNKNOWN_SCOPE;
        }
        set |= scope;
        from = i + 1;
    }
    *scopes = set;
    return TPS_OK;
}

void tps_scopes_put(json_writer *writer, uint32_t scopes)
{
    json_begin_array(writer);
    for (size_t i = 0; i < COUNT; i++) {
        if ((scopes & 1u << i) != 0) {
            json_text(writer, names[i]);
        }
    }
    json_end_array(writer);
}

const char *tps_scopes_write(uint32_t scopes, char out[TPS_SCOPES_TEXT_SIZE])
{
    size_t size = 0;

    for (size_t i = 0; i < COUNT; i++) {
        size_t length = strlen(names[i]);

        if ((scopes & 1u << i) != 0) {
            if (size > 0) {
                out[size++] = ' ';
            }
            memcpy(out + size, names[i], length);
            size += length;
        }
    }
    out[size] = '\0';
    return out;
}
