/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recognisers. Each `*_explain` takes bytes that it recognises and says what the file is (inspect_is()),
 * or why it cannot be read (inspect_fail()); or, where a node is given, adds to that. Offsets in faults count
 * from the start of the file.
 */
#ifndef TPS_INSPECT_EXPLAIN_H
#define TPS_INSPECT_EXPLAIN_H

#include "inspect/model.h"
#include "tps/jws.h"

struct json_t;
struct tps_crypto_key;

/** Maps of claims, by what they are for. */
enum {
    CLAIMS_NONE = 0, /**< no map of claims */
    CLAIMS_CWT = 1,  /**< registered claims of RFC 8392 alone */
    CLAIMS_EAT = 2,  /**< claims of RFC 9711, of a profile that is not known here */
    CLAIMS_PSA = 3,
    CLAIMS_PSA_2_0_0 = 4,
    CLAIMS_OPENTPS = 5,
    CLAIMS_EAR = 6
};

/** What an encoded item is as a map of claims. Takes anything. */
uint32_t claims_kind(tps_span item);

/** "PSA attestation token (RFC 9783)", ... */
const char *claims_title(uint32_t kind);

/** "psa-token", ...: the kind in JSON. */
const char *claims_word(uint32_t kind);

/** Explains a map of claims into an object; an inspect_step. */
void claims_explain(inspect_node *into, tps_span map);

/** Warns of what is odd about well-formed claims as a whole: profile, order of keys, lack of expiry. */
void claims_judge(inspect_document *document, tps_span map, uint32_t kind);

/** Values of claims that are more than a number or a text (claim_values.c). */
void claim_components(inspect_node *into, const char *name, tps_span item);
void claim_cnf(inspect_node *into, const char *name, tps_span item);
void claim_dbgstat(inspect_node *into, const char *name, tps_span item);
void claim_device_lifecycle(inspect_node *into, const char *name, tps_span item);
void claim_binder_origin(inspect_node *into, const char *name, tps_span item);
void claim_intuse(inspect_node *into, const char *name, tps_span item);
void claim_lifecycle(inspect_node *into, const char *name, tps_span item);
void claim_client_id(inspect_node *into, const char *name, tps_span item);
void claim_location(inspect_node *into, const char *name, tps_span item);
void claim_measurements(inspect_node *into, const char *name, tps_span item);
void claim_nonce(inspect_node *into, const char *name, tps_span item);
void claim_oemid(inspect_node *into, const char *name, tps_span item);
void claim_plain(inspect_node *into, const char *name, tps_span item);
void claim_profile(inspect_node *into, const char *name, tps_span item);
void claim_submods(inspect_node *into, const char *name, tps_span item);
void claim_sueids(inspect_node *into, const char *name, tps_span item);
void claim_time(inspect_node *into, const char *name, tps_span item);
void claim_ueid(inspect_node *into, const char *name, tps_span item);
void claim_version(inspect_node *into, const char *name, tps_span item);

/** Claims of an EAR in CBOR (ear.c). */
void claim_ear_status(inspect_node *into, const char *name, tps_span item);
void claim_ear_vector(inspect_node *into, const char *name, tps_span item);
void claim_ear_verifier(inspect_node *into, const char *name, tps_span item);

/** An EAR in JSON: explains its claims into `into` and says what it is. */
bool ear_is_json(const struct json_t *claims);
void ear_explain_json(inspect_node *into, struct json_t *claims);

/** Warns of what tps_ear_decode() refuses in the claims of an EAR, of either encoding. */
void ear_judge(inspect_document *document, tps_span claims);

/** A value of a trustworthiness vector in words, as the meaning of `node`. */
void ear_value_means(inspect_node *node, uint32_t claim, int64_t value);

/** Bytes that are shown as text, too, when they are. */
inspect_node *claim_bytes(inspect_node *into, const char *name, tps_span bytes);

/** What RFC 9711 has beside plain claims (eat.c). */
void claim_dloas(inspect_node *into, const char *name, tps_span item);
void claim_measres(inspect_node *into, const char *name, tps_span item);
void eat_explain_cbor_token(inspect_node *into, tps_span token);
void eat_explain_json_token(inspect_node *into, tps_span text);
void eat_explain_digest(inspect_node *into, tps_span item);

