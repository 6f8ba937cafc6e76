/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file problem.h
 * What went wrong on the device side, for people: the cause with what it concerns, and the next step.
 */
#ifndef TPS_DEVICE_PROBLEM_H
#define TPS_DEVICE_PROBLEM_H

#include "tps/span.h"
#include "tps/status.h"

typedef struct {
    char cause[768];
    char next_step[256];
} tps_device_problem;

/** Fills `problem` and returns `status`. */
__attribute__((format(printf, 4, 5))) tps_status tps_device_fail(tps_device_problem *problem,
                                                                 tps_status status, const char *next_step,
                                                                 const char *cause, ...);

/** The same with the status's own cause and next step behind `subject`. */
tps_status tps_device_fail_status(tps_device_problem *problem, tps_status status, const char *subject);

/**
 * Copies text that comes from elsewhere for printing: what must not reach a terminal (escape.h) becomes '?',
 * what does not fit is cut (never within a character of UTF-8), a zero ends it.
 */
void tps_device_clean(char *to, size_t size, const char *from);

#endif
