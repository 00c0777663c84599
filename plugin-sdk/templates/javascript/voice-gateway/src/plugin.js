// Places calls with a provider whose API is JSON over HTTPS:
//   POST {base_url}/calls {"to", "from", "assistant", "events_to", "reference"} -> 201 {"id"}
//   GET  {base_url}/calls/ID -> {"id", "reference", "status", "at", "seconds"};  POST {base_url}/calls/ID/end
//   its events are such a call plus "event_id", with the header x-signature: HMAC-SHA256 of the body in hexadecimal
import { hmac } from "campanile:plugin/secret@0.1.0";

import { ask, header, json, refused, retryAfterMs } from "./http.js";
import { failure, guarded, instant, text } from "./sdk.js";

const STATUS = {
  queued: "initiated",
  ringing: "ringing",
  talking: "in-progress",
  done: "completed",
  busy: "busy",
  no_answer: "unanswered",
  failed: "failed",
  cancelled: "cancelled",
};

/** @type {typeof import("campanile:plugin/gateway@0.1.0")} */
const plugin = {
  // What the provider can do. Asks nobody.
  able() {
    return { findsByAttempt: false, findLagMs: 0, findsByNumberAndTime: false, needsPolling: false };
  },

  // Whether it can place calls; shown while somebody fills in the settings.
  check() {
    const { status } = ask("GET", "/me");
    if (status === 200) return { health: "ready", summary: "The provider answers.", missing: [] };
    return status === 401 || status === 403
      ? { health: "misconfigured", summary: "The provider does not accept the token.", missing: ["token"] }
      : { health: "unreachable", summary: `The provider answers ${status}.`, missing: [] };
  },

  // No setting has choices to offer.
  options() {
    return [];
  },

  // Dials, once. `refused` only where the call surely was not dialled; everything else is `unsure` and is looked up later.
  place(dial) {
    const answer = dialled(dial);
    if (answer.status === 201) return { providerCallId: placed(answer), extra: [] };
    if (answer.status >= 400 && answer.status < 500) throw { tag: "refused", val: refusal(answer) };
    throw unsure(`the provider answered ${answer.status}`);
  },

  lookUp(providerCallId) {
    return event(json(ask("GET", `/calls/${encodeURIComponent(providerCallId)}`)));
  },

  // This provider cannot search; what it knows of a lost dial comes as an event or not at all.
  find() {
    return { tag: "cannot-tell" };
  },

  hangUp(providerCallId) {
    const answer = ask("POST", `/calls/${encodeURIComponent(providerCallId)}/end`, { body: "{}" });
    // A call that is over already is no error.
    if (answer.status >= 300 && answer.status !== 404 && answer.status !== 409) throw refused(answer);
  },

  // Verify first, then read.
  receive(webhook) {
    if (header(webhook, "x-signature") !== hexadecimal(hmac("signing_key", "sha256", webhook.body))) {
      throw failure("webhook_forged", "the event is not signed by the provider");
    }
    return [event(JSON.parse(text(webhook.body)))];
  },
};

// A mistake in `place` may come after the provider has dialled.
export const gateway = guarded(plugin, { place: unsure });

function unsure(message) {
  return { tag: "unsure", val: message };
}

function dialled(dial) {
  const body = {
    to: dial.to,
    from: dial.callerId,
    assistant: dial.assistantRef,
    events_to: dial.callbackUrl,
    reference: dial.attemptId,
  };
  try {
    return ask("POST", "/calls", { body: JSON.stringify(body) });
  } catch (error) {
    throw unsure(error.message);
  }
}

function placed(answer) {
  try {
    return String(json(answer).id);
  } catch (error) {
    throw unsure(error.message);
  }
}

// What a refusal is about says who can do something.
function refusal(answer) {
  const scopes = { 401: "this-account", 402: "this-account", 403: "this-account", 408: "this-moment", 429: "this-moment" };
  let told = {};
  try {
    told = JSON.parse(text(answer.body));
  } catch {
    // The status says enough.
  }
  const { code = `http_${answer.status}`, message = `the provider answered ${answer.status}` } = told;
  return { code, message, scope: scopes[answer.status] ?? "this-number", retryAfterMs: retryAfterMs(answer) };
}

function event(call) {
  const at = instant(call.at);
  if (at === undefined) throw failure("event_unreadable", `${call.at} is no instant`);
  return {
    attemptId: call.reference,
    providerCallId: call.id,
    eventId: call.event_id ?? `${call.id}:${call.status}`,
    at,
    status: STATUS[call.status] ?? "other",
    code: call.status,
    answeredBy: "unknown",
    failure: call.status === "failed" ? "provider-fault" : "none",
    talkMs: call.seconds === undefined ? undefined : Math.round(call.seconds * 1000),
    extra: [],
  };
}

function hexadecimal(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
