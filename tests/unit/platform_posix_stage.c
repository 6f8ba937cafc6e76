/* SPDX-License-Identifier: Apache-2.0 */
/* What passes between the first stage, the component and applications on Linux: labels, descriptors, doors,
 * and the programs that the first stage takes into sealed memory. */
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "component/core/door.h"
#include "platform/posix/boot/image.h"
#include "platform/posix/doors.h"
#include "platform/posix/first_stage.h"
#include "platform/posix/linger.h"

static const tps_stage_label label = {.digest = {1,    2,    3,    4,    5,    6,    7,    8,
                                                 9,    0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10,
                                                 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
                                                 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20},
                                      .uid = 1000};

/* The example of spec/first-stage.cddl. */
static const uint8_t example[] = {0x83, 0x01, 0x58, 0x20, 1,    2,    3,    4,    5,    6,
                                  7,    8,    9,    0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10,
                                  0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a,
                                  0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x19, 0x03, 0xe8};

/* ---- labels ---- */

static void a_label_is_what_the_specification_s_example_says(void **state)
{
    uint8_t room[TPS_STAGE_PACKET_MAX];
    tps_stage_label read = {.uid = 0};
    tps_span packet;

    (void)state;
    assert_int_equal(tps_stage_put_label(&label, TPS_BUF_OF(room), &packet), TPS_OK);
    assert_true(tps_span_equal(packet, TPS_SPAN_OF(example)));
    assert_int_equal(tps_stage_get_label(packet, &read), TPS_OK);
    assert_memory_equal(read.digest, label.digest, sizeof(label.digest));
    assert_int_equal(read.uid, 1000);
}

static void every_truncation_and_change_of_a_label_s_form_is_refused(void **state)
{
    static const uint8_t heads[] = {0x82, 0x84, 0x9f, 0xa3, 0x40, 0x00};
    uint8_t bytes[sizeof(example) + 1];
    tps_stage_label read = {.uid = 7};

    (void)state;
    for (size_t size = 0; size < sizeof(example); size++) {
        assert_int_equal(tps_stage_get_label(tps_span_make(example, size), &read), TPS_COMPONENT_BAD_MESSAGE);
    }
    memcpy(bytes, example, sizeof(example));
    bytes[sizeof(example)] = 0;
    assert_int_equal(tps_stage_get_label(TPS_SPAN_OF(bytes), &read), TPS_COMPONENT_BAD_MESSAGE);
    for (size_t i = 0; i < sizeof(heads); i++) {
        bytes[0] = heads[i];
        assert_int_equal(tps_stage_get_label(tps_span_make(bytes, sizeof(example)), &read),
                         TPS_COMPONENT_BAD_MESSAGE);
    }
    bytes[0] = 0x83;
    bytes[1] = 2;
    assert_int_equal(tps_stage_get_label(tps_span_make(bytes, sizeof(example)), &read),
                     TPS_COMPONENT_BAD_MESSAGE);
    assert_int_equal(read.uid, 7);
}

static void a_label_with_longer_heads_than_are_needed_is_refused(void **state)
{
    uint8_t bytes[sizeof(example) + 2];
    tps_stage_label read = {.uid = 7};

    (void)state;
    memcpy(bytes, example, sizeof(example) - 3);
    memcpy(bytes + sizeof(example) - 3, "\x1a\x00\x00\x03\xe8", 5);
    assert_int_equal(tps_stage_get_label(TPS_SPAN_OF(bytes), &read), TPS_COMPONENT_BAD_MESSAGE);
    assert_int_equal(read.uid, 7);
}

static void a_uid_is_of_32_bits(void **state)
{
    uint8_t bytes[sizeof(example) + 6];
    tps_stage_label read;

    (void)state;
    memcpy(bytes, example, sizeof(example) - 3);
    memcpy(bytes + sizeof(example) - 3, "\x1b\x00\x00\x00\x01\x00\x00\x00\x00", 9);
    assert_int_equal(tps_stage_get_label(TPS_SPAN_OF(bytes), &read), TPS_COMPONENT_BAD_MESSAGE);
}

