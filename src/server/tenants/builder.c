/* SPDX-License-Identifier: Apache-2.0 */
/* One thread that builds one verifier after the other. */
#include "server/tenants/builder.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "server/operation/metrics.h"
#include "server/operation/trace.h"

typedef struct task {
    struct task *next;
    tps_build_order order;
    tps_build_outcome outcome;
} task;

struct tps_builder {
    tps_build_means means;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    task *waiting;  /* under the lock, the oldest first, like all below */
    task *finished; /* the oldest first */
    bool ending;
};

static bool is_trouble_of_store(tps_status status)
{
    return status == TPS_STORE_AWAY || status == TPS_STORE_FAILED || status == TPS_OUT_OF_MEMORY;
}

static tps_status build(const tps_build_means *means, const tps_build_order *order,
                        tps_build_outcome *outcome)
{
    tps_verifier_options options = means->options;
    tps_loaded *loaded = tps_loaded_new(order->tenant, order->name, order->revision);
    tps_status status;

    if (loaded == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    options.allow_unsigned_endorsements = order->allow_unsigned;
    status = tps_tenant_build_verifier(means->store, order->tenant, order->name, &options, means->complain,
                                       means->context, &loaded->verifier);
    if (is_trouble_of_store(status)) {
        tps_loaded_free(loaded);
        return status;
    }
    /* Else something that must count cannot be read. The verifier that is in use stays as long as all that it
     * believes is still there. */
    loaded->verifier_ends = status != TPS_OK && order->must_end;
    loaded->built = order->number;
    *outcome = (tps_build_outcome){order->tenant, order->number, status == TPS_OK};
    return tps_handover_give(means->handover, loaded);
}

tps_status tps_build(const tps_build_means *means, const tps_build_order *order, tps_build_outcome *outcome)
{
    uint64_t start = tps_trace_now_us();
    tps_status status = build(means, order, outcome);

    tps_metrics_add(TPS_METRIC_LOADS, status == TPS_OK ? TPS_RESULT_OK : TPS_RESULT_FAILED, 1);
    tps_metrics_observe_us(TPS_METRIC_LOAD_SECONDS, 0, tps_trace_now_us() - start);
    return status;
}

/* ---- the thread ---- */

static void append(task **list, task *t)
{
    while (*list != NULL) {
        list = &(*list)->next;
    }
    t->next = NULL;
    *list = t;
}

static task *take_waiting(tps_builder *b)
{
    task *t = NULL;

    (void)pthread_mutex_lock(&b->lock);
    while (b->waiting == NULL && !b->ending) {
        (void)pthread_cond_wait(&b->wake, &b->lock);
    }
    if (!b->ending) {
        t = b->waiting;
        b->waiting = t->next;
    }
    (void)pthread_mutex_unlock(&b->lock);
    return t;
}

static bool is_ending(tps_builder *b)
{
    bool ending;

    (void)pthread_mutex_lock(&b->lock);
    ending = b->ending;
    (void)pthread_mutex_unlock(&b->lock);
    return ending;
}

/* False when it is to end before the store could be read. */
static bool build_at_last(tps_builder *b, task *t)
{
    struct timespec tenth = {0, 100000000};

    while (tps_build(&b->means, &t->order, &t->outcome) != TPS_OK) {
        if (is_ending(b)) {
            return false;
        }
        (void)nanosleep(&tenth, NULL);
    }
    return true;
}

static void *run(void *context)
{
    tps_builder *b = context;
    task *t;

    while ((t = take_waiting(b)) != NULL) {
        if (!build_at_last(b, t)) {
            free(t);
            break;
        }
        (void)pthread_mutex_lock(&b->lock);
        append(&b->finished, t);
        (void)pthread_mutex_unlock(&b->lock);
    }
    return NULL;
}

/* ---- the loader's side ---- */

tps_status tps_builder_order(tps_builder *b, const tps_build_order *order)
{
    task *made = calloc(1, sizeof(*made));
    task *t;

    if (made == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    made->order = *order;
    (void)pthread_mutex_lock(&b->lock);
    for (t = b->waiting; t != NULL && t->order.tenant != order->tenant; t = t->next) {
    }
    if (t != NULL) {
        t->order = *order;
    } else {
        append(&b->waiting, made);
        made = NULL;
    }
    (void)pthread_cond_signal(&b->wake);
    (void)pthread_mutex_unlock(&b->lock);
    free(made);
    return TPS_OK;
}

bool tps_builder_next_outcome(tps_builder *b, tps_build_outcome *outcome)
{
    task *t;

    (void)pthread_mutex_lock(&b->lock);
    t = b->finished;
    if (t != NULL) {
        b->finished = t->next;
        *outcome = t->outcome;
    }
    (void)pthread_mutex_unlock(&b->lock);
    free(t);
    return t != NULL;
}

tps_status tps_builder_new(const tps_build_means *means, tps_builder **builder)
{
    tps_builder *b = calloc(1, sizeof(*b));

    if (b == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    b->means = *means;
    (void)pthread_mutex_init(&b->lock, NULL);
    (void)pthread_cond_init(&b->wake, NULL);
    if (pthread_create(&b->thread, NULL, run, b) != 0) {
        free(b);
        return TPS_IO;
    }
    *builder = b;
    return TPS_OK;
}

static void free_tasks(task *list)
{
    while (list != NULL) {
        task *next = list->next;

        free(list);
        list = next;
    }
}

void tps_builder_free(tps_builder *b)
{
    if (b == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&b->lock);
    b->ending = true;
    (void)pthread_cond_signal(&b->wake);
    (void)pthread_mutex_unlock(&b->lock);
    (void)pthread_join(b->thread, NULL);
    free_tasks(b->waiting);
    free_tasks(b->finished);
    (void)pthread_cond_destroy(&b->wake);
    (void)pthread_mutex_destroy(&b->lock);
    free(b);
}
