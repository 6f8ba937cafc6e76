/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Appraises and reads what vector_mutations.py made of published vectors: a case a line, an answer a line,
 * all in one process. Bytes are in hex, "-" for none; each input lies in memory of its very size, so that a
 * sanitizer sees a byte read behind it.
 *
 *   new SLOT                          a verifier that takes unsigned endorsements     -> status
 *   key|mac|corim SLOT BYTES          what it trusts and knows                        -> status
 *   appraise SLOT NOW NONCE BYTES     -> tier "," the vector's values ";" name "=" status of each finding ...
 *   ear KEY NOW BYTES                 a result in a JWT, under the verifier's key     -> status
 *   read KIND BYTES                   structure alone; kinds in the table below       -> status
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tps/cmw.h"
#include "tps/eat_bundle.h"
#include "tps/jws.h"
#include "tps/psa.h"
#include "tps/tpm.h"
#include "tps/verifier.h"

enum { SLOTS = 16, WORDS = 5, NOW = 1790000000 };

static tps_verifier *verifiers[SLOTS];

/* ---- bytes ---- */

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static tps_buf read_hex(const char *hex)
{
    size_t size = strcmp(hex, "-") == 0 ? 0 : strlen(hex) / 2;
    tps_buf bytes = {malloc(size == 0 ? 1 : size), size};

    if (bytes.data == NULL) {
        exit(2);
    }
    for (size_t i = 0; i < size; i++) {
        int high = digit(hex[2 * i]);
        int low = digit(hex[2 * i + 1]);
        if (high < 0 || low < 0) {
            exit(2);
        }
        bytes.data[i] = (uint8_t)(high * 16 + low);
    }
    return bytes;
}

static tps_buf make_room(size_t size)
{
    tps_buf room = {malloc(size == 0 ? 1 : size), size};

    if (room.data == NULL) {
        exit(2);
    }
    return room;
}

/* ---- readers: what is well-formed, to the last byte ---- */

static tps_status read_cbor(tps_span bytes, tps_buf *room)
{
    (void)room;
    return tps_cbor_check(bytes, &tps_cbor_limits_file, NULL, NULL);
}

static tps_status read_psa(tps_span bytes, tps_buf *room)
{
    static tps_psa_claims claims;

    (void)room;
    return tps_psa_decode(bytes, &claims, NULL);
}

static tps_status read_eat(tps_span bytes, tps_buf *room)
{
    (void)room;
    return tps_eat_walk(bytes, NULL, NULL);
}

static tps_status read_bundle(tps_span bytes, tps_buf *room)
{
    tps_eat_bundle bundle;

    (void)room;
    return tps_eat_bundle_read(bytes, &bundle, NULL);
}

static tps_status read_cose(tps_span bytes, tps_buf *room)
{
    tps_cose_message message;

    (void)room;
    return tps_cose_sign1_parse(bytes, &message, NULL);
}

static tps_status read_cmw(tps_span bytes, tps_buf *room)
{
    tps_cmw cmw;

    return tps_cmw_read(bytes, room, &cmw, NULL);
}

static tps_status read_cmw_certificate(tps_span bytes, tps_buf *room)
{
    tps_span cmw;

    TPS_TRY(tps_cmw_find_in_certificate(bytes, &cmw, NULL));
    return read_cmw(cmw, room);
}

static tps_status read_ear(tps_span bytes, tps_buf *room)
{
    tps_ear ear;

    return tps_ear_decode(bytes, room, &ear, NULL);
}

static tps_status read_corim(tps_span bytes, tps_buf *room)
{
    const tps_verifier_options options = {.allow_unsigned_endorsements = true};
    tps_verifier *v = NULL;
    tps_status status;

    (void)room;
    TPS_TRY(tps_verifier_new(&options, &v));
    status = tps_verifier_add_corim(v, bytes, NOW, NULL);
    tps_verifier_free(v);
    return status;
}

static tps_status read_quote(tps_span bytes, tps_buf *room)
{
    tps_tpm_signature signature;
    tps_tpm_evidence evidence;
    tps_tpm_quote quote;

    TPS_TRY(tps_tpm_evidence_decode(bytes, *room, &evidence, NULL));
    TPS_TRY(tps_tpm_quote_decode(evidence.attest, &quote, NULL));
    TPS_TRY(tps_tpm_signature_decode(evidence.signature, &signature, NULL));
    return evidence.pcrs.size == 0 ? TPS_OK : tps_tpm_pcrs_check(&quote, evidence.pcrs, signature.hash, NULL);
}

static tps_status read_log(tps_span bytes, tps_buf *room)
{
    static tps_tpm_registers registers;
    char text[TPS_TPM_EVENT_TEXT_MAX];
    tps_tpm_event_walk walk;
    tps_tpm_event event;
    tps_tpm_log log;

    (void)room;
    TPS_TRY(tps_tpm_log_decode(bytes, &log, NULL));
    walk = tps_tpm_events(&log);
    while (tps_tpm_next_event(&walk, &event)) {
        tps_tpm_event_describe(&event, text);
    }
    return tps_tpm_log_replay(&log, TPS_TPM_ALG_SHA256, &registers);
}

static const struct {
    const char *name;
    tps_status (*read)(tps_span bytes, tps_buf *room);
} kinds[] = {
    {"cbor", read_cbor},
    {"psa", read_psa},
    {"eat", read_eat},
    {"bundle", read_bundle},
    {"cose", read_cose},
    {"cmw", read_cmw},
    {"cmw-certificate", read_cmw_certificate},
    {"ear", read_ear},
    {"corim", read_corim},
    {"quote", read_quote},
    {"log", read_log},
};

