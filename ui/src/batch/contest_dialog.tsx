// Somebody else's browser put another photo there meanwhile: both are shown, one is chosen.
import { texts } from "../texts";
import { Dialog } from "../widgets/dialog";
import { Thumb } from "./thumb";
import { useWork } from "./work";

export function ContestDialog() {
    const { decisions } = useWork();
    const contest = decisions.contest.value!;
    const close = () => (decisions.contest.value = null);
    return (
        <Dialog title={texts.batch.contestTitle} onClose={close}>
            <p>{texts.batch.contestText(contest.rival.name)}</p>
            <div class="versus">
                <figure>
                    <Thumb photo={contest.rival} />
                    <figcaption>{contest.rival.name}</figcaption>
                </figure>
                <figure>
                    <Thumb photo={contest.photo} />
                    <figcaption>{contest.photo.name}</figcaption>
                </figure>
            </div>
            <footer>
                <button class="button" onClick={close}>
                    {texts.batch.contestKeep}
                </button>
                <button class="button primary" onClick={() => void decisions.settle(contest)}>
                    {texts.batch.contestReplace}
                </button>
            </footer>
        </Dialog>
    );
}
