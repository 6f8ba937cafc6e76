/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that are fetched: a provider on loopback that answers what each test wants, or nothing at all. */
#include "server/access/fetch.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "access_support.h"

#define REFRESH_MS 300u
#define RETRY_MS   30u
#define DEMAND_MS  500u
#define KEPT_MS    900u

/* ---- the provider ---- */

static struct {
    pthread_mutex_t lock;
    int listener;
    char base[64];
    char keys[4096];      /* what /keys answers */
    char discovery[4096]; /* what the discovery document is */
    int status;
    unsigned asked;  /* requests so far */
    bool is_silent;  /* it takes requests and says nothing */
    bool is_endless; /* it never stops to answer */
} provider = {.lock = PTHREAD_MUTEX_INITIALIZER, .status = 200};

static void say(int connection, const char *text)
{
    size_t size = strlen(text);

    while (size > 0) {
        ssize_t sent = send(connection, text, size, MSG_NOSIGNAL);
        if (sent <= 0) {
            return;
        }
        text += sent;
        size -= (size_t)sent;
    }
}

static void answer(int connection)
{
    static char body[4096];
    char head[256];
    char request[2048] = "";
    ssize_t size = recv(connection, request, sizeof request - 1, 0);
    bool endless;

    pthread_mutex_lock(&provider.lock);
    provider.asked++;
    strcpy(body, strstr(request, "/.well-known/openid-configuration ") != NULL ? provider.discovery
                                                                               : provider.keys);
    (void)snprintf(head, sizeof head, "HTTP/1.1 %d X\r\nLocation: %s/keys\r\nConnection: close\r\n\r\n",
                   provider.status, provider.base);
    endless = provider.is_endless;
    if (provider.is_silent || size <= 0) {
        pthread_mutex_unlock(&provider.lock);
        return;
    }
    pthread_mutex_unlock(&provider.lock);
    say(connection, head);
    say(connection, body);
    for (unsigned i = 0; endless && i < 400; i++) {
        char filler[1024];

        memset(filler, ' ', sizeof filler - 1);
        filler[sizeof filler - 1] = '\0';
        say(connection, filler);
    }
}

static void *serve(void *context)
{
    (void)context;
    for (;;) {
        int connection = accept(provider.listener, NULL, NULL);

        if (connection < 0) {
            return NULL;
        }
        answer(connection);
        (void)close(connection);
    }
}

