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

/** The first heading of a page that has nothing else. */
function Heading(props: { isPage: boolean | undefined; children: ComponentChildren }) {
    return props.isPage ? <h1>{props.children}</h1> : <h2>{props.children}</h2>;
}

export function Failed(props: { problem: Problem; retry: () => void; isPage?: boolean }) {
    const { problem, retry } = props;
    return (
        <div class="empty" role="alert">
            <Icon name="warn" />
            <Heading isPage={props.isPage}>
                {problem.status === 404 ? texts.state.notFound : texts.state.failed}
            </Heading>
            <p>{problem.message}</p>
            <button class="button" onClick={retry}>
                {texts.action.tryAgain}
            </button>
        </div>
    );
}

export function Empty(props: {
    icon: IconName;
    title: string;
    children?: ComponentChildren;
    isPage?: boolean;
}) {
    return (
        <div class="empty">
            <Icon name={props.icon} />
            <Heading isPage={props.isPage}>{props.title}</Heading>
            {props.children}
        </div>
    );
}

/** A bar that is done to VALUE of MAX; without MAX nobody knows. */
export function Bar({ value, max, label }: { value: number; max: number; label: string }) {
    return <progress class="bar" value={value} max={Math.max(1, max)} aria-label={label} />;
}
