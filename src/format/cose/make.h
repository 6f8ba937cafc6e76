/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the first members of a COSE message: tag, array, both header buckets. Shared by all kinds. */
#ifndef TPS_FORMAT_COSE_MAKE_H
#define TPS_FORMAT_COSE_MAKE_H

#include "tps/cose.h"

/** What stands before the content of a message. */
typedef struct {
    const tps_cose_make_options *options;
    uint32_t tag;   /**< TPS_TAG_COSE_* */
    uint32_t count; /**< members of the array */
    int32_t alg;
    tps_span iv;         /**< unprotected; empty: none */
    tps_span partial_iv; /**< unprotected; empty: none */
} cose_start;

/** The options, or those that say nothing. */
const tps_cose_make_options *cose_options_or_none(const tps_cose_make_options *options);

/**
 * Writes the start of a message.
 * @param[out] protected_raw  The protected bucket inside the writer's buffer; good only if all of it fits.
 * @retval TPS_BAD_ARGUMENT  The options cannot be.
 */
TPS_MUST_USE tps_status cose_put_start(tps_cbor_writer *w, const cose_start *start, tps_span *protected_raw);

/** Writes the payload, or nil if it is detached. */
void cose_put_payload(tps_cbor_writer *w, const tps_cose_make_options *options, tps_span payload);

/**
 * Room for the last `size` bytes of a message, behind what was written.
 * @param[out] last     The room; `data` NULL when only measured.
 * @param[out] encoded  The message; `data` NULL unless it fits.
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL, TPS_TOO_LARGE
 */
TPS_MUST_USE tps_status cose_reserve_last(const tps_cbor_writer *w, tps_buf out, size_t size, tps_buf *last,
                                          tps_span *encoded);

#endif
