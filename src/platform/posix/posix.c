/* SPDX-License-Identifier: Apache-2.0 */
/* The platform's table on a Unix system: opens and checks the device's folder, and has entropy, clock and
 * log. Files are in storage.c and provided.c. */
#include "platform/posix/posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "platform/posix/provided.h"
#include "platform/posix/storage.h"
#include "tps/eat.h"
#include "tps/secret.h"

static tps_status posix_entropy(void *context, tps_buf out)
{
    size_t done = 0;

    (void)context;
    while (done < out.size) {
        ssize_t n = getrandom(out.data + done, out.size - done, 0);

        if (n < 0 && errno != EINTR) {
            tps_wipe(out.data, out.size);
            return TPS_CRYPTO_NO_ENTROPY;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return TPS_OK;
}

static tps_status posix_time(void *context, uint64_t *seconds)
{
    struct timespec now;

    (void)context;
    /* A clock before 2024 was never set. */
    if (clock_gettime(CLOCK_REALTIME, &now) != 0 || now.tv_sec < 1704067200) {
        return TPS_UNSUPPORTED;
    }
    *seconds = (uint64_t)now.tv_sec;
    return TPS_OK;
}

static tps_status posix_lock_secret(void *context)
{
    tps_posix *posix = context;

    posix->is_secret_locked = true;
    return TPS_OK;
}

/* What may trace a process of this user is not known here: lockdown.c forbids it, for this start. */
static uint32_t posix_debug_status(void *context)
{
    (void)context;
    return TPS_EAT_DEBUG_DISABLED_SINCE_BOOT;
}

void tps_posix_log(void *context, uint32_t level, const char *text, tps_status status)
{
    const tps_posix *posix = context;
    char line[512];
    int size;

    if (posix != NULL && level > posix->log_level) {
        return;
    }
    if (status == TPS_OK) {
        size = snprintf(line, sizeof(line), "tps-component: %s\n", text);
    } else {
        size = snprintf(line, sizeof(line), "tps-component: %s: %s: %s\n", text, tps_status_cause(status),
                        tps_status_next_step(status));
    }
    if (size > 0) {
        size_t whole = (size_t)size < sizeof(line) ? (size_t)size : sizeof(line) - 1;

        (void)!write(STDERR_FILENO, line, whole);
    }
}

static int open_folder(int at, const char *path)
{
    return openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/** True when `folder` is ours and gives others none of the rights in `forbidden`. */
static bool is_ours(int folder, mode_t forbidden)
{
    struct stat info;

    return fstat(folder, &info) == 0 && info.st_uid == geteuid() && (info.st_mode & forbidden) == 0;
}

static tps_status check_folders(tps_posix *posix, const char *folder, tps_error *why)
{
    posix->device = open_folder(AT_FDCWD, folder);
    if (posix->device < 0) {
        return tps_fail(why, TPS_DEVICE_BAD_FOLDER, 0, "DIR");
    }
    if (!is_ours(posix->device, S_IWGRP | S_IWOTH)) {
        return tps_fail(why, TPS_COMPONENT_EXPOSED, 0, "DIR");
    }
    posix->secure = openat(posix->device, "secure", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (posix->secure < 0) {
        return tps_fail(why, TPS_DEVICE_BAD_FOLDER, 0, "DIR/secure");
    }
    if (!is_ours(posix->secure, S_IRWXG | S_IRWXO)) {
        return tps_fail(why, TPS_COMPONENT_EXPOSED, 0, "DIR/secure");
    }
    if (flock(posix->secure, LOCK_EX | LOCK_NB) != 0) {
        return tps_fail(why, TPS_COMPONENT_IN_USE, 0, "DIR/secure");
    }
    return TPS_OK;
}

tps_status tps_posix_open(tps_posix *posix, const char *folder, tps_error *why)
{
    tps_status status;

    *posix = (tps_posix){.device = -1, .secure = -1, .log_level = TPS_LOG_INFO};
    posix->table = (tps_platform){
        .version = TPS_PLATFORM_VERSION,
        .properties = TPS_PLATFORM_INSECURE,
        .context = posix,
        .unique_secret = tps_posix_unique_secret,
        .lock_secret = posix_lock_secret,
        .debug_status = posix_debug_status,
        .entropy = posix_entropy,
        .storage_get = tps_posix_storage_get,
        .storage_put = tps_posix_storage_put,
        .storage_delete = tps_posix_storage_delete,
        .storage_size = TPS_POSIX_STORAGE_SIZE,
        .sector_size = TPS_POSIX_SECTOR_SIZE,
        .unit_size = TPS_POSIX_UNIT_SIZE,
        .storage_read = tps_posix_storage_read,
        .storage_write = tps_posix_storage_write,
        .storage_erase = tps_posix_storage_erase,
        .counter_read = tps_posix_counter_read,
        .counter_increase = tps_posix_counter_increase,
        .provided_read = tps_posix_provided_read,
        .time = posix_time,
        .log = tps_posix_log,
    };
    status = check_folders(posix, folder, why);
    if (status != TPS_OK) {
        tps_posix_close(posix);
    }
    return status;
}

void tps_posix_close(tps_posix *posix)
{
    if (posix->device >= 0) {
        close(posix->device);
    }
    if (posix->secure >= 0) {
        close(posix->secure);
    }
    posix->device = -1;
    posix->secure = -1;
}
