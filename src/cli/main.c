/* SPDX-License-Identifier: Apache-2.0 */
/* The program `tps`: finds the subcommand and runs it. */
#include <stdio.h>

#include "cli/cli.h"

static const cli_subcommand *const subcommands[] = {
    &cli_factory, &cli_device, &cli_tenant, &cli_serve, &cli_verify, &cli_inspect,
};

static const size_t subcommand_count = sizeof subcommands / sizeof subcommands[0];

static void print_help(FILE *to)
{
    fputs("tps " TPS_VERSION ": trusted platform services for device makers and service providers\n\n", to);
    for (size_t i = 0; i < subcommand_count; i++) {
        fprintf(to, "  tps %-9s %s\n", subcommands[i]->name, subcommands[i]->summary);
    }
    fputs("\nMore on each: tps help SUBCOMMAND. Exit codes: 0 good, 1 refused, 2 could not be done.\n", to);
}

static const cli_subcommand *find(const char *name)
{
    for (size_t i = 0; i < subcommand_count; i++) {
        if (strcmp(subcommands[i]->name, name) == 0) {
            return subcommands[i];
        }
    }
    return NULL;
}

static bool is_help(const char *word)
{
    return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int help(const char *name)
{
    const cli_subcommand *wanted = name == NULL ? NULL : find(name);

    if (name != NULL && wanted == NULL) {
        return cli_fail("see tps help", "there is no subcommand \"%s\"", name);
    }
    if (wanted == NULL) {
        print_help(stdout);
    } else {
        printf("%s", wanted->usage);
    }
    return CLI_GOOD;
}

int main(int argc, char **argv)
{
    const cli_subcommand *wanted;

    if (argc < 2) {
        print_help(stderr);
        return CLI_FAILED;
    }
    if (is_help(argv[1])) {
        return help(argc > 2 ? argv[2] : NULL);
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
        puts("tps " TPS_VERSION);
        return CLI_GOOD;
    }
    wanted = find(argv[1]);
    if (wanted == NULL) {
        return cli_fail("see tps help", "there is no subcommand \"%s\"", argv[1]);
    }
    if (argc > 2 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0)) {
        return help(argv[1]);
    }
    return wanted->run(argc - 1, argv + 1);
}
