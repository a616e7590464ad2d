/** Several processes that open one store at the same time. */
import { expect, test } from "vitest";
import { amount } from "../../schemas/amount.fixture.js";
import { durableKinds, openTestStore, timeline } from "./store.fixture.js";

test.each(durableKinds)(
  "$kind opened by several at once opens for exactly one, whether or not there was a store before",
  async ({ createUrl }) => {
    const url = await createUrl();
    for (let round = 0; round < amount(2, 50); round++) {
      const opened = await Promise.allSettled(Array.from({ length: 3 }, () => openTestStore(url)));
      const winners = opened.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
      expect(winners).toHaveLength(1);
      winners[0].begin(timeline);
      await winners[0].close();
    }
  },
  120_000,
);
