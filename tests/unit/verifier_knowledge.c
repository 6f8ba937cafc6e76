/* SPDX-License-Identifier: Apache-2.0 */
/* What a verifier knows, below the manifests: bounds, contradictions, going back, and keys that are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/keys.h"
#include "verifier/knowledge/statements.h"
#include "verifier/match/components.h"
#include "verifier/state.h"
#include "verifier_support.h"

#define ID(number) tps_span_make((const uint8_t[]){(uint8_t)(number), (uint8_t)((number) >> 8)}, 2)
#define TEXT(text) TPS_SPAN_LITERAL(text)

static tps_crypto_point point_of(uint8_t number)
{
    tps_crypto_point point;

    assert_int_equal(tps_crypto_key_point(device_key(number), &point), TPS_OK);
    return point;
}

static void a_key_is_the_same_in_all_its_parts_only(void **state)
{
    const tps_crypto_point a = point_of(1);
    tps_crypto_point b = a;

    (void)state;
    assert_true(knowledge_same_key(&a, &b));
    b.y[31] ^= 1;
    assert_false(knowledge_same_key(&a, &b));
    b = a;
    b.x[0] ^= 1;
    assert_false(knowledge_same_key(&a, &b));
    b = a;
    b.curve = TPS_CURVE_P384;
    assert_false(knowledge_same_key(&a, &b));
    b = a;
    b.size = 48;
    assert_false(knowledge_same_key(&a, &b));
}

static void an_instance_has_an_id_of_1_to_33_bytes(void **state)
{
    static const uint8_t id[34] = {1};
    const knowledge_key key = {.point = point_of(1)};
    knowledge k = {0};

    (void)state;
    assert_int_equal(knowledge_add_device(&k, TPS_SPAN_EMPTY, 0, &key, 0), TPS_CORIM_BAD_VALUE);
    assert_int_equal(knowledge_add_device(&k, TPS_SPAN_OF(id), 0, &key, 0), TPS_CORIM_BAD_VALUE);
    assert_int_equal(k.device_count, 0);
    assert_int_equal(knowledge_add_device(&k, tps_span_make(id, 33), 0, &key, 0), TPS_OK);
    assert_int_equal(knowledge_add_device(&k, tps_span_make(id, 1), 0, &key, 0), TPS_OK);
    assert_int_equal(knowledge_find_device(&k, tps_span_make(id, 33)), 0);
    assert_int_equal(knowledge_find_device(&k, tps_span_make(id, 1)), 1);
    assert_int_equal(knowledge_find_device(&k, tps_span_make(id, 32)), KNOWLEDGE_NONE);
    knowledge_free(&k);
}

static void a_class_is_claimed_by_the_first_maker_and_released_when_that_is_taken_back(void **state)
{
    const knowledge_source nobody = {.is_demonstration = false};
    const knowledge_source one = {.maker = {1}, .identity = {1}};
    const knowledge_source two = {.maker = {2}, .identity = {2}};
    knowledge k = {0};
    knowledge_mark mark;
    uint32_t sources[3];
    uint32_t class_index;

    (void)state;
    assert_int_equal(knowledge_add_source(&k, &nobody, &sources[0]), TPS_OK);
    assert_int_equal(knowledge_add_class(&k, ID(1), TEXT(""), TEXT(""), sources[0], &class_index), TPS_OK);
    assert_true(knowledge_class_is_of(&k, class_index, one.maker));
    mark = knowledge_mark_now(&k);
    assert_int_equal(knowledge_add_source(&k, &one, &sources[1]), TPS_OK);
    assert_int_equal(knowledge_add_class(&k, ID(1), TEXT(""), TEXT(""), sources[1], &class_index), TPS_OK);
    assert_false(knowledge_class_is_of(&k, class_index, two.maker));
    knowledge_go_back(&k, &mark);
    assert_true(knowledge_class_is_of(&k, class_index, two.maker));

    assert_int_equal(knowledge_add_source(&k, &two, &sources[1]), TPS_OK);
    assert_int_equal(knowledge_add_source(&k, &one, &sources[2]), TPS_OK);
    assert_int_equal(knowledge_add_class(&k, ID(1), TEXT(""), TEXT(""), sources[1], &class_index), TPS_OK);
    assert_int_equal(knowledge_add_class(&k, ID(1), TEXT(""), TEXT(""), sources[2], &class_index),
                     TPS_VERIFIER_CLASS_OF_ANOTHER);
    assert_int_equal(knowledge_add_class(&k, ID(1), TEXT(""), TEXT(""), sources[0], &class_index), TPS_OK);
    knowledge_free(&k);
}

static void an_index_never_runs_over(void **state)
{
    const knowledge_source source = {.is_demonstration = false};
    knowledge k = {.source_count = UINT32_MAX - 1};
    uint32_t index;

    (void)state;
    assert_int_equal(knowledge_add_source(&k, &source, &index), TPS_OUT_OF_MEMORY);
    assert_int_equal(k.source_count, UINT32_MAX - 1);
}

static void going_back_forgets_what_came_after_the_mark_and_that_alone(void **state)
{
    const tps_corim_component app = lamp_software()[2];
    const tps_corim_component newer = {app.name, TEXT("2.0"), app.digest, app.signer_id};
    const knowledge_key key = {.point = point_of(1)};
    knowledge_mark mark;
    knowledge k = {0};
    uint32_t bare;
    uint32_t named;
    uint32_t late;

    (void)state;
    mark = knowledge_mark_now(&k);
    knowledge_go_back(&k, &mark); /* nothing, to nothing */
    assert_int_equal(knowledge_add_source(&k, &(knowledge_source){0}, &late), TPS_OK);
    assert_int_equal(knowledge_add_class(&k, ID(1), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY, 0, &bare), TPS_OK);
    assert_int_equal(knowledge_add_class(&k, ID(2), TEXT("Lumen"), TEXT("Lamp"), 0, &named), TPS_OK);
    assert_int_equal(knowledge_add_reference(&k, named, &app, 0), TPS_OK);
    mark = knowledge_mark_now(&k);

    assert_int_equal(knowledge_add_source(&k, &(knowledge_source){0}, &late), TPS_OK);
    assert_int_equal(knowledge_add_class(&k, ID(1), TEXT("Lumen"), TEXT("Lock"), late, &bare), TPS_OK);
    assert_int_equal(knowledge_add_reference(&k, bare, &app, late), TPS_OK);
    assert_int_equal(knowledge_add_reference(&k, named, &newer, late), TPS_OK);
    assert_int_equal(k.classes[named].reference_count, 2);
    assert_int_equal(knowledge_add_device(&k, ID(7), bare, &key, late), TPS_OK);
    assert_int_equal(knowledge_add_class(&k, ID(3), TEXT("x"), TEXT("y"), late, &late), TPS_OK);
    knowledge_go_back(&k, &mark);

    assert_int_equal(knowledge_find_class(&k, ID(3)), KNOWLEDGE_NONE);
    assert_int_equal(knowledge_find_device(&k, ID(7)), KNOWLEDGE_NONE);
    assert_int_equal(k.classes[bare].vendor.size, 0);
    assert_int_equal(k.classes[bare].model.size, 0);
    assert_int_equal(k.classes[bare].last_name, KNOWLEDGE_NONE);
    assert_int_equal(k.classes[bare].reference_count, 0);
    assert_true(tps_span_is_text(k.classes[named].vendor, "Lumen"));
    assert_true(tps_span_is_text(k.classes[named].model, "Lamp"));
    assert_int_equal(k.classes[named].reference_count, 1);
    assert_int_equal(k.names[knowledge_find_name(&k, named, app.name)].last_reference, 0);
    assert_int_equal(knowledge_find_class(&k, ID(1)), bare);
    knowledge_free(&k);
}

