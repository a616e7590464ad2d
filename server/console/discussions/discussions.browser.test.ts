/** The rooms: live messages, reading above without being moved, older ones, posting and what can go wrong with it. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { Max } from "../../main.js";
import { browserTest, openConsole, startFrozen } from "../browser.fixture.js";

const room = "/api/discussions/disc-quiet";

async function send({ url }: Max, path: string, body: object): Promise<void> {
  const headers = { "Content-Type": "application/json" };
  const { status } = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
  expect(status).toBe(201);
}

async function say(max: Max, content: string): Promise<void> {
  await send(max, `${room}/messages`, { content, authorId: "visitor-1" });
}

/** A server with a room in which only we speak, and `count` messages in it, "1" first. */
async function startWithRoom(count: number): Promise<Max> {
  const max = await startFrozen();
  await send(max, "/api/discussions", { id: "disc-quiet", title: "Quiet room" });
  for (let number = 1; number <= count; number++) await say(max, String(number));
  return max;
}

const openRoom = (max: Max) => openConsole(max, { path: "/?view=discussions&room=disc-quiet" });

const logIn = (page: Page) => page.getByRole("log");
const contentsIn = (page: Page) => logIn(page).locator(".message-content").allInnerTexts();
const messageIn = (page: Page) => page.getByLabel("Message", { exact: true });
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => String(from + at));

/** Pixels between the log's top and the message with this text. */
async function offsetOf(page: Page, text: string): Promise<number> {
  return await logIn(page)
    .getByText(text, { exact: true })
    .evaluate((element) => {
      const log = element.closest("[role=log]")!;
      return Math.round(element.getBoundingClientRect().top - log.getBoundingClientRect().top);
    });
}

browserTest("messages come live, are announced politely, and other rooms tell what is new in them", async () => {
  const max = await startWithRoom(1);
  const { page } = await openRoom(max);
  await say(max, "Hello, everybody");
  await logIn(page).getByText("Hello, everybody").waitFor();
  expect(await logIn(page).getAttribute("aria-live")).toBe("polite");
  await page.getByRole("link", { name: /^Market floor/ }).click();
  await say(max, "Anybody here?");
  await page.getByRole("link", { name: /^Quiet room 1 new/ }).click();
  expect(await contentsIn(page)).toEqual(["1", "Hello, everybody", "Anybody here?"]);
});

browserTest("who reads above stays there: older messages go before, new ones are counted", async () => {
  const max = await startWithRoom(120);
  const { page } = await openRoom(max);
  expect(await contentsIn(page)).toEqual(numbers(71, 120));
  await logIn(page).focus();
  await page.keyboard.press("Home");
  await page.getByText("The room begins here.").waitFor();
  expect(await contentsIn(page)).toEqual(numbers(1, 120));

  const before = await offsetOf(page, "71");
  await say(max, "121");
  await say(max, "122");
  await page.getByRole("button", { name: "2 new" }).waitFor();
  expect(await contentsIn(page)).toEqual(numbers(1, 120));
  expect(await offsetOf(page, "71")).toBe(before);
  expect(await logIn(page).getAttribute("aria-live")).toBe("off");

  await page.getByRole("button", { name: "2 new" }).press("Enter");
  expect(await contentsIn(page)).toEqual(numbers(71, 122));
  expect(await offsetOf(page, "122")).toBeLessThan((await logIn(page).boundingBox())!.height);
  expect(await page.getByRole("button", { name: "new" }).count()).toBe(0);
});

browserTest("a log at its end stays there when its place becomes smaller", async () => {
  const max = await startWithRoom(60);
  const { page } = await openRoom(max);
  await page.setViewportSize({ width: 1440, height: 500 });
  const below = () => logIn(page).evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight);
  await expect.poll(below).toBeLessThan(3);
  await say(max, "61");
  await logIn(page).getByText("61", { exact: true }).waitFor();
  expect(await below()).toBeLessThan(3);
});

browserTest("whoever scrolls to the end of what is held goes on without a gap", async () => {
  const max = await startWithRoom(60);
  const { page } = await openRoom(max);
  await logIn(page).evaluate((log) => log.scrollTo(0, log.scrollHeight / 2));
  await page.getByRole("button", { name: "To the newest" }).waitFor();
  await say(max, "61");
  await page.getByRole("button", { name: "1 new" }).waitFor();
  await logIn(page).focus();
  await page.keyboard.press("End");
  await logIn(page).getByText("61", { exact: true }).waitFor();
  await page.keyboard.press("End");
  await page.getByRole("button", { name: "To the newest" }).waitFor({ state: "detached" });
  await say(max, "62");
  await logIn(page).getByText("62", { exact: true }).waitFor();
  expect((await contentsIn(page)).slice(-3)).toEqual(["60", "61", "62"]);
});

