/* SPDX-License-Identifier: Apache-2.0 */
/* Programs in sealed memory. */
#include "platform/posix/boot/image.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* Newer kernels want to be told that a memory's file is to be run. */
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

enum { CHUNK = 1 << 20 };

static int make_memory(void)
{
    int memory = memfd_create("image", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

    if (memory < 0 && errno == EINVAL) {
        memory = memfd_create("image", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    }
    return memory;
}

/** Copies all of a file; its size at the end decides, not at the start. */
static tps_status copy(int file, int memory)
{
    uint64_t total = 0;

    for (;;) {
        ssize_t size = sendfile(memory, file, NULL, CHUNK);

        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            return TPS_COMPONENT_STORAGE;
        }
        if (size == 0) {
            return TPS_OK;
        }
        total += (uint64_t)size;
        if (total > TPS_BOOT_PROGRAM_MAX) {
            return TPS_TOO_LARGE;
        }
    }
}

static tps_status check_form(int memory)
{
    static const uint8_t elf[] = {0x7f, 'E', 'L', 'F'};
    uint8_t head[sizeof(elf)];

    return pread(memory, head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
                   tps_span_equal(TPS_SPAN_OF(head), TPS_SPAN_OF(elf))
               ? TPS_OK
               : TPS_UNSUPPORTED;
}

static tps_status fill(int file, int memory, uint32_t mode)
{
    const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    struct stat info;

    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
        return TPS_COMPONENT_STORAGE;
    }
    TPS_TRY(copy(file, memory));
    if (fchmod(memory, (mode_t)mode) != 0 || fcntl(memory, F_ADD_SEALS, seals) != 0) {
        return TPS_COMPONENT_STORAGE;
    }
    return check_form(memory);
}

tps_status tps_boot_image_take(int at, const char *path, uint32_t mode, int *image)
{
    int link = at == AT_FDCWD ? 0 : O_NOFOLLOW;
    int file = openat(at, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | link);
    int memory;
    tps_status status;

    *image = -1;
    if (file < 0) {
        return errno == ENOENT ? TPS_NOT_FOUND : TPS_COMPONENT_STORAGE;
    }
    memory = make_memory();
    status = memory < 0 ? TPS_COMPONENT_STORAGE : fill(file, memory, mode);
    close(file);
    if (status != TPS_OK && memory >= 0) {
        close(memory);
    } else if (status == TPS_OK) {
        *image = memory;
    }
    return status;
}
