/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics: what is counted is told, in text that follows Prometheus's rules, and several processes are one.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/operation/metrics.h"

static const tps_metrics_route routes[] = {{"GET", "/a/{id}"}, {"POST", "/\"quoted\\\n"}};
static tps_metrics_block *blocks;

static int begin(void **state)
{
    (void)state;
    blocks = calloc(3, sizeof(*blocks));
    assert_non_null(blocks);
    tps_metrics_use(blocks, 3, 0);
    tps_metrics_set_routes(routes, 2);
    tps_metrics_set_version("1.2.3");
    tps_metrics_sample_process();
    return 0;
}

static int end(void **state)
{
    static tps_metrics_block nobody;

    (void)state;
    tps_metrics_use(&nobody, 1, 0);
    free(blocks);
    return 0;
}

static char *text_of(bool open)
{
    char *text = NULL;
    size_t size = 0;

    assert_int_equal(tps_metrics_write(open, &text, &size), TPS_OK);
    assert_int_equal(strlen(text), size);
    return text;
}

static void assert_told(const char *line)
{
    char *text = text_of(false);
    char wanted[256];

    (void)snprintf(wanted, sizeof(wanted), "\n%s\n", line);
    if (strstr(text, wanted) == NULL) {
        print_error("%s\nis not in\n%s", line, text);
        fail();
    }
    free(text);
}

static void assert_not_told(const char *part)
{
    char *text = text_of(false);

    assert_null(strstr(text, part));
    free(text);
}

static void counters_and_gauges_are_told(void **state)
{
    (void)state;
    tps_metrics_add(TPS_METRIC_COMMITS, TPS_RESULT_FAILED, 2);
    tps_metrics_set(TPS_METRIC_CONNECTIONS, 0, 7);
    tps_metrics_subtract(TPS_METRIC_CONNECTIONS, 0, 2);
    assert_told("tps_commits_total{result=\"failed\"} 2");
    assert_told("tps_commits_total{result=\"ok\"} 0");
    assert_told("tps_http_connections 5");
    assert_told("tps_build_info{version=\"1.2.3\"} 1");
    assert_told("# TYPE tps_http_connections gauge");
    assert_told("# TYPE tps_commits_total counter");
}

static void requests_are_told_by_route_and_class(void **state)
{
    (void)state;
    tps_metrics_request(0, 200, 1500);
    tps_metrics_request(0, 204, 100);
    tps_metrics_request(0, 503, 20000000);
    tps_metrics_request(1, 404, 1);
    tps_metrics_request(1000, 999, 1);
    assert_told("tps_http_requests_total{method=\"GET\",route=\"/a/{id}\",class=\"2xx\"} 2");
    assert_told("tps_http_requests_total{method=\"GET\",route=\"/a/{id}\",class=\"5xx\"} 1");
    assert_told("tps_http_requests_total{method=\"POST\",route=\"/\\\"quoted\\\\\\n\",class=\"4xx\"} 1");
    assert_told("tps_http_requests_total{method=\"other\",route=\"other\",class=\"5xx\"} 1");
    assert_told("tps_http_request_duration_seconds_bucket{method=\"GET\",route=\"/a/{id}\",le=\"0.0001\"} 1");
    assert_told("tps_http_request_duration_seconds_bucket{method=\"GET\",route=\"/a/{id}\",le=\"0.001\"} 1");
    assert_told("tps_http_request_duration_seconds_bucket{method=\"GET\",route=\"/a/{id}\",le=\"0.0025\"} 2");
    assert_told("tps_http_request_duration_seconds_bucket{method=\"GET\",route=\"/a/{id}\",le=\"10.0\"} 2");
    assert_told("tps_http_request_duration_seconds_bucket{method=\"GET\",route=\"/a/{id}\",le=\"+Inf\"} 3");
    assert_told("tps_http_request_duration_seconds_sum{method=\"GET\",route=\"/a/{id}\"} 20.0016");
    assert_told("tps_http_request_duration_seconds_count{method=\"GET\",route=\"/a/{id}\"} 3");
}

static void histograms_of_counts_have_whole_bounds(void **state)
{
    (void)state;
    tps_metrics_observe_count(TPS_METRIC_COMMIT_GROUP, 0, 1);
    tps_metrics_observe_count(TPS_METRIC_COMMIT_GROUP, 0, 3);
    assert_told("tps_commit_group_size_bucket{le=\"2\"} 1");
    assert_told("tps_commit_group_size_bucket{le=\"4\"} 2");
    assert_told("tps_commit_group_size_sum 4");
    assert_told("tps_commit_group_size_count 2");
}

static void tenants_are_bounded(void **state)
{
    char name[64];
    uint32_t first = tps_metrics_tenant("acme");

    (void)state;
    assert_int_equal(tps_metrics_tenant("acme"), first);
    tps_metrics_add(TPS_METRIC_APPRAISALS, first * TPS_TIERS + TPS_TIER_WARNING, 3);
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(name, sizeof(name), "tenant-%d", i);
        tps_metrics_add(TPS_METRIC_SESSIONS, tps_metrics_tenant(name), 1);
    }
    assert_told("tps_appraisals_total{tenant=\"acme\",tier=\"warning\"} 3");
    assert_told("tps_appraisals_total{tenant=\"acme\",tier=\"none\"} 0");
    assert_told("tps_sessions_begun_total{tenant=\"tenant-253\"} 1");
    assert_told("tps_sessions_begun_total{tenant=\"_other\"} 746");
    assert_not_told("tenant-254");
}

