/* SPDX-License-Identifier: Apache-2.0 */
/* What the verifier of tps verify is given: keys, anchors, endorsements. */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/verify.h"
#include "tps/cose.h"
#include "tps/policy.h"
#include "tps/secret.h"

enum { KEY_LIMIT = 65536, ANCHOR_LIMIT = 1 << 20 };
#define ENDORSEMENTS_LIMIT ((size_t)16 << 20)

/* Hands a whole file to the verifier; prints what went wrong. */
static int give(tps_verifier *v, const verify_options *a, const char *path, size_t limit,
                tps_status (*add)(tps_verifier *, const verify_options *, tps_span, tps_error *))
{
    tps_buf data;
    tps_error why = {0};
    tps_status status;

    if (!cli_read_file(path, limit, &data)) {
        return CLI_FAILED;
    }
    status = add(v, a, cli_span(data), &why);
    tps_wipe(data.data, data.size); /* a key's file may hold its private part, too */
    free(data.data);
    if (status != TPS_OK) {
        (void)cli_fail_status(path, status, &why);
        return CLI_REFUSED; /* it could be read, and is not what it should be */
    }
    return CLI_GOOD;
}

static tps_status add_key(tps_verifier *v, const verify_options *a, tps_span key, tps_error *why)
{
    (void)a;
    /* cli_read_file() puts a zero behind what it read */
    if (key.size > 0 && strstr((const char *)key.data, "-----BEGIN CERTIFICATE") != NULL) {
        *why = (tps_error){TPS_CRYPTO_BAD_KEY, 0, "it is a certificate: --anchor takes a maker's root"};
        return TPS_CRYPTO_BAD_KEY;
    }
    return tps_verifier_add_key(v, key);
}

static tps_status add_mac_key(tps_verifier *v, const verify_options *a, tps_span key, tps_error *why)
{
    (void)a;
    (void)why;
    return tps_verifier_add_mac_key(v, key, TPS_SPAN_EMPTY);
}

/* A JWK or a COSE_Key says itself whether it is public or shared. Bare bytes do not: taken for a secret, a
 * public key in a form that is not known here would let everybody make evidence. */
static bool is_described(tps_span key)
{
    tps_cose_key parsed;

    while (key.size > 0 && strchr(" \t\r\n", *key.data) != NULL && *key.data != 0) {
        key = tps_span_make(key.data + 1, key.size - 1);
    }
    return (key.size > 0 && *key.data == '{') || tps_cose_key_parse(key, &parsed, NULL) == TPS_OK;
}

static tps_status add_any_key(tps_verifier *v, const verify_options *a, tps_span key, tps_error *why)
{
    tps_status status = add_key(v, a, key, why);

    if (status != TPS_OK && is_described(key)) {
        tps_status as_shared = add_mac_key(v, a, key, why);
        status = as_shared == TPS_OK || as_shared == TPS_COSE_KEY_USE ? as_shared : status;
    } else if (status == TPS_CRYPTO_BAD_KEY && why->detail == NULL) {
        *why = (tps_error){status, 0, "a shared secret's bytes go to --mac-key"};
    }
    return status;
}

static tps_status add_anchor(tps_verifier *v, const verify_options *a, tps_span certificates, tps_error *why)
{
    (void)a;
    (void)why;
    return tps_verifier_add_anchor(v, certificates);
}

static tps_status add_corim(tps_verifier *v, const verify_options *a, tps_span corim, tps_error *why)
{
    return tps_verifier_add_corim(v, corim, a->now, why);
}

int verify_policy_problem(const char *path, tps_status status, const tps_policy_problem *problem)
{
    const char *next_step = tps_status_next_step(status);

    if (problem->text[0] == '\0') {
        (void)cli_fail_status(path, status, NULL);
    } else if (problem->line == 0) {
        (void)cli_fail(next_step, "%s: %s", path, problem->text);
    } else {
        (void)cli_fail(next_step, "%s: line %u: %s", path, (unsigned)problem->line, problem->text);
    }
    return CLI_REFUSED;
}

/* What is wrong with a policy needs more words than a tps_error has. */
static int give_policy(tps_verifier *v, const char *path)
{
    tps_policy_problem problem = {.line = 0};
    tps_buf text;
    tps_status status;

    if (!cli_read_file(path, TPS_POLICY_TEXT_MAX, &text)) {
        return CLI_FAILED;
    }
    status = tps_verifier_add_policy(v, cli_span(text), NULL, &problem);
    free(text.data);
    return status == TPS_OK ? CLI_GOOD : verify_policy_problem(path, status, &problem);
}

static int fill_verifier(tps_verifier *v, const verify_options *a)
{
    int code = CLI_GOOD;

    if (a->key != NULL) {
        code = give(v, a, a->key, KEY_LIMIT, add_any_key);
    }
    if (a->mac_key != NULL && code == CLI_GOOD) {
        code = give(v, a, a->mac_key, KEY_LIMIT, add_mac_key);
    }
    for (size_t i = 0; i < a->anchor_count && code == CLI_GOOD; i++) {
        code = give(v, a, a->anchors[i], ANCHOR_LIMIT, add_anchor);
    }
    if (code == CLI_GOOD) {
        code = verify_give_trust(v, a);
    }
    for (size_t i = 0; i < a->endorsement_count && code == CLI_GOOD; i++) {
        code = give(v, a, a->endorsements[i], ENDORSEMENTS_LIMIT, add_corim);
    }
    for (size_t i = 0; i < a->policy_count && code == CLI_GOOD; i++) {
        code = give_policy(v, a->policies[i]);
    }
    return code;
}

int verify_make_verifier(const verify_options *a, tps_verifier **v)
{
    tps_verifier_options options = {.allow_unsigned_endorsements = true,
                                    .allow_demonstration = a->is_demo,
                                    .require_key = a->key != NULL || a->mac_key != NULL};
    int code;

    if (tps_verifier_new(a->verifier != NULL ? a->verifier : &options, v) != TPS_OK) {
        return cli_fail("free memory", "no memory is left");
    }
    code = fill_verifier(*v, a);
    if (code != CLI_GOOD) {
        tps_verifier_free(*v);
        *v = NULL;
    }
    return code;
}
