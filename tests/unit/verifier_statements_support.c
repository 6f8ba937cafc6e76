/* SPDX-License-Identifier: Apache-2.0 */
/* See the header. */
#include "verifier_statements_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tps/coswid.h"

static const uint8_t bytes_a[32] = {0xaa};
static const uint8_t bytes_b[32] = {0xbb};
static const uint8_t bytes_long[48] = {0xcc};

const tps_corim_digest hash_a = {.alg = TPS_ALG_SHA256, .value = {bytes_a, 32}};
const tps_corim_digest hash_b = {.alg = TPS_ALG_SHA256, .value = {bytes_b, 32}};
const tps_corim_digest long_hash = {.alg = TPS_ALG_SHA384, .value = {bytes_long, 48}};

static void add_source(world *w, knowledge_source source, uint8_t maker)
{
    uint32_t index;

    memset(source.maker, maker, sizeof source.maker);
    source.identity[0] = (uint8_t)w->k.source_count;
    assert_int_equal(knowledge_add_source(&w->k, &source, &index), TPS_OK);
}

int world_begin(void **state)
{
    world *w = calloc(1, sizeof *w);

    *state = w;
    add_source(w, (knowledge_source){.is_demonstration = false}, 0);
    add_source(w, (knowledge_source){.is_demonstration = false}, 0x11);
    add_source(w, (knowledge_source){.is_demonstration = false}, 0x22);
    add_source(w, (knowledge_source){.validity = {.is_present = true, .not_after = NOW - 1}}, 0x11);
    add_source(w, (knowledge_source){.is_demonstration = true}, 0x11);
    return 0;
}

int world_end(void **state)
{
    world *w = *state;

    knowledge_free(&w->k);
    revocation_free(w->revoked);
    free(w);
    return 0;
}

tps_corim_environment layer(uint64_t number)
{
    return (tps_corim_environment){.vendor = TPS_SPAN_LITERAL("ACME"),
                                   .model = TPS_SPAN_LITERAL("Lamp"),
                                   .has_layer = true,
                                   .layer = number};
}

const tps_corim_measurement digest_a = {.digests = ONE(&hash_a)};
const tps_corim_measurement digest_b = {.digests = ONE(&hash_b)};
const tps_corim_measurement certified = {.name = SPAN("certified")};
const tps_corim_measurement outdated = {.name = SPAN("outdated")};

const tps_corim_measurement svn_5 = {.name = SPAN("application"), .has_svn = true, .svn = 5};
const tps_corim_measurement svn_4 = {.name = SPAN("application"), .has_svn = true, .svn = 4};
const tps_corim_measurement application = {.name = SPAN("application")};
const tps_corim_measurement loader = {.name = SPAN("loader")};

tps_corim_environment product(const char *model)
{
    return (tps_corim_environment){.vendor = TPS_SPAN_LITERAL("ACME"), .model = tps_span_of_text(model)};
}

/* ---- knowing ---- */

typedef struct {
    world *w;
    uint32_t kind;
    uint32_t source;
} learner;

static tps_status take_environment(learner *l, const tps_corim_environment *environment, tps_span encoded)
{
    return knowledge_add_statement(&l->w->k, l->kind, environment, encoded, l->source);
}

