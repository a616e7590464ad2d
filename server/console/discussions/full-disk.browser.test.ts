/** Posting while the store's disk is full: the form says what happened and what to do, and nothing is said twice. */
import { expect } from "vitest";
import { mountSmallDisk } from "../../store/small-disk.fixture.js";
import { browserTest, openConsole, startFrozen } from "../browser.fixture.js";

browserTest(
  "a message that cannot be stored is kept in the form, and posted when there is room again",
  async ({ skip }) => {
    const disk = await mountSmallDisk();
    if (disk === null) {
      skip("only root can mount a small disk");
      return;
    }
    const max = await startFrozen({ store: disk.url });
    const { page } = await openConsole(max, { path: "/?view=discussions" });
    await disk.fill();
    // Larger than what the database has left in the pages that it owns.
    const text = "Is there room for this? ".repeat(160);
    const message = page.getByLabel("Message", { exact: true });
    const alert = page.getByRole("alert");
    await expect
      .poll(async () => {
        await message.fill(text);
        await message.press("Enter");
        return await alert.isVisible();
      })
      .toBe(true);
    await alert.getByText("The disk of the store is full.").waitFor();
    await alert.getByText("post again in a moment").waitFor();
    expect(await message.inputValue()).toBe(text);

    const log = page.getByRole("log");
    const before = await log.getByText("Is there room").count();
    await disk.empty();
    await expect
      .poll(async () => {
        await page.getByRole("button", { name: "Post" }).click();
        return await message.inputValue();
      })
      .toBe("");
    await expect.poll(() => log.getByText("Is there room").count()).toBe(before + 1);
  },
);
