/** The log of what people did: in order, and in pages behind a sequence. */
import type { CommandList } from "../../../schemas/index.js";
import { type Rest, call } from "../rest/call.js";

const operation = "GET /api/simulation/commands";
/** Small pages for their edges, then the largest ones for what is in them. */
const pageSizes = [2, 2, ...Array.from({ length: 10 }, () => 200)];

async function readPage(rest: Rest, after: number, limit: number): Promise<CommandList | undefined> {
  const query = { after, limit };
  const answer = await call(rest, { operation, query, expect: 200, rule: "read-status" });
  if (answer === undefined) return undefined;
  const page = answer.json as CommandList;
  let before = after;
  for (const { sequence } of page.data) {
    rest.judge.check("command-log", operation, sequence > before, () => ({
      detail: `sequence ${sequence} comes behind ${before}, asked for after ${after}`,
      value: sequence,
      example: page.data,
    }));
    before = sequence;
  }
  const next = page.hasMore ? String(before) : null;
  rest.judge.check("command-log", operation, page.nextCursor === next, () => ({
    detail: `nextCursor is ${JSON.stringify(page.nextCursor)} where hasMore is ${page.hasMore} and the last sequence ${before}`,
    pointer: "/nextCursor",
    value: page.nextCursor,
    example: page,
  }));
  return page;
}

export async function judgeCommandLog(rest: Rest): Promise<void> {
  let after = 0;
  for (const limit of pageSizes) {
    const page = await readPage(rest, after, limit);
    const last = page?.data.at(-1);
    if (last === undefined) break;
    after = last.sequence;
  }
  for (const [name, value] of [
    ["after", "soon"],
    ["after", "-1"],
    ["limit", "0"],
    ["limit", "many"],
  ] as const)
    await call(rest, {
      operation,
      query: { [name]: value },
      expect: 400,
      rule: "bad-query",
      about: `${name}=${value}`,
    });
}
