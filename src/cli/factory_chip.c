/* SPDX-License-Identifier: Apache-2.0 */
/* `tps factory chip`: the flash of a microcontroller as a file. What is done is factory/chip.h's; here are
 * options and what is printed. */
#include "cli/factory_chip.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "factory/chip.h"

/** What was asked for. */
typedef struct {
    const char *subject; /* a device's folder, or a flash */
    const char *out;
    const char *renewed; /* a flash that gets what the folder holds now */
    bool may_replace;
    tps_factory_chip_image image;
    tps_factory_chip_sizes sizes;
} request;

static bool parse_size(const char *option, const char *text, uint32_t *size)
{
    char *end;
    unsigned long value;

    if (text == NULL) {
        return true;
    }
    value = strtoul(text, &end, 0);
    *size = (uint32_t)value;
    if (*text < '0' || *text > '9' || *end != '\0' || value > UINT32_MAX) {
        cli_fail("give bytes, such as 4194304 or 0x400000", "%s: \"%s\" is no size", option, text);
        return false;
    }
    return true;
}

static bool parse(int argc, char **argv, request *r)
{
    const char *sizes[3] = {NULL, NULL, NULL};
    size_t operands = 1;
    const cli_option options[] = {
        {.name = "--out", .value = &r->out},           {.name = "--update", .value = &r->renewed},
        {.name = "--force", .flag = &r->may_replace},  {.name = "--name", .value = &r->image.name},
        {.name = "--image", .value = &r->image.image}, {.name = "--manifest", .value = &r->image.manifest},
        {.name = "--flash-size", .value = &sizes[0]},  {.name = "--sector-size", .value = &sizes[1]},
        {.name = "--unit-size", .value = &sizes[2]}};
    if (!cli_parse(argc, argv, options, sizeof(options) / sizeof(options[0]), &r->subject, &operands)) {
        return false;
    }
    if (operands == 0) {
        cli_fail("tps factory chip DEVICE --out FLASH, or tps factory chip FLASH; see tps help factory",
                 "the device's folder, or the flash, is missing");
        return false;
    }
    return parse_size("--flash-size", sizes[0], &r->sizes.flash) &&
           parse_size("--sector-size", sizes[1], &r->sizes.sector) &&
           parse_size("--unit-size", sizes[2], &r->sizes.unit);
}

static void print_part(const tps_factory_chip_part *part)
{
    static const char *const names[] = {"", "identity", "certificates", "image", "manifest", "device-id"};

    printf("  0x%08" PRIx32 "  %8" PRIu32 "  %s %s\n", part->offset, part->size, names[part->part],
           part->image);
}

static void print_area(const char *name, uint32_t offset, uint32_t size, const char *what)
{
    printf("  0x%08" PRIx32 "  %8" PRIu32 "  %-12s %s\n", offset, size, name, what);
}

static void print_counters(const tps_factory_chip *chip)
{
    if (!chip->has_counters) {
        printf("  counters     none: a new chip, or they are lost\n");
        return;
    }
    printf("  counters    ");
    for (unsigned i = 0; i < TPS_COUNTERS_MAX; i++) {
        printf(" %u:%" PRIu64, i, chip->counters[i]);
    }
    printf("\n");
}

static void print_chip(const tps_factory_chip *chip)
{
    const tps_chip_layout *l = &chip->layout;

    printf("    offset       size  area\n");
    print_area("secret", l->secret, l->counters - l->secret,
               chip->has_secret ? "INSECURE: a unique secret in plain flash"
                                : "erased: the chip's hardware has the secret");
    print_area("counters", l->counters, l->storage - l->counters, "a ring of sectors");
    print_area("storage", l->storage, l->storage_size, "sealed values");
    for (uint32_t i = 0; i < TPS_CHIP_SLOTS; i++) {
        print_area(i == 0 ? "parts 0" : "parts 1", l->slots[i], l->slot_size,
                   chip->count != 0 && chip->slot == i ? "in use" : "not in use");
    }
    print_counters(chip);
    if (chip->count == 0) {
        printf("  parts        none that are whole\n");
        return;
    }
    printf("  parts        generation %" PRIu32 "\n", chip->generation);
    for (uint32_t i = 0; i < chip->count; i++) {
        print_part(&chip->parts[i]);
    }
}

