/* SPDX-License-Identifier: Apache-2.0 */
/* tps verify, in four files: the subcommand (verify.c), its options, what the verifier is given, what is
 * printed. */
#ifndef CLI_VERIFY_H
#define CLI_VERIFY_H

#include <stdbool.h>

#include "cli/cli.h"
#include "tps/freshness.h"
#include "tps/policy.h"
#include "tps/verifier.h"

enum { VERIFY_FILES_MAX = 64, VERIFY_EVIDENCE_LIMIT = 1 << 20 };

/* How evidence must show that it is fresh (verify_freshness.c). Texts point into the command line. */
typedef struct {
    const char *kind_text;
    const char *key_file;
    const char *context;
    const char *max_age_text;
    const char *period_text;
    const char *origins_text;
    bool is_binder;
    uint32_t kind;    /* TPS_FRESHNESS_* */
    uint32_t origins; /* bits 1 << TPS_DEVICE_BINDER_* */
    int64_t max_age;
    int64_t period;
    bool has_key;
    uint8_t key[TPS_NONCE_KEY_SIZE];
    uint8_t epoch_ids[2][TPS_EPOCH_ID_SIZE];
    tps_span epochs[2];
} verify_freshness;

/* What the command line says. Texts point into it. */
typedef struct {
    const char *file;
    const char *key;
    const char *mac_key;
    const char *nonce_text;
    const char *aud;
    const char *endorsements[VERIFY_FILES_MAX];
    size_t endorsement_count;
    const char *anchors[VERIFY_FILES_MAX];
    size_t anchor_count;
    const char *scoped_anchors[VERIFY_FILES_MAX]; /* "ANCHOR=SCOPES" */
    size_t scoped_anchor_count;
    const char *revoked[VERIFY_FILES_MAX];
    size_t revoked_count;
    const char *crls[VERIFY_FILES_MAX];
    size_t crl_count;
    const char *policies[VERIFY_FILES_MAX];
    size_t policy_count;
    const char *service;
    const char *record; /**< where to append the evidence and its outcome; NULL: nowhere */
    bool is_json;
    bool is_demo;
    const char *receipt;                  /* where a receipt goes; NULL: none is made */
    const char *receipt_key;              /* signs it: PEM, with its private part */
    int64_t now;                          /* the time that is judged by, seconds since 1970 */
    const tps_verifier_options *verifier; /* NULL: as the other options have it */
    uint8_t nonce[64];
    size_t nonce_size;
    verify_freshness freshness;
} verify_options;

/** Reads what its texts say; prints what is wrong. (verify_freshness.c) */
bool verify_read_freshness(verify_freshness *f, bool has_nonce);

/** Puts it into a request, whose `now` is set; `f` must stay. Prints what is wrong. (verify_freshness.c) */
bool verify_fill_freshness(verify_freshness *f, tps_appraisal_request *request);

/** What the evidence must answer to, by the options; it points into them. Prints what is wrong.
 * (verify_options.c) */
bool verify_make_request(verify_options *a, tps_appraisal_request *request);

/** The most options that another subcommand has beside those of tps verify. */
enum { VERIFY_MORE_MAX = 4 };

/** Reads the command line; prints what is wrong with it. `a` must be zeroed; `more` are the options of a
 * subcommand that has them beside these, and may be NULL. (verify_options.c) */
bool verify_read_options(int argc, char **argv, verify_options *a, const cli_option *more, size_t more_count);

/** The most options of verify_knowledge_options(). */
enum { VERIFY_KNOWLEDGE_MAX = 16 };

/** The options that say what a verifier knows, for each subcommand that makes one with
 * verify_make_verifier(); --key and its kin are not among them. Returns how many. (verify_options.c) */
size_t verify_knowledge_options(verify_options *a, cli_option options[VERIFY_KNOWLEDGE_MAX]);

/** A verifier that knows what the files say; prints what is wrong. CLI_* (verify_knowledge.c) */
int verify_make_verifier(const verify_options *a, tps_verifier **v);

/** Scoped anchors, and what is revoked; prints what is wrong. CLI_* (verify_trust.c) */
int verify_give_trust(tps_verifier *v, const verify_options *a);

/** Prints what is wrong with a policy's file; CLI_REFUSED. (verify_knowledge.c) */
int verify_policy_problem(const char *path, tps_status status, const tps_policy_problem *problem);

/** Makes the receipt that was asked for, of what was just appraised; prints what is wrong. CLI_*
 * (verify_receipt.c) */
int verify_write_receipt(const tps_verifier *v, const verify_options *a, tps_span evidence,
                         const tps_appraisal_request *request, const tps_appraisal *parts, size_t count);

/** Prints the outcome for people. `parts[0]` is the lead, or all there is. (verify_print.c) */
void verify_print(const tps_appraisal *parts, size_t count, uint8_t tier);

/** Prints the outcome as one JSON object. CLI_* (verify_print.c) */
int verify_print_json(const tps_appraisal *parts, size_t count, uint8_t tier);

/** One line of those below the verdict; nothing for an empty text. (verify_print.c) */
void verify_print_row(const char *name, const char *text);

#endif
