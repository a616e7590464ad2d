/**
 * Every rule that the checker knows, by the stable name that reports, JUnit files and people's
 * suppressions use.
 *
 * Invariant: a finding names a rule of this table, and a name never changes its meaning. A "warning"
 * fails a run only when it is strict.
 */

export interface Rule {
  readonly severity: "error" | "warning";
  /** What must hold, as a sentence. */
  readonly demand: string;
}

const error = (demand: string): Rule => ({ severity: "error", demand });
const warning = (demand: string): Rule => ({ severity: "warning", demand });

const connectionRules = {
  "answer-in-time": error("Every request is answered, to its last byte, within the time limit."),
  "connection-kept": error("The server does not close a connection before it has answered."),
  "answer-size": error(
    "An answer has an end, is no larger than 8 MiB, and has at most 20,000 JSON values, nested 200 deep.",
  ),
  "health-answers": error("GET /health answers 200."),
  "connect-websocket": error("A stock Socket.IO client connects over WebSocket."),
  "connect-polling": error("A stock Socket.IO client connects over polling."),
  "connection-lasts": error("The server keeps a subscriber connected while it listens."),
  "run-finished": error("Every check came to its end within the run's time limit."),
} as const;

const eventRules = {
  "event-seen": error("Each documented event is broadcast while the checker listens."),
  "event-arguments": error("An event carries exactly one argument, a JSON object."),
  "event-required": error("A payload has every required field."),
  "event-type": error("Each field of a payload has its documented type."),
  "event-timestamp": error("A timestamp is ISO 8601 in UTC, ending in Z."),
  "event-value": error("Each field of a payload keeps to its schema's limits."),
  "event-documented": warning("Only the four documented events are broadcast."),
  "event-field-documented": warning("A payload has only documented fields."),
  "event-size": error("An event has at most 20,000 JSON values, nested 200 deep."),
  "event-flood": error("There are no more events than the checker keeps to compare its subscribers."),
  "event-time-order": error("The timestamps of one entity's events do not run backwards."),
  "event-id-known": error("An id in an event is known to REST."),
  "market-update-subject": error("A market update carries a sector's value or an index value."),
  "candle-range": error("In a candle, low <= open, close, value <= high."),
  "candle-value": error("In a candle, value equals close."),
  "message-once": error("A message is broadcast once."),
  "subscribers-agree": error("Two subscribers that listen at the same time receive the same events."),
  "subscribers-conflated": warning("No state is skipped for a subscriber that keeps up, and no message overtakes one."),
  "subscribers-order": error("Two subscribers receive states in the same order, and messages in the same order."),
} as const;

const jsonRules = {
  "json-syntax": error("What is sent as JSON is JSON."),
  "json-encoding": error("JSON is sent as UTF-8 without a byte order mark, and declares no other charset."),
  "json-number": error("NaN and Infinity are not JSON."),
  "json-integer-range": error("An integer stays within 2^53, so that every language reads the same number."),
  "json-duplicate-key": error("An object has each key once."),
  "json-surrogate": error("A string has no lone surrogate."),
} as const;

/** What the documented API asks of REST, whatever shape its lists and resources have. */
const resourceRules = {
  "read-status": error("A documented read is answered 200."),
  "no-server-error": error("No request is answered with a status of 500 or more."),
  "media-type": error("JSON is answered as application/json, a problem as application/problem+json."),
  "list-readable": error("A list is an array of objects with an id each, bare or in a field of an object."),
  "list-not-empty": error("Each list has an entry, so that reading one can be judged."),
  "resource-matches-list": error("A resource read by its id is the one that its list shows."),
  "unknown-id": error("An unknown id is answered 404."),
} as const;

