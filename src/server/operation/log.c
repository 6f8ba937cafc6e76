/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process's log: a ring of lines between those who write and the one thread that waits for standard
 * error. How a line looks is log_record.c's business.
 */
#include "server/operation/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/operation/log_internal.h"

#define REPEAT_SLOTS 64u
#define REPEAT_TRIES 4u
#define TICK_MS      500u

/* How often one message came within its window. */
typedef struct {
    const char *message; /* NULL: free */
    tps_log_level level;
    uint64_t window_start;
    uint32_t count;     /* of lines in this window */
    uint64_t held_back; /* of which so many were held back */
} repetition;

static struct {
    atomic_uint level;
    atomic_bool running;
    tps_log_format format;
    bool for_journal;
    int fd;
    uint32_t worker;
    pid_t process;
    pthread_t thread;
    pthread_mutex_t lock; /* all below */
    pthread_cond_t filled;
    uint32_t beginnings; /* a thread that hung when its log ended is not the next log's */
    bool ending;
    uint64_t end_deadline; /* on the monotonic clock, when ending */
    size_t start, used;    /* of the ring: lines, each behind two bytes of its size */
    repetition repeats[REPEAT_SLOTS];
    uint64_t dropped, dropped_told, held_back, written;
    uint8_t ring[TPS_LOG_RING_SIZE];
} the_log = {.level = TPS_LOG_INFO, .fd = STDERR_FILENO, .lock = PTHREAD_MUTEX_INITIALIZER};

static uint64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

/* ---- the ring; the lock is held ---- */

static void ring_put(const void *bytes, size_t size)
{
    size_t at = (the_log.start + the_log.used) % TPS_LOG_RING_SIZE;
    size_t first = size < TPS_LOG_RING_SIZE - at ? size : TPS_LOG_RING_SIZE - at;

    memcpy(the_log.ring + at, bytes, first);
    memcpy(the_log.ring, (const uint8_t *)bytes + first, size - first);
    the_log.used += size;
}

static void ring_copy(size_t skipped, void *to, size_t size)
{
    size_t at = (the_log.start + skipped) % TPS_LOG_RING_SIZE;
    size_t first = size < TPS_LOG_RING_SIZE - at ? size : TPS_LOG_RING_SIZE - at;

    memcpy(to, the_log.ring + at, first);
    memcpy((uint8_t *)to + first, the_log.ring, size - first);
}

static bool ring_put_line(const char *line, size_t size)
{
    uint8_t head[2] = {(uint8_t)(size >> 8), (uint8_t)size};

    if (TPS_LOG_RING_SIZE - the_log.used < size + sizeof(head)) {
        return false;
    }
    ring_put(head, sizeof(head));
    ring_put(line, size);
    return true;
}

/* Whole lines, as many as one write takes at once. */
static size_t ring_take(char room[TPS_LOG_LINE_MAX], size_t *lines)
{
    size_t size = 0;

    *lines = 0;
    while (the_log.used > 0) {
        uint8_t head[2];
        size_t line;

        ring_copy(0, head, sizeof(head));
        line = (size_t)head[0] << 8 | head[1];
        if (size + line > TPS_LOG_LINE_MAX) {
            break;
        }
        ring_copy(sizeof(head), room + size, line);
        size += line;
        the_log.start = (the_log.start + sizeof(head) + line) % TPS_LOG_RING_SIZE;
        the_log.used -= sizeof(head) + line;
        ++*lines;
    }
    return size;
}

/* ---- writing out ---- */

/* False when nothing takes it any more, or the end has come. */
static bool write_out(const char *bytes, size_t size)
{
    while (size > 0) {
        struct pollfd wanted = {.fd = the_log.fd, .events = POLLOUT};
        ssize_t put;
        uint64_t deadline;

        (void)pthread_mutex_lock(&the_log.lock);
        deadline = the_log.ending ? the_log.end_deadline : UINT64_MAX;
        (void)pthread_mutex_unlock(&the_log.lock);
        if (now_ms() >= deadline) {
            return false;
        }
        if (poll(&wanted, 1, 50) <= 0) {
            continue;
        }
        put = write(the_log.fd, bytes, size);
        if (put < 0 && errno != EINTR && errno != EAGAIN) {
            return false;
        }
        bytes += put > 0 ? put : 0;
        size -= put > 0 ? (size_t)put : 0;
    }
    return true;
}

