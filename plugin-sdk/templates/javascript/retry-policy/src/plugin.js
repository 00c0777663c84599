// Calls a busy line back soon; everything else is the campaign's own rule, which comes with the question.
import { guarded, settings } from "./sdk.js";

// A policy is a function of its input: there is no clock and no network. `campanile:plugin/calendar@0.1.0` answers what
// the clock shows where the lead is.
/** @type {typeof import("campanile:plugin/policy@0.1.0")} */
const plugin = {
  decide(input) {
    const { busy_minutes: minutes = 15 } = settings();
    const calls = input.attempts.filter((attempt) => attempt.era === input.era);
    const last = calls.at(-1);
    const mayCallAgain = input.round <= input.maxRetries && input.attemptsLeft > 0;
    if (last?.outcome !== "busy" || !mayCallAgain) return input.builtin;
    return {
      tag: "retry",
      val: {
        notBefore: input.now + minutes * 60_000,
        contact: last.contact,
        variables: [],
        reason: `busy: again in ${minutes} min`,
      },
    };
  },
};

export const policy = guarded(plugin);
