/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a policy: the first bytes are set before it, so that most inputs get beyond the declaration.
 * Whatever it is, the check ends, within its bounds, and says what is wrong; what is taken judges. Behind a
 * zero byte any bytes are a claim of evidence, which a policy reads as a value and walks.
 */
#include <stdlib.h>
#include <string.h>

#include "tps/policy.h"
#include "verifier/policy/script.h"

#define HEAD "policy { name = \"fuzz\", version = \"1\" } "

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(tps_span text)
{
    tps_policy_description description = {.steps = 0};
    tps_policy_problem problem = {.line = 0};
    tps_status status = tps_policy_check(text, &description, &problem);

    switch (status) {
    case TPS_OK:
        if (description.id[0] == '\0' || description.room > TPS_POLICY_ROOM ||
            description.steps > TPS_POLICY_STEPS_MAX) {
            abort();
        }
        break;
    case TPS_VERIFIER_POLICY_INVALID:
        if (problem.text[0] == '\0' || strpbrk(problem.text, "\x1b\n\r\x7f") != NULL) {
            abort();
        }
        break;
    default:
        if (status != TPS_TOO_LARGE) {
            abort();
        }
    }
}

static const char walker[] = HEAD "local count = 0 "
                                  "local function walk(value) "
                                  "    count = count + 1 "
                                  "    if type(value) == 'table' then "
                                  "        for k, v in pairs(value) do walk(k) walk(v) end "
                                  "    end "
                                  "end "
                                  "walk(claim(1)) "
                                  "set('sourced-data', count > 100 and 32 or 2)";

/* {1: data}, whether it is CBOR or not. */
static void read_claim(const uint8_t *data, size_t size)
{
    static script *s;
    static tps_appraisal appraisal;
    tps_policy_problem problem;
    judgement j = {.appraisal = &appraisal};
    uint8_t *payload = malloc(size + 2);

    if (payload == NULL || (s == NULL && script_new(tps_span_of_text(walker), &s, &problem) != TPS_OK)) {
        abort();
    }
    payload[0] = 0xa1;
    payload[1] = 0x01;
    memcpy(payload + 2, data, size);
    appraisal.payload = tps_span_make(payload, size + 2);
    appraisal.vector[TPS_EAR_SOURCED_DATA] = 0;
    if (script_run(s, &j) == (s->problem.text[0] != '\0') ||
        (s->problem.text[0] == '\0' && appraisal.vector[TPS_EAR_SOURCED_DATA] == 0)) {
        abort();
    }
    free(payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t head = sizeof HEAD - 1;
    uint8_t *text;

    if (size > 0 && data[0] == 0) {
        read_claim(data + 1, size - 1);
        return 0;
    }
    text = malloc(head + size);
    if (text == NULL) {
        return 0;
    }
    memcpy(text, HEAD, head);
    memcpy(text + head, data, size);
    check(tps_span_make(text, head + size));
    check(tps_span_make(text + head, size));
    free(text);
    return 0;
}
