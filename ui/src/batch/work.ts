// What the parts of the batch page share.
import { signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";

import { asProblem, get, type OpenUpload, type Page } from "../api";
import { texts } from "../texts";
import { isJunk, type Picked } from "../uploads/pick";
import { UploadQueue } from "../uploads/queue";
import { toast } from "../widgets/toast";
import { Decisions } from "./decisions";
import { BatchStore } from "./store";

export class Work {
    readonly store: BatchStore;
    readonly decisions: Decisions;
    readonly queue: UploadQueue;
    /** The photo whose details are shown, and the list that Left and Right walk through. */
    readonly detail = signal<{ id: string; among: string[] } | null>(null);
    /** The photo for which a place is being chosen. */
    readonly placing = signal<string | null>(null);
    /** Uploads that an earlier visit began and did not finish. */
    readonly interrupted = signal<OpenUpload[]>([]);

    constructor(id: string) {
        this.store = new BatchStore(id);
        this.decisions = new Decisions(this.store);
        this.queue = new UploadQueue(id);
    }

    get isOpen() {
        return this.store.batch.value?.state === "open";
    }

    show(id: string, among: string[]) {
        this.detail.value = { id, among };
    }

    async readInterrupted(): Promise<OpenUpload[]> {
        const page = await get<Page<OpenUpload>>(
            `${this.store.url}/uploads?state=open&limit=500`,
        ).catch(() => null);
        return page?.items ?? [];
    }

    /** Sends files; what the batch has is skipped, what was interrupted goes on. */
    async addFiles(picked: Picked[]) {
        const wanted = picked.filter((one) => !isJunk(one.name));
        if (wanted.length === 0) {
            toast(texts.upload.nothingFound);
            return;
        }
        if (!this.isOpen) {
            toast(texts.upload.notOpen, undefined, "bad");
            return;
        }
        try {
            const open = this.queue.isActive ? [] : await this.readInterrupted();
            const known = new Set(
                [...this.store.photos.values()].map((photo) =>
                    UploadQueue.key(photo.name, photo.size),
                ),
            );
            this.queue.add(wanted, open, known);
            this.interrupted.value = [];
            const { skipped } = this.queue.totals.value;
            if (skipped > 0) toast(texts.upload.skipped(skipped));
        } catch (error) {
            toast(asProblem(error).message, undefined, "bad");
        }
    }
}

const WorkContext = createContext<Work | null>(null);

export const WorkProvider = WorkContext.Provider;

export function useWork(): Work {
    return useContext(WorkContext)!;
}
