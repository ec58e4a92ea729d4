// Every decision about every file, the latest first (LST-03).
import { useEffect, useState } from "preact/hooks";

import { asProblem, get, sentence, type HistoryEntry, type Page, type Problem } from "../api";
import { moment } from "../format";
import { texts } from "../texts";
import { Empty, Failed, Loading } from "../widgets/states";
import { useWork } from "./work";

export function HistoryView() {
    const work = useWork();
    const [entries, setEntries] = useState<HistoryEntry[] | null>(null);
    const [cursor, setCursor] = useState<string | null>(null);
    const [problem, setProblem] = useState<Problem | null>(null);
    const load = async (after: string | null) => {
        setProblem(null);
        try {
            const more = after ? `&cursor=${encodeURIComponent(after)}` : "";
            const page = await get<Page<HistoryEntry>>(
                `${work.store.url}/history?limit=100${more}`,
            );
            setEntries((old) => [...(after ? (old ?? []) : []), ...page.items]);
            setCursor(page.next_cursor);
        } catch (error) {
            setProblem(asProblem(error));
        }
    };
    useEffect(() => void load(null), []);
    if (problem && !entries) return <Failed problem={problem} retry={() => void load(null)} />;
    if (!entries) return <Loading />;
    if (entries.length === 0) return <Empty icon="clock" title={texts.batch.noHistory} />;
    return (
        <section class="card section" aria-label={texts.batch.view.history}>
            <ol class="history">
                {entries.map((entry, i) => (
                    <li key={i}>
                        <time>{moment(entry.at)}</time>
                        <span>
                            {entry.name && <b>{entry.name}</b>} {sentence(entry.what)}{" "}
                            {entry.details && <small>{entry.details}</small>}
                        </span>
                        <small>{texts.by(entry.by)}</small>
                    </li>
                ))}
            </ol>
            {cursor && (
                <button class="button" onClick={() => void load(cursor)}>
                    {texts.action.more}
                </button>
            )}
        </section>
    );
}
