// What the browser tests share: a service of their own, a browser, and TAP.
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const sample = path.join(root, "samples/listing");

const require = createRequire(path.join(root, "tests/node/package.json"));

export function skipAll(reason) {
    console.log(`1..0 # SKIP ${reason}`);
    process.exit(0);
}

function optionalModule(name) {
    try {
        return require(name);
    } catch {
        return skipAll(`${name} is not installed (npm ci in tests/node)`);
    }
}

const { chromium } = optionalModule("playwright-core");
const axe = optionalModule("axe-core");

const browserPath = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find((one) =>
    fs.existsSync(one),
);

let count = 0;
let failures = 0;
let stopsAtFailure = false;
const pages = [];

/** SCREENSHOTS=FOLDER keeps a picture of the page at each failure. */
async function keepScreenshot() {
    const folder = process.env.SCREENSHOTS;
    if (!folder) return;
    for (const [i, page] of pages.entries()) {
        await page
            .screenshot({ path: path.join(folder, `failure-${count}-${i}.png`) })
            .catch(() => {});
    }
}

/** For tests that are one story: what comes after a failure is not tried. */
export function stopAtFailure() {
    stopsAtFailure = true;
}

/** One behaviour: a line of TAP. */
export async function check(name, run) {
    count++;
    if (stopsAtFailure && failures > 0) {
        failures++;
        console.log(`not ok ${count} - ${name}\n# not tried: an earlier step failed`);
        return;
    }
    try {
        await run();
        console.log(`ok ${count} - ${name}`);
    } catch (error) {
        failures++;
        await keepScreenshot();
        console.log(`not ok ${count} - ${name}`);
        for (const line of String(error?.stack ?? error).split("\n")) console.log(`# ${line}`);
    }
}

export function skip(name, reason) {
    console.log(`ok ${++count} - ${name} # SKIP ${reason}`);
}

export function finish() {
    console.log(`1..${count}`);
    process.exitCode = failures > 0 ? 1 : 0;
}

function freePort() {
    return new Promise((resolve) => {
        const server = net.createServer();
        server.listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });
}

async function waitUntilReady(url, service) {
    for (let i = 0; i < 300; i++) {
        if (service.exitCode !== null) throw new Error(`the service ended (${service.exitCode})`);
        const answer = await fetch(`${url}/readyz`).catch(() => null);
        if (answer?.ok) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error("the service did not get ready");
}

/** A service on its own data; SETTINGS: further "name=value". */
export async function startService(settings = []) {
    const program = process.env.CLOUDPICK;
    if (!program) throw new Error("CLOUDPICK names no program");
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cloudpick-browser-"));
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const all = [`server.listen=127.0.0.1:${port}`, `server.public-url=${url}`, ...settings];
    const log = fs.openSync(path.join(folder, "log"), "w");
    const service = spawn(
        program,
        ["serve", "--data", path.join(folder, "data"), ...all.flatMap((one) => ["--set", one])],
        { stdio: ["ignore", log, log] },
    );
    const stop = async () => {
        if (service.exitCode === null) {
            const ended = new Promise((resolve) => service.once("exit", resolve));
            service.kill("SIGTERM");
            await ended;
        }
        const told = fs.readFileSync(path.join(folder, "log"), "utf8");
        fs.rmSync(folder, { recursive: true, force: true });
        return told;
    };
    try {
        await waitUntilReady(url, service);
    } catch (error) {
        throw new Error(`${error.message}\n${await stop()}`);
    }
    return { url, port, stop };
}

/** Whether the program has pages: a build without Node.js has none. */
export async function skipWithoutPages(url) {
    const page = await (await fetch(url)).text();
    if (!page.includes('id="app"')) skipAll("the pages were not built");
}

export async function startBrowser() {
    if (!browserPath) skipAll("Chromium is not installed");
    return chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
}

/** A fresh browser profile that remembers what a page must not do. */
export async function openPage(browser, url, options = {}) {
    const context = await browser.newContext({ acceptDownloads: true, ...options });
    // No limit of ours: a sanitized build on a busy machine takes minutes for some photos. Whoever
    // runs the test gives up in the end.
    context.setDefaultTimeout(600_000);
    const page = await context.newPage();
    pages.push(page);
    page.once("close", () => pages.splice(pages.indexOf(page), 1));
    const complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
        // What the server answered is the tests' business; the policy's refusals are listed here.
        if (message.type() === "error" && !/Failed to load resource/.test(message.text())) {
            complaints.push(message.text());
        }
    });
    page.on("request", (request) => {
        const to = new URL(request.url());
        if (/^https?:$/.test(to.protocol) && to.origin !== new URL(url).origin) {
            complaints.push(`asked ${to.origin}`);
        }
    });
    return { context, page, complaints };
}

export async function signIn(page, url, name = "Test Seller") {
    await page.goto(url);
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("E-mail").fill(`${name.toLowerCase().replaceAll(" ", ".")}@example.com`);
    await page.getByRole("button", { name: "Sign in for testing" }).click();
    await page.getByRole("heading", { name: "Batches", exact: true }).waitFor();
}

/** Drops files and folders from "outside", as a file manager does. */
export async function dropFromOutside(page, files) {
    const { width, height } = page.viewportSize();
    const session = await page.context().newCDPSession(page);
    const at = { x: Math.round(width / 2), y: Math.round(height / 2) };
    const data = { items: [], files, dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"]) {
        await session.send("Input.dispatchDragEvent", { type, ...at, data });
    }
    await session.detach();
}

/** The accessibility rules (WCAG 2.2 A and AA) that the page breaks, each with its elements. */
export async function brokenRules(page) {
    await page.evaluate(axe.source);
    const found = await page.evaluate(() =>
        window.axe.run(document, {
            runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
        }),
    );
    return found.violations.map(
        (rule) =>
            `${rule.id}: ${rule.nodes
                .map((node) => node.target.join(" "))
                .slice(0, 4)
                .join(", ")}`,
    );
}

/** How many pixels the page is wider than the window. */
export const overflow = (page) =>
    page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - window.innerWidth));