static int set_up(void **state)
{
    static const char *const proxies[] = {"https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    pthread_t thread;

    (void)state;
    for (size_t i = 0; i < sizeof proxies / sizeof proxies[0]; i++) {
        (void)unsetenv(proxies[i]);
    }
    tps_keys_set_times(REFRESH_MS, RETRY_MS, DEMAND_MS, KEPT_MS);
    provider.listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(provider.listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(provider.listener, 16) != 0 ||
        getsockname(provider.listener, (struct sockaddr *)&address, &size) != 0) {
        return 1;
    }
    (void)snprintf(provider.base, sizeof provider.base, "http://127.0.0.1:%u", ntohs(address.sin_port));
    return pthread_create(&thread, NULL, serve, NULL) != 0 || pthread_detach(thread) != 0;
}

/* What the provider answers from now on. Each test has issuers of its own (a path), so none meets another's.
 */
static void answers(int status, const char *keys, const char *issuer, const char *jwks_uri)
{
    pthread_mutex_lock(&provider.lock);
    provider.status = status;
    provider.is_silent = false;
    provider.is_endless = false;
    strcpy(provider.keys, keys);
    (void)snprintf(provider.discovery, sizeof provider.discovery,
                   "{\"issuer\":\"%s\",\"jwks_uri\":\"%s\",\"scopes_supported\":[\"openid\"]}", issuer,
                   jwks_uri);
    pthread_mutex_unlock(&provider.lock);
}

static unsigned times_asked(void)
{
    unsigned asked;

    pthread_mutex_lock(&provider.lock);
    asked = provider.asked;
    pthread_mutex_unlock(&provider.lock);
    return asked;
}

static void wait_ms(unsigned ms)
{
    struct timespec pause = {ms / 1000, (long)(ms % 1000) * 1000000};

    (void)nanosleep(&pause, NULL);
}

/* ---- what is seen of a source ---- */

static char set[2][4096]; /* key sets of one and of two keys */

static tps_key_source *open_source(const char *path, const char *jwks_path)
{
    char issuer[128];
    char uri[128];
    tps_key_source *source;

    (void)snprintf(issuer, sizeof issuer, "%s%s", provider.base, path);
    (void)snprintf(uri, sizeof uri, "%s%s", provider.base, jwks_path == NULL ? "" : jwks_path);
    assert_status(tps_key_source_open(issuer, jwks_path == NULL ? NULL : uri, &source), TPS_OK);
    return source;
}

/* How many keys there are now; 0: none. */
static size_t count_of(tps_key_source *source)
{
    tps_jwks *keys;
    size_t count = tps_key_source_keys(source, &keys) == TPS_OK ? tps_jwks_count(keys) : 0;

    tps_jwks_release(keys);
    return count;
}

static void await_count(tps_key_source *source, size_t count)
{
    for (unsigned i = 0; i < 500 && count_of(source) != count; i++) {
        wait_ms(10);
    }
    assert_int_equal(count_of(source), count);
}

static void await_fault(tps_key_source *source, tps_status expected, const char *words)
{
    const char *text = "";
    tps_status status = TPS_OK;

    for (unsigned i = 0; i < 500 && (status != expected || strstr(text, words) == NULL); i++) {
        wait_ms(10);
        status = tps_key_source_state(source, &text);
    }
    assert_status(status, expected);
    assert_non_null(strstr(text, words));
}

static void make_sets(void)
{
    issuer_key keys[2] = {issuer_key_make("ES256", "one"), issuer_key_make("EdDSA", "two")};

    issuer_jwks(keys, 1, set[0], sizeof set[0]);
    issuer_jwks(keys, 2, set[1], sizeof set[1]);
    issuer_key_end(&keys[0]);
    issuer_key_end(&keys[1]);
}

/* ---- tests ---- */

static void keys_come_from_the_uri_that_is_given(void **state)
{
    tps_key_source *source;
    tps_key_source *same;

    (void)state;
    answers(200, set[0], "", "");
    source = open_source("/a", "/keys");
    same = open_source("/a", "/keys");
    assert_ptr_equal(source, same);
    await_count(source, 1);
    tps_key_source_close(same);
    assert_int_equal(count_of(source), 1);
    answers(200, set[1], "", ""); /* fetched anew before they are old */
    await_count(source, 2);
    tps_key_source_close(source);
    tps_key_source_close(NULL);
}

static void keys_are_found_by_discovery_of_the_very_issuer(void **state)
{
    char issuer[128];
    char uri[128];
    tps_key_source *source;

    (void)state;
    (void)snprintf(issuer, sizeof issuer, "%s/b", provider.base);
    (void)snprintf(uri, sizeof uri, "%s/keys", provider.base);
    answers(200, set[1], "https://idp.example", uri);
    source = open_source("/b", NULL);
    await_fault(source, TPS_SERVER_BAD_KEY_SET, "another issuer");
    assert_int_equal(count_of(source), 0);
    answers(200, set[1], issuer, "http://192.0.2.1/keys");
    await_fault(source, TPS_SERVER_BAD_KEY_SET, "no https URL");
    answers(200, set[1], issuer, "file:///etc/passwd");
    await_fault(source, TPS_SERVER_BAD_KEY_SET, "no https URL");
    answers(200, set[1], issuer, uri);
    await_count(source, 2);
    tps_key_source_close(source);
}

static void the_last_good_keys_count_while_the_provider_is_away_and_not_for_ever(void **state)
{
    tps_key_source *source;

    (void)state;
    answers(200, set[0], "", "");
    source = open_source("/c", "/keys");
    await_count(source, 1);
    answers(500, "{}", "", "");
    await_fault(source, TPS_SERVER_ISSUER_AWAY, "status 200");
    assert_int_equal(count_of(source), 1);
    answers(200, "{\"keys\":[]}", "", "");
    await_fault(source, TPS_SERVER_BAD_KEY_SET, "none of its keys");
    assert_int_equal(count_of(source), 1);
    await_count(source, 0); /* KEPT_MS after the last success */
    answers(200, set[1], "", "");
    await_count(source, 2);
    tps_key_source_close(source);
}

static void redirects_and_answers_without_end_are_no_keys(void **state)
{
    tps_key_source *source;

    (void)state;
    answers(302, set[0], "", "");
    source = open_source("/d", "/keys");
    await_fault(source, TPS_SERVER_ISSUER_AWAY, "status 200");
    answers(200, set[0], "", "");
    pthread_mutex_lock(&provider.lock);
    provider.is_endless = true;
    pthread_mutex_unlock(&provider.lock);
    await_fault(source, TPS_SERVER_ISSUER_AWAY, "too large");
    answers(200, "<html>", "", "");
    await_fault(source, TPS_SERVER_BAD_KEY_SET, "");
    assert_int_equal(count_of(source), 0);
    tps_key_source_close(source);
}

static void an_unknown_key_asks_anew_and_not_again_at_once(void **state)
{
    tps_key_source *source;
    unsigned asked;
    unsigned granted = 0;

    (void)state;
    answers(200, set[0], "", "");
    tps_keys_set_times(60000, RETRY_MS, DEMAND_MS, 120000);
    source = open_source("/e", "/keys");
    await_count(source, 1);
    asked = times_asked();
    answers(200, set[1], "", "");
    assert_true(tps_key_source_demand(source));
    await_count(source, 2);
    for (unsigned i = 0; i < 20; i++) {
        granted += tps_key_source_demand(source);
        wait_ms(1);
    }
    assert_int_equal(granted, 0);
    assert_int_equal(times_asked(), asked + 1);
    wait_ms(DEMAND_MS);
    assert_true(tps_key_source_demand(source));
    tps_key_source_close(source);
    tps_keys_set_times(REFRESH_MS, RETRY_MS, DEMAND_MS, KEPT_MS);
}

static void one_provider_that_is_slow_delays_no_other(void **state)
{
    tps_key_source *slow;
    tps_key_source *other;

    (void)state;
    answers(200, set[0], "", "");
    /* Nobody accepts at this one: its connection waits. */
    slow = NULL;
    {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t size = sizeof address;
        int silent = socket(AF_INET, SOCK_STREAM, 0);
        char issuer[64];

        assert_int_equal(bind(silent, (struct sockaddr *)&address, sizeof address), 0);
        assert_int_equal(listen(silent, 1), 0);
        assert_int_equal(getsockname(silent, (struct sockaddr *)&address, &size), 0);
        (void)snprintf(issuer, sizeof issuer, "http://127.0.0.1:%u", ntohs(address.sin_port));
        assert_status(tps_key_source_open(issuer, NULL, &slow), TPS_OK);
        wait_ms(50);
        other = open_source("/f", "/keys");
        await_count(other, 1);
        assert_int_equal(count_of(slow), 0);
        assert_true(tps_key_source_demand(slow)); /* it is under way */
        tps_key_source_close(slow);
        tps_key_source_close(other);
        (void)close(silent);
    }
}

/* Whatever a tenant's administrator names: not what listens on this machine, nor its link. */
static void an_address_that_leads_here_by_another_name_is_not_connected_to(void **state)
{
    static const char *const hosts[] = {"0.0.0.0", "[::ffff:127.0.0.1]", "[::]"};
    const char *port = strrchr(provider.base, ':');
    unsigned asked = times_asked();

    (void)state;
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        char issuer[64];
        tps_key_source *source;

        (void)snprintf(issuer, sizeof issuer, "https://%s%s", hosts[i], port);
        assert_status(tps_key_source_open(issuer, NULL, &source), TPS_OK);
        await_fault(source, TPS_SERVER_ISSUER_AWAY, "connect");
        tps_key_source_close(source);
    }
    wait_ms(50);
    assert_int_equal(times_asked(), asked);
}

