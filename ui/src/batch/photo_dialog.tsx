// One photo: what it was, what became of it, why it stands where it stands, and what to do about it.
import { useEffect } from "preact/hooks";

import { sentence, type HistoryEntry, type Page, type Photo } from "../api";
import { bytes, day, moment } from "../format";
import { texts } from "../texts";
import { copyText } from "../widgets/copy";
import { Dialog } from "../widgets/dialog";
import { useFetched } from "../widgets/fetched";
import { Icon } from "../widgets/icon";
import { isPicture } from "./photos";
import { useWork } from "./work";

function Large({ photo }: { photo: Photo }) {
    const isCleaned = photo.state === "done" && photo.picture !== null;
    // The version in the thumbnail's address changes with every new cleaning.
    const version = photo.thumbnail?.split("?")[1] ?? "";
    const source = isCleaned ? `/api/v1/photos/${photo.id}/picture?${version}` : photo.thumbnail;
    return (
        <div class="large">
            {source ? (
                <img src={source} alt={photo.name} />
            ) : (
                <span class="soft">
                    {photo.failure ? texts.batch.noPicture : texts.batch.cleaning}
                </span>
            )}
        </div>
    );
}

function size(width: number, height: number): string {
    return `${width} × ${height}`;
}

function Facts({ photo }: { photo: Photo }) {
    const facts = texts.photo;
    const original = [
        photo.format,
        photo.width && photo.height ? size(photo.width, photo.height) : "",
        bytes(photo.size),
    ];
    return (
        <dl class="facts">
            <dt>{facts.place}</dt>
            <dd>
                {photo.sku && photo.slot && !photo.left_out
                    ? texts.batch.place(photo.sku.sku, photo.slot)
                    : facts.nowhere}
            </dd>
            <dt>{facts.why}</dt>
            <dd>
                {photo.decided_by === "person"
                    ? facts.byPerson
                    : sentence(photo.rule || facts.notYet)}
                {photo.notes && <small>{photo.notes.split("; ").map(sentence).join(" ")}</small>}
            </dd>
            <dt>{facts.original}</dt>
            <dd>{original.filter(Boolean).join(" · ")}</dd>
            {photo.picture && (
                <>
                    <dt>{facts.picture}</dt>
                    <dd>
                        {size(photo.picture.width, photo.picture.height)} ·{" "}
                        {bytes(photo.picture.bytes)}
                        <small>{facts.stripped}</small>
                    </dd>
                </>
            )}
            {photo.picture?.url && (
                <>
                    <dt>{facts.address}</dt>
                    <dd class="address">
                        <a href={photo.picture.url} target="_blank" rel="noopener noreferrer">
                            {photo.picture.url}
                        </a>
                        <button
                            class="icon-button"
                            aria-label={texts.action.copy}
                            onClick={() => void copyText(photo.picture!.url!)}
                        >
                            <Icon name="copy" />
                        </button>
                    </dd>
                </>
            )}
            <dt>{facts.destructs}</dt>
            <dd>{day(photo.expires_at)}</dd>
        </dl>
    );
}

function History({ photo }: { photo: Photo }) {
    const history = useFetched<Page<HistoryEntry>>(`/api/v1/photos/${photo.id}/history`);
    const standing = `${photo.slot} ${photo.sku?.row} ${photo.turn} ${photo.left_out} ${photo.state}`;
    useEffect(() => void history.load(), [standing]);
    return (
        <details class="photo-history">
            <summary>{texts.batch.view.history}</summary>
            <ol class="history">
                {history.value?.items.map((entry, i) => (
                    <li key={i}>
                        <time>{moment(entry.at)}</time>
                        <span>
                            {sentence(entry.what)} {entry.details && <small>{entry.details}</small>}
                        </span>
                        <small>{texts.by(entry.by)}</small>
                    </li>
                ))}
            </ol>
        </details>
    );
}