/* The one triple of its kind, and the environment that it is found by. */
static tps_status take_comid(void *context, const tps_corim_comid *comid)
{
    learner *l = context;
    tps_corim_cursor cursor;
    tps_corim_statement statement;
    tps_corim_domain domain;
    tps_corim_coswid_link link;
    tps_corim_series series;
    tps_corim_conditional conditional;

    if (comid->reference_values.count != 0 || comid->endorsed_values.count != 0) {
        const tps_corim_statements *list =
            comid->reference_values.count != 0 ? &comid->reference_values : &comid->endorsed_values;
        cursor = TPS_CORIM_WALK(*list);
        assert_true(tps_corim_next_statement(&cursor, &statement));
        return take_environment(l, &statement.environment, list->encoded);
    }
    if (comid->dependencies.count != 0 || comid->memberships.count != 0) {
        const tps_corim_domains *list =
            comid->dependencies.count != 0 ? &comid->dependencies : &comid->memberships;
        cursor = TPS_CORIM_WALK(*list);
        assert_true(tps_corim_next_domain(&cursor, &domain));
        return take_environment(l, &domain.domain, list->encoded);
    }
    if (comid->coswid_links.count != 0) {
        cursor = TPS_CORIM_WALK(comid->coswid_links);
        assert_true(tps_corim_next_coswid_link(&cursor, &link));
        return take_environment(l, &link.environment, comid->coswid_links.encoded);
    }
    if (comid->series.count != 0) {
        cursor = TPS_CORIM_WALK(comid->series);
        assert_true(tps_corim_next_series(&cursor, &series));
        return take_environment(l, &series.environment, comid->series.encoded);
    }
    cursor = TPS_CORIM_WALK(comid->conditionals);
    assert_true(tps_corim_next_conditional(&cursor, &conditional));
    cursor = TPS_CORIM_WALK(conditional.conditions);
    assert_true(tps_corim_next_statement(&cursor, &statement));
    return take_environment(l, &statement.environment, comid->conditionals.encoded);
}

void know(world *w, uint32_t kind, const tps_corim_comid *comid, uint32_t source)
{
    static uint8_t room[65536];
    tps_corim_comid named = *comid;
    tps_corim_tag tag = {.tag = TPS_CORIM_TAG_COMID, .comid = &named};
    tps_corim corim = {.id = KEY("manifest"), .tags = ONE(&tag)};
    learner l = {w, kind, source};
    tps_corim_visitor visitor = {.context = &l, .comid = take_comid};
    tps_span written;
    tps_error why = {0};

    named.identity.id = (tps_corim_value)KEY("tag");
    assert_int_equal(tps_corim_write(&corim, TPS_BUF_OF(room), &written, &why), TPS_OK);
    assert_int_equal(tps_corim_decode(written, &corim, NULL), TPS_OK);
    assert_int_equal(tps_corim_visit(&corim, &visitor, NULL), TPS_OK);
}

void know_values(world *w, uint32_t kind, tps_corim_environment environment,
                 const tps_corim_measurement *measurements, size_t count, uint32_t source)
{
    tps_corim_statement statement = {.environment = environment,
                                     .measurements = {.items = measurements, .count = count}};
    tps_corim_comid comid = {.identity = {.version = 0}};

    if (kind == STATEMENT_REFERENCE) {
        comid.reference_values = (tps_corim_statements)ONE(&statement);
    } else {
        comid.endorsed_values = (tps_corim_statements)ONE(&statement);
    }
    know(w, kind, &comid, source);
}

void know_software(world *w, const char *id, bool is_evidence, uint32_t source)
{
    static uint8_t room[4096];
    static const tps_corim_label roles[] = {{1, {NULL, 0}}};
    static const tps_coswid_entity maker = {.name = SPAN("ACME"), .roles = ITEMS(roles)};
    tps_coswid_file files[] = {{.name = SPAN("boot"), .hash = hash_a},
                               {.name = SPAN("readme")},
                               {.name = SPAN("app"), .version = SPAN("7"), .hash = hash_b}};
    tps_corim_value tag_id = {TPS_CORIM_TEXT, 0, tps_span_of_text(id)};
    tps_coswid software = {
        .id = tag_id,
        .software_name = SPAN("firmware"),
        .software_version = SPAN("1.4"),
        .entities = ONE(&maker),
        .content = {.is_present = true, .is_evidence = is_evidence, .files = files, .file_count = 3}};
    tps_span written;

    files[0].hash.name.number = files[2].hash.name.number = 1;
    assert_int_equal(tps_coswid_write(&software, TPS_BUF_OF(room), &written, NULL), TPS_OK);
    assert_int_equal(knowledge_add_coswid(&w->k, &tag_id, written, source), TPS_OK);
}

void link_software(world *w, uint64_t number, const char *id)
{
    const tps_corim_value tag_ids[] = {KEY("nowhere"), {TPS_CORIM_TEXT, 0, tps_span_of_text(id)}};
    tps_corim_coswid_link link = {.environment = layer(number), .tag_ids = ITEMS(tag_ids)};
    tps_corim_comid comid = {.coswid_links = ONE(&link)};

    know(w, STATEMENT_COSWID, &comid, 1);
}

