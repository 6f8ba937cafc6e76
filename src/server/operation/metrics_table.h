/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file metrics_table.h
 * The table of all metrics: X(ID, name, kind, labels, combine, values, help).
 *
 * `labels` says which labels a metric has and in which order its values stand; `combine` how the values of
 * several processes become one (SUM, MAX for times and states that each tells alike, MIN for what must be so
 * in each); `values` is how many numbers it takes: one for each combination of labels, for histograms so many
 * times the buckets and two more (sum, count). Alerts that rest on these names: packaging/alerts.md.
 */
#ifndef TPS_SERVER_OPERATION_METRICS_TABLE_H
#define TPS_SERVER_OPERATION_METRICS_TABLE_H

#define TPS_METRICS_ROUTES_MAX  96u  /**< the last is "other": requests that no route fits */
#define TPS_METRICS_TENANTS_MAX 256u /**< the last is "_other" */

/** Upper bounds of buckets, in microseconds; beyond the last there is +Inf. */
#define TPS_METRICS_SECONDS                                                                             \
    {                                                                                                   \
        100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, \
            5000000, 10000000                                                                           \
    }
/** Upper bounds of buckets of counts. */
#define TPS_METRICS_COUNTS                                                          \
    {                                                                               \
        1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768 \
    }
#define TPS_METRICS_BUCKETS   17u /**< of either, with +Inf */
#define TPS_METRICS_HISTOGRAM (TPS_METRICS_BUCKETS + 2u)

/* What the labels' values are. */
enum { TPS_CLASS_1XX, TPS_CLASS_2XX, TPS_CLASS_3XX, TPS_CLASS_4XX, TPS_CLASS_5XX, TPS_CLASSES };
enum { TPS_RESULT_OK, TPS_RESULT_FAILED, TPS_RESULTS };
enum { TPS_TIER_NONE, TPS_TIER_AFFIRMING, TPS_TIER_WARNING, TPS_TIER_CONTRAINDICATED, TPS_TIERS };
enum { TPS_REFUSED_USED, TPS_REFUSED_PASSED, TPS_REFUSED_UNKNOWN, TPS_REFUSED_FORM, TPS_REFUSALS };
enum { TPS_QUEUE_READ, TPS_QUEUE_WRITE, TPS_QUEUES };
enum { TPS_LIMIT_CLIENT, TPS_LIMIT_TENANT, TPS_LIMITS };
enum {
    TPS_DENIED_MISSING,
    TPS_DENIED_UNKNOWN,
    TPS_DENIED_EXPIRED,
    TPS_DENIED_SCOPE,
    TPS_DENIED_MALFORMED,
    TPS_DENIALS
};

