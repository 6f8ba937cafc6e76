/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics as text: the numbers of all processes become one, and are written family by family. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "server/operation/metrics_internal.h"

typedef enum { COUNTER, GAUGE, MICROSECONDS, SECONDS, COUNTS } metric_kind;
typedef enum { SUM, MAX, MIN } metric_combine;
typedef enum { DIM_ONE, DIM_ROUTE, DIM_TENANT, DIM_WORDS } dimension_kind;

/* One label: a name, and words for its values where they are fixed. */
typedef struct {
    dimension_kind kind;
    uint32_t size;
    const char *name;
    const char *const *words;
} dimension;

static const char *const classes[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};
static const char *const results[] = {"ok", "failed"};
static const char *const tiers[] = {"none", "affirming", "warning", "contraindicated"};
static const char *const refusals[] = {"used", "passed", "unknown", "malformed"};
static const char *const queues[] = {"read", "write"};
static const char *const limits[] = {"client", "tenant"};
static const char *const denials[] = {"missing", "unknown", "expired", "scope", "malformed"};

#define WORDS(name, array)                                         \
    {                                                              \
        DIM_WORDS, sizeof(array) / sizeof((array)[0]), name, array \
    }
static const dimension none = {DIM_ONE, 1, NULL, NULL};
static const dimension by_route = {DIM_ROUTE, TPS_METRICS_ROUTES_MAX, NULL, NULL};
static const dimension by_tenant = {DIM_TENANT, TPS_METRICS_TENANTS_MAX, "tenant", NULL};
static const dimension by_class = WORDS("class", classes);
static const dimension by_result = WORDS("result", results);
static const dimension by_tier = WORDS("tier", tiers);
static const dimension by_refusal = WORDS("reason", refusals);
static const dimension by_queue = WORDS("queue", queues);
static const dimension by_limit = WORDS("by", limits);
static const dimension by_denial = WORDS("reason", denials);

/* The labels of the table: an outer one, and an inner one that runs faster. */
#define LABELS_NONE        &none, &none
#define LABELS_VERSION     &none, &none
#define LABELS_ROUTE       &by_route, &none
#define LABELS_ROUTE_CLASS &by_route, &by_class
#define LABELS_TENANT      &by_tenant, &none
#define LABELS_TENANT_TIER &by_tenant, &by_tier
#define LABELS_RESULT      &by_result, &none
#define LABELS_REFUSAL     &by_refusal, &none
#define LABELS_QUEUE       &by_queue, &none
#define LABELS_LIMIT       &by_limit, &none
#define LABELS_DENIAL      &by_denial, &none

typedef struct {
    const char *name;
    const char *help;
    metric_kind kind;
    metric_combine combine;
    const dimension *outer, *inner;
    uint32_t at;
    uint32_t values;
} metric;

#define METRIC_ROW(id, name, kind, labels, combine, values, help) \
    {name, help, kind, combine, LABELS_##labels, TPS_METRIC_##id, values},
static const metric metrics[] = {TPS_METRICS_LIST(METRIC_ROW)};
#define METRIC_COUNT (sizeof(metrics) / sizeof(metrics[0]))

/* ---- one out of many ---- */

/* All processes' numbers, tenants in one order. The last name is for those that have no place. */
typedef struct {
    uint64_t values[TPS_METRICS_VALUES];
    uint32_t tenant_count;
    const char *tenants[TPS_METRICS_TENANTS_MAX];
} totals;

static uint32_t tenant_place(totals *t, const char *name)
{
    for (uint32_t i = 0; i < t->tenant_count; i++) {
        if (strcmp(t->tenants[i], name) == 0) {
            return i;
        }
    }
    if (t->tenant_count == TPS_METRICS_TENANTS_MAX - 1) {
        return TPS_METRICS_TENANTS_MAX - 1;
    }
    t->tenants[t->tenant_count] = name;
    return t->tenant_count++;
}

static uint64_t combine(metric_combine how, uint64_t a, uint64_t b, bool first)
{
    if (first) {
        return b;
    }
    return how == SUM ? a + b : how == MAX ? (a > b ? a : b) : (a < b ? a : b);
}

/* Where the value of one block belongs in the totals. */
static uint32_t place_of(const metric *m, uint32_t value, const uint32_t *places)
{
    if (m->outer->kind != DIM_TENANT) {
        return m->at + value;
    }
    return m->at + places[value / m->inner->size] * m->inner->size + value % m->inner->size;
}

static void add_block(totals *t, tps_metrics_block *block, bool *is_first)
{
    uint32_t places[TPS_METRICS_TENANTS_MAX];
    uint32_t count = atomic_load(&block->tenant_count);
    bool alive = atomic_load(&block->values[TPS_METRIC_BUILD_INFO]) != 0;

    for (uint32_t i = 0; i < TPS_METRICS_TENANTS_MAX; i++) {
        places[i] = i < count ? tenant_place(t, block->tenants[i]) : TPS_METRICS_TENANTS_MAX - 1;
    }
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        const metric *m = &metrics[i];

        if (m->combine != SUM && !alive) {
            continue; /* nobody serves there yet, or any more: its zero says nothing */
        }
        for (uint32_t value = 0; value < m->values; value++) {
            uint64_t *to = &t->values[place_of(m, value, places)];
            uint64_t number = atomic_load_explicit(&block->values[m->at + value], memory_order_relaxed);

            *to = combine(m->combine, *to, number, m->combine != SUM && *is_first);
        }
    }
    *is_first = *is_first && !alive;
}

