// The contract's types, generated from campanile.wit by jco-transpile.

declare module 'campanile:plugin/calendar@0.1.0' {
  /**
   * What the clock of `zone` shows at an instant. Fails for a zone that the host's database does not know.
   */
  export function local(at: Timestamp, zone: string): Civil;
  /**
   * The first instant at or after which the zone's clock shows `civil`. Fails for an unknown zone and for a date that
   * no calendar has (30 February).
   */
  export function instant(civil: Civil, zone: string): Timestamp;
  /**
   * The first instant not before `at` inside the calling hours that apply to the lead at hand; none when there is none.
   */
  export function nextOpen(at: Timestamp): Timestamp | null;
  export type Timestamp = import('campanile:plugin/types@0.1.0').Timestamp;
  /**
   * What a wall clock shows; weekday 1 is Monday, 7 is Sunday, and is ignored where a civil time is an argument.
   */
  export interface Civil {
    year: number,
    month: number,
    day: number,
    hour: number,
    minute: number,
    second: number,
    weekday: number,
  }
}

declare module 'campanile:plugin/clock@0.1.0' {
  /**
   * Now.
   */
  export function now(): Timestamp;
  export type Timestamp = import('campanile:plugin/types@0.1.0').Timestamp;
}

declare module 'campanile:plugin/config@0.1.0' {
  /**
   * The instance's settings as JSON, already checked against the manifest's schema. Secrets are never in it.
   */
  export function get(): string;
}

declare module 'campanile:plugin/evaluator@0.1.0' {
  /**
   * Answers every variable of `wanted` by name, `undetermined` where the call does not tell. A missing or an extra name or
   * a value of another type is an error on the call, never a guess.
   */
  export function evaluate(talk: Talk, wanted: Array<VariableSpec>): Evaluation;
  export type PluginError = import('campanile:plugin/types@0.1.0').PluginError;
  export type Variable = import('campanile:plugin/types@0.1.0').Variable;
  export type VariableSpec = import('campanile:plugin/types@0.1.0').VariableSpec;
  export type Value = import('campanile:plugin/types@0.1.0').Value;
  export type Outcome = import('campanile:plugin/types@0.1.0').Outcome;
  export type AnsweredBy = import('campanile:plugin/types@0.1.0').AnsweredBy;
  export type Timestamp = import('campanile:plugin/types@0.1.0').Timestamp;
  export type Utterance = import('campanile:plugin/types@0.1.0').Utterance;
  export type Extra = import('campanile:plugin/types@0.1.0').Extra;
  export interface Talk {
    callId: string,
    leadId: string,
    campaignId: string,
    startedAt: Timestamp,
    /**
     * The lead's zone.
     */
    zone: string,
    language?: string | null,
    outcome: Outcome,
    answeredBy: AnsweredBy,
    talkMs: number,
    /**
     * May be empty: not every provider tells what was said.
     */
    transcript: Array<Utterance>,
    /**
     * What the provider's own analysis answered.
     */
    provided: Array<Variable>,
    leadVariables: Array<Variable>,
    extra: Extra,
  }
  /**
   * `evidence` are positions in the transcript, from 0; `confidence` is between 0 and 1.
   */
  export interface Answer {
    name: string,
    value: Value,
    reason: string,
    evidence: Uint32Array,
    confidence?: number | null,
  }
  /**
   * What the evaluation itself cost at somebody else's.
   */
  export interface Usage {
    costMicros: number,
    currency: string,
  }
  export interface Evaluation {
    answers: Array<Answer>,
    usage?: Usage | null,
    extra: Extra,
  }
}

