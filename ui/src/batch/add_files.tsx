// Choosing files where dropping them is not at hand.
import { useRef } from "preact/hooks";

import { texts } from "../texts";
import { pickChosen } from "../uploads/pick";
import { Icon } from "../widgets/icon";
import { Menu } from "../widgets/menu";
import { useWork } from "./work";

const sheet_types = ".xlsx,.xlsm,.csv,.tsv,.txt";
const photo_types = "image/*,.heic,.heif,.tif,.tiff,.zip";

/** Hidden inputs, and the ways to open them. */
export function useFileInputs() {
    const work = useWork();
    const sheet = useRef<HTMLInputElement>(null);
    const photos = useRef<HTMLInputElement>(null);
    const folder = useRef<HTMLInputElement>(null);
    const take = (input: HTMLInputElement) => {
        if (input.files) void work.addFiles(pickChosen(input.files));
        input.value = "";
    };
    const inputs = (
        <div hidden>
            <input
                ref={sheet}
                type="file"
                data-choose="sheet"
                accept={sheet_types}
                onChange={(event) => take(event.currentTarget)}
            />
            <input
                ref={photos}
                type="file"
                data-choose="photos"
                multiple
                accept={photo_types}
                onChange={(event) => take(event.currentTarget)}
            />
            <input
                ref={(input) => {
                    folder.current = input;
                    if (input) input.webkitdirectory = true;
                }}
                type="file"
                data-choose="folder"
                onChange={(event) => take(event.currentTarget)}
            />
        </div>
    );
    return {
        inputs,
        chooseSheet: () => sheet.current?.click(),
        choosePhotos: () => photos.current?.click(),
        chooseFolder: () => folder.current?.click(),
    };
}

export function AddFiles() {
    const { inputs, chooseSheet, choosePhotos, chooseFolder } = useFileInputs();
    const hasSheet = useWork().store.batch.value?.sheet != null;
    return (
        <>
            {inputs}
            <Menu
                ariaLabel={texts.upload.add}
                label={
                    <>
                        <Icon name="plus" />
                        <span class="wide-only">{texts.upload.add}</span>
                    </>
                }
                items={[
                    { label: texts.upload.chooseFolder, run: chooseFolder },
                    { label: texts.upload.choosePhotos, run: choosePhotos },
                    {
                        label: hasSheet ? texts.upload.replaceSheet : texts.upload.chooseSheet,
                        run: chooseSheet,
                    },
                ]}
            />
        </>
    );
}
