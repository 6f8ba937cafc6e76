/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log: an entry for each change and none without, in one transaction; what entries tell, and what
 * they keep to themselves; checkpoints. */
#include "support/check.h"

#include <unistd.h>

#include "server/audit/audit.h"
#include "server/audit/checkpoint.h"
#include "server/audit/lines.h"
#include "store/sqlite/sqlite_store.h"

#define NOW 1700000000

static char folder[] = "/tmp/tps-audit-XXXXXX";
static char path[64];
static tps_audit_origin origin;
static tps_audit_note note = {.origin = &origin, .now = NOW};
static tps_store *store;
static int64_t acme;

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    char command[96];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

static int64_t make_tenant(const char *name)
{
    tps_store_tenant tenant = {.settings = TPS_SPAN_LITERAL("{}")};
    int64_t id = 0;

    (void)snprintf(tenant.name, sizeof(tenant.name), "%s", name);
    assert_status(tps_audit_create_tenant(store, &tenant, &note, &id), TPS_OK);
    return id;
}

static int begin(void **state)
{
    static unsigned number;
    char why[200] = "";

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/%u.db", folder, number++);
    if (tps_sqlite_store_open(path, &store, why, sizeof(why)) != TPS_OK) {
        fail_msg("cannot open the store: %s", why);
    }
    origin = tps_audit_origin_make("token", "ci", "192.0.2.7", "4bf92f35");
    note = (tps_audit_note){.origin = &origin, .now = NOW};
    acme = make_tenant("acme");
    return 0;
}

static int end(void **state)
{
    (void)state;
    store->ops->close(store);
    return 0;
}

/* ---- what the log says ---- */

static char last_entry[TPS_STORE_AUDIT_ENTRY_MAX + 1];
static int64_t last_sequence;

static tps_status see(void *context, const tps_store_audit_entry *entry)
{
    (void)context;
    memcpy(last_entry, entry->entry.data, entry->entry.size);
    last_entry[entry->entry.size] = '\0';
    last_sequence = entry->sequence;
    return TPS_OK;
}

static int64_t look_at(int64_t tenant)
{
    last_sequence = 0;
    last_entry[0] = '\0';
    assert_true(tps_audit_last(store, tenant, see, NULL) == TPS_OK || last_sequence == 0);
    return last_sequence;
}

static tps_store_item item_of(uint32_t kind, const char *name, const char *body)
{
    return (tps_store_item){.kind = kind,
                            .name = tps_span_of_text(name),
                            .attributes = TPS_SPAN_LITERAL("{\"secret\":\"attribute\"}"),
                            .body = tps_span_of_text(body)};
}

static void put(uint32_t kind, const char *name, const char *body, int64_t expected)
{
    tps_store_item item = item_of(kind, name, body);

    assert_status(tps_audit_put_item(store, acme, &item, expected, &note, NULL), TPS_OK);
}

/* ---- entries ---- */

static void a_tenants_first_entry_is_that_it_was_made(void **state)
{
    (void)state;
    assert_int_equal(look_at(acme), 1);
    assert_string_equal(last_entry,
                        "{\"by\":{\"kind\":\"token\",\"name\":\"ci\"},\"event\":\"tenant.created\","
                        "\"from\":\"192.0.2.7\",\"request\":\"4bf92f35\","
                        "\"what\":{\"name\":\"acme\",\"settings\":\"{}\"}}");
}

static void an_entry_names_what_was_changed_by_its_digest(void **state)
{
    (void)state;
    put(TPS_STORE_ANCHOR, "anchor", "abc", TPS_STORE_NONE);
    assert_int_equal(look_at(acme), 2);
    assert_non_null(strstr(last_entry, "\"event\":\"anchor.added\""));
    assert_non_null(strstr(last_entry,
                           "\"body_sha256\":\"ba7816bf8f01cfea414140de5dae2223"
                           "b00361a396177a9cb410ff61f20015ad\",\"body_size\":3,\"name\":\"anchor\""));
}

