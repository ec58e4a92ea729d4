// All batches, the newest first. Files dropped here begin a new one.
import { useEffect, useState } from "preact/hooks";

import { asProblem, call, get, type Batch, type Page, type Photo, type Problem } from "../api";
import { bringsFiles } from "../batch/drag";
import { now } from "../clock";
import { ago, count, percent, remaining } from "../format";
import { Link, navigate } from "../router";
import { texts } from "../texts";
import { handOver } from "../uploads/hand_over";
import { pickDropped } from "../uploads/pick";
import { Icon } from "../widgets/icon";
import { Bar, Empty, Failed, Loading } from "../widgets/states";
import { toast } from "../widgets/toast";
import { Foot } from "./frame";

export function StateChip({ batch }: { batch: Batch }) {
    const tone = { open: "", publishing: "accent", published: "good", expired: "faint" }[
        batch.state
    ];
    return <span class={`chip ${tone}`}>{texts.batchState[batch.state]}</span>;
}

/** "Self-destructs in 20 days 4 h", more urgent as it comes near (LST-17). */
export function Countdown({ batch, isShort }: { batch: Batch; isShort?: boolean }) {
    if (!batch.expires_at) return null;
    const left = Date.parse(batch.expires_at) - now.value;
    const tone = left < 2 * 86_400_000 ? "bad" : left < 5 * 86_400_000 ? "warn" : "";
    return (
        <span class={`countdown ${tone}`} title={texts.batch.countdownHint}>
            <Icon name="clock" />
            {left <= 0
                ? texts.batch.destructsNow
                : isShort
                  ? texts.batch.timeLeft(remaining(left))
                  : texts.batch.destructsIn(remaining(left))}
        </span>
    );
}

function Preview({ batch }: { batch: Batch }) {
    const [photos, setPhotos] = useState<Photo[]>([]);
    const hasPictures = batch.counts.done > 0;
    useEffect(() => {
        if (!hasPictures) return;
        get<Page<Photo>>(`/api/v1/batches/${batch.id}/photos?filter=matched&limit=4`).then(
            (page) => setPhotos(page.items.filter((photo) => photo.thumbnail)),
            () => {}, // The row says all that matters without it.
        );
    }, [batch.id, hasPictures]);
    return (
        <span class="preview" aria-hidden="true">
            {[0, 1, 2, 3].map((i) => (
                <span key={i}>
                    {photos[i]?.thumbnail && <img src={photos[i].thumbnail} alt="" />}
                </span>
            ))}
        </span>
    );
}

function summary(batch: Batch): string {
    const { photos, matched } = batch.counts;
    if (photos === 0) return batch.sheet ? texts.batches.noPhotos : texts.batches.nothingYet;
    return texts.batches.matched(count(matched), count(photos));
}

function BatchRow({ batch }: { batch: Batch }) {
    const { attention, done, failed, photos, waiting } = batch.counts;
    const isWorking = waiting > 0;
    return (
        <li>
            <Link to={`/batches/${batch.id}`} class="batch-row">
                <Preview batch={batch} />
                <span class="batch-name">
                    <b>{batch.name}</b>
                    <small>
                        {batch.sheet ? batch.sheet.name + " · " : ""}
                        {ago(batch.created_at, now.value)}
                    </small>
                </span>
                <span class="batch-progress">
                    <span>{summary(batch)}</span>
                    {isWorking ? (
                        <Bar value={done + failed} max={photos} label={texts.dock.cleaning} />
                    ) : (
                        attention > 0 && (
                            <small class="warn">{texts.batches.attention(attention)}</small>
                        )
                    )}
                    {isWorking && (
                        <small>{texts.dock.percent(percent(done + failed, photos))}</small>
                    )}
                </span>
                <span class="batch-state">
                    <StateChip batch={batch} />
                    <Countdown batch={batch} isShort />
                </span>
                <Icon name="chevron" />
            </Link>
        </li>
    );
}

async function createBatch(): Promise<Batch | null> {
    try {
        return await call<Batch>("POST", "/api/v1/batches", {});
    } catch (error) {
        toast(asProblem(error).message, undefined, "bad");
        return null;
    }
}

export function BatchesPage() {
    const [batches, setBatches] = useState<Batch[] | null>(null);
    const [cursor, setCursor] = useState<string | null>(null);
    const [problem, setProblem] = useState<Problem | null>(null);
    const [isOver, setOver] = useState(false);

    const load = async (after: string | null) => {
        setProblem(null);
        try {
            const more = after ? `&cursor=${encodeURIComponent(after)}` : "";
            const page = await get<Page<Batch>>(`/api/v1/batches?limit=50${more}`);
            setBatches((old) => [...(after ? (old ?? []) : []), ...page.items]);
            setCursor(page.next_cursor);
        } catch (error) {
            setProblem(asProblem(error));
        }
    };
    useEffect(() => {
        document.title = texts.title(texts.nav.batches);
        void load(null);
    }, []);

    const begin = async () => {
        const batch = await createBatch();
        if (batch) navigate(`/batches/${batch.id}`);
    };
    const drop = async (event: DragEvent) => {
        if (!bringsFiles(event)) return;
        event.preventDefault();
        setOver(false);
        const picked = await pickDropped(event.dataTransfer!);
        if (picked.length === 0) return;
        const batch = await createBatch();
        if (!batch) return;
        handOver(batch.id, picked);
        navigate(`/batches/${batch.id}`);
    };
    return (
        <div
            class={`page ${isOver ? "is-over" : ""}`}
            onDragOver={(event) => {
                if (!bringsFiles(event)) return;
                event.preventDefault();
                setOver(true);
            }}
            onDragLeave={(event) => {
                if (!(event.currentTarget as Node).contains(event.relatedTarget as Node))
                    setOver(false);
            }}
            onDrop={(event) => void drop(event)}
        >
            <header class="page-head">
                <div>
                    <h1>{texts.nav.batches}</h1>
                    <p class="soft">{texts.batches.hint}</p>
                </div>
                <button class="button primary" onClick={() => void begin()}>
                    <Icon name="plus" />
                    {texts.batches.create}
                </button>
            </header>
            {problem && <Failed problem={problem} retry={() => void load(null)} />}
            {!batches && !problem && <Loading />}
            {batches?.length === 0 && (
                <Empty icon="photos" title={texts.batches.emptyTitle}>
                    <p>{texts.batches.emptyText}</p>
                </Empty>
            )}
            {batches && batches.length > 0 && (
                <ul class="card batch-list">
                    {batches.map((batch) => (
                        <BatchRow key={batch.id} batch={batch} />
                    ))}
                </ul>
            )}
            {cursor && (
                <button class="button" onClick={() => void load(cursor)}>
                    {texts.action.more}
                </button>
            )}
            <Foot />
        </div>
    );
}
