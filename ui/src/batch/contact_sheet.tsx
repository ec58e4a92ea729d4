// All photos side by side, in the order of the sheet.
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import type { Photo } from "../api";
import { count } from "../format";
import { texts } from "../texts";
import { Empty, Loading } from "../widgets/states";
import { revealRow, useWindow } from "../widgets/window";
import { endDrag, startDrag } from "./drag";
import { photoKey } from "./photo_keys";
import { compareSlots, isPlaced } from "./photos";
import { byName } from "./store";
import { Thumb } from "./thumb";
import { useWork } from "./work";

const filters = ["all", "matched", "attention", "duplicate", "left_out"] as const;

type Filter = (typeof filters)[number];

const sizes = { small: 104, medium: 152, large: 232 } as const;

type Size = keyof typeof sizes;

const gap_px = 12;
const caption_px = 40;

const tests: Record<Filter, (photo: Photo) => boolean> = {
    all: () => true,
    matched: isPlaced,
    attention: (photo) => photo.needs_attention,
    duplicate: (photo) => photo.verdict === "duplicate" && !photo.left_out,
    left_out: (photo) => photo.left_out,
};

/** The order of the sheet and of the slots; what stands nowhere last. */
function compare(a: Photo, b: Photo): number {
    const [placedA, placedB] = [isPlaced(a), isPlaced(b)];
    if (placedA !== placedB) return placedA ? -1 : 1;
    if (!placedA) return byName(a, b);
    return a.sku!.row - b.sku!.row || compareSlots(a.slot!, b.slot!);
}

function useColumns(size: Size) {
    const ref = useRef<HTMLDivElement>(null);
    const [width, setWidth] = useState(1000);
    useLayoutEffect(() => {
        const observer = new ResizeObserver(([entry]) => setWidth(entry!.contentRect.width));
        observer.observe(ref.current!);
        return () => observer.disconnect();
    }, []);
    const columns = Math.max(2, Math.floor((width + gap_px) / (sizes[size] + gap_px)));
    const cell = Math.floor((width - (columns - 1) * gap_px) / columns);
    return { ref, columns, cell };
}

export function ContactSheet() {
    const work = useWork();
    const version = work.store.version.value;
    const [filter, setFilter] = useState<Filter>("all");
    const [size, setSize] = useState<Size>("medium");
    const { ref, columns, cell } = useColumns(size);
    const tallies = useMemo(() => {
        const all = [...work.store.photos.values()];
        return Object.fromEntries(
            filters.map((one) => [one, all.filter(tests[one]).length]),
        ) as Record<Filter, number>;
    }, [version]);
    const photos = useMemo(
        () => [...work.store.photos.values()].filter(tests[filter]).sort(compare),
        [version, filter],
    );
    return (
        <section aria-label={texts.batch.view.photos}>
            <div class="grid-tools">
                <div class="segments" role="radiogroup" aria-label={texts.batch.filter}>
                    {filters
                        .filter((one) => one === "all" || one === filter || tallies[one] > 0)
                        .map((one) => (
                            <label key={one}>
                                <input
                                    type="radio"
                                    name="photo-filter"
                                    checked={filter === one}
                                    onChange={() => setFilter(one)}
                                />
                                <span>
                                    {texts.batch.photoFilter[one]}{" "}
                                    <small>{count(tallies[one])}</small>
                                </span>
                            </label>
                        ))}
                </div>
                <div class="segments" role="radiogroup" aria-label={texts.batch.size}>
                    {(Object.keys(sizes) as Size[]).map((one) => (
                        <label key={one}>
                            <input
                                type="radio"
                                name="size"
                                checked={size === one}
                                onChange={() => setSize(one)}
                            />
                            <span>{texts.batch.sizes[one]}</span>
                        </label>
                    ))}
                </div>
            </div>
            <div ref={ref}>
                {photos.length === 0 && !work.store.isLoaded.value ? (
                    <Loading />
                ) : photos.length === 0 ? (
                    <Empty icon="photos" title={texts.batch.noPhotos} />
                ) : (
                    <Sheet photos={photos} columns={columns} cell={cell} />
                )}
            </div>
        </section>
    );
}

function Sheet({ photos, columns, cell }: { photos: Photo[]; columns: number; cell: number }) {
    const work = useWork();
    const height = cell + caption_px + gap_px;
    const numRows = Math.ceil(photos.length / columns);
    const list = useWindow(numRows, height);
    const [at, setAt] = useState(0);
    const followsFocus = useRef(false);
    useLayoutEffect(() => {
        if (!followsFocus.current) return;
        followsFocus.current = false;
        const selector = `[data-index="${at}"]`;
        list.ref.current?.querySelector<HTMLElement>(selector)?.focus({ preventScroll: true });
    }, [at]);
    const among = useMemo(() => photos.map((photo) => photo.id), [photos]);
    const onKeyDown = (event: KeyboardEvent) => {
        const index = Number((event.target as HTMLElement).dataset.index);
        const photo = photos[index];
        if (!photo) return;
        const steps: Record<string, number> = {
            ArrowRight: 1,
            ArrowLeft: -1,
            ArrowDown: columns,
            ArrowUp: -columns,
            Home: -photos.length,
            End: photos.length,
        };
        const step = steps[event.key];
        if (step) {
            const next = Math.min(photos.length - 1, Math.max(0, index + step));
            revealRow(list.ref.current!, Math.floor(next / columns), height, 60);
            list.measure();
            setAt(next);
            followsFocus.current = true;
        } else if (event.key === " " || !photoKey(work, photo, event, among)) {
            return;
        }
        event.preventDefault();
    };
    const shown = photos.slice(list.first * columns, list.end * columns);
    return (
        <div ref={list.ref} onKeyDown={onKeyDown}>
            <div style={{ height: `${list.above}px` }} />
            <ul class="contact" style={{ "--columns": `${columns}`, "--cell": `${cell}px` }}>
                {shown.map((photo, i) => {
                    const index = list.first * columns + i;
                    return (
                        <li key={photo.id}>
                            <button
                                class={`contact-photo ${photo.left_out ? "left-out" : ""} ${photo.needs_attention ? "attention" : ""}`}
                                data-index={index}
                                tabIndex={index === at ? 0 : -1}
                                draggable={work.isOpen}
                                onDragStart={(event) => startDrag(event, photo.id)}
                                onDragEnd={endDrag}
                                onClick={() => work.show(photo.id, among)}
                            >
                                <Thumb photo={photo} />
                                <span class="contact-caption">
                                    <b>{isPlaced(photo) ? photo.sku!.sku : texts.verdict(photo)}</b>
                                    <small>
                                        {isPlaced(photo) ? texts.slot(photo.slot!) : photo.name}
                                    </small>
                                    {isPlaced(photo) && (
                                        <span class="visually-hidden">{photo.name}</span>
                                    )}
                                </span>
                            </button>
                        </li>
                    );
                })}
            </ul>
            <div style={{ height: `${list.below}px` }} />
        </div>
    );
}
