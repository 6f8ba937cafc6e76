/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the first members of a COSE message: tag, array, both header buckets. Shared by all kinds. */
#ifndef TPS_FORMAT_COSE_MAKE_H
#define TPS_FORMAT_COSE_MAKE_H

#include "format/cose/parse.h"

/**
 * Writes the start of a message of this shape. Options that cannot be set the writer's error, which
 * cose_reserve_last() returns.
 * @param options             May be NULL.
 * @param[out] protected_raw  The protected bucket inside the writer's buffer; good only if all of it fits.
 */
void cose_put_start(tps_cbor_writer *w, const tps_cose_make_options *options, const cose_shape *shape,
                    int32_t alg, tps_span *protected_raw);

/** The external additional data of the options; empty without them. */
static inline tps_span cose_aad_of(const tps_cose_make_options *options)
{
    return options == NULL ? TPS_SPAN_EMPTY : options->aad;
}

/** Writes the payload, or nil if it is detached. */
void cose_put_payload(tps_cbor_writer *w, const tps_cose_make_options *options, tps_span payload);

/**
 * Room for the last `size` bytes of a message, behind what was written.
 * @param[in,out] last     NULL before; the room, unless only measured or it does not fit.
 * @param[in,out] encoded  Empty before; the message, `data` NULL unless it fits.
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL, TPS_TOO_LARGE, TPS_BAD_ARGUMENT (the options)
 */
TPS_MUST_USE tps_status cose_reserve_last(const tps_cbor_writer *w, size_t size, uint8_t **last,
                                          tps_span *encoded);

#endif
