/* SPDX-License-Identifier: Apache-2.0 */
/* Doors of applications: labelled by the first stage, which alone holds the control socket's other end. */
#include "platform/posix/doors.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "component/core/door.h"
#include "platform/posix/linger.h"

static void log_line(const tps_component *component, const char *text, tps_status status)
{
    const tps_platform *platform = tps_component_platform(component);

    platform->log(platform->context, TPS_LOG_WARNING, text, status);
}

static void close_door(tps_door *door)
{
    tps_linger_close(door->fd);
    *door = (tps_door){.fd = -1};
}

void tps_doors_begin(tps_doors *doors, int control)
{
    *doors = (tps_doors){.control = control};
    for (size_t i = 0; i < TPS_DOORS_MAX; i++) {
        doors->doors[i].fd = -1;
    }
}

void tps_doors_end(tps_doors *doors)
{
    for (size_t i = 0; i < TPS_DOORS_MAX; i++) {
        if (doors->doors[i].fd >= 0) {
            close_door(&doors->doors[i]);
        }
    }
    if (doors->control >= 0) {
        close(doors->control);
    }
    doors->control = -1;
}

size_t tps_doors_watch(const tps_doors *doors, struct pollfd polls[TPS_DOORS_POLLS])
{
    size_t count = 1;

    polls[0] = (struct pollfd){.fd = doors->control, .events = POLLIN};
    for (size_t i = 0; i < TPS_DOORS_MAX; i++) {
        if (doors->doors[i].fd >= 0) {
            polls[count++] = (struct pollfd){.fd = doors->doors[i].fd, .events = POLLIN};
        }
    }
    return count;
}

/* ---- a door comes ---- */

static tps_status add_door(tps_doors *doors, tps_component *component, const tps_stage_label *label, int fd)
{
    for (size_t i = 0; i < TPS_DOORS_MAX; i++) {
        if (doors->doors[i].fd < 0) {
            TPS_TRY(tps_component_application_started(component, label->digest));
            doors->doors[i] = (tps_door){.fd = fd, .label = *label};
            return TPS_OK;
        }
    }
    return TPS_COMPONENT_FULL;
}

/** False when the first stage is gone. */
static bool take_door(tps_doors *doors, tps_component *component)
{
    uint8_t room[TPS_STAGE_PACKET_MAX];
    tps_stage_label label;
    tps_span packet;
    int fd;
    tps_status status = tps_stage_receive(doors->control, TPS_BUF_OF(room), &packet, &fd);

    if (status == TPS_NOT_FOUND) {
        return true;
    }
    if (status == TPS_OK) {
        status = tps_stage_get_label(packet, &label);
    }
    if (status == TPS_OK) {
        status = add_door(doors, component, &label, fd);
    }
    if (status != TPS_OK && fd >= 0) {
        close(fd);
    }
    if (status != TPS_OK && status != TPS_IO) {
        log_line(component, "an application was started without a way to the component", status);
    }
    return status != TPS_IO;
}

/* ---- a connection comes ---- */

/** What an application sends may be any descriptor: only a socket like ours is served. */
static bool is_connection(int fd)
{
    int domain = 0;
    int type = 0;
    socklen_t size = sizeof(domain);

    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX &&
           getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET &&
           fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

/** False when the door has to be closed. */
static bool take_connection(const tps_door *door, const tps_component *component, tps_doors_admit admit,
                            void *context)
{
    uint8_t room[TPS_STAGE_PACKET_MAX];
    tps_span packet;
    tps_login login;
    int fd;
    tps_status status;

    tps_linger_begin();
    status = tps_stage_receive(door->fd, TPS_BUF_OF(room), &packet, &fd);
    tps_linger_end();
    if (status == TPS_NOT_FOUND || status == TPS_IO) {
        return status == TPS_NOT_FOUND;
    }
    if (status == TPS_OK && !tps_span_equal(packet, TPS_SPAN_LITERAL(TPS_DOOR_CONNECT))) {
        status = TPS_COMPONENT_BAD_MESSAGE;
    }
    if (status == TPS_OK && (!is_connection(fd) || tps_peer_of(fd, &login) != TPS_OK)) {
        status = TPS_COMPONENT_BAD_MESSAGE;
    }
    if (status == TPS_OK && login.uid != door->label.uid) {
        status = TPS_COMPONENT_DENIED; /* made by somebody else, and handed on */
    }
    if (status != TPS_OK) {
        log_line(component, "an application's door is closed", status);
        if (fd >= 0) {
            tps_linger_close(fd);
        }
        return false;
    }
    admit(context, fd, &login, door->label.digest);
    return true;
}

bool tps_doors_look(tps_doors *doors, const struct pollfd polls[TPS_DOORS_POLLS], tps_component *component,
                    tps_doors_admit admit, void *context)
{
    const struct pollfd *next = &polls[1];

    for (size_t i = 0; i < TPS_DOORS_MAX; i++) {
        tps_door *door = &doors->doors[i];

        if (door->fd >= 0 && (next++)->revents != 0 && !take_connection(door, component, admit, context)) {
            close_door(door);
        }
    }
    return polls[0].revents == 0 || doors->control < 0 || take_door(doors, component);
}
