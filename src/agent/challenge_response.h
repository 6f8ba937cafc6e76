/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file challenge_response.h
 * Attesting to a server from a small chip: the client's side of challenge-response (spec/http-api.md), as a
 * machine that does no I/O. It says what to send over a byte stream and is told what came, in pieces of any
 * size; evidence is the caller's to make (evidence.h). No heap: the machine is about 1.6 KiB of the caller's,
 * and bodies of answers go into room of the caller's.
 *
 *     tps_agent_challenge_begin(&c, TPS_EVIDENCE_PSA, TPS_BUF_OF(room));
 *     for (;;) {
 *         switch (c.state) {
 *         case TPS_AGENT_CONNECT:  open a stream; tps_agent_challenge_connected(&c, host, prefix); break;
 *         case TPS_AGENT_TALK:     n = write(stream, tps_agent_challenge_output(&c));
 *                                  tps_agent_challenge_sent(&c, n);
 *                                  n = read(stream, piece);
 *                                  if (the stream ended) tps_agent_challenge_ended(&c);
 *                                  else tps_agent_challenge_take(&c, tps_span_make(piece, n)); break;
 *         case TPS_AGENT_EVIDENCE: tps_agent_evidence(..., c.nonce, ...);
 *                                  tps_agent_challenge_respond(&c, evidence); break;
 *         case TPS_AGENT_WAIT:     after c.wait seconds: tps_agent_challenge_poll(&c); break;
 *         case TPS_AGENT_ENDED:    look at c.report; return;
 *         }
 *     }
 *
 * Times are the caller's to keep: who waits too long closes the stream and calls tps_agent_challenge_ended().
 * A stream is used for several requests if the server keeps it open; after that, and where it closed an idle
 * one, the machine asks for another by TPS_AGENT_CONNECT.
 *
 * The server's word is taken as it stands: no signature of a result is checked here. Whoever relies on a
 * result checks it with the verifier's key (tps_ear_verify_jwt()); a device only learns whether it will be
 * trusted, and if not, why. So a stream without TLS lets whoever is on the way lie to the device's user, and
 * to no one else.
 */
#ifndef TPS_AGENT_CHALLENGE_RESPONSE_H
#define TPS_AGENT_CHALLENGE_RESPONSE_H

#include "agent/http_message.h"

/** Bytes of a nonce: at least 8, at most these. */
#define TPS_AGENT_NONCE_MAX 64u
/** Characters of a session's name at the server, at most. */
#define TPS_AGENT_SESSION_MAX 128u
/** Characters of the server's name with its port, and of the path in front of the interface, at most. */
#define TPS_AGENT_HOST_MAX   255u
#define TPS_AGENT_PREFIX_MAX 255u
/** How often a result is asked for, and how many streams are opened, at most. */
#define TPS_AGENT_POLLS_MAX    50u
#define TPS_AGENT_CONNECTS_MAX 8u
/** Room for bodies that is enough for `tps serve` and a device of a dozen images. With less, down to about
 * 4 KiB, one request more is made, since the answer to GET repeats no evidence. */
#define TPS_AGENT_ROOM_SIZE 8192u
/** Pieces of a request. Private. */
#define TPS_AGENT_PIECES_MAX 13u

/** What the machine needs next. */
enum {
    TPS_AGENT_CONNECT = 1,  /**< a new stream; close the old one, if any: tps_agent_challenge_connected() */
    TPS_AGENT_TALK = 2,     /**< tps_agent_challenge_output() sent, what comes taken */
    TPS_AGENT_EVIDENCE = 3, /**< evidence over `nonce`: tps_agent_challenge_respond() */
    TPS_AGENT_WAIT = 4,     /**< the server works: tps_agent_challenge_poll() after `wait` seconds */
    TPS_AGENT_ENDED = 5     /**< nothing; `report` says how it ended */
};

