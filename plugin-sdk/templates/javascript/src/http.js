// Requests to the system that the setting `base_url` names. Part of the template: change it as you like.
import { send } from "campanile:plugin/http@0.1.0";

import { failure, settings, text, utf8 } from "./sdk.js";

/**
 * Asks once. The host adds the credentials of the auth block "api" after it has checked the address. Any status is an
 * answer; what has no answer at all is thrown as a failure.
 */
export function ask(method, path, { body, headers = [] } = {}) {
  const url = settings().base_url.replace(/\/+$/, "") + path;
  const typed = body === undefined ? headers : [...headers, ["content-type", "application/json"]];
  try {
    return send({ method, url, headers: typed, body: utf8(body ?? ""), timeoutMs: 0, auth: "api" });
  } catch (error) {
    // What an import of the contract fails with is carried by an Error.
    const fault = error.payload;
    if (fault === undefined) throw error;
    throw failure(`http_${fault.tag.replaceAll("-", "_")}`, fault.val ?? fault.tag);
  }
}

/** The JSON of a 2xx answer; any other is thrown as the failure that it is. */
export function json(answer) {
  if (answer.status < 200 || answer.status > 299) throw refused(answer);
  try {
    return JSON.parse(text(answer.body));
  } catch (error) {
    throw failure("http_unreadable", `the answer is no JSON: ${error.message}`);
  }
}

/**
 * The failure that an answer is, with how long the other system asked to be left alone: retrying is the host's work. The code
 * tells the host what to do: `http_not_permitted` asks for a person, `http_too_many_requests` waits.
 */
export function refused(answer) {
  return failure(code(answer.status), `the other system answered ${answer.status}`, retryAfterMs(answer));
}

function code(status) {
  if (status === 401 || status === 403) return "http_not_permitted";
  if (status === 404 || status === 410) return "http_not_found";
  if (status === 429) return "http_too_many_requests";
  if (status >= 400 && status < 500) return "http_refused";
  return status >= 500 ? "http_broken" : "http_unexpected";
}

export function retryAfterMs(answer) {
  const seconds = Number(header(answer, "retry-after") ?? NaN);
  return Number.isFinite(seconds) ? Math.round(seconds * 1000) : undefined;
}

/** A header's value. */
export function header(message, name) {
  return message.headers.find(([known]) => known.toLowerCase() === name)?.[1];
}
