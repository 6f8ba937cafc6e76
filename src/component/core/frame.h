/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file frame.h
 * The frames between a client and a component process: one CBOR array a packet, as spec/local-connector.cddl
 * defines them. The local connector writes requests and reads responses, the component process the other way
 * round. Pure encode and decode.
 */
#ifndef TPS_COMPONENT_FRAME_H
#define TPS_COMPONENT_FRAME_H

#include "component/core/limits.h"
#include "tps/cbor.h"
#include "tps/tpsc_client_api.h"

/** The version of the protocol, said at login. */
#define TPS_FRAME_VERSION 1u

/** What a frame adds to the message it carries, at most. */
#define TPS_FRAME_HEAD_MAX 64u

/** A frame, in bytes, at most. */
#define TPS_FRAME_MAX (TPS_COMPONENT_MESSAGE_MAX + TPS_FRAME_HEAD_MAX)

/** What a request asks for. */
enum {
    TPS_FRAME_LOGIN = 1,    /**< version, method, gid: first on every connection */
    TPS_FRAME_DISCOVER = 2, /**< nothing further; answered with services */
    TPS_FRAME_OPEN = 3,     /**< instance; answered with a number, the session */
    TPS_FRAME_CLOSE = 4,    /**< session */
    TPS_FRAME_EXECUTE =
        5, /**< session, room, message; answered with a message, or the number of bytes needed */
    TPS_FRAME_CANCEL = 6 /**< nothing further, and no answer of its own: `transaction` is the one to cancel */
};

/** A request; only the members of its `op` mean something. */
typedef struct {
    uint32_t op;
    uint32_t transaction; /**< the client's choice; the response repeats it */
    uint32_t version;
    uint32_t method; /**< TPSC_LOGIN_* */
    bool has_gid;
    uint32_t gid;
    TPSC_UUID instance;
    uint32_t session;
    uint32_t room;    /**< for the response's message, in bytes */
    tps_span message; /**< points into the frame */
} tps_frame_request;

/** What a response carries. */
enum { TPS_FRAME_NOTHING = 0, TPS_FRAME_NUMBER = 1, TPS_FRAME_MESSAGE = 2, TPS_FRAME_SERVICES = 3 };

/** A response. */
typedef struct {
    uint32_t transaction;
    uint32_t result; /**< TPSC_SUCCESS or TPSC_ERROR_* */
    uint32_t status; /**< the component's own status behind it, for logs */
    uint32_t kind;   /**< TPS_FRAME_NOTHING ... */
    uint32_t number;
    tps_span message;                       /**< points into the frame */
    const TPSC_ServiceIdentifier *services; /**< to write only; tps_frame_read_services() reads */
    size_t services_count;
} tps_frame_response;

/**
 * Read a request, untrusted.
 * @retval TPS_COMPONENT_BAD_MESSAGE or a status of CBOR  It is no request; `why` has the offset.
 */
TPS_MUST_USE tps_status tps_frame_read_request(tps_span frame, tps_frame_request *out, tps_error *why);

/**
 * Write a request; of EXECUTE all but the message's bytes, of which only the head is put: they follow it in
 * the packet.
 * @param[out] head  What was written, inside `buffer` (TPS_FRAME_HEAD_MAX bytes suffice).
 */
TPS_MUST_USE tps_status tps_frame_write_request(const tps_frame_request *request, tps_buf buffer,
                                                tps_span *head);

/** Read a response, untrusted. With TPS_FRAME_SERVICES, `message` holds the encoded array for
 * tps_frame_read_services(). */
TPS_MUST_USE tps_status tps_frame_read_response(tps_span frame, tps_frame_response *out, tps_error *why);

/**
 * Read the services of a response.
 * @param[out] count  How many there are.
 * @retval TPS_BUFFER_TOO_SMALL  More than `capacity`.
 */
TPS_MUST_USE tps_status tps_frame_read_services(tps_span encoded, TPSC_ServiceIdentifier *services,
                                                size_t capacity, size_t *count);

/** Write a response; of MESSAGE all but the message's bytes, as with tps_frame_write_request(). */
TPS_MUST_USE tps_status tps_frame_write_response(const tps_frame_response *response, tps_buf buffer,
                                                 tps_span *head);

#endif
