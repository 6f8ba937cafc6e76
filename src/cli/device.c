/* SPDX-License-Identifier: Apache-2.0 */
/* `tps device`: a device's folder from the command line. The work is done in device/; here are options and
 * what is printed. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "component/services/attestation/attestation.h"
#include "device/attest.h"
#include "device/flash.h"
#include "device/lifecycle.h"
#include "device/log.h"
#include "format/text/hex.h"
#include "tps/device_claims.h"
#include "tps/psa.h"

static const char usage[] =
    "tps device: run a device's component, and let the device prove itself\n"
    "\n"
    "  tps device attest --device DIR --to URL [--profile opentps|psa] [--ak] [--tenant NAME] [--json]\n"
    "      Attests to a server and shows its result: exit 0 affirming, 1 not, 2 could not be judged.\n"
    "  tps device evidence --device DIR --nonce BASE64URL|hex:.. [--profile opentps|psa] [--ak] [--aud TEXT]\n"
    "                      --out FILE\n"
    "      Evidence over a nonce, without a server; \"-\" is standard output.\n"
    "      --ak: signed by AK_0, which changes with every bit of what runs and is certified anew at each start,\n"
    "      not by the attestation key that stays. Verifiers need the layer's endorsement, too (*.dice.corim).\n"
    "  tps device info --device DIR [--json]\n"
    "      What the component tells of the device.\n"
    "  tps device rot13 TEXT --device DIR\n"
    "      Hello, world: a word through the whole path to the component's test service and back.\n"
    "  tps device flash DIR IMAGE [MANIFEST] [--name NAME]\n"
    "      Puts another image of firmware onto the device. It is verified at the next start: what the maker\n"
    "      did not sign does not run; as the image \"component\" it keeps the device from starting.\n"
    "  tps device start DIR\n"
    "  tps device stop DIR\n"
    "      The component process. The commands above start it if it does not run; it runs on until stopped.\n"
    "  tps device lifecycle DIR [STEP --yes]\n"
    "      The state of the device. With STEP: takes it there, as its owner; no step can be undone.\n"
    "      provisioning, secured, debug; decommission: its keys are gone for good; new-owner: what was stored\n"
    "      for providers is erased; format: all that is stored is erased, also where it cannot be read.\n"
    "  tps device log DIR [--all]\n"
    "      What first stage and component said at the latest start: lifecycle, every image, and why one was\n"
    "      refused. --all: at all starts, at most 64 KiB.\n"
    "  tps device bridge LINE --to URL [--tenant NAME] [--baud N] [--ca FILE] [--command TEXT].. [--once]\n"
    "                    [--timeout SECONDS]\n"
    "      Connects a chip's serial line with a service provider, to whom the chip speaks itself, and shows the\n"
    "      chip's log. LINE is a serial device, unix:PATH (as of qemu -serial) or \"-\". Lines typed are commands\n"
    "      for the chip, and so is each --command; exit: the worst answer's, 0 good, 1 no, 2 not done.\n"
    "      --once ends when all --command are answered, without any when the chip's first stream has ended.\n"
    "\n"
    "\"--device DIR\" may be DIR alone, but for rot13. A device's folder is made by tps factory make. Its\n"
    "component is software here, and INSECURE: whoever owns this machine can read its secret.\n";

static int fail(const tps_device_problem *problem)
{
    return cli_fail(problem->next_step, "%s", problem->cause);
}

static int missing(const char *option)
{
    return cli_fail("see tps help device", "%s is missing", option);
}

static int out_of_memory(void)
{
    return cli_fail_status("device", TPS_OUT_OF_MEMORY, NULL);
}

static void print_hex(const char *label, const uint8_t *bytes, size_t size)
{
    printf("  %-10s ", label);
    for (size_t i = 0; i < size; i++) {
        printf("%02x", bytes[i]);
    }
    putchar('\n');
}

/** opentps unless said otherwise; false after printing that the name is unknown. */
static bool parse_profile(const char *name, uint32_t *profile)
{
    *profile = TPS_EVIDENCE_OPENTPS;
    if (name != NULL && strcmp(name, "psa") == 0) {
        *profile = TPS_EVIDENCE_PSA;
    } else if (name != NULL && strcmp(name, "opentps") != 0) {
        (void)cli_fail("use --profile psa or --profile opentps", "there is no profile \"%s\"", name);
        return false;
    }
    return true;
}

