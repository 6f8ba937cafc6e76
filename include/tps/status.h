/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file status.h
 * One status type for all of opentps. A status carries its layer in the upper 16 bits and its code in the
 * lower ones; each has a name, a cause and a next step, in one table below.
 */
#ifndef TPS_STATUS_H
#define TPS_STATUS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define TPS_MUST_USE __attribute__((warn_unused_result))
#else
#define TPS_MUST_USE
#endif

/** TPS_OK, or one of the values of TPS_STATUS_LIST. A fixed 32 bits, because it crosses interfaces. */
typedef uint32_t tps_status;

/** The layers, in the order of the house. */
enum {
    TPS_LAYER_BASE = 1,
    TPS_LAYER_CRYPTO = 2,
    TPS_LAYER_CBOR = 3,
    TPS_LAYER_COSE = 4,
    TPS_LAYER_CLAIMS = 5,
    TPS_LAYER_CORIM = 6,
    TPS_LAYER_JSON = 7,
    TPS_LAYER_COMPONENT = 8,
    TPS_LAYER_VERIFIER = 9,
    TPS_LAYER_STORE = 10,
    TPS_LAYER_SERVER = 11,
    TPS_LAYER_DEVICE = 12,
    TPS_LAYER_DER = 13,
    TPS_LAYER_CMW = 14,
    TPS_LAYER_EAR = 15,
    TPS_LAYER_DICE = 16,
    TPS_LAYER_LINE = 17,
    TPS_LAYER_TPM = 18
};

#define TPS_STATUS_OF(layer, code) (((tps_status)(layer) << 16) | (tps_status)(code))

/**
 * Every status: X(NAME, layer, code, cause, next step). A published code keeps its number for ever; new ones
 * go to the end of their layer. Cause and next step are for people: lower case, no full stop.
 */