static int fail(const tps_factory_problem *problem)
{
    return cli_fail(problem->next_step, "%s", problem->cause);
}

/** A chip takes any bytes, and refuses them when it starts; what a linker writes is a mistake that many make
 * once. */
static void warn_of_program(const char *image, const char *path)
{
    if (cli_is_program(path)) {
        fprintf(
            stderr,
            "tps: WARNING: the image \"%s\" is an ELF file, and a chip runs the bytes as they lie in memory: "
            "release what objcopy -O binary makes of it, such as an505_secure.bin\n",
            image);
    }
}

static void warn_of_programs(const char *device, const tps_factory_chip *chip)
{
    char path[4096];

    for (uint32_t i = 0; i < chip->count; i++) {
        const tps_factory_chip_part *part = &chip->parts[i];
        int length = snprintf(path, sizeof(path), "%s/firmware/%s.bin", device, part->image);

        if (part->part == TPS_PROVIDED_MANIFEST && length > 0 && (size_t)length < sizeof(path)) {
            warn_of_program(part->image, path);
        }
    }
}

static int make(const request *r, tps_factory_chip *chip)
{
    tps_factory_problem problem;

    if (tps_factory_chip_make(r->subject, r->out, r->may_replace, r->sizes, chip, &problem) != TPS_OK) {
        return fail(&problem);
    }
    warn_of_programs(r->subject, chip);
    printf("made the flash of the device in %s: %s\n", r->subject, r->out);
    print_chip(chip);
    printf(
        "next: program the secure image, whose manifest is \"component\" above, into code memory, and this file "
        "into flash\n");
    return CLI_GOOD;
}

static int renew(const request *r, tps_factory_chip *chip)
{
    tps_factory_problem problem;

    if (tps_factory_chip_renew(r->subject, r->renewed, r->sizes, chip, &problem) != TPS_OK) {
        return fail(&problem);
    }
    printf("put what the folder %s holds into %s\n", r->subject, r->renewed);
    print_chip(chip);
    return CLI_GOOD;
}

static int update(const request *r, tps_factory_chip *chip)
{
    tps_factory_problem problem;

    if (r->image.name == NULL || r->image.manifest == NULL) {
        return cli_fail("tps factory chip FLASH --name NAME --image FILE --manifest FILE", "%s is missing",
                        r->image.name == NULL ? "--name" : "--manifest");
    }
    if (tps_factory_chip_update(r->subject, &r->image, r->sizes, chip, &problem) != TPS_OK) {
        return fail(&problem);
    }
    if (r->image.image != NULL) {
        warn_of_program(r->image.name, r->image.image);
    }
    printf("put the image \"%s\" into %s\n", r->image.name, r->subject);
    print_chip(chip);
    return CLI_GOOD;
}

static int show(const request *r, tps_factory_chip *chip)
{
    tps_factory_problem problem;

    if (tps_factory_chip_read(r->subject, r->sizes, chip, &problem) != TPS_OK) {
        return fail(&problem);
    }
    printf("the flash of a chip: %s\n", r->subject);
    print_chip(chip);
    return CLI_GOOD;
}

int cli_factory_chip(int argc, char **argv)
{
    request r = {.sizes = TPS_FACTORY_CHIP_SIZES};
    tps_factory_chip chip;

    if (!parse(argc, argv, &r)) {
        return CLI_FAILED;
    }
    if (r.out != NULL) {
        return make(&r, &chip);
    }
    if (r.renewed != NULL) {
        return renew(&r, &chip);
    }
    if (r.image.name != NULL || r.image.image != NULL || r.image.manifest != NULL) {
        return update(&r, &chip);
    }
    return show(&r, &chip);
}
