/** Whether an answer of STATUS to an upload may be another one in a moment; 0: no answer. */
export function isWorthRetrying(status: number, isCreation: boolean): boolean {
    if (status === 0) return true;
    if (status === 409 && isCreation) return false; // the batch takes no files now
    if (status === 507) return false; // the disk is full, and will be in a second
    return status >= 500 || [409, 423, 429].includes(status);
}
