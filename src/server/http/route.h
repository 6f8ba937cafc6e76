/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file route.h
 * From method and path to a handler, by a constant table; and what handlers need to read a request: path
 * segments, query parameters, media types.
 */
#ifndef TPS_SERVER_HTTP_ROUTE_H
#define TPS_SERVER_HTTP_ROUTE_H

#include "server/http/server.h"

/** What a pattern's {name} parts stood for, in their order. */
#define TPS_HTTP_PATH_PARTS_MAX 4u

typedef struct {
    tps_span parts[TPS_HTTP_PATH_PARTS_MAX];
    size_t count;
} tps_http_path_parts;

typedef struct tps_http_route tps_http_route;

/** One resource and method. HEAD is answered by the route for GET. */
struct tps_http_route {
    const char *pattern; /**< "/session/{id}": each {..} matches one segment that is not empty */
    uint64_t body_max;   /**< bytes */
    tps_http_method method;
    uint32_t action; /**< the user's own number of what to do */
};

/** What came of looking for a route. */
typedef struct {
    const tps_http_route *route; /**< NULL when none fits */
    tps_http_path_parts parts;
    bool path_known; /**< some other method has this path: 405, not 404 */
    char allow[64];  /**< then, or for OPTIONS: the methods that the path has, as for the Allow field */
} tps_http_match;

/** Looks for `path` and `method` in `routes`. */
void tps_http_route_find(const tps_http_route *routes, size_t count, tps_http_method method, tps_span path,
                         tps_http_match *match);

/**
 * Finds the query parameter `name` and decodes it (percent-encoding; a plus sign stays one, since base64 has
 * it).
 *
 * @param[out] value  The decoded bytes in `room`; empty when the parameter has no value.
 * @retval TPS_OK                  Found.
 * @retval TPS_NOT_FOUND           There is none.
 * @retval TPS_SERVER_BAD_REQUEST  It is there twice.
 * @retval TPS_TOO_LARGE           It is longer than `room`.
 */
TPS_MUST_USE tps_status tps_http_query_find(tps_span query, const char *name, tps_buf room, tps_span *value);

/** Parameters of a media type that are kept. */
#define TPS_MEDIA_PARAMETERS_MAX 4u

/** A media type (RFC 9110, 8.3.1), in normal form: lower case type and names, values without quotes. */
typedef struct {
    char text[512];   /* what all of the below point into */
    const char *type; /**< "application/eat+cwt" */
    struct {
        const char *name;  /**< "eat_profile" */
        const char *value; /**< "tag:psacertified.org,2023:psa#tfm" */
    } parameters[TPS_MEDIA_PARAMETERS_MAX];
    size_t count;
} tps_media_type;

/**
 * @brief Read a Content-Type.
 * @retval TPS_SERVER_BAD_REQUEST  Malformed, or a parameter twice.
 * @retval TPS_TOO_LARGE           Longer than 400 bytes, or more than TPS_MEDIA_PARAMETERS_MAX parameters.
 */
TPS_MUST_USE tps_status tps_media_type_read(tps_span text, tps_media_type *media);

/** The value of a parameter, or NULL. `name` in lower case. */
const char *tps_media_type_parameter(const tps_media_type *media, const char *name);

/** True when both have the same type and the same parameters, in whatever order. */
bool tps_media_type_equal(const tps_media_type *a, const tps_media_type *b);

#endif
