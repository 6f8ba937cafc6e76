/* SPDX-License-Identifier: Apache-2.0 */
/* Replacing firmware in a device's folder. */
#include "device/flash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "component/boot/manifest.h"
#include "component/platform.h"

enum { CHUNK = 65536 };

static tps_status fail_io(tps_device_problem *problem, const char *what, const char *name)
{
    return tps_device_fail(problem, TPS_IO, "check the path, its permissions and the disk",
                           "cannot %s %s: %s", what, name, strerror(errno));
}

/** The name of the only NAME.bin in the folder beside the component's own, which is flashed by name only. */
static tps_status find_only_image(int firmware, char used[64], tps_device_problem *problem)
{
    int copy = openat(firmware, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *entry;
    size_t count = 0;

    if (list == NULL) {
        return fail_io(problem, "list", "DIR/firmware");
    }
    while ((entry = readdir(list)) != NULL) {
        size_t size = strlen(entry->d_name);

        if (size > 4 && size < 64 && strcmp(entry->d_name + size - 4, ".bin") == 0 &&
            strcmp(entry->d_name, "component.bin") != 0) {
            (void)snprintf(used, 64, "%.*s", (int)(size - 4), entry->d_name);
            count++;
        }
    }
    closedir(list);
    return count == 1 ? TPS_OK
                      : tps_device_fail(problem, TPS_BAD_ARGUMENT, "say which: --name NAME",
                                        "the device has %zu images of firmware", count);
}

static bool copy_all(int from, int to)
{
    uint8_t *chunk = malloc(CHUNK);
    ssize_t size = chunk == NULL ? -1 : 1;

    while (size > 0) {
        size = read(from, chunk, CHUNK);
        for (ssize_t done = 0; done < size;) {
            ssize_t put = write(to, chunk + done, (size_t)(size - done));

            if (put <= 0) {
                size = -1;
                break;
            }
            done += put;
        }
    }
    free(chunk);
    return size == 0;
}

/** Replaces `name` in the folder by a copy of `path`, at once. */
static tps_status replace(int firmware, const char *name, const char *path, tps_device_problem *problem)
{
    struct stat info = {0};
    char temporary[80];
    int from = open(path, O_RDONLY | O_CLOEXEC);
    int to;
    bool good;

    if (from < 0) {
        return fail_io(problem, "open", path);
    }
    if (fstat(from, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size == 0) {
        close(from);
        return tps_device_fail(problem, TPS_BAD_ARGUMENT, "give the file of an image or of its manifest",
                               "%s is %s", path, S_ISREG(info.st_mode) ? "empty" : "no file");
    }
    (void)snprintf(temporary, sizeof(temporary), "%s.new", name);
    (void)unlinkat(firmware, temporary, 0);
    to = openat(firmware, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    /* whatever the umask: the component's user reads it */
    good = to >= 0 && copy_all(from, to) && fchmod(to, 0644) == 0 && fsync(to) == 0;
    close(from);
    good = to >= 0 && close(to) == 0 && good;
    if (!good || renameat(firmware, temporary, firmware, name) != 0) {
        tps_status status = fail_io(problem, "write", name);

        (void)unlinkat(firmware, temporary, 0);
        return status;
    }
    return TPS_OK;
}

/** Whether it is a signed statement at all; whose, and about which image, is for the device to see. */
static tps_status check_manifest(const char *path, tps_device_problem *problem)
{
    uint8_t content[TPS_MANIFEST_MAX + 1];
    tps_cose_sign1 message;
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ssize_t size = file < 0 ? -1 : read(file, content, sizeof(content));

    if (file >= 0) {
        close(file);
    }
    if (size <= 0) {
        return TPS_OK; /* replace() says what is wrong with the file */
    }
    if ((size_t)size > TPS_MANIFEST_MAX ||
        tps_cose_sign1_parse(tps_span_make(content, (size_t)size), &message, NULL) != TPS_OK) {
        return tps_device_fail(problem, TPS_BAD_ARGUMENT, "give the .manifest that tps factory release made",
                               "%s is no manifest of a release", path);
    }
    return TPS_OK;
}

static tps_status flash(int firmware, const char *image, const char *manifest, const char *used,
                        tps_device_problem *problem)
{
    char name[80];

    (void)snprintf(name, sizeof(name), "%s.bin", used);
    if (faccessat(firmware, name, F_OK, 0) != 0) {
        return tps_device_fail(problem, TPS_NOT_FOUND, "look into DIR/firmware for its images",
                               "the device has no image \"%s\"", used);
    }
    if (manifest != NULL) {
        TPS_TRY(check_manifest(manifest, problem));
    }
    TPS_TRY(replace(firmware, name, image, problem));
    if (manifest == NULL) {
        return TPS_OK;
    }
    (void)snprintf(name, sizeof(name), "%s.manifest", used);
    return replace(firmware, name, manifest, problem);
}

tps_status tps_device_flash(const tps_device_folder *folder, const char *name, const char *image,
                            const char *manifest, char used[64], tps_device_problem *problem)
{
    int firmware;
    tps_status status = TPS_OK;

    if (name != NULL && !tps_image_name_is_valid(name)) {
        return tps_device_fail(problem, TPS_BAD_ARGUMENT, "look into DIR/firmware for its images",
                               "\"%.64s\" names no image", name);
    }
    firmware = openat(folder->folder, "firmware", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (firmware < 0) {
        return fail_io(problem, "open", "DIR/firmware");
    }
    if (name == NULL) {
        status = find_only_image(firmware, used, problem);
    } else {
        (void)snprintf(used, 64, "%s", name);
    }
    if (status == TPS_OK) {
        status = flash(firmware, image, manifest, used, problem);
    }
    close(firmware);
    return status;
}
