// One batch: what is in it, what needs a person, where everything goes.
import { useEffect, useMemo, useState } from "preact/hooks";

import { query, setLeaveGuard, setQuery } from "../router";
import { texts } from "../texts";
import { takeOver } from "../uploads/hand_over";
import { pickDropped } from "../uploads/pick";
import { count } from "../format";
import { Icon } from "../widgets/icon";
import { Empty, Failed, Loading } from "../widgets/states";
import { AttentionView } from "./attention";
import { CarryBar } from "./carry_bar";
import { ContactSheet } from "./contact_sheet";
import { ContestDialog } from "./contest_dialog";
import { Dock } from "./dock";
import { bringsFiles } from "./drag";
import { DropZone } from "./drop_zone";
import { BatchHead } from "./head";
import { HistoryView } from "./history_view";
import { Notices } from "./notices";
import { PhotoDialog } from "./photo_dialog";
import { PlaceDialog } from "./place_dialog";
import { SkuGrid } from "./sku_grid";
import { Summary } from "./summary";
import { useWork, Work, WorkProvider } from "./work";

const views = ["attention", "skus", "photos", "history"] as const;

type View = (typeof views)[number];

/** What was asked for; else what needs somebody, if anything does. Chosen once: the page does not
 * turn under one's hands when the last photo has found its place. */
function useView(work: Work): View {
    const asked = query.value.get("view") as View | null;
    const [first] = useState<View>(() =>
        work.store.batch.value!.counts.attention > 0 ? "attention" : "skus",
    );
    return asked && views.includes(asked) ? asked : first;
}

function Tabs({ view }: { view: View }) {
    const work = useWork();
    work.store.version.value;
    const told = work.store.batch.value!.counts;
    const isLoaded = work.store.isLoaded.value;
    const counts: Record<View, number | null> = {
        attention: isLoaded ? work.store.attention.value.length : told.attention,
        skus: told.skus,
        photos: told.photos,
        history: null,
    };
    const onKeyDown = (event: KeyboardEvent) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        const next = views[(views.indexOf(view) + step + views.length) % views.length]!;
        setQuery("view", next);
        document.getElementById(`tab-${next}`)?.focus();
        event.preventDefault();
    };
    return (
        <div class="tabs" role="tablist" aria-label={texts.batch.views} onKeyDown={onKeyDown}>
            {views.map((one) => (
                <button
                    key={one}
                    id={`tab-${one}`}
                    role="tab"
                    aria-selected={one === view}
                    aria-controls="view"
                    tabIndex={one === view ? 0 : -1}
                    onClick={() => setQuery("view", one)}
                >
                    {texts.batch.view[one]}
                    {counts[one] !== null && (
                        <span class={`tally ${one === "attention" && counts[one] ? "warn" : ""}`}>
                            {count(counts[one])}
                        </span>
                    )}
                </button>
            ))}
        </div>
    );
}

function Content() {
    const work = useWork();
    const batch = work.store.batch.value!;
    const view = useView(work);
    if (!batch.sheet && batch.counts.photos === 0) return <DropZone />;
    return (
        <>
            <Tabs view={view} />
            <div id="view" role="tabpanel" aria-labelledby={`tab-${view}`}>
                {view === "attention" && <AttentionView />}
                {view === "skus" && <SkuGrid />}
                {view === "photos" && <ContactSheet />}
                {view === "history" && <HistoryView />}
            </div>
        </>
    );
}

function isTyping(event: KeyboardEvent): boolean {
    return /^(INPUT|TEXTAREA|SELECT)$/.test((event.target as HTMLElement).tagName ?? "");
}

/** Keys that work wherever the focus is. */
function useKeys(work: Work) {
    useEffect(() => {
        const onKeyDown = (event: KeyboardEvent) => {
            if (isTyping(event) || document.querySelector("dialog[open]")) return;
            const isUndo = event.key === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
            if (isUndo || (event.key === "u" && !event.ctrlKey && !event.metaKey)) {
                event.preventDefault();
                void work.decisions.undo();
            } else if (event.key === "/") {
                const search = document.querySelector<HTMLInputElement>("#view input[type=search]");
                if (!search) return;
                event.preventDefault();
                search.focus();
            } else if (event.key === "Escape" && work.decisions.carried.value) {
                work.decisions.carried.value = null;
            }
        };
        addEventListener("keydown", onKeyDown);
        return () => removeEventListener("keydown", onKeyDown);
    }, [work]);
}

function useLeaveWarning(work: Work) {
    useEffect(() => {
        const warn = (event: BeforeUnloadEvent) => {
            if (work.queue.isActive) event.preventDefault();
        };
        addEventListener("beforeunload", warn);
        setLeaveGuard(() => !work.queue.isActive || confirm(texts.upload.leave));
        return () => {
            removeEventListener("beforeunload", warn);
            setLeaveGuard(null);
        };
    }, [work]);
}

function Body() {
    const work = useWork();
    const [isOver, setOver] = useState(false);
    useKeys(work);
    useLeaveWarning(work);
    const batch = work.store.batch.value;
    useEffect(() => {
        if (batch) document.title = texts.title(batch.name);
    }, [batch?.name]);
    if (work.store.problem.value && !batch) {
        return (
            <Failed
                isPage
                problem={work.store.problem.value}
                retry={() => void work.store.open()}
            />
        );
    }
    if (work.store.isDeleted.value)
        return <Empty isPage icon="trash" title={texts.batch.wasDeleted} />;
    if (!batch) return <Loading />;
    const drop = async (event: DragEvent) => {
        if (!bringsFiles(event)) return;
        event.preventDefault();
        setOver(false);
        await work.addFiles(await pickDropped(event.dataTransfer!));
    };
    return (
        <div
            class="batch"
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
            <BatchHead />
            <Summary />
            <Notices />
            <Content />
            <Dock />
            <CarryBar />
            {isOver && (
                <div class="drop-cover" aria-hidden="true">
                    <Icon name="upload" />
                    {texts.upload.dropHere}
                </div>
            )}
            {work.detail.value && <PhotoDialog key="detail" />}
            {work.placing.value && <PlaceDialog key={work.placing.value} id={work.placing.value} />}
            {work.decisions.contest.value && <ContestDialog />}
        </div>
    );
}

export function BatchPage({ id }: { id: string }) {
    const work = useMemo(() => new Work(id), [id]);
    useEffect(() => {
        void work.store.open().then(async () => {
            const picked = takeOver(id);
            if (picked.length > 0) await work.addFiles(picked);
            else work.interrupted.value = await work.readInterrupted();
        });
        return () => {
            work.store.close();
            work.queue.cancelQuietly();
        };
    }, [work]);
    return (
        <WorkProvider value={work}>
            <Body />
        </WorkProvider>
    );
}
