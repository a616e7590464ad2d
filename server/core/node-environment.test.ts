/** An environment for pages is named as what it is, before anything fails in it. */
import { expect, onTestFinished, test, vi } from "vitest";
import { startMax } from "../main.js";

test("startMax names the way out of an environment that hides parts of Node.js", async () => {
  vi.stubGlobal("TextDecoder", undefined);
  onTestFinished(() => void vi.unstubAllGlobals());
  await expect(startMax()).rejects.toMatchObject({
    code: "badEnvironment",
    message: expect.stringContaining("/** @jest-environment node */"),
  });
});
