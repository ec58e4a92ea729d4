// Uploads on bad days: a reload in the middle, a line that breaks, files that are no pictures.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { figure, waitUntilQuiet } from "./sample.mjs";
import {
    check,
    dropFromOutside,
    finish,
    openPage,
    sample,
    signIn,
    skipWithoutPages,
    startBrowser,
    startService,
    stopAtFailure,
} from "./support.mjs";

const num_copies = 40;

const browser = await startBrowser();
const service = await startService();
await skipWithoutPages(service.url);
const { context, page, complaints } = await openPage(browser, service.url, {
    viewport: { width: 1280, height: 800 },
});

// Photos that differ in their last byte: no two are the same file.
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cloudpick-photos-"));
const photo = fs.readFileSync(path.join(sample, "photos/CH-7_2.jpg"));
for (let i = 0; i < num_copies; i++) {
    fs.writeFileSync(
        path.join(folder, `MUG-BLUE_${i + 1}.jpg`),
        Buffer.concat([photo, Buffer.from([i])]),
    );
}

const upload = (route) =>
    route.request().method() === "POST" || route.request().method() === "PATCH";

stopAtFailure();
await signIn(page, service.url);

await check("LST-04: a reload in the middle loses nothing and sends nothing twice", async () => {
    await page.getByRole("button", { name: "New batch" }).click();
    await page.getByRole("heading", { name: /Drop your sheet/ }).waitFor();
    let sent = 0;
    let stops = true; // in the middle, however quick the machine is
    await page.route("**/api/v1/uploads**", (route) => {
        if (upload(route) && ++sent > 20 && stops) return;
        return route.continue();
    });
    await dropFromOutside(page, [path.join(sample, "sheet.csv"), folder]);
    await page.getByText(/Uploading (1\d|2\d) of 41 files/).waitFor();
    page.once("dialog", (dialog) => void dialog.accept());
    stops = false;
    await page.reload();
    await page.locator(".summary").waitFor();
    await dropFromOutside(page, [path.join(sample, "sheet.csv"), folder]);
    await page
        .locator(".figure", { hasText: "Photos" })
        .locator("dd")
        .getByText(new RegExp(`^${num_copies}`))
        .waitFor();
    await page.locator(".dock").waitFor({ state: "hidden" });
    await page.unroute("**/api/v1/uploads**");
    // At most what was under way at the reload is sent again, and the sheet.
    assert.ok(sent <= 41 + 4 + 1, `${sent} requests for 41 files`);
});

await check("a broken line pauses the upload, which goes on by itself", async () => {
    let refused = 0;
    await page.route("**/api/v1/uploads**", (route) => {
        if (upload(route) && refused++ < 3) return route.abort("connectionreset");
        return route.continue();
    });
    const extra = path.join(folder, "BOTTLE-500_9.jpg");
    fs.writeFileSync(extra, Buffer.concat([photo, Buffer.from("line")]));
    await dropFromOutside(page, [extra]);
    await page
        .locator(".figure", { hasText: "Photos" })
        .locator("dd")
        .getByText(new RegExp(`^${num_copies + 1}`))
        .waitFor();
    await page.unroute("**/api/v1/uploads**");
});

await check("a file that is no picture is named with the reason, the rest goes on", async () => {
    const bad = path.join(folder, "LAMP-10.jpg");
    fs.writeFileSync(bad, "this is no picture\n");
    await dropFromOutside(page, [bad]);
    await page.getByRole("tab", { name: /Needs you/ }).click();
    const card = page.locator(".attention-card", { hasText: "LAMP-10.jpg" });
    await card.waitFor();
    assert.ok((await card.locator(".reason").innerText()).length > 10);
    await card.getByRole("button", { name: "Leave out" }).click();
    await card.waitFor({ state: "detached" });
});

await check("LST-22: nothing about the uploads is kept in the browser", async () => {
    const held = await page.evaluate(async () => ({
        local: Object.keys(localStorage),
        databases: (await indexedDB.databases()).length,
    }));
    assert.deepEqual(held, { local: [], databases: 0 });
    assert.deepEqual(complaints, []);
});

await waitUntilQuiet(page);
await figure(page, "Photos");
await context.close();
await browser.close();
await service.stop();
fs.rmSync(folder, { recursive: true });
finish();
