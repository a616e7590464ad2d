/** Where a text stops being JSON. `JSON.parse` names no place for half of the faults, and other words in each Node version. */

export interface JsonFault {
  /** Of the first character that does not fit; the text's length where it ends too soon. */
  readonly offset: number;
  /** What would fit there, for people. */
  readonly expected: string;
}

const space = /[ \t\n\r]*/y;
// oxlint-disable no-control-regex -- JSON takes none in a string
const string = /"(?:[^"\\\0-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const openString = /"(?:[^"\\\0-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;
// oxlint-enable no-control-regex
const plainValue = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;

type Expecting = "value" | "value or ]" | "name" | "name or }" | "colon" | "comma" | "end";

const words: Readonly<Record<Expecting, string>> = {
  value: "a value",
  "value or ]": 'a value or "]"',
  name: "a name in double quotes",
  "name or }": 'a name in double quotes or "}"',
  colon: '":"',
  comma: '"," or the closing bracket',
  end: "nothing more",
};

/** The first fault of a text that `JSON.parse` refuses. */
export function findJsonFault(text: string): JsonFault {
  const open: ("}" | "]")[] = [];
  let expecting: Expecting = "value";
  let offset = 0;
  const match = (pattern: RegExp): boolean => {
    pattern.lastIndex = offset;
    if (!pattern.test(text)) return false;
    offset = pattern.lastIndex;
    return true;
  };
  const after = (): Expecting => (open.length === 0 ? "end" : "comma");
  for (;;) {
    match(space);
    const next = text[offset];
    const takesValue = expecting === "value" || expecting === "value or ]";
    const takesName = expecting === "name" || expecting === "name or }";
    if (takesValue && (next === "{" || next === "[")) {
      open.push(next === "{" ? "}" : "]");
      expecting = next === "{" ? "name or }" : "value or ]";
      offset += 1;
    } else if (takesValue && (match(string) || match(plainValue))) {
      expecting = after();
    } else if (takesName && match(string)) {
      expecting = "colon";
    } else if (expecting === "colon" && next === ":") {
      expecting = "value";
      offset += 1;
    } else if (expecting === "comma" && next === ",") {
      expecting = open.at(-1) === "}" ? "name" : "value";
      offset += 1;
    } else if (next !== undefined && next === open.at(-1) && ["comma", "name or }", "value or ]"].includes(expecting)) {
      open.pop();
      expecting = after();
      offset += 1;
    } else if ((takesValue || takesName) && match(openString)) {
      return { offset, expected: "the rest of a string" };
    } else {
      return { offset, expected: expecting === "comma" ? `"," or "${open.at(-1)}"` : words[expecting] };
    }
  }
}
