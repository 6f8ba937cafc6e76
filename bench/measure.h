/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How benchmarks measure and report. A figure is the median of several rounds; each round times ours and the
 * bound one after the other, so that a machine whose speed drifts changes both. One JSON object a line goes
 * to standard output.
 */
#ifndef TPS_BENCH_MEASURE_H
#define TPS_BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_ROUNDS_MAX 32u

/** Ours and the bound, in seconds for the same number of operations, a pair a round. */
typedef struct {
    double ours[BENCH_ROUNDS_MAX];
    double bound[BENCH_ROUNDS_MAX];
    size_t rounds;
} bench_rounds;

/** Seconds of CPU time that this process has used. */
double bench_cpu_seconds(void);

/** Seconds of CPU time that all threads of another process have used. */
double bench_cpu_seconds_of(int pid);

/** Seconds of a clock that only goes forward. */
double bench_wall_seconds(void);

/** Keeps this process on one core; prints a warning where that cannot be. */
void bench_pin(int core);

/**
 * Prints {"name","ratio","value","unit","bound","note"} of rates: value and bound are operations a second by
 * the medians, ratio is the median of the rounds' ratios. The note gets the worst round's ratio in front of
 * `note`.
 */
void bench_report_rate(const char *name, const char *unit, double operations, const bench_rounds *rounds,
                       const char *note);

/** The median of the rounds' ratios, bound / ours: how many times faster ours is. */
double bench_median_ratio(const bench_rounds *rounds);

/** The median of a round's time for ours, and for the bound. */
double bench_median_ours(const bench_rounds *rounds);
double bench_median_bound(const bench_rounds *rounds);

/** The raw operations of one appraisal with the cryptographic library alone. */
typedef struct bench_raw bench_raw;

/** A key, its contexts, a digest and a signature, ready for use. Ends the program if that fails. */
bench_raw *bench_raw_new(void);

/** `count` times EVP_PKEY_verify and EVP_PKEY_sign: contexts reused, input hashed beforehand. */
void bench_raw_run(bench_raw *raw, size_t count);

void bench_raw_free(bench_raw *raw);

/** Ends the program with a message unless `good`. */
void bench_require(bool good, const char *what);

#endif
