// Short messages at the edge of the page, read out as they come; each may offer one action.
import { signal } from "@preact/signals";

import { texts } from "../texts";
import { Icon } from "./icon";

interface Toast {
    id: number;
    text: string;
    action: { label: string; run: () => void } | undefined;
    tone: "plain" | "bad";
}

const shown_ms = 7000;
const max_shown = 3;

const toasts = signal<Toast[]>([]);
let lastId = 0;

function dismiss(id: number) {
    toasts.value = toasts.value.filter((one) => one.id !== id);
}

export function toast(text: string, action?: Toast["action"], tone: Toast["tone"] = "plain") {
    const id = ++lastId;
    // An offer to undo belongs to the last decision only.
    const others = action ? toasts.value.filter((one) => !one.action) : toasts.value;
    toasts.value = [...others, { id, text, action, tone }].slice(-max_shown);
    setTimeout(() => dismiss(id), tone === "bad" ? shown_ms * 2 : shown_ms);
}

export function Toasts() {
    return (
        <div class="toasts" role="status" aria-live="polite">
            {toasts.value.map((one) => (
                <div key={one.id} class={`toast ${one.tone}`}>
                    <span>{one.text}</span>
                    {one.action && (
                        <button
                            class="link"
                            onClick={() => {
                                dismiss(one.id);
                                one.action!.run();
                            }}
                        >
                            {one.action.label}
                        </button>
                    )}
                    <button
                        class="icon-button"
                        aria-label={texts.action.close}
                        onClick={() => dismiss(one.id)}
                    >
                        <Icon name="close" />
                    </button>
                </div>
            ))}
        </div>
    );
}
