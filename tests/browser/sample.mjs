// The sample batch in a browser: what tests and screenshots begin with.
import * as path from "node:path";

import { dropFromOutside, sample } from "./support.mjs";

/** The figure of that name in the summary of a batch, as text. */
export async function figure(page, name) {
    return page.locator(".figure", { hasText: name }).locator("dd").innerText();
}

/** Waits until everything that was uploaded has been matched and cleaned. */
export async function waitUntilQuiet(page) {
    await page.locator(".summary").waitFor();
    await page.locator(".dock").waitFor({ state: "hidden" });
    await page.locator(".thumb.busy").first().waitFor({ state: "detached" });
}

export async function makeSampleBatch(page, name) {
    await page.getByRole("button", { name: "New batch" }).click();
    await page.getByRole("heading", { name: "Drop your sheet and your photos here" }).waitFor();
    if (name) {
        await page.getByRole("button", { name: "Rename the batch" }).click();
        await page.getByLabel("Name of the batch").fill(name);
        await page.keyboard.press("Enter");
        await page.getByRole("heading", { name }).waitFor();
    }
    await dropFromOutside(page, [path.join(sample, "sheet.csv"), path.join(sample, "photos")]);
    await page
        .locator(".figure", { hasText: "Photos" })
        .getByText("10")
        .waitFor();
    await waitUntilQuiet(page);
}

export const cell = (page, sku, slot) =>
    page
        .locator(".sku-row", { has: page.getByRole("rowheader").getByText(sku, { exact: true }) })
        .locator(`[data-slot="${slot}"]`);
