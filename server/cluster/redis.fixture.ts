/** The Redis that tests of clusters use. */
import { createClient } from "@redis/client";

export const redisUrl = process.env["REDIS_URL"] ?? "redis://127.0.0.1:6379";

/** Null when Redis answers, or why it does not. */
async function findRedis(): Promise<string | null> {
  try {
    const client = await createClient({ url: redisUrl, socket: { reconnectStrategy: false } })
      .on("error", () => {})
      .connect();
    client.destroy();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message || error.name : String(error);
  }
}

const absence = await findRedis();
if (absence !== null) {
  const sentence = `No Redis at REDIS_URL (${absence}); start one, such as: docker run -p 6379:6379 redis`;
  if (process.env["CI"] === "true") throw new Error(sentence);
  process.stderr.write(`Skipped the tests of clusters. ${sentence}\n`);
}

/** True when the tests of clusters must be skipped. */
export const isRedisAbsent = absence !== null;
