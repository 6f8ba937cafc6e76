/* SPDX-License-Identifier: Apache-2.0 */
/* Storage and counters as files of DIR/secure. A value is replaced by writing a new file, making it durable,
 * and renaming it over the old one: a reader finds the whole old or the whole new value, whenever the power
 * goes. */
#include "platform/posix/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tps/secret.h"

/** Room for a name in storage and what is put behind it. */
#define FILE_NAME_SIZE (TPS_STORAGE_NAME_MAX + 16)

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

/** Reads a whole file into `out`; its size is returned even if it does not fit. */
static tps_status read_file(int folder, const char *file_name, tps_buf out, size_t *size)
{
    int file =
        openat(folder, file_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC); /* no FIFO may hold us */
    struct stat info;
    tps_status status = TPS_OK;
    size_t got = 0;

    if (file < 0) {
        return errno == ENOENT ? TPS_NOT_FOUND : TPS_COMPONENT_STORAGE;
    }
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > (off_t)TPS_STORAGE_VALUE_MAX) {
        status = TPS_COMPONENT_STORAGE;
    } else {
        *size = (size_t)info.st_size;
        status = *size > out.size ? TPS_BUFFER_TOO_SMALL
                                  : tps_posix_read_at(file, 0, (tps_buf){out.data, *size}, &got);
    }
    if (status == TPS_OK && got != *size) {
        status = TPS_COMPONENT_STORAGE;
    }
    close(file);
    return status;
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

static bool file_name_of(const char *name, const char *ending, char file_name[FILE_NAME_SIZE])
{
    if (!tps_storage_name_is_valid(name)) {
        return false;
    }
    (void)snprintf(file_name, FILE_NAME_SIZE, "%s%s", name, ending);
    return true;
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

tps_status tps_posix_storage_get(void *context, const char *name, tps_buf out, size_t *size)
{
    const tps_posix *posix = context;
    char file_name[FILE_NAME_SIZE];

    if (!file_name_of(name, ".value", file_name)) {
        return TPS_BAD_ARGUMENT;
    }
    return read_file(posix->secure, file_name, out, size);
}

tps_status tps_posix_storage_put(void *context, const char *name, tps_span value)
{
    const tps_posix *posix = context;
    char file_name[FILE_NAME_SIZE];
    char new_name[FILE_NAME_SIZE];

    if (!file_name_of(name, ".value", file_name) || !file_name_of(name, ".new", new_name)) {
        return TPS_BAD_ARGUMENT;
    }
    if (value.size > TPS_STORAGE_VALUE_MAX) {
        return TPS_TOO_LARGE;
    }
    return replace_file(posix->secure, file_name, new_name, value);
}

tps_status tps_posix_storage_delete(void *context, const char *name)
{
    const tps_posix *posix = context;
    char file_name[FILE_NAME_SIZE];

    if (!file_name_of(name, ".value", file_name)) {
        return TPS_BAD_ARGUMENT;
    }
    if (unlinkat(posix->secure, file_name, 0) != 0) {
        return errno == ENOENT ? TPS_NOT_FOUND : TPS_COMPONENT_STORAGE;
    }
    return fsync(posix->secure) == 0 ? TPS_OK : TPS_COMPONENT_STORAGE;
}

static bool is_in_storage(uint32_t offset, size_t size)
{
    return offset <= TPS_POSIX_STORAGE_SIZE && size <= TPS_POSIX_STORAGE_SIZE - offset;
}

tps_status tps_posix_storage_read(void *context, uint32_t offset, tps_buf out)
{
    tps_posix *posix = context;
    size_t size = 0;
    tps_status status = TPS_OK;

    if (posix->storage < 0) { /* stays open: to open it costs more than to read it */
        posix->storage = openat(posix->secure, "storage", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    }
    if (!is_in_storage(offset, out.size) || (posix->storage < 0 && errno != ENOENT)) {
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

static tps_status change_storage(const tps_posix *posix, uint32_t offset, tps_span bytes)
{
    int file =
        openat(posix->secure, "storage", O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    struct stat info;
    size_t done = 0;
    bool is_good;

    if (file < 0) {
        return TPS_COMPONENT_STORAGE;
    }
    is_good = fstat(file, &info) == 0 && S_ISREG(info.st_mode);
    while (is_good && done < bytes.size) {
        ssize_t n = pwrite(file, bytes.data + done, bytes.size - done, (off_t)(offset + done));

        is_good = n > 0 || (n < 0 && errno == EINTR);
        done += n > 0 ? (size_t)n : 0;
    }
    is_good = is_good && fsync(file) == 0;
    return close(file) == 0 && is_good ? TPS_OK : TPS_COMPONENT_STORAGE;
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

tps_status tps_posix_counter_read(void *context, uint32_t counter, uint64_t *value)
{
    const tps_posix *posix = context;
    char file_name[FILE_NAME_SIZE];
    uint8_t bytes[8];
    size_t size = 0;
    tps_status status;

    if (counter >= TPS_COUNTERS_MAX) {
        return TPS_UNSUPPORTED;
    }
    (void)snprintf(file_name, sizeof(file_name), "counter-%u", (unsigned int)counter);
    status = read_file(posix->secure, file_name, TPS_BUF_OF(bytes), &size);
    if (status == TPS_NOT_FOUND) {
        *value = 0;
        return TPS_OK;
    }
    if (status != TPS_OK || size != sizeof(bytes)) {
        return TPS_COMPONENT_STORAGE;
    }
    *value = 0;
    for (unsigned int i = 0; i < 8; i++) {
        *value |= (uint64_t)bytes[i] << (8 * i);
    }
    return TPS_OK;
}

tps_status tps_posix_counter_increase(void *context, uint32_t counter, uint64_t *value)
{
    const tps_posix *posix = context;
    char file_name[FILE_NAME_SIZE];
    char new_name[FILE_NAME_SIZE];
    uint8_t bytes[8];
    uint64_t next;

    TPS_TRY(tps_posix_counter_read(context, counter, &next));
    if (next == UINT64_MAX) {
        return TPS_COMPONENT_STORAGE;
    }
    next++;
    for (unsigned int i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(next >> (8 * i));
    }
    (void)snprintf(file_name, sizeof(file_name), "counter-%u", (unsigned int)counter);
    (void)snprintf(new_name, sizeof(new_name), "counter_%u.new", (unsigned int)counter);
    TPS_TRY(replace_file(posix->secure, file_name, new_name, TPS_SPAN_OF(bytes)));
    *value = next;
    return TPS_OK;
}
