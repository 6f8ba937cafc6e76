/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application that proves what its device is: asks the secure component for a PSA token over a nonce, and
 * writes it to standard output. It knows the installed headers only.
 *
 *     cc evidence.c $(pkg-config --cflags --libs opentps) -o evidence
 *     ./evidence acme/devices/bulb-0001/component.sock > token.cbor
 *
 * A real application gets the nonce from the service that wants the proof; here it is 32 zeros, which no
 * service would take.
 */
#include <stdio.h>

#include "tps/cbor.h"
#include "tps/connector_local.h"
#include "tps/tpsc_client_api.h"
#include "tps/tpsc_registry.h"

/* The attestation service and its messages: spec/attestation.cddl. */
static const TPSC_UUID attestation_service = TPSC_UUID_INIT(0xd4, 0x12, 0xf0, 0xc7, 0x5d, 0x50, 0x5a, 0x44,
                                                            0x85, 0x41, 0xe6, 0xd9, 0x8d, 0x18, 0xcc, 0x3b);
enum { TAG_EVIDENCE = 10, ASK_PROFILE = 1, ASK_NONCE = 2, PROFILE_PSA = 1, TELL_EVIDENCE = 1 };

/* 10({1: 1, 2: nonce}) */
static size_t write_request(uint8_t *room, size_t size)
{
    static const uint8_t nonce[32];
    tps_cbor_writer w = tps_cbor_writer_init(((tps_buf){room, size}));
    tps_span request;

    tps_cbor_put_tag(&w, TAG_EVIDENCE);
    tps_cbor_put_map(&w, 2);
    tps_cbor_put_uint(&w, ASK_PROFILE);
    tps_cbor_put_uint(&w, PROFILE_PSA);
    tps_cbor_put_uint(&w, ASK_NONCE);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(nonce));
    return tps_cbor_writer_finish(&w, &request) == TPS_OK ? request.size : 0;
}

/* 10({1: token}), or 10({2: error}): then the token is empty. */
static tps_span read_token(tps_span response)
{
    tps_cbor_reader r = tps_cbor_reader_init(response);
    tps_span token = TPS_SPAN_EMPTY;

    if (tps_cbor_take_tag(&r, TAG_EVIDENCE) && tps_cbor_enter_map(&r).left == 1 &&
        tps_cbor_get_uint(&r) == TELL_EVIDENCE) {
        token = tps_cbor_get_bytes(&r);
    }
    return tps_cbor_reader_finish(&r) == TPS_OK ? token : TPS_SPAN_EMPTY;
}

/* Finds the service, opens a session as this user, exchanges one message. */
static uint32_t ask(uint8_t *response, size_t room, size_t *size)
{
    TPSC_ServiceSelector wanted = {.service_id = attestation_service,
                                   .service_version_range = TPSC_SERVICE_RANGE_ANY};
    TPSC_ServiceIdentifier found;
    TPSC_Session session;
    TPSC_MessageBuffer send = {0};
    TPSC_MessageBuffer receive = {0};
    uint8_t request[128];
    size_t count = 1;
    uint32_t result = TPSC_ServiceDiscovery(&wanted, &count, &found);

    if (result == TPSC_SUCCESS && count == 0) {
        return TPSC_ERROR_BAD_IDENTIFIER;
    }
    if (result == TPSC_SUCCESS) {
        result = TPSC_OpenSession(&found.service_instance, TPSC_LOGIN_USER, NULL, &session);
    }
    if (result != TPSC_SUCCESS) {
        return result;
    }
    TPSC_InitializeTransaction(&send, request, sizeof request);
    TPSC_InitializeTransaction(&receive, response, room);
    send.size = write_request(request, sizeof request);
    result = TPSC_ExecuteTransaction(&session, &send, &receive);
    *size = receive.size;
    TPSC_FinalizeTransaction(&send);
    TPSC_FinalizeTransaction(&receive);
    TPSC_CloseSession(&session);
    return result;
}

int main(int argc, char **argv)
{
    static uint8_t response[4096];
    tps_connector_local *local = NULL;
    tps_span token = TPS_SPAN_EMPTY;
    size_t size = 0;
    uint32_t result;

    if (argc != 2 || tps_connector_local_new(argv[1], &local) != TPS_OK) {
        fprintf(stderr, "usage: evidence DEVICE/component.sock\n");
        return 2;
    }
    tps_client_register(tps_connector_local_table(local));
    result = ask(response, sizeof response, &size);
    if (result == TPSC_SUCCESS) {
        token = read_token(tps_span_make(response, size));
    }
    tps_client_unregister(tps_connector_local_table(local));
    tps_connector_local_free(local);

    if (token.size == 0) {
        fprintf(stderr, "no evidence (0x%08x): does the component run? tps device start DEVICE\n",
                (unsigned)result);
        return 1;
    }
    return fwrite(token.data, 1, token.size, stdout) == token.size ? 0 : 1;
}
