import type { Photo, PhotoChange } from "../api";

/** The changes that make BEFORE of AFTER. */
export function wayBack(after: Photo, before: Photo): PhotoChange[] {
    const stands =
        before.sku?.row === after.sku?.row &&
        before.slot === after.slot &&
        before.left_out === after.left_out &&
        before.decided_by === after.decided_by;
    if (before.left_out && !after.left_out) return [{ left_out: true }];
    const changes: PhotoChange[] = [];
    let { turn } = after;
    if (!stands && before.decided_by === "person" && before.sku && before.slot) {
        changes.push({ sku_row: before.sku.row, slot: before.slot, displace: true });
    } else if (!stands) {
        changes.push({ reset: true });
        turn = 0; // a reset takes the turn back as well
    }
    if (turn !== before.turn) changes.push({ turn: before.turn });
    return changes;
}
