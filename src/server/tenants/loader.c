/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loader: notes which items each tenant has by their sequences, compares them with the store's when
 * something changed, and builds what differs, or has it built where that takes long.
 */
#include "server/tenants/loader.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "server/access/principal.h"
#include "server/operation/metrics.h"
#include "server/operation/trace.h"
#include "server/tenants/builder.h"
#include "tps/secret.h"

#define SMALL_BYTES   (1u << 20) /* of endorsements and the like: a verifier is built of them in some 30 ms */
#define LOOK_EVERY_MS 1000u      /* however quiet it is: what is notified can be lost */
#define VERIFIER_KINDS                                                               \
    (1u << TPS_STORE_ANCHOR | 1u << TPS_STORE_ENDORSEMENT | 1u << TPS_STORE_POLICY | \
     1u << TPS_STORE_REVOCATION | 1u << TPS_STORE_CRL)
#define ACCESS_KINDS (1u << TPS_STORE_TOKEN | 1u << TPS_STORE_ADMINISTRATOR)
#define KEY_KINDS    (1u << TPS_STORE_RESULT_KEY)
/* What makes devices believed: once some of it is gone, the verifier that knew it must not stay. */
#define BELIEF_KINDS (1u << TPS_STORE_ANCHOR | 1u << TPS_STORE_ENDORSEMENT | 1u << TPS_STORE_POLICY)
/* To be known at once, even where all is built anew beside. */
#define URGENT_KINDS (1u << TPS_STORE_REVOCATION | 1u << TPS_STORE_CRL)

/* An item, as far as it must be known to see what changed. */
typedef struct {
    int64_t sequence;
    uint32_t kind;
} head;

/* The items of a tenant, by sequence. */
typedef struct {
    head *heads;
    size_t count, capacity;
    uint64_t bytes; /* of what verifiers are built of */
} manifest;

/* A tenant as it was handed over last. */
typedef struct {
    int64_t id, revision;
    char name[TPS_STORE_TENANT_NAME_MAX + 1];
    uint8_t secret[TPS_STORE_SECRET_SIZE];
    uint8_t settings[TPS_STORE_SETTINGS_MAX];
    size_t settings_size;
    bool allow_unsigned;
    bool has_verifier;
    bool is_seen;     /* in this look */
    bool is_due;      /* it changed since */
    bool must_build;  /* a verifier, as the one in use cannot be brought up to date */
    bool must_end;    /* and it believes what was taken away */
    uint64_t ordered; /* verifiers of it so far */
    bool is_building; /* the last one that was ordered */
    manifest items;
} known_tenant;

struct tps_loader {
    tps_store *store;
    tps_build_means means; /* for small tenants, and for the first look */
    tps_loader_ops ops;
    tps_handover *handover;
    tps_builder *builder; /* for large tenants; NULL: there is none */
    char generation[TPS_STORE_GENERATION_MAX];
    int64_t revision;
    known_tenant *known;
    size_t known_count;
    bool is_first; /* in the caller's thread */
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock;
    bool ending;    /* under the lock */
    int64_t *stale; /* under the lock: tenants whose verifiers know more than the store */
    size_t stale_count;
    int wake_fd;
};

static tps_loaded *new_loaded(const known_tenant *k)
{
    return tps_loaded_new(k->id, k->name, k->revision);
}

/* ---- which tenants there are ---- */

static known_tenant *find_known(tps_loader *l, int64_t id)
{
    for (size_t i = 0; i < l->known_count; i++) {
        if (l->known[i].id == id) {
            return &l->known[i];
        }
    }
    return NULL;
}

static known_tenant *add_known(tps_loader *l, const tps_store_tenant *row)
{
    known_tenant *grown = realloc(l->known, (l->known_count + 1) * sizeof(*grown));

    if (grown == NULL) {
        return NULL;
    }
    l->known = grown;
    grown = &l->known[l->known_count++];
    memset(grown, 0, sizeof(*grown));
    grown->id = row->id;
    grown->revision = -1;
    memcpy(grown->name, row->name, sizeof(grown->name));
    return grown;
}