function Actions({ photo }: { photo: Photo }) {
    const work = useWork();
    const { decisions } = work;
    if (!work.isOpen) return null;
    const canPlace = isPicture(photo);
    return (
        <div class="photo-actions">
            {canPlace && (
                <>
                    <button class="button primary" onClick={() => (work.placing.value = photo.id)}>
                        <Icon name="move" />
                        {texts.batch.choosePlace}
                    </button>
                    <button class="button" onClick={() => void decisions.turn(photo, -90)}>
                        <Icon name="turnLeft" />
                        {texts.batch.turnLeft}
                    </button>
                    <button class="button" onClick={() => void decisions.turn(photo, 90)}>
                        <Icon name="turnRight" />
                        {texts.batch.turnRight}
                    </button>
                </>
            )}
            <button class="button" onClick={() => void decisions.leaveOut(photo, !photo.left_out)}>
                <Icon name={photo.left_out ? "plus" : "leaveOut"} />
                {photo.left_out ? texts.batch.putBack : texts.batch.leaveOut}
            </button>
            {photo.decided_by === "person" && (
                <button class="button" onClick={() => void decisions.reset(photo)}>
                    <Icon name="reset" />
                    {texts.batch.reset}
                </button>
            )}
        </div>
    );
}

export function PhotoDialog() {
    const work = useWork();
    const { id, among } = work.detail.value!;
    const photo = work.store.photo(id);
    const close = () => (work.detail.value = null);
    const at = among.indexOf(id);
    const go = (step: number) => {
        const next = among[at + step];
        if (at >= 0 && next) work.detail.value = { id: next, among };
    };
    useEffect(() => {
        if (!photo) close();
    }, [photo]);
    if (!photo) return null;
    const onKeyDown = (event: KeyboardEvent) => {
        if (/^(INPUT|SELECT|SUMMARY)$/.test((event.target as HTMLElement).tagName)) return;
        const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
        if (event.key === "ArrowRight") go(1);
        else if (event.key === "ArrowLeft") go(-1);
        else if (isPlain && work.isOpen && event.key === "r") void work.decisions.turn(photo, 90);
        else if (isPlain && work.isOpen && event.key === "R") void work.decisions.turn(photo, -90);
        else if (isPlain && work.isOpen && event.key === "m") work.placing.value = photo.id;
        else if (isPlain && work.isOpen && event.key === "x")
            void work.decisions.leaveOut(photo, !photo.left_out);
        else if (isPlain && event.key === "u") void work.decisions.undo();
        else return;
        event.preventDefault();
    };
    return (
        <Dialog title={photo.name} onClose={close} size="wide" onKeyDown={onKeyDown}>
            <div class="photo-detail">
                <div>
                    <Large photo={photo} />
                    {among.length > 1 && (
                        <div class="pager">
                            <button
                                class="icon-button framed"
                                aria-label={texts.photo.previous}
                                disabled={at <= 0}
                                onClick={() => go(-1)}
                            >
                                <Icon name="back" />
                            </button>
                            <span>{texts.photo.nth(at + 1, among.length)}</span>
                            <button
                                class="icon-button framed"
                                aria-label={texts.photo.next}
                                disabled={at < 0 || at + 1 >= among.length}
                                onClick={() => go(1)}
                            >
                                <Icon name="chevron" />
                            </button>
                        </div>
                    )}
                </div>
                <div class="photo-side">
                    {photo.failure && (
                        <p class="note bad">
                            <Icon name="warn" />
                            <span>{sentence(photo.failure)}</span>
                        </p>
                    )}
                    {photo.left_out && (
                        <p class="note">
                            <Icon name="leaveOut" />
                            <span>{texts.photo.leftOut}</span>
                        </p>
                    )}
                    {photo.compliance.map((note) => (
                        <p key={note.text} class={`note ${note.is_refusal ? "bad" : "warn"}`}>
                            <Icon name="warn" />
                            <span>{sentence(note.text)}</span>
                        </p>
                    ))}
                    <Actions photo={photo} />
                    <Facts photo={photo} />
                    <History key={photo.id} photo={photo} />
                </div>
            </div>
        </Dialog>
    );
}
