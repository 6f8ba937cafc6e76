/* SPDX-License-Identifier: Apache-2.0 */
/* The cursor over structures of a TPM. */
#include "format/tpm/reader.h"

tpm_reader tpm_reader_init(tps_span in)
{
    return (tpm_reader){.in = in, .status = TPS_OK};
}

void tpm_fail(tpm_reader *r, tps_status status, const char *detail)
{
    if (r->status == TPS_OK) {
        r->status = status;
        r->offset = r->at;
        r->detail = detail;
    }
}

tps_span tpm_take(tpm_reader *r, size_t size, const char *field)
{
    tps_span taken;

    if (r->status == TPS_OK && size > r->in.size - r->at) {
        tpm_fail(r, TPS_TPM_TRUNCATED, field);
    }
    if (r->status != TPS_OK) {
        return TPS_SPAN_EMPTY;
    }
    taken = tps_span_make(r->in.data + r->at, size);
    r->at += size;
    return taken;
}

static uint64_t big_endian(tpm_reader *r, size_t size, const char *field)
{
    tps_span bytes = tpm_take(r, size, field);
    uint64_t value = 0;

    for (size_t i = 0; i < bytes.size; i++) {
        value = value << 8 | bytes.data[i];
    }
    return value;
}

static uint64_t little_endian(tpm_reader *r, size_t size, const char *field)
{
    tps_span bytes = tpm_take(r, size, field);
    uint64_t value = 0;

    for (size_t i = bytes.size; i > 0; i--) {
        value = value << 8 | bytes.data[i - 1];
    }
    return value;
}

uint8_t tpm_u8(tpm_reader *r, const char *field)
{
    return (uint8_t)big_endian(r, 1, field);
}

uint16_t tpm_u16(tpm_reader *r, const char *field)
{
    return (uint16_t)big_endian(r, 2, field);
}

uint32_t tpm_u32(tpm_reader *r, const char *field)
{
    return (uint32_t)big_endian(r, 4, field);
}

uint64_t tpm_u64(tpm_reader *r, const char *field)
{
    return big_endian(r, 8, field);
}

uint16_t tpm_le16(tpm_reader *r, const char *field)
{
    return (uint16_t)little_endian(r, 2, field);
}

uint32_t tpm_le32(tpm_reader *r, const char *field)
{
    return (uint32_t)little_endian(r, 4, field);
}

uint64_t tpm_le64(tpm_reader *r, const char *field)
{
    return little_endian(r, 8, field);
}

tps_span tpm_sized(tpm_reader *r, size_t max, const char *field)
{
    size_t size = tpm_u16(r, field);

    if (size > max) {
        tpm_fail(r, TPS_TPM_BAD_VALUE, field);
    }
    return tpm_take(r, size, field);
}

tps_status tpm_finish(tpm_reader *r, tps_error *why)
{
    if (r->status == TPS_OK && r->at != r->in.size) {
        tpm_fail(r, TPS_TPM_TRAILING, NULL);
    }
    return r->status == TPS_OK ? TPS_OK : tps_fail(why, r->status, r->offset, r->detail);
}
