/* SPDX-License-Identifier: Apache-2.0 */
/* The log of a device's folder, for people: the part of one start, and what was refused in it. */
#include "device/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define LOG_NAME   "component.log"
#define BOOT_IMAGE "tps-boot: boot: image "
#define REFUSED    ": REFUSED, "

void tps_device_log_begin(int log)
{
    time_t now = time(NULL);
    struct tm parts;
    char text[32];

    if (gmtime_r(&now, &parts) != NULL && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts) > 0) {
        (void)dprintf(log, TPS_DEVICE_LOG_START "%s\n", text);
    }
}

static tps_status fail_io(const tps_device_folder *folder, int error, tps_device_problem *problem)
{
    if (error == ENOENT) {
        return tps_device_fail(problem, TPS_NOT_FOUND, "start it: tps device start DIR",
                               "%s has no log: it was never started", folder->name);
    }
    return tps_device_fail(problem, TPS_IO, "check DIR/" LOG_NAME " and its permissions",
                           "the log of %s cannot be read: %s", folder->name, strerror(error));
}

/** The last bytes of the file, from the beginning of a line on. */
static tps_status read_tail(const tps_device_folder *folder, char *room, tps_device_problem *problem)
{
    int log = openat(folder->folder, LOG_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    off_t end = log < 0 ? -1 : lseek(log, 0, SEEK_END);
    off_t from = end > (off_t)TPS_DEVICE_LOG_MAX ? end - (off_t)TPS_DEVICE_LOG_MAX : 0;
    ssize_t size = end < 0 ? -1 : pread(log, room, TPS_DEVICE_LOG_MAX, from);
    int error = errno;
    char *line;

    if (log >= 0) {
        close(log);
    }
    if (size < 0) {
        return fail_io(folder, error, problem);
    }
    room[size] = '\0';
    line = from > 0 ? strchr(room, '\n') : NULL;
    if (line != NULL) {
        memmove(room, line + 1, strlen(line + 1) + 1);
    }
    return TPS_OK;
}

/** Where the latest start begins; all of it, where no line tells. */
static const char *latest_start(const char *text)
{
    const char *found = text;

    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, TPS_DEVICE_LOG_START, strlen(TPS_DEVICE_LOG_START)) == 0) {
            found = line;
        }
    }
    return found;
}

/** Never longer than it was: what is not shown becomes '?'. */
static void clean_lines(const char *from, char *to)
{
    while (*from != '\0') {
        size_t length = strcspn(from, "\n");
        char *line = strndup(from, length);

        if (line != NULL) {
            tps_device_clean(to, length + 1, line);
            to += strlen(to);
            free(line);
        }
        *to++ = '\n';
        from += length + (from[length] == '\n');
    }
    *to = '\0';
}

tps_status tps_device_log_read(const tps_device_folder *folder, bool all, char **text,
                               tps_device_problem *problem)
{
    char *room = calloc(1, TPS_DEVICE_LOG_MAX + 1);
    char *clean = calloc(1, TPS_DEVICE_LOG_MAX + 2);
    tps_status status;

    *text = NULL;
    if (room == NULL || clean == NULL) {
        status = tps_device_fail_status(problem, TPS_OUT_OF_MEMORY, folder->name);
    } else {
        status = read_tail(folder, room, problem);
        if (status == TPS_OK) {
            clean_lines(all ? room : latest_start(room), clean);
            *text = clean;
            clean = NULL;
        }
    }
    free(clean);
    free(room);
    return status;
}

const char *tps_device_log_next_refused(char **place)
{
    while (**place != '\0') {
        char *line = *place;
        size_t length = strcspn(line, "\n");

        *place += length + (line[length] == '\n');
        line[length] = '\0';
        if (strncmp(line, BOOT_IMAGE, strlen(BOOT_IMAGE)) == 0 && strstr(line, REFUSED) != NULL) {
            return strstr(line, "image ");
        }
    }
    return NULL;
}
