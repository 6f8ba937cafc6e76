/* SPDX-License-Identifier: Apache-2.0 */
/* The packets between first stage, component and applications (spec/first-stage.cddl). */
#include "platform/posix/first_stage.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tps/cbor.h"

enum { LABEL = 1, LABEL_ENTRIES = 3 };

/* ---- forms ---- */

tps_status tps_stage_put_label(const tps_stage_label *label, tps_buf out, tps_span *packet)
{
    tps_cbor_writer w = tps_cbor_writer_init(out);

    tps_cbor_put_array(&w, LABEL_ENTRIES);
    tps_cbor_put_uint(&w, LABEL);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(label->digest));
    tps_cbor_put_uint(&w, label->uid);
    return tps_cbor_writer_finish(&w, packet);
}

tps_status tps_stage_get_label(tps_span packet, tps_stage_label *label)
{
    tps_cbor_reader r = tps_cbor_reader_init(packet);
    tps_cbor_item array;
    uint64_t kind;
    tps_span digest;
    uint64_t uid;
    tps_stage_label read;
    uint8_t room[TPS_STAGE_PACKET_MAX];
    tps_span again;

    if (!tps_cbor_read(&r, &array) || array.type != TPS_CBOR_ARRAY || array.value != LABEL_ENTRIES) {
        return TPS_COMPONENT_BAD_MESSAGE;
    }
    kind = tps_cbor_get_uint(&r);
    digest = tps_cbor_get_bytes(&r);
    uid = tps_cbor_get_uint(&r);
    if (tps_cbor_reader_finish(&r) != TPS_OK || kind != LABEL || digest.size != sizeof(label->digest) ||
        uid > UINT32_MAX) {
        return TPS_COMPONENT_BAD_MESSAGE;
    }
    memcpy(read.digest, digest.data, sizeof(read.digest));
    read.uid = (uint32_t)uid;
    if (tps_stage_put_label(&read, TPS_BUF_OF(room), &again) != TPS_OK || !tps_span_equal(again, packet)) {
        return TPS_COMPONENT_BAD_MESSAGE; /* longer heads than are needed */
    }
    *label = read;
    return TPS_OK;
}

/* ---- packets ---- */

/** Room for one descriptor, aligned for its head. */
typedef union {
    struct cmsghdr head;
    uint8_t bytes[CMSG_SPACE(sizeof(int))];
} passed;

tps_status tps_stage_send(int socket, tps_span packet, int descriptor)
{
    passed control = {.bytes = {0}};
    struct iovec part = {.iov_base = (void *)(uintptr_t)packet.data, .iov_len = packet.size};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    ssize_t sent;

    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(descriptor));
    memcpy(CMSG_DATA(head), &descriptor, sizeof(descriptor));
    do {
        sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)packet.size ? TPS_OK : TPS_IO;
}

/** The descriptor of a message; -1 if it has none. There was room for no more: the kernel closes others. */
static int take_descriptor(struct msghdr *message)
{
    struct cmsghdr *head = CMSG_FIRSTHDR(message);
    int descriptor = -1;

    if (head != NULL && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
        head->cmsg_len == CMSG_LEN(sizeof(descriptor))) {
        memcpy(&descriptor, CMSG_DATA(head), sizeof(descriptor));
    }
    return descriptor;
}

tps_status tps_stage_receive(int socket, tps_buf room, tps_span *packet, int *descriptor)
{
    passed control = {.bytes = {0}};
    struct iovec part = {.iov_base = room.data, .iov_len = room.size};
    /* Not CMSG_SPACE(): what aligns the end of one would be room for a second. */
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = CMSG_LEN(sizeof(int))};
    ssize_t size;
    int taken;

    *descriptor = -1;
    do {
        size = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (size < 0 && errno == EINTR);
    if (size < 0) {
        return errno == EAGAIN ? TPS_NOT_FOUND : TPS_IO;
    }
    taken = take_descriptor(&message);
    if (size == 0 && taken < 0) {
        return TPS_IO;
    }
    if (taken < 0 || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        if (taken >= 0) {
            close(taken);
        }
        return TPS_COMPONENT_BAD_MESSAGE;
    }
    *packet = tps_span_make(room.data, (size_t)size);
    *descriptor = taken;
    return TPS_OK;
}
