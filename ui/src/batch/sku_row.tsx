// One SKU: its name and its slots.
import { sentence, type Sku } from "../api";
import { texts } from "../texts";
import { Icon } from "../widgets/icon";
import { endDrag, startDrag } from "./drag";
import { usual_slots } from "./photos";
import { photoLabel, Thumb } from "./thumb";
import { useWork } from "./work";

function Cell(props: {
    sku: Sku;
    slot: string;
    isFocus: boolean;
    isOver: boolean;
    isMissing: boolean;
}) {
    const work = useWork();
    const { sku, slot } = props;
    const photo = work.store.photoAt(sku.row, slot);
    const where = texts.batch.place(sku.sku, slot);
    const state = [
        photo ? "filled" : "free",
        props.isOver ? "over" : "",
        props.isMissing ? "missing" : "",
        photo && work.decisions.carried.value === photo.id ? "carried" : "",
    ];
    return (
        <div
            role="gridcell"
            class={`cell ${state.filter(Boolean).join(" ")}`}
            data-row={sku.row}
            data-slot={slot}
            data-photo={photo?.id}
            tabIndex={props.isFocus ? 0 : -1}
            aria-label={photo ? photoLabel(photo) : texts.batch.emptySlot(where)}
            title={photo?.name}
            draggable={photo !== undefined && work.isOpen}
            onDragStart={(event) => photo && startDrag(event, photo.id)}
            onDragEnd={endDrag}
        >
            {photo ? <Thumb photo={photo} /> : <span class="cell-name">{texts.slot(slot)}</span>}
        </div>
    );
}

export function SkuRow(props: {
    sku: Sku;
    index: number;
    focus: string | null;
    over: string | null;
}) {
    const { store } = useWork();
    const { sku } = props;
    const missesMain = store.missesMain(sku);
    const further = store.furtherSlots(sku.row);
    // The row of the sheet, as a spreadsheet program counts it.
    const facts = [
        texts.batch.sheetRow(sku.row),
        sku.asin,
        sku.is_parent ? texts.batch.parent : "",
    ];
    return (
        <div class="sku-row" role="row" aria-rowindex={props.index + 2}>
            <div class="sku-name" role="rowheader">
                <b title={sku.sku}>{sku.sku}</b>
                <small>{facts.filter(Boolean).join(" · ")}</small>
                {sku.problem && <small class="bad">{sentence(sku.problem)}</small>}
                {!sku.problem && missesMain && (
                    <small class="warn">
                        <Icon name="warn" />
                        {texts.batch.noMain}
                    </small>
                )}
            </div>
            {[...usual_slots, ...further].map((slot) => (
                <Cell
                    key={slot}
                    sku={sku}
                    slot={slot}
                    isFocus={
                        props.focus === slot ||
                        (props.focus === null && props.index === 0 && slot === "MAIN")
                    }
                    isOver={props.over === slot}
                    isMissing={slot === "MAIN" && missesMain}
                />
            ))}
        </div>
    );
}
