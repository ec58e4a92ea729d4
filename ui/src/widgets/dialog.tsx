// A modal dialog: the browser's own <dialog>, closed by Escape, by a click beside it, by its cross.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

import { texts } from "../texts";
import { Icon } from "./icon";

export function Dialog(props: {
    title: ComponentChildren;
    onClose: () => void;
    children: ComponentChildren;
    size?: "small" | "wide";
    onKeyDown?: (event: KeyboardEvent) => void;
}) {
    const ref = useRef<HTMLDialogElement>(null);
    const pressedOutside = useRef(false);
    const id = useId();
    useEffect(() => {
        const dialog = ref.current!;
        const before = document.activeElement as HTMLElement | null;
        dialog.showModal();
        return () => {
            dialog.close();
            before?.focus({ preventScroll: true });
        };
    }, []);
    return (
        <dialog
            ref={ref}
            class={`dialog ${props.size ?? "small"}`}
            aria-labelledby={id}
            onCancel={(event) => {
                event.preventDefault();
                props.onClose();
            }}
            onKeyDown={props.onKeyDown}
            // Only a press that began beside it: a selection dragged out of a field is none.
            onPointerDown={(event) => {
                pressedOutside.current = event.target === ref.current;
            }}
            onClick={(event) => {
                if (pressedOutside.current && event.target === ref.current) props.onClose();
            }}
        >
            <div class="dialog-body">
                <header>
                    <h2 id={id}>{props.title}</h2>
                    <button
                        class="icon-button"
                        aria-label={texts.action.close}
                        onClick={props.onClose}
                    >
                        <Icon name="close" />
                    </button>
                </header>
                {props.children}
            </div>
        </dialog>
    );
}
