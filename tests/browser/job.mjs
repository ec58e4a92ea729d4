// The whole job in a browser: sign in, drop the sample, fix two photos by dragging, publish, fetch
// a picture by its URL, take the sheet home and look at its cells. On SQLite and files; with
// "large" as argument on PostgreSQL and an S3 server that verifies signatures.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";

import { startLargeParts } from "./large_parts.mjs";
import { cell, figure, makeSampleBatch } from "./sample.mjs";
import {
    check,
    finish,
    openPage,
    signIn,
    skipWithoutPages,
    startBrowser,
    startService,
    stopAtFailure,
} from "./support.mjs";

const browser = await startBrowser();
const large = process.argv[2] === "large" ? await startLargeParts() : null;
const service = await startService(large?.settings);
await skipWithoutPages(service.url);
const { context, page, complaints } = await openPage(browser, service.url, {
    viewport: { width: 1440, height: 900 },
});
stopAtFailure();

/** What a picture's host answers: its name leads to this machine, whatever a resolver says. */
function fetchPicture(url) {
    const { hostname, port, pathname } = new URL(url);
    return new Promise((resolve, reject) => {
        http.get(
            { host: "127.0.0.1", port, path: pathname, headers: { Host: `${hostname}:${port}` } },
            (answer) => {
                const parts = [];
                answer.on("data", (part) => parts.push(part));
                answer.on("end", () =>
                    resolve({
                        status: answer.statusCode,
                        headers: answer.headers,
                        body: Buffer.concat(parts),
                    }),
                );
            },
        ).on("error", reject);
    });
}

const textOf = (locator) => locator.getAttribute("aria-label");

await check("somebody signs in, in test mode, and chooses a region", async () => {
    await page.goto(service.url);
    await page.getByText("Test mode:").waitFor();
    await page.locator(".region-card", { hasText: "European Union" }).click();
    await signIn(page, service.url);
    await page.getByText("No batches yet").waitFor();
});

await check("LST-04: a sheet and a folder are dropped together and find each other", async () => {
    await makeSampleBatch(page, "Spring");
    assert.match(await figure(page, "Matched"), /^8/);
    assert.match(await figure(page, "Need you"), /^1/);
    assert.match(await textOf(cell(page, "MUG-BLUE", "MAIN")), /MUG-BLUE\/front\.jpg/);
});

await check("LST-05: what did not match comes first, with the reason", async () => {
    await page.getByRole("tab", { name: /Needs you/ }).click();
    const card = page.locator(".attention-card");
    assert.equal(await card.count(), 1);
    assert.match(await card.innerText(), /IMG_2041\.jpg/);
    assert.match(await card.innerText(), /No SKU fits the name or its folders/);
});

await check("a photo is dragged from the list to a free slot", async () => {
    await page.locator(".attention-main").dragTo(cell(page, "LAMP-10", "PT01"));
    await page.getByText("Nothing needs you", { exact: true }).waitFor();
    await page.getByRole("tab", { name: /SKUs/ }).click();
    assert.match(await textOf(cell(page, "LAMP-10", "PT01")), /IMG_2041\.jpg/);
});

await check("a photo that is dragged onto another one changes places with it", async () => {
    const before = await textOf(cell(page, "CH-7", "MAIN"));
    assert.match(before, /CH-7_1\.webp/);
    await cell(page, "CH-7", "PT01").dragTo(cell(page, "CH-7", "MAIN"));
    await page.getByText(/changed places/).waitFor();
    assert.match(await textOf(cell(page, "CH-7", "MAIN")), /CH-7_2\.jpg/);
    assert.match(await textOf(cell(page, "CH-7", "PT01")), /CH-7_1\.webp/);
});

