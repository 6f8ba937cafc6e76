/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the subcommands of `tps` share: exit codes, error lines, options, bytes in texts, whole files.
 * Each subcommand lives in a file of its own and is listed in main.c.
 */
#ifndef TPS_CLI_CLI_H
#define TPS_CLI_CLI_H

#include <stdbool.h>

#include "tps/span.h"
#include "tps/status.h"

/** Exit codes: the answer is good; the answer is no; no answer could be given (usage, I/O). */
enum { CLI_GOOD = 0, CLI_REFUSED = 1, CLI_FAILED = 2 };

/** A subcommand: defined in its own file, listed in main.c. */
typedef struct {
    const char *name;    /**< "verify" */
    const char *summary; /**< one line for `tps help` */
    const char *usage;   /**< all of `tps help verify`, lines at most 100 wide, ending in a line break */
    int (*run)(int argc, char **argv); /**< argv[0] is the subcommand's name; returns an exit code */
} cli_subcommand;

extern const cli_subcommand cli_verify;
extern const cli_subcommand cli_explain;
extern const cli_subcommand cli_nonce;
extern const cli_subcommand cli_inspect;
extern const cli_subcommand cli_status;
extern const cli_subcommand cli_factory;
extern const cli_subcommand cli_device;
extern const cli_subcommand cli_serve;
extern const cli_subcommand cli_tenant;
extern const cli_subcommand cli_store;
extern const cli_subcommand cli_policy;
extern const cli_subcommand cli_tpm;
extern const cli_subcommand cli_receipt;
extern const cli_subcommand cli_audit;
extern const cli_subcommand cli_token;
extern const cli_subcommand cli_administrator;

/** `tps device bridge`, in a file of its own; argv[0] is "bridge". */
int cli_device_bridge(int argc, char **argv);

/** Says which subcommand runs: errors of cli_parse() name it, and its help. Called once, by main. */
void cli_begin(const cli_subcommand *subcommand);

/** Prints "tps: cause: next step" to standard error and returns CLI_FAILED. `cause` is a printf format. */
__attribute__((format(printf, 2, 3))) int cli_fail(const char *next_step, const char *cause, ...);

/** Prints "tps: SUBJECT: cause of status (detail, at byte N): next step" and returns CLI_FAILED. `why` may be
 * NULL. */
int cli_fail_status(const char *subject, tps_status status, const tps_error *why);

/**
 * One option that a subcommand takes. Options are long ("--key FILE", "--key=FILE"); all else is an operand.
 * A flag has `flag` set, an option with a value `value`, one that may be repeated `values` with `capacity`
 * and `count`.
 */
typedef struct {
    const char *name;    /**< "--key" */
    const char **value;  /**< takes the value; NULL for others */
    bool *flag;          /**< set to true; NULL for others */
    const char **values; /**< takes each value; NULL for others */
    size_t capacity;
    size_t *count;
} cli_option;

/**
 * Parses argv[1..]; operands go to `operands` in order. "--" ends the options.
 * @param[in,out] operand_count  Capacity; then the number found.
 * @return false after printing what is wrong (unknown option, missing value, too many operands).
 */
bool cli_parse(int argc, char **argv, const cli_option *options, size_t option_count, const char **operands,
               size_t *operand_count);

/** Bytes in base64 of either alphabet, or in hex behind "hex:"; `name` is the option's. Prints what is wrong.
 */
bool cli_read_bytes(const char *name, const char *text, tps_buf room, size_t *size);

/** The nonce that --nonce gives, 8 to CLI_NONCE_MAX bytes, as cli_read_bytes() reads them. */
enum { CLI_NONCE_MIN = 8, CLI_NONCE_MAX = 64 };
bool cli_read_nonce(const char *text, uint8_t nonce[CLI_NONCE_MAX], size_t *size);

/** True when the file begins as a program of this kind of system does (ELF); false where it cannot be read.
 */
bool cli_is_program(const char *path);

/**
 * Reads a whole file ("-" is standard input) of at most `limit` bytes into heap memory, with a zero behind
 * it. The caller frees `data->data`. On failure prints the error and returns false.
 */
bool cli_read_file(const char *path, size_t limit, tps_buf *data);

/** Writes a whole file with the given mode (0600, 0644), replacing an old one at once. Prints its error. */
bool cli_write_file(const char *path, unsigned mode, tps_span data);

/** The span of a buffer. */
static inline tps_span cli_span(tps_buf buffer)
{
    return tps_span_make(buffer.data, buffer.size);
}

#endif
