/* SPDX-License-Identifier: Apache-2.0 */
/* Tags of manifests: their versions, what replaces what, what a CoTL activates, and signers that are
 * withdrawn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/x509.h"
#include "verifier/state.h"
#include "verifier_support.h"

#define LENIENT    ((tps_verifier_options){.allow_unsigned_endorsements = true})
#define STRICT     ((tps_verifier_options){.allow_unsigned_endorsements = false})
#define TEXT(text) TPS_SPAN_LITERAL(text)

static const uint8_t the_tag[16] = {0x70};
static const uint8_t other_tag[16] = {0x71};
static const uint8_t the_cotl[16] = {0x7c};
static const tps_corim_validity always = {0};
static const tps_corim_validity long_enough = {true, false, 0, NOW + 1000000};

static void expect(tps_verifier *v, tps_span corim, int64_t now, tps_status expected)
{
    tps_error why = {0};
    tps_status got = tps_verifier_add_corim(v, corim, now, &why);

    if (got != expected) {
        fail_msg("%s (%s) instead of %s", tps_status_name(got), why.detail == NULL ? "" : why.detail,
                 tps_status_name(expected));
    }
    if (got != TPS_OK && got != TPS_VERIFIER_SIGNER_WITHDRAWN) {
        assert_int_equal(why.status, expected);
    }
}

/* The lamp, with this version of its application, in a version of a tag. */
static tps_corim_manifest lamp_with(const char *version, const uint8_t tag_id[16], uint64_t tag_version)
{
    static tps_corim_component software[4][3];
    static size_t next;
    tps_corim_component *components = software[next++ % 4];
    tps_corim_manifest manifest = lamp_manifest();

    memcpy(components, manifest.components, sizeof software[0]);
    components[2].version = tps_span_of_text(version);
    manifest.components = components;
    manifest.tag_id = tps_span_make(tag_id, 16);
    manifest.tag_version = tag_version;
    return manifest;
}

/* Whether a reference value of this version counts. */
static bool counts_at(tps_verifier *v, const char *version, int64_t now)
{
    const knowledge *k = &v->knowledge;

    for (uint32_t i = 0; i < k->reference_count; i++) {
        if (tps_span_is_text(k->references[i].component.version, version) &&
            knowledge_reference_is_current(k, i, now)) {
            return true;
        }
    }
    return false;
}

#define counts(v, version) counts_at(v, version, NOW)

static void a_newer_version_takes_the_place_of_an_older_one(void **state)
{
    tps_verifier *v = make_verifier(LENIENT);
    tps_corim_manifest first = lamp_with("first", the_tag, 1);
    tps_corim_manifest second = lamp_with("second", the_tag, 2);
    tps_psa_claims claims = lamp_psa();

    (void)state;
    expect(v, encode(&first), NOW, TPS_OK);
    assert_true(counts(v, "first"));
    expect(v, encode(&second), NOW, TPS_OK);
    assert_false(counts(v, "first"));
    assert_true(counts(v, "second"));
    expect_affirming(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)));

    expect(v, encode(&first), NOW, TPS_OK); /* it was taken before: nothing new */
    assert_false(counts(v, "first"));
    tps_verifier_free(v);
}

static void a_version_never_falls_and_never_changes(void **state)
{
    tps_verifier *v = make_verifier(LENIENT);
    tps_corim_manifest second = lamp_with("second", the_tag, 2);
    tps_corim_manifest older = lamp_with("older", the_tag, 1);
    tps_corim_manifest changed = lamp_with("changed", the_tag, 2);
    tps_corim_manifest of_another_tag = lamp_with("another", other_tag, 0);

    (void)state;
    expect(v, encode(&second), NOW, TPS_OK);
    expect(v, encode(&older), NOW, TPS_VERIFIER_TAG_OLDER);
    expect(v, encode(&changed), NOW, TPS_VERIFIER_TAG_CHANGED);
    assert_false(counts(v, "older"));
    assert_false(counts(v, "changed"));
    assert_true(counts(v, "second"));
    expect(v, encode(&of_another_tag), NOW, TPS_OK);
    tps_verifier_free(v);
}

/* A device whose newer tag has another key: the older tag contradicts it no more, and a mistake changes
 * nothing. */
