/* SPDX-License-Identifier: Apache-2.0 */
/* The POSIX platform's storage, counters and lock-down. What a locked-down process may not do is tried in a
 * child. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "platform/posix/lockdown.h"
#include "platform/posix/posix.h"
#include "platform/posix/storage.h"
#include "tps/tpsc_client_api.h"

static char folder[64];
static char path[192];
static tps_posix posix;

static const char *in_folder(const char *name)
{
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(in_folder(name), "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/platform-posix-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(mkdir(in_folder("secure"), 0700), 0);
    return tps_posix_open(&posix, folder, NULL) == TPS_OK ? 0 : -1;
}

static int teardown(void **state)
{
    char command[96];

    (void)state;
    tps_posix_close(&posix);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

static uint64_t counter(uint32_t number)
{
    uint64_t value = 99;

    assert_int_equal(posix.table.counter_read(&posix, number, &value), TPS_OK);
    return value;
}

static void step(uint32_t number)
{
    uint64_t value;

    assert_int_equal(posix.table.counter_increase(&posix, number, &value), TPS_OK);
}

static const uint8_t unit[TPS_POSIX_UNIT_SIZE] = {1, 2, 3};

static void storage_that_was_never_written_is_erased(void **state)
{
    uint8_t room[TPS_POSIX_UNIT_SIZE];

    (void)state;
    assert_int_equal(posix.table.storage_read(&posix, 0, TPS_BUF_OF(room)), TPS_OK);
    assert_int_equal(room[0], 0xff);
    assert_int_equal(posix.table.storage_write(&posix, TPS_POSIX_SECTOR_SIZE, TPS_SPAN_OF(unit)), TPS_OK);
    assert_int_equal(posix.table.storage_read(&posix, TPS_POSIX_SECTOR_SIZE + 16, TPS_BUF_OF(room)), TPS_OK);
    assert_int_equal(room[15], 0xff);
}

static void storage_keeps_what_was_written_until_it_is_erased(void **state)
{
    uint8_t room[TPS_POSIX_UNIT_SIZE];
    uint32_t last = TPS_POSIX_STORAGE_SIZE - TPS_POSIX_UNIT_SIZE;

    (void)state;
    assert_int_equal(posix.table.storage_write(&posix, last, TPS_SPAN_OF(unit)), TPS_OK);
    tps_posix_close(&posix);
    assert_int_equal(tps_posix_open(&posix, folder, NULL), TPS_OK);
    assert_int_equal(posix.table.storage_read(&posix, last, TPS_BUF_OF(room)), TPS_OK);
    assert_memory_equal(room, unit, sizeof(room));
    assert_int_equal(posix.table.storage_erase(&posix, TPS_POSIX_STORAGE_SIZE - TPS_POSIX_SECTOR_SIZE),
                     TPS_OK);
    assert_int_equal(posix.table.storage_read(&posix, last, TPS_BUF_OF(room)), TPS_OK);
    assert_int_equal(room[0], 0xff);
}

static void storage_ends_where_it_says(void **state)
{
    uint8_t room[TPS_POSIX_UNIT_SIZE];

    (void)state;
    assert_int_equal(posix.table.storage_read(&posix, TPS_POSIX_STORAGE_SIZE - 1, TPS_BUF_OF(room)),
                     TPS_COMPONENT_STORAGE);
    assert_int_equal(posix.table.storage_write(&posix, UINT32_MAX, TPS_SPAN_OF(unit)), TPS_COMPONENT_STORAGE);
    assert_int_equal(posix.table.storage_erase(&posix, TPS_POSIX_STORAGE_SIZE), TPS_COMPONENT_STORAGE);
    assert_int_equal(posix.table.storage_erase(&posix, 1), TPS_COMPONENT_STORAGE);
}

static void files_belong_to_their_user_alone(void **state)
{
    struct stat info;

    (void)state;
    step(1);
    assert_int_equal(posix.table.storage_write(&posix, 0, TPS_SPAN_OF(unit)), TPS_OK);
    assert_int_equal(stat(in_folder("secure/counter-1"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(stat(in_folder("secure/storage"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void a_link_is_not_followed(void **state)
{
    uint8_t room[TPS_POSIX_UNIT_SIZE];
    uint64_t value;

    (void)state;
    write_file("elsewhere", "12345678", 8);
    assert_int_equal(symlink("../elsewhere", in_folder("secure/counter-1")), 0);
    assert_int_equal(symlink("../elsewhere", in_folder("secure/storage")), 0);
    assert_int_equal(posix.table.counter_read(&posix, 1, &value), TPS_COMPONENT_STORAGE);
    assert_int_equal(posix.table.storage_read(&posix, 0, TPS_BUF_OF(room)), TPS_COMPONENT_STORAGE);
    assert_int_equal(posix.table.storage_write(&posix, 0, TPS_SPAN_OF(unit)), TPS_COMPONENT_STORAGE);
}

static void make_secret(off_t size)
{
    assert_int_equal(mkdir(in_folder("boot"), 0700), 0);
    write_file("boot/unique-secret", "x", 1);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(truncate(path, size), 0);
}

static void a_secret_of_another_size_is_none(void **state)
{
    uint8_t secret[TPS_UNIQUE_SECRET_SIZE];

    (void)state;
    make_secret(TPS_UNIQUE_SECRET_SIZE + 1);
    assert_int_equal(tps_posix_open_secret(&posix, NULL), TPS_OK);
    assert_int_equal(posix.table.unique_secret(&posix, secret), TPS_COMPONENT_NO_SECRET);
}

static void a_secret_that_others_can_reach_is_refused(void **state)
{
    (void)state;
    make_secret(TPS_UNIQUE_SECRET_SIZE);
    assert_int_equal(chmod(in_folder("boot/unique-secret"), 0640), 0);
    assert_int_equal(tps_posix_open_secret(&posix, NULL), TPS_COMPONENT_EXPOSED);
    assert_int_equal(chmod(in_folder("boot/unique-secret"), 0600), 0);
    assert_int_equal(chmod(in_folder("boot"), 0710), 0);
    assert_int_equal(tps_posix_open_secret(&posix, NULL), TPS_COMPONENT_EXPOSED);
    assert_int_equal(posix.secret, -1);
}

static void the_component_s_platform_has_no_secret(void **state)
{
    uint8_t secret[TPS_UNIQUE_SECRET_SIZE];
    tps_posix adopted;

    (void)state;
    make_secret(TPS_UNIQUE_SECRET_SIZE);
    assert_int_equal(tps_posix_adopt(&adopted, dup(posix.device), dup(posix.secure)), TPS_OK);
    assert_int_equal(adopted.table.unique_secret(&adopted, secret), TPS_COMPONENT_NO_SECRET);
    tps_posix_close(&adopted);
    assert_int_equal(tps_posix_adopt(&adopted, 0, -1), TPS_BAD_ARGUMENT);
}

static void who_owns_the_folder_is_its_administrator(void **state)
{
    bool (*is)(void *, uint32_t, uint32_t, uint32_t, const uint8_t *) = posix.table.is_administrator;
    uint8_t application[32] = {0};
    uint32_t owner = (uint32_t)getuid();

    (void)state;
    assert_true(is(&posix, TPSC_LOGIN_USER, owner, 1, application));
    assert_true(is(&posix, TPSC_LOGIN_USER, 0, 1, application));
    assert_false(is(&posix, TPSC_LOGIN_USER, owner + 1, 0, application));
    assert_false(is(&posix, TPSC_LOGIN_PUBLIC, owner, 0, application));
    assert_false(is(&posix, TPSC_LOGIN_GROUP, owner, 0, application));
    assert_false(is(&posix, TPSC_LOGIN_USER_APPLICATION, owner, 0, application));
}

static void a_locked_secret_is_read_no_more(void **state)
{
    uint8_t secret[TPS_UNIQUE_SECRET_SIZE];

    (void)state;
    make_secret(TPS_UNIQUE_SECRET_SIZE);
    assert_int_equal(posix.table.unique_secret(&posix, secret), TPS_COMPONENT_NO_SECRET); /* not opened yet */
    assert_int_equal(tps_posix_open_secret(&posix, NULL), TPS_OK);
    assert_int_equal(posix.table.unique_secret(&posix, secret), TPS_OK);
    assert_int_equal(posix.table.lock_secret(&posix), TPS_OK);
    assert_int_equal(posix.table.unique_secret(&posix, secret), TPS_COMPONENT_NO_SECRET);
}