declare module 'campanile:plugin/gateway@0.1.0' {
  /**
   * What it can do. Must not ask anybody: it is called when the gateway is installed, and again when its settings change.
   */
  export function able(): Capabilities;
  /**
   * Whether it can place calls: who am I there, what is missing.
   */
  export function check(): Checked;
  /**
   * The choices for a setting, narrowed by what the person typed; empty for a setting that has none.
   */
  export function options(setting: string, query: string): Array<Choice>;
  /**
   * Dials, once. At most one request that is not GET, and four in all.
   */
  export function place(dial: Dial): Placed;
  /**
   * The latest about a call.
   */
  export function lookUp(providerCallId: string): Event;
  /**
   * For an attempt whose answer was lost, dialled between `since` and `until` if it was: what does the provider know?
   */
  export function find(attemptId: string, to: string, since: Timestamp, until: Timestamp): Finding;
  /**
   * Ends a call. One that is over already is no error.
   */
  export function hangUp(providerCallId: string): void;
  /**
   * Verifies the signature, then reads the events. An unsigned or forged request is an error.
   */
  export function receive(webhook: Webhook): Array<Event>;
  export type PluginError = import('campanile:plugin/types@0.1.0').PluginError;
  export type Variable = import('campanile:plugin/types@0.1.0').Variable;
  export type Timestamp = import('campanile:plugin/types@0.1.0').Timestamp;
  export type Webhook = import('campanile:plugin/types@0.1.0').Webhook;
  export type AnsweredBy = import('campanile:plugin/types@0.1.0').AnsweredBy;
  export type Failure = import('campanile:plugin/types@0.1.0').Failure;
  export type Checked = import('campanile:plugin/types@0.1.0').Checked;
  export type Choice = import('campanile:plugin/types@0.1.0').Choice;
  export type Utterance = import('campanile:plugin/types@0.1.0').Utterance;
  export type Extra = import('campanile:plugin/types@0.1.0').Extra;
  export interface Dial {
    /**
     * Ours. Put it where it comes back: the provider's metadata, or the query of the callback URL.
     */
    attemptId: string,
    /**
     * The number to show, E.164.
     */
    callerId: string,
    /**
     * The number to call, E.164.
     */
    to: string,
    /**
     * The assistant as the provider knows it.
     */
    assistantRef: string,
    /**
     * Where the provider is to send its events; it carries a token and no query.
     */
    callbackUrl: string,
    ringTimeoutMs: number,
    maxCallMs: number,
    /**
     * The lead's and the contact's, merged.
     */
    variables: Array<Variable>,
    extra: Extra,
  }
  export interface Placed {
    providerCallId: string,
    extra: Extra,
  }
  /**
   * What a refusal is about, and so who can do something: this number is dead; another caller id may work; later may
   * work; the account cannot call at all and the campaign pauses.
   * # Variants
   *
   * ## `"this-number"`
   *
   * ## `"this-caller-id"`
   *
   * ## `"this-moment"`
   *
   * ## `"this-account"`
   */
  export type RefusalScope = 'this-number' | 'this-caller-id' | 'this-moment' | 'this-account';
  export interface Refusal {
    code: string,
    message: string,
    scope: RefusalScope,
    retryAfterMs?: number | null,
  }
  /**
   * `refused`: surely not dialled. `unsure`: it may ring; say what was seen.
   */
  export type DialFault =
    | {
      tag: 'refused',
      val: Refusal,
    }
    | {
      tag: 'unsure',
      val: string,
    };
  /**
   * # Variants
   *
   * ## `"initiated"`
   *
   * ## `"ringing"`
   *
   * ## `"in-progress"`
   *
   * ## `"completed"`
   *
   * ## `"busy"`
   *
   * ## `"unanswered"`
   *
   * ## `"failed"`
   *
   * ## `"cancelled"`
   *
   * ## `"other"`
   */
  export type Status = 'initiated' | 'ringing' | 'in-progress' | 'completed' | 'busy' | 'unanswered' | 'failed' | 'cancelled' | 'other';
  export interface Event {
    /**
     * Ours, where the provider carries it.
     */
    attemptId?: string | null,
    providerCallId: string,
    /**
     * Names this event: the same event twice has the same one.
     */
    eventId: string,
    at: Timestamp,
    status: Status,
    /**
     * The provider's own word.
     */
    code: string,
    answeredBy: AnsweredBy,
    failure: Failure,
    talkMs?: number | null,
    costMicros?: number | null,
    /**
     * ISO 4217; required where a cost is told.
     */
    currency?: string | null,
    /**
     * What was said; may come later than the end of the call.
     */
    transcript?: Array<Utterance> | null,
    recordingUrl?: string | null,
    /**
     * The provider's own analysis. None: there is none (yet); an empty list: it looked and found nothing.
     */
    variables?: Array<Variable> | null,
    extra: Extra,
  }
  /**
   * `surely-not-dialled` counts only from a gateway that finds by attempt, after its lag.
   */
  export type Finding =
    | {
      tag: 'found',
      val: Event,
    }
    | {
      tag: 'surely-not-dialled',
    }
    | {
      tag: 'cannot-tell',
    };
  export interface Capabilities {
    /**
     * For how long a repeated dial with the same attempt id is the same call there; none: never.
     */
    idempotentDialMs?: number | null,
    /**
     * `find` can tell by our attempt id that a call was not made.
     */
    findsByAttempt: boolean,
    /**
     * How long after a dial a search may still miss it.
     */
    findLagMs: number,
    /**
     * `find` can match by number and time.
     */
    findsByNumberAndTime: boolean,
    /**
     * The provider's own limit on dials; none: no limit.
     */
    callsPerSecond?: number | null,
    /**
     * The provider sends no events; the host asks `look-up`.
     */
    needsPolling: boolean,
  }
}

