/* SPDX-License-Identifier: Apache-2.0 */
/* tps tpm: evidence and endorsements of TPMs, from what tpm2-tools write. */
#include "cli/tpm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "crypto/x509.h"

enum { MANIFEST_ROOM = 4 << 20 };

/* ---- what the parts share ---- */

bool tpm_need(const char *command, const char *const *names, const char *const *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (values[i] == NULL) {
            cli_fail("see tps help tpm", "tpm %s: %s is missing", command, names[i]);
            return false;
        }
    }
    return true;
}

bool tpm_read_certificates(const char *path, tps_buf room, tps_span *ders, size_t *count)
{
    tps_status status = TPS_OK;
    tps_buf file;

    if (!cli_read_file(path, room.size, &file)) {
        return false;
    }
    if (file.size > 0 && file.data[0] == 0x30) {
        memcpy(room.data, file.data, file.size);
        ders[0] = tps_span_make(room.data, file.size);
        *count = 1;
    } else {
        status = tps_x509_from_pem(cli_span(file), room, ders, count);
    }
    free(file.data);
    if (status != TPS_OK) {
        (void)cli_fail_status(path, status, NULL);
    }
    return status == TPS_OK;
}

/* ---- manifests ---- */

tps_status tpm_class(const char *vendor, const char *model, uint8_t id[TPS_SHA256_SIZE],
                     tps_corim_environment *environment)
{
    tps_crypto_hash hash;
    tps_digest digest;

    TPS_TRY(tps_crypto_hash_begin(&hash, TPS_ALG_SHA256));
    tps_crypto_hash_update(&hash, tps_span_make(vendor, strlen(vendor) + 1)); /* with its zero */
    tps_crypto_hash_update(&hash, tps_span_of_text(model));
    TPS_TRY(tps_crypto_hash_finish(&hash, &digest));
    memcpy(id, digest.bytes, TPS_SHA256_SIZE);
    memset(environment, 0, sizeof *environment);
    environment->class_id =
        (tps_corim_value){.kind = TPS_CORIM_BYTES, .bytes = tps_span_make(id, TPS_SHA256_SIZE)};
    environment->vendor = tps_span_of_text(vendor);
    environment->model = tps_span_of_text(model);
    return TPS_OK;
}

static tps_status encode(tps_corim_comid *comid, const char *id, tps_buf room, tps_span *encoded,
                         tps_error *why)
{
    const tps_corim_tag tag = {.tag = TPS_CORIM_TAG_COMID, .comid = comid};
    const tps_corim corim = {.id = {.kind = TPS_CORIM_TEXT, .bytes = tps_span_of_text(id)},
                             .tags = {.items = &tag, .count = 1}};

    return tps_corim_write(&corim, room, encoded, why);
}

/* The same content has the same names, and another content others. */
static tps_status name_manifest(tps_corim_comid *comid, tps_buf room, uint8_t uuid[16], tps_error *why)
{
    static const uint8_t space[16] = {0x6f, 0x70, 0x65, 0x6e, 0x74, 0x70, 0x73, 0x20,
                                      0x74, 0x70, 0x6d, 0x20, 0x32, 0x30, 0x32, 0x36};
    tps_span encoded;

    memset(uuid, 0, 16);
    comid->identity.id = (tps_corim_value){.kind = TPS_CORIM_UUID, .bytes = tps_span_make(uuid, 16)};
    TPS_TRY(encode(comid, "unnamed", room, &encoded, why));
    return tps_crypto_uuid5(space, encoded, uuid);
}

