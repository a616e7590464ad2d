/** The defects that can be planted in the reference server, each with the rule that it breaks. */
import type { Part, Profile, RuleName } from "../core/rules.js";

export interface Defect {
  /** What was done to the server. */
  readonly what: string;
  readonly rule: RuleName;
  /** The level that the server claims when it is judged. */
  readonly profile: Profile;
  /** The part that finds it; the others are not asked. */
  readonly only: readonly Part[];
  /** In what a server need not have. */
  readonly isExtended?: boolean;
  /** Warnings are meant. */
  readonly strict?: boolean;
}

const event = (what: string, rule: RuleName, more: { strict?: boolean } = {}): Defect => ({
  what,
  rule,
  profile: "realtime",
  only: ["events"],
  ...more,
});
const read = (only: Part, what: string, rule: RuleName, more: { strict?: boolean } = {}): Defect => ({
  what,
  rule,
  profile: "core",
  only: [only],
  ...more,
});
const write = (only: Part, what: string, rule: RuleName): Defect => ({
  what,
  rule,
  profile: "management",
  only: [only],
});

const extend = (only: Part, what: string, rule: RuleName): Defect => ({ ...write(only, what, rule), isExtended: true });

export const defects = {
  "field-missing": event("market:update without its timestamp", "event-required"),
  "value-as-text": event("a price sent as a string", "event-type"),
  "empty-status": event("a status of no characters", "event-value"),
  "naive-timestamp": event("a timestamp without Z", "event-timestamp"),
  "offset-timestamp": event("a timestamp with +00:00", "event-timestamp"),
  "low-above-high": event("a candle with low above high", "candle-range"),
  "value-not-close": event("a candle whose value is not its close", "candle-value"),
  "event-never-sent": event("no agent:status_update is ever sent", "event-seen"),
  "second-argument": event("an event with two arguments", "event-arguments"),
  "fifth-event": event("an event that is not documented", "event-documented", { strict: true }),
  "extra-event-field": event("a payload with a further field", "event-field-documented", { strict: true }),
  "time-backwards": event("timestamps that run backwards", "event-time-order"),
  "update-of-nothing": event("a market update without a value", "market-update-subject"),
  "message-twice": event("each message sent twice", "message-once"),
  "polling-loses": event("polling misses every third message", "subscribers-agree"),
  "polling-disordered": event("polling gets a tick the other way round", "subscribers-order"),
  "event-with-nan": event("NaN in an event, as Python writes it", "json-number"),
  "event-duplicate-key": event("an event with a key twice", "json-duplicate-key"),
  "event-big-integer": event("an integer beyond 2^53", "json-integer-range"),
  "event-surrogate": event("half a surrogate pair in a message", "json-surrogate"),
  "subscribers-thrown-out": event("subscribers are disconnected after a moment", "connection-lasts"),
  "no-polling": event("polling is not offered", "connect-polling"),
  "no-websocket": event("WebSocket is not offered", "connect-websocket"),
  "health-fails": event("GET /health answers 404", "health-answers"),
  "event-of-unknown-id": read("following", "an event of a sector that REST does not know", "event-id-known"),
  "rest-lags": read("following", "REST shows the sector of a while ago", "rest-behind-event"),
  "event-without-change": read("following", "a status is broadcast but not stored", "rest-behind-event"),
  "history-differs": read("following", "history has another close than the last update", "candle-history"),
  "unknown-id-found": read("sectors", "200 for an unknown id", "unknown-id"),
  "json-as-html": read("health", "JSON as text/html", "media-type"),
  "problem-as-json": read("agents", "problems as application/json", "media-type"),
  "problem-names-other-status": read("agents", "a problem that names another status", "problem-document"),
  "page-repeats-row": read("agents", "a page begins with the last row of the one before", "page-repeated"),
  "page-skips-row": read("agents", "a page leaves out a row", "page-complete"),
  "limit-ignored": read("agents", "limit is ignored", "page-limit"),
  "has-more-always": read("agents", "hasMore without a nextCursor", "page-cursor"),
  "bad-limit-taken": read("agents", "limit=0 is taken", "bad-query"),
  "filter-ignored": read("agents", "?status= is ignored", "filter"),
  "body-field-missing": read("sectors", "a sector without updatedAt", "body-required"),
  "body-number-as-text": read("sectors", "a sector's value as a string", "body-type"),
  "body-naive-timestamp": read("sectors", "a sector's updatedAt without Z", "body-timestamp"),
  "health-other-status": read("health", "a health status that is none of the enumeration", "body-value"),
  "extra-body-field": read("sectors", "a sector with a further field", "body-field-documented", { strict: true }),
  "body-with-nan": read("agents", "NaN in a body, as Python writes it", "json-number"),
  "body-with-mark": read("agents", "a byte order mark before a body", "json-encoding"),
  "body-in-latin-1": read("agents", "a body that declares and uses ISO 8859-1", "json-encoding"),
  "list-other-name": read("agents", "a resource with another name than its list shows", "resource-matches-list"),
  "empty-list": read("discussions", "a list that is always empty", "list-not-empty"),
  "end-inclusive": read("sectors", "end includes its candle", "candle-span"),
  "buckets-askew": read("sectors", "candles that begin a second late", "candle-bucket"),
  "sort-ignored": read("sectors", "sort=desc is ignored", "candle-order"),
  "messages-oldest-first": read("discussions", "messages oldest first", "messages-order"),
  "etag-lost": read("agents", "no ETag", "etag-present"),
  "etag-random": read("sectors", "another ETag at each read", "etag-stable"),
  "not-modified-always": read("agents", "304 for any If-None-Match", "conditional-read"),
  "head-refused": read("agents", "HEAD is answered 405", "head-matches"),
  "live-values-cached": read("sectors", "live values with max-age", "live-no-store"),
  "query-fails": read("agents", "500 for a cursor that is none", "no-server-error"),
  "read-hangs": read("agents", "a list that never answers", "answer-in-time"),
  "read-closes": read("agents", "a list whose connection is closed", "connection-kept"),
  "read-streams": read("agents", "a list that streams for ever", "answer-size"),
  "method-not-found": write("methods", "404 for a wrong method", "method-refused"),
  "allow-lost": write("methods", "405 without Allow", "allow-header"),
  "created-as-200": write("creating", "200 for a creation", "create-status"),
  "location-lost": write("creating", "201 without a Location", "location-present"),
  "location-astray": write("creating", "a Location that leads nowhere", "location-leads"),
  "field-dropped": write("creating", "an agent's role is not kept", "create-echo"),
  "created-unlisted": write("creating", "what was created is not listed", "create-listed"),
  "id-taken-twice": write("creating", "an id can be created twice", "id-conflict"),
  "patch-resets": write("changing", "a patch resets what it does not name", "patch-echo"),
  "etag-frozen": write("changing", "the ETag stays after a patch", "etag-changes"),
  "if-match-ignored": write("changing", "If-Match is ignored", "stale-if-match"),
  "if-match-refused": write("changing", "any If-Match is refused", "fresh-if-match"),
  "deleted-as-200": write("deleting", "200 for a deletion", "delete-status"),
  "deleted-in-chunks": write("deleting", "a 204 with Transfer-Encoding: chunked", "delete-status"),
  "deletion-forgotten": write("deleting", "a deletion deletes nothing", "delete-gone"),
  "deletion-hangs": write("deleting", "a deletion that is never answered", "answer-in-time"),
  "used-sector-deleted": write("deleting", "a sector in use is deleted", "delete-in-use"),
  "broken-body-taken": write("refusing", "a name of 121 characters is taken", "broken-body"),
  "problem-without-places": write("refusing", "a problem that names no place", "problem-place"),
  "malformed-json-fails": write("refusing", "500 for malformed JSON", "malformed-json"),
  "any-media-type-taken": write("refusing", "text/plain is taken as JSON", "wrong-media-type"),
  "large-body-taken": write("refusing", "a body of 2 MB is read", "too-large"),
  "refused-but-stored": write("refusing", "a refused message is stored all the same", "refused-not-stored"),
  "refused-but-sent": write("refusing", "a refused message is broadcast all the same", "refused-not-broadcast"),
  "one-point-zero-refused": write("unsafe-inputs", "1.0 is refused", "number-spelling"),
  "unsafe-input-kills": write("unsafe-inputs", "a number beyond doubles ends the server", "connection-kept"),
  "text-trimmed": write("messages", "content is trimmed", "text-kept"),
  "keys-ignored": write("repeating", "Idempotency-Key is ignored", "idempotent-repeat"),
  "key-for-anything": write("repeating", "a used key answers another request", "idempotent-conflict"),
  "post-not-sent": write("messages", "a posted message is not broadcast", "post-broadcast"),
  "patch-not-sent": write("statuses", "a patched status is not broadcast", "patch-broadcast"),
  "event-late": write("messages", "a posted message is broadcast late", "event-in-time"),
  "event-other-author": write("messages", "the event has another author's name", "event-equals-change"),
  "post-unlisted": write("messages", "a posted message is not listed", "post-listed"),
  "third-message-lost": write("sequences", "the third message of an hour-old room is lost", "sequence"),
  "any-token-taken": extend("control", "any token opens the simulation's control", "token-required"),
  "time-of-another-tick": extend("simulation", "the simulation's time is a tick ahead", "simulation-time"),
  "pause-ignored": extend("control", "a pause is answered 200 and ignored", "simulation-moved"),
  "step-too-far": extend("control", "a step is a tick too long", "simulation-moved"),
  "paused-but-moving": extend("control", "a paused simulation goes on", "simulation-stands"),
  "play-ignored": extend("control", "a simulation that plays stands still", "simulation-stands"),
  "boot-id-kept": extend("control", "a seek back keeps the bootId", "simulation-timeline"),
  "busy-ignored": extend("control", "a step is taken while it seeks", "simulation-busy"),
  "stream-stale": extend("control", "the stream of states tells no change", "simulation-stream"),
  "stream-repeats": extend("control", "the stream says again and again that it plays", "simulation-stream"),
  "log-from-its-start": extend("control", "the command log ignores after", "command-log"),
  "metrics-as-json": extend("control", "metrics as JSON", "metrics-format"),
  "document-empty": extend("service", "an /openapi.json that is none", "document-kind"),
} as const satisfies Record<string, Defect>;

export type DefectName = keyof typeof defects;

/** Those of connections and of whole runs, which only a run against a server can show. */
export const endToEndDefects: ReadonlySet<DefectName> = new Set([
  "event-never-sent",
  "subscribers-thrown-out",
  "no-polling",
  "no-websocket",
  "health-fails",
]);

/** Asks whether a defect is planted. */
export type HasDefect = (name: DefectName) => boolean;
