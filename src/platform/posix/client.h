/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file client.h
 * One client of the component process: its queue of requests, its unsent response, its login. Used by
 * server.c.
 */
#ifndef TPS_PLATFORM_POSIX_CLIENT_H
#define TPS_PLATFORM_POSIX_CLIENT_H

#include "component/core/component.h"
#include "component/core/frame.h"
#include "platform/posix/peer.h"
#include "platform/posix/server.h"

/** A request that waits. Allocated; `frame` follows it in memory. */
typedef struct {
    tps_frame_request request; /**< its spans point into `frame` */
    bool cancelled;
    size_t size;
    uint8_t frame[];
} tps_server_waiting;

/** A response that could not be sent yet. */
typedef struct {
    size_t size;
    uint8_t frame[];
} tps_server_unsent;

typedef struct {
    int fd; /**< -1: free */
    uint32_t connection;
    tps_login login;
    bool logged_in;
    tps_server_waiting *queue[TPS_SERVER_QUEUE_MAX]; /**< oldest first */
    size_t queue_size;
    tps_server_unsent *unsent;
} tps_server_client;

/** Memory for the one frame and the one response that are being worked on. */
typedef struct {
    uint8_t frame[TPS_FRAME_MAX];
    uint8_t head[2048]; /**< the head of a response, or all services */
    uint8_t message[TPS_COMPONENT_MESSAGE_MAX];
} tps_server_room;

/**
 * Take a frame that came: into the queue, or, if it is a cancel, at once.
 * @param frame  Its size may be larger than TPS_FRAME_MAX: then it was cut off.
 * @return false when the client has to be closed.
 */
bool tps_server_client_take(tps_server_client *client, tps_span frame, const tps_platform *platform);

/** Answer the oldest request. False when the client has to be closed. */
bool tps_server_client_serve(tps_server_client *client, tps_component *component, tps_server_room *room);

/** Try to send what could not be sent. False when the client has to be closed. */
bool tps_server_client_flush(tps_server_client *client);

/** Close the socket, wipe and free what waits. */
void tps_server_client_end(tps_server_client *client);

#endif
