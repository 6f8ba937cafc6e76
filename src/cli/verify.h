/* SPDX-License-Identifier: Apache-2.0 */
/* tps verify, in four files: the subcommand (verify.c), its options, what the verifier is given, what is
 * printed. */
#ifndef CLI_VERIFY_H
#define CLI_VERIFY_H

#include <stdbool.h>

#include "tps/verifier.h"

enum { VERIFY_FILES_MAX = 64, VERIFY_EVIDENCE_LIMIT = 1 << 20 };

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
    bool is_json;
    bool is_demo;
    uint8_t nonce[64];
    size_t nonce_size;
} verify_options;

/** Reads the command line; prints what is wrong with it. `a` must be zeroed. (verify_options.c) */
bool verify_read_options(int argc, char **argv, verify_options *a);

/** A verifier that knows what the files say; prints what is wrong. CLI_* (verify_knowledge.c) */
int verify_make_verifier(const verify_options *a, tps_verifier **v);

/** Prints the outcome for people. `parts[0]` is the lead, or all there is. (verify_print.c) */
void verify_print(const tps_appraisal *parts, size_t count, uint8_t tier);

/** Prints the outcome as one JSON object. CLI_* (verify_print.c) */
int verify_print_json(const tps_appraisal *parts, size_t count, uint8_t tier);

/** One line of those below the verdict; nothing for an empty text. (verify_print.c) */
void verify_print_row(const char *name, const char *text);

#endif
