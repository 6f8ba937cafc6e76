/* SPDX-License-Identifier: Apache-2.0 */
/* Raw storage and counters as files of DIR/secure. A counter is stepped by writing a new file, making it
 * durable, and renaming it over the old one: a reader finds the old or the new value, whenever the power
 * goes. */
#include "platform/posix/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tps/secret.h"

/** Bytes of a counter, and room for the name of its file. */
#define COUNTER_SIZE      8u
#define COUNTER_NAME_SIZE 32u

tps_status tps_posix_read_at(int file, uint64_t offset, tps_buf out, size_t *size)
{
    *size = 0;
    while (*size < out.size) {
        ssize_t n = pread(file, out.data + *size, out.size - *size, (off_t)(offset + *size));

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return TPS_COMPONENT_STORAGE;
        }
        if (n == 0) {
            break;
        }
        *size += (size_t)n;
    }
    return TPS_OK;
}

static tps_status write_all(int file, tps_span value)
{
    size_t done = 0;

    while (done < value.size) {
        ssize_t n = write(file, value.data + done, value.size - done);

        if (n < 0 && errno != EINTR) {
            return TPS_COMPONENT_STORAGE;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return fsync(file) == 0 ? TPS_OK : TPS_COMPONENT_STORAGE;
}

static tps_status replace_file(int folder, const char *file_name, const char *new_name, tps_span value)
{
    int file = openat(folder, new_name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    tps_status status;

    if (file < 0) {
        return TPS_COMPONENT_STORAGE;
    }
    status = write_all(file, value);
    if (close(file) != 0 && status == TPS_OK) {
        status = TPS_COMPONENT_STORAGE;
    }
    if (status == TPS_OK && renameat(folder, new_name, folder, file_name) != 0) {
        status = TPS_COMPONENT_STORAGE;
    }
    if (status != TPS_OK) {
        (void)unlinkat(folder, new_name, 0);
        return status;
    }
    return fsync(folder) == 0 ? TPS_OK : TPS_COMPONENT_STORAGE;
}

tps_status tps_posix_unique_secret(void *context, uint8_t secret[TPS_UNIQUE_SECRET_SIZE])
{
    const tps_posix *posix = context;
    uint8_t more;
    size_t size = 0;
    size_t behind = 0;
    tps_status status = TPS_COMPONENT_NO_SECRET;

    if (posix->secret >= 0) {
        status = tps_posix_read_at(posix->secret, 0, (tps_buf){secret, TPS_UNIQUE_SECRET_SIZE}, &size);
    }
    if (status == TPS_OK) {
        status = tps_posix_read_at(posix->secret, size, (tps_buf){&more, 1}, &behind);
    }
    if (status != TPS_OK || size != TPS_UNIQUE_SECRET_SIZE || behind != 0) {
        tps_wipe(secret, TPS_UNIQUE_SECRET_SIZE);
        return TPS_COMPONENT_NO_SECRET;
    }
    return TPS_OK;
}

static bool is_in_storage(uint32_t offset, size_t size)
{
    return offset <= TPS_POSIX_STORAGE_SIZE && size <= TPS_POSIX_STORAGE_SIZE - offset;
}

/**
 * Raw storage in this process's memory, if its file is whole: to read it costs no system call then. Locked
 * there, so that what the medium cannot read is an error now, and no signal later; where that is not to be
 * had, the file is read.
 */
static void map_storage(tps_posix *posix)
{
    struct stat info;
    void *mapped;

    posix->is_whole = fstat(posix->storage, &info) == 0 && info.st_size >= (off_t)TPS_POSIX_STORAGE_SIZE;
    if (!posix->is_whole) {
        return;
    }
    mapped = mmap(NULL, TPS_POSIX_STORAGE_SIZE, PROT_READ, MAP_SHARED, posix->storage, 0);
    if (mapped == MAP_FAILED) {
        return;
    }
    if (mlock(mapped, TPS_POSIX_STORAGE_SIZE) != 0) {
        (void)munmap(mapped, TPS_POSIX_STORAGE_SIZE);
        return;
    }
    posix->mapped = mapped;
}

/** Opens the file, which stays open. False, with errno, if it cannot be. */
static bool open_storage(tps_posix *posix, int create)
{
    int file = openat(posix->secure, "storage", O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | create, 0600);
    struct stat info;

    if (file < 0) {
        return false;
    }
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(file);
        errno = EINVAL;
        return false;
    }
    posix->storage = file;
    map_storage(posix);
    return true;
}

void tps_posix_storage_close(tps_posix *posix)
{
    if (posix->mapped != NULL) {
        (void)munmap((void *)(uintptr_t)posix->mapped, TPS_POSIX_STORAGE_SIZE);
    }
    if (posix->storage >= 0) {
        close(posix->storage);
    }
    posix->mapped = NULL;
    posix->storage = -1;
    posix->is_whole = false;
}

tps_status tps_posix_storage_read(void *context, uint32_t offset, tps_buf out)
{
    tps_posix *posix = context;
    size_t size = 0;
    tps_status status = TPS_OK;

    if (!is_in_storage(offset, out.size)) {
        return TPS_COMPONENT_STORAGE;
    }
    if (posix->mapped != NULL) {
        memcpy(out.data, posix->mapped + offset, out.size);
        return TPS_OK;
    }
    if (posix->storage < 0 && !open_storage(posix, 0) && errno != ENOENT) {
        return TPS_COMPONENT_STORAGE;
    }
    if (posix->storage >= 0) {
        status = tps_posix_read_at(posix->storage, offset, out, &size);
    }
    if (status == TPS_OK) {
        memset(out.data + size, 0xff, out.size - size); /* what was never written */
    }
    return status;
}

static bool write_at(int file, uint32_t offset, tps_span bytes)
{
    size_t done = 0;

    while (done < bytes.size) {
        ssize_t n = pwrite(file, bytes.data + done, bytes.size - done, (off_t)(offset + done));

        if (n <= 0 && errno != EINTR) {
            return false;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

/** What was never written reads as erased: now it is there, so that the file can be mapped. */
static bool make_whole(tps_posix *posix)
{
    uint8_t erased[TPS_POSIX_SECTOR_SIZE];
    struct stat info;
    uint32_t size;

    if (fstat(posix->storage, &info) != 0) {
        return false;
    }
    memset(erased, 0xff, sizeof(erased));
    for (size = (uint32_t)info.st_size; size < TPS_POSIX_STORAGE_SIZE;) {
        uint32_t n = TPS_POSIX_STORAGE_SIZE - size;

        n = n < sizeof(erased) ? n : (uint32_t)sizeof(erased);
        if (!write_at(posix->storage, size, tps_span_make(erased, n))) {
            return false;
        }
        size += n;
    }
    /* A new file's name has to be durable, too. */
    if (fsync(posix->storage) != 0 || fsync(posix->secure) != 0) {
        return false;
    }
    map_storage(posix);
    return true;
}

static tps_status change_storage(tps_posix *posix, uint32_t offset, tps_span bytes)
{
    if (posix->storage < 0 && !open_storage(posix, O_CREAT)) {
        return TPS_COMPONENT_STORAGE;
    }
    if (!posix->is_whole && !make_whole(posix)) {
        return TPS_COMPONENT_STORAGE;
    }
    return write_at(posix->storage, offset, bytes) && fdatasync(posix->storage) == 0 ? TPS_OK
                                                                                     : TPS_COMPONENT_STORAGE;
}

tps_status tps_posix_storage_write(void *context, uint32_t offset, tps_span bytes)
{
    if (!is_in_storage(offset, bytes.size)) {
        return TPS_COMPONENT_STORAGE;
    }
    return change_storage(context, offset, bytes);
}

tps_status tps_posix_storage_erase(void *context, uint32_t offset)
{
    uint8_t erased[TPS_POSIX_SECTOR_SIZE];

    if (offset % TPS_POSIX_SECTOR_SIZE != 0 || !is_in_storage(offset, sizeof(erased))) {
        return TPS_COMPONENT_STORAGE;
    }
    memset(erased, 0xff, sizeof(erased));
    return change_storage(context, offset, TPS_SPAN_OF(erased));
}

static void counter_name(uint32_t counter, const char *ending, char name[COUNTER_NAME_SIZE])
{
    (void)snprintf(name, COUNTER_NAME_SIZE, "counter-%u%s", (unsigned int)counter, ending);
}

/** The bytes of a counter's file. @retval TPS_NOT_FOUND  There is none: nobody has stepped it yet. */
static tps_status read_counter(int folder, const char *name, uint8_t bytes[COUNTER_SIZE])
{
    int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC); /* no FIFO may hold us */
    struct stat info;
    tps_status status = TPS_COMPONENT_STORAGE;
    size_t size = 0;

    if (file < 0) {
        return errno == ENOENT ? TPS_NOT_FOUND : TPS_COMPONENT_STORAGE;
    }
    if (fstat(file, &info) == 0 && S_ISREG(info.st_mode) && info.st_size == (off_t)COUNTER_SIZE) {
        status = tps_posix_read_at(file, 0, (tps_buf){bytes, COUNTER_SIZE}, &size);
    }
    close(file);
    return size == COUNTER_SIZE ? status : TPS_COMPONENT_STORAGE;
}

tps_status tps_posix_counter_read(void *context, uint32_t counter, uint64_t *value)
{
    const tps_posix *posix = context;
    char name[COUNTER_NAME_SIZE];
    uint8_t bytes[COUNTER_SIZE] = {0};
    tps_status status;

    if (counter >= TPS_COUNTERS_MAX) {
        return TPS_UNSUPPORTED;
    }
    counter_name(counter, "", name);
    status = read_counter(posix->secure, name, bytes);
    if (status != TPS_OK && status != TPS_NOT_FOUND) {
        return status;
    }
    *value = 0;
    for (unsigned int i = 0; i < COUNTER_SIZE; i++) {
        *value |= (uint64_t)bytes[i] << (8 * i);
    }
    return TPS_OK;
}

tps_status tps_posix_counter_increase(void *context, uint32_t counter, uint64_t *value)
{
    const tps_posix *posix = context;
    char name[COUNTER_NAME_SIZE];
    char new_name[COUNTER_NAME_SIZE];
    uint8_t bytes[COUNTER_SIZE];
    uint64_t next;

    TPS_TRY(tps_posix_counter_read(context, counter, &next));
    if (next == UINT64_MAX) {
        return TPS_COMPONENT_STORAGE;
    }
    next++;
    for (unsigned int i = 0; i < COUNTER_SIZE; i++) {
        bytes[i] = (uint8_t)(next >> (8 * i));
    }
    counter_name(counter, "", name);
    counter_name(counter, ".new", new_name);
    TPS_TRY(replace_file(posix->secure, name, new_name, TPS_SPAN_OF(bytes)));
    *value = next;
    return TPS_OK;
}
