/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what comes from TPMs: evidence, quotes, signatures, keys, logs and lists of values. Whatever is
 * taken lies inside the input; evidence is written again and read again; a log that is taken is walked to its
 * end. */
#include <stdlib.h>

#include "tps/tpm.h"

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

static void require_inside(tps_span part, tps_span whole)
{
    require(part.size == 0 || (part.data >= whole.data && part.data + part.size <= whole.data + whole.size));
}

static void try_quote(tps_span input, tps_span values)
{
    static uint8_t room[65536];
    tps_tpm_quote quote;
    tps_span encoded;

    if (tps_tpm_quote_decode(input, &quote, NULL) != TPS_OK) {
        return;
    }
    require_inside(quote.extra_data, input);
    require_inside(quote.pcr_digest, input);
    require(quote.selection_count <= TPS_TPM_BANKS_MAX);
    if (tps_tpm_pcrs_encode(&quote, values, TPS_BUF_OF(room), &encoded) == TPS_OK) {
        tps_status status = tps_tpm_pcrs_check(&quote, encoded, TPS_TPM_ALG_SHA256, NULL);
        require(status == TPS_OK || status == TPS_TPM_PCR_DIGEST);
    }
}

static void try_key(tps_span input)
{
    uint8_t name[TPS_TPM_NAME_MAX];
    tps_tpm_public read;
    tps_crypto_key *key = NULL;
    size_t size;

    if (tps_tpm_public_decode(input, &read, NULL) != TPS_OK) {
        return;
    }
    require_inside(read.encoded, input);
    (void)(tps_tpm_public_is_attestation(&read, NULL) == TPS_OK);
    (void)(tps_tpm_public_is_endorsement(&read, NULL) == TPS_OK);
    (void)(tps_tpm_public_name(&read, name, &size) == TPS_OK);
    if (tps_tpm_public_key(&read, &key) == TPS_OK) {
        tps_crypto_key_free(key);
    }
}

static void try_log(tps_span input)
{
    static tps_tpm_registers registers;
    char text[TPS_TPM_EVENT_TEXT_MAX];
    tps_tpm_log log;
    tps_tpm_event_walk walk;
    tps_tpm_event event;
    size_t count = 0;

    if (tps_tpm_log_decode(input, &log, NULL) != TPS_OK) {
        return;
    }
    walk = tps_tpm_events(&log);
    while (tps_tpm_next_event(&walk, &event)) {
        count++;
        require_inside(event.data, input);
        for (size_t i = 0; i < log.bank_count; i++) {
            require(tps_tpm_event_digest(&log, &event, log.banks[i]).size == log.sizes[i]);
        }
        tps_tpm_event_describe(&event, text);
        for (const char *c = text; *c != '\0'; c++) {
            require(*c >= 0x20 && *c < 0x7f);
        }
    }
    require(count == log.event_count);
    (void)(tps_tpm_log_replay(&log, TPS_TPM_ALG_SHA256, &registers) == TPS_OK);
}

static void write_again(const tps_tpm_evidence *e, tps_span input)
{
    static uint8_t room[1 << 20];
    tps_span encoded;

    if (e->form == TPS_TPM_FORM_MAP) {
        require(tps_tpm_evidence_encode(e, TPS_BUF_OF(room), &encoded) == TPS_OK);
        require(tps_span_equal(encoded, input));
    }
}

static void try_evidence(tps_span input)
{
    static uint8_t room[1 << 17];
    tps_tpm_evidence e;
    tps_tpm_signature signature;

    if (input.size > sizeof room / 2 ||
        tps_tpm_evidence_decode(input, TPS_BUF_OF(room), &e, NULL) != TPS_OK) {
        return;
    }
    write_again(&e, input);
    try_quote(e.attest, TPS_SPAN_EMPTY);
    try_key(e.ak);
    try_log(e.event_log);
    (void)(tps_tpm_signature_decode(e.signature, &signature, NULL) == TPS_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_span input = tps_span_make(data, size);
    size_t cut = size == 0 ? 0 : (size_t)data[0] % size;

    try_evidence(input);
    try_log(input);
    try_key(input);
    try_quote(input, TPS_SPAN_EMPTY);
    try_quote(tps_span_make(data + (size == 0 ? 0 : 1), cut),
              tps_span_make(data + (size == 0 ? 0 : 1) + cut, size == 0 ? 0 : size - 1 - cut));
    return 0;
}
