/* SPDX-License-Identifier: Apache-2.0 */
/* `tps factory`: a device maker's keys, devices and releases. What each does is factory/factory.h's; here are
 * options and what is printed. */
#include "factory/factory.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/factory_chip.h"

static const char usage[] =
    "tps factory: a device maker's keys, releases, devices, and what is said of them to service providers\n"
    "\n"
    "  tps factory init DIR --name \"Your Company\" [--demo]\n"
    "      Makes the maker's folder DIR: a CA for devices, a signer for endorsements, a signer for firmware.\n"
    "      --demo: under the demonstration CA, whose private key is public. INSECURE, for trying things out.\n"
    "\n"
    "  tps factory release DIR --model MODEL --version 1.0.0 --image FILE [--name application]\n"
    "                       [--security-counter N [--force]]\n"
    "      Signs an image of firmware for devices of MODEL, and its reference values for service providers.\n"
    "      --security-counter: 0 to 255, of this and all later releases of the image. Devices that accepted N run\n"
    "      nothing below it any more: raise it, for all images of the model, to shut out releases that are unsafe.\n"
    "      It stays what it was unless given; --force lowers it, for devices that never ran what came before.\n"
    "\n"
    "  tps factory endorse DIR --model MODEL [--purpose TEXT] [--certification TEXT]\n"
    "      Says to service providers what devices of MODEL are for (\"lighting\"), and how they are certified\n"
    "      (\"SESIP2-1234\"). The newest such file counts for both: what it leaves out is said no more.\n"
    "\n"
    "  tps factory make DIR --model MODEL [--count 1] [--out FOLDER] [--component FILE]\n"
    "  tps factory make DIR --model MODEL --device-key PUB.pem [--device-key PUB.pem]...\n"
    "      Makes devices with the latest release of MODEL, each in a folder of its own, and their endorsements.\n"
    "      Secrets in files are made for demonstrations only; a real device makes its key in its hardware and\n"
    "      hands out the public key, which --device-key names.\n"
    "      --component: the secure component's program, the image that runs first; tps-component beside tps if not\n"
    "      given. It is released with the first device of a model, later by tps factory release --name component.\n"
    "\n"
    "  tps factory make DIR --model MODEL --chip [--count 1] [--out FOLDER]\n"
    "  tps factory certify DIR --device DEVICE --request FILE\n"
    "      Makes devices whose chips make their secrets themselves: identity and images first; then the chip tells\n"
    "      its public keys in a certification request, and is certified and endorsed.\n"
    "\n"
    "  tps factory chip DEVICE --out FLASH [--force]\n"
    "  tps factory chip DEVICE --update FLASH\n"
    "  tps factory chip FLASH [--name NAME [--image FILE] --manifest FILE]\n"
    "      Puts the device of the folder DEVICE onto the flash of a microcontroller, as a file (spec/chip-flash.md);\n"
    "      or puts what DEVICE holds now, or another image, into such a file, as an update would; or tells what lies\n"
    "      in it. The image \"component\" of the model is the chip's secure image: release it before the first device\n"
    "      is made.\n"
    "      --flash-size, --sector-size, --unit-size: the chip's, in bytes; 4194304, 4096 and 16 if not given.\n"
    "      --force: what lies in FLASH is replaced, counters and storage too.\n"
    "\n"
    "Nothing is ever overwritten. DIR/README.txt says what each file is for.\n"
    "Next: tps device attest --device DIR/devices/SERIAL --to URL\n";

/** The one operand of every command: the maker's folder. */
static bool parse(int argc, char **argv, const cli_option *options, size_t count, const char **folder)
{
    size_t operands = 1;

    if (!cli_parse(argc, argv, options, count, folder, &operands)) {
        return false;
    }
    if (operands == 0) {
        cli_fail("tps factory COMMAND DIR ...; see tps help factory", "the maker's folder is missing");
        return false;
    }
    return true;
}

