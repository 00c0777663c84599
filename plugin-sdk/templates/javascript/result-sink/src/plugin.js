// Writes what became of each lead back to a list that is served as JSON:
//   POST {base_url}/people/ID/results, header idempotency-key: EVENT -> 2xx
import { get } from "campanile:plugin/config@0.1.0";
import { send } from "campanile:plugin/http@0.1.0";

/** @type {typeof import("campanile:plugin/sink@0.1.0")} */
export const sink = {
  // Whether it can write; shown while somebody fills in the settings.
  check() {
    const answer = ask("GET", "/people?limit=1");
    if (answer.status === 401 || answer.status === 403) {
      return { health: "misconfigured", summary: "The list does not accept the token.", missing: ["token"] };
    }
    return answer.status === 200
      ? { health: "ready", summary: "The list answers.", missing: [] }
      : { health: "unreachable", summary: `The list answers ${answer.status}.`, missing: [] };
  },

  // No setting has choices to offer.
  options() {
    return [];
  },

  // One acknowledgement per event, in the same order. `failed` is delivered again; `skipped` never.
  deliver(events) {
    return events.map((event) => {
      if (event.externalId === undefined) return { tag: "skipped", val: "the lead did not come from this list" };
      try {
        return acknowledge(ask("POST", `/people/${encodeURIComponent(event.externalId)}/results`, event));
      } catch (error) {
        return { tag: "failed", val: error };
      }
    });
  },
};

function acknowledge(answer) {
  if (answer.status >= 200 && answer.status < 300) return { tag: "done" };
  if (answer.status === 404) return { tag: "skipped", val: "the list does not know this person any more" };
  // Retrying is the host's work: say how long the list asked to be left alone.
  const wait = Number(answer.headers.find(([name]) => name === "retry-after")?.[1]);
  const after = Number.isFinite(wait) ? BigInt(Math.round(wait * 1000)) : undefined;
  return { tag: "failed", val: failure("list_refused", `the list answered ${answer.status}`, after) };
}

// The host adds the token after it has checked the address; what has no answer at all is thrown as a fault.
function ask(method, path, event) {
  const { base_url: base } = JSON.parse(get());
  const headers = event ? [["content-type", "application/json"], ["idempotency-key", event.eventId]] : [];
  const body = event ? new TextEncoder().encode(event.dataJson) : new Uint8Array();
  try {
    return send({ method, url: base.replace(/\/+$/, "") + path, headers, body, timeoutMs: 0, auth: "api" });
  } catch (fault) {
    const { tag, val } = fault.payload ?? fault;
    throw failure(`list_${tag.replaceAll("-", "_")}`, `the list cannot be asked: ${val ?? tag}`);
  }
}

function failure(code, message, retryAfterMs) {
  return { code, message, retryAfterMs, extra: [] };
}
