// What single keys do to the photo that has the focus, the same in every view.
import type { Photo } from "../api";
import type { Work } from "./work";

/** True when the key was one of these. */
export function photoKey(work: Work, photo: Photo, event: KeyboardEvent, among: string[]): boolean {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === "Enter") {
        work.show(photo.id, among);
        return true;
    }
    if (!work.isOpen) return false;
    switch (event.key) {
        case " ":
            work.decisions.carried.value = photo.id;
            return true;
        case "m":
            work.placing.value = photo.id;
            return true;
        case "r":
            void work.decisions.turn(photo, 90);
            return true;
        case "R":
            void work.decisions.turn(photo, -90);
            return true;
        case "x":
        case "Delete":
            void work.decisions.leaveOut(photo, !photo.left_out);
            return true;
        default:
            return false;
    }
}
