// One batch as the page knows it: the batch, its SKUs and photos, kept fresh by the server's
// events. The photos are the one truth: which slot holds what follows from them.
import { computed, signal } from "@preact/signals";

import {
    asProblem,
    get,
    pagesOf,
    type Batch,
    type Page,
    type Photo,
    type Problem,
    type Sku,
} from "../api";
import { isPlaced, usual_slots } from "./photos";

/** More changes than this at once: reading everything again is cheaper. */
const max_single_photos = 400;

const ids_per_request = 100;

const reconnect_ms = 3000;

interface PhotosEvent {
    /** So many that they are not named. */
    all: boolean;
    ids: string[];
}

export class BatchStore {
    readonly batch = signal<Batch | null>(null);
    readonly problem = signal<Problem | null>(null);
    readonly isLoaded = signal(false);
    readonly isLive = signal(true);
    readonly isDeleted = signal(false);
    /** Goes up with every change of photos or SKUs. Whoever shows them must read it, or is not
     * drawn again: a component that reads any signal is drawn for its signals only. The functions
     * below that look something up do so themselves. */
    readonly version = signal(0);

    photos = new Map<string, Photo>();
    skus: Sku[] = [];
    skuByRow = new Map<number, Sku>();
    skuByName = new Map<string, Sku>();
    private places = new Map<number, Map<string, Photo>>();
    private events: EventSource | null = null;
    private sheetSeen = "";
    private isClosed = false;
    private changed = new Set<string>();
    private hasChangedWhole = false;
    private tick = 0;
    private decidedAt = new Map<string, number>();
    private isFetching = false;

    readonly attention = computed(() => {
        this.version.value;
        return [...this.photos.values()].filter((photo) => photo.needs_attention).sort(byName);
    });
    readonly skusForAttention = computed(() => {
        this.version.value;
        return this.skus.filter((sku) => this.missesMain(sku) || sku.problem !== null);
    });

    constructor(readonly id: string) {}

    get url() {
        return `/api/v1/batches/${this.id}`;
    }

    /** The events first: what changes while the lists are read is not missed then. */
    async open() {
        if (!this.events) this.listen();
        await this.reload();
    }

    close() {
        this.isClosed = true;
        this.events?.close();
    }

    /** Everything anew; what is shown stays until the new is there. */
    async reload() {
        this.problem.value = null;
        try {
            this.takeBatch(await get<Batch>(this.url));
            await Promise.all([this.readSkus(), this.readPhotos()]);
            this.isLoaded.value = true;
            void this.fetchChanged();
        } catch (error) {
            this.problem.value = asProblem(error);
        }
    }

    photo(id: string): Photo | undefined {
        this.version.value;
        return this.photos.get(id);
    }

    photoAt(row: number, slot: string): Photo | undefined {
        this.version.value;
        return this.places.get(row)?.get(slot);
    }

    /** Slots of a SKU that hold something but have no column of their own. */
    furtherSlots(row: number): string[] {
        this.version.value;
        const usual: readonly string[] = usual_slots;
        return [...(this.places.get(row)?.keys() ?? [])].filter((slot) => !usual.includes(slot));
    }

    numPlaced(row: number): number {
        this.version.value;
        return this.places.get(row)?.size ?? 0;
    }

    missesMain(sku: Sku): boolean {
        if (this.photoAt(sku.row, "MAIN")) return false;
        if (sku.has_sheet_main) return false;
        // A slot that was emptied on this page: the server's word on it is older than ours.
        return sku.missing.includes("MAIN") || (!sku.is_parent && this.numPlaced(sku.row) > 0);
    }

    takePhotos(photos: Photo[]) {
        for (const photo of photos) {
            this.unplace(photo.id);
            this.photos.set(photo.id, photo);
            this.place(photo);
        }
        this.version.value++;
    }

    /** The answer to a decision made here: newer than what is being fetched meanwhile. */
    takeDecided(photos: Photo[]) {
        this.tick++;
        for (const photo of photos) this.decidedAt.set(photo.id, this.tick);
        this.takePhotos(photos);
    }

    /** What was asked for at SINCE. What was decided here since then is asked for again once the
     * server's event about it comes. */
    private takeFetched(photos: Photo[], since: number) {
        this.takePhotos(photos.filter((photo) => (this.decidedAt.get(photo.id) ?? 0) <= since));
    }

    private forget(id: string) {
        this.unplace(id);
        this.photos.delete(id);
    }

