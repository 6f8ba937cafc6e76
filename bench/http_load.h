/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the benchmarks of `tps serve` share: a server as a child, and a load of whole appraisals over kept
 * connections. Whatever fails ends the program with a message.
 */
#ifndef TPS_BENCH_HTTP_LOAD_H
#define TPS_BENCH_HTTP_LOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/types.h>

#include "bench/fleet.h"

#define HTTP_LOAD_CONNECTIONS 128u
#define HTTP_LOAD_BUFFER      16384u
#define HTTP_LOAD_WORDS_MAX   40u

/* ---- the program ---- */

/** The program, the store that it works on (a file or a URL), and a folder of the caller's for files. */
typedef struct {
    const char *program;
    const char *folder;
    char store[512];
} http_load_place;

/** A store in the folder, or the one that `url` names. */
http_load_place http_load_place_of(const char *program, const char *folder, const char *url);

/** Runs `tps WORDS --store STORE` to its end, which must be good; `words` ends with NULL. */
void http_load_run(const http_load_place *place, const char *const *words);

/** The same; the first line that it prints goes to `line` (`room` bytes, with a zero behind it). */
void http_load_read(const http_load_place *place, const char *const *words, char *line, size_t room);

/**
 * A tenant that takes unsigned endorsements, with those of a fleet's first `count` devices in manifests of
 * 40,000.
 */
void http_load_make_tenant(const http_load_place *place, const char *name, fleet *devices, size_t count);

/**
 * `tps serve` on a free port with further options (NULL: none), on core 0 if `pinned`. It ends with this
 * program, however that ends. Returns once it listens: within 120 s.
 */
pid_t http_load_serve(const http_load_place *place, const char *const *options, bool pinned, uint16_t *port);

/** MiB of memory that a server has resident now, and the most that it had. */
double http_load_memory(pid_t server, double *most);

/** Ends a server and waits for it; it must end well. */
void http_load_stop(pid_t server);

/* ---- the load ---- */

enum { HTTP_LOAD_WANT_SESSION, HTTP_LOAD_WANT_RESULT };

typedef struct {
    int fd;
    int state;
    double begun; /* when its appraisal began, or was to begin */
    size_t received;
    char in[HTTP_LOAD_BUFFER]; /* the last answer, with a zero behind it */
} http_load_connection;

typedef struct http_load http_load;

struct http_load {
    fleet *devices;
    size_t device_count; /* evidence is of the first so many */
    const char *tenant;
    http_load_connection *connections;
    int epoll;
    size_t at_once; /* so many connections are used; 0: all */
    size_t started;
    size_t finished;
    /** An appraisal is answered: `finished` does not count it yet. NULL: nothing is to do. */
    void (*on_finished)(http_load *load, http_load_connection *connection);
    void *context;
};

/** A connection to a server. */
int http_load_connect(uint16_t port);

/** Opens the connections to a server. */
void http_load_open(http_load *load, uint16_t port);

void http_load_close(http_load *load);

/** Begins an appraisal on a connection that has none. */
void http_load_begin(http_load *load, http_load_connection *connection);

/** Reads what came; goes on with the appraisal. True when it is answered, and counted. */
bool http_load_on_readable(http_load *load, http_load_connection *connection);

/** `count` appraisals: a connection begins the next as soon as it is done with one. */
void http_load_run_rounds(http_load *load, size_t count);

#endif