static void urls_that_keys_may_come_from(void **state)
{
    static const char *const good[] = {"https://idp.example", "https://idp.example:8443/realms/a",
                                       "http://127.0.0.1:80", "http://127.8.9.1/x",
                                       "http://localhost:1",  "http://[::1]:8080/"};
    static const char *const bad[] = {"",
                                      "idp.example",
                                      "http://idp.example",
                                      "http://127.0.0.1.example",
                                      "http://localhost.example",
                                      "http://10.0.0.1",
                                      "http://[::2]",
                                      "ftp://idp.example",
                                      "file:///etc/passwd",
                                      "https://user@idp.example",
                                      "https://idp.example?x",
                                      "https://idp.example#x",
                                      "https://",
                                      "https:// idp.example",
                                      "https://idp.example/\n",
                                      "HTTPS://idp.example",
                                      "https://idp.example\\@127.0.0.1"};
    char large[TPS_KEYS_URL_MAX + 2];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(tps_keys_url_is_allowed(good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        tps_key_source *source;

        assert_false(tps_keys_url_is_allowed(bad[i]));
        assert_status(tps_key_source_open(bad[i], NULL, &source), TPS_BAD_ARGUMENT);
        assert_status(tps_key_source_open("https://idp.example", bad[i], &source), TPS_BAD_ARGUMENT);
        assert_null(source);
    }
    memset(large, 'a', sizeof large);
    memcpy(large, "https://a.", 10);
    large[sizeof large - 1] = '\0';
    assert_false(tps_keys_url_is_allowed(large));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_come_from_the_uri_that_is_given),
        cmocka_unit_test(keys_are_found_by_discovery_of_the_very_issuer),
        cmocka_unit_test(the_last_good_keys_count_while_the_provider_is_away_and_not_for_ever),
        cmocka_unit_test(redirects_and_answers_without_end_are_no_keys),
        cmocka_unit_test(an_unknown_key_asks_anew_and_not_again_at_once),
        cmocka_unit_test(one_provider_that_is_slow_delays_no_other),
        cmocka_unit_test(an_address_that_leads_here_by_another_name_is_not_connected_to),
        cmocka_unit_test(urls_that_keys_may_come_from),
    };

    make_sets();
    return cmocka_run_group_tests(tests, set_up, NULL);
}