declare module 'campanile:plugin/http@0.1.0' {
  /**
   * Any status is an answer; only what has no answer is a fault. Nothing is repeated by the host.
   */
  export function send(request: Request): Response;
  export interface Request {
    /**
     * `GET`, `POST` and so on, in capitals.
     */
    method: string,
    /**
     * Absolute.
     */
    url: string,
    headers: Array<[string, string]>,
    body: Uint8Array,
    /**
     * The longest it may take, redirects included; 0 is the longest that the kind allows.
     */
    timeoutMs: number,
    /**
     * The auth block of the manifest that the host is to fill in. The plugin sees no secret.
     */
    auth?: string | null,
  }
  /**
   * Header names in lower case; the body is decompressed.
   */
  export interface Response {
    status: number,
    headers: Array<[string, string]>,
    body: Uint8Array,
  }
  export type Fault =
    | {
      /**
       * Not allowed, and the rule: nothing was sent.
       */
      tag: 'denied',
      val: string,
    }
    | {
      /**
       * No connection, or it broke.
       */
      tag: 'unreachable',
      val: string,
    }
    | {
      tag: 'timed-out',
    }
    | {
      /**
       * The answer is larger than the kind's limit.
       */
      tag: 'too-large',
    }
    | {
      /**
       * The call has sent as many requests as it may.
       */
      tag: 'budget-spent',
    }
    | {
      /**
       * The credentials could not be had.
       */
      tag: 'unauthorised',
      val: string,
    };
}

declare module 'campanile:plugin/importer@0.1.0' {
  /**
   * Whether it can pull: who am I there, what is missing.
   */
  export function check(): Checked;
  /**
   * The choices for a setting, narrowed by what the person typed; empty for a setting that has none.
   */
  export function options(setting: string, query: string): Array<Choice>;
  /**
   * The page after the cursor, of about `limit` leads. A page may be shorter than the limit and not the last; windows are
   * inclusive, because the host forgets nobody it sees twice.
   */
  export function pull(cursor: string | null, limit: number): Page;
  /**
   * A push from the other system. The plugin verifies it; a forged one is an error.
   */
  export function receive(webhook: Webhook): Page;
  export type PluginError = import('campanile:plugin/types@0.1.0').PluginError;
  export type Variable = import('campanile:plugin/types@0.1.0').Variable;
  export type Timestamp = import('campanile:plugin/types@0.1.0').Timestamp;
  export type Webhook = import('campanile:plugin/types@0.1.0').Webhook;
  export type Checked = import('campanile:plugin/types@0.1.0').Checked;
  export type Choice = import('campanile:plugin/types@0.1.0').Choice;
  export type Extra = import('campanile:plugin/types@0.1.0').Extra;
  /**
   * A phone as the other system has it; the host turns it into E.164 by the lead's country. The first is the primary one.
   */
  export interface IncomingContact {
    phone: string,
    name?: string | null,
    label?: string | null,
    variables: Array<Variable>,
  }
  /**
   * On what ground the person may be called, and where that was recorded.
   */
  export interface Consent {
    basis: string,
    source: string,
    at?: Timestamp | null,
  }
  export interface IncomingLead {
    /**
     * The other system's own id: the same one again is the same lead.
     */
    externalId: string,
    contacts: Array<IncomingContact>,
    /**
     * An IANA zone name, where the other system knows it.
     */
    zone?: string | null,
    /**
     * ISO 3166-1 alpha-2; decides how national numbers are read.
     */
    country?: string | null,
    region?: string | null,
    postalCode?: string | null,
    /**
     * BCP 47.
     */
    language?: string | null,
    /**
     * Never call this person.
     */
    doNotCall: boolean,
    /**
     * Gone from the other system.
     */
    deleted: boolean,
    consent?: Consent | null,
    /**
     * Higher is called first.
     */
    priority: number,
    updatedAt?: Timestamp | null,
    variables: Array<Variable>,
    extra: Extra,
  }
  /**
   * A record that is no lead: which one, the field at fault and why.
   */
  export interface Rejected {
    externalId: string,
    field: string,
    code: string,
    message: string,
  }
  /**
   * delta: what changed. snapshot-part, snapshot-end: the whole, in pieces; who was not seen by the end is deleted.
   * # Variants
   *
   * ## `"delta"`
   *
   * ## `"snapshot-part"`
   *
   * ## `"snapshot-end"`
   */
  export type Mode = 'delta' | 'snapshot-part' | 'snapshot-end';
  export interface Page {
    leads: Array<IncomingLead>,
    rejected: Array<Rejected>,
    mode: Mode,
    /**
     * Where the next page, or the next run, begins. Kept by the host only together with the stored page.
     */
    cursor?: string | null,
    /**
     * Another page is there now.
     */
    more: boolean,
  }
}

