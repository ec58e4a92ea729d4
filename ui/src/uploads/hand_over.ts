// Files that were dropped on one page and are uploaded on the next.
import type { Picked } from "./pick";

const pending = new Map<string, Picked[]>();

export function handOver(batchId: string, picked: Picked[]) {
    pending.set(batchId, picked);
}

export function takeOver(batchId: string): Picked[] {
    const picked = pending.get(batchId) ?? [];
    pending.delete(batchId);
    return picked;
}