    private unplace(id: string) {
        const before = this.photos.get(id);
        if (!before?.sku || !before.slot) return;
        const slots = this.places.get(before.sku.row);
        if (slots?.get(before.slot)?.id === id) slots.delete(before.slot);
    }

    private place(photo: Photo) {
        if (!isPlaced(photo)) return;
        let slots = this.places.get(photo.sku!.row);
        if (!slots) this.places.set(photo.sku!.row, (slots = new Map()));
        slots.set(photo.slot!, photo);
    }

    takeBatch(batch: Batch) {
        const known = this.batch.value;
        // Answers may overtake one another.
        if (known && known.revision > batch.revision) return;
        this.batch.value = batch;
        const sheet = JSON.stringify(batch.sheet);
        const isOtherSheet = known !== null && sheet !== this.sheetSeen;
        this.sheetSeen = sheet;
        if (isOtherSheet) void this.readSkus().catch(() => {});
    }

    private async readSkus() {
        if (!this.batch.value?.sheet) {
            this.takeSkus([]);
            return;
        }
        const all: Sku[] = [];
        for await (const page of pagesOf<Sku>(`${this.url}/skus?slots=0`)) {
            all.push(...page);
            if (!this.isLoaded.value) this.takeSkus(all);
        }
        this.takeSkus(all);
    }

    private takeSkus(skus: Sku[]) {
        this.skus = [...skus];
        this.skuByRow = new Map(skus.map((sku) => [sku.row, sku]));
        this.skuByName = new Map(skus.map((sku) => [sku.sku, sku]));
        this.version.value++;
    }

    private async readPhotos() {
        const seen = new Set<string>();
        const since = this.tick;
        if (!this.isLoaded.value) {
            for await (const page of pagesOf<Photo>(`${this.url}/photos?filter=attention`)) {
                this.takePhotos(page);
            }
        }
        for await (const page of pagesOf<Photo>(`${this.url}/photos?filter=all`)) {
            for (const photo of page) seen.add(photo.id);
            this.takeFetched(page, since);
        }
        for (const id of [...this.photos.keys()]) {
            if (!seen.has(id)) this.forget(id);
        }
        this.version.value++;
    }

    private listen() {
        const events = new EventSource(`${this.url}/events`);
        this.events = events;
        events.addEventListener("open", () => {
            this.isLive.value = true;
        });
        events.addEventListener("error", () => {
            this.isLive.value = false;
            // The browser connects again itself and says what it saw last, unless it was refused.
            if (events.readyState !== EventSource.CLOSED) return;
            setTimeout(() => {
                if (this.isClosed || this.isDeleted.value) return;
                this.listen();
                void this.reload();
            }, reconnect_ms);
        });
        events.addEventListener("deleted", () => {
            events.close();
            this.isDeleted.value = true;
        });
        events.addEventListener("batch", (event) =>
            this.takeBatch(JSON.parse((event as MessageEvent<string>).data) as Batch),
        );
        events.addEventListener("photos", (event) => {
            const told = JSON.parse((event as MessageEvent<string>).data) as PhotosEvent;
            if (told.all) this.hasChangedWhole = true;
            for (const id of told.ids) this.changed.add(id);
            void this.fetchChanged();
        });
    }

    private async fetchChanged() {
        if (this.isFetching || !this.isLoaded.value) return;
        this.isFetching = true;
        try {
            while ((this.changed.size > 0 || this.hasChangedWhole) && !this.isClosed) {
                const ids = [...this.changed];
                const isWhole = this.hasChangedWhole || ids.length > max_single_photos;
                this.changed.clear();
                this.hasChangedWhole = false;
                if (isWhole) await this.readPhotos();
                else await this.fetchPhotos(ids);
            }
        } catch {
            // The line is down: the events say so, and everything is read anew once it is back.
        } finally {
            this.isFetching = false;
        }
    }

    private async fetchPhotos(ids: string[]) {
        for (let i = 0; i < ids.length; i += ids_per_request) {
            const some = ids.slice(i, i + ids_per_request);
            const since = this.tick;
            const page = await get<Page<Photo>>(
                `${this.url}/photos?ids=${some.join(",")}&limit=${ids_per_request}`,
            );
            const there = new Set(page.items.map((photo) => photo.id));
            for (const id of some) if (!there.has(id)) this.forget(id);
            this.takeFetched(page.items, since);
        }
    }
}

const collator = new Intl.Collator("en", { numeric: true });

export function byName(a: Photo, b: Photo): number {
    return collator.compare(a.name, b.name);
}
