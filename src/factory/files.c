/* SPDX-License-Identifier: Apache-2.0 */
/* Files and folders of the factory, with errors that name the path. */
#include "factory/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

tps_status factory_fail(tps_factory_problem *problem, tps_status status, const char *next_step,
                        const char *cause, ...)
{
    va_list arguments;

    va_start(arguments, cause);
    (void)vsnprintf(problem->cause, sizeof(problem->cause), cause, arguments);
    va_end(arguments);
    (void)snprintf(problem->next_step, sizeof(problem->next_step), "%s", next_step);
    return status;
}

tps_status factory_fail_status(tps_factory_problem *problem, tps_status status, const char *subject)
{
    return factory_fail(problem, status, tps_status_next_step(status), "%s: %s", subject,
                        tps_status_cause(status));
}

tps_status factory_path(char path[TPS_FACTORY_PATH_MAX], tps_factory_problem *problem, const char *format,
                        ...)
{
    va_list arguments;
    int size;

    va_start(arguments, format);
    size = vsnprintf(path, TPS_FACTORY_PATH_MAX, format, arguments);
    va_end(arguments);
    if (size < 0 || (size_t)size >= TPS_FACTORY_PATH_MAX) {
        return factory_fail(problem, TPS_TOO_LARGE, "use a shorter path", "the path %.64s... is too long",
                            path);
    }
    return TPS_OK;
}

static tps_status fail_io(tps_factory_problem *problem, const char *what, const char *path)
{
    int error = errno;

    return factory_fail(problem, error == EEXIST ? TPS_STORE_EXISTS : TPS_IO,
                        error == EEXIST ? "nothing is overwritten: move it away, or choose another name"
                                        : "check the path, its permissions and the disk",
                        "cannot %s %s: %s", what, path, strerror(error));
}

tps_status factory_make_folder(const char *path, unsigned mode, tps_factory_problem *problem)
{
    struct stat info;

    if (mkdir(path, (mode_t)mode) == 0) {
        return TPS_OK;
    }
    if (errno == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        return TPS_OK;
    }
    return fail_io(problem, "make the folder", path);
}

tps_status factory_set_mode(const char *path, unsigned mode, tps_factory_problem *problem)
{
    return chmod(path, (mode_t)mode) == 0 ? TPS_OK : fail_io(problem, "set the mode of", path);
}

bool factory_exists(const char *path)
{
    struct stat info;

    return lstat(path, &info) == 0;
}

bool factory_is_free(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    bool is_empty = true;

    if (folder == NULL) {
        return !factory_exists(path);
    }
    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            is_empty = false;
        }
    }
    closedir(folder);
    return is_empty;
}

static bool write_all(int file, tps_span content)
{
    size_t done = 0;

    while (done < content.size) {
        ssize_t put = write(file, content.data + done, content.size - done);

        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return false;
        }
        done += (size_t)put;
    }
    return fsync(file) == 0;
}

tps_status factory_write(const char *path, unsigned mode, tps_span content, tps_factory_problem *problem)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
    bool good;

    if (file < 0) {
        return fail_io(problem, "make", path);
    }
    good = write_all(file, content);
    good = close(file) == 0 && good;
    if (!good) {
        tps_status status = fail_io(problem, "write", path);

        (void)unlink(path);
        return status;
    }
    return TPS_OK;
}

tps_status factory_replace(const char *path, unsigned mode, tps_span content, tps_factory_problem *problem)
{
    char temporary[TPS_FACTORY_PATH_MAX];

    TPS_TRY(factory_path(temporary, problem, "%s.new", path));
    (void)unlink(temporary);
    TPS_TRY(factory_write(temporary, mode, content, problem));
    return rename(temporary, path) == 0 ? TPS_OK : fail_io(problem, "replace", path);
}

tps_status factory_append(const char *path, const char *line, tps_factory_problem *problem)
{
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);
    bool good;

    if (file < 0) {
        return fail_io(problem, "open", path);
    }
    good = write_all(file, tps_span_of_text(line));
    good = close(file) == 0 && good;
    return good ? TPS_OK : fail_io(problem, "write", path);
}

tps_status factory_read(const char *path, size_t limit, tps_buf *content, tps_factory_problem *problem)
{
    FILE *file = fopen(path, "rbe");
    struct stat info;
    size_t size;

    *content = (tps_buf){NULL, 0};
    if (file == NULL) {
        return fail_io(problem, "open", path);
    }
    if (fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode) || (uint64_t)info.st_size > limit) {
        fclose(file);
        return factory_fail(problem, TPS_TOO_LARGE, "give a smaller file",
                            "%s is no file of at most %zu bytes", path, limit);
    }
    size = (size_t)info.st_size;
    content->data = malloc(size + 1);
    if (content->data == NULL || fread(content->data, 1, size, file) != size) {
        fclose(file);
        free(content->data);
        *content = (tps_buf){NULL, 0};
        return fail_io(problem, "read", path);
    }
    fclose(file);
    content->data[size] = 0;
    content->size = size;
    return TPS_OK;
}

int64_t factory_now(void)
{
    return (int64_t)time(NULL);
}
