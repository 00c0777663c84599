// Places calls with a provider whose API is JSON over HTTPS:
//   POST {base_url}/calls {"to", "from", "assistant", "events_to", "reference"} -> 201 {"id"}
//   GET  {base_url}/calls/ID -> {"id", "reference", "status", "at", "seconds"};  POST {base_url}/calls/ID/end
//   its events are such a call plus "event_id", with the header x-signature: HMAC-SHA256 of the body in hexadecimal
import { get } from "campanile:plugin/config@0.1.0";
import { send } from "campanile:plugin/http@0.1.0";
import { hmac } from "campanile:plugin/secret@0.1.0";

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
export const gateway = {
  // What the provider can do. Asks nobody.
  able() {
    return { findsByAttempt: false, findLagMs: 0n, findsByNumberAndTime: false, needsPolling: false };
  },

  // Whether it can place calls; shown while somebody fills in the settings.
  check() {
    const answer = ask("GET", "/me");
    if (answer.status === 401 || answer.status === 403) {
      return { health: "misconfigured", summary: "The provider does not accept the token.", missing: ["token"] };
    }
    return answer.status === 200
      ? { health: "ready", summary: "The provider answers.", missing: [] }
      : { health: "unreachable", summary: `The provider answers ${answer.status}.`, missing: [] };
  },

  // No setting has choices to offer.
  options() {
    return [];
  },

  // Dials, once. `refused` only where the call surely was not dialled; everything else is `unsure` and is looked up later.
  place(dial) {
    let answer;
    try {
      answer = ask("POST", "/calls", {
        to: dial.to,
        from: dial.callerId,
        assistant: dial.assistantRef,
        events_to: dial.callbackUrl,
        reference: dial.attemptId,
      });
    } catch (error) {
      throw { tag: "unsure", val: error.message };
    }
    const told = read(answer);
    if (answer.status === 201 && typeof told?.id === "string") return { providerCallId: told.id, extra: [] };
    if (answer.status >= 400 && answer.status < 500) {
      throw { tag: "refused", val: refusal(answer, told) };
    }
    throw { tag: "unsure", val: `the provider answered ${answer.status}` };
  },

  lookUp(providerCallId) {
    const answer = ask("GET", `/calls/${encodeURIComponent(providerCallId)}`);
    const call = read(answer);
    if (answer.status !== 200 || call === undefined) throw refused(answer);
    return event(call);
  },

  // This provider cannot search; what it knows of a lost dial comes as an event or not at all.
  find() {
    return { tag: "cannot-tell" };
  },

  hangUp(providerCallId) {
    const answer = ask("POST", `/calls/${encodeURIComponent(providerCallId)}/end`, {});
    const over = answer.status === 404 || answer.status === 409;
    if (!over && answer.status >= 300) throw refused(answer);
  },

  // Verify first, then read.
  receive(webhook) {
    const signature = webhook.headers.find(([name]) => name === "x-signature")?.[1];
    if (signature !== hexadecimal(hmac("signing_key", "sha256", webhook.body))) {
      throw failure("signature_wrong", "the event is not signed by the provider");
    }
    return [event(JSON.parse(new TextDecoder().decode(webhook.body)))];
  },
};

function event(call) {
  return {
    attemptId: call.reference,
    providerCallId: call.id,
    eventId: call.event_id ?? `${call.id}:${call.status}`,
    at: BigInt(Date.parse(call.at)),
    status: STATUS[call.status] ?? "other",
    code: call.status,
    answeredBy: "unknown",
    failure: call.status === "failed" ? "provider-fault" : "none",
    talkMs: call.seconds === undefined ? undefined : BigInt(Math.round(call.seconds * 1000)),
    extra: [],
  };
}

// What a refusal is about says who can do something.
function refusal(answer, told) {
  const scope = { 401: "this-account", 402: "this-account", 403: "this-account", 408: "this-moment", 429: "this-moment" };
  const { code = `http_${answer.status}`, message = `the provider answered ${answer.status}` } = told ?? {};
  return { code, message, scope: scope[answer.status] ?? "this-number", retryAfterMs: retryAfter(answer) };
}

function ask(method, path, body) {
  const { base_url: base } = JSON.parse(get());
  const headers = body ? [["content-type", "application/json"]] : [];
  const bytes = body ? new TextEncoder().encode(JSON.stringify(body)) : new Uint8Array();
  try {
    return send({ method, url: base.replace(/\/+$/, "") + path, headers, body: bytes, timeoutMs: 0, auth: "api" });
  } catch (fault) {
    const { tag, val } = fault.payload ?? fault;
    throw failure(`provider_${tag.replaceAll("-", "_")}`, `the provider cannot be asked: ${val ?? tag}`);
  }
}

function read(answer) {
  try {
    return JSON.parse(new TextDecoder().decode(answer.body));
  } catch {
    return undefined;
  }
}

function refused(answer) {
  return failure("provider_refused", `the provider answered ${answer.status}`, retryAfter(answer));
}

function retryAfter(answer) {
  const wait = Number(answer.headers.find(([name]) => name === "retry-after")?.[1]);
  return Number.isFinite(wait) ? BigInt(Math.round(wait * 1000)) : undefined;
}

function hexadecimal(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function failure(code, message, retryAfterMs) {
  return { code, message, retryAfterMs, extra: [] };
}