static tps_status see_tenant(void *context, const tps_store_tenant *row)
{
    tps_loader *l = context;
    known_tenant *k = find_known(l, row->id);

    if (row->settings.size > sizeof(k->settings)) {
        return TPS_STORE_FAILED;
    }
    if (k == NULL && (k = add_known(l, row)) == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    k->is_seen = true;
    if (k->revision == row->revision) {
        return TPS_OK;
    }
    k->is_due = true;
    k->revision = row->revision;
    memcpy(k->secret, row->secret, sizeof(k->secret));
    if (row->settings.size > 0) {
        memcpy(k->settings, row->settings.data, row->settings.size);
    }
    k->settings_size = row->settings.size;
    return TPS_OK;
}

static tps_status forget_gone(tps_loader *l)
{
    for (size_t i = 0; i < l->known_count;) {
        known_tenant *k = &l->known[i];
        tps_loaded *loaded;

        if (k->is_seen) {
            i++;
            continue;
        }
        loaded = new_loaded(k);
        if (loaded == NULL) {
            return TPS_OUT_OF_MEMORY;
        }
        loaded->is_gone = true;
        TPS_TRY(tps_handover_give(l->handover, loaded));
        free(k->items.heads);
        *k = l->known[--l->known_count];
        tps_wipe(&l->known[l->known_count], sizeof(*k)); /* it has a secret */
    }
    return TPS_OK;
}

/* ---- what of a tenant changed ---- */

static tps_status note_head(void *context, const tps_store_item *item)
{
    manifest *m = context;

    if (m->count == m->capacity) {
        size_t capacity = m->capacity == 0 ? 64 : 2 * m->capacity;
        head *grown = realloc(m->heads, capacity * sizeof(*grown));

        if (grown == NULL) {
            return TPS_OUT_OF_MEMORY;
        }
        m->heads = grown;
        m->capacity = capacity;
    }
    m->heads[m->count++] = (head){item->sequence, item->kind};
    m->bytes += (VERIFIER_KINDS & 1u << item->kind) != 0 ? item->body_size : 0;
    return TPS_OK;
}

/* Kinds of which items came, and of which some went (an item that changed did both). */
typedef struct {
    uint32_t came, went;
    int64_t last_known; /* the largest sequence before */
} difference;

/* Both are sorted by sequence. */
static difference compare(const manifest *before, const manifest *after)
{
    difference d = {0, 0, before->count == 0 ? 0 : before->heads[before->count - 1].sequence};
    size_t i = 0;
    size_t j = 0;

    while (i < before->count || j < after->count) {
        if (j == after->count ||
            (i < before->count && before->heads[i].sequence < after->heads[j].sequence)) {
            d.went |= 1u << before->heads[i++].kind;
        } else if (i == before->count || after->heads[j].sequence < before->heads[i].sequence) {
            d.came |= 1u << after->heads[j++].kind;
        } else {
            i++;
            j++;
        }
    }
    return d;
}

/* ---- building ---- */

static tps_status copy_item(void *context, const tps_store_item *item)
{
    tps_loaded *loaded = context;
    tps_store_item *grown = realloc(loaded->added, (loaded->added_count + 1) * sizeof(*grown));
    uint8_t *bytes;

    if (grown == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    loaded->added = grown;
    bytes = malloc(item->body.size + item->attributes.size + 1);
    if (bytes == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    grown += loaded->added_count++;
    *grown = *item;
    if (item->body.size > 0) {
        memcpy(bytes, item->body.data, item->body.size);
    }
    if (item->attributes.size > 0) {
        memcpy(bytes + item->body.size, item->attributes.data, item->attributes.size);
    }
    grown->body = tps_span_make(bytes, item->body.size);
    grown->attributes = tps_span_make(bytes + item->body.size, item->attributes.size);
    grown->name = TPS_SPAN_EMPTY;
    return TPS_OK;
}

static tps_status fetch_added(tps_loader *l, const known_tenant *k, uint32_t kinds, int64_t after,
                              tps_loaded *loaded)
{
    for (uint32_t kind = 1; kind < 32; kind++) {
        if ((kinds & 1u << kind) != 0) {
            TPS_TRY(l->store->ops->each_item(l->store, k->id, kind, after, 0, true, copy_item, loaded));
        }
    }
    return TPS_OK;
}

/* Settings cost little: they are always read, and tell whether the verifier must be built otherwise. */
static tps_status load_settings(tps_loader *l, known_tenant *k, tps_loaded *loaded)
{
    tps_error why = {TPS_OK, 0, NULL};
    tps_status status =
        tps_tenant_settings_read(tps_span_make(k->settings, k->settings_size), &loaded->settings, &why);

    if (status != TPS_OK) {
        l->ops.complain(l->ops.context, k->name, "what it is set to", status, &why);
        loaded->settings = tps_tenant_settings_defaults();
        loaded->settings.attest_by_token = true; /* the defaults are open to who wants to attest */
        loaded->settings_stay = true;
    } else {
        k->allow_unsigned = loaded->settings.allow_unsigned;
    }
    loaded->has_settings = true;
    return tps_session_keys_derive(k->secret, k->id, l->generation, &loaded->session_keys);
}

/* What is wrong with one tenant's keys is no reason to stop for the others: those in use stay. */
static tps_status build_keys(tps_loader *l, const known_tenant *k, tps_loaded *loaded)
{
    tps_status status = tps_tenant_build_keys(l->store, k->id, &loaded->keys);

    if (status == TPS_OK || status == TPS_STORE_AWAY || status == TPS_STORE_FAILED ||
        status == TPS_OUT_OF_MEMORY) {
        return status;
    }
    l->ops.complain(l->ops.context, k->name, "the keys for results", status, NULL);
    return TPS_OK;
}

/* What costs little. What the verifier in use can be given is given to it; what is revoked at once, even
 * where another is built afterwards, which can take seconds. */
static tps_status load_parts(tps_loader *l, known_tenant *k, const difference *d, tps_loaded *loaded)
{
    bool allowed = k->allow_unsigned;
    uint32_t changed = d->came | d->went;
    uint32_t rebuilding =
        (d->went & VERIFIER_KINDS) | (d->came & (1u << TPS_STORE_ANCHOR | 1u << TPS_STORE_POLICY));

    TPS_TRY(load_settings(l, k, loaded));
    if (k->is_building) { /* of what it has read by now nobody knows: once more, then */
        rebuilding = changed & VERIFIER_KINDS;
    }
    k->must_build = k->must_build || (!k->has_verifier && !k->is_building) || allowed != k->allow_unsigned ||
                    rebuilding != 0;
    k->must_end = k->must_end || (d->went & BELIEF_KINDS) != 0;
    loaded->ordered = k->ordered + (k->must_build ? 1 : 0);
    if (k->has_verifier) {
        uint32_t kinds = k->must_build ? URGENT_KINDS : URGENT_KINDS | 1u << TPS_STORE_ENDORSEMENT;

        TPS_TRY(fetch_added(l, k, d->came & kinds, d->last_known, loaded));
    }
    if ((changed & KEY_KINDS) != 0) {
        TPS_TRY(build_keys(l, k, loaded));
    }
    if ((changed & ACCESS_KINDS) != 0 || k->items.count == 0) {
        TPS_TRY(tps_access_table_build(l->store, k->id, k->name, &loaded->access));
    }
    return TPS_OK;
}

static tps_status load_whole_tenant(tps_loader *l, known_tenant *k)
{
    manifest now = {NULL, 0, 0, 0};
    tps_status status = l->store->ops->each_item(l->store, k->id, 0, 0, 0, false, note_head, &now);
    difference d = compare(&k->items, &now);
    tps_loaded *loaded = NULL;

    if (status == TPS_OK && (loaded = new_loaded(k)) == NULL) {
        status = TPS_OUT_OF_MEMORY;
    }
    if (status == TPS_OK) {
        status = load_parts(l, k, &d, loaded);
    }
    if (status != TPS_OK) {
        tps_loaded_free(loaded);
        free(now.heads);
        return status;
    }
    free(k->items.heads);
    k->items = now;
    k->is_due = false;
    return tps_handover_give(l->handover, loaded);
}

/* As metrics tell it. */
static tps_status counted(tps_status status, uint64_t start)
{
    tps_metrics_add(TPS_METRIC_LOADS, status == TPS_OK ? TPS_RESULT_OK : TPS_RESULT_FAILED, 1);
    tps_metrics_observe_us(TPS_METRIC_LOAD_SECONDS, 0, tps_trace_now_us() - start);
    return status;
}

static tps_status load_tenant(tps_loader *l, known_tenant *k)
{
    uint64_t start = tps_trace_now_us();

    return counted(load_whole_tenant(l, k), start);
}

/* What came of an order; one that was followed by another tells only whether there is a verifier. */
static void note_outcome(known_tenant *k, const tps_build_outcome *outcome)
{
    k->has_verifier = outcome->is_built || (k->has_verifier && !k->must_end);
    if (outcome->number == k->ordered) {
        k->must_end = k->must_end && !outcome->is_built;
        k->is_building = false;
    }
}

static void take_outcomes(tps_loader *l)
{
    tps_build_outcome outcome;

    while (l->builder != NULL && tps_builder_next_outcome(l->builder, &outcome)) {
        known_tenant *k = find_known(l, outcome.tenant);

        if (k != NULL) {
            note_outcome(k, &outcome);
        }
    }
}

/* A large one elsewhere, while this thread goes on; and one of a tenant whose verifier is being built there
 * behind it. */
static tps_status rebuild(tps_loader *l, known_tenant *k)
{
    tps_build_order order = {.tenant = k->id,
                             .revision = k->revision,
                             .number = k->ordered + 1,
                             .allow_unsigned = k->allow_unsigned,
                             .must_end = k->must_end};
    tps_build_outcome outcome;

    memcpy(order.name, k->name, sizeof(order.name));
    if (l->builder != NULL && !l->is_first && (k->is_building || k->items.bytes > SMALL_BYTES)) {
        TPS_TRY(tps_builder_order(l->builder, &order));
        k->is_building = true;
        k->ordered++;
    } else {
        TPS_TRY(tps_build(&l->means, &order, &outcome));
        k->ordered++;
        note_outcome(k, &outcome);
    }
    k->must_build = false;
    return TPS_OK;
}

/* All tenants' small parts before the first verifier: who lost his token must not keep it for the time that
 * somebody's million devices take. */
static tps_status load_due(tps_loader *l)
{
    for (size_t i = 0; i < l->known_count; i++) {
        if (l->known[i].is_due) {
            TPS_TRY(load_tenant(l, &l->known[i]));
        }
    }
    for (size_t i = 0; i < l->known_count; i++) {
        if (l->known[i].must_build) {
            TPS_TRY(rebuild(l, &l->known[i]));
        }
    }
    return TPS_OK;
}

/* ---- one look at the store ---- */

static tps_status take_generation(tps_loader *l)
{
    char generation[TPS_STORE_GENERATION_MAX];

    TPS_TRY(l->store->ops->generation(l->store, generation));
    if (strcmp(generation, l->generation) != 0) {
        memcpy(l->generation, generation, sizeof(generation));
        l->revision = -1;
        for (size_t i = 0; i < l->known_count; i++) {
            l->known[i].revision = -1;
        }
    }
    return TPS_OK;
}

static bool is_stale(const int64_t *stale, size_t count, int64_t tenant)
{
    for (size_t i = 0; i < count; i++) {
        if (stale[i] == tenant) {
            return true;
        }
    }
    return false;
}

/* What is taken here stays due until it is loaded, whatever fails before. */
static void take_stale(tps_loader *l)
{
    int64_t *stale;
    size_t count;

    (void)pthread_mutex_lock(&l->lock);
    stale = l->stale;
    count = l->stale_count;
    l->stale = NULL;
    l->stale_count = 0;
    (void)pthread_mutex_unlock(&l->lock);
    for (size_t i = 0; i < l->known_count; i++) {
        if (is_stale(stale, count, l->known[i].id)) {
            l->known[i].has_verifier = false;
            l->known[i].must_build = true;
            l->known[i].must_end = true;
            l->known[i].is_due = true;
            l->revision = -1;
        }
    }
    free(stale);
}

/* The revision is read first: what changes while the rest is read is seen again. */
static tps_status look(tps_loader *l, int64_t *revision)
{
    take_outcomes(l);
    take_stale(l);
    TPS_TRY(take_generation(l));
    TPS_TRY(l->store->ops->revision(l->store, revision));
    if (*revision == l->revision) {
        return TPS_OK;
    }
    for (size_t i = 0; i < l->known_count; i++) {
        l->known[i].is_seen = false;
    }
    TPS_TRY(l->store->ops->each_tenant(l->store, see_tenant, l));
    TPS_TRY(forget_gone(l));
    TPS_TRY(load_due(l));
    l->revision = *revision;
    return TPS_OK;
}

static tps_status look_and_tell(tps_loader *l)
{
    int64_t revision = 0;
    tps_status status = look(l, &revision);
    tps_status told = tps_handover_tell(l->handover, revision, l->generation, status);

    return status == TPS_OK ? told : status;
}

/* ---- the thread ---- */

static bool is_ending(tps_loader *l)
{
    bool ending;

    (void)pthread_mutex_lock(&l->lock);
    ending = l->ending;
    (void)pthread_mutex_unlock(&l->lock);
    return ending;
}

static void rest(void)
{
    struct timespec tenth = {0, 100000000};

    (void)nanosleep(&tenth, NULL);
}

static void *run(void *context)
{
    tps_loader *l = context;
    uint64_t count;
    bool changed;

    while (!is_ending(l)) {
        tps_status status = l->store->ops->wait_for_change(l->store, LOOK_EVERY_MS, l->wake_fd, &changed);

        (void)!read(l->wake_fd, &count, sizeof(count));
        if (is_ending(l)) {
            break;
        }
        if (look_and_tell(l) != TPS_OK || status != TPS_OK) {
            rest(); /* the store is away: no need to ask as fast as can be */
        }
    }
    return NULL;
}

/* ---- from the event loop ---- */

void tps_loader_look(tps_loader *l)
{
    uint64_t one = 1;

    (void)!write(l->wake_fd, &one, sizeof(one));
}

void tps_loader_rebuild(tps_loader *l, int64_t tenant)
{
    int64_t *grown;

    (void)pthread_mutex_lock(&l->lock);
    grown = is_stale(l->stale, l->stale_count, tenant)
                ? NULL
                : realloc(l->stale, (l->stale_count + 1) * sizeof(*grown));
    if (grown != NULL) { /* without memory it stays as it is until something else changes */
        l->stale = grown;
        l->stale[l->stale_count++] = tenant;
    }
    (void)pthread_mutex_unlock(&l->lock);
    tps_loader_look(l);
}

/* ---- start and end ---- */

static tps_status start(tps_loader *l, struct event_base *base, tps_store *building)
{
    tps_build_means means;

    l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->wake_fd < 0) {
        return TPS_IO;
    }
    TPS_TRY(tps_handover_new(base, &l->ops, &l->handover));
    l->means.handover = l->handover;
    tps_handover_set_direct(l->handover, true);
    TPS_TRY(look_and_tell(l));
    tps_handover_set_direct(l->handover, false);
    l->is_first = false;
    if (building != NULL) {
        means = l->means;
        means.store = building;
        TPS_TRY(tps_builder_new(&means, &l->builder));
    }
    l->has_thread = pthread_create(&l->thread, NULL, run, l) == 0;
    return l->has_thread ? TPS_OK : TPS_IO;
}

tps_status tps_loader_new(struct event_base *base, const tps_loader_stores *stores,
                          const tps_verifier_options *options, const tps_loader_ops *ops, tps_loader **loader)
{
    tps_loader *l = calloc(1, sizeof(*l));
    tps_status status;

    if (l == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    l->store = stores->loading;
    l->means = (tps_build_means){
        .store = stores->loading, .options = *options, .complain = ops->complain, .context = ops->context};
    l->ops = *ops;
    l->revision = -1;
    l->is_first = true;
    l->wake_fd = -1;
    (void)pthread_mutex_init(&l->lock, NULL);
    status = start(l, base, stores->building);
    if (status != TPS_OK) {
        tps_loader_free(l);
        return status;
    }
    *loader = l;
    return TPS_OK;
}

static void end_thread(tps_loader *l)
{
    if (!l->has_thread) {
        return;
    }
    (void)pthread_mutex_lock(&l->lock);
    l->ending = true;
    (void)pthread_mutex_unlock(&l->lock);
    tps_loader_look(l);
    (void)pthread_join(l->thread, NULL);
}

void tps_loader_free(tps_loader *l)
{
    if (l == NULL) {
        return;
    }
    end_thread(l);
    tps_builder_free(l->builder);
    tps_handover_free(l->handover);
    for (size_t i = 0; i < l->known_count; i++) {
        free(l->known[i].items.heads);
    }
    if (l->known != NULL) {
        tps_wipe(l->known, l->known_count * sizeof(*l->known));
    }
    free(l->known);
    free(l->stale);
    if (l->wake_fd >= 0) {
        (void)close(l->wake_fd);
    }
    (void)pthread_mutex_destroy(&l->lock);
    free(l);
}