static int fail(const tps_factory_problem *problem)
{
    return cli_fail(problem->next_step, "%s", problem->cause);
}

static int missing(const char *option)
{
    return cli_fail("see tps help factory", "%s is missing", option);
}

/** Shows `--out`-less paths as given; the digests in hex, shortened for people. */
static void print_digest(const char *label, const uint8_t digest[32])
{
    printf("  %-12s sha-256 ", label);
    for (size_t i = 0; i < 32; i++) {
        printf("%02x", digest[i]);
    }
    putchar('\n');
}

static int run_init(int argc, char **argv)
{
    const char *folder = NULL;
    const char *name = NULL;
    bool is_demo = false;
    const cli_option options[] = {{.name = "--name", .value = &name}, {.name = "--demo", .flag = &is_demo}};
    tps_factory_demo_ca demo_ca = tps_factory_insecure_demo_ca();
    tps_factory_problem problem;

    if (!parse(argc, argv, options, 2, &folder)) {
        return CLI_FAILED;
    }
    if (name == NULL) {
        return missing("--name");
    }
    if (tps_factory_init(folder, name, is_demo ? &demo_ca : NULL, &problem) != TPS_OK) {
        return fail(&problem);
    }
    printf("made the maker \"%s\" in %s\n", name, folder);
    printf("  keys         %s/keys/ (secret: they lie in plain files)\n", folder);
    printf("  trust anchor %s/ca.pem (give it to service providers)\n", folder);
    printf("  explained in %s/README.txt\n", folder);
    if (is_demo) {
        printf("  INSECURE     under the demonstration CA: refused everywhere but with --demo\n");
    }
    printf("next: tps factory release %s --model MODEL --version 1.0.0 --image FILE\n", folder);
    return CLI_GOOD;
}

static bool parse_counter(const char *text, int *counter)
{
    char *end;
    long value = strtol(text, &end, 10);

    *counter = (int)value;
    return *text >= '0' && *text <= '9' && *end == '\0' && value <= 255;
}

static int run_release(int argc, char **argv)
{
    tps_factory_release_request request = {.name = "application",
                                           .security_counter = TPS_FACTORY_COUNTER_AS_BEFORE};
    const char *counter = NULL;
    const cli_option options[] = {{.name = "--model", .value = &request.model},
                                  {.name = "--version", .value = &request.version},
                                  {.name = "--image", .value = &request.image},
                                  {.name = "--name", .value = &request.name},
                                  {.name = "--security-counter", .value = &counter},
                                  {.name = "--force", .flag = &request.may_lower_counter}};
    tps_factory_problem problem;
    tps_factory_released *released;

    if (!parse(argc, argv, options, 6, &request.folder)) {
        return CLI_FAILED;
    }
    if (counter != NULL && !parse_counter(counter, &request.security_counter)) {
        return cli_fail("use 0 to 255", "\"%s\" is no security counter", counter);
    }
    if (request.model == NULL || request.version == NULL || request.image == NULL) {
        return missing(request.model == NULL ? "--model" : request.version == NULL ? "--version" : "--image");
    }
    released = calloc(1, sizeof(*released));
    if (released == NULL) {
        return cli_fail_status("release", TPS_OUT_OF_MEMORY, NULL);
    }
    if (tps_factory_release(&request, released, &problem) != TPS_OK) {
        free(released);
        return fail(&problem);
    }
    printf("released %s %s for %s\n", request.name, request.version, request.model);
    print_digest("image", released->digest);
    print_digest("class", released->class_id);
    printf("  counter      %u\n", (unsigned)released->security_counter);
    printf("  manifest     %s\n", released->manifest);
    printf("  endorsements %s\n", released->psa);
    printf("               %s\n", released->opentps);
    if (released->layer[0] != '\0') {
        printf("               %s\n", released->layer);
    }
    printf("next: give the endorsements to service providers; tps factory make %s --model %s\n",
           request.folder, request.model);
    if (counter != NULL) {
        printf(
            "      a device shuts out what is below %u once all its images are at it, its component, too\n",
            (unsigned)released->security_counter);
    }
    free(released);
    return CLI_GOOD;
}

