/* SPDX-License-Identifier: Apache-2.0 */
/* tps status: what a status means. A chip has no room for the texts; it says the number. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static int explain(const char *text)
{
    char *end = NULL;
    unsigned long number;

    errno = 0;
    number = strtoul(text, &end, 0);
    if (text[0] == '-' || end == text || *end != '\0' || errno != 0 || number > UINT32_MAX) {
        return cli_fail("give it as the console says it, such as 0x00080014", "\"%.40s\" is no status", text);
    }
    if (number != TPS_OK && strcmp(tps_status_name((tps_status)number), "TPS_UNKNOWN") == 0) {
        return cli_fail("is this program as new as the firmware?", "0x%08lx is no status that it knows",
                        number);
    }
    printf("0x%08lx %s\n  cause      %s\n  next step  %s\n", number, tps_status_name((tps_status)number),
           tps_status_cause((tps_status)number), tps_status_next_step((tps_status)number));
    return CLI_GOOD;
}

static int run(int argc, char **argv)
{
    if (argc < 2) {
        return cli_fail("see tps help status", "status: no number is given");
    }
    for (int i = 1; i < argc; i++) {
        int result = explain(argv[i]);

        if (result != CLI_GOOD) {
            return result;
        }
    }
    return CLI_GOOD;
}

const cli_subcommand cli_status = {
    .name = "status",
    .summary = "say what a status means, by the number that a chip's console gives",
    .usage = "tps status NUMBER...\n"
             "\n"
             "Name, cause and next step of a status: a chip has no room for the texts, and says the number.\n"
             "NUMBER is hexadecimal with 0x in front, or decimal.\n"
             "\n"
             "Exit codes: 0 known, 2 unknown.\n",
    .run = run,
};