#define TPS_METRICS_LIST(X)                                                                                  \
    X(BUILD_INFO, "tps_build_info", GAUGE, VERSION, MAX, 1, "The program's version; always 1.")              \
    X(REQUESTS, "tps_http_requests_total", COUNTER, ROUTE_CLASS, SUM, TPS_METRICS_ROUTES_MAX *TPS_CLASSES,   \
      "Requests that were answered, by method, route and class of the status.")                              \
    X(REQUEST_SECONDS, "tps_http_request_duration_seconds", SECONDS, ROUTE, SUM,                             \
      TPS_METRICS_ROUTES_MAX *TPS_METRICS_HISTOGRAM,                                                         \
      "From a request's last byte to its answer, commits included.")                                         \
    X(IN_PROGRESS, "tps_http_requests_in_progress", GAUGE, NONE, SUM, 1,                                     \
      "Requests that wait for an answer.")                                                                   \
    X(CONNECTIONS, "tps_http_connections", GAUGE, NONE, SUM, 1, "Open connections.")                         \
    X(CONNECTIONS_TOTAL, "tps_http_connections_total", COUNTER, NONE, SUM, 1,                                \
      "Connections that were accepted.")                                                                     \
    X(CONNECTIONS_REFUSED, "tps_http_connections_refused_total", COUNTER, NONE, SUM, 1,                      \
      "Connections that were turned away, as all were taken.")                                               \
    X(CONNECTIONS_EVICTED, "tps_http_connections_evicted_total", COUNTER, NONE, SUM, 1,                      \
      "Connections that were closed to make room for a new one.")                                            \
    X(BYTES_RECEIVED, "tps_http_received_bytes_total", COUNTER, NONE, SUM, 1, "Bytes of requests.")          \
    X(BYTES_SENT, "tps_http_sent_bytes_total", COUNTER, NONE, SUM, 1, "Bytes of answers.")                   \
    X(TIMEOUTS, "tps_http_timeouts_total", COUNTER, NONE, SUM, 1,                                            \
      "Requests, handshakes and answers that took longer than their deadline.")                              \
    X(HANDSHAKES, "tps_tls_handshakes_total", COUNTER, RESULT, SUM, TPS_RESULTS, "TLS handshakes.")          \
    X(CERTIFICATE_EXPIRY, "tps_tls_certificate_expiry_timestamp_seconds", GAUGE, NONE, MIN, 1,               \
      "When the server's certificate ends, in seconds since 1970; 0 without TLS.")                           \
    X(RATE_LIMITED, "tps_rate_limited_total", COUNTER, LIMIT, SUM, TPS_LIMITS,                               \
      "Requests that were answered 429, by whose rate it was.")                                              \
    X(AUTH_FAILURES, "tps_auth_failures_total", COUNTER, DENIAL, SUM, TPS_DENIALS,                           \
      "Requests that were answered 401 or 403, by why.")                                                     \
    X(SESSIONS, "tps_sessions_begun_total", COUNTER, TENANT, SUM, TPS_METRICS_TENANTS_MAX,                   \
      "Challenge-response sessions that were begun.")                                                        \
    X(NONCES_REFUSED, "tps_nonces_refused_total", COUNTER, REFUSAL, SUM, TPS_REFUSALS,                       \
      "Evidence or nonces that were refused, as the nonce was used, its time has passed, or it is none.")    \
    X(APPRAISALS, "tps_appraisals_total", COUNTER, TENANT_TIER, SUM, TPS_METRICS_TENANTS_MAX *TPS_TIERS,     \
      "Appraisals by tenant and status of the whole.")                                                       \
    X(APPRAISAL_SECONDS, "tps_appraisal_duration_seconds", SECONDS, NONE, SUM, TPS_METRICS_HISTOGRAM,        \
      "Time of CPU of one appraisal.")                                                                       \
    X(ENDORSEMENTS, "tps_endorsements_submitted_total", COUNTER, RESULT, SUM, TPS_RESULTS,                   \
      "Endorsements that were submitted: taken, or refused.")                                                \
    X(COMMITS, "tps_commits_total", COUNTER, RESULT, SUM, TPS_RESULTS, "Commits of the store's writer.")     \
    X(COMMIT_GROUP, "tps_commit_group_size", COUNTS, NONE, SUM, TPS_METRICS_HISTOGRAM,                       \
      "Requests that one commit answered.")                                                                  \
    X(COMMIT_SECONDS, "tps_commit_duration_seconds", SECONDS, NONE, SUM, TPS_METRICS_HISTOGRAM,              \
      "From a group's first operation to the end of its commit.")                                            \
    X(QUEUE_DEPTH, "tps_queue_depth", GAUGE, QUEUE, SUM, TPS_QUEUES, "Jobs that wait for the store.")        \
    X(QUEUE_REFUSED, "tps_queue_refused_total", COUNTER, QUEUE, SUM, TPS_QUEUES,                             \
      "Jobs that were refused, as the queue was full.")                                                      \
    X(STORE_UP, "tps_store_up", GAUGE, NONE, MIN, 1, "1 where the store answered last, 0 where it is away.") \
    X(STORE_FAILURES, "tps_store_failures_total", COUNTER, NONE, SUM, 1,                                     \
      "Operations of the store that failed.")                                                                \
    X(LOADS, "tps_loads_total", COUNTER, RESULT, SUM, TPS_RESULTS, "Tenants that were loaded anew.")         \
    X(LOAD_SECONDS, "tps_load_duration_seconds", SECONDS, NONE, SUM, TPS_METRICS_HISTOGRAM,                  \
      "Time to load a tenant anew.")                                                                         \
    X(KNOWLEDGE, "tps_knowledge_timestamp_seconds", GAUGE, NONE, MIN, 1,                                     \
      "When what is served was last known to be in step with the store, in seconds since 1970.")             \
    X(TENANTS, "tps_tenants", GAUGE, NONE, MAX, 1, "Tenants that are loaded.")                               \
    X(AUDIT_ENTRIES, "tps_audit_entries_total", COUNTER, NONE, SUM, 1,                                       \
      "Entries that were put into audit logs, those of commits that failed included.")                       \
    X(AUDIT_CHECKPOINTS, "tps_audit_checkpoints_total", COUNTER, RESULT, SUM, TPS_RESULTS,                   \
      "Checkpoints of audit logs: made, or failed.")                                                         \
    X(LOG_DROPPED, "tps_log_lines_dropped_total", COUNTER, NONE, SUM, 1,                                     \
      "Lines of log that were dropped, as nobody read them.")                                                \
    X(LOG_HELD_BACK, "tps_log_lines_held_back_total", COUNTER, NONE, SUM, 1,                                 \
      "Lines of log that were held back as repetitions.")                                                    \
    X(RELOADS, "tps_config_reloads_total", COUNTER, RESULT, SUM, TPS_RESULTS,                                \
      "Reloads of configuration and certificate.")                                                           \
    X(WORKERS, "tps_workers", GAUGE, NONE, SUM, 1, "Processes that serve.")                                  \
    X(WORKER_RESTARTS, "tps_worker_restarts_total", COUNTER, NONE, SUM, 1,                                   \
      "Processes that died and were started again.")                                                         \
    X(MEMORY, "process_resident_memory_bytes", GAUGE, NONE, SUM, 1, "Resident memory.")                      \
    X(DESCRIPTORS, "process_open_fds", GAUGE, NONE, SUM, 1, "Open file descriptors.")                        \
    X(DESCRIPTORS_MAX, "process_max_fds", GAUGE, NONE, SUM, 1, "The most file descriptors there may be.")    \
    X(CPU, "process_cpu_seconds_total", MICROSECONDS, NONE, SUM, 1, "Time of CPU, user and system.")         \
    X(START, "process_start_time_seconds", GAUGE, NONE, MAX, 1,                                              \
      "When the process was started, in seconds since 1970.")

#endif
