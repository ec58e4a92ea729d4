import { texts } from "../texts";
import { Dialog } from "../widgets/dialog";

export function KeysDialog({ onClose }: { onClose: () => void }) {
    return (
        <Dialog title={texts.batch.keys} onClose={onClose}>
            <dl class="keys">
                {texts.keys.map(([keys, what]) => (
                    <div key={keys}>
                        <dt>
                            {keys.split(" ").map((key) => (
                                <kbd key={key}>{key}</kbd>
                            ))}
                        </dt>
                        <dd>{what}</dd>
                    </div>
                ))}
            </dl>
        </Dialog>
    );
}
