/* SPDX-License-Identifier: Apache-2.0 */
/* tps tpm credential, bind: an attestation key is endorsed once the TPM that holds it has shown that. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/tpm.h"
#include "crypto/x509.h"
#include "tps/base64.h"
#include "tps/secret.h"
#include "tps/tpm_credential.h"

enum { ANCHORS_MAX = 32, STATE_MAX = 65536, PEM_MAX = 1024 };

#define STATE_FORMAT "tag:opentps.org,2026:tpm2-activation"

/* What is kept between the two: members of a map. */
enum { STATE_PROFILE = 0, STATE_SECRET = 1, STATE_AK = 2, STATE_EK = 3, STATE_MEMBERS = 4 };

typedef struct {
    const char *ek_cert;
    const char *ek;
    const char *anchors[ANCHORS_MAX];
    size_t anchor_count;
    const char *ak;
    const char *out;
    const char *state;
} asking;

/* ---- the endorsement key ---- */

/* The anchors of all files. */
static bool read_anchors(const asking *a, uint8_t *room, tps_x509_anchors **anchors)
{
    for (size_t i = 0; i < a->anchor_count; i++) {
        tps_span ders[TPS_X509_CHAIN_MAX];
        size_t count = TPS_X509_CHAIN_MAX;
        if (!tpm_read_certificates(a->anchors[i], (tps_buf){room, TPM_CERTIFICATES_ROOM}, ders, &count)) {
            return false;
        }
        for (size_t j = 0; j < count; j++) {
            tps_status status = tps_x509_anchors_add(anchors, ders[j]);
            if (status != TPS_OK) {
                (void)cli_fail_status(a->anchors[i], status, NULL);
                return false;
            }
        }
    }
    return true;
}

static tps_status verify_ek(const tps_span *chain, size_t count, const tps_x509_anchors *anchors)
{
    tps_crypto_key *key = NULL;
    tps_status status = tps_x509_chain_verify_under(chain, count, anchors, (int64_t)time(NULL), &key, NULL);

    tps_crypto_key_free(key);
    return status;
}

static int take_certificate(const asking *a, uint8_t *room, tps_tpm_ek *ek)
{
    tps_span chain[TPS_X509_CHAIN_MAX];
    size_t count = TPS_X509_CHAIN_MAX;
    tps_x509_anchors *anchors = NULL;
    tps_status status;

    if (!tpm_read_certificates(a->ek_cert, (tps_buf){room, TPM_CERTIFICATES_ROOM}, chain, &count) ||
        !read_anchors(a, room + TPM_CERTIFICATES_ROOM, &anchors)) {
        tps_x509_anchors_free(anchors);
        return CLI_FAILED;
    }
    status = verify_ek(chain, count, anchors);
    tps_x509_anchors_free(anchors);
    status = status == TPS_OK ? tps_tpm_ek_of_certificate(chain[0], ek) : status;
    if (status != TPS_OK) {
        (void)cli_fail_status(a->ek_cert, status, NULL);
        return CLI_REFUSED;
    }
    return CLI_GOOD;
}

static int take_public(const char *path, tps_tpm_ek *ek)
{
    tps_tpm_public read;
    tps_error why = {0};
    tps_status status;
    tps_buf file;

    if (!cli_read_file(path, TPM_FILE_LIMIT, &file)) {
        return CLI_FAILED;
    }
    status = tps_tpm_public_decode(cli_span(file), &read, &why);
    status = status == TPS_OK ? tps_tpm_ek_of_public(&read, ek, &why) : status;
    free(file.data);
    if (status != TPS_OK) {
        (void)cli_fail_status(path, status, &why);
        return CLI_REFUSED;
    }
    fprintf(stderr, "tps: note: nobody vouches for %s: it may be no TPM's key\n", path);
    return CLI_GOOD;
}

static int take_ek(const asking *a, tps_tpm_ek *ek)
{
    uint8_t *room;
    int code;

    if (a->ek != NULL) {
        return take_public(a->ek, ek);
    }
    room = malloc((size_t)2 * TPM_CERTIFICATES_ROOM);
    if (room == NULL) {
        return cli_fail("free memory", "no memory is left");
    }
    code = take_certificate(a, room, ek);
    free(room);
    return code;
}

/* ---- asking ---- */

static tps_status encode_state(tps_span secret, tps_span ak, const tps_crypto_key *ek, tps_buf room,
                               tps_span *encoded)
{
    uint8_t spki[TPS_SPKI_SIZE_MAX] = {0};
    size_t size = 0;
    tps_cbor_writer w = tps_cbor_writer_init(room);

    TPS_TRY(tps_crypto_key_spki(ek, TPS_BUF_OF(spki), &size));
    tps_cbor_put_map(&w, STATE_MEMBERS);
    tps_cbor_pair_text(&w, STATE_PROFILE, STATE_FORMAT);
    tps_cbor_pair_bytes(&w, STATE_SECRET, secret);
    tps_cbor_pair_bytes(&w, STATE_AK, ak);
    tps_cbor_pair_bytes(&w, STATE_EK, tps_span_make(spki, size));
    return tps_cbor_writer_finish(&w, encoded);
}

