// How pictures are made: for which marketplace, how large, how good.
import { useState } from "preact/hooks";

import { asProblem, call, type Batch, type Problem } from "../api";
import { texts } from "../texts";
import { Dialog } from "../widgets/dialog";
import { useWork } from "./work";

const marketplaces = ["", "amazon", "walmart", "ebay", "shopify", "woocommerce", "plain"];

export function BatchOptions({ onClose }: { onClose: () => void }) {
    const { store } = useWork();
    const batch = store.batch.value!;
    const [problem, setProblem] = useState<Problem | null>(null);
    const send = async (event: SubmitEvent) => {
        event.preventDefault();
        const fields = new FormData(event.target as HTMLFormElement);
        const side = Number(fields.get("longest_side"));
        try {
            store.takeBatch(
                await call<Batch>("PATCH", store.url, {
                    marketplace: fields.get("marketplace"),
                    ...(side ? { longest_side: side } : {}),
                }),
            );
            onClose();
        } catch (error) {
            setProblem(asProblem(error));
        }
    };
    const text = texts.options;
    return (
        <Dialog title={texts.batch.options} onClose={onClose}>
            <form class="stack" onSubmit={send}>
                <label>
                    {text.marketplace}
                    <select name="marketplace" value={batch.marketplace}>
                        {marketplaces.map((one) => (
                            <option key={one} value={one} selected={one === batch.marketplace}>
                                {text.marketplaces(one)}
                            </option>
                        ))}
                    </select>
                    <small class="hint">{text.marketplaceHint}</small>
                </label>
                <label>
                    {text.longestSide}
                    <input
                        name="longest_side"
                        type="number"
                        min={100}
                        max={10_000}
                        defaultValue={batch.longest_side ? String(batch.longest_side) : ""}
                        placeholder={text.marketplaceChooses}
                    />
                    <small class="hint">{text.longestSideHint}</small>
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
                    <button class="button primary">{texts.action.save}</button>
                </footer>
            </form>
        </Dialog>
    );
}
