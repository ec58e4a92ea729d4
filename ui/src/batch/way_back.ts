import type { Photo, PhotoChange } from "../api";
import { isPlaced } from "./photos";

/** The changes that make BEFORE of AFTER. */
export function wayBack(after: Photo, before: Photo): PhotoChange[] {
    if (before.left_out && !after.left_out) return [{ left_out: true }];
    const stands =
        before.sku?.row === after.sku?.row &&
        before.slot === after.slot &&
        before.left_out === after.left_out &&
        before.verdict === after.verdict;
    const changes: PhotoChange[] = [];
    let { turn } = after;
    if (!stands && isPlaced(before)) {
        // Also where a rule had put it: the rules would go around what stands there meanwhile.
        changes.push({ sku_row: before.sku!.row, slot: before.slot!, displace: true, swap: true });
    } else if (!stands) {
        changes.push({ reset: true });
        turn = 0; // a reset takes the turn back as well
    }
    if (turn !== before.turn) changes.push({ turn: before.turn });
    return changes;
}