static void what_is_superseded_contradicts_nothing(void **state)
{
    tps_verifier *v = make_verifier(LENIENT);
    tps_corim_manifest first = lamp_with("first", the_tag, 1);
    tps_corim_manifest second = lamp_with("second", the_tag, 2);
    tps_corim_manifest bad = lamp_with("third", the_tag, 3);
    tps_corim_device device = second.devices[0];
    tps_psa_claims claims = lamp_psa();
    uint8_t spki[128];
    size_t size;

    (void)state;
    assert_int_equal(tps_crypto_key_spki(device_key(9), TPS_BUF_OF(spki), &size), TPS_OK);
    device.spki = tps_span_make(spki, size);
    expect(v, encode(&first), NOW, TPS_OK);
    bad.vendor = TEXT("Somebody else");
    expect(v, encode(&bad), NOW, TPS_VERIFIER_CONFLICT);
    assert_true(counts(v, "first"));
    expect_affirming(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)));

    second.devices = &device;
    expect(v, encode(&second), NOW, TPS_OK);
    expect_affirming(appraise(v, sign_psa(&claims, device_key(9), TPS_ALG_ES256)));
    expect_finding(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)), "evidence.bad-signature",
                   TPS_COSE_BAD_SIGNATURE);
    tps_verifier_free(v);
}

/* The same tag in a manifest with a longer validity. */
static void a_tag_may_come_again_in_another_manifest(void **state)
{
    tps_verifier *v = make_verifier(LENIENT);
    tps_corim_manifest lamp = lamp_with("first", the_tag, 1);
    size_t statements;

    (void)state;
    lamp.validity = (tps_corim_validity){true, false, 0, NOW + 10};
    expect(v, encode(&lamp), NOW, TPS_OK);
    assert_false(counts_at(v, "first", NOW + 11));
    lamp.validity.not_after = NOW + 20;
    expect(v, encode(&lamp), NOW, TPS_OK);
    assert_true(counts_at(v, "first", NOW + 11));
    statements = v->knowledge.vouch_count;
    lamp.validity.not_after = NOW + 15; /* says less than is known */
    expect(v, encode(&lamp), NOW, TPS_OK);
    assert_int_equal(v->knowledge.vouch_count, statements);
    tps_verifier_free(v);
}

/* ---- manifests of several tags ---- */

typedef struct {
    tps_corim_comid comids[3];
    tps_corim_tag tags[4];
    tps_corim_linked_tag links[3];
    tps_corim_identity listed[3];
    tps_corim_cotl cotl;
    size_t count;
} several;

static uint8_t several_room[8][8192];
static size_t several_next;

/* Adds the one CoMID of a manifest. */
static tps_corim_comid *add_comid(several *s, const tps_corim_manifest *manifest)
{
    uint8_t *room = several_room[several_next++ % 8];
    tps_corim_comid *comid = &s->comids[s->count];
    tps_corim_cursor cursor;
    tps_corim_tag tag;
    tps_corim corim;
    tps_span encoded;

    assert_int_equal(tps_corim_encode(manifest, (tps_buf){room, sizeof several_room[0]}, &encoded, NULL),
                     TPS_OK);
    assert_int_equal(tps_corim_decode(encoded, &corim, NULL), TPS_OK);
    cursor = TPS_CORIM_WALK(corim.tags);
    assert_true(tps_corim_next_tag(&cursor, &tag));
    assert_int_equal(tps_corim_comid_decode(tag.content, comid, NULL), TPS_OK);
    s->tags[s->count++] = (tps_corim_tag){.tag = TPS_CORIM_TAG_COMID, .comid = comid};
    return comid;
}

/* Adds a CoTL of one tag. */
static void add_cotl(several *s, const uint8_t *listed, uint64_t version, tps_corim_validity validity)
{
    s->listed[0] =
        (tps_corim_identity){{TPS_CORIM_UUID, 37, tps_span_make(listed, 16)}, version != 0, version};
    s->cotl = (tps_corim_cotl){.identity = {{TPS_CORIM_UUID, 37, TPS_SPAN_OF(the_cotl)}, false, 0},
                               .tags = {.items = s->listed, .count = 1},
                               .validity = validity};
    s->tags[s->count++] = (tps_corim_tag){.tag = TPS_CORIM_TAG_COTL, .cotl = &s->cotl};
}

