/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `tps serve`, see serve_options.h. */
#include "cli/serve_options.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/operation/config.h"
#include "tps/ear.h"

typedef enum { TEXT, FLAG, NUMBER } option_kind;

/* One option. A number says what it may be, and where it goes. */
typedef struct {
    const char *name;  /* "--listen" */
    size_t at;         /* of the text or flag in serve_arguments */
    const char *usual; /* told where it is not given; NULL: nothing */
    unsigned long least, most;
    size_t to; /* of the number in serve_settings */
    option_kind kind;
    bool is_wide;            /* the number is a size_t, else a uint32_t */
    bool is_live;            /* a reload changes it */
    bool is_of_command_line; /* means nothing in a file */
} serve_option;

#define AT(member) offsetof(serve_arguments, member)
#define TO(member) offsetof(serve_settings, member)

/* A number for a uint32_t, and one for a size_t. */
#define NUMBER_OF(name, member, usual, least, most, to) \
    name, AT(member), usual, least, most, TO(to), NUMBER, false, false, false
#define SIZE_OF(name, member, usual, least, most, to) \
    name, AT(member), usual, least, most, TO(to), NUMBER, true, false, false

static const serve_option options[] = {
    {.name = "--config", .at = AT(config), .is_of_command_line = true},
    {.name = "--check-config", .kind = FLAG, .at = AT(check_config), .is_of_command_line = true},
    {.name = "--store", .at = AT(store)},
    {.name = "--listen", .at = AT(listen), .usual = "127.0.0.1:8080"},
    {.name = "--port-file", .at = AT(port_file)},
    {.name = "--url", .at = AT(url)},
    {.name = "--ear", .at = AT(ear), .usual = "2023"},
    {.name = "--demo", .kind = FLAG, .at = AT(demo)},
    {.name = "--tls-certificate", .at = AT(tls_certificate)},
    {.name = "--tls-key", .at = AT(tls_key)},
    {.name = "--client-ca", .at = AT(client_ca)},
    {.name = "--log-format", .at = AT(log_format), .usual = "text"},
    {.name = "--log-level", .at = AT(log_level), .is_live = true, .usual = "info"},
    {.name = "--log-requests", .kind = FLAG, .at = AT(log_requests), .is_live = true},
    {.name = "--metrics", .kind = FLAG, .at = AT(metrics)},
    {.name = "--metrics-listen", .at = AT(metrics_listen)},
    {SIZE_OF("--connections-max", connections_max, "10000", 1, 1000000, service.http.connections_max)},
    {SIZE_OF("--body-memory-max", body_memory_max, "268435456", 1 << 20, 1ul << 40,
             service.http.body_memory_max)},
    {SIZE_OF("--queue-max", queue_max, "10000", 1, 1000000, service.queue_max)},
    {.name = "--rate-client",
     .at = AT(rate_client),
     .usual = "0",
     .most = 1000000,
     .to = TO(service.client_requests_per_second),
     .kind = NUMBER,
     .is_live = true},
    {NUMBER_OF("--header-timeout-ms", header_timeout, "10000", 1, 3600000, service.http.header_timeout_ms)},
    {NUMBER_OF("--request-timeout-ms", request_timeout, "30000", 1, 3600000,
               service.http.request_timeout_ms)},
    {NUMBER_OF("--idle-timeout-ms", idle_timeout, "60000", 1, 3600000, service.http.idle_timeout_ms)},
    {NUMBER_OF("--write-timeout-ms", write_timeout, "30000", 1, 3600000, service.http.write_timeout_ms)},
    {NUMBER_OF("--grace-ms", grace, "10000", 1, 3600000, service.http.grace_ms)},
    {NUMBER_OF("--checkpoint-seconds", checkpoint_seconds, "600", 1, 86400, service.checkpoint_seconds)},
    {NUMBER_OF("--session-lifetime-ms", session_lifetime, NULL, 1, 86400000, service.session_lifetime_ms)},
    {NUMBER_OF("--workers", workers, NULL, 1, 256, workers)},
};
#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))
_Static_assert(OPTION_COUNT <= SERVE_OPTIONS_MAX, "each row has its line");