static void what_was_there_is_changed_and_what_was_not_is_added(void **state)
{
    int64_t sequence = 0;
    tps_store_item item = item_of(TPS_STORE_POLICY, "p", "return 1");

    (void)state;
    assert_status(tps_audit_put_item(store, acme, &item, TPS_STORE_ANY, &note, &sequence), TPS_OK);
    (void)look_at(acme);
    assert_non_null(strstr(last_entry, "policy.added"));
    assert_status(tps_audit_put_item(store, acme, &item, TPS_STORE_ANY, &note, &sequence), TPS_OK);
    (void)look_at(acme);
    assert_non_null(strstr(last_entry, "policy.changed"));
    assert_status(tps_audit_put_item(store, acme, &item, sequence, &note, NULL), TPS_OK);
    (void)look_at(acme);
    assert_non_null(strstr(last_entry, "policy.changed"));
    assert_status(tps_audit_remove_item(store, acme, TPS_STORE_POLICY, item.name, TPS_STORE_ANY, &note),
                  TPS_OK);
    assert_int_equal(look_at(acme), 5);
    assert_non_null(strstr(last_entry, "policy.removed"));
}

static void bodies_of_keys_and_tokens_are_not_told_even_by_digest(void **state)
{
    static const uint32_t kinds[] = {TPS_STORE_RESULT_KEY, TPS_STORE_TOKEN};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        put(kinds[i], "k", "secret", TPS_STORE_NONE);
        (void)look_at(acme);
        assert_null(strstr(last_entry, "body"));
        assert_null(strstr(last_entry, "secret"));
    }
}

static void attributes_are_not_told(void **state)
{
    (void)state;
    put(TPS_STORE_ADMINISTRATOR, "ann", "", TPS_STORE_NONE);
    (void)look_at(acme);
    assert_null(strstr(last_entry, "attribute\""));
}

static void what_changed_nothing_leaves_no_entry(void **state)
{
    tps_store_item item = item_of(TPS_STORE_ANCHOR, "anchor", "abc");
    tps_store_tenant again = {.name = "acme", .settings = TPS_SPAN_LITERAL("{}")};

    (void)state;
    put(TPS_STORE_ANCHOR, "anchor", "abc", TPS_STORE_NONE);
    assert_status(tps_audit_put_item(store, acme, &item, TPS_STORE_NONE, &note, NULL), TPS_STORE_EXISTS);
    assert_status(tps_audit_put_item(store, acme, &item, 99999, &note, NULL), TPS_STORE_CHANGED);
    assert_status(tps_audit_remove_item(store, acme, TPS_STORE_CRL, item.name, TPS_STORE_ANY, &note),
                  TPS_NOT_FOUND);
    assert_status(tps_audit_set_settings(store, "acme", item.attributes, 99999, &note), TPS_STORE_CHANGED);
    assert_status(tps_audit_set_settings(store, "nobody", item.attributes, TPS_STORE_ANY, &note),
                  TPS_NOT_FOUND);
    assert_status(tps_audit_create_tenant(store, &again, &note, NULL), TPS_STORE_EXISTS);
    assert_int_equal(look_at(acme), 2);
}

static void a_change_and_its_entry_are_there_together_or_not_at_all(void **state)
{
    tps_store_item item = item_of(TPS_STORE_ANCHOR, "anchor", "abc");

    (void)state;
    assert_status(store->ops->begin_group(store), TPS_OK);
    assert_status(tps_audit_put_item(store, acme, &item, TPS_STORE_NONE, &note, NULL), TPS_OK);
    store->ops->abandon_group(store);
    assert_int_equal(look_at(acme), 1);
    assert_status(tps_audit_put_item(store, acme, &item, TPS_STORE_NONE, &note, NULL), TPS_OK);
    assert_int_equal(look_at(acme), 2);
}

