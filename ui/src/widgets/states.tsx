// What a page shows while it has nothing to show: loading, empty, failed.
import type { ComponentChildren } from "preact";

import type { Problem } from "../api";
import { texts } from "../texts";
import { Icon, type IconName } from "./icon";

/** Invisible for the first moments: a fast answer needs no spinner. */
export function Loading() {
    return (
        <div class="loading" role="status">
            <span class="spinner" />
            <span class="visually-hidden">{texts.state.loading}</span>
        </div>
    );
}

export function Failed({ problem, retry }: { problem: Problem; retry: () => void }) {
    return (
        <div class="empty" role="alert">
            <Icon name="warn" />
            <h2>{problem.status === 404 ? texts.state.notFound : texts.state.failed}</h2>
            <p>{problem.message}</p>
            <button class="button" onClick={retry}>
                {texts.action.tryAgain}
            </button>
        </div>
    );
}

export function Empty(props: { icon: IconName; title: string; children?: ComponentChildren }) {
    return (
        <div class="empty">
            <Icon name={props.icon} />
            <h2>{props.title}</h2>
            {props.children}
        </div>
    );
}

/** A bar that is done to VALUE of MAX; without MAX nobody knows. */
export function Bar({ value, max, label }: { value: number; max: number; label: string }) {
    return <progress class="bar" value={value} max={Math.max(1, max)} aria-label={label} />;
}
