// SKUs with their slots: a row a SKU, a column a slot. Photos are dragged from slot to slot; with
// the keyboard, Space picks one up, the arrow keys find a place, Enter puts it there.
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import type { Sku } from "../api";
import { count } from "../format";
import { texts } from "../texts";
import { Icon } from "../widgets/icon";
import { Empty, Loading } from "../widgets/states";
import { revealRow, useWindow } from "../widgets/window";
import { bringsPhoto, dragged, photoOf } from "./drag";
import { photoKey } from "./photo_keys";
import { usual_slots } from "./photos";
import { SkuRow } from "./sku_row";
import { useWork } from "./work";

type Filter = "all" | "attention" | "complete";

const filters: Filter[] = ["all", "attention", "complete"];

/** Where rows become cards: name above, slots below, scrolling sideways. */
const narrow_px = 700;

const gap_px = 8;
const name_px = 190;

interface Shape {
    isNarrow: boolean;
    cell: number;
    row: number;
}

function shapeFor(width: number): Shape {
    if (width < narrow_px) return { isNarrow: true, cell: 72, row: 72 + 44 + 17 };
    const cell = Math.floor(
        (width - name_px - 24 - usual_slots.length * gap_px) / usual_slots.length,
    );
    const fitting = Math.min(112, Math.max(56, cell));
    return { isNarrow: false, cell: fitting, row: fitting + 17 };
}

function useShape() {
    const ref = useRef<HTMLDivElement>(null);
    const [shape, setShape] = useState<Shape>(shapeFor(1200));
    useLayoutEffect(() => {
        const observer = new ResizeObserver(([entry]) => {
            const next = shapeFor(entry!.contentRect.width);
            setShape((old) => (old.cell === next.cell && old.row === next.row ? old : next));
        });
        observer.observe(ref.current!);
        return () => observer.disconnect();
    }, []);
    return { ref, shape };
}

function matches(sku: Sku, words: string[]): boolean {
    const text = `${sku.sku} ${sku.asin ?? ""} ${sku.parent ?? ""}`.toLowerCase();
    return words.every((word) => text.includes(word));
}

export function SkuGrid({ first = "all" }: { first?: Filter }) {
    const work = useWork();
    const { store, decisions } = work;
    const [filter, setFilter] = useState<Filter>(first);
    const [words, setWords] = useState("");
    const version = store.version.value;
    const skus = useMemo(() => {
        const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
        return store.skus.filter((sku) => {
            const isLacking = store.missesMain(sku) || sku.problem !== null;
            if (filter === "attention" && !isLacking) return false;
            if (filter === "complete" && isLacking) return false;
            return matches(sku, wanted);
        });
    }, [version, filter, words]);

    const lacking = store.skusForAttention.value.length;
    const tallies: Record<Filter, number> = {
        all: store.skus.length,
        attention: lacking,
        complete: store.skus.length - lacking,
    };
    return (
        <section class="sku-grid" aria-label={texts.batch.view.skus}>
            <div class="grid-tools">
                <label class="search">
                    <Icon name="search" />
                    <input
                        type="search"
                        aria-label={texts.batch.findSku}
                        placeholder={texts.batch.findSku}
                        value={words}
                        onInput={(event) => setWords(event.currentTarget.value)}
                    />
                </label>
                <div class="segments" role="radiogroup" aria-label={texts.batch.filter}>
                    {filters.map((one) => (
                        <label key={one}>
                            <input
                                type="radio"
                                name="sku-filter"
                                checked={filter === one}
                                onChange={() => setFilter(one)}
                            />
                            <span>
                                {texts.batch.skuFilter[one]} <small>{count(tallies[one])}</small>
                            </span>
                        </label>
                    ))}
                </div>
            </div>
            {skus.length > 0 ? (
                <Rows skus={skus} />
            ) : !store.isLoaded.value ? (
                <Loading />
            ) : (
                <Empty
                    icon="sheet"
                    title={store.skus.length ? texts.batch.noSuchSku : texts.batch.noSkus}
                >
                    {store.skus.length === 0 && <p>{texts.batch.noSheetHint}</p>}
                </Empty>
            )}
            <span class="visually-hidden" role="status">
                {decisions.carried.value ? texts.batch.carryingHint : ""}
            </span>
        </section>
    );
}

interface At {
    row: number;
    slot: string;
}