/** Warns of what tps_eat_walk() refuses. */
void eat_judge(inspect_document *document, tps_span claims);

/** Claims in JSON, explained as those in CBOR are. False, and nothing done, where they have no such form. */
bool eat_explain_json(inspect_node *into, tps_span json);

/** Detached bundles, in CBOR (tag 602) and JSON. False if it is none. */
bool eat_explain_bundle(inspect_document *document, tps_span file);
bool eat_explain_bundle_json(inspect_document *document, tps_span file);

/** COSE_Sign1 and COSE_Mac0, tagged or not. */
bool cose_is_message(tps_span file);
void cose_explain(inspect_document *document, tps_span file);

/** The envelope alone: headers and signature, into an object. False after inspect_fail(). */
bool cose_envelope(inspect_node *into, tps_span file, tps_span *payload, bool *is_detached);

/** What comes from TPMs: evidence of any form, quotes, event logs. tpm_is() takes any bytes. */
bool tpm_is(tps_span file);
void tpm_explain(inspect_document *document, tps_span file);

/** Wrappers (CMW). cmw_is() takes any bytes. */
bool cmw_is(inspect_document *document, tps_span file);
void cmw_explain(inspect_document *document, tps_span file);

/** Explains an encoded wrapper into an object; an inspect_step. */
void cmw_explain_part(inspect_node *into, tps_span part);

/** A signed one: in a COSE message with this protected content type, or in a JWS. False if it is none. */
bool cmw_explain_signed(inspect_document *document, tps_span content_type, tps_span payload);
bool cmw_explain_jws(inspect_document *document, const tps_jws *jws);

/** Adds the wrapper that a certificate carries, if it does. */
void cmw_explain_in_certificate(inspect_node *into, tps_span der);

/** COSE_Key. */
bool cose_key_is(tps_span item);
void cose_key_explain(inspect_node *into, tps_span item);

/** DICE: the layers in an X.509 certificate, added where there are any; and CBOR certificates, by their
 * payload. */
void dice_explain(inspect_node *into, tps_span der);
bool dice_is_claims(tps_span payload);
void dice_explain_cwt(inspect_document *document, inspect_node *into, tps_span file, tps_span payload);

/** CoRIM, signed or not. */
bool corim_is(tps_span file);
void corim_explain(inspect_document *document, tps_span file);

/** Files that `tps factory` makes: the payload of a release manifest, a device's identity, its certificates
 * in CBOR. */
bool manifest_is(tps_span payload);
void manifest_explain(inspect_document *document, inspect_node *into, tps_span payload);
bool identity_is(tps_span file);
void identity_explain(inspect_document *document, tps_span file);
bool chain_is(tps_span file);
void chain_explain(inspect_document *document, tps_span file);

/** Text: PEM, DER, JSON, JWT. */
void pem_explain(inspect_document *document, tps_span file);
bool der_is(tps_span file);
void der_explain(inspect_document *document, tps_span file);
void certificate_explain(inspect_node *into, tps_span der);
bool json_is_any(tps_span file);
void json_explain(inspect_document *document, tps_span file);
void jwt_explain(inspect_document *document, tps_span file);

/** The values of JSON as values of the document, and the members of an object that no recogniser has taken.
 */
inspect_node *json_value(inspect_node *into, const char *name, struct json_t *value);
void json_time(inspect_node *into, const char *name, struct json_t *value);

/** Parses JSON; what is tolerated with a warning is a name that stands twice. NULL after inspect_fail(). */
struct json_t *json_read(inspect_document *document, tps_span text, size_t offset);

/** True when an object of JSON is a JWK; explains it into `into`, secrets left out. */
bool jwk_is(const struct json_t *value);
void jwk_explain(inspect_node *into, struct json_t *jwk);

/** The curve of a key; of an RSA key, which has none, its kind. */
void key_explain_kind(inspect_node *into, const struct tps_crypto_key *key);

/** What is to be told of a public key beside: the digest of its SubjectPublicKeyInfo. */
void key_explain(inspect_node *into, const struct tps_crypto_key *key);

#endif
