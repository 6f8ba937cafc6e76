/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent of a small chip, over a plain TCP socket and the local connector: what a chip's main loop does,
 * with the bytes cut as finely as asked.
 *
 *     test_agent_attest FOLDER PORT PREFIX psa|opentps ROOM PIECE [other-nonce]
 *
 * FOLDER is a device's; ROOM the bytes for answers, PIECE how many bytes are sent or read at once. With
 * other-nonce the evidence is over another nonce than the server's. Prints what came of it, a line each.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/challenge_response.h"
#include "agent/evidence.h"
#include "component/services/attestation/attestation.h"
#include "tps/connector_local.h"
#include "tps/ear.h"
#include "tps/tpsc_registry.h"

typedef struct {
    tps_agent_challenge challenge;
    const char *port;
    const char *prefix;
    char host[32];
    size_t piece;
    uint32_t profile;
    bool spoils_nonce;
    int socket;
    int streams;
    uint8_t evidence[16384];
} attestation;

static void close_stream(attestation *a)
{
    if (a->socket >= 0) {
        close(a->socket);
    }
    a->socket = -1;
}

static void open_stream(attestation *a)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(a->port))};

    close_stream(a);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    a->socket = socket(AF_INET, SOCK_STREAM, 0);
    a->streams++;
    (void)snprintf(a->host, sizeof(a->host), "127.0.0.1:%s", a->port);
    if (connect(a->socket, (struct sockaddr *)&to, sizeof(to)) != 0 ||
        tps_agent_challenge_connected(&a->challenge, tps_span_of_text(a->host),
                                      tps_span_of_text(a->prefix)) != TPS_OK) {
        tps_agent_challenge_ended(&a->challenge);
    }
}

static void talk(attestation *a)
{
    tps_span out = tps_agent_challenge_output(&a->challenge);
    uint8_t in[4096];
    ssize_t size;

    if (out.size > 0) {
        size = send(a->socket, out.data, out.size < a->piece ? out.size : a->piece, MSG_NOSIGNAL);
    } else {
        size = recv(a->socket, in, a->piece < sizeof(in) ? a->piece : sizeof(in), 0);
    }
    if (size <= 0) {
        tps_agent_challenge_ended(&a->challenge);
    } else if (out.size > 0) {
        tps_agent_challenge_sent(&a->challenge, (size_t)size);
    } else {
        tps_agent_challenge_take(&a->challenge, tps_span_make(in, (size_t)size));
    }
}

static void give_evidence(attestation *a)
{
    tps_agent_evidence_request request = {.login = TPSC_LOGIN_USER,
                                          .profile = a->profile,
                                          .nonce =
                                              tps_span_make(a->challenge.nonce, a->challenge.nonce_size)};
    tps_span evidence = TPS_SPAN_EMPTY;
    tps_agent_refusal why;

    a->challenge.nonce[0] ^= a->spoils_nonce;
    if (tps_agent_evidence(&request, TPS_BUF_OF(a->evidence), &evidence, &why) != TPS_OK) {
        printf("no evidence: %s: %s\n", why.cause, why.next_step);
    }
    a->challenge.nonce[0] ^= a->spoils_nonce;
    printf("evidence: %zu\n", evidence.size);
    tps_agent_challenge_respond(&a->challenge, evidence);
}

static void attest(attestation *a)
{
    while (a->challenge.state != TPS_AGENT_ENDED) {
        switch (a->challenge.state) {
        case TPS_AGENT_CONNECT: open_stream(a); break;
        case TPS_AGENT_TALK: talk(a); break;
        case TPS_AGENT_EVIDENCE: give_evidence(a); break;
        default:
            sleep(a->challenge.wait);
            tps_agent_challenge_poll(&a->challenge);
            break;
        }
    }
    close_stream(a);
}

static void print(const attestation *a)
{
    const tps_agent_report *report = &a->challenge.report;

    printf("status: 0x%08x\ncode: %u\n", (unsigned)report->status, (unsigned)report->code);
    printf("tier: %s\ncause: %s\n", tps_ear_tier_name(report->tier), report->cause);
    printf("next step: %s\nstreams: %d\n", report->next_step, a->streams);
    printf("jwt: %.*s\n", (int)a->challenge.jwt.size, (const char *)a->challenge.jwt.data);
}

int main(int argc, char **argv)
{
    static attestation a = {.socket = -1};
    char path[128];
    tps_connector_local *connector;
    uint8_t *room;
    size_t size;

    if (argc < 7) {
        fprintf(stderr, "usage: test_agent_attest FOLDER PORT PREFIX psa|opentps ROOM PIECE [other-nonce]\n");
        return 2;
    }
    (void)snprintf(path, sizeof(path), "%s/component.sock", argv[1]);
    if (tps_connector_local_new(path, &connector) != TPS_OK ||
        tps_client_register(tps_connector_local_table(connector)) != TPSC_SUCCESS) {
        return 2;
    }
    a.port = argv[2];
    a.prefix = argv[3];
    a.profile = strcmp(argv[4], "psa") == 0 ? TPS_EVIDENCE_PSA : TPS_EVIDENCE_OPENTPS;
    size = (size_t)atoi(argv[5]);
    room = malloc(size); /* of its own, so that a sanitizer sees each byte beyond it */
    a.piece = (size_t)atoi(argv[6]);
    a.spoils_nonce = argc > 7;
    tps_agent_challenge_begin(&a.challenge, a.profile, (tps_buf){room, size});
    attest(&a);
    print(&a);
    free(room);
    (void)tps_client_unregister(tps_connector_local_table(connector));
    tps_connector_local_free(connector);
    return a.challenge.report.status == TPS_OK ? 0 : 1;
}
