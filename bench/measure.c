/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks, medians, the raw operations, and the lines of the report. */
#include "bench/measure.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void bench_require(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "bench: %s\n", what);
        exit(1);
    }
}

static double seconds_of(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double bench_cpu_seconds(void)
{
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

double bench_cpu_seconds_of(int pid)
{
    clockid_t clock;

    bench_require(clock_getcpuclockid(pid, &clock) == 0, "the process is gone");
    return seconds_of(clock);
}

double bench_wall_seconds(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

void bench_pin(int core)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)core, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) {
        fprintf(stderr, "bench: cannot pin to core %d; figures will be noisier\n", core);
    }
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return left < right ? -1 : left > right;
}

static double median(const double *values, size_t count)
{
    double sorted[BENCH_ROUNDS_MAX] = {0};

    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, compare);
    return count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

double bench_median_ratio(const bench_rounds *rounds)
{
    double ratios[BENCH_ROUNDS_MAX] = {0};

    for (size_t i = 0; i < rounds->rounds; i++) {
        ratios[i] = rounds->bound[i] / rounds->ours[i];
    }
    return median(ratios, rounds->rounds);
}

double bench_median_ours(const bench_rounds *rounds)
{
    return median(rounds->ours, rounds->rounds);
}

double bench_median_bound(const bench_rounds *rounds)
{
    return median(rounds->bound, rounds->rounds);
}

void bench_report_rate(const char *name, const char *unit, double operations, const bench_rounds *rounds,
                       const char *note)
{
    double ratios[BENCH_ROUNDS_MAX] = {0};
    double worst;

    for (size_t i = 0; i < rounds->rounds; i++) {
        ratios[i] = rounds->bound[i] / rounds->ours[i];
    }
    worst = ratios[0];
    for (size_t i = 1; i < rounds->rounds; i++) {
        worst = ratios[i] < worst ? ratios[i] : worst;
    }
    printf("{\"name\":\"%s\",\"ratio\":%.3f,\"value\":%.0f,\"unit\":\"%s\",\"bound\":%.0f,"
           "\"note\":\"worst of %zu rounds %.3f; %s\"}\n",
           name, median(ratios, rounds->rounds), operations / median(rounds->ours, rounds->rounds), unit,
           operations / median(rounds->bound, rounds->rounds), rounds->rounds, worst, note);
    fflush(stdout);
}

struct bench_raw {
    EVP_PKEY *key;
    EVP_PKEY_CTX *sign;
    EVP_PKEY_CTX *verify;
    uint8_t digest[32];
    uint8_t signature[80];
    size_t signature_size;
};

bench_raw *bench_raw_new(void)
{
    bench_raw *raw = calloc(1, sizeof *raw);

    bench_require(raw != NULL, "no memory");
    raw->key = EVP_EC_gen("P-256");
    raw->sign = EVP_PKEY_CTX_new(raw->key, NULL);
    raw->verify = EVP_PKEY_CTX_new(raw->key, NULL);
    bench_require(raw->key != NULL && EVP_PKEY_sign_init(raw->sign) == 1 &&
                      EVP_PKEY_verify_init(raw->verify) == 1,
                  "the raw operations cannot be set up");
    memset(raw->digest, 0xa5, sizeof raw->digest);
    bench_raw_run(raw, 1);
    return raw;
}

void bench_raw_run(bench_raw *raw, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        raw->signature_size = sizeof raw->signature;
        bench_require(
            EVP_PKEY_sign(raw->sign, raw->signature, &raw->signature_size, raw->digest, 32) == 1 &&
                EVP_PKEY_verify(raw->verify, raw->signature, raw->signature_size, raw->digest, 32) == 1,
            "a raw operation failed");
    }
}

void bench_raw_free(bench_raw *raw)
{
    EVP_PKEY_CTX_free(raw->sign);
    EVP_PKEY_CTX_free(raw->verify);
    EVP_PKEY_free(raw->key);
    free(raw);
}
