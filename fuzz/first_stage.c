/* SPDX-License-Identifier: Apache-2.0 */
/* Any packet, with any number of descriptors, on a socket of the component's: none stays open that was not
 * taken, and a label that is taken is written again as the same bytes. The first byte of the input is how
 * many descriptors there are. */
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/posix/first_stage.h"

enum { DESCRIPTORS_MAX = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void send_packet(int socket, const uint8_t *bytes, size_t size, size_t descriptors)
{
    union {
        struct cmsghdr head;
        uint8_t bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
    } control = {.bytes = {0}};
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    if (descriptors > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(descriptors * sizeof(int));
        control.head.cmsg_level = SOL_SOCKET;
        control.head.cmsg_type = SCM_RIGHTS;
        control.head.cmsg_len = CMSG_LEN(descriptors * sizeof(int)); /* their numbers are all 0 */
    }
    if (sendmsg(socket, &message, 0) < 0) {
        abort();
    }
}

static void judge(tps_span packet)
{
    uint8_t room[TPS_STAGE_PACKET_MAX];
    tps_stage_label label;
    tps_span again;

    if (tps_stage_get_label(packet, &label) == TPS_OK &&
        (tps_stage_put_label(&label, TPS_BUF_OF(room), &again) != TPS_OK || !tps_span_equal(again, packet))) {
        abort();
    }
}

/** The number that the next descriptor gets. */
static int lowest(int any)
{
    int number = dup(any);

    close(number);
    return number;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int ends[2];
    static bool is_open;
    uint8_t room[TPS_STAGE_PACKET_MAX];
    tps_span packet;
    int descriptor;
    int before;

    if (!is_open && socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) {
        abort();
    }
    is_open = true;
    if (size == 0 || size > 4 * TPS_STAGE_PACKET_MAX) {
        return 0;
    }
    before = lowest(ends[0]); /* not once for all: the fuzzer opens files of its own between two inputs */
    send_packet(ends[0], data + 1, size - 1, data[0] % (DESCRIPTORS_MAX + 1));
    if (tps_stage_receive(ends[1], TPS_BUF_OF(room), &packet, &descriptor) == TPS_OK) {
        judge(packet);
        close(descriptor);
    } else if (descriptor != -1) {
        abort();
    }
    if (lowest(ends[0]) != before) {
        abort();
    }
    return 0;
}
