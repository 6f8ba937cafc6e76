/* SPDX-License-Identifier: Apache-2.0 */
/* Whom the verifier of tps verify trusts for what, and what counts no more: scoped anchors, lists of issuers,
 * files of revoked things. */
#include <stdlib.h>
#include <string.h>

#include "cli/verify.h"
#include "tps/revocation.h"

enum { ANCHOR_LIMIT = 1 << 20, SCOPES_LIMIT = 65536 };
#define LIST_LIMIT ((size_t)64 << 20)

static int tell(const char *path, tps_status status, const tps_error *why)
{
    if (status != TPS_OK) {
        (void)cli_fail_status(path, status, why);
        return CLI_REFUSED;
    }
    return CLI_GOOD;
}

/* Which of the two files it was: an error of the scopes says where they are wrong. */
static int add_scoped(tps_verifier *v, const char *path, const char *scopes_path, tps_span certificate)
{
    tps_buf scopes;
    tps_error why = {.status = TPS_OK};
    tps_status status;

    if (!cli_read_file(scopes_path, SCOPES_LIMIT, &scopes)) {
        return CLI_FAILED;
    }
    status = tps_verifier_add_anchor_with_scopes(v, certificate, cli_span(scopes), &why);
    free(scopes.data);
    return tell(status == TPS_CRYPTO_BAD_KEY || status == TPS_CRYPTO_BAD_CERTIFICATE ? path : scopes_path,
                status, &why);
}

/* "ANCHOR=SCOPES", at the last "=". */
static int give_scoped_anchor(tps_verifier *v, const char *pair)
{
    const char *scopes_path = strrchr(pair, '=');
    tps_buf certificate;
    char *path;
    int code;

    if (scopes_path == NULL || scopes_path == pair || scopes_path[1] == '\0') {
        return cli_fail("give the anchor's file, \"=\", and the file with its scopes",
                        "--scoped-anchor %s names no two files", pair);
    }
    path = strndup(pair, (size_t)(scopes_path - pair));
    if (path == NULL) {
        return cli_fail("free memory", "no memory is left");
    }
    code = cli_read_file(path, ANCHOR_LIMIT, &certificate) ? CLI_GOOD : CLI_FAILED;
    if (code == CLI_GOOD) {
        code = add_scoped(v, path, scopes_path + 1, cli_span(certificate));
        free(certificate.data);
    }
    free(path);
    return code;
}

static int give_list(tps_verifier *v, const char *path, bool is_crl, int64_t now)
{
    tps_buf text;
    tps_error why = {.status = TPS_OK};
    tps_status status;

    if (!cli_read_file(path, LIST_LIMIT, &text)) {
        return CLI_FAILED;
    }
    status = is_crl ? tps_verifier_add_crl(v, cli_span(text), now, &why)
                    : tps_verifier_revoke_list(v, cli_span(text), &why);
    free(text.data);
    return tell(path, status, &why);
}

int verify_give_trust(tps_verifier *v, const verify_options *a)
{
    int code = CLI_GOOD;

    for (size_t i = 0; i < a->scoped_anchor_count && code == CLI_GOOD; i++) {
        code = give_scoped_anchor(v, a->scoped_anchors[i]);
    }
    for (size_t i = 0; i < a->revoked_count && code == CLI_GOOD; i++) {
        code = give_list(v, a->revoked[i], false, a->now);
    }
    for (size_t i = 0; i < a->crl_count && code == CLI_GOOD; i++) {
        code = give_list(v, a->crls[i], true, a->now);
    }
    return code;
}
