// A button that opens a short list of actions or links. Arrow keys, Home, End and Escape work as
// in the menus of an operating system.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

export interface MenuItem {
    label: ComponentChildren;
    hint?: string;
    run?: () => void;
    href?: string;
    /** The browser saves what the address answers. */
    isDownload?: boolean;
    isChosen?: boolean;
    isDisabled?: boolean;
}

export function Menu(props: {
    label: ComponentChildren;
    ariaLabel?: string;
    class?: string;
    items: (MenuItem | null)[];
    align?: "left" | "right";
    isDisabled?: boolean;
}) {
    const [isOpen, setOpen] = useState(false);
    const root = useRef<HTMLDivElement>(null);
    const items = () => [
        ...root.current!.querySelectorAll<HTMLElement>(
            "[role^=menuitem]:not([aria-disabled=true])",
        ),
    ];

    useEffect(() => {
        if (!isOpen) return;
        items()[0]?.focus();
        const outside = (event: Event) => {
            if (!root.current?.contains(event.target as Node)) setOpen(false);
        };
        document.addEventListener("pointerdown", outside);
        return () => document.removeEventListener("pointerdown", outside);
    }, [isOpen]);

    const close = () => {
        setOpen(false);
        root.current?.querySelector("button")?.focus();
    };
    const onKeyDown = (event: KeyboardEvent) => {
        if (!isOpen) return;
        const all = items();
        const at = all.indexOf(document.activeElement as HTMLElement);
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step) all[(at + step + all.length) % all.length]?.focus();
        else if (event.key === "Home") all[0]?.focus();
        else if (event.key === "End") all.at(-1)?.focus();
        else if (event.key === "Escape") close();
        else if (event.key === "Tab") setOpen(false);
        else return;
        if (event.key !== "Tab") {
            event.preventDefault();
            event.stopPropagation();
        }
    };
    return (
        <div class="menu" ref={root} onKeyDown={onKeyDown}>
            <button
                class={props.class ?? "button"}
                aria-haspopup="menu"
                aria-expanded={isOpen}
                aria-label={props.ariaLabel}
                disabled={props.isDisabled}
                onClick={() => setOpen(!isOpen)}
            >
                {props.label}
            </button>
            {isOpen && (
                <div class={`menu-list ${props.align ?? "right"}`} role="menu">
                    {props.items.map((item, i) =>
                        item === null ? (
                            <hr key={i} />
                        ) : (
                            <MenuRow key={i} item={item} close={close} />
                        ),
                    )}
                </div>
            )}
        </div>
    );
}

function MenuRow({ item, close }: { item: MenuItem; close: () => void }) {
    const content = (
        <>
            <span>{item.label}</span>
            {item.hint && <small>{item.hint}</small>}
        </>
    );
    const role = item.isChosen === undefined ? "menuitem" : "menuitemradio";
    const checked = item.isChosen === undefined ? {} : { "aria-checked": item.isChosen };
    if (item.href) {
        return (
            <a
                role="menuitem"
                tabIndex={-1}
                href={item.href}
                download={item.isDownload}
                onClick={close}
            >
                {content}
            </a>
        );
    }
    return (
        <button
            role={role}
            {...checked}
            tabIndex={-1}
            aria-disabled={item.isDisabled ?? false}
            onClick={() => {
                if (item.isDisabled) return;
                close();
                item.run?.();
            }}
        >
            {content}
        </button>
    );
}
