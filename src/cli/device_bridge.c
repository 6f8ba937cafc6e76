/* SPDX-License-Identifier: Apache-2.0 */
/* `tps device bridge`: options, and what is printed where. Answers of the chip go to standard output, all
 * else to standard error, so that a script sees what it asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "device/bridge.h"

enum { COMMANDS_MAX = 64 };

static void say(void *context, uint32_t kind, const char *text)
{
    if (kind == TPS_DEVICE_BRIDGE_ANSWER) {
        FILE *answers = context;

        fprintf(answers, "%s\n", text);
        (void)fflush(answers);
    } else {
        fprintf(stderr, "%s%s\n", kind == TPS_DEVICE_BRIDGE_LOG ? "chip: " : "tps: ", text);
    }
}

/** NULL leaves the number as it is. */
static bool parse_number(const char *option, const char *text, uint32_t *number)
{
    char *end;
    unsigned long parsed;

    if (text == NULL) {
        return true;
    }
    parsed = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || parsed == 0 || parsed > INT32_MAX) {
        (void)cli_fail("see tps help device", "%s takes a number, not \"%s\"", option, text);
        return false;
    }
    *number = (uint32_t)parsed;
    return true;
}

static int carry(const tps_device_bridge_request *request)
{
    tps_device_problem problem;
    uint32_t result = CLI_FAILED;

    if (tps_device_bridge_check(request, &problem) != TPS_OK ||
        tps_device_bridge(request, &result, &problem) != TPS_OK) {
        return cli_fail(problem.next_step, "%s", problem.cause);
    }
    return (int)result;
}

int cli_device_bridge(int argc, char **argv)
{
    const char *commands[COMMANDS_MAX];
    tps_device_bridge_request request = {.say = say, .context = stdout, .commands = commands};
    const char *baud = NULL;
    const char *timeout = NULL;
    const cli_option options[] = {
        {.name = "--to", .value = &request.url},
        {.name = "--tenant", .value = &request.tenant},
        {.name = "--baud", .value = &baud},
        {.name = "--ca", .value = &request.authorities},
        {.name = "--command", .values = commands, .capacity = COMMANDS_MAX, .count = &request.command_count},
        {.name = "--once", .flag = &request.is_once},
        {.name = "--timeout", .value = &timeout},
    };
    size_t operands = 1;

    if (!cli_parse(argc, argv, options, sizeof(options) / sizeof(options[0]), &request.line, &operands) ||
        !parse_number("--baud", baud, &request.baud) ||
        !parse_number("--timeout", timeout, &request.timeout_s)) {
        return CLI_FAILED;
    }
    if (operands == 0 || request.url == NULL) {
        return cli_fail("see tps help device", "%s is missing", operands == 0 ? "LINE" : "--to");
    }
    if (strcmp(request.line, "-") == 0) {
        request.context = stderr;
    } else {
        request.is_asking = isatty(STDIN_FILENO) != 0;
    }
    return carry(&request);
}
