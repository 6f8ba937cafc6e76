/* SPDX-License-Identifier: Apache-2.0 */
/* Routes, query parameters and media types: the small readings of a request that handlers share. */
#include "server/http/route.h"

#include "format/text/hex.h"

#include <stdio.h>

/* ---- paths ---- */

static bool path_matches(const char *pattern, tps_span path, tps_http_path_parts *parts)
{
    size_t at = 0;

    parts->count = 0;
    while (*pattern != '\0') {
        if (*pattern == '{') {
            size_t begin = at;

            while (at < path.size && path.data[at] != '/') {
                at++;
            }
            pattern = strchr(pattern, '}');
            if (at == begin || pattern == NULL || parts->count == TPS_HTTP_PATH_PARTS_MAX) {
                return false;
            }
            parts->parts[parts->count++] = tps_span_make(path.data + begin, at - begin);
        } else if (at == path.size || path.data[at++] != (uint8_t)*pattern) {
            return false;
        }
        pattern++;
    }
    return at == path.size;
}

static void add_allowed(char *allow, size_t room, tps_http_method method)
{
    size_t used = strlen(allow);

    (void)snprintf(allow + used, room - used, "%s%s%s", used > 0 ? ", " : "", tps_http_method_name(method),
                   method == TPS_HTTP_GET ? ", HEAD" : "");
}

void tps_http_route_find(const tps_http_route *routes, size_t count, tps_http_method method, tps_span path,
                         tps_http_match *match)
{
    tps_http_method wanted = method == TPS_HTTP_HEAD ? TPS_HTTP_GET : method;
    tps_http_path_parts parts;

    *match = (tps_http_match){.route = NULL};
    for (size_t i = 0; i < count; i++) {
        if (!path_matches(routes[i].pattern, path, &parts)) {
            continue;
        }
        match->path_known = true;
        if (routes[i].method == wanted) {
            match->route = &routes[i];
            match->parts = parts;
            return;
        }
        add_allowed(match->allow, sizeof(match->allow), routes[i].method);
    }
}

/* ---- queries ---- */

static tps_status decode_percent(tps_span text, tps_buf room, tps_span *value)
{
    size_t size = 0;

    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];

        if (c == '%' && text.size - i > 2 && hex_digit(text.data[i + 1]) >= 0 &&
            hex_digit(text.data[i + 2]) >= 0) {
            c = (uint8_t)(hex_digit(text.data[i + 1]) * 16 + hex_digit(text.data[i + 2]));
            i += 2;
        }
        if (size == room.size) {
            return TPS_TOO_LARGE;
        }
        room.data[size++] = c;
    }
    *value = tps_span_make(room.data, size);
    return TPS_OK;
}

tps_status tps_http_query_find(tps_span query, const char *name, tps_buf room, tps_span *value)
{
    bool found = false;
    tps_span raw = TPS_SPAN_EMPTY;

    while (query.size > 0) {
        const uint8_t *end = memchr(query.data, '&', query.size);
        tps_span pair = tps_span_make(query.data, end == NULL ? query.size : (size_t)(end - query.data));
        const uint8_t *equals = pair.size == 0 ? NULL : memchr(pair.data, '=', pair.size);
        size_t name_size = equals == NULL ? pair.size : (size_t)(equals - pair.data);

        if (tps_span_is_text(tps_span_make(pair.data, name_size), name)) {
            if (found) {
                return TPS_SERVER_BAD_REQUEST;
            }
            found = true;
            raw = equals == NULL ? TPS_SPAN_EMPTY : tps_span_make(equals + 1, pair.size - name_size - 1);
        }
        query = end == NULL ? TPS_SPAN_EMPTY : tps_span_make(end + 1, query.size - pair.size - 1);
    }
    return found ? decode_percent(raw, room, value) : TPS_NOT_FOUND;
}

/* ---- media types ---- */

/* A cursor over the text that is read, and one over the normal form that is written. */
typedef struct {
    tps_span in;
    char *out;
} media_reader;

static bool is_token_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static void advance(media_reader *r, size_t size)
{
    r->in = tps_span_make(r->in.data + size, r->in.size - size);
}