function Rows({ skus }: { skus: Sku[] }) {
    const work = useWork();
    const { store, decisions } = work;
    const { ref: sizer, shape } = useShape();
    const list = useWindow(skus.length, shape.row);
    const [at, setAt] = useState<At>({ row: skus[0]!.row, slot: "MAIN" });
    const [over, setOver] = useState<At | null>(null);
    const followsFocus = useRef(false);
    const carried = decisions.carried.value;
    const isTarget = work.isOpen && (dragged.value !== null || carried !== null);

    const put = (id: string | null, place: At) => {
        const photo = id ? store.photos.get(id) : undefined;
        if (photo) void decisions.move(photo, place.row, place.slot);
    };
    const placeOf = (event: Event): At | null => {
        const cell = (event.target as HTMLElement).closest<HTMLElement>("[data-slot]");
        return cell ? { row: Number(cell.dataset.row), slot: cell.dataset.slot! } : null;
    };
    const focusOn = (place: At) => {
        const index = skus.findIndex((sku) => sku.row === place.row);
        revealRow(list.ref.current!, index, shape.row, 60);
        list.measure();
        setAt(place);
        followsFocus.current = true;
    };
    useLayoutEffect(() => {
        if (!followsFocus.current) return;
        followsFocus.current = false;
        const selector = `[data-row="${at.row}"][data-slot="${at.slot}"]`;
        const cell = list.ref.current?.querySelector<HTMLElement>(selector);
        cell?.focus({ preventScroll: true });
        if (shape.isNarrow) cell?.scrollIntoView({ block: "nearest", inline: "nearest" });
    }, [at]);
    const onKeyDown = (event: KeyboardEvent) => {
        const here = placeOf(event);
        if (!here) return;
        const next = neighbour(skus, here, event.key, (row) => store.furtherSlots(row));
        const photo = store.photoAt(here.row, here.slot);
        if (next) {
            focusOn(next);
        } else if (carried && (event.key === "Enter" || event.key === " ")) {
            decisions.carried.value = null;
            put(carried, here);
        } else if (!photo || !photoKey(work, photo, event, [])) {
            return;
        }
        event.preventDefault();
        event.stopPropagation();
    };
    const click = (event: MouseEvent) => {
        const here = placeOf(event);
        if (!here) return;
        setAt(here);
        if (carried) {
            decisions.carried.value = null;
            put(carried, here);
            return;
        }
        const photo = store.photoAt(here.row, here.slot);
        if (photo) work.show(photo.id, amongSlots(here.row));
    };
    const amongSlots = (row: number) =>
        [...usual_slots, ...store.furtherSlots(row)]
            .map((slot) => store.photoAt(row, slot)?.id)
            .filter((id): id is string => id !== undefined);
    return (
        <div
            ref={sizer}
            class={`rows ${shape.isNarrow ? "narrow" : ""} ${isTarget ? "targets" : ""}`}
            role="grid"
            aria-label={texts.batch.view.skus}
            aria-rowcount={skus.length + 1}
            style={{ "--cell": `${shape.cell}px`, "--row": `${shape.row}px` }}
            onKeyDown={onKeyDown}
            onClick={click}
            onDragOver={(event) => {
                if (!bringsPhoto(event) || !work.isOpen) return;
                const place = placeOf(event);
                if (place) event.preventDefault();
                setOver((old) =>
                    old?.row === place?.row && old?.slot === place?.slot ? old : place,
                );
            }}
            onDragLeave={(event) => {
                if (!(event.currentTarget as Node).contains(event.relatedTarget as Node))
                    setOver(null);
            }}
            onDrop={(event) => {
                const place = placeOf(event);
                setOver(null);
                if (!place || !bringsPhoto(event)) return;
                event.preventDefault();
                put(photoOf(event), place);
            }}
        >
            <div class="row-head" role="row" aria-rowindex={1}>
                <span role="columnheader">{texts.batch.sku}</span>
                {usual_slots.map((slot) => (
                    <span key={slot} role="columnheader" title={slot}>
                        {texts.slot(slot)}
                    </span>
                ))}
            </div>
            <div ref={list.ref} role="rowgroup">
                <div role="presentation" style={{ height: `${list.above}px` }} />
                {skus.slice(list.first, list.end).map((sku, i) => (
                    <SkuRow
                        key={sku.row}
                        sku={sku}
                        index={list.first + i}
                        focus={at.row === sku.row ? at.slot : null}
                        over={over?.row === sku.row ? over.slot : null}
                    />
                ))}
                <div role="presentation" style={{ height: `${list.below}px` }} />
            </div>
        </div>
    );
}

function neighbour(
    skus: Sku[],
    here: At,
    key: string,
    further: (row: number) => string[],
): At | null {
    const slots = [...usual_slots, ...further(here.row)];
    const column = slots.indexOf(here.slot);
    const index = skus.findIndex((sku) => sku.row === here.row);
    const toRow = (to: number): At => {
        const sku = skus[Math.min(skus.length - 1, Math.max(0, to))]!;
        const has = [...usual_slots, ...further(sku.row)].includes(here.slot);
        return { row: sku.row, slot: has ? here.slot : "MAIN" };
    };
    switch (key) {
        case "ArrowRight":
            return { row: here.row, slot: slots[Math.min(slots.length - 1, column + 1)]! };
        case "ArrowLeft":
            return { row: here.row, slot: slots[Math.max(0, column - 1)]! };
        case "ArrowDown":
            return toRow(index + 1);
        case "ArrowUp":
            return toRow(index - 1);
        case "PageDown":
            return toRow(index + 5);
        case "PageUp":
            return toRow(index - 5);
        case "Home":
            return { row: here.row, slot: "MAIN" };
        case "End":
            return { row: here.row, slot: slots.at(-1)! };
        default:
            return null;
    }
}
