// Brings people in from a list that is served as JSON:
//   GET {base_url}/people?after=CURSOR&limit=N -> {"people": [{"id", "name", "phone", "country", "updated_at"}], "next": "..."}
import { ask, json } from "./http.js";
import { failure, guarded, instant } from "./sdk.js";

/** @type {typeof import("campanile:plugin/importer@0.1.0")} */
const plugin = {
  // Whether it can pull; shown while somebody fills in the settings.
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

  pull(cursor, limit) {
    const after = cursor === null ? "" : `after=${encodeURIComponent(cursor)}&`;
    const { people, next } = json(ask("GET", `/people?${after}limit=${limit}`));
    const page = { leads: [], rejected: [], mode: "delta", cursor: next ?? cursor, more: Boolean(next) };
    for (const person of people) {
      if (person.phone) page.leads.push(lead(person));
      else page.rejected.push(rejected(person));
    }
    return page;
  },

  receive() {
    throw failure("no_webhooks", "this list sends no webhooks; leave its webhook address empty");
  },
};

export const importer = guarded(plugin);

function lead(person) {
  return {
    externalId: String(person.id),
    contacts: [{ phone: person.phone, name: person.name, variables: [] }],
    country: person.country,
    doNotCall: person.do_not_call === true,
    deleted: false,
    priority: 0,
    updatedAt: instant(person.updated_at),
    variables: [],
    extra: [],
  };
}

function rejected(person) {
  return { externalId: String(person.id), field: "phone", code: "phone_missing", message: "there is no phone" };
}
