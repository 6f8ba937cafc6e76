/* SPDX-License-Identifier: Apache-2.0 */
/* Environments compared, member by member. */
#include "verifier/match/environment.h"

#include <stdarg.h>
#include <stdio.h>

#include "verifier/finding.h"

bool environment_same_value(const tps_corim_value *a, const tps_corim_value *b)
{
    return a->kind == b->kind && a->number == b->number && tps_span_equal(a->bytes, b->bytes);
}

/* Both tags name the implementation id of a PSA device. */
static bool is_implementation_id(const tps_corim_value *id)
{
    return id->kind == TPS_CORIM_BYTES || id->kind == TPS_CORIM_IMPLEMENTATION_ID;
}

static bool same_class_id(const tps_corim_value *a, const tps_corim_value *b)
{
    return is_implementation_id(a) && is_implementation_id(b) ? tps_span_equal(a->bytes, b->bytes)
                                                              : environment_same_value(a, b);
}

/* An empty text is an absent one. */
static bool text_matches(tps_span state, tps_span condition)
{
    return condition.size == 0 || tps_span_equal(state, condition);
}

static bool number_matches(bool has_state, uint64_t state, bool has_condition, uint64_t condition)
{
    return !has_condition || (has_state && state == condition);
}

bool environment_matches(const tps_corim_environment *state, const tps_corim_environment *condition)
{
    return (condition->class_id.kind == TPS_CORIM_ABSENT ||
            same_class_id(&state->class_id, &condition->class_id)) &&
           text_matches(state->vendor, condition->vendor) && text_matches(state->model, condition->model) &&
           number_matches(state->has_layer, state->layer, condition->has_layer, condition->layer) &&
           number_matches(state->has_index, state->index, condition->has_index, condition->index) &&
           (condition->instance.kind == TPS_CORIM_ABSENT ||
            environment_same_value(&state->instance, &condition->instance)) &&
           (condition->group.kind == TPS_CORIM_ABSENT ||
            environment_same_value(&state->group, &condition->group));
}

bool environment_same(const tps_corim_environment *a, const tps_corim_environment *b)
{
    return environment_matches(a, b) && environment_matches(b, a);
}

/* ---- for people ---- */

/* printf behind what is there already, cut at the end. */
__attribute__((format(printf, 3, 4))) static void append(char text[ENVIRONMENT_TEXT_MAX], size_t *used,
                                                         const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text + *used, ENVIRONMENT_TEXT_MAX - *used, format, arguments);
    va_end(arguments);
    *used += strlen(text + *used);
}

static void append_text(char *text, size_t *used, const char *before, tps_span value)
{
    if (value.size != 0) {
        append(text, used, "%s%.*s", before, value.size > 64 ? 64 : (int)value.size,
               (const char *)value.data);
    }
}

static void append_value(char *text, size_t *used, const char *what, const tps_corim_value *value)
{
    char hex[20];

    if (value->kind != TPS_CORIM_ABSENT) {
        finding_hex(value->bytes, 8, hex);
        append(text, used, "%s%s %s", *used == 0 ? "" : ", ", what, hex);
    }
}

void environment_show(const tps_corim_environment *environment, char text[ENVIRONMENT_TEXT_MAX])
{
    size_t used = 0;

    text[0] = '\0';
    if (environment->vendor.size != 0) {
        append_text(text, &used, "", environment->vendor);
        append_text(text, &used, " ", environment->model);
    } else {
        append_value(text, &used, "class", &environment->class_id);
    }
    if (environment->has_layer) {
        append(text, &used, "%slayer %llu", used == 0 ? "" : ", ", (unsigned long long)environment->layer);
    }
    if (environment->has_index) {
        append(text, &used, "%sindex %llu", used == 0 ? "" : ", ", (unsigned long long)environment->index);
    }
    append_value(text, &used, "instance", &environment->instance);
    append_value(text, &used, "group", &environment->group);
}
