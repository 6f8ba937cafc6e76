/* SPDX-License-Identifier: Apache-2.0 */
/* tps tpm wrap, challenge: a quote and what goes with it as one piece of evidence. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/tpm.h"

enum { PCRS_ROOM = 16384, NONCE_ROOM = 64, INSTANCE_ROOM = 33, FILES = 5 };

/* What the command line says, and the bytes of its files. */
typedef struct {
    const char *quote;
    const char *signature;
    const char *pcrs;
    const char *event_log;
    const char *ak;
    const char *ak_cert;
    const char *ek_cert;
    const char *keylime;
    const char *nonce;
    const char *aud;
    const char *instance;
    const char *out;
    tps_buf files[FILES];
    size_t file_count;
    uint8_t *rooms;
    tps_tpm_evidence evidence;
} wrapping;

/* Rooms within one allocation. */
enum {
    ROOM_PCRS = 0,
    ROOM_AK_CHAIN = ROOM_PCRS + PCRS_ROOM,
    ROOM_EK_CHAIN = ROOM_AK_CHAIN + TPM_CERTIFICATES_ROOM,
    ROOM_NONCE = ROOM_EK_CHAIN + TPM_CERTIFICATES_ROOM,
    ROOM_INSTANCE = ROOM_NONCE + NONCE_ROOM,
    ROOM_KEYLIME = ROOM_INSTANCE + INSTANCE_ROOM,
    ROOM_ENCODED = ROOM_KEYLIME + 65536,
    ROOMS = ROOM_ENCODED + TPS_TPM_EVIDENCE_MAX
};

static bool take_file(wrapping *w, const char *path, tps_span *out)
{
    tps_buf file;

    if (path == NULL) {
        return true;
    }
    if (!cli_read_file(path, TPM_FILE_LIMIT, &file)) {
        return false;
    }
    w->files[w->file_count++] = file;
    *out = cli_span(file);
    return true;
}

static bool refuse(const char *path, tps_status status, const tps_error *why)
{
    (void)cli_fail_status(path, status, why);
    return false;
}

/* The public area without the size before it. */
static bool take_ak(wrapping *w)
{
    tps_tpm_public ak;
    tps_error why = {0};
    tps_status status;

    if (!take_file(w, w->ak, &w->evidence.ak)) {
        return false;
    }
    status = tps_tpm_public_decode(w->evidence.ak, &ak, &why);
    if (status == TPS_OK) {
        status = tps_tpm_public_is_attestation(&ak, &why);
    }
    w->evidence.ak = ak.encoded;
    return status == TPS_OK || refuse(w->ak, status, &why);
}

static bool take_values(wrapping *w, const tps_tpm_quote *quote)
{
    tps_span values = TPS_SPAN_EMPTY;
    tps_status status;

    if (w->pcrs == NULL) {
        return true;
    }
    if (!take_file(w, w->pcrs, &values)) {
        return false;
    }
    status =
        tps_tpm_pcrs_encode(quote, values, (tps_buf){w->rooms + ROOM_PCRS, PCRS_ROOM}, &w->evidence.pcrs);
    return status == TPS_OK || refuse(w->pcrs, status, NULL);
}

static bool take_keylime(wrapping *w)
{
    tps_span text = TPS_SPAN_EMPTY;
    tps_tpm_evidence read;
    tps_error why = {0};
    tps_status status;

    if (!take_file(w, w->keylime, &text)) {
        return false;
    }
    status = tps_tpm_evidence_decode(text, (tps_buf){w->rooms + ROOM_KEYLIME, 65536}, &read, &why);
    if (status == TPS_OK && read.form != TPS_TPM_FORM_KEYLIME) {
        status = TPS_TPM_BAD_EVIDENCE;
    }
    w->evidence.attest = read.attest;
    w->evidence.signature = read.signature;
    w->evidence.pcrs = read.pcrs;
    return status == TPS_OK || refuse(w->keylime, status, &why);
}

static bool take_quote(wrapping *w)
{
    tps_tpm_quote quote;
    tps_tpm_signature signature;
    tps_error why = {0};
    tps_status status;

    if (w->keylime != NULL ? !take_keylime(w)
                           : !take_file(w, w->quote, &w->evidence.attest) ||
                                 !take_file(w, w->signature, &w->evidence.signature)) {
        return false;
    }
    status = tps_tpm_quote_decode(w->evidence.attest, &quote, &why);
    if (status != TPS_OK) {
        return refuse(w->keylime != NULL ? w->keylime : w->quote, status, &why);
    }
    status = tps_tpm_signature_decode(w->evidence.signature, &signature, &why);
    if (status != TPS_OK) {
        return refuse(w->keylime != NULL ? w->keylime : w->signature, status, &why);
    }
    return take_values(w, &quote);
}

static bool take_chain(wrapping *w, const char *path, size_t room, tps_span *chain, size_t *count)
{
    *count = TPS_TPM_CHAIN_MAX;
    if (path == NULL) {
        *count = 0;
        return true;
    }
    return tpm_read_certificates(path, (tps_buf){w->rooms + room, TPM_CERTIFICATES_ROOM}, chain, count);
}

