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

#include "component/core/service.h"
#include "platform/posix/first_stage.h"
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

    if (posix->secret >= 0 && close(posix->secret) != 0) {
        return TPS_COMPONENT_NOT_LOCKED;
    }
    posix->secret = -1;
    return TPS_OK;
}

/* What may trace a process of this user is not known here: lockdown.c forbids it, for this start. */
static uint32_t posix_debug_status(void *context)
{
    (void)context;
    return TPS_EAT_DEBUG_DISABLED_SINCE_BOOT;
}

/* Whoever owns the device's folder can take the device away: no login could keep it from less. */
static bool posix_is_administrator(void *context, uint32_t method, uint32_t uid, uint32_t gid,
                                   const uint8_t *application)
{
    const tps_posix *posix = context;

    (void)gid;
    (void)application;
    return method == TPSC_LOGIN_USER && (uid == 0 || uid == posix->owner);
}

/* The first stage starts the device anew (boot/supervisor.h). */
static void posix_reset(void *context)
{
    tps_posix_log(context, TPS_LOG_INFO, "reset", TPS_OK);
    _exit(TPS_STAGE_EXIT_RESET);
}

void tps_posix_log(void *context, uint32_t level, const char *text, tps_status status)
{
    const tps_posix *posix = context;
    char line[512];
    int size;

    if (level > posix->log_level) {
        return;
    }
    if (status == TPS_OK) {
        size = snprintf(line, sizeof(line), "%s: %s\n", posix->program, text);
    } else {
        size = snprintf(line, sizeof(line), "%s: %s: %s: %s\n", posix->program, text,
                        tps_status_cause(status), tps_status_next_step(status));
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

/** True when `file` is ours (or, where we are root and that is allowed, any one user's) and gives others none
 * of the rights in `forbidden`. */
static bool is_ours(int file, mode_t forbidden, bool is_any_users)
{
    struct stat info;

    return fstat(file, &info) == 0 && (info.st_mode & forbidden) == 0 &&
           (info.st_uid == geteuid() || (is_any_users && geteuid() == 0));
}

/** What decides which images run is written by nobody who may not write DIR. What is not there is not asked.
 */
static tps_status check_provided(int device, tps_error *why)
{
    static const char *const parts[][2] = {{"identity.cbor", "DIR/identity.cbor"},
                                           {"firmware", "DIR/firmware"}};

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        int part = openat(device, parts[i][0], O_PATH | O_CLOEXEC);
        bool good = part < 0 ? errno == ENOENT : is_ours(part, S_IWGRP | S_IWOTH, false);

        if (part >= 0) {
            close(part);
        }
        if (!good) {
            return tps_fail(why, TPS_COMPONENT_EXPOSED, 0, parts[i][1]);
        }
    }
    return TPS_OK;
}

static tps_status check_folders(tps_posix *posix, const char *folder, tps_error *why)
{
    posix->device = open_folder(AT_FDCWD, folder);
    if (posix->device < 0) {
        return tps_fail(why, TPS_DEVICE_BAD_FOLDER, 0, "DIR");
    }
    if (!is_ours(posix->device, S_IWGRP | S_IWOTH, false)) {
        return tps_fail(why, TPS_COMPONENT_EXPOSED, 0, "DIR");
    }
    TPS_TRY(check_provided(posix->device, why));
    posix->secure = openat(posix->device, "secure", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (posix->secure < 0) {
        return tps_fail(why, TPS_DEVICE_BAD_FOLDER, 0, "DIR/secure");
    }
    if (!is_ours(posix->secure, S_IRWXG | S_IRWXO, true)) {
        return tps_fail(why, TPS_COMPONENT_EXPOSED, 0, "DIR/secure");
    }
    if (flock(posix->secure, LOCK_EX | LOCK_NB) != 0) {
        return tps_fail(why, TPS_COMPONENT_IN_USE, 0, "DIR/secure");
    }
    return TPS_OK;
}

static void begin(tps_posix *posix, const char *program)
{
    *posix = (tps_posix){.program = program, .device = -1, .secure = -1, .storage = -1, .secret = -1};
    posix->log_level = TPS_LOG_INFO;
    posix->table = (tps_platform){
        .version = TPS_PLATFORM_VERSION,
        .properties = TPS_PLATFORM_INSECURE,
        .context = posix,
        .unique_secret = tps_posix_unique_secret,
        .lock_secret = posix_lock_secret,
        .debug_status = posix_debug_status,
        .entropy = posix_entropy,
        .storage_size = TPS_POSIX_STORAGE_SIZE,
        .sector_size = TPS_POSIX_SECTOR_SIZE,
        .unit_size = TPS_POSIX_UNIT_SIZE,
        .storage_read = tps_posix_storage_read,
        .storage_write = tps_posix_storage_write,
        .storage_erase = tps_posix_storage_erase,
        .counter_read = tps_posix_counter_read,
        .counter_increase = tps_posix_counter_increase,
        .provided_read = tps_posix_provided_read,
        .is_administrator = posix_is_administrator,
        .reset = posix_reset,
        .time = posix_time,
        .log = tps_posix_log,
    };
}

tps_status tps_posix_open(tps_posix *posix, const char *folder, tps_error *why)
{
    tps_status status;

    begin(posix, "tps-boot");
    status = check_folders(posix, folder, why);
    if (status != TPS_OK) {
        tps_posix_close(posix);
    }
    posix->owner = (uint32_t)geteuid();
    return status;
}

/** DIR/boot and the file in it are nobody else's. */
static tps_status check_secret(int boot, int secret, tps_error *why)
{
    struct stat info;

    if (!is_ours(boot, S_IRWXG | S_IRWXO, false)) {
        return tps_fail(why, TPS_COMPONENT_EXPOSED, 0, "DIR/boot");
    }
    if (secret < 0) {
        return tps_fail(why, TPS_COMPONENT_NO_SECRET, 0, "DIR/boot/unique-secret");
    }
    if (!is_ours(secret, S_IRWXG | S_IRWXO, false)) {
        return tps_fail(why, TPS_COMPONENT_EXPOSED, 0, "DIR/boot/unique-secret");
    }
    return fstat(secret, &info) == 0 && S_ISREG(info.st_mode)
               ? TPS_OK
               : tps_fail(why, TPS_COMPONENT_NO_SECRET, 0, "DIR/boot/unique-secret");
}

tps_status tps_posix_open_secret(tps_posix *posix, tps_error *why)
{
    int boot = openat(posix->device, "boot", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int secret;
    tps_status status;

    if (boot < 0) {
        return tps_fail(why, TPS_COMPONENT_NO_SECRET, 0, "DIR/boot");
    }
    secret = openat(boot, "unique-secret", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    status = check_secret(boot, secret, why);
    close(boot);
    if (status != TPS_OK && secret >= 0) {
        close(secret);
    } else if (status == TPS_OK) {
        posix->secret = secret;
    }
    return status;
}

static bool is_folder(int descriptor)
{
    struct stat info;

    return fstat(descriptor, &info) == 0 && S_ISDIR(info.st_mode);
}

tps_status tps_posix_adopt(tps_posix *posix, int device, int secure)
{
    struct stat info;

    if (!is_folder(device) || !is_folder(secure) || fstat(device, &info) != 0) {
        return TPS_BAD_ARGUMENT;
    }
    begin(posix, "tps-component");
    posix->device = device;
    posix->secure = secure;
    posix->owner = (uint32_t)info.st_uid;
    return TPS_OK;
}

void tps_posix_close(tps_posix *posix)
{
    if (posix->device >= 0) {
        close(posix->device);
    }
    if (posix->secure >= 0) {
        close(posix->secure);
    }
    tps_posix_storage_close(posix);
    if (posix->secret >= 0) {
        close(posix->secret);
    }
    posix->device = -1;
    posix->secure = -1;
    posix->secret = -1;
}