/* ---- attest ---- */

static bool is_affirming(const tps_device_attested *a)
{
    return strcmp(a->result.status, "affirming") == 0;
}

static void print_line(const char *label, const char *text)
{
    if (text[0] != '\0') {
        printf("  %-10s %s\n", label, text);
    }
}

static void print_findings(const tps_device_result *result)
{
    for (size_t i = 0; i < result->finding_count; i++) {
        const tps_device_finding *finding = &result->findings[i];

        if (i > 0) {
            printf("also: %s%s%s\n", finding->claim, finding->claim[0] == '\0' ? "" : ": ", finding->cause);
        }
        print_line("evidence", finding->evidence);
        print_line("known", finding->known);
        print_line("next step", finding->next_step);
    }
}

static void print_attested(const tps_device_attested *a, uint32_t profile)
{
    const tps_device_result *result = &a->result;
    const tps_device_finding *first = result->finding_count == 0 ? NULL : &result->findings[0];

    if (is_affirming(a)) {
        printf("affirming: %s accepts this device%s%s\n", a->server,
               result->device_class[0] == '\0' ? "" : ": ", result->device_class);
    } else {
        printf("refused: %s%s%s\n", first == NULL ? result->status : first->claim,
               first == NULL || first->claim[0] == '\0' ? "" : ": ", first == NULL ? "" : first->cause);
    }
    print_findings(result);
    if (!is_affirming(a)) {
        printf("  by         %s\n", a->server);
    }
    printf("  profile    %s (%zu bytes of evidence)\n", profile == TPS_EVIDENCE_PSA ? "psa" : "opentps",
           a->evidence_size);
    if (result->is_demonstration) {
        printf("  INSECURE   this trust comes from the demonstration CA\n");
    }
}

static void print_attested_json(const tps_device_attested *a, uint32_t profile)
{
    const tps_device_result *result = &a->result;
    json_t *findings = json_array();
    json_t *vector = json_object();
    json_t *all;
    char *text;

    for (size_t i = 0; i < result->finding_count; i++) {
        const tps_device_finding *f = &result->findings[i];

        json_array_append_new(findings, json_pack("{s:s, s:s, s:s, s:s, s:s}", "claim", f->claim, "cause",
                                                  f->cause, "evidence", f->evidence, "known", f->known,
                                                  "next-step", f->next_step));
    }
    for (size_t i = 0; i < result->claim_count; i++) {
        json_object_set_new(vector, result->claims[i].name, json_integer(result->claims[i].value));
    }
    all = json_pack("{s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:s}", "status", result->status, "server", a->server,
                    "profile", profile == TPS_EVIDENCE_PSA ? "psa" : "opentps", "device-class",
                    result->device_class, "demonstration", result->is_demonstration, "trustworthiness-vector",
                    vector, "findings", findings, "result", a->jwt);
    text = all == NULL ? NULL : json_dumps(all, JSON_INDENT(2));
    puts(text == NULL ? "{}" : text);
    free(text);
    json_decref(all);
}

/** Images that this start refused: the device goes on without them. */
static void warn_of_refused(const tps_device_folder *folder)
{
    tps_device_problem ignored; /* without a log there is nothing to warn of */
    const char *line;
    char *text;
    char *place;

    if (tps_device_log_read(folder, false, &text, &ignored) != TPS_OK) {
        return;
    }
    place = text;
    while ((line = tps_device_log_next_refused(&place)) != NULL) {
        fprintf(stderr, "tps: WARNING: %s\n", line);
    }
    free(text);
}