/* ---- packets with descriptors ---- */

static int ends[2];

static int open_pair(void **state)
{
    (void)state;
    return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);
}

static int close_pair(void **state)
{
    (void)state;
    close(ends[0]);
    close(ends[1]);
    return 0;
}

static void a_descriptor_comes_with_its_packet_and_closed_on_exec(void **state)
{
    uint8_t room[TPS_STAGE_PACKET_MAX];
    tps_span packet;
    int descriptor;

    (void)state;
    assert_int_equal(tps_stage_receive(ends[1], TPS_BUF_OF(room), &packet, &descriptor), TPS_NOT_FOUND);
    assert_int_equal(tps_stage_send(ends[0], TPS_SPAN_OF(example), STDERR_FILENO), TPS_OK);
    assert_int_equal(tps_stage_receive(ends[1], TPS_BUF_OF(room), &packet, &descriptor), TPS_OK);

    assert_true(tps_span_equal(packet, TPS_SPAN_OF(example)));
    assert_int_equal(fcntl(descriptor, F_GETFD), FD_CLOEXEC);
    close(descriptor);
}

static void a_packet_without_a_descriptor_or_too_large_is_refused(void **state)
{
    static const uint8_t large[TPS_STAGE_PACKET_MAX + 1] = {0};
    uint8_t room[TPS_STAGE_PACKET_MAX];
    tps_span packet;
    int descriptor;

    (void)state;
    assert_int_equal(send(ends[0], "x", 1, 0), 1);
    assert_int_equal(tps_stage_receive(ends[1], TPS_BUF_OF(room), &packet, &descriptor),
                     TPS_COMPONENT_BAD_MESSAGE);
    assert_int_equal(tps_stage_send(ends[0], TPS_SPAN_OF(large), STDERR_FILENO), TPS_OK);
    assert_int_equal(tps_stage_receive(ends[1], TPS_BUF_OF(room), &packet, &descriptor),
                     TPS_COMPONENT_BAD_MESSAGE);
    assert_int_equal(descriptor, -1);
}

static void the_end_of_the_other_side_is_seen(void **state)
{
    uint8_t room[TPS_STAGE_PACKET_MAX];
    tps_span packet;
    int descriptor;

    (void)state;
    (void)shutdown(ends[0], SHUT_RDWR);
    assert_int_equal(tps_stage_receive(ends[1], TPS_BUF_OF(room), &packet, &descriptor), TPS_IO);
    assert_int_equal(tps_stage_send(ends[0], TPS_SPAN_OF(example), STDERR_FILENO), TPS_IO);
}

/* ---- descriptors that nobody asked for ---- */

static size_t count_descriptors(void)
{
    size_t count = 0;

    for (int fd = 0; fd < 1024; fd++) {
        count += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    }
    return count;
}

/** Sends `count` times `descriptor`, with one byte. */
static void send_many(int socket, int descriptor, size_t count)
{
    union {
        struct cmsghdr head;
        uint8_t bytes[CMSG_SPACE(8 * sizeof(int))];
    } control = {.bytes = {0}};
    struct iovec part = {.iov_base = (char[]){'x'}, .iov_len = 1};
    struct msghdr packet = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = CMSG_SPACE(count * sizeof(int))};

    control.head = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(count * sizeof(int))};
    for (size_t i = 0; i < count; i++) {
        memcpy(CMSG_DATA(&control.head) + i * sizeof(int), &descriptor, sizeof(descriptor));
    }
    assert_int_equal(sendmsg(socket, &packet, 0), 1);
}

