// Tokens for programs that use the API. A token is shown once, when it is made.
import { useState } from "preact/hooks";

import { asProblem, call, Problem, type Page } from "../api";
import { now } from "../clock";
import { ago, day } from "../format";
import { texts } from "../texts";
import { copyText } from "../widgets/copy";
import { Dialog } from "../widgets/dialog";
import { useFetched } from "../widgets/fetched";
import { Icon } from "../widgets/icon";
import { Failed, Loading } from "../widgets/states";
import { toast } from "../widgets/toast";

interface Token {
    id: string;
    name: string;
    created_at: string;
    last_used_at: string | null;
    expires_at: string | null;
}

const lifetimes_days = [30, 90, 365];

function NewToken({ onClose }: { onClose: () => void }) {
    const [token, setToken] = useState("");
    const [problem, setProblem] = useState<Problem | null>(null);
    const send = async (event: SubmitEvent) => {
        event.preventDefault();
        const fields = new FormData(event.target as HTMLFormElement);
        try {
            const made = await call<{ token: string }>("POST", "/api/v1/tokens", {
                name: fields.get("name"),
                expires_in_days: Number(fields.get("days")),
            });
            setToken(made.token);
        } catch (error) {
            setProblem(asProblem(error));
        }
    };
    if (token) {
        return (
            <Dialog title={texts.settings.tokenMade} onClose={onClose}>
                <p>{texts.settings.tokenOnce}</p>
                <div class="secret">
                    <code>{token}</code>
                    <button class="button" onClick={() => void copyText(token)}>
                        <Icon name="copy" />
                        {texts.action.copy}
                    </button>
                </div>
                <footer>
                    <button class="button primary" onClick={onClose}>
                        {texts.action.done}
                    </button>
                </footer>
            </Dialog>
        );
    }
    return (
        <Dialog title={texts.settings.newToken} onClose={onClose}>
            <form onSubmit={send} class="stack">
                <label>
                    {texts.settings.tokenName}
                    <input
                        name="name"
                        required
                        maxLength={80}
                        placeholder={texts.settings.tokenExample}
                    />
                </label>
                <label>
                    {texts.settings.tokenLife}
                    <select name="days">
                        {lifetimes_days.map((days) => (
                            <option key={days} value={days}>
                                {texts.settings.days(days)}
                            </option>
                        ))}
                    </select>
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
                    <button class="button primary">{texts.settings.makeToken}</button>
                </footer>
            </form>
        </Dialog>
    );
}

function used(token: Token): string {
    const last = token.last_used_at
        ? texts.settings.tokenUsed(ago(token.last_used_at, now.value))
        : texts.settings.tokenNeverUsed;
    return token.expires_at ? `${last} · ${texts.settings.tokenEnds(day(token.expires_at))}` : last;
}

export function Tokens() {
    const list = useFetched<Page<Token>>("/api/v1/tokens");
    const [isMaking, setMaking] = useState(false);
    const remove = async (token: Token) => {
        try {
            await call("DELETE", `/api/v1/tokens/${token.id}`);
            await list.load();
            toast(texts.settings.tokenRemoved(token.name));
        } catch (error) {
            toast(asProblem(error).message, undefined, "bad");
        }
    };
    return (
        <section class="card section" aria-labelledby="tokens">
            <div class="section-head">
                <h2 id="tokens">{texts.settings.tokens}</h2>
                <button class="button small" onClick={() => setMaking(true)}>
                    <Icon name="plus" />
                    {texts.settings.newToken}
                </button>
            </div>
            <p class="soft">
                {texts.settings.tokensText} <a href="/api/v1/openapi.json">{texts.nav.api}</a>
            </p>
            {list.problem && <Failed problem={list.problem} retry={() => void list.load()} />}
            {!list.value && !list.problem && <Loading />}
            {list.value?.items.length === 0 && <p class="soft none">{texts.settings.noTokens}</p>}
            <ul class="lines">
                {list.value?.items.map((token) => (
                    <li key={token.id}>
                        <span>
                            <b>{token.name}</b>
                            <small>{used(token)}</small>
                        </span>
                        <button
                            class="button small"
                            aria-label={texts.settings.removeToken(token.name)}
                            onClick={() => void remove(token)}
                        >
                            {texts.action.remove}
                        </button>
                    </li>
                ))}
            </ul>
            {isMaking && (
                <NewToken
                    onClose={() => {
                        setMaking(false);
                        void list.load();
                    }}
                />
            )}
        </section>
    );
}