static void an_entry_that_cannot_be_is_a_failure_and_no_answer(void **state)
{
    tps_audit_detail details[TPS_AUDIT_DETAILS_MAX + 1];
    tps_audit_detail bad = {"Upper", TPS_SPAN_LITERAL("x")};
    tps_audit_detail taken = {"name", TPS_SPAN_LITERAL("x")};
    tps_store_item item = item_of(TPS_STORE_ANCHOR, "anchor", "abc");

    (void)state;
    for (size_t i = 0; i <= TPS_AUDIT_DETAILS_MAX; i++) {
        static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g"};
        details[i] = (tps_audit_detail){names[i], TPS_SPAN_LITERAL("x")};
    }
    note.details = details;
    note.detail_count = TPS_AUDIT_DETAILS_MAX + 1;
    assert_status(tps_audit_append(store, acme, TPS_AUDIT_KEY_ADDED, &note), TPS_STORE_FAILED);
    note.details = &bad;
    note.detail_count = 1;
    assert_status(tps_audit_append(store, acme, TPS_AUDIT_KEY_ADDED, &note), TPS_STORE_FAILED);
    assert_status(tps_audit_append(store, 777, TPS_AUDIT_KEY_ADDED, &note), TPS_STORE_FAILED);
    assert_status(tps_audit_append(store, acme, TPS_AUDIT_EVENT_COUNT, &note), TPS_STORE_FAILED);
    note.details = &taken;
    assert_status(store->ops->begin_group(store), TPS_OK);
    assert_status(tps_audit_put_item(store, acme, &item, TPS_STORE_NONE, &note, NULL), TPS_STORE_FAILED);
    store->ops->abandon_group(store);
    assert_int_equal(look_at(acme), 1);
}

static void texts_have_one_form_and_their_bounds(void **state)
{
    char text[TPS_AUDIT_TEXT_MAX + 3] = "";
    tps_audit_detail details[] = {{"subject", TPS_SPAN_EMPTY},
                                  {"long", tps_span_make(text, sizeof(text) - 1)},
                                  {"text", TPS_SPAN_LITERAL("a\nb\x01\x7f\"\\\xff\xc3\xa9")}};

    (void)state;
    memset(text, 'x', sizeof(text));
    text[TPS_AUDIT_TEXT_MAX - 1] = (char)0xc3; /* a character that the bound would cut */
    text[TPS_AUDIT_TEXT_MAX] = (char)0xa9;
    note.details = details;
    note.detail_count = 3;
    assert_status(tps_audit_append(store, acme, TPS_AUDIT_KEY_CHANGED, &note), TPS_OK);
    (void)look_at(acme);
    assert_non_null(strstr(last_entry, "xx\",\"subject\":\"\",\"text\":\"a b  \\\"\\\\\\ufffd\xc3\xa9\"}}"));
    assert_null(strstr(last_entry, "\xc3\","));
}

static void settings_are_told_before_and_after_or_by_digest(void **state)
{
    char large[3000];

    (void)state;
    assert_status(
        tps_audit_set_settings(store, "acme", TPS_SPAN_LITERAL("{\"open\":true}"), TPS_STORE_ANY, &note),
        TPS_OK);
    (void)look_at(acme);
    assert_non_null(strstr(last_entry, "\"what\":{\"after\":\"{\\\"open\\\":true}\",\"before\":\"{}\"}"));
    memset(large, ' ', sizeof(large));
    memcpy(large, "{}", 2);
    assert_status(tps_audit_set_settings(store, "acme", TPS_SPAN_OF(large), TPS_STORE_ANY, &note), TPS_OK);
    (void)look_at(acme);
    assert_non_null(strstr(last_entry, "\"after\":\"sha256:"));
}

static void a_removed_tenants_end_is_told_in_the_default_tenants_log(void **state)
{
    int64_t standing = make_tenant("default");

    (void)state;
    put(TPS_STORE_ANCHOR, "anchor", "abc", TPS_STORE_NONE);
    assert_status(tps_audit_remove_tenant(store, "acme", &note), TPS_OK);
    assert_int_equal(look_at(standing), 2);
    assert_non_null(strstr(last_entry, "\"event\":\"tenant.removed\""));
    assert_non_null(strstr(last_entry, "\"last_sequence\":2,\"name\":\"acme\""));
    assert_status(tps_audit_remove_tenant(store, "default", &note), TPS_BAD_ARGUMENT);
    assert_status(tps_audit_remove_tenant(store, "acme", &note), TPS_NOT_FOUND);
}

