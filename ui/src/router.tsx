// Where in the pages we are. The server answers every page's path with the same document.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";

export const path = signal(location.pathname);
export const query = signal(new URLSearchParams(location.search));

/** Asked before leaving; false keeps the page. */
let mayLeave: () => boolean = () => true;

export function setLeaveGuard(guard: (() => boolean) | null) {
    mayLeave = guard ?? (() => true);
}

function follow() {
    path.value = location.pathname;
    query.value = new URLSearchParams(location.search);
}

window.addEventListener("popstate", follow);

export function navigate(to: string, replace = false) {
    const leaves = new URL(to, location.href).pathname !== location.pathname;
    if (leaves && !mayLeave()) return;
    if (replace) history.replaceState(null, "", to);
    else history.pushState(null, "", to);
    follow();
    if (leaves) {
        window.scrollTo(0, 0);
        document.querySelector<HTMLElement>("main")?.focus({ preventScroll: true });
    }
}

/** Changes one parameter of the address without leaving the page. */
export function setQuery(name: string, value: string | null) {
    const next = new URLSearchParams(location.search);
    if (value === null) next.delete(name);
    else next.set(name, value);
    const text = next.toString();
    history.replaceState(null, "", location.pathname + (text ? "?" + text : ""));
    follow();
}

export function Link(props: {
    to: string;
    children: ComponentChildren;
    class?: string;
    "aria-label"?: string;
    "aria-current"?: "page" | undefined;
}) {
    const { to, children, ...rest } = props;
    const go = (event: MouseEvent) => {
        if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        navigate(to);
    };
    return (
        <a href={to} onClick={go} {...rest}>
            {children}
        </a>
    );
}
