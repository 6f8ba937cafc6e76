/* SPDX-License-Identifier: Apache-2.0 */
/* A chip on its maker's line, played by the host: platform/trustzone_m over a flash file. Its secret is in
 * the sector for INSECURE ones, and made by itself, at the first start.
 *
 * usage:
 * chip_line request FLASH COMPONENT OUT
 *     makes its secret if it has none; writes its certification request
 *
 * chip_line secure FLASH COMPONENT
 *     steps the lifecycle to secured
 *
 * chip_line boot FLASH COMPONENT OUT
 *     starts; writes lifecycle, instance id, certificates as CBOR
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "component/boot/boot.h"
#include "component/boot/request.h"
#include "platform/trustzone_m/insecure_secret.h"
#include "platform/trustzone_m/trustzone_m.h"
#include "support/fake_chip.h"
#include "tps/crypto.h"

static uint8_t flash[TPS_CHIP_FLASH_SIZE];
static uint8_t component[1 << 20];
static tps_insecure_secret secret;

static void fail(const char *what, tps_status status)
{
    fprintf(stderr, "chip_line: %s: %s\n", what, tps_status_name(status));
    exit(1);
}

static size_t read_file(const char *path, uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "rb");
    size_t n;

    if (file == NULL) {
        fail(path, TPS_IO);
    }
    n = fread(bytes, 1, size, file);
    fclose(file);
    return n;
}

static void write_file(const char *path, tps_span bytes)
{
    FILE *file = fopen(path, "wb");

    if (file == NULL || fwrite(bytes.data, 1, bytes.size, file) != bytes.size || fclose(file) != 0) {
        fail(path, TPS_IO);
    }
}

static void log_line(void *context, uint32_t level, const char *text, tps_status status)
{
    (void)context;
    (void)level;
    fprintf(stderr, "chip: %s: %s\n", text, tps_status_name(status));
}

/* As hardware does once: 32 bytes that nobody else has. */
static void make_secret(void)
{
    tps_chip_insecure_secret made;

    if (tps_chip_insecure_secret_decode(flash, &made) == TPS_OK) {
        return;
    }
    if (tps_crypto_random(TPS_BUF_OF(made.secret)) != TPS_OK ||
        tps_crypto_random(TPS_BUF_OF(made.seed)) != TPS_OK) {
        fail("secret", TPS_CRYPTO_NO_ENTROPY);
    }
    tps_chip_insecure_secret_encode(&made, flash);
}

static void put(tps_cbor_writer *w, uint64_t key, const uint8_t *bytes, size_t size)
{
    tps_cbor_put_uint(w, key);
    tps_cbor_put_bytes(w, tps_span_make(bytes, size));
}

static void boot(tps_trustzone_m *platform, const char *path)
{
    static tps_handover handover;
    static uint8_t out[8192];
    uint8_t id[TPS_KEYS_UEID_SIZE];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(out));
    tps_crypto_key *iak;
    tps_error why;
    tps_span encoded;
    tps_status status = tps_boot(&platform->table, &handover, &why);

    if (status != TPS_OK) {
        fail(why.detail == NULL ? "boot" : why.detail, status);
    }
    if (tps_keys_iak(handover.s0, &iak) != TPS_OK || tps_keys_instance_id(iak, id) != TPS_OK) {
        fail("IAK", TPS_CRYPTO_FAILED);
    }
    tps_crypto_key_free(iak);
    tps_cbor_put_map(&w, 5);
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_uint(&w, handover.lifecycle);
    put(&w, 2, id, sizeof(id));
    put(&w, 3, handover.ak_certificate, handover.ak_certificate_size);
    put(&w, 4, handover.layer_certificate, handover.layer_certificate_size);
    tps_cbor_put_uint(&w, 5);
    tps_cbor_put_bool(&w, handover.are_all_signed);
    if (tps_cbor_writer_finish(&w, &encoded) != TPS_OK) {
        fail("out", TPS_BUFFER_TOO_SMALL);
    }
    write_file(path, encoded);
}

static void request(tps_trustzone_m *platform, const char *path)
{
    static uint8_t out[TPS_IDENTITY_MAX];
    tps_error why;
    tps_span encoded;
    tps_status status = tps_request_make(&platform->table, TPS_BUF_OF(out), &encoded, &why);

    if (status != TPS_OK) {
        fail(why.detail == NULL ? "request" : why.detail, status);
    }
    write_file(path, encoded);
}

int main(int argc, char **argv)
{
    static tps_trustzone_m platform;
    tps_chip chip = fake_chip(flash, sizeof(flash), TPS_CHIP_SECTOR_SIZE, TPS_CHIP_UNIT_SIZE);
    uint64_t lifecycle;
    tps_status status;

    if (argc < 4 || read_file(argv[2], flash, sizeof(flash)) != sizeof(flash)) {
        fail("usage, or the flash", TPS_BAD_ARGUMENT);
    }
    chip.properties = TPS_PLATFORM_INSECURE;
    chip.context = &secret;
    chip.unique_secret = tps_insecure_unique_secret;
    chip.lock_secret = tps_insecure_lock_secret;
    chip.log = log_line;
    chip.component_image = tps_span_make(component, read_file(argv[3], component, sizeof(component)));
    make_secret();
    tps_insecure_secret_begin(&secret, flash);
    status = tps_trustzone_m_init(&platform, &chip);
    if (status != TPS_OK) {
        fail("flash", status);
    }
    if (argc == 5 && strcmp(argv[1], "request") == 0) {
        request(&platform, argv[4]);
    } else if (argc == 5 && strcmp(argv[1], "boot") == 0) {
        boot(&platform, argv[4]);
    } else {
        status = platform.table.counter_increase(&platform, TPS_COUNTER_PROVISIONED, &lifecycle);
        if (status != TPS_OK) {
            fail("lifecycle", status);
        }
    }
    write_file(argv[2], TPS_SPAN_OF(flash));
    return 0;
}
