// Where the batch stands, in one line of figures.
import { bytes, count } from "../format";
import { texts } from "../texts";
import { Icon } from "../widgets/icon";
import { useWork } from "./work";

function Figure(props: { label: string; value: string; of?: string; tone?: string }) {
    return (
        <div class={`figure ${props.tone ?? ""}`}>
            <dt>{props.label}</dt>
            <dd>
                {props.value}
                {props.of && <small> {props.of}</small>}
            </dd>
        </div>
    );
}

export function Summary() {
    const batch = useWork().store.batch.value!;
    const { counts, sheet } = batch;
    if (!sheet && counts.photos === 0) return null;
    const figures = texts.batch.figures;
    const saved = batch.bytes_out > 0 ? figures.from(bytes(batch.bytes_in)) : "";
    return (
        <section class="summary" aria-label={texts.batch.summary}>
            <p class="sheet-line">
                <Icon name="sheet" />
                {sheet ? (
                    <span>
                        <b>{sheet.name}</b>
                        <small>
                            {sheet.is_read
                                ? [
                                      sheet.description || sheet.marketplace_title,
                                      sheet.worksheet,
                                      sheet.notes,
                                  ]
                                      .filter(Boolean)
                                      .join(" · ")
                                : texts.batch.reading}
                        </small>
                    </span>
                ) : (
                    <span>
                        <b>{texts.batch.noSheet}</b>
                        <small>{texts.batch.noSheetHint}</small>
                    </span>
                )}
            </p>
            <dl class="figures">
                <Figure
                    label={figures.photos}
                    value={count(counts.photos)}
                    of={counts.duplicate > 0 ? figures.copies(counts.duplicate) : ""}
                />
                <Figure
                    label={figures.matched}
                    value={count(counts.matched)}
                    tone={counts.matched > 0 ? "good" : ""}
                />
                <Figure
                    label={figures.attention}
                    value={count(counts.attention)}
                    tone={counts.attention > 0 ? "warn" : ""}
                />
                <Figure
                    label={figures.skus}
                    value={count(counts.skus_complete)}
                    of={figures.of(count(counts.skus))}
                />
                <Figure
                    label={figures.size}
                    value={batch.bytes_out > 0 ? bytes(batch.bytes_out) : "–"}
                    of={saved}
                />
            </dl>
        </section>
    );
}