static void a_reference_value_that_is_known_for_as_long_is_not_kept_twice(void **state)
{
    const tps_corim_component app = lamp_software()[2];
    const tps_corim_component of_another = {app.name, app.version, app.digest, TEXT("x")};
    const tps_corim_validity always = {.is_present = false};
    const tps_corim_validity since = {true, true, NOW, NOW + 9};
    const tps_corim_validity until = {true, false, 0, NOW + 9};
    const tps_corim_validity longer = {true, false, 0, NOW + 10};
    const struct {
        knowledge_source source;
        size_t kept;
    } steps[] = {{{.validity = since}, 1},
                 {{.validity = since}, 1},
                 {{.validity = until}, 2},
                 {{.validity = since}, 2},
                 {{.validity = longer}, 3},
                 {{.validity = until, .is_demonstration = true}, 4},
                 {{.validity = always}, 5},
                 {{.validity = longer}, 5},
                 {{.validity = always, .signature_validity = until}, 5},
                 {{.validity = {true, true, NOW + 1, NOW + 9}}, 5},
                 {{.validity = {true, true, NOW - 9, NOW + 99}}, 5}};
    knowledge k = {0};
    uint32_t class_index;
    uint32_t source;

    (void)state;
    assert_int_equal(knowledge_add_class(&k, ID(1), TEXT(""), TEXT(""), 0, &class_index), TPS_OK);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        assert_int_equal(knowledge_add_source(&k, &steps[i].source, &source), TPS_OK);
        assert_int_equal(knowledge_add_reference(&k, class_index, &app, source), TPS_OK);
        assert_int_equal(k.reference_count + k.vouch_count, steps[i].kept);
    }
    assert_int_equal(knowledge_add_reference(&k, class_index, &of_another, source), TPS_OK);
    assert_int_equal(k.reference_count + k.vouch_count, 6);
    assert_int_equal(k.name_count, 1);
    knowledge_free(&k);
}

