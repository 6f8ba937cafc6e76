/* SPDX-License-Identifier: Apache-2.0 */
/* Who vouches for the key that signed: trust anchor, certificates or manifest, key, signature. */
#include <stdio.h>

#include "crypto/x509.h"
#include "verifier/explain/explain.h"
#include "verifier/finding.h"
#include "verifier/state.h"

/* ---- where something endorsed comes from ---- */

/* The subject of the anchor with this key; false when it is no certificate. */
static bool name_anchor(const tps_verifier *v, const uint8_t maker[32], char text[TPS_LINK_TEXT_MAX],
                        char by[TPS_LINK_TEXT_MAX])
{
    for (size_t i = 0; i < v->anchor_count; i++) {
        tps_x509_info info;
        char until[32];

        if (memcmp(v->anchors[i].maker, maker, 32) == 0 &&
            tps_x509_describe(v->anchors[i].der, &info) == TPS_OK) {
            explain_time(info.not_after, until);
            explain_text(text, "%s", info.subject);
            explain_text(by, "given as a trust anchor, valid until %s%s", until,
                         v->anchors[i].is_demonstration ? "; the DEMONSTRATION CA, which proves nothing"
                                                        : "");
            return true;
        }
    }
    return false;
}

static bool is_nobody(const uint8_t maker[32])
{
    static const uint8_t nobody[32];

    return memcmp(maker, nobody, sizeof nobody) == 0;
}

/* A tag's name: text, or the 16 bytes of a UUID in hex. */
static void name_tag(const knowledge_tag *tag, char text[80])
{
    if (tag->id_kind == TPS_CORIM_TEXT) {
        snprintf(text, 80, "\"%.*s\"", TEXT_OF(tag->id));
    } else {
        finding_hex(tag->id, 16, text);
    }
}

void explain_source(const explaining *x, uint32_t source, char text[TPS_LINK_TEXT_MAX])
{
    const knowledge *k = &x->facts->verifier->knowledge;
    const knowledge_source *s = &k->sources[source];
    char name[80] = "of no name";
    char version[32] = "";
    char anchor[TPS_LINK_TEXT_MAX];
    char by[TPS_LINK_TEXT_MAX];
    char until[48] = "";

    if (s->tag != 0) {
        name_tag(&k->tags[s->tag - 1], name);
        snprintf(version, sizeof version, " version %llu", (unsigned long long)k->tags[s->tag - 1].version);
    }
    if (s->validity.is_present) {
        memcpy(until, ", until ", 9);
        explain_time(s->validity.not_after, until + 8);
    }
    if (is_nobody(s->maker)) {
        explain_text(text, "endorsement %s%s, %s%s", name, version,
                     s->signer == 0 ? "unsigned, which was permitted" : "signed by a key that was given",
                     until);
    } else {
        explain_text(text, "endorsement %s%s, signed under %s%s", name, version,
                     name_anchor(x->facts->verifier, s->maker, anchor, by) ? anchor
                                                                           : "a key that is an anchor",
                     until);
    }
}

/* ---- links ---- */

static void add_anchor(explaining *x, const uint8_t maker[32])
{
    tps_link *link = explain_add(x, "trust anchor", 0);
    char key[24];

    if (is_nobody(maker)) {
        explain_text(link->what, "none: who started the verifier vouches for what comes next");
    } else if (!name_anchor(x->facts->verifier, maker, link->what, link->by)) {
        finding_hex(tps_span_make(maker, 32), 8, key);
        explain_text(link->what, "key, SHA-256 %s", key);
    }
}

/* Certificates of the message, the one nearest to the root first. */
static void add_certificates(explaining *x)
{
    const evidence_message *message = x->facts->message;
    tps_span chain[TPS_COSE_X5CHAIN_MAX];
    size_t count = message->form != EVIDENCE_COSE
                       ? 0
                       : tps_cose_certificates(message->cose.headers.x5chain, chain, TPS_COSE_X5CHAIN_MAX);

    for (size_t i = count; i-- > 0;) {
        tps_link *link = explain_add(x, i == 0 ? "device certificate" : "certificate", 0);
        tps_x509_info info;
        char until[32];

        if (tps_x509_describe(chain[i], &info) != TPS_OK) {
            explain_text(link->what, "cannot be read");
            continue;
        }
        explain_time(info.not_after, until);
        explain_text(link->what, "%s", info.subject);
        explain_text(link->by, "signed by %s, valid until %s", info.issuer, until);
    }
}

static void add_voucher(explaining *x, const trust *signer)
{
    const knowledge *k = &x->facts->verifier->knowledge;
    tps_link *link;

    if (signer->is_mac) {
        link = explain_add(x, "shared key", 0);
        explain_text(link->what, "a secret that device and verifier share");
        explain_text(link->by, "so this convinces its holders alone");
        return;
    }
    if (signer->is_certified || signer->dice != NULL) {
        add_certificates(x);
    } else if (signer->device != KNOWLEDGE_NONE) {
        link = explain_add(x, "endorsement", 0);
        explain_text(link->what, "the device's attestation key");
        explain_source(x, k->devices[signer->device].source, link->by);
    } else if (!signer->has_maker) {
        link = explain_add(x, "key", 0);
        explain_text(link->what, "an attestation key that who started the verifier vouches for");
    }
}

static void add_key(explaining *x)
{
    const tps_appraisal *a = x->facts->appraisal;
    tps_link *link = explain_add(x, "device key", 0);
    char instance[80] = "not told";
    char key[24];

    if (a->instance_id_size > 0) {
        finding_hex(tps_span_make(a->instance_id, a->instance_id_size), 12, instance);
    }
    finding_hex(TPS_SPAN_OF(a->signer_sha256), 8, key);
    explain_text(link->what, "instance %s", instance);
    if (!is_nobody(a->signer_sha256)) {
        explain_text(link->by, "key, SHA-256 %s", key);
    }
}

/* Nobody vouches: the findings of identity and signature say which of the links broke. */
static void add_without_signer(explaining *x)
{
    tps_link *link;

    x->is_broken = true; /* what came as a chain was not believed */
    add_certificates(x);
    x->is_broken = false;
    link = explain_add(x, "who vouches", 0);
    if (explain_finding(x, link, "instance-identity.", NULL)) {
        explain_text(link->what, "the key that signed");
    } else {
        explain_text(link->what, "over all of the evidence");
        (void)explain_finding(x, link, "evidence.", NULL);
        snprintf(link->name, sizeof link->name, "signature");
    }
    link->state = TPS_LINK_BROKEN;
    x->is_broken = true;
}

/* The anchor's key behind the signer: its chain's, or that of the manifest which endorses the device. */
static const uint8_t *maker_of(const explaining *x, const trust *signer)
{
    static const uint8_t nobody[32];
    const knowledge *k = &x->facts->verifier->knowledge;

    if (signer->has_maker) {
        return signer->maker;
    }
    return signer->device == KNOWLEDGE_NONE ? nobody : k->sources[k->devices[signer->device].source].maker;
}

void explain_trust(explaining *x)
{
    const trust *signer = x->facts->signer;
    tps_link *link;

    if (x->is_broken) {
        return;
    }
    if (signer == NULL) {
        add_without_signer(x);
        add_key(x);
        return;
    }
    if (!signer->is_mac) {
        add_anchor(x, maker_of(x, signer));
    }
    add_voucher(x, signer);
    add_key(x);
    link = explain_add(x, "signature", 0);
    explain_text(link->what, "over all of the evidence, made by that key");
}