static const char **text_of(const serve_arguments *a, const serve_option *option)
{
    return (const char **)((uintptr_t)a + option->at);
}

static bool *flag_of(const serve_arguments *a, const serve_option *option)
{
    return (bool *)((uintptr_t)a + option->at);
}

__attribute__((format(printf, 3, 4))) static bool fail(serve_problem *problem, const char *next_step,
                                                       const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(problem->cause, sizeof(problem->cause), format, arguments);
    va_end(arguments);
    problem->next_step = next_step;
    return false;
}

/* ---- the command line ---- */

bool serve_read_command_line(int argc, char **argv, serve_arguments *a)
{
    cli_option known[OPTION_COUNT] = {{.name = NULL}};
    size_t operands = 0;

    *a = (serve_arguments){.config = NULL};
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        known[i].name = options[i].name;
        if (options[i].kind == FLAG) {
            known[i].flag = flag_of(a, &options[i]);
        } else {
            known[i].value = text_of(a, &options[i]);
        }
    }
    return cli_parse(argc, argv, known, OPTION_COUNT, NULL, &operands);
}

/* ---- the file ---- */

typedef struct {
    serve_arguments *a;
    size_t first[SERVE_OPTIONS_MAX]; /* the line on which an option stood, whoever wins */
    char repeated[96];
} file_reader;

static const char *take_flag(bool *flag, const char *value)
{
    if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0) {
        return "the value must be yes or no";
    }
    *flag = *flag || strcmp(value, "yes") == 0;
    return NULL;
}

static const char *take_setting(void *context, const char *name, const char *value, size_t line)
{
    file_reader *reader = context;

    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const serve_option *option = &options[i];

        if (strcmp(option->name + 2, name) != 0) {
            continue;
        }
        if (option->is_of_command_line) {
            return "this has a meaning on the command line only";
        }
        if (reader->first[i] != 0) {
            (void)snprintf(reader->repeated, sizeof(reader->repeated), "%s is there already, on line %zu",
                           name, reader->first[i]);
            return reader->repeated;
        }
        reader->first[i] = line;
        if (option->kind == FLAG) {
            reader->a->lines[i] = *flag_of(reader->a, option) ? 0 : line;
            return take_flag(flag_of(reader->a, option), value);
        }
        if (*text_of(reader->a, option) == NULL) {
            *text_of(reader->a, option) = value;
            reader->a->lines[i] = line;
        }
        return NULL;
    }
    return "there is no option of this name; tps help serve lists them";
}