/* ---- writing ---- */

typedef struct {
    FILE *to;
    bool open;
    const totals *totals;
} text_writer;

/* A label's value: backslash, quote and line break are escaped. */
static void put_escaped(FILE *to, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            (void)fputs("\\n", to);
        } else {
            if (*text == '\\' || *text == '"') {
                (void)fputc('\\', to);
            }
            (void)fputc(*text, to);
        }
    }
}

static void put_label(FILE *to, const char *name, const char *value, bool *has_labels)
{
    (void)fprintf(to, "%s%s=\"", *has_labels ? "," : "{", name);
    put_escaped(to, value);
    (void)fputc('"', to);
    *has_labels = true;
}

static void put_dimension(const text_writer *w, const dimension *d, uint32_t value, bool *has_labels)
{
    const tps_metrics_state *state = tps_metrics_the_state();

    if (d->kind == DIM_ROUTE) {
        bool named = value < state->route_count;

        put_label(w->to, "method", named ? state->routes[value].method : "other", has_labels);
        put_label(w->to, "route", named ? state->routes[value].pattern : "other", has_labels);
    } else if (d->kind == DIM_TENANT) {
        put_label(w->to, "tenant", value < w->totals->tenant_count ? w->totals->tenants[value] : "_other",
                  has_labels);
    } else if (d->kind == DIM_WORDS) {
        put_label(w->to, d->name, d->words[value], has_labels);
    }
}

/* name{labels; the caller puts what else there is, and the end. */
static bool begin_sample(const text_writer *w, const metric *m, const char *suffix, uint32_t label)
{
    bool has_labels = false;

    (void)fprintf(w->to, "%s%s", m->name, suffix);
    put_dimension(w, m->outer, label / m->inner->size, &has_labels);
    put_dimension(w, m->inner, label % m->inner->size, &has_labels);
    if (m->at == TPS_METRIC_BUILD_INFO) {
        put_label(w->to, "version", tps_metrics_the_state()->version, &has_labels);
    }
    return has_labels;
}

/* Microseconds as seconds, without zeros at the end. */
static void put_seconds(FILE *to, uint64_t microseconds)
{
    char text[40];
    size_t size = (size_t)snprintf(text, sizeof(text), "%" PRIu64 ".%06u", microseconds / 1000000,
                                   (unsigned)(microseconds % 1000000));

    while (text[size - 1] == '0' && text[size - 2] != '.') {
        size--;
    }
    (void)fprintf(to, "%.*s", (int)size, text);
}

static void put_number(FILE *to, const metric *m, uint64_t number)
{
    if (m->kind == MICROSECONDS || m->kind == SECONDS) {
        put_seconds(to, number);
    } else {
        (void)fprintf(to, "%" PRIu64, number);
    }
}

static void put_bucket(const text_writer *w, const metric *m, uint32_t label, uint32_t bucket,
                       uint64_t number)
{
    const uint64_t *bounds = m->kind == SECONDS ? tps_metrics_second_bounds : tps_metrics_count_bounds;
    bool has_labels = begin_sample(w, m, "_bucket", label);

    (void)fputs(has_labels ? ",le=\"" : "{le=\"", w->to);
    if (bucket == TPS_METRICS_BUCKETS - 1) {
        (void)fputs("+Inf", w->to);
    } else if (m->kind == COUNTS && w->open) {
        (void)fprintf(w->to, "%" PRIu64 ".0", bounds[bucket]); /* OpenMetrics: a float in its shortest form */
    } else {
        put_number(w->to, m, bounds[bucket]);
    }
    (void)fprintf(w->to, "\"} %" PRIu64 "\n", number);
}

