/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A verifier in a program of your own: is this device genuine, and does it run what its maker endorses?
 *
 *     cc appraise.c $(pkg-config --cflags --libs opentps-verifier) -o appraise
 *     ./appraise EVIDENCE NONCE-IN-BASE64 CORIM...
 *
 * Ends with 0 when everything is affirmed, 1 when not, 2 when it could not be judged. It takes endorsements
 * that nobody signed, because they are named by who runs it; a service would not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tps/base64.h"
#include "tps/verifier.h"

enum { GENUINE = 0, NOT_AFFIRMED = 1, NOT_JUDGED = 2 };

#define FILE_SIZE_MAX 65536u

static bool read_file(const char *path, tps_buf room, tps_span *content)
{
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        return false;
    }
    *content = tps_span_make(room.data, fread(room.data, 1, room.size, file));
    fclose(file);
    return content->size > 0;
}

/* What the maker says: reference values of its software, keys of its devices. */
static bool add_endorsements(tps_verifier *verifier, char **paths, int count)
{
    static uint8_t room[FILE_SIZE_MAX];
    tps_error why = {0};
    tps_span corim;

    for (int i = 0; i < count; i++) {
        if (!read_file(paths[i], TPS_BUF_OF(room), &corim)) {
            fprintf(stderr, "%s cannot be read\n", paths[i]);
            return false;
        }
        if (tps_verifier_add_corim(verifier, corim, time(NULL), &why) != TPS_OK) {
            fprintf(stderr, "%s: %s: %s\n", paths[i], tps_status_cause(why.status),
                    tps_status_next_step(why.status));
            return false;
        }
    }
    return true;
}

static int appraise(tps_verifier *verifier, const char *path, const char *nonce_text)
{
    static uint8_t room[FILE_SIZE_MAX];
    static tps_appraisal appraisal; /* some KiB of texts */
    uint8_t nonce[64];
    tps_appraisal_request request = {.now = time(NULL)};
    tps_span evidence;
    size_t size;

    if (!read_file(path, TPS_BUF_OF(room), &evidence) ||
        tps_base64_read(tps_span_of_text(nonce_text), TPS_BUF_OF(nonce), &size) != TPS_OK) {
        fprintf(stderr, "the evidence or the nonce cannot be read\n");
        return NOT_JUDGED;
    }
    request.nonce = tps_span_make(nonce, size);
    tps_verifier_appraise(verifier, evidence, &request, &appraisal); /* never fails: it says what is wrong */
    printf("%s: %s\n", tps_ear_tier_name(appraisal.tier),
           appraisal.device_class[0] == '\0' ? "a device of unknown class" : appraisal.device_class);
    for (size_t i = 0; i < appraisal.finding_count; i++) {
        printf("  %s: %s: %s\n", appraisal.findings[i].name, appraisal.findings[i].cause,
               appraisal.findings[i].next_step);
    }
    return appraisal.tier == TPS_EAR_TIER_AFFIRMING ? GENUINE : NOT_AFFIRMED;
}

int main(int argc, char **argv)
{
    tps_verifier_options options = {.allow_unsigned_endorsements = true};
    tps_verifier *verifier = NULL;
    int result = NOT_JUDGED;

    if (argc < 4) {
        fprintf(stderr, "usage: appraise EVIDENCE NONCE-IN-BASE64 CORIM...\n");
        return NOT_JUDGED;
    }
    if (tps_verifier_new(&options, &verifier) == TPS_OK && add_endorsements(verifier, argv + 3, argc - 3)) {
        result = appraise(verifier, argv[1], argv[2]);
    }
    tps_verifier_free(verifier);
    return result;
}