declare module 'campanile:plugin/log@0.1.0' {
  /**
   * Kept in the call's record: 1 KiB a line and 64 KiB a call, the rest is cut and said so.
   */
  export function write(level: Level, message: string): void;
  /**
   * # Variants
   *
   * ## `"debug"`
   *
   * ## `"info"`
   *
   * ## `"warn"`
   *
   * ## `"error"`
   */
  export type Level = 'debug' | 'info' | 'warn' | 'error';
}

declare module 'campanile:plugin/policy@0.1.0' {
  /**
   * The host moves a retry into the calling hours and keeps every cap, whatever is asked for.
   */
  export function decide(input: Input): Decision;
  export type PluginError = import('campanile:plugin/types@0.1.0').PluginError;
  export type Attempt = import('campanile:plugin/types@0.1.0').Attempt;
  export type Contact = import('campanile:plugin/types@0.1.0').Contact;
  export type Variable = import('campanile:plugin/types@0.1.0').Variable;
  export type Timestamp = import('campanile:plugin/types@0.1.0').Timestamp;
  export type Value = import('campanile:plugin/types@0.1.0').Value;
  export type Extra = import('campanile:plugin/types@0.1.0').Extra;
  /**
   * Why the question is put: an attempt settled, its evaluation arrived, a result came late, or an earlier decision
   * failed and is made again.
   * # Variants
   *
   * ## `"settled"`
   *
   * ## `"evaluated"`
   *
   * ## `"late-result"`
   *
   * ## `"retried-decision"`
   *
   * ## `"other"`
   */
  export type Trigger = 'settled' | 'evaluated' | 'late-result' | 'retried-decision' | 'other';
  /**
   * escalate: an unreached contact is followed by the next at once; rotate: one contact a round.
   * # Variants
   *
   * ## `"escalate"`
   *
   * ## `"rotate"`
   *
   * ## `"other"`
   */
  export type Strategy = 'escalate' | 'rotate' | 'other';
  /**
   * Call again in a new round. `contact` is a position; none: the strategy chooses.
   */
  export interface Retry {
    notBefore: Timestamp,
    notAfter?: Timestamp | null,
    contact?: number | null,
    priority?: number | null,
    variables: Array<Variable>,
    reason: string,
  }
  /**
   * # Variants
   *
   * ## `"number"`
   *
   * ## `"person"`
   */
  export type Whom = 'number' | 'person';
  /**
   * Each case carries the reason that the tenant reads.
   */
  export type Decision =
    | {
      /**
       * Done with this lead.
       */
      tag: 'complete',
      val: string,
    }
    | {
      /**
       * Try the next callable contact within this round.
       */
      tag: 'next-contact',
      val: string,
    }
    | {
      tag: 'retry',
      val: Retry,
    }
    | {
      tag: 'give-up',
      val: string,
    }
    | {
      /**
       * Never call this number, or this person, again.
       */
      tag: 'suppress',
      val: [Whom, string],
    };
  export interface Input {
    trigger: Trigger,
    /**
     * The only "now" a policy knows.
     */
    now: Timestamp,
    campaignId: string,
    leadId: string,
    /**
     * The lead's zone: the one that `calendar` questions about this lead are asked in.
     */
    zone: string,
    /**
     * The current era and round; count only attempts whose `era` is this one.
     */
    era: number,
    round: number,
    maxRetries: number,
    retryIntervalMs: number,
    retryOnVoicemail: boolean,
    retryUntilGoal: boolean,
    /**
     * The campaign's goal as the last call left it; none: no goal, or not evaluated.
     */
    goal?: Value | null,
    strategy: Strategy,
    /**
     * How many more attempts the engine will allow, whatever is asked for.
     */
    attemptsLeft: number,
    campaignEndsAt?: Timestamp | null,
    contacts: Array<Contact>,
    /**
     * All attempts, oldest first, of earlier eras too.
     */
    attempts: Array<Attempt>,
    leadVariables: Array<Variable>,
    /**
     * What the built-in policy would answer.
     */
    builtin: Decision,
    extra: Extra,
  }
}

