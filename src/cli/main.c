/* SPDX-License-Identifier: Apache-2.0 */
/* The program `tps`: finds the subcommand and runs it. */
#include <stdio.h>

#include "cli/cli.h"

static const cli_subcommand *const subcommands[] = {
    &cli_factory, &cli_device, &cli_tenant,  &cli_serve,         &cli_verify, &cli_explain,
    &cli_nonce,   &cli_policy, &cli_receipt, &cli_inspect,       &cli_tpm,    &cli_store,
    &cli_status,  &cli_audit,  &cli_token,   &cli_administrator,
};

static const size_t subcommand_count = sizeof subcommands / sizeof subcommands[0];

static void print_help(FILE *to)
{
    fputs("tps " TPS_VERSION ": trusted platform services for device makers and service providers\n\n", to);
    for (size_t i = 0; i < subcommand_count; i++) {
        fprintf(to, "  tps %-13s %s\n", subcommands[i]->name, subcommands[i]->summary);
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

static int no_such(const char *name)
{
    return cli_fail("tps help lists them", "there is no subcommand \"%s\"", name);
}

/* `tps factory init --help` is a question, too, wherever it stands among the options. */
static bool asks_for_help(int argc, char **argv)
{
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}

static int help(const char *name)
{
    const cli_subcommand *wanted = name == NULL ? NULL : find(name);

    if (name != NULL && wanted == NULL) {
        return no_such(name);
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
        return no_such(argv[1]);
    }
    if (asks_for_help(argc, argv)) {
        return help(argv[1]);
    }
    cli_begin(wanted);
    return wanted->run(argc - 1, argv + 1);
}
