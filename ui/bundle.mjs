// Makes the pages: src/ -> one script and one style sheet with a digest in their names, and
// index.html that names them. Run by meson (--c FILE --depfile FILE) or by hand (--out FOLDER).
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import * as zlib from "node:zlib";

const home = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);

function option(name) {
    const at = process.argv.indexOf(name);
    return at < 0 ? null : process.argv[at + 1];
}

// Two builds of one checkout share node_modules: the lock lets one of them fill it.
function installPackages() {
    const modules = path.join(home, "node_modules");
    const stamp = path.join(modules, ".installed");
    const lock = path.join(home, "package-lock.json");
    const isFresh = () =>
        fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === fs.readFileSync(lock, "utf8");
    if (isFresh()) return;
    const script =
        'cmp -s "$1" "$2" || { npm ci --no-audit --no-fund --loglevel=error >&2 && cp "$1" "$2"; }';
    try {
        execFileSync("flock", [home, "sh", "-c", script, "sh", lock, stamp], {
            cwd: home,
            stdio: ["ignore", "inherit", "inherit"],
        });
    } catch {
        console.error(
            "the packages of ui/ could not be fetched (npm ci); " +
                "to build without pages: meson configure BUILD -Dui=disabled",
        );
        process.exit(1);
    }
}

const contentTypes = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
};

function digest(data) {
    return createHash("sha256").update(data).digest("hex").slice(0, 20);
}

function asset(name, data, isImmutable) {
    return { path: name, type: contentTypes[path.extname(name)], data, isImmutable };
}

// Two scripts: `theme` is tiny and runs before the first paint, so that a dark page does not
// flash white; inline it cannot be, the content security policy has no inline scripts.
async function bundle() {
    installPackages();
    const esbuild = await import("esbuild");
    const built = await esbuild.build({
        entryPoints: {
            app: path.join(home, "src/main.tsx"),
            theme: path.join(home, "src/theme-first.ts"),
            style: path.join(home, "src/style/all.css"),
        },
        absWorkingDir: home,
        outdir: "/assets",
        entryNames: "[name]-[hash]",
        bundle: true,
        minify: true,
        write: false,
        metafile: true,
        format: "iife",
        target: ["chrome123", "firefox125", "safari17.5"],
        jsx: "automatic",
        jsxImportSource: "preact",
        charset: "utf8",
        legalComments: "none",
        define: { "process.env.NODE_ENV": '"production"' },
    });
    const assets = [];
    const named = {};
    for (const file of built.outputFiles) {
        const name = "/assets/" + path.basename(file.path);
        named[path.basename(file.path).replace(/-.*\./, ".")] = name;
        assets.push(asset(name, Buffer.from(file.contents), true));
    }
    const icon = fs.readFileSync(path.join(home, "pages/icon.svg"));
    const iconName = `/assets/icon-${digest(icon)}.svg`;
    assets.push(asset(iconName, icon, true));
    named["icon.svg"] = iconName;
    const html = fs
        .readFileSync(path.join(home, "pages/index.html"), "utf8")
        .replace(/\{\{(.+?)\}\}/g, (_, name) => named[name]);
    assets.push(asset("/index.html", Buffer.from(html), false));
    const inputs = Object.keys(built.metafile.inputs).map((name) => path.join(home, name));
    inputs.push(path.join(home, "pages/index.html"), path.join(home, "pages/icon.svg"));
    inputs.push(path.join(home, "bundle.mjs"), path.join(home, "package-lock.json"));
    return { assets, inputs };
}

function smaller(packed, data) {
    return packed.length < data.length * 0.95 ? packed : null;
}

// A string literal compiles many times faster than a list of numbers.
function literal(data) {
    const lines = [];
    for (let i = 0; i < data.length; i += 32) {
        let line = "";
        for (const byte of data.subarray(i, i + 32))
            line += "\\" + byte.toString(8).padStart(3, "0");
        lines.push(`    "${line}"`);
    }
    return lines.join("\n");
}

function toC(assets) {
    let code = '/* Made by ui/bundle.mjs. */\n#include "web/asset.h"\n\n';
    let rows = "";
    assets.forEach((one, i) => {
        const packed = {
            gzip: smaller(zlib.gzipSync(one.data, { level: 9 }), one.data),
            brotli: smaller(zlib.brotliCompressSync(one.data), one.data),
        };
        const field = (name, data) => {
            if (data === null) return "NULL, 0";
            code += `static const guint8 ${name}_${i}[] =\n${literal(data)};\n`;
            return `${name}_${i}, ${data.length}`;
        };
        rows += `    { "${one.path}", "${one.type}", "\\"${digest(one.data)}\\"", ${one.isImmutable},\n`;
        rows += `      ${field("data", one.data)}, ${field("gzip", packed.gzip)},\n`;
        rows += `      ${field("brotli", packed.brotli)} },\n`;
    });
    return `${code}\nconst WebAsset web_assets[] = {\n${rows}    { NULL },\n};\n`;
}

const { assets, inputs } = await bundle();
if (option("--c")) {
    fs.writeFileSync(option("--c"), toC(assets));
    if (option("--depfile")) {
        fs.writeFileSync(option("--depfile"), `${option("--c")}: ${inputs.join(" ")}\n`);
    }
} else if (option("--out")) {
    for (const one of assets) {
        const file = path.join(option("--out"), one.path);
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.writeFileSync(file, one.data);
    }
} else {
    console.error("usage: node bundle.mjs --out FOLDER | --c FILE [--depfile FILE]");
    process.exit(2);
}
