/* SPDX-License-Identifier: Apache-2.0 */
/* How evidence shows that it is fresh: the options of tps verify about it, and tps nonce. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/verify.h"
#include "tps/base64.h"
#include "tps/device_claims.h"
#include "tps/secret.h"

enum { SECONDS_MAX = 366 * 86400 };

static bool read_seconds(const char *option, const char *text, int64_t *seconds)
{
    char *end;
    long value;

    if (text == NULL) {
        return true;
    }
    value = strtol(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || value < 1 || value > SECONDS_MAX) {
        cli_fail("give whole seconds, 1 to a year of them", "%s cannot be read", option);
        return false;
    }
    *seconds = value;
    return true;
}

static bool read_kind(verify_freshness *f)
{
    static const char *const names[] = {"nonce", "time", "epoch"};

    for (uint32_t i = 0; i < 3; i++) {
        if (f->kind_text == NULL || strcmp(f->kind_text, names[i]) == 0) {
            f->kind = TPS_FRESHNESS_NONCE + i;
            return true;
        }
    }
    cli_fail("give nonce, time or epoch", "--freshness cannot be read");
    return false;
}

/* "component,application": who may have computed a binder. */
static bool read_origins(verify_freshness *f)
{
    static const char *const names[] = {"none", "component", "application", "caller"};
    const char *at = f->origins_text;

    while (at != NULL && *at != '\0') {
        size_t size = strcspn(at, ",");
        uint32_t origin = 0;
        while (origin < 4 && (strlen(names[origin]) != size || strncmp(at, names[origin], size) != 0)) {
            origin++;
        }
        if (origin == 4) {
            cli_fail("give component, application, caller or none, with commas between",
                     "--binder-origin cannot be read");
            return false;
        }
        f->origins |= 1u << origin;
        at += at[size] == ',' ? size + 1 : size;
    }
    return true;
}

static bool read_key(verify_freshness *f)
{
    tps_buf data;
    bool is_good;

    if (f->key_file == NULL) {
        return true;
    }
    if (!cli_read_file(f->key_file, TPS_NONCE_KEY_SIZE + 1, &data)) {
        return false;
    }
    is_good = data.size == TPS_NONCE_KEY_SIZE;
    if (is_good) {
        memcpy(f->key, data.data, TPS_NONCE_KEY_SIZE);
        f->has_key = true;
    } else {
        cli_fail("give a file with 32 random bytes", "%s: this is no key for nonces", f->key_file);
    }
    tps_wipe(data.data, data.size);
    free(data.data);
    return is_good;
}

bool verify_read_freshness(verify_freshness *f, bool has_nonce)
{
    if (!read_kind(f) || !read_origins(f) || !read_seconds("--max-age", f->max_age_text, &f->max_age) ||
        !read_seconds("--period", f->period_text, &f->period) || !read_key(f)) {
        return false;
    }
    if (f->kind != TPS_FRESHNESS_NONCE && (!f->has_key || has_nonce)) {
        cli_fail("give --nonce-key FILE, and no --nonce", "verify: this freshness is judged with a key");
        return false;
    }
    if (f->kind == TPS_FRESHNESS_EPOCH && f->period == 0) {
        cli_fail("give --period SECONDS", "verify: how long an epoch is, is not told");
        return false;
    }
    return true;
}

bool verify_fill_freshness(verify_freshness *f, tps_appraisal_request *request)
{
    uint8_t ids[2][TPS_EPOCH_ID_SIZE];
    tps_span context = tps_span_of_text(f->context);

    request->freshness = f->kind;
    request->is_binder = f->is_binder;
    request->binder_origins = f->origins;
    request->nonce_key = tps_span_make(f->key, f->has_key ? sizeof f->key : 0);
    request->nonce_context = context;
    request->max_age = f->max_age;
    if (f->kind != TPS_FRESHNESS_EPOCH) {
        return true;
    }
    for (size_t i = 0; i < 2; i++) {
        f->epochs[i] = TPS_SPAN_OF(f->epoch_ids[i]);
    }
    request->epochs = f->epochs;
    request->epoch_count = 2;
    if (tps_epoch_ids(request->nonce_key, context, f->period, request->now, ids) != TPS_OK) {
        cli_fail("check the clock", "the present epoch cannot be told");
        return false;
    }
    memcpy(f->epoch_ids, ids, sizeof f->epoch_ids);
    return true;
}

/* ---- tps nonce ---- */

static int print_nonce(const verify_freshness *f)
{
    uint8_t ids[2][TPS_EPOCH_ID_SIZE];
    char text[TPS_BASE64URL_SIZE(TPS_NONCE_SIZE)];
    tps_span key = TPS_SPAN_OF(f->key);
    tps_span context = tps_span_of_text(f->context);
    int64_t now = (int64_t)time(NULL);
    tps_status status = f->period > 0 ? tps_epoch_ids(key, context, f->period, now, ids)
                                      : tps_nonce_make(key, context, now, ids[0]);

    if (status != TPS_OK) {
        return cli_fail_status("nonce", status, NULL);
    }
    printf("%.*s\n", (int)tps_base64url_write(TPS_SPAN_OF(ids[0]), text), text);
    return fflush(stdout) == 0 ? CLI_GOOD : CLI_FAILED;
}

static int run(int argc, char **argv)
{
    verify_freshness f = {0};
    const cli_option options[] = {
        {.name = "--nonce-key", .value = &f.key_file},
        {.name = "--context", .value = &f.context},
        {.name = "--period", .value = &f.period_text},
    };
    size_t operand_count = 0;
    int code = CLI_FAILED;

    if (cli_parse(argc, argv, options, sizeof options / sizeof options[0], NULL, &operand_count) &&
        verify_read_freshness(&f, false)) {
        code = f.has_key ? print_nonce(&f)
                         : cli_fail("give --nonce-key FILE", "nonce: the key to make it with is missing");
    }
    tps_wipe(&f, sizeof f);
    return code;
}

const cli_subcommand cli_nonce = {
    .name = "nonce",
    .summary = "make a nonce that tells its time, or tell the present epoch",
    .usage =
        "tps nonce --nonce-key FILE [--context TEXT] [--period SECONDS]\n"
        "\n"
        "Prints a nonce for a device, in base64url. It carries the time of its making, authenticated with the\n"
        "key, so that nothing has to be kept until the evidence comes: tps verify --freshness time.\n"
        "\n"
        "  --nonce-key FILE    32 random bytes; who has them can make nonces\n"
        "  --context TEXT      what the nonce is for, such as a session: tps verify must be told the same\n"
        "  --period SECONDS    print the id of the present epoch of so many seconds instead, which many\n"
        "                      devices may answer: tps verify --freshness epoch\n",
    .run = run,
};