browserTest("one posts as oneself under a name that is remembered, or for an agent", async () => {
  const max = await startWithRoom(0);
  const { page } = await openRoom(max);
  await page.getByText("Nothing said yet").last().waitFor();
  await page.getByLabel("Your name").fill("Rosa");
  await messageIn(page).fill("First line");
  await messageIn(page).press("Shift+Enter");
  await messageIn(page).pressSequentially("second line");
  await messageIn(page).press("Enter");
  await logIn(page).getByText("First line").waitFor();
  await page.getByLabel("Post as").selectOption({ label: "As Risk Sentinel" });
  await messageIn(page).fill("Noted.");
  await page.getByRole("button", { name: "Post" }).click();
  await logIn(page).getByText("Noted.").waitFor();
  expect(await contentsIn(page)).toEqual(["First line\nsecond line", "Noted."]);
  expect(await logIn(page).locator(".message-head b").allInnerTexts()).toEqual(["Rosa", "Risk Sentinel"]);
  expect(await messageIn(page).inputValue()).toBe("");
  await page.reload();
  expect(await page.getByLabel("Your name").inputValue()).toBe("Rosa");
});

browserTest("what the server refuses is said at the form, and the text is kept", async () => {
  const max = await startWithRoom(0);
  const { page } = await openRoom(max);
  await messageIn(page).fill("😀".repeat(4001));
  await page.getByText("-1 characters left").waitFor();
  await page.getByRole("button", { name: "Post" }).click();
  await page.getByRole("alert").getByText("4000 characters").waitFor();
  expect(await messageIn(page).getAttribute("aria-invalid")).toBe("true");
  // Nor is it lost on the way to another room and back.
  await page.getByRole("link", { name: /^Market floor/ }).click();
  expect(await messageIn(page).inputValue()).toBe("");
  await page.getByRole("link", { name: /^Quiet room/ }).click();
  await messageIn(page).press("End");
  await messageIn(page).press("Backspace");
  expect(await page.getByRole("alert").count()).toBe(0);
  await messageIn(page).press("Enter");
  await logIn(page).getByText("😀😀😀").waitFor();
});

browserTest("a message whose answer was lost can be posted again and is said once", async () => {
  const max = await startWithRoom(0);
  const { page } = await openRoom(max);
  await page.route(
    "**/messages",
    async (route) => {
      await route.fetch();
      await route.abort();
    },
    { times: 1 },
  );
  await messageIn(page).fill("Only once");
  await page.getByRole("button", { name: "Post" }).click();
  await page.getByRole("alert").getByText("The server does not answer").waitFor();
  await page.getByRole("button", { name: "Post" }).click();
  await page.getByRole("alert").waitFor({ state: "detached" });
  await say(max, "after it");
  await logIn(page).getByText("after it").waitFor();
  expect(await contentsIn(page)).toEqual(["Only once", "after it"]);
});

browserTest("what is written while a message is on its way stays in the form", async () => {
  const max = await startWithRoom(0);
  const { page } = await openRoom(max);
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/messages", async (route) => {
    await held;
    await route.continue();
  });
  await messageIn(page).fill("First.");
  await messageIn(page).press("Enter");
  await page.getByRole("button", { name: "Posting" }).waitFor();
  await messageIn(page).press("End");
  await messageIn(page).pressSequentially("Second.");
  release();
  await logIn(page).getByText("First.", { exact: true }).waitFor();
  await expect.poll(() => messageIn(page).inputValue()).toBe("Second.");
});

browserTest("after a step back in time a log that was held shows the new timeline", async () => {
  const max = await startWithRoom(0);
  max.advance("1s");
  for (const content of numbers(1, 120)) await say(max, content);
  const { page } = await openRoom(max);
  await logIn(page).focus();
  await page.keyboard.press("Home");
  await page.getByText("The room begins here.").waitFor();
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${max.token}` };
  const seek = await fetch(`${max.url}/api/simulation/seek`, { method: "POST", headers, body: '{"to":1}' });
  expect(seek.status).toBe(200);
  await page.getByText("Nothing said yet").last().waitFor();
  for (const content of numbers(201, 330)) await say(max, content);
  await logIn(page).getByText("330", { exact: true }).waitFor();
  const contents = await contentsIn(page);
  expect(contents).toEqual(numbers(331 - contents.length, 330));
  expect(await page.getByRole("button", { name: /To the newest|new/ }).count()).toBe(0);
});