static void names_are_cut_at_whole_characters(void **state)
{
    char name[TPS_AUDIT_NAME_SIZE + 8];
    tps_audit_origin made;

    (void)state;
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    memcpy(name + TPS_AUDIT_NAME_SIZE - 2, "\xe2\x82\xac", 3);
    made = tps_audit_origin_make("oidc", name, NULL, NULL);
    assert_int_equal(strlen(made.name), TPS_AUDIT_NAME_SIZE - 2);
    assert_string_equal(tps_audit_origin_local().kind, "command line");
    assert_true(tps_audit_origin_local().name[0] != '\0');
}

static void the_last_entry_is_found_in_chains_of_any_length(void **state)
{
    (void)state;
    for (int64_t i = 2; i <= 70; i++) {
        assert_status(tps_audit_append(store, acme, TPS_AUDIT_KEY_CHANGED, &note), TPS_OK);
        assert_int_equal(look_at(acme), i);
    }
    assert_int_equal(look_at(12345), 0);
}

/* ---- checkpoints ---- */

static tps_result_keys ring_of(tps_crypto_key *key)
{
    tps_result_keys ring = {.count = 0};

    assert_status(tps_result_keys_add(&ring, key, 0), TPS_OK);
    return ring;
}

static void a_checkpoint_names_the_entry_before_and_is_made_once(void **state)
{
    tps_crypto_key *key = NULL;
    tps_audit_checkpoint_parts parts;
    char text[TPS_AUDIT_CHECKPOINT_MAX];
    size_t size = 0;
    int64_t sequence = 0;
    tps_result_keys ring;
    bool made = false;

    (void)state;
    assert_status(tps_crypto_key_generate(TPS_CURVE_P256, &key), TPS_OK);
    ring = ring_of(key);
    assert_status(tps_audit_checkpoint_last(store, acme, &sequence, TPS_BUF_OF(text), &size), TPS_NOT_FOUND);
    assert_status(tps_audit_checkpoint_append(store, acme, "acme", &ring, NOW, &made), TPS_OK);
    assert_true(made);
    assert_status(tps_audit_checkpoint_append(store, acme, "acme", &ring, NOW + 1, &made), TPS_OK);
    assert_false(made);
    assert_int_equal(look_at(acme), 2);
    assert_status(tps_audit_checkpoint_last(store, acme, &sequence, TPS_BUF_OF(text), &size), TPS_OK);
    assert_int_equal(sequence, 2);
    assert_status(tps_audit_checkpoint_read(tps_span_make(text, size), &parts), TPS_OK);
    assert_int_equal(parts.says.sequence, 1);
    assert_int_equal(parts.says.time, NOW);
    assert_string_equal(parts.says.tenant, "acme");
    assert_string_equal(parts.key_id, ring.keys[0].id);
    assert_status(tps_jws_verify(&parts.jws, key), TPS_OK);
    tps_crypto_key_free(key);
}

static void the_newest_checkpoint_is_found_behind_many_entries(void **state)
{
    tps_crypto_key *key = NULL;
    char text[TPS_AUDIT_CHECKPOINT_MAX];
    size_t size = 0;
    int64_t sequence = 0;
    tps_result_keys ring;
    bool made;

    (void)state;
    assert_status(tps_crypto_key_generate(TPS_CURVE_P256, &key), TPS_OK);
    ring = ring_of(key);
    for (int i = 0; i < 200; i++) {
        assert_status(tps_audit_append(store, acme, TPS_AUDIT_KEY_CHANGED, &note), TPS_OK);
        if (i == 3 || i == 10) {
            assert_status(tps_audit_checkpoint_append(store, acme, "acme", &ring, NOW, &made), TPS_OK);
        }
    }
    assert_status(tps_audit_checkpoint_last(store, acme, &sequence, TPS_BUF_OF(text), &size), TPS_OK);
    assert_int_equal(sequence, 1 + 11 + 2);
    tps_crypto_key_free(key);
}