static tps_span write_all(const several *s, const char *id)
{
    static uint8_t room[32768];
    tps_corim corim = {.id = {TPS_CORIM_TEXT, 0, tps_span_of_text(id)},
                       .tags = {.items = s->tags, .count = s->count},
                       .profile = {TPS_CORIM_TEXT, 32, TEXT(TPS_CORIM_PROFILE_PSA_URI)}};
    tps_error why = {0};
    tps_span encoded;

    if (tps_corim_write(&corim, TPS_BUF_OF(room), &encoded, &why) != TPS_OK) {
        fail_msg("%s: %s", tps_status_name(why.status), why.detail);
    }
    return encoded;
}

static void link_to(several *s, tps_corim_comid *comid, const uint8_t *tag_id, tps_corim_label relation)
{
    s->links[0] = (tps_corim_linked_tag){{TPS_CORIM_UUID, 37, tps_span_make(tag_id, 16)}, relation};
    comid->linked_tags = (tps_corim_linked_tags){.items = s->links, .count = 1};
}

static void what_replaces_another_leaves_nothing_of_it(void **state)
{
    tps_verifier *v = make_verifier(LENIENT);
    tps_corim_manifest old = lamp_with("old", the_tag, 7);
    tps_corim_manifest new = lamp_with("new", other_tag, 0);
    several s = {.count = 0};

    (void)state;
    expect(v, encode(&old), NOW, TPS_OK);
    link_to(&s, add_comid(&s, &new), the_tag, (tps_corim_label){.number = 1});
    expect(v, write_all(&s, "replacing"), NOW, TPS_OK);
    assert_false(counts(v, "old"));
    assert_true(counts(v, "new"));
    old = lamp_with("newer", the_tag, 8);
    expect(v, encode(&old), NOW, TPS_VERIFIER_TAG_OLDER); /* it is gone for good */
    tps_verifier_free(v);
}

static void what_is_replaced_does_not_count_when_it_comes_later(void **state)
{
    tps_verifier *v = make_verifier(LENIENT);
    tps_corim_manifest old = lamp_with("old", the_tag, 7);
    tps_corim_manifest new = lamp_with("new", other_tag, 0);
    several s = {.count = 0};

    (void)state;
    link_to(&s, add_comid(&s, &new), the_tag, (tps_corim_label){.number = 1});
    expect(v, write_all(&s, "replacing"), NOW, TPS_OK);
    expect(v, encode(&old), NOW, TPS_VERIFIER_TAG_OLDER);
    assert_true(counts(v, "new"));
    tps_verifier_free(v);
}

static void links_are_known_or_refused(void **state)
{
    tps_corim_manifest lamp = lamp_with("linked", other_tag, 0);
    const struct {
        tps_corim_label relation;
        const uint8_t *to;
        tps_status expected;
    } cases[] = {{{.number = 0}, the_tag, TPS_OK},
                 {{.number = 2}, the_tag, TPS_CORIM_UNSUPPORTED},
                 {{.text = TEXT("mine")}, the_tag, TPS_CORIM_UNSUPPORTED},
                 {{.number = 1}, other_tag, TPS_CORIM_BAD_VALUE}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_verifier *v = make_verifier(LENIENT);
        several s = {.count = 0};
        link_to(&s, add_comid(&s, &lamp), cases[i].to, cases[i].relation);
        expect(v, write_all(&s, "linked"), NOW, cases[i].expected);
        tps_verifier_free(v);
    }
}

/* ---- CoTL ---- */

static void a_cotl_activates_what_it_lists_and_nothing_else(void **state)
{
    tps_verifier *v = make_verifier(LENIENT);
    tps_corim_manifest listed = lamp_with("listed", the_tag, 3);
    tps_corim_manifest unlisted = lamp_with("unlisted", other_tag, 0);
    tps_corim_validity until = {true, false, 0, NOW + 5};
    several s = {.count = 0};
    several later = {.count = 0};

    (void)state;
    add_cotl(&s, the_tag, 3, until);
    add_comid(&s, &listed);
    add_comid(&s, &unlisted);
    expect(v, write_all(&s, "several"), NOW, TPS_OK);
    assert_true(counts(v, "listed"));
    assert_false(counts(v, "unlisted"));
    assert_false(counts_at(v, "listed", NOW + 6));

    add_cotl(&later, other_tag, 0, long_enough);
    later.cotl.identity.version = 1;
    later.cotl.identity.has_version = true;
    expect(v, write_all(&later, "later"), NOW, TPS_OK); /* a list by itself */
    assert_true(counts(v, "unlisted"));
    assert_true(counts_at(v, "unlisted", NOW + 6));
    tps_verifier_free(v);
}

