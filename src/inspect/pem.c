/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and certificates in PEM (RFC 7468) and DER. Private keys are named and never shown. */
#include <inttypes.h>
#include <stdio.h>

#include "crypto/demonstration.h"
#include "crypto/x509.h"
#include "inspect/explain.h"
#include "inspect/names.h"

#define CERTIFICATE_SIZE_MAX 16384u

void certificate_explain(inspect_node *into, tps_span der)
{
    inspect_document *document = into->document;
    tps_x509_info info;

    if (tps_x509_describe(der, &info) != TPS_OK) {
        inspect_warn(document, "a certificate cannot be read");
        inspect_bytes(into, "der", der);
        return;
    }
    inspect_text(into, "subject", inspect_copy(document, tps_span_of_text(info.subject)));
    inspect_text(into, "issuer", inspect_copy(document, tps_span_of_text(info.issuer)));
    inspect_text(into, "serial", inspect_copy(document, tps_span_of_text(info.serial)));
    inspect_time(into, "not_before", info.not_before);
    inspect_time(into, "not_after", info.not_after);
    inspect_means(inspect_bool(into, "is_ca", info.ca),
                  info.ca ? "it may issue certificates" : "it ends a chain");
    inspect_bytes(into, "spki_sha256", inspect_copy(document, TPS_SPAN_OF(info.spki_sha256)));
    cmw_explain_in_certificate(into, der);
    if (info.not_after < inspect_now(document)) {
        inspect_warn(document, "the certificate of %s has expired", info.subject);
    }
    if (tps_x509_is_under(der, TPS_SPAN_OF(tps_demonstration_spki))) {
        inspect_warn(
            document,
            "INSECURE: this is, or was issued by, the demonstration CA, whose private key is public");
    }
    if (info.not_before > inspect_now(document)) {
        inspect_warn(document, "the certificate of %s is not valid yet", info.subject);
    }
    dice_explain(into, der);
}

/* ---- PEM ---- */

static const char begin[] = "-----BEGIN ";

/* The label of the block at the start of `text` ("PUBLIC KEY"); empty if it has none. */
static tps_span label_of(tps_span text)
{
    size_t start = sizeof begin - 1;
    size_t end = start;

    while (end < text.size && text.data[end] != '-' && text.data[end] != '\n') {
        end++;
    }
    return end == text.size || text.data[end] != '-' ? TPS_SPAN_EMPTY
                                                     : tps_span_make(text.data + start, end - start);
}

static bool ends_with(tps_span text, const char *end)
{
    size_t size = strlen(end);

    return text.size >= size && memcmp(text.data + text.size - size, end, size) == 0;
}

static void explain_private(inspect_node *into, tps_span text)
{
    tps_crypto_key *key = NULL;

    inspect_bool(into, "is_private", true);
    if (tps_crypto_key_from_pem(text, &key) == TPS_OK) {
        key_explain_kind(into, key);
        key_explain(into, key);
        tps_crypto_key_free(key);
    }
    inspect_warn(into->document,
                 "this is a private key: keep it secret, and let no one but its user read the file "
                 "(chmod 600); it is not shown");
}

static void explain_public(inspect_node *into, tps_span text)
{
    tps_crypto_key *key = NULL;

    inspect_bool(into, "is_private", false);
    if (tps_crypto_key_from_pem(text, &key) != TPS_OK) {
        inspect_warn(into->document,
                     "the key is damaged, or of a kind that is not used here (P-256 and P-384 are)");
        return;
    }
    key_explain_kind(into, key);
    key_explain(into, key);
    tps_crypto_key_free(key);
}

static void explain_certificate(inspect_node *into, tps_span text)
{
    uint8_t *room = inspect_allocate(into->document, CERTIFICATE_SIZE_MAX);
    tps_span der;
    size_t count = 1;

    if (room == NULL) {
        return;
    }
    if (tps_x509_from_pem(text, (tps_buf){room, CERTIFICATE_SIZE_MAX}, &der, &count) != TPS_OK) {
        inspect_warn(into->document, "a certificate cannot be read");
        return;
    }
    certificate_explain(into, der);
}

static void explain_block(inspect_node *into, tps_span label, tps_span text)
{
    inspect_text(into, "type", label);
    if (ends_with(label, "PRIVATE KEY")) {
        explain_private(into, text);
    } else if (tps_span_is_text(label, "PUBLIC KEY")) {
        explain_public(into, text);
    } else if (tps_span_is_text(label, "CERTIFICATE")) {
        explain_certificate(into, text);
    } else {
        inspect_uint(into, "size", text.size);
    }
}