/* Opening a FIFO waits for somebody to write into it, for ever. */
static void what_is_no_file_does_not_hold_the_component(void **state)
{
    uint64_t value;

    (void)state;
    assert_int_equal(mkfifo(in_folder("secure/counter-1"), 0600), 0);
    assert_int_equal(posix.table.counter_read(&posix, 1, &value), TPS_COMPONENT_STORAGE);
    assert_int_equal(mkdir(in_folder("boot"), 0700), 0);
    assert_int_equal(mkfifo(in_folder("boot/unique-secret"), 0600), 0);
    assert_int_equal(tps_posix_open_secret(&posix, NULL), TPS_COMPONENT_NO_SECRET);
}

/* A file with a hole costs nothing to make. */
static void an_image_without_end_is_refused(void **state)
{
    uint8_t room[4];
    size_t size;

    (void)state;
    (void)mkdir(in_folder("firmware"), 0755);
    write_file("firmware/a.bin", "x", 1);
    assert_int_equal(truncate(in_folder("firmware/a.bin"), ((off_t)1 << 30) + 1), 0);
    assert_int_equal(posix.table.provided_read(&posix, TPS_PROVIDED_IMAGE, "a", 0, TPS_BUF_OF(room), &size),
                     TPS_TOO_LARGE);
}

