// What a person dropped or chose, as a flat list of files with their paths.

export interface Picked {
    file: File;
    /** Relative path, '/' between folders: the matching reads folders as well as names. */
    name: string;
}

export type Kind = "photo" | "sheet" | "zip";

export function kindOf(name: string): Kind {
    const extension = /\.([^./]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
    if (["xlsx", "xlsm", "csv", "tsv", "txt"].includes(extension)) return "sheet";
    return extension === "zip" ? "zip" : "photo";
}

/** Files that operating systems leave in folders and nobody means to upload. */
export function isJunk(name: string): boolean {
    const parts = name.split("/");
    const base = parts.at(-1)!;
    return (
        parts.includes("__MACOSX") ||
        base.startsWith("._") ||
        [".ds_store", "thumbs.db", "desktop.ini", ".picasa.ini"].includes(base.toLowerCase())
    );
}

async function entriesOf(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
    const all: FileSystemEntry[] = [];
    // A reader hands out a hundred at a time and says that it is done by handing out none.
    for (;;) {
        const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
            reader.readEntries(resolve, reject),
        );
        if (some.length === 0) return all;
        all.push(...some);
    }
}

async function walk(entry: FileSystemEntry, found: Picked[]): Promise<void> {
    if (entry.isFile) {
        const file = await new Promise<File>((resolve, reject) =>
            (entry as FileSystemFileEntry).file(resolve, reject),
        );
        found.push({ file, name: entry.fullPath.replace(/^\//, "") });
        return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    for (const child of await entriesOf(reader)) await walk(child, found);
}

function sorted(found: Picked[]): Picked[] {
    const compare = new Intl.Collator("en", { numeric: true }).compare;
    return found.filter((picked) => !isJunk(picked.name)).sort((a, b) => compare(a.name, b.name));
}

/** Files and folders of a drop. The items must be taken before the first await: they are gone
 * once the event is over. */
export async function pickDropped(transfer: DataTransfer): Promise<Picked[]> {
    const entries: FileSystemEntry[] = [];
    const files: Picked[] = [];
    for (const item of Array.from(transfer.items)) {
        if (item.kind !== "file") continue;
        const entry = item.webkitGetAsEntry?.();
        if (entry) {
            entries.push(entry);
        } else {
            const file = item.getAsFile();
            if (file) files.push({ file, name: file.name });
        }
    }
    for (const entry of entries) await walk(entry, files);
    return sorted(files);
}

export function pickChosen(files: FileList): Picked[] {
    return sorted(
        Array.from(files).map((file) => ({ file, name: file.webkitRelativePath || file.name })),
    );
}