/* The file's text with room for a zero; NULL with `problem` set. */
static char *read_text(const char *path, size_t *size, serve_problem *problem)
{
    FILE *file = fopen(path, "re");
    char *text = file == NULL ? NULL : malloc(TPS_CONFIG_FILE_MAX + 2);

    if (text == NULL) {
        (void)fail(problem, "check the path and its permissions", "cannot read %s: %s", path,
                   strerror(errno));
    } else {
        *size = fread(text, 1, TPS_CONFIG_FILE_MAX + 1, file);
        if (ferror(file) != 0) {
            (void)fail(problem, "check that it is a file", "cannot read %s: %s", path, strerror(errno));
            free(text);
            text = NULL;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return text;
}

bool serve_read_file(serve_arguments *a, serve_problem *problem)
{
    file_reader reader = {.a = a};
    tps_config_error error;
    size_t size = 0;

    if (a->config == NULL) {
        return true;
    }
    a->file = read_text(a->config, &size, problem);
    if (a->file == NULL) {
        return false;
    }
    if (!tps_config_read((tps_buf){(uint8_t *)a->file, size}, take_setting, &reader, &error)) {
        return fail(problem, "see tps help serve", "%s:%zu: %s", a->config, error.line, error.cause);
    }
    return true;
}

/* ---- what it means ---- */

/* "--listen", or "FILE:3: listen". */
static const char *where(const serve_arguments *a, size_t row, char *room, size_t size)
{
    if (a->lines[row] == 0) {
        return options[row].name;
    }
    (void)snprintf(room, size, "%s:%zu: %s", a->config, a->lines[row], options[row].name + 2);
    return room;
}

static size_t row_of(size_t at)
{
    size_t row = 0;

    while (options[row].at != at) {
        row++;
    }
    return row;
}

static bool refuse(const serve_arguments *a, size_t row, const char *next_step, serve_problem *problem)
{
    char room[320];

    return fail(problem, next_step, "%s cannot be \"%.128s\"", where(a, row, room, sizeof(room)),
                *text_of(a, &options[row]));
}

static bool read_number(const serve_arguments *a, size_t row, serve_settings *settings,
                        serve_problem *problem)
{
    static char next[96]; /* what `problem` points to; of one thread */
    const serve_option *option = &options[row];
    const char *text = *text_of(a, option);
    unsigned long number;
    char *end;

    if (text == NULL) {
        return true;
    }
    errno = 0;
    number = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || number < option->least ||
        number > option->most) {
        (void)snprintf(next, sizeof(next), "give a number from %lu to %lu", option->least, option->most);
        return refuse(a, row, next, problem);
    }
    if (option->is_wide) {
        *(size_t *)((uintptr_t)settings + option->to) = (size_t)number;
    } else {
        *(uint32_t *)((uintptr_t)settings + option->to) = (uint32_t)number;
    }
    return true;
}

static bool read_generation(const serve_arguments *a, serve_settings *settings, serve_problem *problem)
{
    static const char *const names[] = {
        [TPS_EAR_2023] = "2023", [TPS_EAR_2025] = "2025", [TPS_EAR_2026] = "2026"};
    const char *text = a->ear;

    for (uint32_t i = 0; text != NULL && i < sizeof(names) / sizeof(names[0]); i++) {
        if (strncmp(names[i], text, 4) == 0 && (text[4] == '\0' || strcmp(text + 4, "-cwt") == 0)) {
            settings->service.ear_generation = i;
            settings->service.ear_as_cwt = text[4] != '\0';
            return true;
        }
    }
    return text == NULL ||
           refuse(a, row_of(AT(ear)), "give 2023, 2025 or 2026, and \"-cwt\" behind it for results in CBOR",
                  problem);
}

static bool read_log(const serve_arguments *a, serve_settings *settings, serve_problem *problem)
{
    settings->log = (tps_log_options){.level = TPS_LOG_INFO, .format = TPS_LOG_AS_TEXT, .fd = 2};
    if (a->log_format != NULL && strcmp(a->log_format, "json") == 0) {
        settings->log.format = TPS_LOG_AS_JSON;
    } else if (a->log_format != NULL && strcmp(a->log_format, "text") != 0) {
        return refuse(a, row_of(AT(log_format)), "give text or json", problem);
    }
    if (a->log_level != NULL && !tps_log_level_of(a->log_level, &settings->log.level)) {
        return refuse(a, row_of(AT(log_level)), "give error, warning, info or debug", problem);
    }
    settings->service.log_requests = a->log_requests;
    return true;
}

/* ---- credentials of the service manager ---- */

#define CREDENTIAL "credential:"

/* "credential:NAME" is the file NAME in the folder that the service manager made for this service alone. */
static bool find_path(const serve_arguments *a, size_t row, char *room, size_t size, const char **path,
                      serve_problem *problem)
{
    const char *text = *text_of(a, &options[row]);
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    const char *name;
    int length;

    *path = text;
    if (text == NULL || strncmp(text, CREDENTIAL, sizeof(CREDENTIAL) - 1) != 0) {
        return true;
    }
    name = text + sizeof(CREDENTIAL) - 1;
    if (folder == NULL || name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL) {
        return refuse(a, row, "name a credential that the service's unit loads (LoadCredential=)", problem);
    }
    length = snprintf(room, size, "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= size) {
        return refuse(a, row, "give a shorter name", problem);
    }
    *path = room;
    return true;
}

static bool read_tls(const serve_arguments *a, serve_settings *s, serve_problem *problem)
{
    if ((a->tls_certificate == NULL) != (a->tls_key == NULL)) {
        return fail(problem, "give both, or none", "%s is given without %s",
                    a->tls_key == NULL ? "--tls-certificate" : "--tls-key",
                    a->tls_key == NULL ? "--tls-key" : "--tls-certificate");
    }
    if (a->client_ca != NULL && a->tls_key == NULL) {
        return fail(problem, "give --tls-certificate and --tls-key",
                    "--client-ca needs TLS: clients show certificates in its handshake");
    }
    return find_path(a, row_of(AT(tls_certificate)), s->certificate, sizeof(s->certificate),
                     &s->tls.certificate, problem) &&
           find_path(a, row_of(AT(tls_key)), s->key, sizeof(s->key), &s->tls.key, problem) &&
           find_path(a, row_of(AT(client_ca)), s->client_ca, sizeof(s->client_ca), &s->tls.client_ca,
                     problem);
}

/* A store from a credential is what stands on the file's first line: URLs may hold passwords. */
static bool read_store(const serve_arguments *a, serve_settings *settings, serve_problem *problem)
{
    char path[512];
    size_t size = 0;

    if (a->store == NULL) {
        return fail(problem, "give --store FILE, or --store postgresql://...", "--store is missing");
    }
    if (!find_path(a, row_of(AT(store)), path, sizeof(path), &settings->store, problem)) {
        return false;
    }
    if (settings->store != path) {
        return true;
    }
    settings->store_text = read_text(path, &size, problem);
    if (settings->store_text == NULL) {
        return false;
    }
    settings->store_text[size] = '\0';
    settings->store_text[strcspn(settings->store_text, "\r\n")] = '\0';
    settings->store = settings->store_text;
    return settings->store[0] != '\0' ||
           refuse(a, row_of(AT(store)), "put the store's path or URL into it", problem);
}

bool serve_understand(const serve_arguments *a, serve_settings *settings, serve_problem *problem)
{
    *settings = (serve_settings){.service = tps_service_defaults()};
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (options[i].kind == NUMBER && !read_number(a, i, settings, problem)) {
            return false;
        }
    }
    settings->service.http.address = a->listen == NULL ? "127.0.0.1:8080" : a->listen;
    settings->service.metrics_address = a->metrics_listen;
    settings->service.metrics_for_all = a->metrics;
    settings->service.demonstration = a->demo;
    settings->service.url = a->url;
    return read_generation(a, settings, problem) && read_log(a, settings, problem) &&
           read_tls(a, settings, problem) && read_store(a, settings, problem);
}

