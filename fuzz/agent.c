/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes what a server may answer to the agent of a chip. The first byte chooses how the bytes are cut, the
 * second the room for bodies; the rest are answers, one behind the other, each request taking what the one
 * before left. However they are cut, the attestation ends the same; and answers that are whole reach sessions
 * and results.
 */
#include <stdlib.h>

#include "agent/challenge_response.h"
#include "component/services/attestation/attestation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
    tps_agent_challenge challenge;
    size_t taken;
    size_t requests;
} run;

/** The bytes of one answer, and none of the next, whatever the cuts: how many they are a second reader tells.
 */
static void give(run *r, tps_span input, size_t slice)
{
    bool is_whole = false;

    while (!is_whole && r->challenge.state == TPS_AGENT_TALK && r->taken < input.size) {
        tps_agent_answer ahead = r->challenge.answer;
        size_t left = input.size - r->taken;
        size_t part;

        ahead.room = TPS_BUF_MEASURE;
        part =
            tps_agent_answer_take(&ahead, tps_span_make(input.data + r->taken, left < slice ? left : slice));
        is_whole = ahead.is_complete;
        tps_agent_challenge_take(&r->challenge, tps_span_make(input.data + r->taken, part));
        r->taken += part;
    }
    if (!is_whole && r->challenge.state == TPS_AGENT_TALK) {
        tps_agent_challenge_ended(&r->challenge);
    }
}

static void step(run *r, tps_span input, size_t slice)
{
    tps_agent_challenge *c = &r->challenge;

    switch (c->state) {
    case TPS_AGENT_CONNECT:
        if (tps_agent_challenge_connected(c, TPS_SPAN_LITERAL("h:1"), TPS_SPAN_LITERAL("/t/a")) != TPS_OK) {
            abort();
        }
        break;
    case TPS_AGENT_TALK:
        for (tps_span out; (out = tps_agent_challenge_output(c)).size > 0;) {
            tps_agent_challenge_sent(c, out.size < slice ? out.size : slice);
        }
        r->requests++;
        give(r, input, slice);
        break;
    case TPS_AGENT_EVIDENCE:
        if (c->nonce_size < 8 || c->nonce_size > sizeof(c->nonce) || c->session_size == 0) {
            abort();
        }
        tps_agent_challenge_respond(c, TPS_SPAN_LITERAL("evidence"));
        break;
    default: tps_agent_challenge_poll(c); break;
    }
}

static void attest(run *r, tps_span input, size_t slice, tps_buf room)
{
    memset(r, 0, sizeof(*r));
    tps_agent_challenge_begin(&r->challenge, TPS_EVIDENCE_PSA, room);
    while (r->challenge.state != TPS_AGENT_ENDED) {
        step(r, input, slice);
    }
    if (r->challenge.report.status == TPS_OK
            ? r->challenge.jwt.data != room.data || r->challenge.jwt.size > room.size
            : r->challenge.jwt.size != 0) {
        abort();
    }
    if (memchr(r->challenge.report.cause, '\0', sizeof(r->challenge.report.cause)) == NULL ||
        memchr(r->challenge.report.next_step, '\0', sizeof(r->challenge.report.next_step)) == NULL) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static run whole, sliced;
    tps_span input;
    tps_buf room;

    if (size < 2) {
        return 0;
    }
    input = tps_span_make(data + 2, size - 2);
    room.size = 16u * data[1] + 1;
    room.data = malloc(room.size); /* exactly, so that a sanitizer sees what goes beyond */
    if (room.data == NULL) {
        return 0;
    }
    attest(&whole, input, size, room);
    attest(&sliced, input, (size_t)data[0] % 32 + 1, room);
    if (memcmp(&whole.challenge.report, &sliced.challenge.report, sizeof(whole.challenge.report)) != 0 ||
        whole.taken != sliced.taken || whole.requests != sliced.requests) {
        abort();
    }
    free(room.data);
    return 0;
}