static void put_histogram(const text_writer *w, const metric *m, uint32_t label)
{
    const uint64_t *values = &w->totals->values[m->at + label * TPS_METRICS_HISTOGRAM];
    uint64_t sum = 0;

    /* The last bucket is the count, so that a scrape amid an addition is consistent in itself. */
    for (uint32_t i = 0; i < TPS_METRICS_BUCKETS; i++) {
        sum += values[i];
        put_bucket(w, m, label, i, sum);
    }
    (void)fputs(begin_sample(w, m, "_sum", label) ? "} " : " ", w->to);
    put_number(w->to, m, values[TPS_METRICS_BUCKETS]);
    (void)fputc('\n', w->to);
    (void)fputs(begin_sample(w, m, "_count", label) ? "} " : " ", w->to);
    (void)fprintf(w->to, "%" PRIu64 "\n", sum);
}

/* Routes that nobody asked for and tenants that nobody has need no line. */
static bool is_told(const text_writer *w, const metric *m, uint32_t label, bool is_histogram)
{
    const uint64_t *values = &w->totals->values[m->at];
    uint32_t outer = label / m->inner->size;

    if (m->outer->kind == DIM_ONE || m->outer->kind == DIM_WORDS ||
        (m->outer->kind == DIM_TENANT && outer < w->totals->tenant_count)) {
        return true;
    }
    return values[is_histogram ? label * TPS_METRICS_HISTOGRAM + TPS_METRICS_BUCKETS + 1 : label] != 0;
}

static const char *type_of(const metric *m, bool open)
{
    if (m->at == TPS_METRIC_BUILD_INFO && open) {
        return "info";
    }
    return m->kind == COUNTER || m->kind == MICROSECONDS ? "counter"
           : m->kind == GAUGE                            ? "gauge"
                                                         : "histogram";
}

/* OpenMetrics names a family without the end that its samples have. */
static int family_size(const metric *m, bool open)
{
    size_t size = strlen(m->name);
    const char *type = type_of(m, open);

    if (open && strcmp(type, "counter") == 0) {
        size -= strlen("_total");
    } else if (open && strcmp(type, "info") == 0) {
        size -= strlen("_info");
    }
    return (int)size;
}

static void put_metric(const text_writer *w, const metric *m)
{
    bool is_histogram = m->kind == SECONDS || m->kind == COUNTS;
    uint32_t labels = m->outer->size * m->inner->size;

    (void)fprintf(w->to, "# HELP %.*s %s\n# TYPE %.*s %s\n", family_size(m, w->open), m->name, m->help,
                  family_size(m, w->open), m->name, type_of(m, w->open));
    for (uint32_t label = 0; label < labels; label++) {
        if (!is_told(w, m, label, is_histogram)) {
            continue;
        }
        if (is_histogram) {
            put_histogram(w, m, label);
            continue;
        }
        (void)fputs(begin_sample(w, m, "", label) ? "} " : " ", w->to);
        put_number(w->to, m, w->totals->values[m->at + label]);
        (void)fputc('\n', w->to);
    }
}

tps_status tps_metrics_write(bool open, char **text, size_t *size)
{
    const tps_metrics_state *state = tps_metrics_the_state();
    totals *all = calloc(1, sizeof(*all));
    FILE *to = all == NULL ? NULL : open_memstream(text, size);
    text_writer w = {.to = to, .open = open, .totals = all};
    bool is_first = true;
    bool failed;

    if (to == NULL) {
        free(all);
        return TPS_OUT_OF_MEMORY;
    }
    for (size_t i = 0; i < state->block_count; i++) {
        add_block(all, &state->blocks[i], &is_first);
    }
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        put_metric(&w, &metrics[i]);
    }
    if (open) {
        (void)fputs("# EOF\n", to);
    }
    failed = ferror(to) != 0;
    failed = fclose(to) != 0 || failed;
    free(all);
    if (failed) {
        free(*text);
        *text = NULL;
        return TPS_OUT_OF_MEMORY;
    }
    return TPS_OK;
}

/* ---- what the client asks for ---- */

static bool element_wants_open(const char *text, size_t size)
{
    static const char type[] = "application/openmetrics-text";
    char element[128];

    if (size < sizeof(type) - 1 || size >= sizeof(element) ||
        strncasecmp(text, type, sizeof(type) - 1) != 0) {
        return false;
    }
    memcpy(element, text, size);
    element[size] = '\0';
    return (strstr(element, "version=") == NULL || strstr(element, "version=1.0.0") != NULL) &&
           strcmp(element + size - (size > 4 ? 4 : size), ";q=0") != 0;
}

bool tps_metrics_wants_open(tps_span accept)
{
    size_t at = 0;

    while (at < accept.size) {
        const uint8_t *comma = memchr(accept.data + at, ',', accept.size - at);
        size_t end = comma == NULL ? accept.size : (size_t)(comma - accept.data);

        while (at < end && accept.data[at] == ' ') {
            at++;
        }
        if (element_wants_open((const char *)accept.data + at, end - at)) {
            return true;
        }
        at = end + 1;
    }
    return false;
}