/* 16,384 reference values: the most that four classes may have, and evidence that matches none of them. */
static void the_steps_of_a_match_have_a_bound(void **state)
{
    enum { CLASSES = 4, N = KNOWLEDGE_REFERENCES_MAX };
    static evidence_claims e = {.component_count = EVIDENCE_COMPONENTS_MAX};
    static tps_appraisal appraisal;
    uint8_t digest[32] = {0};
    char version[8];
    knowledge k = {0};
    uint32_t class_index = 0;
    uint32_t matched;

    (void)state;
    assert_int_equal(knowledge_add_source(&k, &(knowledge_source){0}, &class_index), TPS_OK);
    for (uint32_t i = 0; i <= CLASSES * N; i++) {
        tps_corim_component c = {.digest = TPS_SPAN_OF(digest)};
        bool is_beyond = i == CLASSES * N;
        snprintf(version, sizeof version, "%u", i);
        memcpy(digest, &i, sizeof i);
        /* one name and no version for all; one name; two names; a name for each */
        c.name = i / N < 2 ? TEXT("app") : i / N < 3 ? tps_span_make(version, 1) : tps_span_of_text(version);
        c.version = i / N == 0 ? TPS_SPAN_EMPTY : tps_span_of_text(version);
        if (!is_beyond) {
            assert_int_equal(knowledge_add_class(&k, ID(i / N), TEXT(""), TEXT(""), 0, &class_index), TPS_OK);
        }
        assert_int_equal(knowledge_add_reference(&k, class_index, &c, 0), is_beyond ? TPS_TOO_LARGE : TPS_OK);
    }
    assert_int_equal(k.reference_count, CLASSES * N);
    digest[31] = 1;
    for (size_t i = 0; i < EVIDENCE_COMPONENTS_MAX; i++) {
        e.components[i] = (tps_corim_component){TEXT("app"), TEXT("1"), TPS_SPAN_OF(digest), TEXT("")};
    }
    for (uint32_t i = 0; i < CLASSES; i++) {
        memset(&appraisal, 0, sizeof appraisal);
        assert_in_range(match_components(&k, i, &e, NOW, &matched, &appraisal), 1,
                        (size_t)N * (2 * EVIDENCE_COMPONENTS_MAX + MATCH_MISSING_MAX + 2));
        assert_int_equal(appraisal.finding_count, TPS_FINDINGS_MAX);
    }
    knowledge_free(&k);
}

