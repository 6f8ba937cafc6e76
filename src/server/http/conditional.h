/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file conditional.h
 * Entity tags and the conditions on them (RFC 9110, 8.8.3, 13.1.1 and 13.1.2): If-Match and If-None-Match.
 *
 * A resource whose tag is known at once is judged by tps_http_tags_match(). One that only the store knows has
 * its sequence number as tag: tps_http_tags_sequence() gives what the store is to expect.
 */
#ifndef TPS_SERVER_HTTP_CONDITIONAL_H
#define TPS_SERVER_HTTP_CONDITIONAL_H

#include "server/http/reader.h"
#include "tps/status.h"

/** As many tags as a condition may list. */
#define TPS_HTTP_TAGS_MAX 16u

/** Room for a sequence number as tag. */
#define TPS_HTTP_TAG_SIZE 24u

/** The tags of a condition. */
typedef struct {
    bool any; /**< "*": whatever there is */
    size_t count;
    struct {
        bool weak;     /**< W/"..." */
        tps_span text; /**< between the quotes; points into the request */
    } tags[TPS_HTTP_TAGS_MAX];
} tps_http_tags;

/**
 * @brief Read a condition, from all fields of this name together.
 *
 * @param name  "If-Match" or "If-None-Match".
 *
 * @retval TPS_OK
 * @retval TPS_NOT_FOUND           The request has no such field.
 * @retval TPS_SERVER_BAD_REQUEST  It is neither a list of tags nor "*".
 * @retval TPS_TOO_LARGE           It lists more than TPS_HTTP_TAGS_MAX.
 */
TPS_MUST_USE tps_status tps_http_tags_read(const tps_http_request *request, const char *name,
                                           tps_http_tags *tags);

/**
 * True when one of them is the resource's.
 *
 * @param tag   The resource's strong tag without quotes; NULL when there is no such resource.
 * @param weak  Compare weakly, as If-None-Match does: a weak tag is as good as a strong one. If-Match does
 *              not, so there weak ones match nothing.
 */
bool tps_http_tags_match(const tps_http_tags *tags, const char *tag, bool weak);

/**
 * @brief The sequence number that If-Match names.
 *
 * @param[out] sequence  The number, when there is one strong tag that is a number as tps_http_tag_write()
 * writes it.
 * @retval TPS_OK
 * @retval TPS_NOT_FOUND  They are "*", or something else than one such tag. Unless `any`, no resource whose
 * tag is a sequence number can match, or several might (then compare once it is known).
 */
TPS_MUST_USE tps_status tps_http_tags_sequence(const tps_http_tags *tags, int64_t *sequence);

/** Writes a sequence number as an ETag field's value: "\"17\"". @return `out`. */
const char *tps_http_tag_write(int64_t sequence, char out[TPS_HTTP_TAG_SIZE]);

#endif