/** Options of a command that asks a device, whose folder may be an operand instead. */
static bool parse_device(int argc, char **argv, const cli_option *options, size_t count, const char **device)
{
    const char *operand = NULL;
    size_t operands = 1;

    if (!cli_parse(argc, argv, options, count, &operand, &operands)) {
        return false;
    }
    if (operands == 1 && *device != NULL) {
        (void)cli_fail("give one device at a time", "both %s and %s are given", *device, operand);
        return false;
    }
    *device = operands == 1 ? operand : *device;
    return true;
}

/** With `--device` given: opens the agent. */
static bool open_agent(const char *device, tps_device_agent *agent)
{
    tps_device_problem problem;
    bool started = false;

    if (device == NULL) {
        (void)missing("--device");
        return false;
    }
    if (tps_device_agent_open(device, agent, &started, &problem) != TPS_OK) {
        (void)fail(&problem);
        return false;
    }
    if (started) {
        fprintf(stderr, "started the component of %s (end it with: tps device stop %s)\n", device, device);
        warn_of_refused(&agent->folder);
    }
    return true;
}

static int attest(tps_device_agent *agent, const tps_device_attest_request *request, bool as_json)
{
    tps_device_attested *attested = malloc(sizeof(*attested));
    tps_device_problem problem;
    int code;

    if (attested == NULL) {
        return out_of_memory();
    }
    if (tps_device_attest(agent, request, attested, &problem) != TPS_OK) {
        code = fail(&problem);
    } else {
        (as_json ? print_attested_json : print_attested)(attested, request->profile);
        code = is_affirming(attested) ? CLI_GOOD : CLI_REFUSED;
    }
    free(attested);
    return code;
}

static int run_attest(int argc, char **argv)
{
    tps_device_attest_request request = {.url = NULL};
    const char *device = NULL;
    const char *profile = NULL;
    bool as_json = false;
    bool is_ak = false;
    const cli_option options[] = {
        {.name = "--device", .value = &device},   {.name = "--to", .value = &request.url},
        {.name = "--profile", .value = &profile}, {.name = "--tenant", .value = &request.tenant},
        {.name = "--ak", .flag = &is_ak},         {.name = "--json", .flag = &as_json}};
    tps_device_problem problem;
    tps_device_agent agent;
    int code;

    if (!parse_device(argc, argv, options, 6, &device) || !parse_profile(profile, &request.profile)) {
        return CLI_FAILED;
    }
    request.key = is_ak ? TPS_EVIDENCE_KEY_AK : 0;
    if (request.url == NULL) {
        return missing("--to");
    }
    if (tps_device_attest_check(&request, &problem) != TPS_OK) {
        return fail(&problem);
    }
    if (!open_agent(device, &agent)) {
        return CLI_FAILED;
    }
    code = attest(&agent, &request, as_json);
    tps_device_agent_close(&agent);
    return code;
}

/* ---- evidence ---- */

static int write_evidence(tps_device_agent *agent, const tps_device_evidence_request *request,
                          const char *out)
{
    uint8_t room[16384];
    tps_device_problem problem;
    tps_span evidence;

    if (tps_device_evidence(agent, request, TPS_BUF_OF(room), &evidence, &problem) != TPS_OK) {
        return fail(&problem);
    }
    if (strcmp(out, "-") == 0) {
        return fwrite(evidence.data, 1, evidence.size, stdout) == evidence.size && fflush(stdout) == 0
                   ? CLI_GOOD
                   : cli_fail_status("standard output", TPS_IO, NULL);
    }
    if (!cli_write_file(out, 0644, evidence)) {
        return CLI_FAILED;
    }
    printf("wrote %zu bytes of evidence to %s\nnext: tps inspect %s\n", evidence.size, out, out);
    return CLI_GOOD;
}

