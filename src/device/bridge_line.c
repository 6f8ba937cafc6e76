/* SPDX-License-Identifier: Apache-2.0 */
/* Serial devices, sockets and standard input as a wire of bytes that never blocks. */
#include "device/bridge_line.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#define UNIX_PREFIX "unix:"

static const struct {
    uint32_t baud;
    speed_t speed;
} speeds[] = {
    {9600, B9600},       {19200, B19200},     {38400, B38400},     {57600, B57600},
    {115200, B115200},   {230400, B230400},   {460800, B460800},   {921600, B921600},
    {1000000, B1000000}, {2000000, B2000000}, {3000000, B3000000},
};

/** B0 for a speed that is none. */
static speed_t speed_of(uint32_t baud)
{
    for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++) {
        if (speeds[i].baud == baud) {
            return speeds[i].speed;
        }
    }
    return B0;
}

bool tps_bridge_wire_is_standard(const tps_bridge_wire *wire)
{
    return strcmp(wire->name, "-") == 0;
}

tps_status tps_bridge_wire_check(const char *name, uint32_t baud, tps_device_problem *problem)
{
    struct sockaddr_un address;

    if (speed_of(baud) == B0) {
        return tps_device_fail(problem, TPS_BAD_ARGUMENT,
                               "use the chip's, such as 9600, 115200, 921600 or 1000000",
                               "%u bits in a second is no speed of a serial device here", baud);
    }
    if (strncmp(name, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0 &&
        strlen(name) - strlen(UNIX_PREFIX) >= sizeof(address.sun_path)) {
        return tps_device_fail(problem, TPS_BAD_ARGUMENT, "use a shorter path",
                               "%.200s: the path is too long for a socket", name);
    }
    return TPS_OK;
}

static tps_status fail_open(const tps_bridge_wire *wire, const char *why, const char *next_step,
                            tps_device_problem *problem)
{
    return tps_device_fail(problem, TPS_IO, next_step, "the line %.200s cannot be opened: %s", wire->name,
                           why);
}

static tps_status open_socket(tps_bridge_wire *wire, tps_device_problem *problem)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int line = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int error;

    strncpy(address.sun_path, wire->name + strlen(UNIX_PREFIX), sizeof(address.sun_path) - 1);
    if (line >= 0 && connect(line, (const struct sockaddr *)&address, sizeof(address)) == 0) {
        wire->in = line;
        wire->out = line;
        return TPS_OK;
    }
    error = errno;
    if (line >= 0) {
        close(line);
    }
    return fail_open(wire, strerror(error),
                     "start the emulator first, and give the path of its -serial unix:PATH", problem);
}

static bool make_raw(int line, speed_t speed)
{
    struct termios mode;

    if (tcgetattr(line, &mode) != 0) {
        return false;
    }
    cfmakeraw(&mode);
    mode.c_cflag |= CLOCAL | CREAD;
    mode.c_cflag &= ~(tcflag_t)(CRTSCTS | CSTOPB);
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
    return cfsetispeed(&mode, speed) == 0 && cfsetospeed(&mode, speed) == 0 &&
           tcsetattr(line, TCSANOW, &mode) == 0;
}

static tps_status open_device(tps_bridge_wire *wire, tps_device_problem *problem)
{
    int line = open(wire->name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    int error = errno;
    struct stat kind;
    const char *why = NULL;
    const char *next_step = "give the chip's serial device, such as /dev/ttyACM0";

    if (line < 0) {
        bool is_socket = error == ENXIO && stat(wire->name, &kind) == 0 && S_ISSOCK(kind.st_mode);

        return fail_open(wire, is_socket ? "it is a socket" : strerror(error),
                         is_socket ? "write unix: before its path" : "check the path and its permissions",
                         problem);
    }
    if (!isatty(line)) {
        why = "it is no serial device";
    } else if (flock(line, LOCK_EX | LOCK_NB) != 0) {
        why = "another program uses it";
        next_step = "end that program first";
    } else if (!make_raw(line, speed_of(wire->baud))) {
        why = "its mode and speed cannot be set";
        next_step = "try another --baud";
    }
    if (why != NULL) {
        close(line);
        return fail_open(wire, why, next_step, problem);
    }
    wire->in = line;
    wire->out = line;
    return TPS_OK;
}

tps_status tps_bridge_wire_open(tps_bridge_wire *wire, tps_device_problem *problem)
{
    if (tps_bridge_wire_is_standard(wire)) {
        wire->in = STDIN_FILENO;
        wire->out = STDOUT_FILENO;
        return TPS_OK;
    }
    return strncmp(wire->name, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0 ? open_socket(wire, problem)
                                                                      : open_device(wire, problem);
}

void tps_bridge_wire_close(tps_bridge_wire *wire)
{
    if (wire->in > STDERR_FILENO) {
        close(wire->in);
    }
    wire->in = -1;
    wire->out = -1;
}

/** Standard input may be shared with others, and so is left blocking: it is asked before each step. */
static bool is_ready(int descriptor, short events)
{
    struct pollfd asked = {.fd = descriptor, .events = events};

    return poll(&asked, 1, 0) == 1;
}

static int went_away(tps_bridge_wire *wire)
{
    tps_bridge_wire_close(wire);
    return -1;
}

int tps_bridge_wire_read(tps_bridge_wire *wire, uint8_t *bytes, size_t room)
{
    ssize_t size;

    if (wire->in < 0 || !is_ready(wire->in, POLLIN)) {
        return 0;
    }
    size = read(wire->in, bytes, room);
    if (size > 0) {
        return (int)size;
    }
    return size < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : went_away(wire);
}

int tps_bridge_wire_write(tps_bridge_wire *wire, const uint8_t *bytes, size_t size)
{
    ssize_t written;

    if (wire->out < 0 || size == 0 || !is_ready(wire->out, POLLOUT)) {
        return 0;
    }
    written = write(wire->out, bytes, size);
    if (written >= 0) {
        return (int)written;
    }
    return errno == EAGAIN || errno == EINTR ? 0 : went_away(wire);
}