declare module 'campanile:plugin/secret@0.1.0' {
  /**
   * The HMAC (RFC 2104) of `data` under the secret.
   */
  export function hmac(name: string, digest: Digest, data: Uint8Array): Uint8Array;
  /**
   * Whether `candidate` is the secret, compared in constant time.
   */
  export function equals(name: string, candidate: string): boolean;
  /**
   * Whether `signature` (64 bytes) is one of `data` by the public key that the secret holds (32 bytes, in base64 or
   * hexadecimal).
   */
  export function verifyEd25519(name: string, data: Uint8Array, signature: Uint8Array): boolean;
  /**
   * A JWT of these claims, signed with the private key that the secret holds in PEM: RS256 for RSA, ES256 for P-256; any
   * other text signs with HS256.
   */
  export function signJwt(name: string, claimsJson: string): string;
  /**
   * # Variants
   *
   * ## `"sha1"`
   *
   * ## `"sha256"`
   *
   * ## `"sha512"`
   */
  export type Digest = 'sha1' | 'sha256' | 'sha512';
}

declare module 'campanile:plugin/sink@0.1.0' {
  /**
   * Whether it can write: who am I there, what is missing.
   */
  export function check(): Checked;
  /**
   * The choices for a setting, narrowed by what the person typed; empty for a setting that has none.
   */
  export function options(setting: string, query: string): Array<Choice>;
  /**
   * One acknowledgement per event, in the same order.
   */
  export function deliver(events: Array<ResultEvent>): Array<Ack>;
  export type PluginError = import('campanile:plugin/types@0.1.0').PluginError;
  export type Variable = import('campanile:plugin/types@0.1.0').Variable;
  export type Timestamp = import('campanile:plugin/types@0.1.0').Timestamp;
  export type Checked = import('campanile:plugin/types@0.1.0').Checked;
  export type Choice = import('campanile:plugin/types@0.1.0').Choice;
  export type Extra = import('campanile:plugin/types@0.1.0').Extra;
  export interface ResultEvent {
    /**
     * The same event delivered twice has the same one: deliveries are repeated until they are acknowledged.
     */
    eventId: string,
    /**
     * `lead.completed` and its like.
     */
    kind: string,
    at: Timestamp,
    /**
     * The lead's id in the system it came from.
     */
    externalId?: string | null,
    /**
     * E.164.
     */
    phone: string,
    /**
     * The event as webhooks carry it.
     */
    dataJson: string,
    /**
     * The post-call variables.
     */
    variables: Array<Variable>,
    extra: Extra,
  }
  /**
   * skipped: will never be written, and why. failed: is delivered again.
   */
  export type Ack =
    | {
      tag: 'done',
    }
    | {
      tag: 'skipped',
      val: string,
    }
    | {
      tag: 'failed',
      val: PluginError,
    };
}

declare module 'campanile:plugin/state@0.1.0' {
  export function get(key: string): string | null;
  /**
   * Traps beyond 64 KiB.
   */
  export function set(key: string, value: string): void;
  export function remove(key: string): void;
}

