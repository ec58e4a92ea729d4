// A photo as a small picture, with marks for what is special about it.
import type { Photo } from "../api";
import { texts } from "../texts";
import { Icon } from "../widgets/icon";
import { isRefused } from "./photos";

export function photoLabel(photo: Photo): string {
    const where =
        photo.sku && photo.slot && !photo.left_out
            ? texts.batch.place(photo.sku.sku, photo.slot)
            : "";
    return [photo.name, where].filter(Boolean).join(", ");
}

export function Thumb({ photo, alt = "" }: { photo: Photo; alt?: string }) {
    const isBusy = photo.state === "waiting";
    return (
        <span class={`thumb ${isBusy ? "busy" : ""}`}>
            {photo.thumbnail ? (
                <img
                    src={photo.thumbnail}
                    alt={alt}
                    loading="lazy"
                    decoding="async"
                    draggable={false}
                />
            ) : (
                <Icon name={photo.state === "failed" ? "warn" : "photos"} />
            )}
            {isBusy && <span class="thumb-busy" title={texts.batch.cleaning} />}
            {photo.state !== "failed" && isRefused(photo) && (
                <span class="thumb-mark bad" title={photo.compliance[0]!.text}>
                    <Icon name="warn" />
                </span>
            )}
            {photo.decided_by === "person" && !isRefused(photo) && (
                <span class="thumb-mark" title={texts.batch.byPerson}>
                    <Icon name="person" />
                </span>
            )}
        </span>
    );
}
