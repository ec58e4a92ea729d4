// Before pictures become public: what will happen, what will be missing.
import { useState } from "preact/hooks";

import { asProblem, call, type Batch, type Problem } from "../api";
import { session } from "../session";
import { texts } from "../texts";
import { Dialog } from "../widgets/dialog";
import { Icon } from "../widgets/icon";
import { useWork } from "./work";

export function PublishDialog({ onClose }: { onClose: () => void }) {
    const { store } = useWork();
    const batch = store.batch.value!;
    const { counts } = batch;
    const [problem, setProblem] = useState<Problem | null>(null);
    const [isBusy, setBusy] = useState(false);
    const pending = counts.waiting + counts.uploading;
    const withoutMain = store.skusForAttention.value.length;
    const publish = async () => {
        setBusy(true);
        try {
            const { revision } = store.batch.value!;
            store.takeBatch(await call<Batch>("POST", `${store.url}/publish`, { revision }));
            onClose();
        } catch (error) {
            const told = asProblem(error);
            // Somebody changed the batch meanwhile: the figures above are fresh by now.
            if (told.status === 409) await store.reload();
            setProblem(told);
            setBusy(false);
        }
    };
    const text = texts.publish;
    return (
        <Dialog title={text.title} onClose={onClose}>
            <p>{text.text(counts.matched, session.value?.host ?? "")}</p>
            <ul class="checks">
                <li class="good">
                    <Icon name="check" />
                    {text.stripped}
                </li>
                <li>
                    <Icon name="clock" />
                    {text.retention(session.value?.retention_days ?? 21)}
                </li>
                {counts.attention > 0 && (
                    <li class="warn">
                        <Icon name="warn" />
                        {text.attention(counts.attention)}
                    </li>
                )}
                {withoutMain > 0 && (
                    <li class="warn">
                        <Icon name="warn" />
                        {text.withoutMain(withoutMain)}
                    </li>
                )}
                {pending > 0 && (
                    <li class="warn">
                        <Icon name="clock" />
                        {text.pending(pending)}
                    </li>
                )}
            </ul>
            {problem && (
                <p class="field-problem" role="alert">
                    {problem.message}
                </p>
            )}
            <footer>
                <button class="button" onClick={onClose}>
                    {texts.action.cancel}
                </button>
                <button class="button primary" disabled={isBusy} onClick={() => void publish()}>
                    {text.action(counts.matched)}
                </button>
            </footer>
        </Dialog>
    );
}
