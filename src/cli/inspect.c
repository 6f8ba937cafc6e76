/* SPDX-License-Identifier: Apache-2.0 */
/* tps inspect: explains a file to a person, or as JSON to a program. The explaining is src/inspect's. */
#include "inspect/inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/cli.h"

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
        bool has_detail = fault->detail[0] != '\0';
        (void)cli_fail(tps_status_next_step(fault->status), "%s: at byte %zu: %s%s%s%s", path, fault->offset,
                       tps_status_cause(fault->status), has_detail ? " (" : "", fault->detail,
                       has_detail ? ")" : "");
        result = fault->status == TPS_OUT_OF_MEMORY ? CLI_FAILED : CLI_REFUSED;
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
        "  certificates   PEM, DER\n"
        "  all else       COSE, CBOR in diagnostic notation, JWT, JSON\n"
        "\n"
        "  --json         one JSON object for programs: kind, summary, fields, warnings, not_checked; or error\n"
        "\n"
        "Exit codes: 0 understood, 1 not well-formed or unknown, 2 usage or input.\n",
    .run = run,
};
