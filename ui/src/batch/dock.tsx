// What is under way, at the edge of the page, where it moves nothing: uploads with rate and time
// left (LST-04), and the cleaning of what has arrived.
import { useEffect, useRef, useState } from "preact/hooks";

import { bytes, count, percent, timeLeft } from "../format";
import { texts } from "../texts";
import { RateMeter } from "../uploads/rate";
import { Icon } from "../widgets/icon";
import { Bar } from "../widgets/states";
import { useWork } from "./work";

/** A list of thousands of failures helps nobody. */
const max_problems_shown = 100;

function Uploads() {
    const { queue } = useWork();
    const totals = queue.totals.value;
    const text = texts.dock;
    const left = timeLeft(totals.secondsLeft);
    const pace = totals.isPaused
        ? text.paused
        : totals.isOffline
          ? text.offline
          : [totals.rate > 0 ? text.rate(bytes(totals.rate)) : "", left ? text.left(left) : ""]
                .filter(Boolean)
                .join(" · ");
    return (
        <section class="dock-part" aria-label={text.uploading}>
            <header>
                <b>{text.uploadingFiles(count(totals.done), count(totals.files))}</b>
                <span>{text.percent(percent(totals.sent, totals.bytes))}</span>
                <button
                    class="icon-button"
                    aria-label={totals.isPaused ? text.resume : text.pause}
                    onClick={() => (totals.isPaused ? queue.resume() : queue.pause())}
                >
                    <Icon name={totals.isPaused ? "play" : "pause"} />
                </button>
                <button class="icon-button" aria-label={text.cancel} onClick={() => queue.cancel()}>
                    <Icon name="close" />
                </button>
            </header>
            <Bar value={totals.sent} max={totals.bytes} label={text.uploading} />
            <small>
                {text.sizes(bytes(totals.sent), bytes(totals.bytes))} {pace && `· ${pace}`}
            </small>
        </section>
    );
}

function Problems() {
    const { queue } = useWork();
    const failed = queue.failed.value;
    const text = texts.dock;
    return (
        <section class="dock-part problems" aria-label={text.problems(failed.length)}>
            <header>
                <b class="bad">{text.problems(failed.length)}</b>
                <button class="link" onClick={() => queue.retryFailed()}>
                    {texts.action.tryAgain}
                </button>
                <button
                    class="icon-button"
                    aria-label={texts.action.close}
                    onClick={() => queue.dismissFailed()}
                >
                    <Icon name="close" />
                </button>
            </header>
            <ul tabIndex={0} aria-label={text.problems(failed.length)}>
                {failed.slice(0, max_problems_shown).map((item) => (
                    <li key={item.name}>
                        <b>{item.name}</b>
                        <small>{item.problem}</small>
                    </li>
                ))}
                {failed.length > max_problems_shown && (
                    <li>{text.moreProblems(count(failed.length - max_problems_shown))}</li>
                )}
            </ul>
        </section>
    );
}

/** Pictures per second, from how the count grows. */
function useCleaningPace(done: number, goal: number) {
    const meter = useRef(new RateMeter());
    const [left, setLeft] = useState(Infinity);
    useEffect(() => {
        meter.current.add(performance.now(), done);
        setLeft(meter.current.secondsUntil(goal));
    }, [done, goal]);
    return { left, rate: meter.current.perSecond() };
}

function Cleaning() {
    const { counts } = useWork().store.batch.value!;
    const finished = counts.done + counts.failed;
    const all = finished + counts.waiting;
    const { left, rate } = useCleaningPace(finished, all);
    const text = texts.dock;
    const pace = [
        rate >= 0.1 ? text.pictureRate(rate < 10 ? rate.toFixed(1) : count(Math.round(rate))) : "",
        timeLeft(left) ? text.left(timeLeft(left)) : "",
    ].filter(Boolean);
    return (
        <section class="dock-part" aria-label={text.cleaning}>
            <header>
                <b>{text.cleaningPhotos(count(finished), count(all))}</b>
                <span>{text.percent(percent(finished, all))}</span>
            </header>
            <Bar value={finished} max={all} label={text.cleaning} />
            <small>{pace.length > 0 ? pace.join(" · ") : text.cleaningText}</small>
        </section>
    );
}

export function Dock() {
    const { queue, store } = useWork();
    const { counts } = store.batch.value!;
    const isCleaning = counts.waiting > 0;
    const isUploading = queue.totals.value.isActive;
    const hasProblems = queue.failed.value.length > 0;
    if (!isCleaning && !isUploading && !hasProblems) return null;
    return (
        <aside class="dock" aria-label={texts.dock.title}>
            {hasProblems && <Problems />}
            {isUploading && <Uploads />}
            {isCleaning && <Cleaning />}
        </aside>
    );
}