int tpm_write_manifest(const char *path, tps_corim_comid *comid)
{
    tps_buf room = {malloc(MANIFEST_ROOM), MANIFEST_ROOM};
    tps_error why = {0};
    tps_span encoded = TPS_SPAN_EMPTY;
    tps_status status;
    uint8_t uuid[16];
    char id[64];
    int code;

    if (room.data == NULL) {
        return cli_fail("free memory", "no memory is left");
    }
    status = name_manifest(comid, room, uuid, &why);
    (void)snprintf(id, sizeof id, "tpm-%02x%02x%02x%02x%02x%02x%02x%02x", uuid[0], uuid[1], uuid[2], uuid[3],
                   uuid[4], uuid[5], uuid[6], uuid[7]);
    status = status == TPS_OK ? encode(comid, id, room, &encoded, &why) : status;
    if (status != TPS_OK) {
        code = cli_fail_status(path, status, &why);
    } else {
        code = cli_write_file(path, 0644, encoded) ? CLI_GOOD : CLI_FAILED;
    }
    free(room.data);
    return code;
}

/* ---- the subcommand ---- */

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} parts[] = {
    {"challenge", tpm_challenge},   {"wrap", tpm_wrap}, {"endorse", tpm_endorse},
    {"credential", tpm_credential}, {"bind", tpm_bind},
};

static int run(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof parts / sizeof parts[0]; i++) {
        if (strcmp(argv[1], parts[i].name) == 0) {
            return parts[i].run(argc - 1, argv + 1);
        }
    }
    return cli_fail("see tps help tpm",
                    argc > 1 ? "tpm: there is no \"%.40s\"" : "tpm: what to do is missing",
                    argc > 1 ? argv[1] : "");
}

const cli_subcommand cli_tpm = {
    .name = "tpm",
    .summary = "evidence and endorsements of TPM 2.0s, from what tpm2-tools write",
    .usage =
        "tps tpm challenge --nonce NONCE [--aud NAME]\n"
        "    Prints what to give tpm2_quote -q.\n"
        "\n"
        "tps tpm wrap --quote MSG --signature SIG --ak PUB --out FILE [--pcrs VALUES] [--event-log LOG]\n"
        "             [--ak-cert CERTS] [--ek-cert CERTS] [--nonce NONCE [--aud NAME]] [--instance ID]\n"
        "tps tpm wrap --keylime TEXT --ak PUB --out FILE ...\n"
        "    Puts a quote and what goes with it into one piece of evidence, for tps verify.\n"
        "\n"
        "tps tpm endorse FILE --vendor NAME --model NAME --out CORIM [--only NUMBERS] [--events]\n"
        "    Makes reference values of the registers in evidence of a device that is as it should be;\n"
        "    with --events those of single events of its log, too, so that a change can be named.\n"
        "\n"
        "tps tpm credential --ak PUB (--ek-cert CERTS --anchor ROOT... | --ek PUB) --out BLOB --state FILE\n"
        "    Makes a secret that only the TPM with that endorsement key opens, and only if it has the AK:\n"
        "    for tpm2_activatecredential -i. FILE is kept by whoever asks.\n"
        "\n"
        "tps tpm bind --state FILE --answer SECRET --vendor NAME --model NAME --out CORIM\n"
        "    If the TPM opened the secret: endorses the AK as one of a device of that class.\n"
        "\n"
        "  --quote, --signature, --pcrs   of tpm2_quote -m, -s, -o (-F serialized or values)\n"
        "  --ak, --ek PUB                 public areas: tpm2_createak -u, tpm2_createek -u, tpm2_readpublic -o\n"
        "  --event-log LOG                /sys/kernel/security/tpm0/binary_bios_measurements\n"
        "  --nonce NONCE                  what the device was asked with: needed where it is longer than 32\n"
        "                                 bytes, or with --aud; base64url, or hex behind \"hex:\"\n"
        "  --instance ID                  the device's id where its endorsement names one; else the AK's\n"
        "  --only NUMBERS                 such as 0,2,4,7: the registers that are to be endorsed\n"
        "\n"
        "Manifests are not signed: tps verify takes them by name. Formats: spec/tpm-evidence.md.\n"
        "\n"
        "Exit codes: 0 good, 1 refused (the secret is another, a key is not what it should be), 2 could not\n"
        "be done.\n",
    .run = run,
};