static void a_cotl_counts_whole_or_not_at_all(void **state)
{
    tps_verifier *v = make_verifier(LENIENT);
    tps_corim_manifest lamp = lamp_with("one", the_tag, 3);
    tps_corim_validity past = {true, false, 0, NOW - 1};
    static const struct {
        const uint8_t *listed;
        uint64_t version;
        bool is_past;
        tps_status expected;
    } cases[] = {{other_tag, 0, false, TPS_CORIM_BAD_VALUE},
                 {the_tag, 2, false, TPS_CORIM_BAD_VALUE},
                 {the_tag, 3, true, TPS_CORIM_EXPIRED},
                 {the_tag, 3, false, TPS_OK}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        several s = {.count = 0};
        add_comid(&s, &lamp);
        add_cotl(&s, cases[i].listed, cases[i].version, cases[i].is_past ? past : long_enough);
        expect(v, write_all(&s, "several"), NOW, cases[i].expected);
        assert_int_equal(counts(v, "one"), cases[i].expected == TPS_OK);
    }
    tps_verifier_free(v);
}

/* ---- tags that cannot be read ---- */

static void tags_that_cannot_be_read_are_named(void **state)
{
    static const struct {
        uint64_t tag;
        const char *content;
        size_t size;
        tps_status expected;
    } cases[] = {{TPS_CORIM_TAG_COMID, "\xa0", 1, TPS_CORIM_BAD_VALUE},
                 {TPS_CORIM_TAG_COSWID, "\xa0", 1, TPS_CORIM_BAD_VALUE},
                 {TPS_CORIM_TAG_COTL, "\xa0", 1, TPS_CORIM_BAD_VALUE}};
    tps_verifier *v = make_verifier(LENIENT);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static uint8_t room[256];
        tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
        tps_span encoded;

        tps_cbor_put_tag(&w, TPS_CORIM_TAG_CORIM);
        tps_cbor_put_map(&w, 2);
        tps_cbor_put_uint(&w, 0);
        tps_cbor_put_text(&w, "bad");
        tps_cbor_put_uint(&w, 1);
        tps_cbor_put_array(&w, 1);
        tps_cbor_put_tag(&w, cases[i].tag);
        tps_cbor_put_bytes(&w, tps_span_make(cases[i].content, cases[i].size));
        assert_int_equal(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
        expect(v, encoded, NOW, cases[i].expected);
    }
    tps_verifier_free(v);
}

/* ---- signers ---- */

static tps_span spki_of(tps_crypto_key *key)
{
    static uint8_t rooms[4][128];
    static size_t next;
    uint8_t *room = rooms[next++ % 4];
    size_t size;

    assert_int_equal(tps_crypto_key_spki(key, (tps_buf){room, 128}, &size), TPS_OK);
    return tps_span_make(room, size);
}

static void revoke_key(tps_verifier *v, tps_crypto_key *key, int64_t since)
{
    tps_revocation revocation = {.kind = TPS_REVOKED_KEY, .since = since};
    tps_digest digest;

    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, spki_of(key), &digest), TPS_OK);
    revocation.value = tps_span_make(digest.bytes, digest.size);
    assert_int_equal(tps_verifier_revoke(v, &revocation), TPS_OK);
}

/* Two keys under one root sign endorsements. */
typedef struct {
    tps_span root;
    tps_span one;
    tps_span two;
} signers;

static signers make_signers(tps_verifier *v)
{
    signers s = {.root = make_ca("Lumen root", device_key(20), TPS_SPAN_EMPTY, NULL)};

    s.one = make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(22), s.root, device_key(20),
                          NOW + 1000);
    s.two = make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(23), s.root, device_key(20),
                          NOW + 1000);
    assert_int_equal(tps_verifier_add_anchor(v, s.root), TPS_OK);
    return s;
}

static void what_a_withdrawn_signer_said_counts_no_more(void **state)
{
    tps_verifier *v = make_verifier(STRICT);
    signers s = make_signers(v);
    tps_corim_manifest lamp = lamp_with("signed", the_tag, 1);
    tps_psa_claims claims = lamp_psa();

    (void)state;
    expect(v, sign_manifest(&lamp, device_key(22), &s.one, 1, always), NOW, TPS_OK);
    expect_affirming(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)));
    revoke_key(v, device_key(22), NOW + 5);
    assert_true(counts(v, "signed"));
    assert_false(counts_at(v, "signed", NOW + 5));
    revoke_key(v, device_key(22), 0);
    assert_false(counts(v, "signed"));
    assert_int_not_equal(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256))->tier,
                         TPS_EAR_TIER_AFFIRMING);
    lamp = lamp_with("again", the_tag, 2);
    expect(v, sign_manifest(&lamp, device_key(22), &s.one, 1, always), NOW, TPS_VERIFIER_SIGNER_WITHDRAWN);
    tps_verifier_free(v);
}

