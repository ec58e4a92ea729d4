// An empty batch: where its files come from.
import { texts } from "../texts";
import { Icon } from "../widgets/icon";
import { useFileInputs } from "./add_files";

export function DropZone() {
    const { inputs, chooseSheet, choosePhotos, chooseFolder } = useFileInputs();
    return (
        <section class="drop-zone" aria-labelledby="drop-title">
            {inputs}
            <div class="drop-art" aria-hidden="true">
                <span>
                    <Icon name="sheet" />
                </span>
                <span>
                    <Icon name="folder" />
                </span>
                <span>
                    <Icon name="zip" />
                </span>
            </div>
            <h2 id="drop-title">{texts.upload.zoneTitle}</h2>
            <p>{texts.upload.zoneText}</p>
            <div class="drop-buttons">
                <button class="button primary" onClick={chooseSheet}>
                    <Icon name="sheet" />
                    {texts.upload.chooseSheet}
                </button>
                <button class="button" onClick={chooseFolder}>
                    <Icon name="folder" />
                    {texts.upload.chooseFolder}
                </button>
                <button class="button" onClick={choosePhotos}>
                    <Icon name="photos" />
                    {texts.upload.choosePhotos}
                </button>
            </div>
            <p class="hint">{texts.upload.zoneHint}</p>
        </section>
    );
}
