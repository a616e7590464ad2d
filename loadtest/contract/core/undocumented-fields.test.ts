/** Fields that no schema names are told by pointers that lead to them. */
import { expect, test } from "vitest";
import { valueAt } from "../../../schemas/json-pointer.js";
import { findUndocumentedFields } from "./undocumented-fields.js";

test.each(["extra", "a/b", "m~n"])("an undocumented field named %j is found where it is", (name) => {
  const payload = { discussionId: "disc-1", message: { id: "msg-1", [name]: "here" } };
  const [pointer] = findUndocumentedFields("events/discussion-new-message.schema.json", payload);
  expect(valueAt(payload, pointer)).toBe("here");
});
