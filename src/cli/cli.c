/* SPDX-License-Identifier: Apache-2.0 */
/* What the subcommands share: error lines, option parsing, bytes in texts, whole files. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/text/hex.h"
#include "tps/base64.h"

static const cli_subcommand *running;

void cli_begin(const cli_subcommand *subcommand)
{
    running = subcommand;
}

/* "factory init: unknown option --x: see tps help factory"; `command` is argv[0] of what was called. */
static void fail_usage(const char *command, const char *before, const char *subject, const char *after)
{
    const char *name = running == NULL ? command : running->name;
    bool is_whole = strcmp(name, command) == 0;

    char next[64];

    (void)snprintf(next, sizeof(next), "see tps help %s", name);
    cli_fail(next, "%s%s%s: %s%s%s", name, is_whole ? "" : " ", is_whole ? "" : command, before, subject,
             after);
}

int cli_fail(const char *next_step, const char *cause, ...)
{
    va_list arguments;

    fputs("tps: ", stderr);
    va_start(arguments, cause);
    vfprintf(stderr, cause, arguments);
    va_end(arguments);
    fprintf(stderr, ": %s\n", next_step);
    return CLI_FAILED;
}

int cli_fail_status(const char *subject, tps_status status, const tps_error *why)
{
    fprintf(stderr, "tps: %s: %s", subject, tps_status_cause(status));
    if (why != NULL && why->status == status && why->detail != NULL) {
        fprintf(stderr, " (%s)", why->detail);
    }
    if (why != NULL && why->status == status && why->offset != 0) {
        fprintf(stderr, " at byte %zu", why->offset);
    }
    fprintf(stderr, ": %s\n", tps_status_next_step(status));
    return CLI_FAILED;
}

