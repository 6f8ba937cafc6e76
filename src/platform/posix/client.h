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
    bool is_in_line;         /**< server.c's: it has something to answer */
    bool is_labelled;        /**< it came through an application's door */
    bool takes_descriptors;  /**< see linger.h */
    uint8_t application[32]; /**< the door's label; else zeros */
    uint64_t login_until;    /**< when it is closed unless it has logged in; see tps_server_now() */
    tps_server_waiting *queue[TPS_SERVER_QUEUE_MAX]; /**< oldest first */
    size_t queue_size;
    size_t queue_bytes; /**< of the frames in it */
    tps_server_unsent *unsent;
} tps_server_client;

/** Memory for the one frame and the one response that are being worked on. */
typedef struct {
    uint8_t frame[TPS_FRAME_MAX];
    uint8_t head[2048]; /**< the head of a response, or all services */
    /** The response's message, behind room for its head, so that both are sent as they lie. */
    uint8_t packet[TPS_FRAME_HEAD_MAX + TPS_COMPONENT_MESSAGE_MAX];
} tps_server_room;

/** What is said of clients, so much a second: who misbehaves must not fill the log. */
typedef struct {
    const tps_platform *platform;
    uint64_t second; /**< of the lines counted in `lines` */
    uint32_t lines;
    uint32_t unsaid; /**< lines that were left out since the last that was not */
} tps_server_log;

/** Milliseconds of a clock that only goes forward. */
uint64_t tps_server_now(void);

/** One line to the platform's log, unless there were TPS_SERVER_LOG_LINES_A_SECOND in this second. */
void tps_server_say(tps_server_log *log, uint32_t level, const char *text, tps_status status);

/** True when a further frame may be taken: the queue is not full. */
bool tps_server_client_has_room(const tps_server_client *client);

/**
 * Take a frame that came: into the queue, or, if it is a cancel, at once.
 * @param frame  Its size may be larger than TPS_FRAME_MAX: then it was cut off.
 * @return false when the client has to be closed.
 */
bool tps_server_client_take(tps_server_client *client, tps_span frame, tps_server_log *log);

/** Answer the oldest request. False when the client has to be closed. */
bool tps_server_client_serve(tps_server_client *client, tps_component *component, tps_server_room *room,
                             tps_server_log *log);

/** Try to send what could not be sent. False when the client has to be closed. */
bool tps_server_client_flush(tps_server_client *client);

/** Close the socket, wipe and free what waits. */
void tps_server_client_end(tps_server_client *client);

#endif
