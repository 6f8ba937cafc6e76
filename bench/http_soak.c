/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `make soak`: a million appraisals, at most 2,500 a second, against one server whose sessions last ten
 * seconds, so that most of what it stores is pruned meanwhile. Memory, open descriptors and the store's size
 * are read as it runs; after the first half they must not grow: memory by less than 5 %, descriptors by none,
 * the store by less than 10
 * %.
 *
 *     bench_http_soak PROGRAM FOLDER [APPRAISALS [URL]]    1,000,000 unless told; URL names an empty
 *                                                          PostgreSQL database, which is used instead
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "bench/http_load.h"
#include "bench/measure.h"

#define DEVICES  1000u
#define SAMPLES  20u /* a twentieth of the load each */
#define QUARTER  (SAMPLES / 4)
#define RATE     2500u /* a second at most: what the store keeps of the last minute is then bounded */
#define BATCH    (RATE / 10)
#define LIFETIME "10000" /* ms */
#define MIB      1048576.0

typedef struct {
    double memory; /* MiB resident */
    double store;  /* MiB of the file and of what is written ahead of it; 0 in a database */
    size_t descriptors;
    double rate;
} sample;

static size_t descriptors_of(pid_t server)
{
    char path[64];
    size_t count = 0;
    DIR *folder;

    (void)snprintf(path, sizeof path, "/proc/%d/fd", (int)server);
    folder = opendir(path);
    bench_require(folder != NULL, "the server is gone");
    while (readdir(folder) != NULL) {
        count++;
    }
    closedir(folder);
    return count - 2; /* . and .. */
}

static double store_size(const http_load_place *place)
{
    static const char *const ends[] = {"", "-wal"};
    double size = 0;

    for (size_t i = 0; i < 2; i++) {
        char path[600];
        struct stat status;

        (void)snprintf(path, sizeof path, "%s%s", place->store, ends[i]);
        size += stat(path, &status) == 0 ? (double)status.st_size : 0;
    }
    return size / MIB;
}

static sample look(const http_load_place *place, pid_t server, double rate)
{
    return (sample){http_load_memory(server, NULL), store_size(place), descriptors_of(server), rate};
}

/* The most of the last quarter over the most of the tenth before the half, when what was pruned first has
 * made room: growth, and not a single peak. */
static double growth(const double *values)
{
    double early = 0;
    double late = 0;

    for (size_t i = SAMPLES / 2 - 2; i <= SAMPLES / 2; i++) {
        early = values[i] > early ? values[i] : early;
    }
    for (size_t i = SAMPLES * 3 / 4; i <= SAMPLES; i++) {
        late = values[i] > late ? values[i] : late;
    }
    return early > 0 ? late / early : 1;
}

static bool report(const sample *s, size_t appraisals)
{
    double memory[SAMPLES + 1];
    double store[SAMPLES + 1];
    double descriptors[SAMPLES + 1];
    bool is_flat;

    for (size_t i = 0; i <= SAMPLES; i++) {
        memory[i] = s[i].memory;
        store[i] = s[i].store;
        descriptors[i] = (double)s[i].descriptors;
    }
    is_flat = growth(memory) < 1.05 && growth(store) < 1.10 && growth(descriptors) <= 1.0;
    printf("{\"name\":\"http.soak\",\"ratio\":%.3f,\"value\":%.1f,\"unit\":\"MiB\",\"bound\":%.1f,"
           "\"note\":\"%zu appraisals; resident memory at the start, a quarter, half and the end: %.1f %.1f "
           "%.1f %.1f; store %.1f %.1f %.1f %.1f MiB; descriptors %zu %zu %zu %zu; %s\"}\n",
           growth(memory), s[SAMPLES].memory, memory[SAMPLES / 2] * 1.05, appraisals, s[0].memory,
           s[QUARTER].memory, s[SAMPLES / 2].memory, s[SAMPLES].memory, s[0].store, s[QUARTER].store,
           s[SAMPLES / 2].store, s[SAMPLES].store, s[0].descriptors, s[QUARTER].descriptors,
           s[SAMPLES / 2].descriptors, s[SAMPLES].descriptors, is_flat ? "flat" : "NOT FLAT");
    return is_flat;
}

/* `count` appraisals, a batch each tenth of a second or later. */
static void run_paced(http_load *l, size_t count)
{
    while (count > 0) {
        size_t batch = count < BATCH ? count : BATCH;
        double begun = bench_wall_seconds();
        double left;

        http_load_run_rounds(l, batch);
        count -= batch;
        left = begun + (double)batch / RATE - bench_wall_seconds();
        if (left > 0) {
            struct timespec pause = {.tv_nsec = (long)(left * 1e9)};

            (void)nanosleep(&pause, NULL);
        }
    }
}

int main(int argc, char **argv)
{
    static const char *const options[] = {"--session-lifetime-ms", LIFETIME, NULL};
    http_load l = {.tenant = "bench", .device_count = DEVICES};
    size_t appraisals = argc > 3 ? strtoul(argv[3], NULL, 10) : 1000000;
    sample samples[SAMPLES + 1];
    http_load_place place;
    uint16_t port;
    pid_t server;
    bool is_flat;

    bench_require(argc >= 3 && argc <= 5 && appraisals >= SAMPLES,
                  "usage: bench_http_soak PROGRAM FOLDER [APPRAISALS [URL]]");
    l.devices = fleet_new(DEVICES);
    place = http_load_place_of(argv[1], argv[2], argc > 4 ? argv[4] : NULL);
    http_load_make_tenant(&place, "bench", l.devices, DEVICES);
    server = http_load_serve(&place, options, false, &port);
    http_load_open(&l, port);
    http_load_run_rounds(&l, 1000);
    samples[0] = look(&place, server, 0);
    for (size_t i = 1; i <= SAMPLES; i++) {
        double begun = bench_wall_seconds();

        run_paced(&l, appraisals / SAMPLES);
        samples[i] = look(&place, server, (double)(appraisals / SAMPLES) / (bench_wall_seconds() - begun));
        fprintf(stderr, "%9zu: %.1f MiB, store %.1f MiB, %zu descriptors, %.0f a second\n",
                i * (appraisals / SAMPLES), samples[i].memory, samples[i].store, samples[i].descriptors,
                samples[i].rate);
    }
    is_flat = report(samples, appraisals);
    http_load_close(&l);
    http_load_stop(server);
    fleet_free(l.devices);
    return is_flat ? 0 : 1;
}