/* The tenants' numbers differ between processes: names make them one. */
static void processes_become_one(void **state)
{
    (void)state;
    tps_metrics_add(TPS_METRIC_SESSIONS, tps_metrics_tenant("a"), 1);
    tps_metrics_add(TPS_METRIC_SESSIONS, tps_metrics_tenant("b"), 2);
    tps_metrics_set(TPS_METRIC_STORE_UP, 0, 1);
    tps_metrics_set(TPS_METRIC_TENANTS, 0, 5);
    tps_metrics_set(TPS_METRIC_CONNECTIONS, 0, 10);
    tps_metrics_use(blocks, 3, 2);
    tps_metrics_sample_process();
    tps_metrics_add(TPS_METRIC_SESSIONS, tps_metrics_tenant("b"), 10);
    tps_metrics_add(TPS_METRIC_SESSIONS, tps_metrics_tenant("c"), 20);
    tps_metrics_set(TPS_METRIC_TENANTS, 0, 4);
    tps_metrics_set(TPS_METRIC_CONNECTIONS, 0, 1);
    assert_told("tps_sessions_begun_total{tenant=\"a\"} 1");
    assert_told("tps_sessions_begun_total{tenant=\"b\"} 12");
    assert_told("tps_sessions_begun_total{tenant=\"c\"} 20");
    assert_told("tps_store_up 0");
    assert_told("tps_tenants 5");
    assert_told("tps_http_connections 11");
    tps_metrics_set(TPS_METRIC_STORE_UP, 0, 1);
    assert_told("tps_store_up 1"); /* the block in between serves nobody, and says nothing */
}

static void what_a_process_counted_outlives_it(void **state)
{
    (void)state;
    tps_metrics_add(TPS_METRIC_SESSIONS, tps_metrics_tenant("a"), 1);
    tps_metrics_set(TPS_METRIC_CONNECTIONS, 0, 10);
    tps_metrics_use(blocks, 3, 0);
    assert_told("tps_sessions_begun_total{tenant=\"a\"} 1");
    assert_told("tps_http_connections 0");
}

static void a_counter_of_somebody_else_is_followed(void **state)
{
    uint64_t before = 0;

    (void)state;
    tps_metrics_follow(TPS_METRIC_TIMEOUTS, 0, &before, 3);
    tps_metrics_follow(TPS_METRIC_TIMEOUTS, 0, &before, 5);
    assert_told("tps_http_timeouts_total 5");
}

static void *count(void *unused)
{
    (void)unused;
    for (int i = 0; i < 10000; i++) {
        tps_metrics_observe_us(TPS_METRIC_COMMIT_SECONDS, 0, 100);
    }
    return NULL;
}

static void nothing_is_lost_between_threads(void **state)
{
    pthread_t threads[4];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_told("tps_commit_duration_seconds_count 40000");
    assert_told("tps_commit_duration_seconds_sum 4.0");
}

static void openmetrics_names_families_without_their_ends(void **state)
{
    char *text = text_of(true);

    (void)state;
    assert_non_null(strstr(text, "# TYPE tps_commits counter\n"));
    assert_non_null(strstr(text, "\ntps_commits_total{result=\"ok\"} 0\n"));
    assert_non_null(strstr(text, "# TYPE tps_build info\n"));
    assert_non_null(strstr(text, "\ntps_commit_group_size_bucket{le=\"1.0\"} 0\n"));
    assert_string_equal(text + strlen(text) - 6, "# EOF\n");
    free(text);
}

static void openmetrics_is_for_who_asks(void **state)
{
    (void)state;
#define WANTS(accept) tps_metrics_wants_open(TPS_SPAN_LITERAL(accept))
    assert_true(WANTS("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
    assert_true(WANTS("text/plain, application/openmetrics-text"));
    assert_false(WANTS("application/openmetrics-text;version=0.0.1;q=0.75,text/plain"));
    assert_false(WANTS("application/openmetrics-text;version=1.0.0;q=0"));
    assert_false(WANTS("*/*"));
    assert_false(WANTS(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(counters_and_gauges_are_told, begin, end),
        cmocka_unit_test_setup_teardown(requests_are_told_by_route_and_class, begin, end),
        cmocka_unit_test_setup_teardown(histograms_of_counts_have_whole_bounds, begin, end),
        cmocka_unit_test_setup_teardown(tenants_are_bounded, begin, end),
        cmocka_unit_test_setup_teardown(processes_become_one, begin, end),
        cmocka_unit_test_setup_teardown(what_a_process_counted_outlives_it, begin, end),
        cmocka_unit_test_setup_teardown(a_counter_of_somebody_else_is_followed, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_lost_between_threads, begin, end),
        cmocka_unit_test_setup_teardown(openmetrics_names_families_without_their_ends, begin, end),
        cmocka_unit_test(openmetrics_is_for_who_asks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
