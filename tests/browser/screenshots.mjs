// Pictures of every page, light and dark, wide and narrow, to look at:
//   CLOUDPICK=build/cloudpick node tests/browser/screenshots.mjs FOLDER
import * as fs from "node:fs";
import * as path from "node:path";

import { makeSampleBatch } from "./sample.mjs";
import { openPage, signIn, startBrowser, startService } from "./support.mjs";

const folder = process.argv[2];
if (!folder) {
    console.error("usage: CLOUDPICK=PROGRAM node screenshots.mjs FOLDER");
    process.exit(2);
}
fs.mkdirSync(folder, { recursive: true });

const browser = await startBrowser();
const service = await startService();
const seller = await openPage(browser, service.url, { viewport: { width: 1440, height: 900 } });
await signIn(seller.page, service.url);
await seller.page.getByRole("button", { name: "New batch" }).click();
await seller.page.getByRole("heading", { name: /Drop your sheet/ }).waitFor();
const empty = new URL(seller.page.url()).pathname;
await seller.page.getByRole("link", { name: "Batches" }).first().click();
await makeSampleBatch(seller.page, "Spring collection");
const batch = new URL(seller.page.url()).pathname;
await seller.page.getByRole("link", { name: "Batches" }).first().click();
await makeSampleBatch(seller.page, "Restock, week 11");
const published = new URL(seller.page.url()).pathname;
await seller.page.getByRole("button", { name: "Publish", exact: true }).click();
await seller.page.getByRole("button", { name: /Publish \d+ pictures/ }).click();
await seller.page.getByText(/Published on/).waitFor();
const cookies = await seller.context.cookies();

const clickFirst = (selector) => async (page) => {
    await page.locator(selector).first().click();
    await page.getByRole("dialog").waitFor();
};

/** Name, path, signed in?, what to do first. */
const shots = [
    ["home", "/", false],
    ["policy", "/policy", false],
    ["batches", "/batches", true],
    ["batch-empty", empty, true],
    ["batch-attention", `${batch}?view=attention`, true],
    ["batch-skus", `${batch}?view=skus`, true],
    ["batch-contact-sheet", `${batch}?view=photos`, true],
    ["batch-history", `${batch}?view=history`, true],
    ["batch-published", `${published}?view=skus`, true],
    ["photo", `${published}?view=skus`, true, clickFirst(".cell.filled")],
    ["place", `${batch}?view=attention`, true, clickFirst('[aria-label="Choose a place"]')],
    ["publish", `${batch}?view=skus`, true, clickFirst(".batch-actions > .button.primary")],
    ["settings", "/settings", true],
    ["status", "/status", true],
];

for (const [width, height] of [
    [1440, 900],
    [360, 740],
]) {
    for (const colorScheme of ["light", "dark"]) {
        const { context, page } = await openPage(browser, service.url, {
            viewport: { width, height },
            colorScheme,
            reducedMotion: "reduce",
        });
        for (const [name, where, isSignedIn, prepare] of shots) {
            await context.clearCookies();
            if (isSignedIn) await context.addCookies(cookies);
            await page.goto(service.url + where);
            await page.waitForLoadState("networkidle").catch(() => {});
            await page.locator(".loading").first().waitFor({ state: "detached" });
            await prepare?.(page);
            await page.waitForTimeout(300);
            const file = path.join(folder, `${name}-${width}-${colorScheme}.png`);
            await page.screenshot({ path: file, fullPage: width < 500 && !prepare });
            console.log(file);
        }
        await context.close();
    }
}
await browser.close();
await service.stop();