/** Whether the component of the device in `folder` is a program, not the image of a chip. */
static bool runs_here(const char *folder)
{
    char path[512];

    (void)snprintf(path, sizeof(path), "%.400s/firmware/component.bin", folder);
    return cli_is_program(path);
}

static void print_made(const tps_factory_make_request *request, const tps_factory_made *made)
{
    printf("made %zu %s of model %s\n", made->count, made->count == 1 ? "device" : "devices", request->model);
    printf("  %-12s %s\n", made->count == 1 ? "device" : "first", made->first);
    if (made->count > 1) {
        printf("  last         %s\n", made->last);
    }
    if (request->is_chip) {
        printf(
            "next: tps factory chip %s --out FLASH; when the chip has told its keys: tps factory certify %s "
            "--device %s --request FILE\n",
            made->first, request->folder, made->first);
        return;
    }
    printf("  endorsements %s\n", made->psa);
    printf("               %s\n", made->opentps);
    if (made->component_psa[0] != '\0') {
        printf("  component    released as %s, with the first device of the model\n",
               request->component_version);
        printf("               %s\n", made->component_psa);
        printf("               %s\n", made->component_opentps);
        printf("               %s\n", made->component_layer);
    }
    if (request->device_key_count != 0) {
        printf("next: put identity.cbor, certificates.cbor and firmware/ onto each device; "
               "give the endorsements to service providers\n");
        return;
    }
    printf("  INSECURE     a device's secret is a file (boot/unique-secret): a software root of trust\n");
    if (runs_here(made->first)) {
        printf("next: tps device attest --device %s --to URL\n", made->first);
    } else {
        printf("next: tps factory chip %s --out FLASH (the component is a chip's image)\n", made->first);
    }
}

static bool parse_count(const char *text, size_t *count)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    *count = value;
    return *text >= '0' && *text <= '9' && *end == '\0' && value >= 1 && value <= TPS_FACTORY_BATCH_MAX;
}

enum { DEVICE_KEYS_MAX = 1024 };

#define COMPONENT_PROGRAM "tps-component"

/** The installed component: beside this program, or in ../libexec/opentps. NULL if it is in neither. */
static const char *find_component(char *path, size_t size)
{
    static const char *const places[] = {"", "/../libexec/opentps"};
    char self[TPS_FACTORY_PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

    if (length <= 0) {
        return NULL;
    }
    self[length] = '\0';
    *strrchr(self, '/') = '\0';
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        int needed = snprintf(path, size, "%s%s/" COMPONENT_PROGRAM, self, places[i]);

        if (needed < (int)size && access(path, R_OK) == 0) {
            return path;
        }
    }
    return NULL;
}

static int run_endorse(int argc, char **argv)
{
    tps_factory_endorse_request request = {.folder = NULL};
    const cli_option options[] = {{.name = "--model", .value = &request.model},
                                  {.name = "--purpose", .value = &request.purpose},
                                  {.name = "--certification", .value = &request.certification}};
    tps_factory_problem problem;
    char path[TPS_FACTORY_PATH_MAX];

    if (!parse(argc, argv, options, 3, &request.folder)) {
        return CLI_FAILED;
    }
    if (request.model == NULL) {
        return missing("--model");
    }
    if (tps_factory_endorse(&request, path, &problem) != TPS_OK) {
        return fail(&problem);
    }
    printf("endorsed %s\n", request.model);
    printf("  endorsements %s\n", path);
    printf("next: give it to service providers, beside the endorsements of releases and devices\n");
    return CLI_GOOD;
}

