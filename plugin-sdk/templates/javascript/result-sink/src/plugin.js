// Writes what became of each lead back to a list that is served as JSON:
//   POST {base_url}/people/ID/results, header idempotency-key: EVENT -> 2xx
import { ask, refused } from "./http.js";
import { guarded } from "./sdk.js";

/** @type {typeof import("campanile:plugin/sink@0.1.0")} */
const plugin = {
  // Whether it can write; shown while somebody fills in the settings.
  check() {
    const { status } = ask("GET", "/people?limit=1");
    if (status === 200) return { health: "ready", summary: "The list answers.", missing: [] };
    return status === 401 || status === 403
      ? { health: "misconfigured", summary: "The list does not accept the token.", missing: ["token"] }
      : { health: "unreachable", summary: `The list answers ${status}.`, missing: [] };
  },

  // No setting has choices to offer.
  options() {
    return [];
  },

  // One acknowledgement per event, in the same order. `failed` is delivered again; `skipped` never.
  deliver(events) {
    return events.map(deliver);
  },
};

export const sink = guarded(plugin);

function deliver(event) {
  if (event.externalId === null) return { tag: "skipped", val: "the lead did not come from this list" };
  const path = `/people/${encodeURIComponent(event.externalId)}/results`;
  let answer;
  try {
    // The same event may come again; its id makes twice once.
    answer = ask("POST", path, { body: event.dataJson, headers: [["idempotency-key", event.eventId]] });
  } catch (error) {
    if (error instanceof Error) throw error;
    return { tag: "failed", val: error };
  }
  if (answer.status >= 200 && answer.status < 300) return { tag: "done" };
  if (answer.status === 404) return { tag: "skipped", val: "the list does not know this person any more" };
  return { tag: "failed", val: refused(answer) };
}