static tps_log_record record_of(tps_log_level level, tps_span message, const tps_log_member *members,
                                size_t count)
{
    tps_log_record record = {.level = level & 0xff,
                             .format = the_log.format,
                             .for_journal = the_log.for_journal,
                             .worker = the_log.worker,
                             .message = message,
                             .members = members,
                             .count = count};

    (void)clock_gettime(CLOCK_REALTIME, &record.time);
    return record;
}

static void put_own_line(tps_log_level level, const char *message, const tps_log_member *members,
                         size_t count)
{
    tps_log_record record = record_of(level, tps_span_of_text(message), members, count);
    char line[TPS_LOG_LINE_MAX];

    (void)ring_put_line(line, tps_log_write_record(&record, line));
}

/* Tells of lines that were held back, now that their window has ended; the lock is held. */
static void tell_repetition(repetition *r)
{
    if (r->held_back > 0) {
        put_own_line(r->level, "lines like others were held back",
                     (const tps_log_member[]){tps_log_text("like", r->message),
                                              tps_log_number("count", (int64_t)r->held_back)},
                     2);
    }
    *r = (repetition){.message = NULL};
}

static void tell_what_is_missing(uint64_t now)
{
    uint64_t dropped = the_log.dropped - the_log.dropped_told;

    for (size_t i = 0; i < REPEAT_SLOTS; i++) {
        repetition *r = &the_log.repeats[i];

        if (r->message != NULL && (the_log.ending || now - r->window_start >= TPS_LOG_WINDOW_MS)) {
            tell_repetition(r);
        }
    }
    if (dropped > 0) {
        the_log.dropped_told = the_log.dropped;
        put_own_line(TPS_LOG_WARNING, "lines of log were dropped, as nobody read them",
                     (const tps_log_member[]){tps_log_number("count", (int64_t)dropped)}, 1);
    }
}

static void wait_for_lines(void)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += (long)TICK_MS * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_cond_timedwait(&the_log.filled, &the_log.lock, &until);
}

static void *write_lines(void *beginning)
{
    char room[TPS_LOG_LINE_MAX];
    bool is_open = true;
    uint64_t told = 0;

    (void)pthread_mutex_lock(&the_log.lock);
    while (the_log.beginnings == (uintptr_t)beginning) {
        uint64_t now = now_ms();
        size_t lines;
        size_t size;

        if (the_log.used == 0 && (now - told >= TICK_MS || the_log.ending)) {
            tell_what_is_missing(now);
            told = now;
        }
        size = ring_take(room, &lines);
        if (size > 0) {
            (void)pthread_mutex_unlock(&the_log.lock);
            is_open = write_out(room, size);
            (void)pthread_mutex_lock(&the_log.lock);
            the_log.written += is_open ? lines : 0;
            the_log.dropped += is_open ? 0 : lines;
        }
        if (the_log.ending && (size == 0 || !is_open)) {
            break;
        }
        if (size == 0 || !is_open) {
            wait_for_lines();
        }
    }
    (void)pthread_mutex_unlock(&the_log.lock);
    return NULL;
}

/* ---- begin and end ---- */

/* JOURNAL_STREAM=device:inode is set by systemd, and may be inherited where standard error has been
 * redirected. */
static bool leads_to_journal(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat info;

    return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(fd, &info) == 0 &&
           info.st_dev == (dev_t)device && info.st_ino == (ino_t)inode;
}

static tps_status start_thread(void)
{
    sigset_t all, before;
    int error;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&the_log.thread, NULL, write_lines, (void *)(uintptr_t)the_log.beginnings);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0 ? TPS_OK : TPS_OUT_OF_MEMORY;
}

tps_status tps_log_begin(const tps_log_options *options)
{
    tps_status status;

    if (the_log.process != getpid()) { /* the parent's thread may have had them at the fork */
        (void)pthread_mutex_init(&the_log.lock, NULL);
        (void)pthread_cond_init(&the_log.filled, NULL);
        the_log.process = getpid();
    }
    (void)pthread_mutex_lock(&the_log.lock);
    the_log.beginnings++;
    the_log.level = options->level;
    the_log.format = options->format;
    the_log.fd = options->fd;
    the_log.worker = options->worker;
    the_log.for_journal = leads_to_journal(options->fd);
    the_log.ending = false;
    the_log.start = the_log.used = 0;
    the_log.dropped = the_log.dropped_told = the_log.held_back = the_log.written = 0;
    memset(the_log.repeats, 0, sizeof(the_log.repeats));
    (void)pthread_mutex_unlock(&the_log.lock);
    status = options->at_once ? TPS_OK : start_thread();
    the_log.running = status == TPS_OK && !options->at_once;
    return status;
}

