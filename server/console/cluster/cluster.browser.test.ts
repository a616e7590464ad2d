/** What the page shows of a cluster is what the member that it asks has told, and a server that is alone shows none. */
import { expect } from "vitest";
import { browserTest, openConsole, startFrozen } from "../browser.fixture.js";
import { members, tellOfCluster } from "./cluster.fixture.js";

browserTest(
  "members show with role, epoch, what they are behind and their subscribers; a change of leader shows",
  async () => {
    let leadsForMs = 192_000;
    const { page, complaints } = await openConsole(await startFrozen(), {
      setUp: async (opened) => await tellOfCluster(opened, () => ({ leadsForMs })),
    });
    await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "Cluster" }).click();
    const rows = page.locator("#cluster tbody tr");
    await expect
      .poll(async () => (await rows.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, " ").trim()))
      .toEqual([
        "localhost:8000 5f0c1b7a Not heard for 23 s 1 4,000",
        "localhost:8001 91d2e3f4 Leader 2 4,711 – 1,250",
        "localhost:8002 c0ffee12, this server Follower 2 4,708 3 ticks 12",
      ]);
    const told = page.locator(".cluster-leader");
    expect(await told.innerText()).toMatch(/^localhost:8001 has led for 3\smin\./);
    await page.setViewportSize({ width: 390, height: 844 });
    const widths = page.locator("#cluster .panel-body").evaluate((body) => body.scrollWidth - body.clientWidth);
    expect(await widths, "what a phone has to scroll").toBe(0);
    leadsForMs = 1200;
    await expect.poll(() => told.innerText()).toMatch(/^localhost:8001 has led for 1\ss\./);
    expect(complaints).toEqual([]);
  },
);

browserTest("where no member is heard that leads, the page says so", async () => {
  const { page } = await openConsole(await startFrozen(), {
    path: "/?view=cluster",
    setUp: async (opened) =>
      await tellOfCluster(opened, () => ({ leadsForMs: null, members: [members[0], members[2]] })),
  });
  await page.getByText("No member is known to lead at this moment.").waitFor();
  await page.getByText("1 of 2 members heard").waitFor();
});

browserTest("a server that is alone offers no such view, and says why where its address is followed", async () => {
  const { page } = await openConsole(await startFrozen(), { path: "/?view=cluster" });
  await page.getByText("This server is alone").waitFor();
  expect(await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "Cluster" }).count()).toBe(0);
});
