/* SPDX-License-Identifier: Apache-2.0 */
/* The options of tps verify. */
#include <string.h>

#include "cli/cli.h"
#include "cli/verify.h"

size_t verify_knowledge_options(verify_options *a, cli_option options[VERIFY_KNOWLEDGE_MAX])
{
    const cli_option known[] = {
        {.name = "--endorsements",
         .values = a->endorsements,
         .capacity = VERIFY_FILES_MAX,
         .count = &a->endorsement_count},
        {.name = "--anchor", .values = a->anchors, .capacity = VERIFY_FILES_MAX, .count = &a->anchor_count},
        {.name = "--scoped-anchor",
         .values = a->scoped_anchors,
         .capacity = VERIFY_FILES_MAX,
         .count = &a->scoped_anchor_count},
        {.name = "--revoked", .values = a->revoked, .capacity = VERIFY_FILES_MAX, .count = &a->revoked_count},
        {.name = "--crl", .values = a->crls, .capacity = VERIFY_FILES_MAX, .count = &a->crl_count},
        {.name = "--policy", .values = a->policies, .capacity = VERIFY_FILES_MAX, .count = &a->policy_count},
        {.name = "--demo", .flag = &a->is_demo},
    };

    memcpy(options, known, sizeof known);
    return sizeof known / sizeof known[0];
}

bool verify_read_options(int argc, char **argv, verify_options *a, const cli_option *more, size_t more_count)
{
    const cli_option own[] = {
        {.name = "--key", .value = &a->key},
        {.name = "--mac-key", .value = &a->mac_key},
        {.name = "--nonce", .value = &a->nonce_text},
        {.name = "--aud", .value = &a->aud},
        {.name = "--receipt", .value = &a->receipt},
        {.name = "--receipt-key", .value = &a->receipt_key},
        {.name = "--service", .value = &a->service},
        {.name = "--record", .value = &a->record},
        {.name = "--json", .flag = &a->is_json},
        {.name = "--freshness", .value = &a->freshness.kind_text},
        {.name = "--nonce-key", .value = &a->freshness.key_file},
        {.name = "--context", .value = &a->freshness.context},
        {.name = "--max-age", .value = &a->freshness.max_age_text},
        {.name = "--period", .value = &a->freshness.period_text},
        {.name = "--binder", .flag = &a->freshness.is_binder},
        {.name = "--binder-origin", .value = &a->freshness.origins_text},
    };
    cli_option options[VERIFY_KNOWLEDGE_MAX + sizeof own / sizeof own[0] + VERIFY_MORE_MAX];
    size_t count = verify_knowledge_options(a, options);
    const char *operands[1];
    size_t operand_count = 1;

    memcpy(options + count, own, sizeof own);
    count += sizeof own / sizeof own[0];
    for (size_t i = 0; i < more_count && i < VERIFY_MORE_MAX; i++) {
        options[count++] = more[i];
    }
    if (!cli_parse(argc, argv, options, count, operands, &operand_count)) {
        return false;
    }
    if ((a->receipt == NULL) != (a->receipt_key == NULL)) {
        cli_fail("give --receipt OUT and --receipt-key KEY", "verify: a receipt is signed");
        return false;
    }
    if (operand_count != 1) {
        cli_fail("see tps help verify", "the file with the evidence is missing");
        return false;
    }
    a->file = operands[0];
    return (a->nonce_text == NULL || cli_read_nonce(a->nonce_text, a->nonce, &a->nonce_size)) &&
           verify_read_freshness(&a->freshness, a->nonce_size > 0);
}

bool verify_make_request(verify_options *a, tps_appraisal_request *request)
{
    *request = (tps_appraisal_request){.nonce = tps_span_make(a->nonce, a->nonce_size),
                                       .aud = tps_span_of_text(a->aud),
                                       .service = tps_span_of_text(a->service),
                                       .now = a->now};
    return verify_fill_freshness(&a->freshness, request);
}
