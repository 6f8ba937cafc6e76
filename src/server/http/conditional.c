/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of entity tags: read strictly, since a condition that is misread changes what it should protect. */
#include "server/http/conditional.h"

/* A list may come in several fields (RFC 9110, 5.3), so what is read is added to what was read before. */
typedef struct {
    tps_span in;
    tps_http_tags *tags;
} tag_reader;

static void advance(tag_reader *r, size_t size)
{
    r->in = tps_span_make(r->in.data + size, r->in.size - size);
}

static bool take(tag_reader *r, char c)
{
    if (r->in.size == 0 || r->in.data[0] != (uint8_t)c) {
        return false;
    }
    advance(r, 1);
    return true;
}

static void skip_space(tag_reader *r)
{
    while (take(r, ' ') || take(r, '\t')) {
    }
}

/* etagc = %x21 / %x23-7E / obs-text: no quotes, no white space, no control characters. */
static bool is_tag_char(uint8_t c)
{
    return c == 0x21 || (c >= 0x23 && c != 0x7f);
}

/* entity-tag = [ "W/" ] DQUOTE *etagc DQUOTE; the W is an upper-case one. */
static tps_status read_tag(tag_reader *r)
{
    tps_http_tags *tags = r->tags;
    bool weak = r->in.size >= 2 && r->in.data[0] == 'W' && r->in.data[1] == '/';
    size_t size = 0;

    advance(r, weak ? 2 : 0);
    if (!take(r, '"')) {
        return TPS_SERVER_BAD_REQUEST;
    }
    while (size < r->in.size && is_tag_char(r->in.data[size])) {
        size++;
    }
    if (size == r->in.size || r->in.data[size] != '"') {
        return TPS_SERVER_BAD_REQUEST;
    }
    if (tags->count == TPS_HTTP_TAGS_MAX) {
        return TPS_TOO_LARGE;
    }
    tags->tags[tags->count].weak = weak;
    tags->tags[tags->count++].text = tps_span_make(r->in.data, size);
    advance(r, size + 1);
    return TPS_OK;
}

/* Elements may be empty, as in every list (RFC 9110, 5.6.1.2). */
static tps_status read_list(tag_reader *r)
{
    for (skip_space(r); r->in.size > 0; skip_space(r)) {
        if (take(r, ',')) {
            continue;
        }
        TPS_TRY(read_tag(r));
        skip_space(r);
        if (r->in.size > 0 && !take(r, ',')) {
            return TPS_SERVER_BAD_REQUEST;
        }
    }
    return TPS_OK;
}

static tps_status read_value(tps_span value, tps_http_tags *tags)
{
    tag_reader r = {value, tags};

    if (tps_span_is_text(value, "*")) {
        tags->any = true;
        return TPS_OK;
    }
    return read_list(&r);
}

tps_status tps_http_tags_read(const tps_http_request *request, const char *name, tps_http_tags *tags)
{
    bool found = false;

    tags->any = false;
    tags->count = 0;
    for (size_t i = 0; i < request->field_count; i++) {
        if (tps_http_text_equal(request->fields[i].name, name)) {
            if (tags->any) {
                return TPS_SERVER_BAD_REQUEST; /* the asterisk stands alone */
            }
            found = true;
            TPS_TRY(read_value(request->fields[i].value, tags));
        }
    }
    if (!found) {
        return TPS_NOT_FOUND;
    }
    return tags->any == (tags->count == 0) ? TPS_OK : TPS_SERVER_BAD_REQUEST;
}

bool tps_http_tags_match(const tps_http_tags *tags, const char *tag, bool weak)
{
    if (tag == NULL) {
        return false;
    }
    for (size_t i = 0; i < tags->count; i++) {
        if ((weak || !tags->tags[i].weak) && tps_span_is_text(tags->tags[i].text, tag)) {
            return true;
        }
    }
    return tags->any;
}

tps_status tps_http_tags_sequence(const tps_http_tags *tags, int64_t *sequence)
{
    tps_span text = tags->count == 1 ? tags->tags[0].text : TPS_SPAN_EMPTY;
    int64_t value = 0;

    if (text.size == 0 || text.size > 18 || tags->tags[0].weak || text.data[0] == '0') {
        return TPS_NOT_FOUND;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return TPS_NOT_FOUND;
        }
        value = value * 10 + (text.data[i] - '0');
    }
    *sequence = value;
    return TPS_OK;
}

const char *tps_http_tag_write(int64_t sequence, char out[TPS_HTTP_TAG_SIZE])
{
    char digits[20];
    uint64_t left = sequence > 0 ? (uint64_t)sequence : 0;
    size_t count = 0;
    size_t size = 0;

    do {
        digits[count++] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    out[size++] = '"';
    while (count > 0) {
        out[size++] = digits[--count];
    }
    out[size++] = '"';
    out[size] = '\0';
    return out;
}