/** How an attestation ended. Texts are fit for printing, and empty where there is nothing to say. */
typedef struct {
    tps_status status; /**< TPS_OK: there is a result, good or bad, `tier`. TPS_DEVICE_SERVER_REFUSED: the
                            server said no. TPS_DEVICE_UNREACHABLE, TPS_DEVICE_BAD_ANSWER, TPS_TOO_LARGE (an
                            answer), TPS_BUFFER_TOO_SMALL (for an answer): there is none.
                            TPS_COMPONENT_NO_IDENTITY: no evidence was given */
    uint32_t code;     /**< the server's status code, if one came; else 0 */
    uint8_t tier;      /**< TPS_EAR_TIER_*, the worst of all submodules; TPS_EAR_TIER_NONE without a result */
    char cause[224]; /**< the first finding if the tier is not affirming; without a result what went wrong */
    char next_step[160]; /**< what can be done about it */
} tps_agent_report;

/** One attestation under way. Private, but for what is said to be not. */
typedef struct {
    uint32_t state;                     /**< public: TPS_AGENT_* */
    uint32_t wait;                      /**< public, with TPS_AGENT_WAIT: seconds */
    uint8_t nonce[TPS_AGENT_NONCE_MAX]; /**< public, from TPS_AGENT_EVIDENCE on: the server's */
    size_t nonce_size;                  /**< public */
    tps_agent_report report;            /**< public, with TPS_AGENT_ENDED */
    tps_span jwt; /**< public, with a result: it as it came, inside the room; else empty */

    tps_span host;
    tps_span prefix;
    uint32_t profile;
    uint32_t asks; /* what the request asks for */
    uint32_t polls;
    uint32_t connects;
    bool is_connected;
    bool has_sent;
    tps_span evidence;
    tps_span pieces[TPS_AGENT_PIECES_MAX];
    uint32_t piece;
    uint32_t piece_count;
    char digits[20];
    size_t session_size;
    char session[TPS_AGENT_SESSION_MAX];
    tps_buf room;
    tps_agent_answer answer;
} tps_agent_challenge;

/**
 * Begins: the state is TPS_AGENT_CONNECT.
 * @param profile  TPS_EVIDENCE_PSA or TPS_EVIDENCE_OPENTPS (component/services/attestation/attestation.h):
 * what the evidence will be.
 * @param room     For bodies of answers, until the end; see TPS_AGENT_ROOM_SIZE.
 */
void tps_agent_challenge_begin(tps_agent_challenge *c, uint32_t profile, tps_buf room);

/**
 * A new stream is open; asks the first request, or the one that waits for a stream.
 *
 * @param host    The server's name, with its port if that is not the scheme's own: the field Host. Letters,
 * digits and -._:[] only.
 * @param prefix  The path in front of "/challenge-response/v1/": empty, or as "/t/lights". No slash at its
 *                end; letters, digits and -._~/ only.
 *                Both stay the caller's, and unchanged until the next call of this function, or the end.
 *
 * @retval TPS_OK
 * @retval TPS_BAD_ARGUMENT  Either is malformed or too long, or no stream was asked for. Nothing has changed.
 */
TPS_MUST_USE tps_status tps_agent_challenge_connected(tps_agent_challenge *c, tps_span host, tps_span prefix);

/** Bytes to send now, a piece of a request; empty when there are none. */
tps_span tps_agent_challenge_output(const tps_agent_challenge *c);

/** So many bytes of tps_agent_challenge_output() were sent. */
void tps_agent_challenge_sent(tps_agent_challenge *c, size_t size);

/** Bytes came over the stream. All are taken. A stream on which something comes that was not asked for is
 * given up: if another request follows, TPS_AGENT_CONNECT comes first. */
void tps_agent_challenge_take(tps_agent_challenge *c, tps_span bytes);

/** The stream has ended, could not be opened, or was given up. Amid a request that is the end: the server may
 * have taken it or not, and evidence is taken once; begin again. */
void tps_agent_challenge_ended(tps_agent_challenge *c);

/**
 * Evidence over `nonce`; in state TPS_AGENT_EVIDENCE.
 * @param evidence  Stays the caller's, unchanged until the next state but TPS_AGENT_CONNECT and _TALK. Not in
 *                  the room. Empty when none could be made: that ends the attestation, and why is the
 * caller's to say.
 */
void tps_agent_challenge_respond(tps_agent_challenge *c, tps_span evidence);

/** Asks for the result again; in state TPS_AGENT_WAIT. */
void tps_agent_challenge_poll(tps_agent_challenge *c);

#endif