static int write_both(const asking *a, const tps_tpm_ek *ek, const tps_tpm_public *ak)
{
    uint8_t secret[TPS_TPM_SECRET_SIZE];
    uint8_t blob[TPS_TPM_CREDENTIAL_MAX];
    uint8_t name[TPS_TPM_NAME_MAX];
    uint8_t state[2048];
    tps_span encoded;
    size_t name_size = 0;
    size_t size = 0;
    int code = CLI_FAILED;
    tps_status status = tps_crypto_random(TPS_BUF_OF(secret));

    status = status == TPS_OK ? tps_tpm_public_name(ak, name, &name_size) : status;
    status = status == TPS_OK ? tps_tpm_credential_make(ek, tps_span_make(name, name_size),
                                                        TPS_SPAN_OF(secret), TPS_BUF_OF(blob), &size)
                              : status;
    status = status == TPS_OK
                 ? encode_state(TPS_SPAN_OF(secret), ak->encoded, ek->key, TPS_BUF_OF(state), &encoded)
                 : status;
    if (status != TPS_OK) {
        (void)cli_fail_status(a->out, status, NULL);
    } else if (cli_write_file(a->state, 0600, encoded) &&
               cli_write_file(a->out, 0644, tps_span_make(blob, size))) {
        code = CLI_GOOD;
    }
    tps_wipe(secret, sizeof secret);
    tps_wipe(state, sizeof state);
    return code;
}

static int ask(const asking *a)
{
    tps_tpm_ek ek = {.key = NULL};
    tps_tpm_public ak;
    tps_error why = {0};
    tps_status status;
    tps_buf file;
    int code;

    if (!cli_read_file(a->ak, TPM_FILE_LIMIT, &file)) {
        return CLI_FAILED;
    }
    status = tps_tpm_public_decode(cli_span(file), &ak, &why);
    status = status == TPS_OK ? tps_tpm_public_is_attestation(&ak, &why) : status;
    if (status != TPS_OK) {
        (void)cli_fail_status(a->ak, status, &why);
        code = CLI_REFUSED;
    } else {
        code = take_ek(a, &ek);
        code = code == CLI_GOOD ? write_both(a, &ek, &ak) : code;
    }
    tps_crypto_key_free(ek.key);
    free(file.data);
    return code;
}

int tpm_credential(int argc, char **argv)
{
    asking a = {.ek_cert = NULL};
    const cli_option options[] = {
        {.name = "--ek-cert", .value = &a.ek_cert},
        {.name = "--ek", .value = &a.ek},
        {.name = "--anchor", .values = a.anchors, .capacity = ANCHORS_MAX, .count = &a.anchor_count},
        {.name = "--ak", .value = &a.ak},
        {.name = "--out", .value = &a.out},
        {.name = "--state", .value = &a.state},
    };
    static const char *const names[] = {"--ek-cert", "--ak", "--out", "--state"};
    size_t none = 0;

    if (!cli_parse(argc, argv, options, sizeof options / sizeof options[0], NULL, &none) ||
        !tpm_need("credential", names,
                  (const char *const[]){a.ek != NULL ? a.ek : a.ek_cert, a.ak, a.out, a.state}, 4)) {
        return CLI_FAILED;
    }
    if (a.ek != NULL && a.ek_cert != NULL) {
        return cli_fail("give one of them", "tpm credential: --ek and --ek-cert are two keys");
    }
    return ask(&a);
}

/* ---- the answer ---- */

typedef struct {
    const char *state;
    const char *answer;
    const char *vendor;
    const char *model;
    const char *out;
    tps_span secret;
    tps_span ak;
    tps_span ek;
} binding;

static bool read_state(tps_span file, binding *b)
{
    static const tps_cbor_label labels[STATE_MEMBERS] = {
        {.number = STATE_PROFILE}, {.number = STATE_SECRET}, {.number = STATE_AK}, {.number = STATE_EK}};
    tps_span values[STATE_MEMBERS];
    tps_cbor_reader r = tps_cbor_reader_init(file);
    tps_cbor_reader member;

    if (tps_cbor_check(file, &tps_cbor_limits_message, NULL, NULL) != TPS_OK ||
        tps_cbor_find(&r, labels, values, STATE_MEMBERS) != 0) {
        return false;
    }
    member = tps_cbor_reader_of(&r, values[STATE_PROFILE]);
    if (!tps_span_is_text(tps_cbor_get_text(&member), STATE_FORMAT)) {
        return false;
    }
    member = tps_cbor_reader_of(&r, values[STATE_SECRET]);
    b->secret = tps_cbor_get_bytes(&member);
    member = tps_cbor_reader_of(&r, values[STATE_AK]);
    b->ak = tps_cbor_get_bytes(&member);
    member = tps_cbor_reader_of(&r, values[STATE_EK]);
    b->ek = tps_cbor_get_bytes(&member);
    return b->secret.size == TPS_TPM_SECRET_SIZE && b->ak.size != 0 && b->ek.size != 0 &&
           b->ek.size <= TPS_SPKI_SIZE_MAX;
}

