/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file serve_options.h
 * The options of `tps serve`: one table of them, read from the command line and from a file of configuration
 * (operation/config.h) in which they have the same names without "--". What the command line says wins.
 */
#ifndef TPS_CLI_SERVE_OPTIONS_H
#define TPS_CLI_SERVE_OPTIONS_H

#include "cli/cli.h"
#include "server/operation/log.h"
#include "server/service.h"

#define SERVE_OPTIONS_MAX 48u

/** All that was given, as text; NULL: not given. */
typedef struct {
    const char *config;
    const char *store, *listen, *port_file, *url, *ear;
    const char *tls_certificate, *tls_key, *client_ca;
    const char *log_format, *log_level, *metrics_listen;
    const char *connections_max, *body_memory_max, *queue_max, *rate_client, *workers;
    const char *header_timeout, *request_timeout, *idle_timeout, *write_timeout, *grace;
    const char *checkpoint_seconds, *session_lifetime;
    bool demo, metrics, log_requests, check_config;
    size_t lines[SERVE_OPTIONS_MAX]; /* of the file, for each row of the table; 0: not from there */
    char *file;                      /* its text, on the heap: what the texts above point into */
} serve_arguments;

/** What is wrong, for people. */
typedef struct {
    char cause[512];
    const char *next_step; /* constant */
} serve_problem;

/** What the texts mean. */
typedef struct {
    tps_service_options service;
    tps_http_tls_options tls; /* certificate NULL: none */
    tps_log_options log;
    uint32_t workers; /* 0: this process serves by itself */
    const char *store;
    char certificate[512], key[512], client_ca[512]; /* where the paths above are made here */
    char *store_text;                                /* where it came from a credential; on the heap */
} serve_settings;

/** Reads the command line. False after printing what is wrong. */
bool serve_read_command_line(int argc, char **argv, serve_arguments *a);

/**
 * Adds what the file says that `a->config` names (nothing, if that is NULL) to what the command line said.
 * @return false with `problem` set; free `a->file` in any case.
 */
bool serve_read_file(serve_arguments *a, serve_problem *problem);

/** Finds out what the texts mean. @return false with `problem` set; free `settings->store_text` in any case.
 */
bool serve_understand(const serve_arguments *a, serve_settings *settings, serve_problem *problem);

/**
 * Compares what was read at the start with what was read now.
 * @return a text naming an option that has changed and cannot while the server runs, in turn from `*row` on
 * (0 at first); NULL when there is no more.
 */
const char *serve_next_fixed_change(const serve_arguments *before, const serve_arguments *now, size_t *row);

/** Prints each option with its value and where it comes from. */
void serve_print_arguments(const serve_arguments *a);

/** "IP:PORT" or "[IPv6]:PORT"; NULL for anything else. freeaddrinfo() it. */
struct addrinfo *serve_read_address(const char *text);

/**
 * Serves by `settings->workers` processes under this one.
 * @param serve     In each process: opens what it needs and serves at `settings->service`'s address; its exit
 * code. It calls tps_supervised_ready() once it listens.
 * @param announce  In this process, once all listen; false ends all.
 */
int serve_with_workers(serve_settings *settings, int (*serve)(void *context),
                       bool (*announce)(void *context, const char *address), void *context);

/** --check-config: reads and checks everything that serving would use, changes nothing, and says what it
 * found. */
int serve_check(const serve_arguments *a, const serve_settings *settings);

#endif
