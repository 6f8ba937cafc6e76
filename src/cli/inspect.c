/* SPDX-License-Identifier: Apache-2.0 */
/* tps inspect: explains a file to a person, or as JSON to a program. The explaining is src/inspect's. */
#include "inspect/inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/cli.h"
#include "format/text/escape.h"

static void to_output(void *context, const char *text, size_t size)
{
    (void)fwrite(text, 1, size, context);
}

/* Output that is cut short must not look like a whole one: a full disk is a failure. */
static int written(int result)
{
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        return cli_fail("check where the output goes", "cannot write the output");
    }
    return result;
}

/* What goes into an error line: it may quote the file, so it is escaped; what is too long is cut. */
typedef struct {
    char data[512];
    size_t size;
} line;

static void onto_line(void *context, const char *text, size_t size)
{
    line *l = context;
    size_t room = sizeof l->data - 1 - l->size;

    size = size < room ? size : room;
    memcpy(l->data + l->size, text, size);
    l->size += size;
    l->data[l->size] = '\0';
}

static int refuse(const char *path, const inspect_fault *fault)
{
    bool has_detail = fault->detail[0] != '\0';
    line name = {.size = 0};
    line detail = {.size = 0};

    escape_text(tps_span_of_text(path), ESCAPE_PLAIN, onto_line, &name);
    escape_text(tps_span_of_text(fault->detail), ESCAPE_PLAIN, onto_line, &detail);
    (void)cli_fail(tps_status_next_step(fault->status), "%s: at byte %zu: %s%s%s%s", name.data, fault->offset,
                   tps_status_cause(fault->status), has_detail ? " (" : "", detail.data,
                   has_detail ? ")" : "");
    return fault->status == TPS_OUT_OF_MEMORY ? CLI_FAILED : CLI_REFUSED;
}

static int explain(const char *path, tps_span file, bool is_json)
{
    inspect_document *document = inspect_file(file, (int64_t)time(NULL));
    const inspect_fault *fault;
    int result = CLI_GOOD;

    if (document == NULL) {
        return cli_fail(tps_status_next_step(TPS_OUT_OF_MEMORY), "%s", tps_status_cause(TPS_OUT_OF_MEMORY));
    }
    fault = inspect_fault_of(document);
    if (is_json) {
        inspect_write_json(document, to_output, stdout);
    } else {
        inspect_write_text(document, to_output, stdout);
    }
    if (fault->status != TPS_OK) {
        result = refuse(path, fault);
    }
    inspect_free(document);
    return written(result);
}

static int run(int argc, char **argv)
{
    bool is_json = false;
    const cli_option options[] = {{.name = "--json", .flag = &is_json}};
    const char *path = NULL;
    size_t count = 1;
    tps_buf file;
    int result;

    if (!cli_parse(argc, argv, options, sizeof options / sizeof options[0], &path, &count)) {
        return CLI_FAILED;
    }
    if (count != 1) {
        return cli_fail("tps inspect FILE [--json]", "inspect: no file is named");
    }
    if (!cli_read_file(path, INSPECT_SIZE_MAX, &file)) {
        return CLI_FAILED;
    }
    result = explain(path, cli_span(file), is_json);
    free(file.data);
    return result;
}

const cli_subcommand cli_inspect = {
    .name = "inspect",
    .summary = "explain a file: a token, endorsements, a result, a key, a certificate",
    .usage =
        "tps inspect FILE [--json]\n"
        "\n"
        "Says what FILE is, what each of its fields means, what is odd about it, and what was not checked.\n"
        "Nothing is verified: for that there is tps verify. FILE may be \"-\" for standard input; 16 MiB at most.\n"
        "\n"
        "  evidence       PSA attestation tokens (RFC 9783 and the profile before it), EAT, CWT\n"
        "  endorsements   CoRIM, signed or not\n"
        "  results        EAR, as JWT and CWT\n"
        "  keys           PEM, JWK, COSE_Key; private ones are named and never shown\n"
        "  certificates   PEM, DER, with the layers that DICE puts into them; CBOR certificates of DICE\n"
        "  all else       COSE, CBOR in diagnostic notation, JWT, JSON\n"
        "\n"
        "  --json         one JSON object for programs: kind, summary, fields, warnings, not_checked; or error\n"
        "\n"
        "Exit codes: 0 understood, 1 not well-formed or unknown, 2 usage or input.\n",
    .run = run,
};