static void key_to_pem(tps_span spki, char pem[PEM_MAX])
{
    char text[TPS_BASE64_SIZE(TPS_SPKI_SIZE_MAX)];
    size_t size = tps_base64_write(spki, text);
    size_t at;

    at = (size_t)snprintf(pem, PEM_MAX, "-----BEGIN PUBLIC KEY-----\n");
    for (size_t i = 0; i < size; i += 64) {
        at += (size_t)snprintf(pem + at, PEM_MAX - at, "%.*s\n", (int)(size - i < 64 ? size - i : 64),
                               text + i);
    }
    (void)snprintf(pem + at, PEM_MAX - at, "-----END PUBLIC KEY-----\n");
}

/* The AK's key and instance; the EK as the identity behind it. */
static tps_status describe(const binding *b, uint8_t instance[TPS_TPM_INSTANCE_SIZE], char ak_pem[PEM_MAX],
                           char ek_pem[PEM_MAX])
{
    uint8_t spki[TPS_SPKI_SIZE_MAX] = {0};
    tps_crypto_key *key = NULL;
    tps_tpm_public ak;
    size_t size = 0;
    tps_status status;

    TPS_TRY(tps_tpm_public_decode(b->ak, &ak, NULL));
    TPS_TRY(tps_tpm_instance_of(&ak, instance));
    TPS_TRY(tps_tpm_public_key(&ak, &key));
    status = tps_crypto_key_spki(key, TPS_BUF_OF(spki), &size);
    tps_crypto_key_free(key);
    key_to_pem(tps_span_make(spki, size), ak_pem);
    key_to_pem(b->ek, ek_pem);
    return status;
}

static int endorse(const binding *b)
{
    uint8_t class_id[TPS_SHA256_SIZE];
    uint8_t instance[TPS_TPM_INSTANCE_SIZE];
    char ak_pem[PEM_MAX];
    char ek_pem[PEM_MAX];
    tps_corim_key keys[2];
    tps_corim_key_statement statements[2];
    tps_corim_comid comid;
    tps_status status;

    memset(keys, 0, sizeof keys);
    memset(statements, 0, sizeof statements);
    memset(&comid, 0, sizeof comid);
    status = describe(b, instance, ak_pem, ek_pem);
    status = status == TPS_OK ? tpm_class(b->vendor, b->model, class_id, &statements[0].environment) : status;
    if (status != TPS_OK) {
        return cli_fail_status(b->state, status, NULL);
    }
    statements[0].environment.instance =
        (tps_corim_value){.kind = TPS_CORIM_UEID, .bytes = TPS_SPAN_OF(instance)};
    statements[1] = statements[0];
    keys[0] = (tps_corim_key){.tag = TPS_CORIM_TAG_KEY_PEM, .value = tps_span_of_text(ak_pem)};
    keys[1] = (tps_corim_key){.tag = TPS_CORIM_TAG_KEY_PEM, .value = tps_span_of_text(ek_pem)};
    statements[0].keys = (tps_corim_keys){.items = &keys[0], .count = 1};
    statements[1].keys = (tps_corim_keys){.items = &keys[1], .count = 1};
    comid.attest_keys = (tps_corim_key_statements){.items = &statements[0], .count = 1};
    comid.identity_keys = (tps_corim_key_statements){.items = &statements[1], .count = 1};
    return tpm_write_manifest(b->out, &comid);
}

static int judge(binding *b, tps_span state, tps_span answer)
{
    if (!read_state(state, b)) {
        (void)cli_fail("give the file that tps tpm credential wrote", "%s is no state of an activation",
                       b->state);
        return CLI_REFUSED;
    }
    if (answer.size != b->secret.size || !tps_equal_secret(answer.data, b->secret.data, answer.size)) {
        (void)cli_fail("activate the credential that goes with this state, by the TPM that holds the AK",
                       "%s is not the secret", b->answer);
        return CLI_REFUSED;
    }
    return endorse(b);
}

int tpm_bind(int argc, char **argv)
{
    binding b = {.state = NULL};
    const cli_option options[] = {
        {.name = "--state", .value = &b.state},   {.name = "--answer", .value = &b.answer},
        {.name = "--vendor", .value = &b.vendor}, {.name = "--model", .value = &b.model},
        {.name = "--out", .value = &b.out},
    };
    static const char *const names[] = {"--state", "--answer", "--vendor", "--model", "--out"};
    size_t none = 0;
    tps_buf state;
    tps_buf answer;
    int code;

    if (!cli_parse(argc, argv, options, sizeof options / sizeof options[0], NULL, &none) ||
        !tpm_need("bind", names, (const char *const[]){b.state, b.answer, b.vendor, b.model, b.out}, 5) ||
        !cli_read_file(b.state, STATE_MAX, &state)) {
        return CLI_FAILED;
    }
    if (!cli_read_file(b.answer, STATE_MAX, &answer)) {
        free(state.data);
        return CLI_FAILED;
    }
    code = judge(&b, cli_span(state), cli_span(answer));
    tps_wipe(state.data, state.size);
    tps_wipe(answer.data, answer.size);
    free(state.data);
    free(answer.data);
    return code;
}
