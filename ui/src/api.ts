// The HTTP API (/api/v1/openapi.json) as the pages use it: types, one way to call, one error.
import { texts } from "./texts";

export interface Session {
    account: {
        id: string;
        name: string;
        email: string | null;
        region: Region;
        created_at: string;
    };
    test_mode: boolean;
    host: string;
    limits: {
        max_photo_bytes: number;
        max_batch_photos: number;
        quota_bytes: number;
        used_bytes: number;
    };
    retention_days: number;
}

export type Region = "us" | "eu";

export interface SignIn {
    providers: { id: string; name: string; url: string }[];
    regions: Region[];
    test_mode: boolean;
}

export type BatchState = "open" | "publishing" | "published" | "expired";

export interface Batch {
    id: string;
    name: string;
    state: BatchState;
    revision: number;
    created_at: string;
    changed_at: string;
    published_at: string | null;
    expires_at: string | null;
    last_expires_at: string | null;
    marketplace: string;
    /** Title of the marketplace whose rules count. */
    rules: string;
    longest_side: number;
    quality: number;
    sheet: {
        name: string;
        is_read: boolean;
        description: string;
        marketplace: string;
        marketplace_title: string;
        worksheet: string;
        num_skus: number;
        notes: string | null;
        problem: string | null;
    } | null;
    counts: Counts;
    bytes_in: number;
    bytes_out: number;
    publish_error: string | null;
}

export interface Counts {
    photos: number;
    uploading: number;
    /** To be cleaned, or being cleaned. */
    waiting: number;
    done: number;
    failed: number;
    matched: number;
    unmatched: number;
    ambiguous: number;
    duplicate: number;
    rejected: number;
    left_out: number;
    skus: number;
    skus_complete: number;
    skus_without_main: number;
    attention: number;
}

export type Verdict =
    | "pending"
    | "matched"
    | "unmatched"
    | "ambiguous"
    | "duplicate"
    | "rejected"
    | "left_out";

export interface Photo {
    id: string;
    name: string;
    size: number;
    uploaded_at: string;
    expires_at: string;
    state: "waiting" | "done" | "failed";
    verdict: Verdict;
    sku: { row: number; sku: string } | null;
    slot: string | null;
    rule: string | null;
    notes: string | null;
    decided_by: "rule" | "person" | "system";
    needs_attention: boolean;
    turn: number;
    left_out: boolean;
    format: string | null;
    width: number | null;
    height: number | null;
    picture: { width: number; height: number; bytes: number; url: string | null } | null;
    thumbnail: string | null;
    failure: string | null;
    compliance: { is_refusal: boolean; text: string }[];
}

export interface Sku {
    row: number;
    sku: string;
    asin: string | null;
    parent: string | null;
    is_parent: boolean;
    problem: string | null;
    /** The sheet brings a URL of its own for the main picture. */
    has_sheet_main: boolean;
    missing: string[];
    needs_attention: boolean;
}

export interface PhotoChange {
    sku_row?: number;
    slot?: string;
    turn?: number;
    left_out?: boolean;
    reset?: true;
    displace?: true;
    /** With displace: who has the slot takes the one that the photo leaves. */
    swap?: true;
}

export interface PhotoChanged {
    photo: Photo;
    displaced: Photo | null;
    revision: number;
}

export interface HistoryEntry {
    at: string;
    photo: string | null;
    name: string | null;
    what: string;
    by: string;
    details: string | null;
}

export interface OpenUpload {
    id: string;
    name: string;
    size: number;
    offset: number;
    kind: string;
    expires_at: string;
}

export interface Page<T> {
    items: T[];
    next_cursor: string | null;
}

/** What went wrong, in words for a person. Status 0: the server was not reached. */
export class Problem extends Error {
    readonly status: number;
    readonly field: string | null;
    readonly rival: Photo | null;

    constructor(
        status: number,
        message: string,
        field: string | null = null,
        rival: Photo | null = null,
    ) {
        super(message);
        this.status = status;
        this.field = field;
        this.rival = rival;
    }
}

export function asProblem(error: unknown): Problem {
    return error instanceof Problem ? error : new Problem(0, String(error));
}

/** Reads an application/problem+json body; falls back to the status. */
export function readProblem(status: number, body: string): Problem {
    try {
        const told = JSON.parse(body) as Record<string, unknown>;
        const text = told.detail || told.title;
        if (typeof text === "string" && text) {
            const field = typeof told.field === "string" ? told.field : null;
            return new Problem(status, sentence(text), field, (told.rival as Photo) ?? null);
        }
    } catch {
        // A proxy's own error page.
    }
    return new Problem(status, texts.error.status(status));
}

/** The server's messages begin in lower case and end without a stop, as log lines do. */
export function sentence(text: string): string {
    const first = text.charAt(0).toUpperCase() + text.slice(1);
    return /[.!?]$/.test(first) ? first : first + ".";
}

let onSignedOut = () => {};

/** Called whenever an answer says that nobody is signed in. */
export function setSignedOutHandler(handler: () => void) {
    onSignedOut = handler;
}

export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (method === "POST") headers["Idempotency-Key"] = crypto.randomUUID();
    let response: Response;
    try {
        response = await fetch(path, {
            method,
            headers,
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
    } catch {
        throw new Problem(0, texts.error.unreachable);
    }
    const text = await response.text().catch(() => "");
    if (!response.ok) {
        if (response.status === 401) onSignedOut();
        throw readProblem(response.status, text);
    }
    return (text ? JSON.parse(text) : undefined) as T;
}

export const get = <T>(path: string) => call<T>("GET", path);

/** All pages of a list, one after the other. */
export async function* pagesOf<T>(path: string, limit = 500): AsyncGenerator<T[]> {
    let cursor: string | null = null;
    do {
        const joint = path.includes("?") ? "&" : "?";
        const more: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
        const page: Page<T> = await get(`${path}${joint}limit=${limit}${more}`);
        yield page.items;
        cursor = page.next_cursor;
    } while (cursor);
}
