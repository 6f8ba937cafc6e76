/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests with one CoMID, made, given to a verifier, and counted there. */
#ifndef TPS_TEST_ENDORSEMENTS_SUPPORT_H
#define TPS_TEST_ENDORSEMENTS_SUPPORT_H

#include "support/check.h"
#include "verifier/knowledge/statements.h"
#include "verifier/state.h"
#include "verifier_support.h"

#define LENIENT    ((tps_verifier_options){.allow_unsigned_endorsements = true})
#define TEXT(text) TPS_SPAN_LITERAL(text)

/* A list of one. */
#define ONE(pointer)                   \
    {                                  \
        .items = (pointer), .count = 1 \
    }

/** Tags in a manifest; valid until the next call. */
static inline tps_span write_tags(const tps_corim_tag *tags, size_t count, const char *profile)
{
    static uint8_t room[65536];
    tps_corim corim = {.id = {TPS_CORIM_TEXT, 0, TEXT("triples")}, .tags = {.items = tags, .count = count}};
    tps_error why = {0};
    tps_span encoded;

    if (profile != NULL) {
        corim.profile = (tps_corim_value){TPS_CORIM_TEXT, 32, tps_span_of_text(profile)};
    }
    if (tps_corim_write(&corim, TPS_BUF_OF(room), &encoded, &why) != TPS_OK) {
        fail_msg("%s: %s", tps_status_name(why.status), why.detail);
    }
    return encoded;
}

/** A CoMID with its own number as its id, in a manifest. */
static inline tps_span write_comid(const tps_corim_comid *comid, const char *profile)
{
    static uint32_t number;
    uint8_t id[16] = {0};
    tps_corim_comid named = *comid;
    tps_corim_tag tag = {.tag = TPS_CORIM_TAG_COMID, .comid = &named};

    number++;
    memcpy(id, &number, sizeof number);
    named.identity.id = (tps_corim_value){TPS_CORIM_UUID, 37, TPS_SPAN_OF(id)};
    return write_tags(&tag, 1, profile);
}

/** Gives it to the verifier, which must answer so. */
static inline void expect(tps_verifier *v, tps_span corim, tps_status expected, const char *detail)
{
    tps_error why = {0};
    tps_status got = tps_verifier_add_corim(v, corim, NOW, &why);

    if (got != expected || (detail != NULL && (why.detail == NULL || strcmp(why.detail, detail) != 0))) {
        fail_msg("%s (%s) instead of %s (%s)", tps_status_name(got), why.detail == NULL ? "" : why.detail,
                 tps_status_name(expected), detail == NULL ? "" : detail);
    }
}

/** A layer of a board: no class id, so that it is of no profile's index. */
static inline tps_corim_environment the_board(void)
{
    return (tps_corim_environment){
        .vendor = TEXT("Lumen"), .model = TEXT("Board"), .has_layer = true, .layer = 2};
}

/** How many statements of the kind count for the environment. */
static inline size_t count_of(tps_verifier *v, uint32_t kind, const tps_corim_environment *environment)
{
    knowledge_statement_walk walk = knowledge_statements_of(&v->knowledge, kind, environment, NOW);
    knowledge_statement found;
    size_t count = 0;

    while (knowledge_next_statement(&walk, &found)) {
        assert_int_equal(found.kind, kind);
        count++;
    }
    return count;
}

#endif