/* ---- what changed; what is used ---- */

const char *serve_next_fixed_change(const serve_arguments *before, const serve_arguments *now, size_t *row)
{
    for (; *row < OPTION_COUNT; ++*row) {
        const serve_option *option = &options[*row];
        bool differs;

        if (option->kind == FLAG) {
            differs = *flag_of(before, option) != *flag_of(now, option);
        } else {
            const char *old = *text_of(before, option);
            const char *new = *text_of(now, option);

            differs = (old == NULL) != (new == NULL) || (old != NULL && strcmp(old, new) != 0);
        }
        if (differs && !option->is_live) {
            return options[(*row)++].name + 2;
        }
    }
    return NULL;
}

void serve_print_arguments(const serve_arguments *a)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const serve_option *option = &options[i];
        const char *text = option->kind == FLAG ? *flag_of(a, option) ? "yes" : "no" : *text_of(a, option);
        bool is_usual = option->kind == FLAG ? !*flag_of(a, option) : text == NULL;
        uint8_t room[1024];
        size_t size;

        text = text == NULL ? option->usual : text;
        if (text == NULL || option->is_of_command_line) {
            continue;
        }
        size = tps_log_redact(tps_span_of_text(text), TPS_BUF_OF(room));
        printf("%-20s %.*s", option->name + 2, (int)size, (const char *)room);
        if (is_usual) {
            printf("   (unless given)\n");
        } else if (a->lines[i] != 0) {
            printf("   (%s:%zu)\n", a->config, a->lines[i]);
        } else {
            printf("\n");
        }
    }
}
