// Dragging photos with a mouse. Files that come from outside are told apart by their type.
import { signal } from "@preact/signals";

const photo_type = "application/x-cloudpick-photo";

/** The photo under way, so that places can show themselves. */
export const dragged = signal<string | null>(null);

export function startDrag(event: DragEvent, photoId: string) {
    event.dataTransfer!.setData(photo_type, photoId);
    event.dataTransfer!.effectAllowed = "move";
    // After the browser took its picture of the element, which must not look dragged.
    setTimeout(() => {
        dragged.value = photoId;
    });
}

export function endDrag() {
    dragged.value = null;
}

export const bringsPhoto = (event: DragEvent) => event.dataTransfer!.types.includes(photo_type);

export const photoOf = (event: DragEvent) => event.dataTransfer!.getData(photo_type);

export const bringsFiles = (event: DragEvent) => event.dataTransfer!.types.includes("Files");
