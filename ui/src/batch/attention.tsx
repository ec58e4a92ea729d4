// What needs a person, first: each photo with the matcher's reason and the fixes one key away;
// beside it, where there is room, the SKUs to drag it to.
import { useLayoutEffect, useRef, useState } from "preact/hooks";

import { sentence, type Photo, type Sku } from "../api";
import { texts } from "../texts";
import { Icon, type IconName } from "../widgets/icon";
import { Empty, Loading } from "../widgets/states";
import { revealRow, useWindow } from "../widgets/window";
import { endDrag, startDrag } from "./drag";
import { isPicture, isRefused, nextFreeSlot, suggestedSkus } from "./photos";
import { photoKey } from "./photo_keys";
import { SkuGrid } from "./sku_grid";
import { Thumb } from "./thumb";
import { useWork, type Work } from "./work";

const card_height = 148;

interface Fix {
    sku: Sku;
    slot: string;
}

function fixesOf(work: Work, photo: Photo): Fix[] {
    if (!isPicture(photo) || !work.isOpen) return [];
    return suggestedSkus(photo, work.store.skuByName).map((sku) => ({
        sku,
        slot: nextFreeSlot((slot) => work.store.photoAt(sku.row, slot) !== undefined),
    }));
}

function reason(photo: Photo): string {
    if (photo.failure) return sentence(photo.failure);
    if (photo.verdict === "matched" && isRefused(photo)) {
        return sentence(
            texts.batch.willBeRefused(photo.compliance.find((one) => one.is_refusal)!.text),
        );
    }
    const parts = [photo.rule, photo.notes].filter((part): part is string => !!part);
    return parts.map(sentence).join(" ");
}

function FixButton(props: { icon: IconName; label: string; run: () => void }) {
    return (
        <button class="fix" title={props.label} aria-label={props.label} onClick={props.run}>
            <Icon name={props.icon} />
        </button>
    );
}

function Card(props: { photo: Photo; index: number; total: number; among: string[] }) {
    const work = useWork();
    const { photo } = props;
    const fixes = fixesOf(work, photo);
    const isCarried = work.decisions.carried.value === photo.id;
    const onKeyDown = (event: KeyboardEvent) => {
        if ((event.target as HTMLElement).tagName === "BUTTON" && /^( |Enter)$/.test(event.key))
            return;
        const fix = fixes[Number(event.key) - 1];
        if (fix) void work.decisions.move(photo, fix.sku.row, fix.slot);
        else if (!photoKey(work, photo, event, props.among)) return;
        event.preventDefault();
        event.stopPropagation();
    };
    return (
        <li
            class={`attention-card ${isCarried ? "carried" : ""}`}
            aria-posinset={props.index + 1}
            aria-setsize={props.total}
        >
            <div
                class="attention-main"
                role="button"
                aria-describedby="attention-keys"
                tabIndex={props.index === 0 ? 0 : -1}
                data-index={props.index}
                data-photo={photo.id}
                draggable={work.isOpen && isPicture(photo)}
                onDragStart={(event) => startDrag(event, photo.id)}
                onDragEnd={endDrag}
                onClick={() => work.show(photo.id, props.among)}
                onKeyDown={onKeyDown}
            >
                <Thumb photo={photo} />
                <span class="attention-text">
                    <b title={photo.name}>{photo.name}</b>
                    <span class="reason">{reason(photo)}</span>
                </span>
            </div>
            <div class="attention-fixes">
                <div class="suggestions">
                    {fixes.map((fix, i) => (
                        <button
                            key={fix.sku.row}
                            class="fix"
                            title={texts.batch.moveTo(texts.batch.place(fix.sku.sku, fix.slot))}
                            onClick={() => void work.decisions.move(photo, fix.sku.row, fix.slot)}
                        >
                            <kbd>{i + 1}</kbd>
                            <span>{fix.sku.sku}</span>
                            <small>{texts.slot(fix.slot)}</small>
                        </button>
                    ))}
                </div>
                {work.isOpen && isPicture(photo) && (
                    <FixButton
                        icon="move"
                        label={texts.batch.choosePlace}
                        run={() => (work.placing.value = photo.id)}
                    />
                )}
                {work.isOpen && (
                    <FixButton
                        icon="leaveOut"
                        label={texts.batch.leaveOut}
                        run={() => void work.decisions.leaveOut(photo, true)}
                    />
                )}
            </div>
        </li>
    );
}

function Tray({ photos }: { photos: Photo[] }) {
    const list = useWindow(photos.length, card_height);
    const among = photos.map((photo) => photo.id);
    const focusAt = useRef(0);
    const [wanted, setWanted] = useState<number | null>(null);
    const onKeyDown = (event: KeyboardEvent) => {
        const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
        if (!step) return;
        const next = Math.min(photos.length - 1, Math.max(0, focusAt.current + step));
        event.preventDefault();
        revealRow(list.ref.current!, next, card_height, 0);
        list.measure();
        setWanted(next);
    };
    useLayoutEffect(() => {
        if (wanted === null) return;
        const selector = `[data-index="${wanted}"]`;
        list.ref.current?.querySelector<HTMLElement>(selector)?.focus({ preventScroll: true });
        setWanted(null);
    }, [wanted]);
    return (
        <div
            class="tray"
            ref={list.ref}
            onKeyDown={onKeyDown}
            onFocusCapture={(event) => {
                const index = (event.target as HTMLElement).dataset.index;
                if (index !== undefined) focusAt.current = Number(index);
            }}
        >
            <div style={{ height: `${list.above}px` }} />
            <ul aria-label={texts.batch.view.attention}>
                {photos.slice(list.first, list.end).map((photo, i) => (
                    <Card
                        key={photo.id}
                        photo={photo}
                        index={list.first + i}
                        total={photos.length}
                        among={among}
                    />
                ))}
            </ul>
            <div style={{ height: `${list.below}px` }} />
        </div>
    );
}

export function AttentionView() {
    const { store } = useWork();
    const photos = store.attention.value;
    const batch = store.batch.value!;
    if (photos.length === 0) {
        if (!store.isLoaded.value) return <Loading />;
        const missing = store.skusForAttention.value.length;
        const isWorking = batch.counts.waiting + batch.counts.uploading > 0;
        return (
            <div class="attention none">
                <Empty
                    icon={isWorking ? "clock" : "check"}
                    title={isWorking ? texts.batch.nothingYet : texts.batch.nothingToDo}
                >
                    {missing > 0 && <p>{texts.batch.butSkus(missing)}</p>}
                </Empty>
                {missing > 0 && <SkuGrid first="attention" />}
            </div>
        );
    }
    return (
        <div class="attention">
            <div class="attention-pane">
                <p class="pane-hint" id="attention-keys">
                    <Icon name="keyboard" />
                    {texts.batch.attentionHint}
                </p>
                <Tray photos={photos} />
            </div>
            <div class="attention-grid">
                <SkuGrid />
            </div>
        </div>
    );
}
