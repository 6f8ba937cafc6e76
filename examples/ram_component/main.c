/* SPDX-License-Identifier: Apache-2.0 */
/* Puts a device that `tps factory make` made into memory, starts it, runs the conformance program on it, and
 * does so once more after a restart: what was stored is still there. In the end the device is decommissioned.
 *
 * usage: ram_component DEVICE-FOLDER
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "component.h"
#include "component_conformance.h"
#include "platform.h"
#include "tps/tpsc_registry.h"

/** What is on a chip's flash when it leaves the maker's line. */
static ram_hardware hardware;

static bool read_file(const char *folder, const char *name, tps_span *bytes)
{
    char path[512];
    FILE *file;
    uint8_t *content;
    long size;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : 0;
    content = size > 0 ? malloc((size_t)size) : NULL;
    rewind(file);
    *bytes = tps_span_make(content, content == NULL ? 0 : fread(content, 1, (size_t)size, file));
    (void)fclose(file);
    return content != NULL;
}

static void put_part(const char *folder, uint32_t part, const char *image, const char *name)
{
    ram_part *p = &hardware.parts[hardware.parts_count];

    if (read_file(folder, name, &p->bytes)) {
        p->part = part;
        (void)snprintf(p->image, sizeof p->image, "%s", image);
        hardware.parts_count++;
    }
}

/** The maker's line: fuses, lifecycle, identity, certificates and images. */
static bool flash_device(const char *folder)
{
    tps_span bytes;

    ram_hardware_init(&hardware);
    if (!read_file(folder, "boot/unique-secret", &bytes) || bytes.size != sizeof hardware.fuses) {
        return false;
    }
    memcpy(hardware.fuses, bytes.data, bytes.size);
    free((void *)(uintptr_t)bytes.data);
    hardware.has_secret = true;
    hardware.owner = ram_component_caller().uid;
    hardware.counters[TPS_COUNTER_PROVISIONED] = 2; /* secured */
    put_part(folder, TPS_PROVIDED_IDENTITY, "", "identity.cbor");
    put_part(folder, TPS_PROVIDED_CERTIFICATES, "", "certificates.cbor");
    put_part(folder, TPS_PROVIDED_DEVICE_ID, "", "device-id.cbor");
    put_part(folder, TPS_PROVIDED_IMAGE, "component", "firmware/component.bin");
    put_part(folder, TPS_PROVIDED_MANIFEST, "component", "firmware/component.manifest");
    put_part(folder, TPS_PROVIDED_IMAGE, "application", "firmware/application.bin");
    put_part(folder, TPS_PROVIDED_MANIFEST, "application", "firmware/application.manifest");
    return true;
}

static int run_once(const tps_platform *platform, bool to_the_end)
{
    conformance_options options = conformance_on_host();
    tps_error why = {0};
    tps_status status = ram_component_start(platform, &why);
    int result;

    options.destructive = to_the_end;
    options.gid = ram_component_caller().gid;
    if (status != TPS_OK) {
        (void)fprintf(stderr, "ram_component: %s: %s: %s\n", why.detail == NULL ? "start" : why.detail,
                      tps_status_cause(status), tps_status_next_step(status));
        return 2;
    }
    result = conformance_run(&options);
    ram_component_stop();
    ram_hardware_reset(&hardware);
    return result;
}

int main(int argc, char **argv)
{
    tps_platform platform = ram_platform(&hardware);
    int result;

    if (argc != 2 || !flash_device(argv[1])) {
        (void)fputs("usage: ram_component DEVICE-FOLDER (as `tps factory make` makes it)\n", stderr);
        return 2;
    }
    if (tps_client_register(ram_component_connector()) != TPSC_SUCCESS) {
        return 2;
    }
    result = run_once(&platform, false);
    if (result == 0) {
        result = run_once(&platform, true);
    }
    for (size_t i = 0; i < hardware.parts_count; i++) {
        free((void *)(uintptr_t)hardware.parts[i].bytes.data);
    }
    return result;
}
