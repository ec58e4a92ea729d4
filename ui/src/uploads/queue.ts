// The queue of one batch's uploads (LST-04): a few at a time over tus, thousands waiting. What the
// server has of a file already is not sent again: neither a photo of the batch nor the beginning
// of an upload that was interrupted; both are known by path and size.
import { signal } from "@preact/signals";
import { DetailedError, Upload } from "tus-js-client";

import { readProblem, type OpenUpload } from "../api";
import { texts } from "../texts";
import { kindOf, type Kind, type Picked } from "./pick";
import { RateMeter } from "./rate";
import { isWorthRetrying } from "./retry";

/** One connection of the six that a browser has for a host is the events', one is spare. */
const max_parallel = 4;

/** A piece that arrived is not sent again after a broken line. */
const chunk_bytes = 64 * 1024 * 1024;

const retry_delays_ms = [500, 1000, 2000, 4000, 8000, 15_000, 30_000, 30_000, 60_000, 60_000];

export interface Item {
    file: File;
    name: string;
    kind: Kind;
    state: "waiting" | "sending" | "done" | "failed";
    sent: number;
    problem: string;
    /** Where an interrupted upload of the same file goes on. */
    url: string | null;
    upload: Upload | null;
}

export interface Totals {
    files: number;
    done: number;
    failed: number;
    bytes: number;
    sent: number;
    skipped: number;
    isActive: boolean;
    isPaused: boolean;
    isOffline: boolean;
    rate: number;
    secondsLeft: number;
}

const no_totals: Totals = {
    files: 0,
    done: 0,
    failed: 0,
    bytes: 0,
    sent: 0,
    skipped: 0,
    isActive: false,
    isPaused: false,
    isOffline: false,
    rate: 0,
    secondsLeft: Infinity,
};

const fileKey = (name: string, size: number) => `${size} ${name}`;

export class UploadQueue {
    /** Changes four times a second at most, however fast the files go. */
    readonly totals = signal<Totals>(no_totals);
    readonly failed = signal<Item[]>([]);
    private waiting: Item[] = [];
    private sending = new Set<Item>();
    private problems: Item[] = [];
    private counted = { files: 0, done: 0, bytes: 0, sent: 0, skipped: 0 };
    private isPaused = false;
    private meter = new RateMeter();
    private timer: ReturnType<typeof setTimeout> | null = null;

    constructor(private readonly batchId: string) {}

    get isActive() {
        return this.waiting.length + this.sending.size > 0;
    }

    /** `known`: keys (photoKey) of what the batch has. */
    add(picked: Picked[], open: OpenUpload[], known: ReadonlySet<string>) {
        if (!this.isActive) this.startCounting();
        const interrupted = new Map(open.map((one) => [fileKey(one.name, one.size), one]));
        for (const { file, name } of picked) {
            const kind = kindOf(name);
            const key = fileKey(name, file.size);
            if (kind === "photo" && known.has(key)) {
                this.counted.skipped++;
                continue;
            }
            const begun = interrupted.get(key);
            const url = begun ? `/api/v1/uploads/${begun.id}` : null;
            const item: Item = {
                file,
                name,
                kind,
                state: "waiting",
                sent: 0,
                problem: "",
                url,
                upload: null,
            };
            this.counted.files++;
            this.counted.bytes += file.size;
            // The sheet first: photos are matched as they come once it is known.
            if (kind === "sheet") this.waiting.unshift(item);
            else this.waiting.push(item);
        }
        this.pump();
        this.tell();
    }

    static key = fileKey;

    pause() {
        this.isPaused = true;
        for (const item of this.sending) {
            void item.upload?.abort();
            item.state = "waiting";
            item.url = item.upload?.url ?? item.url;
            this.waiting.unshift(item);
        }
        this.sending.clear();
        this.meter.reset();
        this.tell();
    }

    resume() {
        this.isPaused = false;
        this.pump();
        this.tell();
    }

    /** Stops all; what had begun is taken back from the server. */
    cancel() {
        for (const item of this.sending) void item.upload?.abort(true).catch(() => {});
        this.sending.clear();
        this.waiting = [];
        this.isPaused = false;
        this.startCounting();
        this.tell();
    }

    /** The page goes away: nothing is sent on, what has arrived stays and can go on later. */
    cancelQuietly() {
        for (const item of this.sending) void item.upload?.abort();
        this.sending.clear();
        this.waiting = [];
    }

    retryFailed() {
        const again = this.problems;
        this.problems = [];
        for (const item of again) {
            item.state = "waiting";
            item.problem = "";
            this.waiting.push(item);
        }
        this.pump();
        this.tell();
    }

    dismissFailed() {
        for (const item of this.problems) {
            this.counted.files--;
            this.counted.bytes -= item.file.size;
            this.counted.sent -= item.sent;
        }
        this.problems = [];
        this.tell();
    }

    private startCounting() {
        this.problems = [];
        this.counted = { files: 0, done: 0, bytes: 0, sent: 0, skipped: 0 };
        this.meter.reset();
    }

    private pump() {
        while (!this.isPaused && this.sending.size < max_parallel) {
            const item = this.waiting.shift();
            if (!item) return;
            this.send(item);
        }
    }

    private send(item: Item) {
        item.state = "sending";
        this.sending.add(item);
        item.upload = new Upload(item.file, {
            endpoint: "/api/v1/uploads",
            uploadUrl: item.url,
            metadata: { batch: this.batchId, name: item.name, kind: item.kind },
            chunkSize: chunk_bytes,
            uploadDataDuringCreation: true,
            // Nothing is remembered in the browser (LST-22): the server knows what is open.
            storeFingerprintForResuming: false,
            retryDelays: retry_delays_ms,
            onShouldRetry: (error) => isWorthRetrying(statusOf(error), item.url === null),
            onUploadUrlAvailable: () => {
                item.url = item.upload?.url ?? item.url;
            },
            onProgress: (sent) => {
                this.counted.sent += sent - item.sent;
                item.sent = sent;
                this.tellSoon();
            },
            onSuccess: () => this.finish(item, ""),
            onError: (error) => this.finish(item, messageOf(error)),
        });
        item.upload.start();
    }

    private finish(item: Item, problem: string) {
        if (!this.sending.delete(item)) return;
        item.upload = null;
        if (problem) {
            item.state = "failed";
            item.problem = problem;
            this.problems.push(item);
        } else {
            item.state = "done";
            this.counted.sent += item.file.size - item.sent;
            item.sent = item.file.size;
            this.counted.done++;
        }
        this.pump();
        this.tellSoon();
    }

    private tellSoon() {
        this.timer ??= setTimeout(() => this.tell(), 250);
    }

    private tell() {
        if (this.timer) clearTimeout(this.timer);
        this.timer = null;
        this.meter.add(performance.now(), this.counted.sent);
        this.failed.value = [...this.problems];
        this.totals.value = {
            ...this.counted,
            failed: this.problems.length,
            isActive: this.isActive,
            isPaused: this.isPaused,
            isOffline: !navigator.onLine,
            rate: this.meter.perSecond(),
            secondsLeft: this.meter.secondsUntil(this.counted.bytes),
        };
    }
}

function statusOf(error: Error | DetailedError): number {
    return error instanceof DetailedError ? (error.originalResponse?.getStatus() ?? 0) : 0;
}

function messageOf(error: Error | DetailedError): string {
    const status = statusOf(error);
    if (status === 0) return texts.upload.lineLost;
    const body = error instanceof DetailedError ? error.originalResponse?.getBody() : "";
    return readProblem(status, body ?? "").message;
}