static int run_evidence(int argc, char **argv)
{
    const char *device = NULL;
    const char *profile = NULL;
    const char *nonce = NULL;
    const char *aud = NULL;
    const char *out = NULL;
    bool is_ak = false;
    const cli_option options[] = {
        {.name = "--device", .value = &device},   {.name = "--nonce", .value = &nonce},
        {.name = "--profile", .value = &profile}, {.name = "--aud", .value = &aud},
        {.name = "--ak", .flag = &is_ak},         {.name = "--out", .value = &out}};
    tps_device_evidence_request request = {.profile = 0};
    uint8_t bytes[CLI_NONCE_MAX];
    size_t size = 0;
    tps_device_agent agent;
    int code;

    if (!parse_device(argc, argv, options, 6, &device) || !parse_profile(profile, &request.profile)) {
        return CLI_FAILED;
    }
    if (nonce == NULL || out == NULL) {
        return missing(nonce == NULL ? "--nonce" : "--out");
    }
    if (!cli_read_nonce(nonce, bytes, &size) || !open_agent(device, &agent)) {
        return CLI_FAILED;
    }
    request.nonce = tps_span_make(bytes, size);
    request.aud = tps_span_of_text(aud);
    request.key = is_ak ? TPS_EVIDENCE_KEY_AK : 0;
    code = write_evidence(&agent, &request, out);
    tps_device_agent_close(&agent);
    return code;
}

/* ---- info and rot13 ---- */

static void print_information_json(const tps_device_information *i)
{
    char ueid[67];
    char class_id[65];
    json_t *all;
    char *text;

    ueid[hex_write(TPS_SPAN_OF(i->ueid), ueid)] = '\0';
    class_id[hex_write(TPS_SPAN_OF(i->class_id), class_id)] = '\0';
    all = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:s, s:s}", "vendor", i->vendor,
                    "model", i->model, "serial", i->serial, "hwversion", i->hwversion, "component",
                    i->component, "insecure", i->is_insecure, "firmware", i->firmware, "firmware-version",
                    i->version, "ueid", ueid, "class-id", class_id, "lifecycle",
                    tps_psa_lifecycle_name((uint16_t)i->lifecycle), "debug",
                    tps_eat_debug_name((uint8_t)i->dbgstat));
    text = all == NULL ? NULL : json_dumps(all, JSON_INDENT(2));
    puts(text == NULL ? "{}" : text);
    free(text);
    json_decref(all);
}

static void print_information(const tps_device_information *i)
{
    printf("%s %s, serial number %s\n", i->vendor, i->model, i->serial);
    printf("  hardware   %s\n", i->hwversion);
    printf("  firmware   %s %s\n", i->firmware[0] == '\0' ? "none" : i->firmware,
           i->firmware[0] == '\0'  ? ""
           : i->version[0] == '\0' ? "REFUSED, it does not run (why: tps device log DIR)"
                                   : i->version);
    printf("  component  %s\n", i->component);
    printf("  lifecycle  %s; debugging: %s\n", tps_psa_lifecycle_name((uint16_t)i->lifecycle),
           tps_eat_debug_name((uint8_t)i->dbgstat));
    print_hex("instance", i->ueid, sizeof(i->ueid));
    print_hex("class", i->class_id, sizeof(i->class_id));
}

static int run_info(int argc, char **argv)
{
    const char *device = NULL;
    bool as_json = false;
    const cli_option options[] = {{.name = "--device", .value = &device},
                                  {.name = "--json", .flag = &as_json}};
    tps_device_information information;
    tps_device_problem problem;
    tps_device_agent agent;
    tps_status status;

    if (!parse_device(argc, argv, options, 2, &device) || !open_agent(device, &agent)) {
        return CLI_FAILED;
    }
    status = tps_device_inform(&agent, &information, &problem);
    tps_device_agent_close(&agent);
    if (status != TPS_OK) {
        return fail(&problem);
    }
    (as_json ? print_information_json : print_information)(&information);
    return CLI_GOOD;
}