/* The next block of `text` from `at` on, with its lines; false if there is none. */
static bool next_block(tps_span text, size_t *at, tps_span *block)
{
    const uint8_t *found =
        *at >= text.size ? NULL : memmem(text.data + *at, text.size - *at, begin, sizeof begin - 1);
    const uint8_t *end;

    if (found == NULL) {
        return false;
    }
    *at = (size_t)(found - text.data);
    end = memmem(found, text.size - *at, "-----END ", 9);
    end = end == NULL ? NULL : memchr(end, '\n', text.size - (size_t)(end - text.data));
    *block = tps_span_make(found, end == NULL ? text.size - *at : (size_t)(end + 1 - found));
    return true;
}

static const char *kind_of(tps_span label, size_t count)
{
    if (ends_with(label, "PRIVATE KEY")) {
        return "private-key";
    }
    if (tps_span_is_text(label, "PUBLIC KEY")) {
        return "public-key";
    }
    if (tps_span_is_text(label, "CERTIFICATE")) {
        return count > 1 ? "certificates" : "certificate";
    }
    return "pem";
}

static const char *title_of(tps_span label)
{
    if (ends_with(label, "PRIVATE KEY")) {
        return "Private key (secret!)";
    }
    return tps_span_is_text(label, "PUBLIC KEY") ? "Public key" : "Certificate (X.509)";
}

void pem_explain(inspect_document *document, tps_span file)
{
    inspect_node *list = inspect_list(inspect_fields(document), "blocks");
    tps_span first = TPS_SPAN_EMPTY;
    tps_span block;
    size_t count = 0;

    for (size_t at = 0; next_block(file, &at, &block); at += block.size) {
        tps_span label = label_of(block);
        if (label.size == 0 || memmem(block.data, block.size, "-----END ", 9) == NULL) {
            inspect_fail(document, TPS_CRYPTO_BAD_KEY, at, "a PEM block has no end");
            return;
        }
        first = count++ == 0 ? label : first;
        explain_block(inspect_object(list, NULL), label, block);
        if (ends_with(label, "PRIVATE KEY")) {
            first = label; /* what needs care names the whole */
        }
    }
    if (strcmp(kind_of(first, count), "pem") == 0) {
        inspect_is(document, "pem", "PEM, not explained: \"%.*s\"%s", (int)first.size,
                   (const char *)first.data, count == 1 ? "" : ", and further blocks");
    } else {
        inspect_is(document, kind_of(first, count), count == 1 ? "%s in PEM" : "%s in PEM, %zu blocks in all",
                   title_of(first), count);
    }
    inspect_unchecked(document, "whether any of these is to be trusted");
}

/* ---- DER ---- */

/* The size of the DER element that begins with SEQUENCE, head included; 0 if that is none. */
static size_t sequence_size(tps_span file)
{
    size_t octets;
    size_t size = 0;

    if (file.size < 2 || file.data[0] != 0x30) {
        return 0;
    }
    if (file.data[1] < 0x80) {
        return 2u + file.data[1];
    }
    octets = file.data[1] & 0x7fu;
    if (octets == 0 || octets > 4 || file.size < 2 + octets) {
        return 0;
    }
    for (size_t i = 0; i < octets; i++) {
        size = size << 8 | file.data[2 + i];
    }
    return size + 2 + octets;
}

bool der_is(tps_span file)
{
    return sequence_size(file) == file.size;
}

/* A private key begins, within its SEQUENCE, with the INTEGER 0 or 1 (PKCS #8, SEC 1). */
static bool is_private_der(tps_span file)
{
    size_t head = file.data[1] < 0x80 ? 2 : 2u + (file.data[1] & 0x7fu);

    return file.size > head + 3 && file.data[head] == 2 && file.data[head + 1] == 1 &&
           file.data[head + 2] <= 1;
}

void der_explain(inspect_document *document, tps_span file)
{
    inspect_node *root = inspect_fields(document);
    tps_crypto_key *key = NULL;
    tps_x509_info info;

    if (tps_x509_describe(file, &info) == TPS_OK) {
        inspect_is(document, "certificate", "Certificate (X.509) in DER");
        certificate_explain(root, file);
        inspect_unchecked(document, "whether it is to be trusted");
    } else if (tps_crypto_key_from_spki(file, &key) == TPS_OK) {
        inspect_is(document, "public-key", "Public key in DER");
        inspect_bool(root, "is_private", false);
        key_explain_kind(root, key);
        key_explain(root, key);
        tps_crypto_key_free(key);
    } else if (is_private_der(file)) {
        inspect_is(document, "private-key", "Private key (secret!) in DER");
        inspect_bool(root, "is_private", true);
        inspect_warn(document, "this is a private key: keep it secret; it is not shown");
    } else {
        inspect_fail(document, TPS_UNKNOWN_FORMAT, 0,
                     "DER that is neither a certificate nor a key of a kind known here");
    }
}
