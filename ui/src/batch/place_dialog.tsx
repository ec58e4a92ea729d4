// Choosing a place by name: the SKU, found as one types, then the slot.
import { useMemo, useRef, useState } from "preact/hooks";

import type { Sku } from "../api";
import { texts } from "../texts";
import { Dialog } from "../widgets/dialog";
import { all_slots, compareSlots, nextFreeSlot, suggestedSkus, usual_slots } from "./photos";
import { Thumb } from "./thumb";
import { useWork } from "./work";

/** More nobody reads; typing narrows them down. */
const max_listed = 60;

/** The types of Preact want a <datalist> with this role; ours is the list below. */
const combobox = { type: "search", role: "combobox" } as object;

export function PlaceDialog({ id }: { id: string }) {
    const work = useWork();
    const { store } = work;
    const photo = store.photo(id);
    const [words, setWords] = useState("");
    const [row, setRow] = useState<number | null>(photo?.sku?.row ?? null);
    const [slot, setSlot] = useState<string | null>(null);
    const confirm = useRef<HTMLButtonElement>(null);
    const found = useMemo(() => {
        const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
        const suggested = photo && !words ? suggestedSkus(photo, store.skuByName) : [];
        const rest = store.skus.filter(
            (sku) =>
                !suggested.includes(sku) &&
                wanted.every((word) => `${sku.sku} ${sku.asin ?? ""}`.toLowerCase().includes(word)),
        );
        return [...suggested, ...rest].slice(0, max_listed);
    }, [words, store.skus]);
    const close = () => (work.placing.value = null);
    if (!photo) return null;

    const chosen = (row !== null && store.skuByRow.get(row)) || null;
    const place = slot ?? (chosen ? freeSlot(chosen) : null);
    function freeSlot(sku: Sku): string {
        return nextFreeSlot((one) => {
            const there = store.photoAt(sku.row, one);
            return there !== undefined && there.id !== id;
        });
    }
    const choose = (sku: Sku) => {
        setRow(sku.row);
        setSlot(null);
    };
    const move = () => {
        if (!chosen || !place) return;
        close();
        void work.decisions.move(photo, chosen.row, place);
    };
    const onKeyDown = (event: KeyboardEvent) => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step) {
            const at = found.findIndex((sku) => sku.row === row);
            const next = found[Math.min(found.length - 1, Math.max(0, at + step))];
            if (next) choose(next);
        } else if (event.key === "Enter") {
            // Without a choice the first one found is meant.
            if (!found.some((sku) => sku.row === row) && found[0]) choose(found[0]);
            // Once it is no longer disabled.
            requestAnimationFrame(() => confirm.current?.focus());
        } else {
            return;
        }
        event.preventDefault();
    };
    const slots = chosen
        ? [...new Set([...usual_slots, ...store.furtherSlots(chosen.row)])].sort(compareSlots)
        : [];
    return (
        <Dialog title={texts.batch.placeTitle} onClose={close} size="wide">
            <div class="place">
                <div class="place-photo">
                    <Thumb photo={photo} />
                    <small>{photo.name}</small>
                </div>
                <div class="place-skus">
                    <input
                        {...combobox}
                        aria-expanded="true"
                        aria-controls="place-list"
                        aria-activedescendant={chosen ? `place-${chosen.row}` : undefined}
                        aria-label={texts.batch.findSku}
                        placeholder={texts.batch.findSku}
                        value={words}
                        autofocus
                        onInput={(event) => setWords(event.currentTarget.value)}
                        onKeyDown={onKeyDown}
                    />
                    <ul
                        id="place-list"
                        role="listbox"
                        aria-label={texts.batch.view.skus}
                        tabIndex={0}
                    >
                        {found.map((sku) => (
                            <li
                                key={sku.row}
                                id={`place-${sku.row}`}
                                role="option"
                                aria-selected={sku.row === row}
                                onClick={() => choose(sku)}
                            >
                                <b>{sku.sku}</b>
                                <small>{texts.batch.numPictures(store.numPlaced(sku.row))}</small>
                            </li>
                        ))}
                    </ul>
                    {found.length === 0 && <p class="soft">{texts.batch.noSuchSku}</p>}
                </div>
                <fieldset class="place-slots" disabled={!chosen}>
                    <legend>{chosen ? chosen.sku : texts.batch.chooseSku}</legend>
                    <div class="slot-choices">
                        {slots.map((one) => {
                            const there = store.photoAt(chosen!.row, one);
                            return (
                                <label key={one} class="slot-choice">
                                    <input
                                        type="radio"
                                        name="slot"
                                        checked={place === one}
                                        onChange={() => setSlot(one)}
                                    />
                                    <span>
                                        {there ? (
                                            <Thumb photo={there} />
                                        ) : (
                                            <span class="thumb free" />
                                        )}
                                        <small>{texts.slot(one)}</small>
                                    </span>
                                </label>
                            );
                        })}
                    </div>
                    {chosen && (
                        <label class="further-slots">
                            {texts.batch.furtherSlots}
                            <select
                                value={slots.includes(place ?? "") ? "" : (place ?? "")}
                                onChange={(event) => setSlot(event.currentTarget.value || null)}
                            >
                                <option value="" />
                                {all_slots
                                    .filter((one) => !slots.includes(one))
                                    .map((one) => (
                                        <option key={one} value={one}>
                                            {texts.slot(one)} ({one})
                                        </option>
                                    ))}
                            </select>
                        </label>
                    )}
                </fieldset>
            </div>
            <footer>
                <button class="button" onClick={close}>
                    {texts.action.cancel}
                </button>
                <button
                    ref={confirm}
                    class="button primary"
                    disabled={!chosen || !place}
                    onClick={move}
                >
                    {chosen && place
                        ? texts.batch.moveTo(texts.batch.place(chosen.sku, place))
                        : texts.batch.move}
                </button>
            </footer>
        </Dialog>
    );
}