/* Where an id falls depends on what nobody else knows: colliding ids cannot be prepared. */
static void no_two_tables_have_the_same_order(void **state)
{
    enum { N = 32 };
    knowledge k[2] = {{0}, {0}};
    size_t same = 0;
    uint32_t index;

    (void)state;
    for (uint32_t i = 0; i < N; i++) {
        for (size_t j = 0; j < 2; j++) {
            assert_int_equal(knowledge_add_class(&k[j], ID(i), TEXT(""), TEXT(""), 0, &index), TPS_OK);
        }
    }
    assert_int_not_equal(k[0].hash_key, k[1].hash_key);
    assert_int_equal(k[0].class_table.capacity, 2 * N);
    for (size_t i = 0; i < 2 * N; i++) {
        same += k[0].class_table.slots[i] == k[1].class_table.slots[i];
    }
    assert_in_range(same, 0, 2 * N - 1);
    for (size_t j = 0; j < 2; j++) {
        knowledge_free(&k[j]);
    }
}

static void vendor_and_model_are_filled_once(void **state)
{
    knowledge k = {0};
    uint32_t index;

    (void)state;
    assert_int_equal(knowledge_add_class(&k, ID(1), TPS_SPAN_EMPTY, TEXT("Lamp"), 0, &index), TPS_OK);
    assert_int_equal(knowledge_add_class(&k, ID(1), TEXT("Lumen"), TPS_SPAN_EMPTY, 1, &index), TPS_OK);
    assert_true(tps_span_is_text(k.classes[index].vendor, "Lumen"));
    assert_true(tps_span_is_text(k.classes[index].model, "Lamp"));
    assert_int_equal(knowledge_add_class(&k, ID(1), TEXT("Other"), TPS_SPAN_EMPTY, 2, &index),
                     TPS_VERIFIER_CONFLICT);
    assert_int_equal(knowledge_add_class(&k, ID(1), TPS_SPAN_EMPTY, TEXT("Lock"), 2, &index),
                     TPS_VERIFIER_CONFLICT);
    assert_int_equal(k.class_count, 1);
    knowledge_free(&k);
}

static void a_source_is_current_while_manifest_and_signature_are(void **state)
{
    const tps_corim_validity past = {true, false, 0, NOW - 1};
    const tps_corim_validity now = {true, false, 0, NOW + 1};
    const knowledge_source sources[4] = {{.validity = now, .signature_validity = now},
                                         {.validity = past, .signature_validity = now},
                                         {.validity = now, .signature_validity = past},
                                         {.validity = past, .signature_validity = past}};
    knowledge k = {0};
    uint32_t index;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(knowledge_add_source(&k, &sources[i], &index), TPS_OK);
        assert_int_equal(knowledge_is_current(&k, index, NOW), i == 0);
    }
    knowledge_free(&k);
}

static void what_a_key_is_for_stays_and_is_not_contradicted(void **state)
{
    static const struct {
        int32_t said;
        tps_status expected;
        int32_t known;
    } steps[] = {
        {0, TPS_OK, 0}, {-9, TPS_OK, -9}, {0, TPS_OK, -9}, {-7, TPS_VERIFIER_CONFLICT, -9}, {-9, TPS_OK, -9}};
    knowledge k = {0};

    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        knowledge_key key = {.point = point_of(1), .alg = steps[i].said};
        assert_int_equal(knowledge_add_device(&k, ID(1), 0, &key, 0), steps[i].expected);
        assert_int_equal(k.devices[knowledge_find_device(&k, ID(1))].alg, steps[i].known);
    }
    knowledge_free(&k);
}

/* One key object stands for one device after the other. */
static void a_ready_key_is_never_that_of_another_device(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.require_key = false});
    const tps_crypto_point points[2] = {point_of(1), point_of(2)};
    const ready_key *key;
    uint8_t digests[2][32];

    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        knowledge_key given = {.point = points[i]};
        assert_int_equal(knowledge_add_device(&v->knowledge, ID(i), 0, &given, 0), TPS_OK);
    }
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t device = i % 3 == 0; /* the same twice, then another */
        tps_crypto_point got;

        assert_int_equal(verifier_device_key(v, device, &key), TPS_OK);
        assert_int_equal(tps_crypto_key_point(key->key, &got), TPS_OK);
        assert_true(knowledge_same_key(&got, &points[device]));
        memcpy(digests[device], key->digest, sizeof digests[device]);
        if (i == 5) {
            verifier_forget_keys(v);
        }
    }
    assert_memory_not_equal(digests[0], digests[1], sizeof digests[0]);
    tps_verifier_free(v);
}

