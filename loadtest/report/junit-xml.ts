/** The frame of every junit.xml: one suite, its test cases, and how many of them failed. */
import { escapeXml } from "../core/escape-xml.js";

export interface JunitCase {
  readonly className: string;
  readonly name: string;
  /** Checks that it stands for. @default not said */
  readonly assertions?: number;
  /** Undefined where it passed. */
  readonly failure?: { readonly message: string; readonly text?: string } | undefined;
}

export interface JunitSuite {
  readonly name: string;
  readonly durationMs: number;
  /** ISO 8601. @default not said */
  readonly startedAt?: string;
  readonly cases: readonly JunitCase[];
}

/** Of values that are there, in the order given. */
function formatAttributes(attributes: Readonly<Record<string, string | number | undefined>>): string {
  const there = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return there.map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`).join("");
}

function formatCase({ className, name, assertions, failure }: JunitCase): string {
  const shown =
    failure === undefined
      ? ""
      : `<failure${formatAttributes({ message: failure.message })}>${escapeXml(failure.text ?? "")}</failure>`;
  return `    <testcase${formatAttributes({ classname: className, name, assertions })}>${shown}</testcase>`;
}

export function formatJunitXml({ name, durationMs, startedAt, cases }: JunitSuite): string {
  const totals = {
    tests: cases.length,
    failures: cases.filter(({ failure }) => failure !== undefined).length,
    time: (durationMs / 1000).toFixed(3),
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${formatAttributes(totals)}>`,
    `  <testsuite${formatAttributes({ name, ...totals, errors: 0, skipped: 0, timestamp: startedAt })}>`,
    ...cases.map(formatCase),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}
