/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file bridge.h
 * Connects a chip's serial line (spec/serial-line.md) with one service provider. The chip speaks the protocol
 * itself; the bridge carries its bytes, shows its log, and hands it the commands of its user. The chip
 * reaches no other address than the provider's; what it and the provider send takes bounded memory here,
 * whatever it is.
 */
#ifndef TPS_DEVICE_BRIDGE_H
#define TPS_DEVICE_BRIDGE_H

#include "device/problem.h"

/** Bits in a second, where nothing else is asked for. */
#define TPS_DEVICE_BRIDGE_BAUD 115200u

/** What the bridge says to its user. All of it is fit for a terminal, without a line break. */
enum {
    TPS_DEVICE_BRIDGE_LOG = 1,    /**< a line of the chip's log */
    TPS_DEVICE_BRIDGE_ANSWER = 2, /**< the chip's answer to a command */
    TPS_DEVICE_BRIDGE_NOTE = 3    /**< what happened to line and provider */
};

typedef struct {
    const char *line;   /**< a serial device's path; "unix:PATH"; "-": standard input and output */
    uint32_t baud;      /**< of a serial device; 0: TPS_DEVICE_BRIDGE_BAUD */
    const char *url;    /**< the provider's: https, or http to this machine */
    const char *tenant; /**< NULL for the provider's default one */
    const char
        *authorities; /**< file of CA certificates (PEM) that vouch for the provider; NULL: the system's */
    const char *const *commands; /**< for the chip, in this order; each at most 128 bytes */
    size_t command_count;
    bool is_asking; /**< takes commands from standard input, line by line */
    bool is_once; /**< ends when all commands are answered; without any, when the chip's first stream ended */
    uint32_t
        timeout_s; /**< ends when this is over, with a problem unless nothing is left to wait for; 0: never */
    void (*say)(void *context, uint32_t kind, const char *text);
    void *context;
} tps_device_bridge_request;

/**
 * Checks everything that can be checked without opening line or connection.
 * @retval TPS_BAD_ARGUMENT  URL, tenant, speed, or a command is none.
 * @retval TPS_TOO_LARGE     The provider's name and path are longer than a chip takes.
 */
TPS_MUST_USE tps_status tps_device_bridge_check(const tps_device_bridge_request *request,
                                                tps_device_problem *problem);

/**
 * Carry, until what the request asks for is done; without `is_once`, until the line ("-" only) ends. A serial
 * device or socket that goes away is opened again, and a stream that was open continues, if chip and provider
 * kept it.
 *
 * Ignores SIGPIPE in this process from here on.
 *
 * @param[out] result  The worst of the chip's answers: 0 good, 1 no, 2 could not be done; set when TPS_OK is
 * returned. With is_once and without commands: 0 when the stream ended in order, else 2.
 *
 * @retval TPS_OK
 * @retval TPS_IO           The line cannot be opened.
 * @retval TPS_LINE_SILENT  Time is over, or the line has ended, and something is left to wait for.
 * @retval TPS_OUT_OF_MEMORY, and what tps_device_bridge_check() returns
 */
TPS_MUST_USE tps_status tps_device_bridge(const tps_device_bridge_request *request, uint32_t *result,
                                          tps_device_problem *problem);

#endif