/* Whoever stole a signer's key made a tag of the highest version there is. */
static void what_a_withdrawn_signer_replaced_counts_again(void **state)
{
    tps_verifier *v = make_verifier(STRICT);
    signers s = make_signers(v);
    tps_corim_manifest first = lamp_with("first", the_tag, 1);
    tps_corim_manifest forged = lamp_with("forged", the_tag, UINT64_MAX);
    tps_corim_manifest second = lamp_with("second", the_tag, 2);

    (void)state;
    expect(v, sign_manifest(&first, device_key(22), &s.one, 1, always), NOW, TPS_OK);
    expect(v, sign_manifest(&forged, device_key(23), &s.two, 1, always), NOW, TPS_OK);
    assert_false(counts(v, "first"));
    expect(v, sign_manifest(&second, device_key(22), &s.one, 1, always), NOW, TPS_VERIFIER_TAG_OLDER);

    revoke_key(v, device_key(23), 0);
    assert_true(counts(v, "first"));
    assert_false(counts(v, "forged"));
    expect(v, sign_manifest(&second, device_key(22), &s.one, 1, always), NOW, TPS_OK);
    assert_false(counts(v, "first"));
    assert_true(counts(v, "second"));
    tps_verifier_free(v);
}

/* A million manifests have one signer. */
static void a_signer_is_kept_once(void **state)
{
    tps_verifier *v = make_verifier(STRICT);
    signers s = make_signers(v);

    (void)state;
    for (uint64_t i = 1; i <= 3; i++) {
        tps_corim_manifest lamp = lamp_with("signed", the_tag, i);
        tps_corim_manifest other = lamp_with("other", other_tag, i);
        expect(v, sign_manifest(&lamp, device_key(22), &s.one, 1, always), NOW, TPS_OK);
        expect(v, sign_manifest(&other, device_key(23), &s.two, 1, always), NOW, TPS_OK);
    }
    assert_int_equal(v->knowledge.signer_count, 2);
    tps_verifier_free(v);
}

static void tags_of_another_signer_are_others(void **state)
{
    tps_verifier *v = make_verifier(STRICT);
    tps_corim_manifest one = lamp_with("one", the_tag, 5);
    tps_corim_manifest two = lamp_with("two", the_tag, 1);

    (void)state;
    assert_int_equal(tps_verifier_add_key(v, spki_of(device_key(22))), TPS_OK);
    assert_int_equal(tps_verifier_add_key(v, spki_of(device_key(23))), TPS_OK);
    expect(v, sign_manifest(&one, device_key(22), NULL, 0, always), NOW, TPS_OK);
    expect(v, sign_manifest(&two, device_key(23), NULL, 0, always), NOW, TPS_OK);
    assert_true(counts(v, "one"));
    assert_true(counts(v, "two"));
    revoke_key(v, device_key(22), 0);
    assert_false(counts(v, "one"));
    assert_true(counts(v, "two"));
    tps_verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_newer_version_takes_the_place_of_an_older_one),
        cmocka_unit_test(a_version_never_falls_and_never_changes),
        cmocka_unit_test(what_is_superseded_contradicts_nothing),
        cmocka_unit_test(a_tag_may_come_again_in_another_manifest),
        cmocka_unit_test(what_replaces_another_leaves_nothing_of_it),
        cmocka_unit_test(what_is_replaced_does_not_count_when_it_comes_later),
        cmocka_unit_test(links_are_known_or_refused),
        cmocka_unit_test(a_cotl_activates_what_it_lists_and_nothing_else),
        cmocka_unit_test(a_cotl_counts_whole_or_not_at_all),
        cmocka_unit_test(tags_that_cannot_be_read_are_named),
        cmocka_unit_test(what_a_withdrawn_signer_said_counts_no_more),
        cmocka_unit_test(what_a_withdrawn_signer_replaced_counts_again),
        cmocka_unit_test(a_signer_is_kept_once),
        cmocka_unit_test(tags_of_another_signer_are_others),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
