/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verifier as a peer of claims_fuzz.py, on standard input and output, a line each. Bytes are in hex, and
 * nothing is "-". It has no opinion of its own: what is right says plain_appraisal.py.
 *   - new: forgets everything, a verifier that knows nothing; answers "ok"
 *   - anchor KEY: trusts a public key to sign endorsements; answers a status, as the next two
 *   - corim NOW BYTES: endorsements
 *   - revoke KIND VALUE: TPS_REVOKED_*
 *   - appraise NOW NONCE AUD BYTES: answers TIER, the eight claims, and the findings' names
 *   - whole NOW NONCE AUD BYTES: the same by tps_verifier_appraise_all(); TIER is that of the whole
 *   - cpu: answers the processor time that all of it took, in milliseconds
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tps/revocation.h"
#include "tps/verifier.h"

enum { LINE = 1 << 18, WORDS = 6, BYTES = 1 << 16 };

typedef struct {
    tps_verifier *verifier;
    tps_appraisal parts[TPS_PARTS_MAX];
    uint8_t bytes[WORDS][BYTES];
    uint8_t room[TPS_APPRAISAL_ROOM(BYTES)];
} peer;

static void require(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "claims_peer: %s\n", what);
        exit(2);
    }
}

/* ---- a line in words ---- */

static uint8_t digit(char c)
{
    const char *found = strchr("0123456789abcdef", c);

    require(found != NULL && c != '\0', "that is no hexadecimal digit");
    return (uint8_t)(found - "0123456789abcdef");
}

static tps_span read_hex(const char *hex, uint8_t out[BYTES])
{
    size_t size = strcmp(hex, "-") == 0 ? 0 : strlen(hex) / 2;

    require(size <= BYTES, "too many bytes");
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
    }
    return (tps_span){out, size};
}

static int64_t read_number(const char *text)
{
    char *end;
    long long number = strtoll(text, &end, 10);

    require(*text != '\0' && *end == '\0', "that is no number");
    return (int64_t)number;
}

static size_t split(char *line, char *words[WORDS])
{
    size_t count = 0;

    for (char *word = strtok(line, " \n"); word != NULL; word = strtok(NULL, " \n")) {
        require(count < WORDS, "too many words");
        words[count++] = word;
    }
    return count;
}

/* ---- what it does ---- */

static void start_again(peer *p)
{
    const tps_verifier_options options = {0};

    tps_verifier_free(p->verifier);
    require(tps_verifier_new(&options, &p->verifier) == TPS_OK, "no verifier");
}

static void print_appraisal(const tps_appraisal *part, uint8_t tier)
{
    printf("%u", (unsigned)tier);
    for (size_t i = 0; i < TPS_EAR_CLAIMS; i++) {
        printf(" %d", part->vector[i]);
    }
    for (size_t i = 0; i < part->finding_count; i++) {
        printf(" %s", part->findings[i].name);
    }
    putchar('\n');
}

static void appraise(peer *p, char *words[WORDS], bool is_whole)
{
    tps_appraisal_request request = {.now = read_number(words[1]),
                                     .nonce = read_hex(words[2], p->bytes[2]),
                                     .aud = read_hex(words[3], p->bytes[3])};
    tps_span evidence = read_hex(words[4], p->bytes[4]);
    size_t count = 1;
    uint8_t tier;

    if (is_whole) {
        tps_verifier_appraise_all(p->verifier, evidence, (tps_buf){p->room, sizeof p->room}, &request,
                                  p->parts, TPS_PARTS_MAX, &count, &tier);
    } else {
        tps_verifier_appraise(p->verifier, evidence, &request, p->parts);
        tier = p->parts[0].tier;
    }
    print_appraisal(p->parts, tier);
}

static tps_status revoke(peer *p, char *words[WORDS])
{
    const tps_revocation revocation = {.kind = (uint32_t)read_number(words[1]),
                                       .value = read_hex(words[2], p->bytes[2])};

    return tps_verifier_revoke(p->verifier, &revocation);
}

static tps_status learn(peer *p, char *words[WORDS], size_t count)
{
    const tps_anchor_scope everything = {0};

    if (strcmp(words[0], "anchor") == 0 && count == 2) {
        return tps_verifier_add_scoped_anchor(p->verifier, read_hex(words[1], p->bytes[1]), &everything);
    }
    if (strcmp(words[0], "corim") == 0 && count == 3) {
        return tps_verifier_add_corim(p->verifier, read_hex(words[2], p->bytes[2]), read_number(words[1]),
                                      NULL);
    }
    require(strcmp(words[0], "revoke") == 0 && count == 3, "an unknown command");
    return revoke(p, words);
}

static void answer(peer *p, char *words[WORDS], size_t count)
{
    if (strcmp(words[0], "new") == 0) {
        start_again(p);
        puts("ok");
    } else if (strcmp(words[0], "cpu") == 0) {
        printf("%" PRIu64 "\n", (uint64_t)clock() * 1000 / CLOCKS_PER_SEC);
    } else if ((strcmp(words[0], "appraise") == 0 || strcmp(words[0], "whole") == 0) && count == 5) {
        appraise(p, words, words[0][0] == 'w');
    } else {
        puts(tps_status_name(learn(p, words, count)));
    }
}

int main(void)
{
    char *line = malloc(LINE);
    peer *p = calloc(1, sizeof *p);
    char *words[WORDS];

    require(line != NULL && p != NULL, "no memory");
    start_again(p);
    while (fgets(line, LINE, stdin) != NULL) {
        size_t count = split(line, words);

        require(count > 0, "an empty line");
        answer(p, words, count);
        fflush(stdout);
    }
    tps_verifier_free(p->verifier);
    free(p);
    free(line);
    return 0;
}