await check("what was decided is undone, and done again by keyboard", async () => {
    await page.keyboard.press("u");
    await page.getByText(/^Undone:/).waitFor();
    assert.match(await textOf(cell(page, "CH-7", "MAIN")), /CH-7_1\.webp/);
    await cell(page, "CH-7", "PT01").focus();
    await page.keyboard.press("Space");
    await page.getByText(/^Carrying/).waitFor();
    await page.keyboard.press("ArrowLeft");
    await page.locator('[data-slot="MAIN"]:focus').waitFor();
    await page.keyboard.press("Enter");
    await page.getByText(/^photos.*changed places/).waitFor();
    assert.match(await textOf(cell(page, "CH-7", "MAIN")), /CH-7_2\.jpg/);
});

await check("LST-03: the history has the person's decision", async () => {
    await page.getByRole("tab", { name: "History" }).click();
    await page
        .locator(".history li", { hasText: "IMG_2041.jpg" })
        .getByText("by hand")
        .first()
        .waitFor();
    await page.getByRole("tab", { name: /SKUs/ }).click();
});

await check("the batch is published", async () => {
    await page.getByRole("button", { name: "Publish", exact: true }).click();
    await page
        .getByRole("dialog")
        .getByText(/9 pictures get public URLs/)
        .waitFor();
    await page.getByRole("button", { name: /Publish 9 pictures/ }).click();
    await page.getByText(/Published on/).waitFor();
});

let url = "";
await check("LST-18: the URL that is shown leads to a clean picture", async () => {
    await cell(page, "LAMP-10", "PT01").click();
    url = await page.locator(".address a").getAttribute("href");
    await page.keyboard.press("Escape");
    const { status, headers, body } = await fetchPicture(url);
    assert.equal(status, 200);
    assert.equal(headers["content-type"], "image/jpeg");
    assert.match(headers["cache-control"], /public/);
    assert.equal(body.readUInt16BE(0), 0xffd8);
    assert.equal(body.includes("Exif"), false);
    assert.equal(body.includes("GPS"), false);
});

await check(
    "LST-07: the sheet comes home with the URLs in it and nothing else changed",
    async () => {
        await page.getByRole("button", { name: "Download" }).click();
        const [download] = await Promise.all([
            page.waitForEvent("download"),
            page.getByRole("menuitem", { name: /The sheet with URLs/ }).click(),
        ]);
        assert.equal(download.suggestedFilename(), "sheet.csv");
        const before = fs.readFileSync(
            new URL("../../samples/listing/sheet.csv", import.meta.url),
            "utf8",
        );
        const after = fs.readFileSync(await download.path(), "utf8");
        const rows = (text) =>
            text
                .trim()
                .split(/\r?\n/)
                .map((line) => line.split(";"));
        const [old, now] = [rows(before), rows(after)];
        assert.equal(now.length, old.length);
        assert.ok(after.includes(url), "the URL of the photo that was dragged");
        const added = new Set();
        now.forEach((row, i) =>
            row.forEach((value, j) => {
                if (value === (old[i][j] ?? "")) return;
                assert.equal(old[i][j] ?? "", "", "only empty cells are filled");
                assert.match(value, /^"?https?:\/\/[^?]+\.jpg"?$/);
                added.add(value.replaceAll('"', ""));
            }),
        );
        assert.equal(added.size, 9);
        for (const one of added) assert.equal((await fetchPicture(one)).status, 200);
    },
);

await check("LST-22: the browser holds a session cookie and nothing else", async () => {
    const held = await page.evaluate(async () => ({
        local: Object.keys(localStorage),
        session: Object.keys(sessionStorage),
        databases: (await indexedDB.databases()).map((one) => one.name),
        caches: await caches.keys(),
    }));
    assert.deepEqual(held, { local: [], session: [], databases: [], caches: [] });
    const cookies = await context.cookies();
    assert.deepEqual(
        cookies.map((one) => [one.name, one.httpOnly, one.sameSite]),
        [["session", true, "Lax"]],
    );
});

await check("no page broke the content security policy, asked another host or threw", async () => {
    assert.deepEqual(complaints, []);
});

await browser.close();
await service.stop();
await large?.stop();
finish();