#define TPS_STATUS_LIST(X)                                                                                   \
    X(BUFFER_TOO_SMALL, BASE, 1, "the buffer is too small", "give the size that was returned")               \
    X(BAD_ARGUMENT, BASE, 2, "an argument is missing or out of range", "see the function's description")     \
    X(OUT_OF_MEMORY, BASE, 3, "no memory is left", "free memory or lower a limit")                           \
    X(NOT_FOUND, BASE, 4, "there is no such thing", "check the name")                                        \
    X(IO, BASE, 5, "reading or writing failed", "check the path, its permissions and the disk")              \
    X(TOO_LARGE, BASE, 6, "the input is larger than the limit", "send less, or raise the limit")             \
    X(BAD_BASE64, BASE, 7, "the text is not base64", "check for missing or foreign characters")              \
    X(UNSUPPORTED, BASE, 8, "this is not supported here", "see the documentation for what is")               \
    X(UNKNOWN_FORMAT, BASE, 9, "the file is of no kind known here",                                          \
      "check that it is whole and the right file; tps help inspect lists the kinds")                         \
    X(CRYPTO_FAILED, CRYPTO, 1, "the cryptographic library failed", "check its installation")                \
    X(CRYPTO_BAD_KEY, CRYPTO, 2, "the key cannot be read or is not on its curve",                            \
      "check the key's file and type")                                                                       \
    X(CRYPTO_BAD_SIGNATURE, CRYPTO, 3, "the signature does not match",                                       \
      "check that this key signed these bytes")                                                              \
    X(CRYPTO_ALG_REFUSED, CRYPTO, 4, "the algorithm does not fit the key",                                   \
      "use the algorithm of the key's curve")                                                                \
    X(CRYPTO_NO_ENTROPY, CRYPTO, 5, "no random numbers are to be had", "check the system's random source")   \
    X(CRYPTO_BAD_CERTIFICATE, CRYPTO, 6, "the certificate cannot be read",                                   \
      "check that it is X.509, DER or PEM")                                                                  \
    X(CRYPTO_CHAIN_UNTRUSTED, CRYPTO, 7, "the certificate chain ends in no trust anchor",                    \
      "add the maker's root, or ask the sender for the missing certificates")                                \
    X(CRYPTO_CHAIN_EXPIRED, CRYPTO, 8, "a certificate of the chain is outside its validity",                 \
      "check the clock, or renew the certificate")                                                           \
    X(CRYPTO_CHAIN_BROKEN, CRYPTO, 9, "a certificate of the chain was not issued by the next",               \
      "send the chain leaf first, each followed by its issuer")                                              \
    X(CRYPTO_BAD_TAG, CRYPTO, 10, "the sealed bytes were changed or sealed under another key",               \
      "restore them from where they came")                                                                   \
    X(CRYPTO_CHAIN_RULES, CRYPTO, 11, "a certificate of the chain breaks a rule of RFC 5280",                \
      "issue it with basic constraints, key usage, and subject and authority key identifiers")               \
    X(CRYPTO_CHAIN_PURPOSE, CRYPTO, 12, "the certificate was issued for another purpose",                    \
      "sign with the key that its owner keeps for this purpose")                                             \
    X(CRYPTO_BAD_CRL, CRYPTO, 13, "the certificate revocation list cannot be read",                          \
      "check that it is X.509's (RFC 5280, 5), DER or PEM")                                                  \
    X(CBOR_TRUNCATED, CBOR, 1, "the CBOR ends in the middle of an item", "send all of it")                   \
    X(CBOR_TRAILING, CBOR, 2, "bytes follow the CBOR item", "send one item only")                            \
    X(CBOR_RESERVED, CBOR, 3, "a CBOR head uses a reserved value", "encode it as RFC 8949 says")             \
    X(CBOR_TOO_DEEP, CBOR, 4, "the CBOR is nested deeper than the limit", "send flatter data")               \
    X(CBOR_TOO_MANY, CBOR, 5, "a CBOR array or map has more entries than the limit", "send fewer entries")   \
    X(CBOR_TOO_LONG, CBOR, 6, "the CBOR is longer than the limit", "send less")                              \
    X(CBOR_BAD_UTF8, CBOR, 7, "a text string is not UTF-8", "encode text as UTF-8")                          \
    X(CBOR_DUPLICATE_KEY, CBOR, 8, "a map has the same key twice", "send each key once")                     \
    X(CBOR_NOT_DETERMINISTIC, CBOR, 9, "the CBOR is not in deterministic form",                              \
      "use shortest heads, sorted keys and definite lengths")                                                \
    X(CBOR_INDEFINITE, CBOR, 10, "a string of indefinite length stands where one piece is needed",           \
      "send it with its length")                                                                             \
    X(CBOR_BAD_BREAK, CBOR, 11, "a break stands where none may be", "encode it as RFC 8949 says")            \
    X(CBOR_UNEXPECTED_TYPE, CBOR, 12, "a value has another type than expected", "see the format's CDDL")     \
    X(CBOR_OUT_OF_RANGE, CBOR, 13, "a number is outside its range", "see the format's CDDL")                 \
    X(CBOR_UNTRACKED_KEYS, CBOR, 14,                                                                         \
      "a large map is not sorted, so its keys cannot be told apart in bounded time", "sort the keys")        \
    X(CBOR_BAD_DIAGNOSTIC, CBOR, 15, "the diagnostic notation cannot be read", "see RFC 8949, section 8")    \
    X(COSE_NOT_WELL_FORMED, COSE, 1, "this is no COSE message of the kind expected", "check what was sent")  \
    X(COSE_ALG_REFUSED, COSE, 2, "the signature algorithm is unknown, or does not fit the key",              \
      "sign with the algorithm of the key's curve")                                                          \
    X(COSE_NO_KEY, COSE, 3, "no key is known for this message", "add the signer's key or the maker's root")  \
    X(COSE_BAD_SIGNATURE, COSE, 4, "the signature does not match",                                           \
      "the bytes were changed, or another key signed them")                                                  \
    X(COSE_DUPLICATE_HEADER, COSE, 5, "a header parameter appears twice", "send each parameter once")        \
    X(COSE_CRIT_UNKNOWN, COSE, 6, "a critical header parameter is not understood",                           \
      "send without it, or use a newer verifier")                                                            \
    X(COSE_DETACHED, COSE, 7, "the payload is detached", "give the payload beside the message")              \
    X(COSE_BAD_HEADER, COSE, 8, "a header parameter has the wrong type or place",                            \
      "see RFC 9052, section 3.1")                                                                           \
    X(COSE_BAD_KEY, COSE, 9, "the COSE_Key is incomplete or of an unknown kind", "see RFC 9053, section 7")  \
    X(COSE_KEY_USE, COSE, 10, "the key's alg, use or key_ops forbids this use",                              \
      "use a key that was made for it")                                                                      \
    X(COSE_BAD_TAG, COSE, 11, "the authentication tag does not match",                                       \
      "the bytes were changed, or another key made them")                                                    \
    X(COSE_ATTACHED, COSE, 12, "the payload is in the message and beside it", "give the one that is meant")  \
    X(CLAIM_MISSING, CLAIMS, 1, "a claim that the profile requires is missing",                              \
      "see the profile's list of claims")                                                                    \
    X(CLAIM_BAD_TYPE, CLAIMS, 2, "a claim has the wrong type", "see the profile's CDDL")                     \
    X(CLAIM_BAD_VALUE, CLAIMS, 3, "a claim's value is not allowed", "see the profile's CDDL")                \
    X(CLAIM_UNKNOWN_PROFILE, CLAIMS, 4, "the evidence's profile is not known",                               \
      "send a PSA token (RFC 9783) or the opentps device profile")                                           \
    X(CLAIM_EXPIRED, CLAIMS, 5, "the token has expired", "ask for a new one")                                \
    X(CLAIM_NOT_YET_VALID, CLAIMS, 6, "the token is not valid yet", "check the clocks, or wait")             \
    X(CLAIM_NO_JSON, CLAIMS, 7, "a claim has no form in JSON", "send the token in CBOR")                     \
    X(CLAIM_DIGEST_MISMATCH, CLAIMS, 8, "a detached claims set has another digest than the token says",      \
      "ask for the bundle again")                                                                            \
    X(CLAIM_DETACHED_MISSING, CLAIMS, 9, "a detached claims set is not in the bundle",                       \
      "ask for the whole bundle")                                                                            \
    X(CLAIM_DETACHED_EXTRA, CLAIMS, 10, "the bundle holds a claims set that the token has no digest of",     \
      "send only what the token covers")                                                                     \
    X(CORIM_NOT_WELL_FORMED, CORIM, 1, "this is no CoRIM (tag 501, or signed)",                              \
      "see draft-ietf-rats-corim-10")                                                                        \
    X(CORIM_UNKNOWN_PROFILE, CORIM, 2, "the CoRIM's profile is not known",                                   \
      "use a PSA or an opentps profile, or none")                                                            \
    X(CORIM_UNSIGNED, CORIM, 3, "the CoRIM is not signed",                                                   \
      "sign it, or permit unsigned ones by name or in the tenant's settings")                                \
    X(CORIM_EXPIRED, CORIM, 4, "the CoRIM is outside its validity", "ask the maker for a current one")       \
    X(CORIM_BAD_VALUE, CORIM, 5, "a value in the CoRIM is not allowed there",                                \
      "see draft-ietf-rats-corim-10")                                                                        \
    X(CORIM_UNSUPPORTED, CORIM, 6, "the CoRIM holds something that nothing here would compare",              \
      "leave it out: spec/endorsements.md says what is taken")                                               \
    X(JSON_NOT_WELL_FORMED, JSON, 1, "this is not JSON", "check the syntax")                                 \
    X(JWT_NOT_WELL_FORMED, JSON, 2, "this is no JWT in compact form", "expect header.payload.signature")     \
    X(JWK_BAD_KEY, JSON, 3, "the JWK is incomplete or of an unknown kind", "see RFC 7518, section 6")        \
    X(JSON_TRUNCATED, JSON, 4, "the JSON ends in the middle of a value", "send all of it")                   \
    X(JSON_TRAILING, JSON, 5, "something follows the JSON value", "send one value only")                     \
    X(JSON_TOO_DEEP, JSON, 6, "the JSON is nested deeper than the limit", "send flatter data")               \
    X(JSON_TOO_MANY, JSON, 7, "a JSON array or object has more entries than the limit",                      \
      "send fewer entries")                                                                                  \
    X(JSON_TOO_LONG, JSON, 8, "the JSON is longer than the limit", "send less")                              \
    X(JSON_BAD_UTF8, JSON, 9, "a JSON string is not UTF-8", "encode text as UTF-8")                          \
    X(JSON_BAD_ESCAPE, JSON, 10, "a JSON string has a wrong escape or half a surrogate pair",                \
      "see RFC 8259, section 7")                                                                             \
    X(JSON_DUPLICATE_NAME, JSON, 11, "a JSON object has the same name twice", "send each name once")         \
    X(JSON_UNTRACKED_NAMES, JSON, 12,                                                                        \
      "a large JSON object is not sorted, so its names cannot be told apart in bounded time",                \
      "sort the names")                                                                                      \
    X(JSON_UNEXPECTED_TYPE, JSON, 13, "a JSON value has another type than expected",                         \
      "see the format's definition")                                                                         \
    X(JSON_OUT_OF_RANGE, JSON, 14, "a JSON number is outside its range", "see the format's definition")      \
    X(COMPONENT_DENIED, COMPONENT, 1, "the caller may not do this", "open the session with another login")   \
    X(COMPONENT_BAD_MESSAGE, COMPONENT, 2, "the service does not understand the message", "see spec/")       \
    X(COMPONENT_NO_SERVICE, COMPONENT, 3, "the component has no such service",                               \
      "discover its services first")                                                                         \
    X(COMPONENT_FULL, COMPONENT, 4, "the component has no room for another", "close or destroy one first")   \
    X(COMPONENT_STORAGE, COMPONENT, 5, "the component cannot keep or read its state",                        \
      "check the device's folder and its permissions")                                                       \
    X(COMPONENT_UNREACHABLE, COMPONENT, 6, "the secure component does not answer",                           \
      "start it: tps device start")                                                                          \
    X(COMPONENT_CANCELLED, COMPONENT, 7, "the client cancelled the request",                                 \
      "send it again if it is needed")                                                                       \
    X(COMPONENT_NO_SESSION, COMPONENT, 8, "there is no such session", "open one first")                      \
    X(COMPONENT_NO_SECRET, COMPONENT, 9, "the device has no unique secret",                                  \
      "make the device: tps factory make")                                                                   \
    X(COMPONENT_EXPOSED, COMPONENT, 10, "others can write the component's folder or socket's folder",        \
      "chmod go-w it, and let it belong to the user that runs the component")                                \
    X(COMPONENT_NOT_LOCKED, COMPONENT, 11, "the component could not lock itself down",                       \
      "use a kernel with seccomp")                                                                           \
    X(COMPONENT_IN_USE, COMPONENT, 12, "another component runs on this folder or socket",                    \
      "stop that one first")                                                                                 \
    X(COMPONENT_NO_IDENTITY, COMPONENT, 13, "the device has no identity yet",                                \
      "make the device: tps factory make")                                                                   \
    X(COMPONENT_BAD_IDENTITY, COMPONENT, 14, "what the maker put onto the device cannot be read",            \
      "make the device again: tps factory make")                                                             \
    X(COMPONENT_STORAGE_FULL, COMPONENT, 15, "the component has no room for more values",                    \
      "delete some, or make the storage larger")                                                             \
    X(COMPONENT_STORAGE_CORRUPT, COMPONENT, 16, "a stored value was changed or cannot be read",              \
      "delete it and store it again")                                                                        \
    X(COMPONENT_STORAGE_ROLLED_BACK, COMPONENT, 17,                                                          \
      "the storage is older than its counter: it was put back",                                              \
      "format the storage, and enrol the device again")                                                      \
    X(COMPONENT_STORAGE_NEWER, COMPONENT, 18, "newer firmware stored it, and older firmware cannot open it", \
      "install the newer firmware")                                                                          \
    X(COMPONENT_STORAGE_BOUND, COMPONENT, 19, "the value is bound to firmware that does not run now",        \
      "run that firmware, or delete the value")                                                              \
    X(COMPONENT_IMAGE_REFUSED, COMPONENT, 20, "an image of firmware is not what its maker signed",           \
      "install a release of the maker for this device")                                                      \
    X(COMPONENT_IMAGE_TOO_OLD, COMPONENT, 21, "an image is older than the device accepts",                   \
      "install the newest release")                                                                          \
    X(COMPONENT_DECOMMISSIONED, COMPONENT, 22, "the device was decommissioned: its keys are gone",           \
      "use another device")                                                                                  \
    X(COMPONENT_NOT_BOUND, COMPONENT, 23, "the session speaks for no service provider yet",                  \
      "bind the session to one first")                                                                       \
    X(COMPONENT_IS_BOUND, COMPONENT, 24, "the session or the provider has another mode already",             \
      "open another session, or use that mode")                                                              \
    X(COMPONENT_BAD_HANDOVER, COMPONENT, 25, "what the first stage handed over cannot be read",              \
      "install first stage and component of one release")                                                    \
    X(COMPONENT_STORAGE_MODE, COMPONENT, 26, "the storage belongs to another mode of the lifecycle",         \
      "format the storage: its administrator can, with a step of the lifecycle")                             \
    X(VERIFIER_NONCE_MISMATCH, VERIFIER, 1, "the evidence answers another nonce",                            \
      "ask the device for new evidence over this session's nonce")                                           \
    X(VERIFIER_NO_TRUST_ANCHOR, VERIFIER, 2, "nobody here vouches for the signer of the evidence",           \
      "load the maker's endorsements")                                                                       \
    X(VERIFIER_EVIDENCE_EXPIRED, VERIFIER, 3, "the evidence has expired", "ask the device for new evidence") \
    X(VERIFIER_CONFLICT, VERIFIER, 4, "endorsements contradict each other", "withdraw one of them")          \
    X(VERIFIER_DEMONSTRATION, VERIFIER, 5,                                                                   \
      "the signer belongs to the demonstration CA, whose key is public",                                     \
      "use a real maker's root; only --demo accepts this one")                                               \
    X(VERIFIER_AUDIENCE, VERIFIER, 6, "the evidence is meant for another verifier",                          \
      "ask the device for evidence with this audience")                                                      \
    X(VERIFIER_INSTANCE_MISMATCH, VERIFIER, 7, "the key that signed is endorsed for another device",         \
      "check the endorsements of this device")                                                               \
    X(VERIFIER_CLASS_MISMATCH, VERIFIER, 8, "the device is endorsed for another class than it claims",       \
      "check the endorsements of this device")                                                               \
    X(VERIFIER_CLASS_UNPROVEN, VERIFIER, 9, "the device's certificate does not say of which class it is",    \
      "load the maker's endorsement of this device, or certify it with its class")                           \
    X(VERIFIER_CLASS_OF_ANOTHER, VERIFIER, 10, "another trusted maker speaks for this class of devices",     \
      "trust only the one that makes these devices")                                                         \
    X(VERIFIER_WRAPPED_TYPE, VERIFIER, 11, "the wrapper holds no evidence of a type that is known here",     \
      "wrap one PSA token or EAT, under its media type")                                                     \
    X(VERIFIER_TYPE_MISMATCH, VERIFIER, 12, "the evidence is of another type than its wrapper says",         \
      "wrap it under the media type of its profile")                                                         \
    X(VERIFIER_INSTANCE_OF_ANOTHER, VERIFIER, 13, "another trusted maker endorsed this device first",        \
      "trust only the one that made it")                                                                     \
    X(VERIFIER_OUT_OF_SCOPE, VERIFIER, 14, "its trust anchor is not trusted for this",                       \
      "widen the anchor's scope, or ask who is trusted for it")                                              \
    X(VERIFIER_REVOKED_KEY, VERIFIER, 15, "the key that signed is revoked",                                  \
      "withdraw the device, or give it a new key")                                                           \
    X(VERIFIER_REVOKED_CERTIFICATE, VERIFIER, 16, "a certificate of the signer's chain is revoked",          \
      "withdraw the device, or renew its certificate")                                                       \
    X(VERIFIER_REVOKED_DEVICE, VERIFIER, 17, "the device is revoked",                                        \
      "withdraw it from service, or take the revocation back")                                               \
    X(VERIFIER_SIGNER_WITHDRAWN, VERIFIER, 18, "the signer of the endorsements is withdrawn",                \
      "load endorsements of a signer that is trusted")                                                       \
    X(VERIFIER_TAG_OLDER, VERIFIER, 19, "a newer version of this tag is known",                              \
      "load the newest version of the manifest")                                                             \
    X(VERIFIER_TAG_CHANGED, VERIFIER, 20, "this version of the tag is known with another content",           \
      "raise the tag's version when its content changes")                                                    \
    X(VERIFIER_POLICY_INVALID, VERIFIER, 21, "the policy cannot be used",                                    \
      "correct it at the place that is named")                                                               \
    X(VERIFIER_POLICY_FAILED, VERIFIER, 22, "the policy failed while it judged",                             \
      "correct it at the place that is named")                                                               \
    X(VERIFIER_NONCE_FOREIGN, VERIFIER, 23, "the nonce was not given out here, or for something else",       \
      "ask for a new nonce here")                                                                            \
    X(VERIFIER_NONCE_TOO_OLD, VERIFIER, 24, "the nonce is too old",                                          \
      "ask for a new nonce, and answer it at once")                                                          \
    X(VERIFIER_NONCE_USED, VERIFIER, 25, "the nonce was used before",                                        \
      "ask for a new nonce for each evidence")                                                               \
    X(VERIFIER_EPOCH_UNKNOWN, VERIFIER, 26, "the evidence names no epoch that counts now",                   \
      "fetch the id of the present epoch")                                                                   \
    X(VERIFIER_BINDER_ORIGIN, VERIFIER, 27, "who computed the channel's binder is not trusted for that",     \
      "let the component, or a measured application, compute it")                                            \
    X(VERIFIER_COMPOSITE, VERIFIER, 28, "the parts of the composite evidence do not belong together",        \
      "send all parts in one signed message, or each with the nonce")                                        \
    X(VERIFIER_RECEIPT_DIFFERS, VERIFIER, 29, "what is given is not what the receipt was made from",         \
      "give the files whose digests it names")                                                               \
    X(VERIFIER_CRL_OUTDATED, VERIFIER, 30, "the revocation list of a certificate's issuer is out of date",   \
      "load the issuer's newest list")                                                                       \
    X(VERIFIER_RECEIPT_MAC, VERIFIER, 31,                                                                    \
      "a shared key authenticated the evidence: it proves nothing to others",                                \
      "have the device sign its evidence")                                                                   \
    X(VERIFIER_RECEIPT_SECRET, VERIFIER, 32, "its freshness was judged with a secret of the verifier",       \
      "take the verifier's word for it, or ask it for a receipt of evidence with a nonce")                   \
    X(VERIFIER_KEY_ENDED, VERIFIER, 33, "the key that was established with the device has ended",            \
      "let the device sign its evidence once, and establish a new key")                                      \
    X(STORE_FAILED, STORE, 1, "the store failed", "check the disk and the store's file")                     \
    X(STORE_NEWER, STORE, 2, "the store was written by a newer version", "use that version, or a backup")    \
    X(STORE_EXISTS, STORE, 3, "it is there already", "choose another name")                                  \
    X(STORE_AWAY, STORE, 4, "the database does not answer", "try again a little later")                      \
    X(STORE_CHANGED, STORE, 5, "it was changed meanwhile", "read it again, and change that")                 \
    X(STORE_USED, STORE, 6, "this nonce was used before", "send another nonce, or none")                     \
    X(STORE_PASSED, STORE, 7, "its time has passed", "request a new session")                                \
    X(SERVER_NO_SESSION, SERVER, 1, "there is no such session, or it has expired", "request a new session")  \
    X(SERVER_SESSION_USED, SERVER, 2, "this session has taken its evidence", "request a new session")        \
    X(SERVER_NONCE_USED, SERVER, 3, "this nonce was used before", "send another nonce, or none")             \
    X(SERVER_BAD_REQUEST, SERVER, 4, "the request cannot be understood", "see the interface's description")  \
    X(SERVER_BUSY, SERVER, 5, "too much is under way", "try again a little later")                           \
    X(SERVER_UNAUTHENTICATED, SERVER, 6, "nobody is known by these credentials", "send a token that counts") \
    X(SERVER_FORBIDDEN, SERVER, 7, "these credentials do not permit it",                                     \
      "ask an administrator for the scope")                                                                  \
    X(SERVER_BAD_CONFIG, SERVER, 8, "the configuration cannot be used", "mend what is named")                \
    X(SERVER_BAD_SETTINGS, SERVER, 9, "these settings cannot be used", "see the interface's description")    \
    X(SERVER_NO_CREDENTIAL, SERVER, 10, "no credential was sent",                                            \
      "send Authorization: Bearer with an API token of this tenant")                                         \
    X(SERVER_BAD_CREDENTIAL, SERVER, 11, "the field Authorization cannot be understood",                     \
      "send it once: Bearer TOKEN, or Basic with an API token as the password")                              \
    X(SERVER_CREDENTIAL_EXPIRED, SERVER, 12, "the credential has expired", "get a new one")                  \
    X(SERVER_TOKEN_REFUSED, SERVER, 13, "the identity provider's token does not count here",                 \
      "get a new one, for this audience and from a configured issuer")                                       \
    X(SERVER_ISSUER_AWAY, SERVER, 14, "the identity provider's keys are not at hand",                        \
      "try again a little later")                                                                            \
    X(SERVER_UNKNOWN_SCOPE, SERVER, 15, "there is no such scope",                                            \
      "use some of read, endorse, policy, trust, keys, admin, appraise, audit, operator")                    \
    X(SERVER_TOO_FAST, SERVER, 16, "too many requests", "wait as long as the answer's Retry-After says")     \
    X(SERVER_BAD_KEY_SET, SERVER, 17, "the issuer's key set cannot be used", "see RFC 7517")                 \
    X(SERVER_BAD_ACCESS, SERVER, 18, "this token or administrator cannot be taken",                          \
      "see the interface's description")                                                                     \
    X(SERVER_AUDIT_MALFORMED, SERVER, 19, "this is no line of an audit log", "export the log again")         \
    X(SERVER_AUDIT_CHANGED, SERVER, 20, "an entry of the audit log was changed",                             \
      "compare it with a copy that was kept elsewhere")                                                      \
    X(SERVER_AUDIT_MISSING, SERVER, 21, "entries of the audit log are missing",                              \
      "look for them in a copy that was kept elsewhere")                                                     \
    X(SERVER_AUDIT_ORDER, SERVER, 22, "the entries of the audit log are not in their order",                 \
      "export the log again")                                                                                \
    X(SERVER_AUDIT_FORKED, SERVER, 23, "this is not the audit log that was signed",                          \
      "compare it with a copy that was kept elsewhere")                                                      \
    X(SERVER_AUDIT_BAD_CHECKPOINT, SERVER, 24, "this is no checkpoint of the audit log",                     \
      "give one that the tenant's key has signed")                                                           \
    X(SERVER_AUDIT_UNPROVEN, SERVER, 25, "no checkpoint of the audit log is signed by these keys",           \
      "give the tenant's keys, also those that sign no more")                                                \
    X(SERVER_NO_KEY, SERVER, 26, "no key of this tenant signs results now",                                  \
      "give it one, or wait until one is active")                                                            \
    X(SERVER_NOT_LOADED, SERVER, 27, "what this tenant knows cannot be loaded now",                          \
      "try again later; the server's log says why")                                                          \
    X(DEVICE_BAD_FOLDER, DEVICE, 1, "the folder holds no device", "make one: tps factory make")              \
    X(DEVICE_SERVER_REFUSED, DEVICE, 2, "the server refused the request", "read its answer above")           \
    X(DEVICE_UNREACHABLE, DEVICE, 3, "the server does not answer", "check the URL and that the server runs") \
    X(DEVICE_BAD_ANSWER, DEVICE, 4, "the server's answer cannot be understood",                              \
      "check that the address is a verifier's")                                                              \
    X(DER_TRUNCATED, DER, 1, "the DER ends in the middle of a value", "send all of it")                      \
    X(DER_TRAILING, DER, 2, "bytes follow the DER value, or stand unread within one",                        \
      "send what the module says, and nothing behind it")                                                    \
    X(DER_NOT_CANONICAL, DER, 3, "the encoding is BER, not DER", "encode it as X.690, 10 and 11 say")        \
    X(DER_BAD_TAG, DER, 4, "a DER tag is of a kind that is not used here", "check that it is DER")           \
    X(DER_BAD_TEXT, DER, 5, "a text holds characters that its type does not allow",                          \
      "encode text as its type says")                                                                        \
    X(DER_TOO_DEEP, DER, 6, "the DER is nested deeper than the limit", "send flatter data")                  \
    X(DER_UNEXPECTED_TYPE, DER, 7, "a value has another type than expected",                                 \
      "see the format's ASN.1 module")                                                                       \
    X(DER_OUT_OF_RANGE, DER, 8, "a value is outside its range", "see the format's ASN.1 module")             \
    X(DER_DUPLICATE, DER, 9, "a certificate has an extension twice", "issue it with each extension once")    \
    X(CMW_NOT_WELL_FORMED, CMW, 1, "this is no conceptual message wrapper",                                  \
      "expect a record, a tag or a collection: RFC 9999, section 3")                                         \
    X(CMW_BAD_TYPE, CMW, 2, "the type of a wrapped message is neither a media type nor a content format",    \
      "name its media type, without tunnels")                                                                \
    X(CMW_BAD_VALUE, CMW, 3, "a wrapper holds no message, or not as bytes",                                  \
      "use a byte string, or base64url without padding in JSON")                                             \
    X(CMW_BAD_INDICATOR, CMW, 4, "a wrapper's indicator is zero or has bits without a meaning",              \
      "leave it out, or set some of bits 0 to 4")                                                            \
    X(CMW_BAD_TAG, CMW, 5, "a wrapper's tag stands for no content format",                                   \
      "compute it as RFC 9277, appendix B says")                                                             \
    X(CMW_BAD_LABEL, CMW, 6, "a label in a collection of wrappers is not allowed",                           \
      "use text that is not empty, or integers in CBOR")                                                     \
    X(CMW_EMPTY_COLLECTION, CMW, 7, "a collection of wrappers is empty", "put at least one wrapper into it") \
    X(CMW_BAD_COLLECTION_TYPE, CMW, 8,                                                                       \
      "the type of a collection is neither an absolute URI nor an object identifier",                        \
      "see RFC 9999, section 3.3")                                                                           \
    X(CMW_TOO_DEEP, CMW, 9, "collections of wrappers are nested deeper than the limit",                      \
      "send flatter collections")                                                                            \
    X(CMW_NOT_SIGNED_CMW, CMW, 10, "what was signed does not say that it is a wrapper",                      \
      "protect the content type application/cmw+cbor or application/cmw+json")                               \
    X(EAR_UNKNOWN_PROFILE, EAR, 1, "the profile is none of an attestation result",                           \
      "expect a generation of EAR that ear.h lists")                                                         \
    X(EAR_CLAIM_MISSING, EAR, 2, "an attestation result lacks a claim that it must have",                    \
      "ask the verifier for a complete result")                                                              \
    X(EAR_BAD_CLAIM, EAR, 3, "a claim of an attestation result has the wrong type or value",                 \
      "see draft-ietf-rats-ear, section 3")                                                                  \
    X(EAR_BAD_TIME, EAR, 4, "a time in an attestation result is no count of whole seconds",                  \
      "write iat, nbf and exp as integers")                                                                  \
    X(EAR_BAD_VECTOR, EAR, 5, "a trustworthiness vector is empty, or a value is outside -128 to 127",        \
      "see draft-ietf-rats-ar4si, section 2.3")                                                              \
    X(EAR_BAD_STATUS, EAR, 6, "a status is none of the four tiers",                                          \
      "use none, affirming, warning or contraindicated")                                                     \
    X(EAR_STATUS_TOO_GOOD, EAR, 7, "a status is better than the worst claim that it stands for",             \
      "trust no verifier that says so")                                                                      \
    X(EAR_NO_APPRAISAL, EAR, 8, "an attestation result holds no appraisal",                                  \
      "ask the verifier for a complete result")                                                              \
    X(EAR_EXPIRED, EAR, 9, "the attestation result has expired", "ask for a new one")                        \
    X(EAR_NOT_YET_VALID, EAR, 10, "the attestation result is of the future",                                 \
      "compare the clocks of verifier and relying party")                                                    \
    X(DICE_BAD_VALUE, DICE, 1, "a value of a DICE certificate is not allowed there",                         \
      "see the Open Profile for DICE, or TCG's DICE Attestation Architecture")                               \
    X(DICE_MISSING, DICE, 2, "a DICE certificate lacks a value that its profile requires",                   \
      "issue it with all of them")                                                                           \
    X(DICE_CHAIN_BROKEN, DICE, 3, "a certificate of the DICE chain was not issued by the layer below",       \
      "send the chain whole and in order, as the device's layers made it")                                   \
    X(DICE_CRITICAL, DICE, 4, "a certificate has a critical extension that is not understood",               \
      "use a newer verifier, or issue it without")                                                           \
    X(DICE_NOT_A_CA, DICE, 5, "a certificate of the DICE chain was issued by a key that may not issue any",  \
      "give each layer a certificate with keyCertSign")                                                      \
    X(LINE_UNREACHABLE, LINE, 1, "the bridge cannot reach the service provider",                             \
      "check the URL that the bridge was started with, and that the provider's server runs")                 \
    X(LINE_INSECURE, LINE, 2, "the bridge can make no TLS connection to the service provider",               \
      "check the URL that the bridge was started with, and the provider's certificate")                      \
    X(LINE_BROKEN, LINE, 3, "the connection between bridge and service provider broke", "try again")         \
    X(LINE_RESTARTED, LINE, 4, "the other end of the serial line began anew", "try again")                   \
    X(LINE_ABORTED, LINE, 5, "one end of the serial line gave the stream up",                                \
      "see the log of the other end")                                                                        \
    X(LINE_PROTOCOL, LINE, 6, "the other end of the serial line broke the protocol's rules",                 \
      "use a chip's firmware and a bridge that speak the same version")                                      \
    X(LINE_BUSY, LINE, 7, "the serial line carries one stream and one command at a time",                    \
      "wait until the one before has ended")                                                                 \
    X(LINE_SILENT, LINE, 8, "the other end of the serial line does not answer",                              \
      "check that it runs, and the line's speed")                                                            \
    X(TPM_TRUNCATED, TPM, 1, "the TPM's structure ends too early", "send all of it")                         \
    X(TPM_TRAILING, TPM, 2, "bytes follow the TPM's structure", "send one structure only")                   \
    X(TPM_BAD_VALUE, TPM, 3, "a field of a TPM's structure has a value that it cannot have",                 \
      "see TCG's TPM 2.0 Library, Part 2")                                                                   \
    X(TPM_NOT_FROM_TPM, TPM, 4, "what was signed is no statement of a TPM",                                  \
      "sign with a restricted key of the TPM: tpm2_quote does")                                              \
    X(TPM_NOT_A_QUOTE, TPM, 5, "the TPM's statement is of another kind than a quote",                        \
      "send a quote: tpm2_quote makes it")                                                                   \
    X(TPM_UNSUPPORTED, TPM, 6, "the TPM used an algorithm or kind of key that is not supported here",        \
      "use RSA or ECC (P-256, P-384, P-521) with SHA-256 or larger")                                         \
    X(TPM_SHA1, TPM, 7, "this rests on SHA-1, which proves nothing any more",                                \
      "quote and sign with SHA-256: tpm2_quote -g sha256 -l sha256:0,1,2")                                   \
    X(TPM_KEY_ATTRIBUTES, TPM, 8, "the key's attributes do not tie it to what its TPM does",                 \
      "make it with tpm2_createak, or tpm2_createek")                                                        \
    X(TPM_OTHER_SCHEME, TPM, 9, "the signature's scheme or hash is not the key's own",                       \
      "sign with the scheme that the key was made for")                                                      \
    X(TPM_LOG_LEGACY, TPM, 10, "the event log is of TPM 1.2's form, with SHA-1 digests only",                \
      "let the firmware write the crypto-agile log of TPM 2.0")                                              \
    X(TPM_LOG_BANK, TPM, 11, "the event log has no digests of the bank that was quoted",                     \
      "quote a bank that the firmware's log has")                                                            \
    X(TPM_LOG_DIFFERS, TPM, 12, "the event log does not lead to the quoted registers",                       \
      "read log and quote together; if they differ still, the log was changed")                              \
    X(TPM_PCR_DIGEST, TPM, 13, "the register values beside the quote are not those that it signs",           \
      "read the values with the quote: tpm2_quote -o")                                                       \
    X(TPM_PCR_MISSING, TPM, 14, "a register that is needed is not quoted",                                   \
      "quote all registers that reference values speak of")                                                  \
    X(TPM_BAD_EVIDENCE, TPM, 15, "this is no evidence of a TPM",                                             \
      "see spec/tpm-evidence.md; tps tpm wrap makes it")                                                     \
    X(TPM_QUALIFYING_DATA, TPM, 16, "the quote was not made for the nonce and audience beside it",           \
      "give tpm2_quote -q what tps tpm challenge prints")                                                    \
    X(TPM_OTHER_KEY, TPM, 17, "the key in the evidence is not the certified or endorsed one",                \
      "send the public key or certificate of the key that signed")

