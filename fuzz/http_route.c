/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes what handlers read of a request: media types, query parameters, paths, entity tags. A media type
 * that was read must be equal to itself when it is written again in normal form; a tag that was read lies
 * within its field and matches itself; a sequence number is written as it was read.
 */
#include <stdio.h>
#include <stdlib.h>

#include "server/http/conditional.h"
#include "server/http/route.h"

static void check_media_type(tps_span input)
{
    tps_media_type media;
    tps_media_type again;
    char text[1024];
    int size;

    if (tps_media_type_read(input, &media) != TPS_OK) {
        return;
    }
    size = snprintf(text, sizeof(text), "%s", media.type);
    for (size_t i = 0; i < media.count; i++) {
        if (strpbrk(media.parameters[i].value, "\"\\") != NULL) {
            return; /* would need escaping */
        }
        size += snprintf(text + size, sizeof(text) - (size_t)size, ";%s=\"%s\"", media.parameters[i].name,
                         media.parameters[i].value);
    }
    if (size <= 400 && (tps_media_type_read(tps_span_make(text, (size_t)size), &again) != TPS_OK ||
                        !tps_media_type_equal(&media, &again))) {
        abort();
    }
}

static const char *unquoted(int64_t sequence, char text[TPS_HTTP_TAG_SIZE])
{
    text[strlen(tps_http_tag_write(sequence, text)) - 1] = '\0';
    return text + 1;
}

/* The field in one piece, and in two. */
static void check_tags(tps_span input, size_t split)
{
    static tps_http_request request;
    tps_http_tags tags;
    char text[TPS_HTTP_TAG_SIZE];
    int64_t sequence;

    split = split < input.size ? split : input.size;
    request.field_count = 2;
    request.fields[0] = (tps_http_field){TPS_SPAN_LITERAL("If-Match"), tps_span_make(input.data, split)};
    request.fields[1] =
        (tps_http_field){TPS_SPAN_LITERAL("if-match"), tps_span_make(input.data + split, input.size - split)};
    if (tps_http_tags_read(&request, "If-Match", &tags) != TPS_OK) {
        return;
    }
    for (size_t i = 0; i < tags.count; i++) {
        tps_span tag = tags.tags[i].text;
        char copy[1024];

        if (tag.data < input.data || tag.data + tag.size > input.data + input.size) {
            abort();
        }
        if (tag.size < sizeof(copy) && memchr(tag.data, 0, tag.size) == NULL) {
            (void)snprintf(copy, sizeof(copy), "%.*s", (int)tag.size, (const char *)tag.data);
            if (!tps_http_tags_match(&tags, copy, true)) {
                abort();
            }
        }
    }
    if (tps_http_tags_sequence(&tags, &sequence) == TPS_OK &&
        (sequence <= 0 || !tps_span_is_text(tags.tags[0].text, unquoted(sequence, text)))) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const tps_http_route routes[] = {{"/s/{id}", 1, TPS_HTTP_GET, 0},
                                            {"/{a}/{b}/{c}/{d}/{e}", 1, TPS_HTTP_PUT, 1}};
    uint8_t room[40];
    tps_span value;
    tps_http_match match;
    tps_span input = tps_span_make(data, size);

    check_media_type(input);
    check_tags(input, size);
    check_tags(input, size / 2);
    if (tps_http_query_find(input, "nonce", TPS_BUF_OF(room), &value) == TPS_OK &&
        value.size > sizeof(room)) {
        abort();
    }
    tps_http_route_find(routes, 2, TPS_HTTP_GET, input, &match);
    return 0;
}