declare module 'campanile:plugin/types@0.1.0' {
  /**
   * Unix milliseconds, UTC.
   */
  export type Timestamp = number;
  /**
   * Named texts that later versions may add; ignore the keys you do not know.
   */
  export type Extra = Array<[string, string]>;
  /**
   * What a lead or a call carries as named data. `undetermined` is an answer of its own: the call did not tell.
   */
  export type Value =
    | {
      tag: 'boolean',
      val: boolean,
    }
    | {
      tag: 'number',
      val: number,
    }
    | {
      tag: 'text',
      val: string,
    }
    | {
      tag: 'date-time',
      val: Timestamp,
    }
    | {
      tag: 'undetermined',
    };
  export interface Variable {
    name: string,
    value: Value,
  }
  /**
   * # Variants
   *
   * ## `"boolean"`
   *
   * ## `"number"`
   *
   * ## `"text"`
   *
   * ## `"date-time"`
   *
   * ## `"choice"`
   *
   * ## `"other"`
   */
  export type ValueType = 'boolean' | 'number' | 'text' | 'date-time' | 'choice' | 'other';
  /**
   * What the engine does with a variable by itself, before any policy is asked.
   * # Variants
   *
   * ## `"none"`
   *
   * ## `"goal"`
   *
   * ## `"opt-out"`
   *
   * ## `"callback-at"`
   *
   * ## `"wrong-person"`
   *
   * ## `"other"`
   */
  export type Role = 'none' | 'goal' | 'opt-out' | 'callback-at' | 'wrong-person' | 'other';
  /**
   * One post-call variable that the assistant's owner asked for; `description` is the question put to the call.
   */
  export interface VariableSpec {
    name: string,
    kind: ValueType,
    choices: Array<string>,
    description: string,
    required: boolean,
    role: Role,
  }
  /**
   * How an attempt ended. `unknown`: its fate could not be established; it counts as an attempt.
   * # Variants
   *
   * ## `"answered"`
   *
   * ## `"voicemail"`
   *
   * ## `"busy"`
   *
   * ## `"unanswered"`
   *
   * ## `"failed"`
   *
   * ## `"unknown"`
   *
   * ## `"cancelled"`
   *
   * ## `"other"`
   */
  export type Outcome = 'answered' | 'voicemail' | 'busy' | 'unanswered' | 'failed' | 'unknown' | 'cancelled' | 'other';
  /**
   * Why a failed attempt failed.
   * # Variants
   *
   * ## `"none"`
   *
   * ## `"number-invalid"`
   *
   * ## `"callee-rejected"`
   *
   * ## `"caller-id-blocked"`
   *
   * ## `"provider-fault"`
   *
   * ## `"other"`
   */
  export type Failure = 'none' | 'number-invalid' | 'callee-rejected' | 'caller-id-blocked' | 'provider-fault' | 'other';
  /**
   * # Variants
   *
   * ## `"human"`
   *
   * ## `"machine"`
   *
   * ## `"unknown"`
   */
  export type AnsweredBy = 'human' | 'machine' | 'unknown';
  /**
   * A phone of the lead. `position` 0 is the primary contact.
   */
  export interface Contact {
    position: number,
    phone: string,
    name?: string | null,
    label?: string | null,
    usable: boolean,
    zone: string,
    variables: Array<Variable>,
  }
  /**
   * One dial of one contact. `number` counts all attempts of the lead from 1; `era` begins anew when a person sets the
   * lead back to created; `round` counts passes over the contacts within the era, from 1.
   */
  export interface Attempt {
    number: number,
    era: number,
    round: number,
    contact: number,
    phone: string,
    outcome: Outcome,
    failure: Failure,
    answeredBy: AnsweredBy,
    startedAt: Timestamp,
    endedAt?: Timestamp | null,
    talkMs: number,
    variables: Array<Variable>,
    extra: Extra,
  }
  /**
   * A plugin's failure: `code` in snake_case for machines, `message` for the tenant. Retrying is the host's work:
   * `retry-after-ms` says how long the other system asked to be left alone.
   */
  export interface PluginError {
    code: string,
    message: string,
    retryAfterMs?: number | null,
    extra: Extra,
  }
  /**
   * Who said a line of a call.
   * # Variants
   *
   * ## `"assistant"`
   *
   * ## `"person"`
   *
   * ## `"other"`
   */
  export type Speaker = 'assistant' | 'person' | 'other';
  /**
   * One line of a transcript; `at-ms` counts from the beginning of the call.
   */
  export interface Utterance {
    atMs: number,
    speaker: Speaker,
    text: string,
  }
  /**
   * A request that another system sent to this instance's own address. The host keeps it durably and answers 2xx before
   * the plugin reads it, so that nothing is lost when a plugin fails; that is why a plugin cannot write the reply.
   */
  export interface Webhook {
    method: string,
    /**
     * As the other system called it, with the query: what many signatures are made over.
     */
    url: string,
    /**
     * Names in lower case.
     */
    headers: Array<[string, string]>,
    body: Uint8Array,
    receivedAt: Timestamp,
  }
  /**
   * misconfigured: a person must change a setting, a secret or the other system. unreachable: try again later.
   * # Variants
   *
   * ## `"ready"`
   *
   * ## `"misconfigured"`
   *
   * ## `"unreachable"`
   */
  export type Health = 'ready' | 'misconfigured' | 'unreachable';
  /**
   * What `check` found: a sentence for the tenant, and which settings or secrets are missing or wrong.
   */
  export interface Checked {
    health: Health,
    summary: string,
    missing: Array<string>,
  }
  /**
   * One choice that a form may offer for a setting.
   */
  export interface Choice {
    value: string,
    label: string,
  }
}
