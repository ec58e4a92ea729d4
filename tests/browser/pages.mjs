// Every page, by the rules of accessibility, in both themes, on a wide and on a narrow window.
import assert from "node:assert/strict";
import * as fs from "node:fs";

import { cell, makeSampleBatch } from "./sample.mjs";
import {
    brokenRules,
    check,
    finish,
    openPage,
    overflow,
    signIn,
    skipWithoutPages,
    startBrowser,
    startService,
} from "./support.mjs";

const browser = await startBrowser();
const service = await startService();
await skipWithoutPages(service.url);

async function settled(page) {
    await page.locator(".loading").first().waitFor({ state: "detached" });
    await page.waitForLoadState("load");
}

const seller = await openPage(browser, service.url);
await signIn(seller.page, service.url);
await makeSampleBatch(seller.page, "Spring");
const batch = new URL(seller.page.url()).pathname;
const cookies = await seller.context.cookies();

const pages = [
    ["home", "/", null],
    ["batches", "/batches", cookies],
    ["what needs somebody", `${batch}?view=attention`, cookies],
    ["SKUs", `${batch}?view=skus`, cookies],
    ["contact sheet", `${batch}?view=photos`, cookies],
    ["history", `${batch}?view=history`, cookies],
    ["settings", "/settings", cookies],
    ["status", "/status", cookies],
    ["no such page", "/nothing-here", cookies],
];

for (const [width, height] of [
    [1440, 900],
    [360, 740],
]) {
    for (const colorScheme of ["light", "dark"]) {
        const { context, page, complaints } = await openPage(browser, service.url, {
            viewport: { width, height },
            colorScheme,
            reducedMotion: "reduce",
        });
        const where = `${width} px, ${colorScheme}`;
        for (const [name, path, jar] of pages) {
            await check(`${name} is accessible and fits (${where})`, async () => {
                await context.clearCookies();
                if (jar) await context.addCookies(jar);
                await page.goto(service.url + path);
                await settled(page);
                assert.deepEqual(await brokenRules(page), []);
                assert.equal(await overflow(page), 0, "nothing is wider than the window");
            });
        }
        await check(`the dialogs of a photo are accessible (${where})`, async () => {
            await page.goto(`${service.url}${batch}?view=skus`);
            await page.locator(".cell.filled").first().click();
            await page.getByRole("dialog").waitFor();
            assert.deepEqual(await brokenRules(page), []);
            await page.getByRole("button", { name: "Choose a place" }).click();
            await page.getByRole("dialog", { name: "Choose a place" }).waitFor();
            assert.deepEqual(await brokenRules(page), []);
        });
        await check(`nothing was refused by the policy (${where})`, async () => {
            assert.deepEqual(complaints, []);
        });
        await context.close();
    }
}

await check("LST-22: the theme is stored, and it is all that is stored", async () => {
    const { page } = seller;
    await page.goto(`${service.url}/settings`);
    await page.locator(".segments label", { hasText: "Dark" }).click();
    await page.reload();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
    assert.deepEqual(await page.evaluate(() => Object.entries(localStorage)), [["theme", "dark"]]);
    await page.locator(".segments label", { hasText: "As the system" }).click();
    assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);
});

await check("LST-28: the region is shown on every page", async () => {
    assert.match(await seller.page.locator(".chip.region").innerText(), /^(EU|US)$/);
});

await check("a token is shown once and can be removed", async () => {
    const { page } = seller;
    await page.goto(`${service.url}/settings`);
    await page.getByRole("button", { name: "New token" }).click();
    await page.getByLabel("What is it for?").fill("Nightly import");
    await page.getByRole("button", { name: "Make the token" }).click();
    assert.ok((await page.locator(".secret code").innerText()).length > 20);
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("button", { name: "Remove the token Nightly import" }).click();
    await page.getByText("No tokens.").waitFor();
});

await check("what is decided in one browser shows in another", async () => {
    const { page } = seller;
    await page.goto(`${service.url}${batch}?view=skus`);
    const other = await openPage(browser, service.url);
    await other.context.addCookies(cookies);
    await other.page.goto(`${service.url}${batch}?view=attention`);
    await other.page.locator(".attention-main").focus();
    await other.page.keyboard.press("m");
    await other.page.keyboard.type("LAMP-10");
    await other.page.keyboard.press("Enter");
    await other.page.getByRole("button", { name: "Move to LAMP-10, Extra 1" }).click();
    await cell(page, "LAMP-10", "PT01").locator("img").waitFor();
    assert.match(await cell(page, "LAMP-10", "PT01").getAttribute("aria-label"), /IMG_2041\.jpg/);
    await other.context.close();
});

await check("LST-23: one's data come home as a ZIP", async () => {
    const { page } = seller;
    await page.goto(`${service.url}/settings`);
    const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name: "Download my data" }).click(),
    ]);
    const data = fs.readFileSync(await download.path());
    assert.equal(data.subarray(0, 2).toString(), "PK");
    assert.ok(data.includes("MUG-BLUE"));
});

await check("LST-24: an account goes once its name was typed, and a receipt stays", async () => {
    const { context, page } = await openPage(browser, service.url);
    await signIn(page, service.url, "Leaving Seller");
    await page.goto(`${service.url}/settings`);
    await page.getByRole("button", { name: "Delete my account …" }).click();
    const home = page.getByRole("link", { name: "Download my data first" });
    assert.equal(await home.getAttribute("href"), "/api/v1/account/export"); // LST-26
    const go = page.getByRole("button", { name: "Delete everything" });
    assert.equal(await go.isDisabled(), true);
    await page.getByLabel(/To confirm, type your name/).fill("Leaving Seller");
    await go.click();
    await page.getByRole("heading", { name: "Your account is being deleted" }).waitFor();
    assert.ok((await page.locator(".secret code").innerText()).length > 8);
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await context.close();
});

await check("somebody who signs out sees the home page, and nothing of the account", async () => {
    const { page } = seller;
    await page.getByRole("button", { name: /^Account:/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.goto(service.url + batch);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
});

await browser.close();
await service.stop();
finish();
