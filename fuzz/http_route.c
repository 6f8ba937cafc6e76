/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes what handlers read of a request: media types, query parameters, paths. A media type that was read
 * must be equal to itself when it is written again in normal form.
 */
#include <stdio.h>
#include <stdlib.h>

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
    if (tps_http_query_find(input, "nonce", TPS_BUF_OF(room), &value) == TPS_OK &&
        value.size > sizeof(room)) {
        abort();
    }
    tps_http_route_find(routes, 2, TPS_HTTP_GET, input, &match);
    return 0;
}
