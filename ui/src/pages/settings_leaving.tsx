// Deleting the account (LST-24), with the export offered first (LST-26).
import { useState } from "preact/hooks";

import { asProblem, call, Problem } from "../api";
import { navigate } from "../router";
import { session } from "../session";
import { texts } from "../texts";
import { Dialog } from "../widgets/dialog";
import { Icon } from "../widgets/icon";

function DeleteDialog({ onClose }: { onClose: () => void }) {
    const { name } = session.value!.account;
    const [typed, setTyped] = useState("");
    const [problem, setProblem] = useState<Problem | null>(null);
    const [receipt, setReceipt] = useState<string | null>(null);
    const send = async (event: SubmitEvent) => {
        event.preventDefault();
        try {
            const told = await call<{ receipt: unknown }>("DELETE", "/api/v1/account", {
                confirm: typed,
            });
            const kept = told?.receipt;
            setReceipt(typeof kept === "string" ? kept : JSON.stringify(kept ?? ""));
        } catch (error) {
            setProblem(asProblem(error));
        }
    };
    if (receipt !== null) {
        const leave = () => {
            session.value = null;
            navigate("/");
        };
        return (
            <Dialog title={texts.leaving.begun} onClose={leave}>
                <p>{texts.leaving.begunText}</p>
                <div class="secret">
                    <code>{receipt}</code>
                </div>
                <footer>
                    <button class="button primary" onClick={leave}>
                        {texts.action.done}
                    </button>
                </footer>
            </Dialog>
        );
    }
    return (
        <Dialog title={texts.leaving.title} onClose={onClose}>
            <form onSubmit={send} class="stack">
                <ul class="consequences">
                    {texts.leaving.consequences.map((text) => (
                        <li key={text}>{text}</li>
                    ))}
                </ul>
                <p>
                    <a class="button" href="/api/v1/account/export" download>
                        <Icon name="download" />
                        {texts.leaving.exportFirst}
                    </a>
                </p>
                <label>
                    {texts.leaving.confirm(name)}
                    <input
                        value={typed}
                        autocomplete="off"
                        onInput={(event) => setTyped(event.currentTarget.value)}
                    />
                </label>
                {problem && (
                    <p class="field-problem" role="alert">
                        {problem.message}
                    </p>
                )}
                <footer>
                    <button type="button" class="button" onClick={onClose}>
                        {texts.action.cancel}
                    </button>
                    <button class="button danger" disabled={typed !== name}>
                        {texts.leaving.action}
                    </button>
                </footer>
            </form>
        </Dialog>
    );
}

export function Leaving() {
    const [isAsking, setAsking] = useState(false);
    return (
        <section class="card section" aria-labelledby="leaving">
            <h2 id="leaving">{texts.leaving.title}</h2>
            <p class="soft">{texts.leaving.text}</p>
            <button class="button danger" onClick={() => setAsking(true)}>
                {texts.leaving.open}
            </button>
            {isAsking && <DeleteDialog onClose={() => setAsking(false)} />}
        </section>
    );
}
