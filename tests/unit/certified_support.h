/* SPDX-License-Identifier: Apache-2.0 */
/* A lamp that nobody endorsed, certified below a root with a CA between: for what ends trust in a chain. */
#ifndef TPS_TEST_CERTIFIED_SUPPORT_H
#define TPS_TEST_CERTIFIED_SUPPORT_H

#include "support/check.h"
#include "verifier_support.h"

/** Root (20), its CA (21), a lamp (3) that nobody endorsed. */
typedef struct {
    tps_span root;
    tps_span ca;
    tps_span chain[2];
    tps_span evidence;
} certified;

static inline certified make_certified(void)
{
    certified c = {.root = make_ca("Root", device_key(20), TPS_SPAN_EMPTY, NULL)};
    tps_device_claims claims = lamp_eat();

    c.ca = make_ca("CA", device_key(21), c.root, device_key(20));
    c.chain[0] = make_leaf("Lamp 3", device_key(3), c.ca, device_key(21), NOW + 50000);
    c.chain[1] = c.ca;
    claims.ueid = instance_of(device_key(3));
    c.evidence = sign_eat(&claims, device_key(3), c.chain, 2);
    return c;
}

/** The maker's verifier, and the root as an anchor. */
static inline tps_verifier *verifier_with_root(const certified *c)
{
    tps_verifier *v = maker_verifier();

    assert_int_equal(tps_verifier_add_anchor(v, c->root), TPS_OK);
    return v;
}

#endif