static void of_many_descriptors_none_stays_open(void **state)
{
    uint8_t room[TPS_STAGE_PACKET_MAX];
    size_t before = count_descriptors();

    (void)state;
    for (size_t count = 2; count <= 8; count++) {
        tps_span packet;
        int descriptor;

        send_many(ends[0], STDERR_FILENO, count);
        assert_int_equal(tps_stage_receive(ends[1], TPS_BUF_OF(room), &packet, &descriptor),
                         TPS_COMPONENT_BAD_MESSAGE);
        assert_int_equal(descriptor, -1);
    }

    assert_int_equal(count_descriptors(), before);
}

/** A TCP socket whose last close waits a minute for a peer that does not read. */
static int make_lingering(int *peer)
{
    static const char bytes[65536];
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    struct linger minute = {1, 60};
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(listener, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, size), 0);
    while (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0) {
    }
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &minute, sizeof(minute)), 0);
    *peer = listener;
    return fd;
}

static int64_t milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void send_lingering(int *peer)
{
    int lingering = make_lingering(peer);

    send_many(ends[0], lingering, 1);
    close(lingering);
}

static void a_descriptor_that_lingers_does_not_hold_who_receives_it(void **state)
{
    int64_t before = milliseconds();
    uint8_t room[8];
    size_t size;
    int peer;

    (void)state;
    tps_linger_prepare();
    assert_true(tps_linger_can_come(ends[1]));
    assert_int_equal(tps_linger_receive(ends[1], true, TPS_BUF_OF(room), &size), TPS_NOT_FOUND);
    send_lingering(&peer);
    assert_int_equal(tps_linger_receive(ends[1], true, TPS_BUF_OF(room), &size), TPS_COMPONENT_BAD_MESSAGE);

    assert_true(milliseconds() - before < 20000);
    close(peer);
}

static void a_descriptor_that_lingers_does_not_hold_who_closes_its_socket(void **state)
{
    int64_t before = milliseconds();
    int peer;

    (void)state;
    tps_linger_prepare();
    send_lingering(&peer);
    tps_linger_close(ends[1]);
    close(ends[0]);
    assert_int_equal(open_pair(state), 0); /* for close_pair() */

    assert_true(milliseconds() - before < 20000);
    close(peer);
}

static void a_packet_without_descriptors_is_received_whole(void **state)
{
    uint8_t room[4];
    size_t size;

    (void)state;
    for (int can_come = 0; can_come <= 1; can_come++) {
        assert_int_equal(send(ends[0], "packet", 6, 0), 6);
        assert_int_equal(tps_linger_receive(ends[1], can_come != 0, TPS_BUF_OF(room), &size), TPS_OK);
        assert_int_equal(size, 6);
        assert_memory_equal(room, "pack", 4);
    }
    (void)shutdown(ends[0], SHUT_RDWR);
    assert_int_equal(tps_linger_receive(ends[1], false, TPS_BUF_OF(room), &size), TPS_IO);
}

static void a_socket_that_refuses_descriptors_gets_none(void **state)
{
    (void)state;
    if (!tps_linger_refuse(ends[1])) {
        print_message("skipped: this kernel cannot refuse descriptors (Linux 6.16 can)\n");
        skip();
    }

    assert_false(tps_linger_can_come(ends[1]));
    assert_int_equal(tps_stage_send(ends[0], TPS_SPAN_OF(example), STDERR_FILENO), TPS_IO);
}

/* ---- doors ---- */

static tps_component component;
static tps_doors doors;
static size_t admitted;
static uint8_t admitted_as[32];

static void fake_log(void *context, uint32_t level, const char *text, tps_status status)
{
    (void)context;
    (void)level;
    (void)text;
    (void)status;
}

static const tps_platform platform = {.version = TPS_PLATFORM_VERSION, .log = fake_log};

static void admit(void *context, int connection, const tps_login *login, const uint8_t *application)
{
    (void)context;
    assert_int_equal(login->uid, getuid());
    memcpy(admitted_as, application, sizeof(admitted_as));
    admitted++;
    close(connection);
}