void tps_log_set_level(tps_log_level level)
{
    the_log.level = level;
}

void tps_log_end(uint32_t wait_ms)
{
    struct timespec until;

    if (!the_log.running) {
        return;
    }
    (void)pthread_mutex_lock(&the_log.lock);
    the_log.ending = true;
    the_log.end_deadline = now_ms() + wait_ms;
    (void)pthread_cond_signal(&the_log.filled);
    (void)pthread_mutex_unlock(&the_log.lock);
    the_log.running = false;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)(wait_ms / 1000) + 1;
    if (pthread_timedjoin_np(the_log.thread, NULL, &until) != 0) {
        (void)pthread_detach(the_log.thread); /* it hangs in a write that took no more */
    }
}

/* ---- lines ---- */

bool tps_log_wants(tps_log_level level)
{
    return (level & 0xff) <= the_log.level;
}

/* The message's place; NULL when all places that it could have are taken. The lock is held. */
static repetition *find_repetition(const char *message, uint64_t now)
{
    size_t hash = ((uintptr_t)message >> 3) * 0x9e3779b1u >> 8;
    repetition *free_one = NULL;

    for (size_t i = 0; i < REPEAT_TRIES; i++) {
        repetition *r = &the_log.repeats[(hash + i) % REPEAT_SLOTS];

        if (r->message != NULL && now - r->window_start >= TPS_LOG_WINDOW_MS) {
            tell_repetition(r);
        }
        if (r->message == message) {
            return r;
        }
        if (r->message == NULL && free_one == NULL) {
            free_one = r;
        }
    }
    return free_one;
}

/* False when this message has come too often. */
static bool admit(tps_log_level level, const char *message)
{
    uint64_t now = now_ms();
    repetition *r;
    bool admitted = true;

    (void)pthread_mutex_lock(&the_log.lock);
    r = find_repetition(message, now);
    if (r != NULL) {
        if (r->message == NULL) {
            *r = (repetition){.message = message, .level = level, .window_start = now};
        }
        admitted = ++r->count <= TPS_LOG_REPEATS;
        r->held_back += !admitted;
        the_log.held_back += !admitted;
    }
    (void)pthread_mutex_unlock(&the_log.lock);
    return admitted;
}

static void hand_over(const char *line, size_t size)
{
    if (!the_log.running) {
        (void)!write(the_log.fd, line, size);
        return;
    }
    (void)pthread_mutex_lock(&the_log.lock);
    if (!ring_put_line(line, size)) {
        the_log.dropped++;
    } else {
        (void)pthread_cond_signal(&the_log.filled);
    }
    (void)pthread_mutex_unlock(&the_log.lock);
}

void tps_log(tps_log_level level, const char *message, const tps_log_member *members, size_t count)
{
    tps_log_record record;
    char line[TPS_LOG_LINE_MAX];

    if (!tps_log_wants(level) || (the_log.running && (level & TPS_LOG_EACH) == 0 && !admit(level, message))) {
        return;
    }
    record = record_of(level, tps_span_of_text(message), members, count);
    hand_over(line, tps_log_write_record(&record, line));
}

void tps_log_line(tps_log_level level, const char *format, ...)
{
    char message[TPS_LOG_TEXT_MAX + 1];
    char line[TPS_LOG_LINE_MAX];
    tps_log_record record;
    va_list arguments;

    if (!tps_log_wants(level) || (the_log.running && (level & TPS_LOG_EACH) == 0 && !admit(level, format))) {
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    record = record_of(level, tps_span_of_text(message), NULL, 0);
    hand_over(line, tps_log_write_record(&record, line));
}

tps_log_counts tps_log_count(void)
{
    tps_log_counts counts;

    (void)pthread_mutex_lock(&the_log.lock);
    counts = (tps_log_counts){the_log.dropped, the_log.held_back, the_log.written};
    (void)pthread_mutex_unlock(&the_log.lock);
    return counts;
}

bool tps_log_level_of(const char *name, tps_log_level *level)
{
    static const struct {
        const char *name;
        tps_log_level level;
    } levels[] = {{"error", TPS_LOG_ERROR},
                  {"warning", TPS_LOG_WARNING},
                  {"info", TPS_LOG_INFO},
                  {"debug", TPS_LOG_DEBUG}};

    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (strcmp(levels[i].name, name) == 0) {
            *level = levels[i].level;
            return true;
        }
    }
    return false;
}
