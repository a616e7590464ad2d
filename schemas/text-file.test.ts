/** Text files as other tools write them: the same text from each encoding, or one sentence with the way out. */
import { expect, test } from "vitest";
import { TextFileError, decodeText, parseJsonText } from "./text-file.js";

const text = '{\n  "title": "Zürich, 東京 und 🚀"\n}\n';

function utf16(order: "le" | "be", mark: boolean): Buffer {
  const bytes = Buffer.from(`${mark ? "\uFEFF" : ""}${text}`, "utf16le");
  return order === "le" ? bytes : bytes.swap16();
}

test.each([
  ["UTF-8", Buffer.from(text)],
  ["UTF-8 with a byte order mark", Buffer.from(`\uFEFF${text}`)],
  ["UTF-16 LE with a byte order mark", utf16("le", true)],
  ["UTF-16 BE with a byte order mark", utf16("be", true)],
  ["UTF-16 LE", utf16("le", false)],
  ["UTF-16 BE", utf16("be", false)],
  ["CRLF line ends", Buffer.from(text.replaceAll("\n", "\r\n"))],
  ["CR line ends", Buffer.from(text.replaceAll("\n", "\r"))],
])("%s is read", (_, bytes) => {
  expect(decodeText(bytes, "a.json")).toBe(text);
});

test.each([
  [
    "Latin-1",
    Buffer.from(text.replaceAll(/[^\0-\xff]/g, "?"), "latin1"),
    "a.json is not valid UTF-8. Save it as UTF-8.",
  ],
  ["half a character", Buffer.from(text).subarray(0, 16), "not valid UTF-8"],
  ["an odd byte of UTF-16", utf16("le", true).subarray(0, 9), "not valid UTF-16LE"],
  ["a NUL", Buffer.from('{"title":"a\0b"}'), "a.json contains a NUL character"],
])("%s is refused", (_, bytes, sentence) => {
  expect(() => decodeText(bytes, "a.json")).toThrow(TextFileError);
  expect(() => decodeText(bytes, "a.json")).toThrow(sentence);
});

test.each([
  ["", "a.json is empty. Expected JSON."],
  [" \n", "is empty"],
  ['{\n  "a": 1,\n}', 'expected a name in double quotes, found "}" at line 3, column 1.'],
  ['{\n  "a": 1', 'expected "," or "}", found the end at line 2, column 9.'],
  ["[1 2]", 'expected "," or "]", found "2" at line 1, column 4.'],
  ["[1,]", 'expected a value, found "]" at line 1, column 4.'],
  ["// note\n{}", 'expected a value, found "/" at line 1, column 1.'],
  ["{a: 1}", 'expected a name in double quotes or "}", found "a"'],
  ['{"a" 1}', 'expected ":", found "1" at line 1, column 6.'],
  ['{"a": tru}', 'expected a value, found "t" at line 1, column 7.'],
  ['{"a": 01}', 'expected a value, found "0" at line 1, column 7.'],
  ['["one\ntwo"]', 'expected the rest of a string, found "\\n" at line 1, column 6.'],
  [String.raw`["\x"]`, String.raw`expected the rest of a string, found "\\" at line 1, column 3.`],
  ["{} {}", 'expected nothing more, found "{" at line 1, column 4.'],
])("the fault of %j has a place", (faulty, sentence) => {
  expect(() => parseJsonText(faulty, "a.json")).toThrow(sentence);
});