static int open_doors(void **state)
{
    memset(&component, 0, sizeof(component));
    component.platform = &platform;
    admitted = 0;
    if (open_pair(state) != 0) {
        return -1;
    }
    tps_doors_begin(&doors, ends[1]);
    return 0;
}

static int close_doors(void **state)
{
    (void)state;
    tps_doors_end(&doors);
    close(ends[0]);
    return 0;
}

static bool look(void)
{
    struct pollfd polls[TPS_DOORS_POLLS];

    return poll(polls, tps_doors_watch(&doors, polls), 0) < 0 ||
           tps_doors_look(&doors, polls, &component, admit, NULL);
}

/** A door under `uid`; returns the application's end. */
static int make_door(uint32_t uid)
{
    tps_stage_label its = label;
    uint8_t room[TPS_STAGE_PACKET_MAX];
    tps_span packet;
    int door[2];

    its.uid = uid;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, door), 0);
    assert_int_equal(tps_stage_put_label(&its, TPS_BUF_OF(room), &packet), TPS_OK);
    assert_int_equal(tps_stage_send(ends[0], packet, door[1]), TPS_OK);
    close(door[1]);
    assert_true(look());
    return door[0];
}

static void send_connection(int door, tps_span packet, int type)
{
    int connection[2];

    assert_int_equal(socketpair(AF_UNIX, type, 0, connection), 0);
    assert_int_equal(tps_stage_send(door, packet, connection[1]), TPS_OK);
    close(connection[0]);
    close(connection[1]);
}

static bool is_closed(int door)
{
    char byte;

    return recv(door, &byte, 1, MSG_DONTWAIT) == 0;
}

static void a_connection_through_a_door_has_its_label(void **state)
{
    size_t count;
    int door = make_door((uint32_t)getuid());

    (void)state;
    send_connection(door, TPS_SPAN_LITERAL(TPS_DOOR_CONNECT), SOCK_SEQPACKET);
    send_connection(door, TPS_SPAN_LITERAL(TPS_DOOR_CONNECT), SOCK_SEQPACKET);
    assert_true(look());
    assert_true(look());

    assert_int_equal(admitted, 2);
    assert_memory_equal(admitted_as, label.digest, 32);
    assert_int_equal(tps_component_applications(&component, &count)[0].starts, 1);
    assert_int_equal(count, 1);
    close(door);
}

static void a_connection_that_another_user_made_closes_the_door(void **state)
{
    int door = make_door((uint32_t)getuid() + 1);

    (void)state;
    send_connection(door, TPS_SPAN_LITERAL(TPS_DOOR_CONNECT), SOCK_SEQPACKET);
    assert_true(look());

    assert_int_equal(admitted, 0);
    assert_true(is_closed(door));
    close(door);
}

static void what_is_no_connection_closes_its_door_alone(void **state)
{
    int good = make_door((uint32_t)getuid());
    int stream = make_door((uint32_t)getuid());
    int nonsense = make_door((uint32_t)getuid());
    int file = make_door((uint32_t)getuid());

    (void)state;
    send_connection(stream, TPS_SPAN_LITERAL(TPS_DOOR_CONNECT), SOCK_STREAM);
    send_connection(nonsense, TPS_SPAN_LITERAL("\x81\x02"), SOCK_SEQPACKET);
    assert_int_equal(tps_stage_send(file, TPS_SPAN_LITERAL(TPS_DOOR_CONNECT), STDERR_FILENO), TPS_OK);
    send_connection(good, TPS_SPAN_LITERAL(TPS_DOOR_CONNECT), SOCK_SEQPACKET);
    assert_true(look());

    assert_int_equal(admitted, 1);
    assert_true(is_closed(stream) && is_closed(nonsense) && is_closed(file));
    close(good);
    close(stream);
    close(nonsense);
    close(file);
}

