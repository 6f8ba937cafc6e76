/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware's event log in its crypto-agile form: read, walked, and replayed to register values. */
#include "format/tpm/reader.h"

enum { LEGACY_DIGEST = 20, DIGEST_MAX = 64, LOCALITY_MAX = 4, LOCALITY_SIZE = 17 };

static const char signature_agile[16] = "Spec ID Event03";
static const char signature_locality[16] = "StartupLocality";

/* ---- the header: an event of the old form, which says which banks follow ---- */

static void read_bank(tpm_reader *r, tps_tpm_log *out)
{
    uint32_t alg = tpm_le16(r, "algorithm");
    uint16_t size = tpm_le16(r, "digest size");

    for (size_t i = 0; i < out->bank_count; i++) {
        if (out->banks[i] == alg) {
            tpm_fail(r, TPS_TPM_BAD_VALUE, "a bank is listed twice");
        }
    }
    if (r->status == TPS_OK && (size == 0 || size > DIGEST_MAX ||
                                (tps_tpm_digest_size(alg) != 0 && tps_tpm_digest_size(alg) != size))) {
        tpm_fail(r, TPS_TPM_BAD_VALUE, "digest size");
    }
    out->banks[out->bank_count] = alg;
    out->sizes[out->bank_count] = size;
    out->bank_count++;
}

static void read_specification(tpm_reader *r, tps_tpm_log *out)
{
    uint32_t count;

    (void)tpm_take(r, 8, "version of the log"); /* platform class, version, errata, size of uintn */
    count = tpm_le32(r, "number of algorithms");
    if (count == 0 || count > TPS_TPM_BANKS_MAX) {
        tpm_fail(r, TPS_TPM_BAD_VALUE, "number of algorithms");
    }
    for (uint32_t i = 0; i < count && r->status == TPS_OK; i++) {
        read_bank(r, out);
    }
    (void)tpm_take(r, tpm_u8(r, "vendor information"), "vendor information");
}

static void read_header(tpm_reader *r, tps_tpm_log *out)
{
    uint32_t pcr = tpm_le32(r, "PCR of the header");
    uint32_t type = tpm_le32(r, "type of the header");
    tpm_reader body;

    (void)tpm_take(r, LEGACY_DIGEST, "digest of the header");
    body = tpm_reader_init(tpm_take(r, tpm_le32(r, "size of the header"), "header"));
    if (r->status != TPS_OK) {
        return;
    }
    if (pcr != 0 || type != TPS_TPM_EV_NO_ACTION ||
        !tps_span_equal(tpm_take(&body, sizeof signature_agile, "header"), TPS_SPAN_OF(signature_agile))) {
        tpm_fail(r, TPS_TPM_LOG_LEGACY, NULL);
        return;
    }
    read_specification(&body, out);
    if (tpm_finish(&body, NULL) != TPS_OK) {
        tpm_fail(r, body.status, body.detail == NULL ? "header" : body.detail);
    }
}

/* ---- events ---- */

static bool is_bank(const tps_tpm_log *log, uint32_t alg, size_t *index)
{
    for (*index = 0; *index < log->bank_count; (*index)++) {
        if (log->banks[*index] == alg) {
            return true;
        }
    }
    return false;
}

/* One digest for each bank, in whatever order. */
static tps_span read_digests(tpm_reader *r, const tps_tpm_log *log)
{
    size_t start = r->at;
    uint32_t seen = 0;

    if (tpm_le32(r, "number of digests") != log->bank_count) {
        tpm_fail(r, TPS_TPM_BAD_VALUE, "number of digests");
    }
    for (size_t i = 0; i < log->bank_count && r->status == TPS_OK; i++) {
        size_t index;
        if (!is_bank(log, tpm_le16(r, "algorithm of a digest"), &index) || (seen & 1u << index) != 0) {
            tpm_fail(r, TPS_TPM_BAD_VALUE, "algorithm of a digest");
            break;
        }
        seen |= 1u << index;
        (void)tpm_take(r, log->sizes[index], "digest");
    }
    return r->status == TPS_OK ? tps_span_make(r->in.data + start + 4, r->at - start - 4) : TPS_SPAN_EMPTY;
}

static void read_event(tpm_reader *r, const tps_tpm_log *log, tps_tpm_event *out)
{
    uint32_t size;

    out->pcr = tpm_le32(r, "PCR");
    out->type = tpm_le32(r, "type of an event");
    if (out->pcr >= TPS_TPM_PCR_MAX && out->type != TPS_TPM_EV_NO_ACTION) {
        tpm_fail(r, TPS_TPM_BAD_VALUE, "PCR");
    }
    out->digests = read_digests(r, log);
    size = tpm_le32(r, "size of an event");
    if (size > TPS_TPM_EVENT_SIZE_MAX && r->status == TPS_OK) {
        tpm_fail(r, TPS_TOO_LARGE, "an event");
    }
    out->data = tpm_take(r, size, "event");
}

