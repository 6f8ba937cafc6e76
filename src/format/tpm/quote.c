/* SPDX-License-Identifier: Apache-2.0 */
/* What a TPM signs: quotes (TPMS_ATTEST), and their signatures (TPMT_SIGNATURE). */
#include "format/tpm/reader.h"

enum {
    NAME_MAX = 66, /* an algorithm's number and SHA-512 */
    DATA_MAX = 66, /* TPM2B_DATA: as large as TPMT_HA */
    COORDINATE_MAX = TPS_COORDINATE_SIZE_MAX,
    ATTEST_FIRST = 0x8014,
    ATTEST_QUOTE = 0x8018,
    ATTEST_LAST = 0x801c
};

static const uint8_t magic[] = {0xff, 'T', 'C', 'G'};

static const char *const kinds[] = {"NV contents",   "command audit", "session audit",
                                    "certified key", "quote",         "time",
                                    "creation",      "0x801b",        "digest of NV contents"};

static void read_head(tpm_reader *r)
{
    tps_span found = tpm_take(r, sizeof magic, "magic");
    uint16_t type;

    if (r->status == TPS_OK && !tps_span_equal(found, TPS_SPAN_OF(magic))) {
        tpm_fail(r, TPS_TPM_NOT_FROM_TPM, "magic");
    }
    type = tpm_u16(r, "type");
    if (r->status == TPS_OK && type != ATTEST_QUOTE) {
        tpm_fail(r, TPS_TPM_NOT_A_QUOTE,
                 type >= ATTEST_FIRST && type <= ATTEST_LAST ? kinds[type - ATTEST_FIRST] : "unknown kind");
    }
}

/* TPMI_YES_NO */
static bool read_yes(tpm_reader *r, const char *field)
{
    uint8_t value = tpm_u8(r, field);

    if (value > 1) {
        tpm_fail(r, TPS_TPM_BAD_VALUE, field);
    }
    return value == 1;
}

static void read_selection(tpm_reader *r, tps_tpm_quote *out)
{
    tps_tpm_selection *selection = &out->selections[out->selection_count];
    tps_span bits;

    selection->alg = tpm_u16(r, "hash of a selection");
    selection->pcrs = 0;
    for (size_t i = 0; i < out->selection_count; i++) {
        if (out->selections[i].alg == selection->alg) {
            tpm_fail(r, TPS_TPM_BAD_VALUE, "a bank is selected twice");
        }
    }
    if (tps_tpm_digest_size(selection->alg) == 0) {
        tpm_fail(r, TPS_TPM_UNSUPPORTED, "hash of a selection");
    }
    bits = tpm_take(r, tpm_u8(r, "selection"), "selection");
    if (bits.size > TPS_TPM_PCR_MAX / 8) {
        tpm_fail(r, TPS_TPM_BAD_VALUE, "selection");
        return;
    }
    for (size_t i = 0; i < bits.size; i++) {
        selection->pcrs |= (uint32_t)bits.data[i] << 8 * i;
    }
    out->selection_count++;
}

static void read_selections(tpm_reader *r, tps_tpm_quote *out)
{
    uint32_t count = tpm_u32(r, "number of selections");

    out->selection_count = 0;
    if (count > TPS_TPM_BANKS_MAX) {
        tpm_fail(r, TPS_TPM_BAD_VALUE, "number of selections");
    }
    for (uint32_t i = 0; i < count && r->status == TPS_OK; i++) {
        read_selection(r, out);
    }
}

tps_status tps_tpm_quote_decode(tps_span attest, tps_tpm_quote *out, tps_error *why)
{
    tpm_reader r = tpm_reader_init(attest);

    read_head(&r);
    out->signer_name = tpm_sized(&r, NAME_MAX, "qualified signer");
    out->extra_data = tpm_sized(&r, DATA_MAX, "qualifying data");
    out->clock = tpm_u64(&r, "clock");
    out->reset_count = tpm_u32(&r, "reset count");
    out->restart_count = tpm_u32(&r, "restart count");
    out->is_clock_safe = read_yes(&r, "safe");
    out->firmware_version = tpm_u64(&r, "firmware version");
    read_selections(&r, out);
    out->pcr_digest = tpm_sized(&r, TPS_HASH_SIZE_MAX, "PCR digest");
    return tpm_finish(&r, why);
}

/* ---- signatures ---- */

static void read_ecdsa(tpm_reader *r, tps_tpm_signature *out)
{
    out->r = tpm_sized(r, COORDINATE_MAX, "r");
    out->s = tpm_sized(r, COORDINATE_MAX, "s");
    if (out->r.size == 0 || out->s.size == 0) {
        tpm_fail(r, TPS_TPM_BAD_VALUE, "an empty number in the signature");
    }
}

tps_status tps_tpm_signature_decode(tps_span encoded, tps_tpm_signature *out, tps_error *why)
{
    tpm_reader r = tpm_reader_init(encoded);

    memset(out, 0, sizeof *out);
    out->scheme = tpm_u16(&r, "signature scheme");
    if (r.status == TPS_OK && out->scheme != TPS_TPM_ALG_RSASSA && out->scheme != TPS_TPM_ALG_RSAPSS &&
        out->scheme != TPS_TPM_ALG_ECDSA) {
        tpm_fail(&r, TPS_TPM_UNSUPPORTED, "signature scheme");
    }
    out->hash = tpm_u16(&r, "hash of the signature");
    if (r.status == TPS_OK && tps_tpm_digest_size(out->hash) == 0) {
        tpm_fail(&r, TPS_TPM_UNSUPPORTED, "hash of the signature");
    }
    if (out->scheme == TPS_TPM_ALG_ECDSA) {
        read_ecdsa(&r, out);
    } else {
        out->value = tpm_sized(&r, TPS_RSA_SIZE_MAX, "signature");
    }
    return tpm_finish(&r, why);
}