static tps_status read_kind(const char *kind, tps_span bytes)
{
    tps_status status = TPS_BAD_ARGUMENT;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kind, kinds[i].name) == 0) {
            tps_buf room = make_room(2 * bytes.size);
            tps_buf rest = room;
            status = kinds[i].read(bytes, &rest);
            free(room.data);
        }
    }
    return status;
}

/* ---- signed ---- */

static tps_status read_ear_jwt(tps_span key_bytes, int64_t now, tps_span text)
{
    const tps_ear_terms terms = {.now = now, .permit_no_expiry = true};
    tps_buf room = make_room(2 * text.size);
    tps_buf rest = room;
    tps_crypto_key *key = NULL;
    tps_ear ear;
    tps_status status = tps_crypto_key_from_pem(key_bytes, &key);

    if (status == TPS_OK) {
        status = tps_ear_verify_jwt(text, key, &terms, &rest, &ear, NULL);
    }
    tps_crypto_key_free(key);
    free(room.data);
    return status;
}

static void print_appraisal(const tps_appraisal *out)
{
    printf("%s,", tps_ear_tier_name(out->tier));
    for (size_t i = 0; i < TPS_EAR_CLAIMS; i++) {
        printf("%s%d", i == 0 ? "" : " ", out->vector[i]);
    }
    for (size_t i = 0; i < out->finding_count; i++) {
        printf(";%s=%s", out->findings[i].name, tps_status_name(out->findings[i].status));
    }
    puts("");
}

/* ---- the lines ---- */

static tps_status make_verifier(size_t slot)
{
    const tps_verifier_options options = {.allow_unsigned_endorsements = true};

    tps_verifier_free(verifiers[slot]);
    verifiers[slot] = NULL;
    return tps_verifier_new(&options, &verifiers[slot]);
}

static tps_status teach(const char *what, size_t slot, tps_span bytes)
{
    if (strcmp(what, "key") == 0) {
        return tps_verifier_add_key(verifiers[slot], bytes);
    }
    if (strcmp(what, "mac") == 0) {
        return tps_verifier_add_mac_key(verifiers[slot], bytes, TPS_SPAN_EMPTY);
    }
    return tps_verifier_add_corim(verifiers[slot], bytes, NOW, NULL);
}

/* JWTs are among what may come, so all that is appraised goes the way of composite devices. */
static void appraise(size_t slot, int64_t now, tps_span nonce, tps_span bytes)
{
    static tps_appraisal parts[TPS_PARTS_MAX];
    const tps_appraisal_request request = {.nonce = nonce, .now = now};
    tps_buf room = make_room(TPS_APPRAISAL_ROOM(bytes.size));
    size_t count;
    uint8_t tier;

    tps_verifier_appraise_all(verifiers[slot], bytes, room, &request, parts, TPS_PARTS_MAX, &count, &tier);
    print_appraisal(&parts[0]);
    free(room.data);
}

static void answer(char *const *words, const tps_buf *bytes)
{
    size_t slot = strtoul(words[1], NULL, 10) % SLOTS;
    tps_span first = tps_span_make(bytes[2].data, bytes[2].size);
    tps_span third = tps_span_make(bytes[3].data, bytes[3].size);

    if (strcmp(words[0], "appraise") == 0) {
        appraise(slot, strtoll(words[2], NULL, 10), third, tps_span_make(bytes[4].data, bytes[4].size));
    } else if (strcmp(words[0], "new") == 0) {
        puts(tps_status_name(make_verifier(slot)));
    } else if (strcmp(words[0], "ear") == 0) {
        puts(tps_status_name(
            read_ear_jwt(tps_span_make(bytes[1].data, bytes[1].size), strtoll(words[2], NULL, 10), third)));
    } else if (strcmp(words[0], "read") == 0) {
        puts(tps_status_name(read_kind(words[1], first)));
    } else {
        puts(tps_status_name(teach(words[0], slot, first)));
    }
}

/* Which words of a command are bytes: a bit each. */
static unsigned bytes_of(const char *command)
{
    return strcmp(command, "appraise") == 0 ? 1u << 3 | 1u << 4
           : strcmp(command, "ear") == 0    ? 1u << 1 | 1u << 3
           : strcmp(command, "new") == 0    ? 0
                                            : 1u << 2;
}

static void read_line(char *line)
{
    static char empty[] = "-";
    char *words[WORDS] = {empty, empty, empty, empty, empty};
    tps_buf bytes[WORDS] = {{NULL, 0}};
    size_t count = 0;

    for (char *word = strtok(line, " \n"); word != NULL && count < WORDS; word = strtok(NULL, " \n")) {
        words[count++] = word;
    }
    for (size_t i = 0; i < WORDS; i++) {
        if ((bytes_of(words[0]) >> i & 1) != 0) {
            bytes[i] = read_hex(words[i]);
        }
    }
    answer(words, bytes);
    fflush(stdout);
    for (size_t i = 0; i < WORDS; i++) {
        free(bytes[i].data);
    }
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;

    while (getline(&line, &room, stdin) > 0) {
        read_line(line);
    }
    for (size_t i = 0; i < SLOTS; i++) {
        tps_verifier_free(verifiers[i]);
    }
    free(line);
    return 0;
}