/* A source per number, under a tag of its own; later versions of a tag are made by the same id. */
static uint32_t source_of_tag(knowledge *k, uint8_t id, uint64_t version, tps_corim_validity validity)
{
    const uint8_t ids[1] = {id};
    knowledge_tag tag = {.id_kind = TPS_CORIM_TEXT, .id = TPS_SPAN_OF(ids), .version = version};
    knowledge_source source = {.validity = validity};
    uint32_t index = 0;

    tag.content[0] = (uint8_t)version;
    assert_int_equal(knowledge_add_tag(k, &tag, &index), TPS_OK);
    source.tag = index + 1;
    assert_int_equal(knowledge_add_source(k, &source, &index), TPS_OK);
    return index;
}

static void a_reference_value_counts_while_one_who_said_it_does(void **state)
{
    const tps_corim_component app = lamp_software()[2];
    const tps_corim_validity always = {.is_present = false};
    knowledge k = {0};
    uint32_t class_index;

    (void)state;
    assert_int_equal(knowledge_add_class(&k, ID(1), TEXT(""), TEXT(""), 0, &class_index), TPS_OK);
    for (uint8_t i = 0; i < 80; i++) {
        tps_corim_validity validity = {true, false, 0, NOW + 80 - i};
        uint32_t source = source_of_tag(&k, i, 0, validity);
        assert_int_equal(knowledge_add_reference(&k, class_index, &app, source), TPS_OK);
        assert_int_equal(knowledge_add_reference(&k, class_index, &app, source), TPS_OK); /* adds nothing */
    }
    assert_int_equal(k.reference_count, 1);
    assert_int_equal(k.vouch_count, 79);
    assert_true(knowledge_reference_is_current(&k, 0, NOW + 80));
    (void)source_of_tag(&k, 0, 1, always); /* the first that said it says something else now */
    assert_false(knowledge_reference_is_current(&k, 0, NOW + 80));
    assert_true(knowledge_reference_is_current(&k, 0, NOW + 1));
    assert_true(knowledge_reference_is_current(&k, 0, NOW + 60));
    assert_false(knowledge_reference_is_current(&k, 0, NOW + 66)); /* 64 of them are asked */
    knowledge_free(&k);
}

static void a_release_contradicts_another_while_one_who_said_it_stands(void **state)
{
    const tps_corim_component app = lamp_software()[2];
    const uint8_t digest[32] = {7};
    const tps_corim_component changed = {app.name, app.version, TPS_SPAN_OF(digest), app.signer_id};
    const tps_corim_validity always = {.is_present = false};
    knowledge k = {0};
    uint32_t class_index;
    uint32_t late;

    (void)state;
    assert_int_equal(knowledge_add_class(&k, ID(1), TEXT(""), TEXT(""), 0, &class_index), TPS_OK);
    assert_int_equal(knowledge_add_reference(&k, class_index, &app, source_of_tag(&k, 1, 0, always)), TPS_OK);
    assert_int_equal(knowledge_add_reference(&k, class_index, &app, source_of_tag(&k, 2, 0, always)), TPS_OK);
    assert_int_equal(knowledge_add_reference(&k, class_index, &app, source_of_tag(&k, 3, 0, always)), TPS_OK);
    (void)source_of_tag(&k, 1, 1, always);
    (void)source_of_tag(&k, 3, 1, always);
    late = source_of_tag(&k, 9, 0, always);
    assert_int_equal(knowledge_add_reference(&k, class_index, &changed, late), TPS_VERIFIER_CONFLICT);
    (void)source_of_tag(&k, 2, 1, always);
    assert_int_equal(knowledge_add_reference(&k, class_index, &changed, late), TPS_OK);
    assert_false(knowledge_reference_is_current(&k, 0, NOW));
    assert_true(knowledge_reference_is_current(&k, 1, NOW));
    knowledge_free(&k);
}

