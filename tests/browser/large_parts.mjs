// A PostgreSQL and an S3 server of one's own, for a service that uses both.
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as http from "node:http";
import { createRequire } from "node:module";
import * as os from "node:os";
import * as path from "node:path";
import * as readline from "node:readline";

import { root, skipAll } from "./support.mjs";

const require = createRequire(path.join(root, "tests/node/package.json"));

/** A script that prints a line once it serves, and serves until its input ends. */
async function startScript(name) {
    const script = spawn(path.join(root, "scripts", name), [], {
        stdio: ["pipe", "pipe", "inherit"],
    });
    const ended = new Promise((resolve) => script.once("exit", resolve));
    const lines = readline.createInterface({ input: script.stdout });
    const line = await Promise.race([
        new Promise((resolve) => lines.once("line", resolve)),
        ended.then(() => null),
    ]);
    if (line === null) skipAll(`${name} did not start: exit status ${script.exitCode}`);
    return {
        line,
        stop: () => {
            script.stdin.end();
            return ended;
        },
    };
}

function makeBucket(endpoint, bucket, keys) {
    const { hostname, port } = new URL(endpoint);
    const { sign } = require("aws4");
    const request = sign(
        {
            service: "s3",
            region: "us-east-1",
            method: "PUT",
            hostname,
            port,
            path: `/${bucket}`,
            headers: { Host: `${hostname}:${port}` },
        },
        keys,
    );
    return new Promise((resolve, reject) => {
        http.request(request, (answer) => {
            answer.resume();
            if (answer.statusCode === 200) resolve();
            else reject(new Error(`no bucket: ${answer.statusCode}`));
        })
            .on("error", reject)
            .end();
    });
}

function settingsOfStorage(region, endpoint, bucket, keys) {
    return [
        `storage.${region}.endpoint=${endpoint}`,
        `storage.${region}.bucket=${bucket}`,
        `storage.${region}.region=us-east-1`,
        `storage.${region}.access-key=${keys.accessKeyId}`,
        `storage.${region}.secret-key=${keys.secretAccessKey}`,
    ];
}

/** Settings for startService(), and how to end what they name. */
export async function startLargeParts() {
    const postgresql = await startScript("private-postgresql");
    const ceph = await startScript("private-ceph");
    const [endpoint, accessKeyId, secretAccessKey] = ceph.line.split(" ");
    const keys = { accessKeyId, secretAccessKey };
    for (const name of ["browser", "browser_keys"]) {
        const call = [
            "-h",
            postgresql.line,
            "-U",
            "app",
            "-d",
            "postgres",
            "-c",
            `CREATE DATABASE ${name}`,
        ];
        execFileSync("psql", call, { stdio: "ignore" });
    }
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cloudpick-large-"));
    const keyFile = path.join(folder, "master-key");
    fs.writeFileSync(keyFile, randomBytes(32).toString("hex") + "\n", { mode: 0o600 });
    const url = (name) => `postgresql://app@/${name}?host=${postgresql.line}`;
    const settings = [
        `database.url=${url("browser")}`,
        `keyring.url=${url("browser_keys")}`,
        `keyring.master-key-file=${keyFile}`,
        "storage.is-private=1",
    ];
    for (const region of ["us", "eu"]) {
        await makeBucket(endpoint, `browser-${region}`, keys);
        settings.push(...settingsOfStorage(region, endpoint, `browser-${region}`, keys));
    }
    return {
        settings,
        stop: async () => {
            await Promise.all([postgresql.stop(), ceph.stop()]);
            fs.rmSync(folder, { recursive: true });
        },
    };
}
