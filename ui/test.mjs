// Checks the types and runs the unit tests beside the sources (*.test.ts), as TAP.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

const home = path.dirname(new URL(import.meta.url).pathname);
const esbuild = await import("esbuild");

const tests = fs
    .readdirSync(path.join(home, "src"), { recursive: true })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => path.join(home, "src", name));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cloudpick-ui-"));
await esbuild.build({
    entryPoints: tests,
    outdir: folder,
    bundle: true,
    platform: "node",
    format: "esm",
    outExtension: { ".js": ".mjs" },
    logLevel: "error",
});
const built = fs
    .readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(".mjs"))
    .map((name) => path.join(folder, name));
const run = spawnSync(process.execPath, ["--test", "--test-reporter=tap", ...built], {
    encoding: "utf8",
});
fs.rmSync(folder, { recursive: true });
const types = spawnSync(
    process.execPath,
    [path.join(home, "node_modules/typescript/bin/tsc"), "--project", home],
    { encoding: "utf8" },
);

// The inner report has one line a file; what meson counts is one line a test.
let count = 0;
const report = [];
for (const line of run.stdout.split("\n")) {
    const found = /^(?: {4})*(ok|not ok) \d+ - (.*)$/.exec(line);
    if (found && !found[2].endsWith(".mjs")) report.push(`${found[1]} ${++count} - ${found[2]}`);
    else if (line.trim() && !line.startsWith("TAP")) report.push("# " + line);
}
report.push(`${types.status === 0 ? "ok" : "not ok"} ${++count} - the types agree`);
for (const line of types.stdout.split("\n").filter(Boolean)) report.push("# " + line);
console.log(`TAP version 13\n1..${count}\n${report.join("\n")}`);
process.exit(run.status === 0 && types.status === 0 ? 0 : 1);