static void a_step_that_was_cut_short_leaves_the_old_value(void **state)
{
    (void)state;
    step(1);
    write_file("secure/counter-1.new", "1234567890", 10); /* what a power cut leaves behind */
    assert_int_equal(counter(1), 1);
    step(1);
    assert_int_equal(counter(1), 2);
}

static void counters_only_grow_and_survive(void **state)
{
    uint64_t value;

    (void)state;
    assert_int_equal(counter(1), 0);
    step(1);
    step(1);
    assert_int_equal(counter(1), 2);
    assert_int_equal(counter(2), 0);
    tps_posix_close(&posix);
    assert_int_equal(tps_posix_open(&posix, folder, NULL), TPS_OK);
    assert_int_equal(counter(1), 2);
    assert_int_equal(posix.table.counter_read(&posix, TPS_COUNTERS_MAX, &value), TPS_UNSUPPORTED);
}

static void a_counter_at_its_end_does_not_begin_anew(void **state)
{
    uint64_t value;

    (void)state;
    write_file("secure/counter-1", "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    assert_int_equal(posix.table.counter_increase(&posix, 1, &value), TPS_COMPONENT_STORAGE);
    assert_true(counter(1) == UINT64_MAX);
}

static void a_damaged_counter_is_an_error_and_not_zero(void **state)
{
    uint64_t value;

    (void)state;
    write_file("secure/counter-1", "1234", 4);
    assert_int_equal(posix.table.counter_read(&posix, 1, &value), TPS_COMPONENT_STORAGE);
    assert_int_equal(posix.table.counter_increase(&posix, 1, &value), TPS_COMPONENT_STORAGE);
}

static void a_folder_is_open_once(void **state)
{
    tps_posix second;

    (void)state;
    assert_int_equal(tps_posix_open(&second, folder, NULL), TPS_COMPONENT_IN_USE);
}

static void provided_parts_are_read_from_where_they_are_asked_for(void **state)
{
    uint8_t room[4];
    size_t size;

    (void)state;
    assert_int_equal(
        posix.table.provided_read(&posix, TPS_PROVIDED_IDENTITY, NULL, 0, TPS_BUF_OF(room), &size),
        TPS_NOT_FOUND);
    assert_int_equal(mkdir(in_folder("firmware"), 0755), 0);
    write_file("firmware/app.bin", "0123456", 7);
    assert_int_equal(posix.table.provided_read(&posix, TPS_PROVIDED_IMAGE, "app", 4, TPS_BUF_OF(room), &size),
                     TPS_OK);
    assert_int_equal(size, 3);
    assert_memory_equal(room, "456", 3);
    assert_int_equal(posix.table.provided_read(&posix, TPS_PROVIDED_IMAGE, "app", 7, TPS_BUF_OF(room), &size),
                     TPS_OK);
    assert_int_equal(size, 0);
    assert_int_equal(
        posix.table.provided_read(&posix, TPS_PROVIDED_IMAGE, "../secure/a", 0, TPS_BUF_OF(room), &size),
        TPS_NOT_FOUND);
    assert_int_equal(posix.table.provided_read(&posix, TPS_PROVIDED_IMAGE, NULL, 0, TPS_BUF_OF(room), &size),
                     TPS_NOT_FOUND);
}

/* ---- lock-down ---- */

/** Locks a child down and lets it try `attempt`; returns its wait status, or -1 when it could not be locked.
 */
static int in_locked_child(int (*attempt)(void))
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        tps_lockdown lockdown;

        if (tps_lockdown_enter(&posix, TPS_BUF_OF(path), &lockdown) != TPS_OK) {
            _exit(99);
        }
        _exit(attempt());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static int make_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static int run_program(void)
{
    char *const arguments[] = {NULL};

    return execve("/bin/true", arguments, arguments);
}

static int open_elsewhere(void)
{
    return open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0;
}

static int write_beside(void)
{
    return openat(posix.device, "new-file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0;
}

static int store_and_read(void)
{
    uint8_t room[TPS_POSIX_UNIT_SIZE];
    uint64_t value;
    bool good =
        posix.table.storage_erase(&posix, 0) == TPS_OK &&
        posix.table.storage_write(&posix, 0, TPS_SPAN_OF(unit)) == TPS_OK &&
        posix.table.storage_read(&posix, 0, TPS_BUF_OF(room)) == TPS_OK &&
        memcmp(room, unit, sizeof(room)) == 0 && posix.table.counter_increase(&posix, 1, &value) == TPS_OK &&
        posix.table.entropy(&posix, TPS_BUF_OF(room)) == TPS_OK && posix.table.time(&posix, &value) == TPS_OK;

    return good ? 0 : 1;
}

static void assert_killed(int status)
{
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);
}

static void a_locked_process_can_make_no_socket_and_run_no_program(void **state)
{
    (void)state;
    assert_killed(in_locked_child(make_socket));
    assert_killed(in_locked_child(run_program));
}

static void a_locked_process_reaches_its_own_files_only(void **state)
{
    (void)state;
    assert_int_equal(in_locked_child(store_and_read), 0);
    if (tps_lockdown_landlock_abi() == 0) {
        print_message("skipped: this kernel has no Landlock\n");
        return;
    }
    assert_int_equal(in_locked_child(open_elsewhere), 0);
    assert_int_equal(in_locked_child(write_beside), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(storage_that_was_never_written_is_erased),
        TEST(storage_keeps_what_was_written_until_it_is_erased),
        TEST(storage_ends_where_it_says),
        TEST(files_belong_to_their_user_alone),
        TEST(a_link_is_not_followed),
        TEST(a_locked_secret_is_read_no_more),
        TEST(a_secret_of_another_size_is_none),
        TEST(a_secret_that_others_can_reach_is_refused),
        TEST(the_component_s_platform_has_no_secret),
        TEST(who_owns_the_folder_is_its_administrator),
        TEST(what_is_no_file_does_not_hold_the_component),
        TEST(an_image_without_end_is_refused),
        TEST(a_step_that_was_cut_short_leaves_the_old_value),
        TEST(counters_only_grow_and_survive),
        TEST(a_counter_at_its_end_does_not_begin_anew),
        TEST(a_damaged_counter_is_an_error_and_not_zero),
        TEST(a_folder_is_open_once),
        TEST(provided_parts_are_read_from_where_they_are_asked_for),
        TEST(a_locked_process_can_make_no_socket_and_run_no_program),
        TEST(a_locked_process_reaches_its_own_files_only),
    };

    return cmocka_run_group_tests_name("platform_posix", tests, NULL, NULL);
}