static int run_rot13(int argc, char **argv)
{
    const char *device = NULL;
    const char *text = NULL;
    const cli_option options[] = {{.name = "--device", .value = &device}};
    size_t count = 1;
    uint8_t turned[1100];
    tps_device_problem problem;
    tps_device_agent agent;
    tps_status status;

    if (!cli_parse(argc, argv, options, 1, &text, &count)) {
        return CLI_FAILED;
    }
    if (count == 0) {
        return missing("TEXT");
    }
    if (!open_agent(device, &agent)) {
        return CLI_FAILED;
    }
    status = tps_device_rot13(&agent, text, TPS_BUF_OF(turned), &problem);
    tps_device_agent_close(&agent);
    if (status != TPS_OK) {
        return fail(&problem);
    }
    puts((const char *)turned);
    return CLI_GOOD;
}

/* ---- start, stop, flash ---- */

/* Opens the folder that is the one word behind the command; false after saying why not. */
static bool open_only_operand(int argc, char **argv, const char **device, tps_device_folder *folder)
{
    size_t count = 1;
    tps_device_problem problem;

    if (!cli_parse(argc, argv, NULL, 0, device, &count)) {
        return false;
    }
    if (count == 0) {
        (void)missing("DIR");
        return false;
    }
    if (tps_device_folder_open(*device, folder, &problem) != TPS_OK) {
        (void)fail(&problem);
        return false;
    }
    return true;
}

static int run_start(int argc, char **argv)
{
    const char *device = NULL;
    tps_device_problem problem;
    tps_device_folder folder = {.folder = -1};
    bool started;
    tps_status status;

    if (!open_only_operand(argc, argv, &device, &folder)) {
        return CLI_FAILED;
    }
    status = tps_device_start(&folder, &started, &problem);
    if (status == TPS_OK) {
        printf("the component of %s %s (process %d; log: %s/component.log)\n", device,
               started ? "runs now" : "was running already", tps_device_running(&folder), device);
        warn_of_refused(&folder);
    }
    tps_device_folder_close(&folder);
    return status == TPS_OK ? CLI_GOOD : fail(&problem);
}

static int run_stop(int argc, char **argv)
{
    const char *device = NULL;
    tps_device_problem problem;
    tps_device_folder folder = {.folder = -1};
    bool stopped;
    tps_status status;

    if (!open_only_operand(argc, argv, &device, &folder)) {
        return CLI_FAILED;
    }
    status = tps_device_stop(&folder, &stopped, &problem);
    tps_device_folder_close(&folder);
    if (status != TPS_OK) {
        return fail(&problem);
    }
    printf("the component of %s %s\n", device, stopped ? "is stopped" : "was not running");
    return CLI_GOOD;
}

static int run_flash(int argc, char **argv)
{
    const char *operands[3] = {NULL, NULL, NULL};
    const char *name = NULL;
    const cli_option options[] = {{.name = "--name", .value = &name}};
    size_t count = 3;
    char used[64];
    tps_device_problem problem;
    tps_device_folder folder = {.folder = -1};
    bool is_running;
    tps_status status;

    if (!cli_parse(argc, argv, options, 1, operands, &count)) {
        return CLI_FAILED;
    }
    if (count < 2) {
        return missing(count == 0 ? "DIR" : "IMAGE");
    }
    if (tps_device_folder_open(operands[0], &folder, &problem) != TPS_OK) {
        return fail(&problem);
    }
    status = tps_device_flash(&folder, name, operands[1], operands[2], used, &problem);
    is_running = tps_device_running(&folder) != 0;
    tps_device_folder_close(&folder);
    if (status != TPS_OK) {
        return fail(&problem);
    }
    printf("put %s onto %s as its image \"%s\"%s\n", operands[1], operands[0], used,
           operands[2] == NULL ? "; its manifest stays as it was" : "");
    if (is_running) {
        printf("next: tps device stop %s; the image is verified at the next start\n", operands[0]);
    }
    return CLI_GOOD;
}