enum {
    TPS_OK = 0, /**< It worked. */
#define TPS_STATUS_ENUM(name, layer, code, cause, next) TPS_##name = TPS_STATUS_OF(TPS_LAYER_##layer, code),
    TPS_STATUS_LIST(TPS_STATUS_ENUM)
#undef TPS_STATUS_ENUM
};

/**
 * Where and why something failed, for people. Filled by functions that take a `tps_error *why`; `why` may be
 * NULL. `detail` points to static text (or is NULL) and adds to the status's own cause, such as the name of a
 * claim.
 */
typedef struct {
    tps_status status;
    size_t offset;      /**< byte offset into the input, or 0 */
    const char *detail; /**< static text, or NULL */
} tps_error;

/** The status's name as in the source, such as "TPS_CBOR_TRUNCATED"; "TPS_UNKNOWN" for an unknown value. */
const char *tps_status_name(tps_status status);

/** The cause, for people: "the CBOR ends in the middle of an item". Never NULL. */
const char *tps_status_cause(tps_status status);

/** What a person can do about it. Never NULL. */
const char *tps_status_next_step(tps_status status);

/**
 * Fills `why` (unless NULL) and returns `status`: `return tps_fail(why, TPS_CLAIM_MISSING, 0, "nonce");`
 *
 * In a build with TPS_WITHOUT_DETAIL it only returns the status, and `why` stays as its owner made it: where
 * nobody is there to read them, 3 KiB of words and of code around them are not linked.
 */
#ifdef TPS_WITHOUT_DETAIL
static inline tps_status tps_fail(tps_error *why, tps_status status, size_t offset, const char *detail)
{
    (void)why;
    (void)offset;
    (void)detail;
    return status;
}
#elif defined(__clang_analyzer__) /* which looks into one file at a time: it must see what is returned */
static inline tps_status tps_fail(tps_error *why, tps_status status, size_t offset, const char *detail)
{
    if (why != NULL) {
        *why = (tps_error){status, offset, detail};
    }
    return status;
}
#else
tps_status tps_fail(tps_error *why, tps_status status, size_t offset, const char *detail);
#endif

/** Returns from the calling function when `call` fails: the happy path reads as a list. */
#define TPS_TRY(call)                        \
    do {                                     \
        tps_status tps_try_status_ = (call); \
        if (tps_try_status_ != TPS_OK) {     \
            return tps_try_status_;          \
        }                                    \
    } while (0)

#ifdef __cplusplus
}
#endif

#endif