static int run_make(int argc, char **argv)
{
    const char *keys[DEVICE_KEYS_MAX];
    const char *count = "1";
    char component[TPS_FACTORY_PATH_MAX];
    tps_factory_make_request request = {.device_keys = keys, .component_version = TPS_VERSION};
    const cli_option options[] = {{.name = "--model", .value = &request.model},
                                  {.name = "--count", .value = &count},
                                  {.name = "--out", .value = &request.out},
                                  {.name = "--component", .value = &request.component},
                                  {.name = "--device-key",
                                   .values = keys,
                                   .capacity = DEVICE_KEYS_MAX,
                                   .count = &request.device_key_count},
                                  {.name = "--chip", .flag = &request.is_chip}};
    tps_factory_problem problem;
    tps_factory_made *made;
    tps_status status;

    if (!parse(argc, argv, options, 6, &request.folder)) {
        return CLI_FAILED;
    }
    if (request.model == NULL) {
        return missing("--model");
    }
    if (request.is_chip && request.device_key_count != 0) {
        return cli_fail("give one of them", "--chip and --device-key: a chip's keys come with its request");
    }
    request.is_component_chosen = request.component != NULL;
    if (request.component == NULL) {
        request.component = find_component(component, sizeof(component));
    }
    if (!parse_count(count, &request.count)) {
        return cli_fail("give --count 1 to 100000", "\"%s\" is no number of devices", count);
    }
    made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return cli_fail_status("make", TPS_OUT_OF_MEMORY, NULL);
    }
    status = tps_factory_make(&request, made, &problem);
    if (status == TPS_OK) {
        print_made(&request, made);
    }
    free(made);
    return status == TPS_OK ? CLI_GOOD : fail(&problem);
}

static int run_certify(int argc, char **argv)
{
    tps_factory_certify_request request = {.folder = NULL};
    const cli_option options[] = {{.name = "--device", .value = &request.device},
                                  {.name = "--request", .value = &request.request}};
    tps_factory_problem problem;
    tps_factory_made *made;
    tps_status status;

    if (!parse(argc, argv, options, 2, &request.folder)) {
        return CLI_FAILED;
    }
    if (request.device == NULL || request.request == NULL) {
        return missing(request.device == NULL ? "--device" : "--request");
    }
    made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return cli_fail_status("certify", TPS_OUT_OF_MEMORY, NULL);
    }
    status = tps_factory_certify(&request, made, &problem);
    if (status == TPS_OK) {
        printf("certified the keys of the device in %s\n", made->first);
        printf("  endorsements %s\n", made->psa);
        printf("               %s\n", made->opentps);
        printf("next: tps factory chip %s --update FLASH; give the endorsements to service providers\n",
               made->first);
    }
    free(made);
    return status == TPS_OK ? CLI_GOOD : fail(&problem);
}

static int run(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";

    if (strcmp(command, "init") == 0) {
        return run_init(argc - 1, argv + 1);
    }
    if (strcmp(command, "release") == 0) {
        return run_release(argc - 1, argv + 1);
    }
    if (strcmp(command, "endorse") == 0) {
        return run_endorse(argc - 1, argv + 1);
    }
    if (strcmp(command, "make") == 0) {
        return run_make(argc - 1, argv + 1);
    }
    if (strcmp(command, "certify") == 0) {
        return run_certify(argc - 1, argv + 1);
    }
    if (strcmp(command, "chip") == 0) {
        return cli_factory_chip(argc - 1, argv + 1);
    }
    if (command[0] == '\0') {
        return cli_fail("tps factory init|release|endorse|make|certify|chip; see tps help factory",
                        "factory needs to know what to do");
    }
    return cli_fail("tps factory init|release|endorse|make|certify|chip; see tps help factory",
                    "factory: unknown command \"%s\"", command);
}

const cli_subcommand cli_factory = {
    .name = "factory",
    .summary = "a device maker's keys, releases, devices and endorsements",
    .usage = usage,
    .run = run,
};