static void more_doors_than_there_is_room_for_are_closed(void **state)
{
    int all[TPS_DOORS_MAX + 1];

    (void)state;
    for (size_t i = 0; i <= TPS_DOORS_MAX; i++) {
        all[i] = make_door((uint32_t)getuid());
    }

    assert_true(is_closed(all[TPS_DOORS_MAX]));
    close(all[0]);
    assert_true(look()); /* its end is seen, and there is room again */
    close(all[TPS_DOORS_MAX]);
    all[0] = make_door((uint32_t)getuid());
    assert_false(is_closed(all[0]));
    for (size_t i = 0; i < TPS_DOORS_MAX; i++) {
        close(all[i]);
    }
}

static void without_its_first_stage_a_component_ends(void **state)
{
    (void)state;
    assert_true(look());
    (void)shutdown(ends[0], SHUT_RDWR);

    assert_false(look());
}

/* ---- images ---- */

static void a_taken_image_cannot_be_changed(void **state)
{
    int image;

    (void)state;
    assert_int_equal(tps_boot_image_take(AT_FDCWD, "/proc/self/exe", 0555, &image), TPS_OK);
    assert_int_equal(pwrite(image, "x", 1, 0), -1);
    assert_int_equal(ftruncate(image, 0), -1);
    assert_int_equal(fcntl(image, F_ADD_SEALS, 0), -1);
    close(image);
}

static void what_is_no_program_is_not_taken(void **state)
{
    char path[] = "/tmp/platform-posix-stage-XXXXXX";
    int file = mkstemp(path);
    int image = 5;

    (void)state;
    assert_int_equal(write(file, "#!/bin/sh\n", 10), 10);
    assert_int_equal(tps_boot_image_take(AT_FDCWD, path, 0555, &image), TPS_UNSUPPORTED);
    assert_int_equal(ftruncate(file, 0), 0);
    assert_int_equal(tps_boot_image_take(AT_FDCWD, path, 0555, &image), TPS_UNSUPPORTED);
    close(file);
    (void)unlink(path);
    assert_int_equal(tps_boot_image_take(AT_FDCWD, path, 0555, &image), TPS_NOT_FOUND);
    assert_int_equal(tps_boot_image_take(AT_FDCWD, "/tmp", 0555, &image), TPS_COMPONENT_STORAGE);
    assert_int_equal(image, -1);
}

#define PAIR(test) cmocka_unit_test_setup_teardown(test, open_pair, close_pair)
#define DOOR(test) cmocka_unit_test_setup_teardown(test, open_doors, close_doors)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_label_is_what_the_specification_s_example_says),
        cmocka_unit_test(every_truncation_and_change_of_a_label_s_form_is_refused),
        cmocka_unit_test(a_label_with_longer_heads_than_are_needed_is_refused),
        cmocka_unit_test(a_uid_is_of_32_bits),
        PAIR(a_descriptor_comes_with_its_packet_and_closed_on_exec),
        PAIR(a_packet_without_a_descriptor_or_too_large_is_refused),
        PAIR(the_end_of_the_other_side_is_seen),
        PAIR(of_many_descriptors_none_stays_open),
        PAIR(a_descriptor_that_lingers_does_not_hold_who_receives_it),
        PAIR(a_descriptor_that_lingers_does_not_hold_who_closes_its_socket),
        PAIR(a_packet_without_descriptors_is_received_whole),
        PAIR(a_socket_that_refuses_descriptors_gets_none),
        DOOR(a_connection_through_a_door_has_its_label),
        DOOR(a_connection_that_another_user_made_closes_the_door),
        DOOR(what_is_no_connection_closes_its_door_alone),
        DOOR(more_doors_than_there_is_room_for_are_closed),
        DOOR(without_its_first_stage_a_component_ends),
        cmocka_unit_test(a_taken_image_cannot_be_changed),
        cmocka_unit_test(what_is_no_program_is_not_taken),
    };

    return cmocka_run_group_tests_name("platform_posix_stage", tests, NULL, NULL);
}
