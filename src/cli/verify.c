/* SPDX-License-Identifier: Apache-2.0 */
/* tps verify: appraises evidence with what is given on the command line. */
#include "cli/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/record.h"
#include "tps/cose.h"

/* Where to go on. */
static void print_see_also(const tps_verifier *v, const tps_appraisal *appraisal, const verify_options *a,
                           tps_span evidence)
{
    tps_cose_message message;
    tps_verifier_counts counts;

    if (appraisal->scheme != TPS_SCHEME_UNKNOWN) {
        return;
    }
    tps_verifier_count(v, &counts);
    if (counts.mac_keys == 0 && tps_cose_sign1_parse(evidence, &message, NULL) == TPS_OK &&
        message.tag == TPS_TAG_COSE_MAC0) {
        verify_print_row("see also", "--mac-key FILE gives the key that is shared with the device");
    }
    printf("  %-10s tps inspect %s says what the file is\n", "see also", a->file);
}

static int print(const tps_verifier *v, const verify_options *a, tps_span evidence,
                 const tps_appraisal *parts, size_t count, uint8_t tier)
{
    int code = CLI_GOOD;

    if (a->is_json) {
        code = verify_print_json(parts, count, tier);
    } else {
        verify_print(parts, count, tier);
        print_see_also(v, &parts[0], a, evidence);
    }
    if (code != CLI_GOOD || fflush(stdout) != 0) {
        return CLI_FAILED;
    }
    return tier == TPS_EAR_TIER_AFFIRMING ? CLI_GOOD : CLI_REFUSED;
}

static int appraise(tps_verifier *v, verify_options *a, tps_span evidence)
{
    static tps_appraisal parts[TPS_PARTS_MAX];
    tps_appraisal_request request;
    tps_buf room = {malloc(TPS_APPRAISAL_ROOM(evidence.size)), TPS_APPRAISAL_ROOM(evidence.size)};
    size_t count;
    uint8_t tier;
    int code;

    if (room.data == NULL) {
        return cli_fail("free memory", "no memory is left");
    }
    if (!verify_make_request(a, &request)) {
        free(room.data);
        return CLI_FAILED;
    }
    tps_verifier_appraise_all(v, evidence, room, &request, parts, TPS_PARTS_MAX, &count, &tier);
    code = print(v, a, evidence, parts, count, tier);
    if (a->receipt != NULL && code != CLI_FAILED) {
        int made = verify_write_receipt(v, a, evidence, &request, parts, count);
        code = made == CLI_GOOD ? code : made;
    }
    if (a->record != NULL && !record_append(a->record, evidence, &request, &parts[0], tier)) {
        code = CLI_FAILED;
    }
    free(room.data);
    return code;
}

static int run(int argc, char **argv)
{
    verify_options a = {.now = (int64_t)time(NULL)};
    tps_verifier *v;
    tps_buf evidence;
    int code;

    if (!verify_read_options(argc, argv, &a, NULL, 0) ||
        !cli_read_file(a.file, VERIFY_EVIDENCE_LIMIT, &evidence)) {
        return CLI_FAILED;
    }
    code = verify_make_verifier(&a, &v);
    if (code == CLI_GOOD) {
        code = appraise(v, &a, cli_span(evidence));
        tps_verifier_free(v);
    }
    free(evidence.data);
    return code;
}

const cli_subcommand cli_verify = {
    .name = "verify",
    .summary = "appraise evidence with keys, endorsements and a nonce",
    .usage =
        "tps verify FILE [--key KEY] [--mac-key SECRET] [--endorsements CORIM]... [--anchor CERT]...\n"
        "           [--policy FILE]... [--service NAME] [--nonce NONCE] [--freshness KIND]\n"
        "           [--binder] [--aud NAME] [--record FILE]\n"
        "           [--receipt OUT --receipt-key KEY] [--json] [--demo]\n"
        "\n"
        "FILE holds evidence: a PSA token (RFC 9783), an EAT of the opentps device profile as CWT or JWT, an\n"
        "answer below a DICE chain, a TPM's quote (tps help tpm); by itself, in a detached bundle (RFC 9711)\n"
        "or in a wrapper (CMW, RFC 9999). Of a composite device each part is judged, and then the whole.\n"
        "\n"
        "  --key KEY             the key that must have signed: .pem, .jwk, or .bin (COSE_Key, DER, point,\n"
        "                        the 32 bytes of an Ed25519 key). A JWK or COSE_Key may be a shared one, too\n"
        "  --mac-key SECRET      the key shared with the device, of evidence in a COSE_Mac0: COSE_Key, .jwk\n"
        "                        (kty oct), or its bytes, at least 32\n"
        "  --endorsements CORIM  reference values and device keys; naming the file permits it to be unsigned\n"
        "  --anchor CERT         a maker's root: signs endorsements and device certificates (PEM or DER)\n"
        "  --scoped-anchor CERT=SCOPES\n"
        "                        a root or public key that is trusted for what SCOPES lists only (JSON)\n"
        "  --revoked FILE        keys, certificates, images and devices that count no more (JSON)\n"
        "  --crl FILE            a certificate revocation list of an issuer (RFC 5280, 5; PEM or DER)\n"
        "  --policy FILE         a policy (docs/policy.md); the most specific one for the device judges it\n"
        "  --service NAME        for which service: chooses among policies\n"
        "  --nonce NONCE         what the device was asked with: base64url, or hex behind \"hex:\"\n"
        "  --freshness KIND      nonce (the default); time: a nonce of tps nonce; epoch: an epoch's id\n"
        "  --nonce-key FILE      the key of tps nonce, for time and epoch\n"
        "  --context TEXT        what that nonce was made for\n"
        "  --max-age SECONDS     how old it may be, for time (300)\n"
        "  --period SECONDS      how long an epoch is; that before the present one counts, too\n"
        "  --binder              the nonce is the binder of a channel to this very device\n"
        "  --binder-origin LIST  who may compute it: component (the default), application, caller, none\n"
        "  --aud NAME            who asks: evidence for another audience is refused\n"
        "  --record FILE         append evidence and outcome to FILE, for tps policy dry-run\n"
        "  --receipt OUT         write what a third party can check later (tps help receipt)\n"
        "  --receipt-key KEY     signs it: a private key, PEM\n"
        "  --json                print one JSON object\n"
        "  --demo                take the demonstration CA, whose private key is public\n"
        "\n"
        "What a COSE_Key or JWK says of its use (alg, use, key_ops) is obeyed.\n"
        "\n"
        "Exit codes: 0 affirming; 1 refused, malformed or not affirming (a key alone never is);\n"
        "2 could not be judged. FILE may be \"-\" for standard input.\n",
    .run = run,
};