static bool take_bytes(wrapping *w, const char *name, const char *text, size_t room, size_t size,
                       tps_span *out)
{
    size_t used = 0;

    if (text == NULL) {
        return true;
    }
    if (!cli_read_bytes(name, text, (tps_buf){w->rooms + room, size}, &used)) {
        return false;
    }
    *out = tps_span_make(w->rooms + room, used);
    return true;
}

static bool take_all(wrapping *w)
{
    tps_tpm_evidence *e = &w->evidence;

    e->aud = tps_span_of_text(w->aud);
    return take_quote(w) && take_ak(w) && take_file(w, w->event_log, &e->event_log) &&
           take_chain(w, w->ak_cert, ROOM_AK_CHAIN, e->chain, &e->chain_count) &&
           take_chain(w, w->ek_cert, ROOM_EK_CHAIN, e->ek_chain, &e->ek_chain_count) &&
           take_bytes(w, "--nonce", w->nonce, ROOM_NONCE, NONCE_ROOM, &e->nonce) &&
           take_bytes(w, "--instance", w->instance, ROOM_INSTANCE, INSTANCE_ROOM, &e->instance);
}

/* A nonce that the quote has itself need not be told beside it. */
static void drop_plain_nonce(tps_tpm_evidence *e)
{
    tps_tpm_quote quote;

    if (e->aud.size == 0 && tps_tpm_quote_decode(e->attest, &quote, NULL) == TPS_OK &&
        tps_span_equal(quote.extra_data, e->nonce)) {
        e->nonce = TPS_SPAN_EMPTY;
    }
}

static int write_evidence(wrapping *w)
{
    tps_span encoded;
    tps_status status;

    drop_plain_nonce(&w->evidence);
    status = tps_tpm_evidence_encode(&w->evidence, (tps_buf){w->rooms + ROOM_ENCODED, TPS_TPM_EVIDENCE_MAX},
                                     &encoded);
    if (status != TPS_OK) {
        (void)cli_fail_status(w->out, status, NULL);
        return CLI_REFUSED;
    }
    return cli_write_file(w->out, 0644, encoded) ? CLI_GOOD : CLI_FAILED;
}

static bool read_options(int argc, char **argv, wrapping *w)
{
    const cli_option options[] = {
        {.name = "--quote", .value = &w->quote},
        {.name = "--signature", .value = &w->signature},
        {.name = "--pcrs", .value = &w->pcrs},
        {.name = "--event-log", .value = &w->event_log},
        {.name = "--ak", .value = &w->ak},
        {.name = "--ak-cert", .value = &w->ak_cert},
        {.name = "--ek-cert", .value = &w->ek_cert},
        {.name = "--keylime", .value = &w->keylime},
        {.name = "--nonce", .value = &w->nonce},
        {.name = "--aud", .value = &w->aud},
        {.name = "--instance", .value = &w->instance},
        {.name = "--out", .value = &w->out},
    };
    static const char *const names[] = {"--quote", "--signature", "--ak", "--out"};
    size_t none = 0;

    if (!cli_parse(argc, argv, options, sizeof options / sizeof options[0], NULL, &none)) {
        return false;
    }
    return tpm_need("wrap", names,
                    (const char *const[]){w->keylime != NULL ? w->keylime : w->quote,
                                          w->keylime != NULL ? w->keylime : w->signature, w->ak, w->out},
                    4);
}

int tpm_wrap(int argc, char **argv)
{
    wrapping w = {.quote = NULL};
    int code;

    if (!read_options(argc, argv, &w)) {
        return CLI_FAILED;
    }
    w.rooms = malloc(ROOMS);
    if (w.rooms == NULL) {
        return cli_fail("free memory", "no memory is left");
    }
    code = take_all(&w) ? write_evidence(&w) : CLI_REFUSED;
    for (size_t i = 0; i < w.file_count; i++) {
        free(w.files[i].data);
    }
    free(w.rooms);
    return code;
}

int tpm_challenge(int argc, char **argv)
{
    const char *nonce_text = NULL;
    const char *aud = NULL;
    const cli_option options[] = {{.name = "--nonce", .value = &nonce_text},
                                  {.name = "--aud", .value = &aud}};
    static const char *const names[] = {"--nonce"};
    uint8_t nonce[NONCE_ROOM] = {0};
    uint8_t data[TPS_SHA256_SIZE];
    size_t size = 0;
    size_t none = 0;
    tps_status status;

    if (!cli_parse(argc, argv, options, 2, NULL, &none) || !tpm_need("challenge", names, &nonce_text, 1) ||
        !cli_read_bytes("--nonce", nonce_text, TPS_BUF_OF(nonce), &size)) {
        return CLI_FAILED;
    }
    status = tps_tpm_qualifying_data(tps_span_make(nonce, size), tps_span_of_text(aud), data, &size);
    if (status != TPS_OK) {
        return cli_fail("give a nonce of 8 to 64 bytes, and an audience of at most 256",
                        "the challenge cannot be made");
    }
    for (size_t i = 0; i < size; i++) {
        printf("%02x", data[i]);
    }
    printf("\n");
    return CLI_GOOD;
}
