/** A disk of a few megabytes, which can be filled and emptied. */
import { spawnSync } from "node:child_process";
import { rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "./store.fixture.js";

export interface SmallDisk {
  /** Where a store lies on it. */
  readonly url: string;
  fill(): Promise<void>;
  empty(): Promise<void>;
}

/** Mounts one for the test. Null where that is not allowed: only root may. */
export async function mountSmallDisk(): Promise<SmallDisk | null> {
  const folder = await temporaryFolder();
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", folder]);
  if (status !== 0) return null;
  onTestFinished(() => void spawnSync("umount", ["-l", folder]));
  const filler = join(folder, "filler");
  return {
    url: join(folder, "store.sqlite"),
    async fill() {
      const { bavail, bsize } = await statfs(folder);
      await writeFile(filler, Buffer.alloc(bavail * bsize));
    },
    empty: () => rm(filler),
  };
}