/* ---- log ---- */

static int run_log(int argc, char **argv)
{
    const char *device = NULL;
    bool all = false;
    const cli_option options[] = {{.name = "--device", .value = &device}, {.name = "--all", .flag = &all}};
    tps_device_problem problem;
    tps_device_folder folder = {.folder = -1};
    char *text;
    tps_status status;

    if (!parse_device(argc, argv, options, 2, &device)) {
        return CLI_FAILED;
    }
    if (device == NULL) {
        return missing("DIR");
    }
    if (tps_device_folder_open(device, &folder, &problem) != TPS_OK) {
        return fail(&problem);
    }
    status = tps_device_log_read(&folder, all, &text, &problem);
    tps_device_folder_close(&folder);
    if (status != TPS_OK) {
        return fail(&problem);
    }
    (void)fputs(text, stdout);
    free(text);
    return CLI_GOOD;
}

/* ---- lifecycle ---- */

static int take_step(tps_device_agent *agent, const char *name)
{
    tps_device_problem problem;
    uint32_t before;
    uint32_t state;

    if (tps_device_state(agent, &before, &problem) != TPS_OK ||
        tps_device_step(agent, tps_device_step_of(name), &state, &problem) != TPS_OK) {
        return fail(&problem);
    }
    printf("done: %s; the lifecycle of %s is \"%s\"\n", name, agent->folder.name,
           tps_device_state_name(state));
    if (state != before) {
        printf("next: tps device stop %s; it has the keys of its state from the next start on\n",
               agent->folder.name);
    }
    return CLI_GOOD;
}

static int tell_state(tps_device_agent *agent)
{
    tps_device_problem problem;
    uint32_t state;

    if (tps_device_state(agent, &state, &problem) != TPS_OK) {
        return fail(&problem);
    }
    puts(tps_device_state_name(state));
    return CLI_GOOD;
}

static int run_lifecycle(int argc, char **argv)
{
    const char *operands[2] = {NULL, NULL};
    bool is_sure = false;
    const cli_option options[] = {{.name = "--yes", .flag = &is_sure}};
    size_t count = 2;
    tps_device_agent agent;
    int code;

    if (!cli_parse(argc, argv, options, 1, operands, &count)) {
        return CLI_FAILED;
    }
    if (count == 0) {
        return missing("DIR");
    }
    if (count == 2 && tps_device_step_of(operands[1]) == 0) {
        return cli_fail("see tps help device for the steps", "there is no step \"%s\"", operands[1]);
    }
    if (count == 2 && !is_sure) {
        return cli_fail("say --yes if you want it", "\"%s\" cannot be undone", operands[1]);
    }
    if (!open_agent(operands[0], &agent)) {
        return CLI_FAILED;
    }
    code = count == 2 ? take_step(&agent, operands[1]) : tell_state(&agent);
    tps_device_agent_close(&agent);
    return code;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"attest", run_attest},        {"evidence", run_evidence}, {"info", run_info},
    {"rot13", run_rot13},          {"start", run_start},       {"stop", run_stop},
    {"flash", run_flash},          {"log", run_log},           {"lifecycle", run_lifecycle},
    {"bridge", cli_device_bridge},
};

static int run(int argc, char **argv)
{
    const char *wanted = argc > 1 ? argv[1] : "";

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(wanted, commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    if (wanted[0] == '\0') {
        return cli_fail(
            "tps device attest|bridge|evidence|info|lifecycle|log|rot13|flash|start|stop; see tps help device",
            "device needs to know what to do");
    }
    return cli_fail("see tps help device", "device: unknown command \"%s\"", wanted);
}

const cli_subcommand cli_device = {
    .name = "device",
    .summary = "run a device's component, and let the device prove itself",
    .usage = usage,
    .run = run,
};