static void skip_space(media_reader *r)
{
    while (r->in.size > 0 && (r->in.data[0] == ' ' || r->in.data[0] == '\t')) {
        advance(r, 1);
    }
}

static bool take(media_reader *r, char c)
{
    if (r->in.size == 0 || r->in.data[0] != (uint8_t)c) {
        return false;
    }
    advance(r, 1);
    return true;
}

/* Copies a token; with `fold`, in lower case. */
static bool copy_token(media_reader *r, bool fold)
{
    size_t size = 0;

    while (size < r->in.size && is_token_char(r->in.data[size])) {
        uint8_t c = r->in.data[size++];

        *r->out++ = (char)(fold && c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    advance(r, size);
    return size > 0;
}

/* quoted-string (RFC 9110, 5.6.4), the opening quote already taken. */
static bool copy_quoted(media_reader *r)
{
    while (r->in.size > 0) {
        uint8_t c = r->in.data[0];

        advance(r, 1);
        if (c == '"') {
            return true;
        }
        if (c == '\\') {
            if (r->in.size == 0) {
                return false;
            }
            c = r->in.data[0];
            advance(r, 1);
        }
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return false;
        }
        *r->out++ = (char)c;
    }
    return false;
}

/*
 * Some clients send the profile's URI without quotes, although it has characters that a token may not have;
 * taking it is harmless, since it ends at the next semicolon or white space either way.
 */
static bool copy_bare_value(media_reader *r)
{
    size_t size = 0;

    while (size < r->in.size && r->in.data[size] > 0x20 && r->in.data[size] < 0x7f &&
           r->in.data[size] != ';' && r->in.data[size] != '"') {
        *r->out++ = (char)r->in.data[size++];
    }
    advance(r, size);
    return size > 0;
}

static tps_status read_parameter(media_reader *r, tps_media_type *media)
{
    const char *name = r->out;
    const char *value;

    if (!copy_token(r, true) || !take(r, '=')) {
        return TPS_SERVER_BAD_REQUEST;
    }
    *r->out++ = '\0';
    value = r->out;
    if (!(take(r, '"') ? copy_quoted(r) : copy_bare_value(r)) ||
        tps_media_type_parameter(media, name) != NULL) {
        return TPS_SERVER_BAD_REQUEST;
    }
    *r->out++ = '\0';
    if (media->count == TPS_MEDIA_PARAMETERS_MAX) {
        return TPS_TOO_LARGE;
    }
    media->parameters[media->count].name = name;
    media->parameters[media->count++].value = value;
    return TPS_OK;
}

tps_status tps_media_type_read(tps_span text, tps_media_type *media)
{
    media_reader r = {text, media->text};

    media->type = media->text;
    media->count = 0;
    if (text.size > 400) { /* the normal form adds at most one zero a part, and loses a separator for it */
        return TPS_TOO_LARGE;
    }
    if (!copy_token(&r, true) || !take(&r, '/')) {
        return TPS_SERVER_BAD_REQUEST;
    }
    *r.out++ = '/';
    if (!copy_token(&r, true)) {
        return TPS_SERVER_BAD_REQUEST;
    }
    *r.out++ = '\0';
    for (skip_space(&r); r.in.size > 0; skip_space(&r)) {
        if (!take(&r, ';')) {
            return TPS_SERVER_BAD_REQUEST;
        }
        skip_space(&r);
        if (r.in.size > 0 && r.in.data[0] != ';') {
            TPS_TRY(read_parameter(&r, media));
        }
    }
    return TPS_OK;
}

const char *tps_media_type_parameter(const tps_media_type *media, const char *name)
{
    for (size_t i = 0; i < media->count; i++) {
        if (strcmp(media->parameters[i].name, name) == 0) {
            return media->parameters[i].value;
        }
    }
    return NULL;
}

bool tps_media_type_equal(const tps_media_type *a, const tps_media_type *b)
{
    if (a->count != b->count || strcmp(a->type, b->type) != 0) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        const char *other = tps_media_type_parameter(b, a->parameters[i].name);

        if (other == NULL || strcmp(other, a->parameters[i].value) != 0) {
            return false;
        }
    }
    return true;
}
