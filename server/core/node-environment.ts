/** Whether this is Node.js as it is: Jest's jsdom environment takes from it what browsers lack, and loads packages as they do. */
import { WebSocketServer } from "ws";
import { StartError } from "./errors.js";

/** @throws {StartError} where a server cannot run */
export function requireNode(): void {
  // Other environments for pages, such as Vitest's, leave both as they are.
  if (typeof WebSocketServer === "function" && typeof TextDecoder === "function") return;
  throw new StartError(
    "badEnvironment",
    "startMax needs Node.js, and this test environment hides parts of it, as jsdom does. In Jest, begin the test file with /** @jest-environment node */.",
  );
}