static void without_a_key_that_signs_there_is_no_checkpoint(void **state)
{
    tps_result_keys none = {.count = 0};
    bool made = true;

    (void)state;
    assert_status(tps_audit_checkpoint_append(store, acme, "acme", &none, NOW, &made), TPS_NOT_FOUND);
    assert_false(made);
    assert_status(tps_audit_checkpoint_append(store, 4711, "none", &none, NOW, &made), TPS_OK);
    assert_int_equal(look_at(acme), 1);
}

/* A JWS of the tenant's key that is something else. */
static void what_is_no_checkpoint_is_not_taken_for_one(void **state)
{
    static const struct {
        const char *typ, *payload;
    } others[] = {
        {"JWT", "{\"hash\":\"%s\",\"iat\":1,\"sequence\":1,\"tenant\":\"acme\"}"},
        {TPS_AUDIT_CHECKPOINT_TYPE, "{\"hash\":\"%s\",\"iat\":1,\"sequence\":0,\"tenant\":\"acme\"}"},
        {TPS_AUDIT_CHECKPOINT_TYPE, "{\"hash\":\"%s\",\"iat\":1,\"sequence\":1}"},
        {TPS_AUDIT_CHECKPOINT_TYPE, "{\"hash\":\"%s0\",\"iat\":1,\"sequence\":1,\"tenant\":\"acme\"}"},
        {TPS_AUDIT_CHECKPOINT_TYPE, "{\"hash\":\"%s\",\"iat\":1,\"sequence\":\"1\",\"tenant\":\"acme\"}"},
        {TPS_AUDIT_CHECKPOINT_TYPE, "[\"%s\"]"},
    };
    tps_audit_checkpoint_parts parts;
    tps_crypto_key *key = NULL;
    tps_cose_signer signer;
    char digest[65], payload[256], text[1024];

    (void)state;
    assert_status(tps_crypto_key_generate(TPS_CURVE_P256, &key), TPS_OK);
    signer = tps_cose_signer_of_key(key, TPS_ALG_ES256);
    memset(digest, 'a', 64);
    digest[64] = '\0';
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        tps_jws_options options = {.kid = "k", .typ = others[i].typ};
        size_t size = 0;
        const char *at = strstr(others[i].payload, "%s");
        int head = (int)(at - others[i].payload);

        (void)snprintf(payload, sizeof(payload), "%.*s%s%s", head, others[i].payload, digest, at + 2);
        assert_status(
            tps_jws_make_with(tps_span_of_text(payload), &options, &signer, TPS_BUF_OF(text), &size), TPS_OK);
        assert_status(tps_audit_checkpoint_read(tps_span_make(text, size), &parts),
                      TPS_SERVER_AUDIT_BAD_CHECKPOINT);
    }
    assert_status(tps_audit_checkpoint_read(TPS_SPAN_LITERAL("no.jws"), &parts),
                  TPS_SERVER_AUDIT_BAD_CHECKPOINT);
    assert_status(tps_audit_checkpoint_read(TPS_SPAN_EMPTY, &parts), TPS_SERVER_AUDIT_BAD_CHECKPOINT);
    tps_crypto_key_free(key);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_tenants_first_entry_is_that_it_was_made),
        TEST(an_entry_names_what_was_changed_by_its_digest),
        TEST(what_was_there_is_changed_and_what_was_not_is_added),
        TEST(bodies_of_keys_and_tokens_are_not_told_even_by_digest),
        TEST(attributes_are_not_told),
        TEST(what_changed_nothing_leaves_no_entry),
        TEST(a_change_and_its_entry_are_there_together_or_not_at_all),
        TEST(an_entry_that_cannot_be_is_a_failure_and_no_answer),
        TEST(texts_have_one_form_and_their_bounds),
        TEST(settings_are_told_before_and_after_or_by_digest),
        TEST(a_removed_tenants_end_is_told_in_the_default_tenants_log),
        TEST(names_are_cut_at_whole_characters),
        TEST(the_last_entry_is_found_in_chains_of_any_length),
        TEST(a_checkpoint_names_the_entry_before_and_is_made_once),
        TEST(the_newest_checkpoint_is_found_behind_many_entries),
        TEST(without_a_key_that_signs_there_is_no_checkpoint),
        TEST(what_is_no_checkpoint_is_not_taken_for_one),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
