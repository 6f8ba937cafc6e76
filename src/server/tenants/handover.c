/* SPDX-License-Identifier: Apache-2.0 */
/* A list under a lock, and an eventfd that wakes the loop. */
#include "server/tenants/handover.h"

#include <event2/event.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tps/secret.h"

typedef struct message {
    struct message *next;
    tps_loaded *loaded; /* NULL: in step */
    int64_t revision;
    char generation[TPS_STORE_GENERATION_MAX];
    tps_status status;
} message;

struct tps_handover {
    tps_loader_ops ops;
    bool is_direct;
    pthread_mutex_t lock;
    message *first, **last; /* under the lock */
    int fd;
    struct event *event;
};

tps_loaded *tps_loaded_new(int64_t tenant, const char *name, int64_t revision)
{
    tps_loaded *loaded = calloc(1, sizeof(*loaded));

    if (loaded != NULL) {
        loaded->tenant = tenant;
        loaded->revision = revision;
        memcpy(loaded->name, name, sizeof(loaded->name));
    }
    return loaded;
}

void tps_loaded_free(tps_loaded *loaded)
{
    if (loaded == NULL) {
        return;
    }
    tps_verifier_free(loaded->verifier);
    tps_tenant_keys_free(loaded->keys);
    tps_access_table_free(loaded->access);
    for (size_t i = 0; i < loaded->added_count; i++) {
        free((void *)(uintptr_t)loaded->added[i].body.data);
    }
    free(loaded->added);
    tps_wipe(loaded, sizeof(*loaded));
    free(loaded);
}

static void deliver(tps_handover *h, message *m)
{
    if (m->loaded == NULL) {
        h->ops.in_step(h->ops.context, m->revision, m->generation, m->status);
    } else {
        h->ops.loaded(h->ops.context, m->loaded);
        m->loaded->verifier = NULL; /* these are the receiver's now */
        m->loaded->keys = NULL;
        m->loaded->access = NULL;
    }
    tps_loaded_free(m->loaded);
    free(m);
}

static void post(tps_handover *h, message *m)
{
    uint64_t one = 1;

    if (h->is_direct) {
        deliver(h, m);
        return;
    }
    (void)pthread_mutex_lock(&h->lock);
    *h->last = m;
    h->last = &m->next;
    (void)pthread_mutex_unlock(&h->lock);
    (void)!write(h->fd, &one, sizeof(one));
}

tps_status tps_handover_give(tps_handover *h, tps_loaded *loaded)
{
    message *m = calloc(1, sizeof(*m));

    if (m == NULL) {
        tps_loaded_free(loaded);
        return TPS_OUT_OF_MEMORY;
    }
    m->loaded = loaded;
    post(h, m);
    return TPS_OK;
}

tps_status tps_handover_tell(tps_handover *h, int64_t revision, const char *generation, tps_status status)
{
    message *m = calloc(1, sizeof(*m));

    if (m == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    m->revision = revision;
    m->status = status;
    memcpy(m->generation, generation, sizeof(m->generation));
    post(h, m);
    return TPS_OK;
}

static void on_messages(evutil_socket_t fd, short events, void *context)
{
    tps_handover *h = context;
    uint64_t count;
    message *list;

    (void)events;
    (void)!read(fd, &count, sizeof(count));
    (void)pthread_mutex_lock(&h->lock);
    list = h->first;
    h->first = NULL;
    h->last = &h->first;
    (void)pthread_mutex_unlock(&h->lock);
    while (list != NULL) {
        message *next = list->next;

        deliver(h, list);
        list = next;
    }
}

tps_status tps_handover_new(struct event_base *base, const tps_loader_ops *ops, tps_handover **handover)
{
    tps_handover *h = calloc(1, sizeof(*h));

    if (h == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    h->ops = *ops;
    h->last = &h->first;
    (void)pthread_mutex_init(&h->lock, NULL);
    h->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    h->event = h->fd < 0 ? NULL : event_new(base, h->fd, EV_READ | EV_PERSIST, on_messages, h);
    if (h->event == NULL || event_add(h->event, NULL) != 0) {
        tps_status status = h->fd < 0 ? TPS_IO : TPS_OUT_OF_MEMORY;

        tps_handover_free(h);
        return status;
    }
    *handover = h;
    return TPS_OK;
}

void tps_handover_set_direct(tps_handover *h, bool is_direct)
{
    h->is_direct = is_direct;
}

void tps_handover_free(tps_handover *h)
{
    if (h == NULL) {
        return;
    }
    while (h->first != NULL) {
        message *next = h->first->next;

        tps_loaded_free(h->first->loaded);
        free(h->first);
        h->first = next;
    }
    if (h->event != NULL) {
        event_free(h->event);
    }
    if (h->fd >= 0) {
        (void)close(h->fd);
    }
    (void)pthread_mutex_destroy(&h->lock);
    free(h);
}
