/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file check.h
 * What every unit test includes: cmocka with the headers it wants, and assertions in this project's own
 * words.
 */
#ifndef TPS_TEST_CHECK_H
#define TPS_TEST_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tps/span.h"
#include "tps/status.h"

/** The call must return this status; a failure prints both by name. */
#define assert_status(call, expected) check_status((call), (expected), #call, __FILE__, __LINE__)

/** Both spans must hold the same bytes; a failure prints both in hex. */
#define assert_span(actual, expected) check_span((actual), (expected), #actual, __FILE__, __LINE__)

/** The span must hold exactly these characters. */
#define assert_span_text(actual, text) \
    check_span((actual), tps_span_of_text(text), #actual, __FILE__, __LINE__)

/** The error's detail must name this: a claim, a member, a parameter. */
#define assert_names(why, name) check_names((why), (name), __FILE__, __LINE__)

/** The step of a test that changes one bit after the other: a slow back end sees a part of them. */
#ifdef TPS_TEST_SLOW_CRYPTO
#define TEST_BIT_STEP 13u
#else
#define TEST_BIT_STEP 1u
#endif

void check_status(tps_status actual, tps_status expected, const char *what, const char *file, int line);
void check_span(tps_span actual, tps_span expected, const char *what, const char *file, int line);
void check_names(const tps_error *why, const char *name, const char *file, int line);

/**
 * A copy of `bytes` in heap memory of exactly that size, so that a sanitizer sees a read behind its end.
 * The caller frees `data`.
 */
tps_buf exact_copy(tps_span bytes);

#endif
