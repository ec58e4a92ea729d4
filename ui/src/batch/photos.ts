// What follows from a photo's facts: where it stands, whether a person should look, what could be
// done about it. Pure.
import type { Photo, Sku } from "../api";

/** The columns, in the order of a listing; further codes follow as they occur. */
export const usual_slots = [
    "MAIN",
    "PT01",
    "PT02",
    "PT03",
    "PT04",
    "PT05",
    "PT06",
    "PT07",
    "PT08",
    "SWCH",
] as const;

export const all_slots = [
    ...usual_slots,
    "PS01",
    "PS02",
    "PS03",
    "PS04",
    "PS05",
    "PS06",
    "EEGL",
    "FRNT",
    "BACK",
    "SIDE",
    "LEFT",
    "RGHT",
    "TOPP",
    "BOTT",
    "PAIR",
    "FACT",
    "INGR",
    "DTLS",
];

export const isRefused = (photo: Photo) => photo.compliance.some((note) => note.is_refusal);

export const isPlaced = (photo: Photo) =>
    !photo.left_out && photo.verdict === "matched" && photo.sku !== null && !!photo.slot;

/** Whether anything can be done with it but leave it out. */
export const isPicture = (photo: Photo) => photo.state !== "failed" && photo.verdict !== "rejected";

/** The lists that the matcher names SKUs in. */
const naming = /^(?:nearest SKUs?: |could be |could also be read as SKU )(.*)$/;

/** SKUs that the matcher's notes name, those first that it names first. A name counts only when
 * the sheet has it: the notes are text for people. */
export function suggestedSkus(photo: Photo, bySku: ReadonlyMap<string, Sku>): Sku[] {
    const found: Sku[] = [];
    const add = (sku: Sku | undefined) => {
        if (sku && !found.includes(sku)) found.push(sku);
    };
    if (photo.sku) add(bySku.get(photo.sku.sku));
    for (const note of (photo.notes ?? "").split("; ")) {
        const names = naming.exec(note)?.[1];
        if (!names) continue;
        for (const name of names.split(/, | or /)) add(bySku.get(name));
    }
    return found.slice(0, 3);
}

/** The first of the usual slots that TAKEN does not have. */
export function nextFreeSlot(taken: (slot: string) => boolean): string {
    return usual_slots.find((slot) => slot !== "SWCH" && !taken(slot)) ?? "PT08";
}

export function compareSlots(a: string, b: string): number {
    const rank = (slot: string) => {
        const at = all_slots.indexOf(slot);
        return at < 0 ? all_slots.length : at;
    };
    return rank(a) - rank(b) || a.localeCompare(b);
}
