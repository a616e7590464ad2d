/** A market that people post in for long: what a restart reads, and how long it takes, does not grow with their messages. */
import { hash as hashOnce } from "node:crypto";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isLongRun } from "../schemas/amount.fixture.js";
import { SIMULATOR_VERSION } from "../simulator/index.js";
import { resolveScenario } from "./simulation/timelines.js";
import { snapshotEveryCommands } from "./store/snapshot-retention.js";
import { openStore } from "./store/open-store.js";
import { temporaryFolder } from "./store/store.fixture.js";
import type { Store } from "./store/store.js";
import { beginTimeline, resumeTimeline } from "./simulation/timelines.js";

const hash = (text: string): string => hashOnce("sha256", text);
const scenario = resolveScenario("trading-day");
const seed = "42";
const counts = isLongRun ? [10_000, 100_000, 1_000_000] : [2500, 5000];
const postsPerTick = 500;

/** Fills a store as a server does whose visitors post much. */
async function post(store: Store, count: number): Promise<string> {
  const timeline = beginTimeline({ seed, scenario }, hash, store);
  const discussionId = timeline.world.discussions()[0].id;
  const room = { discussionId, authorId: "visitor-1", authorName: "Visitor", type: "text" };
  for (let posted = 0; posted < count;) {
    const commits: Promise<void>[] = [];
    for (let at = 0; at < postsPerTick; at++) {
      posted += 1;
      const said = { ...room, id: `msg-u${posted}`, content: `Message ${posted} of a long day in this market` };
      const { discussionId: _room, ...message } = said;
      const timestampMs = timeline.world.nowMs;
      const { entry } = timeline.apply({ type: "postMessage", discussionId, message: { ...message, timestampMs } });
      commits.push(store.commit({ entry, message: { ...said, timestamp: new Date(timestampMs).toISOString() } }));
      if (entry.sequence % snapshotEveryCommands === 0) store.saveSnapshot(timeline.snapshot());
    }
    await Promise.all(commits);
    store.recordBatch(timeline.step());
  }
  return timeline.observer.value;
}

test(
  `a restart after ${counts.join(", ")} posts reads at most ${snapshotEveryCommands} commands and comes to the same digest`,
  async () => {
    const lines: string[] = [];
    const startsMs: number[] = [];
    for (const count of counts) {
      const url = join(await temporaryFolder(), "store.sqlite");
      const options = { url, seed, scenario: scenario.name, simulatorVersion: SIMULATOR_VERSION };
      const first = await openStore({ ...options, waitMsMax: 60_000 });
      const digest = await post(first, count);
      await first.close();

      const startMs = performance.now();
      const heapBytes = process.memoryUsage().heapUsed;
      const opened = await openStore(options);
      let read = 0;
      const store: Store = {
        ...opened,
        async commands(after, limit) {
          const page = await opened.commands(after, limit);
          read += page.length;
          return page;
        },
      };
      const resume = await store.loadResume();
      const resumed = resume && (await resumeTimeline({ seed, scenario }, hash, store, resume));
      const tookMs = performance.now() - startMs;
      const grownBytes = process.memoryUsage().heapUsed - heapBytes;
      startsMs.push(tookMs);
      lines.push(`${count} posts: ${tookMs.toFixed(0)} ms, ${read} commands, heap ${(grownBytes / 1e6).toFixed(1)} MB`);
      expect(resumed?.observer.value).toBe(digest);
      expect(resumed?.nextSequence).toBe(count + 1);
      expect(read).toBeLessThanOrEqual(snapshotEveryCommands);
      await opened.close();
    }
    process.stderr.write(`Starts: ${lines.join("; ")}\n`);
    // Times are held only in the long run, which has the machine to itself. A small store is verified as a whole.
    if (isLongRun) expect(startsMs[2]).toBeLessThan(2 * startsMs[0] + 1000);
  },
  isLongRun ? 1_200_000 : 60_000,
);
