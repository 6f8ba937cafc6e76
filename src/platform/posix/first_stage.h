/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file first_stage.h
 * The contract between the first stage on Linux (boot/), the component process and the applications that the
 * first stage starts: which descriptors a process begins with, how it ends, and the packets between them
 * (spec/first-stage.cddl).
 */
#ifndef TPS_PLATFORM_POSIX_FIRST_STAGE_H
#define TPS_PLATFORM_POSIX_FIRST_STAGE_H

#include "tps/span.h"
#include "tps/status.h"

/** What the component begins with; nothing else is open but standard input, output and error. */
enum {
    TPS_STAGE_DEVICE = 3,   /**< DIR, read only */
    TPS_STAGE_SECURE = 4,   /**< DIR/secure; its lock (flock) says that this device runs */
    TPS_STAGE_LISTENER = 5, /**< the socket for clients, listening */
    TPS_STAGE_CONTROL = 6,  /**< from the first stage: labels of applications */
    TPS_STAGE_HANDOVER = 7, /**< a pipe that holds the encoded handover (component/boot/handover.h) */
    TPS_STAGE_END = 8
};

/** The component's exit codes. Any other, and every signal, is an end that nobody asked for. */
enum {
    TPS_STAGE_EXIT_DONE = 0,    /**< it was asked to stop (SIGTERM, SIGINT) */
    TPS_STAGE_EXIT_REFUSED = 1, /**< it says why on standard error; to start it again would not help */
    TPS_STAGE_EXIT_RESET = 75   /**< start the device anew */
};

/** Who is behind a door, as the first stage says. */
typedef struct {
    uint8_t digest[32]; /**< of the application's image */
    uint32_t uid;       /**< it was started as */
} tps_stage_label;

/** Bytes of a packet, at most. */
#define TPS_STAGE_PACKET_MAX 48u

/** Encode a label. @param[out] packet  Inside `out`. @retval TPS_BUFFER_TOO_SMALL */
TPS_MUST_USE tps_status tps_stage_put_label(const tps_stage_label *label, tps_buf out, tps_span *packet);

/** Decode a label: exactly what tps_stage_put_label() writes. @retval TPS_COMPONENT_BAD_MESSAGE  It is none.
 * `label` is untouched then. */
TPS_MUST_USE tps_status tps_stage_get_label(tps_span packet, tps_stage_label *label);

/**
 * Send a packet with a descriptor, without waiting. The caller keeps its own.
 * @retval TPS_IO  The other end is gone, or does not read.
 */
TPS_MUST_USE tps_status tps_stage_send(int socket, tps_span packet, int descriptor);

/**
 * Receive a packet with its descriptor, without waiting.
 *
 * @param room             TPS_STAGE_PACKET_MAX bytes.
 * @param[out] packet      Inside `room`.
 * @param[out] descriptor  Close-on-exec; the caller closes it. -1 unless TPS_OK.
 *
 * @retval TPS_NOT_FOUND              Nothing is there now.
 * @retval TPS_IO                     The other end is gone.
 * @retval TPS_COMPONENT_BAD_MESSAGE  Too large, or without exactly one descriptor.
 */
TPS_MUST_USE tps_status tps_stage_receive(int socket, tps_buf room, tps_span *packet, int *descriptor);

#endif
