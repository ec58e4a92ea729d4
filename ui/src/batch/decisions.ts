// What a person decides about photos: told to the server, shown at once, and undone on request.
import { signal } from "@preact/signals";

import { asProblem, call, type Photo, type PhotoChange, type PhotoChanged } from "../api";
import { texts } from "../texts";
import { toast } from "../widgets/toast";
import type { BatchStore } from "./store";
import { isPlaced } from "./photos";
import { wayBack } from "./way_back";

interface Step {
    /** As they stood before, the moved one first. */
    before: Photo[];
    label: string;
}

/** More steps back nobody remembers. */
const max_steps = 100;

/** Another photo holds the slot: shown as a question. */
export interface Contest {
    photo: Photo;
    rival: Photo;
    change: PhotoChange;
}

export class Decisions {
    readonly steps = signal<Step[]>([]);
    readonly contest = signal<Contest | null>(null);
    /** The photo that is carried to another slot by keyboard or by touch. */
    readonly carried = signal<string | null>(null);

    /** One after the other: an undo waits for what it undoes. */
    private last: Promise<void> = Promise.resolve();

    constructor(private readonly store: BatchStore) {}

    private inTurn(run: () => Promise<void>): Promise<void> {
        this.last = this.last.then(run, run);
        return this.last;
    }

    /** To a slot; what was there is put aside, or changes places where the photo came from one. */
    move(photo: Photo, row: number, slot: string) {
        return this.inTurn(() => this.moveNow(photo, row, slot));
    }

    private async moveNow(shown: Photo, row: number, slot: string) {
        const photo = this.store.photos.get(shown.id) ?? shown;
        const rival = this.store.photoAt(row, slot);
        if (rival?.id === photo.id) return;
        const where = texts.batch.place(this.store.skuByRow.get(row)?.sku ?? "", slot);
        const change: PhotoChange = { sku_row: row, slot };
        if (!rival) {
            await this.applyNow(photo, change, texts.batch.movedTo(photo.name, where));
            return;
        }
        const swaps = isPlaced(photo);
        const label = swaps
            ? texts.batch.swapped(photo.name, rival.name)
            : texts.batch.movedInstead(photo.name, where, rival.name);
        const moved = await this.send(photo, {
            ...change,
            displace: true,
            ...(swaps && { swap: true }),
        });
        if (moved) this.remember([photo, rival], label);
    }

    turn(photo: Photo, degrees: number) {
        const turn = (photo.turn + degrees + 360) % 360;
        return this.apply(photo, { turn }, texts.batch.turned(photo.name));
    }

    leaveOut(photo: Photo, leftOut: boolean) {
        const label = leftOut
            ? texts.batch.wasLeftOut(photo.name)
            : texts.batch.wasPutBack(photo.name);
        return this.apply(photo, { left_out: leftOut }, label);
    }

    reset(photo: Photo) {
        return this.apply(photo, { reset: true }, texts.batch.wasReset(photo.name));
    }

    /** After the question: the rival goes aside. */
    async settle(contest: Contest) {
        this.contest.value = null;
        await this.apply(
            contest.photo,
            { ...contest.change, displace: true },
            texts.batch.movedInstead(
                contest.photo.name,
                contest.change.slot ?? "",
                contest.rival.name,
            ),
        );
    }

    undo() {
        return this.inTurn(() => this.undoNow());
    }

    private async undoNow() {
        const step = this.steps.value.at(-1);
        if (!step) return;
        this.steps.value = this.steps.value.slice(0, -1);
        for (const before of step.before) {
            const after = this.store.photos.get(before.id);
            if (!after) continue;
            for (const change of wayBack(after, before)) {
                if (!(await this.send(this.store.photos.get(before.id)!, change))) return;
            }
        }
        toast(texts.batch.undone(step.label));
    }

    private apply(photo: Photo, change: PhotoChange, label: string) {
        return this.inTurn(() => this.applyNow(photo, change, label));
    }

    private async applyNow(photo: Photo, change: PhotoChange, label: string) {
        const changed = await this.send(photo, change);
        if (changed) this.remember(changed.displaced ? [photo, changed.displaced] : [photo], label);
    }

    private remember(before: Photo[], label: string) {
        this.steps.value = [...this.steps.value, { before, label }].slice(-max_steps);
        toast(label, { label: texts.action.undo, run: () => void this.undo() });
    }

    private async send(photo: Photo, change: PhotoChange): Promise<PhotoChanged | null> {
        const inTheWay =
            change.sku_row !== undefined && change.slot !== undefined
                ? this.store.photoAt(change.sku_row, change.slot)
                : undefined;
        this.store.takePhotos([expected(photo, change, this.store)]);
        try {
            const changed = await call<PhotoChanged>("PATCH", `/api/v1/photos/${photo.id}`, change);
            this.store.takeDecided(
                changed.displaced ? [changed.displaced, changed.photo] : [changed.photo],
            );
            return changed;
        } catch (error) {
            const problem = asProblem(error);
            this.store.takePhotos(inTheWay ? [photo, inTheWay] : [photo]);
            if (problem.rival) this.contest.value = { photo, rival: problem.rival, change };
            else toast(problem.message, undefined, "bad");
            return null;
        }
    }
}

/** What the server will most likely make of it, shown until it answers. */
function expected(photo: Photo, change: PhotoChange, store: BatchStore): Photo {
    const next = { ...photo };
    if (change.turn !== undefined) next.turn = change.turn;
    if (change.left_out !== undefined) {
        next.left_out = change.left_out;
        if (change.left_out) next.needs_attention = false;
    }
    if (change.sku_row !== undefined && change.slot !== undefined) {
        const sku = store.skuByRow.get(change.sku_row);
        if (sku && (!store.photoAt(sku.row, change.slot) || change.displace)) {
            next.sku = { row: sku.row, sku: sku.sku };
            next.slot = change.slot;
            next.verdict = "matched";
            next.decided_by = "person";
            next.needs_attention = false;
            next.left_out = false;
        }
    }
    return next;
}
