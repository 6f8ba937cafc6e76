/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file line_support.h
 * Two ends of a serial line in one program, and a line between them that can flip, lose and double bytes, and
 * be cut. Everything follows from a seed.
 */
#ifndef TPS_TEST_LINE_SUPPORT_H
#define TPS_TEST_LINE_SUPPORT_H

#include "line/line.h"
#include "support/check.h"

typedef struct {
    tps_line chip;
    tps_line host;
    uint32_t now;
    uint32_t random;
    uint32_t sessions;
    uint32_t flips, losses, doubles; /* so many in a million bytes */
    bool is_cut;
    uint32_t carried; /* bytes that either end sent */
} line_pair;

/** Both begin; nothing was sent yet. */
void line_pair_init(line_pair *pair, uint32_t seed);

/** One end anew, with another session. */
void line_pair_restart_chip(line_pair *pair);
void line_pair_restart_host(line_pair *pair);

uint32_t line_pair_random(line_pair *pair);

/** One millisecond at 115200 bit/s: eleven bytes each way, and a tick. */
void line_pair_step(line_pair *pair);

/** So many of them. */
void line_pair_run(line_pair *pair, uint32_t ms);

/** The stream is dialled and accepted ("example", "/t/a"); fails the test when it does not open. */
void line_pair_open(line_pair *pair);

/** A message as of `to`'s other end, out of nothing: the next that `to` expects. What that end sends itself
 * does not fit any more. */
void line_forge(tps_line *to, uint8_t message, tps_span payload);

/**
 * What an end says next, as its other end would read it.
 * @return channel and message of the DATA that was found, 0: none. `payload` is static.
 */
uint8_t line_overhear(tps_line *from, tps_span *payload);

#endif