static const cli_option *find_option(const char *argument, const cli_option *options, size_t count,
                                     const char **attached)
{
    const char *equals = strchr(argument, '=');
    size_t length = equals == NULL ? strlen(argument) : (size_t)(equals - argument);

    *attached = equals == NULL ? NULL : equals + 1;
    for (size_t i = 0; i < count; i++) {
        if (strlen(options[i].name) == length && strncmp(options[i].name, argument, length) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

/* Stores the value; false after printing that there are too many. */
static bool store_value(const cli_option *option, const char *value)
{
    if (option->value != NULL) {
        *option->value = value;
        return true;
    }
    if (*option->count == option->capacity) {
        cli_fail("give fewer", "%s is given more than %zu times", option->name, option->capacity);
        return false;
    }
    option->values[(*option->count)++] = value;
    return true;
}

bool cli_parse(int argc, char **argv, const cli_option *options, size_t option_count, const char **operands,
               size_t *operand_count)
{
    size_t capacity = *operand_count;
    bool are_options = true;

    *operand_count = 0;
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];
        const char *attached = NULL;
        const cli_option *option;
        if (are_options && strcmp(argument, "--") == 0) {
            are_options = false;
            continue;
        }
        if (!are_options || strncmp(argument, "--", 2) != 0) {
            if (*operand_count == capacity) {
                fail_usage(argv[0], "too many arguments, from \"", argument, "\"");
                return false;
            }
            operands[(*operand_count)++] = argument;
            continue;
        }
        option = find_option(argument, options, option_count, &attached);
        if (option == NULL) {
            fail_usage(argv[0], "unknown option ", argument, "");
            return false;
        }
        if (option->flag != NULL && attached != NULL) {
            fail_usage(argv[0], "", argument, ": this option takes no value");
            return false;
        }
        if (option->flag != NULL) {
            *option->flag = true;
            continue;
        }
        if (attached == NULL && i + 1 == argc) {
            fail_usage(argv[0], "", argument, " needs a value");
            return false;
        }
        if (!store_value(option, attached != NULL ? attached : argv[++i])) {
            return false;
        }
    }
    return true;
}

/* Reads until the end or the limit; returns the bytes read, or -1. */
static ssize_t read_all(int fd, uint8_t *to, size_t limit)
{
    size_t size = 0;

    while (size < limit) {
        ssize_t got = read(fd, to + size, limit - size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        size += (size_t)got;
    }
    return (ssize_t)size;
}

/* Room for the file as it is now, or for the limit where its size says nothing (pipes). One byte more shows
 * growth. */
static size_t room_for(int fd, size_t limit)
{
    struct stat info;

    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size >= 0 && (size_t)info.st_size < limit) {
        return (size_t)info.st_size + 1;
    }
    return limit + 1;
}

bool cli_read_bytes(const char *name, const char *text, tps_buf room, size_t *size)
{
    bool is_good = strncmp(text, "hex:", 4) == 0
                       ? hex_read(tps_span_of_text(text + 4), room, size)
                       : tps_base64_read(tps_span_of_text(text), room, size) == TPS_OK;

    if (!is_good) {
        cli_fail("give it in base64url, or in hex behind \"hex:\"", "%s cannot be read", name);
    }
    return is_good;
}

bool cli_read_nonce(const char *text, uint8_t nonce[CLI_NONCE_MAX], size_t *size)
{
    if (!cli_read_bytes("--nonce", text, (tps_buf){nonce, CLI_NONCE_MAX}, size)) {
        return false;
    }
    if (*size < CLI_NONCE_MIN) {
        cli_fail("give 8 to 64 bytes", "--nonce has %zu bytes", *size);
        return false;
    }
    return true;
}

bool cli_is_program(const char *path)
{
    static const char elf[] = {0x7f, 'E', 'L', 'F'};
    char head[sizeof(elf)];
    FILE *file = fopen(path, "rb");
    bool is_program = file != NULL && fread(head, 1, sizeof(head), file) == sizeof(head) &&
                      memcmp(head, elf, sizeof(elf)) == 0;

    if (file != NULL) {
        fclose(file);
    }
    return is_program;
}

bool cli_read_file(const char *path, size_t limit, tps_buf *data)
{
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    size_t room;
    ssize_t size;

    *data = (tps_buf){NULL, 0};
    if (fd < 0) {
        cli_fail("check the path and its permissions", "cannot open %s: %s", path, strerror(errno));
        return false;
    }
    room = room_for(fd, limit);
    data->data = malloc(room + 1);
    size = data->data == NULL ? -1 : read_all(fd, data->data, room);
    close(fd);
    if (size < 0 || (size_t)size > limit) {
        free(data->data);
        *data = (tps_buf){NULL, 0};
        if (size < 0) {
            cli_fail("check that it is a file", "cannot read %s: %s", path, strerror(errno));
        } else {
            cli_fail("give a smaller file", "%s is larger than %zu bytes", path, limit);
        }
        return false;
    }
    data->data[size] = 0;
    data->size = (size_t)size;
    return true;
}

static bool write_all(int fd, tps_span data)
{
    size_t done = 0;

    while (done < data.size) {
        ssize_t put = write(fd, data.data + done, data.size - done);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return false;
        }
        done += (size_t)put;
    }
    return fsync(fd) == 0 || errno == EINVAL; /* pipes and terminals cannot be synced */
}

bool cli_write_file(const char *path, unsigned mode, tps_span data)
{
    char temporary[4096];
    int length = snprintf(temporary, sizeof temporary, "%s.new", path);
    int fd;
    bool good;

    if (length < 0 || (size_t)length >= sizeof temporary) {
        cli_fail("use a shorter path", "the path %s is too long", path);
        return false;
    }
    unlink(temporary);
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);
    if (fd < 0) {
        cli_fail("check the folder and its permissions", "cannot write %s: %s", path, strerror(errno));
        return false;
    }
    good = write_all(fd, data);
    good = close(fd) == 0 && good;
    if (!good || rename(temporary, path) != 0) {
        cli_fail("check the path and the disk", "cannot write %s: %s", path, strerror(errno));
        unlink(temporary);
        return false;
    }
    return true;
}
