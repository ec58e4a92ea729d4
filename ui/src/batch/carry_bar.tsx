// While a photo is carried: which one, and how to set it down.
import { texts } from "../texts";
import { Thumb } from "./thumb";
import { useWork } from "./work";

export function CarryBar() {
    const { store, decisions } = useWork();
    const id = decisions.carried.value;
    const photo = id ? store.photo(id) : undefined;
    if (!photo) return null;
    return (
        <div class="carry-bar" role="status">
            <Thumb photo={photo} />
            <span>
                <b>{texts.batch.carrying(photo.name)}</b>
                <small>{texts.batch.carryingHint}</small>
            </span>
            <button class="button small" onClick={() => (decisions.carried.value = null)}>
                {texts.action.cancel}
            </button>
        </div>
    );
}