/* ---- claims ---- */

accepted_claim *claim(world *w, tps_corim_environment environment, tps_corim_measurement measurement)
{
    accepted_claim *made = accepted_add(&w->set, ACCEPTED_EVIDENCE);

    assert_non_null(made);
    made->environment = environment;
    made->measurement = measurement;
    made->must_match = true;
    return made;
}

void match(world *w)
{
    w->looks = match_statements(&w->k, &w->set, w->maker, w->revoked, NOW, &w->appraisal);
}

void expect(const world *w, const char *name)
{
    if (name == NULL) {
        assert_string_equal(w->appraisal.findings[0].name, "");
        assert_int_equal(w->appraisal.finding_count, 0);
        return;
    }
    assert_string_equal(w->appraisal.findings[0].name, name);
    assert_int_equal(w->appraisal.finding_count, 1);
    assert_true(w->appraisal.findings[0].cause[0] != '\0');
    assert_true(w->appraisal.findings[0].next_step[0] != '\0');
    assert_in_range(tps_ear_tier_of(w->appraisal.vector[w->appraisal.findings[0].claim]),
                    TPS_EAR_TIER_WARNING, TPS_EAR_TIER_CONTRAINDICATED);
}

bool has_endorsed(const world *w, tps_corim_environment environment, const char *name)
{
    for (size_t i = 0; i < w->set.count; i++) {
        const accepted_claim *c = &w->set.claims[i];
        if (c->origin == ACCEPTED_ENDORSED && tps_span_is_text(c->measurement.name, name) &&
            c->environment.layer == environment.layer &&
            tps_span_equal(c->environment.model, environment.model)) {
            return true;
        }
    }
    return false;
}

size_t count_endorsed(const world *w)
{
    size_t count = 0;

    for (size_t i = 0; i < w->set.count; i++) {
        count += w->set.claims[i].origin == ACCEPTED_ENDORSED;
    }
    return count;
}

/* ---- in short ---- */

void observe(world *w, tps_corim_environment environment, tps_corim_measurement measurement)
{
    claim(w, environment, measurement)->must_match = false;
}

void endorse(world *w, tps_corim_environment environment, const tps_corim_measurement *value, uint32_t source)
{
    know_values(w, STATEMENT_ENDORSED, environment, value, 1, source);
}

void condition(world *w, tps_corim_environment first, const tps_corim_measurement *a,
               tps_corim_environment second, const tps_corim_measurement *b,
               const tps_corim_measurement *value, uint32_t source)
{
    tps_corim_statement conditions[] = {{.environment = first, .measurements = {.items = a, .count = 1}},
                                        {.environment = second, .measurements = {.items = b, .count = 1}}};
    tps_corim_statement endorsement = {.environment = product("Lamp"), .measurements = ONE(value)};
    tps_corim_conditional conditional = {.conditions = {.items = conditions, .count = b == NULL ? 1 : 2},
                                         .endorsements = ONE(&endorsement)};
    tps_corim_comid comid = {.conditionals = ONE(&conditional)};

    know(w, STATEMENT_CONDITIONAL, &comid, source);
}

void know_series(world *w, tps_corim_environment environment, const tps_corim_measurement *claims,
                 const tps_corim_keys *authorized_by)
{
    static const tps_corim_measurement new_svn = {
        .has_svn = true, .svn = 5, .svn_tag = TPS_CORIM_TAG_MIN_SVN};
    static const tps_corim_measurement any_svn = {.has_svn = true, .svn_tag = TPS_CORIM_TAG_MIN_SVN};
    static const tps_corim_series_step steps[] = {{ONE(&new_svn), ONE(&certified)},
                                                  {ONE(&any_svn), ONE(&outdated)}};
    tps_corim_series series = {.environment = environment, .steps = ITEMS(steps)};
    tps_corim_comid comid = {.series = ONE(&series)};

    if (claims != NULL) {
        series.claims = (tps_corim_measurements)ONE(claims);
    }
    if (authorized_by != NULL) {
        series.authorized_by = *authorized_by;
    }
    know(w, STATEMENT_SERIES, &comid, 1);
}
