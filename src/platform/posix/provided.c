/* SPDX-License-Identifier: Apache-2.0 */
/* What the maker put onto the device, as files: DIR/identity.cbor, DIR/certificates.cbor,
 * DIR/firmware/NAME.bin and DIR/firmware/NAME.manifest (spec/device-folder.cddl). */
#include "platform/posix/provided.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/posix/storage.h"

#define PATH_SIZE (TPS_IMAGE_NAME_MAX + 32)
/* Bytes of a file: as large as `tps factory release` takes an image. */
#define PROVIDED_MAX ((off_t)1 << 30)

static bool path_of(uint32_t part, const char *image, char path[PATH_SIZE])
{
    bool named = tps_image_name_is_valid(image);

    switch (part) {
    case TPS_PROVIDED_IDENTITY: (void)snprintf(path, PATH_SIZE, "identity.cbor"); return true;
    case TPS_PROVIDED_CERTIFICATES: (void)snprintf(path, PATH_SIZE, "certificates.cbor"); return true;
    case TPS_PROVIDED_DEVICE_ID: (void)snprintf(path, PATH_SIZE, "device-id.cbor"); return true;
    case TPS_PROVIDED_IMAGE:
        (void)snprintf(path, PATH_SIZE, "firmware/%s.bin", named ? image : "");
        return named;
    case TPS_PROVIDED_MANIFEST:
        (void)snprintf(path, PATH_SIZE, "firmware/%s.manifest", named ? image : "");
        return named;
    default: return false;
    }
}

tps_status tps_posix_provided_read(void *context, uint32_t part, const char *image, uint64_t offset,
                                   tps_buf out, size_t *size)
{
    const tps_posix *posix = context;
    char path[PATH_SIZE];
    struct stat info;
    tps_status status;
    int file;

    *size = 0;
    for (size_t i = 0; part == TPS_PROVIDED_IMAGE && i < TPS_POSIX_TAKEN_MAX; i++) {
        const tps_posix_taken *taken = &posix->taken[i];

        if (taken->name != NULL && image != NULL && strcmp(taken->name, image) == 0) {
            return tps_posix_read_at(taken->image, offset, out, size);
        }
    }
    if (!path_of(part, image, path) || offset > INT64_MAX) {
        return TPS_NOT_FOUND;
    }
    file = openat(posix->device, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) {
        return errno == ENOENT ? TPS_NOT_FOUND : TPS_COMPONENT_STORAGE;
    }
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
        status = TPS_COMPONENT_STORAGE;
    } else if (info.st_size > PROVIDED_MAX) {
        status = TPS_TOO_LARGE; /* a file with a hole is quickly made, and slowly hashed */
    } else {
        status = tps_posix_read_at(file, offset, out, size);
    }
    close(file);
    return status;
}