static void keys_of_other_curves_and_thumbprints_are_kept(void **state)
{
    static const uint8_t digests[2][64] = {{1}, {2}};
    tps_crypto_key *p384 = test_key_p384();
    knowledge_key keys[6] = {{.point = point_of(1)},
                             {.by = STATEMENT_BY_KEY, .thumbprint = tps_span_make(digests[0], 32)},
                             {.by = STATEMENT_BY_KEY, .thumbprint = tps_span_make(digests[1], 32)},
                             {.by = STATEMENT_BY_CERTIFICATE, .thumbprint = tps_span_make(digests[0], 32)},
                             {.by = STATEMENT_BY_KEY, .thumbprint = tps_span_make(digests[0], 64)},
                             {.point = point_of(2)}};
    tps_crypto_point point;
    knowledge k = {0};

    (void)state;
    assert_int_equal(tps_crypto_key_point(p384, &keys[5].point), TPS_OK);
    tps_crypto_key_free(p384);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(knowledge_add_device(&k, ID(i), 0, &keys[i], 0), TPS_OK);
        for (uint32_t j = 0; j < 6; j++) { /* another key for the same */
            assert_int_equal(knowledge_add_device(&k, ID(i), 0, &keys[j], 0),
                             i == j ? TPS_OK : TPS_VERIFIER_CONFLICT);
        }
        assert_int_equal(knowledge_add_device(&k, ID(i), 1, &keys[i], 0), TPS_VERIFIER_CONFLICT);
    }
    assert_int_equal(k.device_count, 6);
    knowledge_device_point(&k.devices[5], &point);
    assert_true(knowledge_same_key(&point, &keys[5].point));
    knowledge_device_point(&k.devices[1], &point);
    assert_int_equal(point.size, 0);
    assert_int_equal(knowledge_device_thumbprint(&k.devices[0]).size, 0);
    assert_true(tps_span_equal(knowledge_device_thumbprint(&k.devices[4]), keys[4].thumbprint));
    keys[1].thumbprint.size = 65;
    assert_int_equal(knowledge_add_device(&k, ID(9), 0, &keys[1], 0), TPS_CORIM_BAD_VALUE);
    knowledge_free(&k);
}

/* What a CoTL activates counts while the CoTL's own manifest does, too. */
static void an_activation_ends_with_the_list_or_its_manifest(void **state)
{
    const tps_corim_validity short_time = {true, false, 0, NOW + 5};
    const tps_corim_validity long_time = {true, true, NOW - 5, NOW + 50};
    const uint8_t owner[32] = {0};
    const uint8_t ids[1] = {1};
    const tps_corim_identity listed = {{TPS_CORIM_TEXT, 0, TPS_SPAN_OF(ids)}, false, 0};
    knowledge k = {0};
    uint32_t source = source_of_tag(&k, 1, 0, (tps_corim_validity){.is_present = false});
    uint32_t list = source_of_tag(&k, 2, 0, short_time);
    knowledge_mark mark;

    (void)state;
    k.sources[source].needs_activation = true;
    assert_false(knowledge_is_current(&k, source, NOW));
    mark = knowledge_mark_now(&k);
    assert_int_equal(knowledge_activate_tag(&k, owner, &listed, &long_time, list), TPS_OK);
    assert_true(knowledge_is_current(&k, source, NOW));
    assert_false(knowledge_is_current(&k, source, NOW + 6)); /* the list's manifest is over */
    assert_false(knowledge_is_current(&k, source, NOW - 6)); /* the list does not count yet */
    assert_int_equal(
        knowledge_activate_tag(&k, owner, &listed, &short_time,
                               source_of_tag(&k, 3, 0, (tps_corim_validity){.is_present = false})),
        TPS_OK);
    assert_true(knowledge_is_current(&k, source, NOW - 6)); /* by the other list */
    knowledge_go_back(&k, &mark);
    assert_false(knowledge_is_current(&k, source, NOW));
    knowledge_free(&k);
}

