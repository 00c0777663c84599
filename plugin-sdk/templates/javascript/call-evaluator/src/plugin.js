// Takes the provider's analysis and hears for itself when a person does not want to be called.
import { guarded, settings } from "./sdk.js";

/** @type {typeof import("campanile:plugin/evaluator@0.1.0")} */
const plugin = {
  // One answer for every variable that is wanted; `undetermined` where the call does not tell. Never a guess.
  evaluate(talk, wanted) {
    const { stop_phrase: phrase = "stop calling" } = settings();
    const answers = wanted.map((variable) =>
      variable.role === "opt-out" && variable.kind === "boolean"
        ? optOut(variable.name, talk.transcript, phrase)
        : provided(variable, talk.provided),
    );
    return { answers, extra: [] };
  },
};

export const evaluator = guarded(plugin);

function optOut(name, transcript, phrase) {
  const evidence = transcript
    .map((line, position) => ({ line, position }))
    .filter(({ line }) => line.speaker === "person" && line.text.toLowerCase().includes(phrase.toLowerCase()))
    .map(({ position }) => position);
  const said = evidence.length > 0;
  const reason = said ? `the person said "${phrase}"` : `nobody said "${phrase}"`;
  return { name, value: { tag: "boolean", val: said }, reason, evidence };
}

// The provider's answer counts only if it is of the type that was asked for; a choice must be one of those offered.
function provided(wanted, all) {
  const value = all.find((variable) => variable.name === wanted.name)?.value;
  const type = wanted.kind === "choice" ? "text" : wanted.kind;
  const fits = value?.tag === type && (wanted.kind !== "choice" || wanted.choices.includes(value.val));
  return fits
    ? { name: wanted.name, value, reason: "from the provider's analysis", evidence: [] }
    : { name: wanted.name, value: { tag: "undetermined" }, reason: "the call does not tell", evidence: [] };
}