tps_status tps_tpm_log_decode(tps_span encoded, tps_tpm_log *out, tps_error *why)
{
    tpm_reader r = tpm_reader_init(encoded);
    tps_tpm_event event;

    memset(out, 0, sizeof *out);
    out->encoded = encoded;
    if (encoded.size > TPS_TPM_LOG_SIZE_MAX) {
        return tps_fail(why, TPS_TOO_LARGE, 0, "the event log");
    }
    read_header(&r, out);
    out->first = r.at;
    while (r.status == TPS_OK && r.at < encoded.size) {
        if (out->event_count == TPS_TPM_EVENTS_MAX) {
            tpm_fail(&r, TPS_TOO_LARGE, "number of events");
            break;
        }
        read_event(&r, out, &event);
        out->event_count++;
    }
    return tpm_finish(&r, why);
}

tps_tpm_event_walk tps_tpm_events(const tps_tpm_log *log)
{
    return (tps_tpm_event_walk){log, log->first, 1};
}

bool tps_tpm_next_event(tps_tpm_event_walk *walk, tps_tpm_event *out)
{
    tpm_reader r = tpm_reader_init(walk->log->encoded);

    r.at = walk->at;
    if (r.at == r.in.size) {
        return false;
    }
    read_event(&r, walk->log, out);
    out->number = walk->number++;
    walk->at = r.at;
    return r.status == TPS_OK;
}

tps_span tps_tpm_event_digest(const tps_tpm_log *log, const tps_tpm_event *event, uint32_t bank)
{
    tpm_reader r = tpm_reader_init(event->digests);

    for (size_t i = 0; i < log->bank_count; i++) {
        uint32_t alg = tpm_le16(&r, NULL);
        size_t index;
        tps_span digest;
        if (!is_bank(log, alg, &index)) {
            break;
        }
        digest = tpm_take(&r, log->sizes[index], NULL);
        if (alg == bank) {
            return digest;
        }
    }
    return TPS_SPAN_EMPTY;
}

/* ---- replay ---- */

static void begin_registers(tps_tpm_registers *out, uint32_t bank)
{
    memset(out, 0, sizeof *out);
    out->bank = bank;
    out->size = tps_tpm_digest_size(bank);
    for (uint32_t pcr = 17; pcr <= 22; pcr++) {
        memset(out->values[pcr], 0xff, out->size);
    }
}

/* PCR 0 begins with the locality from which the TPM was started (PC Client, 10.4.5.3). */
static tps_status take_locality(const tps_tpm_event *event, tps_tpm_registers *out)
{
    tps_span name = tps_span_make(signature_locality, sizeof signature_locality);

    if (event->pcr != 0 || event->data.size != LOCALITY_SIZE ||
        memcmp(event->data.data, name.data, name.size) != 0) {
        return TPS_OK;
    }
    if (event->data.data[LOCALITY_SIZE - 1] > LOCALITY_MAX || (out->extended & 1) != 0) {
        return TPS_TPM_BAD_VALUE; /* it says how everything began, so nothing may come before it */
    }
    out->values[0][out->size - 1] = event->data.data[LOCALITY_SIZE - 1];
    out->extended |= 1;
    return TPS_OK;
}

static tps_status extend(tps_tpm_registers *out, uint32_t pcr, tps_span digest, int32_t alg)
{
    uint8_t joined[2 * TPS_HASH_SIZE_MAX];
    tps_digest next;

    memcpy(joined, out->values[pcr], out->size);
    memcpy(joined + out->size, digest.data, out->size);
    TPS_TRY(tps_crypto_hash_of(alg, tps_span_make(joined, 2 * out->size), &next));
    memcpy(out->values[pcr], next.bytes, out->size);
    out->extended |= 1u << pcr;
    return TPS_OK;
}

tps_status tps_tpm_log_replay(const tps_tpm_log *log, uint32_t bank, tps_tpm_registers *out)
{
    tps_tpm_event_walk walk = tps_tpm_events(log);
    int32_t alg = tps_tpm_hash_alg(bank);
    tps_tpm_event event;
    size_t index;

    if (alg == TPS_ALG_NONE || !is_bank(log, bank, &index)) {
        return TPS_TPM_LOG_BANK;
    }
    begin_registers(out, bank);
    while (tps_tpm_next_event(&walk, &event)) {
        if (event.type == TPS_TPM_EV_NO_ACTION) {
            TPS_TRY(take_locality(&event, out));
        } else {
            TPS_TRY(extend(out, event.pcr, tps_tpm_event_digest(log, &event, bank), alg));
        }
    }
    return TPS_OK;
}

bool tps_tpm_event_is_told(const tps_tpm_log *log, const tps_tpm_event *event, uint32_t bank)
{
    int32_t alg = tps_tpm_hash_alg(bank);
    tps_digest digest;

    return alg != TPS_ALG_NONE && tps_crypto_hash_of(alg, event->data, &digest) == TPS_OK &&
           tps_span_equal(tps_span_make(digest.bytes, digest.size), tps_tpm_event_digest(log, event, bank));
}
