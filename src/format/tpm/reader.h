/* SPDX-License-Identifier: Apache-2.0 */
/* A cursor over structures of a TPM, which are big-endian, and of its firmware's log, which is little-endian.
 * It keeps its first error; what is read after it is zero or empty. */
#ifndef TPS_FORMAT_TPM_READER_H
#define TPS_FORMAT_TPM_READER_H

#include "tps/tpm.h"

typedef struct {
    tps_span in;
    size_t at;
    tps_status status;
    size_t offset;      /**< of the error */
    const char *detail; /**< the field at fault */
} tpm_reader;

tpm_reader tpm_reader_init(tps_span in);

/** Sets the error, unless there is one. */
void tpm_fail(tpm_reader *r, tps_status status, const char *detail);

/** `size` bytes; `field` names them where they are missing. */
tps_span tpm_take(tpm_reader *r, size_t size, const char *field);

/** Numbers, big-endian. */
uint8_t tpm_u8(tpm_reader *r, const char *field);
uint16_t tpm_u16(tpm_reader *r, const char *field);
uint32_t tpm_u32(tpm_reader *r, const char *field);
uint64_t tpm_u64(tpm_reader *r, const char *field);

/** Numbers, little-endian. */
uint16_t tpm_le16(tpm_reader *r, const char *field);
uint32_t tpm_le32(tpm_reader *r, const char *field);
uint64_t tpm_le64(tpm_reader *r, const char *field);

/** A TPM2B: bytes behind their size of 16 bits, at most `max`. */
tps_span tpm_sized(tpm_reader *r, size_t max, const char *field);

/** The reader must be at its end (TPS_TPM_TRAILING), and have met no error. Fills `why`. */
TPS_MUST_USE tps_status tpm_finish(tpm_reader *r, tps_error *why);

#endif
