/* SPDX-License-Identifier: Apache-2.0 */
/* The vault's operations on flash that does what it should: what is put can be read, after a restart too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/vectors.h"
#include "vault_support.h"

static void what_is_put_can_be_read_after_a_restart(void **state)
{
    rig *r = rig_new(32768, 4096, 16);

    (void)state;
    rig_open(r);
    assert_int_equal(rig_put(r, "a", "first"), TPS_OK);
    assert_int_equal(rig_put(r, "b", ""), TPS_OK);
    assert_int_equal(rig_put(r, "a", "second"), TPS_OK);
    rig_open(r);
    rig_expect(r, "a", "second");
    rig_expect(r, "b", "");
    assert_int_equal(rig_get(r, "c"), TPS_NOT_FOUND);
    assert_int_equal(rig_delete(r, "a"), TPS_OK);
    assert_int_equal(rig_delete(r, "a"), TPS_NOT_FOUND);
    rig_open(r);
    assert_int_equal(rig_get(r, "a"), TPS_NOT_FOUND);
    rig_expect(r, "b", "");
    rig_free(r);
}

static void it_goes_round_without_losing_anything(void **state)
{
    rig *r = rig_new(8192, 1024, 16);
    char text[32];

    (void)state;
    rig_open(r);
    assert_int_equal(rig_put(r, "stays", "here"), TPS_OK);
    for (int i = 0; i < 100; i++) {
        (void)snprintf(text, sizeof(text), "value %d", i);
        assert_int_equal(rig_put(r, "changes", text), TPS_OK);
        rig_expect(r, "stays", "here");
        rig_expect(r, "changes", text);
    }
    rig_open(r);
    rig_expect(r, "stays", "here");
    rig_expect(r, "changes", text);
    rig_free(r);
}

/* 0x80, 0x81, ...: each salt of the vector is the 16 next of these. */
static tps_status counted_entropy(void *context, tps_buf out)
{
    static uint8_t next = 0x80;

    (void)context;
    for (size_t i = 0; i < out.size; i++) {
        out.data[i] = next++;
    }
    return TPS_OK;
}

static void fill(uint8_t *bytes, size_t size, uint8_t first)
{
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(first + i);
    }
}

/* The hex digits between "```hex" and "```" in spec/vault.md. */
static tps_buf vector_of_specification(void)
{
    tps_buf file = file_read("spec/vault.md");
    char *text = calloc(1, file.size + 1);
    char *begin;
    tps_buf bytes;

    assert_non_null(text);
    memcpy(text, file.data, file.size);
    begin = strstr(text, "```hex\n");
    assert_non_null(begin);
    begin += strlen("```hex\n");
    *strstr(begin, "```") = '\0';
    bytes = bytes_from_hex(begin);
    free(text);
    free(file.data);
    return bytes;
}

static void what_is_written_is_as_the_specification_has_it(void **state)
{
    rig *r = rig_new(4096, 512, 16);
    tps_buf vector = vector_of_specification();
    tps_vault_context context;
    tps_vault_id id = rig_id("both");

    (void)state;
    r->platform.entropy = counted_entropy;
    r->handover.security_counter = 1;
    r->handover.inputs.mode = 1;
    fill(r->handover.sv, sizeof(r->handover.sv), 0x00);
    fill(r->handover.cdi_attest, sizeof(r->handover.cdi_attest), 0x20);
    fill(context.provider, sizeof(context.provider), 0x40);
    fill(context.owner, sizeof(context.owner), 0x60);
    rig_open(r);
    assert_int_equal(rig_put(r, "plain", "a value"), TPS_OK);
    assert_int_equal(
        tps_vault_put(&r->vault, &id, &context, TPS_SPAN_LITERAL("bound, of a provider"), TPS_VAULT_BOUND),
        TPS_OK);

    if (r->vault.at != vector.size || memcmp(r->flash.bytes, vector.data, vector.size) != 0) {
        for (uint32_t i = 0; i < r->vault.at; i++) { /* to look at, and to make the specification anew */
            (void)printf("%02x%s", (unsigned)r->flash.bytes[i], i % 48 == 47 ? "\n" : "");
        }
        fail();
    }
    free(vector.data);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_can_be_read_after_a_restart),
        cmocka_unit_test(it_goes_round_without_losing_anything),
        cmocka_unit_test(what_is_written_is_as_the_specification_has_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
