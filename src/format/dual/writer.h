/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One writer of CBOR or JSON: an encoder that is written over it writes either, in one path, and measures
 * (TPS_BUF_MEASURE). Counts of entries are for CBOR, ends for JSON; keys have a label and a name. The order
 * of keys is the caller's.
 */
#ifndef TPS_FORMAT_DUAL_WRITER_H
#define TPS_FORMAT_DUAL_WRITER_H

#include "format/json/writer.h"
#include "tps/cbor.h"

typedef struct {
    bool is_json;
    tps_cbor_writer cbor;
    json_writer json;
} dual_writer;

dual_writer dual_writer_init(tps_buf out, bool is_json);

void dual_begin_map(dual_writer *writer, uint64_t count);
void dual_end_map(dual_writer *writer);
void dual_begin_array(dual_writer *writer, uint64_t count);
void dual_end_array(dual_writer *writer);

/** A key: `label` in CBOR, `name` in JSON; and one that is text in both. */
void dual_put_key(dual_writer *writer, int64_t label, const char *name);
void dual_put_key_text(dual_writer *writer, tps_span name);

void dual_put_int(dual_writer *writer, int64_t value);
void dual_put_bool(dual_writer *writer, bool value);
void dual_put_text(dual_writer *writer, tps_span text);

/** Bytes; in JSON as base64url without padding. */
void dual_put_bytes(dual_writer *writer, tps_span bytes);

/** A value that is encoded already. */
void dual_put_raw(dual_writer *writer, tps_span encoded);

/** @param[out] size  Bytes written, or needed. @retval TPS_OK, TPS_BUFFER_TOO_SMALL, TPS_BAD_ARGUMENT (JSON
 * that does not close) */
TPS_MUST_USE tps_status dual_writer_finish(const dual_writer *writer, size_t *size);

#endif
