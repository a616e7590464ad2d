/**
 * Instants as the contract writes them, ISO 8601 in UTC, and without `Date`: the simulator uses them, too.
 *
 * The schemas' pattern lets through what only looks like an instant (the 30th of February, 24:61); here it is
 * found. Days are turned into dates by Howard Hinnant's civil-calendar arithmetic (proleptic Gregorian, exact).
 * The last answer is remembered, because all events of a tick share one instant.
 */
/** 0000-01-01T00:00:00.000Z: the first instant that four digits of a year can name. Epoch milliseconds. */
export const instantMsMin = -62_167_219_200_000;
/** 9999-12-31T23:59:59.999Z: the last one. Epoch milliseconds. */
export const instantMsMax = 253_402_300_799_999;

const dayMs = 86_400_000;

const two: readonly string[] = Array.from({ length: 100 }, (_, n) => (n < 10 ? `0${n}` : `${n}`));
const three: readonly string[] = Array.from({ length: 1000 }, (_, n) => `${n}`.padStart(3, "0"));

let lastMs = Number.NaN;
let lastText = "";

/**
 * Epoch milliseconds as text with exactly three digits of a second. For the years 0 to 9999.
 *
 * @example formatInstant(1736937000000) // "2025-01-15T10:30:00.000Z"
 */
export function formatInstant(epochMs: number): string {
  if (epochMs !== lastMs) {
    lastMs = epochMs;
    lastText = format(epochMs);
  }
  return lastText;
}

function format(epochMs: number): string {
  const day = Math.floor(epochMs / dayMs);
  let rest = epochMs - day * dayMs;
  const hour = Math.floor(rest / 3_600_000);
  rest -= hour * 3_600_000;
  const minute = Math.floor(rest / 60_000);
  rest -= minute * 60_000;
  const second = Math.floor(rest / 1000);
  rest -= second * 1000;
  return `${formatDay(day)}T${two[hour]}:${two[minute]}:${two[second]}.${three[Math.floor(rest)]}Z`;
}

function formatDay(day: number): string {
  const shifted = day + 719_468; // Days since 0000-03-01, so that a leap day ends its year.
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const date = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${`${year}`.padStart(4, "0")}-${two[month]}-${two[date]}`;
}

const pattern = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,3})\d*)?Z$/;
const monthDays: readonly number[] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Epoch milliseconds of an ISO 8601 text in UTC, finer digits cut off; undefined when it names no instant. */
export function parseInstant(text: string): number | undefined {
  const parts = pattern.exec(text);
  if (parts === null) return undefined;
  const [year = 0, month = 0, date = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number);
  const fraction = Number((parts[7] ?? "").padEnd(3, "0"));
  const exists = month >= 1 && date >= 1 && date <= monthDays[month - 1]! && hour < 24 && minute < 60 && second < 60;
  if (!exists) return undefined;
  const day = dayNumber(year, month, date);
  // A 29 February of a common year would come out as 1 March.
  if (formatDay(day) !== text.slice(0, 10)) return undefined;
  return day * dayMs + hour * 3_600_000 + minute * 60_000 + second * 1000 + fraction;
}

function dayNumber(year: number, month: number, date: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const marchMonth = month > 2 ? month - 3 : month + 9;
  const dayOfYear = Math.floor((153 * marchMonth + 2) / 5) + date - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

let lastWritten = "";
let lastNormal = "";

/** The same instant with exactly three digits of a second; undefined when it names none. */
export function normaliseInstant(text: string): string | undefined {
  if (text === lastWritten) return lastNormal;
  const epochMs = parseInstant(text);
  if (epochMs === undefined) return undefined;
  lastWritten = text;
  lastNormal = formatInstant(epochMs);
  return lastNormal;
}
