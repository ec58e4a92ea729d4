// What somebody should know before going on, above everything else.
import type { ComponentChildren } from "preact";

import { call } from "../api";
import { moment } from "../format";
import { texts } from "../texts";
import { Icon, type IconName } from "../widgets/icon";
import { useFileInputs } from "./add_files";
import { useWork } from "./work";

function Notice(props: { tone: string; icon: IconName; children: ComponentChildren }) {
    return (
        <div class={`note ${props.tone}`} role={props.tone === "bad" ? "alert" : "status"}>
            <Icon name={props.icon} />
            <div>{props.children}</div>
        </div>
    );
}

function Interrupted() {
    const work = useWork();
    const { inputs, chooseFolder, choosePhotos } = useFileInputs();
    const uploads = work.interrupted.value;
    const discard = () => {
        work.interrupted.value = [];
        for (const upload of uploads)
            void call("DELETE", `/api/v1/uploads/${upload.id}`).catch(() => {});
    };
    return (
        <Notice tone="warn" icon="upload">
            {inputs}
            <p>
                <b>{texts.upload.interrupted(uploads.length)}</b> {texts.upload.interruptedText}
            </p>
            <p class="note-actions">
                <button class="button small" onClick={chooseFolder}>
                    {texts.upload.chooseFolder}
                </button>
                <button class="button small" onClick={choosePhotos}>
                    {texts.upload.choosePhotos}
                </button>
                <button class="link" onClick={discard}>
                    {texts.upload.discard}
                </button>
            </p>
        </Notice>
    );
}

export function Notices() {
    const work = useWork();
    const batch = work.store.batch.value!;
    const isUploading = work.queue.totals.value.isActive;
    return (
        <div class="notices">
            {batch.sheet?.problem && (
                <Notice tone="bad" icon="warn">
                    <b>{texts.batch.sheetProblem}</b> {batch.sheet.problem}
                </Notice>
            )}
            {batch.publish_error && (
                <Notice tone="bad" icon="warn">
                    <b>{texts.batch.publishFailed}</b> {batch.publish_error}
                </Notice>
            )}
            {batch.state === "publishing" && (
                <Notice tone="accent" icon="upload">
                    {texts.batch.publishing}
                </Notice>
            )}
            {batch.state === "published" && batch.published_at && (
                <Notice tone="good" icon="check">
                    <b>{texts.batch.published(moment(batch.published_at))}</b>{" "}
                    {batch.last_expires_at &&
                        texts.batch.publishedText(moment(batch.last_expires_at))}
                </Notice>
            )}
            {batch.state === "expired" && (
                <Notice tone="" icon="clock">
                    {texts.batch.expired}
                </Notice>
            )}
            {work.interrupted.value.length > 0 && !isUploading && <Interrupted />}
            {work.store.problem.value && (
                <Notice tone="bad" icon="warn">
                    {work.store.problem.value.message}{" "}
                    <button class="link" onClick={() => void work.store.reload()}>
                        {texts.action.tryAgain}
                    </button>
                </Notice>
            )}
        </div>
    );
}