const readingRules = {
  "body-required": error("A body has every required field."),
  "body-type": error("Each field of a body has its documented type."),
  "body-timestamp": error("A timestamp in a body is ISO 8601 in UTC, ending in Z."),
  "body-value": error("Each field of a body keeps to its schema's limits."),
  "body-field-documented": warning("A body has only documented fields."),
  "problem-document": error("An error is an RFC 9457 problem document that names its own status."),
  "page-limit": error("A page has no more rows than limit asks for, and never more than 200."),
  "page-cursor": error("nextCursor is there exactly while hasMore is true."),
  "page-repeated": error("No row comes twice while one walks through the pages."),
  "page-complete": error("The pages together are the whole list."),
  "list-end": error("A list ends within 60 pages of 200 rows and within 64 MiB."),
  "bad-query": error("A query parameter that cannot be used is answered 400."),
  filter: error("A filtered list has only rows that match, and all of them."),
  "messages-order": error("Messages are listed newest first."),
  "method-refused": error("A method that a path does not take is answered 405."),
  "allow-header": error("A 405 lists the path's methods in Allow."),
  "head-matches": error("HEAD answers what GET answers, without the body."),
  "etag-present": error("A resource that can be patched has an ETag."),
  "etag-stable": error("The ETag stays while nothing that can be patched has changed."),
  "conditional-read": error("If-None-Match is answered 200 or, where the tag matches, 304."),
  "live-no-store": error("Resources with live values answer Cache-Control: no-store."),
  "candle-order": error("Candles are listed in the order asked for, each bucket once."),
  "candle-bucket": error("A candle's bucket begins at a multiple of its interval."),
  "candle-span": error("start is inclusive and end exclusive."),
} as const;

const coverageRules = {
  "operation-exercised": error("Each operation of the claimed profile was exercised with success."),
} as const;

const coherenceRules = {
  "rest-behind-event": error("After an event the resource equals it or is newer."),
  "candle-history": error("The last candle update of a bucket equals the candle of history."),
} as const;

const changeRules = {
  "post-broadcast": error("A posted message is broadcast."),
  "patch-broadcast": error("A patched status is broadcast."),
  "event-in-time": error("The event of a change arrives within the limit."),
  "event-equals-change": error("The event of a change says what was changed."),
  "post-listed": error("A posted message is listed."),
} as const;

const writingRules = {
  "create-status": error("A valid creation is answered 201."),
  "location-present": error("A 201 has a Location."),
  "location-leads": error("The Location of a 201 leads to what was created."),
  "create-echo": error("What was created has the fields that were asked for."),
  "create-listed": error("What was created is listed."),
  "id-conflict": error("A creation with an id that is taken is answered 409."),
  "patch-status": error("A valid patch is answered 200."),
  "patch-echo": error("A patch changes the fields that it names, and no other."),
  "etag-changes": error("A change of a field that can be patched changes the ETag."),
  "stale-if-match": error("A change under a stale If-Match is answered 412 and not made."),
  "fresh-if-match": error("A change under the present ETag is made."),
  "delete-status": error("A deletion is answered 204 without a body."),
  "delete-gone": error("What was deleted is gone."),
  "delete-in-use": error("Deleting a sector that is in use is answered 409."),
  "broken-body": error("A body that breaks its schema is answered 422."),
  "problem-place": error("The problem of a broken body names its place and keyword."),
  "malformed-json": error("A body that is not JSON is answered 400."),
  "wrong-media-type": error("A body of another media type is answered 415."),
  "too-large": error("A body of 2 MB is answered 413."),
  "refused-not-stored": error("Nothing of a refused request is stored."),
  "refused-not-broadcast": error("Nothing of a refused request is broadcast."),
  "number-spelling": error("1 and 1.0 are the same number."),
  "text-kept": error("Text comes back as it was sent."),
  "unsafe-input-refused": error("What is not JSON, or no number, is refused with 400 or 422."),
  "idempotent-repeat": error("A repeated Idempotency-Key gets the same answer and changes nothing again."),
  "idempotent-conflict": error("An Idempotency-Key used for another request is answered 409 or 422."),
  sequence: error("A sequence of requests leads where the model of the contract leads."),
} as const;

