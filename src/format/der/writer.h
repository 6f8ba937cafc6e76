/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DER written, without a heap: from its end to its start. A value's length stands before its content and is
 * known only behind it; so the last value is put first, and each constructed value is closed by its head when
 * what lies within it is there. With TPS_BUF_MEASURE the writer only counts; it counts past the start of a
 * small buffer, too, so measuring and writing are one path.
 *
 *     der_writer w = der_writer_init(out);
 *     der_put(&w, DER_OCTET_STRING, digest);       ... the second member
 *     der_put(&w, DER_OID, algorithm);             ... the first member
 *     der_close(&w, DER_SEQUENCE, 0);
 *     return der_writer_finish(&w, &encoded);
 */
#ifndef TPS_FORMAT_DER_WRITER_H
#define TPS_FORMAT_DER_WRITER_H

#include "format/der/reader.h"

typedef struct {
    uint8_t *data;
    size_t capacity;
    size_t size; /**< bytes put so far, whether they fitted or not */
} der_writer;

der_writer der_writer_init(tps_buf buffer);

/** Bytes that are DER already. */
void der_put_raw(der_writer *writer, tps_span encoded);

/** A value of this tag and content; the content is not judged. */
void der_put(der_writer *writer, uint8_t tag, tps_span content);

/** An INTEGER, or what has its content, under this tag. */
void der_put_uint(der_writer *writer, uint8_t tag, uint64_t value);

/** A BIT STRING with named bits (X.690, 11.2.2): bit n of `bits` is bit n of the module; zeros at the end are
 * left out. */
void der_put_named_bits(der_writer *writer, uint8_t tag, uint32_t bits);

/** Puts the head around all that was put since the writer's size was `mark`. */
void der_close(der_writer *writer, uint8_t tag, size_t mark);

/**
 * End writing: what was written moves to the start of the buffer.
 * @param[out] encoded  With a measuring or too small buffer `data` is NULL and `size` is the size needed.
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL, TPS_TOO_LARGE (2^31 bytes or more)
 */
TPS_MUST_USE tps_status der_writer_finish(const der_writer *writer, tps_span *encoded);

#endif
