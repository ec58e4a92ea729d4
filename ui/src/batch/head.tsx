// The name of the batch, how long it lives, and the next thing to do.
import { useState } from "preact/hooks";

import { asProblem, call, type Batch } from "../api";
import { Countdown, StateChip } from "../pages/batches";
import { Link, navigate } from "../router";
import { texts } from "../texts";
import { Dialog } from "../widgets/dialog";
import { Icon } from "../widgets/icon";
import { Menu } from "../widgets/menu";
import { toast } from "../widgets/toast";
import { AddFiles } from "./add_files";
import { BatchOptions } from "./options_dialog";
import { KeysDialog } from "./keys_dialog";
import { PublishDialog } from "./publish_dialog";
import { useWork } from "./work";

function Name() {
    const { store } = useWork();
    const batch = store.batch.value!;
    const [isEditing, setEditing] = useState(false);
    const rename = async (name: string) => {
        setEditing(false);
        if (!name.trim() || name.trim() === batch.name) return;
        try {
            store.takeBatch(await call<Batch>("PATCH", store.url, { name: name.trim() }));
        } catch (error) {
            toast(asProblem(error).message, undefined, "bad");
        }
    };
    if (!isEditing) {
        return (
            <h1 class="batch-title">
                <span>{batch.name}</span>
                <button
                    class="icon-button"
                    aria-label={texts.batch.rename}
                    onClick={() => setEditing(true)}
                >
                    <Icon name="edit" />
                </button>
            </h1>
        );
    }
    return (
        <input
            class="batch-title-edit"
            aria-label={texts.batch.name}
            defaultValue={batch.name}
            maxLength={120}
            ref={(input) => input?.focus()}
            onBlur={(event) => void rename(event.currentTarget.value)}
            onKeyDown={(event) => {
                if (event.key === "Enter") event.currentTarget.blur();
                if (event.key === "Escape") setEditing(false);
            }}
        />
    );
}

function Exports({ isPrimary }: { isPrimary: boolean }) {
    const { store } = useWork();
    const batch = store.batch.value!;
    const base = `${store.url}/export`;
    return (
        <Menu
            class={`button ${isPrimary ? "primary" : ""}`}
            isDisabled={!batch.sheet}
            ariaLabel={texts.batch.export}
            label={
                <>
                    <Icon name="download" />
                    <span class={isPrimary ? "" : "wide-only"}>{texts.batch.export}</span>
                    <Icon name="down" />
                </>
            }
            items={[
                {
                    label: texts.batch.exportSheet,
                    hint: texts.batch.exportSheetHint,
                    href: `${base}/sheet`,
                    isDownload: true,
                },
                {
                    label: texts.batch.exportZip,
                    hint: texts.batch.exportZipHint,
                    href: `${base}/pictures.zip`,
                    isDownload: true,
                },
                {
                    label: texts.batch.exportReport,
                    hint: texts.batch.exportReportHint,
                    href: `${base}/report.csv`,
                    isDownload: true,
                },
            ]}
        />
    );
}

type Asked = "publish" | "options" | "keys" | "delete" | null;

function DeleteDialog({ onClose }: { onClose: () => void }) {
    const { store } = useWork();
    const remove = async () => {
        try {
            await call("DELETE", store.url);
            onClose();
            navigate("/batches");
        } catch (error) {
            toast(asProblem(error).message, undefined, "bad");
        }
    };
    return (
        <Dialog title={texts.batch.deleteTitle} onClose={onClose}>
            <p>{texts.batch.deleteText}</p>
            <footer>
                <button class="button" onClick={onClose}>
                    {texts.action.cancel}
                </button>
                <button class="button danger" onClick={() => void remove()}>
                    {texts.batch.delete}
                </button>
            </footer>
        </Dialog>
    );
}

export function BatchHead() {
    const work = useWork();
    const batch = work.store.batch.value!;
    const [asked, ask] = useState<Asked>(null);
    const close = () => ask(null);
    const reopen = async () => {
        try {
            work.store.takeBatch(await call<Batch>("POST", `${work.store.url}/reopen`, {}));
        } catch (error) {
            toast(asProblem(error).message, undefined, "bad");
        }
    };
    const isOpen = batch.state === "open";
    const canPublish = isOpen && batch.counts.matched > 0 && batch.sheet !== null;
    const steps = work.decisions.steps.value;
    const last = steps.at(-1);
    const undoLabel = last ? texts.batch.undoOf(last.label) : texts.action.undo;
    return (
        <header class="batch-head">
            <div class="batch-head-name">
                <Link to="/batches" class="back">
                    <Icon name="back" />
                    {texts.nav.batches}
                </Link>
                <Name />
                <p class="batch-head-facts">
                    <StateChip batch={batch} />
                    <Countdown batch={batch} />
                    {!work.store.isLive.value && (
                        <span class="chip warn">{texts.state.reconnecting}</span>
                    )}
                </p>
            </div>
            <div class="batch-actions">
                {isOpen && (
                    <button
                        class="icon-button framed"
                        disabled={steps.length === 0}
                        aria-label={undoLabel}
                        title={undoLabel}
                        onClick={() => void work.decisions.undo()}
                    >
                        <Icon name="undo" />
                    </button>
                )}
                {isOpen && <AddFiles />}
                {!isOpen && batch.state === "published" && (
                    <button class="button" onClick={() => void reopen()}>
                        {texts.batch.reopen}
                    </button>
                )}
                <Exports isPrimary={batch.state === "published"} />
                {isOpen && (
                    <button
                        class="button primary"
                        disabled={!canPublish}
                        onClick={() => ask("publish")}
                    >
                        {texts.batch.publish}
                    </button>
                )}
                <Menu
                    class="icon-button framed"
                    ariaLabel={texts.batch.moreActions}
                    label={<Icon name="more" />}
                    items={[
                        {
                            label: texts.batch.options,
                            isDisabled: !isOpen,
                            run: () => ask("options"),
                        },
                        { label: texts.batch.keys, run: () => ask("keys") },
                        null,
                        { label: texts.batch.delete, run: () => ask("delete") },
                    ]}
                />
            </div>
            {asked === "publish" && <PublishDialog onClose={close} />}
            {asked === "options" && <BatchOptions onClose={close} />}
            {asked === "keys" && <KeysDialog onClose={close} />}
            {asked === "delete" && <DeleteDialog onClose={close} />}
        </header>
    );
}