/* A tag cannot take the place of one that is newer than it, so that no two take each other's. */
static void what_replaces_never_goes_round(void **state)
{
    const uint8_t ids[2] = {1, 2};
    const tps_corim_value first = {TPS_CORIM_TEXT, 0, tps_span_make(&ids[0], 1)};
    const tps_corim_value second = {TPS_CORIM_TEXT, 0, tps_span_make(&ids[1], 1)};
    const tps_corim_validity always = {.is_present = false};
    knowledge k = {0};
    uint32_t one = source_of_tag(&k, 1, 0, always);
    uint32_t two = source_of_tag(&k, 2, 0, always);

    (void)state;
    assert_int_equal(knowledge_replace_tag(&k, 0, &second), TPS_OK);
    assert_true(knowledge_is_current(&k, two, NOW));
    assert_int_equal(knowledge_replace_tag(&k, 1, &first), TPS_OK);
    assert_int_equal(knowledge_replace_tag(&k, 1, &first), TPS_OK);
    assert_false(knowledge_is_current(&k, one, NOW));
    assert_true(knowledge_is_current(&k, two, NOW));
    assert_int_equal(knowledge_replace_tag(&k, 1, &second), TPS_CORIM_BAD_VALUE);
    knowledge_free(&k);
}

static void a_device_is_of_the_maker_that_named_it_first(void **state)
{
    const knowledge_source makers[3] = {{.identity = {1}}, {.maker = {1}, .identity = {2}}, {.maker = {2}}};
    const knowledge_key key = {.point = point_of(1)};
    knowledge k = {0};
    uint32_t index;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(knowledge_add_source(&k, &makers[i], &index), TPS_OK);
    }
    assert_int_equal(knowledge_add_device(&k, ID(1), 0, &key, 0), TPS_OK);
    assert_true(knowledge_device_is_of(&k, 0, makers[1].maker));
    assert_int_equal(knowledge_add_device(&k, ID(1), 0, &key, 1), TPS_OK); /* now it is somebody's */
    index = knowledge_find_device(&k, ID(1));
    assert_int_equal(index, 1);
    assert_true(knowledge_device_is_of(&k, index, makers[1].maker));
    assert_false(knowledge_device_is_of(&k, index, makers[2].maker));
    assert_int_equal(knowledge_add_device(&k, ID(1), 0, &key, 2), TPS_VERIFIER_INSTANCE_OF_ANOTHER);
    assert_int_equal(knowledge_add_device(&k, ID(1), 0, &key, 0), TPS_OK);
    assert_int_equal(knowledge_find_device(&k, ID(1)), 1); /* says no more than the maker did */
    knowledge_free(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_the_same_in_all_its_parts_only),
        cmocka_unit_test(an_instance_has_an_id_of_1_to_33_bytes),
        cmocka_unit_test(a_class_is_claimed_by_the_first_maker_and_released_when_that_is_taken_back),
        cmocka_unit_test(an_index_never_runs_over),
        cmocka_unit_test(going_back_forgets_what_came_after_the_mark_and_that_alone),
        cmocka_unit_test(a_reference_value_that_is_known_for_as_long_is_not_kept_twice),
        cmocka_unit_test(the_steps_of_a_match_have_a_bound),
        cmocka_unit_test(no_two_tables_have_the_same_order),
        cmocka_unit_test(vendor_and_model_are_filled_once),
        cmocka_unit_test(a_source_is_current_while_manifest_and_signature_are),
        cmocka_unit_test(what_a_key_is_for_stays_and_is_not_contradicted),
        cmocka_unit_test(a_ready_key_is_never_that_of_another_device),
        cmocka_unit_test(a_reference_value_counts_while_one_who_said_it_does),
        cmocka_unit_test(a_release_contradicts_another_while_one_who_said_it_stands),
        cmocka_unit_test(keys_of_other_curves_and_thumbprints_are_kept),
        cmocka_unit_test(an_activation_ends_with_the_list_or_its_manifest),
        cmocka_unit_test(what_replaces_never_goes_round),
        cmocka_unit_test(a_device_is_of_the_maker_that_named_it_first),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