/** Of what a server need not have; held against the one that has it. */
const extensionRules = {
  "token-required": error("What needs the control token is answered 401, with WWW-Authenticate, without it."),
  "simulation-time": error("The simulation's time is its start and as many ticks as it says."),
  "simulation-moved": error("What moves the simulation is answered 200, and it then is where it was asked to be."),
  "simulation-stands": error("A paused simulation does not move, a playing one does."),
  "simulation-timeline": error("A reset and a seek back begin another timeline, with another bootId."),
  "simulation-busy": error("While the simulation seeks, play, step and seek are answered 409, and a pause ends it."),
  "simulation-stream": error("The stream of states begins with the present one, and tells each change."),
  "command-log": error("The command log lists what was done in order, behind the sequence that was asked for."),
  "metrics-format": error("Metrics are lines of the Prometheus text format."),
  "document-kind": error("The documents of the API are what their paths say, and their pages are HTML."),
} as const;

export const rules = {
  ...connectionRules,
  ...eventRules,
  ...jsonRules,
  ...coverageRules,
  ...resourceRules,
  ...readingRules,
  ...coherenceRules,
  ...changeRules,
  ...writingRules,
  ...extensionRules,
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof rules;

/**
 * How much of the contract a server claims: each level contains the one before.
 *
 * The documented API ends with `documented`. What comes after it is this project's own, which another server need not
 * have.
 */
export const profiles = ["realtime", "documented", "core", "management"] as const;
export type Profile = (typeof profiles)[number];

/** What each level asks for, completing "the level asks for ...". */
export const levelDemands: Readonly<Record<Profile, string>> = {
  realtime: "the four events, over both transports, and GET /health",
  documented: "the three resources too: lists, single ones, 404 for unknown ids. That is the whole documented API",
  core: "the REST details of this project too: schemas, pages, filters, ETags, problem documents, candles",
  management: "writing too: creating, changing, deleting, posting, and the events that follow",
};

/** The lowest level that exercises a rule. */
export function levelOf(rule: RuleName): Profile {
  if (
    rule in writingRules ||
    rule in changeRules ||
    rule in extensionRules ||
    rule === "method-refused" ||
    rule === "allow-header"
  )
    return "management";
  if (rule in readingRules || rule in coherenceRules || rule in coverageRules || rule === "event-id-known")
    return "core";
  if (rule in resourceRules) return "documented";
  return "realtime";
}

/** True when a server that claims `profile` has to keep rules of `level`. */
export function includesLevel(profile: Profile, level: Profile): boolean {
  return profiles.indexOf(level) <= profiles.indexOf(profile);
}

/** Parts of a run, so that one of them can be repeated by itself, with the level that each belongs to. */
export const partLevels = {
  events: "realtime",
  resources: "documented",
  following: "core",
  health: "core",
  sectors: "core",
  agents: "core",
  discussions: "core",
  methods: "management",
  creating: "management",
  messages: "management",
  statuses: "management",
  changing: "management",
  deleting: "management",
  refusing: "management",
  repeating: "management",
  "unsafe-inputs": "management",
  sequences: "management",
  service: "management",
  simulation: "management",
  control: "management",
} as const satisfies Record<string, Profile>;
export type Part = keyof typeof partLevels;
export const parts = Object.keys(partLevels) as readonly Part[];

/** Parts that look at the events of what they do; the others need no subscriber. */
export const listeningParts: ReadonlySet<Part> = new Set(["events", "following", "messages", "statuses", "refusing"]);

/** Rules of what must not come at all: a check is counted only where it came. */
export const silentRules: ReadonlySet<RuleName> = new Set([
  "json-number",
  "json-integer-range",
  "json-duplicate-key",
  "json-surrogate",
  "event-documented",
  "event-flood",
  "list-end",
  "run-finished",
]);
