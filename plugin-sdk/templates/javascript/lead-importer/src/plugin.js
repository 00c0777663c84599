// Brings people in from a list that is served as JSON:
//   GET {base_url}/people?after=CURSOR&limit=N -> {"people": [{"id", "name", "phone", "country", "updated_at"}], "next": "..."}
import { get } from "campanile:plugin/config@0.1.0";
import { send } from "campanile:plugin/http@0.1.0";

/** @type {typeof import("campanile:plugin/importer@0.1.0")} */
export const importer = {
  // Whether it can pull; shown while somebody fills in the settings.
  check() {
    const answer = ask("/people?limit=1");
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

  pull(cursor, limit) {
    const after = cursor === undefined ? "" : `after=${encodeURIComponent(cursor)}&`;
    const { people, next } = json(ask(`/people?${after}limit=${limit}`));
    const page = { leads: [], rejected: [], mode: "delta", cursor: next ?? cursor, more: next !== undefined && next !== null };
    for (const person of people) {
      if (typeof person.phone === "string" && person.phone !== "") page.leads.push(lead(person));
      else page.rejected.push({ externalId: String(person.id), field: "phone", code: "phone_missing", message: "there is no phone" });
    }
    return page;
  },

  receive() {
    throw failure("webhooks_not_used", "this list sends no webhooks; leave its webhook address empty");
  },
};

function lead(person) {
  return {
    externalId: String(person.id),
    contacts: [{ phone: person.phone, name: person.name, variables: [] }],
    country: person.country,
    doNotCall: person.do_not_call === true,
    deleted: false,
    priority: 0,
    updatedAt: person.updated_at === undefined ? undefined : BigInt(Date.parse(person.updated_at)),
    variables: [],
    extra: [],
  };
}

// The host adds the token after it has checked the address; what has no answer at all is thrown as a fault.
function ask(path) {
  const { base_url: base } = JSON.parse(get());
  try {
    return send({ method: "GET", url: base.replace(/\/+$/, "") + path, headers: [], body: new Uint8Array(), timeoutMs: 0, auth: "api" });
  } catch (fault) {
    const { tag, val } = fault.payload ?? fault;
    throw failure(`source_${tag.replaceAll("-", "_")}`, `the list cannot be asked: ${val ?? tag}`);
  }
}

// Retrying is the host's work: say how long the list asked to be left alone.
function json(answer) {
  if (answer.status !== 200) {
    const wait = Number(answer.headers.find(([name]) => name === "retry-after")?.[1]);
    const after = Number.isFinite(wait) ? BigInt(Math.round(wait * 1000)) : undefined;
    throw failure("source_refused", `the list answered ${answer.status}`, after);
  }
  try {
    const page = JSON.parse(new TextDecoder().decode(answer.body));
    if (!Array.isArray(page.people)) throw new Error("people is no list");
    return page;
  } catch (error) {
    throw failure("source_unreadable", `the list's answer cannot be read: ${error.message}`);
  }
}

function failure(code, message, retryAfterMs) {
  return { code, message, retryAfterMs, extra: [] };
}
