// Long lists show only what is on the screen: rows of one height, above and below them space.
// Whatever scrolls, the page or a pane, the rows are found by where the list stands in the window.
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** Rendered beyond the edges, so that a fast wheel shows no blank. */
const spare_rows = 4;

export interface Rows {
    first: number;
    /** Exclusive. */
    end: number;
}

/** Rows of HEIGHT that a list of COUNT shows whose top stands at TOP in a window of VIEW pixels. */
export function rowsInView(top: number, view: number, height: number, count: number): Rows {
    const first = Math.floor(-top / height) - spare_rows;
    const end = Math.ceil((view - top) / height) + spare_rows;
    const clamp = (n: number) => Math.min(count, Math.max(0, n));
    return { first: clamp(first), end: clamp(end) };
}

/** `measure` after scrolling by hand: the rows are there at the next rendering, not an event later. */
export function useWindow(count: number, height: number) {
    const ref = useRef<HTMLDivElement>(null);
    const [rows, setRows] = useState<Rows>({ first: 0, end: Math.min(count, 20) });
    const measure = () => {
        if (!ref.current) return;
        const next = rowsInView(
            ref.current.getBoundingClientRect().top,
            innerHeight,
            height,
            count,
        );
        setRows((old) => (old.first === next.first && old.end === next.end ? old : next));
    };
    useLayoutEffect(() => {
        measure();
        addEventListener("scroll", measure, { capture: true, passive: true });
        addEventListener("resize", measure);
        return () => {
            removeEventListener("scroll", measure, { capture: true });
            removeEventListener("resize", measure);
        };
    }, [count, height]);
    const shown = { first: Math.min(rows.first, count), end: Math.min(rows.end, count) };
    return {
        ref,
        measure,
        ...shown,
        above: shown.first * height,
        below: (count - shown.end) * height,
    };
}

/** Scrolls as little as needed to bring row INDEX of LIST into view, below what is pinned on top. */
export function revealRow(list: HTMLElement, index: number, height: number, pinned: number) {
    const top = list.getBoundingClientRect().top + index * height;
    const pane = paneOf(list);
    const [upper, lower] = pane
        ? [pane.getBoundingClientRect().top, pane.getBoundingClientRect().bottom]
        : [pinned, innerHeight];
    const by = top < upper ? top - upper - 8 : top + height > lower ? top + height - lower + 8 : 0;
    if (by !== 0) (pane ?? window).scrollBy({ top: by });
}

function paneOf(element: HTMLElement): HTMLElement | null {
    for (let one = element.parentElement; one; one = one.parentElement) {
        if (/auto|scroll/.test(getComputedStyle(one).overflowY) && one !== document.body)
            return one;
    }
    return null;
}
