// What every plugin in JavaScript needs and the engine does not have. Part of the template: change it as you like.
import { get } from "campanile:plugin/config@0.1.0";

/** A plugin's failure; the host repeats the call, after `retryAfterMs` where that is told. */
export function failure(code, message, retryAfterMs) {
  return { code, message, retryAfterMs, extra: [] };
}

/**
 * The plugin, with its mistakes made readable: what is thrown and is no failure of the contract (a TypeError, say) would end
 * in "unreachable" without a word. `as` turns the message into the error of a function that has another one.
 */
export function guarded(plugin, as = {}) {
  const guard = ([name, implementation]) => {
    const call = (...parameters) => {
      try {
        return implementation(...parameters);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        const told = typeof error.payload === "string" ? error.payload : `${error.name}: ${error.message}`;
        const message = `${told}\n${error.stack}`.trim();
        throw as[name] ? as[name](message) : failure("plugin_crashed", message);
      }
    };
    return [name, call];
  };
  return Object.fromEntries(Object.entries(plugin).map(guard));
}

/** The instance's settings. */
export function settings() {
  return JSON.parse(get());
}

/** UTF-8 of a text. */
export function utf8(text) {
  return Uint8Array.from(unescape(encodeURIComponent(text)), (letter) => letter.charCodeAt(0));
}

/** The text of UTF-8. */
export function text(bytes) {
  const letters = [];
  for (let at = 0; at < bytes.length; at += 4096) letters.push(String.fromCharCode(...bytes.slice(at, at + 4096)));
  return decodeURIComponent(escape(letters.join("")));
}

/** Unix milliseconds of an instant in ISO 8601; undefined for what is none. */
export function instant(written) {
  const milliseconds = Date.parse(written);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}
